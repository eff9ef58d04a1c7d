"""Values: compiled measures, which say what number a key has at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from ..expressions import Fact, microseconds
from .state import EngineState, Key
from .streams import Entry, Groups, Ranks, Sizes, Stream, Sums

if TYPE_CHECKING:
    from .network import Network

__all__ = ["HOUR", "Need", "Number", "Value", "WindowedValue", "lowest", "needs_known", "needs_reached", "number"]

Number = int | Fraction
HOUR = 3_600_000_000


def number(value: Any) -> Any:
    """Return a column's value as measures use it: exact, a span as its microseconds."""
    if isinstance(value, Decimal):
        return Fraction(value)
    return microseconds(value) if isinstance(value, timedelta) else value


class Need(NamedTuple):
    """
    What a stream has to hold for a key.

    Attributes:
        source: The stream's source.
        length: How far back its newest signal may lie, in microseconds.
        least: How many its signals have to count for.
    """

    source: int
    length: int
    least: int


class Value:
    """A compiled measure."""

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        """Return the value at `t`, or None where it is UNKNOWN."""
        raise NotImplementedError(type(self).__name__)

    def hour(self, state: EngineState, key: Key, start: int, *, scaled: bool = True) -> Number | None:
        """Return the value over the hour from `start`; `scaled` to the measure's own span where that makes sense."""
        return self.at(state, key, start + HOUR - 1)

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        """Return whether a baseline in it answers with a fallback at `t`."""
        return False

    def text(self, state: EngineState, key: Key, t: int) -> str:
        """Return the arithmetic at `t` as people read it."""
        return shown(self.at(state, key, t))


def shown(value: Number | None) -> str:
    """Return a number as people read it: whole, or with up to four digits after the point."""
    if value is None:
        return "unknown"
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    digits = round(exact * 10_000)
    sign = "-" if digits < 0 else ""
    return f"{sign}{abs(digits) // 10_000}.{abs(digits) % 10_000:04}".rstrip("0")


@attrs.frozen(eq=False)
class ConstantValue(Value):
    value: Number

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        return self.value


@attrs.frozen(eq=False)
class FactValue(Value):
    network: Network
    fact: Fact[Any]
    key_names: tuple[str, ...]

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        found: Number | None = number(self.network.fact_at(state, self.fact, self.key_names, key, t))
        return found


@attrs.frozen(eq=False)
class WindowedValue(Value):
    """A value over one stream; `make` makes an empty tally, `read` takes the number off a filled one."""

    source: int
    cursor: int
    length: int
    make: Callable[[], Any]
    scales: bool = False
    nothing: Number | None = attrs.field(init=False, default=attrs.Factory(lambda v: v.read(v.make()), takes_self=True))

    def read(self, tally: Any) -> Number | None:
        raise NotImplementedError(type(self).__name__)

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        stream = state.streams.get((self.source, key))
        if stream is None or not stream.ats or stream.ats[-1] < t - self.length:
            return self.nothing
        return self.read(stream.within(self.cursor, self.length, self.make, t))

    def tally(self, state: EngineState, key: Key, t: int) -> Any:
        """Return what the window holds, added up."""
        stream = state.streams.get((self.source, key))
        return self.make() if stream is None else stream.within(self.cursor, self.length, self.make, t)

    def is_empty_from(self, state: EngineState, key: Key, since: int) -> bool:
        """Return whether no window that ends at `since` or later holds a signal of now."""
        stream = state.streams.get((self.source, key))
        return stream is None or not stream.ats or stream.ats[-1] < since - self.length

    def filled(self, state: EngineState, key: Key, t: int) -> bool:
        """Return whether the window holds any signal."""
        stream = state.streams.get((self.source, key))
        newest = stream.newest(t) if stream is not None else None
        return newest is not None and newest >= t - self.length

    def hour(self, state: EngineState, key: Key, start: int, *, scaled: bool = True) -> Number | None:
        tally = self.make()
        stream = state.streams.get((self.source, key))
        for entry in stream.between(start, start + HOUR - 1) if stream else ():
            tally.change(entry, 1)
        value = self.read(tally)
        return value * Fraction(self.length, HOUR) if self.scales and scaled and value is not None else value


class CountValue(WindowedValue):
    def read(self, tally: Sums) -> Number | None:
        return tally.size


class SignalsValue(CountValue):
    """A count of signals of which each counts once."""

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        stream = state.streams.get((self.source, key))
        return 0 if stream is None else stream.many(self.length, t)


class TotalValue(WindowedValue):
    def read(self, tally: Sums) -> Number | None:
        total: Number = tally.total
        return total


