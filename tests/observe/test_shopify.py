from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import from_file, one

SHOP = "mugs.myshopify.com"


def webhook(topic: str | None, body: dict[str, Any], **headers: str) -> Signal:
    given = {f"X-Shopify-{n.replace('_', '-')}": v for n, v in headers.items()}
    return one("shopify_webhook", body, {"X-Shopify-Topic": topic, **given} if topic else given)


def test_an_order_keeps_ids_money_and_state() -> None:
    (order,) = from_file("shopify_webhook__orders_create.json")

    assert (order.kind, order.topic, order.merchant, order.state, order.env) == (
        "order", "order.created", SHOP, "paid", "unknown",
    )  # fmt: skip
    assert order.occurred_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert dict(order.metrics) == {"total_minor": 5990}
    assert order.ids["order_id"] == "5600000000000000017"
    assert order.ids["cart_ref"] == order.ids["cart_token"] == "c1-7f3e0c6ab1"
    assert order.attrs["raw_topic"] == "orders/create"


@pytest.mark.parametrize(
    ("topic", "kind", "canonical"),
    [
        ("orders/paid", "order", "order.paid"),
        ("orders/cancelled", "order", "order.updated"),
        ("orders/delete", "order", "order.deleted"),
        ("refunds/create", "refund", "refund.created"),
        ("disputes/create", "dispute", "dispute.created"),
        ("disputes/update", "dispute", "dispute.updated"),
        ("carts/update", "cart", "cart.changed"),
        ("products/update", "product", "product.changed"),
        ("inventory_levels/update", "inventory", "inventory.changed"),
        ("fulfillments/create", "fulfilment", "fulfilment.changed"),
        ("customers/update", "customer", "customer.changed"),
        ("customers/redact", "compliance", "compliance"),
        ("app/uninstalled", "app", "app.lifecycle"),
        ("themes/publish", "platform.event", "themes.publish"),
    ],
)
def test_topics_become_canonical(topic: str, kind: str, canonical: str) -> None:
    signal = webhook(topic, {"id": 5})

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (kind, canonical, topic)


def test_a_transaction_tells_whether_money_moved() -> None:
    body = {"id": 9, "order_id": 5, "kind": "sale", "amount": "12.00", "currency": "EUR", "error_code": "card_declined"}
    paid = webhook("order_transactions/create", {**body, "status": "success"})
    failed = webhook("order_transactions/create", {**body, "status": "failure"})

    assert (paid.topic, failed.topic, failed.attrs["decline_code"]) == ("order.paid", "payment.failed", "card_declined")
    assert failed.metrics["amount_minor"] == 1200


def test_a_refund_sums_its_transactions() -> None:
    transactions = [{"amount": "5.00", "currency": "EUR"}, {"amount": "2.50", "currency": "EUR"}]

    assert (
        webhook("refunds/create", {"id": 1, "order_id": 5, "transactions": transactions}).metrics["amount_minor"] == 750
    )


def test_stock_that_is_null_is_missing_and_never_zero() -> None:
    body = {"inventory_item_id": 1, "location_id": 2, "updated_at": "2026-03-01T09:00:00Z"}

    assert "available" not in webhook("inventory_levels/update", {**body, "available": None}).metrics
    assert webhook("inventory_levels/update", {**body, "available": 0}).metrics["available"] == 0


def test_the_shop_is_never_guessed() -> None:
    assert webhook("shop/redact", {"shop_id": 77, "shop_domain": "{shop}.myshopify.com"}).merchant == "77"
    assert webhook("orders/delete", {"id": 5}).merchant is None
    assert webhook("orders/delete", {"id": 5}, Shop_Domain=SHOP).merchant == SHOP


def test_a_hold_says_the_reason_that_says_something() -> None:
    holds = [{"reason": "other"}, {"reason": "inventory_out_of_stock"}]
    body = {
        "fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "status": "on_hold", "fulfillment_holds": holds}
    }

    signal = webhook("fulfillment_orders/placed_on_hold", body)

    assert (signal.state, signal.attrs["reason"]) == ("on_hold", "inventory_out_of_stock")


