"""
Shopify webhooks: the topic is in a header, the body is the resource.

Source: https://shopify.dev/docs/api/webhooks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_base64
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, minor_units, moment, whole, word
from .routes import route_of
from .shopify_ids import PERSONAL, business_ids, resource
from .shopify_topics import classified, is_distinct, singular, topic_of

__all__ = ["NORMALISER"]

_TIMES: Final[Mapping[str, tuple[str, ...]]] = {
    "create": ("happened_at", "occurredAt", "created_at", "initiated_at", "processed_at", "updated_at"),
    "update": ("happened_at", "occurredAt", "updated_at", "finalized_on", "processed_at", "created_at"),
    "cancelled": ("cancelled_at", "updated_at", "created_at"),
    "finish": ("completed_at", "updated_at", "created_at"),
}
"""By action, the fields that say when it happened, the best first."""
_CREATED: Final = frozenset({"create", "created", "scheduled", "data_request"})
_CURRENCIES: Final = (
    "currency",
    "total_price_set.shop_money.currency_code",
    "total_duties_set.shop_money.currency_code",
)
_COUNTRY: Final = re2.compile(r"^[A-Z]{2}$")
_WEEK: Final = timedelta(days=7)
_DELETED: Final = frozenset({"delete", "deleted", "disconnect", "remove", "redact", "uninstalled"})
_CUSTOMER: Final = frozenset({"customer", "compliance"})


def _domain(value: Any) -> str | None:
    text = word(value)
    return text.lower() if text and "." in text and " " not in text else None


def _occurred(action: str, body: Mapping[str, Any], own: Mapping[str, Any], envelope: Envelope) -> datetime | None:
    names = _TIMES.get(action) or (_TIMES["create"] if action in _CREATED else _TIMES["update"])
    if action in _DELETED:
        # When a thing was made or last changed says nothing about when it went.
        names = ("happened_at", "occurredAt", "deleted_at")
    found = next((t for name in names if (t := moment(own.get(name))) is not None), None)
    triggered = envelope.header("X-Shopify-Triggered-At") or envelope.header("Shopify-Triggered-At")
    # Shopify misspells the name in its product feeds.
    return found or moment(at(body, "metadata.occured_at")) or moment(triggered)


def _dedup(topic: str, action: str, body: Mapping[str, Any], envelope: Envelope, about: str | None) -> tuple[Any, ...]:
    event = envelope.header("X-Shopify-Event-Id") or envelope.header("Shopify-Event-Id")
    if event:
        return ("shopify", "event", event, topic, about)
    hook = envelope.header("X-Shopify-Webhook-Id") or envelope.header("Shopify-Webhook-Id")
    if hook:
        return ("shopify", "delivery", hook)
    if about and (action in _CREATED or action in _DELETED) and action != "disconnect":
        return ("shopify", topic, about)
    stamp = next((v for n in ("updated_at", "created_at") if (v := word(body.get(n)))), None)
    if about and stamp:
        return ("shopify", topic, about, stamp)
    # Nothing in the body tells two events apart: equal bytes are taken for a redelivery.
    return ("shopify", topic, about, repr(sorted(body.items(), key=lambda item: item[0])))


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Shopify resource as a JSON object, got {type(body).__name__}")
    told, source = topic_of(envelope, body)
    if told is None:
        yield Refused(
            reason="expected a topic in header X-Shopify-Topic, got none, and the shape of the body does not tell",
            content=envelope.raw if envelope.raw is not None else body,
        )
        return
    yield _draft(envelope, body, told, source)


def _draft(envelope: Envelope, body: Mapping[str, Any], told: str, source: str) -> Draft:
    topic, kind, canonical = classified(told)
    family, _slash, action = topic.partition("/")
    own = resource(body)
    ids = business_ids(envelope, family, kind, body, own)
    if kind == "order" and ids.get("order_id") is None:
        # Without an order there is nothing that a rule on orders could join.
        kind, canonical = "platform.event", topic.replace("/", ".")
    name = singular(family)
    about = ids.get(f"{name}_id") or exact_id(own.get("id")) or exact_id(own.get("admin_graphql_api_id"))
    if family in ("checkouts", "carts"):
        about = word(body.get("token")) or about
    if family == "inventory_levels":
        about = f"{ids.get('location_id') or ''}:{ids.get('inventory_item_id') or ''}"
    if kind == "compliance":
        about = exact_id(body.get("shop_id"))
    domain = envelope.header("X-Shopify-Shop-Domain") or envelope.header("Shopify-Shop-Domain")
    merchant = next(
        (d for v in (domain, body.get("myshopify_domain"), body.get("shop_domain")) if (d := _domain(v))), None
    )
    test = body.get("test") is True or (envelope.header("X-Shopify-Test") or "").lower() == "true"
    currency = next((c for path in _CURRENCIES if (c := word(at(body, path))) is not None and c != "XXX"), None)
    amounts, words, state, canonical = _reading(kind, canonical, topic, own, currency)
    persons = (at(body, "customer.id"), body.get("customer_id"), body.get("customerId"))
    people = {"customer_ref": next((p for v in persons if (p := exact_id(v))), None)}
    if (kind == "customer" or family in PERSONAL) and people["customer_ref"] is None:
        people["customer_ref"] = exact_id(body.get("id"))
    if kind == "compliance":
        request = exact_id(at(body, "data_request.id"))
        customer = people["customer_ref"] or ""
        dedup: tuple[Any, ...] = ("shopify", topic, about, request, customer)
        if envelope.header("X-Shopify-Webhook-Id") or envelope.header("X-Shopify-Event-Id"):
            dedup = _dedup(topic, action, body, envelope, about)
    else:
        dedup = _dedup(topic, action, body, envelope, about)
    triggered = moment(envelope.header("X-Shopify-Triggered-At") or envelope.header("Shopify-Triggered-At"))
    backdated = kind == "order" and canonical == "order.created" and _backdated(own, triggered)
    return Draft(
        kind=kind,
        topic=canonical,
        raw_topic=told,
        merchant=merchant or ids.get("shop_id"),
        occurred_at=(triggered if backdated else None) or _occurred(action, body, own, envelope),
        dedup=dedup,
        resource=None if kind in _CUSTOMER or family in PERSONAL or about is None else (name, about),
        ids=ids,
        people=people,
        state=state,
        env="test" if test else None,
        metrics=amounts,
        attrs={
            **words,
            "backdated": backdated or None,
            "test": test if kind in ("order", "payment") or test else None,
            "currency": currency if amounts else None,
            "api_version": envelope.header("X-Shopify-API-Version"),
            "topic_source": None if source == "header" else source,
        },
    )


def _hold_reason(body: Mapping[str, Any]) -> str | None:
    holds = at(body, "fulfillment_order.fulfillment_holds")
    reasons = [r for hold in (holds if isinstance(holds, list) else []) if (r := word(at(hold, "reason")))]
    # "other" says nothing; a second hold may say more.
    return next((r for r in reasons if r != "other"), None) or (reasons[0] if reasons else word(body.get("reason")))


def _reading(
    kind: str, canonical: str, topic: str, body: Mapping[str, Any], currency: str | None
) -> tuple[dict[str, int | None], dict[str, Any], str | None, str]:
    state = word(body.get("status"))
    if kind == "order":
        words = {
            "financial_status": word(body.get("financial_status")),
            "fulfillment_status": word(body.get("fulfillment_status")),
            "cancelled": True if moment(body.get("cancelled_at")) else None,
            "reason": word(body.get("cancel_reason")),
            "source_name": word(body.get("source_name")),
            "country": _country(body),
            "tax_exempt": body.get("tax_exempt") if isinstance(body.get("tax_exempt"), bool) else None,
            "landing": _landing(body),
        }
        amounts = {
            "total_minor": minor_units(body.get("total_price"), currency),
            "tax_minor": minor_units(body.get("total_tax"), currency),
        }
        return amounts, words, word(body.get("financial_status")), canonical
    if kind == "payment":
        done = word(body.get("kind")) in (None, "sale", "capture")
        if state in ("failure", "error"):
            canonical = "payment.failed"
        elif state == "success" and done and topic.startswith("order_"):
            canonical = "order.paid"
        return {"amount_minor": minor_units(body.get("amount"), currency)}, {
            "decline_code": word(body.get("error_code")), "gateway": word(body.get("gateway")),
            "transaction_kind": word(body.get("kind")),
        }, state, canonical  # fmt: skip
    if kind == "refund":
        return {"amount_minor": _refunded(body, currency)}, {}, state, canonical
    if kind == "dispute":
        words = {"reason": word(body.get("reason"))}
        return {"amount_minor": minor_units(body.get("amount"), currency)}, words, state, canonical
    if kind == "cart":
        completed = moment(body.get("completed_at")) is not None
        words = {"completed": completed if topic.startswith("checkouts") else None}
        return {}, words, state, "cart.converted" if completed else canonical
    if kind == "inventory":
        return (
            {"available": whole(body.get("inventory_quantity" if topic.startswith("variants/") else "available"))},
            {},
            state,
            canonical,
        )
    if kind == "fulfilment":
        state = word(at(body, "fulfillment_order.status")) or state
        return (
            {},
            {"reason": _hold_reason(body), "shipment_status": word(body.get("shipment_status"))},
            state,
            canonical,
        )
    if kind == "app":
        return {}, {"action": topic.replace("/", ".")}, state, canonical
    if kind == "compliance":
        return {}, {"request": topic}, None, canonical
    return (
        {},
        {"reason": word(at(body, "decline.reason")), "risk_level": word(body.get("risk_level"))},
        state,
        canonical,
    )


def _backdated(order: Mapping[str, Any], triggered: datetime | None) -> bool:
    """Whether an order that is made now was placed more than a week ago, as one that is brought along is."""
    made = triggered or moment(order.get("created_at"))
    placed = [t for name in ("processed_at", "created_at") if (t := moment(order.get(name))) is not None]
    return made is not None and bool(placed) and made - min(placed) > _WEEK


def _country(body: Mapping[str, Any]) -> str | None:
    told = (word(at(body, f"{place}.country_code")) for place in ("shipping_address", "billing_address"))
    return next((c for c in told if c is not None and _COUNTRY.match(c)), None)


def _landing(body: Mapping[str, Any]) -> str | None:
    """Return the class of the page that the shopper came in by, nothing of its address."""
    site = body.get("landing_site")
    return route_of(site).name if isinstance(site, str) and site else None


def _refunded(body: Mapping[str, Any], currency: str | None) -> int | None:
    transactions = body.get("transactions")
    amounts = [
        minor_units(at(t, "amount"), word(at(t, "currency")) or currency)
        for t in (transactions if isinstance(transactions, list) else [])
    ]
    known = [a for a in amounts if a is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("X-Shopify-Hmac-SHA256") or envelope.header("Shopify-Hmac-SHA256")
    return Claim(signatures=(from_base64(signature),), message=raw) if signature else None


def _fits(body: Mapping[str, Any]) -> bool:
    gid = body.get("admin_graphql_api_id")
    return (isinstance(gid, str) and gid.startswith("gid://shopify/")) or is_distinct(body)


NORMALISER: Final = Normaliser(
    kind="shopify_webhook",
    provider="shopify",
    source_kind="platform_webhook",
    version=3,
    read=_read,
    claim=_claim,
    headers=("x-shopify-", "shopify-"),
    fits=_fits,
)
