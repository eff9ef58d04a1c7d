"""What monitors call serious and nothing explains: it counts until its monitor says that it is over."""

from __future__ import annotations

from ..engine import Key
from ..models import Signal, content_id
from ..reason import CORE
from ..verify import Monitor, monitor_of
from .conclusions import Conclusions
from .effects import Effects
from .noticing import silent
from .state import Cry, State

__all__ = ["cry", "cry_again", "cry_ids", "fall_silent", "forget_cries", "monitors"]

_LASTS = max(rule.lasts_us for rule in CORE)
"""How long the core rules hear such a thing, in microseconds."""


def cry(
    conclusions: Conclusions, state: State, alarm: Signal, derived: Signal, effects: Effects, *, over: bool = False
) -> tuple[tuple[str, Key], ...]:
    """
    Let a derived signal count that says an alarm is serious and unexplained, and return the issues that rest on it.

    Where the alarm comes late, and its monitor has said since that it is over, it is kept for the case that this word
    is withdrawn, and counts for nothing; so it does where it is `over`, whatever is believed.
    """
    name = monitor_of(alarm)
    counts = not (over or silent(state, name))
    if name is not None:
        state.cries.setdefault(name, {})[derived.id] = Cry(derived, alarm.id, counts)
    return conclusions.infer(state, derived, effects)[1] if counts else ()


def fall_silent(conclusions: Conclusions, state: State, name: tuple[str, ...] | None, effects: Effects) -> bool:
    """Let nothing count any more that a monitor called serious, where it says that it is over; return if any did."""
    cries = state.cries.get(name) if name is not None and silent(state, name) else None
    counted = [cry for cry in cries.values() if cry.counts] if cries else []
    if name is None or not cries or not counted:
        return False
    for one in counted:
        conclusions.engine.withdraw(state.engine, one.signal.id, state.now)
        cries[one.signal.id] = Cry(one.signal, one.alarm, counts=False)
    effects.recovered = " ".join(name)
    conclusions.settle(state, effects)
    effects.recovered = ""
    return True


def monitors(state: State) -> dict[tuple[str, ...], Monitor | None]:
    """Return what is remembered of the monitors that called something serious which nothing explained."""
    return {name: state.flapping.get(name) or state.monitors.get(name) for name in state.cries}


def cry_ids(state: State, alarm: str) -> set[str]:
    """Forget what an alarm that is withdrawn made serious, and return the ids of the signals that say so."""
    gone = {id for cries in state.cries.values() for id, one in cries.items() if one.alarm == alarm}
    state.cries = {
        name: left
        for name, cries in state.cries.items()
        if (left := {id: one for id, one in cries.items() if id not in gone})
    }
    return gone


def cry_again(
    conclusions: Conclusions, state: State, before: dict[tuple[str, ...], Monitor | None], effects: Effects
) -> None:
    """
    Judge anew what monitors called serious, of which something was withdrawn.

    Args:
        before: As `monitors` was before.
    """
    now = monitors(state)
    for name, cries in sorted(state.cries.items()):
        if now[name] is before[name]:
            continue
        if silent(state, name):
            fall_silent(conclusions, state, name, effects)
        elif not any(one.counts for one in cries.values()):
            heard = [one for one in cries.values() if one.signal.effective_at + _LASTS >= state.now]
            del state.cries[name]
            for one in heard:
                id = content_id("sig", one.signal.id, "again")  # what was taken back once is not taken in again
                derived = one.signal.model_copy(update={"id": id})
                state.cries.setdefault(name, {})[id] = Cry(derived, one.alarm, counts=True)
                conclusions.infer(state, derived, effects)


def forget_cries(state: State, now: int) -> None:
    """Forget what rules hear no more."""
    for name, cries in list(state.cries.items()):
        left = {id: one for id, one in cries.items() if one.signal.effective_at + _LASTS >= now}
        if not left:
            del state.cries[name]
        elif len(left) < len(cries):
            state.cries[name] = left
