"""
What tickets of every help desk have in common: who wrote, whose words count, and what may pass.

A vendor's file says where its payload keeps things; what becomes of them is said here, once.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Final, Literal

import re2
from attrs import frozen

from ..classify import classify
from .drafts import Draft, Scope
from .hints import severity_hint
from .intents import features_of, language_of
from .parsing import exact_id, moment, well_formed, word
from .questions import step_of
from .resemblance import bands_of

__all__ = [
    "Author",
    "Said",
    "account_in",
    "author_of",
    "label",
    "newest",
    "own_words",
    "person_of",
    "plain_text",
    "ticket_draft",
    "zone_of",
]

Author = Literal["end_user", "agent", "system", "unknown"]

_AUTHORS: Final[Mapping[str, Author]] = {
    **dict.fromkeys(("system", "bot", "automation", "trigger", "app", "answer_bot", "business", "rule", "macro", "api",
                     "reminder", "workflow", "ai_agent", "operator"), "system"),
    **dict.fromkeys(("end_user", "end-user", "user", "customer", "enduser", "shopper", "merchant", "requester", "lead",
                     "contact", "visitor", "client", "reporter"), "end_user"),
    **dict.fromkeys(("agent", "admin", "staff", "light_agent", "teammate", "team", "employee", "support"), "agent"),
}  # fmt: skip

_LONGEST: Final = 100_000
"""Characters of one text that are looked at; what a customer says stands at its beginning."""
_LINES: Final = 2_000
_HOST: Final = re2.compile(r"(?i)^https?://([a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?)(?::\d{1,5})?(?:[/?#]|$)")
_ZONED: Final = re2.compile(r"(?i)(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?(?::?\d\d)?)$")

_MARKUP: Final = re2.compile(r"<[A-Za-z/!]")
_UNSEEN: Final = re2.compile(
    r"(?is)<script\b[^>]*>.*?</script\s*>|<style\b[^>]*>.*?</style\s*>|<head\b[^>]*>.*?</head\s*>|<!--.*?-->"
    r"|<blockquote\b[^>]*>.*?</blockquote\s*>|<div\b[^>]*\b(?:gmail_quote|gorgias_quote|yahoo_quoted)\b.*$"
)
_BREAK: Final = re2.compile(r"(?i)</?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|blockquote|hr)\b[^>]*>")
_TAG: Final = re2.compile(r"</?[A-Za-z!?][^<>]*>")
_HUGE_REFERENCE: Final = re2.compile(r"(?i)&#x?[0-9a-f]{8,};?")

_REPLY_HEAD: Final = re2.compile(
    r"(?i)^\s*(?:"
    r"(?:on|am|le|el|il|op|em|den)\b.{0,300}\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|escreveu"
    r"|skrev)\b.{0,200}:"
    r"|-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht"
    r"|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht|reply above this line)\b.*"
    r"|##-.*-##|_{8,}"
    r")\s*$"
)
_HEADER: Final = re2.compile(r"(?i)^\s*\*?(?:from|von|de|da|van|från)\s?:\*?\s")
_SECOND_HEADER: Final = re2.compile(
    r"(?i)^\s*\*?(?:sent|gesendet|envoyé|enviado|inviato|verzonden|date|datum|data|to|an|à|para|aan)\s?:"
)
_BEGINS_REPLY: Final = re2.compile(r"(?i)^\s*(?:on|am|le|el|il|op|em|den)\b.{4,}")


def author_of(*told: object) -> Author:
    """Return who wrote, by the first word that says so; words of help desks are known, others say nothing."""
    for value in told:
        found = _AUTHORS.get(value.strip().lower()) if isinstance(value, str) else None
        if found is not None:
            return found
    return "unknown"


def person_of(value: Any) -> str | None:
    """Return what a person is told by, in any of the forms that help desks use; it has to become a pseudonym."""
    if isinstance(value, Mapping):
        names = ("id", "email", "handle", "address", "name")
        return next((found for name in names if (found := exact_id(value.get(name)))), None)
    return exact_id(value)


def account_in(address: object, domain: str | None = None) -> str | None:
    """Return the host of an address, or, where a vendor's domain is given, the name of the account before it."""
    match = _HOST.match(address.strip()) if isinstance(address, str) else None
    if match is None:
        return None
    host = str(match.group(1)).lower()
    if domain is None:
        return host
    account = host.removesuffix(f".{domain}")
    return account if account != host and "." not in account else None


def label(value: object) -> str | None:
    """Return a word that people choose from a list, such as a channel or a priority, or None for a longer text."""
    found = word(value)
    plain = found is not None and len(found) <= 40 and all(c.isalnum() or c in " _./-" for c in found)
    return found if plain else None


def zone_of(value: object) -> str | None:
    """Return ``unknown`` for a time in words that names no zone and was taken as UTC, else None."""
    if not isinstance(value, str) or moment(value) is None:
        return None
    text = value.strip()
    return "unknown" if "-" in text and not _ZONED.search(text[10:]) else None


def newest(*values: Any) -> Any:
    """Return that of several values which names the latest time, or None."""
    known = [(when, place) for place, value in enumerate(values) if (when := moment(value)) is not None]
    return values[max(known)[1]] if known else None


