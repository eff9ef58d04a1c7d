"""
The edges of the shipped rules: what a person has read once, and no rule may leave without a change here.

`edges.json` was derived from the rules by `migro rules edges --write`; from then on it is compared with them and with
the oracle, which knows neither the engine nor the file.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from migro.comparison.trials import with_what_it_reads
from migro.models import to_microseconds
from migro.mutation import Edge, RuleEdges, check_edges, read_edges
from migro.packs.headless import RULES
from tests.oracle import evaluate

FILE = Path(__file__).with_name("edges.json")
LONGEST = 12


@pytest.fixture(scope="module")
def pinned() -> dict[str, RuleEdges]:
    return read_edges(FILE.read_text(encoding="utf-8"), RULES, where=FILE.name)


def test_no_edges_are_pinned_of_rules_that_there_are_not(pinned: dict[str, RuleEdges]) -> None:
    assert set(pinned) == {rule.id for rule in RULES.rules}


def test_every_shipped_rule_is_at_its_edges_what_was_pinned_of_it(pinned: dict[str, RuleEdges]) -> None:
    findings = chain.from_iterable(check_edges(RULES, rule, pinned.get(rule.id)) for rule in RULES.rules)

    assert [str(f) for f in findings] == []


def test_the_oracle_sees_the_same_at_both_sides_of_every_edge(pinned: dict[str, RuleEdges]) -> None:
    for rule in RULES.rules:
        ruleset = with_what_it_reads(RULES, rule)
        for edge in pinned[rule.id].edges:
            if len(edge.signals) > LONGEST:
                continue  # the oracle reads every signal again for every question
            for moment in sides(edge):
                # What arrives later is not known yet.
                known = [s for s in edge.signals if to_microseconds(s.received_at) <= moment]
                found = {key for id, key in evaluate(ruleset, known, moment) if id == rule.id}

                assert (rule.id, moment, found) == (rule.id, moment, said(edge, moment))


def start(edge: Edge) -> int:
    return to_microseconds(edge.signals[0].received_at)


def sides(edge: Edge) -> list[int]:
    """The last moment before anything changes, the first one after it, and the end."""
    turns = {turn for f in edge.firing for turn in (f.start, edge.until if f.end is None else f.end)}
    return sorted({start(edge) + t for turn in {*turns, edge.until} for t in (turn - 1, turn) if 0 <= t <= edge.until})


def said(edge: Edge, moment: int) -> set[tuple[str, ...]]:
    now = moment - start(edge)
    return {f.key for f in edge.firing if f.start <= now and (f.end is None or now < f.end)}
