"""
WooCommerce webhooks: the topic is in a header, the body is the resource as the shop's REST API gives it.

Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks and ``class-wc-webhook.php`` of WooCommerce
itself, which says what is signed and what the first ping looks like.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

import re2

from ..errors import InputError
from .claims import Claim, from_base64
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, minor_units, moment, whole, word
from .slugs import slug

__all__ = ["NORMALISER"]

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "order.created": ("order", "order.created"),
    "order.updated": ("order", "order.updated"),
    "order.restored": ("order", "order.updated"),
    "order.deleted": ("order", "order.deleted"),
    **dict.fromkeys(
        ("product.created", "product.updated", "product.deleted", "product.restored"), ("product", "product.changed")
    ),
    "customer.created": ("customer", "customer.changed"),
    "customer.updated": ("customer", "customer.changed"),
    "customer.deleted": ("compliance", "compliance"),
}
_RESOURCES: Final = ("order", "product", "customer", "coupon")
_PING: Final = re2.compile(r"^\s*webhook_id=(\d{1,20})\s*$")
_COUNTRY: Final = re2.compile(r"^[A-Z]{2}$")
_UNPAID: Final = frozenset({"pending", "failed", "checkout-draft"})


def _topic(envelope: Envelope, body: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the topic, or None, and what told it."""
    told = envelope.header("X-WC-Webhook-Topic")
    if told is None:
        resource, event = (envelope.header(f"X-WC-Webhook-{n}") for n in ("Resource", "Event"))
        told = f"{resource}.{event}" if resource and event else None
    told = slug(told)
    if told is not None:
        return told.lower(), "header"
    named = envelope.named.lower().replace("_", ".", 1)
    if named in _KINDS:
        return named, "file_name"
    name = _resource(body)
    return (None if name is None else f"{name}.updated"), "shape"


def _resource(body: Mapping[str, Any]) -> str | None:
    """Return what a resource is, by the members that no other has."""
    names = body.keys()
    if {"order_key", "line_items"} <= names or {"payment_method_title", "billing", "cart_hash"} <= names:
        return "order"
    if {"permalink", "stock_status"} <= names or {"catalog_visibility", "regular_price"} <= names:
        return "product"
    if {"discount_type", "code"} <= names:
        return "coupon"
    return "customer" if {"is_paying_customer", "billing"} <= names else None


