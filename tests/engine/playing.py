"""The law: feed an engine as the fold does, and compare it with the oracle at every moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import attrs

from migro.engine import EngineState, NativeEngine
from migro.rules import During, Given, Known, Rule, RuleSet, leaves
from tests.oracle import Arrival, Firings, Step, World

from .profiles import T0, TINY, Profile

__all__ = ["Moment", "advance", "anchored", "apply", "difference", "expected", "play", "say", "shown"]


@attrs.frozen
class Moment:
    """What the engine says at one moment, and how much of the history it has been told by then."""

    as_of: int
    steps: int
    found: Firings


def apply(engine: NativeEngine, state: EngineState, step: Step) -> None:
    """Tell the engine of a step, at the step's own time."""
    if isinstance(step, Arrival):
        engine.insert(state, step.signal, step.now)
    else:
        engine.withdraw(state, step.signal_id, step.now)


def advance(engine: NativeEngine, state: EngineState, now: int) -> None:
    """Let all that is due up to `now` happen, each at its own time."""
    while (due := engine.next_due(state)) is not None and due <= now:
        engine.pass_time(state, due)
        engine.settle(state)
    engine.pass_time(state, now)
    engine.settle(state)


def say(state: EngineState) -> Firings:
    return {k: (f.at, f.lowered) for k, f in state.firings.items()}


def anchored(rules: RuleSet, firings: Firings) -> dict[Any, Any]:
    """Return firings without the times of rules that may hold without an anchor: those depend on when one looks."""
    states = {rule.id for rule in rules if any(isinstance(p, Known | During | Given) for p in leaves(rule.when))}
    return {k: v[1] if k[0] in states else v for k, v in firings.items()}


def play(
    engine: NativeEngine, steps: Sequence[Step], state: EngineState, ticks: Random, p: Profile = TINY
) -> Iterator[Moment]:
    """Feed steps as the fold does, timers before inputs, and yield after every step and at some times between."""

    def pass_until(now: int, told: int) -> Iterator[Moment]:
        while (due := engine.next_due(state)) is not None and due <= now:
            if ticks.random() < 0.2 and due - 1 > state.now:
                engine.pass_time(state, due - 1)
                engine.settle(state)
                yield Moment(state.now, told, say(state))
            engine.pass_time(state, due)
            engine.settle(state)
            yield Moment(state.now, told, say(state))
        engine.pass_time(state, now)
        engine.settle(state)

    now = 0
    for told, step in enumerate(steps):
        now = max(now, step.now)
        yield from pass_until(now, told)
        if ticks.random() < 0.2:
            engine.forget(state, state.now)
        apply(engine, state, step)
        engine.settle(state)
        yield Moment(state.now, told + 1, say(state))
    yield from pass_until(now + ticks.choice(p.jumps), len(steps))
    yield Moment(state.now, len(steps), say(state))


def expected(rules: RuleSet, steps: Sequence[Step], moment: Moment) -> World:
    return World(rules, list(steps[: moment.steps]), moment.as_of)


def difference(rules: RuleSet, steps: Sequence[Step], moment: Moment, world: World | None = None) -> str:
    """Return how the engine's firings differ from the oracle's, or an empty string."""
    world = world or expected(rules, steps, moment)
    right = world.firings()
    # The engine says since when a rule holds that has no anchor; the oracle gives it none.
    found = {
        k: (None, low) if k in right and right[k][0] is None else (at, low) for k, (at, low) in moment.found.items()
    }
    if found == right:
        return ""
    head = f"at {moment.as_of - T0} after {moment.steps} steps"
    told = "\n".join(map(said, steps[: moment.steps]))
    wrong = {rule for (rule, _), _ in found.items() ^ right.items()}
    texts = "\n".join(shown(rule) for rule in rules if rule.id in wrong or len(rules) < 3)
    return f"{head}\nengine: {_table(found)}\noracle: {_table(right)}\n{texts}\n{told}\n"


def said(step: Step) -> str:
    """Return a step as people read it."""
    if not isinstance(step, Arrival):
        return f"  +{step.now - T0} withdraw {step.signal_id}"
    s = step.signal
    fields: dict[str, Any] = {n: getattr(s, n) for n in type(s).__columns__ if n in type(s).__own_columns__}
    if s.status is not None:
        fields["status"] = s.status
    values = " ".join(f"{n}={v!s}" for n, v in {"merchant": s.merchant, **fields}.items() if v is not None)
    return f"  +{step.now - T0} {type(s).__name__} {s.id} at {s.effective_at - T0}: {values}"


def shown(rule: Rule[Any]) -> str:
    return f"{rule} ({rule.lasts_us} us), salience {rule.salience}"


def _table(firings: Firings) -> dict[Any, Any]:
    return {k: (None if at is None else at - T0, low) for k, (at, low) in sorted(firings.items())}
