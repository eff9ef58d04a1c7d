"""
PagerDuty: webhooks version 3, one event each, and version 2, a list of messages, as extensions still send them.

Sources: https://developer.pagerduty.com/docs/webhooks/v3-overview/ and
https://developer.pagerduty.com/docs/webhooks/v2-overview/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from ..models.scales import Hint
from .claims import Claim, from_hex
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hints import eased, priority_hint, severity_hint
from .parsing import at, exact_id, moment, whole, word
from .zones import unsaid_zone

__all__ = ["NORMALISER", "VERSION_2"]

_ACCOUNT: Final = re2.compile(r"^https://([a-z0-9][a-z0-9-]{0,62})(?:\.eu)?\.pagerduty\.com/")
_NOT_ACCOUNTS: Final = ("api", "app", "www", "support", "events", "developer")
_TOPICS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("trigger", "triggered", "reopened", "unacknowledge", "unacknowledged"), "alert.firing"),
    **dict.fromkeys(("resolve", "resolved"), "alert.resolved"),
    **dict.fromkeys(("acknowledge", "acknowledged"), "alert.acknowledged"),
    **dict.fromkeys(("escalate", "escalated"), "alert.escalated"),
}


def _account(*holders: Any) -> str | None:
    """Return the account's subdomain, which stands in the addresses of its pages and nowhere else."""
    for holder in holders:
        match = _ACCOUNT.match(word(at(holder, "html_url")) or "")
        if match and match.group(1) not in _NOT_ACCOUNTS:
            return str(match.group(1))
    return None


def _hint(incident: Mapping[str, Any]) -> Hint | None:
    priority = incident.get("priority")
    told = [at(priority, "summary"), at(priority, "name")] if isinstance(priority, Mapping) else [priority]
    return next((h for p in told if (h := priority_hint(p))), None) or severity_hint(incident.get("urgency"))


def _incident(
    incident: Mapping[str, Any],
    *,
    version: str,
    told: str,
    event_id: str | None,
    occurred: Any,
    account: str | None,
    state: str | None,
    person: Any,
) -> Draft:
    action = told.partition(".")[2]
    topic = _TOPICS.get(action, f"alert.{action.replace('.', '_')}")
    service = incident.get("service")
    name = word(incident.get("title")) or word(at(incident, "trigger_summary_data.subject"))
    name = name or word(at(incident, "trigger_summary_data.description")) or word(incident.get("description"))
    incident_id = exact_id(incident.get("id"))
    own = (event_id,) if event_id else (incident_id, told, word(occurred))
    priority = incident.get("priority")
    counts = incident.get("alert_counts")
    return Draft(
        kind="alert",
        topic=topic,
        raw_topic=told,
        merchant=account,
        occurred_at=moment(occurred),
        dedup=("pagerduty", version, *own),
        resource=("incident", incident_id),
        ids={
            "incident_id": incident_id,
            "number": exact_id(incident.get("number")) or exact_id(incident.get("incident_number")),
            "service_id": exact_id(at(service, "id")),
            "event_id": event_id,
            "incident_key": word(incident.get("incident_key")),
            "fingerprint": f"pagerduty:{incident_id}" if incident_id else None,
        },
        people={"actor": exact_id(at(person, "id")) if _is_person(person) else None},
        hint=eased(_hint(incident), over=topic == "alert.resolved"),
        state=state,
        metrics={"alerts": whole(at(counts, "all"))},
        attrs={
            "alertname": name or word(at(service, "summary")) or word(at(service, "name")) or "unnamed",
            "action": action,
            "service": word(at(service, "summary")) or word(at(service, "name")),
            "urgency": word(incident.get("urgency")),
            "priority": word(at(priority, "summary")) or word(at(priority, "name")),
            "resolve_reason": word(at(incident, "resolve_reason.type")),
            "time_zone": unsaid_zone(occurred),
        },
    )


def _is_person(agent: Any) -> bool:
    return isinstance(agent, Mapping) and (word(agent.get("type")) or "user").startswith("user")


