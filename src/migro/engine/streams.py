"""Streams: the bounded, ordered signals of one selection and key, and cursors that add them up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Protocol

import attrs

from ..models import Auth, Environment

_EDITS = 64
"""How many changes in the middle a stream remembers for its cursors."""

__all__ = ["Cursor", "Entry", "Groups", "Ranks", "Sizes", "Stream", "Sums", "Tally", "as_entry"]


class Entry(NamedTuple):
    """
    A signal as a stream keeps it; a tuple, since nothing is made more often, and few things are kept longer.

    Attributes:
        at: Effective time in microseconds.
        weight: How many it counts for.
        values: Values of the terms that measures of the selection read, in the selection's own order.
        hits: Whether it fits the further predicates of shares and the like; None for neither side.
    """

    at: int
    id: str
    kind: str
    source_kind: str
    auth: Auth
    env: Environment = "unknown"
    weight: int = 1
    values: tuple[Any, ...] = ()
    hits: tuple[bool | None, ...] = ()

    @property
    def order(self) -> tuple[int, str]:
        return (self.at, self.id)


as_entry: Callable[[tuple[Any, ...]], Entry] = partial(tuple.__new__, Entry)
"""Makes an entry of all its fields in order, which is half of what calling its class takes."""


class Stream:
    """
    Entries in (time, id) order, each id once.

    Attributes:
        entries, ats: The entries, and their times.
        weight: How many all entries count for together: no window over it holds more.
        dropped: How many entries have been forgotten: an entry's place for a cursor is its index plus this.
        epoch: How often anything but the end has changed.
        version: How often anything has changed.
        edits: The last such changes since there is a cursor that can follow: +1 or -1, the place, and the entry. None
            before any.
        pruned: The greatest time that was forgotten.
        fits: The greatest time at which anything has fitted each further predicate, taken back or not; None before any.
        cursors: Windows over it, by number.
        begun: Whether the hours of all that measures it are taken.
    """

    __slots__ = (
        "ats",
        "begun",
        "cursors",
        "dropped",
        "edits",
        "entries",
        "epoch",
        "fits",
        "ids",
        "pruned",
        "version",
        "weight",
    )

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.ats: list[int] = []
        self.ids: set[str] = set()
        self.weight = 0
        self.dropped = 0
        self.epoch = 0
        self.version = 0
        self.edits: deque[tuple[int, int, Entry]] | None = None
        self.pruned: int | None = None
        self.fits: dict[int, int] | None = None
        self.cursors: dict[int, Cursor] = {}
        self.begun = False

    def add(self, entry: Entry) -> bool:
        """Insert in order, however late it comes; returns false for an id that is already there."""
        at, id = entry.at, entry.id
        if id in self.ids:
            return False
        self.ids.add(id)
        self.weight += entry.weight
        self.version += 1
        if True in entry.hits:
            self._fitted(entry)
        ats, entries = self.ats, self.entries
        if not ats or ats[-1] < at or (ats[-1] == at and entries[-1].id < id):
            entries.append(entry)
            ats.append(at)
        else:
            place = bisect_left(entries, (at, id))
            entries.insert(place, entry)
            ats.insert(place, at)
            self.epoch += 1
            if self.cursors:  # one that begins later begins with what is there
                self._edited(1, place, entry)
        return True

    def _fitted(self, entry: Entry) -> None:
        if self.fits is None:
            self.fits = {}
        for hit, fits in enumerate(entry.hits):
            if fits:
                self.fits[hit] = max(entry.at, self.fits.get(hit, entry.at))

    def _edited(self, sign: int, place: int, entry: Entry) -> None:
        if self.edits is None:
            # Most streams only ever grow at the end, and there are many.
            self.edits = deque(maxlen=_EDITS)
        self.edits.append((sign, place + self.dropped, entry))

    def within(self, number: int, length: int, make: Any, t: int) -> Any:
        """Return the tally over ``[t - length, t]`` of the cursor with that number, which `make` begins."""
        cursor = self.cursors.get(number)
        if cursor is None:
            cursor = self.cursors[number] = Cursor(length, make)
        elif cursor.version == self.version and cursor.t == t:
            return cursor.tally
        return cursor.at(self, t)

    def many(self, length: int, t: int) -> int:
        """Return how many entries there are in ``[t - length, t]``: where each counts once, nothing is added up."""
        ats = self.ats
        if not ats:
            return 0
        end = len(ats) if ats[-1] <= t else bisect_right(ats, t)
        return end if ats[0] >= t - length else end - bisect_left(ats, t - length, 0, end)

    def remove(self, id: str) -> Entry | None:
        """Take an entry out again; returns it, or None where there is none."""
        if id not in self.ids:
            return None
        self.ids.discard(id)
        place = next(n for n, e in enumerate(self.entries) if e.id == id)
        del self.ats[place]
        entry = self.entries.pop(place)
        self.weight -= entry.weight
        self.version += 1
        self.epoch += 1
        if self.cursors:
            self._edited(-1, place, entry)
        return entry

    def forget_before(self, at: int) -> None:
        """Drop entries older than `at`."""
        if not self.ats or self.ats[0] >= at:
            return
        cut = bisect_left(self.ats, at)
        for entry in self.entries[:cut]:
            self.ids.discard(entry.id)
            self.weight -= entry.weight
        self.pruned = self.ats[cut - 1]
        del self.entries[:cut]
        del self.ats[:cut]
        self.dropped += cut
        self.version += 1

    def between(self, since: int, until: int) -> list[Entry]:
        """Return the entries in ``[since, until]``."""
        return self.entries[bisect_left(self.ats, since) : bisect_right(self.ats, until)]

    def one(self, at: int, id: str) -> list[Entry]:
        """Return the entry with that time and id, as `between` would; nothing where it is not there."""
        if id not in self.ids:
            return []
        place = bisect_left(self.entries, (at, id))
        return self.entries[place : place + 1] if place < len(self.entries) and self.entries[place].id == id else []

    def newest(self, until: int) -> int | None:
        """Return the greatest time up to `until`, forgotten ones included, or None."""
        place = bisect_right(self.ats, until)
        return self.ats[place - 1] if place else self.pruned

    def __len__(self) -> int:
        return len(self.entries)


class Tally(Protocol):
    """Something that entries are added to and taken from."""

    def change(self, entry: Entry, by: int) -> None:
        """Add (`by` 1) or take away (`by` -1) an entry."""


@attrs.define
class Sums:
    """Weights, and with a place the sum of a value and of the hits."""

    place: int | None = None
    hit: int | None = None
    size: int = 0
    total: Any = 0
    hits: int = 0
    known: int = 0

    def change(self, entry: Entry, by: int) -> None:
        weight = by * entry.weight
        self.size += weight
        if self.place is not None and entry.values[self.place] is not None:
            self.total += weight * entry.values[self.place]
        if self.hit is not None and entry.hits[self.hit] is not None:
            self.known += weight
            if entry.hits[self.hit]:
                self.hits += weight


class Sizes(Sums):
    """Weights alone: what counts are made of, and most of what is measured is a count."""

    __slots__ = ()

    def change(self, entry: Entry, by: int) -> None:
        self.size += by * entry.weight


@attrs.define
class Groups:
    """Weights by value."""

    place: int
    by_value: Counter[Any] = attrs.Factory(Counter)

    def change(self, entry: Entry, by: int) -> None:
        value = entry.values[self.place]
        if value is None:
            return
        many = self.by_value.get(value, 0) + by * entry.weight
        if many:
            self.by_value[value] = many
        else:
            del self.by_value[value]


@attrs.define
class Ranks:
    """Values in order, with their weights."""

    place: int
    ordered: list[tuple[Any, int, str]] = attrs.Factory(list)
    size: int = 0

    def change(self, entry: Entry, by: int) -> None:
        value = entry.values[self.place]
        if value is None:
            return
        item = (value, entry.weight, entry.id)
        if by > 0:
            insort(self.ordered, item)
        else:
            del self.ordered[bisect_left(self.ordered, item)]
        self.size += by * entry.weight


class Cursor:
    """
    A window that follows time over one stream, adding what enters and taking away what leaves.

    Going to another time costs what lies between; a change in the middle of the stream costs itself.
    """

    __slots__ = ("_epoch", "_high", "_low", "_make", "length", "t", "tally", "version")

    def __init__(self, length: int, make: Any) -> None:
        self.length = length
        self._make = make
        self.tally: Any = None
        self._epoch = self.version = self.t = -1
        self._low = self._high = 0

    def at(self, stream: Stream, t: int) -> Any:
        """Return the tally over ``[t - length, t]`` of its stream."""
        if (self._epoch != stream.epoch and not self._follow(stream)) or self._low < stream.dropped:
            # What was forgotten cannot be taken away again.
            self._start(stream, t)
        self._epoch, self.version, self.t = stream.epoch, stream.version, t
        ats, entries, change, dropped = stream.ats, stream.entries, self.tally.change, stream.dropped
        low, high = self._low - dropped, self._high - dropped
        oldest, end = t - self.length, len(ats)
        while high < end and ats[high] <= t:
            change(entries[high], 1)
            high += 1
        while high and ats[high - 1] > t:
            high -= 1
            if high >= low:
                change(entries[high], -1)
            else:
                low = high
        while low < high and ats[low] < oldest:
            change(entries[low], -1)
            low += 1
        while low and ats[low - 1] >= oldest:
            low -= 1
            change(entries[low], 1)
        self._low, self._high = low + dropped, high + dropped
        return self.tally

    def _start(self, stream: Stream, t: int) -> None:
        self.tally = self._make()
        self._low = self._high = stream.dropped + bisect_left(stream.ats, t - self.length)

    def _follow(self, stream: Stream) -> bool:
        """Take in what has changed in the middle; returns false where the window has to be filled anew."""
        missed, edits = stream.epoch - self._epoch, stream.edits
        if edits is None or self._epoch < 0 or missed > len(edits):
            return False
        for sign, place, entry in islice(edits, len(edits) - missed, None):
            if place < self._low or (sign > 0 and place == self._low):
                self._low += sign
                self._high += sign
            elif place < self._high:
                self.tally.change(entry, sign)
                self._high += sign
        return True
