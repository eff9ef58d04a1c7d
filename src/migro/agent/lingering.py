"""Issues that keep coming back: they are not called resolved before they have stayed away for a while."""

from __future__ import annotations

from .state import Held, State

__all__ = ["CLEAN_FOR", "OFTEN", "OF_LATE", "end_lingering", "lingers", "opened"]

OFTEN = 3
"""From how many openings of late on an issue is known to come back."""

OF_LATE = 2 * 3600 * 1_000_000
"""How far back openings are counted, in microseconds."""

CLEAN_FOR = 30 * 60 * 1_000_000
"""How long such an issue has to be without evidence before it is resolved, in microseconds."""


def opened(held: Held, now: int) -> None:
    """Take down that an issue is opened, or opened again."""
    held.openings = (*(at for at in held.openings if at > now - OF_LATE), now)


def lingers(state: State, held: Held, *, supported: bool) -> bool:
    """Return whether an issue without evidence is not resolved yet, and see to it that it is looked at again."""
    slot = (held.issue.kind, held.issue.key)
    until = state.lingering.get(slot)
    if supported or held.closed_by:
        if until is not None:
            del state.lingering[slot]
            opened(held, state.now)  # it came back once more
        return False
    if until is None:
        if sum(at > state.now - OF_LATE for at in held.openings) < OFTEN:
            return False
        until = state.lingering[slot] = state.now + CLEAN_FOR
    return until > state.now


def end_lingering(state: State) -> list[tuple[str, tuple[str, ...]]]:
    """Return the issues, by (kind, key), that have been without evidence for long enough."""
    return [slot for slot, until in sorted(state.lingering.items()) if until <= state.now]
