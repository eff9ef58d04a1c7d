"""
Suppression by reference counting: an issue stays suppressed while anything suppresses it, and everything that does is
named. Every suppression ends by itself, and what gets worse than was known breaks through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ..models import Severity, from_microseconds

__all__ = ["AFTERMATH", "ANEW", "Suppression", "in_window", "suppressing"]

AFTERMATH = 15 * 60 * 1_000_000
"""How long after a maintenance window its leftovers are let rest, in microseconds; what stays longer is told."""

ANEW = 4 * 60 * 1_000_000
"""From how long after a maintenance window, in microseconds, what is seen is new; rules look back about as far."""


@attrs.frozen
class Suppression:
    """
    A reason to let an issue rest.

    Attributes:
        source: Who or what suppresses: of two with one source the later word counts.
        until: When it ends, in microseconds.
        target: Id of an issue, or the name of an issue kind; empty for everything in the partition.
        up_to: The worst severity that it covers; None for any.
        why: As a person gave it.
    """

    source: str
    until: int
    target: str = ""
    up_to: Severity | None = None
    why: str = ""

    def covers(self, issue: str, kind: str, severity: Severity) -> bool:
        """Return whether an issue is to rest because of this."""
        known = self.up_to is None or severity <= self.up_to
        return known and self.target in ("", issue, kind)

    def __str__(self) -> str:
        ends = f"{self.source} until {from_microseconds(self.until):%Y-%m-%d %H:%M:%S} UTC"
        return f"{ends}: {self.why}" if self.why else ends


def in_window(windows: Mapping[str, int], *, now: int, newest: int) -> tuple[str, ...]:
    """
    Return the names of the maintenance windows that cover an issue.

    A window covers every issue until its end. For a while after it, it covers those of which nothing new has been
    seen: what rules still hold of the time inside says nothing about the time after.

    Args:
        windows: Maintenance windows by name, with their ends in microseconds.
        now, newest: The time, and when the newest signal behind the issue happened, in microseconds.
    """
    return tuple(
        sorted(
            name
            for name, until in windows.items()
            if now < until or (now < until + AFTERMATH and newest < until + ANEW)
        )
    )


def suppressing(
    windows: Mapping[str, int],
    mutes: Iterable[Suppression],
    *,
    issue: str,
    kind: str,
    severity: Severity,
    now: int,
    newest: int,
) -> tuple[str, ...]:
    """
    Return everything that suppresses an issue, in words, sorted; nothing for an issue that is not suppressed.

    Args:
        windows: Maintenance windows by name, with their ends in microseconds; see `in_window`.
        mutes: What people want to rest, as far as it has not ended.
        issue, kind, severity: The issue, by id and kind, and how bad it is.
        now, newest: The time, and when the newest signal behind the issue happened, in microseconds.
    """
    covering = in_window(windows, now=now, newest=newest)
    declared = (Suppression(f"maintenance {name}".rstrip(), windows[name]) for name in covering)
    found = [s for s in (*declared, *mutes) if s.covers(issue, kind, severity)]
    return tuple(sorted(map(str, found)))
