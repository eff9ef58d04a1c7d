"""What a partition notices about its senders: clocks that are wrong, and monitors that keep changing their mind."""

from __future__ import annotations

from ..expressions import span
from ..models import Signal, to_microseconds
from ..verify import Clock, Monitor, clock_of, monitor_of, says_over
from .state import State

__all__ = ["calm", "dated", "forget_monitors", "watch"]

_TELL_EVERY = 10 * 60 * 1_000_000


def dated(state: State, signal: Signal) -> tuple[Signal, list[str], int]:
    """
    Return a signal at the time of a right clock, what there is to say about it, and how far a clock is behind.

    The last is 0 where nobody has to be told: for a clock that is right, or has been told about a short while ago.
    """
    source = clock_of(signal)
    if source is None:
        return signal, [], 0
    clock = state.clocks.get(source)
    if clock is None:
        clock = state.clocks[source] = Clock()
    shift = clock.hear(to_microseconds(signal.received_at), to_microseconds(signal.occurred_at))
    notes: list[str] = []
    if shift:
        signal = signal.model_copy(update={"shifted": shift})
        way = "behind" if shift > 0 else "ahead"
        notes.append(f"its clock is {span(abs(shift) // 1_000_000 * 1_000_000)} {way}, which is allowed for")
    late = clock.late_by(signal.effective_at)
    if late:
        notes.append(f"late: {span(late // 1_000_000 * 1_000_000)} behind the newest of {'/'.join(source)}")
    tell = bool(shift) and state.now - clock.told >= _TELL_EVERY
    if tell:
        clock.told = state.now
    return signal, notes, shift if tell else 0


def watch(state: State, signal: Signal) -> str:
    """
    Take in what a monitor says; return why it does not count yet, and nothing where it counts.

    Only the recovery of a monitor that flaps has to wait.
    """
    name = monitor_of(signal)
    if name is None:
        return ""
    known = state.flapping.pop(name, None) or state.monitors.pop(name, None)
    heard = Monitor.heard(known, signal, over=says_over(signal), now=state.now)
    (state.flapping if heard.flapping else state.monitors)[name] = heard
    if heard.waiting is not signal:
        return ""
    return f"flapping: {heard}; that it is over counts once it has not changed for {span(heard.calm_at - state.now)}"


def calm(state: State) -> list[tuple[str, Signal | None]]:
    """End the flapping of monitors that have been calm for long enough; return them and the recoveries that waited."""
    over = [(name, m) for name, m in sorted(state.flapping.items()) if m.calm_at <= state.now]
    for name, monitor in over:
        del state.flapping[name]
        state.monitors[name] = Monitor(monitor.over, monitor.at, monitor.changed_at)
    return [(" ".join(name), monitor.waiting) for name, monitor in over]


def forget_monitors(state: State, now: int) -> None:
    """Forget monitors that have been calm for so long that nothing about them matters."""
    state.monitors = {name: m for name, m in state.monitors.items() if m.forgotten_at >= now}
