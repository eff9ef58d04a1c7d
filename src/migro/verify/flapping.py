"""
Flapping: a monitor that keeps changing its mind is believed when it says that something is wrong, and not when it says
that all is well, until it has been quiet for a while. So one issue stays open instead of many being opened and closed,
and what gets worse is heard as always.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from itertools import pairwise

import attrs

from ..models import Signal

__all__ = ["CALM_AFTER", "ENTER", "LEAVE", "LOOK_BACK", "Flapping", "Monitor", "monitor_of"]

LOOK_BACK = 20
"""Among how many of a monitor's newest steps from one observation to the next changes are counted."""

ENTER = 4
"""From how many changes among these on it flaps."""

LEAVE = 1
"""With how many changes among these at most it flaps no more."""

CALM_AFTER = 30 * 60 * 1_000_000
"""Without a change for so long, in microseconds, it flaps no more, however few observations there were."""

_FORGOTTEN_AFTER = 2 * 3600 * 1_000_000
"""Changes that are further apart than this, in microseconds, are no flapping."""


def monitor_of(signal: Signal) -> tuple[str, ...] | None:
    """Return whose observation a signal is: provider, type and id of the alert; None for anything else."""
    if signal.kind != "alert" or signal.resource is None:
        return None
    return (signal.provider, *signal.resource)


@attrs.frozen
class Monitor:
    """
    What is remembered of a monitor.

    Attributes:
        at: When the newest thing it said had happened, in microseconds.
        changed_at: When it was last heard to have changed, in microseconds.
        said: Its newest observations, oldest first: id of the signal, and whether all was well.
        flapping: Whether it flaps.
        waiting: The recoveries since it last fired, oldest first; the newest counts once it is calm.
    """

    at: int
    changed_at: int
    said: tuple[tuple[str, bool], ...]
    flapping: bool = False
    waiting: tuple[Signal, ...] = ()

    @property
    def changes(self) -> int:
        """How many times it changed among its newest observations."""
        return sum(a[1] != b[1] for a, b in pairwise(self.said))

    @property
    def calm_at(self) -> int:
        """When it is calm if it does not change again, in microseconds."""
        return self.changed_at + CALM_AFTER

    @property
    def forgotten_at(self) -> int:
        """When nothing about it matters any more if it does not change again, in microseconds."""
        return self.changed_at + _FORGOTTEN_AFTER

    def __str__(self) -> str:
        return f"it changed {self.changes} times in {len(self.said)} observations"

    @classmethod
    def heard(cls, known: Monitor | None, signal: Signal, *, over: bool, now: int) -> Monitor:
        """
        Return what is remembered after an observation; of one that came late, what was remembered before.

        Args:
            known: What was remembered before.
            signal: The observation.
            over: Whether it says that all is well.
            now: The fold's time in microseconds.
        """
        at = signal.effective_at
        if known is None or not known.said or (now > known.forgotten_at and not known.flapping):
            return cls(at, now, ((signal.id, over),))
        if at < known.at:
            return known  # what was said after it stands already
        said = (*known.said, (signal.id, over))[-LOOK_BACK - 1 :]
        changed = over != known.said[-1][1]
        heard = cls(at, now if changed else known.changed_at, said, known.flapping, known.waiting)
        return heard._judged(signal if over else None)

    def without(self, id: str) -> Monitor:
        """Return what is remembered as if an observation had never come; it flaps no more where too little is left."""
        kept = tuple(said for said in self.said if said[0] != id)
        if len(kept) == len(self.said):
            return self
        left = attrs.evolve(self, said=kept, waiting=tuple(s for s in self.waiting if s.id != id))
        return attrs.evolve(left, flapping=left.flapping and left.changes > LEAVE)

    def calmed(self) -> Monitor:
        """Return what is remembered once it is calm: what it said last, and nothing of the changes before."""
        return Monitor(self.at, self.changed_at, self.said[-1:])

    def _judged(self, recovery: Signal | None) -> Monitor:
        flapping = self.changes > LEAVE if self.flapping else self.changes >= ENTER
        waiting = (*self.waiting, recovery)[-LOOK_BACK:] if flapping and recovery is not None else ()
        return attrs.evolve(self, flapping=flapping, waiting=waiting)


class Flapping(dict[tuple[str, ...], Monitor]):
    """
    Monitors that flap, by name; put them in one by one.

    They know when the first of them is calm, which is asked with every input and changes with few.
    """

    def __init__(
        self, known: Mapping[tuple[str, ...], Monitor] | Iterable[tuple[tuple[str, ...], Monitor]] = ()
    ) -> None:
        super().__init__(known)
        self._order = [(monitor.calm_at, name) for name, monitor in self.items()]
        heapq.heapify(self._order)

    def __setitem__(self, name: tuple[str, ...], monitor: Monitor) -> None:
        super().__setitem__(name, monitor)
        heapq.heappush(self._order, (monitor.calm_at, name))
        if len(self._order) > 2 * len(self) + 16:
            self._order = [(held.calm_at, held_name) for held_name, held in self.items()]
            heapq.heapify(self._order)

    @property
    def calm_at(self) -> int | None:
        """When the first is calm, in microseconds; None where there is none."""
        while self._order:
            at, name = self._order[0]
            if name in self and self[name].calm_at == at:
                return at
            heapq.heappop(self._order)
        return None
