"""
YAML with lines and columns, read strictly.

Only what means the same in YAML 1.1 and 1.2 is taken: a word that one of them reads as a truth value, a number or a
date has to be quoted. Anchors, aliases and tags are refused, so no small text can become a large value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigurationError
from .json_reading import FLOATS
from .parts import BROKEN, MAX_DEPTH, MAX_DIGITS, Part, Problems, Reported, spoken

if TYPE_CHECKING:
    from yaml.events import Event, NodeEvent

__all__ = ["TRAPS", "read_yaml"]

_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}

TRAPS: Final = (
    (
        re.compile(r"(?:y|yes|n|no|on|off|true|false|null)\Z", re.IGNORECASE),
        "expected true, false, null or, for the word, {1};"
        " got {0}, which some readers of YAML take for a truth value or nothing",
    ),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z"),
        "expected {1} in quotes; got {0}, which some readers of YAML take for a number to the base of 60",
    ),
    (
        re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9].*)?\Z"),
        "expected {1}, or {{time: {1}}} where a rule compares with it;"
        " got {0}, which some readers of YAML take for a time",
    ),
    (
        re.compile(r"[-+]?(?:0[0-9_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*_[0-9_]*|\+[0-9]+)\Z|\+[0-9]+\Z"),
        "expected a whole number in decimal digits such as 1000, or {1} for the text; got {0}",
    ),
    (
        re.compile(r"(?:<<|=)\Z"),
        "expected {1}, or the fields written out; got {0}, which has a meaning of its own to some readers of YAML",
    ),
)
"""Plain words that two readers of YAML can understand differently, and what to say about them."""

_DECIMAL: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9_]+|[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_NO_NUMBER: Final = re.compile(r"[-+]?\.(?:inf|nan)\Z", re.IGNORECASE)


def read_yaml(text: str, problems: Problems) -> Part:
    """
    Return the value that `text` holds; notes what cannot be taken.

    Raises:
        Reported: If the text is no YAML.
        ConfigurationError: If PyYAML is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            "expected PyYAML to read rules written in YAML, found none: install the extra `migro[yaml]`,"
            " or hand the document over as JSON"
        ) from e
    # Both give the same events; the one in C is there on nearly every machine and about ten times as fast.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parser = None
    try:
        parser = loader(text)
        return _Builder(problems).build(iter(parser.get_event, None))
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ", ".join(t for t in (e.context, e.problem) if t)
        problems.add("syntax", "$", place, f"expected YAML, got something else: {said}")
        raise Reported from e
    except yaml.YAMLError as e:
        problems.add("syntax", "$", (1, 1), f"expected YAML, got something else: {spoken(str(e).splitlines()[0])}")
        raise Reported from e
    finally:
        if parser is not None:
            parser.dispose()


class _Open:
    """A table or list whose end has not come yet."""

    def __init__(self, event: NodeEvent, path: str, is_table: bool) -> None:
        self.line, self.column = _place(event)
        self.path, self.is_table = path, is_table
        self.parts: list[Part] = []
        self.names: list[Part] = []

    def next_path(self) -> str:
        if not self.is_table:
            return f"{self.path}[{len(self.parts)}]"
        return f"{self.path}.{self.names[-1].value}" if len(self.names) > len(self.parts) else self.path

    def wants_name(self) -> bool:
        return self.is_table and len(self.names) == len(self.parts)


class _Builder:
    """Builds parts from events with a stack of its own, so that deep nesting ends in a message and not in Python's."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.stack: list[_Open] = []
        self.root: Part | None = None

    def build(self, events: Iterator[Event]) -> Part:
        from yaml import events as kinds

        for event in events:
            self.problems.count(_place(event))
            match event:
                case kinds.AliasEvent():
                    self._refuse(event, f"expected the value itself, got the alias *{event.anchor}")
                    self._put(Part(BROKEN, *_place(event)))
                case kinds.ScalarEvent():
                    self._plain(event)
                    self._put(self._scalar(event))
                case kinds.MappingStartEvent() | kinds.SequenceStartEvent():
                    self._plain(event)
                    self._open(event, isinstance(event, kinds.MappingStartEvent))
                case kinds.MappingEndEvent() | kinds.SequenceEndEvent():
                    self._put(self._closed(self.stack.pop()))
                case kinds.DocumentStartEvent() if self.root is not None:
                    self._refuse(event, "expected one document in the text, got a second one")
                    raise Reported
                case kinds.DocumentStartEvent() if event.version or event.tags:
                    self._refuse(event, "expected no directives such as %YAML or %TAG, got one")
        return self.root if self.root is not None else Part(None, 1, 1)

    def _path(self) -> str:
        return self.stack[-1].next_path() if self.stack else "$"

    def _refuse(self, event: Event, message: str) -> None:
        self.problems.add("yaml", self._path(), _place(event), message)

    def _plain(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, f"expected no anchors and aliases, got &{event.anchor}: write the value out")
        if event.tag not in (None, "!"):
            self._refuse(event, f"expected no tags, got {spoken(event.tag)}")

    def _open(self, event: NodeEvent, is_table: bool) -> None:
        path = self._path()
        if self.stack and self.stack[-1].wants_name():
            self._refuse(event, "expected a name, got a table or a list")
            raise Reported
        if len(self.stack) > MAX_DEPTH:
            self.problems.add("depth", "$", _place(event), f"expected at most {MAX_DEPTH} levels, got more")
            raise Reported
        self.stack.append(_Open(event, path, is_table))

    def _put(self, part: Part) -> None:
        if not self.stack:
            self.root = part
        elif self.stack[-1].wants_name():
            self.stack[-1].names.append(part)
        else:
            self.stack[-1].parts.append(part)

    def _closed(self, table: _Open) -> Part:
        if not table.is_table:
            return Part(tuple(table.parts), table.line, table.column)
        parts: dict[str, Part] = {}
        names: dict[str, tuple[int, int]] = {}
        for name, part in zip(table.names, table.parts, strict=True):
            place = (name.line, name.column)
            if name.value is BROKEN:
                continue
            if not isinstance(name.value, str):
                self.problems.add("type", table.path, place, f"expected a name, got {name.value!r}: quote it")
                continue
            if name.value in parts:
                first = self.problems.at(*names[name.value])
                path = f"{table.path}.{name.value}"
                self.problems.add("duplicate-field", path, place, f"expected once, got another at {first}")
                continue
            parts[name.value], names[name.value] = part, place
        return Part(parts, table.line, table.column, names)

    def _scalar(self, event: Any) -> Part:
        # A quoted word, or one over several lines, is text whatever it looks like.
        value = self._resolved(event) if event.style in (None, "") else event.value
        return Part(value, *_place(event))

    def _resolved(self, event: Any) -> Any:
        word: str = event.value
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        quoted = f'"{word}"'
        message = ""
        if len(word) > MAX_DIGITS and word.lstrip("-").isdigit():
            message = f"expected at most {MAX_DIGITS} digits"
        elif _WHOLE.match(word):
            return int(word)
        for pattern, text in TRAPS:
            if not message and len(word) < 100 and pattern.match(word):
                message = text.format(word, quoted)
        if not message and (_DECIMAL.match(word) or _NO_NUMBER.match(word)):
            message = FLOATS.format(spoken(word)).replace('{"decimal":', "{decimal:")
        if message:
            self.problems.add("float" if "floats" in message else "yaml", self._path(), _place(event), message)
            return BROKEN
        return word


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
