"""What Saleor's events mean: by exact name first, then by the family that a name begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import re2

from .envelope import Envelope
from .parsing import at
from .slugs import slug

__all__ = ["classified", "event_of", "family_of"]

_EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "order_created": ("order", "order.created"),
    "order_bulk_created": ("order", "order.imported"),
    "order_paid": ("order", "order.paid"),
    "order_fully_paid": ("order", "order.paid"),
    **dict.fromkeys(
        ("order_updated", "order_confirmed", "order_cancelled", "order_expired", "order_fulfilled",
         "order_metadata_updated"),
        ("order", "order.updated"),
    ),
    "order_refunded": ("refund", "refund.created"),
    "order_fully_refunded": ("refund", "refund.created"),
    "checkout_created": ("cart", "cart.changed"),
    "checkout_updated": ("cart", "cart.changed"),
    "checkout_metadata_updated": ("cart", "cart.changed"),
    "checkout_fully_authorized": ("cart", "cart.changed"),
    "checkout_fully_paid": ("cart", "order.paid"),
    "product_export_completed": ("platform.event", "product_export.completed"),
    "account_delete_requested": ("compliance", "compliance"),
    "account_deleted": ("compliance", "compliance"),
    "customer_deleted": ("compliance", "compliance"),
}  # fmt: skip
_FAMILIES: Final = tuple(
    (re2.compile(f"^(?:{pattern})"), kind, topic)
    for pattern, kind, topic in (
        (r"product_variant_(?:stock_updated|out_of_stock|back_in_stock)", "inventory", "inventory.changed"),
        (r"(?:product|category|collection)_", "product", "product.changed"),
        (r"fulfillment_", "fulfilment", "fulfilment.changed"),
        (r"transaction_(?:item|charge|refund|cancel|action|initialize|process)", "payment", "payment.updated"),
        (r"(?:customer|address|account)_", "customer", "customer.changed"),
        (r"app_", "app", "app.lifecycle"),
    )
)
_FAMILY: Final = re2.compile(
    r"^(draft_order|product_variant|gift_card|menu_item|page_type|shipping_price|shipping_zone|permission_group"
    r"|attribute_value|notify_user|[a-z]+)"
)
_HUMP: Final = re2.compile(r"([a-z0-9])([A-Z])")
_SHAPES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("product_variant_stock_updated", frozenset({"product_variant_id", "warehouse_id"})),
    ("order_updated", frozenset({"order"})),
    ("checkout_updated", frozenset({"checkout"})),
    ("product_variant_updated", frozenset({"productVariant"})),
    ("product_updated", frozenset({"product"})),
    ("fulfillment_created", frozenset({"fulfillment"})),
)


def event_of(envelope: Envelope, body: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the event in small letters, or None, and what told it: header, body, file_name or shape."""
    told = slug(envelope.header("Saleor-Event")) or slug(envelope.header("X-Saleor-Event"))
    if told:
        return told.lower(), "header"
    if slug(body.get("notify_event")):
        return "notify_user", "body"
    # A subscription may ask for the name of its type: OrderFullyPaid.
    typed = next((t for holder in ("", "event.", "data.event.") if (t := slug(at(body, f"{holder}__typename")))), None)
    if typed:
        return str(_HUMP.sub(r"\1_\2", typed)).lower(), "body"
    named = envelope.named.lower()
    # The name of a file may leave out the product in front of a variant.
    name = f"product_{named}" if named.startswith("variant_") else named
    if classified(name)[0] != "platform.event":
        return name, "file_name"
    found = next((event for event, needed in _SHAPES if needed <= body.keys()), None)
    return found, "shape"


def classified(event: str) -> tuple[str, str]:
    """Return the signal's kind and the canonical topic; asked and answered while a shopper waits, it is no event."""
    found = _EVENTS.get(event)
    if found is None:
        found = next(((kind, topic) for pattern, kind, topic in _FAMILIES if pattern.match(event)), None)
    if found is not None and not event.endswith("_session"):
        return found
    family = family_of(event)
    return "platform.event", f"{family}.{event.removeprefix(family).strip('_') or 'event'}"


def family_of(event: str) -> str:
    """Return what an event is about, such as ``product_variant``."""
    match = _FAMILY.match(event)
    return match.group(1) if match else "event"
