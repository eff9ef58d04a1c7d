"""Reading: what a rule reads of signals, and so what of them is worth changing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from ..expressions import (
    Arithmetic,
    Col,
    Comparison,
    Membership,
    Node,
    Pred,
    Presence,
    Scaled,
    SetMembership,
    columns_of,
)
from ..models import Signal
from ..rules import Rule, Selection
from ..rules.premises import Part
from .mutants import nodes

__all__ = ["Reading", "values_asked"]


@attrs.frozen(eq=False)
class Reading:
    """
    What a rule reads of signals.

    Attributes:
        spans: Windows, distances and what evidence lasts, in microseconds, in order.
        distances: The same, and what times in signals are moved by before they are compared.
        asked: Values around those that predicates ask a column for, by class and column.
        numbers: Columns that hold numbers or times which the rule compares, adds up or weighs with.
        weights: Columns that say how many a signal stands for.
        apart: Columns of which different values are counted, or groups of equal ones.
    """

    spans: tuple[int, ...]
    distances: tuple[int, ...]
    asked: dict[tuple[type[Signal], str], list[Any]]
    numbers: frozenset[tuple[type[Signal], str]]
    weights: frozenset[tuple[type[Signal], str]]
    apart: frozenset[tuple[type[Signal], str]]

    @classmethod
    def of(cls, rules: Sequence[Rule[Any]], span: int) -> Reading:
        """Return what several rules read, one of which changes of itself after a span."""
        found = [n for r in rules for n in nodes(r.when)]
        asked: dict[tuple[type[Signal], str], list[Any]] = {}
        for rule in rules:
            for key, values in values_asked(rule).items():
                here = asked.setdefault(key, [])
                here += [v for v in values if not any(v is w or (type(v) is type(w) and v == w) for w in here)]
        terms = [t for n in found if isinstance(n, Part) for t in n.terms]
        apart = {(c.owner, c.name) for t in terms for c in _columns(t)}
        weights = [n.weight for n in found if isinstance(n, Selection) and n.weight is not None]
        compared = [t for n in found if (t := getattr(n, "term", None)) is not None]
        compared += [t for n in found if isinstance(t := getattr(n, "operand", None), Node)]
        every = [c for t in (*terms, *weights, *compared) for c in _columns(t)]
        numbers = {(c.owner, c.name) for c in every if c.column_type.value in _NUMBERS}
        spans = {s for n in found for name in _SPANS if type(s := getattr(n, name, 0)) is int and s > 0} | {span}
        heavy = frozenset((c.owner, c.name) for t in weights for c in _columns(t))
        said = [v for n in found for name in ("operand", "right") if isinstance(v := getattr(n, name, None), timedelta)]
        distances = spans | {abs(v) // timedelta(microseconds=1) for v in said}
        return cls(
            tuple(sorted(spans)), tuple(sorted(distances)), asked, frozenset(numbers), heavy, frozenset(apart - numbers)
        )

    def values(self, signal: Signal) -> Iterator[tuple[str, Any]]:
        """Yield columns of a signal and what else they might hold."""
        for (owner, column), several in self.asked.items():
            if isinstance(signal, owner):
                now = getattr(signal, column)
                yield from ((column, v) for v in several if v is not now and (type(v), v) != (type(now), now))

    def optional(self, signal: Signal) -> Iterator[str]:
        """Yield columns of a signal that hold a number and might hold none."""
        yield from (c for c in self.figures(signal) if type(signal).__columns__[c].optional)

    def figures(self, signal: Signal) -> Iterator[str]:
        """Yield columns of a signal that hold numbers."""
        yield from sorted({c for owner, c in self.numbers if isinstance(signal, owner)})

    def weighed(self, signal: Signal, change: Callable[[int], int]) -> Signal:
        """Return a signal that stands for another number of occurrences; itself where it stands for one."""
        names = [c for owner, c in self.weights if isinstance(signal, owner) and getattr(signal, c) is not None]
        update = {c: change(getattr(signal, c)) for c in names}
        return signal.model_copy(update=update) if update else signal

    def heavy(self, signal: Signal) -> bool:
        """Return whether a signal may stand for several."""
        return any(isinstance(signal, owner) and getattr(signal, c) is not None for owner, c in self.weights)

    def renewed(self, signal: Signal, number: int) -> Signal:
        """Return a signal that differs from one in all that is told apart."""
        update: dict[str, Any] = {}
        for owner, column in self.apart:
            value = getattr(signal, column) if isinstance(signal, owner) else None
            if isinstance(value, str):
                update[column] = f"{value}-{number}"
        return signal.model_copy(update=update) if update else signal

    def alike(self, signal: Signal) -> Any:
        """Return what signals have in common that are of one group: all that predicates can ask about."""
        asked = sorted(
            {(c, owner) for owner, c in self.asked if isinstance(signal, owner) and (owner, c) not in self.apart},
            key=str,
        )
        return type(signal).__name__, [self._said(signal, owner, c) for c, owner in asked if c not in _STAMPS]

    def _said(self, signal: Signal, owner: type[Signal], column: str) -> str:
        value = getattr(signal, column)
        if type(value) not in _NUMBERS:
            return repr(sorted(value, key=str) if isinstance(value, frozenset) else value)
        # Of a number it matters between which of those that are asked for it lies.
        return repr([(value > v, value == v) for v in self.asked[owner, column] if type(v) is type(value)])


_NUMBERS = (int, Decimal, timedelta, datetime)
_SPANS = ("length", "every", "lead", "slack", "before", "lateness")
_STAMPS = ("id", "dedup_key", "occurred_at", "received_at", "effective_at")


def _columns(term: Any) -> Iterator[Col[Any, Any]]:
    match term:
        case Col():
            yield term
        case Scaled(term=inner):
            yield from _columns(inner)
        case Arithmetic(left=left, right=right):
            yield from _columns(left)
            yield from _columns(right)
        case _:
            pass


def values_asked(rule: Rule[Any]) -> dict[tuple[type[Signal], str], list[Any]]:
    """Return values around those that the rule asks its columns for; None for a column that may be missing."""
    found: dict[tuple[type[Signal], str], list[Any]] = {}
    for node in nodes(rule.when):
        if not isinstance(node, Pred):
            continue
        for column in columns_of(node):
            if not isinstance(column, Col):
                continue
            key = (column.owner, column.name)
            here = found.setdefault(key, [None] if column.column_type.optional else [])
            here += [v for v in _asked(node) if v not in here]
            if column.column_type.value is bool:
                here += [v for v in (False, True) if v not in here]
            if column.column_type.value is str and "another" not in here:
                here.append("another")
    return found


def _asked(node: Any) -> Iterator[Any]:
    match node:
        case Comparison(operand=int() | Decimal() as operand) if not isinstance(operand, bool):
            yield from (operand, operand - 1, operand + 1)
        case Comparison(operand=timedelta() as operand):
            yield from (operand + timedelta(microseconds=n) for n in (0, -1, 1))
        case Comparison(operand=str() as operand):
            yield operand
        case Membership(values=values):
            yield from values
        case SetMembership(value=value):
            yield from (frozenset(), frozenset({value}), frozenset({value, "another"}))
        case Presence():
            yield None
