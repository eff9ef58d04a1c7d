"""What the receiver in front of a shop says of deliveries: which came before, and which are older than what came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from . import envelopes
from .envelopes import RawEnvelope, iso
from .shops import Shop

__all__ = ["receipts"]

_TOLD = 8
"""Deliveries that are told of each minute and topic; the others are only counted."""
_TOPICS = {
    "orders/create": "order.created",
    "inventory_levels/update": "inventory.changed",
    "store/order/created": "order.created",
    "store/product/inventory/updated": "inventory.changed",
    "payment_intent.succeeded": "order.paid",
    "payment_intent.payment_failed": "payment.failed",
}


@attrs.frozen
class _Event:
    """What a delivery is about: its sender, topic, the key that repeats share, its subject and that one's version."""

    sender: str
    topic: str
    key: str
    subject: str
    version: str


def receipts(shop: Shop, deliveries: Iterable[RawEnvelope]) -> Iterator[RawEnvelope]:
    """
    Yield what the shop's receiver tells of its deliveries, as `webhook.delivery`, two minutes after each.

    Deliveries that are repeats, or older than what came of their subject before, are told as such.

    Args:
        shop: Whose deliveries are told; those of others are passed over.
        deliveries: In the order of receipt.
    """
    seen: set[tuple[str, str]] = set()
    newest: dict[tuple[str, str], str] = {}
    told: dict[tuple[datetime, str], int] = {}
    of_shop = {shop.signed(sender).name for sender in shop.senders}
    for delivery in deliveries:
        event = _event(delivery) if delivery.endpoint in of_shop else None
        if event is None:
            continue
        repeated = (event.topic, event.key) in seen
        seen.add((event.topic, event.key))
        about = (event.topic, event.subject)
        older = not repeated and event.version < newest.get(about, "")
        newest[about] = max(event.version, newest.get(about, ""))
        minute = (delivery.received_at.replace(second=0), event.topic)
        told[minute] = told.get(minute, 0) + 1
        if told[minute] <= _TOLD:
            yield _told(shop, delivery, event, told[minute], duplicate=repeated, inverted=older)


def _event(delivery: RawEnvelope) -> _Event | None:
    if not isinstance(delivery.body, str):
        return None
    match delivery.kind:
        case "shopify_webhook":
            body, head = json.loads(delivery.body), delivery.headers
            number = body.get("id") or body["inventory_item_id"]
            topic = head["X-Shopify-Topic"]
            return _Event("shopify", topic, head["X-Shopify-Event-Id"], f"{topic}/{number}", body["updated_at"])
        case "bigcommerce_webhook":
            body = json.loads(delivery.body)
            key = f"{body['data']['type']}/{body['data']['id']}"
            version = iso(datetime.fromtimestamp(body["created_at"], UTC))
            return _Event("bigcommerce", body["scope"], f"{key}/{version}", key, version)
        case "stripe_event":
            body = json.loads(delivery.body)
            version = iso(datetime.fromtimestamp(body["created"], UTC))
            return _Event("stripe", body["type"], body["id"], body["data"]["object"]["id"], version)
        case _:
            return None


def _told(
    shop: Shop, delivery: RawEnvelope, event: _Event, place: int, *, duplicate: bool, inverted: bool
) -> RawEnvelope:
    at = delivery.received_at
    body: dict[str, Any] = {
        "kind": "webhook.delivery",
        "merchant": shop.id,
        "occurred_at": iso(at),
        "env": "production",
        "source_kind": "receiver",
        "provider": event.sender,
        "status": 200,
        "dedup_key": f"{event.topic} {event.key} {iso(at)} {place}",
        "ids": {
            "sender": event.sender,
            "hook_topic": _TOPICS[event.topic],
            "endpoint": str(delivery.endpoint),
            "event": event.key,
            "subject": event.subject,
        },
        "metrics": {"latency_ms": 90 + 7 * (place % 11)},
        "attrs": {
            "triggered_at": event.version,
            "arrived_at": iso(at),
            "signature": "verified",
            "duplicate": duplicate,
            "inverted": inverted,
            "flipped": False,
            "health_check": False,
        },
    }
    return envelopes.host_signal(shop.plain(), body, received_at=at.replace(second=0) + timedelta(minutes=2, seconds=1))
