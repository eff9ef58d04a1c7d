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

__all__ = ["Found", "Phrasebook", "Said"]

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


class Said(NamedTuple):
    """
    A phrase that speaks for or against one label.

    Attributes:
        label: The label.
        points: What it is worth.
        phrase: As the lexicon writes it.
    """

    label: str
    points: int
    phrase: str


_Symbols = tuple[str, ...]
_Known = tuple[tuple[int, ...], tuple[int, ...], tuple[_Node, ...], bool, _Symbols]
"""
What a word is to the phrases: the sayings it is one of alone, other phrases that it is alone, where it begins longer
ones, whether one of those leaps over words, and what of their words and stems it is.
"""
_Place = tuple[int, int, int]
"""One less its length in words as a negative number, its first word and its number: sorting puts the longest first."""
_NOTHING: Final[_Known] = ((), (), (), False, ())


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
        self.sayings: list[Said] = []
        self._entries: list[tuple[int, ...]] = []
        for entry in lexicon.entries:
            first = len(self.sayings)
            self.sayings += [Said(label, points, entry.phrase) for label, points in entry.points]
            self._entries.append(tuple(range(first, len(self.sayings))))
        self._labels = [saying.label for saying in self.sayings]
        self._negations = range(len(self._entries), len(self._entries) + len(lexicon.negations))
        self._ends = range(self._negations.stop, self._negations.stop + len(lexicon.ends))
        phrases = [entry.phrase for entry in lexicon.entries]
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
        worth: dict[tuple[int, str], dict[str, int]] = {}
        for first, number in self.places(words):
            label, points, phrase = self.sayings[number]
            worth.setdefault((first, phrase), {})[label] = points
        return [Found(first, phrase, tuple(points.items())) for (first, phrase), points in worth.items()]

    def places(self, words: Sequence[str | None]) -> list[tuple[int, int]]:
        """Return the same as numbers: of the first word, and of what is said there in `sayings`."""
        longer, alone, others = self._found(words)
        longer.sort()
        entries, labels, many = self._entries, self._labels, len(self._entries)
        negated: set[int] = set()
        if others or any(number >= many for _, _, number in longer):
            negated = self._negated([*longer, *others])
        taken: dict[str, set[int]] = {}
        counted = []
        for size, first, number in longer:
            if number >= many:
                continue
            last = first - size
            for one in entries[number]:
                mine = taken.get(labels[one])
                if mine is None:
                    mine = taken[labels[one]] = set()
                elif first in mine or last in mine:
                    continue
                mine.update(range(first, last + 1))
                if first not in negated:
                    counted.append((first, one))
        free = taken.get
        for first, ones in alone:
            if first not in negated:
                counted += [(first, one) for one in ones if first not in free(labels[one], ())]
        return counted

    def _found(
        self, words: Sequence[str | None]
    ) -> tuple[list[_Place], list[tuple[int, tuple[int, ...]]], list[_Place]]:
        """Return all longer phrases that are there, what single words say, and single words that are others."""
        read = list(map(self._known.__getitem__, words))
        longer: list[_Place] = []
        alone: list[tuple[int, tuple[int, ...]]] = []
        others: list[_Place] = []
        read.append(_NOTHING)
        last = len(words) - 1
        for start, (ones, more, nodes, leaps, _) in enumerate(read):
            if ones:
                alone.append((start, ones))
            if more:
                others += [(0, start, number) for number in more]
            if not nodes or start == last:
                continue
            # Most phrases end with their first word, since another one follows: that is seen before any walk.
            following = read[start + 1][4]
            if not (following or leaps):
                continue
            for node in nodes:
                if node.gap is not None:
                    here: dict[int, int] = {}
                    self._walk(node, start + 1, read, words, here)
                else:
                    reached = [node.next[symbol] for symbol in following if symbol in node.next]
                    if not reached:
                        continue
                    here = {}
                    for after in reached:
                        if after.leaf:
                            here |= dict.fromkeys(after.ends, start + 1)
                        else:
                            self._walk(after, start + 2, read, words, here)
                longer += [(start - end, start, number) for number, end in here.items() if end > start]
        return longer, alone, others

    def _walk(
        self, node: _Node, place: int, read: Sequence[_Known], words: Sequence[str | None], found: dict[int, int]
    ) -> None:
        for number in node.ends:
            # The shortest of several ways through a gap counts, as with RE2.
            found[number] = min(place - 1, found.get(number, place))
        if node.leaf:
            return
        last = len(words)
        if place >= last:
            return
        for symbol in read[place][4]:
            following = node.next.get(symbol)
            if following is not None:
                self._walk(following, place + 1, read, words, found)
        if node.gap is not None:
            after = node.gap.next
            for far in range(place, min(place + GAP_WORDS + 1, last)):
                if words[far] is None:
                    break
                for symbol in read[far][4]:
                    following = after.get(symbol)
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
        """Return what a word is to the phrases."""
        stems = (f"{word[:n]}*" for n in range(_SHORTEST_STEM, min(len(word), self._longest) + 1))
        symbols = tuple(s for s in (word, *stems) if s in self._vocabulary)
        if not symbols:
            return _NOTHING
        nodes = [self._root.next[s] for s in symbols if s in self._root.next]
        numbers = sorted({number for node in nodes for number in node.ends})
        ones: dict[str, int] = {}
        for number in numbers:
            for one in self._entries[number] if number < len(self._entries) else ():
                # Of two phrases for one label that are the same word, the first counts.
                ones.setdefault(self._labels[one], one)
        more = tuple(number for number in numbers if number >= len(self._entries))
        longer = tuple(node for node in nodes if not node.leaf)
        return tuple(ones.values()), more, longer, any(node.gap is not None for node in longer), symbols


def _symbols(node: _Node) -> Iterable[str]:
    for symbol, following in node.next.items():
        yield symbol
        yield from _symbols(following)
    if node.gap is not None:
        yield from _symbols(node.gap)
