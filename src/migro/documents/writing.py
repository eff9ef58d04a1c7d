"""Text of documents: JSON and YAML for people, with short things on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from .parts import Line

__all__ = ["json_text", "yaml_text"]

_WIDTH: Final = 110

# Letters first, and nothing that means something to YAML: such words are text to every reader.
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./()%;<>+-]*(?: [A-Za-z0-9_./()%;<>=+-]+)*\Z")
_PROSE: Final = re.compile(r"[A-Za-z][\w./()%;<>+,'!?*&|@-]*(?: [\w./()%;<>=+,'!?*&|@-]+)*\Z", re.ASCII)
_MEASURED: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)? (?:%|us|ms|s|min|h|d)\Z|-?[0-9]+/[0-9]+\Z")
_WORDS: Final = frozenset("y yes n no on off true false null".split())
_FOLDED: Final = re.compile(r"\S+(?: \S+)*\Z")


# --- JSON -------------------------------------------------------------------------------------------------------


def json_text(value: Any) -> str:
    """Return JSON whose tables and lists take one line where they fit."""
    return "".join(_json(value, 0, 0)) + "\n"


def _json(value: Any, indent: int, used: int) -> Iterator[str]:
    line = json.dumps(value, ensure_ascii=False)
    fits = indent and used + len(line) <= _WIDTH
    if not isinstance(value, dict | list) or not value or isinstance(value, Line) or fits:
        yield line
        return
    inner = " " * (indent + 2)
    table = isinstance(value, dict)
    yield "{\n" if table else "[\n"
    for place, item in enumerate(value):
        name = f"{json.dumps(item, ensure_ascii=False)}: " if table else ""
        yield inner + name
        yield from _json(value[item] if table else item, indent + 2, len(inner) + len(name))
        yield ",\n" if place < len(value) - 1 else "\n"
    yield " " * indent + ("}" if table else "]")


# --- YAML -------------------------------------------------------------------------------------------------------


def yaml_text(value: dict[str, Any]) -> str:
    """Return YAML that readers of version 1.1 and 1.2 understand alike."""
    lines: list[str] = []
    for place, (name, item) in enumerate(value.items()):
        if place and isinstance(item, dict | list) and item:
            lines.append("")
        lines.extend(_entry(f"{_scalar(name)}:", item, 0, spaced=name in ("kinds", "rules")))
    return "\n".join(lines) + "\n"


def _entry(start: str, value: Any, indent: int, *, spaced: bool = False) -> Iterator[str]:
    """Yield the lines of a value after `start`, which is a name or the dash of a list."""
    room = _WIDTH - indent - len(start)
    pad = " " * (indent + 2)
    if isinstance(value, dict | list):
        if not value or _flows(value):
            flow = _flow(value)
            if not value or len(flow) < room or isinstance(value, Line):
                yield f"{start} {flow}"
                return
        yield start
        for line in _block(value, spaced):
            yield f"{pad}{line}" if line else line
        return
    text = value if isinstance(value, str) and _PROSE.match(value) and _safe(value) else _scalar(value)
    if isinstance(value, str) and len(text) > room and _FOLDED.match(value) and value.isprintable():
        yield f"{start} >-"
        for line in _wrapped(value, _WIDTH - indent - 2):
            yield f"{pad}{line}"
        return
    yield f"{start} {text}"


def _block(value: Any, spaced: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _entry(f"{_scalar(name)}:", item, 0)
        return
    for place, item in enumerate(value):
        if spaced and place:
            yield ""
        if isinstance(item, dict) and item and not isinstance(item, Line):
            for number, line in enumerate(_block(item)):
                yield f"{'  ' if number else '- '}{line}" if line else line
        else:
            yield from _entry("-", item, 0)


def _flows(value: Any) -> bool:
    """Return whether a table or list reads better on one line: operands and plain words do, steps of a rule do not."""
    if isinstance(value, Line):
        return True
    if isinstance(value, dict):
        return False
    return not value or any(not isinstance(v, dict | list) for v in value) or all(map(_plain_list, value))


def _plain_list(value: Any) -> bool:
    return isinstance(value, list) and all(not isinstance(v, dict | list) for v in value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(n)}: {_flow(v)}" for n, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value)
    if (_PLAIN.match(value) and _safe(value)) or _MEASURED.match(value):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _safe(value: str) -> bool:
    return value.lower() not in _WORDS


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
