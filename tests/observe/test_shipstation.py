from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import EndpointSettings, ObserveSettings, guess_kind
from migro.observe.shipstation import address_at_shipstation
from tests.observe.payloads import NOW, observed, one
from tests.observe.signed import AT, auth, key_set, rsa_signature

ADDRESS = "https://ssapi6.shipstation.com/shipments?storeID=123456&batchId=190671332&includeShipmentItems=False"
TRACKED: dict[str, Any] = {
    "tracking_number": "1Z999AA10123456784",
    "tracking_url": "https://wwwapps.ups.example/track?tracknum=1Z999AA10123456784",
    "status_code": "DE",
    "status_description": "Delivered to Ada",
    "carrier_code": "ups",
    "events": [
        {"occurred_at": "2026-02-28T10:00:00Z", "city_locality": "LONDON", "signer": "Ada Lovelace"},
        {"occurred_at": "2026-03-01T08:30:00Z", "city_locality": "LONDON"},
        {"occurred_at": None},
        7,
    ],
}


def read(kind: str = "SHIP_NOTIFY", address: Any = ADDRESS, **more: Any) -> Signal:
    return one("shipstation_webhook", {"resource_url": address, "resource_type": kind, **more})


def test_a_thin_webhook_is_a_fulfilment_with_what_its_address_says() -> None:
    signal = read()

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (
        "fulfilment",
        "fulfilment.changed",
        "SHIP_NOTIFY",
    )
    assert (signal.merchant, dict(signal.ids)) == ("123456", {"store_id": "123456", "batch_id": "190671332"})
    assert signal.attrs["resource_url"] == ADDRESS
    assert (signal.occurred_at, signal.attrs["time_source"], signal.state) == (NOW, "receipt", None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ORDER_NOTIFY", "fulfilment"),
        ("ITEM_ORDER_NOTIFY", "fulfilment"),
        ("ITEM_SHIP_NOTIFY", "fulfilment"),
        ("FULFILLMENT_SHIPPED", "fulfilment"),
        ("FULFILLMENT_REJECTED", "fulfilment"),
        ("FULFILLMENT_SHIPPED_V2", "fulfilment"),
        ("LABEL_CREATED_V2", "fulfilment"),
        ("TRACK_EVENT_V2", "fulfilment"),
        ("API_TRACK", "fulfilment"),
        ("BATCH_PROCESSED_V2", "platform.event"),
        ("API_BATCH", "platform.event"),
        ("ORDER_SOURCE_REFRESH_COMPLETE", "platform.event"),
    ],
)
def test_types_are_fulfilments_or_events_of_the_platform(kind: str, expected: str) -> None:
    signal = read(kind)

    assert signal.kind == expected
    assert signal.topic == ("fulfilment.changed" if expected == "fulfilment" else kind.lower())


def test_a_rejected_fulfilment_says_so() -> None:
    assert read("FULFILLMENT_REJECTED").attrs["reason"] == "rejected"
    assert "reason" not in read("FULFILLMENT_SHIPPED").attrs


def test_a_track_event_has_state_carrier_and_the_time_of_the_last_scan() -> None:
    signal = read("TRACK_EVENT_V2", "https://api.shipstation.com/v2/labels/se-1234567890/track", data=TRACKED)

    assert (signal.state, signal.attrs["carrier"]) == ("DE", "ups")
    assert signal.occurred_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    assert (signal.ids["label_id"], len(signal.ids["tracking_code"])) == ("se-1234567890", 20)
    assert signal.resource == ("label", "se-1234567890")


def test_a_track_event_without_an_address_is_read_from_its_data() -> None:
    assert one("shipstation_webhook", {"resource_type": "API_TRACK", "data": TRACKED}).state == "DE"


def test_ids_of_the_second_api_stand_in_the_address() -> None:
    address = "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-16731019&shipment_id=se-412669417"

    assert dict(read("FULFILLMENT_SHIPPED_V2", address).ids) == {
        "fulfilment_id": "se-16731019",
        "shipment_id": "se-412669417",
    }


