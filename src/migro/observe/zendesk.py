"""
Zendesk events, as webhooks that subscribe to event types send them.

Source: https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..errors import InputError
from ..models.canonical import to_microseconds
from .claims import Claim, from_base64, seconds
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, word
from .ticket_fields import Author, Said, author_of, own_words, plain_text, ticket_draft

__all__ = ["NORMALISER"]

_PREFIX: Final = "zen:event-type:"
_TICKETS: Final = ("ticket", "messaging_ticket", "support_ticket")


def _some(value: Any) -> str | None:
    # Zendesk writes 0 where there is none.
    found = exact_id(value)
    return None if found == "0" else found


def _author(event: Mapping[str, Any], detail: Mapping[str, Any], action: str) -> Author:
    for holder in (event.get("actor"), at(event, "message.actor"), at(event, "comment.author")):
        if not isinstance(holder, Mapping):
            continue
        if isinstance(holder.get("is_staff"), bool):
            return "agent" if holder["is_staff"] else "end_user"
        told = author_of(holder.get("type"), holder.get("role"))
        if told != "unknown":
            return told
    actor, requester = exact_id(detail.get("actor_id")), exact_id(detail.get("requester_id"))
    if action == "created":
        actor = exact_id(detail.get("submitter_id")) or actor
    if actor == "-1":
        return "system"
    if actor is None or requester is None:
        return "unknown"
    return "end_user" if actor == requester else "agent"


def _text(event: Mapping[str, Any], detail: Mapping[str, Any], action: str) -> str:
    parts = [at(event, "comment.body"), at(event, "message.body"), at(event, "message.content")]
    if action == "created":
        parts = [detail.get("subject"), detail.get("description"), *parts]
    return own_words(plain_text(*parts))


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Zendesk event as a JSON object, got {type(body).__name__}")
    told = word(body.get("type"))
    if told is None or not told.startswith(_PREFIX):
        raise InputError(f"expected a Zendesk event with a type that starts with {_PREFIX}, got one without")
    family, _, action = told.removeprefix(_PREFIX).partition(".")
    raw_detail, raw_event = body.get("detail"), body.get("event")
    detail: Mapping[str, Any] = raw_detail if isinstance(raw_detail, Mapping) else {}
    event: Mapping[str, Any] = raw_event if isinstance(raw_event, Mapping) else {}
    account = exact_id(body.get("account_id")) or exact_id(detail.get("account_id"))
    account = account or envelope.header("X-Zendesk-Account-Id")
    occurred = moment(body.get("time")) or moment(body.get("timestamp"))
    # Test senders use one id for everything; a redelivery repeats subject and time as well.
    dedup = ("zendesk", exact_id(body.get("id")), told, word(body.get("subject")), word(body.get("time")))
    ticket = exact_id(detail.get("id"))
    if family in _TICKETS:
        named = (word(body.get("subject")) or "").rpartition("zen:ticket:")[2]
        ticket = ticket or exact_id(at(body, "ticket.id")) or (named if named.isdecimal() else None)
    if family not in _TICKETS or ticket is None:
        # Users, organisations, articles, agents: of people only a pseudonym is kept.
        person = any(word in family for word in ("user", "agent", "member", "identity"))
        yield Draft(
            kind="platform.event",
            topic=f"{family}.{action}",
            raw_topic=f"{family}.{action}",
            merchant=account,
            occurred_at=occurred,
            dedup=dedup,
            resource=None if person else (family, ticket),
            ids={} if person else {f"{family}_id": ticket, "brand_id": _some(detail.get("brand_id"))},
            people={"person_ref": ticket or exact_id(detail.get("agent_id"))} if person else {},
        )
        return
    public = at(event, "comment.is_public")
    changed = action in ("status_changed", "priority_changed")
    yield ticket_draft(
        scope,
        ticket=ticket,
        topic="ticket.created" if action == "created" else f"ticket.{action}",
        raw_topic=f"{family}.{action}",
        merchant=account,
        at=body.get("time") if moment(body.get("time")) else body.get("timestamp"),
        said=Said(
            text=_text(event, detail, action),
            title=detail.get("subject") if action == "created" else None,
            author=_author(event, detail, action),
            private=public is False,
        ),
        dedup=dedup,
        ids={
            "conversation_id": exact_id(event.get("conversation_id")) or exact_id(detail.get("conversation_id")),
            "message_id": exact_id(at(event, "message.id")),
            "comment_id": exact_id(at(event, "comment.id")),
            **{name: _some(detail.get(name)) for name in ("organization_id", "brand_id", "group_id", "form_id")},
        },
        requester=exact_id(detail.get("requester_id")),
        priority=word(detail.get("priority")),
        state=word(detail.get("status")),
        channel=at(detail, "via.channel"),
        tags=detail.get("tags"),
        attrs={
            "changed_from": word(event.get("previous")) if changed else None,
            "changed_to": word(event.get("current")) if changed else None,
        },
    )


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("X-Zendesk-Webhook-Signature")
    stamp = envelope.header("X-Zendesk-Webhook-Signature-Timestamp") or ""
    if not signature:
        return None
    message = stamp.encode() + raw
    return Claim(signatures=(from_base64(signature),), message=message, stamp=_second_of(stamp), timed=True)


def _second_of(text: str) -> int | None:
    try:
        found = datetime.fromisoformat(text)
        return to_microseconds(found) // 1_000_000 if found.tzinfo else None
    except ValueError:
        return seconds(text)


def _fits(body: Mapping[str, Any]) -> bool:
    return str(body.get("type", "")).startswith("zen:event-type:")


NORMALISER: Final = Normaliser(
    kind="zendesk_event",
    provider="zendesk",
    source_kind="ticket",
    version=5,
    read=_read,
    claim=_claim,
    headers=("x-zendesk-webhook-",),
    fits=_fits,
)
