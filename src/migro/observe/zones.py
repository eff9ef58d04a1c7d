"""Times without a zone: they are read as UTC, and the signal says so."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import re2

from .parsing import moment

__all__ = ["in_zone", "unsaid_zone", "zone_named"]

_ZONE: Final = re2.compile(r"(?:[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d){0,2})$")
_CLOCK: Final = re2.compile(r"\d\d:\d\d")


def unsaid_zone(told: Any) -> Literal["unknown"] | None:
    """Return ``unknown`` for a time in words that names no zone, for the attribute ``time_zone``; else None."""
    if not isinstance(told, str) or not _CLOCK.search(told) or moment(told) is None:
        return None
    return None if _ZONE.search(told.strip()) else "unknown"


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """
    Return a time zone such as ``Europe/Berlin``.

    Raises:
        ValueError: If nobody here knows it.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"expected a time zone such as Europe/Berlin, got {name[:60]!r}") from None


def in_zone(read_as_utc: datetime, name: str) -> datetime:
    """
    Return the instant of a time that was read as UTC and was meant in a zone.

    In the hour that a clock shows twice, the first one is meant.
    """
    try:
        return read_as_utc.replace(tzinfo=zone_named(name)).astimezone(UTC)
    except OverflowError:
        return read_as_utc
