"""Portability: each rule is lowered, native or refused, with its reason, and what is lowered is within the limits."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from migro.durable import portability
from migro.durable.limits import check_rules
from migro.durable.lowering import Lowering
from migro.expressions import minutes
from migro.packs.headless import RULES
from migro.rules import IssueKind, Rule, RuleSet, known, on, supports
from tests.durable.joining import joined_rules
from tests.engine.vocabulary import A, B

LOW, HIGH, TOP = (IssueKind[Any](name, category="unknown", per=("merchant",)) for name in ("low", "high", "top"))
ONE = on(A, A.code == 1, per=A.merchant)
TWO = on(B, B.code == 2, per=B.merchant).at_least(2, within=minutes(5))


def rule(name: str, when: Any, kind: IssueKind[Any] = LOW) -> Rule[Any]:
    return Rule(name, when=when, then=supports(kind, 50, family=name))


def standing(*rules: Rule[Any]) -> dict[str, tuple[str, str]]:
    return {one.rule: (one.standing, one.reason) for one in portability(RuleSet("shop", *rules))}


def test_a_join_is_lowered_and_one_condition_is_native() -> None:
    found = standing(rule("join", ONE & TWO), rule("alone", TWO), rule("back", (ONE & TWO).unless(ONE)))

    assert found["join"] == ("lowered", "joins 2 conditions")
    assert found["alone"] == ("native", "one condition (counted), which migro evaluates whole")
    assert found["back"] == ("native", "one condition (unless), which migro evaluates whole")


def test_a_rule_that_reads_an_issue_is_lowered_whether_it_is_known_or_not() -> None:
    found = standing(rule("a", ONE), rule("b", known(LOW), HIGH), rule("c", TWO & ~known(LOW), HIGH))

    assert {found[name] for name in "bc"} == {("lowered", "reads the issue low as the second engine finds it")}


def test_what_reads_an_issue_inside_a_condition_is_refused_and_so_is_what_reads_its_issue() -> None:
    found = standing(
        rule("a", ONE),
        rule("b", ONE.unless(known(LOW)), HIGH),
        rule("c", TWO & known(HIGH), TOP),
        rule("d", ONE & known(LOW), TOP),
    )

    assert found["b"] == (
        "refused",
        "reads the issue low inside a condition, where migro alone would say what is known of it",
    )
    assert found["c"] == ("refused", "reads the issue high, about which b concludes, which is refused")
    assert [found[name][0] for name in "ad"] == ["native", "lowered"]


def test_more_conditions_than_durable_rules_joins_are_refused() -> None:
    parts = [on(A, A.code == n, per=A.merchant) for n in range(17)]
    many: Any = parts[0]
    few: Any = parts[0]
    for part in parts[1:]:
        many = many & part
    for part in (*parts[1:16], *parts[:3]):  # one that is written twice is one
        few = few & part

    found = standing(rule("many", many), rule("few", few))
    assert found["many"] == ("refused", "joins 17 conditions; durable-rules joins at most 16")
    assert found["few"] == ("lowered", "joins 16 conditions")


def test_two_times_257_constants_are_spread_over_rule_sets_within_the_limits() -> None:
    rules = [
        rule(f"r{n}", on(A, A.code == 2 * n, per=A.merchant) & on(A, A.code == 2 * n + 1, per=A.merchant))
        for n in range(257)
    ]
    (shards,) = Lowering(RuleSet("wide", *rules)).strata

    assert [len(shard.rules) for shard in shards] == [200, 57]
    for shard in shards:
        check_rules(shard.program)


def test_rules_that_share_one_condition_are_spread_before_there_are_too_many() -> None:
    rules = [rule(f"r{n}", ONE & on(B, B.code == n, per=B.merchant)) for n in range(150)]
    (shards,) = Lowering(RuleSet("shared", *rules)).strata

    assert [len(shard.rules) for shard in shards] == [60, 60, 30]


def test_a_condition_has_one_token_in_all_rules_whose_evidence_lasts_as_long() -> None:
    rules = RuleSet(
        "shop",
        rule("a", ONE & TWO),
        rule("b", TWO),
        Rule("c", when=TWO, then=supports(LOW, 5, family="c"), lasts=minutes(1)),
    )
    ((shard,),) = Lowering(rules).strata
    a, b, c = (shard.program[token] for token in ("r0", "r1", "r2"))

    assert set(b) < set(a)
    assert set(c).isdisjoint(a)


def test_every_shipped_rule_is_in_the_fragment() -> None:
    found = Counter(one.standing for one in portability(RULES))

    assert found["refused"] == 0
    assert found["lowered"] * 4 > len(RULES)


def test_programs_are_the_same_for_the_same_rules() -> None:
    made = [Lowering(joined_rules(Random(7))) for _ in range(2)]

    assert [[s.name for s in shards] for shards in made[0].strata] == [
        [s.name for s in shards] for shards in made[1].strata
    ]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_lowered_passes_the_guard(seed: int) -> None:
    for shards in Lowering(joined_rules(Random(seed))).strata:
        for shard in shards:
            check_rules(shard.program)