@pytest.mark.parametrize(
    "address",
    [
        "http://ssapi.shipstation.com/orders",
        "https://ssapi.shipstation.com.evil.example/orders",
        "https://evil.example/ssapi.shipstation.com",
        "https://ssapi.shipstation.com@evil.example/orders",
        "https://user@ssapi.shipstation.com/orders",
        "https://ssapi.shipstation.com:8443/orders",
        "https://ssapi.shipstation.com\\@evil.example/orders",
        "https://evil.example\\@ssapi.shipstation.com/orders",
        "https://ssapi.shipstation.com/../admin",
        "https://ssapi.shipstation.com/%2e%2e/admin",
        "https://ssapi12345.shipstation.com/orders",
        "https://xssapi.shipstation.com/orders",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/orders",
        "https://[",
        "https://ssapi.shipstation.com:x/orders",
        "//ssapi.shipstation.com/orders",
        "/shipments?shipmentId=1",
        "file:///etc/passwd",
        "https://ſsapi.shipstation.com/orders",
        "",
        "x" * 3000,
        None,
        7,
        ["https://ssapi.shipstation.com/orders"],
    ],
)
def test_an_address_elsewhere_is_never_to_be_fetched(address: Any) -> None:
    assert address_at_shipstation(address) is None
    assert read(address=address).attrs["reason"] == (
        "expected a resource_url at a host of ShipStation over https, got another or none"
    )


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        (ADDRESS, ADDRESS),
        (" https://SSAPI.shipstation.com:443/orders ", "https://ssapi.shipstation.com/orders"),
        (
            "https://api.shipstation.com/v2/tracking?tracking_number=1Z9&carrier_code=ups&label_id=se-1",
            "https://api.shipstation.com/v2/tracking?label_id=se-1",
        ),
        ("https://ssapi.shipstation.com/orders?" + "storeID=1&" * 60, "https://ssapi.shipstation.com/orders"),
        ("https://ssapi.shipstation.com/orders?storeID=1%0d%0aX:2#frag", "https://ssapi.shipstation.com/orders"),
    ],
)
def test_an_address_is_made_anew_of_what_may_pass(address: str, safe: str) -> None:
    assert address_at_shipstation(address) == safe


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://ssapi.shipstation.com", "https://evil@"]))
def test_whatever_is_written_the_host_is_shipstations(rest: str, start: str) -> None:
    safe = address_at_shipstation(start + rest)

    assert safe is None or safe.startswith("https://ssapi.shipstation.com") or "shipstation.com/" in safe + "/"
    assert safe is None or address_at_shipstation(safe) == safe


def test_a_redelivery_is_equal_and_another_event_is_not() -> None:
    track = "https://api.shipstation.com/v2/labels/se-1/track"
    others = [
        read(),
        read("ORDER_NOTIFY"),
        read(address=ADDRESS.replace("190671332", "190671333")),
        read("TRACK_EVENT_V2", track, data=TRACKED),
        read("TRACK_EVENT_V2", track, data={**TRACKED, "status_code": "IT"}),
        read("TRACK_EVENT_V2", track, data={**TRACKED, "tracking_number": "1Z2"}),
        read("TRACK_EVENT_V2", track, data={**TRACKED, "events": [{"occurred_at": "2026-03-02T08:30:00Z"}]}),
    ]

    assert read().dedup_key == others[0].dedup_key
    assert len({s.dedup_key for s in others}) == len(others)


def test_no_planted_datum_survives() -> None:
    address = "https://ssapi.shipstation.com/orders?storeID=1&customerName=Ada&orderNumber=Ada%20Lovelace"

    line = read("TRACK_EVENT_V2", address, data={**TRACKED, "carrier_code": "Ada Lovelace"}).json_line()

    for planted in ("Ada", "Lovelace", "LONDON", "1Z999AA10123456784"):
        assert planted not in line


