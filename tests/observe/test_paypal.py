from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.payloads import observed, one
from tests.observe.signed import auth, certificate, rsa_signature

API = "https://api.paypal.com"
CAPTURE: dict[str, Any] = {
    "id": "42311647XV020574X",
    "status": "COMPLETED",
    "amount": {"currency_code": "EUR", "value": "59.90"},
    "final_capture": True,
    "payee": {"email_address": "shop@mail.example", "merchant_id": "MJRUQCVE8CVPN"},
    "supplementary_data": {"related_ids": {"order_id": "2V348991C6154690K"}},
    "invoice_id": "M-1001",
    "custom_id": "c1-7f3e",
    "create_time": "2026-03-01T08:59:50Z",
    "links": [
        {"href": f"{API}/v2/payments/captures/42311647XV020574X", "rel": "self"},
        {"href": f"{API}/v2/checkout/orders/2V348991C6154690K", "rel": "up"},
    ],
}


def event(kind: str, thing: Any = CAPTURE, **more: Any) -> dict[str, Any]:
    return {
        "id": "WH-58D32951-8HN65033",
        "event_version": "1.0",
        "create_time": "2026-03-01T09:00:00.940Z",
        "resource_type": "capture",
        "event_type": kind,
        "summary": "Payment completed for EUR 59.90",
        "resource": thing,
        "links": [{"href": f"{API}/v1/notifications/webhooks-events/WH-58D32951-8HN65033", "rel": "self"}],
        **more,
    }


def read(kind: str, thing: Any = CAPTURE, **more: Any) -> Signal:
    return one("paypal_webhook", event(kind, thing, **more))


def test_a_completed_capture_is_a_paid_order_with_money_and_ids() -> None:
    signal = read("PAYMENT.CAPTURE.COMPLETED")

    assert (signal.kind, signal.topic, signal.state) == ("payment", "order.paid", "COMPLETED")
    assert (signal.merchant, signal.env, signal.attrs["livemode"]) == ("MJRUQCVE8CVPN", "production", True)
    assert signal.occurred_at == datetime(2026, 3, 1, 9, 0, 0, 940_000, tzinfo=UTC)
    assert (dict(signal.metrics), signal.attrs["currency"]) == ({"amount_minor": 5990}, "EUR")
    assert dict(signal.ids) == {
        "event_id": "WH-58D32951-8HN65033",
        "payment_id": "42311647XV020574X",
        "capture_id": "42311647XV020574X",
        "paypal_order_id": "2V348991C6154690K",
        "order_ref": "M-1001",
        "custom_id": "c1-7f3e",
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("PAYMENT.CAPTURE.DENIED", ("payment", "payment.failed")),
        ("PAYMENT.CAPTURE.DECLINED", ("payment", "payment.failed")),
        ("PAYMENT.CAPTURE.PENDING", ("payment", "payment.updated")),
        ("PAYMENT.CAPTURE.REFUNDED", ("refund", "refund.created")),
        ("PAYMENT.CAPTURE.REVERSED", ("refund", "refund.created")),
        ("PAYMENT.SALE.COMPLETED", ("payment", "order.paid")),
        ("PAYMENT.AUTHORIZATION.CREATED", ("payment", "payment.updated")),
        ("PAYMENT.AUTHORIZATION.VOIDED", ("payment", "payment.updated")),
        ("PAYMENT.REFUND.FAILED", ("refund", "refund.failed")),
        ("PAYMENT.REFUND.PENDING", ("refund", "refund.updated")),
        ("CHECKOUT.ORDER.APPROVED", ("payment", "payment.updated")),
        ("CHECKOUT.ORDER.COMPLETED", ("payment", "payment.updated")),
        ("CHECKOUT.PAYMENT-APPROVAL.REVERSED", ("payment", "payment.failed")),
        ("CUSTOMER.DISPUTE.CREATED", ("dispute", "dispute.created")),
        ("CUSTOMER.DISPUTE.RESOLVED", ("dispute", "dispute.updated")),
        ("MERCHANT.PARTNER-CONSENT.REVOKED", ("app", "app.lifecycle")),
        ("CATALOG.PRODUCT.UPDATED", ("product", "product.changed")),
        ("BILLING.SUBSCRIPTION.PAYMENT.FAILED", ("payment", "payment.failed")),
        ("BILLING.SUBSCRIPTION.CANCELLED", ("platform.event", "billing.subscription.cancelled")),
        ("VAULT.PAYMENT-TOKEN.CREATED", ("platform.event", "vault.payment-token.created")),
    ],
)
def test_names_of_events_become_canonical(kind: str, expected: tuple[str, str]) -> None:
    signal = read(kind)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (*expected, kind)


