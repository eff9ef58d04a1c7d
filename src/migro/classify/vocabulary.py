"""
What single words are worth besides the phrases: many small points, each shown like any other.

Phrases say what people who know a desk would look for. Words say what else tickets for it were found to be made of,
most of which nobody would have thought of.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Any, Final

import attrs

from ..errors import RuleDefinitionError
from .ticket import CATEGORIES, Category, Where

__all__ = ["Vocabulary", "shares_of", "stem_of"]

_Row = tuple[Category, int, Where, str]
_Rows = tuple[str, tuple[tuple[_Row, ...], tuple[_Row, ...], tuple[_Row, ...]]]

_PLACES: Final[tuple[tuple[Where, int], ...]] = (("title", 4), ("body", 2), ("technical", 1))
"""Where a word stands, and how often half of its points count there."""

_SHORT: Final = 4
"""Square root of the number of known words from which on each counts for less: long texts say no more than short ones."""

_MOST_KNOWN: Final = 50_000
_KNOWN: Final = frozenset(CATEGORIES)
_ENDINGS: Final = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""))
_SHORTEST: Final = 3


def stem_of(word: str) -> str:
    """
    Return an English word without what its number or tense added, roughly; other words keep what does not look so.

    >>> [stem_of(word) for word in ("shipped", "ships", "shipping", "queries", "query", "class")]
    ['ship', 'ship', 'ship', 'query', 'query', 'class']
    """
    if not word.endswith("ss"):
        for ending, instead in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
                word = word[: len(word) - len(ending)] + instead
                if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] not in "sl":
                    word = word[:-1]
                break
    return word[:-1] if len(word) > _SHORTEST + 1 and word.endswith("e") else word


@attrs.frozen
class Vocabulary:
    """
    Points of the words of a language.

    Attributes:
        points: By stem, what a word in the text of a ticket is worth for each category that it says anything about.
        source: How they were found, and in what.

    Raises:
        RuleDefinitionError: If there are points for what is no category.
    """

    points: Mapping[str, Mapping[Category, int]]
    source: str = ""
    _read: dict[str, _Rows | None] = attrs.field(factory=dict, init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        wrong = [f"{c!r} for {stem!r}" for stem, worth in self.points.items() for c in worth if c not in _KNOWN]
        if wrong:
            got = f"expected categories, got {wrong[0]} and {len(wrong) - 1} more"
            raise RuleDefinitionError(f"{got} - at vocabulary {self.source!r}")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Vocabulary:
        """Return what a JSON document describes."""
        return cls(points=document["points"], source=str(document["source"]))

    def read(self, *places: Sequence[str | None]) -> list[_Row]:
        """
        Return what the words of a ticket are worth, as category, points, where and word.

        A word counts once, where it weighs most.

        Args:
            places: Words of its title, of what is said in its text, and of what a machine wrote there.
        """
        found: dict[str, tuple[_Row, ...]] = {}
        known = self._read
        for place, words in enumerate(places):
            for word in dict.fromkeys(words):
                rows = known[word] if word in known else self._learn(word)
                if rows is not None and rows[0] not in found:
                    found[rows[0]] = rows[1][place]
        share = max(_SHORT, isqrt(len(found)))
        if share == _SHORT:
            return [row for rows in found.values() for row in rows]
        return [
            (category, _rounded(points * _SHORT, share), where, word)
            for rows in found.values()
            for category, points, where, word in rows
        ]

    def _learn(self, word: str | None) -> _Rows | None:
        if word is None:
            return None
        if len(self._read) >= _MOST_KNOWN:
            # Words of hostile texts never come again; forgetting all is as good as any choice.
            self._read.clear()
        stem = stem_of(word)
        worth = self.points.get(stem)
        rows: _Rows | None = None
        if worth is not None:
            first, second, third = (
                tuple((category, _rounded(points * weight, 2), where, f"{stem}*") for category, points in worth.items())
                for where, weight in _PLACES
            )
            rows = stem, (first, second, third)
        self._read[word] = rows
        return rows


def shares_of(places: Sequence[Sequence[str | None]], known: Container[str]) -> dict[str, Fraction]:
    """
    Return how much each known word of a ticket counts, by stem: what `Vocabulary.read` multiplies its points with.

    Args:
        places: As there.
        known: Stems that have points, or may get some.
    """
    found: dict[str, int] = {}
    for (_, weight), words in zip(_PLACES, places, strict=True):
        for word in words:
            stem = stem_of(word) if word else ""
            if stem in known:
                found.setdefault(stem, weight)
    share = max(_SHORT, isqrt(len(found)))
    return {stem: Fraction(weight * _SHORT, 2 * share) for stem, weight in found.items()}


def _rounded(points: int, share: int) -> int:
    return (2 * points + share) // (2 * share)
