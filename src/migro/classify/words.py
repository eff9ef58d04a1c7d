"""
Text as words, fast: what `migro.lexicons` calls a word and a clause, without the places of words.

Identifiers are taken apart as well: in a ticket ``quantityAvailable`` says "quantity available".
"""

from __future__ import annotations

import re
from typing import Final

from ..lexicons.words import split_words

__all__ = ["words_of"]

_WORD: Final = re.compile(r"([a-z0-9]+(?:'[a-z0-9]+)*)([^a-z0-9]*)")
_HUMP: Final = re.compile("[a-z][A-Z]")
_HUMPED: Final = re.compile(r"\b[A-Za-z]{1,60}")
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENDS: Final = re.compile(r"[.,:;!?()\[\]{}|<>]|\n[^\S\n]*\n|\s[-*]+\s")
_MOST_IDENTIFIERS: Final = 200

# What mail programs and phones put for plain signs; folding them first keeps most texts on the fast way.
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚ʹʼ′´`", "'"),
        **dict.fromkeys("“”„«»″", '"'),
        **dict.fromkeys("‐‑", "-"),
        **dict.fromkeys("‒–—―•·→⇒…✔✅❌▶►●", "."),
        **dict.fromkeys("\u00a0\u2009\u202f\u2007", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None),
    }
)


def words_of(text: str) -> list[str | None]:
    """
    Return the words of a text, folded, with None where a clause ends.

    The parts of identifiers follow, a clause each. Takes linear time.
    """
    if not text.isascii():
        text = text.translate(_PLAIN)
    words = _ascii(text) if text.isascii() else _any(text)
    if _HUMP.search(text):
        for word in [w for w in _HUMPED.findall(text) if _HUMP.search(w)][:_MOST_IDENTIFIERS]:
            words += [None, *(part.lower() for part in _PART.findall(word))]
    return words


def _ascii(text: str) -> list[str | None]:
    words: list[str | None] = []
    add = words.append
    for word, gap in _WORD.findall(text.replace("`", "'").lower()):
        add(word)
        if gap != " " and (_ENDING[gap] if gap in _ENDING else _ends_clause(gap)):
            add(None)
    return words


def _any(text: str) -> list[str | None]:
    words: list[str | None] = []
    for line in split_words(text).stream.decode().splitlines():
        words += [*line.split(), None]
    return words


def _ends_clause(gap: str) -> bool:
    # Between two words one of these alone, without a space, ends nothing: 3.5, shop.example, 10:30.
    return gap in ";!?()[]{}|<>" if len(gap) == 1 else bool(_ENDS.search(gap))


_ENDING: Final = {
    gap: _ends_clause(gap) for gap in ("", ".", ",", "-", "'", "/", "_", "\n", ". ", ", ", ": ", "? ", "! ")
}
"""What stands between words most often, known beforehand."""
