"""
A customer's mail as a file (``.eml``, RFC 5322): headers become pseudonyms, text becomes features, the rest stays out.

A mail is the most hostile payload there is: anybody can send one, and libraries for mail forgive little. So only the
beginning is parsed, how deep parts may be nested is known before, and headers longer than any real one are not looked
at.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Final

import re2
from attrs import evolve

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import moment, well_formed
from .ticket_fields import Said, label, own_words, plain_text, ticket_draft

__all__ = ["NORMALISER"]

_LARGEST: Final = 1_000_000
"""Bytes that are parsed: the text of a mail stands before its attachments."""
_NESTED: Final = 10
"""Parts that may hold others; parsing takes a step of recursion for each."""
_LONGEST_HEADER: Final = 2_000
_HEADERS: Final = 2_000
"""Lines of all headers together."""
_BOUNDARIES: Final = 500
_CONTAINER: Final = re2.compile(r"(?i)content-type:\s*(?:multipart|message)/")
_MESSAGE_ID: Final = re2.compile(r"<([^<>\s]{3,300})>")
_REPLY: Final = re2.compile(r"(?i)^\s*(?:(?:re|aw|sv|antw|fwd?|wg|tr|rif|odp)\s*(?:\[\d+\])?\s*:\s*)+")
_HEADS: Final = re2.compile(r"^(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){3,}")
_KNOWN: Final = re2.compile(
    r"(?im)^(?:from|to|subject|date|message-id|mime-version|received|return-path|delivered-to):"
)
_NO_YEAR: Final = re2.compile(r"(?:^|\s)0\d{3}(?:\s|$)")
"""The library takes the year 0001, which means none, for 2001."""
_MACHINE: Final = re2.compile(r"(?i)^(?:mailer-daemon|postmaster|no-?_?reply|do-?not-?reply|bounces?)(?:[+-][^@]*)?@")


def _raw(mail: EmailMessage, name: str) -> str | None:
    found = next((well_formed(str(v)) for n, v in mail.raw_items() if n.lower() == name.lower()), None)
    return found if found is not None and len(found) <= _LONGEST_HEADER else None


def _header(mail: EmailMessage, name: str) -> str | None:
    """Return a header as one decoded line; one that is overlong or that the parser cannot read is none."""
    if _raw(mail, name) is None:
        return None
    try:
        return " ".join(well_formed(str(mail[name])).split()) or None
    except Exception:
        # The parser of headers is known to stop with errors of many kinds on what no program writes.
        return None


def _sender(mail: EmailMessage) -> str | None:
    for name in ("From", "Reply-To", "Sender"):
        told = _header(mail, name)
        if told and "@" in told:
            # The last words with an at sign: display names hold anything, other addresses included.
            return next((w.strip("<>,;\"'()") for w in reversed(told.split()) if "@" in w), None)
    return None


def _is_automatic(mail: EmailMessage, sender: str | None) -> bool:
    # A header of a mailing list says nothing: many a support address is one.
    return (
        (_header(mail, "Auto-Submitted") or "no").lower() != "no"
        or (_header(mail, "Precedence") or "").lower() in ("bulk", "junk", "auto_reply")
        or any(_header(mail, name) for name in ("X-Autoreply", "X-Autorespond"))
        or (sender is not None and _MACHINE.match(sender) is not None)
        or mail.get_content_type() == "multipart/report"
    )


def _body(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(preferencelist=("plain", "html"))
    except Exception:
        return ""
    if part is None or part.is_multipart():
        return ""
    try:
        content = part.get_content()
    except Exception:
        # Unknown charsets and encodings: letters without accents are the same in nearly all of them.
        payload = part.get_payload(decode=True)
        content = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    return own_words(plain_text(content))


def _sent(mail: EmailMessage) -> tuple[datetime | None, bool]:
    """Return the time in the header, and whether it says nothing about its zone."""
    told = _raw(mail, "Date")
    if told is None or _NO_YEAR.search(told):
        return None, False
    try:
        found = getattr(mail["Date"], "datetime", None)
        if not isinstance(found, datetime):
            return None, False
        zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return moment(zoned.astimezone(UTC).isoformat()), found.tzinfo is None
    except Exception:
        return None, False


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    raw = envelope.exact_bytes()
    if raw is None:
        raise InputError(f"expected a mail as text, got {type(envelope.body).__name__}")
    text = raw[:_LARGEST].decode("latin-1").replace("\r\n", "\n")
    if not _is_mail(text):
        raise InputError("expected a mail that begins with at least three headers, got something else")
    if text.partition("\n\n")[0].count("\n") > _HEADERS:
        raise InputError(f"expected a mail of at most {_HEADERS} lines of headers, got more")
    containers = sum(1 for _ in itertools.islice(_CONTAINER.finditer(text), _NESTED + 1))
    if containers > _NESTED:
        raise InputError(f"expected a mail of at most {_NESTED} parts that hold others, got more")
    if containers and text.count("\n--") > _BOUNDARIES:
        raise InputError(f"expected a mail of at most {_BOUNDARIES} parts, got more")
    parsed = BytesParser(policy=policy.default).parsebytes(raw[:_LARGEST].removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(parsed, EmailMessage):
        raise InputError("expected a mail, got something else")
    yield _draft(parsed, raw, scope)


def _draft(mail: EmailMessage, raw: bytes, scope: Scope) -> Draft:
    own = _MESSAGE_ID.search(_header(mail, "Message-ID") or "")
    earlier = [m for name in ("References", "In-Reply-To") for m in _MESSAGE_ID.findall(_header(mail, name) or "")]
    # Without an id a mail is known by its bytes; a thread by the mail that it began with.
    message = str(own.group(1)) if own else hashlib.sha256(raw).hexdigest()
    thread = str(earlier[0]) if earlier else message
    sender = _sender(mail)
    automatic = _is_automatic(mail, sender)
    subject = _header(mail, "Subject") or ""
    reply = bool(earlier) or _REPLY.match(subject) is not None
    title = None if reply else subject
    text = plain_text(title, _body(mail))
    when, zoneless = _sent(mail)
    draft = ticket_draft(
        scope,
        ticket=thread,
        topic="ticket.comment_added" if reply else "ticket.created",
        raw_topic="mail",
        at=when.isoformat() if when else None,
        said=Said(text=text, title=title, author="system" if automatic else "unknown"),
        dedup=("mail", message),
        requester=sender,
        priority=label(_header(mail, "Importance") or _header(mail, "Priority")),
        channel="email",
        attrs={"time_zone": "unknown" if zoneless else None},
    )
    return _by_pseudonym(draft, thread, message)


def _by_pseudonym(draft: Draft, thread: str, message: str) -> Draft:
    """Return the draft with its ids as pseudonyms: those of mails name hosts and, often, people."""
    return evolve(draft, resource=None, ids={}, people={**draft.people, "ticket_id": thread, "message_id": message})


def _is_mail(text: str) -> bool:
    head = text[:20_000].removeprefix("\ufeff").removeprefix("ï»¿").replace("\r\n", "\n")
    match = _HEADS.match(head)
    return match is not None and len({m.lower() for m in _KNOWN.findall(str(match.group()))}) >= 2


NORMALISER: Final = Normaliser(
    kind="ticket_eml",
    provider="mail",
    source_kind="ticket",
    version=3,
    read=_read,
    aliases=("eml", "mail"),
    fits_text=_is_mail,
    many=True,
)
