"""
Suppression by reference counting: an issue stays suppressed while anything suppresses it, and everything that does is
named. Every suppression ends by itself, and what gets worse than was known breaks through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ..models import Severity, from_microseconds

__all__ = ["Suppression", "suppressing"]


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


def suppressing(
    windows: Mapping[str, int], mutes: Iterable[Suppression], *, issue: str, kind: str, severity: Severity
) -> tuple[str, ...]:
    """
    Return everything that suppresses an issue, in words, sorted; nothing for an issue that is not suppressed.

    Args:
        windows: Open maintenance windows by name, with their ends in microseconds; a window covers every issue.
        mutes: What people want to rest, as far as it has not ended.
        issue, kind, severity: The issue, by id and kind, and how bad it is.
    """
    declared = (Suppression(f"maintenance {name}".rstrip(), until) for name, until in windows.items())
    found = [s for s in (*declared, *mutes) if s.covers(issue, kind, severity)]
    return tuple(sorted(map(str, found)))
