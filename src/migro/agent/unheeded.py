"""Critical alarms that some rule reads: where nothing comes of one within a while, a person hears of it after all."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..engine import Key, NativeEngine
from ..models import IssueStatus, Severity, Signal
from ..reason import assess
from ..rules import RuleSet
from ..verify import AFTERMATH, HEEDED_WITHIN, in_window, monitor_of
from .noticing import silent
from .state import Alarm, Held, State
from .systemic import NO_FAULT, WATCHERS, symptom_of

__all__ = ["forget_alarm", "hear_alarm", "next_unheeded", "unheeded_alarms"]

_REPEATS = 20
"""How many times that one goes off are remembered; the first of those that are not withdrawn is the one that waits."""


def hear_alarm(state: State, signal: Signal, slots: Iterable[tuple[str, Key]]) -> None:
    """
    Wait for what comes of an alarm that a watcher calls critical; one that is repeated waits since the first.

    Args:
        slots: The issues that it speaks for, by (kind, key).
    """
    if signal.severity_hint != "critical" or signal.source_kind not in WATCHERS or signal.merchant is None:
        return
    monitor = monitor_of(signal)
    if monitor is None and in_window(state.maintenance, now=state.now, newest=state.now):
        return  # who never says that it is over is not asked after a window whether it is
    place = monitor or (signal.source_kind, signal.provider, signal.topic)
    heard = state.alarms.get(place, ())
    if len(heard) < _REPEATS:
        state.alarms[place] = (*heard, Alarm(state.now, signal, tuple(sorted(slots))))


def next_unheeded(state: State) -> int | None:
    """Return when the next alarm has waited long enough, in microseconds."""
    first = min((heard[0].since for heard in state.alarms.values()), default=None)
    return None if first is None else first + HEEDED_WITHIN


def unheeded_alarms(engine: NativeEngine, ruleset: RuleSet, state: State) -> list[Signal]:
    """
    Stop waiting for alarms that have waited long enough, and return those that nothing explains.

    Those whose monitor has recovered are among them: where that word is withdrawn, they count.

    A monitor that goes off in a maintenance window has as long again from there on, and until the leftovers of the
    window rest no more.
    """
    due = [place for place, heard in sorted(state.alarms.items()) if heard[0].since + HEEDED_WITHIN <= state.now]
    found = [(place, state.alarms.pop(place)) for place in due]
    loud: list[Signal] = []
    for place, (alarm, *others) in found:
        windows = in_window(state.maintenance, now=state.now, newest=alarm.since)
        if not windows or silent(state, place):
            if not _explained(engine, ruleset, state, alarm):
                loud.append(alarm.signal)
        elif monitor_of(alarm.signal) is not None:
            rests_until = max(state.maintenance[name] for name in windows) + AFTERMATH
            waits = attrs.evolve(alarm, since=min(state.now, rests_until - HEEDED_WITHIN))
            state.alarms[place] = (waits, *others)
    return loud


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
