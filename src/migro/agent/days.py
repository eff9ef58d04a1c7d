"""On which days an issue was opened: what comes back day after day was never mended."""

from __future__ import annotations

from .state import State

__all__ = ["RECURRING", "WITHIN_DAYS", "days_open", "forget_days", "opened_on"]

RECURRING = 3
"""From how many days on it is said that an issue keeps coming back."""

WITHIN_DAYS = 14
"""How many days are looked back, today included."""

_SLOTS = 256
"""Of how many issues the days are remembered in a partition; fine keys come and go."""

_DAY = 24 * 60 * 60 * 1_000_000

Slot = tuple[str, tuple[str, ...]]


def opened_on(state: State, slot: Slot) -> None:
    """Take down that an issue was opened today."""
    today = state.now // _DAY
    days = state.days.pop(slot, ())
    state.days[slot] = (*(d for d in days if today - WITHIN_DAYS < d < today), today)
    if len(state.days) > _SLOTS:
        del state.days[next(iter(state.days))]


def days_open(state: State, slot: Slot) -> int:
    """Return on how many of the last days an issue was opened, where that is often enough to be said; else 0."""
    today = state.now // _DAY
    days = sum(d > today - WITHIN_DAYS for d in state.days.get(slot, ()))
    return days if days >= RECURRING else 0


def forget_days(state: State) -> None:
    """Forget issues that have not been opened for so long."""
    oldest = state.now // _DAY - WITHIN_DAYS
    while state.days and next(iter(state.days.values()))[-1] <= oldest:
        del state.days[next(iter(state.days))]
