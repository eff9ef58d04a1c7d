from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import from_file, one


def event(kind: str, thing: dict[str, Any] | None = None, **more: Any) -> Signal:
    body = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": 1772355600,
        "data": {"object": thing or {}},
        **more,
    }
    return one("stripe_event", body)


def test_a_failed_payment_keeps_money_ids_and_the_decline_code() -> None:
    (signal,) = from_file("stripe_event__payment_failed.json")

    assert (signal.kind, signal.topic, signal.merchant, signal.state, signal.env) == (
        "payment",
        "payment.failed",
        "acct_77",
        "requires_payment_method",
        "production",
    )
    assert (dict(signal.metrics), signal.attrs["currency"]) == ({"amount_minor": 5990}, "EUR")
    assert signal.attrs["decline_code"] == "insufficient_funds"
    assert {n: signal.ids[n] for n in ("payment_id", "charge_id", "cart_ref", "event_id")} == {
        "payment_id": "pi_500",
        "charge_id": "ch_500",
        "cart_ref": "c1-7f3e0c6ab1",
        "event_id": "evt_1Planting",
    }


@pytest.mark.parametrize(
    ("kind", "thing", "expected"),
    [
        ("payment_intent.succeeded", {}, ("payment", "order.paid")),
        ("payment_intent.created", {}, ("payment", "payment.updated")),
        ("charge.failed", {}, ("payment", "payment.failed")),
        ("charge.refunded", {}, ("refund", "refund.created")),
        ("charge.dispute.created", {}, ("dispute", "dispute.created")),
        ("charge.dispute.closed", {}, ("dispute", "dispute.updated")),
        ("checkout.session.completed", {"payment_status": "paid"}, ("payment", "order.paid")),
        ("checkout.session.completed", {"payment_status": "unpaid"}, ("payment", "payment.updated")),
        ("checkout.session.expired", {}, ("cart", "cart.abandoned")),
        ("invoice.payment_failed", {}, ("payment", "payment.failed")),
        ("product.updated", {}, ("product", "product.changed")),
        ("customer.updated", {}, ("customer", "customer.changed")),
        ("customer.subscription.deleted", {}, ("platform.event", "customer.subscription.deleted")),
        ("payout.failed", {}, ("platform.event", "payout.failed")),
    ],
)
def test_types_become_canonical(kind: str, thing: dict[str, Any], expected: tuple[str, str]) -> None:
    signal = event(kind, thing)

    assert (signal.kind, signal.topic) == expected


def test_events_of_test_mode_are_of_the_test_environment() -> None:
    assert event("payout.paid", livemode=False).env == "test"
    assert event("payout.paid").env == "unknown"


def test_zeroed_event_ids_do_not_make_two_events_one() -> None:
    keys = {
        event("charge.refunded", {"id": "ch_1"}).dedup_key,
        event("charge.refunded", {"id": "ch_1"}).dedup_key,
        event("charge.refunded", {"id": "ch_2"}).dedup_key,
        event("charge.failed", {"id": "ch_1"}).dedup_key,
        event("charge.refunded", {"id": "ch_1"}, created=1772355601).dedup_key,
    }

    assert len(keys) == 4


def test_an_expanded_reference_counts_as_its_id() -> None:
    signal = event("charge.succeeded", {"id": "ch_1", "object": "charge", "payment_intent": {"id": "pi_1"}})

    assert (signal.ids["payment_id"], signal.ids["charge_id"]) == ("pi_1", "ch_1")


def test_a_thin_event_is_read_through_its_reference() -> None:
    body = {
        "id": "evt_1",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error",
        "created": "2026-03-01T09:00:00Z",
        "related_object": {"id": "mtr_1", "type": "billing.meter"},
    }

    assert one("stripe_event", body).ids["billing_meter_id"] == "mtr_1"


def test_a_fraud_warning_is_a_dispute_to_come_about_its_payment() -> None:
    thing = {"id": "issfr_1", "object": "radar.early_fraud_warning", "charge": "ch_1", "payment_intent": "pi_1",
             "fraud_type": "made_with_stolen_card"}  # fmt: skip
    signal = event("radar.early_fraud_warning.created", thing)

    assert (signal.kind, signal.topic, signal.attrs["reason"]) == ("dispute", "fraud.warning", "made_with_stolen_card")
    assert (signal.ids["payment_id"], signal.ids["charge_id"]) == ("pi_1", "ch_1")


