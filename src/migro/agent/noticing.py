"""What a partition notices about its senders: clocks that are wrong, and monitors that keep changing their mind."""

from __future__ import annotations

from ..expressions import span
from ..models import Signal, to_microseconds
from ..models.signal import effective
from ..verify import Clock, Monitor, clock_of, monitor_of, says_over
from .state import State

__all__ = ["calm", "dated", "forget_monitors", "silent", "unhear", "watch"]

_TELL_EVERY = 10 * 60 * 1_000_000


def dated(state: State, signal: Signal) -> tuple[Signal, list[str], int]:
    """
    Return a signal at the time of a right clock, what there is to say about it, and how far a clock is behind.

    The last is 0 where nobody has to be told: for a clock that is right, or has been told about a short while ago.
    """
    if signal.shifted:
        signal = signal.model_copy(update={"shifted": 0})  # only this moves a signal, never who sends it
    source = clock_of(signal)
    if source is None:
        return signal, [], 0
    clock = state.clocks.get(source)
    if clock is None:
        clock = state.clocks[source] = Clock()
    received, occurred = to_microseconds(signal.received_at), to_microseconds(signal.occurred_at)
    shift = clock.hear(received, occurred)
    late = clock.late_by(effective(occurred + shift, received))
    if not (shift or late or clock.off):
        return signal, [], 0
    notes: list[str] = []
    if shift:
        signal = signal.model_copy(update={"shifted": shift})
        notes.append(f"its clock is {span(shift // 1_000_000 * 1_000_000)} behind, which is allowed for")
    if late:
        notes.append(f"late: {span(late // 1_000_000 * 1_000_000)} behind the newest of {'/'.join(source[:2])}")
    tell = bool(clock.off) and state.now - clock.told >= _TELL_EVERY
    if tell:
        clock.told = state.now
    return signal, notes, clock.off if tell else 0


def watch(state: State, signal: Signal) -> str:
    """
    Take in what a monitor says; return why it does not count yet, and nothing where it counts.

    Only the recovery of a monitor that flaps has to wait.
    """
    name = monitor_of(signal)
    if name is None:
        return ""
    over = says_over(signal)
    known = state.flapping.pop(name, None) or state.monitors.pop(name, None)
    heard = Monitor.heard(known, signal, over=over, now=state.now)
    (state.flapping if heard.flapping else state.monitors)[name] = heard
    if over and signal.attrs.get("group_over") is True and (group := signal.attrs.get("group")):
        _end_group(state, signal, group)
    if not heard.flapping or not over:
        return ""
    if not heard.waiting or heard.waiting[-1] is not signal:
        return f"flapping: {heard}; and this is older than what it said since"
    return f"flapping: {heard}; that it is over counts once it has not changed for {span(heard.calm_at - state.now)}"


def _end_group(state: State, signal: Signal, group: object) -> None:
    """
    Let all alarms of a group be over that wait to be explained, where one of them says so of the whole group.

    Each of them says it of itself too, and that word may get lost.
    """
    for name, heard in state.alarms.items():
        monitor = state.monitors.get(name)  # one that flaps is not believed, and no other in its place
        if monitor is not None and heard[-1].signal.attrs.get("group") == group:
            state.monitors[name] = Monitor.heard(monitor, signal, over=True, now=state.now)


def silent(state: State, name: tuple[str, ...] | None) -> bool:
    """Return whether what a monitor said last, and is believed, is that all is well."""
    monitor = None if name is None else state.monitors.get(name)  # one that flaps is not believed
    return monitor is not None and monitor.said[-1][1]


def ended(state: State, name: tuple[str, ...] | None) -> bool:
    """Return whether what a monitor said last is that all is well, be it believed or not."""
    monitor = None if name is None else state.monitors.get(name) or state.flapping.get(name)
    return monitor is not None and monitor.said[-1][1]


def calm(state: State) -> list[tuple[tuple[str, ...], Signal | None, int]]:
    """
    End the flapping of monitors that have been calm for long enough.

    Returns:
        The name of each, the recovery that waited, and since when the monitor has been calm, in microseconds.
    """
    if (first := state.flapping.calm_at) is None or first > state.now:
        return []
    over = [(name, m) for name, m in sorted(state.flapping.items()) if m.calm_at <= state.now]
    for name, monitor in over:
        del state.flapping[name]
        state.monitors[name] = monitor.calmed()
    return [(name, m.waiting[-1] if m.waiting else None, m.changed_at) for name, m in over]


def unhear(state: State, id: str) -> None:
    """Let monitors be as if they had never said what is withdrawn."""
    for name, monitor in [*state.flapping.items(), *state.monitors.items()]:
        left = monitor.without(id)
        if left is monitor:
            continue
        state.flapping.pop(name, None)
        state.monitors.pop(name, None)
        if left.said:
            (state.flapping if left.flapping else state.monitors)[name] = left


def forget_monitors(state: State, now: int) -> None:
    """Forget monitors that have been calm for so long that nothing about them matters."""
    state.monitors = {name: m for name, m in state.monitors.items() if m.forgotten_at >= now}
