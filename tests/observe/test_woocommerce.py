from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.deliveries import RAW, auth
from tests.observe.payloads import observed, one

SHOP = "https://mugs.example/"
ORDER = {
    "id": 9_223_372_036_854_775_808,
    "parent_id": 0,
    "number": "1042",
    "order_key": "wc_order_planted",
    "created_via": "checkout",
    "status": "processing",
    "currency": "EUR",
    "date_created": "2026-02-28T10:00:00",
    "date_created_gmt": "2026-02-28T09:00:00",
    "date_modified": "2026-03-01T10:00:00",
    "date_modified_gmt": "2026-03-01T09:00:00",
    "date_paid_gmt": "2026-03-01T08:59:00",
    "total": "59.90",
    "total_tax": "9.56",
    "customer_id": 77,
    "billing": {"first_name": "Ada", "email": "ada@planted.example", "country": "FR"},
    "shipping": {"last_name": "Planted", "country": "DE"},
    "customer_note": "call me on 030 5550 1234",
    "customer_ip_address": "198.51.100.7",
    "payment_method": "stripe",
    "transaction_id": "pi_500",
    "meta_data": [{"key": "vat", "value": "Planted"}],
    "line_items": [{"sku": "MUG"}],
}


def hook(topic: str, body: Any, **headers: str) -> Signal:
    return one("woocommerce_webhook", body, {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Source": SHOP, **headers})


def test_an_order_keeps_ids_money_and_its_time_in_gmt() -> None:
    signal = hook("order.created", ORDER, **{"X-WC-Webhook-ID": "3"})

    assert (signal.kind, signal.topic, signal.merchant, signal.state) == (
        "order",
        "order.created",
        SHOP,
        "processing",
    )
    assert signal.occurred_at == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert {n: signal.ids[n] for n in ("order_id", "order_number", "transaction_id", "webhook_id")} == {
        "order_id": "9223372036854775808",
        "order_number": "1042",
        "transaction_id": "pi_500",
        "webhook_id": "3",
    }
    assert dict(signal.metrics) == {"total_minor": 5990, "tax_minor": 956}
    assert {n: signal.attrs.get(n) for n in ("currency", "country", "paid", "payment_method", "contradiction")} == {
        "currency": "EUR",
        "country": "DE",
        "paid": True,
        "payment_method": "stripe",
        "contradiction": None,
    }
    assert len(signal.ids["customer_ref"]) == 20
    assert "parent_id" not in signal.ids


def test_an_update_happened_when_the_order_was_last_changed() -> None:
    assert hook("order.updated", ORDER).occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_time_without_gmt_in_its_name_is_not_believed() -> None:
    local = {"id": 1, "status": "pending", "date_modified": "2026-03-01T10:00:00"}

    assert hook("order.updated", local).attrs["time_source"] == "receipt"


def test_an_order_that_is_paid_and_still_waits_for_payment_is_marked() -> None:
    assert hook("order.updated", ORDER | {"status": "pending"}).attrs["contradiction"] == "paid_but_unpaid_status"


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        ("order.created", {"id": 1}, ("order", "order.created")),
        ("order.restored", {"id": "1"}, ("order", "order.updated")),
        ("order.deleted", {"id": 1}, ("order", "order.deleted")),
        ("order.updated", {"id": None}, ("platform.event", "order.updated")),
        ("product.updated", {"id": 1}, ("product", "product.changed")),
        ("product.deleted", {"id": 1}, ("product", "product.changed")),
        ("customer.created", {"id": 1}, ("customer", "customer.changed")),
        ("customer.deleted", {"id": 1}, ("compliance", "compliance")),
        ("coupon.updated", {"id": 1}, ("platform.event", "coupon.updated")),
        ("action.wc_add_to_cart", {"action": "x", "arg": 5}, ("platform.event", "action.wc_add_to_cart")),
    ],
)
def test_topics_become_canonical(topic: str, body: dict[str, Any], expected: tuple[str, str]) -> None:
    signal = hook(topic, body)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (*expected, topic)


def test_resource_and_event_tell_the_topic_where_that_header_is_missing() -> None:
    headers = {"x-wc-webhook-resource": "order", "x-wc-webhook-event": "deleted"}

    assert one("woocommerce_webhook", {"id": 1}, headers).topic == "order.deleted"


