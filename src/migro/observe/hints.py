"""The sender's own idea of severity, in five words."""

from __future__ import annotations

from typing import Final

from ..models.scales import Hint

__all__ = ["severity_hint"]

_HINTS: Final[dict[Hint, str]] = {
    "critical": "critical fatal emergency emerg alert p1 p0 sev1 sev0 s1 page disaster blocker urgent major_outage",
    "high": "high error err p2 sev2 s2 major severe",
    "medium": "medium warning warn p3 sev3 s3 normal average moderate",
    "low": "low p4 p5 sev4 sev5 s4 minor notice trivial",
    "info": "info information informational debug ok okay recovery recovered none sample",
}
_BY_WORD: Final[dict[str, Hint]] = {word: hint for hint, words in _HINTS.items() for word in words.split()}


def severity_hint(word: object) -> Hint | None:
    """Return the hint for a sender's word such as ``warning`` or ``P2``; None where none was given or is known."""
    return _BY_WORD.get(word.strip().lower()) if isinstance(word, str) else None
