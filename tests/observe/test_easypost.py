from __future__ import annotations

import hmac
import json
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import ObserveSettings, guess_kind
from tests.observe.payloads import observed, one
from tests.observe.signed import AT, auth

TRACKER: dict[str, Any] = {
    "id": "trk_4941",
    "object": "Tracker",
    "mode": "production",
    "tracking_code": "397280491672",
    "status": "delivered",
    "status_detail": "arrived_at_destination",
    "created_at": "2026-02-27T04:53:02Z",
    "updated_at": "2026-03-01T08:59:46Z",
    "signed_by": "ADA LOVELACE",
    "shipment_id": "shp_77",
    "carrier": "FedEx",
    "tracking_details": [{"message": "Left with Ada", "tracking_location": {"city": "LONDON", "zip": "SW1Y4LB"}}],
    "public_url": "https://track.easypost.com/djE6dHJrXzQ5NDE",
}


def event(kind: str = "tracker.updated", result: Any = TRACKER, **more: Any) -> dict[str, Any]:
    return {
        "id": "evt_dd98",
        "object": "Event",
        "description": kind,
        "mode": "production",
        "previous_attributes": {"status": "out_for_delivery"},
        "created_at": "2026-03-01T09:00:00.000Z",
        "pending_urls": ["https://ada:s3cretw0rd@hooks.example/easypost"],
        "completed_urls": [],
        "user_id": "user_52b4",
        "status": "pending",
        "result": result,
        **more,
    }


def read(kind: str = "tracker.updated", result: Any = TRACKER, **more: Any) -> Signal:
    return one("easypost_webhook", event(kind, result, **more))


def test_a_tracker_is_a_fulfilment_with_its_state_and_ids() -> None:
    signal = read()

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (
        "fulfilment",
        "fulfilment.changed",
        "tracker.updated",
    )
    assert (signal.merchant, signal.env, signal.state) == ("user_52b4", "production", "delivered")
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert signal.resource == ("tracker", "trk_4941")
    assert {n: v for n, v in signal.ids.items() if n != "tracking_code"} == {
        "event_id": "evt_dd98",
        "tracker_id": "trk_4941",
        "shipment_id": "shp_77",
    }
    assert (signal.attrs["carrier"], signal.attrs["changed_from"], signal.severity_hint) == (
        "FedEx",
        "out_for_delivery",
        None,
    )
    assert "reason" not in signal.attrs


def test_a_parcel_that_failed_says_why() -> None:
    failed = {**TRACKER, "status": "return_to_sender", "status_detail": "address_correction"}
    bare = {**TRACKER, "status": "failure", "status_detail": None}

    assert (read(result=failed).attrs["reason"], read(result=bare).attrs["reason"]) == ("address_correction", "failure")


def test_a_batch_is_an_event_of_the_platform_with_its_counts() -> None:
    result = {"id": "batch_1", "object": "Batch", "state": "purchased", "num_shipments": "3",
              "status": {"postage_purchased": 2, "postage_purchase_failed": 1}}  # fmt: skip
    signal = read("batch.updated", result, previous_attributes={"state": "purchasing"})

    assert (signal.kind, signal.topic, signal.state, signal.ids["batch_id"]) == (
        "platform.event",
        "batch.updated",
        "purchased",
        "batch_1",
    )
    assert dict(signal.metrics) == {"shipments": 3, "purchased": 2, "purchase_failed": 1}
    assert signal.attrs["changed_from"] == "purchasing"


def test_the_money_back_for_a_label_is_no_refund_to_a_buyer() -> None:
    assert read("refund.successful", {"id": "rfnd_1", "object": "Refund"}).kind == "platform.event"


def test_the_tracking_code_is_a_pseudonym_and_equal_for_equal_codes() -> None:
    signal, later = read(), read(id="evt_2")

    assert len(signal.ids["tracking_code"]) == 20
    assert signal.ids["tracking_code"] == later.ids["tracking_code"]


def test_test_mode_is_the_test_environment_and_none_is_no_guess() -> None:
    assert read(mode="test").env == "test"
    assert read(mode=None, result={**TRACKER, "mode": None}).env == "unknown"


def test_a_redelivery_is_equal_and_another_event_is_not() -> None:
    again = read(status="completed", completed_urls=["https://hooks.example"])
    others = [
        read(),
        read(id="evt_2"),
        read("tracker.created"),
        read(result={**TRACKER, "status": "in_transit"}),
        read(result={**TRACKER, "id": "trk_2"}),
        read(id=None),
    ]

    assert again.dedup_key == others[0].dedup_key
    assert len({s.dedup_key for s in others}) == len(others)


