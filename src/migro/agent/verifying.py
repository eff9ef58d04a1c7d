"""Verifying: whether what was done has helped is looked at after a while; what has not is told, and not done again."""

from __future__ import annotations

from datetime import timedelta

from ..decide import People
from ..models import (
    Action,
    ActionResult,
    ActionStatus,
    IssueStatus,
    Outcome,
    Risk,
    content_id,
    from_microseconds,
    to_microseconds,
)
from ..rules import Response
from .effects import Effects
from .notices import Tells, tell
from .state import Held, State, Tried

__all__ = [
    "LOOK",
    "REMEMBERED",
    "begin_looks",
    "carry_tried",
    "forget_tried",
    "found",
    "is_look",
    "look_later",
    "note_failure",
    "of_no_use",
]

LOOK = "verify"
"""The kind of action by which an actuator looks whether what it did has helped; it changes nothing."""

REMEMBERED = 24 * 60 * 60 * 1_000_000
"""For how long what was of no use is not proposed again, in microseconds."""

_TOO_OFTEN = 2
"""After so many failures the same is not proposed once more."""

_SHOWN = 20
"""How often that an action was of no use is remembered about an issue."""

Slot = tuple[str, tuple[str, ...]]


def is_look(action: Action) -> bool:
    """Whether an action only looks whether another one has helped."""
    return action.kind == LOOK and action.about != ""


def look_later(state: State, held: Held, key: str, result: ActionResult, effects: Effects) -> None:
    """See to it that somebody looks whether an action that was done has helped, where its actuator can."""
    if result.status in ("succeeded", "simulated") and result.verify_after_s:
        at = from_microseconds(state.now) + timedelta(seconds=result.verify_after_s)
        _update(held, key, effects, verify_at=at)


def begin_looks(state: State, effects: Effects, *, looks: bool) -> tuple[Action, ...]:
    """
    Plan the looks that are due, each once, and return what they are about.

    Args:
        looks: Whether policy lets an actuator look; otherwise that nobody did is recorded.
    """
    due = [
        (held, action)
        for held in state.held.values()
        for action in held.actions.values()
        if action.verify_at is not None and to_microseconds(action.verify_at) <= state.now
    ]
    due.sort(key=lambda one: one[1].idempotency_key)
    for held, action in due:
        key = action.idempotency_key
        _update(held, key, effects, verify_at=None)
        if held.issue.status is IssueStatus.RESOLVED:
            continue  # it is over, with or without it
        look = Action(
            kind=LOOK,
            risk=Risk.R0,
            target=action.target,
            args={"action": key},
            outcome=Outcome.AUTO if looks else Outcome.RECORD,
            status=ActionStatus.PLANNED if looks else ActionStatus.RECORDED,
            idempotency_key=content_id("act", held.issue.id, LOOK, key),
            partition=state.partition,
            issue=held.issue.id,
            decision=action.decision,
            binding=content_id("bind", LOOK, key),
            at=from_microseconds(state.now),
            about=key,
        )
        held.actions[look.idempotency_key] = effects.actions[look.idempotency_key] = look
    return tuple(action for _, action in due)


def found(
    state: State, held: Held, look: Action, result: ActionResult, people: People, effects: Effects, *, tells: Tells
) -> bool:
    """Take down what a look has found, and return whether the issue has to be judged anew: it did not help."""
    action = held.actions.get(look.about)
    if action is None or not result.effect:
        return False
    key = action.idempotency_key
    _update(held, key, effects, verified=result.effect)
    if result.effect != "did_not_help":
        return False
    _note(state, held, action, done=True)
    role = people.roles_for(action.risk)[0]
    tell(
        state,
        held,
        effects,
        about=key,
        what="did not help",
        role=role,
        text=f"{action.kind} -> {action.target} was done and did not help: a person has to look",
        allowed=tells(role),
    )
    return True


def note_failure(state: State, held: Held, action: Action) -> bool:
    """Remember that an action has failed, and return whether that makes it one that is not proposed again."""
    if action.risk is Risk.R0 or is_look(action):
        return False
    _note(state, held, action, done=False)
    slot = (held.issue.kind, held.issue.key)
    return _why(state, slot, action.kind, action.target) != ""


def of_no_use(state: State, slot: Slot, response: Response) -> str:
    """Return in words why there is no use in a response once more; empty where there is."""
    return _why(state, slot, response.kind, response.target) if slot in state.tried else ""


def _why(state: State, slot: Slot, kind: str, target: str) -> str:
    tried = [t for t in state.tried.get(slot, ()) if (t.kind, t.target) == (kind, target)]
    tried = [t for t in tried if t.at > state.now - REMEMBERED]
    for one in reversed(tried):
        if one.done:
            return f"{kind} -> {target} did not help at {from_microseconds(one.at):%Y-%m-%d %H:%M} UTC"
    return f"{kind} -> {target} has failed {len(tried)} times" if len(tried) >= _TOO_OFTEN else ""


def forget_tried(state: State) -> None:
    """Forget what was of no use more than a day ago."""
    for slot, tried in list(state.tried.items()):
        left = tuple(t for t in tried if t.at > state.now - REMEMBERED)
        if not left:
            del state.tried[slot]
        elif left != tried:
            state.tried[slot] = left


def carry_tried(state: State, held: Held) -> None:
    """Take over what the records say of an issue's actions into a state that has not seen it happen."""
    slot = (held.issue.kind, held.issue.key)
    looks = {a.about: a for a in held.actions.values() if is_look(a)}
    for key, action in sorted(held.actions.items(), key=lambda one: (one[1].at, one[0])):
        done = action.verified == "did_not_help"
        if action.risk is Risk.R0 or not (done or action.status is ActionStatus.FAILED):
            continue
        # When it was found out: by the look, or not later than what was approved could begin.
        found_at = looks[key].at if key in looks else action.expires_at or action.at
        _remember(state, slot, Tried(min(state.now, to_microseconds(found_at)), action.kind, action.target, done))


def _note(state: State, held: Held, action: Action, *, done: bool) -> None:
    slot = (held.issue.kind, held.issue.key)
    _remember(state, slot, Tried(state.now, action.kind, action.target, done))


def _remember(state: State, slot: Slot, one: Tried) -> None:
    """Remember one more; what else was of no use stays, however often this one is."""
    tried = sorted((*state.tried.get(slot, ()), one), key=lambda t: t.at)
    same = [t for t in tried if (t.kind, t.target) == (one.kind, one.target)]
    if len(same) > _SHOWN:
        tried.remove(same[0])
    state.tried[slot] = tuple(tried)


def _update(held: Held, key: str, effects: Effects, **fields: object) -> None:
    held.actions[key] = effects.actions[key] = held.actions[key].model_copy(update=fields)
