"""Streams: signals in order of time, and what it takes to move them."""

from __future__ import annotations

from ..models import Signal, to_microseconds
from ..models.canonical import from_microseconds

__all__ = ["Stream", "later", "length", "moved", "numbered", "time_of"]

Stream = tuple[Signal, ...]


def time_of(signal: Signal) -> int:
    """Return when a signal arrives, in microseconds."""
    return to_microseconds(signal.received_at)


def length(stream: Stream) -> int:
    """Return how long after the first signal of a stream its last one arrives, in microseconds."""
    return time_of(stream[-1]) - time_of(stream[0])


def later(signal: Signal, by: int) -> Signal:
    """Return a signal that happens and arrives so many microseconds later."""
    at = from_microseconds(time_of(signal) + by)
    return signal.model_copy(update={"occurred_at": at, "received_at": at})


def moved(stream: Stream, by: int) -> Stream:
    """Return a stream so many microseconds later; itself where that is none."""
    return tuple(later(s, by) for s in stream) if by else stream


def numbered(stream: Stream) -> Stream:
    """Return the stream in order of time, with ids in that order."""
    ordered = sorted(stream, key=lambda s: s.received_at)
    return tuple(
        s.model_copy(update={"id": f"w-{n:04d}", "dedup_key": f"w-{n:04d}", "occurred_at": s.received_at})
        for n, s in enumerate(ordered, start=1)
    )
