"""Matching one signal against predicates: compiled once, indexed by signal kind and equality field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

import attrs

from ..expressions import (
    Comparison,
    Conjunction,
    Disjunction,
    Fact,
    Membership,
    Negation,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
    Truth,
)
from ..models import Signal
from ..rules import Selection

__all__ = ["FactLookup", "Matcher", "SelectionIndex", "compile_predicates"]

FactLookup = Callable[[Fact[Any], Signal], Any]
"""Returns the value of a fact in force for a signal, or None."""

Matcher = Callable[[Signal, FactLookup], Truth]

_ORDER = {"lt": lt, "le": le, "gt": gt, "ge": ge}


def compile_predicates(predicates: Iterable[Pred[Any]]) -> Matcher:
    """Return a function that evaluates all predicates on one signal; an exception in one of them is ERROR."""
    parts = tuple(_compile(p) for p in predicates)
    if len(parts) == 1:
        return parts[0]
    return lambda signal, facts: _all(parts, signal, facts)


def _all(parts: tuple[Matcher, ...], signal: Signal, facts: FactLookup) -> Truth:
    result = Truth.MATCH
    for part in parts:
        truth = part(signal, facts)
        if truth is Truth.ERROR:
            return truth
        if truth < result:
            result = truth
    return result


def _any(parts: tuple[Matcher, ...], signal: Signal, facts: FactLookup) -> Truth:
    result = Truth.NO_MATCH
    for part in parts:
        truth = part(signal, facts)
        if truth is Truth.ERROR:
            return truth
        if truth > result:
            result = truth
    return result


def _compile(pred: Pred[Any]) -> Matcher:
    match pred:
        case Conjunction(parts=parts):
            compiled = tuple(_compile(p) for p in parts)
            return lambda signal, facts: _all(compiled, signal, facts)
        case Disjunction(parts=parts):
            compiled = tuple(_compile(p) for p in parts)
            return lambda signal, facts: _any(compiled, signal, facts)
        case Negation(part=part):
            inner = _compile(part)
            return lambda signal, facts: ~inner(signal, facts)
        case Presence(column=column, expected=expected):
            name = column.name
            return lambda signal, facts: _truth((getattr(signal, name, None) is not None) is expected)
        case Membership(column=column, values=values):
            allowed = frozenset((type(v), v) for v in values)
            return _on_value(column.name, lambda v: (type(v), v) in allowed)
        case SetMembership(column=column, value=value):
            return _on_value(column.name, lambda v: value in v)
        case PatternMatch(column=column, pattern=pattern):
            return _on_value(column.name, pattern.found_in)
        case Comparison(column=column, operator=operator, operand=Fact() as operand):
            return _fact_comparison(column.name, operator, operand)
        case Comparison(column=column, operator=operator, operand=operand):
            return _on_value(column.name, lambda v: _compare(operator, v, operand))
        case _:
            raise TypeError(f"no such predicate: {pred!r}")


def _truth(value: bool) -> Truth:
    return Truth.MATCH if value else Truth.NO_MATCH


def _on_value(name: str, test: Callable[[Any], bool]) -> Matcher:
    def matcher(signal: Signal, facts: FactLookup) -> Truth:
        value = getattr(signal, name, None)
        if value is None:
            return Truth.UNKNOWN
        try:
            return Truth.MATCH if test(value) else Truth.NO_MATCH
        except Exception:  # whatever a rule does, it may not touch another rule
            return Truth.ERROR

    return matcher


def _fact_comparison(name: str, operator: str, operand: Fact[Any]) -> Matcher:
    def matcher(signal: Signal, facts: FactLookup) -> Truth:
        value, other = getattr(signal, name, None), facts(operand, signal)
        if value is None or other is None:
            return Truth.UNKNOWN
        try:
            return _truth(_compare(operator, value, other))
        except Exception:  # whatever a rule does, it may not touch another rule
            return Truth.ERROR

    return matcher


def _compare(operator: str, value: Any, other: Any) -> bool:
    # type() on both sides: True == 1 and Decimal(1) == 1 in Python, not in a rule.
    if operator == "eq":
        return type(value) is type(other) and value == other
    if operator == "ne":
        return type(value) is not type(other) or value != other
    if type(value) is not type(other) or not isinstance(value, int | Decimal):
        raise TypeError(f"no order between {value!r} and {other!r}")
    return bool(_ORDER[operator](value, other))


@attrs.frozen(eq=False)
class _Bucket:
    """Selections of one kind that need the same column to equal something, by that value."""

    column: str
    by_value: dict[tuple[type, Any], list[int]]


class SelectionIndex:
    """
    Finds the selections that can match a signal without trying them all.

    A selection is filed under its signal kind and, where it has an equality on a literal, under that value, so the
    cost of a signal follows what may match and not how many rules exist.
    """

    def __init__(self, selections: Iterable[Selection[Any, Any]]) -> None:
        self._open: dict[str, list[int]] = {}
        self._buckets: dict[str, dict[str, _Bucket]] = {}
        for number, selection in enumerate(selections):
            kind = selection.signal.__signal_kind__
            equality = _first_equality(selection)
            if equality is None:
                self._open.setdefault(kind, []).append(number)
            else:
                column, values = equality
                bucket = self._buckets.setdefault(kind, {}).setdefault(column, _Bucket(column, {}))
                for value in values:
                    bucket.by_value.setdefault((type(value), value), []).append(number)

    def candidates(self, signal: Signal) -> Iterator[int]:
        """Yield the numbers of the selections that may match, each once."""
        for kind in (signal.kind, ""):
            yield from self._open.get(kind, ())
            for bucket in self._buckets.get(kind, {}).values():
                value = getattr(signal, bucket.column, None)
                if value is not None:
                    yield from bucket.by_value.get((type(value), value), ())


def _first_equality(selection: Selection[Any, Any]) -> tuple[str, tuple[Any, ...]] | None:
    found: list[tuple[str, tuple[Any, ...]]] = []
    for predicate in selection.predicates:
        for part in predicate.parts if isinstance(predicate, Conjunction) else (predicate,):
            match part:
                case Comparison(operator="eq", column=column, operand=operand) if not isinstance(operand, Fact):
                    found.append((column.name, (operand,)))
                case Membership(column=column, values=values):
                    found.append((column.name, values))
    return min(found, key=lambda f: (len(f[1]), f[0])) if found else None
