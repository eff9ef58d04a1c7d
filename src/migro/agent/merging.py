"""Merging: what a named person counts to another issue, and takes apart again."""

from __future__ import annotations

from collections.abc import Iterable

from ..models import Merged, OpenIssue, PersonActed, from_microseconds, to_microseconds
from .state import Held, Merge, State

__all__ = ["carry_relations", "forget_merges", "lend", "merge", "merged", "root", "unmerge"]


def root(state: State, id: str) -> str:
    """Return the issue that an issue counts to in the end; itself where nobody merged it."""
    seen = {id}
    while id in state.merges and state.merges[id].into not in seen:
        id = state.merges[id].into
        seen.add(id)
    return id


def merge(state: State, item: PersonActed) -> list[Held]:
    """
    Count one issue to another, and return the issues that this concerns; none where it cannot be.

    An issue counts to one other at most, both have to be here, and nothing counts to itself by a detour.
    """
    held = {h.issue.id: h for h in state.held.values()}
    into = item.into or ""
    if item.target not in held or into not in held or item.target in state.merges or root(state, into) == item.target:
        return []
    state.merges[item.target] = Merge(into, item.by, item.why, state.now)
    _lend(state, held, item.target, held[item.target].issue.signals)
    return _line(state, held, item.target)


def unmerge(state: State, item: PersonActed) -> list[Held]:
    """Take apart what was merged, as if it had never been, and return the issues that this concerns."""
    held = {h.issue.id: h for h in state.held.values()}
    if item.target not in state.merges:
        return []
    concerned = _line(state, held, item.target)
    if item.target in held:
        _lend(state, held, item.target, -held[item.target].issue.signals)
    del state.merges[item.target]
    return concerned


def lend(state: State, of: Held, more: int) -> list[Held]:
    """Count further signals of an issue to those that it is merged into, and return them."""
    if not more or of.issue.id not in state.merges:
        return []
    held = {h.issue.id: h for h in state.held.values()}
    _lend(state, held, of.issue.id, more)
    return _line(state, held, of.issue.id)[1:]


def _lend(state: State, held: dict[str, Held], id: str, signals: int) -> None:
    """Let every issue up the line have an issue's signals, with what others lent it."""
    below = id
    while below in state.merges:
        above = held.get(state.merges[below].into)
        if above is None:
            return
        lent = above.lent.get(below, 0) + signals
        above.lent.pop(below, None)
        if lent:
            above.lent[below] = lent
        above.issue = above.issue.model_copy(update={"signals": above.issue.signals + signals})
        below = above.issue.id


def _line(state: State, held: dict[str, Held], id: str) -> list[Held]:
    """Return an issue and those that it counts to, in order."""
    line = [held[id]] if id in held else []
    while id in state.merges:
        id = state.merges[id].into
        line += [held[id]] if id in held else []
    return line


def merged(state: State, of: Held) -> tuple[Merged, ...]:
    """Return what an issue is merged into, and what is merged into it, for the record."""
    kinds = {h.issue.id: h.issue for h in state.held.values()}
    found = []
    for id, one in sorted(state.merges.items()):
        into = id == of.issue.id
        other = one.into if into else id
        if not into and one.into != of.issue.id:
            continue
        signals = of.issue.signals if into else of.lent.get(id, 0)
        kind = kinds[other].kind if other in kinds else "an issue that is over"
        at = from_microseconds(one.at)
        found.append(Merged(issue=other, kind=kind, into=into, by=one.by, why=one.why, at=at, signals=signals))
    return tuple(found)


def carry_relations(state: State, carried: Iterable[OpenIssue]) -> None:
    """Let what issues follow from, and what they are merged into, go on under other rules."""
    held = {h.issue.id: h for h in state.held.values()}
    state.merges = {}
    for one in carried:
        if one.cause is not None:
            # By which signals it was known, these rules do not know; what both named stays known.
            for side in (held.get(one.issue.id), held.get(one.cause.issue)):
                if side is not None:
                    side.things.update(dict.fromkeys(one.cause.shared, ("carried",)))
        if one.merged is not None and one.merged.issue in held and one.issue.id in held:
            m = one.merged
            state.merges[one.issue.id] = Merge(m.issue, m.by, m.why, to_microseconds(m.at))
            held[m.issue].lent[one.issue.id] = m.signals


def forget_merges(state: State) -> None:
    """Forget the merges of issues that are no longer here."""
    here = {h.issue.id for h in state.held.values()}
    for id in [id for id in state.merges if id not in here]:
        del state.merges[id]
