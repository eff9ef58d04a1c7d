"""Terms in documents: columns, features, arithmetic, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ..expressions import Arithmetic, Col, Fact, Node, Scaled, fact
from ..expressions.features import Feature
from ..models import Signal
from .forms import Choice, Field, Form, field
from .literals import LITERAL, read_literal, write_literal
from .parts import Part
from .places import ANY_KIND, Place
from .values import SHARE, Codec, Schema, Writing

__all__ = [
    "COLUMN",
    "DEFINITIONS",
    "FACT",
    "FEATURE",
    "KEY",
    "SIGNAL",
    "TERM",
    "pair_codec",
    "read_fact",
    "read_operand",
    "write_fact",
    "write_kind",
]

# --- columns and facts ------------------------------------------------------------------------------------------


def write_kind(signal: type[Signal]) -> str:
    """Return the kind of a class as documents write it."""
    return signal.__signal_kind__ or ANY_KIND


def write_column(column: Col[Any, Any], signal: Writing) -> Any:
    """Return the bare name of a column where that says enough, else kind and name."""
    if column.owner is signal:
        return column.name
    return [write_kind(column.owner), column.name]


_COLUMN_PAIR: Final[Schema] = {
    "type": "array",
    "prefixItems": [{"type": "string"}, {"type": "string"}],
    "minItems": 2,
    "maxItems": 2,
}
_COLUMN_SCHEMA: Final[Schema] = {"anyOf": [{"type": "string"}, _COLUMN_PAIR]}

SIGNAL: Final = Codec(lambda cls, _: write_kind(cls), lambda part, place: place.signal_class(part), {"type": "string"})
COLUMN: Final = Codec(write_column, lambda part, place: place.column(part), _COLUMN_SCHEMA)
FACT: Final = Codec(
    lambda column, _: [write_kind(column.owner), column.name],
    lambda part, place: place.column(part) if isinstance(part.value, tuple) else place.expect(part, "[kind, name]"),
    _COLUMN_PAIR,
)
KEY: Final = Codec(FACT.write, lambda part, place: place.key(part), _COLUMN_PAIR)
FEATURE: Final = Codec(
    lambda feature, _: list(feature.document()["feature"]),
    lambda part, place: place.feature(part),
    {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "minItems": 2,
        "maxItems": 2,
    },
)

# --- terms ------------------------------------------------------------------------------------------------------


def _short_term(node: Any, signal: Writing) -> Any:
    return node.name if isinstance(node, Col) and node.owner is signal else None


TERM: Final = Choice(
    "a column or another term",
    "term",
    short_write=_short_term,
    short_read=lambda part, place: place.column(part),
    short_schema=(_COLUMN_SCHEMA,),
)


def write_operand(value: Any, signal: Writing) -> Any:
    """Return the other side of a comparison: a literal, a fact, or a term, which is never written bare there."""
    if isinstance(value, Fact):
        return write_fact(value, signal)
    if isinstance(value, Col):
        return {"column": write_column(value, signal)}
    return TERM.write(value, signal) if isinstance(value, Node) else write_literal(value)


def write_fact(value: Fact[Any], signal: Writing) -> dict[str, Any]:
    """Return the normal form of a fact."""
    default = {} if value.default is None else {"default": write_literal(value.default)}
    return {"fact": FACT.write(value.column, signal), **default}


def read_fact(part: Part, place: Place) -> Fact[Any]:
    """Return the fact that a table says; its default has the type of its column."""
    column_part = part.value["fact"]
    column = FACT.read(column_part, place.at("fact"))
    wanted = column.column_type.value
    default = Codec(lambda v, _: write_literal(v), lambda p, at: read_literal(p, at, wanted), LITERAL)
    form = Form(
        Fact,
        (field("fact", FACT, "column"), field("default", default, default=None)),
        lambda column, default=None: fact(column, default),
    )
    made: Fact[Any] = form.read(part, place)
    return made


def read_operand(part: Part, place: Place, wanted: type) -> Any:
    """Return the other side of a comparison with a term of the type `wanted`."""
    if isinstance(part.value, Mapping):
        if "fact" in part.value:
            return read_fact(part, place)
        if any(form.head in part.value for form in TERM.forms):
            return TERM.read(part, place)
    return read_literal(part, place, wanted)


_FACT_SCHEMA: Final[Schema] = {
    "type": "object",
    "properties": {"fact": _COLUMN_PAIR, "default": LITERAL},
    "required": ["fact"],
    "additionalProperties": False,
}
OPERAND_SCHEMA: Final[Schema] = {"$ref": "#/$defs/operand"}


def pair_codec(write: Callable[[Any], tuple[Any, Any]], read: Callable[[Any, Part, Place], Any], what: str) -> Codec:
    """Return the codec of a term and something that depends on it, such as a literal of its type."""

    def written(node: Any, signal: Writing) -> list[Any]:
        term, other = write(node)
        return [TERM.write(term, signal), write_operand(other, signal)]

    def reading(part: Part, place: Place) -> tuple[Any, Any]:
        parts = place.items(part, f"a list of a term and {what}")
        if len(parts) != 2:
            place.expect(part, f"a list of a term and {what}")
        term = TERM.read(parts[0], place.at(0))
        return term, read(term, parts[1], place.at(1))

    return Codec(written, reading, _pair_schema(OPERAND_SCHEMA))


def _pair_schema(second: Schema) -> Schema:
    return {
        "type": "array",
        "prefixItems": [{"$ref": "#/$defs/term"}, second],
        "minItems": 2,
        "maxItems": 2,
    }


def _operand(term: Any, part: Part, place: Place) -> Any:
    return read_operand(part, place, term.column_type.value)


def _added(term: Any, part: Part, place: Place) -> Any:
    """Read what is added to a term: to a time a span, from a time a time; else a value of the term's own type."""
    if term.column_type.value is not datetime:
        return _operand(term, part, place)
    if isinstance(part.value, Mapping) and "time" in part.value:
        return read_literal(part, place, term.column_type.value)
    return read_operand(part, place, timedelta)


