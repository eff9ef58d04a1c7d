"""
What single words are worth besides the phrases: many small points, each shown like any other.

Phrases say what people who know a desk would look for. Words say what else tickets for it were found to be made of,
most of which nobody would have thought of.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import Any, Final

import attrs

from ..errors import RuleDefinitionError
from .ticket import CATEGORIES, Category, Where, Worth

__all__ = ["Vocabulary", "shares_of", "stem_of", "sums_of"]

_PLACES: Final[tuple[tuple[Where, int], ...]] = (("title", 4), ("body", 2), ("technical", 1))
"""Where a word stands, and how often half of its points count there."""

_SHORT: Final = 4
"""Square root of the number of known words from which on each counts for less: a long text says no more."""

_FEW: Final = _SHORT * _SHORT
"""Known words below which each counts for less: what a handful of small points adds up to is chance."""

_WIDTH: Final = 32
"""Bits of one category in the points of all as one number: adding ten at once is much faster than one by one."""

_HALF: Final = 1 << (_WIDTH - 1)
_BIAS: Final = sum(_HALF << _WIDTH * at for at in range(len(CATEGORIES)))
_APART: Final = struct.Struct(f"<{len(CATEGORIES)}I").unpack
_BYTES: Final = _WIDTH // 8 * len(CATEGORIES)
_MOST_KNOWN: Final = 50_000
_KNOWN: Final = frozenset(CATEGORIES)
_ENDINGS: Final = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""))
_SHORTEST: Final = 3


def stem_of(word: str) -> str:
    """
    Return an English word without what its number or tense added, roughly; other words keep what does not look so.

    >>> print(*map(stem_of, ("shipped", "ships", "shipping", "queries", "query", "class")))
    ship ship ship query query class
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
    _stems: _Stems = attrs.field(
        default=attrs.Factory(lambda made: _Stems(made.points), takes_self=True), init=False, repr=False, eq=False
    )
    _worth: dict[Fraction, tuple[dict[str | None, Worth], ...]] = attrs.field(
        factory=dict, init=False, repr=False, eq=False
    )

    def __attrs_post_init__(self) -> None:
        wrong = [f"{c!r} for {stem!r}" for stem, worth in self.points.items() for c in worth if c not in _KNOWN]
        if wrong:
            got = f"expected categories, got {wrong[0]} and {len(wrong) - 1} more"
            raise RuleDefinitionError(f"{got} - at vocabulary {self.source!r}")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Vocabulary:
        """Return what a JSON document describes."""
        return cls(points=document["points"], source=str(document["source"]))

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"source": self.source, "points": {stem: dict(worth) for stem, worth in self.points.items()}}

    def read(self, *places: Sequence[str | None]) -> list[Worth]:
        """
        Return what the words of a ticket are worth.

        A word counts once, where it weighs most.

        Args:
            places: Words of its title, of what is said in its text, and of what a machine wrote there.
        """
        stems = self._stems.__getitem__
        found: dict[str | None, int] = {None: 0}
        for place in range(len(places) - 1, -1, -1):
            found.update(dict.fromkeys(map(stems, places[place]), place))
        del found[None]
        share = _share(len(found))
        known = self._worth.get(share)
        if known is None:
            known = self._worth[share] = ({}, {}, {})
        return [known[at].get(stem) or self._weigh(stem, at, share) for stem, at in found.items()]

    def _weigh(self, stem: str | None, place: int, share: Fraction) -> Worth:
        if stem is None:
            return Worth((), 0)
        where, weight = _PLACES[place]
        worth: dict[Category, int] = {
            c: _rounded(points * weight * share.numerator, 2 * share.denominator)
            for c, points in self.points[stem].items()
        }
        rows: tuple[tuple[Category, int, Where, str], ...] = tuple(
            (category, points, where, f"{stem}*") for category, points in worth.items() if points
        )
        packed = sum(points << _WIDTH * CATEGORIES.index(category) for category, points in worth.items())
        found = self._worth[share][place][stem] = Worth(rows, packed)
        return found


def sums_of(words: Iterable[Worth]) -> list[int]:
    """Return what words are worth together for each category, in the order of `CATEGORIES`."""
    total = sum([word.packed for word in words]) + _BIAS
    return [one - _HALF for one in _APART(total.to_bytes(_BYTES, "little"))]


class _Stems(dict[str | None, str | None]):
    """Stems of words that have been read, as far as they are worth anything."""

    def __init__(self, known: Container[str]) -> None:
        super().__init__({None: None})
        self._worth = known

    def __missing__(self, word: str) -> str | None:
        if len(self) >= _MOST_KNOWN:
            # Words of hostile texts never come again; forgetting all is as good as any choice.
            self.clear()
            self[None] = None
        stem = stem_of(word)
        found = self[word] = stem if stem in self._worth else None
        return found


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
    share = _share(len(found)) / 2
    return {stem: weight * share for stem, weight in found.items()}


@cache
def _share(many: int) -> Fraction:
    """Return what part of its points each of so many known words counts with: most in texts of a few sentences."""
    return Fraction(many, _FEW) if many < _FEW else Fraction(_SHORT, isqrt(many))


def _rounded(points: int, share: int) -> int:
    return (2 * points + share) // (2 * share)
