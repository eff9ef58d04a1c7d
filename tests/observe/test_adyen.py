from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import EndpointSettings, Envelope, ObserveSettings, guess_kind
from migro.observe.adyen_events import method_of
from tests.observe.payloads import observed, observer, one
from tests.observe.signed import auth

KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
PUBLISHED = {
    "eventCode": "AUTHORISATION",
    "success": "true",
    "pspReference": "7914073381342284",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "TestPayment-1407325143704",
    "amount": {"value": 1130, "currency": "EUR"},
    "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
}


def item(code: str = "AUTHORISATION", **more: Any) -> dict[str, Any]:
    return {
        "eventCode": code,
        "success": "true",
        "pspReference": "881500000000001A",
        "merchantAccountCode": "MugShopECOM",
        "merchantReference": "M-1001",
        "eventDate": "2026-03-01T10:00:00+01:00",
        "paymentMethod": "visa",
        "amount": {"value": 5990, "currency": "EUR"},
        **more,
    }


def delivery(*items: Any, live: Any = "true") -> dict[str, Any]:
    return {"live": live, "notificationItems": [{"NotificationRequestItem": i} for i in items]}


def read(code: str = "AUTHORISATION", *, live: Any = "true", **more: Any) -> Signal:
    return one("adyen_notification", delivery(item(code, **more), live=live))


def signed(item: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    fields = [
        item.get(n, "") for n in ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
    ]
    fields += [str(item["amount"]["value"]), item["amount"]["currency"], item["eventCode"], item["success"]]
    made = hmac.digest(bytes.fromhex(key), ":".join(fields).encode(), hashlib.sha256)
    return {**item, "additionalData": {"hmacSignature": base64.b64encode(made).decode()}}


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


def test_an_authorisation_is_a_paid_order_with_money_ids_and_its_own_time() -> None:
    signal = read(additionalData={"metadata.cart_ref": "c1-7f3e", "metadata.order_id": "1001"})

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == ("payment", "order.paid", "AUTHORISATION")
    assert (signal.merchant, signal.env, signal.attrs["livemode"]) == ("MugShopECOM", "production", True)
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (dict(signal.metrics), signal.attrs["currency"]) == ({"amount_minor": 5990}, "EUR")
    assert dict(signal.ids) == {
        "psp_reference": "881500000000001A",
        "payment_id": "881500000000001A",
        "order_ref": "M-1001",
        "order_id": "1001",
        "cart_ref": "c1-7f3e",
    }
    assert (signal.resource, signal.state, signal.severity_hint) == (("payment", "881500000000001A"), None, None)


@pytest.mark.parametrize(
    ("code", "more", "expected"),
    [
        ("AUTHORISATION", {"success": "false"}, ("payment", "payment.failed")),
        ("AUTHORISATION", {"success": None}, ("payment", "payment.updated")),
        ("AUTHORISATION", {"amount": {"value": 0, "currency": "EUR"}}, ("payment", "payment.updated")),
        ("CAPTURE", {}, ("payment", "payment.updated")),
        ("CAPTURE", {"success": "false"}, ("payment", "payment.capture_failed")),
        ("CAPTURE_FAILED", {}, ("payment", "payment.capture_failed")),
        ("CANCELLATION", {}, ("payment", "payment.updated")),
        ("OFFER_CLOSED", {}, ("payment", "payment.updated")),
        ("CANCEL_OR_REFUND", {"additionalData": {"modification.action": "cancel"}}, ("payment", "payment.updated")),
        ("CANCEL_OR_REFUND", {"additionalData": {"modification.action": "refund"}}, ("refund", "refund.created")),
        ("REFUND", {}, ("refund", "refund.created")),
        ("REFUND", {"success": "false"}, ("refund", "refund.failed")),
        ("REFUND_FAILED", {}, ("refund", "refund.failed")),
        ("REFUNDED_REVERSED", {}, ("refund", "refund.failed")),
        ("NOTIFICATION_OF_CHARGEBACK", {}, ("dispute", "dispute.updated")),
        ("CHARGEBACK", {}, ("dispute", "dispute.created")),
        ("CHARGEBACK_REVERSED", {}, ("dispute", "dispute.updated")),
        ("NOTIFICATION_OF_FRAUD", {}, ("dispute", "fraud.warning")),
        ("REPORT_AVAILABLE", {}, ("platform.event", "report_available")),
        ("PAYOUT_DECLINE", {}, ("platform.event", "payout_decline")),
        ("NEW_CODE_OF_NEXT_YEAR", {}, ("platform.event", "new_code_of_next_year")),
    ],
)
def test_a_code_and_its_success_become_canonical(code: str, more: dict[str, Any], expected: tuple[str, str]) -> None:
    signal = read(code, **more)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (*expected, code)


def test_what_changes_a_payment_carries_the_payments_id() -> None:
    capture = read("CAPTURE", originalReference="881500000000001A", pspReference="881500000000002B")
    refund = read("REFUND", originalReference="881500000000001A", pspReference="881500000000003C")
    dispute = read("CHARGEBACK", originalReference="881500000000001A", pspReference="881500000000004D")

    assert {s.ids["payment_id"] for s in (read(), capture, refund, dispute)} == {"881500000000001A"}
    assert refund.ids["refund_id"] == "881500000000003C"
    assert (dispute.ids["dispute_id"], dispute.resource) == ("881500000000004D", ("dispute", "881500000000004D"))


@pytest.mark.parametrize("word", ["true", "TRUE ", True])
def test_true_is_true_as_a_word_and_as_a_value(word: Any) -> None:
    signal = read(live=word, success=word)

    assert (signal.env, signal.attrs["livemode"], signal.attrs["success"]) == ("production", True, True)


def test_a_test_account_is_the_test_environment_and_a_flag_that_is_missing_is_no_guess() -> None:
    assert (read(live="false").env, read(live="false").attrs["livemode"]) == ("test", False)
    assert read(live=None).env == "unknown"
    assert "livemode" not in read(live="perhaps").attrs


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        (5990, "JPY", 5990),
        ("5990", "eur", 5990),
        (12500, "KWD", 12500),
        (500_000, "CLP", 5_000),
        (279_000, "ISK", 2_790),
        (25_000, "IDR", 2_500_000),
        (120, "CVE", 12_000),
    ],
)
def test_amounts_are_minor_units_of_iso_4217_where_adyen_counts_otherwise_too(
    value: Any, currency: str, minor: int
) -> None:
    signal = read(amount={"value": value, "currency": currency})

    assert (signal.metrics["amount_minor"], signal.attrs["currency"]) == (minor, currency.upper())


