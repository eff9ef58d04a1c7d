"""Times without a zone: they are read as UTC, and the signal says so."""

from __future__ import annotations

from typing import Any, Final, Literal

import re2

from .parsing import moment

__all__ = ["unsaid_zone"]

_ZONE: Final = re2.compile(r"(?:[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d){0,2})$")
_CLOCK: Final = re2.compile(r"\d\d:\d\d")


def unsaid_zone(told: Any) -> Literal["unknown"] | None:
    """Return ``unknown`` for a time in words that names no zone, for the attribute ``time_zone``; else None."""
    if not isinstance(told, str) or not _CLOCK.search(told) or moment(told) is None:
        return None
    return None if _ZONE.search(told.strip()) else "unknown"