def test_no_planted_datum_survives() -> None:
    result = {
        **TRACKER,
        "reference": "Order of Ada Lovelace",
        "carrier": "Ada Lovelace",
        "status_detail": "left at Ada",
    }

    line = read(result=result).json_line().lower()

    for planted in ("ada", "lovelace", "london", "sw1y4lb", "397280491672", "s3cretw0rd", "djE6".lower()):
        assert planted not in line


@pytest.mark.parametrize("said", [None, "", 7, "Tracker was updated", "tracker"])
def test_what_is_no_event_says_what_was_expected(said: Any) -> None:
    reason = one("easypost_webhook", {"description": said}).attrs["reason"]

    assert reason == "expected an EasyPost event with a description such as tracker.updated, got another or none"


def test_a_list_is_no_event() -> None:
    assert one("easypost_webhook", [7]).attrs["reason"] == "expected an EasyPost event as a JSON object, got list"


def test_it_is_recognised_by_shape_and_by_headers() -> None:
    assert guess_kind({}, event()) == "easypost_webhook"
    assert guess_kind({"X-Hmac-Signature-V2": "x"}, {}) == "easypost_webhook"
    assert guess_kind({}, {"object": "Event", "description": "An event", "result": {}}) == "unknown"


RAW = b'{"id":1001,"total_price":"59.90","currency":"EUR"}'
VECTOR = "d7fcd42ef188caf36241681ea0c7c0c8b1758ac27c63660791148865e59e0b36"


def first(raw: bytes = RAW, signature: str = f"hmac-sha256-hex={VECTOR}", *, secret: str) -> str:
    return auth("easypost_webhook", {"X-Hmac-Signature": signature}, raw, OLD=secret)


def test_the_vector_verifies_with_and_without_its_prefix() -> None:
    assert first(secret="migro_test_secret") == "verified"
    assert first(signature=VECTOR, secret="migro_test_secret") == "verified"
    assert first(signature=f"HMAC-SHA256-HEX={VECTOR.upper()}", secret="migro_test_secret") == "verified"


def test_one_changed_byte_another_secret_or_no_signature_fail() -> None:
    assert first(RAW + b" ", secret="migro_test_secret") == "failed"
    assert first(secret="other") == "failed"
    assert first(signature="hmac-sha256-hex=", secret="migro_test_secret") == "failed"
    assert auth("easypost_webhook", {}, RAW, OLD="migro_test_secret") == "failed"
    assert auth("easypost_webhook", {}, RAW, settings=ObserveSettings()) == "unsigned"


def test_a_secret_is_normalised_before_it_is_used() -> None:
    secret = "S\u00e9same"
    made = hmac.digest(unicodedata.normalize("NFKD", secret).encode(), RAW, "sha256").hex()

    assert first(signature=made, secret=secret) == "verified"
    assert first(signature=made, secret=unicodedata.normalize("NFKD", secret)) == "verified"


def second(stamp: str, at: datetime = AT, path: str = "/in/easypost", told: str | None = None) -> str:
    made = hmac.digest(b"s", f"{stamp}POST{path}".encode() + RAW, "sha256").hex()
    headers = {"X-Hmac-Signature-V2": f"hmac-sha256-hex={made}", "X-Timestamp": stamp, "X-Path": told or path}
    return auth("easypost_webhook", headers, RAW, at=at, OLD="s")


@pytest.mark.parametrize("stamp", [AT.isoformat(), format_datetime(AT), str(int(AT.timestamp()))])
def test_the_second_signature_is_over_time_and_path_too_and_good_for_300_seconds(stamp: str) -> None:
    assert [second(stamp, AT + timedelta(seconds=s)) for s in (0, 300, -300, 301, -301)] == [
        "verified",
        "verified",
        "verified",
        "failed",
        "failed",
    ]


def test_another_path_or_a_time_that_is_none_fails() -> None:
    assert second(AT.isoformat(), told="/other") == "failed"
    for stamp in ("", "soon", "Sun, 99 Mar 2026 09:00:00", "é"):
        assert second(stamp) == "failed"


FIELDS = st.sampled_from("id object description mode result status state carrier previous_attributes user_id".split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["Batch", 10**400, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=25,
)


@given(VALUES, st.sampled_from(["tracker.updated", "batch.created", "scan_form.updated"]))
def test_no_json_makes_the_reader_raise(result: Any, kind: str) -> None:
    for signal in observed(
        "easypost_webhook", json.dumps({"description": kind, "result": result, "id": result})
    ).signals:
        assert signal.json_line()
        assert not str(signal.attrs.get("reason", "")).startswith("the normaliser stopped")
