"""What people let rest, and when it ends."""

from __future__ import annotations

from typing import Literal

from ..decide import same_name
from ..models import PersonActed, Severity, to_microseconds
from ..verify import AFTERMATH, Suppression
from .state import State
from .windows import begin_windows

__all__ = ["MUTE_LASTS", "begin_suppressions", "end_suppressions", "mute"]

MUTE_LASTS = 14 * 24 * 3600 * 1_000_000
"""How long a mute may last at most, in microseconds: what is muted for good is forgotten."""


def mute(state: State, item: PersonActed) -> None:
    """Begin, change or end what a person mutes; what other people mute is not touched."""
    place = (same_name(item.by), item.target)
    state.mutes.pop(place, None)
    if item.verb == "unmute" or item.until is None:
        return
    until = min(to_microseconds(item.until), state.now + MUTE_LASTS)
    if until <= state.now:
        return
    known = next((h for h in state.held.values() if h.issue.id == item.target), None)
    # What was there to be seen when it was muted; anything worse has to be seen again.
    up_to = item.up_to or (known.issue.severity if known is not None else Severity.SEV3)
    state.mutes[place] = Suppression(f"muted by {item.by}", until, item.target, up_to, item.why)


Turned = tuple[Literal["maintenance", "mute"], str, tuple[str, ...]]
"""What began or ended: what it is, its name or whose it was, and what it was about."""


def end_suppressions(state: State) -> list[Turned]:
    """End what is over, and return it."""
    windows = [name for name, until in sorted(state.maintenance.items()) if until + AFTERMATH <= state.now]
    mutes = [place for place, one in sorted(state.mutes.items()) if one.until <= state.now]
    for name in windows:
        del state.maintenance[name]
    for place in mutes:
        del state.mutes[place]
    ended: list[Turned] = [("maintenance", name, ()) for name in windows]
    ended.extend(("mute", by, (target,)) for by, target in mutes)
    return ended


def begin_suppressions(state: State) -> list[Turned]:
    """Open the announced windows whose time has come, and return them."""
    # One may begin in the moment in which another of its name ends.
    return [("maintenance", name, ("begins",)) for name in begin_windows(state)]
