"""Columns and configured facts: what `Checkout.status >= 500` is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Generic, TypeVar

import attrs

from ..errors import RuleDefinitionError
from .nodes import Document, Node, encode, literal_text
from .predicates import FirstSeen, Pred, operands_of
from .quantities import microseconds
from .terms import ColumnType, Term, terms_in

__all__ = ["Col", "Fact", "KeyCol", "columns_of", "fact", "facts_of", "histories_of"]

T = TypeVar("T")
S = TypeVar("S")
F = TypeVar("F")


@attrs.frozen(eq=False, repr=False, hash=False)
class Col(Term[S, T]):
    """A column of a signal class."""

    owner: type[S]
    name: str

    @property
    def column_type(self) -> ColumnType:
        found: ColumnType = self.owner.__columns__[self.name]  # type: ignore[attr-defined]  # set by the metaclass
        return found

    def first_seen(self, *, horizon: timedelta) -> Pred[S]:
        """
        Return that this value is new: no signal of the class and the premise's key had it in ``[t - horizon, t)``.

        `t` is the signal's effective time; of signals with an equal time the one with the smallest id is the first.
        Whatever else the premise asks of a signal, every signal of the class counts as having been seen.
        """
        if not isinstance(horizon, timedelta) or horizon <= timedelta(0):
            raise RuleDefinitionError(f"{self}.first_seen() takes horizon= above 0 such as days(28), got {horizon!r}")
        return FirstSeen(self, microseconds(horizon))

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.name}"

    def document(self) -> Document:
        return {"column": [self.owner.__signal_kind__, self.name]}  # type: ignore[attr-defined]  # set by the metaclass


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


def columns_of(pred: Pred[Any]) -> Iterator[Term[Any, Any]]:
    """Yield the columns and features that a predicate reads from its own signal."""
    for operand in operands_of(pred):
        for part in terms_in(operand):
            if isinstance(part, Term):
                yield part


def facts_of(pred: Pred[Any]) -> Iterator[Fact[Any]]:
    """Yield the configured facts that a predicate compares with."""
    for operand in operands_of(pred):
        for part in terms_in(operand):
            if isinstance(part, Fact):
                yield part


def histories_of(pred: Pred[Any]) -> Iterator[FirstSeen[Any]]:
    """Yield the parts of a predicate that ask whether a value is new."""
    yield from (p for p in operands_of(pred, whole=True) if isinstance(p, FirstSeen))
