"""Help desks and dashboards on the loopback: the requests and answers that their makers document."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from tests.act.receiver import Asked, Receiver, Reply

__all__ = ["apprise_hook", "freshdesk", "gorgias", "grafana", "intercom", "plain", "statuspage", "zendesk"]


def _json(status: int, value: Any, **headers: str) -> Reply:
    named = {name.replace("_", "-"): v for name, v in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(value).encode()


def _basic(asked: Asked) -> str:
    kind, _, secret = asked.headers.get("authorization", "").partition(" ")
    return base64.b64decode(secret).decode() if kind == "Basic" else ""


def _matched(pattern: str, asked: Asked) -> str | None:
    found = re.fullmatch(pattern, asked.path)
    return found.group(1) if found else None


def zendesk(receiver: Receiver, asked: Asked) -> Reply:
    if _basic(asked) != "agent@shop.example/token:made-up":
        return _json(401, {"error": "Couldn't authenticate you"})
    if asked.method == "PUT" and (ticket := _matched(r"/api/v2/tickets/(\d+)\.json", asked)):
        comment = asked.body["ticket"]["comment"]
        receiver.kept[str(len(receiver.kept))] = {"ticket": ticket, **comment}
        return _json(200, {"ticket": {"id": int(ticket), "status": "open"}, "audit": {"id": 35436}})
    if asked.method == "POST" and asked.path == "/api/v2/tickets.json":
        key = asked.headers["idempotency-key"]
        hit = key in receiver.kept
        receiver.kept.setdefault(key, {"ticket": "3", **asked.body["ticket"]["comment"]})
        return _json(201, {"ticket": {"id": 3}}, x_idempotency_lookup="hit" if hit else "miss")
    if asked.method == "GET" and (ticket := _matched(r"/api/v2/tickets/(\d+)/comments\.json\?sort_order=desc", asked)):
        comments = [c for c in receiver.kept.values() if c["ticket"] == ticket]
        return _json(200, {"comments": comments, "next_page": None, "count": len(comments)})
    return _json(404, {"error": "RecordNotFound"})


def freshdesk(receiver: Receiver, asked: Asked) -> Reply:
    if _basic(asked) != "made-up:X":
        return _json(401, {"code": "invalid_credentials"})
    if asked.method == "POST" and (ticket := _matched(r"/api/v2/tickets/(\d+)/notes", asked)):
        note = {"id": len(receiver.kept) + 1, "ticket_id": int(ticket), "incoming": False, **asked.body}
        receiver.kept[str(note["id"])] = note
        return _json(201, note)
    if asked.method == "GET" and (ticket := _matched(r"/api/v2/tickets/(\d+)/conversations\?per_page=100", asked)):
        return _json(200, [n for n in receiver.kept.values() if n["ticket_id"] == int(ticket)])
    return _json(404, {})


def gorgias(receiver: Receiver, asked: Asked) -> Reply:
    if _basic(asked) != "agent@shop.example:made-up":
        return _json(401, {"error": {"msg": "Unauthorized"}})
    if asked.method == "POST" and (ticket := _matched(r"/api/tickets/(\d+)/messages", asked)):
        message = {"id": len(receiver.kept) + 1, "ticket_id": int(ticket), "sent_datetime": None, **asked.body}
        receiver.kept[str(message["id"])] = message
        return _json(201, message)
    listed = r"/api/messages\?ticket_id=(\d+)&limit=100&order_by=created_datetime%3Adesc"
    if asked.method == "GET" and (ticket := _matched(listed, asked)):
        found = [m for m in receiver.kept.values() if m["ticket_id"] == int(ticket)]
        return _json(200, {"data": found, "meta": {"next_cursor": None}, "object": "list"})
    return _json(404, {})


def intercom(receiver: Receiver, asked: Asked) -> Reply:
    if asked.headers.get("authorization") != "Bearer made-up" or "intercom-version" not in asked.headers:
        return _json(401, {"type": "error.list", "errors": [{"code": "unauthorized"}]})
    if asked.method == "POST" and (ticket := _matched(r"/conversations/(\d+)/reply", asked)):
        part = {
            "type": "conversation_part",
            "part_type": asked.body["message_type"],
            "body": asked.body["body"],
            "author": {"type": "admin", "id": asked.body["admin_id"]},
        }
        receiver.kept[str(len(receiver.kept))] = {"ticket": ticket, **part}
    elif not (ticket := _matched(r"/conversations/(\d+)", asked)):
        return _json(404, {"type": "error.list", "errors": [{"code": "not_found"}]})
    parts = [p for p in receiver.kept.values() if p["ticket"] == ticket]
    inside = {"type": "conversation_part.list", "conversation_parts": parts, "total_count": len(parts)}
    return _json(200, {"type": "conversation", "id": ticket, "conversation_parts": inside})


def grafana(receiver: Receiver, asked: Asked) -> Reply:
    if asked.headers.get("authorization") != "Bearer made-up":
        return _json(401, {"message": "Invalid API key"})
    if asked.method == "POST" and asked.path == "/api/annotations":
        number = len(receiver.kept) + 1
        receiver.kept[str(number)] = {"id": number, **asked.body}
        return _json(200, {"message": "Annotation added", "id": number})
    if asked.method == "GET" and (tag := _matched(r"/api/annotations\?tags=([^&]+)&limit=1", asked)):
        return _json(200, [a for a in receiver.kept.values() if tag in a["tags"]][:1])
    return _json(404, {"message": "Not found"})


def statuspage(receiver: Receiver, asked: Asked) -> Reply:
    if asked.headers.get("authorization") != "OAuth made-up":
        return _json(401, {"error": "Could not authenticate"})
    if asked.method == "POST" and asked.path == "/v1/pages/p4g3/incidents":
        id = f"inc{len(receiver.kept) + 1}"
        receiver.kept[id] = {"id": id, "shortlink": f"https://stspg.example/{id}", **asked.body["incident"]}
        return _json(201, receiver.kept[id])
    if asked.method == "GET" and asked.path == "/v1/pages/p4g3/incidents?limit=100":
        return _json(200, list(receiver.kept.values()))
    return _json(404, {"error": "Not found"})


def apprise_hook(receiver: Receiver, asked: Asked) -> Reply:
    """A service that knows no key: every request is another message."""
    receiver.kept[str(len(receiver.kept))] = asked.body
    return _json(200, {})


plain = apprise_hook