def test_a_fraction_of_a_minor_unit_is_no_amount() -> None:
    assert dict(read(amount={"value": 5_001, "currency": "CLP"}).metrics) == {}


def test_a_reason_is_kept_where_something_went_wrong_and_never_the_digits_of_a_card() -> None:
    refused = read(success="false", reason="Not enough balance")
    dispute = read("CHARGEBACK", reason="Other Fraud-Card Absent Environment",
                   additionalData={"chargebackReasonCode": "10.4", "chargebackSchemeCode": "visa",
                                   "disputeStatus": "Undefended"})  # fmt: skip

    assert (refused.attrs["decline_code"], refused.attrs["reason"]) == ("Not enough balance", "Not enough balance")
    assert (dispute.attrs["reason"], dispute.attrs["reason_code"], dispute.attrs["scheme"], dispute.state) == (
        "Other Fraud-Card Absent Environment",
        "10.4",
        "visa",
        "Undefended",
    )
    assert "decline_code" not in dispute.attrs
    for signal in (read(reason="033608:0008:03/2030"), read(success="false", reason="033608:0008:03/2030")):
        assert "reason" not in signal.attrs


def test_every_item_is_an_event_and_a_broken_one_stops_no_other() -> None:
    found = observed("adyen_notification", delivery(item(), 7, {}, item("REFUND", pspReference="P2")))

    assert [s.kind for s in found.signals] == ["payment", "unknown", "unknown", "refund"]
    assert [f.reason for f in found.failures] == [
        "expected an item as a JSON object, got int at notificationItems.1",
        "expected an item with an eventCode, got one without at notificationItems.2",
    ]


def test_an_item_without_its_wrapper_is_read_all_the_same() -> None:
    bare = {"live": "true", "notificationItems": [item()]}
    alone = {"NotificationRequestItem": item()}

    assert [one("adyen_notification", b).topic for b in (bare, alone)] == ["order.paid", "order.paid"]


def test_the_same_event_as_a_form_is_the_same_signal() -> None:
    fields = {n: v for n, v in item().items() if n != "amount"} | {"live": "true", "value": "5990", "currency": "EUR"}
    form = urlencode({**fields, "additionalData.metadata.cart_ref": "c1"})

    signal = one("adyen_notification", "\ufeff" + form)

    assert (signal.topic, dict(signal.metrics), signal.ids["cart_ref"]) == ("order.paid", {"amount_minor": 5990}, "c1")
    assert signal.dedup_key == read().dedup_key
    assert guess_kind({}, form) == "adyen_notification"


