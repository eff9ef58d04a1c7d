"""Reading: one pass finds which phrases are in a text, a second one where, and then what negates them."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs
import re2

from ..errors import RuleDefinitionError
from .phrases import GAP, Phrase
from .words import Words, split_words

__all__ = ["MEMORY", "Match", "Matcher", "Reading"]

Points = tuple[tuple[str, int], ...]

MEMORY: Final = 64 * 2**20
"""Bytes that RE2 may use for a lexicon."""

# With too little memory RE2 gives up without a word and finds nothing. This one is in every text, so that shows.
_EVERYWHERE: Final = ""


@attrs.frozen(kw_only=True)
class Match:
    """
    A phrase that is in a text.

    Attributes:
        phrase: As the lexicon writes it.
        start: Where it begins in the text, in characters.
        end: Where it ends.
        points: What it is worth, by label; without labels for which a longer phrase stands at the same place.
        negated_by: Start and end of the words that negate it; None when nothing does.
    """

    phrase: str
    start: int
    end: int
    points: Points
    negated_by: tuple[int, int] | None = None


@attrs.frozen
class Reading:
    """
    What a text says in terms of a lexicon. It names phrases and places and holds no word of the text itself.

    Attributes:
        matches: In the order of the text.
    """

    matches: tuple[Match, ...]

    @property
    def points(self) -> Mapping[str, int]:
        """
        Total points by label, sorted.

        What is negated does not count, and a phrase counts once, however often it is in the text.
        """
        counted = {(m.phrase, label): points for m in self.matches if not m.negated_by for label, points in m.points}
        totals: dict[str, int] = {}
        for (_, label), points in sorted(counted.items(), key=lambda item: item[0][1]):
            totals[label] = totals.get(label, 0) + points
        return types.MappingProxyType(totals)

    def labels(self, at_least: int = 1) -> frozenset[str]:
        """Return the labels with at least so many points."""
        return frozenset(label for label, points in self.points.items() if points >= at_least)

    @property
    def found(self) -> frozenset[str]:
        """Phrases that count at least once."""
        return frozenset(m.phrase for m in self.matches if not m.negated_by)

    @property
    def negated(self) -> frozenset[str]:
        """Phrases that are there, and negated wherever they are."""
        return frozenset(m.phrase for m in self.matches) - self.found


@attrs.frozen
class _Occurrence:
    """Words of a text, from first to last, that a phrase of the lexicon covers; `gaps` are covered by its `...`."""

    first: int
    last: int
    gaps: tuple[tuple[int, int], ...] = ()

    def in_gap(self, other: _Occurrence) -> bool:
        return any(first <= other.first and other.last <= last for first, last in self.gaps)


@attrs.frozen
class _Kept:
    """An occurrence that counts for at least one label, or that is idle."""

    occurrence: _Occurrence
    phrase: str
    points: Points


class Matcher:
    """The compiled phrases of a lexicon: one set that says which of them are in a text, and each by itself."""

    def __init__(
        self,
        *,
        entries: Sequence[tuple[Phrase, Points]],
        negations: Sequence[Phrase],
        ends: Sequence[Phrase],
        idle: Sequence[Phrase],
        reach: int,
        memory: int = MEMORY,
    ) -> None:
        self._entries = entries
        self._reach = reach
        self._memory = memory
        phrases = [*(phrase for phrase, _ in entries), *negations, *ends, *idle]
        self._negations = range(len(entries), len(entries) + len(negations))
        self._ends = range(self._negations.stop, self._negations.stop + len(ends))
        self._idle = range(self._ends.stop, len(phrases))
        self._all = re2.Set.SearchSet(_options(memory, capture=False))
        try:
            for phrase in phrases:
                self._all.Add(phrase.pattern)
            self._everywhere = self._all.Add(_EVERYWHERE)
            self._all.Compile()
            # Groups are gaps; those of a regular expression are its own affair.
            gaps = [bool(p.spellings) and GAP in p.text for p in phrases]
            self._each = [
                re2.compile(p.pattern, _options(memory, capture=gap)) for p, gap in zip(phrases, gaps, strict=True)
            ]
        except re2.error as e:
            raise self._too_large() from e
        self._hits(split_words(""))

    def read(self, text: str) -> Reading:
        words = split_words(text)
        hits = list(self._hits(words))
        if not hits or hits[0] >= len(self._entries):
            return Reading(())  # without phrases there is nothing to negate
        found = {i: list(self._places(i, words)) for i in hits}
        negations = [o for i in self._negations for o in found.get(i, ())]
        stops = {w for i in self._ends for o in found.get(i, ()) for w in range(o.first, o.last + 1)}
        kept = [*self._longest(found), *(_Kept(o, "", ()) for i in self._idle for o in found.get(i, ()))]
        scope = _Scope(words, negations, stops, kept, self._reach)
        matches = [_match(words, k, scope.negation_of(k.occurrence)) for k in kept if k.phrase]
        return Reading(tuple(sorted(matches, key=lambda m: (m.start, m.end, m.phrase))))

    def _hits(self, words: Words) -> Iterator[int]:
        hits = self._all.Match(words.stream) or []
        if self._everywhere not in hits:
            raise self._too_large()
        return (i for i in sorted(hits) if i != self._everywhere)

    def _too_large(self) -> RuleDefinitionError:
        return RuleDefinitionError(
            f"expected phrases that RE2 reads with {self._memory:,} bytes, got more of them: make two lexicons"
        )

    def _places(self, index: int, words: Words) -> Iterator[_Occurrence]:
        pattern, at = self._each[index], 0
        while found := pattern.search(words.stream, at):
            gaps = (found.span(g) for g in range(1, pattern.groups + 1))
            # A gap starts with its space and ends before the next one.
            inner = tuple(words.between(start, end + 1) for start, end in gaps if start < end)
            yield _Occurrence(*words.between(*found.span()), inner)
            at = found.end() - 1  # the space behind one phrase is the space before the next

    def _longest(self, found: Mapping[int, Sequence[_Occurrence]]) -> Iterator[_Kept]:
        """Yield what counts: where phrases for one label overlap, the longest; else the first; else by spelling."""
        places = [(o, i) for i in found if i < len(self._entries) for o in found[i]]
        # Sorting by index is sorting by phrase: the entries are sorted.
        places.sort(key=lambda p: (p[0].first - p[0].last, p[0].first, p[1]))
        taken: dict[str, set[int]] = {}
        for occurrence, index in places:
            phrase, points = self._entries[index]
            won = []
            for label, value in points:
                words = taken.setdefault(label, set())
                # Everything taken is at least as long, so it covers one end of whatever it overlaps.
                if occurrence.first not in words and occurrence.last not in words:
                    words.update(range(occurrence.first, occurrence.last + 1))
                    won.append((label, value))
            if won:
                yield _Kept(occurrence, phrase.text, tuple(won))


class _Scope:
    """What each negation in a text reaches."""

    def __init__(
        self,
        words: Words,
        negations: Iterable[_Occurrence],
        stops: set[int],
        kept: Sequence[_Kept],
        reach: int,
    ) -> None:
        self._words, self._stops, self._reach = words, stops, reach
        self._by_first: dict[int, list[_Occurrence]] = {}
        for negation in negations:
            self._by_first.setdefault(negation.first, []).append(negation)
        # A negation inside a phrase is spent on it. It still negates what starts inside of that phrase and goes on
        # behind it: in "not working fine" the phrase "not working" leaves nothing of "working fine".
        self._spent: dict[_Occurrence, _Occurrence] = {}
        self._reaches_out: dict[int, tuple[int, _Occurrence]] = {}
        for one in kept:
            phrase = one.occurrence
            for negation in self._inside(phrase):
                if not phrase.in_gap(negation):
                    self._spent.setdefault(negation, phrase)
                    # Idle phrases have no points; what looks like a negation in them is none.
                    for word in range(negation.last + 1, phrase.last + 1) if one.points else ():
                        before = self._reaches_out.get(word)
                        if before is None or before[0] < phrase.last:
                            self._reaches_out[word] = (phrase.last, negation)
        # Of two that end at one word the one that begins first, which is set last.
        unspent = [n for found in self._by_first.values() for n in found if n not in self._spent]
        self._by_last = {n.last: n for n in sorted(unspent, key=lambda n: -n.first)}

    def negation_of(self, phrase: _Occurrence) -> _Occurrence | None:
        """Return the negation that reaches a phrase: one in a gap of it, else the nearest before it."""
        for negation in self._inside(phrase):
            if phrase.in_gap(negation) and not phrase.in_gap(self._spent.get(negation, phrase)):
                return negation
        last, inner = self._reaches_out.get(phrase.first, (phrase.last, None))
        if inner and last < phrase.last:
            return inner
        clause = self._words.clauses[phrase.first]
        for word in range(phrase.first - 1, max(phrase.first - self._reach, 0) - 1, -1):
            if word in self._stops or self._words.clauses[word] != clause:
                return None
            if word in self._by_last:
                return self._by_last[word]
        return None

    def _inside(self, phrase: _Occurrence) -> Iterator[_Occurrence]:
        for word in range(phrase.first, phrase.last + 1):
            for negation in self._by_first.get(word, ()):
                if negation.last <= phrase.last:
                    yield negation


def _options(memory: int, *, capture: bool) -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = not capture
    options.never_nl = True  # a line is a clause, and no phrase goes over its end
    options.max_mem = memory
    return options


def _match(words: Words, kept: _Kept, negation: _Occurrence | None) -> Match:
    start, end = _span(words, kept.occurrence)
    negated_by = None if negation is None else _span(words, negation)
    return Match(phrase=kept.phrase, start=start, end=end, points=kept.points, negated_by=negated_by)


def _span(words: Words, occurrence: _Occurrence) -> tuple[int, int]:
    return words.spans[occurrence.first][0], words.spans[occurrence.last][1]
