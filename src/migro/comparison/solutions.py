"""Solutions: values of columns for which a term has a value."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from ..expressions import Arithmetic, Col, Fact, Node, Scaled, Term
from ..models.canonical import from_microseconds
from .levels import BASE_TIME

__all__ = ["columns_for", "may_fail", "scaled"]


def may_fail(term: Term[Any, Any]) -> bool:
    """Return whether reading the term can raise: then a condition on it may be an ERROR."""
    match term:
        case Col():
            return False
        case Scaled(term=inner):
            return may_fail(inner)
        case Arithmetic(left=left, right=right):
            # A time plus a span can leave the calendar.
            return (
                left.column_type.value is datetime
                or may_fail(left)
                or (isinstance(right, Term) and may_fail(right))
                or isinstance(right, Fact)
            )
        case _:
            return True


def scaled(term: Any) -> bool:
    """Return whether the term can lie between two whole numbers although its columns do not."""
    match term:
        case Scaled(term=inner, by=by):
            return by is not None or scaled(inner)
        case Arithmetic(left=left, right=right):
            return scaled(left) or scaled(right)
        case _:
            return False


def columns_for(term: Any, value: Any) -> dict[str, Any] | None:
    """Return values of columns for which the term has that value; None where nobody knows any."""
    if isinstance(value, Fraction):
        return None
    match term:
        case Col(name=name):
            return {name: value}
        case Scaled(term=inner, by=None):
            return columns_for(inner, value)
        case Scaled(term=inner, by=Fraction() as by) if isinstance(value, int) and (value / by).denominator == 1:
            return columns_for(inner, int(value / by))
        case Arithmetic(left=left) if value is None:
            return columns_for(left, None)
        case Arithmetic(operation=operation, left=left, right=right) if not isinstance(right, Node):
            return columns_for(left, value - right if operation == "plus" else value + right)
        case Arithmetic(operation=operation, left=left, right=Term() as right):
            return _from_two(operation, left, right, value)
        case _:
            return None


def _from_two(operation: str, left: Any, right: Any, value: Any) -> dict[str, Any] | None:
    base: Any = from_microseconds(BASE_TIME) if right.column_type.value is datetime else type(value)(100)
    mine = columns_for(left, value - base if operation == "plus" else base + value)
    other = columns_for(right, base)
    return None if mine is None or other is None else {**other, **mine}