def _own(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the resource, out of the one member that the legacy API wraps it in."""
    inner = next((body[n] for n in _RESOURCES if isinstance(body.get(n), Mapping)), None)
    return body if inner is None or len(body) > 1 else inner


def _occurred(topic: str, own: Mapping[str, Any]) -> datetime | None:
    # The names without gmt are in the shop's own time, and nothing says which that is.
    names = ["date_modified_gmt", "updated_at", "date_created_gmt", "created_at"]
    if topic.endswith(".created"):
        names = ["date_created_gmt", "created_at", "date_modified_gmt"]
    return next((t for n in names if (t := moment(own.get(n))) is not None), None)


def _country(own: Mapping[str, Any]) -> str | None:
    told = (word(at(own, f"{place}.country")) for place in ("shipping", "billing"))
    return next((c for c in told if c is not None and _COUNTRY.match(c)), None)


def _order(own: Mapping[str, Any]) -> tuple[dict[str, str | None], dict[str, Any], dict[str, Any]]:
    currency, status = word(own.get("currency")), slug(own.get("status"))
    paid = any(moment(own.get(n)) is not None for n in ("date_paid_gmt", "date_paid"))
    ids = {
        "order_id": exact_id(own.get("id")),
        "order_number": exact_id(own.get("number")) or exact_id(own.get("order_number")),
        "transaction_id": exact_id(own.get("transaction_id")),
        "parent_id": exact_id(own.get("parent_id")) if own.get("parent_id") not in (0, "0") else None,
    }
    numbers = {"total_minor": minor_units(own.get("total"), currency),
               "tax_minor": minor_units(own.get("total_tax"), currency)}  # fmt: skip
    words = {
        "currency": currency if any(v is not None for v in numbers.values()) else None,
        "paid": paid if "date_paid" in own or "date_paid_gmt" in own else None,
        # A shop that says both has a plug-in that skips a step.
        "contradiction": "paid_but_unpaid_status" if paid and status in _UNPAID else None,
        "payment_method": slug(own.get("payment_method")),
        "source_name": slug(own.get("created_via")),
        "country": _country(own),
    }
    return ids, numbers, words


def _product(own: Mapping[str, Any]) -> tuple[dict[str, str | None], dict[str, Any], dict[str, Any]]:
    managed = own.get("manage_stock") is not False
    ids = {"product_id": exact_id(own.get("id")), "sku": word(own.get("sku")),
           "parent_id": exact_id(own.get("parent_id")) if own.get("parent_id") not in (0, "0") else None}  # fmt: skip
    numbers = {"available": whole(own.get("stock_quantity")) if managed else None}
    return ids, numbers, {"stock_status": slug(own.get("stock_status"))}


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    if isinstance(envelope.body, str) and (ping := _PING.match(envelope.body)) is not None:
        yield _ping(envelope, ping.group(1))
        return
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a WooCommerce resource as a JSON object, got {type(body).__name__}")
    topic, source = _topic(envelope, _own(body))
    if topic is None:
        raise InputError("expected a topic in header X-WC-Webhook-Topic, got none, and the shape does not tell")
    yield _draft(envelope, _own(body), topic, source)


def _ping(envelope: Envelope, hook: str) -> Draft:
    return Draft(
        kind="platform.event",
        topic="hook.ping",
        raw_topic="ping",
        merchant=envelope.header("X-WC-Webhook-Source"),
        dedup=("woocommerce", "ping", hook),
        ids={"webhook_id": hook},
    )


def _draft(envelope: Envelope, own: Mapping[str, Any], topic: str, source: str) -> Draft:
    kind, canonical = _KINDS.get(topic, ("platform.event", topic))
    name = topic.partition(".")[0]
    about = exact_id(own.get("id"))
    if kind == "order" and about is None:
        kind, canonical = "platform.event", topic
    ids: dict[str, str | None] = {"webhook_id": exact_id(envelope.header("X-WC-Webhook-ID"))}
    numbers: dict[str, Any] = {}
    words: dict[str, Any] = {}
    if kind == "order":
        more, numbers, words = _order(own)
        ids |= more
    elif kind == "product":
        more, numbers, words = _product(own)
        ids |= more
    elif name == "coupon":
        ids["coupon_id"] = about
    person = about if name == "customer" else exact_id(own.get("customer_id"))
    changed = word(own.get("date_modified_gmt")) or word(own.get("updated_at"))
    return Draft(
        kind=kind,
        topic=canonical,
        raw_topic=topic,
        merchant=word(envelope.header("X-WC-Webhook-Source")),
        occurred_at=None if topic.endswith(".deleted") else _occurred(topic, own),
        # Every delivery has another id, also when the same event comes again.
        dedup=("woocommerce", topic, about, changed if about and changed else repr(sorted(own.items(), key=_name))),
        resource=None if name == "customer" or name not in _RESOURCES else (name, about),
        ids=ids,
        people={"customer_ref": None if person == "0" else person},
        # Of a product it says whether it is published, of an order how far it is.
        state=slug(own.get("status")) if kind in ("order", "product") else None,
        metrics=numbers,
        attrs={
            **words,
            "request": topic if kind == "compliance" else None,
            "topic_source": None if source == "header" else source,
        },
    )


def _name(item: tuple[str, Any]) -> str:
    return item[0]


def _secret(secret: str) -> bytes:
    # WooCommerce stores the secret as WordPress escapes text, and signs with what it was before.
    return html.unescape(secret).encode()


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("X-WC-Webhook-Signature")
    return Claim(signatures=(from_base64(signature),), message=raw, key=_secret) if signature else None


def _fits(body: Mapping[str, Any]) -> bool:
    return _resource(_own(body)) is not None and "admin_graphql_api_id" not in body


def _fits_text(text: str) -> bool:
    return len(text) < 100 and list(parse_qs(text.strip())) == ["webhook_id"]


NORMALISER: Final = Normaliser(
    kind="woocommerce_webhook",
    provider="woocommerce",
    source_kind="platform_webhook",
    version=1,
    read=_read,
    claim=_claim,
    headers=("x-wc-webhook-",),
    fits=_fits,
    fits_text=_fits_text,
)
