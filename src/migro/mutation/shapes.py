"""Shapes: a stream as groups of signals that say the same, and what can be made of it as a whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..models import Signal
from ..rules.baselines import HOUR
from .reading import Reading
from .streams import Stream, later, moved, time_of

__all__ = [
    "Shape",
    "companions",
    "condensed",
    "divided",
    "histories",
    "levelled",
    "merged",
    "newest",
    "others",
    "recent",
    "repeated",
    "scaled",
    "shape_of",
    "with_groups",
]

Shape = tuple[Stream, ...]
"""Groups of signals, each in order of time; none is empty."""

_MOST = 700
"""To how many signals a stream grows at most."""

_DAY = 24 * HOUR

_GROUPS = 8
"""How many groups are changed at most, the newest ones."""


# --- streams and shapes -----------------------------------------------------------------------------------------


def shape_of(stream: Stream, reading: Reading) -> Shape:
    """Return a stream as groups: what says the same and comes soon after one another."""
    soon = reading.spans[0]
    groups: dict[tuple[int, str], list[Signal]] = {}
    episode, before = 0, None
    for signal in sorted(stream, key=lambda s: s.received_at):
        now = time_of(signal)
        episode += before is not None and now - before > soon
        before = now
        groups.setdefault((episode, repr(reading.alike(signal))), []).append(signal)
    return tuple(map(tuple, groups.values()))


def merged(shape: Shape) -> Stream:
    """Return the signals of all groups in order of time."""
    return tuple(sorted((s for group in shape for s in group), key=lambda s: s.received_at))


def with_groups(shape: Shape, groups: Mapping[int, Stream]) -> Shape | None:
    """Return a shape with other groups in some places; none where it has become empty, or grown too long."""
    several = tuple(g for p, group in enumerate(shape) if (g := groups.get(p, group)))
    size = sum(map(len, several))
    # One that has always been long is pared down group by group.
    return several if several and (size <= _MOST or size < sum(map(len, shape))) else None


def newest(shape: Shape) -> list[int]:
    """Return the places of the groups that come last, the last one first."""
    return sorted(range(len(shape)), key=lambda i: shape[i][-1].received_at, reverse=True)[:_GROUPS]


def histories(shape: Shape, reading: Reading) -> Iterator[tuple[int, ...]]:
    """Yield the places of groups that say the same at several times, with and without the last of them."""
    alike: dict[str, list[int]] = {}
    for place in sorted(range(len(shape)), key=lambda p: shape[p][0].received_at):
        alike.setdefault(repr(reading.alike(shape[place][-1])), []).append(place)
    for places in alike.values():
        for some in (places, places[:-1]):
            if len(some) > 1:
                yield tuple(some)


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
    after_all = max(time_of(g[-1]) for g in shape) + 1 - time_of(model)
    updates = [*reading.values(model), *((c, None) for c in reading.optional(model))]
    for column in reading.figures(model):
        now = getattr(model, column)
        if isinstance(now, int | Decimal | timedelta) and not isinstance(now, bool):
            updates += [(column, now * 0), (column, now * 10)]
    for column, value in updates:
        one = reading.renewed(model.model_copy(update={column: value}), 0)
        yield (*shape, (later(one, after_all),))


def scaled(shape: Shape, reading: Reading) -> Iterator[Shape]:
    """Yield the shape with many times as many of everything, so that small shares of it are whole signals."""
    for by in (10, 100):
        if any(reading.heavy(g[-1]) for g in shape):
            yield tuple(tuple(reading.weighed(s, lambda n, by=by: n * by) for s in g) for g in shape)  # type: ignore[misc]
    for by in (2, 5, 20):
        if by * sum(map(len, shape)) <= _MOST:
            yield tuple(tuple(reading.renewed(s, i) if i else s for s in group for i in range(by)) for group in shape)


def repeated(shape: Shape, by: int, times: int) -> Shape | None:
    """Return the shape after the same signals several times, a span apart."""
    every = [tuple(moved(g, -by * n) for g in shape) for n in range(times, 0, -1)]
    result = (*itertools.chain.from_iterable(every), *shape)
    return result if sum(map(len, result)) <= _MOST else None


def recent(shape: Shape, reading: Reading) -> Shape | None:
    """
    Return the shape with a history of the last hours, where its own goes farther back; none where it does not.

    What said the same at several times is said in each of five hours before those that windows of the rule reach.
    """
    last = max(time_of(g[-1]) for g in shape)
    windows = [s for s in reading.spans if s < _DAY // 2]
    reach = -(-max(windows, default=0) // HOUR)
    old = [places for places in histories(shape, reading) if last - time_of(shape[places[0]][0]) > _DAY]
    gone = {p for places in old for p in places if last - time_of(shape[p][-1]) > HOUR}
    if not gone:
        return None
    models = {repr(reading.alike(shape[p][-1])): shape[p] for p in sorted(gone, key=lambda p: shape[p][0].received_at)}
    kept = [g for p, g in enumerate(shape) if p not in gone]
    middles = [last - last % HOUR - (reach + n) * HOUR + HOUR // 2 for n in range(6, 1, -1)]
    history = [moved(g, middle - time_of(g[0])) for middle in middles for g in models.values()]
    result = (*history, *kept)
    return result if kept and sum(map(len, result)) <= _MOST else None
