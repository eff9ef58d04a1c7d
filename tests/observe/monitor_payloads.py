"""
Made-up deliveries of monitors, in the shapes that their senders have, with personal data wherever a text may stand.

What is planted is listed in `PLANTED`; none of it may be found in a signal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

MAIL: Final = "ada.planted@shopper.example"
SPOKEN: Final = "Ada Planted of 12 Planted Lane, +49 30 5550 1234, 198.51.100.77, 4111 1111 1111 1111"
PLANTED: Final = ("ada.planted", "Ada Planted", "Planted Lane", "5550", "198.51.100", "4111 1111", "xoxp-planted")

PROMETHEUS: Final[dict[str, Any]] = {
    "status": "firing",
    "labels": {
        "alertname": "CartLatency",
        "severity": "warning",
        "instance": "web-2:9100",
        "shop": "mugs",
        "user": MAIL,
    },
    "annotations": {"description": SPOKEN},
    "startsAt": "2026-03-01T10:00:00.5Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": f"http://prometheus.example/graph?user={MAIL}",
}

ALERTMANAGER_3: Final[dict[str, Any]] = {
    "version": "3",
    "groupKey": 12345678901234567890,
    "status": "firing",
    "receiver": "hook",
    "groupLabels": {"alertname": "CartLatency"},
    "commonLabels": {"alertname": "CartLatency"},
    "commonAnnotations": {"summary": SPOKEN},
    "externalURL": "http://alertmanager.example",
    "alerts": [PROMETHEUS],
}
ALERTMANAGER_4: Final[dict[str, Any]] = {
    **ALERTMANAGER_3,
    "version": "4",
    "groupKey": '{}:{alertname="CartLatency"}',
    "truncatedAlerts": 3,
    "alerts": [{**PROMETHEUS, "fingerprint": "5f00c0ffee5f00c0"}],
}
GRAFANA: Final[dict[str, Any]] = {
    "receiver": "migro",
    "status": "firing",
    "alerts": [
        {
            **PROMETHEUS,
            "labels": {"alertname": "Checkout errors", "grafana_folder": "Shop", "severity": "critical"},
            "fingerprint": "57c6d9296de2ad00",
            "generatorURL": "https://grafana.example/alerting/grafana/abc/view?orgId=7",
            "silenceURL": "https://grafana.example/alerting/silence/new",
            "dashboardURL": "",
            "panelURL": "",
            "values": {"A": 12, "B0": 0.25, SPOKEN: 1},
            "valueString": f"[ var='A' labels={{user={MAIL}}} value=12 ]",
        }
    ],
    "groupLabels": {"alertname": "Checkout errors"},
    "commonLabels": {"alertname": "Checkout errors"},
    "commonAnnotations": {"summary": SPOKEN},
    "externalURL": "https://grafana.example/",
    "version": "1",
    "groupKey": '{}:{alertname="Checkout errors"}',
    "truncatedAlerts": 0,
    "orgId": 7,
    "title": f"[FIRING:1] Checkout errors {MAIL}",
    "state": "alerting",
    "message": SPOKEN,
}
GRAFANA_LEGACY: Final[dict[str, Any]] = {
    "dashboardId": 3,
    "evalMatches": [{"value": 97.5, "metric": f"requests {MAIL}", "tags": {"user": MAIL}}],
    "imageUrl": "https://grafana.example/render/1.png",
    "message": SPOKEN,
    "orgId": 7,
    "panelId": 2,
    "ruleId": 41,
    "ruleName": "Cart errors",
    "ruleUrl": "https://grafana.example/d/x",
    "state": "alerting",
    "tags": {"severity": "high", "env": "prod"},
    "title": "[Alerting] Cart errors",
}
DATADOG: Final[dict[str, Any]] = {
    "id": "9000000000000000001",
    "last_updated": "1772359200000",
    "event_type": "query_alert_monitor",
    "title": "[P2] [Triggered on {host:web-7}] Checkout errors are high",
    "date": "1772359200000",
    "org": {"id": "4100077", "name": "mugs"},
    "body": f"%%%\nRequests fail with ACCESS_DENIED for {SPOKEN} @{MAIL}\n%%%",
    "email": MAIL,
    "username": "Ada Planted",
    "alert_id": "77001234",
    "alert_cycle_key": "8000000000000000002",
    "alert_priority": "$ALERT_PRIORITY",
    "alert_transition": "Triggered",
    "tags": "env:production,service:checkout,region:eu,user:ada.planted",
}
PAGERDUTY: Final[dict[str, Any]] = {
    "event": {
        "id": "01EVENT00000000000000000A1",
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2026-03-01T10:00:00.250Z",
        "agent": {"id": "PADA001", "type": "user_reference", "summary": "Ada Planted", "html_url": None},
        "client": None,
        "data": {
            "id": "QINCIDENT0001",
            "type": "incident",
            "html_url": "https://mugs.pagerduty.com/incidents/QINCIDENT0001",
            "number": 52,
            "status": "triggered",
            "incident_key": "checkout-5xx",
            "title": "Checkout answers 5xx",
            "service": {
                "id": "PSHOP01",
                "summary": "Storefront",
                "html_url": "https://mugs.pagerduty.com/services/PSHOP01",
            },
            "assignees": [{"id": "PADA001", "summary": "Ada Planted", "type": "user_reference"}],
            "priority": {"id": "PPRIO01", "summary": "P1", "type": "priority_reference"},
            "urgency": "low",
            "resolve_reason": None,
        },
    }
}
PAGERDUTY_2: Final[dict[str, Any]] = {
    "messages": [
        {
            "event": "incident.acknowledge",
            "id": "6f00c0ff-0000-11ee-8000-000000000001",
            "created_on": "2026-03-01T10:05:00Z",
            "log_entries": [{"agent": {"id": "PADA001", "type": "user_reference", "summary": "Ada Planted"}}],
            "webhook": {"name": SPOKEN},
            "incident": {
                "id": "PINC002",
                "incident_number": 53,
                "title": "Cart answers 5xx",
                "description": SPOKEN,
                "status": "acknowledged",
                "urgency": "high",
                "incident_key": None,
                "html_url": "https://mugs.pagerduty.com/incidents/PINC002",
                "service": {"id": "PSHOP01", "name": "Storefront"},
                "assignments": [{"assignee": {"summary": "Ada Planted"}}],
            },
        }
    ]
}
OPSGENIE: Final[dict[str, Any]] = {
    "action": "Create",
    "alert": {
        "alertId": "70413a06-38d6-4c85-92b8-5ebc900d42e2-1772359200000",
        "message": "Checkout is slow",
        "description": SPOKEN,
        "tags": ["env:staging", "ada.planted", "vip"],
        "tinyId": "1791",
        "alias": "checkout-latency",
        "source": MAIL,
        "entity": SPOKEN,
        "username": MAIL,
        "userId": "0ada0ada-0000-4000-8000-000000000001",
        "createdAt": 1772359200123,
        "updatedAt": 1772359200123000456,
        "priority": "P2",
        "details": {"region": "eu", "customer": SPOKEN},
        "note": SPOKEN,
    },
    "source": {"name": MAIL, "type": "web"},
    "integrationId": "37c8f316-17c6-49d7-899b-000000000001",
    "integrationName": "migro",
}
ALARM: Final[dict[str, Any]] = {
    "AlarmName": "checkout-5xx",
    "AlarmDescription": SPOKEN,
    "AWSAccountId": "123456789012",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-5xx",
    "NewStateValue": "ALARM",
    "NewStateReason": SPOKEN,
    "StateChangeTime": "2026-03-01T10:00:00.548+0000",
    "Region": "EU (Frankfurt)",
    "OldStateValue": "OK",
    "Trigger": {
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Namespace": "AWS/ApplicationELB",
        "Dimensions": [{"value": "app/shop/50dc6c495c0c9188", "name": "LoadBalancer"}, {"name": "User", "value": MAIL}],
        "Threshold": 10.0,
    },
}
SNS: Final[dict[str, Any]] = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-000000000001",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "Subject": f'ALARM: "checkout-5xx" {MAIL}',
    "Message": json.dumps(ALARM),
    "Timestamp": "2026-03-01T10:00:01.000Z",
    "SignatureVersion": "1",
    "Signature": "AAAA",
    "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0000000000000000.pem",
    "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
}
SNS_SUBSCRIPTION: Final[dict[str, Any]] = {
    **{name: SNS[name] for name in SNS if name not in ("Subject", "UnsubscribeURL")},
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9-2a5c-472c-8df2-000000000001",
    "Token": "xoxp-planted-token",
    "Message": "You have chosen to subscribe to the topic.",
    "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=xoxp-planted-token",
}
_PAGE: Final = {"id": "k0page000001", "status_indicator": "major", "status_description": SPOKEN}
_META: Final = {
    "unsubscribe": f"http://platform.statuspage.io/?unsubscribe={MAIL}",
    "documentation": "http://doers.statuspage.io/",
    "generated_at": "2026-03-01T10:00:09Z",
}
STATUS_INCIDENT: Final[dict[str, Any]] = {
    "meta": _META,
    "page": _PAGE,
    "incident": {
        "id": "i0incident01",
        "name": SPOKEN,
        "status": "investigating",
        "impact": "major",
        "impact_override": None,
        "created_at": "2026-03-01T10:00:00.507Z",
        "updated_at": "2026-03-01T10:00:01Z",
        "resolved_at": None,
        "scheduled_for": None,
        "scheduled_until": None,
        "shortlink": "http://stspg.io/x",
        "incident_updates": [
            {"id": "u0update0001", "status": "investigating", "body": SPOKEN, "created_at": "2026-03-01T10:00:00.548Z"}
        ],
        "components": [
            {"id": "c1", "name": "Reports and dashboards", "status": "operational"},
            {"id": "c2", "name": "Checkout", "status": "partial_outage"},
        ],
    },
}
STATUS_COMPONENT: Final[dict[str, Any]] = {
    "meta": _META,
    "page": _PAGE,
    "component": {"id": "c2", "name": "Checkout", "status": "major_outage", "description": SPOKEN},
    "component_update": {
        "id": "cu1",
        "component_id": "c2",
        "old_status": "operational",
        "new_status": "major_outage",
        "created_at": "2026-03-01T10:00:02Z",
    },
}
STATUS_SUMMARY: Final[dict[str, Any]] = {
    "page": {
        "id": "k0page000001",
        "name": "Shopify Status",
        "url": "https://status.platform.example",
        "time_zone": "Etc/UTC",
        "updated_at": "2026-03-01T10:00:05.000Z",
    },
    "status": {"indicator": "minor", "description": SPOKEN},
    "components": [
        {
            "id": "g1",
            "name": "Admin",
            "status": "degraded_performance",
            "group": True,
            "updated_at": "2026-03-01T09:00:00Z",
        },
        {"id": "c1", "name": "Reports", "status": "operational", "group": False, "updated_at": "2026-03-01T09:00:00Z"},
        {"id": "c3", "name": "Webhooks", "status": "degraded_performance", "updated_at": "2026-03-01T09:30:00Z"},
    ],
    "incidents": [{**STATUS_INCIDENT["incident"], "impact": "minor"}],
    "scheduled_maintenances": [
        {
            "id": "m0",
            "name": SPOKEN,
            "status": "scheduled",
            "impact": "maintenance",
            "scheduled_for": "2026-03-02T01:00:00Z",
            "scheduled_until": "2026-03-02T03:00:00Z",
            "created_at": "2026-02-28T10:00:00Z",
            "updated_at": "2026-02-28T10:00:00Z",
            "incident_updates": [
                {"id": "mu0", "status": "scheduled", "body": SPOKEN, "created_at": "2026-02-28T10:00:00Z"}
            ],
            "components": [],
        }
    ],
}
SLACK_COMMAND: Final = urlencode(
    {
        "token": "xoxp-planted-verification",
        "team_id": "T0SHOP",
        "team_domain": "mugs",
        "channel_id": "C0OPS",
        "channel_name": "ops",
        "user_id": "U0ADA",
        "user_name": "ada.planted",
        "command": "/migro",
        "text": f"approve everything, says {SPOKEN}",
        "response_url": "https://hooks.slack.com/commands/T0SHOP/1/xoxp-planted",
        "trigger_id": "398738663015.47445629121.0123456789abcdef",
    }
)
SLACK_ACTIONS: Final[dict[str, Any]] = {
    "type": "block_actions",
    "user": {"id": "U0ADA", "username": "ada.planted", "name": "ada.planted", "team_id": "T0SHOP"},
    "api_app_id": "A0MIGRO",
    "token": "xoxp-planted-verification",
    "container": {"type": "message", "message_ts": "1772359100.000200", "channel_id": "C0OPS"},
    "trigger_id": "12466734323.1395872398.0123",
    "team": {"id": "T0SHOP", "domain": "mugs"},
    "channel": {"id": "C0OPS", "name": "ops"},
    "message": {"ts": "1772359100.000200", "text": SPOKEN},
    "response_url": "https://hooks.slack.com/actions/T0SHOP/1/xoxp-planted",
    "actions": [
        {
            "type": "button",
            "block_id": "decision",
            "action_id": "approve",
            "text": {"type": "plain_text", "text": SPOKEN},
            "value": "act_0011",
            "action_ts": "1772359200.125000",
        },
        {
            "type": "plain_text_input",
            "block_id": "why",
            "action_id": "reason",
            "value": "AdaPlanted-4111",
            "action_ts": "1772359200.125000",
        },
    ],
}
SLACK_VIEW: Final[dict[str, Any]] = {
    "type": "view_submission",
    "team": {"id": "T0SHOP", "domain": "mugs"},
    "user": {"id": "U0ADA", "name": "ada.planted"},
    "api_app_id": "A0MIGRO",
    "token": "xoxp-planted-verification",
    "trigger_id": "12466734323.1395872398.0456",
    "view": {
        "id": "V0VIEW",
        "callback_id": "explain",
        "hash": "1772359200.abc",
        "state": {"values": {"why": {"reason": {"type": "plain_text_input", "value": SPOKEN}}}},
        "private_metadata": MAIL,
    },
}


def as_form(body: Mapping[str, Any]) -> str:
    """Return an interaction as Slack posts it."""
    return urlencode({"payload": json.dumps(body)})


SAMPLES: Final[tuple[tuple[str, str], ...]] = (
    ("alertmanager_v3", json.dumps(ALERTMANAGER_3)),
    ("alertmanager_v4", json.dumps(ALERTMANAGER_4)),
    ("grafana_alert", json.dumps(GRAFANA)),
    ("grafana_alert", json.dumps(GRAFANA_LEGACY)),
    ("datadog_webhook", json.dumps(DATADOG)),
    ("pagerduty_v3", json.dumps(PAGERDUTY)),
    ("pagerduty_v2", json.dumps(PAGERDUTY_2)),
    ("opsgenie_webhook", json.dumps(OPSGENIE)),
    ("cloudwatch_sns", json.dumps(SNS)),
    ("cloudwatch_sns", json.dumps(SNS_SUBSCRIPTION)),
    ("cloudwatch_sns", json.dumps(ALARM)),
    ("statuspage_webhook", json.dumps(STATUS_INCIDENT)),
    ("statuspage_webhook", json.dumps(STATUS_COMPONENT)),
    ("statuspage_webhook", json.dumps(STATUS_SUMMARY)),
    ("slack_interactive", SLACK_COMMAND),
    ("slack_interactive", as_form(SLACK_ACTIONS)),
    ("slack_interactive", as_form(SLACK_VIEW)),
)
"""Wire format and body as text."""
