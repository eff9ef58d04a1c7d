"""Looking again: while an issue is unclear, its source is asked once more, a few times; then a person has to look."""

from __future__ import annotations

from ..decide import Ruling
from ..models import Band, RunMode
from .state import Held, State

__all__ = ["look_again", "plan"]


def plan(state: State, held: Held, ruling: Ruling, *, ended: bool) -> None:
    """See to it that an unclear issue is looked at again in time, and one that is clear, or has to rest, is not."""
    slot = (held.issue.kind, held.issue.key)
    rechecks = ruling.assessment.kind.rechecks
    # An attempt that nobody may carry out is none.
    rests = "suppressed" in ruling.holding or "unhealthy" in ruling.holding or ruling.mode < RunMode.ASSIST
    if ended or rests or not rechecks or ruling.assessment.band is not Band.MID:
        state.rechecks.pop(slot, None)
        return
    every, times = rechecks[0].every, rechecks[0].times
    # One more than there are attempts: only when the answer to the last has had its time, a person has to look.
    if slot not in state.rechecks and held.attempts <= times and every is not None:
        state.rechecks[slot] = state.now + every


def look_again(state: State) -> list[tuple[str, tuple[str, ...]]]:
    """Return the issues, by (kind, key), that are to be looked at again now, and count the attempt."""
    due = [slot for slot, at in sorted(state.rechecks.items()) if at <= state.now]
    for slot in due:
        del state.rechecks[slot]
        state.held[slot].attempts += 1
    return due
