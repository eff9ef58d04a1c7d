"""What an assessment makes of several rules about one issue."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from migro import minutes
from migro.engine import EngineState, NativeEngine
from migro.expressions import Attr
from migro.models import MerchantId, Severity, Signal, to_microseconds
from migro.reason import Assessment, assess
from migro.rules import IssueKind, Rule, RuleSet, SeverityScale, on, refutes, supports

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TROUBLE = IssueKind[Any]("trouble", category="checkout", severity=SeverityScale(default=Severity.SEV3))


class Failure(Signal, kind="assessed.failure"):
    grave: Attr[bool]


failing = on(Failure, per=Failure.merchant)
grave = on(Failure, Failure.grave == True, per=Failure.merchant)  # noqa: E712  # a column, not a truth value


def engine(*rules: Rule[Any]) -> NativeEngine:
    return NativeEngine(RuleSet("assessed", *rules))


def assessed(engine: NativeEngine) -> Assessment:
    state = EngineState()
    signal = Failure.model_validate(
        {
            "merchant": MerchantId("shop-1"),
            "occurred_at": T0,
            "received_at": T0,
            "env": "production",
            "source_kind": "access_log",
            "dedup_key": "one",
            "auth": "verified",
            "grave": True,
        }
    )
    engine.insert(state, signal, to_microseconds(T0))
    engine.settle(state)
    return assess(engine, state, TROUBLE, ("shop-1",))


def severity(engine: NativeEngine) -> Severity:
    return assessed(engine).severity


STRONG = Rule("strong", when=failing, then=supports(TROUBLE, 110, family="f"))
WEAK = Rule("weak", when=grave, then=supports(TROUBLE, 20, family="f", severity=Severity.SEV1))
AGAINST = Rule("against", when=grave, then=refutes(TROUBLE, 20, family="f"))


@pytest.mark.parametrize("rules", list(permutations((STRONG, WEAK, AGAINST))))
def test_a_rule_makes_its_issue_graver_also_where_another_of_its_family_counts(rules: tuple[Rule[Any], ...]) -> None:
    assert severity(engine(*rules)) is Severity.SEV1


def test_an_issue_is_no_graver_than_its_kind_where_no_rule_says_so() -> None:
    assert severity(engine(STRONG, AGAINST)) is Severity.SEV3


def many(id: str, n: int, points: int, family: str) -> Rule[Any]:
    return Rule(id, when=failing.at_least(n, within=minutes(5)), then=supports(TROUBLE, points, family=family))


def test_of_what_nearly_fired_the_strongest_of_each_family_is_told() -> None:
    nearly = assessed(
        engine(
            STRONG,
            many("one", 2, 50, "g"),
            many("two", 3, 60, "g"),
            many("three", 4, 60, "g"),
            many("four", 2, 20, "h"),
        )
    ).near_misses

    assert [(miss.rule, miss.would_add) for miss in nearly] == [("three", 60), ("four", 20)]
