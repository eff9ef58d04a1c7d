"""Monitors: what Alertmanager, Grafana, Datadog and PagerDuty deliver, bodies and headers, in their wire shapes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from ..models import to_microseconds
from .envelopes import Endpoint, RawEnvelope, iso, signed
from .shops import Shop

__all__ = ["NEVER_ENDED", "Fault", "alertmanager_group", "datadog", "grafana", "grafana_group", "pagerduty"]

NEVER_ENDED = "0001-01-01T00:00:00Z"
"""What an alert that goes on says of its end."""


@attrs.frozen(kw_only=True)
class Fault:
    """
    One alert of a monitor, with its labels.

    Attributes:
        name: Its name.
        severity: The monitor's word, such as ``critical``.
        labels: What else it is labelled with; one value differs from those of its neighbours.
        summary: What it tells people.
        since: When it began.
        until: When it ended; None while it goes on.
    """

    name: str
    severity: str
    labels: Mapping[str, str]
    summary: str
    since: datetime
    until: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """What is equal for equal labels."""
        text = json.dumps({"alertname": self.name, "severity": self.severity, **self.labels}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def body(self) -> dict[str, Any]:
        """Return the alert as Alertmanager and Grafana have it."""
        return {
            "status": "resolved" if self.until else "firing",
            "labels": {"alertname": self.name, "severity": self.severity, **self.labels},
            "annotations": {"summary": self.summary, "runbook_url": "https://wiki.example/runbooks/storefront"},
            "startsAt": iso(self.since),
            "endsAt": iso(self.until) if self.until else NEVER_ENDED,
            "generatorURL": "https://metrics.example/graph?g0.expr=up%3D%3D0",
            "fingerprint": self.fingerprint,
        }


def _group(name: str, faults: tuple[Fault, ...], receiver: str) -> dict[str, Any]:
    status = "resolved" if all(f.until for f in faults) else "firing"
    common = {"alertname": name} | dict(set.intersection(*(set(f.labels.items()) for f in faults)))
    return {
        "groupKey": f'{{}}/{{team="shop"}}:{{alertname="{name}"}}',
        "status": status,
        "receiver": receiver,
        "groupLabels": {"alertname": name},
        "commonLabels": dict(sorted(common.items())),
        "commonAnnotations": {},
        "alerts": [f.body() for f in faults],
    }


def alertmanager_group(shop: Shop, name: str, *faults: Fault, truncated: int = 0) -> dict[str, Any]:
    """Return a notification about the alerts of one group; `truncated` more were left out for length."""
    return {
        "version": "4",
        "truncatedAlerts": truncated,
        "externalURL": f"https://alerts.{shop.name}.example",
        **_group(name, faults, f"migro-{shop.name}"),
    }


def grafana_group(shop: Shop, name: str, *faults: Fault, organisation: int = 1) -> dict[str, Any]:
    """Return a notification of Grafana's own alerting."""
    body = _group(name, faults, "migro")
    page = f"https://grafana.{shop.name}.example"
    for alert in body["alerts"]:
        alert |= {
            "silenceURL": f"{page}/alerting/silence/new?alertmanager=grafana",
            "dashboardURL": f"{page}/d/storefront",
            "panelURL": f"{page}/d/storefront?viewPanel=4",
            "values": {"A": 61, "C": 1},
            "valueString": "[ var='A' labels={} value=61 ], [ var='C' labels={} value=1 ]",
        }
    state = "ok" if body["status"] == "resolved" else "alerting"
    return {
        **body,
        "version": "1",
        "externalURL": page,
        "truncatedAlerts": 0,
        "orgId": organisation,
        "title": f"[{body['status'].upper()}:{len(faults)}] {name}",
        "state": state,
        "message": "\n".join(f.summary for f in faults),
    }


def grafana(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return a delivery of Grafana 12 or later, signed over the exact body."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    headers = {"Content-Type": "application/json", "User-Agent": "Grafana"}
    return signed(endpoint, "grafana_alert", headers, text, received_at=received_at, events=len(body["alerts"]))


def datadog(
    endpoint: Endpoint, fault: Fault, *, event: int, monitor: int, user: tuple[str, str], received_at: datetime
) -> RawEnvelope:
    """
    Return a delivery of Datadog's webhook integration, which signs nothing.

    Args:
        user: Mail and name of whoever the template names as the last who changed the monitor.
    """
    at = fault.until or fault.since
    transition = "Recovered" if fault.until else "Triggered"
    priority = {"critical": "P1", "high": "P2", "warning": "P3"}.get(fault.severity, "P4")
    host = fault.labels.get("host", "")
    cycle = int(fault.fingerprint, 16) % 10**19
    body = {
        "id": str(event),
        "last_updated": str(to_microseconds(at) // 1000),
        "event_type": "query_alert_monitor",
        "title": f"[{priority}] [{transition} on {{host:{host}}}] {fault.name}",
        "date": str(to_microseconds(at) // 1000),
        "org": {"id": "410077", "name": endpoint.name},
        "body": f"%%%\n{fault.summary}\n\n@{user[0]}\n%%%",
        "email": user[0],
        "username": user[1],
        "alert_id": str(monitor),
        "alert_cycle_key": str(cycle),
        "alert_priority": priority,
        "alert_transition": transition,
        "hostname": host,
        "tags": ",".join(f"{n}:{v}" for n, v in sorted(fault.labels.items())),
    }
    return RawEnvelope(
        received_at=received_at,
        kind="datadog_webhook",
        endpoint=endpoint.name,
        headers={"Content-Type": "application/json", "User-Agent": "Datadog/Webhooks"},
        body=body,
    )


def pagerduty(
    endpoint: Endpoint,
    fault: Fault,
    *,
    event: str,
    number: int,
    on_call: tuple[str, str],
    service: str,
    received_at: datetime,
) -> RawEnvelope:
    """
    Return a PagerDuty webhook of version 3 about an incident.

    Args:
        on_call: Id and name of who is on call.
    """
    over = fault.until is not None
    incident = f"QDEMO{number:06d}"
    page = f"https://{endpoint.merchant.split('.')[0]}.pagerduty.com"
    body = {
        "event": {
            "id": event,
            "event_type": "incident.resolved" if over else "incident.triggered",
            "resource_type": "incident",
            "occurred_at": iso(fault.until or fault.since),
            "agent": {
                "id": on_call[0],
                "type": "user_reference",
                "summary": on_call[1],
                "html_url": f"{page}/users/{on_call[0]}",
            },
            "client": None,
            "data": {
                "id": incident,
                "type": "incident",
                "html_url": f"{page}/incidents/{incident}",
                "number": number,
                "status": "resolved" if over else "triggered",
                "incident_key": fault.fingerprint,
                "title": fault.name,
                "service": {"id": "PSHOP01", "type": "service_reference", "summary": service},
                "assignees": [{"id": on_call[0], "type": "user_reference", "summary": on_call[1]}],
                "priority": {"id": "PPRIO01", "type": "priority_reference", "summary": "P1"},
                "urgency": "high" if fault.severity == "critical" else "low",
                "resolve_reason": None,
            },
        }
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    headers = {"Content-Type": "application/json", "User-Agent": "PagerDuty-Webhook/V3.0"}
    return signed(endpoint, "pagerduty_v3", headers, text, received_at=received_at)
