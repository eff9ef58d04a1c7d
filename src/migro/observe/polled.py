"""
What a poll reads, whatever platform it asked: orders, stock and subscriptions as the lists say they are.

A polled fact says how a thing stands, never that something happened: the webhook that told of it may have come as well.
So topics end in ``polled``, and no rule that counts events counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from ..errors import InputError
from .drafts import Draft, Refused, Scope
from .envelope import Envelope
from .parsing import minor_units, moment, word

__all__ = [
    "POLLED_AT",
    "SOURCE_KIND",
    "drafts_of",
    "host_of",
    "http_date",
    "order_draft",
    "polled_at",
    "stock_draft",
    "subscription_draft",
]

POLLED_AT: Final = "x-migro-polled-at"
"""The header that says when the list was asked for; the poller itself writes it into the envelope."""

SOURCE_KIND: Final = "api_poll"


def http_date(value: Any) -> datetime | None:
    """Return a time as mail and HTTP headers write it, such as ``Sun, 01 Mar 2026 09:00:00 +0000``, in UTC; or None."""
    if not isinstance(value, str) or len(value) > 60:
        return None
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def polled_at(envelope: Envelope, scope: Scope) -> datetime:
    """Return when the list was read: as the poller says, else as the answer's own clock does, else the receipt."""
    return moment(envelope.header(POLLED_AT)) or http_date(envelope.header("Date")) or scope.received_at


def host_of(address: Any) -> str | None:
    """Return the host of an address in small letters, without port, path and whoever may stand before an ``@``."""
    told = word(address)
    try:
        return urlsplit(told).hostname if told is not None else None
    except ValueError:
        return None


def drafts_of(items: Sequence[Any], read: Callable[[Mapping[str, Any]], Iterable[Draft]]) -> Iterator[Draft | Refused]:
    """Yield what `read` makes of the items of a list; one that it cannot read stops no other."""
    for place, item in enumerate(items):
        try:
            if not isinstance(item, Mapping):
                raise InputError(f"expected an item as a JSON object, got {type(item).__name__}")
            yield from read(item)
        except InputError as e:
            yield Refused(reason=f"{e} (item {place + 1})", content=item, ordinal=place)


def order_draft(
    provider: str,
    *,
    order_id: str,
    merchant: str | None,
    placed_at: datetime | None,
    changed_at: datetime | None,
    currency: str | None,
    total: Any = None,
    tax: Any = None,
    financial_status: str | None = None,
    test: bool = False,
    cancelled: bool = False,
    ids: Mapping[str, str | None] | None = None,
    words: Mapping[str, Any] | None = None,
) -> Draft:
    """Return an order as a list has it; read again unchanged it is the same, and changed it is another."""
    return Draft(
        kind="order",
        topic="order.polled",
        raw_topic="poll.orders",
        merchant=merchant,
        occurred_at=changed_at or placed_at,
        dedup=(provider, "poll", "order", order_id, _stamp(changed_at), financial_status, cancelled),
        resource=("order", order_id),
        ids={"order_id": order_id, **(ids or {})},
        state=financial_status,
        env="test" if test else None,
        metrics={"total_minor": minor_units(total, currency), "tax_minor": minor_units(tax, currency)},
        attrs={
            **(words or {}),
            "financial_status": financial_status,
            "currency": currency,
            "test": test,
            "cancelled": True if cancelled else None,
            "placed_at": _stamp(placed_at) if placed_at else None,
        },
        source_kind=SOURCE_KIND,
    )


def stock_draft(
    provider: str,
    *,
    merchant: str | None,
    at: datetime,
    available: int | None,
    changed_at: datetime | None,
    tracked: bool | None,
    ids: Mapping[str, str | None],
    words: Mapping[str, Any] | None = None,
) -> Draft:
    """Return the stock of one article in one place, as it is while it is read."""
    about = tuple(sorted((n, v) for n, v in ids.items() if v))
    return Draft(
        kind="inventory",
        topic="inventory.polled",
        raw_topic="poll.inventory",
        merchant=merchant,
        # What a list says holds now, however long ago it came to be so.
        occurred_at=at,
        dedup=(provider, "poll", "stock", *(f"{n}={v}" for n, v in about), available, _stamp(changed_at or at)),
        resource=("sku", ids.get("sku")),
        ids=ids,
        metrics={"available": available},
        attrs={**(words or {}), "tracked": tracked, "changed_at": _stamp(changed_at) if changed_at else None},
        source_kind=SOURCE_KIND,
    )


def subscription_draft(
    provider: str,
    *,
    merchant: str | None,
    at: datetime,
    hook_topic: str,
    raw_topic: str,
    subscription: str | None,
    active: bool,
    destination: str | None,
    queued: bool,
) -> Draft:
    """Return a subscription that a platform lists; each list says it anew."""
    return Draft(
        kind="poll.subscription",
        topic="poll.subscription",
        raw_topic=raw_topic,
        merchant=merchant,
        occurred_at=at,
        dedup=(provider, "poll", "subscription", hook_topic, raw_topic, subscription, destination, _stamp(at)),
        ids={"hook_topic": hook_topic, "subscription_id": subscription},
        attrs={
            "listed": True,
            "active": active,
            "health": None if active else "disabled",
            "destination": destination,
            "queued": queued,
            "polled_at": _stamp(at),
        },
        source_kind=SOURCE_KIND,
    )


def _stamp(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at is not None else ""
