"""The whole loop on raw payloads: what is found, what is left alone, and that nothing personal stays."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from migro import Agent, Decision, recompute
from migro.models import ActionStatus, IssueStatus
from migro.observe import Envelope, Observer, ObserveSettings
from migro.packs.headless import RULES
from migro.remember import SqliteMemory, VolatileMemory
from migro.simulate import Simulation, generate

SCENARIOS = ("SC01", "SC02", "SC24", "morning")
SEEDS = (1, 2, 7)


def play(simulation: Simulation, agent: Agent) -> list[Decision]:
    """Run a scenario's raw deliveries through observer and agent, as the demo does."""
    observer = Observer(
        ObserveSettings.model_validate({"endpoints": simulation.settings()}),
        secrets=simulation.secrets,
        pseudonym_key=b"a key that only tests use",
    )
    decisions: list[Decision] = []
    for raw in simulation.envelopes:
        for signal in observer.observe(Envelope.model_validate(raw.data())).signals:
            decisions += agent.tick(signal.received_at)
            decisions += agent.handle(signal)
        agent.drain()
    return decisions


@cache
def played(scenario: str, seed: int) -> tuple[Simulation, tuple[Decision, ...], VolatileMemory]:
    simulation = generate(scenario, seed=seed)
    memory = VolatileMemory()
    return simulation, tuple(play(simulation, Agent(rules=RULES, memory=memory))), memory


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_expected_issue_is_open_in_time_and_as_grave_as_it_is(scenario: str, seed: int) -> None:
    simulation, decisions, _ = played(scenario, seed)

    for expected in simulation.truth.issues:
        about = [
            d
            for d in decisions
            if d.issue.merchant == expected.merchant
            and d.issue.kind == expected.kind
            and d.issue.status is IssueStatus.OPEN
        ]
        assert about, f"{expected.kind} was not found"
        assert expected.mildest <= max(d.issue.severity for d in about) <= expected.gravest
        if expected.within is not None:
            assert (about[0].at - expected.onset).total_seconds() <= expected.within


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_forbidden_is_raised_or_done(scenario: str, seed: int) -> None:
    simulation, decisions, memory = played(scenario, seed)
    truth = simulation.truth
    raised = {(d.issue.kind, d.issue.merchant) for d in decisions if d.issue.status is IssueStatus.OPEN}

    assert [f for f in truth.forbidden for kind, who in raised if kind == f.kind and f.merchant in (None, who)] == []
    assert {a.kind for a in memory.read("actions")} & set(truth.forbidden_verbs) == set()
    assert {a.status for a in memory.read("actions")} <= {
        ActionStatus.SIMULATED,
        ActionStatus.WAITING,
        ActionStatus.ESCALATED,
        ActionStatus.RECORDED,
        ActionStatus.EXPIRED,
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_expected_action_is_proposed(scenario: str, seed: int) -> None:
    simulation, decisions, _ = played(scenario, seed)
    proposed = {(a.kind, d.merchant) for d in decisions for a in d.actions}

    assert [e for e in simulation.truth.actions if (e.kind, e.merchant) not in proposed] == []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_issue_is_raised_that_the_scenario_does_not_hold(scenario: str) -> None:
    simulation, decisions, _ = played(scenario, 1)
    truth = simulation.truth
    known = {i.kind for i in truth.issues} | set(truth.allowed)

    assert {d.issue.kind for d in decisions if d.issue.status is IssueStatus.OPEN} - known == set()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_comes_in_comes_out_in_exactly_one_disposition(scenario: str, seed: int) -> None:
    simulation, _, memory = played(scenario, seed)
    entries = [e for e in memory.read("journal") if e.input.input == "signal_received"]
    names = Counter(e.disposition.name for e in entries if e.disposition)

    assert len(entries) == simulation.truth.events
    assert sum(names.values()) == simulation.truth.events
    assert names["failed"] == 0
    assert names["dropped"] >= simulation.truth.duplicates


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_decision_follows_from_its_own_record(scenario: str) -> None:
    _, decisions, _ = played(scenario, 1)

    assert decisions
    assert [(d.id, recompute(d)) for d in decisions if recompute(d)] == []


def test_no_planted_person_is_left_in_the_memory_file(tmp_path: Path) -> None:
    simulation = generate("morning", seed=3)
    path = tmp_path / "memory.db"
    with SqliteMemory(path) as memory:
        play(simulation, Agent(rules=RULES, memory=memory))
    held = b"".join(p.read_bytes() for p in sorted(tmp_path.iterdir()))
    planted = {text for texts in simulation.truth.planted.values() for text in texts}

    assert len(planted) > 20
    assert [text for text in sorted(planted) if text.encode() in held] == []


def test_live_and_replayed_and_stored_decisions_are_the_same_bytes(tmp_path: Path) -> None:
    simulation, decisions, volatile = played("morning", 1)
    with SqliteMemory(tmp_path / "memory.db") as memory:
        again = play(simulation, Agent(rules=RULES, memory=memory))
        stored = [d.json_line() for d in memory.read("decisions")]

    assert [d.json_line() for d in again] == [d.json_line() for d in decisions]
    assert sorted(stored) == sorted(d.json_line() for d in decisions)
    assert sorted(stored) == sorted(d.json_line() for d in volatile.read("decisions"))
