"""
Axes: what about a stream is a whole number, and the stream with another one.

How many signals of a group there are, how many microseconds later they come, what a column of theirs holds. Where a
rule turns along an axis is found in `migro.mutation.turning`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from ..models import Signal, to_microseconds
from ..models.canonical import from_microseconds
from .reading import Reading
from .shapes import Shape, merged, with_groups
from .streams import Stream, later, moved, time_of

__all__ = ["Axis", "counts", "figures", "shifts"]


@attrs.frozen(eq=False)
class Axis:
    """
    One thing about a stream that is a whole number.

    Attributes:
        at: The stream with that number; None where there is none.
        here: What the stream is without a change.
        marks: Numbers at which it is looked at, in order.
        guesses: Numbers at which something may turn, in order, for whoever looks for it between two marks.
    """

    at: Callable[[int], Shape | None]
    here: int
    marks: tuple[int, ...]
    guesses: tuple[int, ...] = ()


def counts(shape: Shape, places: Sequence[int], reading: Reading) -> Iterator[Axis]:
    """
    Yield how many signals there are in each of some groups: the oldest ones, the newest ones, and more like the last.

    Several groups are what a median is taken of: one of them alone would not move it.
    """
    size = max(len(shape[p]) for p in places)

    def first(n: int) -> Shape | None:
        return with_groups(shape, {p: _sized(shape[p][:n], shape[p][-1], n, reading) for p in places})

    def last(n: int) -> Shape | None:
        return with_groups(shape, {p: _sized(shape[p][-n:] if n else (), shape[p][-1], n, None) for p in places})

    marks = _ordered(0, 1, size // 2, size - 1, size, size + 1, size + 2, size + 5, 2 * size, 4 * size, size + 100)
    yield Axis(first, size, marks)
    if size > 1 or reading.apart:
        yield Axis(last, size, marks)


def _sized(signals: Stream, model: Signal, size: int, reading: Reading | None) -> Stream:
    """Return signals and as many more like a model as are missing; each one another's, if somebody tells apart."""
    missing = range(1, size - len(signals) + 1)
    return (*signals, *(model if reading is None else reading.renewed(model, i) for i in missing))


def shifts(shape: Shape, place: int, reading: Reading) -> Iterator[Axis]:
    """Yield how much later a group comes, alone or with all that comes after, and how far it is spread."""
    group = shape[place]
    start, end = time_of(group[0]), time_of(group[-1])
    every = merged(shape)
    begin, finish = time_of(every[0]), time_of(every[-1])
    lengths = (0, start - begin, end - begin, finish - begin, end - start, finish - start, finish - end)
    sums = (*reading.spans, *(a + b for a, b in itertools.combinations_with_replacement(reading.spans, 2)))
    guesses = {sign * (s - n) + more for s in sums for n in lengths for more in (0, 1) for sign in (1, -1)}
    ends = {n for s in reading.spans for n in (s + 1, 2 * s + 2)}
    delays = _ordered(0, 1, *ends)
    marks = _ordered(-1, *delays, *(-n for n in ends))

    def alone(by: int) -> Shape | None:
        return with_groups(shape, {place: moved(group, by)})

    def onwards(by: int) -> Shape | None:
        gap = max((time_of(s) for s in every if time_of(s) < start), default=start) - start
        if by < gap:
            return None
        return tuple(tuple(later(s, by) if time_of(s) >= start else s for s in g) for g in shape)

    def spread(by: int) -> Shape | None:
        return None if by < 0 else with_groups(shape, {place: (*group[:-1], later(group[-1], by))})

    def stretched(by: int) -> Shape | None:
        if by < 0:
            return None
        after = tuple(tuple(later(s, by) if time_of(s) > start else s for s in g) for g in shape)
        return (*after[:place], (group[0], *moved(group[1:], by)), *after[place + 1 :])

    if len(every) > 1:
        yield Axis(onwards, 0, (-1, *delays), _ordered(*guesses))
        yield Axis(alone, 0, marks, _ordered(*guesses))
    if len(group) > 1:
        yield Axis(stretched, 0, delays, _ordered(*guesses))
        yield Axis(spread, 0, delays, _ordered(*guesses))


def figures(shape: Shape, places: Sequence[int], reading: Reading) -> Iterator[Axis]:
    """Yield what number a column of some groups holds: in all their signals, or in the last one of each."""
    model = shape[places[-1]][-1]
    for column in reading.figures(model):
        now = getattr(model, column)
        if now is None or isinstance(now, bool):
            continue
        asked = [v for (_, c), vs in reading.asked.items() if c == column for v in vs if type(v) is type(now)]
        units, write = _units(now, asked)
        here = units(now)
        around = {n for v in (*map(units, asked), here) for n in (v - 1, v, v + 1)}
        if isinstance(now, datetime):
            far = {here + n for s in reading.distances for n in (s, -s, 2 * s, -2 * s)}
        else:
            far = {0, here // 4, here // 2, 2 * here, 4 * here, 10 * here, 100 * here}
        marks = _ordered(*around, *far)
        for kept in (0, 1) if any(len(shape[p]) > 1 for p in places) else (0,):

            def at(n: int, column: str = column, write: Any = write, kept: int = kept) -> Shape | None:
                update = {column: write(n)}
                return with_groups(shape, {p: _updated(shape[p], update, kept) for p in places})

            yield Axis(at, here, marks)


def _updated(group: Stream, update: dict[str, Any], kept: int) -> Stream:
    """Return a group with other values: in all its signals, or in the last one alone."""
    before = group[: (len(group) - 1) * kept]
    return (*before, *(s.model_copy(update=update) for s in group[len(before) :]))


def _units(now: Any, asked: Sequence[Any]) -> tuple[Callable[[Any], int], Callable[[int], Any]]:
    """Return how a value is counted in the smallest step between such values, and the way back."""
    match now:
        case datetime():
            return to_microseconds, from_microseconds
        case timedelta():
            return lambda v: v // timedelta(microseconds=1), lambda n: timedelta(microseconds=n)
        case Decimal():
            places = max(-int(e) for v in (now, *asked, Decimal("0.01")) if isinstance(e := v.as_tuple().exponent, int))
            return lambda v: int(v.scaleb(places)), lambda n: Decimal(n).scaleb(-places)
        case _:
            return int, int


def _ordered(*numbers: int) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))
