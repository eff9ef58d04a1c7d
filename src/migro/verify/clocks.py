"""
Clocks of senders: how far each is off, estimated from what it sends, so that windows see when things really happened.

A clock is wrong where deliveries of a source all come equally late, or early, for some time. Deliveries that waited in
a queue, or were sent again, come differently late, so they say nothing about a clock. Only a clock that is behind is
allowed for: what is dated ahead of its receipt counts at its receipt anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..models import Signal

__all__ = ["AHEAD", "APART", "BEHIND", "HEARD", "LATE_AFTER", "Clock", "clock_of"]

HEARD = 20
"""How many of a source's deliveries an estimate rests on."""

APART = 30 * 1_000_000
"""How far these are apart at least, in microseconds: what was held up arrives all at once, and counts once."""

BEHIND = 300 * 1_000_000
"""A clock that is no further behind, in microseconds, is as good as right: deliveries take their time."""

AHEAD = 30 * 1_000_000
"""A clock that is no further ahead, in microseconds, is as good as right."""

LATE_AFTER = 120 * 1_000_000
"""What happened longer before the newest of its source, in microseconds, is late."""

_REACH = 86_400 * 1_000_000

_TIMED = frozenset(
    {
        "access_log",
        "app_log",
        "cloud_event",
        "gql",
        "monitor",
        "payment_webhook",
        "platform_webhook",
        "rum",
        "shipping_webhook",
    }
)


def clock_of(signal: Signal) -> tuple[str, str, str] | None:
    """
    Return by whose clock a signal is dated: provider, kind of source, and how far the sender is proven.

    None for what is no live delivery. Whoever is proven less has a clock of its own, and moves nobody else.
    """
    return (signal.provider, signal.source_kind, signal.auth) if signal.source_kind in _TIMED else None


@attrs.define
class Clock:
    """
    What is known of a clock.

    Attributes:
        newest: When the newest thing happened, by it and as corrected, in microseconds.
        off: How far it is behind, in microseconds: negative for ahead, 0 for right or not known.
        told: When it was last told that it is wrong, in microseconds.
        heard: Of the deliveries that were looked at, oldest first: when they came, and how much later than they say, in
            microseconds.
    """

    newest: int = 0
    off: int = 0
    told: int = 0
    heard: list[tuple[int, int]] = attrs.field(factory=list)

    def hear(self, received: int, occurred: int) -> int:
        """Take a delivery in, and return by how much what this clock says has to be moved, in microseconds."""
        if not self.heard or received - self.heard[-1][0] >= APART:
            offset = received - occurred
            self.heard.append((received, offset))
            del self.heard[:-HEARD]
            doubtful = self.off or not -AHEAD <= offset <= BEHIND
            self.off = _steady(self.heard) if doubtful else 0
        return self.off if self.off > 0 else 0

    def late_by(self, at: int) -> int:
        """Return how long before the newest a thing happened that is late, and 0 for others, in microseconds."""
        late = self.newest - at
        if late < 0:
            self.newest = at
        return late if late > LATE_AFTER else 0

    def plain(self) -> list[Any]:
        """Return it as values that JSON has."""
        return [self.newest, self.off, self.told, [list(one) for one in self.heard]]

    @classmethod
    def back(cls, newest: int, off: int, told: int, heard: Iterable[Iterable[int]]) -> Clock:
        """Return the clock of such values."""
        return cls(newest, off, told, [(received, offset) for received, offset in heard])


def _steady(heard: list[tuple[int, int]]) -> int:
    """Return the median of offsets that are all nearly the same and too great for a right clock; 0 otherwise."""
    first, last = heard[0][0], heard[-1][0]
    if len(heard) < HEARD or last - first > _REACH:
        return 0
    offsets = sorted(offset for _, offset in heard)
    middle, spread = offsets[HEARD // 2], offsets[3 * HEARD // 4] - offsets[HEARD // 4]
    return middle if not -AHEAD <= middle <= BEHIND and 5 * spread < abs(middle) else 0
