"""
The oracle: what a rule set means, said by quantifiers, with nothing kept between two questions.

Written from the docstring of `migro.rules.premises` and from `Rule.lasts`, and slow on purpose. It shares the data
classes with the library and no code with the engine. The meaning, for signals S and a time of evaluation `as_of`:

- S holds every signal with ``effective_at <= as_of``, each id once (the copy that came first).
- A condition has one of four truths; strong Kleene with ERROR dominant; only MATCH counts; a missing value is UNKNOWN.
- A fact's value for a signal is that of the newest fact signal (by time, then id) of the same key at or before the
  signal that has a value; else the default; else the comparison is UNKNOWN.
- A selection's signals for a key are those whose key columns all have a value, equal to the key, and for which every
  predicate is MATCH. Composite keys are tuples, in the order of `per`.
- A leaf is satisfied at a time t that is the time of one of its signals, over those in ``[t - within, t]``:
  a selection always; a count when there are n; `distinct` when there are n values (signals without one are no
  signals of it); a share when t is the time of a hit, there are at least `floor`, and the share is reached, where
  signals for which the numerator is UNKNOWN or ERROR are in neither side.
- A leaf's anchor is the latest t at which it is satisfied; the leaf holds when ``anchor >= as_of - lasts``.
- `a & b`: all hold; the anchor is the latest of theirs.
- `p.within(w)`: p holds and its anchor is at least ``as_of - w``.
- `p.unless(r)`: p holds, and r does not hold with an anchor at or after p's.
- `known(K, n)`: the raw points of K for the same key are at least n: the strongest firing rule of each family on
  either side, summed; none where no rule supports K. It has no anchor.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from migro.expressions import (
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
from migro.models import Signal
from migro.rules import (
    Both,
    Counted,
    Distinct,
    Known,
    Premise,
    Recent,
    Rule,
    RuleSet,
    Selection,
    Share,
    Unless,
    leaves,
)

Key = tuple[str, ...]
Firings = dict[tuple[str, Key], int | None]
"""Anchors by rule and key; None where only known issues hold the rule up."""


def evaluate(ruleset: RuleSet, signals: Iterable[Signal], as_of: int) -> Firings:
    """Return every rule and key that holds at `as_of`."""
    return World(ruleset, signals, as_of).firings()


class World:
    """Everything there is to know at one moment; remembers answers, never states."""

    def __init__(self, ruleset: RuleSet, signals: Iterable[Signal], as_of: int) -> None:
        once: dict[str, Signal] = {}
        for signal in signals:
            if signal.effective_at <= as_of:
                once.setdefault(signal.id, ruleset.typed(signal))
        self.signals = [(s.effective_at, s) for s in once.values()]
        self.ruleset = ruleset
        self.as_of = as_of
        self._selected: dict[int, list[tuple[int, Key, Signal]]] = {}
        self._anchors: dict[tuple[int, Key], int | None] = {}
        self._firing: dict[tuple[str, Key], tuple[bool, int | None]] = {}

    def firings(self) -> Firings:
        found: Firings = {}
        for rule in self.ruleset.rules:
            for key in self.keys(rule):
                holds, anchor = self.fires(rule, key)
                if holds:
                    found[rule.id, key] = anchor
        return found

    def keys(self, rule: Rule[Any]) -> set[Key]:
        """Every key that the rule could possibly hold for."""
        keys: set[Key] = set()
        for leaf in leaves(rule.when):
            if isinstance(leaf, Known):
                keys.update(k for r in self.ruleset.rules if r.then.kind.name == leaf.kind.name for k in self.keys(r))
            else:
                keys.update(k for _, k, _ in self.selected(_selection(leaf)))
        return keys

    def fires(self, rule: Rule[Any], key: Key) -> tuple[bool, int | None]:
        if (rule.id, key) not in self._firing:
            self._firing[rule.id, key] = self.holds(rule.when, key, rule.lasts_us)
        return self._firing[rule.id, key]

    def points(self, kind: str, key: Key) -> int | None:
        """Raw points: no prior, no caps; None while nothing supports the issue."""
        firing = [r.then for r in self.ruleset.rules if r.then.kind.name == kind and self.fires(r, key)[0]]
        if not any(c.effect == "supports" for c in firing):
            return None
        total = 0
        for family in {c.family for c in firing}:
            points = [c.points for c in firing if c.family == family]
            total += max([p for p in points if p > 0], default=0) + min([p for p in points if p < 0], default=0)
        return total

    # --- premises -----------------------------------------------------------------------------------------------

    def holds(self, premise: Premise[Any], key: Key, lasts: int) -> tuple[bool, int | None]:
        """Return whether the premise holds for the key, and its anchor."""
        match premise:
            case Known(kind=kind, at_least_points=n, negated=negated):
                points = self.points(kind.name, key)
                known = points is not None and points >= n
                return known != negated, None
            case Both(parts=parts):
                results = [self.holds(p, key, lasts) for p in parts]
                return all(h for h, _ in results), max((a for _, a in results if a is not None), default=None)
            case Recent(of=of, span=length):
                holds, anchor = self.holds(of, key, lasts)
                return holds and (anchor is None or self.as_of - length <= anchor), anchor
            case Unless(of=of, recovery=recovery):
                holds, anchor = self.holds(of, key, lasts)
                back, since = self.holds(recovery, key, lasts)
                return holds and not (back and (anchor is None or since is None or since >= anchor)), anchor
            case _:
                anchor = self.anchor(premise, key)
                return anchor is not None and self.as_of - lasts <= anchor, anchor

    def anchor(self, leaf: Premise[Any], key: Key) -> int | None:
        """Return the latest time at which a leaf is satisfied, however long ago."""
        if (id(leaf), key) not in self._anchors:
            mine = [(t, s) for t, k, s in self.selected(_selection(leaf)) if k == key]
            times = {t for t, _ in mine}
            self._anchors[id(leaf), key] = max((t for t in times if self.satisfied(leaf, mine, t)), default=None)
        return self._anchors[id(leaf), key]

    def satisfied(self, leaf: Premise[Any], mine: list[tuple[int, Signal]], t: int) -> bool:
        match leaf:
            case Selection():
                return True
            case Counted(n=n, span=length):
                return len([s for at, s in mine if t - length <= at <= t]) >= n
            case Distinct(n=n, span=length, column=column):
                valued = [(at, getattr(s, column.name)) for at, s in mine if getattr(s, column.name) is not None]
                there = any(at == t for at, _ in valued)
                return there and len({v for at, v in valued if t - length <= at <= t}) >= n
            case Share(of=of, predicates=predicates, span=length, floor=floor, at_least=least, bound=bound):
                sides = [(at, self.truth_of_all(of, predicates, s)) for at, s in mine if t - length <= at <= t]
                hits = [at for at, truth in sides if truth is Truth.MATCH]
                size = len([at for at, truth in sides if truth in (Truth.MATCH, Truth.NO_MATCH)])
                return t in hits and size >= floor and reached(len(hits), size, least, bound)
        raise AssertionError(f"no leaf: {leaf!r}")

    # --- signals ------------------------------------------------------------------------------------------------

    def selected(self, selection: Selection[Any, Any]) -> list[tuple[int, Key, Signal]]:
        """Return time, key and signal of everything a selection selects."""
        if id(selection) not in self._selected:
            found = []
            for t, s in self.signals:
                if selection.signal is not Signal and s.kind != selection.signal.__signal_kind__:
                    continue
                key = tuple(getattr(s, c.name) for c in selection.per)
                truth = self.truth_of_all(selection, selection.predicates, s)
                if None not in key and truth is Truth.MATCH:
                    found.append((t, key, s))
            self._selected[id(selection)] = found
        return self._selected[id(selection)]

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
            case Presence(column=column, expected=expected):
                return decided((getattr(s, column.name) is not None) == expected)
            case Comparison() | Membership() | SetMembership() | PatternMatch():
                value = getattr(s, pred.column.name)
                operand = self.operand(selection, pred, s)
                if value is None or operand is None:
                    return Truth.UNKNOWN
                try:
                    return decided(compared(pred, value, operand))
                except (TypeError, UnicodeError):
                    return Truth.ERROR
        raise AssertionError(f"no predicate: {pred!r}")

    def operand(self, selection: Selection[Any, Any], pred: Pred[Any], s: Signal) -> Any:
        match pred:
            case Comparison(operand=Fact() as fact):
                return self.fact(selection, fact, s)
            case Comparison(operand=operand):
                return operand
            case Membership(values=values):
                return values
            case SetMembership(value=value):
                return value
            case PatternMatch(pattern=pattern):
                return pattern

    def fact(self, selection: Selection[Any, Any], fact: Fact[Any], s: Signal) -> Any:
        """Return the value in force at the signal's own time, or the default."""
        owner = fact.column.owner
        names = [n for n in selection.key_names if n in owner.__columns__ and owner.__columns__[n].key]
        told = [
            (t, f.id, getattr(f, fact.column.name))
            for t, f in self.signals
            if f.kind == owner.__signal_kind__
            and t <= s.effective_at
            and all(getattr(f, n) is not None and getattr(f, n) == getattr(s, n) for n in names)
            and getattr(f, fact.column.name) is not None
        ]
        return max(told, key=lambda item: item[:2])[2] if told else fact.default


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


