"""Grafana, unified and legacy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from migro.observe import guess_kind
from tests.observe.monitor_payloads import ALERTMANAGER_4, GRAFANA, GRAFANA_LEGACY
from tests.observe.payloads import observed, one

ALERT = GRAFANA["alerts"][0]


def grafana(**changes: Any) -> dict[str, Any]:
    return {**GRAFANA, **changes}


def test_an_alert_belongs_to_the_organisation_and_keeps_the_values_of_its_queries() -> None:
    signal = one("grafana_alert", json.dumps(GRAFANA))

    assert (signal.kind, signal.topic, signal.merchant, signal.state, signal.severity_hint) == (
        "alert", "alert.firing", "7", "firing", "critical",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    assert dict(signal.metrics) == {"value_a": 12, "value_b0": Decimal("0.25")}
    assert (signal.attrs["alertname"], signal.attrs["folder"]) == ("Checkout errors", "Shop")
    assert "test" not in signal.attrs


def test_an_alert_of_a_version_without_values_has_none() -> None:
    assert dict(one("grafana_alert", grafana(alerts=[{**ALERT, "values": None}])).metrics) == {}


def test_a_label_that_names_the_shop_is_nearer_than_the_organisation() -> None:
    alert = {**ALERT, "labels": {**ALERT["labels"], "shop": "mugs"}}

    assert one("grafana_alert", grafana(alerts=[alert])).merchant == "mugs"


def test_a_number_of_the_organisation_is_exact_whatever_its_size() -> None:
    assert one("grafana_alert", grafana(orgId=2**63 + 1)).merchant == "9223372036854775809"
    assert one("grafana_alert", grafana(orgId="0")).merchant == "0"


def test_firing_resolved_and_firing_again_are_three_events() -> None:
    def key(**changes: Any) -> str:
        return one("grafana_alert", grafana(alerts=[{**ALERT, **changes}])).dedup_key

    resolved = {"status": "resolved", "endsAt": "2026-03-01T11:00:00Z"}

    assert len({key(), key(), key(**resolved), key(startsAt="2026-03-01T12:00:00Z")}) == 3
    assert one("grafana_alert", grafana(alerts=[{**ALERT, **resolved}])).occurred_at.hour == 11


def test_the_same_alert_of_two_organisations_is_two_events() -> None:
    shop = {**ALERT, "labels": {**ALERT["labels"], "shop": "mugs"}}
    first, second = (one("grafana_alert", grafana(alerts=[shop], orgId=n)) for n in (1, 2))

    assert first.merchant == second.merchant
    assert first.dedup_key != second.dedup_key


def test_the_button_that_tests_a_contact_point_is_a_test() -> None:
    alert = {**ALERT, "labels": {"alertname": "TestAlert", "instance": "Grafana", "env": "prod"}}
    signal = one("grafana_alert", grafana(alerts=[alert], commonLabels={}, groupLabels={}))

    assert (signal.env, signal.attrs["test"]) == ("test", True)


def test_a_rule_that_somebody_called_a_test_is_none() -> None:
    alert = {**ALERT, "labels": {"alertname": "TestAlert", "instance": "web-1"}}
    signal = one("grafana_alert", grafana(alerts=[alert], commonLabels={}, groupLabels={}))

    assert (signal.env, "test" in signal.attrs) == ("unknown", False)


def test_alerts_that_were_left_out_are_counted() -> None:
    assert one("grafana_alert", grafana(truncatedAlerts="2")).metrics["alerts_missing"] == 2


def test_a_broken_alert_stops_no_other_and_a_group_without_alerts_is_refused() -> None:
    found = observed("grafana_alert", grafana(alerts=[5, ALERT, {}], status=None))

    assert [s.kind for s in found.signals] == ["unknown", "alert", "unknown"]
    assert [str(f) for f in found.failures] == [
        "expected an alert as a JSON object, got int at alerts.0",
        "expected an alert with a status, got none",
    ]
    assert str(observed("grafana_alert", grafana(alerts=[])).failures[0]) == (
        "expected a Grafana message with a list of alerts, got none"
    )


def test_grafana_and_alertmanager_are_told_apart_by_shape() -> None:
    bare = {**{n: GRAFANA[n] for n in ("receiver", "status", "alerts")}, "version": "1"}

    assert guess_kind({}, bare) == "grafana_alert"
    assert guess_kind({}, {**bare, "alerts": [{"status": "firing"}]}) == "grafana_alert"
    assert guess_kind({}, ALERTMANAGER_4) == "alertmanager_v4"
    assert guess_kind({}, {**ALERTMANAGER_4, "version": "3"}) == "alertmanager_v3"
    assert guess_kind({"X-Grafana-Alerting-Signature": "0"}, {}) == "grafana_alert"


def test_a_legacy_alert_has_ids_of_rule_dashboard_and_panel_and_no_time() -> None:
    signal = one("grafana_alert", json.dumps(GRAFANA_LEGACY))

    assert (signal.topic, signal.state, signal.merchant, signal.severity_hint, signal.env) == (
        "alert.firing", "alerting", "7", "high", "production",
    )  # fmt: skip
    assert {n: signal.ids[n] for n in ("rule_id", "dashboard_id", "panel_id")} == {
        "rule_id": "41", "dashboard_id": "3", "panel_id": "2",
    }  # fmt: skip
    assert (signal.attrs["time_source"], signal.attrs["alertname"]) == ("receipt", "Cart errors")
    assert signal.metrics["value"] == Decimal("97.5")


@pytest.mark.parametrize(
    ("state", "topic"),
    [("ok", "alert.resolved"), ("no_data", "alert.no_data"), ("paused", "alert.paused"), ("pending", "alert.pending"),
     ("new", "alert.new")],
)  # fmt: skip
def test_a_legacy_state_has_a_topic(state: str, topic: str) -> None:
    signal = one("grafana_alert", {**GRAFANA_LEGACY, "state": state})

    assert (signal.topic, signal.state) == (topic, state)


def test_a_legacy_rule_numbered_zero_is_a_test() -> None:
    test = one("grafana_alert", {**GRAFANA_LEGACY, "ruleId": 0, "orgId": 0, "ruleName": "Test rule"})

    assert (test.env, test.attrs["test"], test.merchant) == ("test", True, "0")


def test_a_legacy_alert_without_a_name_is_called_by_its_title() -> None:
    body = {n: v for n, v in GRAFANA_LEGACY.items() if n != "ruleName"}

    assert one("grafana_alert", body).attrs["alertname"] == "Cart errors"
    assert one("grafana_alert", {**body, "title": None}).attrs["alertname"] == "unnamed"


def test_what_is_neither_is_refused() -> None:
    for body in ({"a": 1}, [1], {"state": "ok"}, {"ruleId": 1}):
        assert one("grafana_alert", body).kind == "unknown"
