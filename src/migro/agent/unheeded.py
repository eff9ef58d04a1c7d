"""Critical alarms that some rule reads: where nothing comes of one within a while, a person hears of it after all."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..engine import Key, NativeEngine
from ..models import IssueStatus, Severity, Signal
from ..reason import assess
from ..rules import RuleSet
from ..verify import HEEDED_WITHIN, in_window, monitor_of
from .state import Alarm, Held, State
from .systemic import NO_FAULT, WATCHERS, symptom_of

__all__ = ["forget_alarm", "hear_alarm", "next_unheeded", "unheeded_alarms"]


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
    state.alarms.setdefault(place, Alarm(state.now, signal, tuple(sorted(slots))))


def next_unheeded(state: State) -> int | None:
    """Return when the next alarm has waited long enough, in microseconds."""
    first = min((alarm.since for alarm in state.alarms.values()), default=None)
    return None if first is None else first + HEEDED_WITHIN


def unheeded_alarms(engine: NativeEngine, ruleset: RuleSet, state: State) -> list[Signal]:
    """
    Stop waiting for alarms that have waited long enough, and return those that go on and that nothing explains.

    A monitor that goes off in a maintenance window has as long again from there on.
    """
    due = [place for place, alarm in sorted(state.alarms.items()) if alarm.since + HEEDED_WITHIN <= state.now]
    found = [(place, state.alarms.pop(place)) for place in due]
    left = [(place, alarm) for place, alarm in found if not _is_over(state, place)]
    if in_window(state.maintenance, now=state.now, newest=state.now):
        again = {place: attrs.evolve(a, since=state.now) for place, a in left if monitor_of(a.signal) is not None}
        state.alarms.update(again)
        return []
    return [alarm.signal for _, alarm in left if not _explained(engine, ruleset, state, alarm)]


def forget_alarm(state: State, id: str) -> None:
    """Forget an alarm that was taken back."""
    state.alarms = {place: alarm for place, alarm in state.alarms.items() if alarm.signal.id != id}


def _is_over(state: State, place: tuple[str, ...]) -> bool:
    monitor = state.monitors.get(place)  # one that flaps is not believed that it is over
    return monitor is not None and monitor.said[-1][1]


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
