"""The whole loop on raw payloads: every event has one end, every decision its record, and nothing personal stays."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from migro import Agent, Decision, recompute
from migro.cli.playing import play
from migro.cli.scenario_plays import Spectator, score_play, simulated
from migro.evaluate import ScenarioScore
from migro.models import ActionStatus
from migro.packs.headless import RULES
from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory
from migro.simulate import Simulation, generate


def played(simulation: Simulation, memory: Memory) -> list[Decision]:
    agent = Agent(rules=RULES, memory=memory)
    decisions = [d for turn in play(agent, simulated(simulation)) for d in turn.decisions]
    agent.drain()
    return decisions


@cache
def morning() -> tuple[Simulation, tuple[Decision, ...], VolatileMemory, ScenarioScore]:
    """The morning is SC01, SC02 and SC24 side by side, with what strays into every inbox."""
    simulation = generate("morning", seed=1)
    memory, spectator = VolatileMemory(), Spectator(simulation.truth.planted)
    agent = Agent(rules=RULES, memory=memory)
    decisions: list[Decision] = []
    for turn in play(agent, simulated(simulation)):
        spectator.see(turn)
        decisions += turn.decisions
    return simulation, tuple(decisions), memory, score_play(agent, spectator, simulation.truth)


def test_everything_comes_out_in_exactly_one_disposition_and_nothing_acts() -> None:
    simulation, _, memory, score = morning()
    entries = [e for e in memory.read("journal") if e.input.input == "signal_received"]
    names = Counter(e.disposition.name for e in entries if e.disposition)

    assert len(entries) == sum(names.values()) == score.signals == simulation.truth.events
    assert names["failed"] == 0
    assert names["dropped"] >= simulation.truth.duplicates
    assert {a.status for a in memory.read("actions")} <= {
        ActionStatus.SIMULATED,
        ActionStatus.WAITING,
        ActionStatus.ESCALATED,
        ActionStatus.RECORDED,
        ActionStatus.EXPIRED,
    }


def test_no_forbidden_verb_is_so_much_as_proposed() -> None:
    simulation, decisions, _, _ = morning()

    assert {a.kind for d in decisions for a in d.actions} & set(simulation.truth.forbidden_verbs) == set()


def test_every_decision_follows_from_its_own_record() -> None:
    _, decisions, _, _ = morning()

    assert decisions
    assert [(d.id, recompute(d)) for d in decisions if recompute(d)] == []


def test_no_planted_person_is_left_in_memory_or_in_its_file_and_both_hold_the_same(tmp_path: Path) -> None:
    simulation, decisions, volatile, score = morning()
    planted = {text for texts in simulation.truth.planted.values() for text in texts}
    with SqliteMemory(tmp_path / "memory.db") as memory:
        again = played(simulation, memory)
        stored = [d.json_line() for d in memory.read("decisions")]
    held = b"".join(p.read_bytes() for p in sorted(tmp_path.iterdir()))

    assert len(planted) > 20
    assert score.survivals == ()
    assert [text for text in sorted(planted) if text.encode() in held] == []
    assert [d.json_line() for d in again] == [d.json_line() for d in decisions]
    assert sorted(stored) == sorted(d.json_line() for d in decisions)
    assert sorted(stored) == sorted(d.json_line() for d in volatile.read("decisions"))
