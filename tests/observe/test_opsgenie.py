"""Opsgenie."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import EndpointSettings, Envelope, ObserveSettings
from tests.observe.monitor_payloads import OPSGENIE
from tests.observe.payloads import NOW, observed, observer, one


def opsgenie(action: str = "Create", alert: dict[str, Any] | None = None, **changes: Any) -> Signal:
    body = {**OPSGENIE, "action": action, "alert": {**OPSGENIE["alert"], **(alert or {})}, **changes}
    return one("opsgenie_webhook", body)


def test_a_created_alert_belongs_to_the_integration() -> None:
    signal = opsgenie()

    assert (signal.kind, signal.topic, signal.merchant, signal.severity_hint, signal.env) == (
        "alert", "alert.firing", "37c8f316-17c6-49d7-899b-000000000001", "high", "staging",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 123_000, tzinfo=UTC)
    assert (signal.attrs["raw_topic"], signal.attrs["alertname"], signal.state) == ("Create", "Checkout is slow", None)
    assert (signal.ids["tiny_id"], signal.ids["alias"]) == ("1791", "checkout-latency")


def test_milliseconds_and_nanoseconds_stand_side_by_side_and_a_change_is_dated_by_the_latter() -> None:
    later = 1772360000123456789
    signal = opsgenie("Close", {"updatedAt": later})

    assert signal.occurred_at == datetime(2026, 3, 1, 10, 13, 20, 123_456, tzinfo=UTC)


def test_a_change_without_a_time_of_its_own_is_not_dated_by_the_creation() -> None:
    signal = opsgenie("Escalate", {"updatedAt": None})

    assert (signal.occurred_at, signal.attrs["time_source"]) == (NOW, "receipt")


@pytest.mark.parametrize(
    ("action", "topic", "told"),
    [("Create", "alert.firing", "open"), ("UnAcknowledge", "alert.firing", "open"),
     ("Acknowledge", "alert.acknowledge", "open"), ("Close", "alert.resolved", "closed"),
     ("Delete", "alert.resolved", "closed"), ("AddNote", "alert.add_note", "open"),
     ("UpdatePriority", "alert.update_priority", "open"), ("a custom one", "alert.a_custom_one", "open")],
)  # fmt: skip
def test_every_action_has_a_topic(action: str, topic: str, told: str) -> None:
    signal = opsgenie(action)

    assert (signal.topic, signal.attrs["open_or_closed"], signal.attrs["raw_topic"]) == (topic, told, action)


@pytest.mark.parametrize(
    ("priority", "hint"), [("P1", "critical"), ("P5", "info"), (3, "medium"), ("4", "low"), (None, None), ("VIP", None)]
)
def test_a_priority_comes_as_a_word_or_a_number(priority: object, hint: str | None) -> None:
    assert opsgenie(alert={"priority": priority}).severity_hint == hint


def test_a_closed_alert_is_not_severe() -> None:
    assert (opsgenie("Close").severity_hint, opsgenie("Close", {"priority": None}).severity_hint) == ("info", None)


def test_two_actions_of_one_kind_are_two_events() -> None:
    notes = {opsgenie("AddNote", {"updatedAt": n}).dedup_key for n in (1772359200123000456, 1772359200123000457)}
    levels = {opsgenie("Escalate", {"updatedAt": None}, repeatCount=n).dedup_key for n in (0, 1)}

    assert (len(notes), len(levels)) == (2, 2)
    assert opsgenie("Close").dedup_key == opsgenie("Close", {"note": "another"}).dedup_key
    assert opsgenie("Close").dedup_key != opsgenie("Create").dedup_key


def test_tags_pass_only_where_they_are_listed() -> None:
    settings = ObserveSettings(default=EndpointSettings(tags_allowed=("vip",)))
    envelope = Envelope(received_at=NOW, kind="opsgenie_webhook", body=OPSGENIE)

    assert observer(settings).observe(envelope).signals[0].attrs["tags"] == ("vip",)
    assert "tags" not in opsgenie().attrs


def test_details_may_name_the_shop() -> None:
    assert opsgenie(alert={"details": {"shop": "mugs"}}).merchant == "mugs"


def test_what_has_no_action_or_no_alert_is_refused() -> None:
    bodies: tuple[Any, ...] = ({"action": "Create"}, {"alert": {}}, {"action": "Create", "alert": []}, [1], "x")
    for body in bodies:
        assert observed("opsgenie_webhook", body).signals[0].kind == "unknown"
