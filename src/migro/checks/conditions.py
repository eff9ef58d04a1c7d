"""Conditions on one signal: those that no signal fits, and those that every signal fits anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..comparison.domains import TooLarge
from ..comparison.satisfaction import MATCH, NOT_MATCH, impossible, models
from ..expressions import Conjunction, Pred
from ..expressions.nodes import literal_text
from ..rules import Fits, Rule, Selection, Share, everything

__all__ = ["Asked", "asked_of", "contradiction", "flat", "idle", "sample"]

Asked = tuple[type[Any], tuple[Pred[Any], ...], tuple[Pred[Any], ...]]
"""A signal class, what is asked of it here, and what its signals fit already."""


def asked_of(rule: Rule[Any]) -> Iterator[Asked]:
    """Yield what a rule asks of signals, once for each place where it asks."""
    seen: set[int] = set()
    for part in everything(rule.when):
        if id(part) in seen:
            continue
        seen.add(id(part))
        match part:
            case Selection():
                yield part.signal, flat(part.predicates), assumed(part)
            case Share(of=of, predicates=predicates) | Fits(of=of, predicates=predicates):
                yield of.signal, flat(predicates), (*assumed(of), *flat(of.predicates))


def assumed(selection: Selection[Any, Any]) -> tuple[Pred[Any], ...]:
    """Return what is true of every signal that comes to the conditions of a selection."""
    kind = selection.signal.__signal_kind__
    of_its_kind = [selection.signal.kind == kind] if kind else []
    return (*of_its_kind, *(key.present() for key in selection.per))


def flat(predicates: Sequence[Pred[Any]]) -> tuple[Pred[Any], ...]:
    """Return the conditions that all have to hold, one by one."""
    found: list[Pred[Any]] = []
    for pred in predicates:
        found.extend(flat(pred.parts) if isinstance(pred, Conjunction) else (pred,))
    return tuple(found)


def contradiction(signal: type[Any], predicates: Sequence[Pred[Any]], given: Sequence[Pred[Any]]) -> list[Pred[Any]]:
    """Return conditions that no signal fits together, none of them for nothing; empty if that is not proven."""
    kept = [*flat(predicates), *given]
    if not impossible(signal, (tuple(kept), MATCH)):
        return []
    for pred in list(kept):
        fewer = [p for p in kept if p is not pred]
        if fewer and impossible(signal, (tuple(fewer), MATCH)):
            kept = fewer
    return kept


def idle(
    signal: type[Any], predicates: Sequence[Pred[Any]], given: Sequence[Pred[Any]]
) -> Iterator[tuple[Pred[Any], list[Pred[Any]]]]:
    """Yield conditions that follow from the others of their place, each with those that it follows from."""
    dropped: list[Pred[Any]] = []
    for pred in predicates:
        # What is named idle is left out before the next is looked at, or of two equal ones both would be.
        rest = [p for p in predicates if p is not pred and not any(p is d for d in dropped)] + list(given)
        if impossible(signal, (tuple(rest), MATCH), ((pred,), NOT_MATCH)):
            dropped.append(pred)
            for other in list(rest):
                fewer = [p for p in rest if p is not other]
                if impossible(signal, (tuple(fewer), MATCH), ((pred,), NOT_MATCH)):
                    rest = fewer
            yield pred, rest


def sample(signal: type[Any], predicates: Sequence[Pred[Any]]) -> str:
    """Return columns of a signal that fits, as far as one could be written down; empty otherwise."""
    try:
        found = next((m for m in models(signal, (tuple(predicates), MATCH)) if m.complete), None)
    except TooLarge:
        return ""
    if found is None:
        return ""
    return ", ".join(f"{name}={literal_text(value)}" for name, value in sorted(found.columns.items()))
