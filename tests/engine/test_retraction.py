"""What is withdrawn was never there, and what has been forgotten was needed for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from migro.engine import EngineState, NativeEngine
from migro.rules import RuleSet
from tests.engine.playing import advance, anchored, apply, say
from tests.engine.profiles import HOURS, SLOW, TINY, Profile
from tests.engine.streams import ruleset, stream
from tests.oracle import Arrival, Firings, Step, Withdrawal


def played(rules: RuleSet, steps: Sequence[Step], until: int, *, forgetting: bool = False) -> list[Firings]:
    """Return what fires after every step, and at the end."""
    engine, state = NativeEngine(rules), EngineState()
    said = []
    for step in steps:
        advance(engine, state, step.now)
        if forgetting:
            engine.forget(state, state.now)
        apply(engine, state, step)
        engine.settle(state)
        said.append(say(state))
    advance(engine, state, until)
    return [*said, say(state)]


@pytest.mark.parametrize("p", [TINY, SLOW], ids=lambda p: p.name)
def test_adding_and_withdrawing_is_as_if_it_had_never_come(p: Profile) -> None:
    # Hours are left out: what was usual is taken once and stays, whatever is withdrawn later.
    r = Random(5)
    fired = withdrawn = 0
    for _ in range(150):
        rules = ruleset(r, p)
        kept = [s for s in stream(r, rules, r.choice((5, 9)), p) if isinstance(s, Arrival)]
        extra = [s for s in stream(r, rules, r.choice((2, 5)), p) if isinstance(s, Arrival)]
        extra = [Arrival(s.signal.model_copy(update={"id": f"{s.signal.id}-extra"}), s.now) for s in extra]
        steps: list[Step] = sorted([*kept, *extra], key=lambda s: s.now)
        end = steps[-1].now
        gone = [Withdrawal(i, end) for i in dict.fromkeys(s.signal.id for s in extra)]
        r.shuffle(gone)
        until = end + r.choice(p.jumps)
        with_extra, without = played(rules, [*steps, *gone], until)[-1], played(rules, kept, until)[-1]

        assert anchored(rules, with_extra) == anchored(rules, without)
        fired += bool(without)
        withdrawn += played(rules, steps, until)[-1] != without
    assert fired > 10
    # Where nothing changed by what was withdrawn, nothing is proved.
    assert withdrawn > 4


@pytest.mark.parametrize("p", [TINY, SLOW, HOURS], ids=lambda p: p.name)
def test_forgetting_after_every_step_changes_nothing(p: Profile) -> None:
    r = Random(6)
    fired = 0
    for _ in range(150):
        rules = ruleset(r, p)
        steps = stream(r, rules, r.choice(p.lengths), p)
        until = steps[-1].now + r.choice(p.jumps)
        said = played(rules, steps, until)

        assert played(rules, steps, until, forgetting=True) == said
        fired += any(said)
    assert fired > 15


def test_what_fell_silent_is_forgotten_and_facts_are_kept() -> None:
    r = Random(3)
    for _ in range(30):
        rules = ruleset(r)
        engine, state = NativeEngine(rules), EngineState()
        for step in stream(r, rules, 20):
            advance(engine, state, step.now)
            apply(engine, state, step)
            engine.settle(state)
        facts = dict(state.facts)
        advance(engine, state, state.now + 3 * 86_400_000_000)
        engine.forget(state, state.now)

        held = (state.streams, state.times, state.candidates, state.seen, state.scheduled, state.waiting, state.due)
        assert not any(held), held
        assert state.facts == facts
