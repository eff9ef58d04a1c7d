"""Slack's Web API on the loopback: true shapes for posting, updating and reading messages, as far as they are used."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from tests.act.receiver import Asked, Receiver, Reply

__all__ = ["CHANNEL", "TOKEN", "slack"]

CHANNEL = "C0INCIDENTS"
TOKEN = "xoxb-made-up"


def _fields(asked: Asked) -> dict[str, Any]:
    if isinstance(asked.body, dict):
        return asked.body
    return {n: _read(v) for n, v in parse_qsl(asked.raw.decode())}


def _read(value: str) -> Any:
    try:
        return json.loads(value) if value[:1] in "[{" else value
    except ValueError:
        return value


def _ok(**fields: Any) -> Reply:
    return 200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps({"ok": True, **fields}).encode()


def _no(error: str) -> Reply:
    return 200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps({"ok": False, "error": error}).encode()


def slack(receiver: Receiver, asked: Asked) -> Reply:
    """Keep messages by their time stamps, and answer as Slack does."""
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return _no("invalid_auth")
    method, fields = asked.path.rpartition("/")[2].partition("?")[0], _fields(asked)
    if fields.get("channel") != CHANNEL:
        return _no("channel_not_found")
    messages: dict[str, Any] = receiver.kept
    match method:
        case "chat.postMessage":
            ts = f"1772355600.{len(messages) + 1:06d}"
            message = {
                "type": "message",
                "subtype": "bot_message",
                "text": fields["text"],
                "ts": ts,
                "bot_id": "B01",
                "blocks": fields["blocks"],
                "metadata": fields["metadata"],
            }
            if "thread_ts" in fields:
                message["thread_ts"] = fields["thread_ts"]
                if str(fields.get("reply_broadcast")).lower() in ("1", "true"):
                    message["subtype"] = "thread_broadcast"
            messages[ts] = message
            return _ok(channel=CHANNEL, ts=ts, message=message)
        case "chat.update":
            if fields["ts"] not in messages:
                return _no("message_not_found")
            known = messages[fields["ts"]]
            known |= {n: fields[n] for n in ("text", "blocks", "metadata") if n in fields}
            known["edited"] = {"user": "B01", "ts": "1772355700.000000"}
            return _ok(channel=CHANNEL, ts=fields["ts"], text=fields["text"], message=known)
        case "chat.postEphemeral":
            receiver.whispered.append((fields["user"], fields["text"]))
            return _ok(message_ts="1772355800.000001")
        case "conversations.history":
            if "include_all_metadata" not in fields:
                return _no("metadata_not_asked_for")
            top = [m for m in messages.values() if "thread_ts" not in m or m["subtype"] == "thread_broadcast"]
            oldest = float(fields.get("oldest") or 0)
            return _page([m for m in reversed(top) if float(m["ts"]) > oldest], fields)
        case "conversations.replies":
            ts, oldest = fields["ts"], float(fields.get("oldest") or 0)
            inside = [m for m in messages.values() if m.get("thread_ts") == ts and float(m["ts"]) > oldest]
            return _page([messages[ts], *inside], fields)
        case _:
            return _no("unknown_method")


def _page(messages: list[Any], fields: dict[str, Any]) -> Reply:
    # Smaller pages than are asked for, as Slack reserves the right to.
    begin, size = int(fields.get("cursor") or 0), 3
    following = str(begin + size) if begin + size < len(messages) else ""
    return _ok(
        messages=messages[begin : begin + size],
        has_more=bool(following),
        response_metadata={"next_cursor": following},
    )
