"""The sender's own idea of severity, in five words, and what tells that something is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import re2

from ..models.scales import Hint

__all__ = ["CLOUDWATCH", "STATUS_PAGE", "eased", "priority_hint", "recovered", "severity_hint"]

_HINTS: Final[dict[Hint, str]] = {
    "critical": "critical fatal emergency emerg alert p1 p0 sev1 sev0 s1 page disaster blocker urgent major_outage",
    "high": "high error err p2 sev2 s2 major severe",
    "medium": "medium warning warn p3 sev3 s3 normal average moderate",
    "low": "low p4 sev4 s4 minor notice trivial",
    "info": "info information informational debug ok okay recovery recovered success none sample p5 sev5 s5",
}


def _by_word(hints: Mapping[Hint, str]) -> Mapping[str, Hint]:
    return {word: hint for hint, words in hints.items() for word in words.split()}


_BY_WORD: Final = _by_word(_HINTS)

CLOUDWATCH: Final = _by_word({"high": "alarm", "low": "insufficient_data", "info": "ok"})
"""States of a CloudWatch alarm, which has no severity besides them."""

STATUS_PAGE: Final = _by_word(
    {
        "critical": "critical major_outage",
        "high": "major partial_outage",
        # On a status page "minor" is the word for something that customers feel; elsewhere it is less.
        "medium": "minor degraded_performance",
        "low": "maintenance under_maintenance",
        "info": "none operational",
    }
)
"""Impacts of incidents, indicators of pages and states of components; each component state has one of the impacts."""

_NUMBERED: Final = re2.compile(r"^(p|sev|s|severity|priority)[ _-]?([0-5])\b")
_OVER: Final = frozenset(
    "resolved resolve ok okay inactive recovered recovery closed close normal operational completed postmortem".split()
)


def severity_hint(word: object, table: Mapping[str, Hint] | None = None) -> Hint | None:
    """
    Return the hint for a sender's word such as ``warning`` or ``P2``; None where none was given or is known.

    Args:
        word: As sent; capitals and blanks around it mean nothing.
        table: Words that mean something else at this sender; they go first.
    """
    if not isinstance(word, str):
        return None
    text = word.strip().lower()
    if table is not None and text in table:
        return table[text]
    return _BY_WORD.get(text) or _numbered(text)


def _numbered(text: str) -> Hint | None:
    # "Sev-1" and "P2 - High" are how people name the priorities of their own account.
    match = _NUMBERED.match(text)
    return _BY_WORD[f"p{match.group(2)}"] if match is not None else None


def priority_hint(value: object) -> Hint | None:
    """Return the hint for a priority of one to five, as ``P2``, ``2`` or a word; one is the worst."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and value.strip() in ("1", "2", "3", "4", "5"):
        value = f"p{value.strip()}"
    return severity_hint(value)


def recovered(word: object) -> bool:
    """Return whether a state such as ``resolved`` or ``OK`` says that it is over, whatever severity is still tagged."""
    return isinstance(word, str) and word.strip().lower() in _OVER


def eased(hint: Hint | None, *, over: bool) -> Hint | None:
    """Return the hint of something that may be over: then no priority that it still carries is meant."""
    return "info" if over and hint is not None else hint
