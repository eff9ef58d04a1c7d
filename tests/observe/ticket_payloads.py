"""Made-up deliveries of help desks in the shapes that their vendors send, with personal data planted in all of them."""

from __future__ import annotations

from typing import Any

PLANTED = ("planted@", "Ada", "Lovelace", "5550199", "203.0.113.77", "880088", "secret words", "wonderland")
"""None of it may be found in any signal."""

PERSON: dict[str, Any] = {
    "id": 880088,
    "email": "planted@mail.example",
    "name": "Ada Lovelace",
    "phone": "+49 30 5550199",
}
BROKEN = "The checkout is broken and nothing happens, secret words from wonderland. Ada, planted@mail.example"

ZENDESK_AUDIT: dict[str, Any] = {
    "url": "https://mugs.zendesk.com/api/v2/audit_logs/9007199254740993.json",
    "id": 9007199254740993,
    "action": "update",
    "action_label": "Updated",
    "actor_id": 880088,
    "actor_name": "Ada Lovelace",
    "source_id": 880088,
    "source_type": "user",
    "source_label": "Ada Lovelace",
    "change_description": "Role changed from Agent to Administrator",
    "ip_address": "203.0.113.77",
    "created_at": "2026-03-01T08:59:00Z",
}

GORGIAS_MESSAGE: dict[str, Any] = {
    "id": 9007199254740995,
    "ticket_id": 71,
    "body_html": f"<div>{BROKEN}</div>",
    "body_text": f"{BROKEN}\n\nOn Wed, Feb 4, 2026, at 09:30, Shop <x@shop.example> wrote:\nIs the webhook down?",
    "stripped_text": None,
    "channel": "email",
    "created_datetime": "2026-03-01T08:59:30.250000+00:00",
    "from_agent": False,
    "public": True,
    "rule_id": None,
    "sender": PERSON,
    "receiver": {"id": 5, "email": "x@shop.example"},
    "via": "email",
    "uri": "/api/tickets/71/messages/9007199254740995/",
}
GORGIAS_TICKET: dict[str, Any] = {
    "id": 71,
    "account": {"domain": "mugs"},
    "channel": "email",
    "created_datetime": "2026-03-01T08:59:30.201000+00:00",
    "updated_datetime": "2026-03-01T08:59:31+00:00",
    "customer": PERSON,
    "first_message": GORGIAS_MESSAGE,
    "messages": [GORGIAS_MESSAGE],
    "last_message": GORGIAS_MESSAGE,
    "from_agent": False,
    "language": None,
    "priority": "high",
    "spam": False,
    "status": "open",
    "subject": "It fails",
    "tags": [{"name": "vip"}, {"name": "Ada Lovelace"}],
    "via": "email",
    "uri": "/api/tickets/71/",
}

FRESHDESK: dict[str, Any] = {
    "triggered_event": "{ticket_action:created}",
    "ticket_id": "42",
    "ticket_url": "http://mugs.freshdesk.example/helpdesk/tickets/42",
    "ticket_type": "Incident",
    "ticket_subject": "It fails",
    "ticket_description": f"<div>{BROKEN}</div><div><br></div>",
    "ticket_status": "Open",
    "ticket_priority": "Urgent",
    "requester_name": "Ada Lovelace",
    "requester_email": "planted@mail.example",
}
FRESHDESK_TEXT = (
    '{"freshdesk_webhook":\n    {\n    "triggered_event":"{priority:{from:1,to:4}}",\n    "ticket_id":"42",\n'
    '        "ticket_url":"http://mugs.freshdesk.example/helpdesk/tickets/42",\n    "ticket_subject":"secret words",\n'
    '        "ticket_status":"Open",\n        "ticket_priority":"Urgent",\n    "requester_name":"Ada Lovelace",\n'
    '        "requester_email":"planted@mail.example",\n    }\n}\n'
)

