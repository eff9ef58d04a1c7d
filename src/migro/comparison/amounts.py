"""Amounts: signals with which a measure comes out at about a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from ..rules import (
    Absolute,
    Age,
    Baseline,
    Before,
    Count,
    Different,
    Extreme,
    Holding,
    Latest,
    Previous,
    Quantile,
    Ratio,
    Selection,
    Smoothed,
    Standout,
    Sum,
    Times,
    Told,
    Top,
    Total,
    Trailing,
)
from .casting import told, varied
from .drafts import Draft
from .satisfaction import NOT_MATCH

if TYPE_CHECKING:
    from .scenes import Scenes, Style

__all__ = ["amount", "proportion"]

_HOUR = 3_600_000_000
_MOST = 1000


def amount(scenes: Scenes, measure: Any, value: Fraction, at: int, key: Mapping[str, Any], style: Style) -> list[Draft]:
    """Return signals with which the measure may have about that value at `at`."""
    count = max(0, min(_MOST, math.floor(value)))
    match measure:
        case Count(of=of, length=length) | Top(of=of, length=length):
            return scenes.several(of, count, at, length, key, style)
        case Standout(of=of, length=length):
            return scenes.several(of, count, at, length, key, style)
        case Different(of=of, column=column, length=length):
            return varied(scenes.each(of, count, at, length, key, style), column)
        case Total(of=of, column=column):
            return _holding_value(scenes.signal(of, at, key, style), column, value)
        case Latest(of=of, column=column) | Quantile(of=of, column=column):
            return _holding_value(scenes.signal(of, at, key, style), column, value)
        case Smoothed(of=of, column=column, samples=samples):
            made = [d for i in range(samples) for d in scenes.signal(of, at - i, key, style)]
            return _holding_value(made, column, value)
        case Age(of=of):
            return scenes.signal(of, at - max(0, int(value)), key, style)
        case Ratio(floor=floor):
            size = max(floor, value.denominator, 1)
            size = -(-size // value.denominator) * value.denominator
            return proportion(scenes, measure, int(value * size), min(_MOST, size), at, key, style)
        case Sum(left=left, right=right, negative=negative):
            other = Fraction(1 + style.model)
            mine = value + other if negative else value - other
            return [*amount(scenes, left, mine, at, key, style), *amount(scenes, right, other, at, key, style)]
        case Times(of=of, by=by):
            return amount(scenes, of, value / by if by else value, at, key, style)
        case Absolute(of=of):
            return amount(scenes, of, value, at, key, style)
        case Extreme(parts=parts):
            return [d for p in parts for d in amount(scenes, p, value, at, key, style)]
        case Told(fact=fact):
            return told(fact, value, at - 1, key)
        case Holding(of=of):
            finer = [n for n in of.key_names if n not in key or n not in measure.key_names]
            return [
                d for i in range(count) for d in scenes.make(of, at, {**key, **dict.fromkeys(finer, f"k{i}")}, style)
            ]
        case Baseline(of=of, methods=methods):
            # Hours of one day are run sooner than those of weeks, and a fallback answers where they are all there is.
            soonest = min(methods, key=lambda m: m.hours)
            method = methods[style.model % len(methods)] if style.model % 4 == 3 else soonest
            return _usual(scenes, of, method, value, at, key, style)
        case _:
            return []


def proportion(
    scenes: Scenes, ratio: Any, hits: int, size: int, at: int, key: Mapping[str, Any], style: Style
) -> list[Draft]:
    """Return signals of which so many are hits, and so many there are in all."""
    over, under = ratio.over, ratio.under
    made = amount(scenes, over, Fraction(hits), at, key, style)
    part, whole = getattr(over, "of", None), getattr(under, "of", None)
    if not isinstance(part, Selection) or not isinstance(whole, Selection) or part.signal is not whole.signal:
        return [*made, *amount(scenes, under, Fraction(max(0, size - len(made))), at, key, style)]
    other = (part.predicates, NOT_MATCH)
    misses = scenes.several(whole, size - hits, at, under.span, key, style, other) if size > hits else []
    every = [*made, *misses]
    return varied(every, under.column) if isinstance(under, Different) else every


def _usual(
    scenes: Scenes, of: Any, method: Any, value: Fraction, at: int, key: Mapping[str, Any], style: Style
) -> list[Draft]:
    match method:
        case Previous():
            return amount(scenes, of, value, at - of.longest - 1, key, style)
        case Before(change=change):
            moment = at - max(1, style.spread or of.longest)
            return [*scenes.make(change, moment, key, style), *amount(scenes, of, value, moment - 1, key, style)]
        case Trailing():
            backs = [h * _HOUR for h in range(1, 5)]
        case _:
            backs = [168 * h * _HOUR for h in range(1, min(4, method.hours // 168 + 1))]
    start = at - at % _HOUR
    per_hour = value * _HOUR / of.span if of.span and isinstance(of, Count | Total | Top) else value
    begin = amount(scenes, of, Fraction(1), start - max(backs) - _HOUR, key, style)
    return [*begin, *(d for b in backs for d in amount(scenes, of, per_hour, start - b + _HOUR // 2, key, style))]


def _holding_value(drafts: list[Draft], column: Any, value: Fraction) -> list[Draft]:
    name, kind = getattr(column, "name", None), column.column_type.value
    if name is None:
        return drafts
    written: Any = int(value)
    if kind is Decimal:
        written = Decimal(value.numerator) / value.denominator
    elif kind is timedelta:
        written = timedelta(microseconds=int(value))
    return [attrs.evolve(d, columns={**d.columns, name: written}) if name in _columns(d) else d for d in drafts]


def _columns(draft: Draft) -> Mapping[str, Any]:
    return draft.signal.__columns__
