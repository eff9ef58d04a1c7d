"""
Adobe Commerce through Adobe I/O Events: CloudEvents whose data holds the fields that the merchant has subscribed to.

Sources: https://developer.adobe.com/commerce/extensibility/events/,
https://developer.adobe.com/events/docs/guides/sdk/sdk-signature-verification
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_base64
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .parsing import at, exact_id, minor_units, moment, read_json, whole, word
from .privacy import holds_secret
from .public_keys import installed, rsa_fits
from .slugs import slug
from .zones import unsaid_zone

__all__ = ["EVENTS", "NORMALISER", "claim", "from_event"]

EVENTS: Final = "com.adobe.commerce."
"""How the types of its CloudEvents begin."""

_NAMES: Final = tuple(
    (re2.compile(pattern), kind, topic)
    for pattern, kind, topic in (
        (r"sales_order_item|sales_order_status_history|order_address", "platform.event", ""),
        (r"creditmemo|credit_memo", "refund", "refund.created"),
        (r"shipment", "fulfilment", "fulfilment.changed"),
        (r"sales_order_payment|order_invoice|invoice", "order", "order.updated"),
        (r"sales_order|order_management|order_repository|order_place", "order", "order.updated"),
        (r"stock_item|source_item|stock_registry|inventory", "inventory", "inventory.changed"),
        (r"quote|cart|checkout", "cart", "cart.changed"),
        (r"catalog|product", "product", "product.changed"),
        (r"customer_group", "platform.event", ""),
        (r"customer_delete|customer_repository\.delete", "compliance", "compliance"),
        (r"customer|newsletter", "customer", "customer.changed"),
    )
)
_OWN: Final = ("observer.", "plugin.")
_RECIPIENT: Final = re2.compile(r"(?im)^\s*recipient:\s*(\S+)\s*$")
_COUNTRY: Final = re2.compile(r"^[A-Z]{2}$")
_ABOUT: Final = {"order": "order", "refund": "order", "fulfilment": "shipment", "product": "product",
                 "inventory": "stock_item", "cart": "quote"}  # fmt: skip


def _classified(name: str, value: Mapping[str, Any]) -> tuple[str, str]:
    if not name.startswith(_OWN):
        # What another system tells Commerce, and other products of Adobe, are no events of Commerce.
        return "platform.event", name
    kind, topic = next(((k, t) for pattern, k, t in _NAMES if pattern.search(name)), ("platform.event", ""))
    if topic == "order.updated":
        made, changed = word(value.get("created_at")), word(value.get("updated_at"))
        invoice = re2.search(r"invoice|payment", name) is not None
        new = value.get("_isNew") is True or re2.search(r"_place|\.place", name) is not None
        if not invoice and (new or (made is not None and made == changed)):
            topic = "order.created"
        elif invoice and whole(value.get("state")) == 2:
            # 2 is the state of an invoice that is paid.
            topic = "order.paid"
        elif name.endswith("delete_commit_after"):
            topic = "order.deleted"
    return kind, topic or name


def _first(value: Mapping[str, Any], *paths: str) -> Any:
    return next((v for path in paths if (v := at(value, path)) not in (None, "")), None)


def _ids(kind: str, name: str, value: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, str | None]:
    if kind in ("customer", "compliance"):
        return {}
    own = exact_id(_first(value, "entity_id", "id"))
    part = re2.search(r"invoice|creditmemo|shipment|payment", name) is not None
    ids = {n: exact_id(value.get(n)) for n in ("order_id", "product_id", "quote_id", "item_id", "source_code")}
    ids["sku"] = word(value.get("sku"))
    ids["store_id"] = exact_id(value.get("store_id")) or exact_id(at(data, "_metadata.storeId"))
    ids["website_id"] = exact_id(value.get("website_id")) or exact_id(at(data, "_metadata.websiteId"))
    if kind == "order" and not part:
        ids["order_id"] = own or ids["order_id"]
        ids["order_number"] = exact_id(value.get("increment_id"))
        ids["cart_ref"] = ids["quote_id"]
    elif kind == "product":
        ids["product_id"] = ids["product_id"] or own
    elif kind == "cart":
        ids["cart_ref"] = ids["quote_id"] or own
    elif kind == "inventory":
        ids["location_id"] = ids["source_code"] or exact_id(value.get("stock_id"))
        ids["sku"] = ids["sku"] or ids["product_id"]
    elif part:
        ids[f"{_ABOUT.get(kind, 'invoice')}_id" if kind == "fulfilment" else "document_id"] = own
    return ids


def _shop(data: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Return the merchant and the environment, which Commerce writes as ``merchant.environment``."""
    source = word(data.get("source")) or ""
    if holds_secret(source):
        return source, None  # whole, it becomes a pseudonym; half of an address would not
    merchant, _, place = source.rpartition(".")
    known = environment(place)
    return word(merchant), known if known != "unknown" else None