INTERCOM_TALK: dict[str, Any] = {
    "type": "notification_event",
    "app_id": "abc123",
    "data": {
        "type": "notification_event_data",
        "item": {
            "type": "conversation",
            "id": "215472621202693",
            "created_at": 1772355000,
            "updated_at": 1772355560,
            "user": {"type": "lead", **PERSON},
            "conversation_message": {
                "type": "conversation_message", "id": "31", "subject": "", "body": "<p>Hello</p>",
                "author": {"type": "user", "id": "880088"},
            },
            "conversation_parts": {
                "type": "conversation_part.list",
                "conversation_parts": [{
                    "type": "conversation_part", "id": "282", "part_type": "comment", "body": f"<p>{BROKEN}</p>",
                    "created_at": 1772355540, "updated_at": 1772355540, "author": {"type": "user", **PERSON},
                }],
                "total_count": 1,
            },
            "state": "open",
            "tags": {"type": "tag.list", "tags": [{"name": "vip"}, {"name": "Ada"}]},
        },
    },
    "id": "notif_1",
    "topic": "conversation.user.replied",
    "delivery_attempts": 1,
    "created_at": 1772355600,
}  # fmt: skip
INTERCOM_TICKET: dict[str, Any] = {
    "type": "notification_event",
    "app_id": "abc123",
    "data": {
        "type": "notification_event_data",
        "item": {
            "type": "ticket",
            "id": "9007199254740997",
            "ticket_id": "660",
            "ticket_attributes": {"_default_title_": "It fails", "_default_description_": BROKEN},
            "ticket_state": {"type": "ticket_state", "id": "4", "category": "submitted"},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "880088"}]},
            "created_at": 1772355000,
            "updated_at": 1772355540,
            "ticket_parts": {"ticket_parts": [{
                "id": "374", "part_type": "ticket_state_updated_by_admin", "created_at": 1772355540,
                "updated_at": 1772355540, "author": {"type": "admin", **PERSON},
            }]},
            "channel": "messenger",
        },
    },
    "id": "notif_2",
    "topic": "ticket.created",
    "delivery_attempts": 1,
    "created_at": 1772355600,
}  # fmt: skip

FRONT_MESSAGE: dict[str, Any] = {
    "_links": {"self": "https://api2.frontapp.com/messages/msg_1", "related": {}},
    "id": "msg_1",
    "type": "email",
    "is_inbound": True,
    "created_at": 1772355599,
    "blurb": "secret words",
    "body": f"<div>{BROKEN}</div>",
    "text": f"{BROKEN}\n",
    "author": None,
    "recipients": [{"handle": "planted@mail.example", "role": "from"}, {"handle": "x@shop.example", "role": "to"}],
}
FRONT: dict[str, Any] = {
    "_links": {"self": "https://api2.frontapp.com/events/evt_1"},
    "id": "evt_1",
    "type": "inbound",
    "emitted_at": 1772355600,
    "conversation": {
        "_links": {"self": "https://api2.frontapp.com/conversations/cnv_1"},
        "id": "cnv_1",
        "subject": "Ada Lovelace and the checkout",
        "status": "unassigned",
        "assignee": None,
        "recipient": {"handle": "planted@mail.example", "role": "from"},
        "tags": [{"id": "tag_1", "name": "vip"}, {"id": "tag_2", "name": "Ada"}],
        "last_message": FRONT_MESSAGE,
        "created_at": 1772355602,
    },
    "source": {"_meta": {"type": "inboxes"}, "data": [{"id": "inb_1", "address": "x@shop.example"}]},
    "target": {"_meta": {"type": "message"}, "data": FRONT_MESSAGE},
}

GROOVE_TICKET: dict[str, Any] = {
    "created_at": "2026-03-01 14:29:00 +0530",
    "updated_at": "2026-03-01 14:29:00 +0530",
    "href": "http://api.groovehq.com/v1/tickets/9",
    "links": {"customer": {"id": "0070", "href": "http://api.groovehq.com/v1/customers/planted@mail.example"}},
    "number": 9,
    "priority": "low",
    "state": "opened",
    "title": "It fails",
    "tags": ["vip", "Ada"],
    "mailbox": "Ada's box",
    "mailbox_id": "506",
    "message_count": 1,
    "summary": BROKEN,
    "last_message": BROKEN,
    "last_message_plain_text": BROKEN,
    "last_message_type": "enduser",
    "type": "Widget",
    "app_url": "https://mugs.groovehq.com/groove_client/tickets/68659446",
    "customer_name": "Ada Lovelace",
}
GROOVE_REPLY: dict[str, Any] = {
    "links": {
        "author": {"href": "http://api.groovehq.com/v1/customers/planted@mail.example"},
        "ticket": {"href": "http://api.groovehq.com/v1/tickets/440"},
    },
    "created_at": "2026-03-01 08:59:26 UTC",
    "updated_at": "2026-03-01 08:59:26 UTC",
    "note": False,
    "id": "4810291604",
    "body": f"<p>{BROKEN}</p>",
    "href": "http://api.groovehq.com/v1/messages/4810291604",
    "plain_text_body": BROKEN,
    "agent_response": False,
    "app_ticket_url": "https://mugs.groovehq.com/groove_client/tickets/68666538",
}

