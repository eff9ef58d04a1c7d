"""The breaker's triggers outside the fold: a store that cannot be written, and a clock that cannot be right."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from ..errors import StoreUnavailable, survivable
from ..ports import Alarm

__all__ = ["BACKWARDS", "UNREADABLE", "UNWRITABLE", "Breaker", "page", "sturdy"]

BACKWARDS = timedelta(minutes=1)
"""How far a clock may go back, as when it is set by another one, before nothing acts by it any more."""

UNWRITABLE = "the store could not be written"
"""Why automation is halted after an outage of the memory."""

UNREADABLE = "the store could not be read"
"""Why automation is halted where an input was refused because the memory could not say what came before."""

T = TypeVar("T")


def sturdy(alarm: Alarm) -> Alarm:
    """Return an alarm that ends nothing where it fails itself: its line is then logged as critical."""

    def called(text: str) -> None:
        try:
            alarm(text)
        except survivable() as e:  # foreign code, called where something is wrong already
            logging.getLogger("migro").critical(text, extra={"alarm": type(e).__name__})

    return called


def page(alarm: Alarm, why: str) -> None:
    """Tell the operator, by the way that needs no store, that nothing acts any more."""
    alarm(f"migro: automation is halted: {why}")


class Breaker:
    """
    What has tripped and is not journaled yet: nothing acts in this process until it is, and a person resumes.

    Args:
        alarm: Told once of each outage.
        now: The clock that is watched; None where the host gives none.
        halts: Whether a store that cannot be written or read trips it.

    Attributes:
        tripped: Why automation is halted and the journal does not say so yet; empty where it does, or nothing is wrong.
    """

    def __init__(self, alarm: Alarm, now: Callable[[], datetime] | None, *, halts: bool) -> None:
        self._alarm = alarm
        self._now = now
        self._halts = halts
        self._greatest: datetime | None = None
        self._broken = ""
        self.tripped = ""

    def writing(self, write: Callable[[], T]) -> T:
        """Return what a write returns; where the store refuses it, nothing acts from that moment on."""
        try:
            return write()
        except StoreUnavailable as e:
            self._outage(UNWRITABLE, e)
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Trip where the store is not there for whatever is done inside; a write that it refused says so first."""
        try:
            yield
        except StoreUnavailable as e:
            self._outage(UNREADABLE, e)
            raise

    def _outage(self, why: str, error: StoreUnavailable) -> None:
        if self._halts and not self.tripped:
            self.tripped = why
            page(self._alarm, f"{why}: {error}")

    def clock_wrong(self) -> str:
        """Return in words what is wrong with the clock, once each time; empty where nothing is."""
        now = self.time()
        if now is None:
            return self._broken
        before = self._greatest or now
        if now >= before - BACKWARDS:
            # The greatest, or one that creeps back a little at a time would never have gone back.
            self._greatest = max(before, now)
            return ""
        self._greatest = now
        return f"the clock went back from {before:%Y-%m-%d %H:%M:%S} to {now:%Y-%m-%d %H:%M:%S} UTC"

    def time(self) -> datetime | None:
        """Return what the clock says; None where there is none, or it has no answer that can be used."""
        if self._now is None:
            return None
        try:
            now = self._now()
            given = isinstance(now, datetime) and now.utcoffset() is not None
        except survivable() as e:  # a host's clock: whatever it raises, inputs are accepted
            self._broken = f"the clock has no answer but {type(e).__name__}"
            return None
        self._broken = "" if given else "the clock gives no time with a zone"
        return now if given else None