def _other(
    told: str, event: Mapping[str, Any], event_id: str | None, data: Mapping[str, Any], account: str | None
) -> Draft:
    ping = told == "pagey.ping"
    # A note's, an update's and a service's text is for people; its ids are enough to say that it happened.
    incident = exact_id(at(data, "incident.id"))
    return Draft(
        kind="platform.event",
        topic=told,
        raw_topic=told,
        merchant=account,
        occurred_at=moment(event.get("occurred_at")),
        dedup=("pagerduty", "v3", event_id or told, word(event.get("occurred_at")), exact_id(data.get("id"))),
        resource=("incident", incident),
        ids={
            "event_id": event_id,
            "incident_id": incident,
            "service_id": exact_id(data.get("id")) if told.startswith("service.") else None,
        },
        people={"actor": exact_id(at(event, "agent.id")) if _is_person(event.get("agent")) else None},
        # Of a responder or a workflow, not of the incident that it belongs to.
        state=word(data.get("state")) or word(data.get("status")),
        env="test" if ping else None,
        attrs={"test": True if ping else None},
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    event = at(body, "event")
    if not isinstance(body, Mapping) or not isinstance(event, Mapping):
        raise InputError("expected a PagerDuty message with an event, got one without")
    told, data = word(event.get("event_type")), event.get("data")
    if told is None or not isinstance(data, Mapping):
        raise InputError("expected a PagerDuty event with an event_type and data, got one without")
    event_id = exact_id(event.get("id"))
    account = _account(data, data.get("service"), data.get("incident"), event.get("agent"))
    if told.startswith("incident.") and data.get("type") == "incident":
        yield _incident(
            data,
            version="v3",
            told=told,
            event_id=event_id,
            occurred=event.get("occurred_at"),
            account=account,
            state=word(data.get("status")),
            person=event.get("agent"),
        )
    else:
        yield _other(told, event, event_id, data, account)


def _read_messages(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    messages = at(body, "messages")
    if not isinstance(body, Mapping) or not isinstance(messages, list) or not messages:
        raise InputError("expected a PagerDuty message with a list of messages, got none")
    for place, message in enumerate(messages):
        # Version 1 called the event a type and put the incident one level deeper.
        told = word(at(message, "event")) or word(at(message, "type"))
        incident = at(message, "incident") or at(message, "data.incident")
        if told is None or not isinstance(incident, Mapping):
            reason = f"expected a message with an event and an incident, got one without at messages.{place}"
            yield Refused(reason=reason, content=message, ordinal=place)
            continue
        entries = message.get("log_entries")
        entry = entries[0] if isinstance(entries, list) and entries else None
        yield _incident(
            incident,
            version="v2",
            told=told,
            event_id=exact_id(message.get("id")),
            occurred=message.get("created_on"),
            account=_account(incident, incident.get("service"), at(message, "webhook.webhook_object")),
            state=word(incident.get("status")),
            person=at(entry, "agent"),
        )


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    told = envelope.header("X-PagerDuty-Signature")
    if not told:
        return None
    # Several values while a secret is exchanged, each with the version of its recipe.
    values = [part.strip().removeprefix("v1=") for part in told.split(",") if part.strip().startswith("v1=")]
    return Claim(signatures=tuple(map(from_hex, values)), message=raw)


def _fits(body: Mapping[str, Any]) -> bool:
    event = body.get("event")
    return isinstance(event, Mapping) and {"event_type", "resource_type", "data"} <= event.keys()


def _fits_messages(body: Mapping[str, Any]) -> bool:
    messages = body.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    told = word(at(first, "event")) or word(at(first, "type")) or ""
    return told.startswith("incident.")


NORMALISER: Final = Normaliser(
    kind="pagerduty_v3",
    aliases=("pagerduty_webhook",),
    provider="pagerduty",
    source_kind="monitor",
    version=2,
    read=_read,
    claim=_claim,
    headers=("x-pagerduty-signature",),
    fits=_fits,
)
VERSION_2: Final = Normaliser(
    kind="pagerduty_v2",
    aliases=("pagerduty_v1",),
    provider="pagerduty",
    source_kind="monitor",
    version=1,
    read=_read_messages,
    fits=_fits_messages,
)
