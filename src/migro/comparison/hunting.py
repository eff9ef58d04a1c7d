"""Hunting: streams run with two rules, until each has fired alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs

from ..engine import Key
from .drafts import Draft, Printer
from .plans import Plan
from .trials import Bench

__all__ = ["Effort", "Enough", "Fired", "Found", "Hunt"]

_MOST_SIGNALS = 2_000
_TICKS_LIKE_A_SIGNAL = 30


@attrs.frozen
class Effort:
    """
    How long to search for each rule.

    Attributes:
        signals: How many signals are run in all; some thirty hours or checks that pass count like one.
        streams: How many streams are run in all.
        shrinking: How many signals are run to make one witness smaller.
    """

    signals: int = 25_000
    streams: int = 2_400
    shrinking: int = 15_000


@attrs.frozen
class Found:
    """A stream for which exactly one of two rules fires: at that moment, for that key."""

    drafts: tuple[Draft, ...]
    moment: int
    key: Key


class Enough(Exception):
    """Both kinds of stream are found, or the effort is spent."""


Fired = tuple[tuple[Draft, ...], int, tuple[bool, bool]]
"""A stream, when it ends, and which of the two rules fired in it."""


@attrs.define
class Hunt:
    """
    Runs streams with both rules, and remembers what they showed.

    With `either`, one stream that tells them apart is enough, whichever of them fires.
    """

    one: Bench
    other: Bench
    effort: Effort
    printer: Printer
    tick: int
    either: bool = False
    found: list[Found | None] = attrs.Factory(lambda: [None, None])
    pool: list[Fired] = attrs.Factory(list)
    fired: tuple[bool, bool] = (False, False)
    streams: int = 0
    signals: int = 0

    def try_out(self, drafts: Sequence[Draft], later: Sequence[int], sides: Sequence[int]) -> None:
        """Run a stream; raises `Enough` when nothing more is looked for."""
        self.fired = (False, False)
        if not drafts or len(drafts) > _MOST_SIGNALS:
            return
        signals = self.printer.signals(drafts)
        if signals is None:
            return
        self.streams += 1
        end = max(d.at for d in drafts)
        moments = sorted({end, *(m for m in later if m > end)})
        self.signals += len(signals)
        if self.tick:
            self.signals += (moments[-1] - signals[0].effective_at) // self.tick // _TICKS_LIKE_A_SIGNAL
        results = [b.firing(signals, moments) for b in (self.one, self.other)]
        for moment, one, other in zip(moments, *results, strict=True):
            for side, keys in ((0, one - other), (1, other - one)):
                if keys and self.found[side] is None:
                    self.found[side] = Found(tuple(sorted(drafts, key=lambda d: d.at)), moment, min(keys))
        self.fired = (any(results[0]), any(results[1]))
        if any(self.fired):
            self.pool.append((tuple(drafts), end, self.fired))
        enough = any if self.either else all
        if enough(self.found[side] is not None for side in sides):
            raise Enough
        if self.streams >= self.effort.streams or self.signals >= self.effort.signals:
            raise Enough

    def pare(self, sides: Sequence[int], plan: Plan) -> None:
        """
        Leave out what is not needed, the newest first, from streams that fire: what is left is at the edge.

        Every stream on the way is a trial like any other.
        """
        later = plan.moments()
        for drafts, _, fired in self.scattered():
            for side, order in itertools.product(sides, (drafts, drafts[::-1])):
                if fired[side]:
                    self._pare(sorted(order, key=lambda d: -d.at), later, side, sides)
                if self.streams > self.effort.streams * 3 // 4:
                    return

    def _pare(self, kept: list[Draft], later: Sequence[int], side: int, sides: Sequence[int]) -> None:
        size = max(1, len(kept) // 4)
        while size:
            place = 0
            while place < len(kept):
                fewer = kept[:place] + kept[place + size :]
                self.try_out(fewer, later, sides)
                if self.fired[side]:
                    kept = fewer
                else:
                    place += size
            size //= 2

    def scattered(self, *, both: bool = False) -> list[Fired]:
        """Return streams that fire, or fire for both; those first whose times are unlike those before."""
        by_times: dict[tuple[int, ...], Fired] = {}
        for item in sorted(self.pool, key=lambda i: len(i[0])):
            if all(item[2]) or not both:
                by_times.setdefault(tuple(sorted({d.at for d in item[0]})), item)
        return list(by_times.values())[:40]
