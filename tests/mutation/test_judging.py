"""Judging: a mutant is noticed by an example, or it is told why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from migro.expressions import UNSET, Attr, MaybeKey, minutes
from migro.models import MerchantId, Signal
from migro.mutation import Verdict, judge
from migro.packs.headless import RULES
from migro.rules import IssueKind, Rule, RuleSet, fires, holding, known, on, silent, supports


class Call(Signal, kind="judging.call"):
    code: Attr[int] = UNSET
    region: MaybeKey[str] = UNSET
    cart: MaybeKey[str] = UNSET


NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOWN = IssueKind[Any]("down", category="checkout")
STUCK = IssueKind[Any]("stuck", category="checkout")


def call(code: int, second: int = 0, merchant: str = "m1", region: str | None = None) -> Call:
    at = NINE + timedelta(seconds=second)
    return Call(code=code, merchant=MerchantId(merchant), region=region, occurred_at=at)


two = on(Call, Call.code >= 500, per=Call.merchant).at_least(2, within=minutes(5))
ENOUGH = (
    fires("two at the ends of the window", call(500), call(500, 300), for_="m1"),
    fires("ten minutes ago", call(500), call(500, 300), for_="m1", after=minutes(10)),
    silent("one after the window", call(500), call(500, 301)),
    silent("one is none", call(499), call(500, 1)),
    silent("over", call(500), call(500, 300), after=minutes(10) + timedelta(microseconds=1)),
)
rule = Rule("shop.two", when=two, then=supports(DOWN, 50, family="http"), examples=ENOUGH)


def outcomes(ruleset: RuleSet, rule: Rule[Any], **more: Any) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for verdict in judge(ruleset, rule, **more):
        found.setdefault(verdict.outcome, []).append(verdict)
    return found


def test_examples_at_the_edges_notice_every_change_of_when_a_rule_fires() -> None:
    found = outcomes(RuleSet("shop", rule), rule, locked=True)

    assert set(found) == {"killed", "refused", "locked"}
    assert {v.operator for v in found["locked"]} == {"points changed", "effect changed", "family changed"}
    assert {v.operator for v in found["refused"]} == {"key changed"}


@pytest.mark.parametrize(
    ("missing", "survivor"),
    [
        (1, "lasts halved"),
        (2, "window doubled"),
        (3, "bound weakened"),
        (4, "lasts doubled"),
    ],
)
def test_without_one_of_them_a_change_is_noticed_by_nothing(missing: int, survivor: str) -> None:
    fewer = attrs.evolve(rule, examples=(*ENOUGH[:missing], *ENOUGH[missing + 1 :]))
    survived = outcomes(RuleSet("shop", fewer), fewer, locked=True).get("survived", [])

    assert survivor in {v.operator for v in survived}


def test_a_conclusion_that_no_lock_holds_can_be_changed_without_notice() -> None:
    found = outcomes(RuleSet("shop", rule), rule)

    assert {v.operator for v in found["survived"]} == {"points changed", "effect changed", "family changed"}


def test_points_are_noticed_by_the_examples_of_a_rule_that_asks_for_them() -> None:
    reader = Rule(
        "shop.stuck",
        when=known(DOWN, at_least_points=60),
        then=supports(STUCK, 5, family="chain"),
        examples=(silent("not that sure", call(500), call(500, 1)),),
    )
    found = outcomes(RuleSet("shop", rule, reader), rule, locked=True)

    assert ("points changed", "shop.stuck: not that sure") in {(v.operator, v.by) for v in found["killed"]}


def test_a_change_that_is_proven_to_be_none_is_no_survivor() -> None:
    # Whoever is at 500 or more is also at 400 or more.
    broad = on(Call, Call.code >= 500, Call.code >= 400, per=Call.merchant)
    same = attrs.evolve(rule, when=broad.at_least(2, within=minutes(5)))
    found = outcomes(RuleSet("shop", same), same, locked=True)

    assert "survived" not in found
    assert {v.operator for v in found["equal"]} >= {"part dropped", "bound weakened", "boundary flipped"}


def test_points_that_no_sum_lies_between_are_the_same_to_a_rule_that_asks_for_them() -> None:
    def asking(points: int) -> set[str]:
        asks = Rule("shop.stuck", when=known(DOWN, at_least_points=points), then=supports(STUCK, 5, family="chain"))
        verdicts = judge(RuleSet("shop", rule, asks), asks)
        return {v.outcome for v in verdicts if v.operator in ("bound weakened", "bound strengthened")}

    # The only rule about it brings 50 points, or 5 where it rests on a fallback.
    assert asking(45) == {"equal"}
    assert asking(50) == {"equal", "survived"}


def test_premises_that_no_longer_fit_together_are_refused_and_not_run() -> None:
    finer = on(Call, Call.code >= 500, per=(Call.merchant, Call.region))
    spread = Rule("shop.regions", when=holding(finer, per=Call.merchant, within=minutes(5)) >= 2, then=rule.then)
    found = outcomes(RuleSet("shop", spread), spread)

    assert "premises about different keys are joined" in {v.by for v in found["refused"]}


def test_a_rule_without_a_firing_example_could_be_deleted() -> None:
    quiet = attrs.evolve(rule, examples=ENOUGH[2:])

    assert "rule deleted" in {v.operator for v in outcomes(RuleSet("shop", quiet), quiet)["survived"]}


def test_every_shipped_rule_would_be_missed() -> None:
    assert [r.id for r in RULES.rules if not any(e.fires_for for e in r.examples)] == []
