"""
Alarms that wait: where nothing comes of one within a while, a person hears of it after all.

Critical ones that some rule reads wait for what explains them, and those called high that nothing explains for the word
of their monitor that it is over.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..engine import Key, NativeEngine
from ..expressions import span
from ..models import IssueStatus, Severity, Signal
from ..reason import assess
from ..rules import RuleSet
from ..verify import AFTERMATH, ENDS_WITHIN, HEEDED_WITHIN, in_window, monitor_of, unexplained, unheeded
from .noticing import ended, silent
from .state import Alarm, Held, State
from .systemic import NO_FAULT, WATCHERS, symptom_of

__all__ = ["forget_alarm", "has_ended", "hear_alarm", "is_alarm", "next_unheeded", "unheeded_alarms", "why_calm"]

_REPEATS = 20
"""How many times that one goes off are remembered; the first of those that are not withdrawn is the one that waits."""


def is_alarm(signal: Signal) -> bool:
    """Return whether a watcher calls something critical."""
    return signal.severity_hint == "critical" and signal.source_kind in WATCHERS and signal.merchant is not None


def hear_alarm(state: State, signal: Signal, slots: Iterable[tuple[str, Key]]) -> None:
    """
    Wait for what comes of an alarm that a watcher calls critical; one that is repeated waits since the first.

    Args:
        slots: The issues that it speaks for, by (kind, key).
    """
    if not is_alarm(signal):
        return
    monitor = monitor_of(signal)
    if monitor is None and in_window(state.maintenance, now=state.now, newest=state.now):
        return  # who never says that it is over is not asked after a window whether it is
    place = monitor or (signal.source_kind, signal.provider, signal.topic)
    _wait(state, place, Alarm(state.now, signal, tuple(sorted(slots))))


def why_calm(state: State, signal: Signal, *, unkeyed: bool) -> str:
    """
    Return why nobody has to hear at once of what is serious and no rule reads; empty where a person has to.

    What may be a sign of an open fault is told with that. What a monitor calls no worse than high may end by itself,
    so it waits, since it was first heard, for the monitor to say so.

    Args:
        unkeyed: Whether it lacks the key that rules over it need.
    """
    if of := symptom_of(state, signal):
        return f"taken for a sign of {of}"
    if not unkeyed and _may_end_soon(state, signal):
        return f"its monitor has {span(ENDS_WITHIN)} to say that it is over"
    return ""


def _may_end_soon(state: State, signal: Signal) -> bool:
    monitor = monitor_of(signal)
    if monitor is None or signal.severity_hint == "critical" or signal.merchant is None:
        return False
    # What goes off in a window rests anyway, and what is over already is kept for the case that this is withdrawn.
    if in_window(state.maintenance, now=state.now, newest=state.now) or silent(state, monitor):
        return False
    if any(map(_is_critical, state.alarms.get(monitor, ()))):
        return False
    _wait(state, monitor, Alarm(state.now, signal, ()))
    return True


def _wait(state: State, place: tuple[str, ...], alarm: Alarm) -> None:
    heard = state.alarms.get(place, ())
    if len(heard) < _REPEATS:
        state.alarms[place] = (*heard, alarm)


def _is_critical(alarm: Alarm) -> bool:
    return alarm.signal.severity_hint == "critical"


def _until(alarm: Alarm) -> int:
    return alarm.since + (HEEDED_WITHIN if _is_critical(alarm) else ENDS_WITHIN)


def next_unheeded(state: State) -> int | None:
    """Return when the next alarm has waited long enough, in microseconds."""
    return min((_until(heard[0]) for heard in state.alarms.values()), default=None)


def unheeded_alarms(engine: NativeEngine, ruleset: RuleSet, state: State) -> list[tuple[Signal, Signal]]:
    """
    Stop waiting for alarms that have waited long enough; return those that nothing explains, and what says so of each.

    Those whose monitor has recovered are among them: where that word is withdrawn, they count.

    A monitor that goes off in a maintenance window has as long again from there on, and until the leftovers of the
    window rest no more.
    """
    due = [place for place, heard in sorted(state.alarms.items()) if _until(heard[0]) <= state.now]
    found = [(place, state.alarms.pop(place)) for place in due]
    loud: list[tuple[Signal, Signal]] = []
    for place, (alarm, *others) in found:
        if not _is_critical(alarm) and (graver := tuple(filter(_is_critical, others))):
            state.alarms[place] = graver  # what became worse meanwhile waits for itself
        windows = in_window(state.maintenance, now=state.now, newest=alarm.since)
        if not windows or silent(state, place):
            if not _explained(engine, ruleset, state, alarm):
                told = unheeded if _is_critical(alarm) else unexplained
                loud.append((alarm.signal, told(alarm.signal, state.now)))
        elif monitor_of(alarm.signal) is not None:
            rests_until = max(state.maintenance[name] for name in windows) + AFTERMATH
            longer = _until(alarm) - alarm.since
            waits = attrs.evolve(alarm, since=min(state.now, rests_until - longer))
            state.alarms[place] = (waits, *others)
    return loud


def has_ended(state: State, alarm: Signal) -> bool:
    """
    Return whether an alarm that has waited is over.

    Of one that is called high that is what its monitor said last, even where it flaps: what never lasts is heard where
    it goes off again when it has waited.
    """
    name = monitor_of(alarm)
    return silent(state, name) if alarm.severity_hint == "critical" else ended(state, name)


def forget_alarm(state: State, id: str) -> None:
    """Forget an alarm that was taken back."""
    left = {place: tuple(one for one in heard if one.signal.id != id) for place, heard in state.alarms.items()}
    state.alarms = {place: heard for place, heard in left.items() if heard}


def _explained(engine: NativeEngine, ruleset: RuleSet, state: State, alarm: Alarm) -> bool:
    if symptom_of(state, alarm.signal):
        return True
    return any(_answers(engine, ruleset, state, held, alarm) for held in state.held.values())


def _answers(engine: NativeEngine, ruleset: RuleSet, state: State, held: Held, alarm: Alarm) -> bool:
    """Whether people see an issue that an alarm speaks for, or have seen such a one, or one as grave, that is over."""
    issue = held.issue
    spoken_for = (issue.kind, issue.key) in alarm.slots
    if issue.status is IssueStatus.RESOLVED:
        seen = held.surfaced > 0 and held.ended_at >= alarm.since
        return seen and (spoken_for or (issue.category not in NO_FAULT and issue.severity >= Severity.SEV2))
    kind = ruleset.kinds.get(issue.kind)
    if issue.status is not IssueStatus.OPEN or kind is None:
        return False
    return spoken_for or alarm.signal.id in assess(engine, state.engine, kind, issue.key).found
