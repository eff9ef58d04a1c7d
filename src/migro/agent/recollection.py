"""What a partition remembers for a while beside its issues, and when it forgets."""

from __future__ import annotations

from ..models import ActionStatus, IssueStatus, ResourceRef, to_microseconds
from .arrivals import forget_arrivals, unsee
from .naming import forget_name
from .noticing import unhear
from .state import State
from .unheeded import forget_alarm
from .windows import forget_windows, reopen

__all__ = [
    "DAY",
    "REACH",
    "REOPEN_WITHIN",
    "UNFINISHED",
    "disown",
    "forget",
    "understand",
]

REOPEN_WITHIN = 60 * 60 * 1_000_000
"""An issue that comes back this soon, in microseconds, is the same issue; so nobody is told twice."""

REACH = 60 * 60 * 1_000_000
"""How far back a signal can be withdrawn, in microseconds from its receipt to the fold's time."""

UNFINISHED = frozenset({ActionStatus.PLANNED, ActionStatus.STARTED})
"""What has yet to be done, or to be known of: while there is any, its issue is remembered, or it stayed so for ever."""

DAY = 24 * 60 * 60 * 1_000_000
"""How long texts and resources are remembered, in microseconds."""


def understand(state: State, resource: ResourceRef, id: str) -> None:
    """Remember that a rule has read a signal about a resource."""
    seen = state.understood.pop(resource, {})
    seen.pop(id, None)
    # What cannot be withdrawn any more is remembered by its newest alone.
    out_of_reach = [i for i, at in seen.items() if at < state.now - REACH]
    for i in out_of_reach[:-1]:
        del seen[i]
    seen[id] = state.now
    state.understood[resource] = seen


def disown(state: State, id: str) -> None:
    """Forget what a signal left behind beside the engine."""
    state.texts.pop(id, None)
    unhear(state, id)
    unsee(state, id)
    forget_name(state, id)
    forget_alarm(state, id)
    for resource, seen in list(state.understood.items()):
        if seen.pop(id, None) is not None and not seen:
            del state.understood[resource]
    state.understood = dict(sorted(state.understood.items(), key=lambda item: _last(item[1])))
    if state.windows.pop(id, None) is not None:
        reopen(state)


def forget(state: State) -> None:
    """Drop issues that ended more than an hour ago, texts and resources of yesterday, and what is out of reach."""
    if state.held:
        _forget_ended(state, state.now - REOPEN_WITHIN)
    if state.windows:
        forget_windows(state, state.now - REACH)
    if state.now >= state.forgets_at:
        _forget_old(state)


def _forget_old(state: State) -> None:
    """Drop what is old, and note when there can be more of that: what is learned from now on is kept for an hour."""
    yesterday = state.now - DAY
    while state.texts and (oldest_text := next(iter(state.texts.items())))[1].at < yesterday:
        del state.texts[oldest_text[0]]
    while state.understood and _last(next(iter(state.understood.values()))) < yesterday:
        del state.understood[next(iter(state.understood))]
    state.forgets_at = min(forget_arrivals(state), state.now + REACH)
    if state.texts:
        state.forgets_at = min(state.forgets_at, next(iter(state.texts.values())).at + DAY)
    if state.understood:
        state.forgets_at = min(state.forgets_at, _last(next(iter(state.understood.values()))) + DAY)


def _forget_ended(state: State, oldest: int) -> None:
    ended = [
        slot
        for slot, held in state.held.items()
        if held.issue.status is IssueStatus.RESOLVED
        and (held.ended_at or to_microseconds(held.issue.last_seen)) < oldest
        and not any(a.status in UNFINISHED for a in held.actions.values())
    ]
    for slot in ended:
        del state.held[slot]


def _last(seen: dict[str, int]) -> int:
    return next(reversed(seen.values()))
