"""
Deliveries as signals: how long they took, whether they came before, whether they are older than what came.

They are added up by the minute, so that a flood of webhooks is not followed by another one: of each endpoint and topic
some are told, with how many they stand for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from ..models import Signal
from ..models.canonical import content_id
from ..models.scales import Environment
from ..observe.parsing import whole
from ..verify import Version, dated_by_sender, version_of

__all__ = ["Delivered", "Deliveries"]

_MINUTE: Final = timedelta(minutes=1)
_TOPICS: Final = 500
"""Endpoints and topics that are told apart in a minute: a stranger may make up topics."""
_RESOURCES: Final = 20_000
_TRIES: Final = ("x-adobe-retry-count", "x-slack-retry-num")
_LIMITS: Final[Mapping[str, int]] = {
    "adobe_commerce": 10_000,
    "saleor": 20_000,
    "sentry": 1_000,
    "shopify": 5_000,
    "slack": 3_000,
    "woocommerce": 60_000,
}
"""Milliseconds after which a sender takes a delivery for failed, where it says so."""


@attrs.frozen(kw_only=True)
class Delivered:
    """
    One delivery, as the receiver saw it.

    Attributes:
        signal: The first event in it.
        endpoint: The endpoint's name.
        headers: Names in small letters.
        status: What was answered.
        took_ms: How long that took, in milliseconds.
        duplicate: Whether everything in it had come before.
    """

    signal: Signal
    endpoint: str
    env: Environment
    headers: Mapping[str, str]
    status: int
    took_ms: int
    duplicate: bool


@attrs.frozen
class _Shown:
    """A delivery that is told, and its place in its minute."""

    delivered: Delivered
    place: int
    inverted: bool
    flipped: bool

    def signal(self, counts: Mapping[str, int]) -> Signal:
        return _signal(self.delivered, self.place, counts, inverted=self.inverted, flipped=self.flipped)


@attrs.define
class _Told:
    """What is told of one endpoint and topic in one minute."""

    shown: list[_Shown] = attrs.field(factory=list)
    count: int = 0

    def signals(self) -> Iterator[Signal]:
        counts = {"minute_deliveries": self.count, "minute_told": len(self.shown)}
        return (one.signal(counts) for one in self.shown)


class Deliveries:
    """
    Collects what is told of deliveries, by the minute. Safe to use from several threads.

    Args:
        per_minute: How many are told of each endpoint and topic; 0 for none at all.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minutes: OrderedDict[datetime, OrderedDict[tuple[str, str], _Told]] = OrderedDict()
        self._versions: OrderedDict[tuple[str | None, str, tuple[str, str]], Version] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, delivered: Delivered) -> None:
        """Take down a delivery; beyond what a minute holds only its number."""
        if self._per_minute < 1:
            return
        at = delivered.signal.received_at
        minute = at.astimezone(UTC).replace(second=0, microsecond=0)
        with self._lock:
            topics = self._minutes.setdefault(minute, OrderedDict())
            key = (delivered.endpoint, delivered.signal.topic)
            if key not in topics and len(topics) >= _TOPICS:
                return
            told = topics.setdefault(key, _Told())
            told.count += 1
            inverted, flipped = self._compared(delivered)
            if len(told.shown) < self._per_minute:
                told.shown.append(_Shown(delivered, told.count, inverted, flipped))

    def over(self, now: datetime) -> tuple[Signal, ...]:
        """Return what is told of the minutes that have been over for another one, so that what was slow is in them."""
        found: list[Signal] = []
        with self._lock:
            for minute in sorted(self._minutes):
                if minute + 2 * _MINUTE <= now:
                    for told in self._minutes.pop(minute).values():
                        found += told.signals()
        return tuple(found)

    def _compared(self, delivered: Delivered) -> tuple[bool, bool]:
        """Return whether a delivery is older than what came of its resource, and whether its value went back."""
        signal = delivered.signal
        newer = version_of(signal)
        if newer is None or signal.resource is None or delivered.duplicate or delivered.status >= 400:
            return False, False
        key = (signal.merchant, signal.provider, signal.resource)
        known = self._versions.pop(key, None)
        self._versions[key] = newer if known is None else known.then(newer)
        while len(self._versions) > _RESOURCES:
            self._versions.popitem(last=False)
        return (False, False) if known is None else (known.inverts(newer), known.flips(newer))


def _signal(delivered: Delivered, place: int, counts: Mapping[str, int], *, inverted: bool, flipped: bool) -> Signal:
    signal = delivered.signal
    tries = next((n for name in _TRIES if (n := whole(delivered.headers.get(name))) is not None), None)
    limit = _LIMITS.get(signal.provider)
    at = _text(signal.received_at)
    return Signal(
        kind="webhook.delivery",
        merchant=signal.merchant,
        occurred_at=signal.received_at,
        received_at=signal.received_at,
        source_kind="receiver",
        provider=signal.provider,
        env=signal.env if signal.env != "unknown" else delivered.env,
        status=delivered.status,
        dedup_key=content_id("dk", "delivery", delivered.endpoint, signal.topic, at, place, signal.dedup_key),
        ids={
            "sender": signal.provider,
            "hook_topic": signal.topic,
            "endpoint": delivered.endpoint,
            "event": signal.dedup_key,
            **({"clock_source": signal.provider} if dated_by_sender(signal) else {}),
            **({"subject": "/".join(signal.resource)} if signal.resource is not None else {}),
        },
        metrics={
            **counts,
            "latency_ms": delivered.took_ms,
            **({"limit_ms": limit} if limit is not None else {}),
            **({"attempt": tries} if tries is not None and 0 <= tries < 1_000 else {}),
        },
        attrs={
            **({"triggered_at": _text(signal.occurred_at)} if dated_by_sender(signal) else {}),
            "arrived_at": at,
            "signature": {"verified": "verified", "static_secret": "verified", "failed": "failed"}.get(
                signal.auth, "unsigned"
            ),
            "duplicate": delivered.duplicate,
            "inverted": inverted,
            "flipped": flipped,
            "health_check": False,
        },
        normalizer="receiver/1",
    )


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
