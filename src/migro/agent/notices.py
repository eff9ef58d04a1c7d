"""Notices: what people are told about actions and issues that wait for them, each once."""

from __future__ import annotations

from collections.abc import Callable

from ..decide import Policy, withdraw
from ..models import Action, ActionStatus, Outcome, Risk, RunMode, content_id, from_microseconds
from .effects import Effects
from .state import Held, State

__all__ = ["Tells", "retire", "tell", "tells"]

_KIND = "notify"


Tells = Callable[[str], bool]
"""Says whether a role may be told by itself."""


def tells(state: State, policy: Policy, mode: RunMode) -> Tells:
    """Return what says whether a role may be told: automation is not halted, and mode and allow-list let it run."""
    open_ = not state.halted and mode >= RunMode.ASSIST
    return lambda role: open_ and policy.allows(_KIND, role, mode)


def tell(
    state: State, held: Held, effects: Effects, *, about: str, what: str, role: str, text: str, allowed: bool
) -> None:
    """
    Plan to tell a role something about an issue; the same thing is told once.

    Args:
        about: Idempotency key of the action, or id of the issue.
        what: Which of the things that can be told about it.
        allowed: Whether policy lets it run; otherwise it is recorded alone.
    """
    newest = next(reversed([a for a in held.actions.values() if not a.about]), None)
    key = content_id("act", held.issue.id, "told", what, about)
    if key in held.actions:
        return
    told = Action(
        kind=_KIND,
        risk=Risk.R0,
        target=role,
        args={"text": text},
        outcome=Outcome.AUTO if allowed else Outcome.RECORD,
        status=ActionStatus.PLANNED if allowed else ActionStatus.RECORDED,
        idempotency_key=key,
        partition=state.partition,
        issue=held.issue.id,
        decision=newest.decision if newest is not None else "",
        binding=content_id("bind", _KIND, role, {"text": text}, about),
        at=from_microseconds(state.now),
        about=about,
    )
    held.actions[key] = effects.actions[key] = told


def retire(held: Held, about: str, why: str, effects: Effects) -> None:
    """Take back what was to be told about something and has not been told, because it is no news any more."""
    for key, action in list(held.actions.items()):
        if action.about == about and action.status is ActionStatus.PLANNED:
            held.actions[key] = effects.actions[key] = withdraw(action, why)
