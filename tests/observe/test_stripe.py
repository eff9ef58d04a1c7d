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
