from __future__ import annotations

import hmac
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import ObserveSettings, guess_kind
from tests.observe.deliveries import RAW, SECRET, auth
from tests.observe.keys import detached, key_set, pem, private_key
from tests.observe.payloads import observed, one

SHOP = "mugs.saleor.example"
KEY, OTHER = private_key(), private_key("other")


def hook(event: str, body: Any) -> Signal:
    return one("saleor_webhook", body, {"Saleor-Event": event, "Saleor-Domain": SHOP})


def test_a_subscription_tells_what_it_was_asked_for() -> None:
    body = {
        "__typename": "OrderFullyPaid",
        "issuedAt": "2026-03-01T09:00:00.5+00:00",
        "version": "3.20.1",
        "order": {
            "id": "T3JkZXI6MQ==",
            "number": "12",
            "status": "UNFULFILLED",
            "paymentStatus": "FULLY_CHARGED",
            "userEmail": "ada@planted.example",
            "user": {"id": "VXNlcjo3", "email": "ada@planted.example", "firstName": "Ada"},
            "channel": {"id": "Q2g6MQ==", "slug": "eu"},
            "shippingAddress": {"country": {"code": "DE"}, "city": "Planted"},
            "total": {
                "gross": {"amount": Decimal("59.9"), "currency": "EUR"},
                "tax": {"amount": Decimal("9.56")},
            },
        },
    }

    signal = hook("ORDER_FULLY_PAID", body)

    assert (signal.kind, signal.topic, signal.merchant, signal.state) == ("order", "order.paid", SHOP, "UNFULFILLED")
    assert signal.occurred_at == datetime(2026, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC)
    assert (signal.ids["order_id"], signal.ids["order_number"]) == ("T3JkZXI6MQ==", "12")
    assert dict(signal.metrics) == {"total_minor": 5990, "tax_minor": 956}
    assert (signal.attrs["currency"], signal.attrs["country"], signal.attrs["channel"]) == ("EUR", "DE", "eu")
    assert len(signal.ids["customer_ref"]) == 20


def test_an_older_body_is_a_list_with_one_object() -> None:
    body = [
        {
            "type": "Order",
            "id": "T3JkZXI6MQ==",
            "created": "2026-02-28T09:00:00Z",
            "total_gross_amount": "59.90",
            "currency": "EUR",
            "user_email": "ada@planted.example",
            "meta": {"issued_at": "2026-03-01T09:00:00Z", "issuing_principal": {"id": None, "type": None}},
        }
    ]

    signal = hook("order_created", body)

    assert (signal.topic, signal.ids["order_id"], signal.metrics["total_minor"]) == (
        "order.created",
        "T3JkZXI6MQ==",
        5990,
    )
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "body", "expected"),
    [
        ("order_created", {"order": {"id": "o"}}, ("order", "order.created")),
        ("order_bulk_created", {"order": {"id": "o"}}, ("order", "order.imported")),
        ("order_cancelled", {"order": {"id": "o"}}, ("order", "order.updated")),
        ("order_refunded", {"order": {"id": "o"}}, ("refund", "refund.created")),
        ("order_updated", {"something": 1}, ("platform.event", "order.updated")),
        ("draft_order_created", {"order": {"id": "o"}}, ("platform.event", "draft_order.created")),
        ("order_calculate_taxes", {}, ("platform.event", "order.calculate_taxes")),
        ("checkout_created", {"checkout": {"id": "c"}}, ("cart", "cart.changed")),
        ("checkout_fully_paid", {"checkout": {"id": "c"}}, ("cart", "order.paid")),
        ("checkout_calculate_taxes", {"checkout": {"id": "c"}}, ("platform.event", "checkout.calculate_taxes")),
        ("product_variant_updated", {"productVariant": {"id": "v"}}, ("product", "product.changed")),
        ("collection_deleted", {"collection": {"id": "c"}}, ("product", "product.changed")),
        ("product_variant_stock_updated", {}, ("inventory", "inventory.changed")),
        ("fulfillment_tracking_number_updated", {}, ("fulfilment", "fulfilment.changed")),
        ("transaction_charge_requested", {"transaction": {"id": "t"}}, ("payment", "payment.updated")),
        ("transaction_charge_requested", {}, ("platform.event", "transaction.charge.requested")),
        ("transaction_process_session", {}, ("platform.event", "transaction.process_session")),
        ("customer_updated", {"user": {"id": "u"}}, ("customer", "customer.changed")),
        ("address_created", {"address": {"id": "a"}}, ("customer", "customer.changed")),
        ("account_delete_requested", {"user": {"id": "u"}}, ("compliance", "compliance")),
        ("account_deleted", {"user": {"id": "u"}}, ("compliance", "compliance")),
        ("customer_deleted", {"user": {"id": "u"}}, ("compliance", "compliance")),
        ("app_deleted", {"app": {"id": "a"}}, ("app", "app.lifecycle")),
        ("voucher_updated", {"voucher": {"id": "a"}}, ("platform.event", "voucher.updated")),
        ("observability", {}, ("platform.event", "observability.event")),
    ],
)
def test_events_become_canonical(event: str, body: dict[str, Any], expected: tuple[str, str]) -> None:
    signal = hook(event, body)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (*expected, event)


