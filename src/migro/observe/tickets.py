"""
Support tickets as exports write them: a JSON object, a list, one object a line, or a table with a line of names (CSV).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, read_json, whole, word
from .ticket_fields import Said, author_of, own_words, person_of, plain_text, ticket_draft

__all__ = ["NORMALISER", "ticket_text"]

_ID: Final = ("id", "ticket_id", "ticketId", "number", "key")
_TITLE: Final = ("title", "subject", "summary", "issue")
_BODY: Final = ("body", "body_excerpt", "description", "text", "message", "content", "merchant_message")
_ERROR: Final = ("error_log", "error")
_CREATED: Final = ("occurred_at", "created_at", "createdAt", "created", "opened_at", "date", "time", "timestamp")
_REQUESTER: Final = ("requester_id", "requester", "requester_email", "customer_id", "email", "from", "reporter")
_MERCHANT: Final = ("merchant", "merchant_id", "shop", "shop_domain", "store", "store_id", "account_id")
_NAMES: Final = frozenset((*_ID, *_TITLE, *_BODY, *_CREATED, *_REQUESTER, *_MERCHANT, "status", "priority", "tags"))
_WIDEST: Final = 200
"""Columns of a table; no export has more."""
_STAGE: Final = re2.compile(r"^[a-z][a-z0-9_-]{0,60}$")


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[n] for n in names if record.get(n) not in (None, "")), None)


def ticket_text(record: Mapping[str, Any]) -> str:
    """Return title, body and error message of a ticket record as one text."""
    parts = (_first(record, _TITLE), _first(record, _BODY), _first(record, _ERROR))
    return "\n".join(p for p in parts if isinstance(p, str))


def _items(envelope: Envelope) -> Iterator[tuple[Any, str]]:
    body = envelope.body
    if isinstance(body, str):
        try:
            body = read_json(body)
        except InputError:
            yield from _rows(body) if _separator(body) else _lines(body)
            return
    if isinstance(body, Mapping) and isinstance(body.get("tickets"), list):
        body = body["tickets"]
    for number, item in enumerate(body if isinstance(body, list) else [body], start=1):
        yield item, f"item {number}"


def _lines(text: str) -> Iterator[tuple[Any, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield read_json(line), f"line {number}"
            except InputError as e:
                yield Refused(reason=f"{e} (line {number} of the file)", content=line, ordinal=number), ""


def _separator(text: str) -> str | None:
    """Return what stands between the columns, where the first line of a text names those of a table of tickets."""
    head = text.removeprefix("\ufeff").lstrip("\r\n").split("\n", 1)[0][:4000]
    for separator in (",", ";", "\t"):
        names = {_column(name) for name in head.split(separator)}
        if names & {_column(name) for name in _ID} and names & {_column(name) for name in (*_TITLE, *_BODY)}:
            return separator
    return None


def _column(name: str) -> str:
    return name.strip().strip('"').strip().lower().replace(" ", "_")


def _rows(text: str) -> Iterator[tuple[Any, str]]:
    rows = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), delimiter=_separator(text) or ",")
    names: list[str] = []
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            # The reader goes on behind the cell; which words it held nobody needs to know.
            number = rows.line_num
            yield Refused(reason=f"expected a row of a table in line {number}", content=number, ordinal=number), ""
            continue
        if not names:
            spelled = {_column(known): known for known in _NAMES}
            names = [spelled.get(_column(name), _column(name)) for name in row[:_WIDEST]]
        elif any(cell.strip() for cell in row):
            yield dict(zip(names, row, strict=False)), f"line {rows.line_num}"


def _said(record: Mapping[str, Any]) -> Said:
    author = author_of(record.get("author_type"), record.get("author_role"), record.get("author"))
    private = record.get("private") is True or record.get("public") is False or record.get("internal") is True
    text = own_words(plain_text(ticket_text(record)))
    return Said(text=text, title=_first(record, _TITLE), author=author, private=private)


def _ticket(record: Mapping[str, Any], scope: Scope) -> Draft | None:
    ticket = exact_id(_first(record, _ID))
    if ticket is None:
        return None
    text = ticket_text(record)
    message = exact_id(record.get("message_id")) or exact_id(at(record, "comment.id"))
    stage = (word(record.get("migration_stage")) or "").lower()
    return ticket_draft(
        scope,
        ticket=ticket,
        topic="ticket.updated" if word(record.get("event")) in ("updated", "ticket.updated") else "ticket.created",
        raw_topic=word(record.get("event")),
        merchant=exact_id(_first(record, _MERCHANT)),
        at=_first(record, _CREATED),
        said=_said(record),
        dedup=("ticket", word(record.get("provider")), ticket, message, text, word(record.get("updated_at"))),
        ids={"message_id": message},
        requester=person_of(_first(record, _REQUESTER)),
        priority=_first(record, ("priority", "severity", "urgency")),
        state=word(record.get("status")) or word(record.get("state")),
        channel=record.get("channel") or at(record, "via.channel"),
        language=record.get("language") or record.get("lang"),
        tags=record.get("tags"),
        attrs={"stage": stage if _STAGE.match(stage) else None},
        metrics={name: whole(record.get(name)) for name in ("checkout_failures", "affected_customers")},
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
    inner = body.get("tickets")
    if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
        body = inner[0]
    if {"ticket_id", "issue"} <= body.keys():
        return True
    return {"id", "title"} <= body.keys() and bool(body.keys() & {"body", "body_excerpt"})


def _fits_text(text: str) -> bool:
    try:
        body = read_json(text.strip().split("\n", 1)[0])
    except InputError:
        return _separator(text) is not None
    return isinstance(body, Mapping) and ({"id", "title"} <= body.keys() or _fits(body))


NORMALISER: Final = Normaliser(
    kind="ticket",
    provider="ticket",
    source_kind="ticket",
    version=4,
    read=_read,
    aliases=("ticket_jsonl", "ticket_csv", "tickets"),
    fits=_fits,
    fits_text=_fits_text,
    many=True,
)
