"""
Medusa events, as a subscriber of the merchant sends them on: name and data, most often ids only.

The core sends no webhooks, so the form is the one of its event bus and the signature is migro's own.

Source: https://docs.medusajs.com/resources/references/events
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from . import migro_signature
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word
from .slugs import slug
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_NAMES: Final = tuple(
    (re2.compile(f"^(?:{pattern})"), kind, topic)
    for pattern, kind, topic in (
        (r"order\.placed$", "order", "order.created"),
        (r"order\.payment_captured$", "order", "order.paid"),
        (r"order\.refund_created$", "refund", "refund.created"),
        (r"order\.(?:fulfillment_|shipment_)", "fulfilment", "fulfilment.changed"),
        (r"order\.(?:gift_card_|transfer_)", "platform.event", ""),
        (r"order\.deleted$", "order", "order.deleted"),
        (r"order\.", "order", "order.updated"),
        (r"(?:shipment|delivery|fulfillment)\.", "fulfilment", "fulfilment.changed"),
        (r"payment\.captured$|payment\.payment_captured$", "payment", "order.paid"),
        (r"payment\.(?:refunded$|payment_refund_failed$)", "refund", "refund.created"),
        (r"payment\.payment_capture_failed$", "payment", "payment.failed"),
        (r"payment\.", "payment", "payment.updated"),
        (r"cart\.", "cart", "cart.changed"),
        (r"(?:inventory\.)?(?:inventory-item|inventory-level|inventory|reservation-item)\.", "inventory",
         "inventory.changed"),
        (r"(?:product\.)?product(?:-variant|-category|-collection|-option|-tag|-type)?\.", "product",
         "product.changed"),
        (r"customer\.deleted$", "compliance", "compliance"),
        (r"customer\.", "customer", "customer.changed"),
    )
)  # fmt: skip
_EVENT: Final = re2.compile(r"^[a-zA-Z][\w-]{0,40}(?:\.[\w-]{1,60}){1,4}$")
_RELATED: Final = (
    "order_id", "cart_id", "product_id", "variant_id", "fulfillment_id", "return_id", "claim_id", "exchange_id",
    "payment_id", "refund_id", "inventory_item_id", "location_id", "line_item_id", "sales_channel_id", "region_id",
)  # fmt: skip
_OWN: Final = {"shipment": "fulfillment", "delivery": "fulfillment", "product-variant": "variant"}
_PERSONAL: Final = frozenset({"auth", "user", "invite", "customer"})
_KNOWN: Final = re2.compile(r"^(?:order|cart|prod|variant|pay|paycol|ful|cus|iitem|ilev|return|ret|reg|sc|claim)_\w+$")
_TIMES: Final = ("occurred_at", "timestamp", "metadata.timestamp", "emitted_at")


def _name(body: Mapping[str, Any]) -> str | None:
    told = next((w for n in ("name", "event", "eventName", "event_name") if (w := word(body.get(n)))), None)
    return told if told is not None and _EVENT.match(told) else None


def _things(data: Any) -> list[Mapping[str, Any]]:
    """Return what an event is about: one thing, a list of things, or several ids."""
    if isinstance(data, Mapping) and isinstance(data.get("ids"), list):
        return [{"id": i} for i in data["ids"] if exact_id(i) is not None]
    if isinstance(data, list):
        return [d if isinstance(d, Mapping) else {"id": d} for d in data if isinstance(d, Mapping) or exact_id(d)]
    if isinstance(data, Mapping):
        return [data]
    return [{"id": data}] if exact_id(data) is not None else []


def _ids(kind: str, family: str, thing: Mapping[str, Any]) -> dict[str, str | None]:
    if family in _PERSONAL:
        return {}
    ids = {name: exact_id(thing.get(name)) for name in _RELATED}
    about = exact_id(thing.get("id"))
    name = _OWN.get(family, family).replace("-", "_")
    ids[f"{name}_id"] = ids.get(f"{name}_id") or about
    if kind == "order":
        ids["order_number"] = exact_id(thing.get("display_id"))
        ids["cart_ref"] = ids["cart_id"]
    elif kind == "cart":
        ids["cart_ref"] = ids["cart_id"]
    elif kind == "inventory":
        ids["sku"] = word(thing.get("sku")) or ids["inventory_item_id"] or about
    return ids


def _draft(body: Mapping[str, Any], name: str, thing: Mapping[str, Any]) -> Draft:
    kind, topic = next(((k, t) for pattern, k, t in _NAMES if pattern.match(name)), ("platform.event", ""))
    parts = name.split(".")
    family = parts[-2]
    ids = _ids(kind, family, thing)
    if (kind == "order" and not ids.get("order_id")) or (kind == "payment" and not ids.get("payment_id")):
        kind, topic = "platform.event", ""
    about = exact_id(thing.get("id"))
    event = exact_id(body.get("id")) or exact_id(at(body, "metadata.eventId"))
    group = exact_id(at(body, "metadata.eventGroupId"))
    stamp = next((s for n in _TIMES if (s := exact_id(at(body, n))) is not None), None)
    stamp = stamp or exact_id(thing.get("updated_at"))
    changed = thing.get("created_at" if name.endswith((".placed", ".created")) else "updated_at")
    told = next((t for t in (*(at(body, n) for n in _TIMES), changed) if moment(t)), None)
    personal = family in _PERSONAL
    person = thing.get("id") if family == "customer" else thing.get("customer_id")
    return Draft(
        kind=kind,
        topic=topic or name.lower(),
        raw_topic=name,
        merchant=exact_id(body.get("store_id")) or exact_id(at(body, "metadata.store_id")),
        occurred_at=moment(told),
        dedup=("medusa", name, about, event or group or stamp or repr(body)),
        resource=None if personal or about is None else (_OWN.get(family, family).replace("-", "_"), about),
        ids={**ids, "event_id": event},
        people={"customer_ref": exact_id(person)},
        state=slug(thing.get("status")) if kind == "order" else None,
        metrics={"available": whole(thing.get("available_quantity"))},
        attrs={"request": name if kind == "compliance" else None, "time_zone": unsaid_zone(told)},
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Medusa event as a JSON object, got {type(body).__name__}")
    name = _name(body)
    if name is None:
        raise InputError("expected a Medusa event with a name such as order.placed, got none")
    things = _things(body.get("data"))
    if not things:
        raise InputError("expected a Medusa event with data that names at least one thing, got none")
    for thing in things:
        yield _draft(body, name, thing)


def _fits(body: Mapping[str, Any]) -> bool:
    name = _name(body)
    if name is None or "data" not in body or "specversion" in body or "object" in body:
        return False
    first = next(iter(_things(body["data"])), {})
    told = (exact_id(first.get(name)) for name in ("id", *_RELATED))
    return any(_KNOWN.match(about) for about in told if about is not None)


NORMALISER: Final = Normaliser(
    kind="medusa_event",
    aliases=("medusa",),
    provider="medusa",
    source_kind="platform_webhook",
    version=1,
    read=_read,
    claim=migro_signature.claim,
    fits=_fits,
)
