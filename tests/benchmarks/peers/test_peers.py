"""Peers: the workloads mean the same to migro as to a plain reading, and a report says what was not measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.peers.engines.native import Engine, ReadyEngine
from tests.benchmarks.peers.environments import PEERS, Missing, Peer, python_for
from tests.benchmarks.peers.measuring import Cell, Figures, compared
from tests.benchmarks.peers.report import BEGIN, END, replaced, table
from tests.benchmarks.peers.workloads import WORKLOADS, Workload, digest, event, expected, made
from tests.conftest import ROOT

SIZES = {"windows": 1_500}


# A thousand rules take their time to compile, and are the hundred ten times over.
@pytest.mark.parametrize("name", [name for name in WORKLOADS if name != "alpha_1000"])
@pytest.mark.parametrize("seed", [1, 2])
def test_migro_finds_what_a_plain_reading_finds(name: str, seed: int) -> None:
    workload = made(name, size=SIZES.get(name, 250), seed=seed)
    engine = (Engine, ReadyEngine)[seed - 1](workload)

    found = engine.run(engine.prepared(workload.events))

    assert found
    assert sorted(found) == expected(workload)


def test_a_blocked_pair_is_silent_only_where_the_block_came_first() -> None:
    told = [("a_0", "k"), ("c_0", "k"), ("b_0", "k"), ("b_0", "l"), ("a_0", "l"), ("c_0", "l"), ("a_0", "m")]
    events = tuple(event(n, kind, key, 0, "/") for n, (kind, key) in enumerate(told))

    assert expected(Workload("", "negation", events, pairs=1)) == [(4, "pair_0", "l")]


def test_the_same_seed_makes_the_same_events() -> None:
    assert made("join", size=50, seed=3) == made("join", size=50, seed=3)
    assert made("join", size=50, seed=3) != made("join", size=50, seed=4)


def test_firings_of_one_event_have_no_order() -> None:
    assert digest([(1, "a", "k"), (1, "b", "k")]) == digest([(1, "b", "k"), (1, "a", "k")])
    assert digest([(1, "a", "k")]) != digest([(2, "a", "k")])


class Answering:
    """A process that gives one answer to everything."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    def ask(self, *asked: Any) -> dict[str, Any]:
        if "failed" in self.answer:
            raise Missing(self.answer["failed"])
        return self.answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"digest": "right", "firings": 7}, ""),
        ({"digest": "wrong", "firings": 8}, "found something else: 8 firings"),
        ({"failed": "ended with code -11"}, "ended with code -11"),
    ],
)
def test_only_an_engine_that_finds_the_same_is_timed(answer: dict[str, Any], reason: str) -> None:
    cell = Cell(events=10)

    assert compared(Answering(answer), 2, ("join", 10, 1), "right", cell) == reason
    assert cell.firings == (0 if reason else 7)


def test_a_peer_without_what_it_needs_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no Fortran"):
        python_for(Peer("x", "x", "x", ("x",), needs=("no-such-program", "Fortran")), tmp_path)
    with pytest.raises(Missing, match=re.escape("needs a Python below 3.0")):
        python_for(Peer("x", "x", "x", ("x",), below=(3, 0)), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_table_tells_rates_ratios_and_reasons() -> None:
    peers = [p for p in PEERS if p.name in ("migro", "CLIPS", "Drools")]
    cells = {
        "migro": Cell(100, 5, [0.01, 0.02, 0.04]),
        "CLIPS": Cell(100, 5, [0.02, 0.02, 0.05]),
        "Drools": Cell(100, reason="no Java"),
    }
    figures = Figures({"join": cells}, {"migro": "migro 1"}, {"Drools": "no Java"})

    text = table(figures, peers, rounds=3, seed=1, load=(0.5, 0.5))

    assert "| 10 joins of two events by key | 100 | 5 | 5,000 | 5,000 (0.80) | not run: no Java |" in text
    assert "Drools was not run: no Java." in text


def test_what_was_measured_is_replaced_and_the_rest_of_a_page_stays() -> None:
    page = f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n"

    assert replaced(page, "new") == f"before\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n"
    with pytest.raises(ValueError, match="expected a page with"):
        replaced("nothing", "new")


def test_every_workload_and_peer_has_its_place_on_the_page() -> None:
    page = (ROOT / "docs" / "explanation" / "peers.md").read_text(encoding="utf-8")

    assert [meaning for meaning, _, _ in WORKLOADS.values() if f"| {meaning} |" not in page] == []
    assert [p.name for p in PEERS if f" {p.name} |" not in page] == []
