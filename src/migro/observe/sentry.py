"""
Sentry's integration platform: issues, errors, issue alerts, metric alerts, comments and installations.

Source: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_hex
from .codes import error_code
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .hints import severity_hint
from .parsing import at, exact_id, moment, whole, word
from .routes import route_in

__all__ = ["NORMALISER"]

_TOPICS: Final[Mapping[str, str]] = {"archived": "ignored", "unarchived": "unresolved", "reopened": "unresolved"}


def _resource(envelope: Envelope, body: Mapping[str, Any]) -> str:
    told = envelope.header("Sentry-Hook-Resource")
    if told:
        return told.lower()
    data = body.get("data")
    names = data.keys() if isinstance(data, Mapping) else frozenset[str]()
    for name, resource in (
        ("metric_alert", "metric_alert"),
        ("comment", "comment"),
        ("comment_id", "comment"),
        ("event", "event_alert"),
        ("error", "error"),
        ("issue", "issue"),
        ("installation", "installation"),
    ):
        if name in names:
            return resource
    return "unknown"


_ISSUE: Final = re2.compile(r"/issues/(\d+)(?:/|\?|$)")


def _issue_of(thing: Mapping[str, Any]) -> str | None:
    told = next((i for n in ("issue_id", "groupID", "group_id") if (i := exact_id(thing.get(n)))), None)
    if told:
        return told
    for name in ("issue_url", "web_url"):
        match = _ISSUE.search(word(thing.get(name)) or "")
        if match:
            return str(match.group(1))
    return None


def _project(thing: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    project = thing.get("project")
    if isinstance(project, Mapping):
        return exact_id(project.get("id")) or word(project.get("slug"))
    return exact_id(project) or exact_id(data.get("project_id")) or word(data.get("project_slug"))


def _tags(thing: Mapping[str, Any]) -> dict[str, str]:
    tags = thing.get("tags")
    if isinstance(tags, Mapping):
        return {n: v for n, v in tags.items() if isinstance(v, str)}
    found: dict[str, str] = {}
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, list) and len(tag) == 2 and all(isinstance(t, str) for t in tag):
            found[tag[0]] = tag[1]
        elif isinstance(tag, Mapping) and isinstance(tag.get("key"), str) and isinstance(tag.get("value"), str):
            found[tag["key"]] = tag["value"]
    return found


def _text(thing: Mapping[str, Any]) -> str:
    parts = [thing.get("title"), thing.get("message"), at(thing, "metadata.value"), at(thing, "metadata.title")]
    values = at(thing, "exception.values")
    parts += [at(v, "value") for v in (values if isinstance(values, list) else [])[-3:]]
    return "\n".join(p[:2000] for p in parts if isinstance(p, str))


def _type(thing: Mapping[str, Any]) -> str | None:
    values = at(thing, "exception.values")
    last = at(values[-1], "type") if isinstance(values, list) and values else None
    return word(at(thing, "metadata.type")) or word(last)


def _route(thing: Mapping[str, Any], tags: Mapping[str, str]) -> str | None:
    places = (thing.get("culprit"), thing.get("transaction"), tags.get("transaction"), tags.get("url"),
              tags.get("route"), at(thing, "request.url"))  # fmt: skip
    return next((name for text in places if isinstance(text, str) and (name := route_in(text))), None)


def _occurred(resource: str, action: str, thing: Mapping[str, Any]) -> datetime | None:
    if resource in ("error", "event_alert"):
        return next((t for n in ("datetime", "timestamp", "received") if (t := moment(thing.get(n)))), None)
    if action == "created":
        return moment(thing.get("firstSeen")) or moment(thing.get("lastSeen"))
    if thing.get("substatus") in ("regressed", "escalating") or action == "triggered":
        # It is noticed because the error was seen again; a person's click leaves no time.
        return moment(thing.get("lastSeen"))
    return moment(at(thing, "statusDetails.inCommit.dateCreated"))


def _issue(envelope: Envelope, body: Mapping[str, Any], resource: str, action: str) -> Draft | Refused:
    data = body["data"]
    holder = {"issue": "issue", "error": "error", "event_alert": "event"}[resource]
    thing = data.get(holder)
    if not isinstance(thing, Mapping):
        return Refused(reason=f"expected data.{holder} as a JSON object, got {type(thing).__name__}", content=body)
    tags = _tags(thing)
    is_event = resource != "issue"
    issue = _issue_of(thing) if is_event else exact_id(thing.get("id"))
    event = (exact_id(thing.get("event_id")) or exact_id(thing.get("id"))) if is_event else None
    level = word(thing.get("level")) or tags.get("level")
    project = _project(thing, data)
    rule = word(data.get("triggered_rule"))
    # What Sentry sends to try a connection carries this tag, and "prod" beside it.
    sample = tags.get("sample_event") == "yes"
    # An `error` is one occurrence; an issue is the group. Counting both under one topic would count twice.
    topic = "error.event" if resource == "error" else f"error.{_TOPICS.get(action, action)}"
    return Draft(
        kind="error.issue",
        topic=topic,
        raw_topic=f"{resource}.{action}",
        merchant=project,
        occurred_at=_occurred(resource, action, thing),
        dedup=("sentry", resource, action, issue, event, word(thing.get("lastSeen")), rule),
        resource=("issue", issue),
        ids={"issue_id": issue, "event_id": event, "short_id": word(thing.get("shortId")), "project": project,
             "installation_id": exact_id(at(body, "installation.uuid"))},
        hint=severity_hint(level),
        state=word(thing.get("status")),
        env="test" if sample else environment(word(thing.get("environment")) or tags.get("environment")),
        metrics={"events": whole(thing.get("count")), "users": whole(thing.get("userCount"))},
        attrs={
            "action": action,
            "level": level,
            "error_type": _type(thing),
            "code": error_code(_text(thing)),
            "route_class": _route(thing, tags),
            "platform": word(thing.get("platform")),
            "release": word(tags.get("release")) or word(thing.get("release")),
            "rule": rule,
            "substatus": word(thing.get("substatus")),
            "test": True if sample else None,
        },
    )  # fmt: skip


def _metric_alert(envelope: Envelope, body: Mapping[str, Any], resource: str, action: str) -> Draft | Refused:
    alert = at(body, "data.metric_alert")
    if not isinstance(alert, Mapping):
        return Refused(reason=f"expected data.metric_alert as a JSON object, got {type(alert).__name__}", content=body)
    resolved = action == "resolved"
    started = next((t for n in ("date_started", "date_detected", "date_created") if (t := moment(alert.get(n)))), None)
    projects = alert.get("projects")
    project = exact_id(projects[0]) if isinstance(projects, list) and len(projects) == 1 else None
    name = word(at(alert, "alert_rule.name")) or word(alert.get("title")) or "unnamed"
    alert_id = exact_id(alert.get("id"))
    return Draft(
        kind="alert",
        topic="alert.resolved" if resolved else "alert.firing",
        raw_topic=f"{resource}.{action}",
        merchant=project or exact_id(alert.get("organization_id")),
        occurred_at=(moment(alert.get("date_closed")) or started) if resolved else started,
        # One incident can become critical, ease and become critical again, all under one number and one start.
        dedup=("sentry", resource, action, alert_id, word(alert.get("date_started")), word(alert.get("date_closed")),
               envelope.header("Request-ID"), word(at(body, "data.description_text"))),
        resource=("alert", alert_id),
        ids={"alert_id": alert_id, "identifier": exact_id(alert.get("identifier")), "alertname": name,
             "alert_rule_id": exact_id(at(alert, "alert_rule.id")),
             "organization_id": exact_id(alert.get("organization_id")), "project": project,
             "fingerprint": f"sentry:{exact_id(at(alert, 'alert_rule.id')) or alert_id}"},
        hint=severity_hint(action),
        state=action,
        env=environment(at(alert, "alert_rule.environment")),
        attrs={"alertname": name, "action": action},
        source_kind="monitor",
    )  # fmt: skip


def _other(envelope: Envelope, body: Mapping[str, Any], resource: str, action: str) -> Draft:
    data = body["data"]
    installed = resource == "installation"
    return Draft(
        kind="app" if installed else "platform.event",
        topic="app.lifecycle" if installed else f"{resource}.{action}",
        raw_topic=f"{resource}.{action}",
        merchant=exact_id(data.get("project_id")) or word(data.get("project_slug"))
        or word(at(data, "installation.organization.slug")),
        occurred_at=moment(data.get("timestamp")) or moment(at(data, "installation.date_created")),
        dedup=("sentry", resource, action, envelope.header("Request-ID"), exact_id(data.get("comment_id")),
               exact_id(data.get("issue_id")), exact_id(at(body, "installation.uuid")),
               word(data.get("timestamp"))),
        resource=("installation", exact_id(at(body, "installation.uuid"))) if installed else None,
        ids={"issue_id": exact_id(data.get("issue_id")) or exact_id(at(data, "issue.id")),
             "comment_id": exact_id(data.get("comment_id")) or exact_id(at(data, "comment.id")),
             "installation_id": exact_id(at(body, "installation.uuid"))},
        state=word(at(data, "installation.status")),
        attrs={"action": f"installation.{action}" if installed else action},
    )  # fmt: skip


def _as_alert(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the older webhooks plugin sends in the shape of an issue alert."""
    event: Mapping[str, Any] = body["event"]
    project = exact_id(event.get("project")) or word(body.get("project_slug")) or word(body.get("project"))
    rules = body.get("triggering_rules")
    return {
        "action": "triggered",
        "data": {
            "event": {
                "level": body.get("level"),
                "culprit": body.get("culprit"),
                "message": body.get("message"),
                **event,
                "issue_id": exact_id(body.get("id")),
                "project": project,
            },
            "triggered_rule": rules[0] if isinstance(rules, list) and rules else None,
        },
    }


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Sentry message as a JSON object, got {type(body).__name__}")
    if "action" not in body and isinstance(body.get("event"), Mapping):
        body = _as_alert(body)
    action, data = word(body.get("action")), body.get("data")
    if action is None or not isinstance(data, Mapping):
        raise InputError("expected a Sentry message with an action and a data object, got one without")
    resource = _resource(envelope, body)
    if resource in ("issue", "error", "event_alert"):
        yield _issue(envelope, body, resource, action)
    elif resource == "metric_alert":
        yield _metric_alert(envelope, body, resource, action)
    else:
        yield _other(envelope, body, resource, action)


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("Sentry-Hook-Signature")
    return Claim(signatures=(from_hex(signature),), message=raw) if signature else None


def _fits(body: Mapping[str, Any]) -> bool:
    hook = {"action", "data", "installation"} <= body.keys() and isinstance(body.get("data"), Mapping)
    return hook or {"event", "project_slug", "culprit"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="sentry_webhook",
    provider="sentry",
    source_kind="app_log",
    version=4,
    read=_read,
    claim=_claim,
    headers=("sentry-hook-",),
    fits=_fits,
)
