"""What a live run reads is of the present: an event that says it was received in the future is not let in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from ..agent.clocks import AHEAD
from ..observe import Observer
from ..ports import Clock
from .material import Event

__all__ = ["Present"]


class Present:
    """
    Holds events against the clock, and counts those that it refused.

    One would take its merchant to a time that has yet to come, where all that comes in truly is too late.

    Args:
        observer: Makes the signal that stays in the place of a refused one.
        clock: What time it is.
        complain: Told what was refused, in a line each.
    """

    def __init__(self, observer: Observer, clock: Clock, complain: Callable[[str], None]) -> None:
        self._observer = observer
        self._clock = clock
        self._complain = complain
        self._newest: datetime | None = None
        self.refused = 0

    def only(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield the events; in the place of one from the future, a signal of kind ``unknown`` that says why."""
        for event in events:
            if event.signal is None:
                yield event
                continue
            at, latest = event.signal.received_at, self._clock.now() + AHEAD
            if at <= latest:
                self._newest = at if self._newest is None else max(self._newest, at)
                yield event
                continue
            self.refused += 1
            why = f"received_at: expected at most {latest:%Y-%m-%d %H:%M:%S}, got {at:%Y-%m-%d %H:%M:%S} UTC"
            self._complain(f"{event.where}: {why}")
            # Its place is among what was read: what is told of the past must not become late by it.
            now = self._newest or latest - AHEAD
            yield Event(where=event.where, signal=self._observer.unreadable(event.signal.id.encode(), why, now=now))