def test_without_headers_the_shape_tells_what_it_is() -> None:
    signal = one("woocommerce_webhook", ORDER)

    assert (signal.topic, signal.attrs["topic_source"]) == ("order.updated", "shape")
    assert one("woocommerce_webhook", {"id": 1}, named="order_created").topic == "order.created"
    assert one("woocommerce_webhook", {"id": 1, "permalink": "x", "stock_status": "instock"}).kind == "product"
    assert one("woocommerce_webhook", {"id": 1, "discount_type": "percent", "code": "x"}).topic == "coupon.updated"
    assert one("woocommerce_webhook", {"id": 1, "is_paying_customer": True, "billing": {}}).kind == "customer"
    assert "X-WC-Webhook-Topic, got none" in str(one("woocommerce_webhook", {"id": 1}).attrs["reason"])


def test_the_legacy_api_wraps_the_resource_in_its_name() -> None:
    body = {"order": {"id": 7, "order_number": "8", "created_at": "2026-03-01T09:00:00Z", "total": "1.00"}}

    signal = hook("order.created", body)

    assert (signal.ids["order_id"], signal.ids["order_number"]) == ("7", "8")
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_product_tells_its_stock_where_stock_is_counted() -> None:
    body = {"id": 5, "sku": "MUG", "stock_quantity": "0", "manage_stock": True, "stock_status": "outofstock"}

    signal = hook("product.updated", body)

    assert (signal.ids["product_id"], signal.ids["sku"], signal.metrics["available"]) == ("5", "MUG", 0)
    assert "available" not in hook("product.updated", body | {"manage_stock": False}).metrics


def test_the_first_ping_is_a_form_and_no_failure() -> None:
    found = observed("woocommerce_webhook", "webhook_id=12")

    assert found.failures == ()
    assert (found.signals[0].topic, found.signals[0].ids["webhook_id"]) == ("hook.ping", "12")
    assert guess_kind({}, "webhook_id=12") == "woocommerce_webhook"
    assert guess_kind({}, "webhook_id=12&x=1") != "woocommerce_webhook"


def test_a_guest_is_nobody() -> None:
    assert "customer_ref" not in hook("order.created", ORDER | {"customer_id": 0}).ids


def test_a_redelivery_has_another_delivery_id_and_the_same_key() -> None:
    first, again, later = (
        hook("order.updated", ORDER | {"date_modified_gmt": changed}, **{"X-WC-Webhook-Delivery-ID": delivery})
        for changed, delivery in (
            ("2026-03-01T09:00:00", "a"),
            ("2026-03-01T09:00:00", "b"),
            ("2026-03-01T09:05:00", "c"),
        )
    )

    assert first.dedup_key == again.dedup_key != later.dedup_key
    assert first.dedup_key != hook("order.created", ORDER).dedup_key


def test_a_customer_is_a_pseudonym_and_nothing_more() -> None:
    signal = hook("customer.updated", {"id": 77, "email": "ada@planted.example", "username": "ada", "billing": {}})

    assert (list(signal.ids), signal.resource) == (["customer_ref"], None)
    assert signal.ids["customer_ref"] == hook("order.created", ORDER).ids["customer_ref"]


def test_the_signature_is_that_of_the_vector() -> None:
    headers = {"X-WC-Webhook-Signature": "1/zULvGIyvNiQWgeoMfAyLF1isJ8Y2YHkRSIZeWeCzY="}

    assert auth("woocommerce_webhook", headers) == "verified"
    assert auth("woocommerce_webhook", headers, raw=RAW[:-1] + b" ") == "failed"
    assert auth("woocommerce_webhook", headers, OLD="wrong") == "failed"
    assert auth("woocommerce_webhook", {}) == "failed"


@pytest.mark.parametrize(
    ("stored", "meant"),
    [("a&amp;b", "a&b"), ("say &quot;x&quot;", 'say "x"'), ("it&#039;s", "it's"), ("plain", "plain")],
)
def test_a_secret_that_wordpress_has_escaped_is_read_as_it_was_meant(stored: str, meant: str) -> None:
    signed = base64.b64encode(hmac.digest(meant.encode(), RAW, "sha256")).decode()

    assert auth("woocommerce_webhook", {"X-WC-Webhook-Signature": signed}, OLD=stored) == "verified"
