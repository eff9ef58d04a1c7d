"""The outbox inside the fold: what stands with each action, and what people and dispatchers may change about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..decide import People, Policy, refusal, same_name, withdraw
from ..models import REFUSALS_SHOWN, Action, ActionStatus, PersonActed, from_microseconds, to_microseconds
from .effects import Effects
from .notices import Tells, retire, tell
from .state import Held, State, approvers, remind_at
from .verifying import is_look

__all__ = [
    "adopt",
    "answer",
    "check_due",
    "expire",
    "lapse",
    "move",
    "next_lapse",
    "of_action",
    "remind",
    "stands",
    "tell_dropped",
    "void",
]


def stands(state: State, key: str) -> ActionStatus | None:
    """Return where the action with that idempotency key stands, or None if there is none."""
    held = of_action(state, key)
    return held.actions[key].status if held is not None else None


def of_action(state: State, key: str) -> Held | None:
    """Return the issue that the action with that idempotency key is about, or None if there is none."""
    return next((h for h in state.held.values() if key in h.actions), None)


def adopt(held: Held, actions: Iterable[Action], effects: Effects) -> None:
    """Let actions stand as a decision leaves them; one that is bound to something else has no answers yet."""
    for action in actions:
        key = action.idempotency_key
        known = held.actions.get(key)
        if known == action:
            continue
        if known is None or known.binding != action.binding:
            held.answers.pop(key, None)
            held.bound[key] = held.evidence
        held.actions[key] = effects.actions[key] = action
        if known is not None and known.status is ActionStatus.WAITING is not action.status:
            retire(held, key, "nobody has to answer any more", effects)


def move(state: State, key: str, status: ActionStatus, note: str, effects: Effects) -> None:
    """Give an action another status; an empty note keeps the one it has."""
    for held in state.held.values():
        if key in held.actions:
            moved = held.actions[key].model_copy(update={"status": status, "note": note or held.actions[key].note})
            held.actions[key] = moved
            effects.actions[key] = moved


def answer(state: State, item: PersonActed, policy: Policy, barred: Mapping[str, str], effects: Effects) -> None:
    """
    Take a person's approval or rejection; anything but what waits, exactly as it waits, changes nothing.

    An answer of somebody who may not give it stands on the action in words, and changes nothing else.

    Args:
        barred: Who may not approve it, and why.
    """
    held = of_action(state, item.target)
    # What was approved has to be what waits: the same action on the same evidence, under the same rules.
    if held is None or held.actions[item.target].status is not ActionStatus.WAITING:
        return
    action = held.actions[item.target]
    if action.binding != item.binding:
        return
    # Whoever has come to ask for it since, or written its rules, is none of those who approve it.
    given = tuple(name for name in held.answers.get(item.target, ()) if name not in barred)
    why = refusal(policy.people, action, item.verb, item.by, barred=barred, given=given)
    if why:
        said = f"{from_microseconds(state.now):%Y-%m-%d %H:%M:%S} {item.by}: {why}"
        refused = (*action.refused, said)[-REFUSALS_SHOWN:]
        held.actions[item.target] = effects.actions[item.target] = action.model_copy(update={"refused": refused})
        return
    if item.verb == "reject":
        move(state, item.target, ActionStatus.REJECTED, f"rejected by {item.by}", effects)
    elif not state.halted:
        answers = tuple(sorted({*given, same_name(item.by)}))
        held.answers[item.target] = answers
        enough = item.target in held.approved
        status = ActionStatus.PLANNED if enough else ActionStatus.WAITING
        move(state, item.target, status, f"approved by {', '.join(answers)}", effects)
        if enough:
            # What was approved was approved for now: it is started soon, or people are asked again.
            until = from_microseconds(state.now) + policy.execution_lasts
            planned = held.actions[item.target].model_copy(update={"expires_at": until})
            held.actions[item.target] = effects.actions[item.target] = planned
    if held.actions[item.target].status is not ActionStatus.WAITING:
        retire(held, item.target, "it has been answered", effects)


def check_due(
    state: State,
    held: Held,
    action: Action,
    people: People,
    effects: Effects,
    *,
    beyond: str,
    tells: Tells,
    looks: bool,
) -> bool:
    """
    Withdraw a planned action that neither policy nor people allow any more; who approved it in vain is told.

    Args:
        beyond: Which limit it would go beyond; empty for none.
        looks: Whether policy lets an actuator look whether something has helped.

    Returns whether it was withdrawn.
    """
    key = action.idempotency_key
    if is_look(action):
        allowed = looks
    else:
        allowed = tells(action.target) if action.about else key in held.approved or key in held.allowed
    if state.halted or (allowed and not beyond):
        return False
    effects.actions[key] = held.actions[key] = withdraw(action, beyond or "no longer allowed when due")
    if key in held.answers:
        _tell_in_vain(
            state, held, action, people, effects, tells=tells, why=beyond or "what it was approved on has changed"
        )
    return True


def tell_dropped(
    state: State, held: Held, withdrawn: Iterable[Action], people: People, effects: Effects, *, tells: Tells
) -> None:
    """Tell the roles that were asked of everything that people have approved and that is now taken back."""
    for action in withdrawn:
        if action.idempotency_key in held.approved and held.actions[action.idempotency_key] != action:
            _tell_in_vain(state, held, action, people, effects, tells=tells, why=action.note)


def _tell_in_vain(
    state: State, held: Held, action: Action, people: People, effects: Effects, *, tells: Tells, why: str
) -> None:
    """Tell the role that was asked that what somebody has approved is not done, who that was, and why."""
    given = held.answers.get(action.idempotency_key, ())
    by = f" by {', '.join(given)}" if given else ""
    role = people.roles_for(action.risk)[0]
    tell(
        state,
        held,
        effects,
        about=action.idempotency_key,
        what="not done",
        role=role,
        text=f"{action.kind} -> {action.target} was approved{by} and is not done: {why}",
        allowed=tells(role),
    )


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
    """Return when time alone next changes an action, in microseconds."""
    times = [at for held in state.held.values() if (at := held.actions.lapse) is not None]
    return to_microseconds(min(times)) if times else None


def remind(state: State, people: People, effects: Effects, *, tells: Tells) -> tuple[Action, ...]:
    """Remind people of what still waits when most of its time is over, each once, and return what it is about."""
    found: list[Action] = []
    for held in state.held.values():
        reminded = {a.about for a in held.actions.values()}
        for action in [a for a in held.actions.values() if a.status is ActionStatus.WAITING]:
            at, until, key = remind_at(action), action.expires_at, action.idempotency_key
            if key in reminded or at is None or until is None or not to_microseconds(at) <= state.now:
                continue
            role = people.roles_for(action.risk)[0]
            tell(
                state,
                held,
                effects,
                about=key,
                what="reminder",
                role=role,
                text=f"{action.kind} -> {action.target} waits for {_people_asked(people, action)} until"
                f" {until:%Y-%m-%d %H:%M} UTC; unanswered, it is not done",
                allowed=tells(role),
            )
            found.append(action)
    return tuple(sorted(found, key=lambda a: a.idempotency_key))


def lapse(state: State, people: People, effects: Effects, *, tells: Tells) -> tuple[Action, ...]:
    """Expire what has waited too long, and return it: silence is no, and the next role hears of it."""
    lapsed = _over(state, ActionStatus.WAITING)
    for held, action in lapsed:
        key = action.idempotency_key
        move(state, key, ActionStatus.EXPIRED, "nobody approved it in time", effects)
        retire(held, key, "its time is over", effects)
        role = people.next_role(people.roles_for(action.risk)[0])
        tell(
            state,
            held,
            effects,
            about=key,
            what="lapsed",
            role=role,
            text=f"nobody answered in time, so {action.kind} -> {action.target} is not done;"
            f" {_people_asked(people, action)} had been asked",
            allowed=tells(role),
        )
    return tuple(action for _, action in lapsed)


def expire(state: State, people: People, effects: Effects, *, tells: Tells) -> tuple[Action, ...]:
    """Expire what people have approved and nobody has started in time, return it, and tell who is asked first."""
    late = _over(state, ActionStatus.PLANNED)
    for held, action in late:
        key, by = action.idempotency_key, ", ".join(approvers(action))
        move(state, key, ActionStatus.EXPIRED, f"approved by {by}, and not started in time", effects)
        role = people.roles_for(action.risk)[0]
        tell(
            state,
            held,
            effects,
            about=key,
            what="not started",
            role=role,
            text=f"{action.kind} -> {action.target} was approved by {by} and not started in time, so it is not done",
            allowed=tells(role),
        )
    return tuple(action for _, action in late)


def _over(state: State, status: ActionStatus) -> list[tuple[Held, Action]]:
    found = [(h, a) for h in state.held.values() for a in h.actions.values() if a.status is status]
    over = [(h, a) for h, a in found if a.expires_at and to_microseconds(a.expires_at) <= state.now]
    return sorted(over, key=lambda one: one[1].idempotency_key)


def _people_asked(people: People, action: Action) -> str:
    return " or ".join(people.roles_for(action.risk))
