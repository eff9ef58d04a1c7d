"""Phrases: words with a few safe wildcards, spelled out and turned into RE2."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import attrs

from ..errors import PatternRefused, PhraseRefused
from ..expressions.patterns import compile_pattern
from .words import split_words

__all__ = ["GAP", "GAP_WORDS", "LONGEST", "MOST_SPELLINGS", "RAW", "Phrase", "PhraseRefused", "parse_phrase"]

GAP: Final = "..."
"""What stands for a few words of any kind."""

GAP_WORDS: Final = 3
"""The most words that `...` stands for."""

MOST_SPELLINGS: Final = 64
"""The most spellings of one phrase: more would make a set of phrases large without anybody seeing it."""

LONGEST: Final = 200
"""The most characters of a phrase."""

RAW: Final = "re:"
"""What a phrase begins with that is a regular expression in RE2 syntax."""

_SHORTEST_STEM: Final = 3
_REST: Final = r"[^ \n]*"


@attrs.frozen
class Phrase:
    """
    A phrase, understood.

    Attributes:
        text: As it was written.
        spellings: The sequences of words that it stands for, sorted; none for a regular expression.
        pattern: The RE2 pattern over a stream of words. Groups are the gaps.
    """

    text: str
    spellings: tuple[str, ...]
    pattern: str


@lru_cache(maxsize=4096)
def parse_phrase(text: str) -> Phrase:
    """
    Return a phrase, understood.

    Raises:
        PhraseRefused: With the column of the mistake.
    """
    if len(text) > LONGEST:
        raise PhraseRefused(f"expected at most {LONGEST} characters, got {len(text)}", LONGEST + 1)
    if not text.isprintable() or text != text.strip():
        raise PhraseRefused(f"expected printable characters on one line without spaces around, got {text!r}")
    if '"' in text:
        raise PhraseRefused(r"expected no quotation mark, in a regular expression \x22", text.index('"') + 1)
    if text.startswith(RAW):
        return _raw(text)
    spellings = {tuple(_words(spelling)) for spelling in _Spelling(text).all()}
    # Longest first: where two spellings start at one place, RE2 takes the one that stands first.
    ordered = sorted(spellings, key=lambda words: (-len(words), words))
    pattern = "|".join("".join(map(_word_pattern, words)) for words in ordered)
    return Phrase(text, tuple(sorted(map(" ".join, spellings))), f"(?:{pattern}) ")


def _word_pattern(word: str) -> str:
    if word == GAP:
        return rf"((?: [^ \n]+){{0,{GAP_WORDS}}}?)"
    return f" {word.removesuffix('*')}{_REST}" if word.endswith("*") else f" {word}"


def _raw(text: str) -> Phrase:
    source = text.removeprefix(RAW).strip()
    try:
        empty = compile_pattern(f"^(?:{source})$").found_in("")
        compile_pattern(source)
    except PatternRefused as e:
        raise PhraseRefused(str(e), len(RAW) + 1) from e
    if empty:
        raise PhraseRefused(f"expected a pattern that needs at least one character, got {source!r}", len(RAW) + 1)
    return Phrase(text, (), f" (?i:{source}) ")


def _words(spelling: str) -> Iterable[str]:
    """Yield the words of one spelling; a stem keeps its `*`, and a gap stays `...`."""
    words: list[str] = []
    for chunk in spelling.split():
        if chunk == GAP:
            words.append(GAP)
            continue
        stem = chunk.removesuffix("*")
        found = split_words(stem)
        if "*" in stem or (stem != chunk and not split_words(stem[-1:])):
            raise PhraseRefused(f"expected `*` at the end of a word, got {chunk!r}")
        if not found or found.clauses[-1] or _edge(stem):
            raise PhraseRefused(f"expected words without punctuation, got {chunk!r}")
        words.extend(found.stream.decode().split())
        if stem != chunk:
            if len(words[-1]) < _SHORTEST_STEM:
                raise PhraseRefused(f"expected at least {_SHORTEST_STEM} letters before `*`, got {chunk!r}")
            words[-1] += "*"
    if not words:
        raise PhraseRefused("expected at least one word in every spelling, got a phrase that may be empty")
    if GAP in (words[0], words[-1]):
        raise PhraseRefused("expected words before and after `...`")
    return words


def _edge(stem: str) -> bool:
    # `foo,` would lose its comma in silence, and then match where no comma is.
    return _punctuation(stem[0]) or _punctuation(stem[-1])


@lru_cache(maxsize=1024)
def _punctuation(char: str) -> bool:
    return not split_words(char) and char not in "'’"


class _Spelling:
    """Reads the wildcards of one phrase: `x?`, `(a|b)`."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def all(self) -> tuple[str, ...]:
        found = self._alternatives()
        if self.place < len(self.text):
            raise PhraseRefused("expected `(` before, got `)`", self.place + 1)
        return found

    def _alternatives(self) -> tuple[str, ...]:
        found = self._sequence()
        while self.text.startswith("|", self.place):
            self.place += 1
            found = tuple(dict.fromkeys((*found, *self._sequence())))
            self._bound(len(found))
        return found

    def _sequence(self) -> tuple[str, ...]:
        found: tuple[str, ...] = ("",)
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            atoms = self._atom()
            if self.text.startswith("?", self.place):
                self.place += 1
                atoms = (*atoms, "")
            self._bound(len(found) * len(atoms))
            found = tuple(head + tail for head in found for tail in atoms)
        return found

    def _atom(self) -> tuple[str, ...]:
        char, start = self.text[self.place], self.place
        self.place += 1
        if char == "?":
            raise PhraseRefused("expected a letter, a space or a group before `?`", start + 1)
        if char != "(":
            return (char,)
        found = self._alternatives()
        if not self.text.startswith(")", self.place):
            raise PhraseRefused("expected `)` for this `(`", start + 1)
        self.place += 1
        return found

    def _bound(self, count: int) -> None:
        if count > MOST_SPELLINGS:
            raise PhraseRefused(f"expected at most {MOST_SPELLINGS} spellings, got more: write two phrases", self.place)
