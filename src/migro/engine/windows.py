"""Windows: the bounded, ordered evidence of one premise for one key, and where it is satisfied last."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from fractions import Fraction
from typing import Any

import attrs

from ..models import Auth, Environment
from ..rules import Counted, Distinct, Premise, Selection, Share

__all__ = ["Anchor", "Entry", "Window", "anchor_of", "newest_anchor", "share_reached"]

_Z2 = Fraction(38416, 10_000)
"""1.96 squared: the lower end of the two-sided 95 % interval."""

_PLAIN_FROM = 100
"""From this many signals on, a share is taken as it is."""


@attrs.frozen(order=False, eq=False)
class Entry:
    """
    A signal as a window keeps it.

    Attributes:
        at: Effective time in microseconds.
        value: Value of the counted column, for `distinct`.
        hit: Whether it fits the numerator, for `share`.
    """

    at: int
    id: str
    kind: str
    source_kind: str
    auth: Auth
    env: Environment = "unknown"
    value: Any = None
    hit: bool = True

    @property
    def order(self) -> tuple[int, str]:
        return (self.at, self.id)


@attrs.frozen
class Anchor:
    """
    Where a measuring premise is satisfied last.

    Attributes:
        at: The anchor.
        since: Start of its window, included.
        found: Signals, different values, or hits in the window.
        size: Denominator of a share.
    """

    at: int
    since: int
    found: int
    size: int = 0


class Window:
    """
    Entries of one premise and key, in (time, id) order, each id once.

    Attributes:
        grew_at_the_end: Whether the entry added last is newer than all others: then no earlier anchor has changed.
    """

    __slots__ = ("_ids", "entries", "grew_at_the_end")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.grew_at_the_end = False
        self._ids: set[str] = set()

    def add(self, entry: Entry) -> bool:
        """Insert in order, however late it comes; returns false for an id that is already there."""
        if entry.id in self._ids:
            return False
        self._ids.add(entry.id)
        self.grew_at_the_end = not self.entries or self.entries[-1].at < entry.at
        if not self.entries or self.entries[-1].order < entry.order:
            self.entries.append(entry)
        else:
            self.entries.insert(bisect_left(self.entries, entry.order, key=lambda e: e.order), entry)
        return True

    def forget_before(self, at: int) -> None:
        """Drop entries older than `at`."""
        cut = bisect_left(self.entries, at, key=lambda e: e.at)
        if cut:
            self._ids.difference_update(e.id for e in self.entries[:cut])
            del self.entries[:cut]

    def between(self, since: int, until: int) -> list[Entry]:
        """Return the entries in ``[since, until]``."""
        lo = bisect_left(self.entries, since, key=lambda e: e.at)
        hi = bisect_right(self.entries, until, key=lambda e: e.at)
        return self.entries[lo:hi]

    def __len__(self) -> int:
        return len(self.entries)


def share_reached(hits: int, size: int, at_least: Fraction, *, wilson: bool) -> bool:
    """
    Return whether `hits` of `size` reach the share, in integers.

    With `wilson` and fewer than 100 signals the lower end of the score interval has to reach it:
    ``x/n >= t and (x - t n)^2 >= z^2 t (1 - t) n``. Source: E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if hits * at_least.denominator < at_least.numerator * size:
        return False
    if not wilson or size >= _PLAIN_FROM:
        return True
    excess = hits - at_least * size
    return excess * excess >= _Z2 * at_least * (1 - at_least) * size


def anchor_of(premise: Premise[Any], window: Window, oldest: int) -> Anchor | None:
    """
    Return where a measuring premise is satisfied last, at or after `oldest`, or None.

    Walks back from the newest entry; every anchor time is tried once, and both ends of the window only move back.
    """
    entries = window.entries
    match premise:
        case Selection():
            last = entries[-1] if entries else None
            return Anchor(last.at, last.at, 1) if last and last.at >= oldest else None
        case Counted(n=n, span=length):
            return _walk(entries, oldest, length, lambda w: w.size >= n)
        case Distinct(n=n, span=length):
            return _walk(entries, oldest, length, lambda w: len(w.values) >= n, distinct=True)
        case Share(span=length, at_least=t, floor=floor, bound=bound):
            wilson = bound == "wilson"
            return _walk(
                entries,
                oldest,
                length,
                lambda w: w.size >= floor and share_reached(w.hits, w.size, t, wilson=wilson),
                hits_only=True,
            )
        case _:
            raise TypeError(f"no measuring premise: {premise!r}")


def newest_anchor(premise: Premise[Any], window: Window) -> Anchor | None:
    """
    Return the anchor at the newest entry's time, or None if the premise is not satisfied there.

    Enough after an entry that is newer than all others: no earlier anchor looks that far ahead.
    """
    entries = window.entries
    at = entries[-1].at
    if isinstance(premise, Selection):
        return Anchor(at, at, 1)
    since = at - premise.longest
    first = bisect_left(entries, since, key=lambda e: e.at)
    size = len(entries) - first
    match premise:
        case Counted(n=n):
            return Anchor(at, since, size, size) if size >= n else None
        case Distinct(n=n):
            found = len({e.value for e in entries[first:]}) if size >= n else 0
            return Anchor(at, since, found, size) if found >= n else None
        case Share(at_least=t, floor=floor, bound=bound):
            if size < floor or not entries[-1].hit:
                return None
            found = sum(e.hit for e in entries[first:])
            reached = share_reached(found, size, t, wilson=bound == "wilson")
            return Anchor(at, since, found, size) if reached else None
        case _:
            raise TypeError(f"no measuring premise: {premise!r}")


@attrs.define
class _Sum:
    size: int = 0
    hits: int = 0
    values: Counter[Any] = attrs.Factory(Counter)

    def change(self, entry: Entry, by: int) -> None:
        self.size += by
        self.hits += by if entry.hit else 0
        if entry.value is not None:
            self.values[entry.value] += by
            if not self.values[entry.value]:
                del self.values[entry.value]


def _walk(
    entries: list[Entry],
    oldest: int,
    length: int,
    satisfied: Any,
    *,
    hits_only: bool = False,
    distinct: bool = False,
) -> Anchor | None:
    total = _Sum()
    left = len(entries)  # entries[left:right] are in the window and in `total`
    right = len(entries)
    while right:
        at = entries[right - 1].at
        if at < oldest:
            return None
        while left and entries[left - 1].at >= at - length:
            left -= 1
            total.change(entries[left], +1)
        anchored = not hits_only
        first = right
        while first and entries[first - 1].at == at:
            first -= 1
            anchored = anchored or entries[first].hit
        if anchored and satisfied(total):
            found = len(total.values) if distinct else total.hits if hits_only else total.size
            return Anchor(at, at - length, found, total.size)
        for entry in entries[first:right]:
            total.change(entry, -1)
        right = first
        left = min(left, right)
    return None