def test_test_orders_are_of_the_test_environment() -> None:
    assert webhook("orders/create", {"id": 1, "test": True}).env == "test"
    assert webhook("orders/create", {"id": 1}, Test="true").env == "test"


def test_one_event_over_two_subscriptions_is_one_and_a_later_update_is_another() -> None:
    body = {"id": 5, "updated_at": "2026-03-01T09:00:00Z"}
    later = {"id": 5, "updated_at": "2026-03-01T09:00:01Z"}

    def key(body: dict[str, Any], topic: str = "orders/updated", **headers: str) -> str:
        return webhook(topic, body, **headers).dedup_key

    assert key(body, Event_Id="e1", Webhook_Id="w1") == key(body, Event_Id="e1", Webhook_Id="w2")
    assert key(body, Webhook_Id="w1") != key(body, Webhook_Id="w2")
    assert key(body) == key(body)
    assert key(body) != key(later)
    assert key(body, "orders/create") == key(later, "orders/create")
    assert key(body, "orders/create") != key({"id": 6}, "orders/create")


def test_customers_are_pseudonyms() -> None:
    signal = webhook("customers/update", {"id": 7000000000000000031, "email": "jo@mail.example"})

    assert set(signal.ids) == {"customer_ref"}
    assert "7000000000000000031" not in signal.json_line()
    assert (
        signal.ids["customer_ref"]
        == webhook("orders/create", {"id": 1, "customer": {"id": 7000000000000000031}}).ids["customer_ref"]
    )


def test_without_a_topic_the_shape_tells_the_resource() -> None:
    signal = webhook(None, {"id": 5, "order_number": 1, "financial_status": "paid"})

    assert (signal.kind, signal.topic, signal.attrs["topic_source"]) == ("order", "order.updated", "shape")


def test_the_preview_headers_without_a_prefix_are_read_too() -> None:
    signal = one("shopify_webhook", {"id": 5}, {"shopify-topic": "orders/create", "shopify-shop-domain": SHOP})

    assert (signal.topic, signal.merchant) == ("order.created", SHOP)


def order(topic: str = "orders/create", **fields: Any) -> Signal:
    given = {"id": 1, "created_at": "2026-03-01T09:00:00Z", "currency": "EUR", "total_price": "59.90", **fields}
    return webhook(topic, given, Shop_Domain=SHOP, Triggered_At="2026-03-01T09:00:02Z")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"total_tax": "0.00", "shipping_address": {"country_code": "DE", "city": "X"}}, (0, "DE", None, None)),
        ({"total_tax": "9.56", "billing_address": {"country_code": "AT"}}, (956, "AT", None, None)),
        ({"shipping_address": {"country_code": "Germany"}, "tax_exempt": True}, (None, None, True, None)),
        ({"landing_site": "/checkouts/cn/abc?email=ada%40mugs.example"}, (None, None, None, "checkout")),
        ({"landing_site": None, "shipping_address": None}, (None, None, None, None)),
    ],
)
def test_an_order_tells_its_tax_its_country_and_where_the_shopper_came_in(fields: Any, expected: Any) -> None:
    signal = order(**fields)
    attrs = signal.attrs

    told = (signal.metrics.get("tax_minor"), attrs.get("country"), attrs.get("tax_exempt"), attrs.get("landing"))
    assert told == expected
    assert "ada" not in signal.json_line()


@pytest.mark.parametrize(
    ("topic", "fields", "backdated"),
    [
        ("orders/create", {"processed_at": "2025-06-01T09:00:00Z"}, True),
        ("orders/create", {"created_at": "2025-06-01T09:00:00Z"}, True),
        ("orders/create", {"processed_at": "2026-02-22T09:00:03Z"}, None),
        ("orders/updated", {"created_at": "2025-06-01T09:00:00Z"}, None),
    ],
)
def test_an_order_that_is_brought_along_is_told_from_a_new_one(topic: str, fields: Any, backdated: Any) -> None:
    signal = order(topic, **fields)

    assert signal.attrs.get("backdated") is backdated
    assert not backdated or signal.occurred_at == datetime(2026, 3, 1, 9, 0, 2, tzinfo=UTC)
