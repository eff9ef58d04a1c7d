"""
Sorting: what simple predicates say of a signal depends on few values, so signals that share those are judged once.

A predicate that compares a column with literals cannot tell two values apart that lie on the same side of all of
them, and a pattern cannot tell two texts apart that it both finds something in. So for each kind of signal its columns
are reduced to places among the literals and to what patterns find, and which selections match is remembered for each
combination of these. That is the same answer, and no approximation of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import attrs

from ..expressions import (
    Col,
    Comparison,
    Conjunction,
    Disjunction,
    Membership,
    Negation,
    Pattern,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
    Truth,
)
from ..models import Signal
from .matching import equalities
from .sources import Source

__all__ = ["Matched", "Matching", "Sorter", "is_sortable"]


class Matching(NamedTuple):
    """
    A source whose selection matches.

    Attributes:
        source: The source.
        hits: Its answers to its further predicates, where they follow from the same few values.
        like: The place of an earlier one that keeps the same of every such signal; -1 for none.
    """

    source: Source
    hits: tuple[bool | None, ...] | None
    like: int = -1


Matched = tuple[Matching, ...]
"""All sources whose selection matches."""

_SIMPLE = (bool, int, str)

_KEPT = 10_000
"""How many combinations are remembered for a kind; far more than traffic has."""

_MANY = 16
"""From how many sources on they are divided; fewer have few combinations anyway."""

_TEXTS = 1_000
"""For how many texts a column remembers what its patterns find in them: routes, topics and names of checks are few."""

_HITS = {Truth.MATCH: True, Truth.NO_MATCH: False, Truth.UNKNOWN: None, Truth.ERROR: None}


@attrs.define
class _Literals:
    """The literals that a column of a type is compared with, and the patterns that its texts are searched for."""

    type: type
    values: set[Any] = attrs.Factory(set)
    patterns: dict[str, Pattern] = attrs.Factory(dict)


@attrs.frozen
class _Division:
    """
    A column that many sources want to equal something.

    Attributes:
        wanting: Places of the sources that want a value, by value.
        others: Places of those that do not care.
    """

    column: str
    type: type
    wanting: dict[Any, list[int]]
    others: list[int]


class Sorter:
    """
    Finds the sources of one kind of signal that match; every one of them has to be sortable.

    Many sources are divided by the column that most of them want to equal something: a signal is then only reduced to
    what the sources for its value ask, so that combinations stay few however many sources there are.
    """

    def __init__(self, sources: Iterable[Source], divided: frozenset[str] = frozenset()) -> None:
        self._sources = tuple(sources)
        self._divided = divided
        self._division = _division(self._sources, divided)
        self._parts: dict[Any, Sorter] = {}
        found: dict[str, _Literals] = {}
        for source in self._sources if self._division is None else ():
            for pred in source.predicates if _hits_follow(source) else _selecting(source):
                _collect(pred, found)
        self._columns = tuple((name, held.type, _placing(held)) for name, held in sorted(found.items()))
        self._known: dict[tuple[Any, ...], Matched] = {}
        if self._division is not None and not self._division.others:
            # Each source is in the parts of its values alone, so making all of them is no more work than making one.
            for value in self._division.wanting:
                self._part(self._division, value)

    def matching(self, signal: Signal) -> Matched | None:
        """Return the sources whose selection matches; None for a signal with values that no column can hold."""
        columns = vars(signal)
        sorter = self
        while (division := sorter._division) is not None:
            value = columns.get(division.column)
            if value is not None and type(value) is not division.type:
                return None  # no reader of signals makes such a value
            part = sorter._parts.get(value)
            sorter = sorter._part(division, value) if part is None else part
        return sorter._undivided(signal, columns)

    def _undivided(self, signal: Signal, columns: Mapping[str, Any]) -> Matched | None:
        places: list[Any] = []
        try:
            for name, expected, place in self._columns:
                value = columns.get(name)
                if value is None:
                    places.append(...)
                elif type(value) is expected:
                    places.append(place(value))
                else:
                    return None  # nor such a one
        except ValueError:
            return None  # nor a text that patterns cannot be searched for in
        combination = tuple(places)
        known = self._known.get(combination)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[combination] = self._judged(signal)
        return known

    def _part(self, division: _Division, value: Any) -> Sorter:
        """Return the sorter of the sources for a value; those that do not care serve all that nobody wants."""
        wanting = division.wanting.get(value)
        if wanting is None:
            value = None
        part = self._parts.get(value)
        if part is None:
            places = sorted([*division.others, *(wanting or ())])
            part = Sorter([self._sources[n] for n in places], self._divided | {division.column})
            self._parts[value] = part
        return part

    def _judged(self, signal: Signal) -> Matched:
        asking: Any = None  # sortable predicates ask nothing
        found: list[Matching] = []
        known: dict[object, int] = {}
        for source in self._sources:
            assert source.matcher is not None
            if source.matcher(signal, asking) is Truth.MATCH:
                follows = _hits_follow(source)
                hits = tuple([_HITS[test(signal, asking)] for _, test in source.tests]) if follows else None
                kept = (source.weight_column, *source.columns, hits) if follows and source.reads_columns else source
                like = known.setdefault(kept, len(found))
                found.append(Matching(source, hits, like if like < len(found) else -1))
        return tuple(found)


def _division(sources: tuple[Source, ...], divided: frozenset[str]) -> _Division | None:
    """Return what to divide sources by, unless they are few, or no column is wanted by at least half of them."""
    if len(sources) < _MANY:
        return None
    wanted = [equalities(s.selection) if s.selection is not None else {} for s in sources]
    asked = Counter(column for row in wanted for column in row if column not in divided)
    column, often = min(asked.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    wanting: dict[Any, list[int]] = {}
    for place, row in enumerate(wanted):
        for value in row.get(column, ()):
            wanting.setdefault(value, []).append(place)
    if 2 * often < len(sources) or len(wanting) < 2:
        return None
    others = [place for place, row in enumerate(wanted) if column not in row]
    return _Division(column, type(next(iter(wanting))), wanting, others)


def is_sortable(source: Source) -> bool:
    """Return whether a source's selection only compares columns with literals."""
    return source.selection is not None and not source.context and all(map(_is_simple, _selecting(source)))