@pytest.mark.parametrize(
    ("thing", "topic"),
    [
        ({"mode": "setup", "payment_status": "no_payment_required"}, "payment.updated"),
        ({"mode": "payment", "payment_status": "no_payment_required"}, "payment.updated"),
        ({"mode": "payment", "payment_status": "paid"}, "order.paid"),
        ({}, "order.paid"),
    ],
)
def test_a_session_without_a_payment_pays_no_order(thing: dict[str, Any], topic: str) -> None:
    assert event("checkout.session.completed", thing).topic == topic


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (5990, "eur", 5990),
        (500, "jpy", 500),
        (12340, "kwd", 12340),
        (500, "isk", 5),
        (500, "ugx", 5),
        (10, "mga", 1000),
    ],
)
def test_amounts_are_minor_units_of_iso_4217_where_stripe_counts_otherwise_too(
    amount: int, currency: str, minor: int
) -> None:
    signal = event("payment_intent.succeeded", {"id": "pi_1", "amount": amount, "currency": currency})

    assert (signal.metrics["amount_minor"], signal.attrs["currency"]) == (minor, currency.upper())


@pytest.mark.parametrize(
    ("thing", "method"),
    [
        ({"payment_method_types": ["card"]}, "card"),
        ({"payment_method_types": ["card", "klarna"]}, None),
        ({"payment_method_details": {"type": "card", "card": {"wallet": {"type": "apple_pay"}}}}, "apple_pay"),
        ({"charges": {"data": [{"payment_method_details": {"type": "ideal"}}]}}, "ideal"),
        ({"latest_charge": {"payment_method_details": {"type": "card", "card": {"wallet": None}}}}, "card"),
        ({"last_payment_error": {"payment_method": {"type": "klarna"}}, "payment_method_types": ["a", "b"]}, "klarna"),
        ({"payment_method_types": [["card"]]}, None),
    ],
)
def test_how_it_was_paid_is_the_wallet_or_the_one_method(thing: dict[str, Any], method: str | None) -> None:
    assert event("charge.succeeded", {"id": "ch_1", **thing}).attrs.get("method") == method


def test_why_a_charge_failed_is_in_its_outcome() -> None:
    thing = {"id": "ch_1", "failure_code": "card_declined", "outcome": {"reason": "insufficient_funds"}}

    assert event("charge.failed", thing).attrs["decline_code"] == "insufficient_funds"
    assert event("charge.failed", {**thing, "outcome": None}).attrs["decline_code"] == "card_declined"
    assert "decline_code" not in event("charge.succeeded", {"id": "ch_1", "outcome": {"reason": "x"}}).attrs


def test_references_of_the_host_are_ids_and_words_about_people_are_not() -> None:
    thing = {"id": "pi_1", "metadata": {"order_id": "1001", "order_ref": "for Ada Lovelace", "note": "Ada"}}
    signal = event("payment_intent.succeeded", thing)

    assert signal.ids["order_id"] == "1001"
    assert len(signal.ids["order_ref"]) == 20
    assert "Ada" not in signal.json_line()


def test_a_thin_event_of_the_first_apis_kinds_is_classified_like_its_own() -> None:
    body = {
        "id": "evt_1",
        "object": "v2.core.event",
        "type": "v1.charge.failed",
        "created": "2026-03-01T09:00:00Z",
        "livemode": True,
        "related_object": {"id": "ch_1", "type": "charge"},
    }
    signal = one("stripe_event", body)

    assert (signal.kind, signal.topic, signal.ids["payment_id"], signal.env) == (
        "payment",
        "payment.failed",
        "ch_1",
        "production",
    )


@pytest.mark.parametrize("name", ["person", "issuing.cardholder", "card"])
def test_the_id_of_a_person_or_card_does_not_pass(name: str) -> None:
    assert "id_of_a_person" not in event(f"{name}.updated", {"id": "id_of_a_person", "object": name}).json_line()