def compared(pred: Pred[Any], value: Any, operand: Any) -> bool:
    match pred:
        case Comparison(operator="eq"):
            return type(value) is type(operand) and value == operand
        case Comparison(operator="ne"):
            return not (type(value) is type(operand) and value == operand)
        case Comparison(operator=operator):
            if type(value) is not type(operand) or type(value) not in (int, Decimal):
                raise TypeError(f"no order between {value!r} and {operand!r}")
            less, equal = value < operand, value == operand
            answers = {"lt": less, "le": less or equal, "gt": not (less or equal), "ge": not less}
            return bool(answers[operator])
        case Membership():
            return any(type(v) is type(value) and v == value for v in operand)
        case SetMembership():
            return any(v == operand for v in value)
        case PatternMatch(pattern=pattern):
            return pattern.found_in(value)
    raise AssertionError(f"no comparison: {pred!r}")


def reached(hits: int, size: int, least: Fraction, bound: str) -> bool:
    """Whether the share, or for fewer than 100 signals the lower end of its 95 % score interval, is reached."""
    if Fraction(hits, size) < least:
        return False
    if bound == "plain" or size >= 100:
        return True
    # The bound solves (p - t)^2 = z^2 t (1 - t) / n for t; above it, p is significantly larger than t.
    z, p = Fraction(196, 100), Fraction(hits, size)
    return (p - least) ** 2 >= z**2 * least * (1 - least) / size


def _selection(leaf: Premise[Any]) -> Selection[Any, Any]:
    return leaf if isinstance(leaf, Selection) else leaf.of  # type: ignore[attr-defined]  # all leaves but Known measure one