def _selecting(source: Source) -> tuple[Pred[Any], ...]:
    return source.selection.predicates if source.selection is not None else ()


def _hits_follow(source: Source) -> bool:
    return all(map(_is_simple, source.predicates))


def _is_simple(pred: Pred[Any]) -> bool:
    match pred:
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            return all(map(_is_simple, parts))
        case Negation(part=part):
            return _is_simple(part)
        case PatternMatch(term=Col() as column):
            return column.column_type.value is str
        case Presence(term=Col()):
            return pred.term.column_type.value in (*_SIMPLE, frozenset)
        case SetMembership(term=Col() as column):
            return column.column_type.value is frozenset
        case Membership(term=Col() as column, values=values):
            return column.column_type.value in _SIMPLE and all(type(v) is column.column_type.value for v in values)
        case Comparison(term=Col() as column, operator="eq" | "ne", operand=operand):
            return column.column_type.value in _SIMPLE and type(operand) is column.column_type.value
        case Comparison(term=Col() as column, operand=operand):
            return column.column_type.value is int and type(operand) is int
        case _:
            return False


def _collect(pred: Pred[Any], found: dict[str, _Literals]) -> None:
    match pred:
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            for part in parts:
                _collect(part, found)
        case Negation(part=part):
            _collect(part, found)
        case PatternMatch(term=Col(name=name) as column, pattern=pattern):
            found.setdefault(name, _Literals(column.column_type.value)).patterns[pattern.text] = pattern
        case Presence(term=Col(name=name) as column):
            found.setdefault(name, _Literals(column.column_type.value))
        case SetMembership(term=Col(name=name) as column, value=value):
            found.setdefault(name, _Literals(column.column_type.value)).values.add(value)
        case Membership(term=Col(name=name) as column, values=values):
            found.setdefault(name, _Literals(column.column_type.value)).values.update(values)
        case Comparison(term=Col(name=name) as column, operand=operand):
            found.setdefault(name, _Literals(column.column_type.value)).values.add(operand)


def _placing(held: _Literals) -> Callable[[Any], Any]:
    """Return what reduces a value to its place among the literals; never the one that stands for no value."""
    if held.type is bool:
        return bool
    if held.type is int:
        # A literal is a place of its own: below it, it itself, and above it.
        return partial(bisect_right, sorted({edge for value in held.values for edge in (value, value + 1)}))
    if held.type is frozenset:
        return frozenset(held.values).intersection
    words = {value: value for value in held.values}
    if not held.patterns:
        return words.get

    @lru_cache(maxsize=_TEXTS)
    def searched(value: str) -> tuple[Any, ...]:
        return (words.get(value), *(pattern.found_in(value) for pattern in held.patterns.values()))

    return searched
