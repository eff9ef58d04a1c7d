"""
Saleor webhooks: the event is in a header; the body is a fixed one of older versions, or what a subscription asks for.

Sources: https://docs.saleor.io/developer/extending/webhooks/overview,
https://docs.saleor.io/developer/extending/webhooks/payload-signature
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import re2

from ..errors import InputError
from .claims import Claim, from_hex
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, minor_units, moment, read_json, whole, word
from .public_keys import holds_public_key, installed, rsa_fits, url_safe
from .saleor_topics import classified, event_of, family_of
from .slugs import slug
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_OBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("order",),
    "cart": ("checkout",),
    "refund": ("order",),
    "inventory": ("productVariant", "variant"),
    "product": ("productVariant", "product", "category", "collection"),
    "fulfilment": ("fulfillment",),
    "payment": ("transaction",),
    "customer": ("user", "customer"),
    "compliance": ("user", "customer"),
    "app": ("app",),
}
_FLAT: Final = (
    "product_variant_id", "product_id", "warehouse_id", "stock_id", "order_id", "checkout_id", "channel_id",
)  # fmt: skip
_NESTED: Final = ("order", "checkout", "product", "warehouse", "channel", "fulfillment", "transaction", "invoice")
_COUNTRY: Final = re2.compile(r"^[A-Z]{2}$")


def _first(thing: Mapping[str, Any], *paths: str) -> Any:
    return next((v for path in paths if (v := at(thing, path)) not in (None, "")), None)


def _domain(envelope: Envelope, payload: Mapping[str, Any]) -> str | None:
    told = word(envelope.header("Saleor-Domain")) or word(envelope.header("X-Saleor-Domain"))
    address = word(envelope.header("Saleor-Api-Url"))
    if told is None and address is not None:
        told = _host(address)
    return told or word(payload.get("domain"))


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _opened(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a subscription was answered, out of the members that may stand around it."""
    for name in ("data", "event"):
        inner = body.get(name)
        if isinstance(inner, Mapping):
            body = inner
    return body