def test_only_the_header_tells_in_stock_from_out_of_stock() -> None:
    body = {"product_variant_id": "v", "product_id": "p", "warehouse_id": "w", "stock_id": "s"}

    gone, back = (hook(f"product_variant_{word}", body) for word in ("out_of_stock", "back_in_stock"))

    assert (gone.attrs["stock"], back.attrs["stock"]) == ("out", "in")
    assert {n: gone.ids[n] for n in ("product_variant_id", "product_id", "sku", "location_id")} == {
        "product_variant_id": "v",
        "product_id": "p",
        "sku": "v",
        "location_id": "w",
    }
    assert gone.dedup_key != back.dedup_key
    assert "available" not in gone.metrics


def test_a_mail_to_be_sent_is_not_the_event_that_it_tells_of() -> None:
    body = {
        "notify_event": "order_payment_confirmation",
        "payload": {
            "order": {"id": "T3JkZXI6MQ==", "number": "12", "email": "ada@planted.example", "token": "t"},
            "recipient_email": "ada@planted.example",
            "domain": "shop.example",
        },
    }

    signal = one("saleor_webhook", body)

    assert (signal.kind, signal.topic) == ("platform.event", "notify_user.order_payment_confirmation")
    assert signal.attrs["raw_topic"] == "notify_user:order_payment_confirmation"
    assert (signal.ids["order_id"], signal.merchant, signal.attrs["time_source"]) == (
        "T3JkZXI6MQ==",
        "shop.example",
        "receipt",
    )


def test_the_shop_is_told_by_headers_old_and_new() -> None:
    for headers in (
        {"X-Saleor-Domain": SHOP},
        {"Saleor-Api-Url": f"https://{SHOP}/graphql/"},
        {"Saleor-Domain": SHOP, "Saleor-Api-Url": "https://[broken/"},
    ):
        assert one("saleor_webhook", {"order": {"id": "o"}}, headers).merchant == SHOP
    assert one("saleor_webhook", {"order": {"id": "o"}}, {"Saleor-Api-Url": "https://[broken/"}).merchant is None


def test_without_a_header_type_or_shape_tell_the_event() -> None:
    assert one("saleor_webhook", {"__typename": "OrderCreated", "order": {"id": "o"}}).topic == "order.created"
    assert one("saleor_webhook", {"data": {"event": {"__typename": "AppDeleted"}}}).topic == "app.lifecycle"
    assert one("saleor_webhook", {"product_id": "p"}, named="variant_back_in_stock").attrs["stock"] == "in"
    assert one("saleor_webhook", {"event": {"__typename": "AppDeleted"}}).attrs["topic_source"] == "body"
    assert one("saleor_webhook", {"order": {"id": "o"}}).attrs["topic_source"] == "shape"
    assert "Saleor-Event, got none" in str(one("saleor_webhook", {"x": 1}).attrs["reason"])


