"""Columns and predicates: what `Checkout.status >= 500` is made of, as data."""

from .columns import Col, Fact, KeyCol, columns_of, fact, facts_of, histories_of
from .features import Feature, FeatureSet, feature
from .nodes import Document, Node, encode
from .patterns import Pattern, compile_pattern
from .predicates import (
    Comparison,
    Conjunction,
    Disjunction,
    FirstSeen,
    Membership,
    Negation,
    PatternMatch,
    Pred,
    Presence,
    SetMembership,
    SetRelation,
    operands_of,
)
from .quantities import days, decimal_text, hours, microseconds, minutes, percent, permille, seconds, span
from .schema import UNSET, Attr, Key, Maybe, MaybeKey, SignalMeta, preset
from .terms import Arithmetic, ColumnType, Scaled, Term, terms_in
from .truth import Truth

__all__ = [
    "UNSET",
    "Arithmetic",
    "Attr",
    "Col",
    "ColumnType",
    "Comparison",
    "Conjunction",
    "Disjunction",
    "Document",
    "Fact",
    "Feature",
    "FeatureSet",
    "FirstSeen",
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
    "Scaled",
    "SetMembership",
    "SetRelation",
    "SignalMeta",
    "Term",
    "Truth",
    "columns_of",
    "compile_pattern",
    "days",
    "decimal_text",
    "encode",
    "fact",
    "facts_of",
    "feature",
    "histories_of",
    "hours",
    "microseconds",
    "minutes",
    "operands_of",
    "percent",
    "permille",
    "preset",
    "seconds",
    "span",
    "terms_in",
]
