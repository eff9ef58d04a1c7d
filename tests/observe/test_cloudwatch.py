"""CloudWatch alarms through SNS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.monitor_payloads import ALARM, SNS, SNS_SUBSCRIPTION
from tests.observe.payloads import observed, one

EVENT = {
    "version": "0",
    "id": "c4c1c1c9-6542-e61b-6ef0-000000000001",
    "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch",
    "account": "123456789012",
    "time": "2026-03-01T10:00:02Z",
    "region": "eu-central-1",
    "resources": [ALARM["AlarmArn"]],
    "detail": {
        "alarmName": "checkout-5xx",
        "configuration": {
            "description": "Ada Planted",
            "metrics": [
                {"metricStat": {"metric": {"name": "5XX", "namespace": "AWS/X", "dimensions": {"InstanceId": "i-1"}}}}
            ],
        },
        "previousState": {"value": "OK"},
        "state": {"value": "ALARM", "reason": "Ada Planted", "timestamp": "2026-03-01T10:00:00.548+0000"},
    },
}


def alarm(wrapper: dict[str, Any] | None = None, **changes: Any) -> Signal:
    return one("cloudwatch_sns", {**SNS, **(wrapper or {}), "Message": json.dumps({**ALARM, **changes})})


def test_the_alarm_inside_the_message_is_the_alert() -> None:
    signal = alarm()

    assert (signal.kind, signal.topic, signal.merchant, signal.state, signal.severity_hint) == (
        "alert", "alert.firing", "123456789012", "ALARM", "high",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 548_000, tzinfo=UTC)
    assert (signal.ids["alarm"], signal.ids["message_id"], signal.ids["load_balancer"], signal.ids["sns_topic"]) == (
        "checkout-5xx", "22b80b92-fdea-4c2c-8f9d-000000000001", "app/shop/50dc6c495c0c9188", "alarms",
    )  # fmt: skip
    assert (signal.attrs["region"], signal.attrs["changed_from"]) == ("eu-central-1", "OK")


@pytest.mark.parametrize(
    ("state", "topic", "hint"),
    [("ALARM", "alert.firing", "high"), ("OK", "alert.resolved", "info"),
     ("INSUFFICIENT_DATA", "alert.no_data", "low"), ("NEW", "alert.new", None)],
)  # fmt: skip
def test_a_state_is_all_the_severity_there_is(state: str, topic: str, hint: str | None) -> None:
    signal = alarm(NewStateValue=state)

    assert (signal.topic, signal.state, signal.severity_hint, signal.attrs["raw_topic"]) == (topic, state, hint, state)


def test_the_message_id_tells_a_retry_and_without_one_state_and_time_do() -> None:
    assert alarm().dedup_key == alarm(NewStateReason="another").dedup_key
    assert alarm().dedup_key != alarm({"MessageId": "other"}).dedup_key
    raw = {json.dumps(b): one("cloudwatch_sns", b).dedup_key for b in (ALARM, {**ALARM, "NewStateValue": "OK"})}
    assert len(set(raw.values())) == 2


def test_an_alarm_that_was_delivered_raw_is_the_same_alarm() -> None:
    raw, wrapped = one("cloudwatch_sns", ALARM), alarm()

    assert (raw.ids["fingerprint"], raw.occurred_at, raw.merchant) == (
        wrapped.ids["fingerprint"], wrapped.occurred_at, wrapped.merchant,
    )  # fmt: skip


def test_a_composite_alarm_has_a_rule_and_no_metric() -> None:
    signal = alarm(AlarmRule='ALARM("a") OR ALARM("b")', Trigger=None)

    assert (signal.attrs["composite"], "metric" in signal.attrs) == (True, False)


@pytest.mark.parametrize("body", [EVENT, {**SNS, "Message": json.dumps(EVENT)}])
def test_an_event_of_eventbridge_is_read(body: dict[str, Any]) -> None:
    signal = one("cloudwatch_sns", body)

    assert (signal.topic, signal.merchant, signal.ids["alarm"], signal.ids["instance"], signal.attrs["metric"]) == (
        "alert.firing", "123456789012", "checkout-5xx", "i-1", "5XX",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 548_000, tzinfo=UTC)
    assert "Planted" not in signal.json_line()
    assert guess_kind({}, body) == "cloudwatch_sns"


@pytest.mark.parametrize("told", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_confirmation_is_told_to_a_person_and_its_token_is_not_kept(told: str) -> None:
    signal = one("cloudwatch_sns", {**SNS_SUBSCRIPTION, "Type": told})

    assert (signal.kind, signal.merchant, signal.attrs["raw_topic"], signal.attrs["needs_person"]) == (
        "platform.event", "123456789012", told, True,
    )  # fmt: skip
    assert "Token" not in signal.json_line()
    assert "planted" not in signal.json_line()


def test_a_confirmation_with_an_alarm_inside_is_still_a_confirmation() -> None:
    assert one("cloudwatch_sns", {**SNS_SUBSCRIPTION, "Message": json.dumps(ALARM)}).kind == "platform.event"


@pytest.mark.parametrize("message", ["Ada Planted says hello", "{broken", "[1]", '{"a": 1}', "", None, 5])
def test_any_other_message_is_an_event_without_its_words(message: object) -> None:
    signal = one("cloudwatch_sns", {**SNS, "Message": message})

    assert (signal.kind, signal.topic, signal.merchant) == ("platform.event", "sns.notification", "123456789012")
    assert "Planted" not in signal.json_line()


def test_a_message_of_another_sender_over_sns_is_not_claimed() -> None:
    assert guess_kind({}, {**SNS, "Message": '{"notificationType": "Message"}'}) != "cloudwatch_sns"


def test_what_is_neither_is_refused() -> None:
    for body in ({"Type": "Notification"}, {"AlarmName": "x"}, [1], "x", {"source": "aws.cloudwatch", "detail": {}}):
        assert observed("cloudwatch_sns", body).signals[0].kind == "unknown"