def from_event(event: Mapping[str, Any]) -> Draft | Refused:
    """Return what a CloudEvent of Adobe Commerce says."""
    given = event.get("data")
    if not isinstance(given, Mapping):
        reason = f"expected an Adobe Commerce event with an object as data, got {type(given).__name__}"
        return Refused(reason=reason, content=event)
    name = (slug(event.get("type")) or "unnamed").removeprefix(EVENTS)
    inner = given.get("value")
    value: Mapping[str, Any] = inner if isinstance(inner, Mapping) else given
    kind, topic = _classified(name, value)
    ids = _ids(kind, name, value, given)
    if kind == "order" and not ids.get("order_id"):
        kind, topic = "platform.event", name
    merchant, env = _shop(given)
    currency = word(_first(value, "order_currency_code", "base_currency_code", "store_currency_code"))
    money = {n: minor_units(value.get(path), currency) for n, path in _amounts(kind).items()}
    country = word(_first(value, "shipping_address.country_id", "billing_address.country_id"))
    stock = _first(value, "qty", "quantity") if kind == "inventory" else _first(value, "stock_data.qty")
    personal = kind in ("customer", "compliance")
    about = None if personal or kind not in _ABOUT else (_ABOUT[kind], exact_id(_first(value, "entity_id", "id")))
    person = _first(value, "entity_id", "id", "customer_id") if personal else value.get("customer_id")
    return Draft(
        kind=kind,
        topic=topic,
        raw_topic=name,
        merchant=merchant,
        occurred_at=moment(event.get("time")),
        dedup=("adobe", word(event.get("source")), exact_id(event.get("id")) or repr(event)),
        resource=about,
        ids={**ids, "event_id": exact_id(event.get("id"))},
        people={"customer_ref": exact_id(person)},
        state=slug(_first(value, "state", "status")) if kind == "order" else None,
        env=env,
        metrics={**money, "available": _pieces(stock)},
        attrs={
            "currency": currency if any(v is not None for v in money.values()) else None,
            "status_name": slug(value.get("status")) if kind == "order" else None,
            "country": country if kind == "order" and country and _COUNTRY.match(country) else None,
            "request": name if kind == "compliance" else None,
            "time_zone": unsaid_zone(event.get("time")),
            "api_version": slug(at(given, "_metadata.commerceVersion")),
        },
        provider="adobe",
        source_kind="platform_webhook",
    )


def _amounts(kind: str) -> Mapping[str, str]:
    if kind == "order":
        return {"total_minor": "grand_total", "tax_minor": "tax_amount"}
    return {"amount_minor": "grand_total"} if kind == "refund" else {}


def _pieces(told: Any) -> int | None:
    # Commerce writes quantities with four places behind the point.
    text = told.strip() if isinstance(told, str) else told
    if isinstance(text, str) and re2.fullmatch(r"-?[0-9]{1,15}\.0+", text):
        text = text.partition(".")[0]
    return whole(text)


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an Adobe event as a JSON object, got {type(body).__name__}")
    if "specversion" not in body:
        # The older form has the event under its name, and its type in a header only.
        code = slug(envelope.header("x-adobe-event-code"))
        inner = body.get("event")
        if code is None or not isinstance(inner, Mapping):
            raise InputError("expected a CloudEvent, or an event with header x-adobe-event-code, got neither")
        told = exact_id(body.get("event_id")) or exact_id(envelope.header("x-adobe-event-id"))
        body = {"type": code, "id": told, "source": envelope.header("x-adobe-provider"), "data": inner}
    yield from_event(body)


def claim(envelope: Envelope, raw: bytes) -> Claim | None:
    """
    Return what a delivery of Adobe I/O Events claims, or None without a signature.

    The secret is a public key as PEM with a line ``recipient: <client id>`` above it. Without that line nothing is
    proven: Adobe signs everybody's events with the same keys, so another customer of Adobe could send his own.
    """
    given = [s for n in ("1", "2") if (s := envelope.header(f"x-adobe-digital-signature-{n}"))]
    if not given:
        return None
    signatures = [from_base64(s) for s in given]
    addressee = _addressee(raw)

    def proves(secret: str) -> bool:
        wanted = _RECIPIENT.search(secret.replace("\\n", "\n"))
        meant = wanted is not None and wanted.group(1) == addressee
        return rsa_fits(secret, signatures, raw) and meant

    return Claim(proves=proves, checkable=installed())


def _addressee(raw: bytes) -> str | None:
    try:
        body = read_json(raw.decode())
    except (InputError, UnicodeDecodeError):
        return None
    return word(_first(body, "recipientclientid", "recipient_client_id")) if isinstance(body, Mapping) else None


def _fits(body: Mapping[str, Any]) -> bool:
    return {"event_id", "event", "recipient_client_id"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="adobe_event",
    aliases=("adobe_commerce", "adobe_io_event"),
    provider="adobe",
    source_kind="platform_webhook",
    version=1,
    read=_read,
    claim=claim,
    fits=_fits,
)
