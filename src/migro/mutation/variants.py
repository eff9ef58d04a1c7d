"""
Variants: the streams of a rule's examples with one thing about them changed.

Where a rule is about a thousand page views, a longer history or what takes something back, its examples hold more
than could be made up; they are moved, thinned out, and given other values instead.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from ..models import Signal
from ..rules import Rule
from .reading import values_asked
from .streams import Stream, length, moved, time_of

__all__ = ["variants"]

_MOST_GROUPS = 8


def variants(rule: Rule[Any], spans: Sequence[int]) -> Iterator[Stream]:
    """
    Yield the streams of the rule's examples, then those with one change; none is longer than its example by half.

    Args:
        spans: How far signals are moved, in microseconds: windows of the rule and of what it is compared with.
    """
    examples = sorted((e for e in rule.examples if e.signals), key=lambda e: len(e.signals))
    streams = [tuple(sorted(e.signals, key=lambda s: s.received_at)) for e in examples]
    yield from streams
    values = values_asked(rule)
    made = [_changed(stream, values, spans) for stream in streams]
    # In turns, or the changes of one example would leave no time for those of another.
    for row in itertools.zip_longest(*made):
        yield from (stream for stream in row if stream)
    for one, other in itertools.permutations(streams, 2):
        yield from _continued(one, other)


def _changed(stream: Stream, values: dict[tuple[type[Signal], str], list[Any]], spans: Sequence[int]) -> Iterator[Any]:
    groups = _groups(stream)[-_MOST_GROUPS:]
    for start, end in groups:
        before, group, after = stream[:start], stream[start:end], stream[end:]
        last = group[-1]
        for column, value in _other_values(last, values):
            yield (*before, *group[:-1], _with(last, column, value), *after)
            if len(group) > 1:
                yield (*before, *(_with(s, column, value) for s in group), *after)
        yield (*before, *group[:-1], *after)
        yield (*before, *after)
        yield (*before, *group, last, *after)
    for start, _ in groups:
        # What comes later comes later still: also so that it is just within a span of what came first, or just beyond.
        for span in spans:
            for more in (0, 1, -1):
                yield (*stream[:start], *moved(stream[start:], span + more))
                yield (*stream[:start], *moved(stream[start:], span + more - length(stream)))
        for part in (1, 3):
            for span in spans:
                yield (*stream[:start], *moved(stream[start:], span * part // 4))


def _continued(one: Stream, other: Stream) -> Iterator[Stream]:
    """Yield one stream with what another one ends with, soon after."""
    start, end = _groups(other)[-1]
    tail = other[start:end]
    gap = time_of(one[-1]) - time_of(tail[0])
    yield (*one, *moved(tail, gap + 1))
    yield (*one, *moved(tail, gap + 1), moved(one[-1:], 2 + length(tail))[0])


def _groups(stream: Stream) -> list[tuple[int, int]]:
    """Return where signals of one kind that say the same begin and end."""
    ends = [n for n in range(1, len(stream)) if _said(stream[n]) != _said(stream[n - 1])]
    return list(itertools.pairwise([0, *ends, len(stream)]))


def _said(signal: Signal) -> Any:
    return type(signal), [getattr(signal, name) for name in type(signal).__columns__ if name not in _STAMPS]


_STAMPS = ("id", "dedup_key", "occurred_at", "received_at", "effective_at", "visitor", "requester")


def _other_values(signal: Signal, values: dict[tuple[type[Signal], str], list[Any]]) -> Iterator[tuple[str, Any]]:
    for (owner, column), several in values.items():
        if isinstance(signal, owner):
            now = getattr(signal, column)
            yield from ((column, value) for value in several if value != now)


def _with(signal: Signal, column: str, value: Any) -> Signal:
    return signal.model_copy(update={column: value})
