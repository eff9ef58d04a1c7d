"""What happened: the steps that an engine was told, each at its own now."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from migro.models import Signal, to_microseconds

__all__ = ["Arrival", "Step", "Withdrawal", "at_receipt", "remaining"]


@attrs.frozen
class Arrival:
    """A signal that is inserted at `now`."""

    signal: Signal
    now: int


@attrs.frozen
class Withdrawal:
    """A signal that is taken back at `now`."""

    signal_id: str
    now: int


Step = Arrival | Withdrawal


def at_receipt(history: Iterable[Step | Signal]) -> list[Step]:
    """Return the steps; a bare signal arrives when it was received, but never before the step ahead of it."""
    steps: list[Step] = []
    for item in history:
        if isinstance(item, Signal):
            received = to_microseconds(item.received_at)
            steps.append(Arrival(item, max(received, steps[-1].now) if steps else received))
        else:
            steps.append(item)
    return steps


def remaining(steps: Iterable[Step]) -> list[Signal]:
    """Return what has arrived and is not withdrawn, each id once."""
    once: dict[str, Signal | None] = {}
    for step in steps:
        if isinstance(step, Arrival):
            once.setdefault(step.signal.id, step.signal)
        elif step.signal_id in once:
            once[step.signal_id] = None
    return [s for s in once.values() if s is not None]
