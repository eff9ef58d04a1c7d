"""The outbox inside the fold: what stands with each action, and what people and dispatchers may change about it."""

from __future__ import annotations

from ..decide import withdraw
from ..models import Action, ActionStatus, PersonActed, to_microseconds
from .effects import Effects
from .state import Held, State

__all__ = ["answer", "check_due", "lapse", "move", "next_lapse", "stands", "void"]


def stands(state: State, key: str) -> ActionStatus | None:
    """Return where the action with that idempotency key stands, or None if there is none."""
    action = _action(state, key)
    return action.status if action is not None else None


def move(state: State, key: str, status: ActionStatus, note: str, effects: Effects) -> None:
    """Give an action another status; an empty note keeps the one it has."""
    for held in state.held.values():
        if key in held.actions:
            moved = held.actions[key].model_copy(update={"status": status, "note": note or held.actions[key].note})
            held.actions[key] = moved
            effects.actions[key] = moved


def answer(state: State, item: PersonActed, effects: Effects) -> None:
    """Take a person's approval or rejection; anything but what waits, exactly as it waits, changes nothing."""
    action = _action(state, item.target)
    # What was approved has to be what waits: the same action on the same evidence, under the same rules.
    if action is None or action.status is not ActionStatus.WAITING or action.binding != item.binding:
        return
    if item.verb == "reject":
        move(state, item.target, ActionStatus.REJECTED, f"rejected by {item.by}", effects)
    elif not state.halted:
        held = next(h for h in state.held.values() if item.target in h.actions)
        answers = tuple(sorted({*held.answers.get(item.target, ()), item.by.casefold()}))
        held.answers[item.target] = answers
        status = ActionStatus.PLANNED if item.target in held.approved else ActionStatus.WAITING
        move(state, item.target, status, f"approved by {', '.join(answers)}", effects)


def check_due(state: State, key: str, effects: Effects) -> None:
    """Withdraw a planned action that neither policy nor people allow any more."""
    for held in state.held.values():
        action = held.actions.get(key)
        if action is None or action.status is not ActionStatus.PLANNED:
            continue
        if not (state.halted or key in held.approved or key in held.allowed):
            effects.actions[key] = held.actions[key] = withdraw(action, "no longer allowed when due")


def void(held: Held, signal: str, effects: Effects) -> bool:
    """
    Withdraw what people alone allowed on a signal that is gone, and return whether anything open rests on it.

    Whoever still wants it is asked anew, on what is left. What waits gets another binding by the decision to come, so
    answers to the old one count for nothing.
    """
    bound = [
        held.actions[key]
        for key, signals in held.bound.items()
        if signal in signals and held.actions[key].status in (ActionStatus.WAITING, ActionStatus.PLANNED)
    ]
    for action in bound:
        key = action.idempotency_key
        if action.status is ActionStatus.PLANNED and key not in held.allowed:
            effects.actions[key] = held.actions[key] = withdraw(action, "a signal that it was approved on is gone")
    return bool(bound)


def next_lapse(state: State) -> int | None:
    """Return when the next waiting action lapses, in microseconds."""
    times = [at for held in state.held.values() if (at := held.actions.lapse) is not None]
    return to_microseconds(min(times)) if times else None


def lapse(state: State, effects: Effects) -> tuple[Action, ...]:
    """Expire what has waited too long, and return it: silence is no."""
    waiting = (a for h in state.held.values() for a in h.actions.values() if a.status is ActionStatus.WAITING)
    lapsed = [a for a in waiting if a.expires_at and to_microseconds(a.expires_at) <= state.now]
    lapsed.sort(key=lambda a: a.idempotency_key)
    for action in lapsed:
        move(state, action.idempotency_key, ActionStatus.EXPIRED, "nobody approved it in time", effects)
    return tuple(lapsed)


def _action(state: State, key: str) -> Action | None:
    return next((h.actions[key] for h in state.held.values() if key in h.actions), None)