class DifferentValue(WindowedValue):
    def read(self, tally: Groups) -> Number | None:
        return len(tally.by_value)


class TopValue(WindowedValue):
    def read(self, tally: Groups) -> Number | None:
        return max(tally.by_value.values(), default=0)


@attrs.frozen(eq=False)
class QuantileValue(WindowedValue):
    q: Fraction = attrs.field(kw_only=True)

    def read(self, tally: Ranks) -> Number | None:
        if not tally.ordered:
            return None
        seen, needed, per = 0, self.q.numerator * tally.size, self.q.denominator
        for value, weight, _ in tally.ordered:
            seen += weight
            if seen * per >= needed:
                found: Number = value
                return found
        return None


@attrs.frozen(eq=False)
class StandoutValue(Value):
    """The largest group of one stream among those that are not as common in another."""

    mine: WindowedValue
    other: WindowedValue
    size: WindowedValue
    at_most: Fraction

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        common = self.other.tally(state, key, t).by_value
        size = self.size.tally(state, key, t).size
        if not self.other.filled(state, key, t):
            return None
        mine = self.mine.tally(state, key, t).by_value
        return max((n for value, n in mine.items() if common[value] <= self.at_most * size), default=0)


@attrs.frozen(eq=False)
class _Newest(Value):
    """A value of the newest entries of one stream."""

    source: int
    length: int

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        stream = state.streams.get((self.source, key))
        return None if stream is None else self.newest(stream, t)

    def newest(self, stream: Stream, t: int) -> Number | None:
        raise NotImplementedError(type(self).__name__)

    def back(self, stream: Stream, t: int, place: int) -> Any:
        """Yield the values at a place, newest first, as far as the window reaches."""
        for index in range(bisect_right(stream.ats, t) - 1, -1, -1):
            entry: Entry = stream.entries[index]
            if entry.at < t - self.length:
                return
            if entry.values[place] is not None:
                yield entry.values[place]


@attrs.frozen(eq=False)
class LatestValue(_Newest):
    place: int

    def newest(self, stream: Stream, t: int) -> Number | None:
        return next(self.back(stream, t, self.place), None)


@attrs.frozen(eq=False)
class SmoothedValue(_Newest):
    place: int
    by: Fraction
    samples: int

    def newest(self, stream: Stream, t: int) -> Number | None:
        values: list[Number] = []
        for value in self.back(stream, t, self.place):
            values.append(value)
            if len(values) == self.samples:
                break
        else:
            return None
        mean: Number = values.pop()
        while values:
            mean = self.by * values.pop() + (1 - self.by) * mean
        return mean


class AgeValue(_Newest):
    def newest(self, stream: Stream, t: int) -> Number | None:
        place = bisect_right(stream.ats, t)
        if not place or stream.ats[place - 1] < t - self.length:
            return None
        return t - stream.ats[place - 1]


@attrs.frozen(eq=False)
class Combined(Value):
    """Arithmetic over other values; UNKNOWN when one of them is."""

    parts: tuple[Value, ...]
    combine: Callable[..., Number]
    sign: str

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        values: list[Number] = []
        for part in self.parts:
            value = part.at(state, key, t)
            if value is None:
                return None
            values.append(value)
        return self.combine(*values)

    def hour(self, state: EngineState, key: Key, start: int, *, scaled: bool = True) -> Number | None:
        values = [p.hour(state, key, start, scaled=scaled) for p in self.parts]
        known = [v for v in values if v is not None]
        return self.combine(*known) if len(known) == len(values) else None

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return any(p.lowered(state, key, t) for p in self.parts)

    def text(self, state: EngineState, key: Key, t: int) -> str:
        parts = ", ".join(p.text(state, key, t) for p in self.parts)
        return f"{self.sign}({parts}) = {shown(self.at(state, key, t))}"


@attrs.frozen(eq=False)
class Multiple(Combined):
    """A multiple of another value."""

    by: Fraction = attrs.field(kw_only=True)


def needs_known(value: Value) -> Iterator[Need]:
    """Yield what streams have to hold for a value to be known at any time."""
    if isinstance(value, BaselineValue):
        yield from value.needs
    if isinstance(value, RatioValue):
        yield from needs_reached(value.under, value.least)
    parts = value.parts if isinstance(value, Combined) else ()
    for part in (value.over, value.under) if isinstance(value, RatioValue) else parts:
        yield from needs_known(part)


def needs_reached(value: Value, least: Number) -> Iterator[Need]:
    """Yield what a stream has to hold for a value to reach a number above zero, where one says so."""
    if isinstance(value, WindowedValue) and value.nothing == 0 and least > 0:
        # What is added up of a column says nothing about how many there are; everything else is no more than these.
        yield Need(value.source, value.length, 1 if isinstance(value, TotalValue) else ceil(least))


