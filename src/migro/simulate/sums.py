"""Sums of a minute: what a busy shop sends in place of every request, in the form that aggregation gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from .envelopes import RawEnvelope, iso
from .timeline import Timeline

__all__ = ["MINUTE", "calls", "deliver", "minute_sum", "requests", "sessions", "timings"]

MINUTE = timedelta(minutes=1)
_AT_ITS_END = MINUTE - timedelta(microseconds=1)


def minute_sum(kind: str, source_kind: str, **fields: Any) -> Mapping[str, Any]:
    """Return one sum, without merchant and time."""
    return {"kind": kind, "source_kind": source_kind, "topic": kind, **fields}


def requests(
    count: int, route: str, route_class: str, status: int, *, features: tuple[str, ...] = (), **attrs: Any
) -> Mapping[str, Any]:
    """Return requests of one minute that were alike."""
    words = {"method": "GET", "route": route, "route_class": route_class, "handoff": False, "bot": False, **attrs}
    told = {"features": list(features)} if features else {}
    return minute_sum("http.request", "access_log", status=status, metrics={"requests": count}, attrs=words, **told)


def sessions(count: int, channel: str, **attrs: Any) -> Mapping[str, Any]:
    """Return sessions of one minute that came by one channel."""
    return minute_sum("rum.sessions", "rum", metrics={"sessions": count}, attrs={"channel": channel, **attrs})


def timings(views: int, ttfb_ms: int) -> Mapping[str, Any]:
    """Return page views of one minute in one class of speed."""
    return minute_sum("rum.timings", "rum", metrics={"views": views, "ttfb_ms": ttfb_ms})


def calls(count: int, operation: str, **attrs: Any) -> Mapping[str, Any]:
    """Return calls of the storefront to the commerce API in one minute, all with one result and HTTP status 200."""
    words = {"api": "storefront", "operation": operation, "failed": False, **attrs}
    return minute_sum("storefront.calls", "app_log", status=200, metrics={"calls": count}, attrs=words)


def deliver(timeline: Timeline, minute: int, sums: Iterable[Mapping[str, Any]]) -> None:
    """Deliver the sums of one minute together, seconds after its end; sums of nothing are left out."""
    at = timeline.at(minute) + _AT_ITS_END
    made = {"merchant": timeline.shop.id, "occurred_at": iso(at), "env": "production", "provider": "host"}
    # As aggregation has it, failures come last: a share is never taken before what went well in its minute is there.
    told = sorted((s for s in sums if all(n > 0 for n in s["metrics"].values())), key=lambda s: s.get("status", 0))
    if not told:
        return
    lines = [json.dumps({**made, **s}, separators=(",", ":"), sort_keys=True) for s in told]
    # A body of one line is an object; of several, one object a line.
    timeline.add(
        RawEnvelope(
            received_at=at + timedelta(seconds=3),
            kind="host_signal",
            endpoint=timeline.shop.plain().name,
            headers={"Content-Type": "application/x-ndjson"},
            body="\n".join(lines) + "\n",
            auth="not_applicable",
            events=len(lines),
        )
    )
