"""Consequences: which issue follows from which, by the order of causes and by what the evidence of both names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..models import Cause, IssueStatus, Severity, from_microseconds, to_microseconds
from ..rules import IssueKind, RuleSet
from .merging import root
from .state import Above, Held, State

__all__ = ["causal_order", "cause_of", "onset", "told_elsewhere"]

_SAME = "the same signals"

_SHOWN = 5
"""How many things a record names that two issues share."""

_PARTIES = frozenset({"payer", "provider", "sender"})
"""What is named of the parties that a shop works with: what one of them does wrong is no fault of another."""

Kinds = Mapping[str, IssueKind[Any]]


def causal_order(ruleset: RuleSet) -> Mapping[str, int]:
    """Return how many causes are above each kind: what comes first is judged first, so what follows can name it."""
    order = dict.fromkeys(ruleset.kinds, 0)
    for _ in order:
        for kind in ruleset.kinds.values():
            for caused in kind.causes:
                if caused in order:
                    order[caused] = max(order[caused], order[kind.name] + 1)
    return order


def onset(held: Held) -> int:
    """Return when an issue was opened, last, in microseconds."""
    return held.openings[-1][0] if held.openings else to_microseconds(held.issue.first_seen)


def cause_of(state: State, kinds: Kinds, held: Held, behind: frozenset[str], *, sure: bool) -> Cause | None:
    """
    Return what an issue is a consequence of; None where nothing open accounts for it.

    What is known stays while the evidence of both still names something in common; that the cause has ended takes
    nothing back. A cause at the merchant itself goes before one of the platform.

    Args:
        behind: Ids of the signals behind the issue.
        sure: Whether the issue is more than watched: only such a one is linked anew.
    """
    began, kept = onset(held), held.cause
    # What was only watched before may have been about something else.
    seen = held.surfaced if held.issue.status is IssueStatus.OPEN and held.surfaced else max(state.now, began)
    found: list[tuple[int, int, str, Cause]] = []
    for other in state.held.values():
        kind = kinds.get(other.issue.kind)
        if kind is None or held.issue.kind not in kind.causes:
            continue
        shared = _shared(kinds, held, other)
        # A ticket says what somebody sees; it may well be about both, and neither brought about the other.
        if any(id in other.evidence and id not in state.texts for id in behind):
            shared = (_SAME, *shared)
        elif kept is not None and kept.issue == other.issue.id and _SAME in kept.shared:
            return kept  # what both rested on has left the windows of one of them
        if not shared:
            continue
        if kept is not None and kept.issue == other.issue.id:
            return kept
        at = onset(other)
        followed = _began(kind, at, began, seen)
        if sure and other.issue.status is IssueStatus.OPEN and followed is not None:
            cause = _cause(other.issue.id, kind, "merchant", shared, followed, at)
            found.append((-len(shared), at, other.issue.id, cause))
    if found:
        return min(found)[-1]
    if kept is not None and _stands(state, kept):
        return kept
    # A declared maintenance explains what it covers; whatever else goes on at the same time is no cause of it.
    return _from_above(state, kinds, held, began, seen) if sure and not state.maintenance else None


def _stands(state: State, kept: Cause) -> bool:
    """Whether a cause that is not looked at any more may be kept: what it shared cannot be asked again."""
    if kept.scope == "platform":
        return kept.issue in state.above
    return all(other.issue.id != kept.issue for other in state.held.values())


def _from_above(state: State, kinds: Kinds, held: Held, began: int, seen: int) -> Cause | None:
    found: list[tuple[int, str, Cause]] = []
    for id, above in state.above.items():
        kind = kinds.get(above.kind)
        if kind is None or not above.is_open or held.issue.kind not in kind.causes:
            continue
        followed = _began(kind, above.began, began, seen)
        if followed is not None:
            cause = _cause(id, kind, "platform", above.shared, followed, above.began)
            found.append((above.began, id, cause))
    return min(found)[-1] if found else None


def _began(kind: IssueKind[Any], cause: int, watched: int, seen: int) -> int | None:
    """
    Return when a consequence began, where that fits what its cause brings about; None where it does not.

    Args:
        cause: When the cause was opened.
        watched, seen: When the consequence was opened, and when it became more than watched.
    """
    for at in (watched, seen):
        if kind.follows(cause, at):
            return at
    return None


def _cause(id: str, kind: IssueKind[Any], scope: Any, shared: tuple[str, ...], began: int, at: int) -> Cause:
    return Cause(
        issue=id,
        kind=kind.name,
        scope=scope,
        shared=shared[:_SHOWN],
        began=from_microseconds(began),
        cause_began=from_microseconds(at),
        lag_s=kind.lag // 1_000_000,
    )


def _shared(kinds: Kinds, one: Held, other: Held) -> tuple[str, ...]:
    """Return what the evidence of two issues names in common; what a kind is about counts where the other names it."""
    named = [thing for thing in one.things if thing in other.things]
    for a, b in ((one, other), (other, one)):
        kind = kinds.get(b.issue.kind)
        about = {f"about {word}" for word in kind.about} if kind is not None else set()
        named += [thing for thing in a.things if thing in about]
    parties, others = _parties(one), _parties(other)
    if parties and others and parties.isdisjoint(others):
        # Both are about payments, say, but each about those of another provider.
        named = [thing for thing in named if not thing.startswith("about ")]
    return tuple(dict.fromkeys(named))


def _parties(held: Held) -> set[str]:
    """Return whose part of a shop the evidence of an issue names, by whatever column."""
    return {id for name, _, id in (thing.partition(" ") for thing in held.things) if name in _PARTIES}


def told_elsewhere(state: State, held: Held, cause: Cause | None) -> tuple[tuple[Severity, str], ...]:
    """Return the open issues under which this one is told, each with how bad it is and in words."""
    found: list[tuple[Severity, str]] = []
    if cause is not None and not _speaks(state, held, cause):
        cause = None
    merge = state.merges.get(held.issue.id)
    target = root(state, held.issue.id)
    for other in state.held.values():
        issue = other.issue
        if issue.status is not IssueStatus.OPEN:
            continue
        if merge is not None and issue.id == target:
            found.append((issue.severity, f"{merge.by} merged it into {issue.kind} {issue.id}: {merge.why}"))
        elif cause is not None and issue.id == cause.issue:
            found.append((issue.severity, _told(issue.kind, issue.id, issue.severity)))
    above: Above | None = state.above.get(cause.issue) if cause is not None else None
    if cause is not None and above is not None and above.is_open:
        found.append((above.severity, _told(above.kind, cause.issue, above.severity)))
    return tuple(found)


def _speaks(state: State, held: Held, cause: Cause) -> bool:
    """Whether somebody is told of a cause: not where that is in turn told under this issue, as after a merge."""
    here = {h.issue.id: h for h in state.held.values()}
    seen, id = {root(state, held.issue.id)}, root(state, cause.issue)
    while id not in seen:
        seen.add(id)
        above = here[id].cause if id in here else None
        if above is None:
            return True
        id = root(state, above.issue)
    return False


def _told(kind: str, id: str, severity: Severity) -> str:
    return f"it is told under {kind} {id}, which is open at {severity.word}"
