"""Lines of a log as they came, and what tells one line from an equal one."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import attrs

from ..errors import InputError
from .drafts import Refused
from .envelope import Envelope
from .parsing import read_json, well_formed

__all__ = ["FIELDS", "LOG", "OFFSET", "Line", "lines_of"]

LOG: Final = "X-Migro-Log"
"""Header that names the file that lines were read from; `migro.observe.tailing` sets it."""
OFFSET: Final = "X-Migro-Offset"
"""Header with the byte of that file at which the first line begins."""
FIELDS: Final = "X-Migro-Fields"
"""Header with the file's own first line, where that names the columns of all others."""


@attrs.frozen(kw_only=True)
class Line:
    """
    One line.

    Attributes:
        number: Where it stands among those that came together, from 1.
        text: Without what surrounds it; what is an object already is written as JSON.
        indented: Whether it began with a blank, as lines of a stack trace do.
        item: The object, where the line came as one.
        place: What tells it from an equal line: file and byte where these are known, else how many equal ones came
            before. A repeated line in one file is another event; the same file observed again is a redelivery.
    """

    number: int
    text: str
    indented: bool = False
    item: Mapping[str, Any] | None = None
    place: tuple[int | str, ...]

    def digest(self) -> str:
        """Return the SHA-256 of the text, as 64 hex digits."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()

    def refused(self, reason: str) -> Refused:
        """Return the line as one that is not understood."""
        reason = f"{reason} (line {self.number})"
        if len(self.place) == 1:
            return Refused(reason=reason, content=self.text, ordinal=int(self.place[0]))
        return Refused(reason=reason, content=repr((self.text, *self.place)))


def lines_of(envelope: Envelope) -> list[Line]:
    """
    Return the lines of a body that are not blank.

    Raises:
        InputError: If it is neither text, nor an object, nor a list of either.
    """
    body = _parsed(envelope.body)
    if isinstance(body, Mapping):
        body = [body]
    if isinstance(body, list):
        return _items(body)
    if not isinstance(body, str):
        raise InputError(f"expected a log as text, got {type(body).__name__}")
    texts = well_formed(body).split("\n")
    starts = _starts(envelope, texts)
    log = envelope.header(LOG)
    seen: Counter[str] = Counter()
    found: list[Line] = []
    for number, (given, start) in enumerate(zip(texts, starts, strict=True), start=1):
        text = given.strip("\r\ufeff \t")
        if not text:
            continue
        seen[text] += 1
        place = (seen[text],) if start is None or log is None else (log, start)
        found.append(Line(number=number, text=text, indented=given[:1] in (" ", "\t"), place=place))
    return found


def _parsed(body: Any) -> Any:
    """Return a body that is one JSON document as its value; a log of one object a line stays text."""
    if not isinstance(body, str) or body.lstrip("\ufeff \t\r\n")[:1] not in ("[", "{"):
        return body
    first = body.lstrip("\ufeff \t\r\n").split("\n", 1)[0].strip()
    if first.startswith("{") and first.endswith("}"):
        return body
    try:
        return read_json(body)
    except InputError:
        return body


def _items(items: list[Any]) -> list[Line]:
    seen: Counter[str] = Counter()
    found: list[Line] = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, str | Mapping):
            raise InputError(f"expected a log as text, got {type(item).__name__} in a list")
        if isinstance(item, str):
            item = well_formed(item)
            text, indented = item.strip("\r\ufeff \t\n"), item[:1] in (" ", "\t")
            if not text:
                continue
        else:
            text, indented = json.dumps(item, sort_keys=True, default=str), False
        seen[text] += 1
        mapping = item if isinstance(item, Mapping) else None
        found.append(Line(number=number, text=text, indented=indented, item=mapping, place=(seen[text],)))
    return found


def _starts(envelope: Envelope, texts: list[str]) -> list[int] | list[None]:
    """Return where each line begins in its file, or None for each where that is not known."""
    told = envelope.header(OFFSET)
    raw = envelope.exact_bytes()
    if told is None or raw is None or not (told.isascii() and told.isdigit()) or len(told) > 18:
        return [None] * len(texts)
    parts = raw.split(b"\n")
    if len(parts) != len(texts):
        return [None] * len(texts)
    starts: list[int] = []
    at = int(told)
    for part in parts:
        starts.append(at)
        at += len(part) + 1
    return starts
