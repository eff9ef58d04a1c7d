"""Predicates: conditions on one signal, as data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import attrs

from .nodes import Document, Node, encode, literal_text
from .patterns import Pattern

if TYPE_CHECKING:
    from .columns import Col

__all__ = [
    "Comparison",
    "Conjunction",
    "Disjunction",
    "Membership",
    "Negation",
    "Operator",
    "PatternMatch",
    "Pred",
    "Presence",
    "SetMembership",
    "columns_of",
]

S = TypeVar("S")
Operator = Literal["eq", "ne", "lt", "le", "gt", "ge"]

_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Pred(Node, Generic[S]):
    """
    A condition on a signal of class `S`.

    Combine with `&`, `|` and `~`. Evaluation gives a `Truth`; a missing value gives UNKNOWN, never a plain no.
    """

    __slots__ = ()

    def __and__(self, other: Pred[S]) -> Pred[S]:
        return Conjunction(_flat(Conjunction, self, other))

    def __or__(self, other: Pred[S]) -> Pred[S]:
        return Disjunction(_flat(Disjunction, self, other))

    def __invert__(self) -> Pred[S]:
        return self.part if isinstance(self, Negation) else Negation(self)


@attrs.frozen(eq=False, repr=False)
class Comparison(Pred[S]):
    """`column <operator> operand`, where the operand is a literal or a configured fact."""

    operator: Operator
    column: Col[S, Any]
    operand: Any

    def __str__(self) -> str:
        operand = str(self.operand) if isinstance(self.operand, Node) else literal_text(self.operand)
        return f"{self.column} {_SYMBOLS[self.operator]} {operand}"

    def document(self) -> Document:
        operand = self.operand.document() if isinstance(self.operand, Node) else encode(self.operand)
        return {self.operator: [self.column.document(), operand]}


@attrs.frozen(eq=False, repr=False)
class Membership(Pred[S]):
    """The column holds one of the values."""

    column: Col[S, Any]
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.column}.one_of({', '.join(map(literal_text, self.values))})"

    def document(self) -> Document:
        return {"one_of": [self.column.document(), *(encode(v) for v in self.values)]}


@attrs.frozen(eq=False, repr=False)
class SetMembership(Pred[S]):
    """The set in the column contains the value."""

    column: Col[S, Any]
    value: Any

    def __str__(self) -> str:
        return f"{self.column}.has({literal_text(self.value)})"

    def document(self) -> Document:
        return {"has": [self.column.document(), encode(self.value)]}


@attrs.frozen(eq=False, repr=False)
class PatternMatch(Pred[S]):
    """The RE2 pattern occurs somewhere in the column."""

    column: Col[S, Any]
    pattern: Pattern

    def __str__(self) -> str:
        return f"{self.column}.matches({self.pattern.text!r})"

    def document(self) -> Document:
        return {"matches": [self.column.document(), self.pattern.text]}


@attrs.frozen(eq=False, repr=False)
class Presence(Pred[S]):
    """The column has a value, or (`expected` false) has none. Never UNKNOWN."""

    column: Col[S, Any]
    expected: bool

    def __str__(self) -> str:
        return f"{self.column}.{'present' if self.expected else 'missing'}()"

    def document(self) -> Document:
        return {"present" if self.expected else "missing": self.column.document()}


@attrs.frozen(eq=False, repr=False)
class Conjunction(Pred[S]):
    """All parts hold."""

    parts: tuple[Pred[S], ...]

    def __str__(self) -> str:
        return "(" + " & ".join(map(str, self.parts)) + ")"

    def document(self) -> Document:
        return {"all": _sorted_documents(self.parts)}


@attrs.frozen(eq=False, repr=False)
class Disjunction(Pred[S]):
    """At least one part holds."""

    parts: tuple[Pred[S], ...]

    def __str__(self) -> str:
        return "(" + " | ".join(map(str, self.parts)) + ")"

    def document(self) -> Document:
        return {"any": _sorted_documents(self.parts)}


@attrs.frozen(eq=False, repr=False)
class Negation(Pred[S]):
    """The part does not hold; an unknown part stays unknown."""

    part: Pred[S]

    def __str__(self) -> str:
        return f"~{self.part}" if isinstance(self.part, Conjunction | Disjunction) else f"~({self.part})"

    def document(self) -> Document:
        return {"not": self.part.document()}


def _flat(kind: type[Conjunction[S]] | type[Disjunction[S]], *parts: Pred[S]) -> tuple[Pred[S], ...]:
    flat: list[Pred[S]] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return tuple(flat)


def _sorted_documents(parts: tuple[Pred[S], ...]) -> list[Document]:
    # Sorted, so that the order in which somebody typed the operands is no part of the meaning.
    return sorted((p.document() for p in parts), key=lambda d: json.dumps(d, sort_keys=True))


def columns_of(pred: Pred[Any]) -> Iterator[Col[Any, Any]]:
    """Yield the columns that a predicate reads from its own signal."""
    match pred:
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            for part in parts:
                yield from columns_of(part)
        case Negation(part=part):
            yield from columns_of(part)
        case Comparison() | Membership() | SetMembership() | PatternMatch() | Presence():
            yield pred.column
