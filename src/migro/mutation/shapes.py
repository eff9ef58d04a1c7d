"""
Shapes: a stream as groups of signals that say the same, and the axes along which it can be changed.

An axis is one thing about a stream that is a whole number: how many signals of a group there are, how many
microseconds later they come, what a column of theirs holds. Where a rule turns along it is found in
`migro.mutation.turning`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from ..expressions import Arithmetic, Col, Node, Scaled
from ..models import Signal, to_microseconds
from ..models.canonical import from_microseconds
from ..rules import Rule, Selection
from ..rules.baselines import HOUR
from ..rules.premises import Part
from .mutants import nodes
from .variants import Stream, values_asked

__all__ = [
    "Axis",
    "Reading",
    "Shape",
    "companions",
    "condensed",
    "counts",
    "divided",
    "figures",
    "histories",
    "levelled",
    "merged",
    "newest",
    "others",
    "recent",
    "repeated",
    "scaled",
    "shape_of",
    "shifts",
    "with_groups",
]

Shape = tuple[Stream, ...]
"""Groups of signals, each in order of time; none is empty."""

_MOST = 700
"""How many signals a stream has at most."""

_DAY = 24 * HOUR

_GROUPS = 8
"""How many groups are changed at most, the newest ones."""


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


@attrs.frozen(eq=False)
class Reading:
    """
    What a rule reads of signals.

    Attributes:
        spans: Windows, distances and what evidence lasts, in microseconds, in order.
        distances: The same, and what times in signals are moved by before they are compared.
        asked: Values around those that predicates ask a column for, by class and column.
        numbers: Columns that hold numbers or times which the rule compares, adds up or weighs with.
        weights: Columns that say how many a signal stands for.
        apart: Columns of which different values are counted, or groups of equal ones.
    """

    spans: tuple[int, ...]
    distances: tuple[int, ...]
    asked: dict[tuple[type[Signal], str], list[Any]]
    numbers: frozenset[tuple[type[Signal], str]]
    weights: frozenset[tuple[type[Signal], str]]
    apart: frozenset[tuple[type[Signal], str]]

    @classmethod
    def of(cls, rules: Sequence[Rule[Any]], span: int) -> Reading:
        """Return what several rules read, one of which changes of itself after a span."""
        found = [n for r in rules for n in nodes(r.when)]
        asked: dict[tuple[type[Signal], str], list[Any]] = {}
        for rule in rules:
            for key, values in values_asked(rule).items():
                here = asked.setdefault(key, [])
                here += [v for v in values if not any(v is w or (type(v) is type(w) and v == w) for w in here)]
        terms = [t for n in found if isinstance(n, Part) for t in n.terms]
        apart = {(c.owner, c.name) for t in terms for c in _columns(t)}
        weights = [n.weight for n in found if isinstance(n, Selection) and n.weight is not None]
        compared = [t for n in found if (t := getattr(n, "term", None)) is not None]
        compared += [t for n in found if isinstance(t := getattr(n, "operand", None), Node)]
        every = [c for t in (*terms, *weights, *compared) for c in _columns(t)]
        numbers = {(c.owner, c.name) for c in every if c.column_type.value in _NUMBERS}
        spans = {s for n in found for name in _SPANS if type(s := getattr(n, name, 0)) is int and s > 0} | {span}
        heavy = frozenset((c.owner, c.name) for t in weights for c in _columns(t))
        said = [v for n in found for name in ("operand", "right") if isinstance(v := getattr(n, name, None), timedelta)]
        distances = spans | {abs(v) // timedelta(microseconds=1) for v in said}
        return cls(
            tuple(sorted(spans)), tuple(sorted(distances)), asked, frozenset(numbers), heavy, frozenset(apart - numbers)
        )

    def values(self, signal: Signal) -> Iterator[tuple[str, Any]]:
        """Yield columns of a signal and what else they might hold."""
        for (owner, column), several in self.asked.items():
            if isinstance(signal, owner):
                now = getattr(signal, column)
                yield from ((column, v) for v in several if v is not now and (type(v), v) != (type(now), now))

    def optional(self, signal: Signal) -> Iterator[str]:
        """Yield columns of a signal that hold a number and might hold none."""
        yield from (c for c in self.figures(signal) if type(signal).__columns__[c].optional)

    def figures(self, signal: Signal) -> Iterator[str]:
        """Yield columns of a signal that hold numbers."""
        yield from sorted({c for owner, c in self.numbers if isinstance(signal, owner)})

    def weighed(self, signal: Signal, change: Callable[[int], int]) -> Signal:
        """Return a signal that stands for another number of occurrences; itself where it stands for one."""
        names = [c for owner, c in self.weights if isinstance(signal, owner) and getattr(signal, c) is not None]
        update = {c: change(getattr(signal, c)) for c in names}
        return signal.model_copy(update=update) if update else signal

    def heavy(self, signal: Signal) -> bool:
        """Return whether a signal may stand for several."""
        return any(isinstance(signal, owner) and getattr(signal, c) is not None for owner, c in self.weights)

    def renewed(self, signal: Signal, number: int) -> Signal:
        """Return a signal that differs from one in all that is told apart."""
        update: dict[str, Any] = {}
        for owner, column in self.apart:
            value = getattr(signal, column) if isinstance(signal, owner) else None
            if isinstance(value, str):
                update[column] = f"{value}-{number}"
        return signal.model_copy(update=update) if update else signal

    def alike(self, signal: Signal) -> Any:
        """Return what signals have in common that are of one group: all that predicates can ask about."""
        asked = sorted(
            {(c, owner) for owner, c in self.asked if isinstance(signal, owner) and (owner, c) not in self.apart},
            key=str,
        )
        return type(signal).__name__, [self._said(signal, owner, c) for c, owner in asked if c not in _STAMPS]

    def _said(self, signal: Signal, owner: type[Signal], column: str) -> str:
        value = getattr(signal, column)
        if type(value) not in _NUMBERS:
            return repr(sorted(value, key=str) if isinstance(value, frozenset) else value)
        # Of a number it matters between which of those that are asked for it lies.
        return repr([(value > v, value == v) for v in self.asked[owner, column] if type(v) is type(value)])


_NUMBERS = (int, Decimal, timedelta, datetime)
_SPANS = ("length", "every", "lead", "slack", "before", "lateness")
_STAMPS = ("id", "dedup_key", "occurred_at", "received_at", "effective_at")


def _columns(term: Any) -> Iterator[Col[Any, Any]]:
    match term:
        case Col():
            yield term
        case Scaled(term=inner):
            yield from _columns(inner)
        case Arithmetic(left=left, right=right):
            yield from _columns(left)
            yield from _columns(right)
        case _:
            pass


# --- streams and shapes -----------------------------------------------------------------------------------------


def shape_of(stream: Stream, reading: Reading) -> Shape:
    """Return a stream as groups: what says the same and comes soon after one another."""
    soon = reading.spans[0]
    groups: dict[tuple[int, str], list[Signal]] = {}
    episode, before = 0, None
    for signal in sorted(stream, key=lambda s: s.received_at):
        now = to_microseconds(signal.received_at)
        episode += before is not None and now - before > soon
        before = now
        groups.setdefault((episode, repr(reading.alike(signal))), []).append(signal)
    return tuple(map(tuple, groups.values()))


def merged(shape: Shape) -> Stream:
    """Return the signals of all groups in order of time."""
    return tuple(sorted((s for group in shape for s in group), key=lambda s: s.received_at))


def with_groups(shape: Shape, groups: Mapping[int, Stream]) -> Shape | None:
    """Return a shape with other groups in some places; none where it has become empty or too long."""
    several = tuple(g for p, group in enumerate(shape) if (g := groups.get(p, group)))
    return several if several and sum(map(len, several)) <= _MOST else None


def newest(shape: Shape) -> list[int]:
    """Return the places of the groups that come last, the last one first."""
    return sorted(range(len(shape)), key=lambda i: shape[i][-1].received_at, reverse=True)[:_GROUPS]


# --- axes -------------------------------------------------------------------------------------------------------


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


def histories(shape: Shape, reading: Reading) -> Iterator[tuple[int, ...]]:
    """Yield the places of groups that say the same at several times, with and without the last of them."""
    alike: dict[str, list[int]] = {}
    for place in sorted(range(len(shape)), key=lambda p: shape[p][0].received_at):
        alike.setdefault(repr(reading.alike(shape[place][-1])), []).append(place)
    for places in alike.values():
        for some in (places, places[:-1]):
            if len(some) > 1:
                yield tuple(some)


def shifts(shape: Shape, place: int, reading: Reading) -> Iterator[Axis]:
    """Yield how much later a group comes, alone or with all that comes after, and how far it is spread."""
    group = shape[place]
    start, end = _time(group[0]), _time(group[-1])
    every = merged(shape)
    begin, finish = _time(every[0]), _time(every[-1])
    lengths = (0, start - begin, end - begin, finish - begin, end - start, finish - start, finish - end)
    sums = (*reading.spans, *(a + b for a, b in itertools.combinations_with_replacement(reading.spans, 2)))
    guesses = {sign * (s - n) + more for s in sums for n in lengths for more in (0, 1) for sign in (1, -1)}
    ends = {n for s in reading.spans for n in (s + 1, 2 * s + 2)}
    delays = _ordered(0, 1, *ends)
    marks = _ordered(-1, *delays, *(-n for n in ends))

    def alone(by: int) -> Shape | None:
        return with_groups(shape, {place: _moved(group, by)})

    def onwards(by: int) -> Shape | None:
        gap = max((_time(s) for s in every if _time(s) < start), default=start) - start
        if by < gap:
            return None
        return tuple(tuple(_later(s, by) if _time(s) >= start else s for s in g) for g in shape)

    def spread(by: int) -> Shape | None:
        return None if by < 0 else with_groups(shape, {place: (*group[:-1], _later(group[-1], by))})

    def stretched(by: int) -> Shape | None:
        if by < 0:
            return None
        later = tuple(tuple(_later(s, by) if _time(s) > start else s for s in g) for g in shape)
        return (*later[:place], (group[0], *_moved(group[1:], by)), *later[place + 1 :])

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


def others(shape: Shape, place: int, reading: Reading) -> Iterator[Shape]:
    """Yield the shape with another value of one column in a group: in all its signals, in the last, in the first."""
    group = shape[place]
    for column, value in (*reading.values(group[-1]), *((c, None) for c in reading.optional(group[-1]))):
        several = [group]
        if len(group) > 1:
            several += [group[-1:], group[:1]]
        for some in several:
            ids = set(map(id, some))
            changed = tuple(s.model_copy(update={column: value}) if id(s) in ids else s for s in group)
            yield (*shape[:place], changed, *shape[place + 1 :])


def condensed(shape: Shape, reading: Reading) -> Shape:
    """Return the shape with one signal for each group that may stand for all of its signals."""

    def one(group: Stream) -> Stream:
        if len(group) == 1 or not reading.heavy(group[-1]):
            return group
        total = sum(getattr(s, c) or 0 for s in group for owner, c in reading.weights if isinstance(s, owner))
        return (reading.weighed(group[-1], lambda _: total),)

    return tuple(map(one, shape))


def divided(shape: Shape, place: int, reading: Reading) -> Shape | None:
    """Return the shape with two signals for one that stands for several, the last for one; none without such."""
    if len(shape[place]) > 1 or not reading.heavy(one := shape[place][0]):
        return None
    most, least = reading.weighed(one, lambda n: n - 1), reading.weighed(one, lambda _: 1)
    return (*shape[:place], (most, least), *shape[place + 1 :])


def levelled(shape: Shape, reading: Reading, *, figures: bool) -> Shape:
    """
    Return the shape with every group at one time and with what only tells its signals apart, under plain names.

    Args:
        figures: Whether also the numbers are those of the last signal of each group.
    """
    names: dict[Any, str] = {}

    def plain(signal: Signal, model: Signal) -> Signal:
        update: dict[str, Any] = {}
        for owner, column in sorted(reading.apart, key=lambda c: c[1]):
            value = getattr(signal, column) if isinstance(signal, owner) else None
            asked = column in {c for _, c in reading.asked}
            if isinstance(value, str) and not asked:
                value = names.setdefault((column, value), str(1 + sum(c == column for c, _ in names)))
            if isinstance(signal, owner):
                update[column] = value
        if not figures:
            update |= {c: getattr(signal, c) for c in reading.figures(signal)}
        return model.model_copy(update=update) if update else model

    return tuple(tuple(plain(s, group[-1]) for s in group) for group in shape)


def companions(shape: Shape, place: int, reading: Reading) -> Iterator[Shape]:
    """Yield the shape with one signal more, later than all, which is as the last of a group but for one column."""
    model = shape[place][-1]
    later = max(_time(g[-1]) for g in shape) + 1 - _time(model)
    updates = [*reading.values(model), *((c, None) for c in reading.optional(model))]
    for column in reading.figures(model):
        now = getattr(model, column)
        if isinstance(now, int | Decimal | timedelta) and not isinstance(now, bool):
            updates += [(column, now * 0), (column, now * 10)]
    for column, value in updates:
        one = reading.renewed(model.model_copy(update={column: value}), 0)
        yield (*shape, (_later(one, later),))


def scaled(shape: Shape, reading: Reading) -> Iterator[Shape]:
    """Yield the shape with many times as many of everything, so that small shares of it are whole signals."""
    for by in (10, 100):
        if any(reading.heavy(g[-1]) for g in shape):
            yield tuple(tuple(reading.weighed(s, lambda n, by=by: n * by) for s in g) for g in shape)  # type: ignore[misc]
    for by in (2, 5, 20):
        if by * sum(map(len, shape)) <= _MOST:
            yield tuple(tuple(reading.renewed(s, i) if i else s for s in group for i in range(by)) for group in shape)


def _ordered(*numbers: int) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))


def _time(signal: Signal) -> int:
    return to_microseconds(signal.received_at)


def _later(signal: Signal, by: int) -> Signal:
    at = from_microseconds(_time(signal) + by)
    return signal.model_copy(update={"occurred_at": at, "received_at": at})


def _moved(signals: Stream, by: int) -> Stream:
    return tuple(_later(s, by) for s in signals) if by else signals


def repeated(shape: Shape, by: int, times: int) -> Shape | None:
    """Return the shape after the same signals several times, a span apart."""
    every = [tuple(_moved(g, -by * n) for g in shape) for n in range(times, 0, -1)]
    result = (*itertools.chain.from_iterable(every), *shape)
    return result if sum(map(len, result)) <= _MOST else None


def recent(shape: Shape, reading: Reading) -> Shape | None:
    """
    Return the shape with a history of the last hours, where its own goes farther back; none where it does not.

    What said the same at several times is said in each of five hours before those that windows of the rule reach.
    """
    last = max(_time(g[-1]) for g in shape)
    windows = [s for s in reading.spans if s < _DAY // 2]
    reach = -(-max(windows, default=0) // HOUR)
    old = [places for places in histories(shape, reading) if last - _time(shape[places[0]][0]) > _DAY]
    gone = {p for places in old for p in places if last - _time(shape[p][-1]) > HOUR}
    if not gone:
        return None
    models = {repr(reading.alike(shape[p][-1])): shape[p] for p in sorted(gone, key=lambda p: shape[p][0].received_at)}
    kept = [g for p, g in enumerate(shape) if p not in gone]
    middles = [last - last % HOUR - (reach + n) * HOUR + HOUR // 2 for n in range(6, 1, -1)]
    moved = [_moved(g, middle - _time(g[0])) for middle in middles for g in models.values()]
    result = (*moved, *kept)
    return result if kept and sum(map(len, result)) <= _MOST else None
