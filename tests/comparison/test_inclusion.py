"""Laws of premises: what is proven is true of all streams, and what only looks like a law is not proven."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from migro.comparison.implication import PointOrder, implies
from migro.expressions import Pred, fact, hours, minutes, percent, permille
from migro.rules import (
    During,
    Premise,
    during,
    everything,
    given,
    greatest,
    holding,
    known,
    on,
    previous,
    silence,
    together,
)

from .shop import KIND, Plan, Request, compared

HOUR = 3_600_000_000
ROUTE: Pred[Request] = Request.route == "cart"
FAST: Pred[Request] = Request.millis < 100
FAILED: Pred[Request] = Request.status >= 500
WORSE: Pred[Request] = Request.status >= 503
PER = Request.merchant

ALL = on(Request, per=PER)
CART = on(Request, ROUTE, per=PER)
FAILING = on(Request, FAILED, per=PER)
WORST = on(Request, WORSE, per=PER)
WEIGHED = on(Request, per=PER, weight=Request.size)
FINE = on(Request, FAILED, per=(Request.merchant, Request.cart))
TENTH = percent(10)


def share(of: Any = ALL, *, at_least: Fraction = TENTH, floor: int = 20, bound: Any = "wilson", **k: Any) -> Any:
    return of.share(
        k.get("that", FAILED), at_least=at_least, floor=floor, within=k.get("within", minutes(5)), bound=bound
    )


def ratio(over: Any, *, floor: int = 20, bound: Any = "wilson") -> Any:
    return over.count(within=minutes(5)).per(ALL.count(within=minutes(5)), floor=floor, bound=bound)


def sale(lead: timedelta, slack: timedelta) -> During[Any]:
    return during(on(Plan, per=Plan.merchant), starts=Plan.begins, ends=Plan.ends, lead=lead, slack=slack)


failures = FAILING.count(within=minutes(5))
LAWS: dict[str, tuple[Premise[Any], Premise[Any]]] = {
    "a further condition": (on(Request, ROUTE, FAILED, per=PER), CART),
    "a higher threshold": (WORST, FAILING),
    "a subset of values": (
        on(Request, Request.route.one_of("a"), per=PER),
        on(Request, Request.route.one_of("a", "b"), per=PER),
    ),
    "fewer alternatives of a pattern": (
        on(Request, Request.route.matches("(?i)cart|pay"), per=PER),
        on(Request, Request.route.matches("(?i)cart|pay|check-?out"), per=PER),
    ),
    "more signals": (FAILING.at_least(3, within=minutes(5)), FAILING.at_least(2, within=minutes(5))),
    "a shorter window": (FAILING.at_least(3, within=minutes(5)), FAILING.at_least(3, within=minutes(6))),
    "some of a weight": (WEIGHED.at_least(3, within=minutes(5)), WEIGHED.at_least(2, within=minutes(5))),
    "a count and its signals": (FAILING.at_least(3, within=minutes(5)), FAILING),
    "more values": (
        FAILING.distinct(Request.route, at_least=3, within=minutes(5)),
        FAILING.distinct(Request.route, at_least=2, within=minutes(5)),
    ),
    "values and signals": (
        FAILING.distinct(Request.route, at_least=3, within=minutes(5)),
        FAILING.at_least(3, within=minutes(5)),
    ),
    "a higher share": (share(at_least=percent(11)), share()),
    "a higher floor": (share(floor=50), share()),
    "a stricter numerator": (share(that=WORSE), share()),
    "a bound": (share(), share(bound="plain")),
    "a share and its hits": (share(), FAILING),
    "a share and a count of hits": (share(floor=30, bound="plain"), FAILING.at_least(3, within=minutes(5))),
    "a fit": (ALL.fits(WORSE), FAILING),
    "measure above more": (failures >= 3, failures >= 2),
    "measure strictly above": (failures > 3, failures >= 3),
    "a number and the next": (failures >= 4, failures > 3),
    "measure of fewer": (FAILING.count(within=minutes(5)) <= 3, FAILING.count(within=minutes(4)) <= 3),
    "a ratio of fewer": (ratio(WORST) >= percent(10), ratio(FAILING) >= percent(10)),
    "a ratio above more": (ratio(FAILING) >= percent(11), ratio(FAILING) >= percent(10)),
    "a ratio of more": (ratio(FAILING, floor=21) >= percent(10), ratio(FAILING) >= percent(10)),
    "a ratio with a bound": (ratio(FAILING) <= percent(10), ratio(FAILING, bound="plain") <= percent(10)),
    "a difference": (failures - CART.count(within=minutes(5)) >= 3, failures - CART.count(within=minutes(5)) >= 2),
    "the greatest of": (
        failures >= greatest(5, 2 * CART.count(within=minutes(5))),
        failures >= greatest(4, 2 * CART.count(within=minutes(5))),
    ),
    "half of a baseline": (
        failures >= failures.baseline(previous()) * 3,
        failures >= failures.baseline(previous()) * 3,
    ),
    "a count as a measure": (failures >= 3, FAILING.at_least(3, within=minutes(5))),
    "a count as a premise": (FAILING.at_least(3, within=minutes(5)), failures > 2),
    "a fact": (failures > fact(Plan.limit), failures >= fact(Plan.limit)),
    "finer keys": (
        holding(FINE, per=Request.merchant, within=minutes(5)) >= 3,
        holding(FINE, per=Request.merchant, within=minutes(5)) >= 2,
    ),
    "after": (FAILING.after(CART, within=minutes(1)), FAILING.after(ALL, within=minutes(2))),
    "after and what comes": (FAILING.after(CART, within=minutes(1)), FAILING),
    "together": (together(WORST, CART, within=minutes(1)), together(FAILING, CART, within=minutes(2))),
    "without more": (CART.without(FAILING, within=minutes(1)), CART.without(WORST, within=minutes(1))),
    "without and before": (
        CART.without(FAILING, within=minutes(1), before=minutes(1)),
        CART.without(FAILING, within=minutes(1)),
    ),
    "without, later": (
        CART.without(FAILING, within=minutes(1), lateness=minutes(2)),
        CART.without(FAILING, within=minutes(1)),
    ),
    "held": ((failures >= 3).held(minutes(5)), (failures >= 2).held(minutes(5))),
    "held and now": ((failures >= 3).held(minutes(5)), failures >= 3),
    "runs": ((failures >= 3).runs(3, of=3, within=minutes(5)), (failures >= 3).runs(2, of=3, within=minutes(5))),
    "runs of fewer": (
        (failures >= 3).runs(3, of=3, within=minutes(5)),
        (failures >= 3).runs(2, of=2, within=minutes(6)),
    ),
    "holds": (
        (failures >= 3).holds(2, of=3, every=minutes(1)),
        (failures >= 2).holds(1, of=3, every=minutes(1)),
    ),
    "rising": (failures.rising(samples=4), failures.rising(samples=3)),
    "drop": (
        failures.drop(2 * failures, p=permille(5), every=minutes(5), floor=9),
        failures.drop(2 * failures, p=permille(10), every=minutes(5), floor=8),
    ),
    "differs": (
        failures.differs(CART.count(within=minutes(5)), z=4),
        failures.differs(CART.count(within=minutes(5)), z=3),
    ),
    "silence": (
        silence(CART, expected=ALL, longer_than=minutes(10)),
        silence(CART, expected=ALL, longer_than=minutes(5)),
    ),
    "a further premise": (FAILING & CART, CART),
    "a recovery": (FAILING.unless(CART), FAILING),
    "a recovery that comes more often": (
        FAILING.unless(ALL.at_least(2, within=minutes(1))),
        FAILING.unless(CART.at_least(2, within=minutes(1))),
    ),
    "recent": (FAILING.within(minutes(5)), FAILING.within(minutes(6))),
    "recent beside a recovery": (FAILING.unless(CART).within(minutes(5)), FAILING.within(minutes(6)).unless(CART)),
    "a calendar": (sale(minutes(1), minutes(1)), sale(minutes(2), minutes(1))),
    "outside a calendar": (FAILING & ~sale(minutes(2), minutes(1)), FAILING & ~sale(minutes(1), minutes(1))),
    "what is given": (given(Plan, Plan.limit >= 3, per=Plan.merchant), given(Plan, Plan.limit >= 2, per=Plan.merchant)),
    "known points": (known(KIND, at_least_points=50), known(KIND, at_least_points=30)),
    "unknown points": (FAILING & ~known(KIND, at_least_points=30), FAILING & ~known(KIND, at_least_points=50)),
    "what takes itself back": (FAILING.unless(ALL), on(Request, Request.route == "other", per=PER)),
    "what never comes": (on(Request, Request.status > 3, Request.status < 4, per=PER), CART),
}

SAME: dict[str, tuple[Premise[Any], Premise[Any]]] = {
    "conditions in another order": (on(Request, ROUTE, FAILED, per=PER), on(Request, FAILED & ROUTE, per=PER)),
    "not not": (on(Request, ~(Request.status < 500), per=PER), FAILING),
    "whole numbers": (on(Request, Request.status > 499, per=PER), FAILING),
    "one of and or": (
        on(Request, Request.route.one_of("a", "b"), per=PER),
        on(Request, (Request.route == "a") | (Request.route == "b"), per=PER),
    ),
    "a window of one": (FAILING.at_least(1, within=minutes(1)), FAILING.at_least(1, within=minutes(9))),
    "a floor that no interval reaches": (share(at_least=percent(50), floor=3), share(at_least=percent(50), floor=4)),
    "the order of recoveries": (FAILING.unless(CART).unless(WORST), FAILING.unless(WORST).unless(CART)),
    "recent as long as it lasts": (FAILING.within(hours(1)), FAILING),
}

NO_LAWS: dict[str, tuple[Premise[Any], Premise[Any]]] = {
    "a share of a larger crowd": (share(), share(on(Request, Request.bot == False, per=PER))),  # noqa: E712
    "a share in a shorter window": (share(within=minutes(4)), share()),
    "held longer": ((failures >= 1).held(minutes(10)), (failures >= 1).held(minutes(5))),
    "within has to be the same for what is missed": (
        CART.without(FAILING, within=minutes(2)),
        CART.without(FAILING, within=minutes(1)),
    ),
}
"""Edits that look like one direction and are none: a stream each way shows it."""


def proven(a: Premise[Any], b: Premise[Any]) -> bool:
    order = PointOrder(frozenset({"trouble"}), frozenset({"trouble"}), frozenset({"trouble"}))
    return implies(a, HOUR, b, HOUR, order)


@pytest.mark.parametrize("law", LAWS)
def test_a_stricter_premise_implies_the_looser_one(law: str) -> None:
    strict, loose = LAWS[law]

    assert proven(strict, loose)


ONE_WAY = [
    law
    for law in LAWS
    if law
    not in (
        "half of a baseline",
        "a count as a measure",
        "a count as a premise",
        "a number and the next",
        "recent beside a recovery",
    )
]


@pytest.mark.parametrize("law", ONE_WAY)
def test_the_looser_premise_does_not_imply_the_stricter_one(law: str) -> None:
    strict, loose = LAWS[law]

    assert not proven(loose, strict)


@pytest.mark.parametrize("law", SAME)
def test_two_ways_to_say_the_same_imply_each_other(law: str) -> None:
    one, other = SAME[law]

    assert proven(one, other)
    assert proven(other, one)


@pytest.mark.parametrize("edit", NO_LAWS)
def test_what_only_looks_like_a_law_has_a_stream_each_way(edit: str) -> None:
    found = compared(*NO_LAWS[edit])

    assert found.relation == "incomparable"
    assert found.old_alone is not None
    assert found.new_alone is not None


def test_all_hits_reach_a_share_of_one_however_few_they_are() -> None:
    everything_fails, nearly = share(at_least=percent(100), floor=1), share(at_least=percent(99), floor=1)

    assert not proven(everything_fails, nearly)
    assert compared(everything_fails, nearly).old_alone is not None


def test_longer_evidence_is_looser() -> None:
    no_points = PointOrder()

    assert implies(FAILING, HOUR, FAILING, HOUR + 1, no_points)
    assert not implies(FAILING, HOUR + 1, FAILING, HOUR, no_points)


def test_longer_evidence_of_a_premise_with_a_recovery_is_looser() -> None:
    guarded = FAILING.unless(CART)

    assert implies(guarded, HOUR, guarded, 2 * HOUR, PointOrder())


def test_a_recovery_of_two_parts_can_last_longer_than_what_it_takes_back() -> None:
    guarded = FAILING.unless(CART & on(Plan, per=Plan.merchant))

    assert not implies(guarded, HOUR, guarded, 2 * HOUR, PointOrder())


def test_every_construct_has_a_law() -> None:
    used = {type(n).__name__ for pair in (*LAWS.values(), *SAME.values()) for p in pair for n in everything(p)}

    assert used >= {"After", "Together", "Without", "Held", "Holds", "Runs", "Drop", "Differs", "Rising", "Silence"}
    assert used >= {"Counted", "Distinct", "Share", "Fits", "Compared", "Holding", "Ratio", "Extreme", "Baseline"}
    assert used >= {"During", "Given", "Known", "Unless", "Recent", "Both"}
