"""Answers: what undivided predicates say of a value, as the engine would."""

from __future__ import annotations

from typing import Any

from ..expressions import Comparison, Membership, PatternMatch, Presence, SetMembership, SetRelation, Truth
from .levels import level

__all__ = ["absent", "compared", "decided", "related", "truth_of"]


def truth_of(atom: Any, value: Any) -> Truth:
    """Return the truth of an undivided predicate about a term that has a value."""
    match atom:
        case Presence(expected=expected):
            return decided(expected)
        case Comparison(operator=operator, operand=operand):
            return decided(compared(operator, value, operand))
        case Membership(values=values):
            return decided(any(compared("eq", value, v) for v in values))
        case SetMembership(value=element):
            return decided(element in value)
        case SetRelation(relation=relation, operand=operand):
            return decided(related(relation, value, operand))
        case PatternMatch(pattern=pattern):
            return decided(pattern.found_in(value))
    raise TypeError(f"no such predicate: {atom!r}")


def absent(atom: Any) -> Truth:
    """Return the truth of an undivided predicate about a term without a value."""
    return decided(not atom.expected) if isinstance(atom, Presence) else Truth.UNKNOWN


def compared(operator: str, value: Any, other: Any) -> bool:
    """Return whether two values of one type stand in that relation."""
    if not isinstance(value, str | bool | frozenset):
        value, other = level(value), level(other)
    equal = bool(value == other)
    if operator in ("eq", "ne"):
        return equal is (operator == "eq")
    less = bool(value < other)
    return {"lt": less, "le": less or equal, "gt": not (less or equal), "ge": not less}[operator]


def related(relation: str, mine: Any, other: frozenset[Any]) -> bool:
    """Return whether a set, or a single value, stands in that relation to a set."""
    if relation == "among":
        return any(compared("eq", mine, o) for o in other)
    if relation == "overlaps":
        return bool(mine & other)
    return (other <= mine) is (relation == "covers")


def decided(holds: bool) -> Truth:
    """Return the truth of what is known."""
    return Truth.MATCH if holds else Truth.NO_MATCH
