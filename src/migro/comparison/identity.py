"""Identity: when two terms, facts or conditions are the same, whichever class they were written with."""

from __future__ import annotations

import json
from typing import Any

from ..expressions import (
    Arithmetic,
    Col,
    Comparison,
    FirstSeen,
    Membership,
    Node,
    PatternMatch,
    Presence,
    Scaled,
    SetMembership,
    SetRelation,
    encode,
)

__all__ = ["identity"]


def identity(node: object) -> str:
    """
    Return what makes two terms, facts or undivided predicates the same.

    A column of a parent class is the same column; a signal has one of each name.
    """
    return json.dumps(_named(node), sort_keys=True)


def _named(node: Any) -> Any:
    match node:
        case Col(name=name):
            return ["column", name]
        case Arithmetic(operation=operation, left=left, right=right):
            return [operation, _named(left), _named(right)]
        case Scaled(term=term, by=by):
            return ["scaled", _named(term), None if by is None else encode(by)]
        case Comparison(operator=operator, term=term, operand=operand):
            return [operator, _named(term), _named(operand)]
        case Membership(term=term, values=values):
            return ["one_of", _named(term), [encode(v) for v in values]]
        case SetMembership(term=term, value=value):
            return ["has", _named(term), encode(value)]
        case SetRelation(relation=relation, term=term, operand=operand):
            return [relation, _named(term), _named(operand)]
        case PatternMatch(term=term, pattern=pattern):
            return ["matches", _named(term), pattern.text]
        case Presence(term=term, expected=expected):
            return ["present", _named(term), expected]
        case FirstSeen(term=term, horizon=horizon):
            return ["first_seen", _named(term), horizon]
        case Node():
            return node.document()
        case _:
            return encode(node)
