"""
PayPal webhooks: payments, refunds, disputes and checkout orders, each with the resource as it is now.

Sources: https://developer.paypal.com/api/rest/webhooks/event-names/,
https://developer.paypal.com/api/rest/webhooks/rest/
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import re2

from ..errors import InputError
from .amounts import currency_of, summed
from .claims import Claim, from_base64
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, minor_units, moment, word
from .public_keys import installed, rsa_fits
from .references import code_of, named
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_TYPES: Final = tuple(
    (re2.compile(f"^(?:{pattern})$"), kind, topic)
    for pattern, kind, topic in (
        (r"PAYMENT\.(CAPTURE|SALE)\.COMPLETED", "payment", "order.paid"),
        (r"PAYMENT\.(CAPTURE|SALE|AUTHORIZATION)\.(DENIED|DECLINED)", "payment", "payment.failed"),
        (r"CHECKOUT\.ORDER\.DECLINED|CHECKOUT\.PAYMENT-APPROVAL\.REVERSED", "payment", "payment.failed"),
        (r"BILLING\.SUBSCRIPTION\.PAYMENT\.FAILED", "payment", "payment.failed"),
        (r"PAYMENT\.(CAPTURE|SALE)\.(REFUNDED|REVERSED)|PAYMENT\.REFUND\.COMPLETED", "refund", "refund.created"),
        (r"PAYMENT\.REFUND\.(FAILED|DENIED|CANCELLED)", "refund", "refund.failed"),
        (r"PAYMENT\.REFUND\..*", "refund", "refund.updated"),
        (r"PAYMENT\.(CAPTURE|SALE|AUTHORIZATION|ORDER)\..*", "payment", "payment.updated"),
        (r"CHECKOUT\.(ORDER|PAYMENT-APPROVAL|CHECKOUT)\..*", "payment", "payment.updated"),
        (r"(CUSTOMER|RISK)\.DISPUTE\.CREATED", "dispute", "dispute.created"),
        (r"(CUSTOMER|RISK)\.DISPUTE\..*", "dispute", "dispute.updated"),
        (r"CATALOG\.PRODUCT\..*", "product", "product.changed"),
        (r"MERCHANT\..*", "app", "app.lifecycle"),
    )
)
_TYPE: Final = re2.compile(r"^[A-Z][A-Z_-]*(\.[A-Z_-]+){1,4}$")
_MONEY: Final = ("payment", "refund", "dispute")
_UP: Final = re2.compile(r"/(captures?|authorizations?|sale|orders)/([A-Za-z0-9-]{1,40})$")
_LINKED: Final = {"captures": "capture_id", "capture": "capture_id", "authorizations": "authorization_id",
                  "authorization": "authorization_id", "sale": "sale_id", "orders": "paypal_order_id"}  # fmt: skip
_OWN: Final = {
    "AUTHORIZATION": "authorization_id",
    "BILLING.SUBSCRIPTION": "subscription_id",
    "CAPTURE": "capture_id",
    "DISPUTE": "dispute_id",
    "ORDER": "paypal_order_id",
    "REFUND": "refund_id",
    "SALE": "sale_id",
}
"""What a resource's own id is, by the second word of the event, or by the first two."""
_LIVE: Final = frozenset({"api.paypal.com", "api-m.paypal.com"})
_SANDBOX: Final = frozenset({"api.sandbox.paypal.com", "api-m.sandbox.paypal.com"})


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _money(value: Any) -> tuple[Any, str | None]:
    """Return amount and currency of both APIs: ``value`` and ``currency_code``, or ``total`` and ``currency``."""
    amount = at(value, "value")
    currency = currency_of(at(value, "currency_code")) or currency_of(at(value, "currency"))
    return (amount if amount is not None else at(value, "total")), currency


def _amount(thing: Mapping[str, Any], kind: str) -> tuple[int | None, str | None]:
    if kind not in _MONEY:
        return None, None
    units = [unit.get("amount") for unit in _list(thing.get("purchase_units"))]
    names = ("dispute_amount", "amount", "gross_amount", "billing_info.last_failed_payment.amount")
    single = next((a for name in names if isinstance(a := at(thing, name), Mapping)), None)
    if single is None:
        return summed(map(_money, units))
    value, currency = _money(single)
    amount = minor_units(value, currency)
    # The first API writes what went back with a minus.
    return (abs(amount) if amount is not None and kind == "refund" else amount), currency


