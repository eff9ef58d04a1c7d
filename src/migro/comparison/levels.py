"""Levels: numbers, times and spans as places on one line, and the places at which comparisons change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..expressions import microseconds
from ..models.canonical import from_microseconds, to_microseconds

__all__ = ["BASE_TIME", "level", "numbers", "of_level"]

BASE_TIME = 1_772_000_000_000_000
"""A time to stand for any, in microseconds."""


def numbers(kind: type, levels: list[Fraction], *, dense: bool) -> Iterator[Any]:
    """Yield values around the levels, so that every comparison with one of them comes out each way."""
    wanted = list(levels)
    if not levels:
        wanted = [Fraction(BASE_TIME if kind is datetime else 1)]
    for one, next_one in itertools.pairwise(levels):
        wanted.append((one + next_one) / 2)
    if levels:
        wanted += [levels[0] - 1, levels[-1] + 1]
    if not dense:
        wanted = [w for level in wanted for w in (level, level + 1, level - 1) if w.denominator == 1]
    for level in dict.fromkeys(wanted):
        value = of_level(kind, level)
        if value is not None:
            yield value


def level(value: Any) -> Fraction:
    """Return where a number, a time or a span lies on one line."""
    match value:
        case datetime():
            return Fraction(to_microseconds(value))
        case timedelta():
            return Fraction(microseconds(value))
        case _:
            return Fraction(value)


def of_level(kind: type, level: Fraction) -> Any:
    """Return what lies there; None for a time that no calendar has, and the level itself where no value is exact."""
    try:
        if kind is datetime:
            return from_microseconds(int(level))
        if kind is timedelta:
            return timedelta(microseconds=int(level))
        if kind is Decimal and level.denominator != 1:
            value = Decimal(level.numerator) / Decimal(level.denominator)
            return value if Fraction(value) == level else level
    except (OverflowError, ArithmeticError):
        return None
    if kind is Decimal:
        return Decimal(level.numerator)
    return int(level) if level.denominator == 1 else level