def test_a_payment_without_any_id_is_an_event_of_the_platform() -> None:
    assert read("PAYMENT.CAPTURE.COMPLETED", {}).kind == "platform.event"


def test_a_refund_names_the_capture_that_only_a_link_tells() -> None:
    thing = {
        "id": "1JU08902781691411",
        "status": "COMPLETED",
        "amount": {"currency_code": "EUR", "value": "10.00"},
        "links": [
            {"href": f"{API}/v2/payments/refunds/1JU08902781691411", "rel": "self"},
            {"href": f"{API}/v2/payments/captures/42311647XV020574X", "rel": "up"},
        ],
    }
    signal = read("PAYMENT.CAPTURE.REFUNDED", thing, resource_type="refund")

    assert (signal.ids["payment_id"], signal.ids["refund_id"]) == ("42311647XV020574X", "1JU08902781691411")
    assert (signal.resource, dict(signal.metrics)) == (("refund", "1JU08902781691411"), {"amount_minor": 1000})


def test_the_first_api_writes_total_and_currency_and_a_minus() -> None:
    sale = {"id": "80021663DE681814L", "state": "completed", "amount": {"total": "0.48", "currency": "USD"},
            "parent_payment": "PAY-1PA12106FU478450M"}  # fmt: skip
    back = {"id": "6YX43824R4443062K", "state": "completed", "amount": {"total": "-0.48", "currency": "USD"},
            "sale_id": "80021663DE681814L", "parent_payment": "PAY-1PA12106FU478450M"}  # fmt: skip
    paid = read("PAYMENT.SALE.COMPLETED", sale, resource_type="sale")
    refund = read("PAYMENT.SALE.REFUNDED", back, resource_type="sale")

    assert (paid.state, dict(paid.metrics), paid.ids["payment_id"]) == (
        "completed",
        {"amount_minor": 48},
        "80021663DE681814L",
    )
    assert (dict(refund.metrics), refund.ids["payment_id"], refund.ids["refund_id"]) == (
        {"amount_minor": 48},
        "80021663DE681814L",
        "6YX43824R4443062K",
    )


def test_what_lies_at_an_address_of_refunds_is_no_sale() -> None:
    thing = {"id": "77689802DL785834G", "state": "completed", "amount": {"total": "-0.49", "currency": "USD"},
             "links": [{"href": f"{API}/v1/payments/refund/77689802DL785834G", "rel": "self"}]}  # fmt: skip
    signal = read("PAYMENT.SALE.REVERSED", thing, resource_type="sale")

    assert (signal.ids["refund_id"], "payment_id" in signal.ids) == ("77689802DL785834G", False)


