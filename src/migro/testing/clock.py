"""A clock that stands still until it is told otherwise."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from ..errors import ConfigurationError
from .samples import START

__all__ = ["FixedClock"]


class FixedClock:
    """
    Shows `start` until `advance` is called. Safe to use from several threads.

    Args:
        start: An aware time.

    Raises:
        ConfigurationError: If `start` has no zone.
    """

    def __init__(self, start: datetime = START) -> None:
        if start.tzinfo is None:
            raise ConfigurationError(f"expected a time with a zone, got {start.isoformat()} - at start")
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time it shows."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """
        Move on and return the new time.

        Raises:
            ConfigurationError: If `by` is negative: a clock that runs backwards would hide what it should test.
        """
        if by < timedelta():
            raise ConfigurationError(f"expected a time to come, got {by} - at by")
        with self._lock:
            self._now += by
            return self._now