MAIL = f"""\
Return-Path: <planted@mail.example>
Received: from mail.example ([203.0.113.77]) by shop.example; Sun, 1 Mar 2026 08:59:31 +0000
From: "Ada Lovelace" <planted@mail.example>
To: support@shop.example
Subject: =?utf-8?q?Bezahlung_unm=C3=B6glich?=
Date: Sun, 1 Mar 2026 09:59:30 +0100
Message-ID: <CA+planted@mail.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

{BROKEN}

On Sat, 28 Feb 2026, Shop <x@shop.example> wrote:
> I cannot log in

--inner
Content-Type: text/html; charset="utf-8"

<p>{BROKEN}</p>

--inner--
--outer
Content-Type: text/plain; name="Ada Lovelace.txt"
Content-Disposition: attachment; filename="Ada Lovelace.txt"

refund me, secret words
--outer--
"""

MIGRATION_EVENT: dict[str, Any] = {
    "merchant_id": "m_101",
    "event_type": "api_error",
    "error": "checkout_failed",
    "details": "planted@mail.example said: blocked by CORS policy, Ada Lovelace",
    "migration_stage": "post_cutover",
}
MIGRATION_TICKET: dict[str, Any] = {
    "ticket_id": "T001",
    "merchant_id": "M496",
    "timestamp": "2026-03-01T08:51:22.535607Z",
    "issue": "Checkout page blank",
    "merchant_message": BROKEN,
    "migration_stage": "post-migration-day-2",
    "error_log": "blocked by CORS policy",
    "severity": "critical",
    "checkout_failures": 12,
    "affected_customers": 12,
}
AUDIT_ENTRY: dict[str, Any] = {
    "timestamp": "2026-02-28T23:35:46.222959",
    "ticket_id": "T001",
    "action": "escalate_to_engineering",
    "status": "pending_approval",
    "risk_level": "high",
    "triggered_by": "system",
    "message": "Action 'escalate_to_engineering' for Ada Lovelace, planted@mail.example",
}
MEMORY_ENTRY: dict[str, Any] = {
    "status": "executed",
    "message": "Ada Lovelace",
    "decision": {
        "ticket_id": "T001",
        "action": "assign_to_support_team",
        "risk_level": "medium",
        "reasoning": "Ada Lovelace, secret words",
        "confidence": 85,
        "analysis": {"root_cause": "migration_issue", "root_cause_explanation": "planted@mail.example"},
    },
}
PLAIN_TICKET: dict[str, Any] = {"id": "T-9", "title": "It fails", "body": BROKEN, "requester": PERSON}
TABLE = f'Ticket ID;Subject;Description;Requester Email;Status\n9;It fails;"{BROKEN}";planted@mail.example;open\n'

SAMPLES: tuple[tuple[str, Any, dict[str, str]], ...] = (
    ("zendesk_audit", ZENDESK_AUDIT, {}),
    ("zendesk_audit", {"audit_logs": [ZENDESK_AUDIT], "count": 1}, {}),
    ("gorgias_ticket", GORGIAS_TICKET, {}),
    ("gorgias_ticket", GORGIAS_MESSAGE, {}),
    ("gorgias_ticket", {"ticket": GORGIAS_TICKET, "message": GORGIAS_MESSAGE}, {}),
    ("freshdesk_webhook", {"freshdesk_webhook": FRESHDESK}, {}),
    ("freshdesk_webhook", FRESHDESK_TEXT, {}),
    ("intercom_webhook", INTERCOM_TALK, {}),
    ("intercom_webhook", INTERCOM_TICKET, {}),
    ("front_webhook", FRONT, {}),
    ("front_webhook", {"type": "inbound_received", "authorization": {"id": "cmp_1"}, "payload": FRONT}, {}),
    ("groove_webhook", GROOVE_TICKET, {"X-Groove-Event": "ticket_started"}),
    ("groove_webhook", GROOVE_TICKET, {}),
    ("groove_webhook", GROOVE_REPLY, {}),
    ("ticket_eml", MAIL, {}),
    ("agent_events", [MIGRATION_EVENT, {**MIGRATION_EVENT, "event_type": "support_ticket"}], {}),
    ("agent_audit", [AUDIT_ENTRY], {}),
    ("agent_memory", [MEMORY_ENTRY], {}),
    ("agent_memory", {"issue_frequency": {"checkout_failed|post_cutover": 3}}, {}),
    ("ticket", [MIGRATION_TICKET], {}),
    ("ticket", PLAIN_TICKET, {}),
    ("ticket", TABLE, {}),
)
