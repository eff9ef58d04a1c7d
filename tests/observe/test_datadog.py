"""Datadog, whatever its template calls things."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.monitor_payloads import DATADOG
from tests.observe.payloads import observed, one

DEFAULT = {n: DATADOG[n] for n in ("id", "last_updated", "event_type", "title", "date", "org", "body")}


def datadog(**changes: Any) -> Signal:
    return one("datadog_webhook", {**DATADOG, **changes})


def test_a_monitor_is_an_alert_of_the_organisation() -> None:
    signal = datadog()

    assert (signal.kind, signal.topic, signal.state, signal.merchant, signal.env, signal.severity_hint) == (
        "alert", "alert.firing", "Triggered", "4100077", "production", "high",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert (signal.attrs["alertname"], signal.attrs["service"], signal.attrs["code"]) == (
        "Checkout errors are high", "checkout", "auth.scope",
    )  # fmt: skip
    assert (signal.ids["event_id"], signal.ids["host"], signal.ids["alert_id"]) == (
        "9000000000000000001", "web-7", "77001234",
    )  # fmt: skip


def test_the_default_template_says_state_host_and_priority_in_the_title_only() -> None:
    signal = one("datadog_webhook", DEFAULT)

    assert (signal.state, signal.severity_hint, signal.ids["host"]) == ("Triggered", "high", "web-7")
    assert one("datadog_webhook", {**DEFAULT, "title": "[Triggered] Errors"}).severity_hint is None


def test_a_recovery_that_still_says_p1_is_not_severe() -> None:
    signal = datadog(title="[P1] [Recovered] Errors", alert_transition="Recovered", alert_priority="P1")

    assert (signal.topic, signal.severity_hint, signal.attrs["priority"]) == ("alert.resolved", "info", "P1")


def test_a_recovery_without_a_priority_gets_none() -> None:
    assert one("datadog_webhook", {**DEFAULT, "title": "[Recovered] Errors"}).severity_hint is None


@pytest.mark.parametrize(
    ("transition", "topic"),
    [("Re-Triggered", "alert.firing"), ("Warn", "alert.firing"), ("Re-Warn", "alert.firing"),
     ("Renotify", "alert.firing"), ("No Data", "alert.no_data"), ("Re-No Data", "alert.no_data"),
     ("Recovered", "alert.resolved"), ("Muted", "alert.changed")],
)  # fmt: skip
def test_every_transition_has_a_topic(transition: str, topic: str) -> None:
    signal = datadog(alert_transition=transition)

    assert (signal.topic, signal.state) == (topic, transition)


@pytest.mark.parametrize("empty", ["$ALERT_ID", "$TAGS[env]", "", "null", None, " "])
def test_a_variable_that_was_not_filled_is_nothing(empty: object) -> None:
    signal = datadog(
        alert_id=empty, alert_cycle_key=empty, hostname=empty, org={"id": empty, "name": empty}, tags=empty
    )

    assert signal.merchant is None
    assert {"alert_id", "cycle_key", "organization_id"} & signal.ids.keys() == set()
    assert (signal.ids["host"], signal.env) == ("web-7", "unknown")
    assert "$" not in signal.json_line()


@pytest.mark.parametrize(
    "body",
    [
        {"ID": "9", "EVENT_TITLE": "[Warn] Slow", "ALERT_TRANSITION": "Warn", "ORG_ID": "5", "HOSTNAME": "h",
         "DATE": 1772359200},
        {"eventId": 9, "alertTitle": "[Warn] Slow", "alertTransition": "Warn", "orgId": 5, "host": "h",
         "date": "2026-03-01T10:00:00Z"},
        {"title": "[Warn] Slow", "date": "1772359200000",
         "metadata": {"id": "9", "ALERT_TRANSITION": "Warn", "ORG_ID": "5", "HOSTNAME": "h"}},
    ],
)  # fmt: skip
def test_names_of_fields_are_understood_in_every_spelling(body: dict[str, Any]) -> None:
    signal = one("datadog_webhook", body)

    assert (signal.ids["event_id"], signal.state, signal.merchant, signal.ids["host"]) == ("9", "Warn", "5", "h")
    assert (signal.occurred_at, signal.attrs["alertname"]) == (datetime(2026, 3, 1, 10, 0, tzinfo=UTC), "Slow")
    assert guess_kind({}, body) == "datadog_webhook"


def test_a_body_that_was_encoded_as_a_form_is_read() -> None:
    flat = {n: v for n, v in DATADOG.items() if isinstance(v, str)}
    fields = one("datadog_webhook", urlencode({**flat, "org_id": "4100077"}))
    held = one("datadog_webhook", urlencode({"payload": json.dumps(DATADOG)}))

    assert (fields.dedup_key, held.dedup_key) == (datadog().dedup_key, datadog().dedup_key)
    assert fields.attrs["alertname"] == "Checkout errors are high"


def test_a_test_of_the_notification_is_a_test() -> None:
    signal = datadog(title="[TEST] [P1] [Triggered] Errors")

    assert (signal.env, signal.attrs["test"], signal.attrs["alertname"]) == ("test", True, "Errors")


def test_state_and_test_may_stand_in_the_title_of_the_event_or_of_the_monitor() -> None:
    body = {
        "id": "7",
        "event_type": "query_alert_monitor",
        "priority": "normal",
        "title": "[Triggered] [TEST] Memory",
        "alert_title": "[TEST] Memory",
        "alert_type": "error",
    }
    signal = one("datadog_webhook", body)

    assert (signal.state, signal.env, signal.severity_hint, signal.attrs["alertname"]) == (
        "Triggered", "test", "high", "Memory",
    )  # fmt: skip
    assert guess_kind({}, body) == "datadog_webhook"


def test_a_name_in_brackets_of_ones_own_stays() -> None:
    assert datadog(title="[Triggered] [checkout] Errors").attrs["alertname"] == "[checkout] Errors"


def test_priority_goes_before_type_and_type_before_the_rank_of_the_event() -> None:
    def hint(**changes: Any) -> str | None:
        return datadog(title="[Triggered] x", **changes).severity_hint

    assert hint(alert_priority="P4", alert_type="error", priority="normal") == "low"
    assert hint(alert_type="error", priority="normal") == "high"
    assert hint(priority="low") == "low"
    assert hint() is None


def test_without_an_event_id_cycle_transition_and_time_tell_events_apart() -> None:
    def key(**changes: Any) -> str:
        return datadog(id="$ID", **changes).dedup_key

    assert len({key(), key(body="other words"), key(alert_transition="Recovered"), key(date="1772359260000")}) == 3


def test_an_event_of_no_monitor_is_no_alert() -> None:
    body = {"id": "1", "title": "Deployed", "event_type": "deploy", "last_updated": "1772359200000", "org": {"id": "5"}}
    signal = one("datadog_webhook", body)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == ("platform.event", "datadog.event", "deploy")


def test_a_title_of_nothing_but_brackets_ends() -> None:
    signal = datadog(title="[Warn] " * 20_000, tags="a:b," * 100_000 + "env:prod")

    assert (signal.state, signal.env) == ("Triggered", "unknown")
    assert len(str(signal.attrs["alertname"])) <= 200


def test_what_has_nothing_of_datadog_is_refused() -> None:
    for body in ({"a": 1}, [1], "a=1", "{title=1&id=2", {"id": "$ID"}, "&".join(f"id{n}=1" for n in range(200))):
        assert observed("datadog_webhook", body).signals[0].kind == "unknown"
