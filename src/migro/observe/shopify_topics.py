"""Which Shopify topic a delivery has: told by a header, else by the file's name, else by the shape of the body."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Any, Final

import re2

from .envelope import Envelope
from .parsing import word

__all__ = ["classified", "is_distinct", "raw_topic", "singular", "topic_of"]

_FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    "orders": ("order", "order.updated"),
    "order_transactions": ("payment", "payment.updated"),
    "tender_transactions": ("payment", "payment.updated"),
    "subscription_billing_attempts": ("payment", "payment.updated"),
    "refunds": ("refund", "refund.created"),
    "disputes": ("dispute", "dispute.updated"),
    "carts": ("cart", "cart.changed"),
    "checkouts": ("cart", "cart.changed"),
    **dict.fromkeys(
        (
            "products", "product_listings", "scheduled_product_listings", "product_publications", "product_feeds",
            "variants", "collections", "collection_listings", "collection_publications", "inventory_items",
            "selling_plan_groups", "metaobjects",
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
         "customers_email_marketing_consent", "customers_marketing_consent"),
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
    "subscription_billing_attempts/failure": ("payment", "payment.failed"),
    "variants/in_stock": ("inventory", "inventory.changed"),
    "variants/out_of_stock": ("inventory", "inventory.changed"),
    "customers/data_request": ("compliance", "compliance"),
    "customers/redact": ("compliance", "compliance"),
    "shop/redact": ("compliance", "compliance"),
}
_NAMED: Final = sorted(
    {
        *_FAMILIES,
        *(
            "audit_events bulk_operations channels checkout_and_accounts_configurations companies company_contacts "
            "company_contact_roles company_locations delivery_promise_settings discounts domains draft_orders "
            "finance_app_staff_member finance_kyc_information inventory_shipments inventory_transfers locales "
            "locations markets markets_backup_region metafield_definitions payment_schedules payment_terms profiles "
            "returns segments shipping_addresses subscription_billing_cycles subscription_billing_cycle_edits "
            "subscription_contracts tax_partners tax_services themes"
        ).split(),
    },
    key=len,
    reverse=True,
)
_SINGULARS: Final = {
    "app": "shop",
    "app_purchases_one_time": "app_purchase_one_time",
    "companies": "company",
    "payment_terms": "payment_terms",
    "reverse_deliveries": "reverse_delivery",
    "scheduled_product_listings": "product_listing",
    "shop": "shop",
}
_DISTINCT: Final = tuple(
    map(
        frozenset,
        (
            {"abandoned_checkout_url"},
            {"myshopify_domain"},
            {"inventory_item_id", "location_id"},
            {"order_number", "financial_status"},
            {"order_id", "refund_line_items"},
            {"fulfillment_order", "remaining_fulfillment_order"},
            {"fulfillment_order", "fulfillment_hold"},
            {"fulfillment_order", "created_fulfillment_hold"},
            {"original_fulfillment_order", "moved_fulfillment_order"},
            {"evidence_due_by", "network_reason_code"},
            {"verified_email", "orders_count"},
        ),
    )
)
_REQUESTED: Final = frozenset(
    ("shop_id", "shop_domain", "customer", "orders_to_redact", "orders_requested", "data_request")
)
_GID: Final = re2.compile(r"^gid://shopify/(\w+)/")
_HUMP: Final = re2.compile(r"([a-z])([A-Z])")


def topic_of(envelope: Envelope, body: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the topic in the sender's spelling, or None, and what told it: header, file_name or shape."""
    told = envelope.header("X-Shopify-Topic") or envelope.header("Shopify-Topic")
    if told:
        return told, "header"
    for family in _NAMED:
        if envelope.named.startswith(f"{family}_"):
            return raw_topic(envelope.named), "file_name"
    return _shape(body), "shape"


def raw_topic(name: str) -> str:
    """Return a topic as webhooks spell it, ``orders/create``, of its name in lists and files, ``ORDERS_CREATE``."""
    if "/" in name or "." in name:
        return name.lower()
    small = name.lower()
    family = next((f for f in _NAMED if small.startswith(f"{f}_")), None)
    if family is None:
        return small
    # Topics of customer segments and tags are the ones that Shopify writes with a full stop.
    return f"{family}{'.' if family == 'customer' else '/'}{small.removeprefix(f'{family}_')}"


@lru_cache(maxsize=1024)
def classified(topic: str) -> tuple[str, str, str]:
    """Return the topic with a slash, the signal's kind and its canonical topic."""
    path = topic.lower() if "/" in topic else topic.lower().replace(".", "/", 1)
    family = path.partition("/")[0]
    kind, canonical = _TOPICS.get(path) or _FAMILIES.get(family) or ("platform.event", path.replace("/", "."))
    return path, kind, canonical


def singular(family: str) -> str:
    """Return the name of one resource of a family, as ids carry it: ``order`` for ``orders``."""
    return _SINGULARS.get(family, family.removesuffix("s"))


def is_distinct(body: Mapping[str, Any]) -> bool:
    """Return whether a body has names that no other platform uses together."""
    names = body.keys()
    return any(own <= names for own in _DISTINCT) or _request(names) is not None


def _request(names: Set[str]) -> str | None:
    """Return the privacy request that the names of a body are those of."""
    if not ({"shop_id", "shop_domain"} <= names <= _REQUESTED):
        return None
    if "data_request" in names:
        return "customers/data_request"
    return "customers/redact" if "customer" in names else "shop/redact"


def _shape(body: Mapping[str, Any]) -> str | None:
    names = body.keys()
    request = _request(names)
    if request is not None:
        return request
    for family, needed in (
        ("checkouts", {"abandoned_checkout_url"}),
        ("orders", {"order_number", "financial_status"}),
        ("orders", {"order_edit"}),
        ("inventory_levels", {"inventory_item_id", "location_id"}),
        ("fulfillment_orders", {"fulfillment_order"}),
        ("fulfillment_orders", {"original_fulfillment_order"}),
        ("refunds", {"order_id", "refund_line_items"}),
        ("order_transactions", {"order_id", "gateway", "kind"}),
        ("fulfillments", {"order_id", "tracking_number"}),
        ("disputes", {"order_id", "evidence_due_by"}),
        ("app_subscriptions", {"app_subscription"}),
        ("product_listings", {"product_listing"}),
        ("subscription_billing_attempts", {"subscription_contract_id", "idempotency_key"}),
        ("products", {"variants", "handle"}),
        ("customers", {"orders_count", "verified_email"}),
        ("carts", {"token", "line_items"}),
        ("shop", {"myshopify_domain", "plan_name"}),
    ):
        if needed <= names:
            return f"{family}/?"
    match = _GID.match(word(body.get("admin_graphql_api_id")) or word(body.get("id")) or "")
    if match is None:
        return None
    name = str(_HUMP.sub(r"\1_\2", match.group(1))).lower().removeprefix("product_v")
    family = {"ariant": "variants", "company": "companies"}.get(name, f"{name}s")
    return f"{family}/?" if family in _NAMED else None
