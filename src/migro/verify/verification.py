"""Is this signal to be believed, and does it count? A verdict, never an exception."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import attrs

from ..errors import InputError
from ..expressions import UNSET, span
from ..models import Signal, to_microseconds

__all__ = [
    "MAINTENANCE_LASTS",
    "MAINTENANCE_LONGEST",
    "STALE_AFTER",
    "Verdict",
    "Window",
    "maintenance",
    "repeats",
    "says_over",
    "serious",
    "unread_window",
    "verify",
]

STALE_AFTER = 24 * 3600 * 1_000_000
"""What happened longer ago than this, in microseconds before receipt, says nothing about now."""

MAINTENANCE_LASTS = 4 * 3600 * 1_000_000
"""How long a maintenance window without a declared end may last, in microseconds."""

MAINTENANCE_LONGEST = 14 * 24 * 3600 * 1_000_000
"""How long any maintenance window may last, in microseconds: as long as what people mute."""

_STALE_AFTER = timedelta(microseconds=STALE_AFTER)

_ABOUT_WINDOWS = frozenset({"calendar.interval", "calendar.maintenance"})
"""Kinds of signals that can say something about a maintenance window."""

_OVER = frozenset({"resolved", "recovered", "ok", "closed", "normal", "inactive"})


@attrs.frozen
class Verdict:
    """
    What verify says of a signal.

    Attributes:
        name: `accepted` signals reach the rules; the others become a disposition at once.
        reason: Why, in words that make sense in a list.
    """

    name: Literal["accepted", "dropped", "suppressed", "recorded"]
    reason: str = ""


_ACCEPTED = Verdict("accepted")


def repeats(same_text: int | None, nearly: int | None) -> Verdict | None:
    """
    Return the verdict on a ticket that repeats another, or None for one that does not.

    Args:
        same_text: Sequence number of a ticket that said the same, by whatever way it came.
        nearly: Sequence number of a ticket that said nearly the same.
    """
    if same_text is not None:
        return Verdict("dropped", f"duplicate: the same text as number {same_text}")
    if nearly is not None:
        return Verdict("dropped", f"duplicate: nearly the same text as number {nearly}")
    return None


def verify(signal: Signal, *, duplicate_of: int | None) -> Verdict:
    """
    Return the verdict on a signal.

    Args:
        signal: As it was accepted.
        duplicate_of: Sequence number of the first delivery, where the memory has seen the event before.
    """
    if duplicate_of is not None:
        return Verdict("dropped", f"duplicate: redelivery of number {duplicate_of}")
    if signal.auth == "failed":
        return Verdict("dropped", "signature: it does not fit, so nothing in it is believed")
    if signal.kind == "unknown":
        return Verdict("recorded", f"not understood: {signal.attrs.get('reason', 'no normaliser knows it')}")
    if signal.kind == "compliance":
        return Verdict("recorded", "privacy request: for the privacy handler, never for rules")
    if signal.env == "test":
        return Verdict("suppressed", "test event")
    if signal.env == "staging":
        return Verdict("suppressed", "staging environment")
    age = signal.received_at - signal.occurred_at
    if age > _STALE_AFTER:
        days = age // _STALE_AFTER * STALE_AFTER
        return Verdict("suppressed", f"stale: it happened {span(days)} before receipt")
    return _ACCEPTED


def serious(signal: Signal) -> bool:
    """Return whether the sender calls it critical or high and does not say in the same breath that it is over."""
    if signal.severity_hint not in ("critical", "high"):
        return False
    return not says_over(signal)


def says_over(signal: Signal) -> bool:
    """Return whether the sender says that what it is about is over."""
    return (signal.state or "").lower() in _OVER or signal.topic.endswith(".resolved")


@attrs.frozen
class Window:
    """
    What a signal says about a maintenance window.

    Attributes:
        name: As the signal gives it; empty for one without a name.
        starts: When it begins or began, in microseconds: now where that is not told.
        until: When it ends, in microseconds: now for one that is over, nothing later than its begin for one that is
            called off before it begins.
    """

    name: str
    starts: int
    until: int


def maintenance(signal: Signal, now: int) -> Window | None:
    """
    Return what a signal says about a maintenance window, or None if it says nothing about any.

    One that names no end lasts four hours at most, and none longer than two weeks: a lost "it is over" must not
    silence a shop for good. One with a begin that is yet to come is announced, and needs no further word: it begins
    and ends by itself.
    """
    if signal.kind not in _ABOUT_WINDOWS:
        return None
    told = _Told(signal)
    begin, end = told.time("starts_at"), told.time("ends_at")
    if signal.kind == "calendar.interval":
        if told.word("what") != "maintenance" or begin is None or end is None:
            return None
        return _window(told.name, begin, end, now)
    active = told.word("active")
    if active is not True and (active is not None or not told.word("starts_at")):
        return Window(told.name, now if begin is None else begin, now)
    # A begin that cannot be read is neither now nor over.
    if begin is None and told.word("starts_at"):
        return None
    starts = now if begin is None else begin
    if end is not None and end <= now and active is True:
        return Window(told.name, starts, now)
    return _window(told.name, starts, starts + MAINTENANCE_LASTS if end is None else end, now)


def _window(name: str, starts: int, until: int, now: int) -> Window | None:
    """Return a window with this begin and end; None for one that is in the past."""
    if until <= starts:
        return Window(name, starts, min(starts, now))
    until = min(until, starts + MAINTENANCE_LONGEST)
    return Window(name, starts, until) if until > now else None


def unread_window(signal: Signal) -> str:
    """Return why a signal that is about maintenance says nothing of its begin, in words; empty where it does not."""
    if signal.kind not in _ABOUT_WINDOWS:
        return ""
    told = _Told(signal)
    if signal.kind == "calendar.interval" and told.word("what") != "maintenance":
        return ""
    names = [n for n in ("starts_at", "ends_at") if told.word(n) and told.time(n) is None]
    return f"not understood: {' and '.join(names)}, which takes a date, a time and a zone" if names else ""


class _Told:
    """The columns of a signal, of whatever class it is."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal

    @property
    def name(self) -> str:
        return str(getattr(self._signal, "window", None) or self._signal.ids.get("window", ""))

    def word(self, name: str) -> Any:
        told = getattr(self._signal, name, self._signal.attrs.get(name))
        return None if told is UNSET else told

    def time(self, name: str) -> int | None:
        told = self.word(name)
        try:
            at = datetime.fromisoformat(told) if isinstance(told, str) else told
            return to_microseconds(at) if isinstance(at, datetime) else None
        except (ValueError, InputError):
            return None
