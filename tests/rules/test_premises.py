"""Premises refuse what makes no sense at the line where it is written, and print as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from migro.errors import RuleDefinitionError
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, days, fact, hours, minutes, percent, seconds
from migro.models import Signal
from migro.rules import Both, IssueKind, Rule, fires, known, leaves, on, refutes, silent, supports, vetoes


class Request(Signal, kind="premises.request"):
    status: Attr[int]
    route: Maybe[str] = UNSET
    cart: MaybeKey[str] = UNSET


class Hook(Signal, kind="premises.hook"):
    ok: Attr[bool]


DOWN = IssueKind[Any]("down", category="checkout")
ERRORS = on(Request, Request.status >= 500, per=Request.merchant)
PER_CART = on(Request, per=(Request.merchant, Request.cart))
ANY: Any = None  # what follows are mistakes that a type checker would stop
NO: Any = "no"
NONE: Any = ()
LooseRequest: Any = Request
LooseHook: Any = Hook
LOOSE_ERRORS: Any = ERRORS
LOOSE_PER_CART: Any = PER_CART
WORD: Any = "merchant"
FIVE: Any = 5


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: on(NO, per=LooseRequest.merchant), "on() takes a signal class first, got 'no'"),
        (
            lambda: on(LooseRequest, NO, per=LooseRequest.merchant),
            "takes predicates such as Request.status >= 500, got 'no' (str)",
        ),
        (
            lambda: on(LooseRequest, LooseHook.ok.present(), per=LooseRequest.merchant),
            "on(Request, ...) cannot use Hook.ok, which belongs to Hook",
        ),
        (lambda: on(LooseRequest, per=LooseHook.merchant), "on(Request, ...) cannot use Hook.merchant"),
        (lambda: on(LooseRequest, per=LooseRequest.status), "on() groups by key columns; Request.status is none"),
        (lambda: on(LooseRequest, per=NONE), "at least one key column"),
        (
            lambda: LOOSE_ERRORS & LOOSE_PER_CART,
            "`&` joins premises about the same key: one is per merchant, the other per merchant and cart",
        ),
        (lambda: LOOSE_ERRORS & NO, "`&` joins two premises, got 'no'"),
        (lambda: LOOSE_ERRORS & (LooseRequest.status >= 1), "`&` joins two premises"),
        (lambda: LOOSE_ERRORS.unless(LOOSE_PER_CART), ".unless() joins premises about the same key"),
        (lambda: LOOSE_ERRORS.unless(NO), ".unless() takes a premise such as on(...), got 'no'"),
        (lambda: LOOSE_ERRORS.within(NO), "within= takes a span above 0 such as minutes(5), got 'no'"),
        (lambda: LOOSE_ERRORS.within(timedelta(0)), "within= takes a span above 0"),
        (lambda: LOOSE_ERRORS.at_least(0, within=minutes(5)), "at_least= takes a whole number from 1, got 0"),
        (lambda: LOOSE_ERRORS.at_least(True, within=minutes(5)), "at_least= takes a whole number from 1, got True"),
        (lambda: LOOSE_ERRORS.at_least(2, within=ANY), "within= takes a span above 0 such as minutes(5), got None"),
        (
            lambda: LOOSE_ERRORS.distinct(LooseHook.ok, at_least=2, within=minutes(5)),
            "distinct(Request, ...) cannot use Hook.ok",
        ),
        (lambda: LOOSE_ERRORS.distinct(NO, at_least=2, within=minutes(5)), "takes columns, got 'no'"),
        (
            lambda: LOOSE_ERRORS.share(at_least=percent(5), floor=1, within=minutes(5)),
            ".share() needs at least one predicate of",
        ),
        (
            lambda: LOOSE_ERRORS.share(LooseRequest.status > 1, at_least=NO, floor=1, within=minutes(5)),
            "needs at_least as percent(...)",
        ),
        (
            lambda: LOOSE_ERRORS.share(LooseRequest.status > 1, at_least=percent(101), floor=1, within=minutes(5)),
            "at most 1",
        ),
        (
            lambda: LOOSE_ERRORS.share(LooseRequest.status > 1, at_least=percent(0), floor=1, within=minutes(5)),
            "above 0",
        ),
        (
            lambda: LOOSE_ERRORS.share(LooseRequest.status > 1, at_least=percent(1), floor=0, within=minutes(5)),
            "floor= takes a whole number",
        ),
        (
            lambda: LOOSE_ERRORS.share(
                LooseRequest.status > 1, at_least=percent(1), floor=1, within=minutes(5), bound=NO
            ),
            "bound 'wilson' or 'plain', got 'no'",
        ),
        (
            lambda: LOOSE_ERRORS.share(LooseHook.ok.present(), at_least=percent(1), floor=1, within=minutes(5)),
            "share(Request, ...) cannot use Hook.ok",
        ),
        (lambda: known(NO), "known() takes an IssueKind, got 'no'"),
        (lambda: known(DOWN, at_least_points=NO), "known() takes whole points, got 'no'"),
        (lambda: supports(NO, 5, family="f"), "supports() takes an IssueKind first"),
        (lambda: supports(DOWN, True, family="f"), "supports() takes whole points, got True (bool)"),
        (lambda: refutes(DOWN, NO, family="f"), "refutes() takes whole points, got 'no' (str)"),
        (lambda: vetoes(NO, family="f"), "vetoes() takes an IssueKind first"),
        (lambda: IssueKind[Any]("", category="auth"), "an issue kind needs a name, got ''"),
        (lambda: IssueKind[Any]("x", category=NO), "issue kind 'x': expected a category of checkout, data_sync"),
        (
            lambda: IssueKind[Any]("x", category="auth", per=WORD),
            "per= takes a tuple of key names such as ('merchant',)",
        ),
        (
            lambda: Rule("r", when=LooseRequest.status >= 500, then=vetoes(DOWN, family="f")),
            "rule 'r' needs a premise in when=, got <Comparison",
        ),
        (lambda: Rule("r", when=LOOSE_ERRORS, then=ANY), "rule 'r' needs a conclusion in then=, got None"),
        (
            lambda: Rule("r", when=LOOSE_ERRORS, then=vetoes(DOWN, family="f"), lasts=FIVE),
            "lasts= takes a span such as minutes(5), got 5",
        ),
        (
            lambda: Rule("r", when=LOOSE_ERRORS, then=vetoes(DOWN, family="f"), examples=(NO,)),
            "takes fires(...) and silent(...), got 'no'",
        ),
    ],
)
def test_a_mistake_raises_at_its_line_with_what_was_expected(write: Callable[[], object], words: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        write()

    assert words in str(caught.value)


def test_a_fact_needs_a_class_with_a_key() -> None:
    with pytest.raises(RuleDefinitionError, match="takes a column such as"):
        fact(NO)


def test_joining_flattens_and_keeps_the_order_of_writing() -> None:
    both = ERRORS & (ERRORS.within(minutes(1)) & known(DOWN))

    assert isinstance(both, Both)
    assert len(both.parts) == 3
    assert leaves(both) == (ERRORS, ERRORS, both.parts[2])


def test_the_longest_span_of_a_premise_decides_how_long_evidence_lasts() -> None:
    def lasts(when: Any) -> int:
        return Rule("r", when=when, then=vetoes(DOWN, family="f")).lasts_us // 60_000_000

    assert lasts(ERRORS) == 10
    assert lasts(ERRORS.at_least(2, within=minutes(5))) == 10
    assert lasts(ERRORS.unless(ERRORS.at_least(2, within=hours(2)))) == 120
    assert lasts(ERRORS.within(minutes(11)) & known(DOWN)) == 11
    assert Rule("r", when=ERRORS, then=vetoes(DOWN, family="f"), lasts=days(1)).lasts_us == 86_400_000_000


def test_a_negated_known_issue_negated_again_is_the_first() -> None:
    assert (~~known(DOWN)).document() == known(DOWN).document()
    assert (~known(DOWN)).document() == {"not_known": "down", "at_least_points": 0}


def test_rules_print_as_people_read_them() -> None:
    hooks = on(Hook, Hook.ok == False, per=Hook.merchant)  # noqa: E712  # a column, no boolean
    rule = Rule(
        "checkout.breakage",
        when=ERRORS.at_least(3, within=minutes(5)).unless(ERRORS) & hooks.within(seconds(90)),
        then=supports(DOWN, 100, family="http"),
    )

    assert str(rule).splitlines()[1:] == [
        "  when at least 3 x [Request: Request.status >= 500 per merchant] within 5 min,"
        " and since then no [Request: Request.status >= 500 per merchant]",
        "  and [Hook: Hook.ok == False per merchant] in the last 90 s",
        "  then supports down (+100 points, family http)",
        "  lasts 10 min",
    ]
    assert str(rule).startswith(f"rule checkout.breakage @{rule.version[:12]}\n")
    assert rule._repr_html_().startswith("<pre>rule checkout.breakage")
    assert "&gt;=" in rule._repr_html_()


def test_examples_hold_their_key_as_a_tuple() -> None:
    assert fires("x", for_="m").fires_for == (("m",),)
    assert fires("x", for_=("m", "c")).fires_for == (("m", "c"),)
    assert silent("x").fires_for == ()