def test_older_bodies_and_notifications_are_recognised() -> None:
    for body in (
        {"product_variant_id": "v", "warehouse_id": "w"},
        {"notify_event": "order_confirmation", "payload": {}},
        [{"id": "o", "meta": {"issuing_principal": {"id": None}}}],
    ):
        assert guess_kind({}, json.dumps(body)) == "saleor_webhook"


def test_a_header_that_is_a_text_is_no_event() -> None:
    assert one("saleor_webhook", {"x": 1}, {"Saleor-Event": "call Ada Planted"}).kind == "unknown"


def test_equal_bodies_of_one_event_are_one_delivery() -> None:
    first, again = (hook("order_updated", {"order": {"id": "o", "updatedAt": "2026-03-01T09:00:00Z"}}) for _ in "ab")
    other = hook("order_updated", {"order": {"id": "o", "updatedAt": "2026-03-01T09:00:01Z"}})

    assert first.dedup_key == again.dedup_key != other.dedup_key


def test_several_objects_are_several_signals() -> None:
    found = observed("saleor_webhook", [{"id": "a"}, {"id": "b"}], {"Saleor-Event": "order_bulk_created"})

    assert [signal.ids["order_id"] for signal in found.signals] == ["a", "b"]


@pytest.mark.parametrize("secret", [pem(KEY), key_set(OTHER, KEY)], ids=["pem", "key set"])
@pytest.mark.parametrize("name", ["Saleor-Signature", "x-saleor-signature"])
@pytest.mark.parametrize("header", ['{"alg":"RS256","b64":false,"crit":["b64"]}', '{"alg":"RS256","kid":"1"}'])
def test_a_detached_signature_is_verified_with_the_shops_public_key(secret: str, name: str, header: str) -> None:
    token = detached(KEY, RAW, header)

    assert auth("saleor_webhook", {name: token}, OLD=secret) == "verified"
    assert auth("saleor_webhook", {name: token}, OLD=secret, raw=RAW + b" ") == "failed"
    assert auth("saleor_webhook", {name: token}, OLD=pem(private_key("third"))) == "failed"


@pytest.mark.parametrize(
    "token",
    [
        detached(KEY, RAW, '{"alg":"RS512","b64":false}'),
        detached(KEY, RAW, '{"alg":"none","b64":false}'),
        detached(KEY, RAW, "[]"),
        detached(KEY, RAW, "no json"),
        "..",
        "é.ü.ö",
        detached(OTHER, RAW, '{"alg":"RS256","b64":false,"jku":"https://evil.example/keys"}'),
    ],
)
def test_only_rs256_with_a_configured_key_counts(token: str) -> None:
    assert auth("saleor_webhook", {"Saleor-Signature": token}, OLD=pem(KEY)) == "failed"


def test_the_deprecated_secret_signs_the_body_in_hexadecimal() -> None:
    vector = {"Saleor-Signature": "d7fcd42ef188caf36241681ea0c7c0c8b1758ac27c63660791148865e59e0b36"}

    assert auth("saleor_webhook", vector) == "verified"
    assert auth("saleor_webhook", vector, raw=RAW + b" ") == "failed"
    assert auth("saleor_webhook", {"Saleor-Signature": "zz"}) == "failed"
    assert auth("saleor_webhook", {}) == "failed"


def test_the_public_key_is_not_taken_for_a_secret() -> None:
    forged = {"Saleor-Signature": hmac_hex(pem(KEY))}

    assert auth("saleor_webhook", forged, OLD=pem(KEY)) == "failed"


def hmac_hex(secret: str) -> str:

    return hmac.digest(secret.encode(), RAW, "sha256").hex()


def test_without_the_optional_package_a_public_key_leaves_the_sender_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)

    assert auth("saleor_webhook", {"Saleor-Signature": detached(KEY, RAW)}, OLD=pem(KEY)) == "unchecked"
    assert auth("saleor_webhook", {"Saleor-Signature": hmac_hex(SECRET)}) == "verified"
    assert auth("saleor_webhook", {}, OLD=pem(KEY)) == "failed"


def test_without_a_secret_nothing_is_checked() -> None:
    assert auth("saleor_webhook", {"Saleor-Signature": "00"}, settings=ObserveSettings()) == "unchecked"
