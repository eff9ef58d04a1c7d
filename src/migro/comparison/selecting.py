"""Selecting: proofs that the signals of one selection are among those of another."""

from __future__ import annotations

from typing import Any

import attrs

from ..expressions import Pred
from ..models import Signal, canonical_json
from ..rules import Selection
from .identity import identity
from .satisfaction import ANY, MATCH, Wanted, impossible

__all__ = ["Source", "equal", "heavier", "same_signals", "selected_within", "wanted"]


@attrs.frozen
class Source:
    """Signals of a selection for which further predicates have one of these truths."""

    of: Selection[Any, Any]
    further: tuple[Wanted, ...] = ()


def equal(one: Any, other: Any) -> bool:
    """Return whether two nodes have the same document: then they mean the same."""
    return one is other or canonical_json(one.document()) == canonical_json(other.document())


def wanted(selection: Selection[Any, Any]) -> tuple[Wanted, ...]:
    """Return what has to be true of a signal for the selection to select it."""
    conditions: list[Pred[Any]] = [*selection.predicates, *(key.present() for key in selection.per)]
    if selection.weight is not None:
        conditions.append(selection.weight >= 1)
    return ((tuple(conditions), MATCH),)


def selected_within(a: Source, b: Source) -> bool:
    """Return whether every signal of `a` is one of `b`, for the same key."""
    if a.of.key_names != b.of.key_names:
        return False
    mine, theirs = a.of.signal, b.of.signal
    if theirs is not Signal and mine.__signal_kind__ != theirs.__signal_kind__:
        return False
    have = (*wanted(a.of), *a.further)
    need = (*wanted(b.of), *b.further)
    return impossible(mine, *have) or all(
        impossible(mine, *have, (predicates, ANY & ~mask)) for predicates, mask in need
    )


def heavier(a: Source, b: Source) -> bool:
    """Return whether every signal of `a` is one of `b` and counts there for as much or more."""
    if not selected_within(a, b):
        return False
    if a.of.weight is None:
        return True  # it counts for one, and nothing that is selected counts for less
    return b.of.weight is not None and identity(a.of.weight) == identity(b.of.weight)


def same_signals(a: Source, b: Source) -> bool:
    """Return whether both are the same signals, with the same weights."""
    return heavier(a, b) and heavier(b, a)
