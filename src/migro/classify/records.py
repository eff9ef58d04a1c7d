"""
Tickets out of exports: a list of objects, one object a line, a table, Zendesk's own shapes, or plain text.

Which field is the title and which the body is told by their names; where the names say nothing, the caller says it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from ..errors import InputError
from .ticket import Ticket

__all__ = ["TicketFields", "TicketRecord", "read_tickets"]

_WRAPS: Final = tuple("tickets results issues items data records conversations rows requests cases".split())
_ID: Final = ("id", "ticketid", "ticket", "number", "key", "case", "caseid", "nr", "nummer", "no", "vorgang")
_TITLE: Final = (
    "title",
    "subject",
    "summary",
    "headline",
    "topic",
    "issue",
    "shortdescription",
    "shorttext",
    "kurzbeschreibung",
    "betreff",
    "titel",
    "thema",
    "asunto",
    "titulo",
)
_BODY: Final = (
    "body",
    "bodyexcerpt",
    "description",
    "text",
    "message",
    "content",
    "details",
    "comment",
    "question",
    "bodytext",
    "firstcomment",
    "descriptionhtml",
    "descriptiontext",
    "longdescription",
    "fulldescription",
    "detail",
    "wrote",
    "notes",
    "preview",
    "beschreibung",
    "anfrage",
    "anliegen",
    "nachricht",
    "descripcion",
    "mensaje",
)
_TICKETS: Final = frozenset(("issue", "ticket", "case", "request", "conversation", "incident", "record"))
_LANGUAGE: Final = ("language", "lang", "locale", "sprache", "idioma")
_SEPARATORS: Final = ",;\t|"
_NO_TEXT: Final = frozenset(("context", "kontext", "subtitle", "untertitel"))
_HEAD: Final = 20_000
_MOST_ODD: Final = 100
_LONGEST_NAME: Final = 60
_TOLD_SEPARATOR: Final = re.compile(r"sep=([,;\t|])[^\S\n]*\r?\n", re.IGNORECASE)
"""A first line by which spreadsheets tell the separator of a table."""

_LONGEST_FIELD: Final = 10_000_000
_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]+")


@attrs.frozen(kw_only=True)
class TicketFields:
    """
    Names of the fields of an export; None for those that are to be told by their names. Dots go into objects.

    Attributes:
        id: What tells a ticket from others.
        title: Its subject.
        body: Its text.
    """

    id: str | None = None
    title: str | None = None
    body: str | None = None


@attrs.frozen
class TicketRecord:
    """
    One record of an export.

    Attributes:
        place: Where it stands, such as ``line 12``.
        ticket: The ticket; None where the record holds none.
        record: The record as it came, for who wants its labels.
        problem: Why it holds no ticket.
        fields: The fields that were taken for its id, title and text; None where no name told one.
    """

    place: str
    ticket: Ticket | None
    record: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    problem: str = ""
    fields: TicketFields | None = None


def read_tickets(text: str, *, fields: TicketFields | None = None, where: str = "tickets") -> Iterator[TicketRecord]:
    """
    Yield the tickets of an export, in order. What cannot be read is yielded as well, with the reason.

    Args:
        text: JSON, one JSON object a line, a table with a line of names, or plain text, which is one ticket whose
            first line is the title.
        fields: Names of the fields, where they tell nothing.
        where: Name of the file, for places.

    Raises:
        InputError: If no field of a table, or of all of the first objects, has a name that tells of a ticket.
    """
    text = text.removeprefix("\ufeff")
    names = fields or TicketFields()
    rows = _rows(text)
    if rows is None:
        yield TicketRecord(where, _plain(text))
        return
    known: _Names | None = None
    # Objects before the first that tells: whether they are odd ones, or the whole export is, only what follows says.
    odd: list[TicketRecord] = []
    for place, row in rows:
        at = f"{where}, {place}"
        if isinstance(row, str) or not isinstance(row, Mapping):
            got = row if isinstance(row, str) else f"expected a JSON object, got {type(row).__name__}"
            yield TicketRecord(at, None, problem=got)
            continue
        flat = _flat(row)
        if known is None or not known.fit(flat):
            try:
                known = _Names.of(flat, names)
            except InputError as e:
                record = TicketRecord(at, None, row, str(e))
                if known is not None:
                    yield record
                elif len(odd) < _MOST_ODD:
                    odd.append(record)
                else:
                    break
                continue
            yield from odd
            odd.clear()
        ticket = known.ticket(row, flat)
        filled = {name: value for name, value in flat.items() if value not in (None, "")}
        missing = "" if ticket else f"expected words in a title or a text, got them in {_listed(filled)}"
        yield TicketRecord(at, ticket, row, missing, known.told)
    if odd:
        raise InputError(f"{odd[0].problem} in {odd[0].place}: say which one it is")


def _plain(text: str) -> Ticket:
    title, _, body = text.strip().partition("\n")
    # A mail has its subject among its headers.
    found = re.search(r"(?im)^subject:[ \t]*(.{1,500})$", text[:8_000])
    return Ticket(title=found[1].strip(), body=text) if found else Ticket(title=title.strip(), body=body)


def _rows(text: str) -> Iterator[tuple[str, Any]] | None:
    start = text.lstrip()[:1]
    if start in ("{", "["):
        try:
            return _items(json.loads(text))
        except ValueError:
            return _lines(text) if start == "{" else iter([("item 1", "expected JSON, got something else")])
        except RecursionError:
            return iter([("item 1", "expected JSON, got brackets inside each other without end")])
    told = _TOLD_SEPARATOR.match(text)
    if told:
        return _table(text[told.end() :], told[1], above=1)
    separator = _separator(text)
    return _table(text, separator) if separator else None


def _items(found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, Mapping):
        found = _list_in(found)
    for number, item in enumerate(found if isinstance(found, list) else [found], start=1):
        # Search results and exports of one kind wrap each ticket once more.
        inner = item.get("ticket") if isinstance(item, Mapping) else None
        yield f"item {number}", inner if isinstance(inner, Mapping) else item


def _list_in(found: Mapping[str, Any]) -> list[Any]:
    """Return the list that an object holds, under a name that is known or one level deeper, or the object alone."""
    for holder in (found, *(value for value in found.values() if isinstance(value, Mapping))):
        for wrap in _WRAPS:
            if isinstance(holder.get(wrap), list):
                return list(holder[wrap])
    return [found]


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                item = json.loads(line)
            except (ValueError, RecursionError):
                item = "expected a JSON object, got something else"
            inner = item.get("ticket") if isinstance(item, Mapping) else None
            yield f"line {number}", inner if isinstance(inner, Mapping) else item


def _separator(text: str) -> str | None:
    head = text.lstrip("\r\n")[:_HEAD]
    first = head.split("\n", 1)[0]
    tables = [(separator, _first_rows(head, separator)) for separator in _SEPARATORS if separator in first]
    for separator, rows in tables:
        if len(_told(rows[0])) >= 2:
            return separator
    # Names that tell little or nothing: a table all the same, if the first two rows have as many cells.
    for separator, rows in tables:
        cells = {len(row) for row in rows}
        if len(rows) == 2 and len(cells) == 1 and (max(cells) > 2 or _told(rows[0])):
            return separator
    return None


def _first_rows(head: str, separator: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        return [row for _, row in zip(range(2), (row for row in rows if any(row)), strict=False)] or [[]]
    except csv.Error:
        return [[]]


def _told(names: Sequence[str]) -> set[str]:
    """Return which fields of a ticket the names of a table tell; what is long is a sentence and no name."""
    fields = {name.strip(): None for name in names if len(name) <= _LONGEST_NAME}
    kinds = (("title", _TITLE), ("body", _BODY), ("id", _ID))
    return {kind for kind, known in kinds if len(names) > 1 and _find(fields, known) is not None}


def _table(text: str, separator: str, *, above: int = 0) -> Iterator[tuple[str, Any]]:
    before = csv.field_size_limit(_LONGEST_FIELD)
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from io.StringIO(text, newline="")
        ended = True

    try:
        rows = csv.reader(lines(), delimiter=separator)
        names: Sequence[str] = ()
        while True:
            first = above + rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as e:
                yield f"line {above + rows.line_num}", f"expected a row of a table: {e}"
                continue
            if not names:
                names = [name.strip() for name in row] if any(cell.strip() for cell in row) else ()
            elif any(cell.strip() for cell in row):
                # A row that ends early has nothing in its last columns.
                cells = [*row, *[""] * (len(names) - len(row))]
                yield f"line {above + rows.line_num}", dict(zip(names, cells, strict=False))
            if ended:
                # A row is whole with its line; only inside quotes one looks for another, and here found none.
                yield f"line {first}", "expected the end of a quoted field, got that of the table: rows may be its text"
    finally:
        csv.field_size_limit(before)


def _bare(name: str) -> str:
    folded = name.strip().strip('"').lower().translate(str.maketrans("áéíóúñäöü", "aeiounaou"))
    return _NOT_LETTERS.sub("", folded)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with those of objects inside, by dotted names."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": deep for inner, deep in value.items()})
        else:
            flat[str(name)] = value
    return flat


@attrs.frozen
class _Names:
    """Which fields of an export are which."""

    id: str | None
    title: str | None
    body: str | None
    language: str | None

    @classmethod
    def of(cls, flat: Mapping[str, Any], told: TicketFields) -> _Names:
        for name in (told.id, told.title, told.body):
            if name is not None and name not in flat:
                raise InputError(f"expected a field {name!r}, got {_listed(flat)}")
        title = told.title or _find({name: flat[name] for name in flat if name != told.body}, _TITLE)
        body = told.body or _find({name: flat[name] for name in flat if name != title}, _BODY)
        if title is None and body is None and not _thread(flat):
            raise InputError(f"expected a field such as title, subject, description or body, got {_listed(flat)}")
        return cls(told.id or _find(flat, _ID), title, body, _find(flat, _LANGUAGE))

    @property
    def told(self) -> TicketFields:
        return TicketFields(id=self.id, title=self.title, body=self.body)

    def fit(self, flat: Mapping[str, Any]) -> bool:
        return (self.title is None or self.title in flat) and (self.body is None or self.body in flat)

    def ticket(self, row: Mapping[str, Any], flat: Mapping[str, Any]) -> Ticket | None:
        title, body = _words(flat.get(self.title or "")), _words(flat.get(self.body or ""))
        body = body or _thread(row)
        language = _words(flat.get(self.language or ""))
        if not title and not body:
            return None
        return Ticket(
            id=_words(flat.get(self.id or "")) or None,
            title=title,
            body=body,
            language=language if re.fullmatch(r"[A-Za-z]{2}([-_][A-Za-z]{2,4})?", language) else None,
        )


def _find(flat: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the field that is called like one of the names; a name of several words may have it as its last."""
    bare: dict[str, str] = {}
    for name in flat:
        bare.setdefault(_bare(name), name)
    for name in names:
        if name in bare:
            return bare[name]
    for name in names:
        for field in flat:
            words = [_bare(word) for word in re.split(r"[\s._\-/]+|(?<=[a-z])(?=[A-Z])", field)]
            # Of ids there are many: a customer's is not the ticket's.
            told = len(name) > 3 or words[0] in _TICKETS
            if len(words) > 1 and words[-1] == name and told:
                return field
    # German writes it as one word: Anfragetext, Problembeschreibung.
    for name in names:
        if len(name) > 3:
            for whole, field in bare.items():
                if whole.endswith(name) and whole not in _NO_TEXT:
                    return field
    return None


def _thread(row: Mapping[str, Any]) -> str:
    """Return the first message of a conversation, where a record holds one."""
    for name in ("comments", "messages", "conversation_parts", "thread", "events"):
        said = row.get(name)
        if isinstance(said, list) and said:
            first = said[0]
            if isinstance(first, Mapping):
                field = _find(first, _BODY)
                return _words(first.get(field)) if field else ""
            return _words(first)
    return ""


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _listed(flat: Mapping[str, Any]) -> str:
    names = [str(name)[:40] for name in list(flat)[:12]]
    return ", ".join(names) + (" and more" if len(flat) > 12 else "") if names else "none"