def test_a_dispute_is_read_with_reason_stage_and_the_payment_it_is_about() -> None:
    thing = {
        "dispute_id": "PP-D-4012",
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_amount": {"currency_code": "EUR", "value": "59.90"},
        "dispute_life_cycle_stage": "INQUIRY",
        "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
        "messages": [{"posted_by": "BUYER", "content": "I am Ada Lovelace and got nothing"}],
        "disputed_transactions": [
            {
                "seller_transaction_id": "42311647XV020574X",
                "invoice_number": "M-1001",
                "seller": {"merchant_id": "MJRUQCVE8CVPN", "name": "Ada Lovelace Mugs"},
                "buyer": {"name": "Ada Lovelace", "payer_id": "QYR5Z8XDVJNXQ"},
            }
        ],
    }
    signal = read("CUSTOMER.DISPUTE.CREATED", thing, resource_type="dispute")

    assert (signal.kind, signal.topic, signal.merchant) == ("dispute", "dispute.created", "MJRUQCVE8CVPN")
    assert (signal.ids["dispute_id"], signal.ids["payment_id"], signal.ids["order_ref"]) == (
        "PP-D-4012",
        "42311647XV020574X",
        "M-1001",
    )
    assert (signal.state, signal.attrs["reason"], signal.attrs["stage"], signal.attrs["outcome"]) == (
        "WAITING_FOR_SELLER_RESPONSE",
        "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "INQUIRY",
        "RESOLVED_BUYER_FAVOUR",
    )
    assert dict(signal.metrics) == {"amount_minor": 5990}
    assert "Lovelace" not in signal.json_line()
    assert "QYR5Z8XDVJNXQ" not in signal.json_line()


def test_a_checkout_order_is_the_sum_of_its_units_where_they_have_one_currency() -> None:
    def order(*amounts: dict[str, str]) -> dict[str, Any]:
        return {
            "id": "5O190127TN364715T",
            "status": "APPROVED",
            "purchase_units": [{"amount": a, "payee": {"merchant_id": "M1"}, "invoice_id": "M-7"} for a in amounts],
            "payment_source": {"apple_pay": {"name": "Ada Lovelace"}},
        }

    two = read("CHECKOUT.ORDER.APPROVED", order({"currency_code": "EUR", "value": "10"},
                                                {"currency_code": "EUR", "value": "5.5"}))  # fmt: skip
    mixed = read("CHECKOUT.ORDER.APPROVED", order({"currency_code": "EUR", "value": "10"},
                                                  {"currency_code": "USD", "value": "5.5"}))  # fmt: skip

    assert (dict(two.metrics), two.merchant, two.attrs["method"]) == ({"amount_minor": 1550}, "M1", "apple_pay")
    assert (two.ids["payment_id"], two.ids["paypal_order_id"], two.ids["order_ref"]) == (
        "5O190127TN364715T",
        "5O190127TN364715T",
        "M-7",
    )
    assert dict(mixed.metrics) == {}


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [("59.9", "EUR", 5990), ("100", "JPY", 100), ("100", "HUF", 10_000), ("1.234", "KWD", 1234), (12, "USD", 1200)],
)
def test_amounts_are_minor_units_by_currency(value: Any, currency: str, minor: int) -> None:
    thing = {**CAPTURE, "amount": {"value": value, "currency_code": currency}}

    assert read("PAYMENT.CAPTURE.COMPLETED", thing).metrics["amount_minor"] == minor


@pytest.mark.parametrize("amount", [None, {"value": "12.345", "currency_code": "EUR"}, {"value": "1"}, {"value": "x"}])
def test_an_amount_that_has_no_exact_value_is_none(amount: Any) -> None:
    signal = read("PAYMENT.CAPTURE.COMPLETED", {**CAPTURE, "amount": amount})

    assert (dict(signal.metrics), "currency" in signal.attrs) == ({}, False)


def test_why_a_payment_failed_is_its_decline_code() -> None:
    denied = {**CAPTURE, "status": "DECLINED", "status_details": {"reason": "INSUFFICIENT_FUNDS"}}
    processor = {**CAPTURE, "status": "DECLINED", "processor_response": {"response_code": "0500"}}

    assert read("PAYMENT.CAPTURE.DENIED", denied).attrs["decline_code"] == "INSUFFICIENT_FUNDS"
    assert read("PAYMENT.CAPTURE.DENIED", processor).attrs["decline_code"] == "0500"
    assert "decline_code" not in read("PAYMENT.CAPTURE.PENDING", denied).attrs


