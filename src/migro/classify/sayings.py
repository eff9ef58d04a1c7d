"""What the phrases of a lexicon say of a ticket: points of every label by place, each phrase once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from ..lexicons import Lexicon
from ..lexicons.phrases import parse_phrase
from .phrasebook import Phrasebook
from .ticket import CATEGORIES, Where
from .words import words_of

__all__ = ["Parts", "Reader", "Row", "Sayings", "parts_of"]

_TITLE_WEIGHS: Final = 2
_TAG: Final = re.compile(r"\s*(?:\[[^\[\]]{1,40}\]|\([^()]{1,40}\)|[A-Za-z]{3,12}(?=:))\s*[:–-]?\s*")
_BUG_TAG: Final = re.compile(r"\s*[\[(]?\s*bug\b", re.IGNORECASE)
_A_FAULT: Final = 40
_LONGEST_QUESTION: Final = 300
_SENTENCE_ENDS: Final = ".!\n:;"
_DENIED: Final = 2
"""Words that a denial reaches: no double charges, no more double charges."""

_HOPED: Final = "nature.hoped"
_BAD: Final = ("nature.fault", "severity.critical", "severity.high")
_KNOWN: Final = frozenset(CATEGORIES)

Parts = tuple[list[str | None], list[str | None], list[str | None]]
"""Words of a title, of what is said in a text, and of what a machine wrote there."""

Row = tuple[str, int, Where, str]
"""What counted: label, points here, where, and the phrase or the rule."""


@attrs.frozen
class Sayings:
    """
    What phrases say of a ticket.

    Attributes:
        title: Points of each label in the title.
        body: Points of each label in the rest.
        all: Points of each label, those of the title double.
        counted: What counted.
        words: Words of its title, of what is said in its text, and of what a machine wrote there.
        evident: Whether any phrase speaks for a category.
        mended: Whether it tells that what was wrong is so no more, and of nothing else that is wrong.
    """

    title: Mapping[str, int]
    body: Mapping[str, int]
    all: Mapping[str, int]
    counted: Sequence[Row]
    words: tuple[Sequence[str | None], Sequence[str | None], Sequence[str | None]]
    evident: bool
    mended: bool = False

    def fault(self) -> bool:
        """Return whether it tells of a fault."""
        return bool(self.title.get("nature.fault") or self.body.get("nature.fault"))


class Reader:
    """
    A lexicon, ready to read tickets.

    Args:
        lexicon: Its phrases have to be words.

    Raises:
        RuleDefinitionError: If a phrase is a regular expression.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        # What only says that something is hoped for is looked at where something is told as mended, and never counts.
        hoped = [entry for entry in lexicon.entries if dict(entry.points).keys() == {_HOPED}]
        self._hoped = frozenset(word for entry in hoped for word in parse_phrase(entry.phrase).spellings)
        counting = [entry for entry in lexicon.entries if entry not in hoped]
        self.book = Phrasebook(attrs.evolve(lexicon, entries=counting) if hoped else lexicon)
        self._rows: list[tuple[Row, Row, Row]] = [
            (
                (said.label, said.points * _TITLE_WEIGHS, "title", said.phrase),
                (said.label, said.points, "body", said.phrase),
                (said.label, said.points // 2, "technical", said.phrase),
            )
            for said in self.book.sayings
        ]
        self._bad = self._numbers(*_BAD)
        self._grave = self._numbers("severity.critical")
        self._denied, self._mended = self._numbers("nature.denied"), self._numbers("nature.mended")
        self._undoing = self._denied | self._mended
        self._ends = frozenset(lexicon.ends)

    def _numbers(self, *labels: str) -> frozenset[int]:
        return frozenset(number for number, said in enumerate(self.book.sayings) if said.label in labels)

    def read(self, title: str, parts: Parts) -> Sayings:
        """
        Return what is said in a ticket. A phrase counts once, where it weighs most.

        Args:
            title: Its title.
            parts: Its words, as `parts_of` gives them.
        """
        words = [*parts[0], None]
        title_ends = len(words)
        if parts[1]:
            words += (*parts[1], None)
        body_ends = len(words)
        words += parts[2]
        found, undone = self._standing(self.book.places(words), words)
        best: dict[int, int] = {}
        for first, number in found:
            place = 0 if first < title_ends else 1 if first < body_ends else 2
            if best.get(number, 3) > place:
                best[number] = place
        rows = self._rows
        counted = [rows[number][place] for number, place in best.items()]
        in_title: dict[str, int] = {}
        in_body: dict[str, int] = {}
        everywhere: dict[str, int] = {}
        for label, points, where, _ in counted:
            everywhere[label] = everywhere.get(label, 0) + points
            if where == "title":
                in_title[label] = in_title.get(label, 0) + points // _TITLE_WEIGHS
            else:
                in_body[label] = in_body.get(label, 0) + points
        evident = any(points > 0 and label in _KNOWN for label, points in everywhere.items())
        if _BUG_TAG.match(title):
            in_title["nature.fault"] = in_title.get("nature.fault", 0) + _A_FAULT
            counted.append(("nature.fault", _A_FAULT * _TITLE_WEIGHS, "rule", "the title is tagged as a bug"))
        mended = undone and not in_title.get("nature.fault") and not in_body.get("nature.fault")
        return Sayings(in_title, in_body, everywhere, counted, parts, evident, mended)

    def _standing(
        self, found: list[tuple[int, int]], words: Sequence[str | None]
    ) -> tuple[list[tuple[int, int]], bool]:
        """Return what is said without faults that are denied or told as mended, and whether anything grave was."""
        undoing = [(first, number) for first, number in found if number in self._undoing]
        if not undoing:
            return found, False
        mended = [first for first, number in undoing if number in self._mended]
        denied = [first for first, number in undoing if number in self._denied]
        reached = {place for first in denied for place in range(first + 1, first + 1 + _DENIED)}
        told = False
        for first in mended:
            clause = self._clause(first, words)
            if self._hoped.isdisjoint(filter(None, words[clause.start : first])):
                told = True
                reached.update(clause)
        standing = [(first, number) for first, number in found if first not in reached or number not in self._bad]
        return standing, told or any(first in reached and number in self._grave for first, number in found)

    def _clause(self, place: int, words: Sequence[str | None]) -> range:
        begin = end = place
        while begin and words[begin - 1] is not None and words[begin - 1] not in self._ends:
            begin -= 1
        while end < len(words) and words[end] is not None and words[end] not in self._ends:
            end += 1
        return range(begin, end)


def parts_of(title: str, prose: str, technical: str) -> Parts:
    """Return the words of a ticket."""
    said = words_of(_asked(prose)) if prose else []
    return _title_words(title), said, words_of(technical) if technical else []


def _title_words(title: str) -> list[str | None]:
    """Return the words of a title, with words that stand for its beginning and end, the end of a tag and a question."""
    tag = _TAG.match(title)
    head, rest = (title[: tag.end()], title[tag.end() :]) if tag else ("", title)
    words = ["titlestart", *words_of(rest), "titleend"]
    if title.endswith("?"):
        words += [None, "questionmark"]
    # A tag is one phrase with its end, so its brackets part nothing.
    return [*filter(None, words_of(head)), "tagend", None, *words] if head else words


def _asked(prose: str) -> str:
    """Return what was said with a word that stands for the beginning of a question before each sentence that is one."""
    if "?" not in prose:
        return prose
    told: list[str] = []
    *asking, rest = prose.split("?")
    for piece in asking:
        first = max(piece.rfind(end, max(0, len(piece) - _LONGEST_QUESTION)) for end in _SENTENCE_ENDS) + 1
        told += (piece[:first], " ,asks ", piece[first:], "?")
    return "".join(told) + rest
