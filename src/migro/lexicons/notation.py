"""The written form of a lexicon: one phrase a line, so that a difference shows phrases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from .lexicon import NONE, Entry, Lexicon, LexiconExample
from .mistakes import LexiconError, Mistake

__all__ = ["parse_lexicon", "write_lexicon"]

_ARROW: Final = " => "
_ARROW_BEHIND: Final = re.compile(r"\s+=>\s")
_SECTION: Final = re.compile(r"\[(.*)\]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}")
_WORTH: Final = re.compile(r"(\S+)\s+(\S+)")
_SAID: Final = re.compile(r'\s*(?:([~!]?)"([^"]*)"|([^",]*))\s*(?:,|$)')
_HEAD: Final = {"name": str, "version": int, "language": str, "reach": int}
_LISTS: Final = {"negations": "negation", "ends": "end", "idle": "idle"}


class _Wrong(Exception):
    """What is wrong in a line, and at which column."""

    def __init__(self, message: str, column: int) -> None:
        self.message, self.column = message, column


def parse_lexicon(text: str, *, where: str = "lexicon") -> Lexicon:
    """
    Return the lexicon that a text describes.

    Args:
        text: The written form, as `write_lexicon` gives it.
        where: Name of the file, for the places of mistakes.

    Raises:
        LexiconError: With all mistakes at once, in the order of the lines.
    """
    return _Parser(where).parse(text)


class _Parser:
    def __init__(self, where: str) -> None:
        self.where = where
        self.section = ""
        self.head: dict[str, Any] = {}
        self.lists: dict[str, list[str]] = {section: [] for section in _LISTS}
        self.entries: list[Entry] = []
        self.examples: list[LexiconExample] = []
        self.places: dict[tuple[str, str], tuple[int, int]] = {}
        self.wrong: list[tuple[int, int, str]] = []
        self.phrases_incomplete = False

    def parse(self, text: str) -> Lexicon:
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            if (content := line.strip()) and not content.startswith("#"):
                try:
                    self._line(content, number, len(line) - len(line.lstrip()) + 1)
                except _Wrong as e:
                    self.wrong.append((number, e.column, e.message))
                    self.phrases_incomplete |= self.section == "phrases"
        for key in ("name", "version", "language"):
            if not any(part == key for part, _ in self.places):
                self.wrong.append((1, 1, f"expected a line `{key}: ...` at the top, got none"))
        lexicon = self._lexicon()
        if self.wrong or lexicon is None:
            raise LexiconError([self._mistake(*wrong) for wrong in sorted(self.wrong)])
        return lexicon

    def _lexicon(self) -> Lexicon | None:
        # Made even when lines are wrong already, so that what is wrong in the others is said in the same breath.
        head: dict[str, Any] = {"name": "x", "version": 1, "language": "en", **self.head}
        lists: dict[str, Any] = dict(self.lists)
        try:
            return Lexicon(**head, entries=tuple(self.entries), examples=tuple(self.examples), **lists)
        except LexiconError as e:
            for mistake in e.mistakes:
                # Their phrases and labels may be in the lines that could not be read.
                if not (self.phrases_incomplete and mistake.part in ("example", "phrases")):
                    line, column = self.places.get((mistake.part, mistake.written), (1, 1))
                    self.wrong.append((line, column + mistake.column - 1, mistake.message))
            return None

    def _mistake(self, line: int, column: int, message: str) -> Mistake:
        return Mistake(message, "line", place=f"{self.where}:{line}:{column}")

    def _line(self, content: str, line: int, column: int) -> None:
        if found := _SECTION.fullmatch(content):
            self.section = found[1]
            if self.section not in ("phrases", "examples", *_LISTS):
                known = "[phrases], [negations], [ends], [idle] or [examples]"
                raise _Wrong(f"expected {known}, got {content}", column)
        elif self.section == "phrases":
            self._phrase(content, line, column)
        elif self.section == "examples":
            self._example(content, line, column)
        elif self.section in _LISTS:
            self._place(_LISTS[self.section], content, line, column)
            self.lists[self.section].append(content)
        elif not self.section:
            self._heading(content, line, column)

    def _heading(self, content: str, line: int, column: int) -> None:
        key, colon, value = (part.strip() for part in content.partition(":"))
        if key not in _HEAD or not colon:
            raise _Wrong(f"expected `name:`, `version:`, `language:`, `reach:` or `[phrases]`, got {content!r}", column)
        if any(part == key for part, _ in self.places):
            raise _Wrong(f"expected {key!r} once, got it twice", column)
        self.places[key, value] = line, column + content.index(value, content.index(":"))
        self.head[key] = _whole(value, *self.places[key, value][1:]) if _HEAD[key] is int else value

    def _place(self, part: str, written: str, line: int, column: int) -> None:
        if (part, written) in self.places:
            raise _Wrong(f"expected {written!r} once, got it twice", column)
        self.places[part, written] = line, column

    def _phrase(self, content: str, line: int, column: int) -> None:
        phrase, arrow, worth = content.rpartition(_ARROW)
        if not arrow:
            raise _Wrong(f"expected `phrase => label points`, got {content!r}", column)
        self._place("phrase", phrase.strip(), line, column)
        column += len(phrase) + len(_ARROW)
        points: list[tuple[str, int]] = []
        for part in worth.split(","):
            at = column + len(part) - len(part.lstrip())
            found = _WORTH.fullmatch(part.strip())
            if not found:
                raise _Wrong(f"expected a label and points such as `intent.login 40`, got {part.strip()!r}", at)
            points.append((found[1], _whole(found[2], at + found.start(2))))
            column += len(part) + 1
        self.entries.append(Entry(phrase.strip(), points))

    def _example(self, content: str, line: int, column: int) -> None:
        text, end = _text(content, column)
        self._place("example", text, line, column)
        expected: dict[str, list[Any]] = {k: [] for k in ("labels", "points", "found", "negated", "absent")}
        said = list(_said(content[end:], column + end))
        for at, mark, phrase, label in said:
            if phrase is not None:
                expected[{"": "found", "~": "negated", "!": "absent"}[mark]].append(phrase)
            elif found := _WORTH.fullmatch(label):
                expected["points"].append((found[1], _whole(found[2], at + found.start(2))))
            elif label != NONE:
                expected["labels"].append(label)
        nothing = any(label == NONE for *_, label in said)
        if nothing == bool(expected["labels"] or any(points > 0 for _, points in expected["points"])):
            raise _Wrong(f"expected labels, or `{NONE}` alone, got {content[end:].strip()!r}", column + end)
        self.examples.append(LexiconExample(text=text, **expected))


def _whole(text: str, column: int) -> int:
    if not _NUMBER.fullmatch(text):
        raise _Wrong(f"expected a whole number, got {text!r}", column)
    return int(text)


def _text(content: str, column: int) -> tuple[str, int]:
    """Return the text of an example, and where in the line its expectation begins."""
    if not content.startswith('"'):
        text, arrow, _ = content.partition(_ARROW)
        if not arrow:
            raise _Wrong(f"expected `text => labels`, got {content!r}", column)
        return text.strip(), len(text) + len(_ARROW)
    try:
        text, end = json.JSONDecoder().raw_decode(content)
    except json.JSONDecodeError as e:
        raise _Wrong(f"expected a text in quotation marks as JSON writes it: {e.msg}", column + e.pos) from e
    sign = _ARROW_BEHIND.match(content, end)
    if not sign:
        raise _Wrong(f"expected `{_ARROW.strip()}` after the text, got {content[end:].strip()!r}", column + end)
    return text, sign.end()


def _said(content: str, column: int) -> Iterator[tuple[int, str, str | None, str]]:
    """Yield column, mark, phrase and label of what an example expects; either a phrase or a label."""
    at = 0
    while at < len(content):
        found = _SAID.match(content, at)
        if not found or (found[2] is None and not found[3].strip()):
            raise _Wrong(f'expected a label, `label points` or "a phrase", got {content[at:].strip()!r}', column + at)
        start = found.start(3) if found[2] is None else found.start(1)
        yield column + start, found[1] or "", found[2], (found[3] or "").strip()
        at = found.end()


def write_lexicon(lexicon: Lexicon) -> str:
    """Return the written form: everything sorted, so that equal lexicons are equal texts."""
    lines = [f"{key}: {getattr(lexicon, key)}" for key in _HEAD]
    for section in _LISTS:
        lines += _section(section, getattr(lexicon, section), str)
    lines += _section("phrases", lexicon.entries, _phrase_line)
    lines += _section("examples", lexicon.examples, _example_line)
    return "\n".join(lines) + "\n"


def _section(name: str, values: tuple[Any, ...], line: Callable[[Any], str]) -> list[str]:
    return ["", f"[{name}]", *map(line, values)] if values else []


def _phrase_line(entry: Entry) -> str:
    return f"{entry.phrase}{_ARROW}{', '.join(f'{label} {points}' for label, points in entry.points)}"


def _example_line(example: LexiconExample) -> str:
    expected = [*sorted(example.labels), *(f"{label} {points}" for label, points in example.points)]
    if not example.labels and all(points <= 0 for _, points in example.points):
        expected.insert(0, NONE)
    for mark, phrases in (("", example.found), ("~", example.negated), ("!", example.absent)):
        expected += [f'{mark}"{phrase}"' for phrase in phrases]
    return f"{_quoted(example.text)}{_ARROW}{', '.join(expected)}"


def _quoted(text: str) -> str:
    plain = text.isprintable() and text == text.strip() and text and text[0] not in '"#[' and _ARROW not in text
    return text if plain else json.dumps(text)
