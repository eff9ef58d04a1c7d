"""
Domains: what the terms of predicates can hold, cut into the few cases that the predicates tell apart.

For a proof the cases have to cover everything that a signal can hold; more of them than there really are is no harm,
it only leaves more undecided. A case that somebody can write down carries the values that make it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, get_args, get_origin

import attrs

from ..expressions import (
    Col,
    Comparison,
    Fact,
    FirstSeen,
    Membership,
    Node,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
    SetRelation,
    Term,
    Truth,
    operands_of,
)
from .answers import absent, compared, decided, related, truth_of
from .identity import identity
from .levels import BASE_TIME, level, numbers, of_level
from .solutions import columns_for, may_fail, scaled
from .texts import implied_patterns, texts_for

__all__ = ["Case", "Domain", "TooLarge", "domains"]

_MOST_PATTERNS = 5
_MOST_ELEMENTS = 6


class TooLarge(Exception):
    """There are more cases than anybody wants to go through; the question stays open."""


@attrs.frozen
class Case:
    """
    One thing that a term, or a term and what it is compared with, can be.

    Attributes:
        truths: Truth of each predicate about it, by identity.
        columns: Values that make it so, by column; None where nobody knows how to write one down.
        facts: Values of facts that belong to it.
        seen: Columns whose value another signal had before.
    """

    truths: Mapping[str, Truth]
    columns: Mapping[str, Any] | None
    facts: tuple[tuple[Fact[Any], Any], ...] = ()
    seen: tuple[str, ...] = ()


@attrs.frozen
class Domain:
    """All cases of one term, or of one pair that predicates compare."""

    cases: tuple[Case, ...]

    def mask(self, atom: str) -> int:
        """Return the truths that a predicate can have, a bit each."""
        found = 0
        for case in self.cases:
            found |= 1 << case.truths[atom]
        return found


def domains(predicates: Iterable[Pred[Any]], signal: type[Any]) -> dict[str, Domain]:
    """
    Return the domain of everything that predicates on signals of a class read, by the identity of each predicate.

    Raises:
        TooLarge: If patterns or sets have too many combinations.
    """
    groups: dict[str, dict[str, Pred[Any]]] = {}
    for predicate in predicates:
        for atom in operands_of(predicate, whole=True):
            groups.setdefault(_subject(atom), {}).setdefault(identity(atom), atom)
    found: dict[str, Domain] = {}
    for atoms in groups.values():
        domain = Domain(_distinct(_cases(atoms, signal)))
        found.update(dict.fromkeys(atoms, domain))
    return found


def _subject(atom: Any) -> str:
    match atom:
        case Comparison(term=term, operand=Node() as operand) | SetRelation(term=term, operand=Node() as operand):
            return f"pair {identity(term)} {identity(operand)}"
        case FirstSeen():
            return f"history {identity(atom)}"
        case _ if hasattr(atom, "term"):
            return identity(atom.term)
        case _:
            return f"unknown {identity(atom)}"


def _distinct(cases: Iterator[Case]) -> tuple[Case, ...]:
    # Of values that no predicate tells apart one is enough; the first is the most telling.
    kept: dict[tuple[tuple[str, Truth], ...], Case] = {}
    for case in cases:
        vector = tuple(sorted(case.truths.items()))
        if vector not in kept or (kept[vector].columns is None and case.columns is not None):
            kept[vector] = case
    return tuple(kept.values())


def _cases(atoms: Mapping[str, Any], signal: type[Any]) -> Iterator[Case]:
    some = next(iter(atoms.values()))
    match some:
        case FirstSeen(term=term):
            name = getattr(term, "name", None)
            yield Case(dict.fromkeys(atoms, Truth.MATCH), {})
            yield Case(dict.fromkeys(atoms, Truth.NO_MATCH), {}, seen=(name,) if name else ())
            if term.column_type.optional:
                yield Case(dict.fromkeys(atoms, Truth.UNKNOWN), {name: None} if name else None)
            if may_fail(term):
                yield Case(dict.fromkeys(atoms, Truth.ERROR), None)
        case Comparison(operand=Node()) | SetRelation(operand=Node()):
            yield from _pairs(atoms, some.term, some.operand)
        case _ if hasattr(some, "term"):
            yield from _values(atoms, some.term, signal)
        case _:  # a kind of predicate that this module does not know can be anything
            for truth in Truth:
                yield Case(dict.fromkeys(atoms, truth), None)


def _values(atoms: Mapping[str, Any], term: Term[Any, Any], signal: type[Any]) -> Iterator[Case]:
    literals = [v for a in atoms.values() for v in _literals(a)]
    patterns = [a.pattern for a in atoms.values() if isinstance(a, PatternMatch)]
    kind = term.column_type.value
    for value in _candidates(term, kind, literals, patterns, signal):
        yield Case({k: truth_of(a, value) for k, a in atoms.items()}, columns_for(term, value))
    if term.column_type.optional or may_fail(term):
        yield Case({k: absent(a) for k, a in atoms.items()}, columns_for(term, None))
    if may_fail(term):
        yield Case(dict.fromkeys(atoms, Truth.ERROR), None)
        yield Case({k: truth_of(a, 0) if isinstance(a, Presence) else Truth.ERROR for k, a in atoms.items()}, None)
        # What a feature returns for which value is its own affair: every combination may occur.
        yield from _free(atoms)
    elif patterns and _choices(term, signal) is None:
        yield from _combinations(atoms)


def _literals(atom: Any) -> Iterator[Any]:
    match atom:
        case Comparison(operand=operand):
            yield operand
        case Membership(values=values):
            yield from values
        case SetMembership(value=value):
            yield frozenset({value})
        case SetRelation(relation="among", operand=operand):
            yield from operand
        case SetRelation(operand=operand):
            yield operand


def _candidates(
    term: Term[Any, Any], kind: type, literals: list[Any], patterns: list[Any], signal: type[Any]
) -> Iterator[Any]:
    if kind is bool:
        yield from (True, False)
    elif kind is str:
        choices = _choices(term, signal)
        if choices is not None:
            yield from choices
        else:
            yield from dict.fromkeys(literals)
            yield from texts_for(patterns)
            yield _unlike(literals)
    elif kind is frozenset:
        elements = sorted({e for v in literals for e in v}, key=str)
        if len(elements) > _MOST_ELEMENTS:
            raise TooLarge(f"{term} is asked about {len(elements)} elements")
        for size in range(len(elements) + 1):
            yield from map(frozenset, itertools.combinations(elements, size))
    else:
        yield from numbers(kind, sorted({level(v) for v in literals}), dense=kind is Decimal or scaled(term))


def _choices(term: Term[Any, Any], signal: type[Any]) -> tuple[Any, ...] | None:
    """Return the only values that a column can have, or None where any will do."""
    if not isinstance(term, Col):
        return None
    if term.name == "kind" and signal.__signal_kind__:
        return (signal.__signal_kind__,)
    field = signal.model_fields.get(term.name)
    inner = get_args(field.annotation) if field is not None else ()
    return get_args(inner[0]) if inner and get_origin(inner[0]) is Literal else None


def _combinations(atoms: Mapping[str, Any]) -> Iterator[Case]:
    """Yield what patterns can say together of a text that nobody has written down here."""
    patterns = [k for k, a in atoms.items() if isinstance(a, PatternMatch)]
    if len(patterns) > _MOST_PATTERNS:
        raise TooLarge(f"{len(patterns)} patterns are asked of one text")
    unlike = _unlike([v for a in atoms.values() for v in _literals(a)])
    rest = {k: truth_of(a, unlike) for k, a in atoms.items() if k not in patterns}
    implied = implied_patterns({k: atoms[k].pattern for k in patterns})
    for found in itertools.product((Truth.MATCH, Truth.NO_MATCH), repeat=len(patterns)):
        truths = dict(zip(patterns, found, strict=True))
        if not any(truths[a] is Truth.MATCH and truths[b] is Truth.NO_MATCH for a, b in implied):
            yield Case({**rest, **truths}, None)


def _free(atoms: Mapping[str, Any]) -> Iterator[Case]:
    asked = [k for k, a in atoms.items() if not isinstance(a, Presence)]
    if len(asked) > _MOST_PATTERNS:
        raise TooLarge(f"{len(asked)} conditions are asked of one feature")
    rest = {k: truth_of(a, 0) for k, a in atoms.items() if k not in asked}
    for found in itertools.product((Truth.MATCH, Truth.NO_MATCH), repeat=len(asked)):
        yield Case({**rest, **dict(zip(asked, found, strict=True))}, None)


def _pairs(atoms: Mapping[str, Any], term: Term[Any, Any], operand: Any) -> Iterator[Case]:
    among = any(isinstance(a, SetRelation) and a.relation == "among" for a in atoms.values())
    for mine, other in _couples(term.column_type.value, among=among):
        columns, facts = columns_for(term, mine), ()
        if isinstance(operand, Fact):
            facts = ((operand, other),)  # type: ignore[assignment]
        else:
            theirs = columns_for(operand, other)
            columns = None if columns is None or theirs is None else {**theirs, **columns}
        yield Case({k: _pair_truth(a, mine, other) for k, a in atoms.items()}, columns, facts)
    missing = dict.fromkeys(atoms, Truth.UNKNOWN)
    if term.column_type.optional:
        yield Case(missing, columns_for(term, None))
    if isinstance(operand, Fact):
        if operand.default is None:
            yield Case(missing, {})
    elif operand.column_type.optional:
        yield Case(missing, columns_for(operand, None))
    if may_fail(term) or (isinstance(operand, Term) and may_fail(operand)):
        yield Case(missing, None)
        yield Case(dict.fromkeys(atoms, Truth.ERROR), None)


def _couples(kind: type, *, among: bool) -> Iterator[tuple[Any, Any]]:
    if among:
        one = True if kind is bool else "a" if kind is str else of_level(kind, Fraction(BASE_TIME))
        yield from ((one, frozenset({one})), (one, frozenset[Any]()))
    elif kind is bool:
        yield from itertools.product((True, False), (True, False))
    elif kind is str:
        yield from (("one", "one"), ("one", "two"))
    elif kind is frozenset:
        sets = [frozenset[str](), frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})]
        yield from itertools.product(sets, sets)
    else:
        base = Fraction(BASE_TIME if kind is datetime else 100)
        for mine in (base, base - 1, base + 1):
            yield of_level(kind, mine), of_level(kind, base)


def _pair_truth(atom: Any, mine: Any, other: Any) -> Truth:
    if isinstance(atom, SetRelation):
        return decided(related(atom.relation, mine, other))
    return decided(compared(atom.operator, mine, other))


def _unlike(literals: Iterable[Any]) -> str:
    taken = set(literals)
    return next(t for t in itertools.chain(("other",), (f"other-{i}" for i in itertools.count())) if t not in taken)
