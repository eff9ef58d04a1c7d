"""Small steps: the least changes of some signals, to find a rule's bound: one signal, one unit, one second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from ..models import Signal

__all__ = ["small_steps"]

Signals = tuple[Signal, ...]


def small_steps(signals: Signals) -> Iterator[Signals]:
    """
    Yield the same signals with one of them, or one of their values, the least bit different; smallest changes first.

    One number is a unit or one time a second off; one signal is missing, is one of the others instead, or comes once
    more; then the same number is off in all signals that are alike; then everything from one sender or about one key
    is missing. Of signals that are alike but for their times and keys only the first and the last are tried.
    """
    groups = _alike(signals)
    edges = sorted({i for group in groups for i in (group[0], group[-1])}, reverse=True)
    for i in edges:
        for change in _units(signals[i]):
            yield _with(signals, (i,), change)
    if len(signals) < 2:
        return
    for i in edges:
        yield (*signals[:i], *signals[i + 1 :])
    for i in edges:
        for other in edges:
            if type(signals[i]) is type(signals[other]) and _likeness(signals[i]) != _likeness(signals[other]):
                yield _with(signals, (i,), _instead(signals[other]))
    for i in edges:
        yield (*signals, _once_more(signals[i]))
    for group in groups:
        for change in _units(signals[group[0]]):
            yield _with(signals, group, change)
    yield from _without_one_party(signals)


Change = Callable[[Signal], Signal]


def _alike(signals: Signals) -> tuple[tuple[int, ...], ...]:
    groups: dict[Any, list[int]] = {}
    for i, signal in enumerate(signals):
        groups.setdefault(_likeness(signal), []).append(i)
    return tuple(tuple(group) for group in groups.values())


def _likeness(signal: Signal) -> Any:
    columns = type(signal).__columns__
    values = tuple(getattr(signal, n) for n, c in columns.items() if not c.key and c.value is not datetime)
    return type(signal), values


def _with(signals: Signals, places: Iterable[int], change: Change) -> Signals:
    chosen = frozenset(places)
    return tuple(change(s) if i in chosen else s for i, s in enumerate(signals))


def _units(signal: Signal) -> Iterator[Change]:
    for name in type(signal).__own_columns__:
        value = getattr(signal, name)
        if type(value) is int:
            yield from (_off(name, by) for by in ((-1, 1) if value else (1,)))
        elif isinstance(value, datetime):
            yield from (_off(name, timedelta(seconds=s)) for s in (-1, 1))


def _off(name: str, by: Any) -> Change:
    def change(signal: Signal) -> Signal:
        return signal.model_copy(update={name: getattr(signal, name) + by})

    return change


def _instead(other: Signal) -> Change:
    def change(signal: Signal) -> Signal:
        # It stays the same attempt, cart or order; only what became of it differs.
        kept = (
            "occurred_at",
            "received_at",
            "id",
            "dedup_key",
            *(n for n, c in type(signal).__columns__.items() if c.key),
        )
        return other.model_copy(update={n: getattr(signal, n) for n in kept})

    return change


def _once_more(signal: Signal) -> Signal:
    return signal.model_copy(update={"id": f"{signal.id} again", "dedup_key": f"{signal.dedup_key} again"})


def _without_one_party(signals: Signals) -> Iterator[Signals]:
    for name in ("provider", *sorted({n for s in signals for n, c in type(s).__own_columns__.items() if c == "ids"})):
        values = {getattr(s, name, None) for s in signals}
        if 2 <= len(values) <= 3:
            for value in sorted(values, key=str):
                left = tuple(s for s in signals if getattr(s, name, None) != value)
                if left:
                    yield left
