"""What does not matter: the order of arrival, the order of rules, the seed of Python's hashes, forgetting the past."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

import migro
from migro.engine import EngineState, NativeEngine
from migro.models import Signal, from_microseconds, to_microseconds
from migro.rules import RuleSet
from tests.engine.streams import ruleset, stream
from tests.oracle import evaluate


def settled(rules: RuleSet, signals: list[Signal], *, every_step: bool) -> dict[Any, Any]:
    engine, state = NativeEngine(rules), EngineState()
    for s in signals:
        engine.insert(state, s, to_microseconds(s.received_at))
        if every_step:
            engine.settle(state)
    engine.settle(state)
    return {k: (f.rule, f.key, f.at) for k, f in state.firings.items()}


def together(signals: list[Signal]) -> list[Signal]:
    """Return the same signals, all received at once, each as far in the past as it was."""
    now = max(to_microseconds(s.received_at) for s in signals)
    # The time as it was held before, so that a redelivery stays the same event as the first.
    return [
        s.model_copy(update={"occurred_at": from_microseconds(s.effective_at), "received_at": from_microseconds(now)})
        for s in signals
    ]


@pytest.mark.parametrize("seed", range(4))
def test_signals_received_at_one_time_give_the_same_state_in_any_order(seed: int) -> None:
    r = Random(seed)
    fired = 0
    for _ in range(50):
        rules = ruleset(r)
        signals = together(stream(r, rules, 10))
        expected = settled(rules, signals, every_step=True)
        fired += bool(expected)
        for _ in range(4):
            r.shuffle(signals)
            assert settled(rules, signals, every_step=r.random() < 0.5) == expected
        as_of = to_microseconds(signals[0].received_at)
        assert set(expected) == set(evaluate(rules, signals, as_of))

    assert fired > 5


def test_rules_registered_in_another_order_fire_alike_and_have_the_same_version() -> None:
    r = Random(7)
    for _ in range(50):
        rules = ruleset(r)
        shuffled = RuleSet(
            "random", *r.sample(list(rules), len(rules)), signals=r.sample(list(rules.signals.values()), 4)
        )
        signals = stream(r, rules, 10)

        assert shuffled.version == rules.version
        assert settled(shuffled, signals, every_step=True) == settled(rules, signals, every_step=True)


def test_the_agenda_fires_by_stratum_then_salience_then_id() -> None:
    r = Random(11)
    seen = 0
    for _ in range(200):
        rules = ruleset(r)
        place = {rule.id: n for n, rule in enumerate(rule for stratum in rules.strata for rule in stratum)}
        engine, state = NativeEngine(rules), EngineState()
        for s in stream(r, rules, 10):
            engine.insert(state, s, to_microseconds(s.received_at))
            changes = engine.settle(state)
            agenda = [(place[c.rule], c.key) for c in changes]
            seen += len(agenda) > 1
            assert agenda == sorted(agenda)
            assert len(set(agenda)) == len(agenda)

    assert seen > 5


def test_traces_are_the_same_bytes_under_every_hash_seed() -> None:
    root, package = Path(__file__).parent.parent.parent, Path(migro.__file__).parent.parent
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.engine.hashing_process", "40"],
            stdout=subprocess.PIPE,
            cwd=root,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{package}{os.pathsep}{root}", "PYTHONHASHSEED": seed},
        )
        for seed in ("0", "1", "4711")
    ]
    outputs = [run.communicate(timeout=120)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len(outputs[0]) > 10_000
    assert outputs[0] == outputs[1] == outputs[2]


def test_what_fell_silent_is_forgotten_and_facts_are_kept() -> None:
    r = Random(3)
    for _ in range(20):
        rules = ruleset(r)
        engine, state = NativeEngine(rules), EngineState()
        signals = stream(r, rules, 20)
        for s in signals:
            engine.insert(state, s, to_microseconds(s.received_at))
            engine.settle(state)
        facts = dict(state.facts)
        later = to_microseconds(max(s.received_at for s in signals)) + 3 * 86_400_000_000
        while (due := engine.next_due(state)) is not None:
            engine.pass_time(state, due)
            engine.settle(state)
        engine.pass_time(state, later)
        engine.settle(state)
        engine.forget(state, state.now)

        assert (state.windows, state.anchors, state.candidates, state.scheduled, state.due) == ({}, {}, {}, {}, [])
        assert state.facts == facts
        assert not [f for f in state.firings if f[0] in _grounded(rules)]


def _grounded(rules: RuleSet) -> set[str]:
    """Rules of the lowest stratum rest on signals alone."""
    return {rule.id for rule in rules.strata[0]}
