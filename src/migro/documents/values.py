"""Values in documents: spans, shares and words, each with its writer, its reader and its schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final

import attrs

from ..expressions import microseconds
from ..expressions import span as span_text
from ..models import Severity, Signal
from ..models.scales import Named
from .parts import Part, described, near, spoken
from .places import Place

__all__ = [
    "DEFINITIONS",
    "KIND_NAME",
    "MICROSECONDS",
    "SEVERITY",
    "SHARE",
    "SPAN",
    "SPAN_FORM",
    "TEXT",
    "TRUTH",
    "WHOLE",
    "Codec",
    "Schema",
    "Writing",
    "listed",
    "one_of",
    "optional",
    "read_span",
    "scale",
    "share",
    "tagged",
    "whole",
    "write_share",
    "write_span",
]

Schema = dict[str, Any]
"""JSON Schema of a value."""

Writing = type[Signal] | None
"""What is known while a value is written: the class whose columns go by their bare names."""


@attrs.frozen(eq=False)
class Codec:
    """
    How a value stands in a document.

    Attributes:
        write: Makes the normal form.
        read: Makes the value of any form; reports what is wrong.
        schema: What a part has to look like to be readable, as far as JSON Schema can say it.
    """

    write: Callable[[Any, Writing], Any]
    read: Callable[[Part, Place], Any]
    schema: Schema


def _same(value: Any, _: Writing) -> Any:
    return value


def whole(part: Part, place: Place) -> int:
    """Read a whole number."""
    if type(part.value) is not int:
        place.expect(part, "a whole number")
    return part.value


def _truth(part: Part, place: Place) -> bool:
    if type(part.value) is not bool:
        place.expect(part, "true or false")
    return part.value


TEXT: Final = Codec(_same, lambda part, place: place.text(part), {"type": "string"})
WHOLE: Final = Codec(_same, whole, {"type": "integer"})
TRUTH: Final = Codec(_same, _truth, {"type": "boolean"})


def one_of(*words: str) -> Codec:
    """Return the codec of a word out of a closed list."""

    def read(part: Part, place: Place) -> str:
        if part.value not in words:
            hint = near(part.value, words) if isinstance(part.value, str) else ""
            place.refuse(part, "value", f"expected one of {', '.join(words)}, got {described(part)}{hint}")
        return str(part.value)

    return Codec(_same, read, {"enum": list(words)})


def optional(codec: Codec) -> Codec:
    """Return the codec of a value that may be None; a document leaves such a field out instead."""
    return Codec(lambda v, at: None if v is None else codec.write(v, at), codec.read, codec.schema)


def listed(codec: Codec, *, at_least: int = 0) -> Codec:
    """Return the codec of a tuple of values of one sort."""

    def read(part: Part, place: Place) -> tuple[Any, ...]:
        if len(place.items(part)) < at_least:
            place.expect(part, f"a list of {at_least} or more")
        return tuple(place.each(part, codec.read))

    schema = {"type": "array", "items": codec.schema, **({"minItems": at_least} if at_least else {})}
    return Codec(lambda values, at: [codec.write(v, at) for v in values], read, schema)


# --- spans ------------------------------------------------------------------------------------------------------

_UNITS: Final = {
    "us": 1,
    "ms": 1000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_SPAN: Final = re.compile(r"(-?[0-9]{1,20}) ?([a-z]+)\Z")
SPAN_FORM: Final = "a span such as `5 min` (units: us, ms, s, min, h, d)"
"""How messages call a span."""

_LONGEST: Final = microseconds(timedelta.max)


def write_span(us: int) -> str:
    """Return microseconds as people write them."""
    return span_text(us)


def read_span(part: Part, place: Place) -> timedelta:
    """Read a span: `5 min`, or `{microseconds: 300000000}`."""
    value = part.value
    us: int | None = None
    if isinstance(value, str) and (found := _SPAN.match(value)) and found[2] in _UNITS:
        us = int(found[1]) * _UNITS[found[2]]
    elif isinstance(value, Mapping) and list(value) == ["microseconds"]:
        us = whole(value["microseconds"], place.at("microseconds"))
    if us is None:
        place.expect(part, SPAN_FORM)
    if abs(us) > _LONGEST:
        place.refuse(part, "value", f"expected a span of at most {timedelta.max.days} days, got {spoken(str(value))}")
    return timedelta(microseconds=us)


MICROSECONDS: Final[Schema] = {
    "type": "object",
    "properties": {"microseconds": {"type": "integer"}},
    "required": ["microseconds"],
    "additionalProperties": False,
}
"""Schema of a span that a program wrote."""

_SPAN_TEXT: Final[Schema] = {"type": "string", "pattern": f"^-?[0-9]{{1,20}} ?({'|'.join(_UNITS)})$"}

SPAN: Final = Codec(lambda us, _: write_span(us), read_span, {"$ref": "#/$defs/span"})
"""Microseconds in an expression, a `timedelta` for the function that makes the expression."""

# --- shares -----------------------------------------------------------------------------------------------------

_PERCENT: Final = re.compile(r"(-?[0-9]{1,30}(?:\.[0-9]{1,30})?) ?%\Z")
_RATIO: Final = re.compile(r"(-?[0-9]{1,300})/([0-9]{1,300})\Z")


def write_share(value: Fraction) -> Any:
    """Return an exact number: a whole one bare, percent where they come out even, else a ratio."""
    if value.denominator == 1:
        return value.numerator
    hundredths = value * 10_000  # two digits behind the point of a percentage are what people read
    if hundredths.denominator == 1:
        whole, rest = divmod(abs(hundredths.numerator), 100)
        return f"{'-' if value < 0 else ''}{whole}{f'.{rest:02}'.rstrip('0') if rest else ''} %"
    return f"{value.numerator}/{value.denominator}"


def share(part: Part, place: Place) -> Fraction:
    """Read an exact number: `5`, `5 %`, `1/20`, or `{ratio: 1/20}`."""
    value = part.value
    if type(value) is int:
        return Fraction(value)
    if isinstance(value, Mapping) and list(value) == ["ratio"]:
        part = value["ratio"]
        value, place = part.value, place.at("ratio")
    if isinstance(value, str):
        if found := _PERCENT.match(value):
            return Fraction(found[1]) / 100
        if (found := _RATIO.match(value)) and int(found[2]):
            return Fraction(int(found[1]), int(found[2]))
    return place.expect(part, "a share such as `5 %`, `2.5 %` or `1/20`")


_RATIO_TEXT: Final[Schema] = {
    "type": "string",
    "pattern": r"^(-?[0-9]{1,30}(\.[0-9]{1,30})? ?%|-?[0-9]{1,300}/0*[1-9][0-9]{0,299})$",
}

SHARE: Final = Codec(lambda value, _: write_share(value), share, {"$ref": "#/$defs/share"})


def tagged(name: str, schema: Schema) -> Schema:
    """Return the schema of a table with one field, which says what type its value has."""
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


DEFINITIONS: Final[Mapping[str, Schema]] = {
    "span": {"anyOf": [_SPAN_TEXT, MICROSECONDS]},
    "share": {"anyOf": [{"type": "integer"}, _RATIO_TEXT, tagged("ratio", _RATIO_TEXT)]},
}
"""What schemas of values refer to."""


def scale(words: type[Named]) -> Codec:
    """Return the codec of a scale, by the words of its members."""
    named = one_of(*(m.word for m in words))
    return Codec(lambda m, _: m.word, lambda part, place: words.named(named.read(part, place)), named.schema)


SEVERITY: Final = scale(Severity)
KIND_NAME: Final = Codec(lambda kind, _: kind.name, lambda part, place: place.kind(part), {"type": "string"})
