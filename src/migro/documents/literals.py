"""Literals in documents: what a signal's value is compared with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ..errors import RuleDefinitionError
from ..expressions import microseconds
from .parts import Part, described
from .places import Place
from .values import MICROSECONDS, SPAN_FORM, Schema, read_span, tagged, write_span

__all__ = ["DEFINITIONS", "LITERAL", "read_literal", "write_literal"]


_NUMBER: Final = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?\Z")
_TAGGED: Final = {"decimal": Decimal, "time": datetime, "set": frozenset, "microseconds": timedelta}
_CALLED: Final = {
    int: "a whole number",
    str: "a string",
    bool: "true or false",
    Decimal: 'a decimal number such as {decimal: "19.99"}',
    datetime: 'a time such as {time: "2026-03-01T09:00:00Z"}',
    frozenset: "a set such as {set: [a, b]}",
    timedelta: SPAN_FORM,
}


def write_literal(value: object) -> Any:
    """Return the normal form of a literal that a signal's value is compared with."""
    match value:
        case bool() | int() | str():
            return value
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"time": value.isoformat()}
        case timedelta():
            return write_span(microseconds(value))
        case frozenset():
            return {"set": [write_literal(v) for v in sorted(value)]}
        case _:
            raise RuleDefinitionError(f"expected a value that a rule can hold, got {value!r} ({type(value).__name__})")


def read_literal(part: Part, place: Place, wanted: type | None) -> Any:
    """Read a literal of the type `wanted`; None takes any type that says itself what it is."""
    value = part.value
    if wanted is timedelta:
        return read_span(part, place)
    if isinstance(value, Mapping) and len(value) == 1 and (tag := next(iter(value))) in _TAGGED:
        if wanted is not None and _TAGGED[tag] is not wanted:
            place.refuse(part, "type", f"expected {_CALLED.get(wanted, wanted.__name__)}, got {described(part)}")
        return read_span(part, place) if tag == "microseconds" else _READERS[tag](value[tag], place.at(tag))
    # type() instead of isinstance(): true is an int to Python and must not be one to a rule.
    if type(value) not in (int, str, bool) or (wanted is not None and type(value) is not wanted):
        place.expect(part, "a literal" if wanted is None else _CALLED.get(wanted, wanted.__name__))
    return value


def _read_decimal(part: Part, place: Place) -> Decimal:
    number = type(part.value) is int or (isinstance(part.value, str) and _NUMBER.match(part.value))
    return Decimal(part.value) if number else place.expect(part, 'a decimal number in quotes such as "19.99"')


def _read_time(part: Part, place: Place) -> datetime:
    text = place.text(part, "a time in quotes")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        place.expect(part, 'a time such as "2026-03-01T09:00:00Z"')
    if time.tzinfo is None:
        place.expect(part, "a time with a zone, such as 2026-03-01T09:00:00Z")
    return time


def _read_set(part: Part, place: Place) -> frozenset[Any]:
    values = place.each(part, lambda p, at: read_literal(p, at, None))
    if len({type(v) for v in values}) > 1 or any(isinstance(v, frozenset) for v in values):
        place.refuse(part, "type", "expected values of one type in a set, got several or a set")
    return frozenset(values)


_READERS: Final[Mapping[str, Callable[[Part, Place], Any]]] = {
    "decimal": _read_decimal,
    "time": _read_time,
    "set": _read_set,
}

LITERAL: Final[Schema] = {"$ref": "#/$defs/literal"}


DEFINITIONS: Final[Mapping[str, Schema]] = {
    "literal": {
        "anyOf": [
            {"type": ["string", "integer", "boolean"]},
            tagged(
                "decimal", {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": _NUMBER.pattern[:-2] + "$"}]}
            ),
            tagged("time", {"type": "string"}),
            tagged("set", {"type": "array", "items": LITERAL}),
            MICROSECONDS,
        ]
    },
}
"""What schemas of literals refer to."""
