"""What time alone changes in a partition: timers that fire, and what is forgotten."""

from __future__ import annotations

from typing import Literal

from ..decide import Policy
from ..engine import NativeEngine
from ..models import Action, TimerFired, from_microseconds, to_microseconds
from .attending import overdue
from .conclusions import Conclusions
from .days import forget_days
from .easing import ease
from .effects import Effects
from .lingering import end_lingering
from .merging import forget_merges
from .noticing import calm, forget_monitors
from .outbox import expire, lapse, next_lapse, remind
from .rechecks import look_again
from .recollection import forget
from .resting import begin_suppressions, end_suppressions
from .spending import forget_spending, free
from .state import State
from .systemic import forget_above
from .unexplained import cry, fall_silent, forget_cries
from .unheeded import has_ended, next_unheeded, unheeded_alarms
from .verifying import begin_looks, forget_tried
from .windows import window_timers

__all__ = ["TIDY_EVERY", "fire_timers", "lapses", "next_timer", "tidy"]

TIDY_EVERY = 10 * 60 * 1_000_000
"""How often the engine drops what no window can need, in microseconds of the fold's time."""


def next_timer(engine: NativeEngine, state: State) -> int | None:
    """Return when time alone next changes something, in microseconds."""
    due = engine.next_due(state.engine)
    times = [] if due is None else [due]
    if state.held and (lapse := next_lapse(state)) is not None:
        times.append(lapse)
    if state.maintenance or state.planned or state.mutes:
        times += window_timers(state)
        times += (m.until for m in state.mutes.values())
    if state.overdue or state.frees:
        times += (*state.overdue.values(), *state.frees.values())
    if state.flapping or state.lingering or state.rechecks or state.easing:
        calm_at = state.flapping.calm_at
        times += [*([] if calm_at is None else [calm_at]), *state.lingering.values(), *state.rechecks.values()]
        times += state.easing.values()
    if state.alarms and (unheeded_at := next_unheeded(state)) is not None:
        times.append(unheeded_at)
    return min(times) if times else None


def fire_timers(conclusions: Conclusions, state: State, effects: Effects, *, late_by: int) -> None:
    """
    Let everything happen that is due at the fold's time, in a fixed order.

    Args:
        late_by: How much later than due that is noticed, in microseconds.
    """
    deadline = from_microseconds(state.now)
    fired = lapses(conclusions, state, effects, state.now + late_by)
    people, tells = conclusions.policy.people, conclusions.tells(state)
    fired += [
        TimerFired(what="verification", name=a.kind, key=(a.idempotency_key,), deadline=deadline, late_by=late_by)
        for a in begin_looks(state, effects, looks=conclusions.looks(state))
    ]
    fired += [
        TimerFired(what="reminder", name=a.kind, key=(a.idempotency_key,), deadline=deadline, late_by=late_by)
        for a in remind(state, people, effects, tells=tells)
    ]
    over = [*end_suppressions(state), *begin_suppressions(state)]
    if over:
        fired += [
            TimerFired(what=what, name=name, key=key, deadline=deadline, late_by=late_by) for what, name, key in over
        ]
        conclusions.reassess(state, sorted(state.held), effects)
    for name, recovery, since in calm(state):
        fired.append(TimerFired(what="monitor", name=" ".join(name), key=(), deadline=deadline, late_by=late_by))
        if recovery is not None:
            effects.calm_since = since
            conclusions.infer(state, recovery, effects)
            fall_silent(conclusions, state, name, effects)
            effects.calm_since = None
    stayed_away = end_lingering(state)
    fired += [
        TimerFired(what="issue", name=kind, key=key, deadline=deadline, late_by=late_by) for kind, key in stayed_away
    ]
    conclusions.reassess(state, stayed_away, effects)
    for slot in stayed_away:
        state.lingering.pop(slot, None)
    before = len(effects.changes)
    conclusions.engine.pass_time(state.engine, state.now)
    conclusions.settle(state, effects)
    # After what time alone changes: an issue that has just ended, or become clear, is not looked at again.
    unclear = look_again(state)
    fired += [
        TimerFired(what="recheck", name=kind, key=key, deadline=deadline, late_by=late_by) for kind, key in unclear
    ]
    conclusions.reassess(state, unclear, effects)
    # After whatever else may explain them.
    for alarm, said in unheeded_alarms(conclusions.engine, conclusions.ruleset, state):
        told = TimerFired(what="alarm", name=alarm.topic, key=(alarm.id,), deadline=deadline, late_by=late_by)
        ended = has_ended(state, alarm)
        fired += [] if ended else [told]
        cry(conclusions, state, alarm, said, effects, over=ended)
    milder = ease(state)
    fired += [
        TimerFired(what="severity", name=kind, key=key, deadline=deadline, late_by=late_by) for kind, key in milder
    ]
    conclusions.reassess(state, milder, effects)
    freed = free(state)
    fired += [TimerFired(what="budget", name=kind, key=key, deadline=deadline, late_by=late_by) for kind, key in freed]
    conclusions.reassess(state, freed, effects)
    # Last, so that nobody is told of what has just ended.
    fired += [
        TimerFired(what="overdue", name=issue.kind, key=(issue.id,), deadline=deadline, late_by=late_by)
        for issue in overdue(state, people, effects, tells=tells)
    ]
    conclusions.relate(state, effects)
    # A rule that moves twice at one time, as where it is retracted and holds anew, was due once.
    rules = dict.fromkeys((c.rule, c.key) for c in effects.changes[before:])
    fired += [TimerFired(what="rule", name=rule, key=key, deadline=deadline, late_by=late_by) for rule, key in rules]
    effects.timers += fired


def lapses(conclusions: Conclusions, state: State, effects: Effects, now: int) -> list[TimerFired]:
    """Let approvals lapse whose time is over, and return that they did; `now` is when that is noticed."""
    people, tells = conclusions.policy.people, conclusions.tells(state)
    over: list[tuple[Literal["approval", "execution"], Action]] = []
    over.extend(("approval", a) for a in lapse(state, people, effects, tells=tells))
    over.extend(("execution", a) for a in expire(state, people, effects, tells=tells))
    return [
        TimerFired(
            what=what,
            name=a.kind,
            key=(a.idempotency_key,),
            deadline=a.expires_at,
            late_by=now - to_microseconds(a.expires_at),
        )
        for what, a in over
        if a.expires_at is not None
    ]


def tidy(engine: NativeEngine, policy: Policy, state: State) -> None:
    """Forget what nothing needs any more, at fixed times, so that extra ticks make no difference."""
    forget(state)
    if state.days:
        forget_days(state)
    if state.spent or state.closed:
        forget_spending(policy, state)
    if state.tried:
        forget_tried(state)
    if state.merges:
        forget_merges(state)
    if state.above:
        forget_above(state)
    times = state.now // TIDY_EVERY
    if times > state.tidied:
        state.tidied = times
        forget_monitors(state, times * TIDY_EVERY)
        forget_cries(state, times * TIDY_EVERY)
        engine.forget(state.engine, times * TIDY_EVERY)
