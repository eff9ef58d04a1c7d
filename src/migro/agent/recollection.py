"""What a partition remembers for a while beside its issues, and when it forgets."""

from __future__ import annotations

from ..models import ActionStatus, IssueStatus, Signal, to_microseconds
from .state import State

__all__ = ["DAY", "REOPEN_WITHIN", "forget", "same_text"]

REOPEN_WITHIN = 60 * 60 * 1_000_000
"""An issue that comes back this soon, in microseconds, is the same issue; so nobody is told twice."""

DAY = 24 * 60 * 60 * 1_000_000
"""How long texts and resources are remembered, in microseconds."""


def same_text(state: State, signal: Signal, seq: int) -> int | None:
    """Return the number of an earlier ticket with the same text from nobody else, and remember this one."""
    text = signal.attrs.get("text_ref")
    if signal.kind != "ticket" or not isinstance(text, str):
        return None
    if signal.auth == "failed" or signal.env in ("test", "staging"):
        return None  # what does not count cannot take the place of what does
    requester = signal.ids.get("requester")
    known = state.texts.get(text)
    if known is not None:
        provider, earlier, number, _ = known
        # Two help desks name one person differently; inside one desk, another person is another complaint.
        if provider != signal.provider or requester is None or earlier in (None, requester):
            return number
    state.texts[text] = (signal.provider, requester, seq, state.now)
    return None


def forget(state: State) -> None:
    """Drop issues that ended more than an hour ago, and texts and resources of yesterday."""
    oldest = state.now - REOPEN_WITHIN
    ended = [
        slot
        for slot, held in state.held.items()
        if held.issue.status is IssueStatus.RESOLVED
        and to_microseconds(held.issue.last_seen) < oldest
        and not any(a.status is ActionStatus.STARTED for a in held.actions.values())
    ]
    for slot in ended:
        del state.held[slot]
    yesterday = state.now - DAY
    if state.texts and min(seen[3] for seen in state.texts.values()) < yesterday:
        state.texts = {t: seen for t, seen in state.texts.items() if seen[3] >= yesterday}
    if state.understood and min(state.understood.values()) < yesterday:
        state.understood = {r: at for r, at in state.understood.items() if at >= yesterday}
