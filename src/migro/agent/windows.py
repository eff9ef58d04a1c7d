"""Maintenance windows: those that have begun, and those that were announced ahead and begin by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from ..verify import AFTERMATH, Window
from .state import State

__all__ = ["begin_windows", "declare", "forget_windows", "reopen", "window_timers"]

_Word = tuple[int, int, str, int]
"""When it came, until when and under which name the window is to last, and when it begins or began, in microseconds."""


def declare(state: State, id: str, window: Window) -> None:
    """Announce, open or end a maintenance window, as a signal says."""
    state.windows.pop(id, None)
    state.windows[id] = (state.now, window.until, window.name, window.starts)
    reopen(state)


def reopen(state: State) -> None:
    """Find anew which windows all that was said opens and announces."""
    ends, planned = _understood(state.windows.items(), state.now)
    state.maintenance = {}
    for (name, _), (until, _) in sorted(ends.items()):
        if until + AFTERMATH > state.now:
            state.maintenance[name] = max(until, state.maintenance.get(name, 0))
    state.planned = {place: (place[1], until) for place, (until, _) in sorted(planned.items())}


def begin_windows(state: State) -> list[str]:
    """Open the announced windows whose time has come, and return their names."""
    begun = sorted(name for (name, _), (starts, _) in state.planned.items() if starts <= state.now)
    if begun:
        reopen(state)
    return begun


def window_timers(state: State) -> Iterable[int]:
    """Return when windows begin, and when the last trace of them is gone, in microseconds."""
    yield from (starts for starts, _ in state.planned.values())
    yield from (until + AFTERMATH for until in state.maintenance.values())


def forget_windows(state: State, oldest: int) -> None:
    """Of the words older than `oldest`, which cannot be withdrawn any more, keep those that windows rest on."""
    old = {id: word for id, word in state.windows.items() if word[0] < oldest}
    if not old:
        return
    ends, planned = _understood(old.items(), oldest)
    # Words that came later are understood by what was open or just over when they came.
    kept = {id for until, ids in ends.values() if until + AFTERMATH > oldest for id in ids}
    kept |= {id for _, id in planned.values()}
    for id in old.keys() - kept:
        del state.windows[id]


_Ends = dict[tuple[str, int], tuple[int, tuple[str, ...]]]
"""When windows that have begun end, and the signals that they rest on."""

_Planned = dict[tuple[str, int], tuple[int, str]]
"""When announced windows end, by name and begin, and the signal that each rests on."""


def _understood(words: Iterable[tuple[str, _Word]], now: int) -> tuple[_Ends, _Planned]:
    """Return which windows have begun by now and which are planned."""
    ends: _Ends = {}
    planned: _Planned = {}
    for id, (at, until, name, starts) in words:
        _begin(ends, planned, at)
        if starts > at and until > starts:
            _replace(planned, name, starts, until)
            planned[name, starts] = (until, id)
        elif starts > at:
            if planned.pop((name, starts), None) is None:
                _call_off(ends, planned, name, at)
        elif until > at:
            _replace(planned, name, at, until)
            ends[_place(name, starts, at)] = (until, (id,))
        else:
            _end(ends, planned, name, starts, at, id)
    _begin(ends, planned, now)
    return ends, planned


def _place(name: str, starts: int, at: int) -> tuple[str, int]:
    """Return which window is meant: one with a name is open once, those without are as many as there are begins."""
    return (name, 0 if name or starts >= at else starts)


def _replace(planned: _Planned, name: str, starts: int, until: int) -> None:
    """Drop what the same window was announced as: with the same name, at a time that this one has a part of."""
    if name:
        for place in [p for p, (end, _) in planned.items() if p[0] == name and p[1] < until and end > starts]:
            del planned[place]


def _call_off(ends: _Ends, planned: _Planned, name: str, at: int) -> None:
    # While one is open, and shortly after, "it is over" is about that one and not about the next of its name.
    if name and ends.get((name, 0), (0, ()))[0] + AFTERMATH <= at:
        for place in [p for p in planned if p[0] == name]:
            del planned[place]


def _end(ends: _Ends, planned: _Planned, name: str, starts: int, at: int, id: str) -> None:
    # Who says that a window is over that nobody opened says nothing; over and over, it would silence the shop.
    running = [place for place, (until, _) in ends.items() if place[0] == name and until > at]
    if not running:
        _call_off(ends, planned, name, at)
    for place in running:
        # Whoever names no begin means all of them.
        if starts >= at or place[1] in (0, starts):
            ends[place] = (at, (*ends[place][1], id))


def _begin(ends: _Ends, planned: _Planned, now: int) -> None:
    for place, (until, id) in sorted(planned.items(), key=lambda item: (item[0][1], *item)):
        name, starts = place
        if starts <= now:
            del planned[place]
            to = (name, 0 if name else starts)
            if until > max(starts, ends.get(to, (0, ()))[0]):
                ends[to] = (until, (id,))
