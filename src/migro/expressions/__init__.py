"""Columns and predicates: what `Checkout.status >= 500` is made of, as data."""

from .columns import Col, ColumnType, Fact, KeyCol, fact, facts_of
from .nodes import Document, Node, encode
from .patterns import Pattern, compile_pattern
from .predicates import (
    Comparison,
    Conjunction,
    Disjunction,
    Membership,
    Negation,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
    columns_of,
)
from .quantities import days, hours, microseconds, minutes, percent, permille, seconds, span
from .schema import UNSET, Attr, Key, Maybe, MaybeKey, SignalMeta, preset
from .truth import Truth

__all__ = [
    "UNSET",
    "Attr",
    "Col",
    "ColumnType",
    "Comparison",
    "Conjunction",
    "Disjunction",
    "Document",
    "Fact",
    "Key",
    "KeyCol",
    "Maybe",
    "MaybeKey",
    "Membership",
    "Negation",
    "Node",
    "Pattern",
    "PatternMatch",
    "Pred",
    "Presence",
    "SetMembership",
    "SignalMeta",
    "Truth",
    "columns_of",
    "compile_pattern",
    "days",
    "encode",
    "fact",
    "facts_of",
    "hours",
    "microseconds",
    "minutes",
    "percent",
    "permille",
    "preset",
    "seconds",
    "span",
]