@pytest.mark.parametrize("kind", [None, "", "ship_notify ok", 7])
def test_what_is_no_webhook_says_what_was_expected(kind: Any) -> None:
    reason = one("shipstation_webhook", {"resource_url": ADDRESS, "resource_type": kind}).attrs["reason"]

    assert reason == "expected a ShipStation webhook with a resource_type, got another or none"


def test_a_list_is_no_webhook() -> None:
    assert (
        one("shipstation_webhook", [7]).attrs["reason"] == "expected a ShipStation webhook as a JSON object, got list"
    )


def test_it_is_recognised_by_shape_and_by_headers() -> None:
    assert guess_kind({}, {"resource_url": ADDRESS, "resource_type": "SHIP_NOTIFY"}) == "shipstation_webhook"
    assert guess_kind({"x-shipengine-timestamp": "x"}, {}) == "shipstation_webhook"
    assert guess_kind({}, {"resource_url": ADDRESS, "resource_type": "shipment"}) == "unknown"


RAW = b'{"resource_url":"https://api.shipstation.com/v2/labels/se-1","resource_type":"LABEL_CREATED_V2"}'


def signed(number: int = 0, stamp: str = "2026-03-01T09:00:00Z", raw: bytes = RAW) -> dict[str, str]:
    made = rsa_signature(f"{stamp}.".encode() + raw, number)
    return {
        "x-shipengine-rsa-sha256-key-id": "k1",
        "x-shipengine-rsa-sha256-signature": base64.b64encode(made).decode(),
        "x-shipengine-timestamp": stamp,
    }


def test_the_second_api_is_proven_by_a_key_of_the_configured_set() -> None:
    assert auth("shipstation_webhook", signed(), RAW, OLD=key_set()) == "verified"
    assert auth("shipstation_webhook", signed(), RAW, OLD=key_set(), NEW=key_set(1)) == "verified"
    assert auth("shipstation_webhook", signed(), RAW, OLD=key_set(1)) == "failed"
    assert auth("shipstation_webhook", signed(), RAW + b" ", OLD=key_set()) == "failed"
    assert auth("shipstation_webhook", {**signed(), "x-shipengine-timestamp": "2026-03-01T09:00:01Z"}, RAW,
                OLD=key_set()) == "failed"  # fmt: skip
    assert auth("shipstation_webhook", {}, RAW, OLD=key_set()) == "failed"


def test_a_signed_time_is_good_for_300_seconds_both_ways() -> None:
    found = [auth("shipstation_webhook", signed(), RAW, at=AT + timedelta(seconds=s), OLD=key_set())
             for s in (300, -300, 301, -301)]  # fmt: skip

    assert found == ["verified", "verified", "failed", "failed"]


def test_without_the_package_for_public_keys_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migro.observe.public_keys.find_spec", lambda _: None)

    assert auth("shipstation_webhook", signed(), RAW, OLD=key_set()) == "unchecked"


def test_the_first_api_signs_nothing_so_its_address_or_a_header_is_the_secret() -> None:
    by_address = ObserveSettings(endpoints={"shop": EndpointSettings(static_secret=True)})
    by_header = ObserveSettings(endpoints={"shop": EndpointSettings(secrets_env=("OLD",), secret_header="X-Secret")})

    assert auth("shipstation_webhook", {}, RAW, settings=ObserveSettings()) == "unsigned"
    assert auth("shipstation_webhook", {}, RAW, settings=by_address) == "static_secret"
    assert auth("shipstation_webhook", {"X-Secret": "s3"}, RAW, settings=by_header, OLD="s3") == "static_secret"


FIELDS = st.sampled_from("resource_url resource_type data events occurred_at status_code tracking_number".split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ADDRESS, 10**400, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=25,
)


@given(VALUES, VALUES)
def test_no_json_makes_the_reader_raise(data: Any, address: Any) -> None:
    body = {"resource_type": "TRACK_EVENT_V2", "resource_url": address, "data": data}
    for signal in observed("shipstation_webhook", json.dumps(body)).signals:
        assert signal.json_line()
        assert not str(signal.attrs.get("reason", "")).startswith("the normaliser stopped")
