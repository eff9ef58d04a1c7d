"""Parts of a text that was read: values that know their line and column, and the mistakes found in them."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from ..errors import Finding, RuleSetError

__all__ = [
    "BROKEN",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_FINDINGS",
    "MAX_PARTS",
    "MAX_SIGNALS",
    "MAX_TEXT",
    "Line",
    "Part",
    "Problems",
    "Reported",
    "described",
    "near",
    "spoken",
]

MAX_TEXT: Final = 10_000_000
"""Longest document, in characters; the shipped rules with all their examples take a quarter of it."""

MAX_DEPTH: Final = 100
"""How deep tables and lists may lie in each other; people stop reading long before."""

MAX_DIGITS: Final = 1000
"""Longest whole number; Python itself refuses a little more."""

MAX_FINDINGS: Final = 100
"""Mistakes that are told at once; what comes after them is counted."""

MAX_PARTS: Final = 600_000
"""Values in a document, of which lists and tables are some."""

MAX_SIGNALS: Final = 100_000
"""Signals in all examples of a document together, repetitions counted."""

BROKEN: Final = object()
"""The value of a part about which a mistake has been told already."""


class Line(dict[str, Any]):
    """A table that is written on one line, since it reads best so."""


@attrs.frozen(eq=False)
class Part:
    """
    A value and where it stands.

    Attributes:
        value: None, bool, int, str, a tuple of parts, a mapping of parts, or `BROKEN`.
        line: From 1.
        column: From 1, in characters.
        names: For a table, line and column of each of its names.
    """

    value: Any
    line: int
    column: int
    names: Mapping[str, tuple[int, int]] = attrs.field(factory=dict)


class Reported(Exception):
    """A mistake has been noted; whoever was building something from that part gives up on it, and only on it."""


class Problems:
    """
    Collects mistakes, so that all of them are told at once.

    Attributes:
        where: Name of the text, such as a file's.
    """

    def __init__(self, where: str = "") -> None:
        self.where = where
        self.findings: list[Finding] = []
        self._places: list[tuple[int, int]] = []
        self.left_out = 0
        self._later: list[Finding] = []
        self._parts = 0
        self.signals_left = MAX_SIGNALS

    def add(self, code: str, path: str, place: Part | tuple[int, int], message: str) -> None:
        """Note a mistake at a part, or at a line and column."""
        if len(self.findings) >= MAX_FINDINGS:
            self.left_out += 1
            return
        line, column = (place.line, place.column) if isinstance(place, Part) else place
        # In the order of the text; equal places keep the order in which they were found.
        at = bisect_right(self._places, (line, column))
        self._places.insert(at, (line, column))
        self.findings.insert(at, Finding(code, path, self.at(line, column), message))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Note mistakes that somebody else found, after all others."""
        self._later.extend(findings)

    def at(self, line: int, column: int) -> str:
        """Return a place in the text as messages write it."""
        return f"{self.where}:{line}:{column}" if self.where else f"line {line}, column {column}"

    def check(self) -> None:
        """
        Go on only if there are no mistakes.

        Raises:
            RuleSetError: With all of them.
        """
        findings = [*self.findings, *self._later]
        if self.left_out:
            place = self.where or "the document"
            findings.append(Finding("more", "$", place, f"expected less to say, got {self.left_out} more mistakes"))
        if findings:
            raise RuleSetError(findings)

    def count(self, part: tuple[int, int]) -> None:
        """Count a value that is read; a text of millions of them is none that people wrote."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            self.add("size", "$", part, f"expected at most {MAX_PARTS} values, got more")
            raise Reported


def described(part: Part) -> str:
    """Return what a part is, as messages say it."""
    match part.value:
        case None:
            return "nothing (null)"
        case bool():
            return "true" if part.value else "false"
        case int():
            return spoken(str(part.value))
        case str():
            return spoken(repr(part.value))
        case tuple():
            return f"a list of {len(part.value)}"
        case _ if part.value is BROKEN:
            return "what cannot be read"
        case _:
            return f"a table with {spoken(', '.join(part.value))}" if part.value else "an empty table"


def spoken(text: str) -> str:
    """Return a text as messages quote it: not longer than a line."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def near(name: str, known: Iterable[str]) -> str:
    """Return a hint at the names that look like `name`, or an empty string."""
    found = difflib.get_close_matches(name[:100], list(known), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""
