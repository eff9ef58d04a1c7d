"""
commercetools subscriptions: messages and change notifications, as they are, as CloudEvents, or carried by a queue.

Nothing is signed: who may write to the queue is the queue's affair. A host that passes messages on may sign them with
migro's own signature.

Sources: https://docs.commercetools.com/api/projects/subscriptions, https://docs.commercetools.com/api/projects/messages
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
import re2

from . import migro_signature
from .carriers import Carried, carried
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word
from .slugs import slug
from .zones import unsaid_zone

__all__ = ["EVENTS", "NORMALISER", "from_event"]

EVENTS: Final = "com.commercetools."
"""How the types of its CloudEvents begin."""

_MESSAGES: Final = tuple(
    (re2.compile(f"^(?:{pattern})"), kind, topic)
    for pattern, kind, topic in (
        (r"OrderCreated$", "order", "order.created"),
        (r"OrderImported$", "order", "order.imported"),
        (r"OrderDeleted$", "order", "order.deleted"),
        (r"(?:Delivery|Parcel)[A-Z]", "fulfilment", "fulfilment.changed"),
        (r"(?:Order(?:Edit)?|LineItem|CustomLineItem|ReturnInfo|Return)[A-Z]", "order", "order.updated"),
        (r"CustomerDeleted$", "compliance", "compliance"),
        (r"CustomerGroup", "platform.event", ""),
        (r"Customer[A-Z]", "customer", "customer.changed"),
        (r"InventoryEntry[A-Z]", "inventory", "inventory.changed"),
        (r"ProductSelection|ProductTailoring|ProductType", "platform.event", ""),
        (r"(?:Product|Category|StandalonePrice)[A-Z]", "product", "product.changed"),
        (r"Payment[A-Z]", "payment", "payment.updated"),
        (r"Cart(?:Deleted|Created|Updated)", "cart", "cart.changed"),
    )
)
_RESOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "order": ("order", "order"),
    "payment": ("payment", "payment.updated"),
    "cart": ("cart", "cart.changed"),
    **dict.fromkeys(("product", "category", "standalone-price"), ("product", "product.changed")),
    "inventory-entry": ("inventory", "inventory.changed"),
    "customer": ("customer", "customer.changed"),
}
_CHANGES: Final = {"ResourceCreated": "created", "ResourceUpdated": "updated", "ResourceDeleted": "deleted"}
_STATES: Final = ("orderState", "paymentState", "shipmentState", "returnShipmentState", "state")
_HUMP: Final = re2.compile(r"([a-z0-9])([A-Z])")
_COUNTRY: Final = re2.compile(r"^[A-Z]{2}$")


def _snake(name: str) -> str:
    return str(_HUMP.sub(r"\1_\2", name)).lower().replace("-", "_")


def _first(body: Mapping[str, Any], *paths: str) -> Any:
    return next((v for path in paths if (v := at(body, path)) not in (None, "")), None)


def _classified(body: Mapping[str, Any], about: str) -> tuple[str, str, str] | None:
    """Return kind, canonical topic and the sender's own word, or None for what is no notification."""
    notification, message = slug(body.get("notificationType")), slug(body.get("type"))
    change = _CHANGES.get(notification or "")
    if change is not None:
        kind, topic = _RESOURCES.get(about, ("platform.event", f"{_snake(about)}.{change}"))
        if kind == "order":
            topic = f"order.{change}"
        elif kind == "customer" and change == "deleted":
            kind, topic = "compliance", "compliance"
        return kind, topic, f"{about}.{notification}"
    if notification in ("Message", None) and message is not None:
        kind, topic = next(((k, t) for pattern, k, t in _MESSAGES if pattern.match(message)), ("platform.event", ""))
        return kind, topic or _snake(message).replace("_", ".", 1), message
    other = message or slug(body.get("eventType"))
    if notification is None:
        return None
    return "platform.event", f"commercetools.{_snake(other or notification)}", other or notification


def _merchant(body: Mapping[str, Any], source: str) -> str | None:
    # The source of an event is /project/orders, that of EventBridge aws.partner/commercetools.com/project/subscription.
    told = word(body.get("projectKey"))
    if told is None:
        parts = source.removeprefix("aws.partner/commercetools.com").strip("/").split("/")
        told = word(parts[0])
    return told


def _money(thing: Any) -> tuple[int | None, str | None]:
    """Return an amount in minor units, which commercetools gives as such, and its currency."""
    amount, currency = whole(at(thing, "centAmount")), word(at(thing, "currencyCode"))
    return (amount, currency) if amount is not None and currency is not None else (None, None)


def _ids(body: Mapping[str, Any], kind: str, about: str, own: str | None) -> dict[str, str | None]:
    told = body.get("resourceUserProvidedIdentifiers")
    named: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    if kind in ("customer", "compliance"):
        return {"message_id": exact_id(body.get("id"))}
    name = "product" if about == "product" else _snake(about)
    ids = {
        f"{name}_id": own,
        "message_id": exact_id(body.get("id")),
        "resource_key": exact_id(named.get("key")),
        "order_number": exact_id(named.get("orderNumber")) or exact_id(at(body, "order.orderNumber")),
        "sku": word(_first(body, "resourceUserProvidedIdentifiers.sku", "inventoryEntry.sku", "sku")),
        "line_item_id": exact_id(body.get("lineItemId")),
        "transaction_id": exact_id(_first(body, "transactionId", "transaction.id")),
    }
    if kind in ("order", "fulfilment"):
        ids["order_id"] = own if about == "order" else exact_id(_first(body, "orderId", "order.id"))
        ids["cart_ref"] = exact_id(at(body, "order.cart.id"))
    elif kind == "cart":
        ids["cart_ref"] = own
    elif kind == "inventory":
        channel = _first(body, "supplyChannel.id", "inventoryEntry.supplyChannel.id")
        ids |= {"sku": ids["sku"] or own, "location_id": exact_id(channel)}
    return ids


