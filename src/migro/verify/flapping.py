"""
Flapping: a monitor that keeps changing its mind is believed when it says that something is wrong, and not when it says
that all is well, until it has been quiet for a while. So one issue stays open instead of many being opened and closed,
and what gets worse is heard as always.
"""

from __future__ import annotations

import attrs

from ..models import Signal

__all__ = ["CALM_AFTER", "ENTER", "LEAVE", "LOOK_BACK", "Monitor", "monitor_of"]

LOOK_BACK = 20
"""How many of a monitor's newest observations are looked at."""

ENTER = 4
"""From how many changes among these on it flaps."""

LEAVE = 1
"""With how many changes among these at most it flaps no more."""

CALM_AFTER = 30 * 60 * 1_000_000
"""Without a change for so long, in microseconds, it flaps no more, however few observations there were."""

_FORGOTTEN_AFTER = 2 * 3600 * 1_000_000
"""Changes that are further apart than this, in microseconds, are no flapping."""

_KEPT = (1 << LOOK_BACK) - 1


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
        over: Whether all was well when it was last heard.
        at: When the newest thing it said had happened, in microseconds.
        changed_at: When it was last heard to have changed, in microseconds.
        changes: A bit for each of the newest observations, the newest lowest: whether it was a change.
        seen: How many observations there were, `LOOK_BACK` at most.
        flapping: Whether it flaps.
        waiting: The recovery that counts once it is calm.
    """

    over: bool
    at: int
    changed_at: int
    changes: int = 0
    seen: int = 1
    flapping: bool = False
    waiting: Signal | None = None

    @property
    def calm_at(self) -> int:
        """When it is calm if it does not change again, in microseconds."""
        return self.changed_at + CALM_AFTER

    @property
    def forgotten_at(self) -> int:
        """When nothing about it matters any more if it does not change again, in microseconds."""
        return self.changed_at + _FORGOTTEN_AFTER

    def __str__(self) -> str:
        return f"it changed {self.changes.bit_count()} times in {self.seen} observations"

    @classmethod
    def heard(cls, known: Monitor | None, signal: Signal, *, over: bool, now: int) -> Monitor:
        """
        Return what is remembered after an observation.

        Args:
            known: What was remembered before.
            signal: The observation.
            over: Whether it says that all is well.
            now: The fold's time in microseconds.
        """
        at = signal.effective_at
        if known is None or (now > known.forgotten_at and not known.flapping):
            return cls(over, at, now)
        if at < known.at:
            return known  # it came late: what was said after it stands already
        changed = over != known.over
        changes = (known.changes << 1 | changed) & _KEPT
        seen = min(known.seen + 1, LOOK_BACK)
        flapping = changes.bit_count() > LEAVE if known.flapping else changes.bit_count() >= ENTER
        waiting = signal if flapping and over else None
        return cls(over, at, now if changed else known.changed_at, changes, seen, flapping, waiting)
