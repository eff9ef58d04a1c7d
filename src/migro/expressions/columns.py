"""Columns: what `Checkout.status >= 500` is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, NoReturn, TypeVar

import attrs

from ..errors import RuleDefinitionError
from .nodes import Document, Node, encode, literal_text
from .patterns import compile_pattern
from .predicates import (
    Comparison,
    Conjunction,
    Disjunction,
    Membership,
    Negation,
    Operator,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
)

__all__ = ["Col", "ColumnType", "Fact", "KeyCol", "fact", "facts_of"]

T = TypeVar("T")
S = TypeVar("S")
F = TypeVar("F")
E = TypeVar("E")
N = TypeVar("N", int, Decimal)


@attrs.frozen
class ColumnType:
    """
    What the engine knows about a column.

    Attributes:
        value: The type of its values: `int`, `str`, `bool`, `Decimal`, `datetime` or `frozenset`.
        optional: Whether a signal may come without it.
        key: Whether it may be grouped by and joined on.
    """

    value: type
    optional: bool
    key: bool


@attrs.frozen(eq=False, repr=False, hash=False)
class Col(Node, Generic[S, T]):
    """
    A column of a signal class.

    Comparisons give predicates. The other side must have the column's own type: nothing is converted,
    so ``1``, ``True`` and ``"1"`` are three different values.
    """

    owner: type[S]
    name: str

    @property
    def column_type(self) -> ColumnType:
        found: ColumnType = self.owner.__columns__[self.name]  # type: ignore[attr-defined]  # set by the metaclass
        return found

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.name}"

    def document(self) -> Document:
        return {"column": [self.owner.__signal_kind__, self.name]}  # type: ignore[attr-defined]  # set by the metaclass

    __hash__ = object.__hash__

    # `other: T` instead of `object` is the point: a comparison with another type is a type error.
    def __eq__(self, other: T | Fact[T]) -> Pred[S]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("eq", other)

    def __ne__(self, other: T | Fact[T]) -> Pred[S]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("ne", other)

    def __lt__(self: Col[S, N], other: N | Fact[N]) -> Pred[S]:
        return self._order("lt", other)

    def __le__(self: Col[S, N], other: N | Fact[N]) -> Pred[S]:
        return self._order("le", other)

    def __gt__(self: Col[S, N], other: N | Fact[N]) -> Pred[S]:
        return self._order("gt", other)

    def __ge__(self: Col[S, N], other: N | Fact[N]) -> Pred[S]:
        return self._order("ge", other)

    def between(self: Col[S, N], low: N, high: N) -> Pred[S]:
        """Return `low <= column <= high`, both ends included."""
        return Conjunction((self._order("ge", low), self._order("le", high)))

    def one_of(self, *values: T) -> Pred[S]:
        """Return that the column holds one of `values`."""
        if not values:
            raise RuleDefinitionError(f"{self}.one_of() needs at least one value")
        return Membership(self, tuple(sorted({self._literal(v) for v in values}, key=lambda v: str(encode(v)))))

    def matches(self: Col[S, str], pattern: str) -> Pred[S]:
        """
        Return that the RE2 `pattern` occurs somewhere in the column.

        Raises:
            PatternRefused: If the pattern is outside RE2.
        """
        self._need(str, "matches")
        return PatternMatch(self, compile_pattern(pattern))

    def has(self: Col[S, frozenset[E]], value: E) -> Pred[S]:
        """Return that the set in the column contains `value`."""
        self._need(frozenset, "has")
        encode(value)  # refuses what a rule cannot hold, here and not when the rule is hashed
        return SetMembership(self, value)

    def present(self) -> Pred[S]:
        """Return that the signal came with a value here."""
        return Presence(self, True)

    def missing(self) -> Pred[S]:
        """Return that the signal came without a value here."""
        return Presence(self, False)

    def __contains__(self, _: object) -> NoReturn:
        raise RuleDefinitionError(f"`in` does not make a rule: write {self}.has(x), or column.one_of(x, y)")

    def _compare(self, operator: Operator, other: object) -> Pred[S]:
        return Comparison(operator, self, self._operand(other))

    def _order(self, operator: Operator, other: object) -> Pred[S]:
        if self.column_type.value not in (int, Decimal):
            raise RuleDefinitionError(
                f"{self} is {_called(self.column_type.value)}; only int and Decimal columns have an order"
            )
        return Comparison(operator, self, self._operand(other))

    def _operand(self, other: object) -> object:
        if isinstance(other, Fact):
            if other.column.column_type.value is not self.column_type.value:
                raise RuleDefinitionError(
                    f"{self} is {_called(self.column_type.value)}; it is compared here with {other},"
                    f" which is {_called(other.column.column_type.value)}"
                )
            return other
        return self._literal(other)

    def _literal(self, value: object) -> Any:
        # type() instead of isinstance(): True is an int to Python and must not be one to a rule.
        if type(value) is not self.column_type.value:
            raise RuleDefinitionError(
                f"{self} is {_called(self.column_type.value)};"
                f" it is compared here with {value!r} ({type(value).__name__})"
            )
        if isinstance(value, datetime) and value.tzinfo is None:
            raise RuleDefinitionError(f"{self} is compared here with {value!r}, which has no time zone")
        return value

    def _need(self, wanted: type, method: str) -> None:
        if self.column_type.value is not wanted:
            raise RuleDefinitionError(
                f"{self} is {_called(self.column_type.value)};"
                f" .{method}() is for {_called(wanted).removeprefix('a ')} columns"
            )


class KeyCol(Col[S, T]):
    """A column that may be grouped by and joined on."""

    __slots__ = ()


@attrs.frozen(eq=False, repr=False)
class Fact(Node, Generic[T]):
    """
    What the host knows about a key, as an operand.

    The value in force at a signal's time: that of the newest fact signal of the same key at or before it.
    Without one, `default`; without a default, the comparison is UNKNOWN.
    """

    column: Col[Any, T]
    default: T | None = None

    def __str__(self) -> str:
        default = "" if self.default is None else f", default={literal_text(self.default)}"
        return f"fact({self.column}{default})"

    def document(self) -> Document:
        default = {} if self.default is None else {"default": encode(self.default)}
        return {"fact": self.column.document()["column"], **default}


def fact(column: Col[F, T], default: T | None = None) -> Fact[T]:
    """
    Return the configured value of a fact signal's column, to compare other columns with.

    Args:
        column: A column of a signal class whose signals say what the host knows.
        default: Used where no fact is known. Without one the comparison is UNKNOWN and does not count.
    """
    if not isinstance(column, Col):
        raise RuleDefinitionError(f"fact() takes a column such as Shop.checkout_host, got {column!r}")
    if default is not None:
        column._literal(default)
    return Fact(column, default)


def facts_of(pred: Pred[Any]) -> Iterator[Fact[Any]]:
    """Yield the configured facts that a predicate compares with."""
    match pred:
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            for part in parts:
                yield from facts_of(part)
        case Negation(part=part):
            yield from facts_of(part)
        case Comparison(operand=Fact() as operand):
            yield operand


def _called(t: type) -> str:
    return "a set" if t is frozenset else t.__name__
