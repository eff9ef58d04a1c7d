"""PagerDuty, versions 3 and 2."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from tests.observe.monitor_payloads import PAGERDUTY, PAGERDUTY_2
from tests.observe.payloads import observed, one

EVENT = PAGERDUTY["event"]
MESSAGE = PAGERDUTY_2["messages"][0]


def event(data: dict[str, Any] | None = None, **changes: Any) -> Signal:
    return one("pagerduty_v3", {"event": {**EVENT, "data": {**EVENT["data"], **(data or {})}, **changes}})


def test_an_incident_is_an_alert_of_the_account_that_its_address_names() -> None:
    signal = event()

    assert (signal.kind, signal.topic, signal.merchant, signal.state) == ("alert", "alert.firing", "mugs", "triggered")
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
    assert {n: signal.ids[n] for n in ("incident_id", "number", "service_id", "event_id")} == {
        "incident_id": "QINCIDENT0001",
        "number": "52",
        "service_id": "PSHOP01",
        "event_id": "01EVENT00000000000000000A1",
    }
    assert (signal.attrs["alertname"], signal.attrs["service"]) == ("Checkout answers 5xx", "Storefront")
    assert signal.resource == ("incident", "QINCIDENT0001")


def test_an_account_in_europe_is_read_and_the_api_is_no_account() -> None:
    eu = event({"html_url": "https://mugs-eu.eu.pagerduty.com/incidents/Q"})
    api = event({"html_url": "https://api.pagerduty.com/incidents/Q", "service": None})
    elsewhere = event({"html_url": "https://mugs.pagerduty.com.evil.example/incidents/Q", "service": None})

    assert (eu.merchant, api.merchant, elsewhere.merchant) == ("mugs-eu", None, None)


def test_the_priority_goes_before_the_urgency_where_it_says_something() -> None:
    def hint(priority: Any, urgency: str | None = "high") -> str | None:
        return event({"priority": priority, "urgency": urgency}).severity_hint

    assert hint({"summary": "P1"}, "low") == "critical"
    assert hint({"summary": "SEV-3"}) == "medium"
    assert hint({"name": "P4"}) == "low"
    assert hint({"summary": "VIP customers"}) == "high"
    assert hint(None) == "high"
    assert hint(None, None) is None


@pytest.mark.parametrize(
    ("action", "topic"),
    [("triggered", "alert.firing"), ("reopened", "alert.firing"), ("unacknowledged", "alert.firing"),
     ("acknowledged", "alert.acknowledged"), ("escalated", "alert.escalated"), ("resolved", "alert.resolved"),
     ("priority_updated", "alert.priority_updated"), ("reassigned", "alert.reassigned")],
)  # fmt: skip
def test_every_action_on_an_incident_has_a_topic(action: str, topic: str) -> None:
    signal = event(event_type=f"incident.{action}")

    assert (signal.topic, signal.attrs["raw_topic"], signal.attrs["action"]) == (topic, f"incident.{action}", action)


def test_a_resolved_incident_is_not_severe_whatever_priority_it_had() -> None:
    assert event({"status": "resolved"}, event_type="incident.resolved").severity_hint == "info"


def test_what_people_write_to_an_incident_is_not_kept() -> None:
    note = {
        "id": "PNOTE01",
        "type": "incident_note",
        "content": "Ada Planted called",
        "incident": {"id": "QINCIDENT0001", "html_url": "https://mugs.pagerduty.com/incidents/QINCIDENT0001"},
    }
    signal = one("pagerduty_v3", {"event": {**EVENT, "event_type": "incident.annotated", "data": note}})

    assert (signal.kind, signal.topic, signal.merchant) == ("platform.event", "incident.annotated", "mugs")
    assert signal.ids["incident_id"] == "QINCIDENT0001"
    assert "Planted" not in signal.json_line()


def test_what_belongs_to_an_incident_has_a_state_of_its_own() -> None:
    asked = {"type": "incident_responder", "state": "pending", "incident": {"id": "QINCIDENT0001"}}
    run = {"type": "incident_workflow_instance", "status": "completed", "incident": {"id": "QINCIDENT0001"}}
    signals = [
        one("pagerduty_v3", {"event": {**EVENT, "event_type": told, "data": data}})
        for told, data in (("incident.responder.added", asked), ("incident.workflow.completed", run))
    ]

    assert [(s.kind, s.state) for s in signals] == [("platform.event", "pending"), ("platform.event", "completed")]


def test_a_ping_is_a_test_and_a_service_is_no_alert() -> None:
    ping = one(
        "pagerduty_v3", {"event": {**EVENT, "event_type": "pagey.ping", "data": {"message": "Hello", "type": "ping"}}}
    )
    service = {"id": "PSHOP01", "type": "service", "html_url": "https://mugs.pagerduty.com/services/PSHOP01"}
    changed = one("pagerduty_v3", {"event": {**EVENT, "event_type": "service.updated", "data": service}})

    assert (ping.kind, ping.env, ping.attrs["test"]) == ("platform.event", "test", True)
    assert (changed.topic, changed.merchant, changed.ids["service_id"]) == ("service.updated", "mugs", "PSHOP01")


def test_the_id_of_the_event_tells_a_redelivery_and_without_one_incident_type_and_time_do() -> None:
    assert event().dedup_key == event({"title": "other"}).dedup_key
    assert event().dedup_key != event(id="01OTHER").dedup_key
    bare = {event(id=None, occurred_at=t).dedup_key for t in ("2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z")}
    assert len(bare) == 2


def test_a_person_is_a_pseudonym_and_a_service_that_acts_is_none() -> None:
    person, service = event(), event(agent={"id": "PSHOP01", "type": "service_reference"})

    assert len(person.ids["actor"]) == 20
    assert "PADA001" not in person.json_line()
    assert "actor" not in service.ids


def test_every_message_of_version_2_is_a_signal_and_a_broken_one_stops_no_other() -> None:
    resolved = {
        **MESSAGE,
        "event": "incident.resolve",
        "id": "m2",
        "incident": {**MESSAGE["incident"], "status": "resolved"},
    }
    found = observed("pagerduty_v2", {"messages": [MESSAGE, 5, {"event": "incident.trigger"}, resolved]})

    assert [s.topic for s in found.signals] == ["alert.acknowledged", "unknown", "unknown", "alert.resolved"]
    assert [s.severity_hint for s in found.signals] == ["high", None, None, "info"]
    assert [str(f).partition(", got ")[2] for f in found.failures] == [
        "one without at messages.1",
        "one without at messages.2",
    ]
    first = found.signals[0]
    assert (first.merchant, first.state, first.occurred_at) == (
        "mugs", "acknowledged", datetime(2026, 3, 1, 10, 5, tzinfo=UTC),
    )  # fmt: skip
    assert (first.ids["number"], first.attrs["service"], first.attrs["alertname"]) == (
        "53", "Storefront", "Cart answers 5xx",
    )  # fmt: skip


def test_the_messages_of_version_1_are_read_too() -> None:
    incident = {
        "id": "PJKGZF9",
        "incident_number": 48219,
        "status": "resolved",
        "html_url": "https://mugs.pagerduty.com/incidents/PJKGZF9",
        "service": {"id": "PINP5IV", "name": "Shop API"},
        "trigger_summary_data": {"description": "cart_errors_critical"},
    }
    message = {
        "id": "cf41",
        "type": "incident.resolve",
        "created_on": "2026-03-01T10:00:00Z",
        "data": {"incident": incident},
    }
    signal = one("pagerduty_v2", {"messages": [message]})

    assert (signal.topic, signal.merchant, signal.attrs["alertname"], signal.severity_hint) == (
        "alert.resolved", "mugs", "cart_errors_critical", None,
    )  # fmt: skip


def test_what_is_neither_is_refused() -> None:
    for kind, body in (
        ("pagerduty_v3", {"event": 5}),
        ("pagerduty_v3", {"event": {"event_type": "incident.triggered"}}),
        ("pagerduty_v2", {"messages": []}),
        ("pagerduty_v2", [1]),
    ):
        assert one(kind, body).kind == "unknown"
