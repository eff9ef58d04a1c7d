"""What becomes of an issue's actions where what they rest on goes."""

from __future__ import annotations

from ..decide import Ruling, withdraw
from ..models import Action, ActionStatus, Withdrawal
from .state import Held

__all__ = ["dropped", "withdrawn_with"]

_BEGUN = frozenset(
    {
        ActionStatus.STARTED,
        ActionStatus.SIMULATED,
        ActionStatus.SUCCEEDED,
        ActionStatus.FAILED,
        ActionStatus.UNKNOWN,
    }
)


def dropped(held: Held, ruling: Ruling) -> tuple[Action, ...]:
    """Return what has not begun and is not proposed any more, since severity fell or the rules are others."""
    proposed = {(kind, target) for kind, target, _ in ruling.outcomes}
    open_ = (a for a in held.actions.values() if a.status in (ActionStatus.WAITING, ActionStatus.PLANNED))
    # What people are told about an action is proposed by none.
    gone = (a for a in open_ if not a.about and (a.kind, a.target) not in proposed)
    return tuple(withdraw(a, "it is not proposed any more") for a in gone)


def withdrawn_with(held: Held, withdrawal: Withdrawal) -> Withdrawal:
    """Return what was taken back, with what had come of it for an issue."""
    begun = [
        f"{action.kind} -> {action.target}: {action.status.value}"
        for key, action in sorted(held.actions.items())
        if action.status in _BEGUN and withdrawal.signal in held.bound.get(key, frozenset())
    ]
    return withdrawal.model_copy(update={"actions": tuple(begun)})
