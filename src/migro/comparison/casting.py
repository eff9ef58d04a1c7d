"""Casting: what is done to drafts before they make a scene."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..expressions import Fact, Term
from ..models.canonical import from_microseconds
from .drafts import Draft

__all__ = ["overlaid", "told", "varied", "weighing"]


def overlaid(many: list[list[Draft]]) -> list[Draft]:
    """Return as few signals as may serve all parts: those of one class and time become one."""
    result: list[Draft] = []
    for drafts in many:
        free = list(range(len(result)))
        for draft in drafts:
            place = next((i for i in free if (result[i].signal, result[i].at) == (draft.signal, draft.at)), None)
            if place is None:
                result.append(draft)
            else:
                free.remove(place)
                result[place] = result[place].with_columns(**draft.columns)
    return result


def weighing(drafts: list[Draft], column: str, weight: int) -> list[Draft]:
    """Return the drafts with that weight, where they have one."""
    return [d.with_columns(**{column: weight}) if column in d.columns else d for d in drafts]


def varied(drafts: list[Draft], column: Term[Any, Any]) -> list[Draft]:
    """Return the drafts with another value of the column in each."""
    name = getattr(column, "name", None)
    if name is None:
        return drafts
    return [d.with_columns(**{name: _another(column.column_type.value, i)}) for i, d in enumerate(drafts)]


def _another(kind: type, i: int) -> Any:
    if kind is bool:
        return bool(i % 2)
    if kind is datetime:
        return from_microseconds(1_772_000_000_000_000 + i)
    if kind is timedelta:
        return timedelta(seconds=i)
    if kind is frozenset:
        return frozenset({f"v{i}"})
    if kind is str:
        return f"v{i}" if i else "x"  # what is plain elsewhere is one of the values
    return kind(i)


def told(fact: Fact[Any], value: Any, at: int, key: Mapping[str, Any]) -> list[Draft]:
    """Return the signal that tells a fact of the key."""
    owner = fact.column.owner
    keys = {n: key[n] for n, t in owner.__columns__.items() if t.key and n in key}
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / value.denominator if fact.column.column_type.value is Decimal else int(value)
    return [Draft(owner, at, {**keys, fact.column.name: value})]
