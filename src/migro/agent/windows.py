"""Maintenance windows: those that have begun, and those that were announced ahead and begin by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from ..verify import AFTERMATH, Window
from .state import State

__all__ = ["begin_windows", "declare", "forget_windows", "reopen", "window_timers"]

_Word = tuple[int, int, str, int]
"""When it came, until when and under which name the window is to last, and when it begins, in microseconds."""


def declare(state: State, id: str, window: Window) -> None:
    """Announce, open or end a maintenance window, as a signal says."""
    state.windows.pop(id, None)
    state.windows[id] = (state.now, window.until, window.name, window.starts)
    reopen(state)


def reopen(state: State) -> None:
    """Find anew which windows all that was said opens and announces."""
    ends, planned = _understood(state.windows.items(), state.now)
    state.maintenance = {name: until for name, (until, _) in sorted(ends.items()) if until + AFTERMATH > state.now}
    state.planned = {name: (starts, until) for name, (starts, until, _) in sorted(planned.items())}


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
    kept = {id for until, id in ends.values() if until + AFTERMATH > state.now}
    kept |= {id for _, until, id in planned.values() if until + AFTERMATH > state.now}
    for id in old.keys() - kept:
        del state.windows[id]


_Ends = dict[str, tuple[int, str]]
_Planned = dict[tuple[str, int], tuple[int, int, str]]


def _understood(words: Iterable[tuple[str, _Word]], now: int) -> tuple[_Ends, _Planned]:
    """Return which windows have begun by now and which are planned, each with the signal that it rests on."""
    ends: _Ends = {}
    planned: _Planned = {}
    for id, (at, until, name, starts) in words:
        _begin(ends, planned, at)
        if starts > at:
            # A window with a name is one window, and may be moved; those without are as many as there are begins.
            planned[name, 0 if name else starts] = (starts, until, id)
        elif until > at:
            planned.pop((name, 0), None)
            ends[name] = (until, id)
        else:
            planned.pop((name, 0), None)
            # Who says that a window is over that nobody opened says nothing; over and over, it would silence the shop.
            if name in ends and ends[name][0] > at:
                ends[name] = (until, id)
    _begin(ends, planned, now)
    return ends, planned


def _begin(ends: _Ends, planned: _Planned, now: int) -> None:
    for place, (starts, until, id) in sorted(planned.items(), key=lambda item: item[1]):
        if starts <= now:
            del planned[place]
            if until > max(starts, ends.get(place[0], (0, ""))[0]):
                ends[place[0]] = (until, id)
