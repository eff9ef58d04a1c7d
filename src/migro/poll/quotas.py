"""
Quotas: what answers say about how often one may ask, in the words of each vendor.

Sources: https://shopify.dev/docs/api/usage/limits, https://developer.bigcommerce.com/docs/start/best-practices/api-rate-limits,
RFC 9110 section 10.2.3
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any, Final

import attrs
import re2

from ..observe.parsing import at, whole
from ..observe.polled import http_date

__all__ = ["Quota", "cost_of", "quota_of", "retry_after_ms"]

_LONGEST: Final = 86_400_000
"""Milliseconds: whoever is told to stay away for longer asks once a day."""
_BUCKET: Final = re2.compile(r"^\s*(\d{1,6})\s*/\s*(\d{1,6})\s*$")
_SECONDS: Final = re2.compile(r"^\s*\d{1,9}(\.\d{1,6})?\s*$")


@attrs.frozen(kw_only=True)
class Quota:
    """
    What is left of a quota.

    Attributes:
        used_permille: How much of it is used, in thousandths.
        size: How much it allows.
        pause_ms: How long to wait before the next call, in milliseconds; 0 where there is enough.
    """

    used_permille: int
    size: int
    pause_ms: int


def retry_after_ms(headers: Mapping[str, str], now: datetime) -> int | None:
    """Return how long an answer asks to be left alone, in milliseconds; None where it does not say."""
    told = [
        ms
        for name in ("retry-after", "x-retry-after")
        if (value := headers.get(name)) is not None and (ms := _wait_ms(value, headers, now)) is not None
    ]
    reset = whole(headers.get("x-rate-limit-time-reset-ms"))
    if reset is not None and (told or whole(headers.get("x-rate-limit-requests-left")) == 0):
        told.append(reset)
    return min(max(0, *told), _LONGEST) if told else None


def _wait_ms(value: str, headers: Mapping[str, str], now: datetime) -> int | None:
    if _SECONDS.match(value):
        return int((Decimal(value.strip()) * 1000).to_integral_value(ROUND_CEILING))
    until = http_date(value)
    if until is None:
        return None
    # A time of the other side's clock is compared with that clock, where it tells it.
    since = http_date(headers.get("date")) or now
    return max(0, int((until - since).total_seconds()) * 1000)


def quota_of(headers: Mapping[str, str]) -> Quota | None:
    """Return what headers say of a quota; None where they say nothing."""
    bucket = _BUCKET.match(headers.get("x-shopify-shop-api-call-limit", ""))
    if bucket is not None:
        used, size = int(bucket.group(1)), int(bucket.group(2))
        # The bucket leaks; half a second gives room for one call more on the smallest plan.
        return _quota(used, size, pause_ms=500 if used + 1 >= size else 0)
    left, most = whole(headers.get("x-rate-limit-requests-left")), whole(headers.get("x-rate-limit-requests-quota"))
    if left is None or most is None:
        return None
    reset = whole(headers.get("x-rate-limit-time-reset-ms")) or 0
    return _quota(most - left, most, pause_ms=min(max(reset, 0), _LONGEST) if left <= 0 else 0)


def cost_of(body: Any) -> Quota | None:
    """Return what the cost of a GraphQL answer says; the pause is until there are points for the same query again."""
    asked, most, left, rate = (
        _points(at(body, f"extensions.cost.{name}"))
        for name in (
            "requestedQueryCost",
            "throttleStatus.maximumAvailable",
            "throttleStatus.currentlyAvailable",
            "throttleStatus.restoreRate",
        )
    )
    if most is None or left is None:
        return None
    lacking = max((asked or Decimal(0)) - left, Decimal(0))
    wait = int((lacking * 1000 / rate).to_integral_value(ROUND_CEILING)) if rate else 0
    return _quota(int(most - left), int(most), pause_ms=min(wait, _LONGEST))


def _quota(used: int, size: int, *, pause_ms: int) -> Quota | None:
    if size <= 0:
        return None
    return Quota(used_permille=min(max(used, 0) * 1000 // size, 1000), size=size, pause_ms=pause_ms)


def _points(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    # Dividing by next to nothing gives numbers that take minutes to write.
    return number if number.is_finite() and 0 <= number < 10**9 and number.adjusted() >= -9 else None
