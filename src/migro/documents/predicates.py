"""Predicates in documents."""

from __future__ import annotations

from functools import reduce
from operator import and_, attrgetter, or_
from typing import Any, Final

from ..expressions import (
    Comparison,
    Conjunction,
    Disjunction,
    FirstSeen,
    Membership,
    Negation,
    Node,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
    SetRelation,
)
from .forms import Choice, Field, Form, field
from .literals import LITERAL, read_literal, write_literal
from .parts import Part
from .places import Place
from .terms import TERM, pair_codec, read_operand
from .values import SPAN, Codec, Writing, listed

__all__ = ["DEFINITIONS", "PREDICATE", "PREDICATES"]

PREDICATE: Final = Choice("a predicate", "predicate")
PREDICATES: Final = listed(PREDICATE.codec)
_PARTS: Final = listed(PREDICATE.codec, at_least=1)

_COMPARISONS: Final = ("eq", "ne", "lt", "le", "gt", "ge")
_RELATIONS: Final = ("covers", "lacks", "overlaps")


def _itself(node: Any) -> Any:
    return node


def _operand(term: Any, part: Part, place: Place) -> Any:
    return read_operand(part, place, term.column_type.value)


def _element(_: Any, part: Part, place: Place) -> Any:
    return read_literal(part, place, None)


def _pattern(_: Any, part: Part, place: Place) -> str:
    return place.text(part, "a pattern in RE2 syntax")


_COMPARED: Final = pair_codec(lambda node: (node.term, node.operand), _operand, "what it is compared with")
_AMONG: Final = pair_codec(
    lambda node: (node.term, node.operand), lambda _, part, place: read_operand(part, place, frozenset), "a set"
)
_CONTAINS: Final = pair_codec(lambda node: (node.term, node.value), _element, "an element")
_MATCHED: Final = pair_codec(lambda node: (node.term, node.pattern.text), _pattern, "a pattern")


def _write_values(node: Membership[Any], signal: Writing) -> list[Any]:
    return [TERM.write(node.term, signal), *(write_literal(v) for v in node.values)]


def _read_values(part: Part, place: Place) -> tuple[Any, ...]:
    parts = place.items(part, "a list of a term and values")
    if len(parts) < 2:
        place.expect(part, "a list of a term and at least one value")
    term = TERM.read(parts[0], place.at(0))
    wanted = term.column_type.value
    values = [(p, place.at(i)) for i, p in enumerate(parts) if i]
    return (term, *place.all(lambda p, at: read_literal(p, at, wanted), values))


_VALUES: Final = Codec(
    _write_values,
    _read_values,
    {"type": "array", "prefixItems": [{"$ref": "#/$defs/term"}], "items": LITERAL, "minItems": 2},
)


def _is_between(node: Conjunction[Any]) -> bool:
    """Return whether two comparisons say what `between` says; only then it stands for them."""
    match node.parts:
        case (Comparison(operator="ge", term=one), Comparison(operator="le", term=other)):
            literals = not any(isinstance(p.operand, Node) for p in node.parts if isinstance(p, Comparison))
            return literals and one.document() == other.document()
        case _:
            return False


def _write_between(node: Conjunction[Any], signal: Writing) -> list[Any]:
    low, high = (part for part in node.parts if isinstance(part, Comparison))
    return [TERM.write(low.term, signal), write_literal(low.operand), write_literal(high.operand)]


def _read_between(part: Part, place: Place) -> tuple[Any, ...]:
    if len(place.items(part, "a list of a term, the lowest and the highest value")) != 3:
        place.expect(part, "a list of a term, the lowest and the highest value")
    return _read_values(part, place)


_BETWEEN: Final = Codec(
    _write_between,
    _read_between,
    {
        "type": "array",
        "prefixItems": [{"$ref": "#/$defs/term"}, LITERAL, LITERAL],
        "minItems": 3,
        "maxItems": 3,
    },
)


def _comparison(operator: str) -> Form:
    # The method itself: `a == b` asks `b` first where its class is more special, and turns the comparison around.
    return Form(
        Comparison,
        (Field(operator, "pair", _itself, _COMPARED),),
        lambda pair: getattr(pair[0], f"__{operator}__")(pair[1]),
        when=lambda node: node.operator == operator,
    )


def _relation(relation: str, codec: Codec = _COMPARED) -> Form:
    return Form(
        SetRelation,
        (Field(relation, "pair", _itself, codec),),
        lambda pair: getattr(pair[0], relation)(pair[1]),
        when=lambda node: node.relation == relation,
    )


def _presence(name: str, expected: bool) -> Form:
    return Form(
        Presence,
        (field(name, TERM.codec, "term"),),
        lambda term: getattr(term, name)(),
        when=lambda node: node.expected is expected,
    )


def _all(parts: tuple[Pred[Any], ...]) -> Pred[Any]:
    return reduce(and_, parts)


def _any(parts: tuple[Pred[Any], ...]) -> Pred[Any]:
    return reduce(or_, parts)


PREDICATE.define(
    *map(_comparison, _COMPARISONS),
    Form(
        Conjunction,
        (Field("between", "values", _itself, _BETWEEN),),
        lambda values: values[0].between(*values[1:]),
        when=_is_between,
    ),
    Form(Membership, (Field("one_of", "values", _itself, _VALUES),), lambda values: values[0].one_of(*values[1:])),
    Form(SetMembership, (Field("has", "pair", _itself, _CONTAINS),), lambda pair: pair[0].has(pair[1])),
    _relation("among", _AMONG),
    *map(_relation, _RELATIONS),
    Form(PatternMatch, (Field("matches", "pair", _itself, _MATCHED),), lambda pair: pair[0].matches(pair[1])),
    _presence("present", True),
    _presence("missing", False),
    Form(
        FirstSeen,
        (field("first_seen", TERM.codec, "term"), field("horizon", SPAN)),
        lambda term, horizon: term.first_seen(horizon=horizon),
    ),
    Form(Conjunction, (field("all", _PARTS, "parts"),), _all),
    Form(Disjunction, (field("any", _PARTS, "parts"),), _any),
    Form(Negation, (field("not", PREDICATE.codec, get=attrgetter("part"), argument="part"),), lambda part: ~part),
)

DEFINITIONS: Final = {"predicate": PREDICATE.schema()}
"""What schemas of predicates refer to."""
