"""
Shopify webhooks: the topic is in a header, the body is the resource.

Source: https://shopify.dev/docs/api/webhooks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, minor_units, moment, whole, word

__all__ = ["NORMALISER"]

_FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    "orders": ("order", "order.updated"),
    "order_transactions": ("payment", "payment.updated"),
    "tender_transactions": ("payment", "payment.updated"),
    "refunds": ("refund", "refund.created"),
    "disputes": ("dispute", "dispute.updated"),
    "carts": ("cart", "cart.changed"),
    "checkouts": ("cart", "cart.changed"),
    **dict.fromkeys(
        (
            "products", "product_listings", "product_publications", "product_feeds", "variants", "collections",
            "collection_listings", "collection_publications", "inventory_items", "selling_plan_groups", "metaobjects",
        ),
        ("product", "product.changed"),
    ),
    "inventory_levels": ("inventory", "inventory.changed"),
    **dict.fromkeys(
        ("fulfillments", "fulfillment_events", "fulfillment_orders", "fulfillment_holds", "reverse_deliveries",
         "reverse_fulfillment_orders"),
        ("fulfilment", "fulfilment.changed"),
    ),
    **dict.fromkeys(
        ("customers", "customer", "customer_groups", "customer_account_settings", "customer_payment_methods",
         "customers_email_marketing_consent", "customers_marketing_consent", "customer_tags"),
        ("customer", "customer.changed"),
    ),
    **dict.fromkeys(
        ("app", "app_subscriptions", "app_purchases_one_time", "shop"), ("app", "app.lifecycle")
    ),
}  # fmt: skip
_TOPICS: Final[Mapping[str, tuple[str, str]]] = {
    "orders/create": ("order", "order.created"),
    "orders/paid": ("order", "order.paid"),
    "orders/delete": ("order", "order.deleted"),
    "disputes/create": ("dispute", "dispute.created"),
    "variants/in_stock": ("inventory", "inventory.changed"),
    "variants/out_of_stock": ("inventory", "inventory.changed"),
    "customers/data_request": ("compliance", "compliance"),
    "customers/redact": ("compliance", "compliance"),
    "shop/redact": ("compliance", "compliance"),
}
_CREATED: Final = frozenset({"create", "created", "scheduled", "data_request"})
_DELETED: Final = frozenset({"delete", "deleted", "disconnect", "remove", "redact", "uninstalled"})
_NAMED_FAMILIES: Final = sorted(
    {*_FAMILIES, "bulk_operations", "companies", "company_locations", "domains", "draft_orders", "locations", "locales",
     "markets", "profiles", "returns", "subscription_billing_attempts", "subscription_contracts", "themes"},
    key=len,
    reverse=True,
)  # fmt: skip
_CUSTOMER: Final = frozenset({"customer", "compliance"})


def _topic(envelope: Envelope, body: Mapping[str, Any]) -> tuple[str | None, str]:
    told = envelope.header("X-Shopify-Topic") or envelope.header("Shopify-Topic")
    if told:
        return told.lower().replace(".", "/", 1) if "/" not in told else told, "header"
    for family in _NAMED_FAMILIES:
        if envelope.named.startswith(f"{family}_"):
            return f"{family}/{envelope.named.removeprefix(f'{family}_')}", "file_name"
    return _shape(body), "shape"


def _shape(body: Mapping[str, Any]) -> str | None:
    names = body.keys()
    for family, needed in (
        ("checkouts", {"abandoned_checkout_url"}),
        ("orders", {"order_number", "financial_status"}),
        ("inventory_levels", {"inventory_item_id", "location_id"}),
        ("fulfillment_orders", {"fulfillment_order"}),
        ("refunds", {"order_id", "refund_line_items"}),
        ("order_transactions", {"order_id", "gateway", "kind"}),
        ("fulfillments", {"order_id", "tracking_number"}),
        ("products", {"variants", "handle"}),
        ("customers", {"orders_count", "verified_email"}),
        ("carts", {"token", "line_items"}),
    ):
        if needed <= names:
            return f"{family}/?"
    return None


def _domain(value: Any) -> str | None:
    text = word(value)
    return text.lower() if text and "." in text and " " not in text else None


def _occurred(action: str, body: Mapping[str, Any], envelope: Envelope) -> datetime | None:
    created = ("created_at", "processed_at", "happened_at", "updated_at")
    updated = ("updated_at", "processed_at", "happened_at", "created_at")
    order: tuple[str, ...] = created if action in _CREATED else updated
    if action == "cancelled":
        order = ("cancelled_at", *updated)
    found = next((t for name in order if (t := moment(body.get(name))) is not None), None)
    if action in _DELETED:
        found = moment(body.get("deleted_at"))
    triggered = envelope.header("X-Shopify-Triggered-At") or envelope.header("Shopify-Triggered-At")
    return found or moment(triggered)


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
    topic, source = _topic(envelope, body)
    if topic is None:
        yield Refused(
            reason="expected a topic in header X-Shopify-Topic, got none, and the shape of the body does not tell",
            content=envelope.raw if envelope.raw is not None else body,
        )
        return
    family, _slash, action = topic.partition("/")
    kind, canonical = _TOPICS.get(topic) or _FAMILIES.get(family) or ("platform.event", topic.replace("/", "."))
    yield _draft(envelope, body, topic, action, kind, canonical, source)


def _draft(
    envelope: Envelope, body: Mapping[str, Any], topic: str, action: str, kind: str, canonical: str, source: str
) -> Draft:
    family = topic.partition("/")[0]
    ids = _ids(family, kind, body)
    singular = _singular(family)
    about = exact_id(at(body, f"{singular}.id")) or exact_id(body.get("id"))
    if family in ("checkouts", "carts"):
        about = word(body.get("token")) or about
    if family == "inventory_levels":
        about = f"{ids.get('location_id') or ''}:{ids.get('inventory_item_id') or ''}"
    if kind == "compliance":
        about = exact_id(body.get("shop_id"))
    shop = ids.get("shop_id")
    domain = envelope.header("X-Shopify-Shop-Domain") or envelope.header("Shopify-Shop-Domain")
    merchant = _domain(domain) or _domain(body.get("myshopify_domain")) or _domain(body.get("shop_domain")) or shop
    test = body.get("test") is True or (envelope.header("X-Shopify-Test") or "").lower() == "true"
    currency = word(body.get("currency")) or word(at(body, "total_price_set.shop_money.currency_code"))
    amounts, words, state, canonical = _reading(kind, canonical, topic, body, currency)
    people = {"customer_ref": exact_id(at(body, "customer.id")) or exact_id(body.get("customer_id"))}
    if kind == "customer" and people["customer_ref"] is None:
        people["customer_ref"] = exact_id(body.get("id"))
    if kind == "compliance":
        request = exact_id(at(body, "data_request.id"))
        customer = people["customer_ref"] or ""
        dedup: tuple[Any, ...] = ("shopify", topic, about, request, customer)
        if envelope.header("X-Shopify-Webhook-Id") or envelope.header("X-Shopify-Event-Id"):
            dedup = _dedup(topic, action, body, envelope, about)
    else:
        dedup = _dedup(topic, action, body, envelope, about)
    return Draft(
        kind=kind,
        topic=canonical,
        raw_topic=topic,
        merchant=merchant,
        occurred_at=_occurred(action, body, envelope),
        dedup=dedup,
        resource=None if kind in _CUSTOMER or about is None else (singular, about),
        ids=ids,
        people=people,
        state=state,
        env="test" if test else None,
        metrics=amounts,
        attrs={
            **words,
            "test": test if kind in ("order", "payment") or test else None,
            "currency": currency if amounts else None,
            "api_version": envelope.header("X-Shopify-API-Version"),
            "topic_source": None if source == "header" else source,
        },
    )


def _singular(family: str) -> str:
    return {"carts": "cart", "checkouts": "checkout", "companies": "company", "shop": "shop", "app": "shop"}.get(
        family, family.removesuffix("s")
    )


def _ids(family: str, kind: str, body: Mapping[str, Any]) -> dict[str, str | None]:
    plain = (
        "order_id", "product_id", "variant_id", "location_id", "inventory_item_id", "checkout_id", "cart_token",
        "checkout_token", "fulfillment_id", "shop_id", "admin_graphql_api_id", "order_number", "dispute_id",
        "transaction_id", "payment_id",
    )  # fmt: skip
    ids = {name: exact_id(body.get(name)) for name in plain}
    own = exact_id(body.get("id"))
    name = _singular(family)
    if family == "fulfillment_orders":
        ids["fulfillment_order_id"] = exact_id(at(body, "fulfillment_order.id")) or own
        ids["order_id"] = exact_id(at(body, "fulfillment_order.order_id")) or ids["order_id"]
    elif family in ("app", "shop"):
        ids["shop_id"] = ids["shop_id"] or own
    elif family == "checkouts":
        # The numeric id is rounded by some senders; the token is what identifies a checkout.
        ids |= {"checkout_token": word(body.get("token")), "checkout_name": word(body.get("name"))}
    elif family == "carts":
        ids["cart_token"] = word(body.get("token")) or own
    elif family == "orders":
        ids |= {"order_id": own, "order_name": word(body.get("name"))}
    elif kind not in _CUSTOMER and own:
        ids[f"{name}_id"] = own
    if kind in _CUSTOMER:
        ids.pop("admin_graphql_api_id", None)
        ids.pop("order_id", None)
    if kind in ("order", "payment", "cart"):
        ids["cart_ref"] = ids["cart_token"] or ids["checkout_token"]
    if kind == "payment":
        ids["payment_id"] = ids["payment_id"] or own or ids["order_id"]
    if kind == "inventory":
        ids["sku"] = word(body.get("sku")) or ids["inventory_item_id"] or own
    return ids


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
        }
        total = minor_units(body.get("total_price"), currency)
        return {"total_minor": total}, words, word(body.get("financial_status")), canonical
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
        return {"available": whole(body.get("available"))}, {}, state, canonical
    if kind == "fulfilment":
        state = word(at(body, "fulfillment_order.status")) or state
        return (
            {},
            {"reason": _hold_reason(body), "shipment_status": word(body.get("shipment_status"))},
            state,
            canonical,
        )
    if kind == "app":
        return {}, {"action": topic.replace("/", ".")}, None, canonical
    if kind == "compliance":
        return {}, {"request": topic}, None, canonical
    return {}, {}, state, canonical


def _refunded(body: Mapping[str, Any], currency: str | None) -> int | None:
    transactions = body.get("transactions")
    amounts = [
        minor_units(at(t, "amount"), word(at(t, "currency")) or currency)
        for t in (transactions if isinstance(transactions, list) else [])
    ]
    known = [a for a in amounts if a is not None]
    return sum(known) if known and len(known) == len(amounts) else None


NORMALISER: Final = Normaliser(provider="shopify", source_kind="platform_webhook", version=1, read=_read)
