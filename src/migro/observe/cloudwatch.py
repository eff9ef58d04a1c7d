"""
CloudWatch alarms, as Amazon SNS delivers them: the alarm is a JSON text inside a JSON message.

Read too: the alarm alone, where a subscription has raw delivery, and the event that EventBridge makes of it. A
subscription is never confirmed from here: somebody decides that, who knows the topic.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hints import CLOUDWATCH, severity_hint
from .parsing import at, exact_id, moment, read_json, word
from .sns import CONFIRMATIONS, claim, is_wrapper, topic_parts
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_TOPICS: Final[Mapping[str, str]] = {
    "ALARM": "alert.firing",
    "OK": "alert.resolved",
    "INSUFFICIENT_DATA": "alert.no_data",
}
_DIMENSIONS: Final[Mapping[str, str]] = {
    "InstanceId": "instance",
    "FunctionName": "function",
    "DBInstanceIdentifier": "database",
    "LoadBalancer": "load_balancer",
    "TargetGroup": "target_group",
    "ClusterName": "cluster",
    "ServiceName": "service",
    "QueueName": "queue",
    "ApiName": "api",
    "AutoScalingGroupName": "group",
    "DistributionId": "distribution",
    "TopicName": "topic",
}
"""Dimensions that name a thing of the account; others are whatever somebody measured by, people included."""


def _inner(value: Any) -> Mapping[str, Any]:
    """Return what the text inside a message holds, or nothing where it is no JSON object."""
    if not isinstance(value, str) or not value.lstrip("\ufeff \t\r\n").startswith("{"):
        return {}
    try:
        found = read_json(value)
    except InputError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _of_event(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event of EventBridge in the words of a notification."""
    detail = event.get("detail")
    held: Mapping[str, Any] = detail if isinstance(detail, Mapping) else {}
    resources = event.get("resources")
    metric = at(held, "configuration.metrics.0.metricStat.metric")
    return {
        "AlarmName": held.get("alarmName"),
        "AlarmArn": resources[0] if isinstance(resources, list) and resources else None,
        "AWSAccountId": event.get("account"),
        "NewStateValue": at(held, "state.value"),
        "OldStateValue": at(held, "previousState.value"),
        "StateChangeTime": at(held, "state.timestamp") or event.get("time"),
        "Region": event.get("region"),
        "Trigger": {
            "MetricName": at(metric, "name"),
            "Namespace": at(metric, "namespace"),
            "Dimensions": at(metric, "dimensions"),
        },
        "EventId": event.get("id"),
    }


def _dimensions(trigger: Any) -> dict[str, str | None]:
    held = at(trigger, "Dimensions")
    if isinstance(held, list):
        pairs = [(at(d, "name") or at(d, "Name"), at(d, "value") or at(d, "Value")) for d in held]
    else:
        pairs = list(held.items()) if isinstance(held, Mapping) else []
    return {_DIMENSIONS[n]: exact_id(v) for n, v in pairs if isinstance(n, str) and n in _DIMENSIONS}


def _alarm(alarm: Mapping[str, Any], wrapper: Mapping[str, Any]) -> Draft:
    region, account, topic_name = topic_parts(wrapper.get("TopicArn"))
    state = word(alarm.get("NewStateValue")) or "unknown"
    name = word(alarm.get("AlarmName")) or "unnamed"
    arn = word(alarm.get("AlarmArn"))
    changed = word(alarm.get("StateChangeTime"))
    message_id = exact_id(wrapper.get("MessageId")) or exact_id(alarm.get("EventId"))
    account = exact_id(alarm.get("AWSAccountId")) or account
    trigger = alarm.get("Trigger")
    return Draft(
        kind="alert",
        topic=_TOPICS.get(state, f"alert.{state.lower()}"),
        raw_topic=state,
        merchant=account,
        occurred_at=moment(changed) or moment(wrapper.get("Timestamp")),
        dedup=("cloudwatch", message_id) if message_id else ("cloudwatch", account, arn or name, state, changed),
        resource=("alarm", arn or name),
        ids={
            **_dimensions(trigger),
            "alarm": name,
            "alertname": name,
            "account": account,
            "message_id": message_id,
            "sns_topic": topic_name,
            "fingerprint": arn or f"cloudwatch:{account}:{name}",
        },
        hint=severity_hint(state, CLOUDWATCH),
        state=state,
        attrs={
            "alertname": name,
            # The wrapper has the name that programs use; the alarm says "EU (Ireland)".
            "region": region or word(alarm.get("Region")),
            "changed_from": word(alarm.get("OldStateValue")),
            "metric": word(at(trigger, "MetricName")),
            "namespace": word(at(trigger, "Namespace")),
            "composite": True if "AlarmRule" in alarm else None,
            "time_zone": unsaid_zone(changed),
        },
    )


def _other(body: Mapping[str, Any], told: str) -> Draft:
    region, account, topic_name = topic_parts(body.get("TopicArn"))
    confirming = told in CONFIRMATIONS
    # The address to confirm by holds a token that opens the subscription, so it is not kept.
    return Draft(
        kind="platform.event",
        topic={
            "SubscriptionConfirmation": "sns.subscription_confirmation",
            "UnsubscribeConfirmation": "sns.unsubscribe_confirmation",
        }.get(told, "sns.notification"),
        raw_topic=told,
        merchant=account,
        occurred_at=moment(body.get("Timestamp")),
        dedup=("sns", exact_id(body.get("MessageId")), told, word(body.get("TopicArn"))),
        resource=("topic", topic_name),
        ids={"account": account, "message_id": exact_id(body.get("MessageId")), "sns_topic": topic_name},
        attrs={"region": region, "needs_person": True if confirming else None},
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an SNS message as a JSON object, got {type(body).__name__}")
    if is_wrapper(body):
        told = word(body.get("Type")) or "Notification"
        inner = _inner(body.get("Message")) if told not in CONFIRMATIONS else {}
        found = _as_alarm(inner)
        yield _alarm(found, body) if found is not None else _other(body, told)
        return
    found = _as_alarm(body)
    if found is None:
        raise InputError("expected an SNS message or a CloudWatch alarm, got neither")
    yield _alarm(found, {})


def _as_alarm(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if body.get("source") == "aws.cloudwatch" and at(body, "detail.state.value") is not None:
        return _of_event(body)
    return body if {"AlarmName", "NewStateValue"} <= body.keys() else None


def _fits(body: Mapping[str, Any]) -> bool:
    if is_wrapper(body):
        return body.get("Type") in CONFIRMATIONS or _as_alarm(_inner(body.get("Message"))) is not None
    return _as_alarm(body) is not None


NORMALISER: Final = Normaliser(
    kind="cloudwatch_sns",
    aliases=("cloudwatch_alarm",),
    provider="cloudwatch",
    source_kind="monitor",
    version=1,
    read=_read,
    claim=claim,
    fits=_fits,
)
