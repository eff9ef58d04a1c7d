"""Over signals: conditions, terms, configured facts, selections."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from migro.expressions import (
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
from migro.models import Signal
from migro.rules import RuleSet, Selection

from .history import Step, remaining

__all__ = ["Key", "Row", "Signals"]

Key = tuple[str, ...]


@attrs.frozen(eq=False)
class Row:
    """A selected signal."""

    at: int
    key: Key
    signal: Signal
    weight: int


class Signals:
    """All signals there are at one moment; remembers answers, never states."""

    def __init__(self, ruleset: RuleSet, history: list[Step], as_of: int) -> None:
        self.ruleset = ruleset
        self.history = history
        self.as_of = as_of
        there = [ruleset.typed(s) for s in remaining(history)]
        self.signals = [(s.effective_at, s) for s in there if s.effective_at <= as_of]
        self._selected: dict[int, list[Row]] = {}

    # --- selections ---------------------------------------------------------------------------------------------

    def selected(self, selection: Selection[Any, Any]) -> list[Row]:
        """Return everything that a selection selects, whatever its key."""
        if id(selection) not in self._selected:
            rows = [row for t, s in self.of_class(selection) if (row := self._row(selection, t, s)) is not None]
            self._selected[id(selection)] = rows
        return self._selected[id(selection)]

    def rows(self, selection: Selection[Any, Any], key: Key) -> list[Row]:
        return [row for row in self.selected(selection) if row.key == key]

    def of_class(self, selection: Selection[Any, Any]) -> list[tuple[int, Signal]]:
        kind = selection.signal.__signal_kind__
        return [(t, s) for t, s in self.signals if selection.signal is Signal or s.kind == kind]

    def _row(self, selection: Selection[Any, Any], t: int, s: Signal) -> Row | None:
        key = tuple(getattr(s, c.name) for c in selection.per)
        weight = 1 if selection.weight is None else self.read(selection, selection.weight, s)
        if None in key or weight is None or weight < 1:
            return None
        if self.truth_of_all(selection, selection.predicates, s) is not Truth.MATCH:
            return None
        return Row(t, key, s, int(weight))

    # --- conditions ---------------------------------------------------------------------------------------------

    def truth_of_all(self, selection: Selection[Any, Any], predicates: Iterable[Pred[Any]], s: Signal) -> Truth:
        result = Truth.MATCH
        for p in predicates:
            result = conjunction(result, self.truth(selection, p, s))
        return result

    def truth(self, selection: Selection[Any, Any], pred: Pred[Any], s: Signal) -> Truth:
        match pred:
            case Conjunction(parts=parts):
                return self.truth_of_all(selection, parts, s)
            case Disjunction(parts=parts):
                # De Morgan: Kleene's or is the negation of the and of negations.
                result = Truth.MATCH
                for p in parts:
                    result = conjunction(result, negation(self.truth(selection, p, s)))
                return negation(result)
            case Negation(part=part):
                return negation(self.truth(selection, part, s))
        try:
            return self.simple(selection, pred, s)
        except AssertionError:
            raise
        except Exception:  # a condition that raises is an error, whatever it raises
            return Truth.ERROR

    def simple(self, selection: Selection[Any, Any], pred: Any, s: Signal) -> Truth:
        """Return the truth of a condition that is not made of conditions."""
        value = self.read(selection, pred.term, s)
        match pred:
            case Presence(expected=expected):
                return decided((value is not None) == expected)
            case Comparison(operand=operand) | SetRelation(operand=operand):
                other = self.read(selection, operand, s)
                if value is None or other is None:
                    return Truth.UNKNOWN
                if isinstance(pred, SetRelation):
                    return decided(related(pred.relation, value, other))
                return decided(compared(pred.operator, value, other))
        if value is None:
            return Truth.UNKNOWN
        match pred:
            case Membership(values=values):
                return decided(any(same(v, value) for v in values))
            case SetMembership(value=wanted):
                return decided(any(same(v, wanted) for v in value))
            case PatternMatch(pattern=pattern):
                return decided(pattern.found_in(value))
            case FirstSeen():
                return decided(not self.seen_before(selection, pred, s, value))
        raise AssertionError(f"no predicate: {pred!r}")

    def seen_before(self, selection: Selection[Any, Any], pred: FirstSeen[Any], s: Signal, value: Any) -> bool:
        t = s.effective_at
        for at, other in self.of_class(selection):
            if any(getattr(other, c.name) != getattr(s, c.name) for c in selection.per):
                continue
            found = self.read(selection, pred.term, other)
            if found is None or not same(found, value):
                continue
            if t - pred.horizon <= at < t or (at == t and other.id < s.id):
                return True
        return False

    # --- terms --------------------------------------------------------------------------------------------------

    def read(self, selection: Selection[Any, Any], term: Any, s: Signal) -> Any:
        """Return the value of a term, a fact or a literal for a signal; None is no value."""
        match term:
            case Col(name=name):
                return getattr(s, name)
            case Fact():
                names = fact_names(term, selection.key_names)
                return self.told(term, {n: getattr(s, n) for n in names}, s.effective_at)
            case Arithmetic(operation=operation, left=left, right=right):
                a, b = self.read(selection, left, s), self.read(selection, right, s)
                if a is None or b is None:
                    return None
                a, b = exact(a), exact(b)
                return a + b if operation == "plus" else a - b
            case Scaled(term=inner, by=by):
                a = self.read(selection, inner, s)
                if a is None:
                    return None
                return abs(a) if by is None else exact(a) * by
            case Term():
                return term(s)  # type: ignore[operator]  # what is left is a feature, and that is called
        return term

    def told(self, fact: Fact[Any], about: dict[str, str | None], t: int) -> Any:
        """Return the value in force at a time for the key values in `about`, or the default."""
        told = self.told_times(fact, about, t)
        return max(told, key=lambda item: item[:2])[2] if told else fact.default

    def told_times(self, fact: Fact[Any], about: dict[str, str | None], t: int) -> list[tuple[int, str, Any]]:
        return [
            (at, f.id, getattr(f, fact.column.name))
            for at, f in self.signals
            if f.kind == fact.column.owner.__signal_kind__
            and at <= t
            and all(v is not None and getattr(f, n) == v for n, v in about.items())
            and getattr(f, fact.column.name) is not None
        ]


def fact_names(fact: Fact[Any], key_names: Iterable[str]) -> tuple[str, ...]:
    """Return those of a key's names that are key columns of the fact's class."""
    columns = fact.column.owner.__columns__
    return tuple(n for n in key_names if n in columns and columns[n].key)


def exact(value: Any) -> Any:
    """Return numbers as ratios, so that no arithmetic rounds; times and spans as they are."""
    return Fraction(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def same(a: Any, b: Any) -> bool:
    """Equal, and of one type: 1, True and "1" are three values."""
    a, b = exact(a), exact(b)
    return type(a) is type(b) and bool(a == b)


def compared(operator: str, a: Any, b: Any) -> bool:
    if operator in ("eq", "ne"):
        return same(a, b) is (operator == "eq")
    a, b = exact(a), exact(b)
    if type(a) is not type(b) or type(a) not in (Fraction, datetime, timedelta):
        raise TypeError(f"no order between {a!r} and {b!r}")
    return ordered(operator, a, b)


def ordered(operator: str, a: Any, b: Any) -> bool:
    answers: dict[str, bool] = {"lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b, "eq": a == b, "ne": a != b}
    return answers[operator]


def related(relation: str, a: Any, b: frozenset[Any]) -> bool:
    match relation:
        case "covers":
            return all(x in a for x in b)
        case "among":
            return any(same(x, a) for x in b)
        case "lacks":
            return any(x not in a for x in b)
        case _:
            return any(x in a for x in b)


def conjunction(a: Truth, b: Truth) -> Truth:
    if a is Truth.ERROR or b is Truth.ERROR:
        return Truth.ERROR
    if a is Truth.NO_MATCH or b is Truth.NO_MATCH:
        return Truth.NO_MATCH
    return Truth.UNKNOWN if a is Truth.UNKNOWN or b is Truth.UNKNOWN else Truth.MATCH


def negation(a: Truth) -> Truth:
    return {Truth.MATCH: Truth.NO_MATCH, Truth.NO_MATCH: Truth.MATCH}.get(a, a)


def decided(holds: bool) -> Truth:
    return Truth.MATCH if holds else Truth.NO_MATCH
