"""A lexicon: weighted phrases of one language, with what negates them and with examples of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from .mistakes import LexiconError, Mistake
from .phrases import GAP, RAW, Phrase, PhraseRefused, parse_phrase
from .reading import Matcher, Reading

__all__ = ["NONE", "Entry", "Lexicon", "LexiconExample"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FURTHEST: Final = 20

NONE: Final = "none"
"""What an example says that expects no label; no label has this name."""


def _pairs(points: Mapping[str, int] | Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    if isinstance(points, Mapping):
        return tuple(sorted(points.items()))  # pyright: ignore[reportReturnType]  # a mapping of pairs, it fears
    return tuple(sorted(points))


def _by_phrase(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.phrase))


def _by_text(examples: Iterable[LexiconExample]) -> tuple[LexiconExample, ...]:
    return tuple(sorted(examples, key=lambda example: example.text))


def _set(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(values))


@attrs.frozen
class Entry:
    """
    A phrase and what it is worth.

    Attributes:
        phrase: Words with wildcards, or `re:` and a regular expression.
        points: Whole points by label, sorted; below zero they speak against the label.
    """

    phrase: str
    points: tuple[tuple[str, int], ...] = attrs.field(converter=_pairs)


@attrs.frozen(kw_only=True)
class LexiconExample:
    """
    A text and what a lexicon has to read in it.

    Attributes:
        text: The text.
        labels: All labels above zero points, and no other.
        points: Exact points of labels, for those where they matter.
        found: Phrases that count.
        negated: Phrases that are there and negated.
        absent: Phrases that are not there.
    """

    text: str
    labels: frozenset[str] = attrs.field(default=frozenset(), converter=_set)
    points: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=_pairs)
    found: tuple[str, ...] = attrs.field(default=(), converter=_sorted)
    negated: tuple[str, ...] = attrs.field(default=(), converter=_sorted)
    absent: tuple[str, ...] = attrs.field(default=(), converter=_sorted)


@attrs.frozen(kw_only=True)
class Lexicon:
    """
    Weighted phrases of one language.

    The order in which phrases are written means nothing: two lexicons with the same lines are equal.

    Attributes:
        name: Such as `shop-problems`.
        version: Whole, from 1; another one whenever a reading may change.
        language: Tag of the language, such as `en` or `pt-BR`.
        reach: How many words after its own end a negation reaches.
        entries: The phrases, sorted.
        negations: Phrases that negate what follows: `not`, `no longer`.
        ends: Words that end the reach of a negation: `but`.
        idle: Phrases that look like a negation and are none: `not only`.
        examples: Texts and what is read in them, sorted.

    Raises:
        LexiconError: With all mistakes at once.
    """

    name: str
    version: int
    language: str
    reach: int = 5
    entries: tuple[Entry, ...] = attrs.field(converter=_by_phrase)
    negations: tuple[str, ...] = attrs.field(default=(), converter=_sorted)
    ends: tuple[str, ...] = attrs.field(default=(), converter=_sorted)
    idle: tuple[str, ...] = attrs.field(default=(), converter=_sorted)
    examples: tuple[LexiconExample, ...] = attrs.field(default=(), converter=_by_text)
    _matcher: Matcher = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        mistakes = list(_mistakes_in(self))
        if mistakes:
            raise LexiconError(mistakes)
        object.__setattr__(
            self,
            "_matcher",
            Matcher(
                entries=[(parse_phrase(e.phrase), e.points) for e in self.entries],
                negations=[parse_phrase(p) for p in self.negations],
                ends=[parse_phrase(p) for p in self.ends],
                idle=[parse_phrase(p) for p in self.idle],
                reach=self.reach,
            ),
        )

    @property
    def labels(self) -> frozenset[str]:
        """All labels that the phrases give points for."""
        return frozenset(label for entry in self.entries for label, _ in entry.points)

    def read(self, text: str) -> Reading:
        """
        Return what the text says in terms of this lexicon.

        A pure function, in time linear in the text. The number of phrases that are not in the text plays no part.
        """
        return self._matcher.read(text)

    def document(self) -> Mapping[str, Any]:
        """Return the JSON form of what readings depend on; the examples are no part of it."""
        return {
            "lexicon": [self.name, self.version],
            "language": self.language,
            "reach": self.reach,
            "negations": list(self.negations),
            "ends": list(self.ends),
            "idle": list(self.idle),
            "entries": {entry.phrase: dict(entry.points) for entry in self.entries},
        }


def _mistakes_in(lexicon: Lexicon) -> Iterator[Mistake]:
    name, version, language, reach = lexicon.name, lexicon.version, lexicon.language, lexicon.reach
    if not _NAME.fullmatch(name):
        yield Mistake(f"expected a name such as shop-problems, got {name!r}", "name", name)
    if type(version) is not int or version < 1:
        yield Mistake(f"expected a whole number from 1, got {version!r}", "version", str(version))
    if not _LANGUAGE.fullmatch(language):
        yield Mistake(f"expected a language such as en or pt-BR, got {language!r}", "language", language)
    if type(reach) is not int or not 0 <= reach <= _FURTHEST:
        yield Mistake(f"expected 0 to {_FURTHEST} words, got {reach!r}", "reach", str(reach))
    yield from _mistakes_in_entries(lexicon.entries)
    for part, phrases in (("negation", lexicon.negations), ("end", lexicon.ends), ("idle", lexicon.idle)):
        yield from _mistakes_in_words(part, phrases)
    yield from _mistakes_in_examples(lexicon)


def _mistakes_in_entries(entries: tuple[Entry, ...]) -> Iterator[Mistake]:
    if not entries:
        yield Mistake("expected at least one phrase, got none", "phrases")
    spelled: dict[tuple[str, str], str] = {}
    for place, entry in enumerate(entries):
        if place and entries[place - 1].phrase == entry.phrase:
            yield Mistake("expected each phrase once, got it twice", "phrase", entry.phrase)
            continue
        phrase = _understood(entry.phrase)
        if isinstance(phrase, PhraseRefused):
            yield Mistake(str(phrase), "phrase", entry.phrase, phrase.column)
            continue
        for message in (*_wrong_points(entry.points), *_shared(phrase, entry.points, spelled)):
            yield Mistake(message, "phrase", entry.phrase)


def _wrong_points(points: tuple[tuple[str, int], ...]) -> Iterator[str]:
    if not points:
        yield "expected a label and points, got none"
    for place, (label, value) in enumerate(points):
        if not _NAME.fullmatch(label) or label == NONE:
            yield f"expected a label such as intent.login, got {label!r}"
        if type(value) is not int or value == 0:
            yield f"expected whole points other than 0 for {label}, got {value!r}"
        if place and points[place - 1][0] == label:
            yield f"expected each label once, got {label!r} twice"


def _shared(phrase: Phrase, points: tuple[tuple[str, int], ...], spelled: dict[tuple[str, str], str]) -> Iterator[str]:
    """Yield where two phrases are the same words for the same label: only one of them could ever count."""
    for spelling in phrase.spellings:
        for label, _ in points:
            other = spelled.setdefault((spelling, label), phrase.text)
            if other != phrase.text:
                yield f"expected {spelling!r} once for {label}, got it in {other!r} too"
                return


def _mistakes_in_words(part: str, phrases: tuple[str, ...]) -> Iterator[Mistake]:
    for place, text in enumerate(phrases):
        phrase = _understood(text)
        if isinstance(phrase, PhraseRefused):
            yield Mistake(str(phrase), part, text, phrase.column)
        elif text.startswith(RAW) or GAP in text:
            yield Mistake(f"expected words without `{RAW}` and `{GAP}`, got {text!r}", part, text)
        elif place and phrases[place - 1] == text:
            yield Mistake("expected each of them once, got it twice", part, text)


def _mistakes_in_examples(lexicon: Lexicon) -> Iterator[Mistake]:
    phrases = {entry.phrase for entry in lexicon.entries}
    labels = lexicon.labels
    for place, example in enumerate(lexicon.examples):
        if place and lexicon.examples[place - 1].text == example.text:
            yield Mistake("expected each text once, got it twice", "example", example.text)
        for phrase in (*example.found, *example.negated, *example.absent):
            if phrase not in phrases:
                yield Mistake(f"expected a phrase of the lexicon, got {phrase!r}", "example", example.text)
        for label in sorted({*example.labels, *(label for label, _ in example.points)}):
            if label not in labels:
                yield Mistake(f"expected a label of the lexicon, got {label!r}", "example", example.text)


def _understood(text: str) -> Phrase | PhraseRefused:
    try:
        return parse_phrase(text)
    except PhraseRefused as e:
        return e