def test_the_sandbox_is_told_by_its_addresses_and_no_address_is_no_guess() -> None:
    sandbox = [{"href": "https://api.sandbox.paypal.com/v1/notifications/webhooks-events/WH-1", "rel": "self"}]
    stranger = [{"href": "https://api.paypal.com.evil.example/x", "rel": "self"}, {"href": "https://[", "rel": "up"}]
    bare = {n: v for n, v in CAPTURE.items() if n != "links"}

    tested = read("PAYMENT.CAPTURE.COMPLETED", bare, links=sandbox)
    assert (tested.env, tested.attrs["livemode"]) == ("test", False)
    assert read("PAYMENT.CAPTURE.COMPLETED", bare, links=stranger).env == "unknown"
    assert "livemode" not in read("PAYMENT.CAPTURE.COMPLETED", bare, links=None).attrs


def test_a_redelivery_is_equal_and_another_event_is_not() -> None:
    again = read("PAYMENT.CAPTURE.COMPLETED", summary="again")
    others = [
        read("PAYMENT.CAPTURE.COMPLETED"),
        read("PAYMENT.CAPTURE.COMPLETED", id="WH-2"),
        read("PAYMENT.CAPTURE.PENDING"),
        read("PAYMENT.CAPTURE.COMPLETED", {**CAPTURE, "id": "X"}),
        read("PAYMENT.CAPTURE.COMPLETED", id=None),
        read("PAYMENT.CAPTURE.COMPLETED", id=None, create_time="2026-03-02T09:00:00Z"),
    ]

    assert again.dedup_key == others[0].dedup_key
    assert len({s.dedup_key for s in others}) == len(others)


def test_a_time_that_is_none_gives_way_to_the_resources() -> None:
    signal = read("PAYMENT.CAPTURE.COMPLETED", create_time="2026-19-12T22:20:32.000Z")

    assert signal.occurred_at == datetime(2026, 3, 1, 8, 59, 50, tzinfo=UTC)


def test_no_planted_datum_survives() -> None:
    thing = {
        **CAPTURE,
        "payer": {"name": {"given_name": "Ada", "surname": "Lovelace"}, "email_address": "ada@mail.example",
                  "payer_id": "QYR5Z8XDVJNXQ", "phone": {"national_number": "4155552671"}},
        "shipping": {"name": {"full_name": "Ada Lovelace"}, "address": {"address_line_1": "12 St James Square"}},
        "note_to_payer": "Dear Ada",
        "custom_id": "for Ada Lovelace",
        "reason": "Ada Lovelace asked for it",
        "status": "Ada Lovelace",
    }  # fmt: skip
    for kind in ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.CREATED", "X.Y.Z"):
        line = read(kind, thing).json_line()
        for planted in ("Ada", "Lovelace", "ada@mail", "QYR5Z8XDVJNXQ", "4155552671", "St James", "shop@mail"):
            assert planted not in line


def test_what_is_no_event_says_what_was_expected() -> None:
    for body, reason in (
        ({"a": 1}, "expected a PayPal event with an event_type, got none"),
        ([7], "expected a PayPal event as a JSON object, got list"),
    ):
        assert one("paypal_webhook", body).attrs["reason"] == reason


def test_a_link_that_is_no_address_leads_nowhere() -> None:
    thing = {**CAPTURE, "links": [{"href": "https://[", "rel": "up"}, {"href": 7, "rel": "up"}, 7]}

    assert read("PAYMENT.CAPTURE.COMPLETED", thing).ids["payment_id"] == CAPTURE["id"]


def test_it_is_recognised_by_shape_and_by_headers() -> None:
    assert guess_kind({}, event("PAYMENT.CAPTURE.COMPLETED")) == "paypal_webhook"
    assert guess_kind({"Paypal-Transmission-Id": "x"}, {}) == "paypal_webhook"
    assert guess_kind({}, {"event_type": "order.created", "resource": {}}) == "unknown"


RAW = json.dumps(event("PAYMENT.CAPTURE.COMPLETED")).encode()
WEBHOOK = "8PT597110X687430LKGECATA"