def test_a_redelivery_is_equal_and_another_event_is_not() -> None:
    assert read().dedup_key == read(additionalData={"hmacSignature": "x"}).dedup_key
    others = [
        read(),
        read(success="false"),
        read("CAPTURE"),
        read(pspReference="P2"),
        read(merchantAccountCode="Other"),
        read("CAPTURE", reason="Transaction Auto-recaptured"),
        read("CAPTURE", reason="Transaction Auto-recaptured", eventDate="2026-03-09T10:00:00+01:00"),
        read(pspReference=None, merchantReference="M-1"),
        read(pspReference=None, merchantReference="M-2"),
    ]

    assert len({s.dedup_key for s in others}) == len(others)


def test_a_time_without_a_zone_is_utc_and_says_so() -> None:
    signal = read(eventDate="2026-03-01T10:00:00")

    assert (signal.occurred_at, signal.attrs["time_zone"]) == (datetime(2026, 3, 1, 10, tzinfo=UTC), "unknown")
    assert "time_zone" not in read().attrs


def test_ids_are_exact_beyond_what_a_float_can_hold() -> None:
    assert read(pspReference=9915555555555555_123).ids["psp_reference"] == "9915555555555555123"


@pytest.mark.parametrize(
    ("word", "method"),
    [
        ("visa", "card"),
        ("mc", "card"),
        ("visa_applepay", "apple_pay"),
        ("applepay", "apple_pay"),
        ("mc_googlepay", "google_pay"),
        ("iDEAL", "ideal"),
        ("klarna_account", "klarna_account"),
        ("Ada Lovelace", None),
        (7, None),
    ],
)
def test_cards_and_wallets_have_one_name_each(word: Any, method: str | None) -> None:
    assert method_of(word) == method


def test_webhooks_with_a_type_are_events_of_the_platform() -> None:
    body = {
        "createdAt": "2026-03-01T10:00:00+01:00",
        "eventId": "QBQQ9DLNRHHKGK38",
        "environment": "test",
        "data": {"merchantAccount": "MugShopECOM", "storedPaymentMethodId": "M5N7", "shopperReference": "ada-1815"},
        "type": "recurring.token.updated",
    }  # fmt: skip
    signal = one("adyen_notification", body)

    assert (signal.kind, signal.topic, signal.env, signal.merchant) == (
        "platform.event",
        "recurring.token.updated",
        "test",
        "MugShopECOM",
    )
    assert (signal.ids["event_id"], len(signal.ids["customer_ref"])) == ("QBQQ9DLNRHHKGK38", 20)
    assert guess_kind({}, body) == "adyen_notification"


def test_the_published_signature_verifies_and_so_does_a_delivery_under_rotation() -> None:
    body = raw(delivery(PUBLISHED))

    assert auth("adyen_notification", {}, body, OLD=KEY) == "verified"
    assert auth("adyen_notification", {}, body, OLD="00" * 32, NEW=KEY.lower()) == "verified"
    assert auth("adyen_notification", {}, body, OLD="00" * 32) == "failed"


@pytest.mark.parametrize(
    "changed",
    [
        {"pspReference": "7914073381342285"},
        {"originalReference": "X"},
        {"merchantAccountCode": "Other"},
        {"merchantReference": "TestPayment-1407325143705"},
        {"amount": {"value": 1131, "currency": "EUR"}},
        {"amount": {"value": 1130, "currency": "USD"}},
        {"eventCode": "CAPTURE"},
        {"success": "false"},
    ],
)
def test_a_change_of_any_signed_field_fails(changed: dict[str, Any]) -> None:
    assert auth("adyen_notification", {}, raw(delivery({**PUBLISHED, **changed})), OLD=KEY) == "failed"


def test_every_item_has_to_be_signed() -> None:
    good, other = signed(item()), signed(item(pspReference="P2"))

    assert auth("adyen_notification", {}, raw(delivery(good, other)), OLD=KEY) == "verified"
    assert auth("adyen_notification", {}, raw(delivery(good, item(pspReference="P2"))), OLD=KEY) == "failed"
    assert auth("adyen_notification", {}, raw(delivery(good, signed(item(pspReference="P2"), "11" * 32))), OLD=KEY) == (
        "failed"
    )