def _scaled(term: Any, part: Part, place: Place) -> Any:
    return SHARE.read(part, place)


def _head(name: str, codec: Codec, argument: str = "pair") -> Field:
    return Field(name, argument, lambda node: node, codec)


def _left_right(node: Any) -> tuple[Any, Any]:
    return node.left, node.right


def _plus(pair: tuple[Any, Any]) -> Any:
    return pair[0] + pair[1]


def _minus(pair: tuple[Any, Any]) -> Any:
    return pair[0] - pair[1]


_SCALED = Codec(
    lambda node, signal: [TERM.write(node.term, signal), SHARE.write(node.by, signal)],
    pair_codec(_left_right, _scaled, "a share").read,
    _pair_schema(SHARE.schema),
)


TERM.define(
    Form(Col, (Field("column", "column", lambda node: node, COLUMN),), lambda column: column),
    Form(
        Arithmetic,
        (_head("plus", pair_codec(_left_right, _added, "what is added")),),
        _plus,
        when=lambda node: node.operation == "plus",
    ),
    Form(
        Arithmetic,
        (_head("minus", pair_codec(_left_right, _added, "what is taken off")),),
        _minus,
        when=lambda node: node.operation == "minus",
    ),
    Form(Scaled, (field("abs", TERM.codec, "term"),), lambda term: abs(term), when=lambda node: node.by is None),
    Form(Scaled, (_head("scaled", _SCALED),), lambda pair: pair[0].scaled(pair[1])),
    Form(Feature, (Field("feature", "feature", lambda node: node, FEATURE),), lambda feature: feature),
)


DEFINITIONS: Final[Mapping[str, Schema]] = {
    "column": _COLUMN_SCHEMA,
    "fact": _FACT_SCHEMA,
    "operand": {"anyOf": [LITERAL, {"$ref": "#/$defs/fact"}, TERM.table_schema()]},
    "term": TERM.schema(),
}
"""What schemas of terms refer to."""
