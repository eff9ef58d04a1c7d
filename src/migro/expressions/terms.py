"""Terms: values read from one signal, and what can be compared with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar, overload

import attrs

from ..errors import RuleDefinitionError
from .nodes import Document, Node, encode, literal_text
from .patterns import compile_pattern
from .predicates import (
    Comparison,
    Conjunction,
    Membership,
    Operator,
    PatternMatch,
    Pred,
    Presence,
    Relation,
    SetMembership,
    SetRelation,
)
from .quantities import bounded, span

if TYPE_CHECKING:
    from .columns import Fact

__all__ = ["Arithmetic", "ColumnType", "Scaled", "Term", "called", "terms_in"]

T = TypeVar("T")
S = TypeVar("S")
E = TypeVar("E")
N = TypeVar("N", int, Decimal)
O = TypeVar("O", int, Decimal, datetime, timedelta)  # noqa: E741  # what has an order

_ORDERED = (int, Decimal, datetime, timedelta)
_NUMBERS = (int, Decimal)


@attrs.frozen
class ColumnType:
    """
    What the engine knows about a column or another term.

    Attributes:
        value: The type of its values: `int`, `str`, `bool`, `Decimal`, `datetime` or `frozenset`; `timedelta` for the
            difference of two times.
        optional: Whether a signal may come without it.
        key: Whether it may be grouped by and joined on.
    """

    value: type
    optional: bool
    key: bool


class Term(Node, Generic[S, T]):
    """
    A value read from one signal of class `S`: a column, a feature, or arithmetic over them.

    Comparisons give predicates. The other side must have the term's own type: nothing is converted, so ``1``,
    ``True`` and ``"1"`` are three different values. Where a value is missing, the comparison is UNKNOWN.
    """

    __slots__ = ()

    owner: type[S]

    @property
    def column_type(self) -> ColumnType:
        """Type of the values, and whether they may be missing."""
        raise NotImplementedError(type(self).__name__)

    __hash__ = object.__hash__

    # `other: T` instead of `object` is the point: a comparison with another type is a type error.
    def __eq__(self, other: T | Term[S, T] | Fact[T]) -> Pred[S]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Comparison("eq", self, self._operand(other))

    def __ne__(self, other: T | Term[S, T] | Fact[T]) -> Pred[S]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Comparison("ne", self, self._operand(other))

    def __lt__(self: Term[S, O], other: O | Term[S, O] | Fact[O]) -> Pred[S]:
        return self._order("lt", other)

    def __le__(self: Term[S, O], other: O | Term[S, O] | Fact[O]) -> Pred[S]:
        return self._order("le", other)

    def __gt__(self: Term[S, O], other: O | Term[S, O] | Fact[O]) -> Pred[S]:
        return self._order("gt", other)

    def __ge__(self: Term[S, O], other: O | Term[S, O] | Fact[O]) -> Pred[S]:
        return self._order("ge", other)

    def between(self: Term[S, O], low: O, high: O) -> Pred[S]:
        """Return `low <= term <= high`, both ends included."""
        return Conjunction((self._order("ge", low), self._order("le", high)))

    def one_of(self, *values: T) -> Pred[S]:
        """Return that the term is one of `values`."""
        if not values:
            raise RuleDefinitionError(f"{self}.one_of() needs at least one value")
        return Membership(self, tuple(sorted({self._literal(v) for v in values}, key=lambda v: str(encode(v)))))

    def among(self, values: frozenset[T] | Term[S, frozenset[T]] | Fact[frozenset[T]]) -> Pred[S]:
        """Return that the term is an element of a set: a literal, a set of the signal, or a configured fact."""
        if isinstance(values, frozenset):
            for value in values:
                self._literal(value)
            return SetRelation("among", self, values)
        column = values if isinstance(values, Term) else getattr(values, "column", None)
        if column is None or column.column_type.value is not frozenset:
            raise RuleDefinitionError(f"{self}.among() takes a set, got {values!r}")
        if isinstance(values, Term):
            self._same_signal(values)
        return SetRelation("among", self, values)

    def matches(self: Term[S, str], pattern: str) -> Pred[S]:
        """
        Return that the RE2 `pattern` occurs somewhere in the text.

        Raises:
            PatternRefused: If the pattern is outside RE2.
        """
        self._need((str,), "matches")
        return PatternMatch(self, compile_pattern(pattern))

    def has(self: Term[S, frozenset[E]], value: E) -> Pred[S]:
        """Return that the set contains `value`."""
        self._need((frozenset,), "has")
        encode(value)  # refuses what a rule cannot hold, here and not when the rule is hashed
        return SetMembership(self, value)

    def covers(
        self: Term[S, frozenset[E]], other: frozenset[E] | Term[S, frozenset[E]] | Fact[frozenset[E]]
    ) -> Pred[S]:
        """Return that the set contains every element of `other`; every set covers the empty one."""
        return self._relation("covers", other)

    def lacks(self: Term[S, frozenset[E]], other: frozenset[E] | Term[S, frozenset[E]] | Fact[frozenset[E]]) -> Pred[S]:
        """Return that at least one element of `other` is not in the set; no set lacks the empty one."""
        return self._relation("lacks", other)

    def overlaps(
        self: Term[S, frozenset[E]], other: frozenset[E] | Term[S, frozenset[E]] | Fact[frozenset[E]]
    ) -> Pred[S]:
        """Return that the set and `other` have an element in common."""
        return self._relation("overlaps", other)

    def present(self) -> Pred[S]:
        """Return that the signal came with a value here."""
        return Presence(self, True)

    def missing(self) -> Pred[S]:
        """Return that the signal came without a value here."""
        return Presence(self, False)

    @overload
    def __add__(self: Term[S, datetime], other: timedelta) -> Term[S, datetime]: ...
    @overload
    def __add__(self: Term[S, N], other: N | Term[S, N] | Fact[N]) -> Term[S, N]: ...
    def __add__(self, other: Any) -> Term[S, Any]:
        return self._arithmetic("plus", other)

    @overload
    def __sub__(self: Term[S, datetime], other: timedelta) -> Term[S, datetime]: ...
    @overload
    def __sub__(
        self: Term[S, datetime], other: datetime | Term[S, datetime] | Fact[datetime]
    ) -> Term[S, timedelta]: ...
    @overload
    def __sub__(self: Term[S, N], other: N | Term[S, N] | Fact[N]) -> Term[S, N]: ...
    def __sub__(self, other: Any) -> Term[S, Any]:
        return self._arithmetic("minus", other)

    @overload
    def __abs__(self: Term[S, timedelta]) -> Term[S, timedelta]: ...
    @overload
    def __abs__(self: Term[S, N]) -> Term[S, N]: ...
    def __abs__(self) -> Term[S, Any]:
        self._need((*_NUMBERS, timedelta), "abs")
        return Scaled(self, None)

    def scaled(self: Term[S, N], by: Fraction) -> Term[S, N]:
        """Return the exact product with `by`, such as ``percent(90)``; comparisons with it round nothing."""
        self._need(_NUMBERS, "scaled")
        if not isinstance(by, Fraction):
            raise RuleDefinitionError(f"{self}.scaled() takes percent(...) or permille(...), got {by!r}")
        return Scaled(self, by)

    def __contains__(self, _: object) -> NoReturn:
        raise RuleDefinitionError(f"`in` does not make a rule: write {self}.has(x), or column.one_of(x, y)")

    def _order(self, operator: Operator, other: object) -> Pred[S]:
        if self.column_type.value not in _ORDERED:
            raise RuleDefinitionError(
                f"{self} is {called(self.column_type.value)}; only numbers, times and spans have an order"
            )
        return Comparison(operator, self, self._operand(other))

    def _relation(self, relation: Relation, other: object) -> Pred[S]:
        self._need((frozenset,), relation)
        return SetRelation(relation, self, self._operand(other))

    def _arithmetic(self, operation: Literal["plus", "minus"], other: object) -> Term[S, Any]:
        mine = self.column_type.value
        self._need((*_NUMBERS, datetime), operation)
        if mine is not datetime:
            return Arithmetic(operation, self, self._operand(other))
        if isinstance(other, timedelta):
            return Arithmetic(operation, self, other)
        if operation == "plus":
            raise RuleDefinitionError(f"{self} is a time; expected a span such as minutes(5) to add, got {other!r}")
        return Arithmetic("minus", self, self._operand(other))

    def _operand(self, other: object) -> object:
        if not isinstance(other, Node):
            return self._literal(other)
        theirs: type | None = None
        if isinstance(other, Term):
            theirs = other.column_type.value
            self._same_signal(other)
        elif (column := getattr(other, "column", None)) is not None:  # a configured fact
            theirs = column.column_type.value
        if theirs is not self.column_type.value:
            what = f", which is {called(theirs)}" if theirs else f" ({type(other).__name__})"
            raise RuleDefinitionError(
                f"{self} is {called(self.column_type.value)}; it is compared here with {other}{what}"
            )
        return other

    def _same_signal(self, other: Term[Any, Any]) -> None:
        # A column of a parent class is the same column, so one class has to be the other's parent.
        if not (issubclass(self.owner, other.owner) or issubclass(other.owner, self.owner)):
            raise RuleDefinitionError(
                f"{self} is compared here with {other}, which belongs to {other.owner.__name__}:"
                " both sides are read from one signal"
            )

    def _literal(self, value: object) -> Any:
        # type() instead of isinstance(): True is an int to Python and must not be one to a rule.
        if type(value) is not self.column_type.value:
            raise RuleDefinitionError(
                f"{self} is {called(self.column_type.value)};"
                f" it is compared here with {value!r} ({type(value).__name__})"
            )
        if isinstance(value, datetime) and value.tzinfo is None:
            raise RuleDefinitionError(f"{self} is compared here with {value!r}, which has no time zone")
        try:
            return bounded(value)
        except ValueError as e:
            raise RuleDefinitionError(f"{self} is compared here with a number out of bounds: {e}") from e

    def _need(self, wanted: tuple[type, ...], method: str) -> None:
        if self.column_type.value not in wanted:
            names = " or ".join(called(w).removeprefix("a ") for w in wanted)
            raise RuleDefinitionError(f"{self} is {called(self.column_type.value)}; .{method}() is for {names} columns")


@attrs.frozen(eq=False, repr=False, hash=False)
class Arithmetic(Term[S, T]):
    """The sum or difference of a term and a literal, another term of the same signal, or a configured fact."""

    operation: Literal["plus", "minus"]
    left: Term[S, Any]
    right: Any

    @property
    def owner(self) -> type[S]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.left.owner

    @property
    def column_type(self) -> ColumnType:
        left = self.left.column_type
        spans = left.value is datetime and not isinstance(self.right, timedelta)
        optional = left.optional or (isinstance(self.right, Term) and self.right.column_type.optional)
        return ColumnType(timedelta if spans else left.value, optional, key=False)

    def __str__(self) -> str:
        right = str(self.right) if isinstance(self.right, Node) else _text(self.right)
        return f"({self.left} {'+' if self.operation == 'plus' else '-'} {right})"

    def document(self) -> Document:
        right = self.right.document() if isinstance(self.right, Node) else encode(self.right)
        return {self.operation: [self.left.document(), right]}


@attrs.frozen(eq=False, repr=False, hash=False)
class Scaled(Term[S, T]):
    """The exact product of a term and a ratio, or (without a ratio) its absolute value."""

    term: Term[S, Any]
    by: Fraction | None

    @property
    def owner(self) -> type[S]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.term.owner

    @property
    def column_type(self) -> ColumnType:
        return attrs.evolve(self.term.column_type, key=False)

    def __str__(self) -> str:
        return f"abs({self.term})" if self.by is None else f"{self.by} x {self.term}"

    def document(self) -> Document:
        if self.by is None:
            return {"abs": self.term.document()}
        return {"scaled": [self.term.document(), encode(self.by)]}


def terms_in(term: object) -> Iterator[Node]:
    """Yield the columns, features and facts that a term or operand is made of; nothing for a literal."""
    match term:
        case Arithmetic(left=left, right=right):
            yield from terms_in(left)
            yield from terms_in(right)
        case Scaled(term=inner):
            yield from terms_in(inner)
        case Node():
            yield term


def called(t: type) -> str:
    """Return the name of a value's type as messages say it."""
    return {frozenset: "a set", timedelta: "a span of time"}.get(t, t.__name__)


def _text(value: object) -> str:
    return span(value) if isinstance(value, timedelta) else literal_text(value)
