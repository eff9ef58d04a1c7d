"""
The phrases of a lexicon as a tree of words: finding them takes one walk over a text, however many there are.

`Lexicon.read` does the same with RE2 and gives the places of phrases in the text; here only which phrases count is
wanted, several times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import attrs

from ..errors import RuleDefinitionError
from ..lexicons import Lexicon
from ..lexicons.phrases import GAP, GAP_WORDS, RAW, parse_phrase

__all__ = ["Found", "Phrasebook"]

_MOST_KNOWN: Final = 50_000
_SHORTEST_STEM: Final = 3


@attrs.define(eq=False)
class _Node:
    """What may follow: the next words and stems, words of any kind and then `gap`, or the end of phrases."""

    next: dict[str, _Node] = attrs.field(factory=dict)
    gap: _Node | None = None
    ends: tuple[int, ...] = ()
    leaf: bool = True


class Found(NamedTuple):
    """
    A phrase that counts.

    Attributes:
        place: Number of its first word.
        phrase: As the lexicon writes it.
        points: What it is worth here, by label.
    """

    place: int
    phrase: str
    points: tuple[tuple[str, int], ...]


_Symbols = tuple[str, ...]
_Known = tuple[tuple[_Node, ...], _Symbols]
_Place = tuple[int, int, int]
"""One less its length in words as a negative number, its first word and its number: sorting puts the longest first."""
_NOTHING: Final[_Known] = ((), ())


class _Words(dict[str | None, _Known]):
    """What words are to the phrases, as far as they have been read."""

    def __init__(self, learn: Callable[[str], _Known]) -> None:
        super().__init__({None: _NOTHING})
        self._learn = learn

    def __missing__(self, word: str) -> _Known:
        if len(self) >= _MOST_KNOWN:
            # Words of hostile texts never come again; forgetting all is as good as any choice.
            self.clear()
            self[None] = _NOTHING
        found = self[word] = self._learn(word)
        return found


class Phrasebook:
    """
    A lexicon, prepared for reading many texts.

    Args:
        lexicon: Its phrases have to be words; regular expressions are refused.

    Raises:
        RuleDefinitionError: If a phrase is a regular expression.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        raw = [entry.phrase for entry in lexicon.entries if entry.phrase.startswith(RAW)]
        if raw:
            expected = f"expected phrases of words, got {raw[0]!r} and {len(raw)} of its kind in all"
            raise RuleDefinitionError(f"{expected} - in {lexicon.name} {lexicon.version}")
        self.lexicon = lexicon
        self._root = _Node()
        self._entries = [(entry.phrase, entry.points) for entry in lexicon.entries]
        self._negations = range(len(self._entries), len(self._entries) + len(lexicon.negations))
        self._ends = range(self._negations.stop, self._negations.stop + len(lexicon.ends))
        phrases = [phrase for phrase, _ in self._entries]
        for number, text in enumerate([*phrases, *lexicon.negations, *lexicon.ends, *lexicon.idle]):
            for spelling in parse_phrase(text).spellings:
                self._add(spelling.split(), number)
        self._vocabulary = frozenset(_symbols(self._root))
        self._longest = max((len(s) for s in self._vocabulary if s.endswith("*")), default=0)
        # A break between clauses is a word that nothing begins with, continues with or leaps over.
        self._known = _Words(self._learn)

    def _add(self, words: Sequence[str], number: int) -> None:
        node = self._root
        for word in words:
            node.leaf = False
            if word == GAP:
                node.gap = node.gap or _Node()
                node = node.gap
            else:
                node = node.next.setdefault(word, _Node())
        node.ends = (*node.ends, number)

    def read(self, words: Sequence[str | None]) -> list[Found]:
        """
        Return the phrases that count in a text, in no particular order, each as often as it is there.

        Where phrases for one label overlap, the longest counts, as in `Lexicon.read`. Phrases that a negation reaches
        do not count.

        Args:
            words: As `words_of` gives them, with None between clauses.
        """
        places = self._places(words)
        places.sort()
        entries, many = self._entries, len(self._entries)
        negated = self._negated(places) if any(number >= many for _, _, number in places) else ()
        taken: dict[str, set[int]] = {}
        counted = []
        for size, first, number in places:
            if number >= many:
                continue
            phrase, points = entries[number]
            won = points
            for worth in points:
                mine = taken.get(worth[0])
                if mine is None:
                    mine = taken[worth[0]] = set()
                elif first in mine or first - size in mine:
                    won = tuple(other for other in won if other is not worth)
                    continue
                if size:
                    mine.update(range(first, first - size + 1))
                else:
                    mine.add(first)
            if won and first not in negated:
                counted.append(Found(first, phrase, won))
        return counted

    def _places(self, words: Sequence[str | None]) -> list[_Place]:
        """Return all phrases that are there."""
        read = list(map(self._known.__getitem__, words))
        found: list[_Place] = []
        last = len(read) - 1
        for start, (nodes, _) in enumerate(read):
            if not nodes:
                continue
            for node in nodes:
                if node.ends:
                    found += [(0, start, number) for number in node.ends]
                if node.leaf or start == last:
                    continue
                # Most phrases end with their first word, since another one follows: that is seen before any walk.
                if node.gap is None and node.next.keys().isdisjoint(read[start + 1][1]):
                    continue
                here: dict[int, int] = {}
                self._walk(node, start + 1, read, words, here)
                found += [(start - end, start, number) for number, end in here.items() if end > start]
        return found

    def _walk(
        self, node: _Node, place: int, read: Sequence[_Known], words: Sequence[str | None], found: dict[int, int]
    ) -> None:
        for number in node.ends:
            # The shortest of several ways through a gap counts, as with RE2.
            found[number] = min(place - 1, found.get(number, place))
        if place >= len(read):
            return
        for symbol in read[place][1]:
            following = node.next.get(symbol)
            if following is not None:
                self._walk(following, place + 1, read, words, found)
        if node.gap is not None:
            for far in range(place, min(place + GAP_WORDS + 1, len(read))):
                if words[far] is None:
                    break
                for symbol in read[far][1]:
                    following = node.gap.next.get(symbol)
                    if following is not None:
                        self._walk(following, far + 1, read, words, found)

    def _negated(self, places: Sequence[_Place]) -> set[int]:
        """Return the words at which a phrase is negated. A break ends no reach: nobody negates over so few words."""
        idle = {word for size, first, n in places if n >= self._ends.stop for word in range(first, first - size + 1)}
        stops = {first for _, first, n in places if n in self._ends}
        reached: set[int] = set()
        for size, first, number in places:
            if number in self._negations and first not in idle:
                behind = first - size + 1
                for word in range(behind, behind + self.lexicon.reach):
                    if word in stops:
                        break
                    reached.add(word)
        return reached

    def _learn(self, word: str) -> _Known:
        """Return where a word begins phrases, and what of their words and stems it is."""
        stems = (f"{word[:n]}*" for n in range(_SHORTEST_STEM, min(len(word), self._longest) + 1))
        symbols = tuple(s for s in (word, *stems) if s in self._vocabulary)
        nodes = tuple(self._root.next[s] for s in symbols if s in self._root.next)
        return (nodes, symbols) if symbols else _NOTHING


def _symbols(node: _Node) -> Iterable[str]:
    for symbol, following in node.next.items():
        yield symbol
        yield from _symbols(following)
    if node.gap is not None:
        yield from _symbols(node.gap)
