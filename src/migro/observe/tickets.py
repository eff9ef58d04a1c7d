"""Support tickets as JSON: one object, a list, or one object a line, with the field names that exports use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hints import severity_hint
from .intents import features_of, language_of
from .parsing import at, exact_id, moment, read_json, word

__all__ = ["NORMALISER", "ticket_text"]

_ID: Final = ("id", "ticket_id", "ticketId", "number", "key")
_TITLE: Final = ("title", "subject", "summary")
_BODY: Final = ("body", "body_excerpt", "description", "text", "message", "content")
_CREATED: Final = ("occurred_at", "created_at", "createdAt", "created", "opened_at", "date", "time", "timestamp")
_REQUESTER: Final = ("requester_id", "requester", "requester_email", "customer_id", "email", "from", "reporter")
_MERCHANT: Final = ("merchant", "merchant_id", "shop", "shop_domain", "store", "store_id", "account_id")
_AUTHORS: Final = {"end_user": "end_user", "customer": "end_user", "user": "end_user", "shopper": "end_user",
                   "merchant": "end_user", "agent": "agent", "staff": "agent", "admin": "agent", "system": "system",
                   "bot": "system"}  # fmt: skip


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[n] for n in names if record.get(n) not in (None, "")), None)


def ticket_text(record: Mapping[str, Any]) -> str:
    """Return title and body of a ticket record as one text."""
    parts = (_first(record, _TITLE), _first(record, _BODY))
    return "\n".join(p for p in parts if isinstance(p, str))


def _person(value: Any) -> str | None:
    return _person(_first(value, ("id", "email", "name"))) if isinstance(value, Mapping) else exact_id(value)


def _items(envelope: Envelope) -> Iterator[tuple[Any, str]]:
    body = envelope.body
    if isinstance(body, str):
        try:
            body = read_json(body)
        except InputError:
            # Not one value, so one a line.
            for number, line in enumerate(envelope.body.splitlines(), start=1):
                if line.strip():
                    try:
                        yield read_json(line), f"line {number}"
                    except InputError as e:
                        yield Refused(reason=f"{e} (line {number} of the file)", content=line, ordinal=number), ""
            return
    if isinstance(body, Mapping) and isinstance(body.get("tickets"), list):
        body = body["tickets"]
    for number, item in enumerate(body if isinstance(body, list) else [body], start=1):
        yield item, f"item {number}"


def _ticket(record: Mapping[str, Any], scope: Scope) -> Draft | None:
    ticket = exact_id(_first(record, _ID))
    text = ticket_text(record)
    if ticket is None:
        return None
    requester = _first(record, _REQUESTER)
    tags = record.get("tags")
    message = exact_id(record.get("message_id")) or exact_id(at(record, "comment.id"))
    language = word(record.get("language")) or word(record.get("lang")) or language_of(text)
    author = word(record.get("author_type")) or word(record.get("author_role")) or word(record.get("author")) or ""
    return Draft(
        kind="ticket",
        topic="ticket.updated" if word(record.get("event")) in ("updated", "ticket.updated") else "ticket.created",
        raw_topic=word(record.get("event")),
        merchant=exact_id(_first(record, _MERCHANT)),
        occurred_at=moment(_first(record, _CREATED)),
        dedup=("ticket", word(record.get("provider")), ticket, message, text, word(record.get("updated_at"))),
        resource=("ticket", ticket),
        ids={"ticket_id": ticket, "message_id": message},
        people={"requester": _person(requester)},
        sealed={"text_ref": text or None},
        hint=severity_hint(_first(record, ("priority", "severity", "urgency"))),
        state=word(record.get("status")) or word(record.get("state")),
        attrs={
            "author": _AUTHORS.get(author.lower(), "unknown"),
            "channel": word(record.get("channel")) or word(at(record, "via.channel")),
            "language": language[:2].lower() if language else None,
            "tags": [t for t in tags if t in scope.endpoint.tags_allowed] or None if isinstance(tags, list) else None,
        },
        features=features_of(text) if text else frozenset(),
    )


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    for item, place in _items(envelope):
        if isinstance(item, Refused):
            yield item
        elif not isinstance(item, Mapping):
            reason = f"expected a ticket as a JSON object, got {type(item).__name__} at {place}"
            yield Refused(reason=reason, content=item)
        else:
            found = _ticket(item, scope)
            yield found or Refused(reason=f"expected a ticket with an id, got none at {place}", content=item)


def _fits(body: Mapping[str, Any]) -> bool:
    return {"id", "title"} <= body.keys() and bool(body.keys() & {"body", "body_excerpt"})


def _fits_text(text: str) -> bool:
    try:
        body = read_json(text.strip().split("\n", 1)[0])
    except InputError:
        return False
    return isinstance(body, Mapping) and {"id", "title"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="ticket",
    provider="ticket",
    source_kind="ticket",
    version=1,
    read=_read,
    aliases=("ticket_jsonl", "tickets"),
    fits=_fits,
    fits_text=_fits_text,
    many=True,
)
