"""Texts: short samples of what patterns find, and which patterns find all that others do."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from ..expressions import Pattern

__all__ = ["implied_patterns", "texts_for"]

_MOST, _EACH = 12, 3
_FLAGS = re.compile(r"\(\?[imsU]+\)")


def texts_for(patterns: Sequence[Pattern]) -> Iterator[str]:
    """Yield texts for which the patterns answer differently, as far as samples show it; each is checked by RE2."""
    samples = {p.text: [t for t in _samples(p.text) if p.found_in(t)] for p in patterns}
    yield from dict.fromkeys(t for found in samples.values() for t in found)
    for one, other in itertools.permutations(samples.values(), 2):
        # The last alternative is the one that somebody added.
        for left, right in itertools.product((*one[:2], *one[-1:]), (*other[:2], *other[-1:])):
            yield f"{left} {right}"


def implied_patterns(patterns: Mapping[str, Pattern]) -> set[tuple[str, str]]:
    """
    Return pairs of names of which the second pattern is found wherever the first is.

    Known where all alternatives of the first are among those of the second, flags being equal: a text holds ``a|b``
    when it holds one of them.
    """
    pairs = set()
    for (a, one), (b, other) in itertools.permutations(patterns.items(), 2):
        mine, theirs = _alternatives(one.text), _alternatives(other.text)
        if mine[0] == theirs[0] and mine[1] <= theirs[1]:
            pairs.add((a, b))
    return pairs


def _alternatives(text: str) -> tuple[str, frozenset[str]]:
    flags = _FLAGS.match(text)
    body = text[flags.end() :] if flags else text
    parts, depth, start, i, in_class = [], 0, 0, 0, False
    while i < len(body):
        c = body[i]
        if c == "\\":
            if body[i : i + 2] == r"\Q":  # a quoted stretch has rules of its own
                return (flags[0] if flags else "", frozenset({body}))
            i += 1
        elif in_class:
            in_class = c != "]"
        elif c == "[":
            in_class = True
            i += body[i + 1 : i + 2] == "^"
            i += body[i + 1 : i + 2] == "]"  # first in a class it means itself
        elif c == "(":
            if body[i : i + 2] == "(?" and body[i : i + 3] != "(?:":  # flags inside reach over alternatives
                return (flags[0] if flags else "", frozenset({body}))
            depth += 1
        elif c == ")":
            depth -= 1
        elif c == "|" and depth == 0:
            parts.append(body[start:i])
            start = i + 1
        i += 1
    return (flags[0] if flags else "", frozenset({*parts, body[start:]}))


def _samples(text: str) -> list[str]:
    flags = _FLAGS.match(text)
    reader = _Reader(text[flags.end() :] if flags else text)
    return list(dict.fromkeys(reader.alternatives()))


class _Reader:
    """Writes texts for the plain part of the pattern language; the rest gives texts that the check throws out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def alternatives(self) -> list[str]:
        found = self.sequence()[:_EACH]
        while self.peek() == "|":
            self.at += 1
            found += self.sequence()[:_EACH]
        return found

    def sequence(self) -> list[str]:
        made = [""]
        while self.at < len(self.text) and self.peek() not in "|)":
            piece = self.repeated(self.piece())
            made = [a + b for a, b in itertools.islice(itertools.product(made, piece), _MOST)]
        return made

    def repeated(self, piece: list[str]) -> list[str]:
        match self.peek():
            case "?" | "*":
                piece = ["", *piece]
            case "+":
                pass
            case "{":
                end = self.text.find("}", self.at)
                low = self.text[self.at + 1 : end].split(",")[0]
                piece = [p * int(low) for p in piece] if low.isdigit() else piece
                self.at = end if end > 0 else self.at
            case _:
                return piece
        self.at += 1
        if self.peek() == "?":
            self.at += 1
        return piece

    def piece(self) -> list[str]:
        c = self.text[self.at]
        self.at += 1
        if c == "(":
            if self.text[self.at : self.at + 2] == "?:":
                self.at += 2
            found = self.alternatives()
            self.at += 1
            return found
        if c == "[":
            return self.one_of()
        if c == "\\":
            escaped = self.peek()
            self.at += 1
            return [{"d": "0", "w": "a", "s": " ", "b": "", "S": "x", "D": "x"}.get(escaped, escaped)]
        if c in "^$":
            return [""]
        return ["x"] if c == "." else [c]

    def one_of(self) -> list[str]:
        end = self.text.find("]", self.at + 1)
        inside, self.at = self.text[self.at : end], (end + 1 if end > 0 else len(self.text))
        if inside.startswith("^"):
            return [c for c in "x0-" if c not in inside][:1]
        return [inside[0], inside[-1]] if inside else [""]

    def peek(self) -> str:
        return self.text[self.at : self.at + 1] or "\0"
