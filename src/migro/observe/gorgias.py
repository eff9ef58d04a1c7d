"""
Gorgias: tickets and messages, as its HTTP integrations post them.

The body is a template of the merchant's; by default it is the ticket, the message, or both by name.
Source: https://developers.gorgias.com/reference/integrations, https://developers.gorgias.com/reference/the-ticket-object
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, word
from .ticket_fields import Said, author_of, own_words, person_of, plain_text, ticket_draft

__all__ = ["NORMALISER"]

_TOPICS: Final[Mapping[str, str]] = {
    "ticket-created": "ticket.created",
    "ticket-updated": "ticket.updated",
    "ticket-message-created": "ticket.comment_added",
    "ticket-message-failed": "ticket.delivery_failed",
    "ticket-self-unsnoozed": "ticket.unsnoozed",
}
_CREATING: Final = timedelta(seconds=5)
"""Gorgias writes to a new ticket once more right after it has been created."""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _parts(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the ticket and the message of a body, either of which can be empty."""
    ticket, message = _mapping(body.get("ticket")), _mapping(body.get("message"))
    if ticket or message:
        return ticket, message
    return ({}, body) if "ticket_id" in body else (body, {})


def _new(ticket: Mapping[str, Any]) -> bool:
    messages = ticket.get("messages")
    if isinstance(messages, list) and len(messages) > 1:
        return False
    created, updated = moment(ticket.get("created_datetime")), moment(ticket.get("updated_datetime"))
    return created is not None and (updated is None or updated - created <= _CREATING)


def _event(envelope: Envelope, body: Mapping[str, Any], ticket: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    for told in (body.get("event"), body.get("trigger"), body.get("type"), envelope.named):
        found = (word(told) or "").lower().replace("_", "-").replace(".", "-")
        if found in _TOPICS:
            return found
    if message:
        return "ticket-message-created"
    return "ticket-created" if _new(ticket) else "ticket-updated"


def _first_message(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
    messages = ticket.get("messages")
    return (
        _mapping(ticket.get("first_message"))
        or (_mapping(messages[0]) if isinstance(messages, list) and messages else {})
        or _mapping(ticket.get("last_message"))
    )


def _said(message: Mapping[str, Any], subject: Any, spam: bool) -> Said:
    private = message.get("public") is False or "internal-note" in (message.get("channel"), message.get("via"))
    automatic = message.get("rule_id") is not None or word(message.get("via")) == "rule"
    agent = message.get("from_agent")
    author = author_of(
        "rule" if automatic else None,
        {True: "agent", False: "customer"}.get(agent) if isinstance(agent, bool) else None,
        "agent" if private else None,
    )
    stripped = plain_text(message.get("stripped_text")) or plain_text(message.get("stripped_html"))
    whole = plain_text(message.get("body_text") or message.get("text") or message.get("body_html"))
    text = plain_text(subject, stripped or own_words(whole))
    return Said(text="" if spam else text, title=subject, author=author, private=private)


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Gorgias ticket as a JSON object, got {type(body).__name__}")
    ticket, message = _parts(body)
    number = exact_id(ticket.get("id")) or exact_id(message.get("ticket_id"))
    if number is None:
        raise InputError("expected a Gorgias ticket or message with the id of its ticket, got none")
    event = _event(envelope, body, ticket, message)
    created = event == "ticket-created"
    about = message or (_first_message(ticket) if created else {})
    spam = ticket.get("spam") is True
    when = (
        ticket.get("created_datetime")
        if created and ticket
        else about.get("created_datetime") or ticket.get("updated_datetime") or ticket.get("created_datetime")
    )
    # What is not a new message only repeats old ones; whoever changed the ticket is not said.
    said = _said(about, ticket.get("subject") if created else None, spam) if about else Said()
    sender = about.get("sender") if said.author == "end_user" else about.get("receiver")
    yield ticket_draft(
        scope,
        ticket=number,
        topic="ticket.note_added" if said.private and not created else _TOPICS[event],
        raw_topic=event,
        merchant=word(at(ticket, "account.domain")) or word(at(body, "account.domain")),
        at=when,
        said=said,
        dedup=("gorgias", event, number, exact_id(about.get("id")), word(when)),
        ids={"message_id": exact_id(about.get("id")), "integration_id": exact_id(about.get("integration_id"))},
        requester=person_of(ticket.get("customer")) or person_of(ticket.get("requester")) or person_of(sender),
        priority=ticket.get("priority"),
        state=word(ticket.get("status")),
        channel=about.get("channel") or ticket.get("channel"),
        language=ticket.get("language"),
        tags=ticket.get("tags"),
        attrs={"spam": spam or None},
    )


def _fits(body: Mapping[str, Any]) -> bool:
    ticket, message = _parts(body)
    return (bool(ticket) and {"created_datetime", "via", "status"} <= ticket.keys()) or (
        bool(message) and {"ticket_id", "from_agent", "created_datetime"} <= message.keys()
    )


NORMALISER: Final = Normaliser(
    kind="gorgias_ticket", provider="gorgias", source_kind="ticket", version=3, read=_read, fits=_fits
)
