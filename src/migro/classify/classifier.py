"""Which desk a ticket is for, by adding up what its phrases are worth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from ..errors import RuleDefinitionError
from ..lexicons import Lexicon
from .calibration import Calibration, clarity
from .languages import language_of
from .phrasebook import Phrasebook
from .segmentation import Segment, cut, segments, text_of
from .severity import faces_customers, severity_of
from .ticket import CATEGORIES, Category, Classification, Ticket, Where
from .vocabulary import Vocabulary, sums_of
from .words import words_of

__all__ = ["Classifier", "Evidence"]

_TITLE_WEIGHS: Final = 2
_LONGEST_TITLE: Final = 500
_TAG: Final = re.compile(r"\s*(?:\[[^\[\]]{1,40}\]|\([^()]{1,40}\)|[A-Za-z]{3,12}(?=:))\s*[:–-]?\s*")
_BUG_TAG: Final = re.compile(r"\s*[\[(]?\s*bug\b", re.IGNORECASE)

_NARROW: Final = frozenset(("inventory", "webhook", "performance"))
"""Desks whose words hardly anybody uses for anything else: a reason to trust a label."""

_BROAD: Final = frozenset(("frontend_mismatch", "integration", "other"))
"""Desks whose words stand in tickets for every other one too: a reason for doubt."""

_KINDS: Final = frozenset(("docs", "other"))
"""Desks that a ticket is for by what kind of post it is, more than by what it speaks of."""

_NO_EVIDENCE: Final = -1000
"""Less clear than anything that is labelled by a phrase."""

_A_FAULT: Final = 40
_A_WISH: Final = 30
_A_QUESTION: Final = 30
_ASKS_HOW: Final = 40
_NAMES_DOCS: Final = 40
_IS_SLOW: Final = 80
_SECOND_DESK: Final = 40
_LONGEST_QUESTION: Final = 300
_SENTENCE_ENDS: Final = ".!\n:;"
_KNOWN: Final = frozenset(CATEGORIES)
_PLACES: Final[tuple[Where, Where, Where]] = ("title", "body", "technical")


@attrs.frozen
class _Said:
    """What phrases say: points of every label by place, and what counted."""

    title: Mapping[str, int]
    body: Mapping[str, int]
    all: Mapping[str, int]
    counted: list[tuple[str, int, Where, str]]
    words: tuple[Sequence[str | None], Sequence[str | None], Sequence[str | None]]

    def fault(self) -> bool:
        return bool(self.title.get("nature.fault") or self.body.get("nature.fault"))


@attrs.frozen
class Evidence:
    """
    What there is to judge a ticket by.

    Attributes:
        points: What phrases and rules say for each category.
        words: Words of its title, of what is said in its text, and of what a machine wrote there, as
            `Vocabulary.read` takes them.
    """

    points: Mapping[Category, int]
    words: tuple[Sequence[str | None], Sequence[str | None], Sequence[str | None]]


class Classifier:
    """
    Lexicons of several languages and a calibration, ready to read tickets.

    A pure function of the ticket: the same text gives the same answer, on every machine and at any time.

    Args:
        lexicons: One for each language that is covered. Their labels are the categories and, as far as they tell them,
            `nature.*`, `severity.*` and `audience.*`.
        calibration: What the clarity of a label is worth.
        default: Language of texts that do not tell theirs.
        vocabularies: What single words are worth besides, by language; none for a language that is read by its
            lexicon alone.

    Raises:
        RuleDefinitionError: If two lexicons are of one language, or none is of the default one.
    """

    def __init__(
        self,
        lexicons: Iterable[Lexicon],
        calibration: Calibration,
        *,
        default: str = "en",
        vocabularies: Mapping[str, Vocabulary] | None = None,
    ) -> None:
        books: dict[str, Phrasebook] = {}
        for lexicon in lexicons:
            tag = _primary(lexicon.language)
            if tag in books:
                raise RuleDefinitionError(
                    f"expected one lexicon a language, got {books[tag].lexicon.name} and {lexicon.name} - for {tag}"
                )
            books[tag] = Phrasebook(lexicon)
        if default not in books:
            raise RuleDefinitionError(f"expected a lexicon for {default}, got {', '.join(sorted(books)) or 'none'}")
        self._books = books
        self._default = default
        self._vocabularies = dict(vocabularies or {})
        self.calibration = calibration

    @property
    def languages(self) -> tuple[str, ...]:
        """Tags of the languages that are covered."""
        return tuple(sorted(self._books))

    def classify(self, ticket: Ticket) -> Classification:
        """Return what a ticket is about. Takes linear time; of long texts the beginning and the end are read."""
        title, body = ticket.title.strip()[:_LONGEST_TITLE], cut(ticket.body)
        parts = segments(body)
        prose, technical = _texts(body, parts)
        language = _primary(ticket.language or "") or language_of(f"{title}\n{prose}", self._default)
        book = self._books.get(language)
        if book is None:
            return _unread(ticket, language, covered=False, segments=parts)
        if not any(map(str.isalnum, f"{title}{prose}{technical}")):
            return _unread(ticket, language, covered=True, segments=parts)
        said = _said(book, title, prose, technical)
        points, rules = _points(said)
        vocabulary = self._vocabularies.get(language)
        words = vocabulary.read(*said.words) if vocabulary is not None else []
        if words:
            for category, more in zip(CATEGORIES, sums_of(words), strict=True):
                points[category] += more
        ranked: list[Category] = sorted(CATEGORIES, key=lambda c: -points[c])
        best: Category = ranked[0]
        second: Category = ranked[1]
        if points[best] <= 0:
            best, second = "other", "docs"
        level = clarity(points[best], points[second], doubts=_doubts(best, said)) if _evident(said) else _NO_EVIDENCE
        customer_facing = faces_customers(best, said.all)
        return Classification(
            id=ticket.id,
            category=best,
            category2=second if points[second] * 3 >= points[best] and points[second] >= _SECOND_DESK else None,
            clarity=level,
            confidence=self.calibration.confidence(level),
            points=tuple((c, points[c]) for c in ranked if points[c] > 0),
            severity=severity_of(best, said.all, fault=said.fault(), asks=_asks(said), customer_facing=customer_facing),
            customer_facing=customer_facing,
            language=language,
            covered=True,
            counted=(*said.counted, *((label, more, "rule", rule) for label, more, rule in rules)),
            words=tuple(words),
            segments=parts,
        )

    def evidence(self, ticket: Ticket) -> Evidence | None:
        """Return what phrases and rules say of a ticket, and its words; None where `classify` says unknown."""
        body = cut(ticket.body)
        parts = segments(body)
        title, prose, technical = ticket.title.strip()[:_LONGEST_TITLE], *_texts(body, parts)
        book = self._books.get(_primary(ticket.language or "") or language_of(f"{title}\n{prose}", self._default))
        if book is None or not any(map(str.isalnum, f"{title}{prose}{technical}")):
            return None
        said = _said(book, title, prose, technical)
        return Evidence(points=_points(said)[0], words=said.words)


def _texts(body: str, parts: tuple[Segment, ...]) -> tuple[str, str]:
    return text_of(body, parts, "all"), text_of(body, parts, "half")


def _points(said: _Said) -> tuple[dict[Category, int], list[tuple[Category, int, str]]]:
    """Return what phrases and rules say for each category, and what the rules said."""
    points: dict[Category, int] = {category: said.all.get(category, 0) for category in CATEGORIES}
    rules = list(_rules(said, points))
    for category, more, _ in rules:
        points[category] += more
    return points, rules


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()[:8]


def _unread(ticket: Ticket, language: str, *, covered: bool, segments: tuple[Segment, ...]) -> Classification:
    return Classification(
        id=ticket.id,
        category="unknown",
        category2=None,
        clarity=_NO_EVIDENCE,
        confidence=0,
        points=(),
        severity="low",
        customer_facing=False,
        language=language,
        covered=covered,
        counted=(),
        segments=segments,
    )


def _said(book: Phrasebook, title: str, prose: str, technical: str) -> _Said:
    parts = _title_words(title), words_of(_asked(prose)) if prose else [], words_of(technical) if technical else []
    words = [*parts[0], None]
    title_ends = len(words)
    if prose:
        words += (*parts[1], None)
    body_ends = len(words)
    words += parts[2]
    best: dict[tuple[str, str], tuple[int, int]] = {}
    for found in book.read(words):
        place = 0 if found.place < title_ends else 1 if found.place < body_ends else 2
        for label, points in found.points:
            key = (found.phrase, label)
            # A phrase counts once, where it weighs most.
            if key not in best or place < best[key][0]:
                best[key] = place, points
    in_title: dict[str, int] = {}
    in_body: dict[str, int] = {}
    everywhere: dict[str, int] = {}
    counted: list[tuple[str, int, Where, str]] = []
    for (phrase, label), (place, points) in best.items():
        if place == 0:
            in_title[label] = in_title.get(label, 0) + points
            points *= _TITLE_WEIGHS
        else:
            points = points if place == 1 else points // 2
            in_body[label] = in_body.get(label, 0) + points
        everywhere[label] = everywhere.get(label, 0) + points
        counted.append((label, points, _PLACES[place], phrase))
    if _BUG_TAG.match(title):
        in_title["nature.fault"] = in_title.get("nature.fault", 0) + _A_FAULT
        counted.append(("nature.fault", _A_FAULT * _TITLE_WEIGHS, "rule", "the title is tagged as a bug"))
    return _Said(in_title, in_body, everywhere, counted, parts)


def _title_words(title: str) -> list[str | None]:
    """Return the words of a title, with words that stand for its beginning, the end of a tag and a question mark."""
    tag = _TAG.match(title)
    head, rest = (title[: tag.end()], title[tag.end() :]) if tag else ("", title)
    words = ["titlestart", *words_of(rest)]
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


def _evident(said: _Said) -> bool:
    """Return whether any phrase speaks for a category; rules alone are no evidence."""
    return any(points > 0 and label in _KNOWN for label, points in said.all.items())


def _doubts(category: Category, said: _Said) -> int:
    """
    Return the reasons for doubt less those for trust.

    What tells of no fault, wishes or asks is labelled less steadily, also by people.
    """
    natures = (not said.fault(), "nature.wish" in said.all, "nature.question" in said.all)
    return sum(natures) + (category in _BROAD) - (category in _NARROW)


def _asks(said: _Said) -> bool:
    title, body = said.title, said.body
    if title.get("nature.wish", 0) >= _A_WISH or title.get("nature.question", 0) >= _A_QUESTION:
        return not title.get("nature.fault")
    told = any(place.get(nature) for place in (title, body) for nature in ("nature.wish", "nature.question"))
    return told and not said.fault()


def _rules(said: _Said, points: Mapping[Category, int]) -> Iterable[tuple[Category, int, str]]:
    """
    Yield what the whole of a ticket says about its kind.

    A wish or a question is told from a fault by what is missing in it, which no phrase can say.
    """
    title, body = said.title, said.body
    in_title, anywhere = bool(title.get("nature.fault")), said.fault()
    wishes, questions = title.get("nature.wish", 0), title.get("nature.question", 0)
    all_wishes = wishes + body.get("nature.wish", 0)
    docs = points["docs"]
    all_questions = questions + body.get("nature.question", 0)
    asked = all_questions > 0
    topics: list[Category] = [category for category in CATEGORIES if category not in _KINDS]
    named: Category = max(topics, key=lambda category: points[category])
    topic = points[named] // 2
    if title.get("nature.feature"):
        yield "other", 60, "the title calls it a feature"
    elif body.get("nature.feature") and not in_title:
        yield "other", 40 + topic, "it calls itself a feature request"
    if wishes >= _A_WISH and not in_title:
        yield "other", 60, "the title is a wish and tells of no fault"
    if all_wishes >= _A_WISH and not anywhere:
        yield "other", 20, "a wish, and no fault is told"
    if questions >= _A_QUESTION and not in_title:
        yield "docs", 40, "the title is a question and tells of no fault"
    if asked and not anywhere:
        yield "docs", 20, "a question, and no fault is told"
    if topic > 0 and title.get("docs", 0) >= _NAMES_DOCS:
        yield "docs", topic, "half of what is said of the thing that the documentation is about"
    elif topic > 0 and named not in _NARROW and not in_title and body.get("nature.fault", 0) < _A_FAULT:
        # What is wished for or asked about is named in words of its desk, which has nothing to mend there.
        if wishes >= _A_WISH:
            yield "other", topic, "half of what is said of the thing that is wished for"
        elif all_questions >= _ASKS_HOW:
            yield "docs", topic, "half of what is said of the thing that is asked about"
    if points["performance"] >= _IS_SLOW:
        most = max(points[category] for category in topics if category != "performance")
        if most > 0:
            yield "performance", most // 2, "half of what is said of the thing that is slow"
    if not (anywhere or asked or all_wishes or docs):
        yield "other", 20, "neither a fault nor a question is told"