def lowest(value: Value) -> Number | None:
    """Return what a value never falls below where it is known, or None where nothing says so."""
    if isinstance(value, ConstantValue):
        return value.value
    if isinstance(value, Combined) and value.sign == "greatest":
        return max((bound for part in value.parts if (bound := lowest(part)) is not None), default=None)
    return None


@attrs.frozen(eq=False)
class RatioValue(Value):
    over: Value
    under: Value
    floor: int
    wilson: bool
    least: int = attrs.field(init=False, default=attrs.Factory(lambda ratio: max(ratio.floor, 1), takes_self=True))

    def sides(self, state: EngineState, key: Key, t: int) -> tuple[Number, Number] | None:
        """Return both sides, or None where the share is UNKNOWN."""
        under = self.under.at(state, key, t)
        if under is None or under < self.least:
            return None
        over = self.over.at(state, key, t)
        return None if over is None else (over, under)

    def _known(self, over: Number | None, under: Number | None) -> tuple[Number, Number] | None:
        if over is None or under is None or under < self.least:
            return None
        return over, under

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        sides = self.sides(state, key, t)
        if sides is None:
            return None
        over, under = sides
        return Fraction(over, under) if type(over) is int is type(under) else Fraction(over) / under

    def hour(self, state: EngineState, key: Key, start: int, *, scaled: bool = True) -> Number | None:
        sides = self._known(
            self.over.hour(state, key, start, scaled=False), self.under.hour(state, key, start, scaled=False)
        )
        return None if sides is None else Fraction(sides[0]) / sides[1]

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.over.lowered(state, key, t) or self.under.lowered(state, key, t)

    def text(self, state: EngineState, key: Key, t: int) -> str:
        value = self.at(state, key, t)
        percentage = "unknown" if value is None else f"{shown(100 * value)} %"
        return f"{self.over.text(state, key, t)} of {self.under.text(state, key, t)} = {percentage}"


Answer = Callable[[EngineState, Key, int], Number | None]


@attrs.frozen(eq=False)
class BaselineValue(Value):
    """What is usual, by the first method that has an answer; `needs` is what streams have to hold for any to have."""

    answers: tuple[tuple[str, Answer], ...]
    needs: tuple[Need, ...] = ()

    def _first(self, state: EngineState, key: Key, t: int) -> tuple[int, Number] | None:
        for place, (_, answer) in enumerate(self.answers):
            value = answer(state, key, t)
            if value is not None:
                return place, value
        return None

    def at(self, state: EngineState, key: Key, t: int) -> Number | None:
        first = self._first(state, key, t)
        return None if first is None else first[1]

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        first = self._first(state, key, t)
        return first is not None and first[0] > 0

    def text(self, state: EngineState, key: Key, t: int) -> str:
        first = self._first(state, key, t)
        if first is None:
            return "a usual value not known yet"
        return f"usual {shown(first[1])} by {self.answers[first[0]][0]}"


def median(values: list[Number]) -> Number:
    """Return the middle value, or the exact mean of the middle two."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else Fraction(ordered[middle - 1] + ordered[middle], 2)


def of_hours(series: int, steps: tuple[int, ...], needed: int) -> Answer:
    """Return an answer: the median of the hours that lie `steps` microseconds before the hour of `t`."""

    def answer(state: EngineState, key: Key, t: int) -> Number | None:
        taken = state.series.get((series, key))
        if taken is None:
            return None
        hour = t - t % HOUR
        if taken.ended is not None or taken.past:
            return usual(taken.at(t), hour)
        # Within an hour the answer stays the same: the hours that it looks at are whole, and taken before it began.
        name = (hour, needed, steps)
        if name not in taken.medians:
            taken.medians[name] = usual(taken.values, hour)
        found: Number | None = taken.medians[name]
        return found

    def usual(hours: dict[int, Any], hour: int) -> Number | None:
        known = [v for s in steps if s >= 2 * HOUR and (v := hours.get(hour - s)) is not None]
        return median(known) if len(known) >= needed else None

    return answer


def make_sums(place: int | None = None, hit: int | None = None) -> Callable[[], Sums]:
    """Return a maker of empty sums."""
    return Sizes if place is None and hit is None else lambda: Sums(place, hit)


def make_groups(place: int) -> Callable[[], Groups]:
    """Return a maker of empty groups."""
    return lambda: Groups(place)


def make_ranks(place: int) -> Callable[[], Ranks]:
    """Return a maker of empty ranks."""
    return lambda: Ranks(place)
