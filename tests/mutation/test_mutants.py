"""Mutants: every operator makes other rules, one change at a time, and none twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from migro.errors import MigroError
from migro.expressions import UNSET, Attr, Key, Maybe, MaybeKey, hours, minutes, percent
from migro.models import Severity, Signal
from migro.mutation import OPERATORS, Mutant, mutants
from migro.packs.headless import RULES
from migro.rules import (
    IssueKind,
    Rule,
    RuleSet,
    greatest,
    holding,
    hour_of_week,
    known,
    on,
    supports,
    trailing,
    vetoes,
)


class Call(Signal, kind="mutants.call"):
    code: Attr[int] = UNSET
    region: MaybeKey[str] = UNSET
    shop: Key[str] = UNSET
    words: Maybe[frozenset[str]] = UNSET
    calls: Attr[int] = UNSET


DOWN = IssueKind[Any]("down", category="checkout")
failed = on(Call, Call.code >= 500, per=Call.merchant)
every = on(Call, per=Call.merchant)


def changed(when: Any, operator: str, **more: Any) -> list[str]:
    """The premises, in words, that one operator makes of another."""
    rule = Rule("r", when=when, then=supports(DOWN, 50, family="a"), **more)
    return [str(m.rule.when) for m in mutants(rule) if m.operator == operator and m.rule is not None]


def test_bounds_are_one_more_or_one_less() -> None:
    share = every.share(Call.code >= 500, at_least=percent(5), floor=20, within=minutes(5))
    texts = [*changed(share, "bound weakened"), *changed(share, "bound strengthened")]

    assert [t.partition(", within")[0] for t in texts] == [
        "at least 4 % of [Call: any per merchant] are Call.code >= 500, n >= 20",
        "at least 5 % of [Call: any per merchant] are Call.code >= 500, n >= 19",
        "at least 5 % of [Call: any per merchant] are Call.code >= 499, n >= 20",
        "at least 6 % of [Call: any per merchant] are Call.code >= 500, n >= 20",
        "at least 5 % of [Call: any per merchant] are Call.code >= 500, n >= 21",
        "at least 5 % of [Call: any per merchant] are Call.code >= 501, n >= 20",
    ]


def test_a_limit_from_above_is_weaker_when_it_is_higher() -> None:
    assert "number of [Call: any per merchant] in 1 h < 4" in changed(
        every.count(within=hours(1)) < 3, "bound weakened"
    )


def test_one_of_a_kind_cannot_be_less() -> None:
    assert changed(failed.at_least(1, within=minutes(5)), "bound weakened") == [
        "at least 1 x [Call: Call.code >= 499 per merchant] within 5 min"
    ]


def test_what_has_one_name_is_changed_wherever_it_stands() -> None:
    errors = failed.count(within=hours(1))
    texts = changed(errors >= 2 * errors.baseline(hour_of_week(weeks=4), trailing(hours(24))), "window doubled")

    assert texts == [
        "number of [Call: Call.code >= 500 per merchant] in 2 h >= 2 x usual"
        " number of [Call: Call.code >= 500 per merchant] in 2 h by the same hour of 4 weeks, else the last 1 d"
    ]


def test_every_part_of_a_join_and_every_recovery_is_dropped_once() -> None:
    paid = on(Call, Call.code == 200, per=Call.merchant)
    texts = changed((failed.at_least(2, within=minutes(5)) & every).unless(paid), "part dropped")

    assert len(texts) == 5
    assert "Call: any per merchant, and since then no [Call: Call.code == 200 per merchant]" in texts


def test_keys_are_exchanged_for_others_of_the_class() -> None:
    per_region = on(Call, per=(Call.merchant, Call.region))
    texts = changed(holding(per_region, per=Call.merchant, within=hours(1)) >= 2, "key changed")

    assert any("number of region and region" not in t and "per shop and region" in t for t in texts)


def test_a_conclusion_is_changed_in_points_effect_family_and_severity() -> None:
    rule = Rule("r", when=failed, then=supports(DOWN, 150, family="a", severity=Severity.SEV2))
    veto = Rule("v", when=failed, then=vetoes(DOWN, family="a"))

    def concluded(rule: Rule[Any]) -> dict[str, str]:
        return {m.operator: m.change for m in mutants(rule) if m.concludes}

    assert concluded(rule) == {
        "points changed": "+150 -> +140 points",
        "effect changed": "supports -> refutes",
        "severity dropped": "severity SEV2 -> none",
        "family changed": "family a -> a.other",
    }
    assert concluded(veto) == {
        "effect changed": "vetoes -> refutes with 5 points",
        "family changed": "family a -> a.other",
    }
    assert not any(m.concludes for m in mutants(rule, conclusions=False))


@pytest.fixture(scope="module")
def sample() -> list[tuple[Rule[Any], Mutant]]:
    return [(rule, mutant) for rule in RULES.rules[::47] for mutant in mutants(rule)]


def test_no_mutant_has_the_meaning_of_the_rule_or_of_another(sample: list[tuple[Rule[Any], Mutant]]) -> None:
    versions = Counter((r.id, m.rule.version) for r, m in sample if m.rule is not None)

    assert max(versions.values()) == 1
    assert not any((r.id, r.version) in versions for r, _ in sample)


def test_shipped_rules_have_mutants_of_almost_every_sort(sample: list[tuple[Rule[Any], Mutant]]) -> None:
    assert set(OPERATORS) - {m.operator for _, m in sample} <= {"severity dropped", "negation flipped"}


def test_a_known_issue_is_asked_for_the_other_way_round_or_for_other_points() -> None:
    premise = failed & known(IssueKind("other", category="checkout"), at_least_points=50)

    assert any("not supported by at least 50" in t for t in changed(premise, "negation flipped"))
    assert any("at least 49 points" in t for t in changed(premise, "bound weakened"))


def test_of_several_limits_each_number_is_moved() -> None:
    limit = greatest(5, percent(5) * every.count(within=hours(1)))
    texts = changed(failed.count(within=hours(1)) >= limit, "bound weakened")

    assert any("greatest(4," in t for t in texts)
    assert any("1/25 x number" in t for t in texts)


def test_mutants_that_load_print_and_hash(sample: list[tuple[Rule[Any], Mutant]]) -> None:
    refused = 0
    for _, mutant in sample:
        if mutant.rule is not None:
            try:
                RuleSet("mutant", mutant.rule)
            except MigroError:
                refused += 1
        assert mutant.change
        assert "\n" not in mutant.change
    assert refused < len(sample) // 10


def test_a_key_is_replaced_by_each_other_key_of_its_class() -> None:
    assert sorted(t.rpartition(" ")[2] for t in changed(every, "key changed")) == ["region", "shop"]
