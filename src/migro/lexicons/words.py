"""Text as words in clauses: what phrases are compared with, and where each word stands in the original."""

from __future__ import annotations

import re
import sys
import unicodedata
from array import array
from bisect import bisect_left
from functools import cache, lru_cache

import attrs

__all__ = ["Words", "split_words"]

_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_APOSTROPHES = str.maketrans(dict.fromkeys("`´‘’ʹʼ′＇", "'"))

# Between two words one of these alone, without a space, ends nothing: 3.5, shop.example, 10:30.
_INSIDE = frozenset(".,:")
_ENDS_CLAUSE = frozenset(".,:;!?()[]{}|<>¿¡…–—•·。、،؛؟।")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_STANDS_ALONE = re.compile(r"\s[-*]+\s")

# A longer run of combining marks is cut: putting marks in their canonical order takes more than linear time.
_LONGEST_CLUSTER = 32
_IGNORABLE = frozenset(
    map(
        chr,
        (
            0x034F,
            0x115F,
            0x1160,
            0x17B4,
            0x17B5,
            *range(0x180B, 0x1810),
            0x3164,
            *range(0xFE00, 0xFE10),
            0xFFA0,
            *range(0xE0100, 0xE01F0),
        ),
    )
)


@attrs.frozen
class Words:
    """
    The words of a text, folded.

    Attributes:
        stream: One clause a line, UTF-8: each word after a space, one more space before the line's end.
        offsets: Where each word starts in `stream`.
        clauses: The number of each word's clause.
        spans: Start and end of each word in the original text, in characters.
    """

    stream: bytes
    offsets: list[int]
    clauses: list[int]
    spans: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.offsets)

    def between(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last word of a piece of the stream that starts and ends with spaces."""
        return bisect_left(self.offsets, start + 1), bisect_left(self.offsets, end - 1) - 1


def split_words(text: str) -> Words:
    """
    Return the words of a text, with their clauses and places.

    Letters are folded by NFKC and case folding, and characters nobody sees are left out. A word is letters, digits
    and marks, with apostrophes inside. Takes linear time.
    """
    folded, starts, ends = _fold(text)
    pattern = _ASCII_WORD if folded.isascii() else _word()
    lines: list[str] = []
    words: list[str] = []
    offsets: list[int] = []
    clauses: list[int] = []
    spans: list[tuple[int, int]] = []
    offset, before = 0, 0
    for found in pattern.finditer(folded):
        start, end = found.span()
        if words and _ends_clause(folded[before:start]):
            lines.append(f" {' '.join(words)} \n")
            words = []
            offset += 2
        word = found[0]
        words.append(word)
        offsets.append(offset + 1)
        clauses.append(len(lines))
        spans.append((starts[start], ends[end - 1]) if starts else (start, end))
        offset += 1 + (len(word) if word.isascii() else len(word.encode()))
        before = end
    if words:
        lines.append(f" {' '.join(words)} \n")
    return Words("".join(lines).encode(), offsets, clauses, spans)


def _ends_clause(gap: str) -> bool:
    if gap == " ":
        return False
    if len(gap) == 1:
        return gap in _ENDS_CLAUSE and gap not in _INSIDE
    return not _ENDS_CLAUSE.isdisjoint(gap) or bool(_BLANK_LINE.search(gap) or _STANDS_ALONE.search(gap))


@cache
def _word() -> re.Pattern[str]:
    # Marks belong to their letters, and `\w` leaves them out. Those beyond the second plane are no part of any script.
    marks = [chr(c) for c in range(0x80, 0x20000) if unicodedata.category(chr(c)).startswith("M")]
    letter = rf"(?:[^\W_]|[{''.join(marks)}])+"
    return re.compile(rf"{letter}(?:'{letter})*")


def _fold(text: str) -> tuple[str, array[int], array[int]]:
    """Return the folded text, and for each of its characters where it comes from; nothing when that is the same."""
    starts, ends = array("L"), array("L")
    if text.isascii():
        return text.translate(_APOSTROPHES).lower(), starts, ends
    pieces: list[str] = []

    def plain(start: int, end: int) -> None:
        pieces.append(text[start:end].translate(_APOSTROPHES).lower())
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))

    done = 0
    for span in _NOT_ASCII.finditer(text):
        plain(done, span.start())
        for start, end, cluster in _clusters(text, *span.span()):
            piece = _fold_cluster(cluster)
            pieces.append(piece)
            starts.extend([start] * len(piece))
            ends.extend([end] * len(piece))
        done = span.end()
    plain(done, len(text))
    return "".join(pieces), starts, ends


def _clusters(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return the pieces of a text that normalise independently of each other, without what nobody sees."""
    clusters: list[tuple[int, int, str]] = []
    first, last, cluster = start, start, ""
    for place in range(start, end):
        char = text[place]
        if _ignorable(char):
            continue
        if cluster and (len(cluster) >= _LONGEST_CLUSTER or not _joins_previous(char)):
            clusters.append((first, last, cluster))
            cluster = ""
        if not cluster:
            first = place
        cluster += char
        last = place + 1
    if cluster:
        clusters.append((first, last, cluster))
    return clusters


@lru_cache(maxsize=4096)
def _ignorable(char: str) -> bool:
    return char in _IGNORABLE or unicodedata.category(char) == "Cf"


@lru_cache(maxsize=4096)
def _joins_previous(char: str) -> bool:
    """Return whether a character may melt into the one before: a mark, or a later part of a Korean syllable."""
    first = unicodedata.normalize("NFKD", char)[0]
    return unicodedata.category(first).startswith("M") or "\u1161" <= first <= "\u1175" or "\u11a8" <= first <= "\u11c2"


@lru_cache(maxsize=4096)
def _fold_cluster(cluster: str) -> str:
    composed = unicodedata.normalize("NFKC", cluster.translate(_APOSTROPHES))
    return sys.intern(unicodedata.normalize("NFKC", composed.casefold()))
