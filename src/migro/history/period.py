"""The span of time that a query looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

from ..errors import ConfigurationError

__all__ = ["Period", "positive"]

_FIRST = datetime.min.replace(tzinfo=UTC)


def positive(what: str, number: int) -> int:
    """
    Return `number`.

    Raises:
        ConfigurationError: If it is not 1 or more.
    """
    if number < 1:
        raise ConfigurationError(f"expected 1 or more, got {number} - at {what}")
    return number


@attrs.frozen(kw_only=True)
class Period:
    """
    From a time to a time, both ends included; None leaves an end open.

    Raises:
        ConfigurationError: If an end has no zone, or the first is after the second.
    """

    since: datetime | None = None
    until: datetime | None = None

    def __attrs_post_init__(self) -> None:
        for name, at in (("since", self.since), ("until", self.until)):
            if at is not None and at.tzinfo is None:
                raise ConfigurationError(f"expected a time with a zone, got {at.isoformat()} - at {name}")
        if self.since is not None and self.until is not None and self.since > self.until:
            raise ConfigurationError(
                f"expected a time not before {self.since.isoformat()}, got {self.until.isoformat()} - at until"
            )

    @classmethod
    def ending(cls, until: datetime, *, days: int) -> Period:
        """Return the `days` times 24 hours up to `until`; more days than the calendar has leave the start open."""
        reach = (until - _FIRST).days
        return cls(since=until - timedelta(days=days) if positive("days", days) <= reach else None, until=until)

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.touches(at, at)

    def touches(self, first: datetime, last: datetime) -> bool:
        """Whether anything between two moments lies in it."""
        return (self.since is None or last >= self.since) and (self.until is None or first <= self.until)
