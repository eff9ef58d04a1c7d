"""Statuspage: notifications and the polled summary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe.statuspage import part_of
from tests.observe.monitor_payloads import STATUS_COMPONENT, STATUS_INCIDENT, STATUS_SUMMARY
from tests.observe.payloads import observed, one

INCIDENT = STATUS_INCIDENT["incident"]


def incident(**changes: Any) -> Signal:
    return one("statuspage_webhook", {**STATUS_INCIDENT, "incident": {**INCIDENT, **changes}})


def component(status: str, **page: Any) -> Signal:
    body = {
        **STATUS_COMPONENT,
        "page": {**STATUS_COMPONENT["page"], **page},
        "component": {**STATUS_COMPONENT["component"], "status": status},
        "component_update": {**STATUS_COMPONENT["component_update"], "new_status": status},
    }
    return one("statuspage_webhook", body)


def test_an_incident_belongs_to_its_page_and_is_dated_by_its_newest_update() -> None:
    signal = incident()

    assert (signal.kind, signal.topic, signal.merchant, signal.state, signal.severity_hint) == (
        "status.incident", "status.incident", "k0page000001", "investigating", "high",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 548_000, tzinfo=UTC)
    assert (signal.attrs["impact"], signal.attrs["component"], signal.attrs["component_used"]) == (
        "major", "checkout", True,
    )  # fmt: skip
    assert (signal.ids["incident_id"], signal.ids["platform"]) == ("i0incident01", "platform")


def test_every_update_of_an_incident_is_an_event_and_a_redelivery_is_none() -> None:
    update = {"id": "u2", "status": "resolved", "created_at": "2026-03-01T11:00:00Z"}
    later = incident(status="resolved", incident_updates=[update, *INCIDENT["incident_updates"]])

    assert incident().dedup_key == incident(name="another name").dedup_key
    assert incident().dedup_key != later.dedup_key
    assert (later.state, later.severity_hint, later.occurred_at.hour) == ("resolved", "info", 11)


def test_an_incident_that_names_no_component_concerns_the_platform_and_one_that_nobody_uses_does_not() -> None:
    assert incident(components=[]).attrs["component_used"] is True
    reports = incident(components=[{"name": "Reports"}])
    assert (reports.attrs["component_used"], "component" in reports.attrs) == (False, False)


def test_an_incident_of_one_component_names_it_and_one_of_several_names_none() -> None:
    parts = [{"id": "c1", "name": "Checkout"}, {"id": "c2", "name": "Checkout API"}]

    assert incident(components=parts[:1]).ids["component_id"] == "c1"
    assert "component_id" not in incident(components=parts).ids


def test_a_planned_maintenance_has_its_window_and_mutes_nothing() -> None:
    signal = incident(
        status="scheduled",
        impact="maintenance",
        scheduled_for="2026-03-02T01:00:00Z",
        scheduled_until="2026-03-02T03:00:00Z",
    )

    assert (signal.kind, signal.topic, signal.severity_hint) == ("status.incident", "status.maintenance", "low")
    assert (signal.attrs["starts_at"], signal.attrs["ends_at"]) == (
        "2026-03-02T01:00:00+00:00", "2026-03-02T03:00:00+00:00",
    )  # fmt: skip
    assert incident(status="completed", impact="maintenance", scheduled_for="x").severity_hint == "info"


@pytest.mark.parametrize(
    ("status", "impact", "hint"),
    [("operational", "none", "info"), ("degraded_performance", "minor", "medium"), ("partial_outage", "major", "high"),
     ("major_outage", "critical", "critical"), ("under_maintenance", "maintenance", "low")],
)  # fmt: skip
def test_a_component_says_how_bad_it_is(status: str, impact: str, hint: str) -> None:
    signal = component(status)

    assert (signal.topic, signal.state, signal.attrs["impact"], signal.severity_hint) == (
        "status.component", status, impact, hint,
    )  # fmt: skip
    assert (signal.attrs["raw_topic"], signal.ids["component_id"]) == (f"component.{status}", "c2")


def test_a_component_that_works_again_is_not_severe_while_others_still_fail() -> None:
    assert component("operational", status_indicator="critical").severity_hint == "info"
    assert component("something new", status_indicator="critical").severity_hint == "critical"


def test_the_summary_gives_the_page_what_is_open_and_what_does_not_work() -> None:
    found = observed("statuspage_webhook", STATUS_SUMMARY).signals

    assert [(s.topic, s.state, s.attrs["impact"]) for s in found] == [
        ("status.page", "minor", "minor"),
        ("status.incident", "investigating", "minor"),
        ("status.maintenance", "scheduled", "maintenance"),
        ("status.component", "degraded_performance", "minor"),
    ]
    assert {s.ids["platform"] for s in found} == {"shopify"}
    assert [s.attrs["component_used"] for s in found] == [False, True, True, True]


def test_polling_twice_without_a_change_tells_nothing_twice() -> None:
    first, second = (observed("statuspage_webhook", STATUS_SUMMARY).signals for _ in range(2))
    calm = {**STATUS_SUMMARY, "status": {"indicator": "none"}, "incidents": [], "components": []}

    assert [s.dedup_key for s in first] == [s.dedup_key for s in second]
    page = observed("statuspage_webhook", calm).signals[0]
    assert (page.state, page.severity_hint) == ("none", "info")
    assert page.dedup_key != first[0].dedup_key


def test_an_incident_that_was_told_and_polled_is_one_event() -> None:
    polled = observed("statuspage_webhook", STATUS_SUMMARY).signals[1]

    assert polled.dedup_key == incident().dedup_key


def test_a_broken_item_of_the_summary_stops_no_other() -> None:
    body = {**STATUS_SUMMARY, "incidents": [5, INCIDENT], "components": [None], "scheduled_maintenances": "x"}
    found = observed("statuspage_webhook", body)

    assert [s.kind for s in found.signals] == ["status.incident", "unknown", "status.incident", "unknown"]
    assert str(found.failures[0]) == "expected a JSON object, got int at incidents.0"


@pytest.mark.parametrize(
    ("name", "part"),
    [("Checkout", "checkout"), ("Payments - Europe", "payments"), ("Storefront GraphQL API", "storefront"),
     ("Admin API", "api"), ("Webhooks", "webhooks"), ("Orders", "orders"), ("CDN/Cache", "cdn"),
     ("Shipping labels", "carrier"), ("Reports", None), ("Help center", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_component_is_a_part_that_shops_depend_on_or_none(name: str | None, part: str | None) -> None:
    assert part_of(name) == part


def test_a_page_is_called_by_its_name_its_address_or_its_id() -> None:
    def platform(page: dict[str, Any], **more: Any) -> str:
        return one("statuspage_webhook", {"page": page, "incident": INCIDENT, **more}).ids["platform"]

    assert platform({"id": "x", "name": "BigCommerce Status"}) == "bigcommerce"
    assert platform({"id": "x", "url": "https://mugs.statuspage.io"}) == "mugs"
    assert platform({"id": "x"}, meta={"unsubscribe": "http://cups.statuspage.io/?u=1"}) == "cups"
    assert platform({"id": "x"}, meta={"unsubscribe": "http://cups.statuspage.io.evil.example/"}) == "x"


def test_what_has_no_page_or_says_nothing_is_refused() -> None:
    for body in ({"incident": INCIDENT}, {"page": {"id": "x"}}, {"page": {}, "incident": INCIDENT}, [1], "x"):
        assert one("statuspage_webhook", body).kind == "unknown"


def test_an_incident_is_told_once_for_each_part_of_the_platform() -> None:
    parts = [{"name": "Checkout"}, {"name": "Shipping labels"}, {"name": "Checkout API"}, {"name": "Reports"}]
    body = {
        "page": {"id": "p"},
        "incident": {"id": "i", "status": "identified", "components": parts, "impact": "major"},
    }
    signals = observed("statuspage_webhook", body).signals

    assert [s.attrs["component"] for s in signals] == ["checkout", "carrier"]
    assert len({s.dedup_key for s in signals}) == 2
    assert {s.attrs["components"] for s in signals} == {("checkout", "carrier")}
