"""The business ids of a Shopify resource, exact, under the sender's own names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from .envelope import Envelope
from .parsing import at, exact_id, word
from .shopify_topics import singular

__all__ = ["PERSONAL", "business_ids", "resource", "shop_of"]

_PLAIN: Final = frozenset(
    (
        "app_id cart_token checkout_id checkout_token collection_id company_id company_location_id "
        "destination_location_id discount_id dispute_id draft_order_id fulfillment_id fulfillment_order_id "
        "idempotency_key inventory_item_id line_item_id location_id market_id order_edit_id order_id order_number "
        "origin_order_id parent_id payment_id payment_terms_id product_id publication_id refund_id return_id "
        "revision_id selling_plan_group_id shop_id subscription_contract_id theme_store_id transaction_id variant_id"
    ).split()
)
_NESTED: Final = tuple(  # in this order: a later one wins
    (
        "app_purchase_one_time app_subscription collection_listing company company_location fulfillment "
        "fulfillment_hold fulfillment_order moved_fulfillment_order order order_edit original_fulfillment_order "
        "product product_feed product_listing remaining_fulfillment_order replacement_fulfillment_order return "
        "source_location"
    ).split()
)
_WRAPPERS: Final = (
    "app_purchase_one_time", "app_subscription", "collection_listing", "order_edit", "product_listing",
    "scheduled_product_listing",
)  # fmt: skip
_CAMEL: Final = {"product_feed": "productFeed"}
_NESTING: Final = frozenset(_CAMEL.get(name, name) for name in _NESTED)
PERSONAL: Final = frozenset(
    {"company_contacts", "company_contact_roles", "finance_app_staff_member", "finance_kyc_information",
     "shipping_addresses"}
)  # fmt: skip
"""Families outside the customers' whose resource is a person."""
_OF_PEOPLE: Final = frozenset({"customer", "compliance"})
_TAIL: Final = re2.compile(r"^gid://shopify/\w+/(\d+)(?:\?inventory_item_id=(\d+))?$")


def resource(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a body is about: the body, or the one object that it is wrapped in."""
    if body.keys().isdisjoint(_WRAPPERS):
        return body
    inner = next((body[n] for n in _WRAPPERS if isinstance(body.get(n), Mapping)), None)
    return body if inner is None or "id" in body else inner


def shop_of(body: Mapping[str, Any], own: Mapping[str, Any]) -> str | None:
    """Return the shop's number, taken out of a global id where the body gives only that."""
    for value in (body.get("shop_id"), own.get("admin_graphql_api_shop_id"), at(body, "productFeed.shop_id")):
        told = exact_id(value)
        if told:
            tail = _TAIL.match(told)
            return tail.group(1) if tail else told
    return None


def _exact(value: Any, gid: Any, group: int = 1) -> str | None:
    # A program in between may have rounded the number to a double; the global id beside it is text and stays exact.
    if value is None:
        return None
    told, tail = exact_id(value), _TAIL.match(gid) if isinstance(gid, str) else None
    if told is None or tail is None or not told.isdecimal() or not tail.group(group):
        return told
    rounded, exact = int(told), int(tail.group(group))
    return str(exact) if abs(rounded - exact) < 1 << max(exact.bit_length() - 53, 0) else told


def _plain(thing: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in thing.keys() & _PLAIN:
        found = _exact(thing[name], thing.get(f"admin_graphql_api_{name}"))
        if found:
            yield name, found


def business_ids(
    envelope: Envelope, family: str, kind: str, body: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return ids by name; `own` is the `resource` of the body."""
    gid = own.get("admin_graphql_api_id")
    ids: dict[str, str | None] = {"shop_id": shop_of(body, own)}
    own_id = _exact(own.get("id"), gid) or exact_id(gid)
    if kind in _OF_PEOPLE or family in PERSONAL:
        return {**ids, "location_id": exact_id(body.get("location_id"))}
    for name in _NESTED if not _NESTING.isdisjoint(body.keys()) else ():
        nested = body.get(_CAMEL.get(name, name))
        if isinstance(nested, Mapping):
            ids |= {n: v for n, v in _plain(nested) if n != "shop_id"}
            ids[f"{name}_id"] = _exact(nested.get("id"), nested.get("admin_graphql_api_id")) or exact_id(
                nested.get("admin_graphql_api_id") or ids.get(f"{name}_id")
            )
    ids |= {n: v for n, v in _plain(own) if n != "shop_id"}
    ids["admin_graphql_api_id"] = exact_id(gid)
    name = singular(family)
    if family in ("app", "shop"):
        ids["shop_id"] = ids["shop_id"] or own_id
    elif family == "inventory_levels":
        ids["inventory_item_id"] = _exact(own.get("inventory_item_id"), gid, 2)
    elif family == "carts":
        ids |= {"cart_token": word(own.get("token")) or own_id, "cart_id": own_id}
    elif family == "orders" and own is body:
        ids["order_id"] = own_id or envelope.header("X-Shopify-Order-Id") or envelope.header("Shopify-Order-Id")
        ids["order_name"] = word(own.get("name"))
    elif own_id and family != "product_feeds":
        ids[f"{name}_id"] = ids.get(f"{name}_id") if own is not body and ids.get(f"{name}_id") else own_id
    if family == "scheduled_product_listings":
        # Its listing carries the number of the product as its own.
        ids["product_id"] = own_id
    if family == "checkouts":
        ids |= {"checkout_token": word(own.get("token")), "checkout_name": word(own.get("name"))}
        ids["checkout_id"] = _exact(own.get("id"), f"gid://shopify/Checkout/{(word(own.get('name')) or '')[1:]}")
    if family in ("draft_orders", "fulfillments"):
        ids[f"{name}_name"] = word(own.get("name"))
    if family == "fulfillment_orders":
        ids["fulfillment_order_id"] = ids.get("fulfillment_order_id") or ids.get("original_fulfillment_order_id")
    if kind in ("order", "payment", "cart"):
        ids["cart_ref"] = ids.get("cart_token") or ids.get("checkout_token")
    if kind == "payment":
        if family.endswith("_transactions"):
            ids["transaction_id"] = own_id
        ids["payment_id"] = (
            ids.get("payment_id") or own_id or ids.get("subscription_contract_id") or ids.get("order_id")
        )
    if kind == "inventory":
        ids["sku"] = word(own.get("sku")) or ids.get("inventory_item_id") or own_id
    elif family == "inventory_items":
        ids["sku"] = word(own.get("sku"))
    return ids
