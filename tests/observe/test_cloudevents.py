from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.observe import guess_kind
from tests.observe.payloads import NOW, observed, one

KIND = "cloudevents"
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/ci/ada.planted",
    "type": "com.example.Something",
    "time": "2026-03-01T09:00:00Z",
    "subject": "ada@planted.example",
    "data": {"note": "Planted"},
}
DEPLOY = {"kind": "change.deploy", "merchant": "mugs", "occurred_at": "2026-02-28T09:00:00Z", "ids": {"release": "r41"}}
ORDER = {"resource": {"typeId": "order", "id": "o-1"}, "projectKey": "p", "sequenceNumber": 1, "type": "OrderCreated"}


def binary(**more: str) -> dict[str, str]:
    return {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/a%20b", "ce-type": "com.example.Something"} | more


def test_an_event_that_nobody_knows_is_one_of_the_platform() -> None:
    signal = one(KIND, EVENT)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"], signal.merchant) == (
        "platform.event",
        "com.example.something",
        "com.example.Something",
        None,
    )
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert signal.ids["event_id"] == "e-1"
    assert "planted" not in signal.json_line().lower()


def test_a_batch_holds_several_events_and_a_broken_one_stops_no_other() -> None:
    found = observed(KIND, [EVENT, 5, {"id": "x"}, EVENT | {"id": "e-2"}])

    assert [signal.kind for signal in found.signals] == ["platform.event", "unknown", "unknown", "platform.event"]
    assert [failure.reason for failure in found.failures] == [
        "expected a CloudEvent as a JSON object, got int at event 2",
        "expected a CloudEvent with id, source, specversion, type, got none of the name source at event 3",
    ]


def test_one_event_a_line_is_read_too() -> None:
    lines = f"{json.dumps(EVENT)}\n\n{{broken\n{json.dumps(EVENT | {'id': 'e-2'})}"

    found = observed(KIND, lines)

    assert [signal.kind for signal in found.signals] == ["platform.event", "unknown", "platform.event"]
    assert one(KIND, "{broken").kind == "unknown"


def test_in_binary_mode_the_headers_are_the_event_and_the_body_its_data() -> None:
    headers = binary(**{"CE-Time": "2026-03-01T09:00:00Z", "Content-Type": "application/json"})

    signal = one(KIND, '{"a": 1}', headers)

    assert (signal.topic, signal.occurred_at) == ("com.example.something", datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert signal.dedup_key == one(KIND, EVENT | {"source": "/a b"}).dedup_key
    assert one(KIND, "no json", headers).dedup_key == one(KIND, "", headers).dedup_key == signal.dedup_key


def test_the_content_type_says_that_the_body_is_the_event() -> None:
    headers = binary(**{"Content-Type": "application/cloudevents+json; charset=utf-8", "ce-id": "other"})

    assert one(KIND, EVENT, headers).ids["event_id"] == "e-1"


@pytest.mark.parametrize(
    "carried",
    [
        {"data": ORDER},
        {"data": json.dumps(ORDER)},
        {"data_base64": base64.b64encode(json.dumps(ORDER).encode()).decode()},
    ],
    ids=["object", "text", "base64"],
)
def test_known_vendors_have_readers_of_their_own(carried: dict[str, Any]) -> None:
    event = {n: v for n, v in EVENT.items() if n != "data"}
    event |= {"type": "com.commercetools.order.message.OrderCreated", **carried}

    signal = one(KIND, event)

    assert (signal.kind, signal.topic, signal.provider, signal.source_kind) == (
        "order",
        "order.created",
        "commercetools",
        "platform_webhook",
    )
    assert signal.attrs["raw_topic"] == "order.message.OrderCreated"


def test_a_known_vendor_in_binary_mode_is_read_as_well() -> None:
    headers = binary(**{"ce-type": "com.commercetools.order.message.OrderCreated"})

    assert one(KIND, ORDER, headers).ids["order_id"] == "o-1"


def test_data_that_are_no_base64_are_no_data() -> None:
    event = EVENT | {"type": "com.commercetools.order.x", "data": None, "data_base64": "... no ..."}

    assert "object as data, got NoneType" in str(one(KIND, event).attrs["reason"])


def test_the_host_sends_its_own_signals_by_this_door() -> None:
    signal = one(KIND, EVENT | {"type": "migro.signal", "data": DEPLOY})

    assert (signal.kind, signal.merchant, signal.ids["release"]) == ("change.deploy", "mugs", "r41")
    assert signal.occurred_at == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert (signal.auth, signal.source_kind) == ("unsigned", "host")


def test_type_time_and_id_of_the_event_stand_in_for_what_a_signal_leaves_out() -> None:
    event = EVENT | {"type": "migro.signal.change.deploy", "data": {"ids": {"release": "r41"}}}

    first, again, other = (one(KIND, e) for e in (event, event, event | {"id": "e-2"}))

    assert (first.kind, first.occurred_at) == ("change.deploy", datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert first.dedup_key == again.dedup_key != other.dedup_key


def test_several_signals_in_one_event_stay_several() -> None:
    found = observed(KIND, EVENT | {"type": "migro.signal", "data": [DEPLOY, DEPLOY, 5]}).signals

    assert [signal.kind for signal in found] == ["change.deploy", "change.deploy", "unknown"]
    assert len({signal.dedup_key for signal in found}) == 3


def test_nobody_vouches_for_himself_by_this_door_either() -> None:
    signal = one(KIND, EVENT | {"type": "migro.signal", "data": DEPLOY | {"auth": "verified"}})

    assert signal.auth == "unsigned"


@pytest.mark.parametrize("version", ["1.0", "0.3"])
def test_versions_that_have_the_same_names_are_read(version: str) -> None:
    assert one(KIND, EVENT | {"specversion": version}).kind == "platform.event"


def test_another_version_is_refused() -> None:
    assert one(KIND, EVENT | {"specversion": "2.0"}).attrs["reason"] == (
        "expected specversion 1.0 or 0.3, got another at event 1"
    )


def test_a_type_that_is_a_text_stays_behind() -> None:
    signal = one(KIND, EVENT | {"type": "Ada Planted has called"})

    assert (signal.topic, "raw_topic" in signal.attrs) == ("cloudevents.unnamed", False)


def test_the_key_is_made_of_source_and_id() -> None:
    keys = {
        one(KIND, e).dedup_key
        for e in (EVENT, EVENT | {"data": 5}, EVENT | {"id": "e-2"}, EVENT | {"source": "/other"})
    }

    assert len(keys) == 3


def test_an_event_without_a_time_happened_when_it_was_received() -> None:
    assert one(KIND, EVENT | {"time": None}).occurred_at == NOW


def test_structure_and_headers_tell_a_cloud_event() -> None:
    assert guess_kind({}, json.dumps([EVENT, EVENT])) == KIND
    assert guess_kind(binary(), '{"a": 1}') == KIND
