"""Figures: between which bounds a measure always lies, and what that makes of comparing it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..comparison import ordering
from ..comparison.selecting import equal
from ..expressions import Comparison, Membership
from ..rules import (
    Absolute,
    Age,
    Baseline,
    Compared,
    Constant,
    Count,
    Different,
    Extreme,
    Holding,
    Ratio,
    Selection,
    Standout,
    Sum,
    Times,
    Top,
)
from .conditions import flat

__all__ = ["Range", "always", "never", "range_of", "values_of"]

Range = tuple[Fraction | None, Fraction | None]
"""The least and the greatest value, None where there is no bound."""

_ANY: Range = (None, None)
_ZERO = Fraction(0)


def range_of(measure: Any) -> Range:
    """Return bounds that the values of a measure never leave."""
    match measure:
        case Constant(value=value):
            return value, value
        case Count() | Top() | Standout() | Holding():
            return _ZERO, None
        case Different(of=of, column=column):
            most = values_of(of, column)
            return _ZERO, None if most is None else Fraction(most)
        case Age(length=length):
            return _ZERO, Fraction(length)
        case Baseline(of=of):
            return range_of(of)
        case Absolute(of=of):
            low, high = range_of(of)
            return (low, high) if low is not None and low >= 0 else (_ZERO, None)
        case Times(of=of, by=by):
            low, high = (None if v is None else v * by for v in range_of(of))
            return (low, high) if by >= 0 else (high, low)
        case Sum(left=left, right=right, negative=negative):
            a, b = range_of(left), range_of(right)
            if negative:
                b = (None if b[1] is None else -b[1], None if b[0] is None else -b[0])
            return _plus(a[0], b[0]), _plus(a[1], b[1])
        case Extreme(parts=parts, which=which):
            ranges = [range_of(p) for p in parts]
            lows, highs = [r[0] for r in ranges], [r[1] for r in ranges]
            if which == "greatest":
                known = [v for v in lows if v is not None]
                return max(known, default=None), _all(highs, max)
            known = [v for v in highs if v is not None]
            return _all(lows, min), min(known, default=None)
        case Ratio(over=over, under=under):
            least = range_of(over)[0]
            # What it is divided by is at least its floor, and so positive.
            high = Fraction(1) if ordering.at_most(over, under) else None
            return (_ZERO if least is not None and least >= 0 else None), high
        case _:
            return _ANY


def never(compared: Compared[Any]) -> bool:
    """Return whether it is proven that a comparison is never satisfied."""
    (low, high), (least, most) = range_of(compared.left), range_of(compared.right)
    if equal(compared.left, compared.right):
        return compared.operator in ("lt", "gt", "ne")
    above = low is not None and most is not None and low >= most
    well_above = low is not None and most is not None and low > most
    below = high is not None and least is not None and high <= least
    well_below = high is not None and least is not None and high < least
    match compared.operator:
        case "lt":
            return above
        case "le":
            return well_above
        case "gt":
            return below
        case "ge":
            return well_below
        case "eq":
            return well_above or well_below
        case _:
            return above and below  # both are one number


def always(compared: Compared[Any]) -> bool:
    """Return whether it is proven that a comparison is satisfied wherever both sides have a value."""
    import attrs

    opposite: dict[str, Any] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
    if any(isinstance(m, Ratio) and m.bound == "wilson" for m in (compared.left, compared.right)):
        return False  # the bound of a small share can lie on either side
    return never(attrs.evolve(compared, operator=opposite[compared.operator]))


def values_of(selection: Selection[Any, Any], column: Any) -> int | None:
    """Return how many values a column can have in a selection at most; None if nobody knows."""
    most: int | None = 2 if column.column_type.value is bool else None
    name = getattr(column, "name", None)
    for pred in flat(selection.predicates):
        match pred:
            case Comparison(operator="eq", term=term, operand=operand) if _is(term, name) and not _read(operand):
                most = 1
            case Membership(term=term, values=values) if _is(term, name):
                most = len(values) if most is None else min(most, len(values))
    return most


def _is(term: Any, name: str | None) -> bool:
    return name is not None and getattr(term, "name", None) == name


def _read(operand: object) -> bool:
    return hasattr(operand, "document")


def _plus(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a + b


def _all(values: list[Fraction | None], choose: Any) -> Fraction | None:
    known = [v for v in values if v is not None]
    return choose(known) if len(known) == len(values) else None
