"""
Text as words, fast: what `migro.lexicons` calls a word and a clause, without the places of words.

Identifiers are taken apart as well: in a ticket ``quantityAvailable`` says "quantity available".
"""

from __future__ import annotations

import re
from typing import Final

from ..lexicons.words import split_words

__all__ = ["words_of"]

_TOKEN: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*|[^a-z0-9]{2,}|[^a-z0-9 ]")
"""A word, or what stands between two words unless it is a single space."""

_HUMP: Final = re.compile("[a-z][A-Z]")
_HUMPED: Final = re.compile(r"\b[A-Z]{0,60}[a-z]{1,60}[A-Z][A-Za-z]{0,60}")
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENDS: Final = re.compile(r"[.,:;!?()\[\]{}|<>]|\n[^\S\n]*\n|\s[-*]+\s")
_MOST_IDENTIFIERS: Final = 200
_MOST_KNOWN: Final = 50_000

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
        for word in _HUMPED.findall(text)[:_MOST_IDENTIFIERS]:
            words += [None, *(part.lower() for part in _PART.findall(word))]
    return words


def _ascii(text: str) -> list[str | None]:
    words = [word for word in map(_READ, _TOKEN.findall(text.replace("`", "'").lower())) if word != ""]
    # What stands before the first word ends no clause.
    return words[1:] if words and words[0] is None else words


def _any(text: str) -> list[str | None]:
    words: list[str | None] = []
    for line in split_words(text).stream.decode().splitlines():
        words += [*line.split(), None]
    return words


def _ends_clause(gap: str) -> bool:
    # Between two words one of these alone, without a space, ends nothing: 3.5, shop.example, 10:30.
    return gap in ";!?()[]{}|<>" if len(gap) == 1 else bool(_ENDS.search(gap))


class _Read(dict[str, str | None]):
    """What tokens stand for, as far as they have been read: a word for itself, None for an end, else nothing."""

    def __missing__(self, token: str) -> str | None:
        if len(self) >= _MOST_KNOWN:
            # Words of hostile texts never come again; forgetting all is as good as any choice.
            self.clear()
        word = token[0].isalnum()
        found = self[token] = token if word else None if _ends_clause(token) else ""
        return found


_READ: Final = _Read().__getitem__
