"""
Groove: tickets, replies and notes of its first interface; the header says what happened.

No signature is documented. Source: https://www.groovehq.com/docs (webhooks, tickets, messages).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, whole, word
from .ticket_fields import Author, Said, account_in, author_of, own_words, plain_text, ticket_draft

__all__ = ["NORMALISER"]

_TOPICS: Final[Mapping[str, str]] = {
    "ticket_started": "ticket.created",
    "ticket_state_changed": "ticket.status_changed",
    "ticket_assigned": "ticket.assigned",
    "ticket_updated": "ticket.updated",
    "ticket_tagged": "ticket.tagged",
    "customer_replied": "ticket.comment_added",
    "agent_replied": "ticket.comment_added",
    "note_added": "ticket.note_added",
}
_EVENT: Final = re2.compile(r"^[a-z][a-z_]{0,40}$")
_TICKET: Final = re2.compile(r"/tickets/(\d{1,30})(?:[/?#]|$)")
_PERSON: Final = re2.compile(r"/(customers|agents)/([^/?#]{1,320})")


def _ticket_of(body: Mapping[str, Any]) -> str | None:
    told = exact_id(body.get("number")) or exact_id(body.get("ticket_number")) or exact_id(at(body, "ticket.number"))
    for path in ("links.ticket.href", "href"):
        match = _TICKET.search(word(at(body, path)) or "")
        told = told or (str(match.group(1)) if match else None)
    return told


def _person(link: Any) -> tuple[str | None, str | None]:
    """Return the role and the id that a link to a person names; addresses end with an e-mail address."""
    match = _PERSON.search(word(at(link, "href")) or "")
    if match is None:
        return None, exact_id(at(link, "id"))
    return str(match.group(1)).removesuffix("s"), unquote(str(match.group(2)))


def _event(envelope: Envelope, body: Mapping[str, Any], is_message: bool) -> str:
    told = (envelope.header("X-Groove-Event") or word(body.get("event")) or "").lower()
    if _EVENT.match(told):
        return told
    if is_message:
        return "note_added" if body.get("note") is True else f"{_writer(body)}_replied"
    if "ticket_number" in body:
        return "ticket_state_changed"
    untouched = body.get("created_at") == body.get("updated_at") and whole(body.get("message_count")) in (None, 0, 1)
    return "ticket_started" if untouched else "ticket_updated"


def _writer(message: Mapping[str, Any]) -> str:
    return "agent" if message.get("agent_response") is True or message.get("note") is True else "customer"


def _said(event: str, body: Mapping[str, Any], ticket: Mapping[str, Any], is_message: bool) -> Said:
    if is_message:
        role = _person(at(body, "links.author"))[0]
        agent = body.get("agent_response")
        return Said(
            text=own_words(plain_text(body.get("plain_text_body") or body.get("body"))),
            author=author_of(role, _writer(body) if isinstance(agent, bool) else None),
            private=body.get("note") is True or event == "note_added",
        )
    if event != "ticket_started":
        return Said()  # the words of the last message were told when it came
    told = (author_of(ticket.get("last_message_type")), author_of(at(ticket, "last_message_author.type")))
    by: set[Author] = {author for author in told if author != "unknown"}
    last = ticket.get("last_message_plain_text") or ticket.get("last_message") or ticket.get("summary")
    text = plain_text(ticket.get("title"), own_words(plain_text(last)))
    # Two fields say who wrote, and captures are known in which they disagree.
    return Said(text=text, title=ticket.get("title"), author=by.pop() if len(by) == 1 else "unknown")


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Groove event as a JSON object, got {type(body).__name__}")
    number = _ticket_of(body)
    if number is None:
        raise InputError("expected a Groove event with the number of a ticket, got none")
    is_message = "agent_response" in body or "plain_text_body" in body
    inner = body.get("ticket")
    ticket: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {} if is_message else body
    event = _event(envelope, body, is_message)
    said = _said(event, body, ticket, is_message)
    if is_message or event == "ticket_started":
        when = body.get("created_at") or ticket.get("created_at")
    else:
        own = {"ticket_state_changed": "state_changed_at", "ticket_assigned": "assigned_at"}.get(event, "updated_at")
        when = ticket.get(own) or ticket.get("updated_at") or body.get("updated_at")
    addresses = (body.get("app_ticket_url"), body.get("app_url"), ticket.get("app_url"))
    message = exact_id(body.get("id")) if is_message else None
    customers = [ticket.get("links"), body.get("links")]
    people = [_person(at(links, name)) for links in customers for name in ("customer", "author", "recipient")]
    yield ticket_draft(
        scope,
        ticket=number,
        topic=_TOPICS.get(event) or f"ticket.{event.removeprefix('ticket_')}",
        raw_topic=event,
        merchant=next((a for url in addresses if (a := account_in(url, "groovehq.com"))), None),
        at=when,
        said=said,
        dedup=("groove", event, number, message, word(when), word(ticket.get("state"))),
        ids={
            "message_id": message,
            "mailbox_id": exact_id(ticket.get("mailbox_id")),
            "group_id": exact_id(ticket.get("assigned_group_id")),
        },
        requester=next((person for role, person in people if person and role != "agent"), None),
        priority=ticket.get("priority"),
        state=word(ticket.get("state")) or word(body.get("state")),
        channel=body.get("type") or ticket.get("type"),
        tags=ticket.get("tags"),
    )


def _fits(body: Mapping[str, Any]) -> bool:
    if "href" not in body:
        return False
    addresses = (body.get("href"), body.get("app_url"), body.get("app_ticket_url"), at(body, "ticket.href"))
    return any(isinstance(a, str) and "groovehq.com/" in a[:200] for a in addresses)


NORMALISER: Final = Normaliser(
    kind="groove_webhook",
    provider="groove",
    source_kind="ticket",
    version=3,
    read=_read,
    headers=("x-groove-",),
    fits=_fits,
)
