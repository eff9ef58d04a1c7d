"""Edges: streams in which a rule begins or ceases to fire, pinned in a file; another rule fires at other times."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migro.errors import InputError
from migro.expressions import UNSET, Attr, minutes
from migro.models import Signal
from migro.mutation import (
    EDGES_FORMAT,
    Edge,
    Firing,
    RuleEdges,
    check_edges,
    derive,
    edges_text,
    judge,
    read_edges,
)
from migro.rules import IssueKind, Rule, RuleSet, on, supports


class Call(Signal, kind="edges.call"):
    code: Attr[int] = UNSET
    words: Attr[frozenset[str]] = UNSET


DOWN = IssueKind[Any]("down", category="checkout")
failed = on(Call, Call.code >= 500, per=Call.merchant)


def ruleset(within: int = 5, lasts: int = 10, points: int = 50, n: int = 2) -> RuleSet:
    rule = Rule(
        "shop.two",
        when=failed.at_least(n, within=minutes(within)),
        lasts=minutes(lasts),
        then=supports(DOWN, points, family="http"),
    )
    return RuleSet("shop", rule)


SHOP = ruleset()


@pytest.fixture(scope="module")
def pinned() -> RuleEdges:
    return derive(SHOP, SHOP.rules[0]).pinned


def codes(changed: RuleSet, pinned: RuleEdges | None) -> set[str]:
    return {f.code for f in check_edges(changed, changed.rules[0], pinned)}


def test_a_rule_is_at_its_edges_what_was_pinned_of_it(pinned: RuleEdges) -> None:
    assert codes(SHOP, pinned) == set()


@pytest.mark.parametrize("other", [{"within": 4}, {"within": 6}, {"lasts": 9}, {"lasts": 11}, {"n": 1}, {"n": 3}])
def test_a_rule_with_another_window_span_or_bound_is_not(pinned: RuleEdges, other: dict[str, int]) -> None:
    assert codes(ruleset(**other), pinned) == {"edge"}


def test_what_a_rule_concludes_is_pinned_as_well(pinned: RuleEdges) -> None:
    assert codes(ruleset(points=49), pinned) == {"concludes"}


def test_a_rule_of_which_nothing_is_pinned_is_named() -> None:
    assert codes(SHOP, None) == {"unpinned"}


def test_every_small_change_of_a_rule_without_examples_is_noticed_at_its_edges(pinned: RuleEdges) -> None:
    verdicts = list(judge(SHOP, SHOP.rules[0], edges=pinned))

    assert {v.outcome for v in verdicts} == {"pinned"}


def test_a_deleted_rule_without_examples_is_missed_by_its_edges_alone(pinned: RuleEdges) -> None:
    def deleted(edges: RuleEdges | None) -> str:
        return next(v.outcome for v in judge(SHOP, SHOP.rules[0], edges=edges) if v.operator == "rule deleted")

    assert (deleted(None), deleted(pinned)) == ("survived", "pinned")


def test_each_edge_notices_what_no_other_does(pinned: RuleEdges) -> None:
    def survivors(edges: RuleEdges) -> int:
        return sum(v.outcome == "survived" for v in judge(SHOP, SHOP.rules[0], edges=edges))

    everything = survivors(pinned)
    for place in range(len(pinned.edges)):
        fewer = attrs.evolve(pinned, edges=pinned.edges[:place] + pinned.edges[place + 1 :])
        assert survivors(fewer) > everything


def test_a_finding_tells_both_times_to_the_microsecond(pinned: RuleEdges) -> None:
    (found,) = check_edges(ruleset(lasts=11), ruleset(lasts=11).rules[0], pinned)

    assert "until 0:15:00.000001, got firing for k1" in found.message


def test_edges_are_written_and_read_without_loss(pinned: RuleEdges) -> None:
    text = edges_text({"shop.two": pinned})

    assert read_edges(text, SHOP) == {"shop.two": pinned}
    assert edges_text(read_edges(text, SHOP)) == text


def test_signals_that_are_alike_are_written_once() -> None:
    many = ruleset(n=40)
    text = edges_text({"shop.two": derive(many, many.rules[0]).pinned})

    assert len(text) < 2_000


def test_another_rule_gives_another_line_and_leaves_those_that_still_hold(pinned: RuleEdges) -> None:
    edge = Edge(signals=pinned.edges[0].signals, until=0, firing=(Firing(("k1",), 0, None),), notices=("lasts halved",))
    text = edges_text({"b": RuleEdges(concludes={}, edges=(edge,)), "a": pinned})

    assert text.index('"a": {') < text.index('"b": {')
    assert '"until": "0:00:00", "fires": [["k1", "0:00:00", null]], "notices": ["lasts halved"]}' in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "expected edges as JSON"),
        ("[]", "expected a file with format"),
        ('{"format": "migro-rule-edges/2", "rules": {}}', "expected a file with format 'migro-rule-edges/1'"),
        ('{"format": "%s", "rules": {"r": []}}', "expected what the rule concludes and its edges"),
        ('{"format": "%s", "rules": {"r": {"concludes": {}, "edges": [{}]}}}', "r: edge 1"),
    ],
)
def test_what_is_no_file_of_edges_is_refused_by_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_edges(text.replace("%s", EDGES_FORMAT), SHOP, where="x.json")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('["now", "edges.call", {}]', "time of the first signal"),
        ('["2026-03-02T09:00:00Z", "edges.call", {"code": "many"}]', "code"),
        ('["2026-03-02T09:00:00Z", "edges.call"]', "expected a time, a kind and columns"),
        ('["2026-03-02T09:00:00Z", "edges.call", {}, 2, "5 min"]', "such as 1:30:00.000001"),
        ('["2026-03-02T09:00:00Z", "edges.call", {}, 2, "0:00:00", {"merchant": ["m1"]}]', "expected 2 texts"),
        ('["2026-03-02T09:00:00Z", "edges.call", {}, 2, "0:00:00", {"merchant": ["m1", 2]}]', "expected 2 texts"),
    ],
)
def test_a_signal_that_cannot_be_read_is_refused_by_its_place(row: str, words: str) -> None:
    edge = f'{{"signals": [{row}], "until": "0:00:00", "fires": [], "notices": []}}'
    text = f'{{"format": "{EDGES_FORMAT}", "rules": {{"r": {{"concludes": {{}}, "edges": [{edge}]}}}}}}'

    with pytest.raises(InputError, match=words):
        read_edges(text, SHOP)
