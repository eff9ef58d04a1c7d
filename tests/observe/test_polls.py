"""Lists that a platform was asked for are read item by item: orders, stock, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.observe import Normaliser, guess_kind
from migro.observe.bigcommerce import topics_of
from migro.observe.bigcommerce_poll import NORMALISER as BIGCOMMERCE
from migro.observe.polled import POLLED_AT, host_of, http_date
from migro.observe.shopify_poll import NORMALISER as SHOPIFY
from migro.observe.shopify_topics import raw_topic
from migro.testing import NormaliserContract
from tests.observe.payloads import NOW, observed

SHOP = {"X-Shopify-Shop-Domain": "mugs.myshopify.com", POLLED_AT: "2026-03-01T11:00:00Z"}
STORE = {"X-BigCommerce-Store": "k1n4", POLLED_AT: "2026-03-01T11:00:00Z"}

GRAPHQL_ORDERS = {
    "data": {
        "orders": {
            "edges": [
                {
                    "cursor": "a",
                    "node": {
                        "id": "gid://shopify/Order/5000000000000000001",
                        "createdAt": "2026-03-01T10:00:00Z",
                        "updatedAt": "2026-03-01T10:30:00Z",
                        "cancelledAt": "2026-03-01T10:30:00Z",
                        "currencyCode": "JPY",
                        "displayFinancialStatus": "PARTIALLY_REFUNDED",
                        "displayFulfillmentStatus": "UNFULFILLED",
                        "totalPriceSet": {"shopMoney": {"amount": "5990.0", "currencyCode": "JPY"}},
                        "test": True,
                        "customer": {"email": "jo.doe@mail.example"},
                        "shippingAddress": {"name": "Jo Doe"},
                        "note": "ring at Doe",
                    },
                }
            ],
            "pageInfo": {"hasNextPage": False},
        }
    },
    "extensions": {"cost": {"requestedQueryCost": 12}},
}
REST_LEVELS = {
    "inventory_levels": [
        {
            "inventory_item_id": 49148385,
            "location_id": 655441491,
            "available": None,
            "updated_at": "2025-01-01T00:00:00-04:00",
            "admin_graphql_api_id": "gid://shopify/InventoryLevel/655441491?inventory_item_id=49148385",
        }
    ]
}
GRAPHQL_HOOKS = {
    "data": {
        "webhookSubscriptions": {
            "nodes": [
                {
                    "id": "gid://shopify/WebhookSubscription/8921",
                    "topic": "ORDERS_CANCELLED",
                    "uri": "https://jo:hush@Hooks.Example:443/in?token=hush",
                },
                {
                    "id": "gid://shopify/WebhookSubscription/8922",
                    "topic": "CARTS_UPDATE",
                    "uri": "project:topic-of-doe",
                },
            ]
        }
    }
}
REST_HOOKS = {
    "webhooks": [
        {
            "id": 4759306,
            "address": "pubsub://project:topic",
            "topic": "orders/create",
            "admin_graphql_api_id": "gid://shopify/WebhookSubscription/4759306",
        }
    ]
}
V2_ORDERS = [
    {
        "id": 118,
        "status_id": 5,
        "date_created": "Sun, 01 Mar 2026 10:00:00 +0000",
        "date_modified": "Sun, 01 Mar 2026 12:30:00 +0200",
        "currency_code": "EUR",
        "total_inc_tax": "59.9000",
        "total_tax": "9.5600",
        "payment_status": "partially refunded",
        "channel_id": 1,
        "billing_address": {"email": "jo.doe@mail.example", "last_name": "Doe"},
        "customer_message": "ring at Doe",
        "staff_notes": "Jo Doe is difficult",
    }
]
V3_STOCK = {
    "data": [
        {
            "identity": {"sku": "", "sku_id": 0, "variant_id": 79, "product_id": 120},
            "locations": [
                {"location_id": 1, "available_to_sell": -2, "location_enabled": True, "location_name": "Doe's"},
                {"location_id": 2, "available_to_sell": "11", "location_enabled": False},
            ],
        }
    ],
    "meta": {"pagination": {"total_pages": 1}},
}
V3_HOOKS = {
    "data": [
        {
            "id": 18048287,
            "scope": "store/order/created",
            "destination": "https://665b65a6.example/hooks?x=hush",
            "headers": {"X-Secret": "hush"},
            "is_active": False,
            "created_at": 1561488106,
        }
    ],
    "meta": {"pagination": {"total_pages": 1}},
}
PERSONAL = ("jo.doe", "Doe", "ring", "hush")


class TestShopify(NormaliserContract):
    @pytest.fixture
    def normaliser(self) -> Normaliser:
        return SHOPIFY

    def deliveries(self) -> Sequence[tuple[Mapping[str, str], Any]]:
        return [(SHOP, body) for body in (GRAPHQL_ORDERS, REST_LEVELS, GRAPHQL_HOOKS, REST_HOOKS)]

    def personal(self) -> Sequence[str]:
        return PERSONAL


class TestBigCommerce(NormaliserContract):
    @pytest.fixture
    def normaliser(self) -> Normaliser:
        return BIGCOMMERCE

    def deliveries(self) -> Sequence[tuple[Mapping[str, str], Any]]:
        return [(STORE, body) for body in (V2_ORDERS, V3_STOCK, V3_HOOKS)]

    def personal(self) -> Sequence[str]:
        return PERSONAL


@pytest.mark.parametrize(
    ("kind", "headers", "body"),
    [
        *(("shopify_poll", {}, body) for body in (GRAPHQL_ORDERS, REST_LEVELS, GRAPHQL_HOOKS, REST_HOOKS)),
        *(("bigcommerce_poll", {}, body) for body in (V3_STOCK, V3_HOOKS)),
        ("bigcommerce_poll", STORE, {"data": []}),
    ],
)
def test_a_list_is_recognised_by_its_shape(kind: str, headers: dict[str, str], body: Any) -> None:
    assert guess_kind(headers, body) == kind


def test_an_order_of_a_list_is_how_it_stands_and_no_event() -> None:
    (signal,) = observed("shopify_poll", GRAPHQL_ORDERS, SHOP).signals

    assert (signal.kind, signal.topic, signal.source_kind, signal.env) == ("order", "order.polled", "api_poll", "test")
    assert (signal.merchant, signal.auth) == ("mugs.myshopify.com", "not_applicable")
    assert signal.ids["order_id"] == "5000000000000000001"
    assert signal.metrics["total_minor"] == 5990
    assert (signal.attrs["financial_status"], signal.attrs["cancelled"]) == ("partially_refunded", True)
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
    assert signal.attrs["placed_at"] == "2026-03-01T10:00:00Z"


def test_times_and_amounts_of_bigcommerce_are_exact() -> None:
    (signal,) = observed("bigcommerce_poll", V2_ORDERS, STORE).signals

    assert (signal.merchant, signal.ids["order_id"]) == ("k1n4", "118")
    assert (signal.metrics["total_minor"], signal.metrics["tax_minor"]) == (5990, 956)
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
    assert (signal.attrs["financial_status"], signal.attrs["cancelled"]) == ("partially_refunded", True)


def test_stock_holds_when_it_is_read_and_missing_is_unknown() -> None:
    (shopify,) = observed("shopify_poll", REST_LEVELS, SHOP).signals
    here, there = observed("bigcommerce_poll", V3_STOCK, STORE).signals

    assert shopify.occurred_at == datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert "available" not in shopify.metrics
    assert shopify.attrs["changed_at"] == "2025-01-01T04:00:00Z"
    assert [(s.ids["sku"], s.metrics["available"]) for s in (here, there)] == [("79", -2), ("79", 11)]
    assert "available" in here.metrics
    assert there.attrs["enabled"] is False


def test_of_an_address_only_the_host_is_kept() -> None:
    first, second = observed("shopify_poll", GRAPHQL_HOOKS, SHOP).signals
    (off,) = observed("bigcommerce_poll", V3_HOOKS, STORE).signals

    assert (first.ids["hook_topic"], first.attrs["raw_topic"]) == ("order.updated", "orders/cancelled")
    assert (first.attrs["destination"], first.attrs["queued"]) == ("hooks.example", False)
    assert ("destination" in second.attrs, second.attrs["queued"]) == (False, True)
    assert (off.attrs["active"], off.attrs["health"], off.attrs["destination"]) == (
        False,
        "disabled",
        "665b65a6.example",
    )


def test_one_item_that_is_not_understood_stops_no_other() -> None:
    body = {"data": {"orders": {"nodes": [None, {"name": "#1"}, {"id": 7, "updatedAt": "2026-03-01T10:00:00Z"}]}}}
    found = observed("shopify_poll", body, SHOP)

    assert [s.kind for s in found.signals] == ["unknown", "unknown", "order"]
    assert [f.reason for f in found.failures] == [
        "expected an item as a JSON object, got NoneType (item 1)",
        "expected an order with an id, got none (item 2)",
    ]


def test_read_again_unchanged_it_is_the_same_and_changed_it_is_another() -> None:
    changed = {"data": {"orders": {"nodes": [{**GRAPHQL_ORDERS["data"]["orders"]["edges"][0]["node"],  # type: ignore[index]
                                              "updatedAt": "2026-03-01T10:31:00Z"}]}}}  # fmt: skip
    first, again, other = (
        observed("shopify_poll", body, {**SHOP, POLLED_AT: at}).signals[0].id
        for body, at in ((GRAPHQL_ORDERS, "2026-03-01T11:00:00Z"), (GRAPHQL_ORDERS, "2026-03-01T12:00:00Z"),
                         (changed, "2026-03-01T11:00:00Z"))
    )  # fmt: skip

    assert first == again != other


@pytest.mark.parametrize(
    ("scope", "topics"),
    [
        ("store/order/created", ("order.created",)),
        ("store/order/*", ("order.created", "order.deleted", "order.updated", "payment.updated", "refund.created")),
        ("store/channel/3/cart/*", ("cart.abandoned", "cart.changed", "cart.converted")),
        ("store/product/inventory/updated", ("inventory.changed",)),
        ("store/unheard/of", ("unheard.of",)),
        ("store/unheard/*", ("unheard",)),
    ],
)
def test_a_scope_brings_all_of_its_topics(scope: str, topics: tuple[str, ...]) -> None:
    assert topics_of(scope) == topics


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("ORDERS_CREATE", "orders/create"),
        ("INVENTORY_LEVELS_UPDATE", "inventory_levels/update"),
        ("ORDER_TRANSACTIONS_CREATE", "order_transactions/create"),
        ("APP_UNINSTALLED", "app/uninstalled"),
        ("orders/create", "orders/create"),
        ("UNHEARD_OF", "unheard_of"),
    ],
)
def test_names_of_topics_are_spelt_as_webhooks_spell_them(name: str, topic: str) -> None:
    assert raw_topic(name) == topic


def test_the_time_of_a_list_is_the_pollers_else_the_answers_else_the_receipt() -> None:
    def at(headers: dict[str, str]) -> datetime:
        return observed("bigcommerce_poll", V3_HOOKS, headers).signals[0].occurred_at

    assert at(STORE) == datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert at({"Date": "Sun, 01 Mar 2026 10:00:00 GMT"}) == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert at({}) == NOW


@pytest.mark.parametrize("value", [None, 5, "", "soon", "x" * 99, "Sun, 99 Mar 2026 10:00:00 +0000"])
def test_what_is_no_time_is_none(value: Any) -> None:
    assert http_date(value) is None


@pytest.mark.parametrize("value", [None, "", "http://[", "mailto:x@y.example", 5])
def test_what_is_no_address_has_no_host(value: Any) -> None:
    assert host_of(value) is None