def headers(number: int = 0, webhook: str = WEBHOOK, raw: bytes = RAW, **more: str) -> dict[str, str]:
    stamp, name = "2026-03-01T09:00:03Z", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
    made = rsa_signature(f"{name}|{stamp}|{webhook}|{zlib.crc32(raw)}".encode(), number)
    return {
        "PAYPAL-TRANSMISSION-ID": name,
        "PAYPAL-TRANSMISSION-TIME": stamp,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(made).decode(),
        "PAYPAL-CERT-URL": f"{API}/v1/notifications/certs/CERT-360caa42",
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        **more,
    }


def secret(number: int = 0, webhook: str = WEBHOOK) -> str:
    return f"{webhook}\n{certificate(number)}"


def test_a_signature_of_the_configured_certificate_verifies_and_so_does_one_under_rotation() -> None:
    assert auth("paypal_webhook", headers(), RAW, OLD=secret()) == "verified"
    assert auth("paypal_webhook", headers(), RAW, OLD=secret(), NEW=secret(1)) == "verified"
    assert auth("paypal_webhook", headers(), RAW, OLD=secret().replace("\n", "\\n")) == "verified"


def test_other_bytes_another_key_another_webhook_or_no_webhook_fail() -> None:
    assert auth("paypal_webhook", headers(), RAW + b" ", OLD=secret()) == "failed"
    assert auth("paypal_webhook", headers(), RAW, OLD=secret(1)) == "failed"
    assert auth("paypal_webhook", headers(), RAW, OLD=secret(webhook="ANOTHER")) == "failed"
    assert auth("paypal_webhook", headers(webhook=""), RAW, OLD=certificate()) == "failed"
    assert auth("paypal_webhook", {}, RAW, OLD=secret()) == "failed"


@pytest.mark.parametrize(
    "told",
    [
        {"PAYPAL-CERT-URL": "https://evil.example/cert.pem"},
        {"PAYPAL-CERT-URL": "https://paypal.com.evil.example/cert.pem"},
        {"PAYPAL-CERT-URL": "https://api.paypal.com@evil.example/cert.pem"},
        {"PAYPAL-CERT-URL": "https://notpaypal.com/cert.pem"},
        {"PAYPAL-AUTH-ALGO": "SHA1withRSA"},
        {"PAYPAL-TRANSMISSION-TIME": "2026-03-02T09:00:03Z"},
        {"PAYPAL-TRANSMISSION-SIG": "AAAA"},
        {"PAYPAL-TRANSMISSION-SIG": "é"},
    ],
)
def test_a_stranger_in_a_header_fails_although_the_key_fits(told: dict[str, str]) -> None:
    assert auth("paypal_webhook", {**headers(), **told}, RAW, OLD=secret()) == "failed"


def test_without_the_package_for_public_keys_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the import system says of a package that is not there.
    monkeypatch.setattr("migro.observe.public_keys.find_spec", lambda _: None)

    assert auth("paypal_webhook", headers(), RAW, OLD=secret()) == "unchecked"
    assert auth("paypal_webhook", {}, RAW, OLD=secret()) == "failed"


FIELDS = st.sampled_from(
    "id event_type resource resource_type create_time amount value currency_code links href rel purchase_units "
    "disputed_transactions payee status supplementary_data related_ids payment_source".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from(["PAYMENT.CAPTURE.COMPLETED", "CUSTOMER.DISPUTE.CREATED", 10**400, "https://[", "EUR", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=7),
    max_leaves=30,
)  # fmt: skip


@given(VALUES, st.sampled_from(["PAYMENT.CAPTURE.REFUNDED", "CHECKOUT.ORDER.APPROVED", "CUSTOMER.DISPUTE.CREATED"]))
def test_no_json_makes_the_reader_raise(body: Any, kind: str) -> None:
    for signal in observed("paypal_webhook", json.dumps({"event_type": kind, "resource": body})).signals:
        assert signal.json_line()
        assert not str(signal.attrs.get("reason", "")).startswith("the normaliser stopped")