def _links(thing: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the ids of what a resource hangs below, which some events give as an address only."""
    found: dict[str, str | None] = {}
    for link in _list(thing.get("links")):
        match = _UP.search(_path(link.get("href"))) if link.get("rel") in ("up", "capture", "sale", "order") else None
        if match:
            found.setdefault(_LINKED[match.group(1)], match.group(2))
    return found


def _path(address: Any) -> str:
    try:
        return urlsplit(address).path if isinstance(address, str) else ""
    except ValueError:
        return ""


def _host(address: Any) -> str | None:
    try:
        return urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:
        return None


def _live(body: Mapping[str, Any], thing: Mapping[str, Any]) -> bool | None:
    # No field says it; the addresses of the API do.
    hosts = {_host(link.get("href")) for holder in (body, thing) for link in _list(holder.get("links"))}
    if hosts & _SANDBOX:
        return False
    return True if hosts & _LIVE else None


def _ids(thing: Mapping[str, Any], kind_of_event: str, kind: str, resource_type: Any) -> dict[str, str | None]:
    own = exact_id(thing.get("id"))
    unit = next(iter(_list(thing.get("purchase_units"))), {})
    disputed = next(iter(_list(thing.get("disputed_transactions"))), {})
    related = at(thing, "supplementary_data.related_ids")
    ids = {
        "capture_id": exact_id(at(related, "capture_id")) or exact_id(at(unit, "payments.captures.0.id")),
        "authorization_id": exact_id(at(related, "authorization_id"))
        or exact_id(at(unit, "payments.authorizations.0.id")),
        "paypal_order_id": exact_id(at(related, "order_id")) or exact_id(thing.get("order_id")),
        "sale_id": exact_id(thing.get("sale_id")),
        "parent_payment_id": exact_id(thing.get("parent_payment")),
        "subscription_id": exact_id(thing.get("billing_agreement_id")),
        "dispute_id": exact_id(thing.get("dispute_id")),
        "seller_transaction_id": exact_id(disputed.get("seller_transaction_id")),
    }
    ids |= {name: value for name, value in _links(thing).items() if not ids.get(name)}
    # A refund names what it refunds, or lies at an address of refunds; else it is the payment itself in its new state.
    own_path = next((_path(link.get("href")) for link in _list(thing.get("links")) if link.get("rel") == "self"), "")
    refunds = resource_type == "refund" or ids["capture_id"] or ids["sale_id"] or "/refund" in own_path
    about = kind_of_event.split(".")
    name = _OWN.get(".".join(about[:2])) or _OWN.get(about[1] if len(about) > 1 else "")
    if kind == "refund" and refunds:
        name = "refund_id"
    return {**ids, name: own or ids.get(name)} if name else ids


def _payment_id(ids: Mapping[str, str | None], kind: str) -> str | None:
    names = ["capture_id", "sale_id", "seller_transaction_id"]
    if kind == "payment":
        names += ["authorization_id", "paypal_order_id", "subscription_id", "parent_payment_id"]
    return next((i for n in names if (i := ids.get(n))), None)


def _merchant(thing: Mapping[str, Any]) -> str | None:
    places = ("payee.merchant_id", "purchase_units.0.payee.merchant_id", "disputed_transactions.0.seller.merchant_id",
              "merchant_id")  # fmt: skip
    return next((m for place in places if (m := code_of(at(thing, place)))), None)


def _person(thing: Mapping[str, Any]) -> str | None:
    places = ("payer.payer_id", "payer.payer_info.payer_id", "payment_source.paypal.account_id",
              "subscriber.payer_id", "disputed_transactions.0.buyer.payer_id")  # fmt: skip
    return next((p for place in places if (p := exact_id(at(thing, place)))), None)


def _method(thing: Mapping[str, Any]) -> str | None:
    source = thing.get("payment_source")
    names = [n for n in source if isinstance(n, str)] if isinstance(source, Mapping) else []
    return code_of(names[0]) if len(names) == 1 else None


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a PayPal event as a JSON object, got {type(body).__name__}")
    kind_of_event = word(body.get("event_type"))
    if kind_of_event is None:
        raise InputError("expected a PayPal event with an event_type, got none")
    given = body.get("resource")
    thing: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    kind, topic = next(
        ((kind, topic) for pattern, kind, topic in _TYPES if pattern.match(kind_of_event.upper())),
        ("platform.event", kind_of_event.lower()),
    )
    ids = _ids(thing, kind_of_event.upper(), kind, body.get("resource_type"))
    payment = _payment_id(ids, kind) or (exact_id(thing.get("id")) if kind == "payment" else None)
    if kind == "payment" and payment is None:
        kind, topic = "platform.event", kind_of_event.lower()
    money = kind in _MONEY
    disputed = next(iter(_list(thing.get("disputed_transactions"))), {})
    unit = next(iter(_list(thing.get("purchase_units"))), {})
    own, persons = named(
        {
            "order_ref": thing.get("invoice_id") or thing.get("invoice_number") or unit.get("invoice_id")
            or disputed.get("invoice_number"),
            "custom_id": thing.get("custom_id") or thing.get("custom") or unit.get("custom_id")
            or disputed.get("custom"),
        }
    )  # fmt: skip
    amount, currency = _amount(thing, kind)
    live = _live(body, thing)
    event = exact_id(body.get("id"))
    why = code_of(at(thing, "status_details.reason")) or code_of(thing.get("reason_code"))
    declined = why or code_of(at(thing, "processor_response.response_code"))
    dispute = ids.get("dispute_id") or exact_id(thing.get("id"))
    about = {"payment": payment, "refund": ids.get("refund_id"), "dispute": dispute}
    product = exact_id(thing.get("id")) if kind == "product" else None
    yield Draft(
        kind=kind,
        topic=topic,
        raw_topic=kind_of_event,
        merchant=_merchant(thing),
        occurred_at=moment(body.get("create_time")) or moment(thing.get("update_time"))
        or moment(thing.get("create_time")),
        dedup=("paypal", event, kind_of_event, exact_id(thing.get("id")) or ids.get("dispute_id"),
               None if event else repr(body)),
        resource=(kind, about.get(kind)) if money else None,
        ids={**(ids if money else {}), **own, "event_id": event, "payment_id": payment if money else None,
             "product_id": product},
        people={**persons, "customer_ref": _person(thing)},
        state=code_of(thing.get("status")) or code_of(thing.get("state")),
        env=None if live is None else ("production" if live else "test"),
        metrics={"amount_minor": amount},
        attrs={
            "currency": currency if amount is not None else None,
            "livemode": live,
            "method": _method(thing) if kind == "payment" else None,
            "decline_code": declined if topic == "payment.failed" else None,
            "reason": (code_of(thing.get("reason")) or why) if kind in ("refund", "dispute") else None,
            "status_reason": why if kind == "payment" else None,
            "stage": code_of(thing.get("dispute_life_cycle_stage")) if kind == "dispute" else None,
            "outcome": code_of(at(thing, "dispute_outcome.outcome_code")) if kind == "dispute" else None,
            "action": kind_of_event if kind == "app" else None,
            "time_zone": unsaid_zone(body.get("create_time")),
        },
    )  # fmt: skip


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    name, stamp, signed, address, method = (
        envelope.header(f"Paypal-{n}") for n in ("Transmission-Id", "Transmission-Time", "Transmission-Sig", "Cert-Url",
                                                 "Auth-Algo")
    )  # fmt: skip
    if not signed:
        return None
    host = _host(address) or ""
    known = method is None or method.upper() == "SHA256WITHRSA"
    own = address is None or host == "paypal.com" or host.endswith(".paypal.com")

    def proves(secret: str) -> bool:
        # The webhook's id, which the delivery does not carry, stands before the certificate that is trusted.
        webhook = secret.partition("-----BEGIN")[0].replace("\\n", " ").strip(" \t\r\n|")
        message = f"{name}|{stamp}|{webhook}|{zlib.crc32(raw)}".encode()
        return known and own and bool(webhook) and rsa_fits(secret, (from_base64(signed),), message)

    return Claim(proves=proves, checkable=installed())


def _fits(body: Mapping[str, Any]) -> bool:
    kind_of_event = body.get("event_type")
    return isinstance(kind_of_event, str) and _TYPE.match(kind_of_event) is not None and "resource" in body


NORMALISER: Final = Normaliser(
    kind="paypal_webhook",
    provider="paypal",
    source_kind="payment_webhook",
    version=1,
    read=_read,
    claim=_claim,
    headers=("paypal-transmission-", "paypal-cert-url"),
    fits=_fits,
)
