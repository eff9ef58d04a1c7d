"""Comparing rule sets: every rule gets a relation, and what is said of it can be checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import attrs
import pytest

from migro.comparison import Contradiction, Effort, RuleComparison, compare
from migro.comparison.trials import run_in_engine
from migro.engine import Key
from migro.expressions import UNSET, Attr, Maybe, fact, hours, minutes, percent
from migro.models import Risk, Severity, Signal, to_microseconds
from migro.rules import (
    Baseline,
    IssueKind,
    Response,
    Rule,
    RuleSet,
    SeverityScale,
    known,
    on,
    refutes,
    supports,
    trailing,
    vetoes,
)
from tests.oracle import evaluate

from .shop import KIND, Plan, Request, alone, compared, rule

FAILING = on(Request, Request.status >= 500, per=Request.merchant)
CART = on(Request, Request.route == "cart", per=Request.merchant)


def relation(old: Any, new: Any, **lasts: timedelta) -> str:
    return compared(old, new, **lasts).relation


def confirmed(found: RuleComparison, old: RuleSet, new: RuleSet) -> int:
    """Return how many witnesses there are, once the oracle has confirmed each."""
    witnesses = [w for w in (found.old_alone, found.new_alone) if w is not None]
    for w in witnesses:
        fires = {side: ("r", w.key) in evaluate(s, w.signals, w.at) for side, s in (("old", old), ("new", new))}
        assert fires == {"old": w.fires == "old", "new": w.fires == "new"}
    return len(witnesses)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (FAILING.at_least(3, within=minutes(5)), "equivalent"),
        (FAILING.at_least(4, within=minutes(5)), "stricter"),
        (FAILING.at_least(2, within=minutes(5)), "looser"),
        (FAILING.at_least(3, within=minutes(4)), "stricter"),
        (FAILING.at_least(4, within=minutes(10)), "incomparable"),
        (CART.at_least(3, within=minutes(5)), "incomparable"),
        (FAILING.at_least(3, within=minutes(5)).unless(CART), "stricter"),
        (FAILING.count(within=minutes(5)) > 2, "equivalent"),
        (on(Request, Request.status > 500, per=Request.merchant).at_least(3, within=minutes(5)), "stricter"),
    ],
)
def test_a_changed_premise_has_a_relation_with_witnesses_that_the_oracle_confirms(new: Any, expected: str) -> None:
    old = FAILING.at_least(3, within=minutes(5))
    found = compared(old, new)

    assert found.relation == expected
    number = {"equivalent": 0, "stricter": 1, "looser": 1, "incomparable": 2}[expected]
    assert confirmed(found, *(alone(p, lasts=hours(1)) for p in (old, new))) == number


def test_a_witness_is_as_small_as_it_gets() -> None:
    found = compared(FAILING.at_least(30, within=minutes(5)), FAILING.at_least(20, within=minutes(5)))

    assert found.new_alone is not None
    assert len(found.new_alone.signals) == 20


def test_a_microsecond_of_a_window_has_a_witness() -> None:
    longer = minutes(5) + timedelta(microseconds=1)
    found = compared(FAILING.at_least(2, within=minutes(5)), FAILING.at_least(2, within=longer))

    assert found.relation == "looser"
    assert found.new_alone is not None
    first, last = found.new_alone.signals
    assert last.effective_at - first.effective_at == 300_000_001


def test_evidence_that_lasts_longer_is_looser() -> None:
    old, new = (alone(FAILING, lasts=minutes(n)) for n in (10, 11))
    found = compare(old, new).rules[0]

    assert found.relation == "looser"
    assert [c.what for c in found.changes] == ["lasts"]


def test_measures_facts_and_absence_are_compared() -> None:
    count = FAILING.count(within=minutes(5))

    assert relation(count >= fact(Plan.limit), count > fact(Plan.limit)) == "stricter"
    assert relation(CART.without(FAILING, within=minutes(1)), CART) == "incomparable"
    assert relation((count >= 3).runs(2, of=3, within=minutes(5)), (count >= 3).runs(3, of=3, within=minutes(5))) == (
        "stricter"
    )
    assert relation(FAILING.after(CART, within=minutes(2)), FAILING.after(CART, within=minutes(1))) == "stricter"


def test_a_fallback_of_a_baseline_is_compared_by_its_streams() -> None:
    count = FAILING.count(within=hours(1))
    old, new = count >= 2 * count.baseline(trailing(hours(4))), count >= 3 * count.baseline(trailing(hours(4)))
    assert isinstance(count.baseline(trailing(hours(4))), Baseline)

    assert compared(old, new).relation in ("stricter", "incomparable", "undecided")


def test_new_and_missing_rules_are_told() -> None:
    old = RuleSet("s", rule(FAILING, id="a"), rule(CART, id="b"))
    new = RuleSet("s", rule(FAILING, id="a"), rule(CART, id="c"))
    found = compare(old, new)

    assert [(r.id, r.relation) for r in found.rules] == [("a", "equivalent"), ("b", "removed"), ("c", "added")]
    assert not found.same


def test_a_rule_that_asks_for_the_points_of_a_looser_one_is_looser() -> None:
    other = IssueKind[Any]("other", category="checkout")
    asking = Rule("asks", when=known(KIND, at_least_points=50), then=supports(other, 50, family="f"))
    old = RuleSet("s", rule(FAILING.at_least(3, within=minutes(5))), asking)
    new = RuleSet("s", rule(FAILING.at_least(2, within=minutes(5))), asking)
    found = {r.id: r for r in compare(old, new).rules}

    assert found["asks"].relation == "looser"
    assert found["asks"].new_alone is not None
    assert found["asks"].edits == ()


def test_a_stricter_refutation_raises_points() -> None:
    other = IssueKind[Any]("other", category="checkout")
    asking = Rule("asks", when=known(KIND, at_least_points=1), then=supports(other, 50, family="f"))

    def rules(n: int) -> RuleSet:
        against = Rule("no", when=CART.at_least(n, within=minutes(5)), then=refutes(KIND, 60, family="g"))
        return RuleSet("s", rule(FAILING), against, asking)

    found = {r.id: r.relation for r in compare(rules(1), rules(2)).rules}

    assert found == {"asks": "looser", "no": "stricter", "r": "equivalent"}


def test_changes_of_conclusions_say_whether_more_can_happen() -> None:
    old = RuleSet("s", Rule("r", when=FAILING, then=supports(KIND, 50, family="f")))
    new = RuleSet("s", Rule("r", when=FAILING, then=supports(KIND, 105, family="g", severity=Severity.SEV1)))
    found = compare(old, new).rules[0]

    assert {c.what: c.direction for c in found.changes} == {"points": "more", "family": "other", "severity": "more"}
    assert found.relation == "equivalent"
    assert not found.same

    vetoing = RuleSet("s", Rule("r", when=FAILING, then=vetoes(KIND, family="f")))
    assert "effect: supports -> vetoes (less can happen)" in [str(c) for c in compare(old, vetoing).rules[0].changes]


def test_changes_of_kinds_say_whether_more_can_happen() -> None:
    def rules(**fields: Any) -> RuleSet:
        kind = IssueKind[Any]("trouble", category="checkout", **fields)
        return RuleSet("s", Rule("r", when=FAILING, then=supports(kind, 50, family="f")))

    tell = Response("notify", Risk.R0, "on_call")
    mild = SeverityScale(default=Severity.SEV3, by_share=((Severity.SEV2, percent(50)),))
    sooner = SeverityScale(default=Severity.SEV3, by_share=((Severity.SEV2, percent(40)),))
    cases: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
        ({"prior": -100}, {"prior": -80}, {"prior": "more"}),
        ({"severity": mild}, {"severity": sooner}, {"severity": "more"}),
        ({"severity": sooner}, {"severity": mild}, {"severity": "less"}),
        ({}, {"responses": (tell,)}, {"responses": "more"}),
        ({"responses": (tell,)}, {}, {"responses": "less"}),
        ({"responses": (tell,)}, {"responses": (attrs.evolve(tell, risk=Risk.R1),)}, {"responses": "more"}),
        (
            {"responses": (tell,)},
            {"responses": (attrs.evolve(tell, from_severity=Severity.SEV2),)},
            {"responses": "less"},
        ),
        ({"systemic": False}, {"systemic": True}, {"systemic": "other"}),
        ({"about": ("payment",)}, {"about": ("payment", "order")}, {"about": "other"}),
        ({}, {"causes": ("down",)}, {"causes": "other"}),
        ({"causes": ("down",)}, {"causes": ("down",), "lag": minutes(20)}, {"lag": "other"}),
        ({"causes": ("down",)}, {"causes": ("down",), "lead": minutes(20)}, {"lead": "other"}),
        ({"severity": mild}, {"severity": attrs.evolve(mild, customer_facing=True)}, {"severity": "other"}),
    ]
    for before, after, expected in cases:
        found = compare(rules(**before), rules(**after))
        assert {c.what: c.direction for c in found.kinds["trouble"]} == expected


def test_words_of_hosts_are_part_of_what_decides() -> None:
    def rules(**about: Iterable[str]) -> RuleSet:
        return RuleSet("s", rule(FAILING), hosts_about=about)

    found = compare(rules(tracking=["pixel", "tag"]), rules(tracking=["tag", "stats"], payment=["pay"]))

    told = {subject: [str(c) for c in changes] for subject, changes in found.hosts.items()}
    assert told == {"payment": ["words: nothing -> pay"], "tracking": ["words: pixel -> stats"]}
    assert not found.same
    assert compare(rules(tracking=["tag"]), rules(tracking=["tag"])).same


def test_a_column_of_another_type_leaves_the_rules_that_read_it_without_proof() -> None:
    class Before(Signal, kind="shop.order"):
        amount: Attr[int]

    class After(Signal, kind="shop.order"):
        amount: Maybe[int] = UNSET

    old = RuleSet("s", rule(on(Before, Before.amount >= 3, per=Before.merchant)))
    new = RuleSet("s", rule(on(After, After.amount >= 3, per=After.merchant)))
    found = compare(old, new)

    assert [str(c) for c in found.signals["shop.order"]] == ["column amount: int -> optional int"]
    assert found.rules[0].relation == "undecided"
    assert "amount" in found.rules[0].note


def nobody_fires(
    ruleset: RuleSet, rule: str, signals: Sequence[Signal], moments: Sequence[int]
) -> list[frozenset[Key]]:
    return [frozenset() for _ in moments]


def test_what_is_not_known_is_called_undecided() -> None:
    found = compare(
        alone(FAILING.at_least(3, within=minutes(5))),
        alone(FAILING.at_least(2, within=minutes(5))),
        effort=Effort(streams=1, signals=1),
        judge=nobody_fires,
    ).rules[0]

    assert found.relation == "undecided"
    assert "It is proven that the old rule fires only where the new one does." in found.text


def test_a_stream_against_a_proof_is_a_fault_and_not_an_answer() -> None:
    def liar(ruleset: RuleSet, rule: str, signals: Sequence[Signal], moments: Sequence[int]) -> list[frozenset[Key]]:
        return [frozenset({("k1",)}) if ruleset.name == "old" else frozenset() for _ in moments]

    old = RuleSet("old", rule(FAILING.at_least(3, within=minutes(5))))
    new = RuleSet("new", rule(FAILING.at_least(2, within=minutes(5))))

    with pytest.raises(Contradiction, match=r"'r': expected no such stream"):
        compare(old, new, judge=liar)


def test_the_same_comparison_comes_out_the_same() -> None:
    sides = [alone(FAILING.at_least(n, within=minutes(5)).unless(CART)) for n in (3, 2)]

    assert compare(*sides).document() == compare(*sides).document()


def test_a_witness_in_words_names_what_the_rules_read() -> None:
    found = compared(FAILING.at_least(3, within=minutes(5)), FAILING.at_least(2, within=minutes(5)))

    assert found.text == (
        "r: It fires in more situations: whenever the old rule fires the new one does, but not the reverse."
        " Changed in the premise: number of Counted 3 -> 2."
        " With 2 x shop.request (status 500) at the start, the new rule fires for k1 at the start,"
        " and the old one does not."
    )


def test_signals_of_a_witness_are_read_back_from_json() -> None:
    found = compared(FAILING.at_least(3, within=minutes(5)), FAILING.at_least(2, within=minutes(5)))
    assert found.new_alone is not None
    document = found.new_alone.document()
    signals = [Request.from_data(s) for s in document["signals"]]

    new = alone(FAILING.at_least(2, within=minutes(5)), lasts=hours(1))
    assert run_in_engine(new, "r", signals, [to_microseconds(signals[-1].received_at)]) == [{("k1",)}]
