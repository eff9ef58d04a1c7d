"""Which desk a ticket is for, by adding up what its phrases are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from ..errors import RuleDefinitionError
from ..lexicons import Lexicon
from .calibration import Calibration, clarity
from .doubts import doubts_about, trust_in
from .kinds import asks, kind_rules, names_party, tie_rules
from .languages import is_surely, language_of
from .sayings import Parts, Reader, Sayings, parts_of
from .segmentation import Segment, cut, segments, text_of
from .severity import faces_customers, severity_of
from .ticket import CATEGORIES, Category, Classification, Ticket
from .vocabulary import Vocabulary, sums_of

__all__ = ["Classifier", "Evidence"]

_LONGEST_TITLE: Final = 500

_NO_EVIDENCE: Final = -1000
"""Less clear than anything that is labelled by a phrase."""

_SAYS_NOTHING: Final[tuple[str, ...]] = ("no phrase speaks for any desk",)
_NOTHING: Final[tuple[str, ...]] = ()

_SECOND_DESK: Final = 40


@attrs.frozen
class Evidence:
    """
    What there is to judge a ticket by.

    Attributes:
        points: What phrases and rules say for each category.
        words: Words of its title, of what is said in its text, and of what a machine wrote there, as
            `Vocabulary.read` takes them.
        language: Tag of the language that it was read in.
    """

    points: Mapping[Category, int]
    words: tuple[Sequence[str | None], Sequence[str | None], Sequence[str | None]]
    language: str = "en"


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
        books: dict[str, Reader] = {}
        for lexicon in lexicons:
            tag = _primary(lexicon.language)
            if tag in books:
                other = books[tag].book.lexicon
                raise RuleDefinitionError(
                    f"expected one lexicon a language, got {other.name} and {lexicon.name} - for {tag}"
                )
            books[tag] = Reader(lexicon)
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
        words_by_place = parts_of(title, prose, technical)
        language = self._language(ticket, title, prose, words_by_place)
        book = self._books.get(language)
        if book is None:
            return _unread(ticket, language, covered=False, segments=parts)
        if not any(map(str.isalnum, f"{title}{prose}{technical}")):
            return _unread(ticket, language, covered=True, segments=parts)
        said = book.read(title, words_by_place)
        points, rules = _points(said)
        vocabulary = self._vocabularies.get(language)
        words = vocabulary.read(*said.words) if vocabulary is not None else []
        if words:
            for category, more in zip(CATEGORIES, sums_of(words), strict=True):
                points[category] += more
        ranked: list[Category] = sorted(CATEGORIES, key=lambda c: -points[c])
        for category, more, rule in tie_rules(points, ranked[0], ranked[1], party=names_party(said)):
            points[category] += more
            rules.append((category, more, rule))
            ranked.sort(key=lambda c: -points[c])
        best: Category = ranked[0]
        second: Category = ranked[1]
        if points[best] <= 0:
            best, second = "other", "docs"
        level, doubts, trusts = _NO_EVIDENCE, _SAYS_NOTHING, _NOTHING
        if said.evident:
            doubts, trusts = doubts_about(best, second, said), trust_in(best)
            level = clarity(points[best], points[second], doubts=len(doubts) - len(trusts))
        customer_facing = faces_customers(best, said.all)
        return Classification(
            id=ticket.id,
            category=best,
            category2=second if points[second] * 3 >= points[best] and points[second] >= _SECOND_DESK else None,
            clarity=level,
            confidence=self.calibration.confidence(level),
            doubts=doubts,
            trusts=trusts,
            points=tuple((c, points[c]) for c in ranked if points[c] > 0),
            severity=severity_of(
                best,
                said.all,
                fault=said.fault(),
                asks=asks(said),
                customer_facing=customer_facing,
                mended=said.mended,
            ),
            customer_facing=customer_facing,
            language=language,
            covered=True,
            counted=(*said.counted, *((label, more, "rule", rule) for label, more, rule in rules)),
            words=tuple(words),
            segments=parts,
        )

    def _language(self, ticket: Ticket, title: str, prose: str, words: Parts) -> str:
        if ticket.language:
            told = _primary(ticket.language)
            if told:
                return told
        if is_surely(self._default, title, prose, words):
            return self._default
        return language_of(f"{title}\n{prose}", self._default)

    def evidence(self, ticket: Ticket) -> Evidence | None:
        """Return what phrases and rules say of a ticket, and its words; None where `classify` says unknown."""
        body = cut(ticket.body)
        parts = segments(body)
        title, prose, technical = ticket.title.strip()[:_LONGEST_TITLE], *_texts(body, parts)
        words_by_place = parts_of(title, prose, technical)
        language = self._language(ticket, title, prose, words_by_place)
        book = self._books.get(language)
        if book is None or not any(map(str.isalnum, f"{title}{prose}{technical}")):
            return None
        said = book.read(title, words_by_place)
        return Evidence(points=_points(said)[0], words=said.words, language=language)


def _texts(body: str, parts: tuple[Segment, ...]) -> tuple[str, str]:
    return text_of(body, parts, "all"), text_of(body, parts, "half")


def _points(said: Sayings) -> tuple[dict[Category, int], list[tuple[Category, int, str]]]:
    """Return what phrases and rules say for each category, and what the rules said."""
    points: dict[Category, int] = {category: said.all.get(category, 0) for category in CATEGORIES}
    rules = list(kind_rules(said, points))
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
