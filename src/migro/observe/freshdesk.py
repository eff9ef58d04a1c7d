"""
Freshdesk: what an automation rule posts, from a template that the merchant wrote.

The usual template wraps the placeholders in ``freshdesk_webhook``. Its text is often no JSON: a comma too many or too
few, quotes and line breaks of a comment pasted in as they are. No signature is documented.
Source: https://support.freshdesk.com/support/solutions/articles/132589-using-webhooks-in-automation-rules
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import exact_id, well_formed, word
from .ticket_fields import Said, account_in, author_of, own_words, person_of, plain_text, ticket_draft

__all__ = ["NORMALISER", "repaired"]

_WRAP: Final = "freshdesk_webhook"
_MEMBER: Final = re2.compile(r'(?:^|[{,\n])\s*"([A-Za-z_][A-Za-z0-9_.]{0,60})"\s*:\s*')
_CLOSED: Final = re2.compile(r"[\s,}\]]*$")
_EVENT: Final = re2.compile(r"^\{?\s*([a-z_]{1,40})\s*:\s*(?:\{\s*from\s*:([^,{}]*),\s*to\s*:([^,{}]*)\}|([^{}]*))\}?$")
_NUMBERED: Final[Mapping[str, Mapping[str, str]]] = {
    "priority": {"1": "Low", "2": "Medium", "3": "High", "4": "Urgent"},
    "status": {"2": "Open", "3": "Pending", "4": "Resolved", "5": "Closed"},
}
_SOURCES: Final = ("outbound email", "outbound_email", "outbound")
_LARGEST: Final = 2_000_000
_MOST: Final = 200
"""Members of a template; no form of a help desk has more."""


def repaired(text: str) -> dict[str, str]:
    """
    Return the members of a template that is no JSON any more, as strings.

    A member begins where its name does, in quotes, after a brace, a comma or a line break, and ends where the next
    one begins; what is between is its value, whatever it holds. The time is linear in the length of the text.

    Raises:
        InputError: If there is no member, or one twice: then nobody can tell the template's from one that somebody
            has written into a ticket.
    """
    found: dict[str, str] = {}
    name, begin = _WRAP, 0
    for match in itertools.islice(_MEMBER.finditer(text[:_LARGEST]), _MOST):
        _keep(found, name, text[begin : match.start()])
        name, begin = str(match.group(1)), match.end()
    _keep(found, name, text[begin:_LARGEST])
    if not found:
        raise InputError("expected the members of a Freshdesk template, got none")
    return found


def _keep(found: dict[str, str], name: str, value: str) -> None:
    if name in found:
        raise InputError("expected each name once in a Freshdesk template, got one twice")
    if name != _WRAP:
        found[name] = _string(_CLOSED.sub("", value))


def _string(value: str) -> str:
    if len(value) < 2 or not (value.startswith('"') and value.endswith('"')):
        return value.strip('"')
    try:
        read = json.loads(value, strict=False)
    except ValueError:
        return value[1:-1].replace('\\"', '"')
    return well_formed(read) if isinstance(read, str) else value


def _fields(envelope: Envelope) -> Mapping[str, Any]:
    try:
        body = envelope.value()
    except InputError:
        if isinstance(envelope.body, str) and f'"{_WRAP}"' in envelope.body:
            return repaired(envelope.body)
        raise
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Freshdesk ticket as a JSON object, got {type(body).__name__}")
    inner = body.get(_WRAP)
    return inner if isinstance(inner, Mapping) else body


def _first(fields: Mapping[str, Any], *names: str) -> Any:
    return next((v for n in names for v in (fields.get(f"ticket_{n}"), fields.get(n)) if v not in (None, "")), None)


def _event(told: object) -> tuple[str | None, str | None, str | None]:
    """Return what happened, and from what to what, out of a notation such as ``{status:{from:2,to:4}}``."""
    match = _EVENT.match(told.strip()) if isinstance(told, str) else None
    if match is None:
        return None, None, None
    name, before, after, value = (part.strip() if part else "" for part in match.groups())
    if name == "note_type":
        return ("private_note" if value == "private" else "public_note"), None, None
    if name == "ticket_action":
        return (f"ticket_{value}" if value in ("created", "updated", "deleted") else "ticket_updated"), None, None
    if name in ("reply_sent", "customer_feedback", "survey"):
        return name, None, None
    numbered = _NUMBERED.get(name, {})
    # Statuses can be the merchant's own: then the number is all there is.
    known = [numbered.get(v) or (v if v.isdecimal() and name in _NUMBERED else None) for v in (before, after)]
    return f"{name}_changed", known[0], known[1]


def _topic(event: str | None) -> str:
    fixed = {None: "ticket.updated", "private_note": "ticket.note_added", "public_note": "ticket.comment_added",
             "reply_sent": "ticket.comment_added"}  # fmt: skip
    return fixed.get(event) or f"ticket.{(event or '').removeprefix('ticket_')}"


def _said(event: str | None, fields: Mapping[str, Any]) -> Said:
    if event == "private_note":
        return Said(author="agent", private=True)
    if event in ("ticket_created", None):
        # A template that does not say what happened is heard: what comes again is known by its text.
        title = _first(fields, "subject")
        text = plain_text(title, _first(fields, "description_text", "description"))
        outbound = (word(_first(fields, "source")) or "").lower() in _SOURCES
        author = "agent" if outbound else author_of(fields.get("author_type"))
        return Said(text=text, title=title, author=author)
    if event in ("public_note", "reply_sent"):
        text = own_words(plain_text(_first(fields, "latest_public_comment", "comment")))
        return Said(text=text, author="agent" if event == "reply_sent" else author_of(fields.get("author_type")))
    return Said()


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    fields = _fields(envelope)
    number = exact_id(_first(fields, "id", "display_id"))
    if number is None:
        raise InputError("expected a Freshdesk ticket with ticket_id, got none")
    told = fields.get("triggered_event")
    event, before, after = _event(told)
    when = _first(fields, "created_at") if event == "ticket_created" else _first(fields, "updated_at")
    address = _first(fields, "url", "public_url", "portal_url")
    said = _said(event, fields)
    comment = plain_text(_first(fields, "latest_public_comment")) if event in ("public_note", "reply_sent") else None
    yield ticket_draft(
        scope,
        ticket=number,
        topic=_topic(event),
        raw_topic=event,
        merchant=account_in(address),
        at=when,
        said=said,
        # There is neither an id of the event nor, mostly, a time: what changed, and to what, tells events apart.
        dedup=(
            "freshdesk", number, event, word(told), word(when), word(_first(fields, "status")),
            word(_first(fields, "priority")), comment,
        ),
        ids={"group_id": exact_id(_first(fields, "group_id")), "product_id": exact_id(_first(fields, "product_id"))},
        requester=next(
            (
                person
                for name in ("requester_id", "contact_id", "requester_email", "contact_email", "from_email")
                if (person := person_of(_first(fields, name)))
            ),
            None,
        ),
        priority=_word_of("priority", _first(fields, "priority")),
        state=word(_word_of("status", _first(fields, "status"))),
        channel=_first(fields, "source", "source_name"),
        language=_first(fields, "language"),
        tags=_first(fields, "tags"),
        attrs={"changed_from": before, "changed_to": after},
    )  # fmt: skip


def _word_of(name: str, value: Any) -> Any:
    """Return the word for a number that Freshdesk's interface uses instead."""
    number = exact_id(value)
    return _NUMBERED[name].get(number, value) if number is not None else value


def _fits(body: Mapping[str, Any]) -> bool:
    inner = body.get(_WRAP)
    return isinstance(inner, Mapping) or ("triggered_event" in body and "ticket_id" in body)


def _fits_text(text: str) -> bool:
    return f'"{_WRAP}"' in text[:1000] and '"ticket_id"' in text


NORMALISER: Final = Normaliser(
    kind="freshdesk_webhook",
    provider="freshdesk",
    source_kind="ticket",
    version=3,
    read=_read,
    fits=_fits,
    fits_text=_fits_text,
)
