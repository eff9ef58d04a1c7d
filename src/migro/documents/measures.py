"""Measures and baseline methods in documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from ..errors import RuleDefinitionError
from ..expressions import microseconds
from ..rules import (
    Absolute,
    Age,
    Baseline,
    Before,
    Constant,
    Count,
    Different,
    Extreme,
    Holding,
    HourOfWeek,
    Latest,
    Measure,
    Previous,
    Quantile,
    Ratio,
    Smoothed,
    Standout,
    Sum,
    Times,
    Told,
    Top,
    Total,
    Trailing,
    before,
    greatest,
    holding,
    hour_of_week,
    least,
    previous,
    trailing,
)
from .forms import Choice, Field, Form, field
from .keys import KEYS, key_columns
from .parts import Part
from .places import Place
from .terms import TERM, read_fact, write_fact
from .values import SHARE, SPAN, TEXT, WHOLE, Codec, Schema, Writing, listed, one_of, share, write_share, write_span

__all__ = [
    "BOUND",
    "DEFINITIONS",
    "MEASURE",
    "METHOD",
    "SELECTION",
    "TIMED",
    "pair",
    "span_sized",
    "write_sized",
]

MEASURE: Final = Choice("a measure", "measure")
METHOD: Final = Choice("a baseline method", "method")
TIMED: Final = Choice("a premise that is satisfied at definite times", "timed")
SELECTION: Final = Choice("a selection", "selection")

BOUND: Final = one_of("wilson", "plain")


def _itself(node: Any) -> Any:
    return node


# --- numbers ----------------------------------------------------------------------------------------------------


def span_sized(measure: Any) -> bool:
    """Return whether a measure counts microseconds, so that a number beside it reads best as a span of time."""
    match measure:
        case Age():
            return True
        case Quantile(column=column):
            return column.column_type.value is timedelta
        case Sum(left=left, right=right):
            return span_sized(left) or span_sized(right)
        case Times(of=of) | Absolute(of=of) | Baseline(of=of):
            return span_sized(of)
        case Extreme(parts=parts):
            return any(map(span_sized, parts))
        case _:
            return False


def write_sized(measure: Any, beside: Any, signal: Writing) -> Any:
    """Return the normal form of a measure that stands beside another one."""
    if isinstance(measure, Constant) and measure.value.denominator == 1 and span_sized(beside):
        return write_span(measure.value.numerator)
    return MEASURE.write(measure, signal)


def pair(write: Callable[[Any], tuple[Any, Any]], what: str = "a list of two measures") -> Codec:
    """Return the codec of two measures."""

    def written(node: Any, signal: Writing) -> list[Any]:
        left, right = write(node)
        return [write_sized(left, right, signal), write_sized(right, left, signal)]

    def read(part: Part, place: Place) -> tuple[Any, Any]:
        parts = place.items(part, what)
        if len(parts) != 2:
            place.expect(part, what)
        left, right = place.each(part, MEASURE.read)
        return left, right

    measure = {"$ref": "#/$defs/measure"}
    return Codec(written, read, {"type": "array", "items": measure, "minItems": 2, "maxItems": 2})


def _write_number(node: Any, _: Writing) -> Any:
    return write_share(node.value) if isinstance(node, Constant) else None


def _read_number(part: Part, place: Place) -> Constant:
    text = part.value
    if isinstance(text, str) and "%" not in text and "/" not in text:
        return Constant(Fraction(microseconds(SPAN.read(part, place))))
    if not isinstance(text, int | str) or isinstance(text, bool):
        place.expect(part, "a measure: a table, a number, a share such as `5 %`, or a span such as `5 min`")
    return Constant(share(part, place))


def _read_told(part: Part, place: Place) -> Told:
    fact = read_fact(part, place)
    if fact.column.column_type.value not in (int, Decimal):
        place.refuse(part, "type", f"expected a fact that is a number, got {fact}")
    return Told(fact)


class _ToldForm(Form):
    """A fact as a measure: written and read as facts are everywhere."""

    def write(self, node: Any, signal: Writing) -> dict[str, Any]:
        return write_fact(node.fact, signal)

    def read(self, part: Part, place: Place) -> Any:
        return _read_told(part, place)

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/fact"}


def _read_chosen(part: Part, place: Place) -> bool:
    if part.value is not True:
        place.expect(part, "true")
    return True


def _write_times(node: Times[Any], signal: Writing) -> list[Any]:
    return [write_share(node.by), MEASURE.write(node.of, signal)]


def _read_times(part: Part, place: Place) -> tuple[Fraction, Any]:
    parts = place.items(part, "a list of a share and a measure")
    if len(parts) != 2:
        place.expect(part, "a list of a share and a measure")
    of: list[Any] = place.all(
        lambda p, at: share(p, at) if p is parts[0] else MEASURE.read(p, at),
        [(p, place.at(i)) for i, p in enumerate(parts)],
    )
    return of[0], of[1]


_TIMES: Final = Codec(
    _write_times,
    _read_times,
    {
        "type": "array",
        "prefixItems": [SHARE.schema, {"$ref": "#/$defs/measure"}],
        "minItems": 2,
        "maxItems": 2,
    },
)


def _extreme(name: str, build: Callable[..., Measure[Any]]) -> Form:
    def write(parts: tuple[Any, ...], signal: Writing) -> list[Any]:
        sized = next((p for p in parts if span_sized(p)), None)
        return [write_sized(p, sized, signal) for p in parts]

    several = listed(MEASURE.codec, at_least=2)
    return Form(
        Extreme,
        (field(name, Codec(write, several.read, several.schema), "parts"),),
        lambda parts: build(*parts),
        when=lambda node: node.which == name,
    )


def _sum(name: str, negative: bool) -> Form:
    return Form(
        Sum,
        (Field(name, "pair", _itself, pair(lambda node: (node.left, node.right))),),
        lambda pair: pair[0] - pair[1] if negative else pair[0] + pair[1],
        when=lambda node: node.negative is negative,
    )


def _aggregate(node: type, name: str, method: str, *fields: Field) -> Form:
    return Form(
        node, (field(f"{name}_of", SELECTION.codec, "of"), *fields), lambda of, **given: getattr(of, method)(**given)
    )


def _window(name: str = "within") -> Field:
    return Field(name, name, lambda node: node.length, SPAN)


def _term(argument: str = "column") -> Field:
    return Field("term", argument, lambda node: node.column, TERM.codec, inner=True)


def _holding(of: Any, by: tuple[str, ...], length: timedelta) -> Measure[Any]:
    columns = key_columns(of)
    for name in by:
        if name not in columns:
            raise RuleDefinitionError(f"expected key columns of the premise ({', '.join(columns)}), got {name!r}")
    keys: Any = tuple(columns[name] for name in by)
    return holding(of, per=keys, within=length)


def _quantile(of: Any, q: Fraction, column: Any, within: timedelta) -> Measure[Any]:
    measure: Measure[Any] = of.quantile(q, column, within=within)
    return measure


MEASURE.short_write = _write_number
MEASURE.short_read = _read_number
MEASURE.short_schema = (SHARE.schema, SPAN.schema)
MEASURE.define(
    Form(Constant, (field("number", SHARE, "value"),), Constant),
    _ToldForm(Told, (field("fact", TEXT),), Told),
    _sum("plus", False),
    _sum("minus", True),
    Form(Times, (Field("times", "pair", _itself, _TIMES),), lambda pair: pair[1] * pair[0]),
    Form(Absolute, (field("abs", MEASURE.codec, "of"),), lambda of: abs(of)),
    _extreme("greatest", greatest),
    _extreme("least", least),
    Form(
        Ratio,
        (
            Field("ratio", "pair", _itself, pair(lambda node: (node.over, node.under))),
            field("floor", WHOLE, default=1),
            field("bound", BOUND),
        ),
        lambda pair, bound, floor=1: pair[0].per(pair[1], floor=floor, bound=bound),
    ),
    Form(
        Baseline,
        (field("baseline", MEASURE.codec, "of"), field("by", listed(METHOD.codec, at_least=1), "methods")),
        lambda of, methods: of.baseline(*methods),
    ),
    _aggregate(Count, "count", "count", _window()),
    _aggregate(Total, "total", "total", _term(), _window()),
    _aggregate(Different, "different", "different", _term(), _window()),
    _aggregate(Latest, "latest", "latest", _term(), _window("max_age")),
    _aggregate(Top, "top", "top", _term("by"), _window()),
    _aggregate(
        Standout,
        "standout",
        "standout",
        _term("by"),
        field("against", SELECTION.codec),
        field("at_most", SHARE),
        _window(),
    ),
    _aggregate(Age, "age", "age", _window("horizon")),
    Form(
        Quantile,
        (field("quantile_of", SELECTION.codec, "of"), field("q", SHARE), _term(), _window()),
        _quantile,
    ),
    _aggregate(
        Smoothed,
        "smoothed",
        "smoothed",
        _term(),
        field("by", SHARE),
        field("samples", WHOLE),
        _window(),
    ),
    Form(
        Holding,
        (
            field("keys_holding", TIMED.codec, "of"),
            Field("per", "by", lambda node: node.key_names, KEYS),
            field("within", SPAN, "length"),
        ),
        _holding,
    ),
)

METHOD.define(
    Form(HourOfWeek, (field("hour_of_week", WHOLE, "weeks"),), hour_of_week),
    Form(Trailing, (field("trailing", SPAN, "length"),), trailing),
    Form(
        Previous,
        (Field("previous", "chosen", lambda _: True, Codec(lambda v, _: v, _read_chosen, {"const": True})),),
        lambda chosen: previous(),
    ),
    Form(
        Before,
        (field("before", TIMED.codec, "change"), field("within", SPAN, "length")),
        lambda change, length: before(change, within=length),
    ),
)

DEFINITIONS: Final = {"measure": MEASURE.schema(), "method": METHOD.schema()}
"""What schemas of measures refer to."""
