"""Matching one signal against predicates: compiled once, indexed by signal kind and equality field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, Protocol

import attrs

from ..errors import survivable
from ..expressions import (
    Arithmetic,
    Col,
    Comparison,
    Conjunction,
    Disjunction,
    Fact,
    FirstSeen,
    Membership,
    Negation,
    PatternMatch,
    Pred,
    Presence,
    Scaled,
    SetMembership,
    SetRelation,
    Term,
    Truth,
)
from ..models import Signal
from ..rules import Selection

__all__ = ["Context", "Matcher", "Reader", "SelectionIndex", "compile_predicates", "compile_term", "equalities"]


class Context(Protocol):
    """What a predicate may ask beside the signal itself."""

    def fact(self, operand: Fact[Any], signal: Signal) -> Any:
        """Return the value of a fact in force for a signal, or None."""

    def is_new(self, part: FirstSeen[Any], signal: Signal, value: Any) -> bool:
        """Return whether nothing had the value before the signal, as far back as the part says."""
        ...


Matcher = Callable[[Signal, Context], Truth]

Reader = Callable[[Signal, Context], Any]
"""Returns the value of a term for a signal, or None for a missing one; raises what a feature raises."""

_ORDER = {"lt": lt, "le": le, "gt": gt, "ge": ge}
_ORDERED = (int, Decimal, Fraction, datetime, timedelta)
_PLAIN = (bool, int, str)
_TEXTS = 256
"""For how many texts each pattern remembers its answer; asking RE2 takes longer than most other predicates together."""
_NO_MATCH, _UNKNOWN, _MATCH, _ERROR = Truth.NO_MATCH, Truth.UNKNOWN, Truth.MATCH, Truth.ERROR
_RELATIONS: dict[str, Callable[[Any, frozenset[Any]], bool]] = {
    "among": lambda value, other: any(_equal(value, x) for x in other),
    "covers": lambda mine, other: other <= mine,
    "lacks": lambda mine, other: not other <= mine,
    "overlaps": lambda mine, other: not mine.isdisjoint(other),
}


def compile_predicates(predicates: Iterable[Pred[Any]]) -> Matcher:
    """Return a function that evaluates all predicates on one signal; an exception in one of them is ERROR."""
    return _conjunction(tuple(_compile(p) for p in predicates))


def compile_term(term: object) -> Reader:
    """Return a function that reads a term, a literal or a fact for a signal."""
    match term:
        case Col(name=name):
            return lambda signal, context: vars(signal).get(name)
        case Fact() as operand:
            return lambda signal, context: context.fact(operand, signal)
        case Arithmetic(operation=operation, left=left, right=right):
            sign = 1 if operation == "plus" else -1
            first, second = compile_term(left), compile_term(right)
            return lambda signal, context: _added(first(signal, context), second(signal, context), sign)
        case Scaled(term=inner, by=by):
            read = compile_term(inner)
            return lambda signal, context: _scaled(read(signal, context), by)
        case Term() as feature:
            # What is no column and no arithmetic is a named feature: a function of the signal.
            return lambda signal, context: feature(signal)  # type: ignore[operator]
        case literal:
            return lambda signal, context: literal


def _added(first: Any, second: Any, sign: int) -> Any:
    if first is None or second is None:
        return None
    if isinstance(first, datetime):
        return first + second if sign > 0 else first - second
    # Decimal arithmetic rounds to its context's precision; ratios do not.
    if isinstance(first, Decimal) or isinstance(second, Decimal):
        first, second = Fraction(first), Fraction(second)
    return first + sign * second


def _scaled(value: Any, by: Fraction | None) -> Any:
    if value is None:
        return None
    if by is None:
        return value.copy_abs() if isinstance(value, Decimal) else abs(value)
    return Fraction(value) * by


def _conjunction(parts: tuple[Matcher, ...]) -> Matcher:
    if len(parts) == 1:
        return parts[0]

    def all_of(signal: Signal, context: Context) -> Truth:
        result = _MATCH
        for part in parts:
            truth = part(signal, context)
            if truth is _MATCH:
                continue
            if truth is _ERROR:
                return truth
            if truth < result:
                result = truth
        return result

    return all_of


def _disjunction(parts: tuple[Matcher, ...]) -> Matcher:
    def any_of(signal: Signal, context: Context) -> Truth:
        result = _NO_MATCH
        for part in parts:
            truth = part(signal, context)
            if truth is _NO_MATCH:
                continue
            if truth is _ERROR:
                return truth
            if truth > result:
                result = truth
        return result

    return any_of


def _compile(pred: Pred[Any]) -> Matcher:
    match pred:
        case Conjunction(parts=parts):
            return _conjunction(tuple(_compile(p) for p in parts))
        case Disjunction(parts=parts):
            return _disjunction(tuple(_compile(p) for p in parts))
        case Negation(part=part):
            inner = _compile(part)
            return lambda signal, context: ~inner(signal, context)
        case Presence(term=term, expected=expected):
            read = compile_term(term)
            return _guarded(lambda signal, context: (read(signal, context) is not None) is expected)
        case Membership(term=Col(name=name), values=values) if all(type(v) in _PLAIN for v in values):
            return _is_one_of(name, values)
        case Membership(term=term, values=values):
            return _on_value(term, lambda v: any(_equal(v, x) for x in values))
        case SetMembership(term=term, value=value):
            return _on_value(term, lambda v: value in v)
        case SetRelation(term=term, relation=relation, operand=operand):
            return _on_both(term, operand, _RELATIONS[relation])
        case PatternMatch(term=term, pattern=pattern):
            # What patterns look at are mostly routes, topics and names of checks, of which there are few.
            return _on_value(term, lru_cache(maxsize=_TEXTS)(pattern.found_in))
        case FirstSeen(term=term) as part:
            return _on_history(part, compile_term(term))
        case Comparison(term=Col(name=name), operator="eq", operand=operand) if type(operand) in _PLAIN:
            return _is_one_of(name, (operand,))
        case Comparison(term=term, operator="eq", operand=operand):
            return _on_both(term, operand, _equal)
        case Comparison(term=term, operator="ne", operand=operand):
            return _on_both(term, operand, lambda v, other: not _equal(v, other))
        case Comparison(term=term, operator=operator, operand=operand):
            ordered = _ORDER[operator]
            return _on_both(term, operand, lambda v, other: _ordered(ordered, v, other))
        case _:
            raise TypeError(f"no such predicate: {pred!r}")


def _guarded(test: Callable[[Signal, Context], bool | None]) -> Matcher:
    def matcher(signal: Signal, context: Context) -> Truth:
        try:
            answer = test(signal, context)
        except survivable():  # whatever a rule does, it may not touch another rule
            return _ERROR
        if answer is None:
            return _UNKNOWN
        return _MATCH if answer else _NO_MATCH

    return matcher


def _is_one_of(name: str, values: tuple[Any, ...]) -> Matcher:
    """Return a matcher that a column is one of some plain literals: the most common of all, and it cannot raise."""
    # type() beside the value: True == 1 and Decimal(1) == 1 in Python, not in a rule.
    wanted = frozenset((type(v), v) for v in values)

    def matcher(signal: Signal, context: Context) -> Truth:
        value = vars(signal).get(name)
        if value is None:
            return _UNKNOWN
        if type(value) in _PLAIN:
            return _MATCH if (type(value), value) in wanted else _NO_MATCH
        return _MATCH if any(_equal(value, x) for _, x in wanted) else _NO_MATCH

    return matcher


def _on_value(term: Term[Any, Any], test: Callable[[Any], bool]) -> Matcher:
    read = compile_term(term)

    def matcher(signal: Signal, context: Context) -> Truth:
        try:
            value = read(signal, context)
            if value is None:
                return _UNKNOWN
            return _MATCH if test(value) else _NO_MATCH
        except survivable():  # whatever a rule does, it may not touch another rule
            return _ERROR

    return matcher


def _on_both(term: Term[Any, Any], operand: object, test: Callable[[Any, Any], bool]) -> Matcher:
    read, other = compile_term(term), compile_term(operand)

    def matcher(signal: Signal, context: Context) -> Truth:
        try:
            value, against = read(signal, context), other(signal, context)
            if value is None or against is None:
                return _UNKNOWN
            return _MATCH if test(value, against) else _NO_MATCH
        except survivable():  # whatever a rule does, it may not touch another rule
            return _ERROR

    return matcher


def _on_history(part: FirstSeen[Any], read: Reader) -> Matcher:
    def answer(signal: Signal, context: Context) -> bool | None:
        value = read(signal, context)
        return None if value is None else context.is_new(part, signal, value)

    return _guarded(answer)


def _equal(value: Any, other: Any) -> bool:
    # type() on both sides: True == 1 and Decimal(1) == 1 in Python, not in a rule.
    if type(value) is type(other):
        return bool(value == other)
    # What was computed of a Decimal or scaled is a ratio of the same type of column.
    if isinstance(value, Fraction) or isinstance(other, Fraction):
        return Fraction(value) == Fraction(other)
    return False


def _ordered(operator: Callable[[Any, Any], bool], value: Any, other: Any) -> bool:
    if type(value) is int and type(other) is int:
        return operator(value, other)
    if type(value) is not type(other):
        if not (isinstance(value, Fraction) or isinstance(other, Fraction)):
            raise TypeError(f"no order between {value!r} and {other!r}")
        value, other = Fraction(value), Fraction(other)
    if not isinstance(value, _ORDERED):
        raise TypeError(f"no order between {value!r} and {other!r}")
    return bool(operator(value, other))


@attrs.frozen(eq=False)
class _Bucket:
    """Selections of one kind that need the same column to equal something, by that value."""

    column: str
    by_value: dict[tuple[type, Any], list[int]]


_NO_BUCKETS: dict[str, _Bucket] = {}


class SelectionIndex:
    """
    Finds the selections that can match a signal without trying them all.

    A selection is filed under its signal kind and, where it has an equality on a literal, under that value, so the
    cost of a signal follows what may match and not how many rules exist.
    """

    def __init__(self, selections: Iterable[tuple[int, Selection[Any, Any]]]) -> None:
        self._open: dict[str, list[int]] = {}
        self._buckets: dict[str, dict[str, _Bucket]] = {}
        for number, selection in selections:
            kind = selection.signal.__signal_kind__
            equality = _first_equality(selection)
            if equality is None:
                self._open.setdefault(kind, []).append(number)
            else:
                column, values = equality
                bucket = self._buckets.setdefault(kind, {}).setdefault(column, _Bucket(column, {}))
                for value in values:
                    bucket.by_value.setdefault((type(value), value), []).append(number)

        self._kinds = {*self._open, *self._buckets}
        self._of_any_kind = "" in self._kinds

    def candidates(self, signal: Signal) -> list[int]:
        """Return the numbers of the selections that may match, each once."""
        found: list[int] = []
        if signal.kind not in self._kinds and not self._of_any_kind:
            return found
        columns = vars(signal)
        for kind in (signal.kind, ""):
            found += self._open.get(kind, ())
            for bucket in self._buckets.get(kind, _NO_BUCKETS).values():
                value = columns.get(bucket.column)
                if value is not None:
                    found += bucket.by_value.get((type(value), value), ())
        return found


def equalities(selection: Selection[Any, Any]) -> dict[str, tuple[Any, ...]]:
    """Return the columns that have to equal one of some literals, each with those; the shorter list where two are."""
    found: dict[str, tuple[Any, ...]] = {}
    for predicate in selection.predicates:
        for part in predicate.parts if isinstance(predicate, Conjunction) else (predicate,):
            match part:
                case Comparison(operator="eq", term=Col(name=name), operand=operand) if _is_literal(operand):
                    found[name] = (operand,)
                case Membership(term=Col(name=name), values=values):
                    found[name] = min(found.get(name, values), values, key=len)
    return found


def _first_equality(selection: Selection[Any, Any]) -> tuple[str, tuple[Any, ...]] | None:
    return min(equalities(selection).items(), key=lambda f: (len(f[1]), f[0]), default=None)


def _is_literal(operand: object) -> bool:
    return not isinstance(operand, Fact | Term)
