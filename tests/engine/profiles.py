"""Scales of time for random rules and streams: what is tiny, slow and counted in hours needs other spans."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import attrs

__all__ = ["DAY", "HOUR", "HOURS", "MINUTE", "PROFILES", "SECOND", "SLOW", "T0", "TINY", "Profile", "us"]

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
T0 = 1_767_225_600_000_000
"""2026-01-01 in microseconds."""


@attrs.frozen
class Profile:
    """
    A scale of time.

    Attributes:
        spans: Windows, in microseconds.
        grids: Multiples for what is looked at without a signal; none where they would be too many.
        fact_grids: The same for premises with a fact, which keep a key alive for ever.
        silences: For how long nothing has to come.
        steps: Short lengths of time between signals.
        jumps: How much later the end is looked at.
        late: How far back the sender's clock may be.
        lengths: How many steps a stream has.
        hourly: Whether there are baselines by hours.
    """

    name: str
    spans: tuple[int, ...]
    grids: tuple[int, ...]
    fact_grids: tuple[int, ...]
    silences: tuple[int, ...]
    steps: tuple[int, ...]
    jumps: tuple[int, ...]
    late: tuple[int, ...]
    lengths: tuple[int, ...] = (2, 5, 8, 14)
    hourly: bool = False

    def span(self, r: Random) -> timedelta:
        return us(r.choice(self.spans))


TINY = Profile(
    name="tiny",
    spans=(1, 2, 5, SECOND, 3 * SECOND),
    grids=(),
    fact_grids=(),
    silences=(),
    steps=(1, 2, 3),
    jumps=(0, 1, 5, MINUTE, 2 * DAY),
    late=(-1, DAY, DAY + 1, HOUR),
)
"""Windows so short that a single microsecond is a large part of them."""

SLOW = Profile(
    name="slow",
    spans=(SECOND, 2 * SECOND, 5 * SECOND, 20 * SECOND, MINUTE),
    grids=(SECOND, 5 * SECOND, 20 * SECOND),
    fact_grids=(MINUTE, 5 * MINUTE),
    silences=(MINUTE, 5 * MINUTE),
    steps=(1, SECOND, 2 * SECOND, 5 * SECOND, 5 * SECOND + 1, 20 * SECOND),
    jumps=(0, 1, 5 * SECOND, MINUTE, 10 * MINUTE),
    late=(-1, SECOND, 5 * SECOND, 10 * MINUTE, 30 * MINUTE),
)
"""Seconds, so that what happens at every multiple of a span happens a few hundred times and not a billion."""

HOURS = Profile(
    name="hours",
    spans=(20 * MINUTE, HOUR, 2 * HOUR),
    grids=(30 * MINUTE, HOUR),
    fact_grids=(HOUR,),
    silences=(3 * HOUR, DAY),
    steps=(1, 10 * MINUTE, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR, 2 * HOUR - 1),
    jumps=(0, 1, HOUR, 2 * HOUR, 5 * HOUR, DAY),
    late=(-1, HOUR, 3 * HOUR, DAY),
    lengths=(6, 14, 30),
    hourly=True,
)
"""Whole hours and their edges, and the edges of when they are taken."""

PROFILES = {p.name: p for p in (TINY, SLOW, HOURS)}


def us(n: int) -> timedelta:
    return timedelta(microseconds=n)
