"""Shares: what enters neither side of one because it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..comparison.satisfaction import MATCH, NO_MATCH, impossible
from ..expressions import Col, columns_of
from ..rules import Rule, Share, everything
from .conditions import assumed, flat
from .problems import Problem

__all__ = ["untold"]

_MARKS = (bool, str)
"""
What senders often write only where there is something to say: a flag that is set, a word for what went wrong. A number
or a time that is missing was not measured.
"""


def untold(rule: Rule[Any]) -> Iterator[Problem]:
    """
    Yield the optional columns that alone decide a share, where nothing is said of signals without them.

    Such a signal can fit no condition and fail none, so it enters neither side. Where a column is told only if it
    is set, what is left is the whole, however little that is.
    """
    seen: set[tuple[int, str]] = set()
    for part in everything(rule.when):
        if not isinstance(part, Share):
            continue
        given = (*assumed(part.of), *flat(part.of.predicates))
        for column in dict.fromkeys(c for p in part.predicates for c in columns_of(p) if isinstance(c, Col)):
            if column.column_type.value not in _MARKS or (id(part), column.name) in seen:
                continue
            seen.add((id(part), column.name))
            without = (*given, column.missing())
            if impossible(part.of.signal, (without, MATCH)):
                continue  # there is always one, or the selection asks for it
            if impossible(part.of.signal, (without, MATCH), (part.predicates, NO_MATCH)):
                yield Problem.of(
                    rule,
                    "MR114",
                    f"expected a share that says what a signal without {column} counts as, got"
                    f" {' & '.join(map(str, part.predicates))}",
                    witness=f"one without it enters neither side; {column}.present() beside the condition lets it fit"
                    f" none, and in on(...) leaves it out as it is now",
                )
