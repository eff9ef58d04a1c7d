"""Clocks: the machine's, and one that notices when that is set to another time while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..ports import Clock
from .breaker import BACKWARDS

if TYPE_CHECKING:
    from .attended import Attended

__all__ = ["AHEAD", "DATED", "SteadyClock", "SystemClock", "behind"]

AHEAD = timedelta(minutes=5)
"""How far ahead of the clock an input may be dated before the one or the other is taken to be wrong."""

DATED = "inputs are dated"
"""How the reason of a halt begins where the clock, or what came in, is dated wrongly."""

_COUNTING = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""What goes on counting while the machine sleeps: otherwise every sleep would look like a clock that was set."""


def behind(agent: Attended, now: datetime) -> str:
    """
    Return in words that a clock is behind what the memory has accepted, by more than five minutes; empty where not.

    Asked when a process begins: it has seen nothing yet that a clock could be held against. What a person has resumed
    after is not said again.

    Raises:
        StoreUnavailable: If the memory failed.
    """
    latest = agent.accepted()
    if latest <= now + AHEAD:
        return ""
    dated = f"{DATED} {latest:%Y-%m-%d %H:%M:%S},"
    known = agent.halted.startswith(dated) or agent.resumed_after(dated)
    return "" if known else f"{dated} the clock says {now:%Y-%m-%d %H:%M:%S} UTC"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the aware current time."""
        return datetime.now(UTC)


def _elapsed_ns() -> int:
    return time.monotonic_ns() if _COUNTING is None else time.clock_gettime_ns(_COUNTING)


class SteadyClock:
    """
    The time as a clock says it, unless it is set ahead by more than five minutes while it is watched.

    Then it goes on from the time before, as seconds pass, until the clock is right again or a person has resumed:
    what was dated in the future once would make everything after it too late. A clock that is set back is followed.

    Args:
        clock: Who is watched. Default: the machine's clock.
        elapsed_ns: What counts on, whatever the clock is set to.

    Attributes:
        wrong: What the clock did that cannot be right, in words, until `accept`; empty where nothing is.

    Safe to use from several threads.
    """

    def __init__(self, clock: Clock | None = None, *, elapsed_ns: Callable[[], int] = _elapsed_ns) -> None:
        self._clock = clock or SystemClock()
        self._elapsed_ns = elapsed_ns
        self._lock = threading.Lock()
        self._told = self.wrong = ""
        self._begun = False
        self._start = self._most = self._clock.now() - self._passed()

    def now(self) -> datetime:
        """Return the aware current time, as far as it can be believed."""
        with self._lock:
            found, passed = self._clock.now(), self._passed()
            expected = self._start + passed
            # Set back and then right again it is where it was before: that is no way ahead.
            if found > self._most + passed + AHEAD:
                self.wrong = self.wrong or _words("ahead", expected, found)
                return expected
            if found < expected - BACKWARDS:
                self.wrong = self.wrong or _words("back", expected, found)
            self._start = found - passed
            self._most = max(self._most, self._start)
            return found

    def accept(self) -> None:
        """Take what the clock says now as right."""
        with self._lock:
            self._start = self._most = self._clock.now() - self._passed()
            self.wrong = ""

    def _passed(self) -> timedelta:
        return timedelta(microseconds=self._elapsed_ns() // 1_000)

    def watch(self, agent: Attended) -> None:
        """
        Halt automation where the clock is wrong; when a person has resumed after that, the clock counts as right.

        Raises:
            StoreUnavailable: If the journal could not say so; nothing acts in this process all the same.
        """
        now = self.now()
        if not self._begun:
            # What it said first is believed, unless it cannot be: a machine may come up with the time of years ago.
            self.wrong = self.wrong or behind(agent, now)
            self._begun = True
        if self.wrong and self.wrong != self._told:
            self._told = self.wrong
            agent.trip(self.wrong)
        elif self._told and not agent.halted:
            self._told = ""
            self.accept()


def _words(where: str, expected: datetime, found: datetime) -> str:
    return f"the clock went {where} from {expected:%Y-%m-%d %H:%M:%S} to {found:%Y-%m-%d %H:%M:%S} UTC"
