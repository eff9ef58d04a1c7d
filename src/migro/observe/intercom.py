"""
Intercom: notifications about conversations, tickets, and the people and companies around them.

Source: https://developers.intercom.com/docs/webhooks, https://developers.intercom.com/docs/references/webhooks/webhook-models
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_hex
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, word
from .ticket_fields import Author, Said, author_of, newest, own_words, person_of, plain_text, ticket_draft

__all__ = ["NORMALISER"]

_TOPIC: Final = re2.compile(r"^[a-z][a-z_]{0,40}(?:\.[a-z_]{1,40}){0,4}$")
_ACTORS: Final[Mapping[str, Author]] = {
    **dict.fromkeys(("user", "contact", "lead", "visitor"), "end_user"),
    "admin": "agent",
    "operator": "system",
}
_WORDS: Final[Mapping[str, str]] = {"replied": "comment_added", "noted": "note_added", "note.created": "note_added"}
_PEOPLE: Final = frozenset(("contact", "user", "lead", "visitor", "admin", "contact_tag", "user_tag", "event"))
_MESSAGES: Final = frozenset(("comment", "open", "quick_reply", "conversation_message", "email", "note_and_reopen"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _parts(thing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = at(thing, "conversation_parts.conversation_parts") or at(thing, "ticket_parts.ticket_parts") or []
    return [p for p in found if isinstance(p, Mapping)] if isinstance(found, list) else []


def _latest(parts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    times = [moment(p.get("updated_at")) or moment(p.get("created_at")) for p in parts]
    known = [(when, place) for place, when in enumerate(times) if when is not None]
    return parts[max(known)[1]] if known else parts[-1] if parts else {}


def _creates(topic: str) -> bool:
    return topic.endswith(".created") and not topic.endswith((".tag.created", ".note.created"))


def _when(body: Mapping[str, Any], topic: str, item: Mapping[str, Any], part: Mapping[str, Any]) -> Any:
    """Return when it happened: the notification itself can be minutes late."""
    if _creates(topic) and moment(item.get("created_at")) is not None:
        return item.get("created_at")
    told = newest(part.get("updated_at"), part.get("created_at"))
    return told or newest(item.get("updated_at")) or body.get("created_at") or body.get("first_sent_at")


def _opening(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(thing.get("source")) or _mapping(thing.get("conversation_message"))


def _said(topic: str, thing: Mapping[str, Any], part: Mapping[str, Any]) -> Said:
    actor = next((_ACTORS[name] for name in topic.split(".")[1:] if name in _ACTORS), None)
    if topic.endswith(("noted", "note.created")) or part.get("part_type") == "note":
        return Said(author=author_of(at(part, "author.type")) if part else "agent", private=True)
    if _creates(topic):
        opening = _opening(thing)
        title = at(thing, "ticket_attributes._default_title_") or opening.get("subject") or thing.get("title")
        body = at(thing, "ticket_attributes._default_description_") or opening.get("body")
        author = author_of(at(opening, "author.type"), actor)
        return Said(text=plain_text(title, own_words(plain_text(body))), title=title, author=author)
    if topic.endswith("replied"):
        # An assistant's answers carry an administrator's name in some versions.
        machine = at(part, "author.from_ai_agent") is True or at(part, "author.is_ai_answer") is True
        author = author_of("bot" if machine else None, at(part, "author.type"), actor)
        spoken = word(part.get("part_type")) in _MESSAGES or "part_type" not in part
        text = own_words(plain_text(part.get("body"))) if spoken and part.get("redacted") is not True else ""
        return Said(text=text, author=author)
    return Said(author=author_of(at(part, "author.type"), actor))


def _canonical(topic: str) -> str:
    _, _, rest = topic.partition(".")
    words = [w for w in rest.split(".") if w not in _ACTORS and w != "single"]
    told = ".".join(words) or rest
    return f"ticket.{_WORDS.get(told) or told.replace('.', '_')}"


def _requester(item: Mapping[str, Any], thing: Mapping[str, Any]) -> str | None:
    contacts = at(thing, "contacts.contacts")
    first = contacts[0] if isinstance(contacts, list) and contacts else None
    opening = at(thing, "source.author")
    customer = opening if author_of(at(opening, "type")) == "end_user" else None
    found = (thing.get("user"), first, item.get("contact"), customer, at(thing, "model.user_id"))
    return next((person for value in found if (person := person_of(value))), None)


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an Intercom notification as a JSON object, got {type(body).__name__}")
    topic = (word(body.get("topic")) or "").lower()
    if not _TOPIC.match(topic):
        raise InputError("expected an Intercom notification with a topic, got none")
    item = _mapping(at(body, "data.item"))
    workspace = exact_id(body.get("app_id"))
    thing = _mapping(item.get("ticket")) or _mapping(item.get("conversation")) or item
    family = topic.partition(".")[0]
    kept = ("intercom", workspace, exact_id(body.get("id")))
    dedup = kept if kept[2] else (*kept, topic, exact_id(item.get("id")), exact_id(body.get("created_at")))
    model = exact_id(at(thing, "model.id")) or exact_id(thing.get("conversation_id"))
    inner = exact_id(thing.get("id")) or model
    number = exact_id(thing.get("ticket_id")) or inner
    if family not in ("conversation", "conversation_part", "ticket") or number is None:
        yield _around(body, topic, item, dedup, workspace)
        return
    part = _mapping(item.get("ticket_part")) or _mapping(item.get("conversation_part")) or _latest(_parts(thing))
    said = _said(topic, thing, part)
    is_ticket = family == "ticket"
    told = thing.get("ticket_state")
    yield ticket_draft(
        scope,
        ticket=number,
        topic=_canonical(topic),
        raw_topic=topic,
        merchant=workspace,
        at=_when(body, topic, thing, part),
        said=said,
        dedup=dedup,
        ids={
            "conversation_id": None if is_ticket else inner,
            "item_id": inner if is_ticket else None,
            "message_id": exact_id((_opening(thing) if _creates(topic) else part).get("id")),
            "company_id": exact_id(thing.get("company_id")),
        },
        requester=_requester(item, thing),
        priority=thing.get("priority"),
        state=word(told.get("category") or told.get("internal_label")) if isinstance(told, Mapping)
        else word(told) or word(thing.get("state")),
        channel=thing.get("channel") or at(thing, "source.type"),
        tags=thing.get("tags"),
    )  # fmt: skip


def _around(
    body: Mapping[str, Any], topic: str, item: Mapping[str, Any], dedup: tuple[Any, ...], workspace: str | None
) -> Draft:
    """Return what is no conversation: of people a pseudonym is kept, of companies and articles the id."""
    kind = (word(item.get("type")) or topic.partition(".")[0]).lower()
    person = kind in _PEOPLE or topic.partition(".")[0] in _PEOPLE
    company = _mapping(item.get("company"))
    subject = exact_id(item.get("intercom_user_id")) or person_of(item.get("contact") or item.get("user"))
    subject = subject or exact_id(at(item, "performed_by.id"))
    own = exact_id(item.get("id"))
    return Draft(
        kind="platform.event",
        topic="webhook.tested" if topic == "ping" else topic,
        raw_topic=topic,
        merchant=workspace,
        occurred_at=moment(_when(body, topic, item, {})),
        dedup=dedup,
        resource=None if person or company else (kind, own),
        ids={
            "company_id": exact_id(company.get("id")) or (own if kind == "company" else None),
            "article_id": own if kind == "article" else None,
        },
        people={"person_ref": (subject or own) if person else subject},
    )


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    told = envelope.header("X-Hub-Signature")
    if not told:
        return None
    return Claim(signatures=(from_hex(told.removeprefix("sha1=")),), message=raw, digest="sha1")


def _fits(body: Mapping[str, Any]) -> bool:
    return body.get("type") == "notification_event" or {"app_id", "topic", "delivery_attempts"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="intercom_webhook",
    provider="intercom",
    source_kind="ticket",
    version=3,
    read=_read,
    claim=_claim,
    fits=_fits,
)
