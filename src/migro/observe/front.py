"""
Front: events of conversations, from rules and from applications; whole or as a preview that names ids only.

Source: https://dev.frontapp.com/reference/events, https://dev.frontapp.com/docs/rule-webhooks,
https://dev.frontapp.com/docs/application-webhooks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_base64
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, word
from .ticket_fields import Author, Said, author_of, own_words, plain_text, ticket_draft

__all__ = ["NORMALISER"]

_TOPICS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("inbound", "inbound_received", "outbound", "outbound_sent", "out_reply", "message", "forward"),
                    "ticket.comment_added"),
    **dict.fromkeys(("comment", "new_comment_added", "mention"), "ticket.note_added"),
    **dict.fromkeys(("assign", "assignee_changed"), "ticket.assigned"),
    **dict.fromkeys(("archive", "conversation_archived"), "ticket.archived"),
    **dict.fromkeys(("reopen", "reminder", "conversation_reopened"), "ticket.reopened"),
    **dict.fromkeys(("trash", "conversation_deleted"), "ticket.deleted"),
    **dict.fromkeys(("restore", "conversation_restored"), "ticket.restored"),
    **dict.fromkeys(("tag", "tag_added"), "ticket.tagged"),
    **dict.fromkeys(("untag", "tag_removed"), "ticket.untagged"),
    **dict.fromkeys(("move", "conversation_moved"), "ticket.moved"),
    **dict.fromkeys(("sending_error", "message_bounce_error", "message_delivery_failed"), "ticket.delivery_failed"),
    "unassign": "ticket.unassigned",
    "conversations_merged": "ticket.merged",
}  # fmt: skip
_MESSAGES: Final = ("inbound", "inbound_received", "outbound", "outbound_sent", "out_reply", "message")
_NOTES: Final = ("comment", "new_comment_added", "mention")
_NAME: Final = re2.compile(r"^[a-z][a-z_]{0,60}$")
_CREATING: Final = timedelta(minutes=2)
"""The conversation is made a little after its first message has come in."""
_CONVERSATION: Final = re2.compile(r"/conversations/(cnv_\w{1,40})(?:[/?#]|$)")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_first(event: Mapping[str, Any], conversation: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    if at(message, "_links.related.message_replied_to"):
        return False
    made, come = moment(conversation.get("created_at")), moment(message.get("created_at") or event.get("emitted_at"))
    return made is not None and come is not None and abs(made - come) <= _CREATING


def _author(event: Mapping[str, Any], name: str, message: Mapping[str, Any]) -> Author:
    if name in _MESSAGES:
        inbound = message.get("is_inbound")
        if isinstance(inbound, bool):
            return "end_user" if inbound else "agent"
        return "end_user" if name.startswith("inbound") else "agent"
    told = word(at(event, "source._meta.type"))
    # What neither a person nor a rule did, a mailbox or the interface did.
    return author_of(told) if told in ("teammate", "contact") else "system" if told else "unknown"


def _said(event: Mapping[str, Any], name: str, message: Mapping[str, Any], subject: Any) -> Said:
    author = _author(event, name, message)
    if name in _NOTES:
        return Said(author="agent", private=True)
    if name not in _MESSAGES:
        return Said(author=author)
    body = message.get("text") or message.get("body") or message.get("blurb")
    return Said(text=plain_text(subject, own_words(plain_text(body))), title=subject, author=author)


def _requester(conversation: Mapping[str, Any], message: Mapping[str, Any]) -> str | None:
    told = exact_id(at(conversation, "recipient.handle"))
    recipients = message.get("recipients")
    if told or not isinstance(recipients, list) or not isinstance(message.get("is_inbound"), bool):
        return told
    role = "from" if message["is_inbound"] else "to"
    return next((exact_id(r.get("handle")) for r in recipients if _mapping(r) and r.get("role") == role), None)


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Front event as a JSON object, got {type(body).__name__}")
    event: Mapping[str, Any] = _mapping(body.get("payload")) or body
    company = exact_id(at(body, "authorization.id"))
    name = (word(event.get("type")) or word(body.get("type")) or "").lower()
    if not _NAME.match(name):
        raise InputError("expected a Front event with a type, got none")
    conversation = _mapping(event.get("conversation"))
    link = _CONVERSATION.search(word(at(conversation, "_links.self")) or "")
    number = exact_id(conversation.get("id")) or (str(link.group(1)) if link else None)
    own = exact_id(event.get("id"))
    if number is None:
        # The first word to a new address, and changes of contacts, of which only a pseudonym is kept.
        yield Draft(
            kind="platform.event",
            topic="webhook.tested" if name == "sync" else name.replace("_", "."),
            raw_topic=name,
            merchant=company,
            occurred_at=moment(event.get("emitted_at")),
            dedup=("front", own, name, envelope.header("X-Front-Challenge"), company),
            people={"person_ref": exact_id(at(event, "target.data.id")) if name.startswith("contact") else None},
        )
        return
    target = _mapping(at(event, "target.data"))
    message = target if name in _MESSAGES else {}
    first = name.startswith("inbound") and _is_first(event, conversation, message)
    subject = conversation.get("subject") or message.get("subject")
    yield ticket_draft(
        scope,
        ticket=number,
        topic="ticket.created" if first else _TOPICS.get(name, f"ticket.{name}"),
        raw_topic=name,
        merchant=company,
        at=event.get("emitted_at"),
        said=_said(event, name, message, subject if first else None),
        dedup=("front", own, name, number, None if own else word(event.get("emitted_at"))),
        ids={
            "conversation_id": number,
            "message_id": exact_id(message.get("id")),
            "inbox_id": _inbox(event),
        },
        requester=_requester(conversation, message or _mapping(conversation.get("last_message"))),
        state=word(conversation.get("status")),
        channel=message.get("type") or at(conversation, "last_message.type"),
        tags=conversation.get("tags"),
    )


def _inbox(event: Mapping[str, Any]) -> str | None:
    data = at(event, "source.data")
    return exact_id(_mapping(data[0]).get("id")) if isinstance(data, list) and data else None


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("X-Front-Signature")
    if not signature:
        return None
    stamp = envelope.header("X-Front-Request-Timestamp")
    if stamp is None:
        # Rules sign the body alone, with the older hash.
        return Claim(signatures=(from_base64(signature),), message=raw, digest="sha1")
    milliseconds = int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 16 else None
    return Claim(
        signatures=(from_base64(signature),),
        message=stamp.encode("utf-8", "replace") + b":" + raw,
        stamp=None if milliseconds is None else milliseconds // 1000,
        timed=True,
    )


def _fits(body: Mapping[str, Any]) -> bool:
    event = _mapping(body.get("payload")) or body
    link = word(at(event, "_links.self")) or ""
    return ("frontapp.com/" in link[:200] and "type" in event) or {"emitted_at", "conversation", "type"} <= event.keys()


NORMALISER: Final = Normaliser(
    kind="front_webhook",
    provider="front",
    source_kind="ticket",
    version=3,
    read=_read,
    claim=_claim,
    headers=("x-front-",),
    fits=_fits,
)
