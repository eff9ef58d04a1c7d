"""What the pack makes of some signals: the engine and the arithmetic of confidence, without policy or memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from migro.engine import EngineState, NativeEngine
from migro.expressions import microseconds
from migro.models import Signal, to_microseconds
from migro.packs.headless import RULES
from migro.reason.assessment import Assessment, assess

S = TypeVar("S", bound=Signal)

ENGINE = NativeEngine(RULES)


def later(seconds: int, signals: Iterable[S]) -> tuple[S, ...]:
    """Return the same signals, that many seconds later."""
    moved = []
    for signal in signals:
        at = signal.occurred_at + timedelta(seconds=seconds)
        name = f"{signal.id}+{seconds}"
        moved.append(signal.model_copy(update={"occurred_at": at, "received_at": at, "id": name, "dedup_key": name}))
    return tuple(moved)


def judged(
    kind: str, *signals: Signal, key: tuple[str, ...] = ("shop-1",), after: timedelta = timedelta(0)
) -> Assessment:
    """Return the assessment of an issue at the time of the last signal, or that long after it."""
    state = EngineState()
    for signal in sorted(signals, key=lambda s: s.received_at):
        now = to_microseconds(signal.received_at)
        ENGINE.pass_time(state, now)
        ENGINE.settle(state)
        ENGINE.insert(state, signal, now)
        ENGINE.settle(state)
    if after:
        ENGINE.pass_time(state, max(to_microseconds(s.received_at) for s in signals) + microseconds(after))
        ENGINE.settle(state)
    return assess(ENGINE, state, RULES.kinds[kind], key)
