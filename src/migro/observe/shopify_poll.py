"""
Lists that Shopify's Admin API gives when it is asked: orders, stock, webhook subscriptions.

Read are the answers of GraphQL, with ``nodes`` or ``edges``, and those of the older REST API. Answers that say what
went wrong are read by ``shopify_graphql_error``.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/queries/orders,
https://shopify.dev/docs/api/admin-graphql/latest/queries/inventoryItems,
https://shopify.dev/docs/api/admin-graphql/latest/queries/webhookSubscriptions, https://shopify.dev/docs/api/admin-rest
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word
from .polled import SOURCE_KIND, drafts_of, host_of, order_draft, polled_at, stock_draft, subscription_draft
from .shopify_topics import classified, raw_topic
from .slugs import slug

__all__ = ["NORMALISER", "items_of"]

_LISTS: Final = {
    "orders": "orders",
    "inventoryItems": "stock",
    "inventory_levels": "stock",
    "webhookSubscriptions": "subscriptions",
    "webhooks": "subscriptions",
}
_SHOP: Final = re2.compile(r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")
_GID: Final = re2.compile(r"^gid://shopify/\w+/([A-Za-z0-9_-]+)(?:\?.*)?$")
_STATUS: Final = re2.compile(r"^[A-Za-z_]{1,40}$")


def items_of(body: Any) -> tuple[str, list[Any]] | None:
    """Return what a list is of (orders, stock or subscriptions) and its items; None for an answer that is no list."""
    if not isinstance(body, Mapping):
        return None
    data = body.get("data")
    for name, what in _LISTS.items():
        if isinstance(data, Mapping) and isinstance(data.get(name), Mapping):
            return what, _nodes(data[name])
        if isinstance(body.get(name), list):
            return what, body[name]
    return None


def _nodes(connection: Mapping[str, Any]) -> list[Any]:
    nodes, edges = connection.get("nodes"), connection.get("edges")
    if isinstance(nodes, list):
        return nodes
    return [at(edge, "node") for edge in edges] if isinstance(edges, list) else []


def _id(value: Any) -> str | None:
    told = exact_id(value)
    found = _GID.match(told) if told is not None else None
    return found.group(1) if found is not None else told


def _status(value: Any) -> str | None:
    told = word(value)
    return told.lower() if told is not None and _STATUS.match(told) else None


def _shop(envelope: Envelope) -> str | None:
    told = (word(envelope.header("X-Shopify-Shop-Domain")) or "").lower()
    return told if _SHOP.match(told) else None


def _first(item: Mapping[str, Any], *paths: str) -> Any:
    return next((v for p in paths if (v := at(item, p)) is not None), None)


def _order(item: Mapping[str, Any], envelope: Envelope) -> Draft:
    order_id = _id(_first(item, "id", "admin_graphql_api_id"))
    if order_id is None:
        raise InputError("expected an order with an id, got none")
    money = "currentTotalPriceSet.shopMoney", "totalPriceSet.shopMoney", "total_price_set.shop_money"
    currency = _first(item, "currencyCode", "currency", f"{money[0]}.currencyCode", f"{money[1]}.currencyCode")
    return order_draft(
        "shopify",
        order_id=order_id,
        merchant=_shop(envelope),
        placed_at=moment(_first(item, "createdAt", "created_at", "processedAt", "processed_at")),
        changed_at=moment(_first(item, "updatedAt", "updated_at")),
        currency=word(currency),
        total=_first(item, f"{money[1]}.amount", f"{money[0]}.amount", "total_price"),
        tax=_first(item, "totalTaxSet.shopMoney.amount", "total_tax"),
        financial_status=_status(_first(item, "displayFinancialStatus", "financial_status")),
        test=item.get("test") is True,
        cancelled=moment(_first(item, "cancelledAt", "cancelled_at")) is not None,
        ids={"cart_ref": word(item.get("cart_token")), "checkout_token": word(item.get("checkout_token"))},
        words={
            "fulfillment_status": _status(_first(item, "displayFulfillmentStatus", "fulfillment_status")),
            "source_name": slug(_first(item, "sourceName", "source_name")),
            "tax_exempt": item.get("taxExempt") if isinstance(item.get("taxExempt"), bool) else None,
        },
    )


def _levels(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the places that an article lies in; a level of the REST API is one by itself."""
    levels = item.get("inventoryLevels")
    if isinstance(levels, Mapping):
        yield from (level for level in _nodes(levels) if isinstance(level, Mapping))
    else:
        yield item


def _quantity(level: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    quantities = level.get("quantities")
    found = (q for q in (quantities if isinstance(quantities, list) else []) if at(q, "name") == name)
    return next(found, {})


def _stock(item: Mapping[str, Any], envelope: Envelope, scope: Scope) -> Iterator[Draft]:
    article = _id(_first(item, "inventory_item_id", "id"))
    if article is None:
        raise InputError("expected stock with the id of an article, got none")
    # There are more places than were asked for: the sum of those that are known would be too small.
    partial = at(item, "inventoryLevels.pageInfo.hasNextPage") is True
    for level in _levels(item):
        told = _quantity(level, "available")
        yield stock_draft(
            "shopify",
            merchant=_shop(envelope),
            at=polled_at(envelope, scope),
            available=whole(_first({"graphql": told, "rest": level}, "graphql.quantity", "rest.available")),
            changed_at=moment(told.get("updatedAt")) or moment(_first(level, "updatedAt", "updated_at")),
            tracked=item.get("tracked") if isinstance(item.get("tracked"), bool) else None,
            ids={
                "sku": word(item.get("sku")) or article,
                "inventory_item_id": article,
                "location_id": _id(_first(level, "location.id", "location_id")),
            },
            words={"partial": True if partial else None},
        )


def _subscription(item: Mapping[str, Any], envelope: Envelope, scope: Scope) -> Draft:
    told = slug(item.get("topic"))
    if told is None:
        raise InputError("expected a subscription with a topic, got none")
    path, _, canonical = classified(raw_topic(told))
    address = _first(item, "uri", "endpoint.callbackUrl", "callbackUrl", "address")
    host = host_of(address)
    return subscription_draft(
        "shopify",
        merchant=_shop(envelope),
        at=polled_at(envelope, scope),
        hook_topic=canonical,
        raw_topic=path,
        subscription=_id(item.get("id")),
        active=True,
        # Names of queues (arn:..., project:topic) are no hosts, and say more than anybody needs.
        destination=host if str(address).startswith(("http://", "https://")) else None,
        queued=not str(address).startswith(("http://", "https://")),
    )


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    found = items_of(envelope.value())
    if found is None:
        raise InputError(f"expected a list of the Admin API ({', '.join(_LISTS)}), got something else")
    what, items = found

    def read(item: Mapping[str, Any]) -> Iterator[Draft]:
        if what == "orders":
            yield _order(item, envelope)
        elif what == "stock":
            yield from _stock(item, envelope, scope)
        else:
            yield _subscription(item, envelope, scope)

    yield from drafts_of(items, read)


def _fits(body: Mapping[str, Any]) -> bool:
    found = items_of(body)
    if found is None:
        return False
    data = body.get("data")
    if isinstance(data, Mapping):
        return True
    return bool(found[1]) and all(
        isinstance(i, Mapping) and str(i.get("admin_graphql_api_id", "")).startswith("gid://shopify/") for i in found[1]
    )


NORMALISER: Final = Normaliser(
    kind="shopify_poll",
    provider="shopify",
    source_kind=SOURCE_KIND,
    version=1,
    read=_read,
    without_claim="not_applicable",
    fits=_fits,
    many=True,
)