def _paid(body: Mapping[str, Any], message: str, state: str | None) -> tuple[str, str] | None:
    """Return what a message says about money beyond its name, as kind and topic."""
    transaction = word(at(body, "transaction.type"))
    if message == "OrderPaymentStateChanged":
        return ("order", "order.paid") if state == "Paid" else None
    if not message.startswith("PaymentTransaction"):
        return None
    done = word(at(body, "transaction.state")) or state
    if transaction == "Refund" and done == "Success":
        return "refund", "refund.created"
    if transaction == "Chargeback":
        return "dispute", "dispute.created"
    if done == "Failure":
        return "payment", "payment.failed"
    return ("payment", "order.paid") if transaction == "Charge" and done == "Success" else None


def _draft(body: Mapping[str, Any], source: str, event: Mapping[str, Any]) -> Draft | Refused:
    about = slug(at(body, "resource.typeId")) or ""
    classified = _classified(body, about)
    if classified is None or not (about or body.get("projectKey")):
        reason = "expected a commercetools message with a type and a resource, got none"
        return Refused(reason=reason, content=body)
    kind, topic, raw = classified
    own = exact_id(at(body, "resource.id"))
    state = next((s for name in _STATES if (s := slug(body.get(name))) is not None), None)
    kind, topic = _paid(body, raw, state) or (kind, topic)
    ids = _ids(body, kind, about, own)
    if kind in ("payment", "refund", "dispute"):
        ids["payment_id"] = own if about == "payment" else exact_id(body.get("paymentId"))
    if (kind == "order" and not ids.get("order_id")) or (kind == "payment" and not ids.get("payment_id")):
        kind, topic = "platform.event", _snake(raw).replace("_", ".", 1)
    told = next((t for t in (body.get("createdAt"), body.get("modifiedAt"), event.get("time")) if moment(t)), None)
    person = own if kind in ("customer", "compliance") else exact_id(_first(body, "order.customerId", "customerId"))
    project = _merchant(body, source)
    sequence, version = whole(body.get("sequenceNumber")), whole(_first(body, "resourceVersion", "version"))
    total, tax, amount = (_money(_first(body, *paths)) for paths in (
        ("order.taxedPrice.totalGross", "order.totalPrice"), ("order.taxedPrice.totalTax",),
        ("transaction.amount", "payment.amountPlanned")))  # fmt: skip
    country = word(_first(body, "order.shippingAddress.country", "order.country"))
    # A message counts within its resource; the version of a change is the resource's own.
    number = ("message", sequence) if sequence is not None and own else (word(body.get("notificationType")), version)
    unnumbered = number[1] is None or own is None
    return Draft(
        kind=kind,
        topic=topic,
        raw_topic=(slug(event.get("type")) or raw).removeprefix(EVENTS),
        merchant=project,
        occurred_at=moment(told),
        dedup=("commercetools", project, about, own, *number, exact_id(body.get("id")) or repr(body))
        if unnumbered
        else ("commercetools", project, about, own, *number),
        resource=(_snake(about), own) if about and kind not in ("customer", "compliance") else None,
        ids=ids,
        people={"customer_ref": person},
        state=state,
        metrics={
            "sequence": sequence,
            "resource_version": version,
            "total_minor": total[0] if kind == "order" else None,
            "tax_minor": tax[0] if kind == "order" else None,
            "amount_minor": amount[0] if kind in ("payment", "refund", "dispute") else None,
            "available": whole(_first(body, "newAvailableQuantity", "inventoryEntry.availableQuantity")),
        },
        attrs={
            "currency": (total if kind == "order" else amount)[1],
            "country": country if country and _COUNTRY.match(country) else None,
            "request": raw if kind == "compliance" else None,
            "time_zone": unsaid_zone(told),
            "partial": True if isinstance(body.get("payloadNotIncluded"), Mapping) else None,
        },
        provider="commercetools",
        source_kind="platform_webhook",
    )


def from_event(event: Mapping[str, Any]) -> Draft | Refused:
    """Return what a CloudEvent of commercetools says."""
    data = event.get("data")
    if not isinstance(data, Mapping):
        reason = f"expected a commercetools event with an object as data, got {type(data).__name__}"
        return Refused(reason=reason, content=event)
    return _draft(data, word(event.get("source")) or "", event)


def _one(found: Carried) -> Draft | Refused:
    if not isinstance(found.body, Mapping):
        reason = f"expected a commercetools message as a JSON object, got {type(found.body).__name__}"
        return Refused(reason=reason, content=found.body)
    if str(found.body.get("type", "")).startswith(EVENTS) and "specversion" in found.body:
        return from_event(found.body)
    return _draft(found.body, found.source, {})


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for place, found in enumerate(carried(envelope.value())):
        one = _one(found)
        yield attrs.evolve(one, ordinal=place) if isinstance(one, Refused) else one


def _fits(body: Mapping[str, Any]) -> bool:
    inner = next(carried(body)).body
    if not isinstance(inner, Mapping):
        return False
    if inner is not body and str(inner.get("type", "")).startswith(EVENTS):
        return True
    known = inner.get("notificationType") in ("Message", "Event", *_CHANGES) and "projectKey" in inner
    message = {"resource", "sequenceNumber", "resourceVersion", "type"} <= inner.keys()
    return known or message


NORMALISER: Final = Normaliser(
    kind="commercetools_message",
    aliases=("commercetools", "commercetools_subscription"),
    provider="commercetools",
    source_kind="platform_webhook",
    version=1,
    read=_read,
    claim=migro_signature.claim,
    fits=_fits,
)
