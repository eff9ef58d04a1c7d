from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import from_file, one


def callback(scope: str, data: dict[str, Any] | None = None, **more: Any) -> Signal:
    body = {"scope": scope, "store_id": "1002003", "created_at": 1772355600, "hash": "aa", "data": data or {}, **more}
    return one("bigcommerce_webhook", body)


@pytest.mark.parametrize(
    ("scope", "data", "kind", "topic", "ids"),
    [
        ("store/order/created", {"type": "order", "id": 1}, "order", "order.created", {"order_id": "1"}),
        ("store/order/archived", {"type": "order", "id": 1}, "order", "order.updated", {"order_id": "1"}),
        (
            "store/order/refund/created",
            {"type": "order", "id": 1, "refund": {"refund_id": 3}},
            "refund",
            "refund.created",
            {"order_id": "1", "refund_id": "3"},
        ),
        (
            "store/order/transaction/created",
            {"type": "transaction", "id": 4, "order_id": 1},
            "payment",
            "payment.updated",
            {"order_id": "1", "payment_id": "4", "transaction_id": "4"},
        ),
        (
            "store/cart/lineItem/created",
            {"type": "cart_line_item", "id": "l", "cartId": "c"},
            "cart",
            "cart.changed",
            {"cart_id": "c", "cart_line_item_id": "l", "cart_ref": "c", "line_item_id": "l"},
        ),
        (
            "store/cart/couponApplied",
            {"type": "cart", "id": "c", "couponId": 6},
            "cart",
            "cart.changed",
            {"cart_id": "c", "cart_ref": "c", "coupon_id": "6"},
        ),
        ("store/product/updated", {"type": "product", "id": 1}, "product", "product.changed", {"product_id": "1"}),
        (
            "store/shipment/created",
            {"type": "shipment", "id": 8, "orderId": 1},
            "fulfilment",
            "fulfilment.changed",
            {"order_id": "1", "shipment_id": "8"},
        ),
        ("store/app/uninstalled", {}, "app", "app.lifecycle", {}),
        ("store/hook/deliveryException", {}, "hook", "hook.failure", {}),
        ("store/script/created", {"type": "script", "id": "s"}, "platform.event", "script.created", {"script_id": "s"}),
    ],
)
def test_scopes_become_canonical(scope: str, data: dict[str, Any], kind: str, topic: str, ids: dict[str, str]) -> None:
    signal = callback(scope, data)

    assert (signal.kind, signal.topic, dict(signal.ids)) == (kind, topic, ids)
    assert (signal.merchant, signal.attrs["raw_topic"]) == ("1002003", scope)


def test_a_converted_cart_names_cart_and_order() -> None:
    (signal,) = from_file("bigcommerce_webhook__cart_converted.json")

    assert (signal.topic, signal.ids["order_id"], signal.ids["cart_ref"]) == (
        "cart.converted", "118", "2f6a7c1e-0000-4000-8000-000000000001",
    )  # fmt: skip


def test_absolute_stock_is_a_level_and_relative_stock_a_change() -> None:
    level = callback(
        "store/sku/inventory/updated", {"type": "sku", "id": 1, "inventory": {"method": "absolute", "value": 0}}
    )
    change = callback(
        "store/product/inventory/updated",
        {"type": "product", "id": 1, "inventory": {"method": "relative", "value": -2}},
    )

    assert (dict(level.metrics), dict(change.metrics)) == ({"available": 0}, {"change": -2})


def test_a_status_keeps_its_number_and_gets_a_name() -> None:
    signal = callback(
        "store/order/statusUpdated",
        {"type": "order", "id": 1, "status": {"previous_status_id": 1, "new_status_id": 11}},
    )

    assert (signal.state, signal.attrs["status_name"]) == ("11", "awaiting_fulfillment")


def test_equal_hashes_of_different_scopes_or_times_are_different_events() -> None:
    order = {"type": "order", "id": 1}
    keys = {
        callback("store/order/created", order).dedup_key,
        callback("store/order/created", order).dedup_key,
        callback("store/order/updated", order).dedup_key,
        callback("store/order/created", order, created_at=1772355601).dedup_key,
        callback("store/order/created", {"type": "order", "id": 2}).dedup_key,
    }

    assert len(keys) == 4


def test_a_customer_is_a_pseudonym() -> None:
    signal = callback("store/customer/created", {"type": "customer", "id": 424242})

    assert set(signal.ids) == {"customer_ref"}
    assert "424242" not in signal.json_line()


def test_the_store_hash_serves_where_the_id_is_missing_unless_it_is_a_placeholder() -> None:
    assert callback("store/order/created", store_id=None, producer="stores/abc123").merchant == "abc123"
    assert callback("store/order/created", store_id=None, producer="stores/{store_hash}").merchant is None


def test_the_deletion_of_a_customer_is_a_privacy_request() -> None:
    body = {"scope": "store/customer/deleted", "store_id": "1", "data": {"type": "customer", "id": 77}}
    signal = one("bigcommerce_webhook", body)

    assert (signal.kind, signal.topic, signal.attrs["request"]) == (
        "compliance",
        "compliance",
        "store/customer/deleted",
    )
    assert (signal.resource, "77" in signal.json_line()) == (None, False)
    assert len(signal.ids["customer_ref"]) == 20
