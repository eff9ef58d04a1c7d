"""Predicates: conditions on one signal, as data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import attrs

from ..errors import RuleDefinitionError
from .nodes import Document, Node, encode, literal_text
from .patterns import Pattern
from .quantities import span

if TYPE_CHECKING:
    from .terms import Term

__all__ = [
    "Comparison",
    "Conjunction",
    "Disjunction",
    "FirstSeen",
    "Membership",
    "Negation",
    "Operator",
    "PatternMatch",
    "Pred",
    "Presence",
    "Relation",
    "SetMembership",
    "SetRelation",
    "operands_of",
]

S = TypeVar("S")
Operator = Literal["eq", "ne", "lt", "le", "gt", "ge"]
Relation = Literal["among", "covers", "lacks", "overlaps"]

_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Pred(Node, Generic[S]):
    """
    A condition on a signal of class `S`.

    Combine with `&`, `|` and `~`. Evaluation gives a `Truth`; a missing value gives UNKNOWN, never a plain no.
    """

    __slots__ = ()

    def __and__(self, other: Pred[S]) -> Pred[S]:
        _predicate(other, "&")
        return Conjunction(_flat(Conjunction, self, other))

    def __or__(self, other: Pred[S]) -> Pred[S]:
        _predicate(other, "|")
        return Disjunction(_flat(Disjunction, self, other))

    def __invert__(self) -> Pred[S]:
        return self.part if isinstance(self, Negation) else Negation(self)


@attrs.frozen(eq=False, repr=False)
class Comparison(Pred[S]):
    """`term <operator> operand`, where the operand is a literal, another term of the signal, or a configured fact."""

    operator: Operator
    term: Term[S, Any]
    operand: Any

    def __str__(self) -> str:
        operand = str(self.operand) if isinstance(self.operand, Node) else literal_text(self.operand)
        return f"{self.term} {_SYMBOLS[self.operator]} {operand}"

    def document(self) -> Document:
        operand = self.operand.document() if isinstance(self.operand, Node) else encode(self.operand)
        return {self.operator: [self.term.document(), operand]}


@attrs.frozen(eq=False, repr=False)
class Membership(Pred[S]):
    """The term is one of the values."""

    term: Term[S, Any]
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.term}.one_of({', '.join(map(literal_text, self.values))})"

    def document(self) -> Document:
        return {"one_of": [self.term.document(), *(encode(v) for v in self.values)]}


@attrs.frozen(eq=False, repr=False)
class SetMembership(Pred[S]):
    """The set contains the value."""

    term: Term[S, Any]
    value: Any

    def __str__(self) -> str:
        return f"{self.term}.has({literal_text(self.value)})"

    def document(self) -> Document:
        return {"has": [self.term.document(), encode(self.value)]}


@attrs.frozen(eq=False, repr=False)
class SetRelation(Pred[S]):
    """How a set, or (`among`) a single value, stands to a set: a literal, a set of the signal, or a configured fact."""

    relation: Relation
    term: Term[S, Any]
    operand: Any

    def __str__(self) -> str:
        operand = str(self.operand) if isinstance(self.operand, Node) else literal_text(self.operand)
        return f"{self.term}.{self.relation}({operand})"

    def document(self) -> Document:
        operand = self.operand.document() if isinstance(self.operand, Node) else encode(self.operand)
        return {self.relation: [self.term.document(), operand]}


@attrs.frozen(eq=False, repr=False)
class FirstSeen(Pred[S]):
    """
    No signal of the class and key had this value in ``[t - horizon, t)``; UNKNOWN for a signal without one.

    Attributes:
        horizon: In microseconds.
    """

    term: Term[S, Any]
    horizon: int

    def __str__(self) -> str:
        return f"{self.term}.first_seen(in {span(self.horizon)})"

    def document(self) -> Document:
        return {"first_seen": self.term.document(), "horizon": {"microseconds": self.horizon}}


@attrs.frozen(eq=False, repr=False)
class PatternMatch(Pred[S]):
    """The RE2 pattern occurs somewhere in the text."""

    term: Term[S, Any]
    pattern: Pattern

    def __str__(self) -> str:
        return f"{self.term}.matches({self.pattern.text!r})"

    def document(self) -> Document:
        return {"matches": [self.term.document(), self.pattern.text]}


@attrs.frozen(eq=False, repr=False)
class Presence(Pred[S]):
    """The signal has a value here, or (`expected` false) has none. Never UNKNOWN."""

    term: Term[S, Any]
    expected: bool

    def __str__(self) -> str:
        return f"{self.term}.{'present' if self.expected else 'missing'}()"

    def document(self) -> Document:
        return {"present" if self.expected else "missing": self.term.document()}


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


def _predicate(other: object, sign: str) -> None:
    if not isinstance(other, Pred):
        raise RuleDefinitionError(
            f"`{sign}` joins two conditions on a signal, got {other!r} ({type(other).__name__}) on its right"
        )


def _flat(kind: type[Conjunction[S]] | type[Disjunction[S]], *parts: Pred[S]) -> tuple[Pred[S], ...]:
    flat: list[Pred[S]] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return tuple(flat)


def _sorted_documents(parts: tuple[Pred[S], ...]) -> list[Document]:
    # Sorted, so that the order in which somebody typed the operands is no part of the meaning.
    return sorted((p.document() for p in parts), key=lambda d: json.dumps(d, sort_keys=True))


def operands_of(pred: Pred[Any], *, whole: bool = False) -> Iterator[Any]:
    """Yield the terms and operands that a predicate compares; with `whole`, its undivided predicates instead."""
    match pred:
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            for part in parts:
                yield from operands_of(part, whole=whole)
        case Negation(part=part):
            yield from operands_of(part, whole=whole)
        case _ if whole:
            yield pred
        case Comparison(term=term, operand=operand) | SetRelation(term=term, operand=operand):
            yield term
            yield operand
        case Membership(term=term) | SetMembership(term=term) | PatternMatch(term=term) | Presence(term=term):
            yield term
        case FirstSeen(term=term):
            yield term
