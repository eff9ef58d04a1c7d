"""Shopify resources that are wrapped, that name no id of their own, or that say when in another field."""

from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from migro.observe.parsing import moment
from tests.observe.payloads import NOW, one

T1, T2, T3 = "2026-02-01T10:00:00Z", "2026-02-02T10:00:00Z", "2026-02-03T10:00:00Z"


def delivery(topic: str, body: dict[str, Any], **headers: str) -> Signal:
    return one("shopify_webhook", body, {"X-Shopify-Topic": topic, **headers})


@pytest.mark.parametrize(
    ("topic", "body", "ids"),
    [
        (
            "fulfillment_orders/moved",
            {
                "original_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/7"},
                "moved_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/8"},
                "source_location": {"id": "gid://shopify/Location/3"},
                "destination_location_id": "gid://shopify/Location/4",
            },
            {
                "fulfillment_order_id": "gid://shopify/FulfillmentOrder/7",
                "original_fulfillment_order_id": "gid://shopify/FulfillmentOrder/7",
                "moved_fulfillment_order_id": "gid://shopify/FulfillmentOrder/8",
                "source_location_id": "gid://shopify/Location/3",
                "destination_location_id": "gid://shopify/Location/4",
            },
        ),
        ("orders/edited", {"order_edit": {"id": 5, "order_id": 6}}, {"order_id": "6", "order_edit_id": "5"}),
        ("product_listings/remove", {"product_listing": {"product_id": 9}}, {"product_id": "9"}),
        ("scheduled_product_listings/add", {"scheduled_product_listing": {"id": 9}}, {"product_id": "9"}),
        ("returns/decline", {"id": 2, "order": {"id": 3}}, {"return_id": "2", "order_id": "3"}),
        (
            "subscription_billing_attempts/failure",
            {"id": None, "order_id": 1, "subscription_contract_id": 4},
            {"order_id": "1", "subscription_contract_id": "4", "payment_id": "4"},
        ),
        ("tender_transactions/create", {"id": 8, "order_id": 1}, {"transaction_id": "8", "order_id": "1"}),
        ("payment_terms/create", {"id": 8}, {"payment_terms_id": "8"}),
        (
            "bulk_operations/finish",
            {"admin_graphql_api_id": "gid://shopify/BulkOperation/1"},
            {"bulk_operation_id": "gid://shopify/BulkOperation/1"},
        ),
    ],
)
def test_ids_are_found_where_the_resource_keeps_them(topic: str, body: dict[str, Any], ids: dict[str, str]) -> None:
    found = delivery(topic, body).ids

    assert {name: found.get(name) for name in ids} == ids


@pytest.mark.parametrize(
    ("topic", "body", "told"),
    [
        ("bulk_operations/finish", {"created_at": T3, "completed_at": T1}, T1),
        ("fulfillment_events/create", {"created_at": T2, "happened_at": T1}, T1),
        ("disputes/create", {"initiated_at": T1, "finalized_on": None}, T1),
        ("orders/edited", {"order_edit": {"id": 5, "order_id": 6, "created_at": T1}}, T1),
        ("app_subscriptions/update", {"app_subscription": {"created_at": T1, "updated_at": T2}}, T2),
        ("product_feeds/incremental_sync", {"metadata": {"occured_at": T1}}, T1),
        ("customer.tags_added", {"customerId": "gid://shopify/Customer/1", "occurredAt": T1}, T1),
        ("orders/cancelled", {"id": 1, "cancelled_at": T1, "updated_at": T2}, T1),
        ("products/delete", {"id": 1, "updated_at": T1}, None),
        ("returns/decline", {"id": 2}, None),
    ],
)
def test_the_event_happened_when_its_own_field_says(topic: str, body: dict[str, Any], told: str | None) -> None:
    signal = delivery(topic, body)

    assert (signal.occurred_at, signal.attrs.get("time_source")) == ((moment(told), None) if told else (NOW, "receipt"))


def test_a_number_that_was_rounded_on_the_way_is_restored_from_the_global_id_beside_it() -> None:
    rounded = {"id": 120560818172775260, "admin_graphql_api_id": "gid://shopify/Order/120560818172775265"}
    other = {"id": 17, "admin_graphql_api_id": "gid://shopify/Order/120560818172775265"}
    level = {
        "inventory_item_id": 271878346596884000,
        "location_id": 3,
        "admin_graphql_api_id": "gid://shopify/InventoryLevel/3?inventory_item_id=271878346596884015",
    }

    assert delivery("orders/updated", rounded).ids["order_id"] == "120560818172775265"
    assert delivery("orders/updated", other).ids["order_id"] == "17"
    assert delivery("inventory_levels/connect", level).ids["inventory_item_id"] == "271878346596884015"


def test_the_shop_of_a_global_id_is_the_shop_of_its_number() -> None:
    by_gid = delivery(
        "app_subscriptions/update", {"app_subscription": {"admin_graphql_api_shop_id": "gid://shopify/Shop/5"}}
    )
    by_number = delivery("fulfillment_events/create", {"id": 1, "shop_id": 5})

    assert by_gid.merchant == by_number.merchant == "5"


def test_the_order_that_only_a_header_names_is_kept() -> None:
    signal = delivery("orders/risk_assessment_changed", {"risk_level": "high"}, **{"X-Shopify-Order-Id": "77"})

    assert (signal.kind, signal.ids["order_id"]) == ("order", "77")
    assert delivery("orders/risk_assessment_changed", {"risk_level": "high"}).kind == "platform.event"
    assert signal.severity_hint is None


def test_people_stay_pseudonyms_in_every_family() -> None:
    for topic, body in (
        ("company_contacts/create", {"id": 4711, "customer_id": 4711}),
        (
            "company_contact_roles/assign",
            {"company_contact": {"admin_graphql_api_id": "gid://shopify/CompanyContact/4711"}},
        ),
        ("customer.tags_added", {"customerId": "gid://shopify/Customer/4711"}),
        ("subscription_contracts/fail", {"id": 1, "customer_id": 4711}),
        ("customer_payment_methods/create", {"token": "tok_4711", "customer_id": 4711}),
    ):
        assert "4711" not in delivery(topic, body).json_line()


def test_a_variant_out_of_stock_has_none_left() -> None:
    assert delivery("variants/out_of_stock", {"id": 1, "inventory_quantity": 0}).metrics["available"] == 0


def test_without_a_header_the_global_id_tells_the_family() -> None:
    signal = one("shopify_webhook", {"id": 3, "admin_graphql_api_id": "gid://shopify/ProductVariant/3"})

    assert (signal.kind, signal.attrs["raw_topic"], signal.attrs["topic_source"]) == ("product", "variants/?", "shape")
