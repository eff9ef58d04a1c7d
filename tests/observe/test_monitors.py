"""Alertmanager, Sentry, and what their words for severity mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe.hints import CLOUDWATCH, STATUS_PAGE, eased, priority_hint, recovered, severity_hint
from migro.observe.labels import tags_in
from tests.observe.monitor_payloads import ALERTMANAGER_3, ALERTMANAGER_4, PROMETHEUS
from tests.observe.payloads import from_file, observed, one


def test_every_alert_of_a_group_is_a_signal() -> None:
    firing, resolved = from_file("alertmanager_v4__two.json")

    assert (firing.topic, firing.merchant, firing.env, firing.severity_hint, firing.auth) == (
        "alert.firing", "mugs", "production", "critical", "unsigned",
    )  # fmt: skip
    assert firing.occurred_at == datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
    assert (firing.attrs["alertname"], firing.attrs["service"]) == ("CheckoutErrors", "checkout")
    assert (resolved.topic, resolved.state, resolved.severity_hint) == ("alert.resolved", "resolved", "medium")
    assert resolved.occurred_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_an_alert_without_an_end_is_dated_by_its_start() -> None:
    alert = {"status": "resolved", "startsAt": "2026-03-01T08:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}

    assert one("alertmanager_v4", {"alerts": [alert]}).occurred_at.hour == 8


@pytest.mark.parametrize(
    ("body", "known", "over"),
    [
        ({"groupKey": "{}:{a=1}", "status": "resolved"}, True, True),
        ({"groupKey": 7, "status": "firing"}, True, None),
        ({"groupKey": "{}:{a=1}"}, True, None),
        ({"status": "resolved"}, False, None),
        ({"groupKey": {"a": 1}, "status": "resolved"}, False, None),
    ],
)
def test_an_alert_says_whether_all_of_its_group_is_over(body: dict[str, Any], known: bool, over: bool | None) -> None:
    labels = {"group": "label", "group_over": "label"}
    attrs = one("alertmanager_v4", {**body, "alerts": [{"status": "resolved", "labels": labels}]}).attrs

    assert str(attrs.get("group")).startswith("grp_") is known
    assert (attrs.get("group_over") is True) is bool(over)


def test_a_broken_alert_does_not_lose_its_siblings() -> None:
    found = observed(
        "alertmanager_v4", {"alerts": [{"status": "firing"}, "x", {}, {"status": "firing", "fingerprint": "b"}]}
    )

    assert [s.kind for s in found.signals] == ["alert", "unknown", "unknown", "alert"]
    assert [str(f) for f in found.failures] == [
        "expected an alert as a JSON object, got str at alerts.1",
        "expected an alert with a status, got none",
    ]


def test_firing_resolved_and_firing_again_are_three_events_and_a_repeat_is_none() -> None:
    def key(status: str, start: str) -> str:
        alert = {"status": status, "fingerprint": "f", "startsAt": start}
        return one("alertmanager_v4", {"alerts": [alert]}).dedup_key

    first, second = "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"

    assert len({key("firing", first), key("firing", first), key("resolved", first), key("firing", second)}) == 3


def test_version_3_has_no_fingerprint_so_the_labels_tell_its_alerts_apart() -> None:
    twin = {**PROMETHEUS, "labels": {**PROMETHEUS["labels"], "instance": "web-3:9100"}}
    first, second = observed("alertmanager_v3", {**ALERTMANAGER_3, "alerts": [PROMETHEUS, twin]}).signals

    assert (first.kind, first.topic, first.merchant, first.severity_hint) == ("alert", "alert.firing", "mugs", "medium")
    assert first.dedup_key != second.dedup_key
    assert (first.ids["instance"], second.ids["instance"]) == ("web-2:9100", "web-3:9100")


def test_alerts_that_were_left_out_for_length_are_counted() -> None:
    cut, whole = (
        one("alertmanager_v4", ALERTMANAGER_4),
        one("alertmanager_v4", {**ALERTMANAGER_4, "truncatedAlerts": 0}),
    )

    assert (cut.attrs["incomplete"], cut.metrics["alerts_missing"]) == (True, 3)
    assert ("incomplete" in whole.attrs, "alerts_missing" in whole.metrics) == (False, False)
    assert cut.dedup_key == whole.dedup_key


def test_a_firing_alert_is_dated_by_its_start_whatever_end_it_expects() -> None:
    alert = {"status": "firing", "startsAt": "2026-03-01T08:00:00Z", "endsAt": "2026-03-01T12:04:00Z"}

    assert one("alertmanager_v4", {"alerts": [alert]}).occurred_at.hour == 8


def sentry(resource: str, action: str, data: dict[str, Any]) -> Signal:
    return one("sentry_webhook", {"action": action, "data": data, "installation": {"uuid": "u"}},
               {"Sentry-Hook-Resource": resource})  # fmt: skip


def test_an_issue_keeps_code_route_and_counts() -> None:
    (signal,) = from_file("sentry_webhook__issue_created.json")

    assert (signal.kind, signal.topic, signal.merchant, signal.severity_hint, signal.env) == (
        "error.issue", "error.created", "4501", "critical", "production",
    )  # fmt: skip
    assert (signal.attrs["code"], signal.attrs["route_class"], signal.attrs["error_type"]) == (
        "auth.token_invalid", "checkout", "GraphQLError",
    )  # fmt: skip
    assert dict(signal.metrics) == {"events": 41, "users": 17}
    assert signal.occurred_at == datetime(2026, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC)
    assert (signal.ids["issue_id"], signal.ids["short_id"]) == ("880017", "SHOP-12")


def test_when_an_error_was_seen_is_not_when_it_was_resolved() -> None:
    issue = {
        "id": "1",
        "level": "error",
        "status": "resolved",
        "lastSeen": "2026-03-01T08:00:00Z",
        "project": {"id": "9"},
    }
    signal = sentry("issue", "resolved", {"issue": issue})

    assert (signal.topic, signal.state, signal.severity_hint) == ("error.resolved", "resolved", "high")
    assert signal.attrs["time_source"] == "receipt"


def test_an_issue_alert_is_read_from_its_event() -> None:
    event = {"event_id": "e1", "issue_id": "77", "level": "error", "datetime": "2026-03-01T08:00:00Z", "project": 9,
             "tags": [["environment", "staging"]], "request": {"url": "https://mugs.example/cart"},
             "exception": {"values": [{"type": "TypeError", "value": "Hydration failed"}]}}  # fmt: skip
    signal = sentry("event_alert", "triggered", {"event": event, "triggered_rule": "Many errors"})

    assert (signal.topic, signal.merchant, signal.env, signal.occurred_at.hour) == (
        "error.triggered",
        "9",
        "staging",
        8,
    )
    assert (signal.attrs["code"], signal.attrs["route_class"], signal.attrs["rule"]) == (
        "hydration",
        "cart",
        "Many errors",
    )
    assert (signal.ids["issue_id"], signal.ids["event_id"]) == ("77", "e1")


def test_an_event_that_sentry_makes_up_to_try_a_connection_is_a_test() -> None:
    event = {"event_id": "e1", "level": "error", "project": 9, "environment": "prod",
             "tags": [["environment", "prod"], ["sample_event", "yes"]]}  # fmt: skip
    signal = sentry("event_alert", "triggered", {"event": event})

    assert (signal.env, signal.attrs["test"]) == ("test", True)


@pytest.mark.parametrize(
    "tags",
    [
        {"environment": "staging", "release": "r1"},
        [{"key": "environment", "value": "staging"}, {"key": "release", "value": "r1"}, {"key": 5}, 5, ["a"]],
        [["environment", "staging"], ["release", "r1"], ["odd", 5]],
    ],
)
def test_tags_come_in_three_shapes(tags: Any) -> None:
    signal = sentry("error", "created", {"error": {"event_id": "e1", "tags": tags}})

    assert (signal.env, signal.attrs["release"]) == ("staging", "r1")


def test_an_issue_that_a_commit_resolved_is_dated_by_the_commit() -> None:
    issue = {"id": "1", "status": "resolved", "statusDetails": {"inCommit": {"dateCreated": "2026-03-01T07:00:00Z"}}}

    assert sentry("issue", "resolved", {"issue": issue}).occurred_at.hour == 7


def test_a_resource_that_nobody_knows_is_an_event_and_a_part_that_is_missing_is_named() -> None:
    other = one("sentry_webhook", {"action": "made", "data": {"x": 1}})
    bodies: tuple[Any, ...] = (
        [1],
        {"action": "created", "data": {"issue": 5}},
        {"action": "x", "data": {"metric_alert": 5}},
    )
    reasons = [str(observed("sentry_webhook", body).failures[0]) for body in bodies]

    assert (other.kind, other.topic) == ("platform.event", "unknown.made")
    assert reasons == [
        "expected a Sentry message as a JSON object, got list",
        "expected data.issue as a JSON object, got int",
        "expected data.metric_alert as a JSON object, got int",
    ]


def test_a_single_error_is_not_counted_as_a_new_issue() -> None:
    error = {"event_id": "e1", "issue_id": "77", "level": "error", "timestamp": 1772355600.0, "project": 9}

    assert sentry("error", "created", {"error": error}).topic == "error.event"


def test_a_metric_alert_is_an_alert() -> None:
    alert = {
        "id": "5",
        "identifier": "8",
        "date_started": "2026-03-01T08:00:00Z",
        "date_closed": None,
        "projects": ["web"],
        "organization_id": "3",
        "alert_rule": {"id": "2", "name": "Checkout errors", "environment": None},
    }
    critical = sentry("metric_alert", "critical", {"metric_alert": alert})
    resolved = sentry("metric_alert", "resolved", {"metric_alert": {**alert, "date_closed": "2026-03-01T08:20:00Z"}})

    assert (critical.kind, critical.topic, critical.severity_hint, critical.merchant) == (
        "alert", "alert.firing", "critical", "web",
    )  # fmt: skip
    assert (resolved.topic, resolved.occurred_at.minute) == ("alert.resolved", 20)
    assert critical.ids["fingerprint"] == resolved.ids["fingerprint"]


def test_installations_and_comments_are_understood() -> None:
    installed = sentry("installation", "deleted", {"installation": {"uuid": "u", "organization": {"slug": "mugs"}}})
    comment = sentry(
        "comment", "created", {"comment": "by Ada", "comment_id": 4, "issue_id": 77, "project_slug": "web"}
    )

    assert (installed.kind, installed.attrs["action"], installed.merchant) == ("app", "installation.deleted", "mugs")
    assert (comment.kind, comment.topic, comment.ids["comment_id"]) == ("platform.event", "comment.created", "4")
    assert "Ada" not in comment.json_line()


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("FATAL", "critical"),
        ("P1", "critical"),
        ("error", "high"),
        ("Warning", "medium"),
        ("NORMAL", "medium"),
        ("low", "low"),
        ("ok", "info"),
        ("Sev-1", "critical"),
        ("SEV 4", "low"),
        ("P3 - Moderate", "medium"),
        ("P5", "info"),
        ("p10", None),
        ("page one", None),
        ("purple", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_a_senders_word_becomes_a_hint_and_none_is_invented(word: object, hint: str | None) -> None:
    assert severity_hint(word) == hint


@pytest.mark.parametrize(
    ("value", "hint"),
    [(1, "critical"), ("2", "high"), ("P3", "medium"), (4, "low"), ("P5", "info"), ("high", "high"), (0, None),
     (6, None), (True, None), (None, None), (2.0, None), ("12", None)],
)  # fmt: skip
def test_a_priority_may_be_a_number(value: object, hint: str | None) -> None:
    assert priority_hint(value) == hint


def test_a_word_means_what_its_sender_means_by_it() -> None:
    assert (severity_hint("minor"), severity_hint("Minor", STATUS_PAGE)) == ("low", "medium")
    assert [severity_hint(w, STATUS_PAGE) for w in ("none", "maintenance", "major", "critical")] == [
        "info", "low", "high", "critical",
    ]  # fmt: skip
    assert [severity_hint(w, CLOUDWATCH) for w in ("ALARM", "INSUFFICIENT_DATA", "OK")] == ["high", "low", "info"]
    assert severity_hint("fatal", CLOUDWATCH) == "critical"


def test_what_is_over_is_not_severe_and_a_severity_that_nobody_gave_is_not_made_up() -> None:
    assert (eased("critical", over=True), eased("critical", over=False), eased(None, over=True)) == (
        "info", "critical", None,
    )  # fmt: skip
    assert [recovered(w) for w in ("Resolved", "OK", "firing", "", None, 1)] == [True, True, False, False, False, False]


def test_tags_are_pairs_as_one_text_or_a_list() -> None:
    assert tags_in("env:prod, availability-zone:eu-1a,alone,:x,url:http://a, env:test") == {
        "env": "prod", "availability_zone": "eu-1a", "url": "http://a",
    }  # fmt: skip
    assert tags_in(["a:1", 5, None, "b:"]) == {"a": "1"}
    assert (tags_in(None), tags_in(5), tags_in({"a": 1})) == ({}, {}, {})


def test_a_metric_alert_that_becomes_critical_again_is_another_event() -> None:
    alert = {"id": "5", "date_started": "2026-03-01T08:00:00Z", "alert_rule": {"id": "8", "name": "Errors"}}
    body = {"action": "critical", "data": {"metric_alert": alert}, "installation": {"uuid": "u"}}
    headers = {"Sentry-Hook-Resource": "metric_alert"}
    keys = [one("sentry_webhook", body, {**headers, "Request-ID": name}).dedup_key for name in ("a", "a", "b")]

    assert keys[0] == keys[1] != keys[2]
