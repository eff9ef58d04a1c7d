"""
Issues that are not called resolved at once: those that keep coming back, and those that have come only now.

What comes within one instant has come in some order that means nothing. So an issue that opens and loses its evidence
in one instant is resolved when time moves on; what comes back before has never been away.
"""

from __future__ import annotations

from ..models import to_microseconds
from ..reason import Assessment
from .state import Held, State

__all__ = ["CLEAN_FOR", "OFTEN", "OF_LATE", "end_lingering", "lingers", "opened", "unopened"]

OFTEN = 3
"""From how many openings of late on an issue is known to come back."""

OF_LATE = 2 * 3600 * 1_000_000
"""How far back openings are counted, in microseconds."""

CLEAN_FOR = 30 * 60 * 1_000_000
"""How long such an issue has to be without evidence before it is resolved, in microseconds."""


def opened(held: Held, now: int, behind: frozenset[str]) -> None:
    """Take down that an issue is opened, or opened again, and by which signals."""
    held.openings = (*(one for one in held.openings if one[0] > now - OF_LATE), (now, behind))


def unopened(state: State, held: Held, gone: set[str], *, supported: bool) -> None:
    """
    Take back the openings that rest on signals which are withdrawn, and what an issue is watched for because of them.

    Args:
        gone: Ids of these signals.
        supported: Whether the issue is supported without them: then it is open, whatever opened it.
    """
    last = len(held.openings) - 1
    held.openings = tuple(
        one for n, one in enumerate(held.openings) if gone.isdisjoint(one[1]) or (supported and n == last)
    )
    slot = (held.issue.kind, held.issue.key)
    until = state.lingering.get(slot)
    if until is not None and _times(held, until - CLEAN_FOR) < OFTEN:
        del state.lingering[slot]


def lingers(
    state: State, held: Held, assessment: Assessment, calm_since: int | None = None, *, revoked: bool = False
) -> bool:
    """
    Return whether an issue without evidence is not resolved yet, and see to it that it is looked at again.

    Args:
        revoked: Whether it lost its evidence by a person's word or by other rules, which no order can change.
        calm_since: When the monitor last changed whose recovery had to wait and takes the last evidence away now, in
            microseconds. That wait was the same half hour without a word of trouble, unless others spoke meanwhile.
    """
    slot = (held.issue.kind, held.issue.key)
    until = state.lingering.get(slot)
    just_opened = bool(held.openings) and held.openings[-1][0] == state.now
    if assessment.supported or held.closed_by:
        if until is not None:
            del state.lingering[slot]
            if not just_opened:
                opened(held, state.now, assessment.found)  # it came back once more
        return False
    if until is None:
        if _times(held, state.now) < OFTEN:
            if just_opened and not revoked:
                state.lingering[slot] = state.now + 1
            return just_opened and not revoked
        clean = state.now if calm_since is None else max(calm_since, to_microseconds(held.issue.last_seen))
        until = clean + CLEAN_FOR
        if until <= state.now:
            return False
        state.lingering[slot] = until
    return until > state.now


def _times(held: Held, now: int) -> int:
    return sum(at > now - OF_LATE for at, _ in held.openings)


def end_lingering(state: State) -> list[tuple[str, tuple[str, ...]]]:
    """Return the issues, by (kind, key), that have been without evidence for long enough."""
    return [slot for slot, until in sorted(state.lingering.items()) if until <= state.now]