def test_a_delivery_without_a_signature_is_unsigned_and_fails_where_a_key_is_known() -> None:
    body = raw(delivery(item()))

    assert auth("adyen_notification", {}, body, settings=ObserveSettings()) == "unsigned"
    assert auth("adyen_notification", {}, body, OLD=KEY) == "failed"
    assert auth("adyen_notification", {}, raw(delivery(signed(item()))), settings=ObserveSettings()) == "unchecked"


def test_a_key_that_is_no_hexadecimal_number_is_not_the_empty_key() -> None:
    forged = item()
    fields = [forged["pspReference"], "", forged["merchantAccountCode"], forged["merchantReference"], "5990", "EUR",
              "AUTHORISATION", "true"]  # fmt: skip
    made = base64.b64encode(hmac.digest(b"", ":".join(fields).encode(), "sha256")).decode()

    body = raw(delivery({**forged, "additionalData": {"hmacSignature": made}}))

    assert auth("adyen_notification", {}, body, OLD="not a hex key") == "failed"


def test_a_signature_of_a_form_is_checked_over_its_fields() -> None:
    fields = {n: v for n, v in item().items() if n != "amount"} | {"live": "true", "value": "5990", "currency": "EUR"}
    fields["additionalData.hmacSignature"] = signed(item())["additionalData"]["hmacSignature"]

    assert auth("adyen_notification", {}, urlencode(fields).encode(), OLD=KEY) == "verified"
    assert auth("adyen_notification", {}, urlencode({**fields, "value": "1"}).encode(), OLD=KEY) == "failed"


def test_a_signature_in_the_header_is_over_the_bytes() -> None:
    body = b'{"type":"balancePlatform.transaction.created","environment":"live","data":{"id":"EVJN1"}}'
    header = {"HmacSignature": base64.b64encode(hmac.digest(bytes.fromhex(KEY), body, "sha256")).decode()}

    assert auth("adyen_notification", header, body, OLD=KEY) == "verified"
    assert auth("adyen_notification", header, body + b" ", OLD=KEY) == "failed"
    assert guess_kind(header, body.decode()) == "adyen_notification"


def test_what_is_no_notification_says_what_was_expected() -> None:
    for body, reason in (
        ({"a": 1}, "expected an Adyen notification with notificationItems or a type, got neither"),
        ({"notificationItems": []}, "expected an Adyen notification with at least one item, got none"),
        ("eventCode=A&merchantAccountCode=B&pspReference=C" + "&x=1" * 600, "a form of at most 500 fields, got more"),
    ):
        assert reason in str(one("adyen_notification", body).attrs["reason"])


def test_no_planted_datum_survives() -> None:
    planted = {
        "cardSummary": "1142",
        "cardHolderName": "Ada Lovelace",
        "shopperEmail": "ada@mail.example",
        "shopperIP": "198.51.100.7",
        "shopperReference": "ada-1815",
        "billingAddress.street": "12 St James Square",
        "alias": "A116345678901234",
        "authCode": "974512",
    }
    signal = read(merchantReference="Order of Ada Lovelace", additionalData=planted)

    line = signal.json_line()
    for value in planted.values():
        assert value not in line
    assert "Lovelace" not in line
    assert len(signal.ids["order_ref"]) == 20


@pytest.mark.parametrize(
    "body",
    [
        {"notificationItems": []},
        {"notificationItems": ["x"]},
        {"type": "x", "data": {}},
        {"type": "x", "data": {}, "environment": "production"},
    ],
)
def test_another_senders_shape_is_not_taken_for_adyens(body: dict[str, Any]) -> None:
    assert guess_kind({}, body) != "adyen_notification"


FIELDS = st.sampled_from(
    "live notificationItems NotificationRequestItem eventCode success amount value currency pspReference "
    "originalReference additionalData hmacSignature eventDate reason paymentMethod type data environment".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from(["AUTHORISATION", "REFUND", "CHARGEBACK", 10**400, "true", "EUR", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=7),
    max_leaves=30,
)  # fmt: skip


@given(VALUES)
def test_no_json_makes_the_reader_or_the_check_raise(body: Any) -> None:
    settings = ObserveSettings(default=EndpointSettings(secrets_env=("KEY",)))
    for signal in observed(
        "adyen_notification", json.dumps(delivery(body) if isinstance(body, dict) else body)
    ).signals:
        assert signal.json_line()
        assert not str(signal.attrs.get("reason", "")).startswith("the normaliser stopped")
    envelope = Envelope(kind="adyen_notification", body={"notificationItems": [body]}, raw=b"{}")
    for signal in observer(settings, KEY=KEY).observe(envelope).signals:
        assert signal.auth == "failed"
