"""
What a letter asks how to do, as one of few names: a step that is documented and works differently in a headless shop.

Letters to several shops then count as one question, whatever their words; the text itself never leaves this module.
"""

from __future__ import annotations

from typing import Final

import re2

from ..expressions.patterns import compile_pattern

__all__ = ["asked_anew", "step_of"]

_STEPS: Final = {
    "password_reset": r"\b(re)?set\w*\b[^.!?\n]{0,30}\bpasswords?\b|\bpasswords?\b[^.!?\n]{0,30}\breset\w*|passwort",
    "checkout_domain": (
        r"\bcheck-?\s?out\b[^.!?\n]{0,30}\b(domain|sub-?domain|url|address|host ?name)\b"
        r"|\b(domain|sub-?domain|url|host ?name)\b[^.!?\n]{0,30}\bcheck-?\s?out\b"
    ),
    "dns": r"\b(dns|nameservers?|cname|a[- ]records?|(sub-?)?domains?)\b",
    "redirects": r"\bredirect\w*|\b301s?\b|\bweiterleitung\w*",
    "webhooks": r"\bweb-?hooks?\b",
    "api_access": r"\b(api|access) (keys?|tokens?|scopes?|credentials?|access)\b|\bstorefront token\b",
    "theme_editor": (
        r"\btheme (editor|settings?|customi[sz]er)\b|\b(edit|change|customi[sz]e|find|open)\b[^.!?\n]{0,20}\bthemes?\b"
        r"|\bliquid\b"
    ),
    "content_editing": (
        r"\b(edit|change|update|publish|translate|replace)\b[^.!?\n]{0,30}"
        r"\b(content|texts?|pages?|blog|banners?|images?|menus?|navigation|home ?page|start ?page|footer|header)\b"
    ),
    "preview": r"\bpreviews?\b|\bdrafts?\b",
    "apps": r"\b(install|add|connect|use|set ?up)\b[^.!?\n]{0,25}\b(apps?|plug-?ins?|extensions?|widgets?)\b",
    "tracking": (
        r"\b(add|install|connect|set ?up|integrate|use)\b[^.!?\n]{0,30}"
        r"\b(pixels?|analytics|gtm|tag manager|ga4|tracking (code|script|id))\b"
    ),
    "deployment": r"\b(deploy\w*|roll ?back|release|build)\b",
    "mail_templates": r"\b(mail|e-?mail|notification)s?\b[^.!?\n]{0,20}\btemplates?\b",
}
"""By name, the most specific first."""

_COMPILED: Final = {name: compile_pattern(f"(?i){pattern}") for name, pattern in _STEPS.items()}

_ASKS: Final = compile_pattern(
    r"(?i)\b(how (do|can|to|should|would)|where (do|can|is|are|to)|is (it|there) (possible|a way)"
    r"|what is the (best|right|correct) way|any (example|guide|tutorial))\b|\bwie kann ich\b"
)
_SENTENCE: Final = re2.compile(r"[.!?\n]+(?:\s|$)")

_PREFIX: Final = (
    r"(re|aw|antw|antwort|sv|vs|fw|fwd|wg|tr|rv|res|ref|odp|r|auto|auto ?-?(reply|response|matic reply|matic response)"
    r"|out of( the)? office( reply| auto-?reply)?|ooo|abwesenheits\w*|abwesend|automatische antwort"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica|automatisch antwoord)"
)
_REPLIES: Final = re2.compile(rf"(?i)^\s*\[?{_PREFIX}\]?\s*([\[(]\d{{1,3}}[\])])?\s*[:：]")
_AUTOMATIC: Final = re2.compile(
    r"(?i)\b(this is an auto(mated|matic)?[- ]?(reply|response|message|e-?mail|answer)"
    r"|i am (currently |now )?(out of( the)? office|on (vacation|holiday|leave)|away from (the|my) (office|desk))"
    r"|i.m (currently )?(out of( the)? office|on (vacation|holiday|leave))"
    r"|automatische (antwort|nachricht)|nicht im b[üu]ro)\b"
)


def asked_anew(text: str) -> str:
    """
    Return those of a letter's words in which it may ask something: without a subject that only repeats another's.

    Nothing of what nobody wrote: an automatic reply asks nothing.

    Args:
        text: The subject, if there is one, in the first line.
    """
    if _AUTOMATIC.search(text):
        return ""
    first, _, rest = text.partition("\n")
    return rest if _REPLIES.search(first) else text


def step_of(text: str) -> str | None:
    """Return which documented step a letter asks about, by its questions; None where it asks about none of these."""
    questions = "\n".join(s for s in _SENTENCE.split(asked_anew(text)) if _ASKS.found_in(s))
    return next((name for name, pattern in _COMPILED.items() if questions and pattern.found_in(questions)), None)
