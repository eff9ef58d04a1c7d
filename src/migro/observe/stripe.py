"""
Stripe events: one envelope, the object that changed inside; amounts are minor units already.

Source: https://docs.stripe.com/api/events
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import InputError
from .amounts import counted, currency_of
from .claims import Claim, from_hex, seconds
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, word
from .references import code_of, named

__all__ = ["NORMALISER"]

_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "payment_intent.succeeded": ("payment", "order.paid"),
    "payment_intent.payment_failed": ("payment", "payment.failed"),
    "charge.failed": ("payment", "payment.failed"),
    "charge.refunded": ("refund", "refund.created"),
    "charge.refund.updated": ("refund", "refund.updated"),
    "refund.created": ("refund", "refund.created"),
    "refund.updated": ("refund", "refund.updated"),
    "refund.failed": ("refund", "refund.failed"),
    "charge.dispute.created": ("dispute", "dispute.created"),
    "radar.early_fraud_warning.created": ("dispute", "fraud.warning"),
    "checkout.session.completed": ("payment", "order.paid"),
    "checkout.session.async_payment_succeeded": ("payment", "order.paid"),
    "checkout.session.async_payment_failed": ("payment", "payment.failed"),
    "checkout.session.expired": ("cart", "cart.abandoned"),
    "invoice.paid": ("payment", "order.paid"),
    "invoice.payment_succeeded": ("payment", "order.paid"),
    "invoice.payment_failed": ("payment", "payment.failed"),
    "invoice.payment_action_required": ("payment", "payment.updated"),
    "order.payment_failed": ("payment", "payment.failed"),
    "order.payment_succeeded": ("payment", "order.paid"),
    "customer.created": ("customer", "customer.changed"),
    "customer.updated": ("customer", "customer.changed"),
    "customer.deleted": ("customer", "customer.changed"),
    "account.application.authorized": ("app", "app.lifecycle"),
    "account.application.deauthorized": ("app", "app.lifecycle"),
}
_FAMILIES: Final = (
    ("charge.dispute.", ("dispute", "dispute.updated")),
    ("payment_intent.", ("payment", "payment.updated")),
    ("charge.", ("payment", "payment.updated")),
    ("product.", ("product", "product.changed")),
    ("price.", ("product", "product.changed")),
)
_RELATED: Final = (
    "balance_transaction", "charge", "checkout_session", "coupon", "dispute", "invoice", "latest_charge",
    "latest_invoice", "order", "payment_intent", "payment_link", "payment_method", "payout", "plan", "price", "product",
    "promotion_code", "refund", "setup_intent", "subscription", "subscription_schedule", "transfer",
)  # fmt: skip
_WITHIN: Final = (
    ("charge_id", "last_payment_error.charge"),
    ("charge_id", "charges.data.0.id"),
    ("payment_intent_id", "payments.data.0.payment.payment_intent"),
    ("refund_id", "refunds.data.0.id"),
    ("subscription_id", "parent.subscription_details.subscription"),
    ("subscription_id", "lines.data.0.subscription"),
    ("coupon_id", "source.coupon"),
)
"""Where later and older API versions keep what others have at the top."""
_PERSONAL: Final = frozenset(
    (
        "customer card bank_account source person recipient identity_verification_session issuing_cardholder "
        "v2_core_account_person"
    ).split()
)
_DECIMALS: Final = {"ISK": 2, "MGA": 0, "UGX": 2}
"""Where Stripe counts in other units than ISO 4217: docs.stripe.com/currencies."""


def _reference(value: Any) -> str | None:
    # A reference can be expanded into the object it names.
    return exact_id(value.get("id")) if isinstance(value, Mapping) else exact_id(value)


def _ids(thing: Mapping[str, Any], name: str) -> dict[str, str | None]:
    ids: dict[str, str | None] = {}
    for id_name, path in _WITHIN:
        ids[id_name] = ids.get(id_name) or _reference(at(thing, path))
    for related in _RELATED:
        id_name = f"{related.removeprefix('latest_')}_id"
        ids[id_name] = _reference(thing.get(related)) or ids.get(id_name)
    if name != "event" and name not in _PERSONAL:
        ids[f"{name}_id"] = exact_id(thing.get("id"))
    return ids


def _classified(kind_of_event: str, thing: Mapping[str, Any]) -> tuple[str, str]:
    # Thin events of the second API name the first one's with its number before them.
    bare = kind_of_event.removeprefix("v1.")
    found = _TYPES.get(bare)
    if found is None:
        found = next((f for start, f in _FAMILIES if bare.startswith(start)), None)
    if found is None:
        return "platform.event", kind_of_event
    unpaid = thing.get("payment_status") in ("unpaid", "no_payment_required") or thing.get("mode") == "setup"
    if bare == "checkout.session.completed" and unpaid:
        return "payment", "payment.updated"
    return found


def _method(thing: Mapping[str, Any]) -> str | None:
    """Return how it was paid: the wallet, where there was one, else the one kind of payment method."""
    charge = at(thing, "charges.data.0")
    for holder in (thing, charge, thing.get("latest_charge")):
        details = at(holder, "payment_method_details")
        wallet = code_of(at(details, "card.wallet.type"))
        if wallet or code_of(at(details, "type")):
            return wallet or code_of(at(details, "type"))
    told = code_of(at(thing, "last_payment_error.payment_method.type"))
    types = thing.get("payment_method_types")
    return told or (code_of(types[0]) if isinstance(types, list) and len(types) == 1 else None)


def _amount(kind: str, thing: Mapping[str, Any]) -> int | None:
    names = (
        ("amount_refunded", "amount") if kind == "refund" else ("amount", "amount_total", "amount_due", "amount_paid")
    )
    currency = currency_of(thing.get("currency"))
    return next((a for name in names if (a := counted(thing.get(name), currency, _DECIMALS)) is not None), None)


def _declined(thing: Mapping[str, Any]) -> str | None:
    # The code of a charge says only that the card was declined; why is in its outcome.
    places = [f"{error}.{code}" for error in ("last_payment_error", "last_setup_error")
              for code in ("decline_code", "code")]  # fmt: skip
    if thing.get("failure_code") is not None:
        places += ["outcome.reason", "failure_code"]
    return next((c for place in places if (c := code_of(at(thing, place)))), None)


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Stripe event as a JSON object, got {type(body).__name__}")
    kind_of_event = word(body.get("type"))
    if kind_of_event is None:
        raise InputError("expected a Stripe event with a type, got none")
    given = at(body, "data.object")
    if not isinstance(given, Mapping):
        # Events of the second API carry a reference only.
        given = body.get("related_object")
    thing: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name = (word(thing.get("object")) or word(thing.get("type")) or "event").replace(".", "_")
    kind, topic = _classified(kind_of_event, thing)
    account = exact_id(body.get("account")) or exact_id(body.get("context"))
    if account is None and name == "account":
        account = exact_id(thing.get("id"))
    own, persons = named({ref: at(thing, f"metadata.{ref}") for ref in ("cart_ref", "order_id", "order_ref")})
    ids = {**_ids(thing, name), **own}
    ids["event_id"] = exact_id(body.get("id"))
    if kind in ("payment", "refund", "dispute"):
        ids["payment_id"] = (
            ids.get("payment_intent_id") or ids.get("charge_id") or exact_id(thing.get("id")) or ids["event_id"]
        )
    live = body.get("livemode") if isinstance(body.get("livemode"), bool) else None
    amount = _amount(kind, thing)
    money = kind in ("payment", "refund", "dispute")
    customer = exact_id(thing.get("id")) if kind == "customer" else _reference(thing.get("customer"))
    yield Draft(
        kind=kind,
        topic=topic,
        raw_topic=kind_of_event,
        merchant=account,
        occurred_at=moment(body.get("created")),
        # Test senders zero the ids: the event's id alone would drop real events.
        dedup=("stripe", ids["event_id"], kind_of_event, exact_id(thing.get("id")), exact_id(body.get("created"))),
        resource=(name, exact_id(thing.get("id"))) if name not in _PERSONAL and kind != "customer" else None,
        ids=ids,
        people={**persons, "customer_ref": customer},
        state=word(thing.get("payment_status")) or word(thing.get("status")),
        env=None if live is None else ("production" if live else "test"),
        metrics={"amount_minor": amount if money else None},
        attrs={
            "currency": currency_of(thing.get("currency")) if money and amount is not None else None,
            "livemode": live,
            "decline_code": _declined(thing),
            "method": _method(thing) if kind == "payment" else None,
            "reason": (code_of(thing.get("reason")) or code_of(thing.get("fraud_type")))
            if kind in ("dispute", "refund")
            else None,
            "action": kind_of_event if kind == "app" else None,
            "api_version": word(body.get("api_version")),
        },
    )


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    header = envelope.header("Stripe-Signature")
    if not header:
        return None
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    values = tuple(from_hex(value) for name, _, value in parts if name == "v1")
    return Claim(signatures=values, message=f"{stamp}.".encode() + raw, stamp=seconds(stamp), timed=True)


def _fits(body: Mapping[str, Any]) -> bool:
    return body.get("object") in ("event", "v2.core.event") and {"type", "created"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="stripe_event",
    provider="stripe",
    source_kind="payment_webhook",
    version=3,
    read=_read,
    claim=_claim,
    headers=("stripe-signature",),
    fits=_fits,
)
