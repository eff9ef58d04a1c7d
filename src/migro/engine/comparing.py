"""Comparing: what answers whether two values compare at a time, compiled once for each comparison."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from .significance import bounded
from .state import EngineState, Key
from .values import ConstantValue, Multiple, Number, RatioValue, Value, lowest

__all__ = ["Comparison", "comparison", "least_of"]

Comparison = Callable[[EngineState, Key, int], bool]
"""Returns whether two values compare for a key at a time; what is UNKNOWN compares with nothing."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"lt": lt, "le": le, "gt": gt, "ge": ge, "eq": eq, "ne": ne}
_SWAPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def comparison(left: Value, right: Value, operator: str) -> Comparison:
    """Return what compares two values; a share with few signals below it also by the near end of its interval."""
    if isinstance(left, RatioValue) and not isinstance(right, RatioValue):
        if isinstance(right, ConstantValue):
            return _share_with_constant(left, right.value, operator)
        return _share(left, right, operator)
    if isinstance(right, Multiple):
        return _multiple(left, right, operator)
    return _values(left, right, operator)


def _share_with_constant(share: RatioValue, limit: Number, operator: str) -> Comparison:
    # The most common comparison by far.
    sides_of, compare = share.sides, _OPERATORS[operator]
    times, part = limit.denominator, limit.numerator
    narrow = share.wilson and 0 < limit < 1 and operator in _SWAPPED

    def compares(state: EngineState, key: Key, t: int) -> bool:
        sides = sides_of(state, key, t)
        if sides is None:
            return False
        over, under = sides
        # Without the ratio itself, it is two products of whole numbers.
        if not compare(over * times, part * under):
            return False
        return not (narrow and under < 100) or bounded(operator, over, under, limit, wilson=True)

    return compares


def _share(share: RatioValue, right: Value, operator: str) -> Comparison:
    sides_of, compare, least = share.sides, _OPERATORS[operator], least_of(right, operator)

    def compares(state: EngineState, key: Key, t: int) -> bool:
        sides = sides_of(state, key, t)
        if sides is None:
            return False
        over, under = sides
        if least is not None and over * least.denominator < least.numerator * under:
            return False  # without asking what is usual, which is most of the work
        limit = right.at(state, key, t)
        if limit is None:
            return False
        if share.wilson and under < 100 and 0 < limit < 1 and operator in _SWAPPED:
            return bounded(operator, over, under, limit, wilson=True)
        return compare(over * limit.denominator, limit.numerator * under)

    return compares


def _multiple(left: Value, right: Multiple, operator: str) -> Comparison:
    left_at, right_at, compare = left.at, right.parts[0].at, _OPERATORS[operator]
    times, part = right.by.denominator, right.by.numerator

    def compares(state: EngineState, key: Key, t: int) -> bool:
        # Mostly it is what is usual, and of a new key that is not known: then nothing has to be added up for it.
        limit = right_at(state, key, t)
        if limit is None:
            return False
        value = left_at(state, key, t)
        # Without the product itself, it is two of whole numbers.
        return value is not None and compare(value * times, part * limit)

    return compares


def _values(left: Value, right: Value, operator: str) -> Comparison:
    left_at, right_at, compare, least = left.at, right.at, _OPERATORS[operator], least_of(right, operator)
    sides = ((left, operator), (right, _SWAPPED.get(operator, "")))
    narrow = [(s, way) for s, way in sides if operator in _SWAPPED and isinstance(s, RatioValue) and s.wilson]

    def compares(state: EngineState, key: Key, t: int) -> bool:
        value = left_at(state, key, t)
        if value is None or (least is not None and value < least):
            return False
        limit = right_at(state, key, t)
        if limit is None:
            return False
        for share, way in narrow:
            other = limit if share is left else value
            told = share.sides(state, key, t) if 0 < other < 1 else None
            if told is not None and told[1] < 100:
                return bounded(way, *told, other, wilson=True)
        return compare(value, limit)

    return compares


def least_of(right: Value, operator: str) -> Any:
    """Return what the left side has to reach in any case: the limit, or what the limit never falls below; or None."""
    return lowest(right) if operator in ("ge", "gt") else None
