"""Easing: severity rises at once and falls only after it has been lower for a while, so that it does not swing."""

from __future__ import annotations

from ..models import Severity
from .state import Held, State

__all__ = ["EASE", "ease", "held_severity", "level", "plan_ease"]

EASE = 10 * 60 * 1_000_000
"""How long an issue has to be milder before its severity falls, in microseconds."""


def held_severity(held: Held, now: int) -> Severity | None:
    """Return the worst severity that an issue has had in the last ten minutes; None before it had any."""
    return max((severity for until, severity, _ in held.reached if not until or until > now - EASE), default=None)


def level(held: Held, now: int, severity: Severity, evidence: frozenset[str]) -> None:
    """Take down how bad an issue is by what is known now, where that is another severity than before."""
    still = next((r for r in held.reached if not r[0]), None)
    if still is not None and still[1] is severity:
        return
    ended = [(now, *still[1:])] if still is not None else []
    past = [r for r in held.reached if r[0] and r[0] > now - EASE]
    held.reached = (*past, *ended, (0, severity, evidence))


def plan_ease(state: State, held: Held, *, ended: bool) -> None:
    """See to it that an issue that is held at a worse severity than it has is looked at when that may fall."""
    slot = (held.issue.kind, held.issue.key)
    state.easing.pop(slot, None)
    worst = held_severity(held, state.now)
    now = next((severity for until, severity, _ in held.reached if not until), None)
    if ended or worst is None or now is None or worst <= now:
        return
    state.easing[slot] = EASE + max(until for until, severity, _ in held.reached if severity is worst)


def ease(state: State) -> list[tuple[str, tuple[str, ...]]]:
    """Return the issues, by (kind, key), whose severity may fall now."""
    due = [slot for slot, at in sorted(state.easing.items()) if at <= state.now]
    for slot in due:
        del state.easing[slot]
    return due
