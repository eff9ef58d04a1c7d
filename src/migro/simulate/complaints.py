"""Bodies of what complains: error tracker, monitor and help desk, in their shapes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .envelopes import iso
from .people import Person
from .shops import Shop

__all__ = ["alert", "alert_group", "help_desk_ticket", "sentry_alert", "sentry_issue", "zendesk_ticket"]


def sentry_issue(
    shop: Shop,
    *,
    action: str,
    issue: int,
    error: tuple[str, str, str],
    culprit: str,
    level: str,
    count: int,
    users: int,
    first_seen: datetime,
    last_seen: datetime,
) -> dict[str, Any]:
    """Return an issue webhook; `error` is the type, the text and the file of the exception."""
    return {
        "action": action,
        "installation": {"uuid": f"5f1b8c1e-0000-4000-8000-{shop.numbers:012d}"},
        "data": {
            "issue": {
                "id": str(issue),
                "shortId": f"{shop.name.upper()}-{issue % 1000}",
                "title": f"{error[0]}: {error[1]}",
                "culprit": culprit,
                "level": level,
                "status": "resolved" if action == "resolved" else "unresolved",
                "substatus": "escalating" if users > 9 else "new",
                "platform": "javascript",
                "project": {"id": str(4_500_000 + shop.numbers), "slug": f"{shop.name}-web", "platform": "javascript"},
                "type": "error",
                "metadata": {"type": error[0], "value": error[1], "filename": error[2]},
                "count": str(count),
                "userCount": users,
                "firstSeen": iso(first_seen),
                "lastSeen": iso(last_seen),
                "permalink": f"https://sentry.example/organizations/demo/issues/{issue}/",
            }
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    }


def sentry_alert(
    shop: Shop,
    person: Person,
    *,
    issue: int,
    event: str,
    error: tuple[str, str, str],
    culprit: str,
    path: str,
    release: str,
    at: datetime,
) -> dict[str, Any]:
    """Return an issue alert with one event; events carry the user and the request."""
    return {
        "action": "triggered",
        "installation": {"uuid": f"5f1b8c1e-0000-4000-8000-{shop.numbers:012d}"},
        "data": {
            "event": {
                "event_id": event,
                "issue_id": str(issue),
                "issue_url": f"https://sentry.example/api/0/issues/{issue}/",
                "project": 4_500_000 + shop.numbers,
                "platform": "javascript",
                "level": "error",
                "type": "error",
                "title": f"{error[0]}: {error[1]}",
                "culprit": culprit,
                "datetime": iso(at),
                "release": release,
                "metadata": {"type": error[0], "value": error[1], "filename": error[2]},
                "exception": {"values": [{"type": error[0], "value": error[1]}]},
                "request": {
                    "url": f"https://{shop.host}{path}",
                    "method": "POST",
                    "headers": [["User-Agent", person.agent], ["X-Forwarded-For", person.ip]],
                    "data": {"email": person.email},
                },
                "user": {
                    "id": str(person.customer_id),
                    "email": person.email,
                    "username": person.name,
                    "ip_address": person.ip,
                },
                "tags": [["environment", "production"], ["release", release], ["transaction", path]],
            },
            "triggered_rule": "Storefront errors",
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    }


def alert(shop: Shop, *, name: str, severity: str, summary: str, instance: str, since: datetime) -> dict[str, Any]:
    """Return an Alertmanager notification with one firing alert."""
    labels = {"alertname": name, "severity": severity, "service": "images", "env": "production", "instance": instance}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": f"migro-{shop.name}",
        "groupLabels": {"alertname": name},
        "commonLabels": labels,
        "commonAnnotations": {"summary": summary},
        "externalURL": f"https://alerts.{shop.name}.example",
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": {"summary": summary},
                "startsAt": iso(since),
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": f"https://metrics.{shop.name}.example/graph",
                "fingerprint": f"{shop.numbers:016x}",
            }
        ],
    }


def alert_group(
    shop: Shop,
    *,
    name: str,
    labels: Mapping[str, str],
    instances: tuple[str, ...],
    summary: str,
    since: datetime,
    ended: datetime | None = None,
) -> dict[str, Any]:
    """Return an Alertmanager notification of one alert on several instances; an end says that all are resolved."""
    status = "firing" if ended is None else "resolved"
    common = {"alertname": name, **labels}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": f"migro-{shop.name}",
        "groupLabels": {"alertname": name},
        "commonLabels": common,
        "commonAnnotations": {"summary": summary},
        "externalURL": f"https://alerts.{shop.name}.example",
        "alerts": [
            {
                "status": status,
                "labels": {**common, "instance": instance},
                "annotations": {"summary": summary},
                "startsAt": iso(since),
                "endsAt": "0001-01-01T00:00:00Z" if ended is None else iso(ended),
                "generatorURL": f"https://metrics.{shop.name}.example/graph",
                "fingerprint": f"{zlib.crc32(f'{name}|{instance}'.encode()):016x}",
            }
            for instance in instances
        ],
    }


def zendesk_ticket(
    shop: Shop,
    person: Person,
    *,
    number: int,
    event: str,
    subject: str,
    text: str,
    at: datetime,
    attachments: tuple[Mapping[str, Any], ...] = (),
) -> dict[str, Any]:
    """Return a ``ticket.created`` event."""
    return {
        "account_id": 21_000_000 + shop.numbers,
        "detail": {
            "id": str(number),
            "subject": subject,
            "description": text,
            "status": "NEW",
            "priority": "NORMAL",
            "type": None,
            "created_at": iso(at),
            "updated_at": iso(at),
            "requester_id": str(person.customer_id),
            "submitter_id": str(person.customer_id),
            "requester": {"id": str(person.customer_id), "name": person.name, "email": person.email},
            "organization_id": None,
            "tags": [],
            "via": {"channel": "email", "source": {"from": {"address": person.email, "name": person.name}}},
            "attachments": [dict(a) for a in attachments],
        },
        "event": {},
        "id": event,
        "subject": f"zen:ticket:{number}",
        "time": iso(at),
        "type": "zen:event-type:ticket.created",
        "zendesk_event_version": "2022-11-06",
    }


def help_desk_ticket(person: Person, *, number: int, subject: str, text: str, at: datetime) -> dict[str, Any]:
    """Return one ticket of an export, a record of its own."""
    return {
        "id": str(number),
        "created_at": iso(at),
        "subject": subject,
        "body": text,
        "channel": "email",
        "status": "new",
        "requester": {"name": person.name, "email": person.email, "phone": person.phone, "role": "end_user"},
    }