def _own(kind: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((body[n] for n in _OBJECTS.get(kind, ()) if isinstance(body.get(n), Mapping)), body)


def _ids(kind: str, family: str, body: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str | None]:
    ids = {name: exact_id(own.get(name)) or exact_id(body.get(name)) for name in _FLAT}
    for holder in (body, own):
        ids |= {f"{n}_id": v for n in _NESTED if (v := exact_id(at(holder, f"{n}.id"))) is not None}
    ids["order_number"] = exact_id(_first(body, "order.number"))
    ids["sku"] = word(_first(own, "sku", "product_variant_sku"))
    if kind in ("customer", "compliance"):
        return {}
    about = exact_id(own.get("id"))
    if own is not body and own is body.get("productVariant"):
        ids["product_variant_id"] = about
    elif about is not None and "product_variant_id" not in own and family != "notify_user":
        ids[f"{family}_id"] = ids.get(f"{family}_id") or about
    if kind == "order":
        ids["order_number"] = exact_id(own.get("number"))
        ids["cart_ref"] = exact_id(_first(own, "checkoutId", "checkout.id"))
    elif kind == "cart":
        ids["checkout_id"] = about
        ids["cart_ref"] = about or exact_id(own.get("token"))
    elif kind == "payment":
        ids["payment_id"] = exact_id(_first(own, "pspReference", "psp_reference", "id", "token"))
    elif kind == "inventory":
        ids["sku"] = ids["sku"] or ids.get("product_variant_id")
        ids["location_id"] = ids.get("warehouse_id")
    return ids


def _time(event: str, body: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    """Return what is said about when it happened, as it is said."""
    issued = _first(body, "issuedAt", "issued_at", "meta.issued_at", "meta.issuedAt")
    if issued is not None:
        return issued
    if event.endswith("_created") and own.get("id"):
        return _first(own, "created", "createdAt", "created_at")
    return _first(own, "updatedAt", "updated_at") if event.endswith("_updated") else None


def _money(kind: str, own: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    if kind == "order":
        total = _first(own, "total.gross.amount", "total_gross_amount")
        currency = word(_first(own, "total.gross.currency", "total.currency", "currency", "channel.currency_code"))
        tax = _first(own, "total.tax.amount", "tax_amount")
        numbers = {"total_minor": minor_units(total, currency), "tax_minor": minor_units(tax, currency)}
    elif kind == "payment":
        amount = _first(own, "amount.amount", "chargedAmount.amount", "authorizedAmount.amount", "action.amount")
        currency = word(_first(own, "amount.currency", "chargedAmount.currency", "currency"))
        numbers = {"amount_minor": minor_units(amount, currency)}
    elif kind == "inventory":
        return {"available": whole(_first(own, "quantityAvailable", "quantity_available"))}, None
    else:
        return {}, None
    return numbers, currency if any(v is not None for v in numbers.values()) else None


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Saleor payload as a JSON object, got {type(body).__name__}")
    event, source = event_of(envelope, body)
    if event is None:
        raise InputError("expected an event in header Saleor-Event, got none, and the shape of the body does not tell")
    notified = slug(body.get("notify_event")) is not None
    yield _notification(envelope, body, event) if notified else _draft(envelope, body, event, source)


def _notification(envelope: Envelope, body: Mapping[str, Any], event: str) -> Draft:
    """Return a mail that Saleor asks somebody to send: it tells of an event, and is not that event."""
    name = slug(body.get("notify_event"))
    given = body.get("payload")
    payload: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    domain = _domain(envelope, payload)
    return Draft(
        kind="platform.event",
        topic=f"{event}.{name}",
        raw_topic=f"{event}:{name}",
        merchant=domain,
        dedup=("saleor", domain, event, repr(body)),
        ids={
            **_ids("", "notify_user", payload, payload),
            "order_id": exact_id(_first(payload, "order.id", "invoice.order_id", "fulfillment.order.id")),
        },
        people={"customer_ref": exact_id(at(payload, "user.id"))},
    )


def _draft(envelope: Envelope, body: Mapping[str, Any], event: str, source: str) -> Draft:
    opened = _opened(body)
    kind, topic = classified(event)
    family = family_of(event)
    own = _own(kind, opened)
    ids = _ids(kind, family, opened, own)
    if kind == "order":
        ids["order_id"] = ids.get("order_id") or exact_id(own.get("id"))
    if (kind == "order" and not ids.get("order_id")) or (kind == "payment" and not ids.get("payment_id")):
        kind, topic = "platform.event", event.replace("_", ".")
    numbers, currency = _money(kind, own)
    time = _time(event, opened, own)
    personal = kind in ("customer", "compliance")
    person = _first(own, "user.id", "userId") if not personal else _first(own, "id", "user.id")
    channel = slug(_first(own, "channel.slug", "channel_slug"))
    country = word(_first(own, "shippingAddress.country.code", "shipping_address.country"))
    domain = _domain(envelope, opened)
    return Draft(
        kind=kind,
        topic=topic,
        raw_topic=event,
        merchant=domain,
        occurred_at=moment(time),
        # Neither headers nor the older bodies name the delivery: equal bodies are taken for one event.
        dedup=("saleor", domain, event, repr(body)),
        resource=None if personal or family == "staff" else (family, exact_id(own.get("id"))),
        ids=ids,
        people={"customer_ref": exact_id(person)},
        state=slug(own.get("status")) if kind in ("order", "fulfilment") else None,
        metrics=numbers,
        attrs={
            "currency": currency,
            "channel": channel,
            "country": country if kind == "order" and country and _COUNTRY.match(country) else None,
            "financial_status": slug(_first(own, "paymentStatus", "payment_status")) if kind == "order" else None,
            "stock": {"out_of_stock": "out", "back_in_stock": "in"}.get(event.removeprefix("product_variant_")),
            "action": event.replace("_", ".") if kind == "app" else None,
            "request": event if kind == "compliance" else None,
            "api_version": slug(_first(opened, "version", "meta.version")),
            "time_zone": unsaid_zone(time),
            "topic_source": None if source == "header" else source,
        },
    )


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("Saleor-Signature") or envelope.header("X-Saleor-Signature")
    if not signature:
        return None
    return _of_token(signature, raw) if signature.count(".") == 2 else _of_secret(signature, raw)


def _of_secret(signature: str, raw: bytes) -> Claim:
    given = from_hex(signature)

    def proves(secret: str) -> bool:
        fits = hmac.compare_digest(hmac.digest(secret.encode(), raw, "sha256"), given)
        return fits and not holds_public_key(secret)

    return Claim(proves=proves)


def _of_token(signature: str, raw: bytes) -> Claim:
    """
    Return the claim of a JSON Web Signature whose payload is the body, RFC 7515 appendix F.

    Where the header says ``b64: false`` the body is signed as it is, RFC 7797. Nothing else that the header says is
    followed: not the algorithm, which is RS256, and no address or key.
    """
    protected, _, signed = signature.split(".")
    try:
        header = read_json(url_safe(protected).decode())
    except (InputError, UnicodeDecodeError):
        header = None
    sound = isinstance(header, Mapping) and header.get("alg") == "RS256"
    plain = isinstance(header, Mapping) and header.get("b64") is False
    message = protected.encode() + b"." + (raw if plain else _encoded(raw))
    given = url_safe(signed)
    return Claim(proves=lambda secret: sound and rsa_fits(secret, (given,), message), checkable=installed())


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _fits(body: Mapping[str, Any]) -> bool:
    if isinstance(body.get("notify_event"), str) and isinstance(body.get("payload"), Mapping):
        return True
    return {"product_variant_id", "warehouse_id"} <= body.keys() or isinstance(
        at(body, "meta.issuing_principal"), Mapping
    )


NORMALISER: Final = Normaliser(
    kind="saleor_webhook",
    provider="saleor",
    source_kind="platform_webhook",
    version=1,
    read=_read,
    claim=_claim,
    headers=("saleor-", "x-saleor-"),
    fits=_fits,
)
