"""
JSON with lines and columns.

The standard library's reader forgets where a value stood, keeps the last of two equal names and makes floats; all
three matter to somebody who writes rules. JSON needs no further package, so this reader is migro's own.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, Final

from .parts import BROKEN, MAX_DEPTH, MAX_DIGITS, Part, Problems, Reported, spoken

__all__ = ["read_json"]

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*+"')
_NUMBER: Final = re.compile(r"-?[0-9][0-9a-zA-Z.+-]*")
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_HALVES: Final = re.compile(r"[\ud800-\udfff]")
_WORD: Final = re.compile(r"[A-Za-z_]+")
_CONSTANTS: Final = {"true": True, "false": False, "null": None}

FLOATS: Final = (
    'expected no floats, since those are not exact: write {{"decimal": "{0}"}} for a decimal number,'
    ' or a share as "2.5 %"; got {0}'
)


def read_json(text: str, problems: Problems) -> Part:
    """
    Return the value that `text` holds; notes floats and names that come twice.

    Raises:
        Reported: If the text is no JSON.
    """
    reader = _Reader(text, problems)
    part = reader.value(0, "$")
    reader.skip()
    if reader.at < len(text):
        reader.stop("expected the end of the text")
    return part


class _Reader:
    def __init__(self, text: str, problems: Problems) -> None:
        self.text, self.problems = text, problems
        self.at = 0
        self.lines = [0, *(m.end() for m in re.finditer("\n", text))]

    def place(self, at: int) -> tuple[int, int]:
        line = bisect_right(self.lines, at)
        return line, at - self.lines[line - 1] + 1

    def stop(self, message: str, at: int | None = None) -> Any:
        at = self.at if at is None else at
        got = repr(self.text[at]) if at < len(self.text) else "the end of the text"
        self.problems.add("syntax", "$", self.place(at), f"{message}, got {got}")
        raise Reported

    def skip(self) -> str:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def value(self, depth: int, path: str) -> Part:
        if depth > MAX_DEPTH:
            self.problems.add("depth", "$", self.place(self.at), f"expected at most {MAX_DEPTH} levels, got more")
            raise Reported
        first = self.skip()
        line, column = self.place(self.at)
        self.problems.count((line, column))
        match first:
            case "{":
                value, names = self.table(depth, path)
                return Part(value, line, column, names)
            case "[":
                return Part(self.listing(depth, path), line, column)
            case '"':
                return Part(self.string(), line, column)
            case _ if first and first in "-0123456789":
                return Part(self.number(path), line, column)
            case _:
                return Part(self.word(), line, column)

    def table(self, depth: int, path: str) -> tuple[dict[str, Part], dict[str, tuple[int, int]]]:
        parts: dict[str, Part] = {}
        names: dict[str, tuple[int, int]] = {}
        self.at += 1
        if self.skip() == "}":
            self.at += 1
            return parts, names
        while True:
            if self.skip() != '"':
                self.stop("expected a name in double quotes")
            place = self.place(self.at)
            name = self.string()
            if self.skip() != ":":
                self.stop(f"expected `:` after the name {spoken(repr(name))}")
            self.at += 1
            part = self.value(depth + 1, f"{path}.{name}")
            if name in parts:
                first = self.problems.at(*names[name])
                self.problems.add("duplicate-field", f"{path}.{name}", place, f"expected once, got another at {first}")
            parts.setdefault(name, part)
            names.setdefault(name, place)
            if self.more("}"):
                return parts, names

    def listing(self, depth: int, path: str) -> tuple[Part, ...]:
        parts: list[Part] = []
        self.at += 1
        if self.skip() == "]":
            self.at += 1
            return ()
        while True:
            parts.append(self.value(depth + 1, f"{path}[{len(parts)}]"))
            if self.more("]"):
                return tuple(parts)

    def more(self, end: str) -> bool:
        found = self.skip()
        if found not in (",", end) or not found:
            self.stop(f"expected `,` or `{end}`")
        self.at += 1
        return found == end

    def string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if not found:
            return self.stop("expected a string on one line that ends with a double quote")  # type: ignore[no-any-return]  # it raises
        try:
            value: str = json.loads(found.group())
        except ValueError:
            return self.stop("expected a string whose escapes are those of JSON")  # type: ignore[no-any-return]  # it raises
        if _HALVES.search(value):
            self.stop("expected whole characters, not half of one")
        self.at = found.end()
        return value

    def number(self, path: str) -> Any:
        start, found = self.at, _NUMBER.match(self.text, self.at)
        if not found:
            return self.stop("expected a number")
        self.at, token = found.end(), found.group()
        if len(token) > MAX_DIGITS:
            self.problems.add("number", path, self.place(start), f"expected at most {MAX_DIGITS} digits")
            return BROKEN
        if _WHOLE.match(token):
            return int(token)
        if _FLOAT.match(token):
            self.problems.add("float", path, self.place(start), FLOATS.format(spoken(token)))
            return BROKEN
        return self.stop("expected a whole number such as 0, 12 or -3", start)

    def word(self) -> Any:
        found = _WORD.match(self.text, self.at)
        if not found or found.group() not in _CONSTANTS:
            return self.stop("expected a value")
        self.at = found.end()
        return _CONSTANTS[found.group()]
