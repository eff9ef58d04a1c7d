"""
Inclusion: proofs that one timed premise is satisfied only at times at which another one is.

Every law here is a sentence about all streams; docs/reference/rule-diff.md lists them with their reasons. What no law
covers is not proven, which says nothing about whether it is true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..engine.significance import share_reached
from ..expressions import Presence, Term
from ..rules import (
    After,
    Baseline,
    Compared,
    Counted,
    Differs,
    Distinct,
    Drop,
    Fits,
    Held,
    Holding,
    Holds,
    Rising,
    Runs,
    Selection,
    Share,
    Silence,
    Timed,
    Together,
    Via,
    Without,
    everything,
)
from . import ordering
from .identity import identity
from .satisfaction import DEFINITE, MATCH, NO_MATCH, Wanted, impossible
from .selecting import Source, equal, heavier, same_signals, selected_within, wanted

__all__ = ["alive_within", "included", "points_within"]


def included(a: Timed[Any], b: Timed[Any]) -> bool:
    """Return whether it is proven that `b` is satisfied at every time and key at which `a` is."""
    if a.key_names != b.key_names:
        return False
    return equal(a, b) or _never(a) or _same_form(_plain(a), _plain(b)) or _narrower(_plain(a), _plain(b))


def _never(node: Timed[Any]) -> bool:
    match node:
        case Selection():
            return impossible(node.signal, *wanted(node))
        case Counted(of=of) | Distinct(of=of):
            return _never(of)
        case Share(of=of, predicates=predicates) | Fits(of=of, predicates=predicates):
            return impossible(of.signal, *wanted(of), (predicates, MATCH))
        case Together(parts=parts):
            return any(_never(p) for p in parts)
        case After(of=of) | Held(of=of) | Runs(of=of) | Via(of=of) | Without(of=of) | Holds(of=of):
            return not isinstance(of, Compared | Differs) and _never(of)
        case _:
            return False


def _plain(node: Timed[Any]) -> Timed[Any]:
    match node:
        case Counted(of=of, n=1):
            return of
        case _:
            return node


# --- the same construct on both sides -------------------------------------------------------------------------------


def _same_form(a: Timed[Any], b: Timed[Any]) -> bool:
    match a, b:
        case Selection(), Selection():
            return selected_within(Source(a), Source(b))
        case Counted(), Counted():
            return a.n >= b.n and a.length <= b.length and heavier(Source(a.of), Source(b.of))
        case Distinct(), Distinct():
            mine, theirs = Source(a.of), Source(b.of)
            same_column = identity(a.column) == identity(b.column)
            longer = a.length <= b.length or b.n == 1  # one value is there at once
            return same_column and a.n >= b.n and longer and selected_within(mine, theirs)
        case Share(), Share():
            return _share(a, b)
        case Fits(), Fits():
            return selected_within(
                Source(a.of, ((a.predicates, MATCH),)), Source(b.of, ((b.predicates, MATCH),))
            ) and selected_within(Source(b.of, ((b.predicates, NO_MATCH),)), Source(a.of, ((a.predicates, NO_MATCH),)))
        case Compared(), Compared():
            return ordering.comparison(a, b) and points_within(a, b)
        case After(), After():
            return a.length <= b.length and included(a.of, b.of) and included(a.earlier, b.earlier)
        case Without(), Without():
            waits = a.length == b.length and a.before >= b.before and a.lateness >= b.lateness
            return waits and included(a.of, b.of) and included(b.expected, a.expected)
        case Together(), Together():
            return (
                a.length <= b.length
                and all(any(included(p, q) for q in b.parts) for p in a.parts)
                and all(any(included(p, q) for p in a.parts) for q in b.parts)
            )
        case Held(), Held():
            return a.length == b.length and included(a.of, b.of) and points_within(b.of, a.of)
        case Runs(), Runs():
            return (
                b.n <= a.n
                and a.n - a.k <= b.n - b.k
                and a.length <= b.length
                and included(a.of, b.of)
                and _same_points(a.of, b.of)
            )
        case Holds(), Holds():
            enough = a.every == b.every and a.k >= b.k and (a.n <= b.n or a.n - a.k <= b.n - b.k)
            return enough and _held_at_multiples(a, b)
        case Via(), Via():
            return equal(a.value, b.value) and included(a.of, b.of)
        case Silence(), Silence():
            return (
                a.length % b.length == 0
                and a.lateness >= b.lateness
                and equal(a.of, b.of)
                and equal(a.expected, b.expected)
                and (equal(a.ended, b.ended) if a.ended is not None and b.ended is not None else a.ended is b.ended)
            )
        case Rising(), Rising():
            return a.samples >= b.samples and equal(a.left, b.left)
        case Differs(), Differs():
            return a.z >= b.z and equal(a.left, b.left) and equal(a.right, b.right)
        case Drop(), Drop():
            return (
                a.every % b.every == 0
                and a.p <= b.p
                and a.floor >= b.floor
                and ordering.at_least(a.left, b.left)
                and equal(a.expected, b.expected)
                and alive_within(a, b)
            )
        case _:
            return False


def _share(a: Share[Any], b: Share[Any]) -> bool:
    if a.length != b.length or _least_size(a) < b.floor or a.at_least < b.at_least:
        return False
    hits = heavier(Source(a.of, ((a.predicates, MATCH),)), Source(b.of, ((b.predicates, MATCH),)))
    if not hits or not same_signals(
        Source(a.of, ((a.predicates, DEFINITE),)), Source(b.of, ((b.predicates, DEFINITE),))
    ):
        return False
    if b.bound == "plain" or _least_size(a) >= 100:
        return True
    # The lower end of the interval reaches a share of 1 whenever all of them are hits, however few: above every
    # other share the bound asks for more than that.
    return a.bound == "wilson" and (a.at_least < 1 or a.at_least == b.at_least)


def _least_size(share: Share[Any]) -> int:
    """Return below how many signals the share is never reached, not even when all are hits."""
    if share.bound == "plain" or share.at_least >= 1 or share.floor >= 100:
        return share.floor
    return next(n for n in range(share.floor, 101) if share_reached(n, n, share.at_least, wilson=True))


def _held_at_multiples(one: Holds[Any], other: Holds[Any]) -> bool:
    a, b = one.of, other.of
    measured = (Compared, Differs)
    if not isinstance(a, measured) and not isinstance(b, measured):
        return included(a, b)
    if not alive_within(a, b) or not alive_within(one, other):
        return False
    if isinstance(a, Compared) and isinstance(b, Compared):
        return ordering.comparison(a, b)
    if isinstance(a, Differs) and isinstance(b, Differs):
        return a.z >= b.z and equal(a.left, b.left) and equal(a.right, b.right)
    return False


def alive_within(a: Timed[Any], b: Timed[Any]) -> bool:
    """Return whether, at a multiple of a span, anything is known for `b` where something is for `a`."""
    if _reach(a) > _reach(b):
        return False
    told = {identity(f) for f in _facts(b)}
    if any(identity(f) not in told for f in _facts(a)):
        return False
    theirs = [Source(s) for s in everything(b) if isinstance(s, Selection)]
    mine = [Source(s) for s in everything(a) if isinstance(s, Selection)]
    return all(any(selected_within(s, t) for t in theirs) for s in mine)


def _reach(node: Timed[Any]) -> int:
    hours = [m.hours for b in everything(node) if isinstance(b, Baseline) for m in b.methods]
    return node.longest + 3_600_000_000 * max(hours, default=0)


def _facts(node: Timed[Any]) -> Iterator[Any]:
    for part in everything(node):
        yield from part.facts


# --- another construct on each side ---------------------------------------------------------------------------------


def _narrower(a: Timed[Any], b: Timed[Any]) -> bool:
    match a:
        case After(of=of) | Held(of=of) | Runs(of=of) if included(of, b):
            return True
        case Together(parts=parts) if all(included(p, b) for p in parts):
            return True
        case Counted(of=of) if isinstance(b, Selection):
            return selected_within(Source(of), Source(b))
        case Distinct(of=of, column=column):
            valued = Source(of, (_has(column),))
            if isinstance(b, Selection):
                return selected_within(valued, Source(b))
            if isinstance(b, Counted):
                return a.n >= b.n and a.length <= b.length and selected_within(valued, Source(b.of))
        case Share(of=of, predicates=predicates):
            hits = Source(of, ((predicates, MATCH),))
            if isinstance(b, Selection):
                return selected_within(hits, Source(b))
            if isinstance(b, Counted):
                fewest = math.ceil(a.at_least * a.floor)
                return fewest >= b.n and a.length <= b.length and heavier(hits, Source(b.of))
        case Fits(of=of, predicates=predicates) if isinstance(b, Selection):
            return selected_within(Source(of, ((predicates, MATCH),)), Source(b))
    return ordering.counts_as(a, b)


def _has(column: Term[Any, Any]) -> Wanted:
    return ((Presence(column, True),), MATCH)


# --- points ---------------------------------------------------------------------------------------------------------


def _same_points(a: Timed[Any], b: Timed[Any]) -> bool:
    return points_within(a, b) and points_within(b, a)


def points_within(a: Timed[Any], b: Timed[Any]) -> bool:
    """Return whether every point of `a` is one of `b`: a time at which it is looked at, satisfied or not."""
    if equal(a, b):
        return True
    mine, theirs = list(_sources(a)), list(_sources(b))
    return all(any(_source_within(s, t) for t in theirs) for s in mine)


def _source_within(a: Source | Timed[Any], b: Source | Timed[Any]) -> bool:
    if isinstance(a, Source) and isinstance(b, Source):
        return selected_within(a, b)
    if isinstance(a, Source):
        return not a.further and included(a.of, b)  # type: ignore[arg-type]
    return isinstance(b, Timed) and included(a, b)


def _sources(node: Any) -> Iterator[Source | Timed[Any]]:
    match node:
        case Selection():
            yield Source(node)
        case Counted(of=of):
            yield Source(of)
        case Distinct(of=of, column=column):
            yield Source(of, (_has(column),))
        case Share(of=of, predicates=predicates) | Fits(of=of, predicates=predicates):
            yield Source(of, ((predicates, DEFINITE),))
        case Compared() | Differs() | Rising():
            for part in node.inputs:
                yield from _measured(part)
        case Held(of=of) | Runs(of=of):
            yield from _sources(of)
        case After(of=of) | Via(of=of):
            yield Source(of) if isinstance(of, Selection) else of
        case _:  # the others are looked at where they are satisfied
            yield node


def _measured(measure: Any) -> Iterator[Source | Timed[Any]]:
    match measure:
        case Baseline():
            return
        case Holding(of=of):
            yield of
        case Selection():
            yield Source(measure)
        case _:
            for part in measure.inputs:
                yield from _measured(part)