def plain_text(*parts: Any) -> str:
    """
    Return texts as one, a line each, without markup, scripts and what is quoted as such in HTML.

    What is no string is left out; of each at most 100,000 characters are read.
    """
    return "\n".join(_plain(well_formed(part[:_LONGEST])) for part in parts if isinstance(part, str) and part.strip())


def _plain(text: str) -> str:
    if not _MARKUP.search(text):
        return text
    text = _BREAK.sub("\n", _UNSEEN.sub("\n", text))
    # The standard library refuses numbers of thousands of digits with an error.
    return html.unescape(_HUGE_REFERENCE.sub("", _TAG.sub("", text))).strip()


def own_words(text: str) -> str:
    """Return a message without what it quotes: lines after ``>``, and all behind the head of a reply or ``-- ``."""
    kept: list[str] = []
    lines = text[:_LONGEST].splitlines()[:_LINES]
    for place, line in enumerate(lines):
        if line in ("-- ", "--") or _quotes(line, lines[place + 1 : place + 5]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept).strip()


def _quotes(line: str, following: list[str]) -> bool:
    line = line[:600]
    if _REPLY_HEAD.match(line):
        return True
    if _HEADER.match(line):
        return any(_SECOND_HEADER.match(other[:600]) for other in following)
    # Mail programs break the head of a reply where a line gets long.
    return bool(following and _BEGINS_REPLY.match(line) and _REPLY_HEAD.match(f"{line} {following[0][:600].strip()}"))


@frozen(kw_only=True)
class Said:
    """
    What an event adds to a ticket in words, and whose they are.

    Attributes:
        text: Without markup; empty where the event brings no new words.
        title: The title that the text begins with, as the sender wrote it; None where it has none.
        author: Who wrote it.
        private: Whether only the help desk's own people see it.
    """

    text: str = ""
    title: Any = None
    author: Author = "unknown"
    private: bool = False

    @property
    def heard(self) -> str:
        """The words that may be evidence: a customer's, or those of nobody knows whom."""
        return self.text if self.author in ("end_user", "unknown") and not self.private else ""


def ticket_draft(
    scope: Scope,
    *,
    ticket: str,
    topic: str,
    said: Said,
    dedup: tuple[Any, ...],
    raw_topic: str | None = None,
    merchant: str | None = None,
    at: Any = None,
    ids: Mapping[str, str | None] | None = None,
    requester: str | None = None,
    priority: object = None,
    state: str | None = None,
    channel: object = None,
    language: object = None,
    tags: Any = None,
    attrs: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> Draft:
    """
    Return the draft of one event of a ticket.

    Args:
        at: When it happened, as the sender wrote it.
        requester: Who asks for help, by any id that stays the same; it becomes a pseudonym.
        priority: The sender's word; it gives the hint too.
        tags: As the sender keeps them; only those pass that the endpoint allows.
    """
    told = word(language)
    tag = told[:2].lower() if told and told[:2].isalpha() else language_of(said.heard)
    labels, confidence = _label(said)
    features = features_of(said.heard) if said.heard else frozenset()
    step = step_of(said.heard) if "intent.how_to" in features else None
    return Draft(
        kind="ticket",
        topic=topic,
        raw_topic=raw_topic,
        merchant=merchant,
        occurred_at=moment(at),
        dedup=dedup,
        resource=("ticket", ticket),
        ids={"ticket_id": ticket, "cluster": step, **(ids or {})},
        people={"requester": requester},
        # A note among colleagues leaves nothing behind, not even by pseudonym. One text comes broken into lines in many
        # ways, as title and body, by mail and by webhook, and is the same all the same.
        sealed={} if said.private else {"text_ref": " ".join(said.text.split()) or None, **bands_of(said.heard)},
        hint=severity_hint(priority),
        state=state,
        metrics={"label_confidence": confidence, **(metrics or {})},
        attrs={
            "author": said.author,
            "actionable": said.author != "system",
            "private": said.private or None,
            "channel": label(channel),
            "language": tag,
            "priority": label(priority),
            "tags": _allowed(tags, scope.endpoint.tags_allowed),
            "time_zone": zone_of(at),
            **labels,
            **(attrs or {}),
        },
        features=features,
    )


def _label(said: Said) -> tuple[dict[str, Any], int | None]:
    """Return what support would call a ticket by its words, and how often such a label is right, in thousandths."""
    heard = said.heard
    if not heard:
        return {}, None
    title = plain_text(said.title).strip()
    # What it begins with is its title only where nothing was cut off before.
    titled = title if heard.startswith(title) else ""
    # Its language is told by its words: help desks set that of the account for every ticket.
    found = classify(titled, heard.removeprefix(titled))
    labels = {
        "label_category": found.category,
        "label_severity": found.severity,
        "label_customer_facing": found.customer_facing,
    }
    return labels, found.confidence


def _allowed(tags: Any, allowed: tuple[str, ...]) -> list[str] | None:
    if isinstance(tags, Mapping):
        tags = tags.get("tags") if "tags" in tags else tags.get("data")
    if isinstance(tags, str):
        tags = [part.strip() for part in tags[:2000].split(",")]
    if not isinstance(tags, list):
        return None
    names = (tag.get("name") if isinstance(tag, Mapping) else tag for tag in tags[:200])
    return [name for name in names if isinstance(name, str) and name in allowed] or None
