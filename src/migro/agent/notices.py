"""Notices: what people are told about actions and issues that wait for them, each once."""

from __future__ import annotations

from ..decide import withdraw
from ..models import Action, ActionStatus, Outcome, Risk, content_id, from_microseconds
from .effects import Effects
from .state import Held, State

__all__ = ["retire", "tell", "tells"]

_KIND = "notify"


def tells(state: State, *, allowed: frozenset[str]) -> bool:
    """Whether operators may be told by themselves: automation is not halted, and policy lets it run."""
    return not state.halted and _KIND in allowed


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
