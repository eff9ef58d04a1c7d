"""A snapshot holds everything: what is restored from it goes on as if nothing had happened."""

from __future__ import annotations

from random import Random

import pytest

from migro.engine import Change, EngineState, NativeEngine, restore, snapshot
from tests.engine.playing import apply, say
from tests.engine.profiles import HOURS, SLOW, TINY, Profile
from tests.engine.streams import ruleset, stream
from tests.oracle import Step


def step_by_step(engine: NativeEngine, state: EngineState, step: Step) -> list[tuple[int, tuple[Change, ...]]]:
    changes = []
    while (due := engine.next_due(state)) is not None and due <= step.now:
        engine.pass_time(state, due)
        changes.append((due, engine.settle(state)))
    apply(engine, state, step)
    return [*changes, (step.now, engine.settle(state))]


@pytest.mark.parametrize(("p", "count"), [(TINY, 200), (SLOW, 200), (HOURS, 100)], ids=["tiny", "slow", "hours"])
def test_a_restored_state_is_the_same_bytes_and_goes_on_alike(p: Profile, count: int) -> None:
    r = Random(8)
    changed = fired = 0
    for _ in range(count):
        rules = ruleset(r, p)
        engine, state = NativeEngine(rules), EngineState()
        steps = stream(r, rules, r.choice(p.lengths), p)
        at = r.randrange(len(steps))
        for step in steps[:at]:
            step_by_step(engine, state, step)
            if r.random() < 0.2:
                engine.forget(state, state.now)
        data = snapshot(engine, state)
        fresh = NativeEngine(rules)
        copy = restore(fresh, data)

        assert snapshot(fresh, copy) == data
        assert say(copy) == say(state)
        for step in steps[at:]:
            done = step_by_step(engine, state, step)
            assert step_by_step(fresh, copy, step) == done
            changed += any(c for _, c in done)
        assert say(copy) == say(state)
        assert snapshot(fresh, copy) == snapshot(engine, state)
        fired += bool(state.firings)
    assert changed > count // 4
    assert fired > count // 20
