"""Ordering: proofs that one measure is never above another, and what that means for comparing them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from ..expressions import Comparison, Presence
from ..rules import (
    Age,
    Compared,
    Constant,
    Count,
    Counted,
    Different,
    Distinct,
    Extreme,
    Holding,
    Latest,
    Quantile,
    Ratio,
    Selection,
    Sum,
    Timed,
    Times,
    Top,
    Total,
)
from . import inclusion
from .identity import identity
from .satisfaction import MATCH, impossible
from .selecting import Source, equal, heavier, selected_within, wanted

__all__ = ["at_least", "at_most", "comparison", "counts_as"]

_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_WEAKER = {"gt": ("gt", "ge"), "ge": ("ge",), "lt": ("lt", "le"), "le": ("le",)}


def at_most(a: Any, b: Any) -> bool:
    """Return whether it is proven: wherever `a` has a value, `b` has one, and that of `a` is not above it."""
    if equal(a, b):
        return True
    match a, b:
        case Constant(), Constant():
            return a.value <= b.value
        case (Count(), Count()) | (Top(), Top()):
            same = not isinstance(a, Top) or _same_column(a, b)
            return same and a.length <= b.length and heavier(Source(a.of), Source(b.of))
        case Different(), Different():
            return _same_column(a, b) and a.length <= b.length and selected_within(Source(a.of), Source(b.of))
        case Total(), Total():
            grows = _same_column(a, b) and a.length <= b.length and heavier(Source(a.of), Source(b.of))
            return grows and _not_negative(b)
        case Holding(), Holding():
            return a.key_names == b.key_names and a.length <= b.length and inclusion.included(a.of, b.of)
        case Quantile(), Quantile():
            return _same_column(a, b) and a.q <= b.q and a.length == b.length and equal(a.of, b.of)
        case Latest(), Latest():
            return _same_column(a, b) and a.length <= b.length and equal(a.of, b.of)
        case Age(), Age():
            # A value in the shorter horizon is the value in the longer one.
            return a.length <= b.length and equal(a.of, b.of)
        case Sum(), Sum() if a.negative is b.negative:
            right = at_least(a.right, b.right) if a.negative else at_most(a.right, b.right)
            return right and at_most(a.left, b.left)
        case Times(), Times():
            if a.by != b.by:
                return False
            return at_most(a.of, b.of) if a.by >= 0 else at_least(a.of, b.of)
        case Extreme(), Extreme() if a.which == b.which:
            if a.which == "greatest":
                return all(any(at_most(p, q) for q in b.parts) for p in a.parts) and all(
                    _known(q) or any(at_most(p, q) or at_least(p, q) for p in a.parts) for q in b.parts
                )
            return all(any(at_most(p, q) for p in a.parts) for q in b.parts)
        case Ratio(), Ratio():
            return a.floor >= b.floor and equal(a.under, b.under) and at_most(a.over, b.over)
        case _:
            return False


def at_least(a: Any, b: Any) -> bool:
    """Return whether it is proven: wherever `a` has a value, `b` has one, and that of `a` is not below it."""
    if equal(a, b):
        return True
    match a, b:
        case Constant(), Constant():
            return a.value >= b.value
        case (Count(), Count()) | (Top(), Top()) | (Total(), Total()):
            same = isinstance(a, Count) or _same_column(a, b)
            smaller = same and a.length >= b.length and heavier(Source(b.of), Source(a.of))
            return smaller and (not isinstance(a, Total) or _not_negative(a))
        case Different(), Different():
            return _same_column(a, b) and a.length >= b.length and selected_within(Source(b.of), Source(a.of))
        case Holding(), Holding():
            return a.key_names == b.key_names and a.length >= b.length and inclusion.included(b.of, a.of)
        case Quantile(), Quantile():
            return _same_column(a, b) and a.q >= b.q and a.length == b.length and equal(a.of, b.of)
        case Latest(), Latest():
            return _same_column(a, b) and a.length <= b.length and equal(a.of, b.of)
        case Age(), Age():
            return a.length <= b.length and selected_within(Source(a.of), Source(b.of))
        case Sum(), Sum() if a.negative is b.negative:
            right = at_most(a.right, b.right) if a.negative else at_least(a.right, b.right)
            return right and at_least(a.left, b.left)
        case Times(), Times():
            if a.by != b.by:
                return False
            return at_least(a.of, b.of) if a.by >= 0 else at_most(a.of, b.of)
        case Extreme(), Extreme() if a.which == b.which:
            if a.which == "least":
                return all(any(at_least(p, q) for q in b.parts) for p in a.parts) and all(
                    _known(q) or any(at_most(p, q) or at_least(p, q) for p in a.parts) for q in b.parts
                )
            return all(any(at_least(p, q) for p in a.parts) for q in b.parts)
        case Ratio(), Ratio():
            return a.floor >= b.floor and equal(a.under, b.under) and at_least(a.over, b.over)
        case _:
            return False


def _same_column(a: Any, b: Any) -> bool:
    return identity(a.column) == identity(b.column)


def _known(measure: Any) -> bool:
    return isinstance(measure, Constant | Count | Different | Top | Total | Holding)


def _not_negative(total: Total[Any]) -> bool:
    zero = Comparison("lt", total.column, total.column.column_type.value(0))
    return impossible(total.of.signal, *wanted(total.of), ((Presence(total.column, True), zero), MATCH))


# --- comparisons ----------------------------------------------------------------------------------------------------


def comparison(a: Compared[Any], b: Compared[Any]) -> bool:
    """Return whether it is proven that where `a` is true of its values, so is `b`."""
    a, b = _bounded_left(a), _bounded_left(b)
    if equal(a.left, b.left) and isinstance(a.right, Constant) and isinstance(b.right, Constant):
        return _numbers(a.operator, a.right.value, b.operator, b.right.value) and _bound(a, b)
    if equal(a.left, b.left) and equal(a.right, b.right):
        return b.operator in _implied_operators(a.operator) and _bound(a, b)
    if b.operator not in _WEAKER.get(a.operator, ()):
        return False
    if a.operator in ("gt", "ge"):
        return at_most(a.left, b.left) and at_least(a.right, b.right) and _bound(a, b)
    return at_least(a.left, b.left) and at_most(a.right, b.right) and _bound(a, b)


def _implied_operators(operator: str) -> tuple[str, ...]:
    return {"eq": ("eq", "le", "ge"), "gt": ("gt", "ge", "ne"), "lt": ("lt", "le", "ne")}.get(operator, (operator,))


def _numbers(one: str, c: Fraction, other: str, d: Fraction) -> bool:
    """Return whether every number in relation `one` to `c` is in relation `other` to `d`."""
    match one:
        case "eq":
            return _holds(other, c, d)
        case "gt" | "ge":
            strict = one == "gt"
            if other == "ge":
                return c >= d
            if other == "gt":
                return c > d or (c == d and strict)
            return other == "ne" and (c > d or (c == d and strict))
        case "lt" | "le":
            return _numbers(_MIRRORED[one], -c, _MIRRORED[other], -d)
        case _:
            return other == "ne" and c == d


def _holds(operator: str, c: Fraction, d: Fraction) -> bool:
    return {"eq": c == d, "ne": c != d, "lt": c < d, "le": c <= d, "gt": c > d, "ge": c >= d}[operator]


def _bounded_left(c: Compared[Any]) -> Compared[Any]:
    if not _wilson(c.left) and _wilson(c.right):
        return Compared(_MIRRORED[c.operator], c.right, c.left)  # type: ignore[arg-type]
    return c


def _wilson(measure: Any) -> bool:
    return isinstance(measure, Ratio) and measure.bound == "wilson"


def _bound(a: Compared[Any], b: Compared[Any]) -> bool:
    """Return whether the score interval, where one side of `b` asks for it, is no obstacle that `a` did not meet."""
    if not _wilson(b.left) or b.operator in ("eq", "ne"):
        return True
    left: Ratio[Any] = b.left  # type: ignore[assignment]
    if isinstance(b.right, Constant) and not 0 < b.right.value < 1:
        return True
    mine = a.left
    if not isinstance(mine, Ratio):
        return False
    if mine.floor >= 100:
        return True
    if (
        mine.bound != "wilson"
        or a.operator not in _WEAKER
        or (a.operator in ("gt", "ge")) is not (b.operator in ("gt", "ge"))
    ):
        return False
    if not equal(mine.under, left.under):
        return False
    if equal(a.right, b.right):
        return True
    # At 0 and 1 the comparison is a plain one, which fewer signals reach than the bound next to it asks for.
    return isinstance(a.right, Constant) and 0 < a.right.value < 1 and isinstance(b.right, Constant)


def counts_as(a: Timed[Any], b: Timed[Any]) -> bool:
    """Return whether a count written as a comparison of a measure lies within one written as a premise, or back."""
    mine, theirs = _as_count(a), _as_count(b)
    if (mine is a and theirs is b) or mine is None or theirs is None:
        return False
    return inclusion.included(mine, theirs)


def _as_count(node: Any) -> Timed[Any] | None:
    match node:
        case Compared(operator="ge" | "gt" as operator, left=Count() as left, right=Constant(value=value)):
            n = math.ceil(value) if operator == "ge" else math.floor(value) + 1
            return Counted(left.of, n, left.length) if n >= 1 else left.of
        case Counted() | Selection() | Distinct():
            return node
        case _:
            return None
