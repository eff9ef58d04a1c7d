"""What the engine hands out and what it holds while it runs."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Literal, NamedTuple

import attrs

from ..models import Signal
from .streams import Stream

__all__ = ["Anchor", "Change", "EngineState", "Evidence", "Firing", "Key", "MeasuredShare", "Series"]

Key = tuple[str, ...]


class Firing(NamedTuple):
    """
    A rule that holds for a key.

    Attributes:
        at: Its anchor in microseconds, or the time of evaluation when only known issues or calendars hold it up.
        lowered: Whether it rests on a fallback baseline and counts one class lower.
    """

    rule: str
    key: Key
    at: int
    lowered: bool = False


class Change(NamedTuple):
    """What happened to a firing in one step: the trace of the agenda, in firing order."""

    what: Literal["fired", "moved", "retracted", "quarantined"]
    rule: str
    key: Key


class Evidence(NamedTuple):
    """
    What inserting one signal did.

    Attributes:
        matched: Whether any selection matched it.
        unkeyed: Signal class names of the selections that matched but whose key the signal lacks, where none
            matched with a key.
        late: Whether it came after the retention of every stream it matched.
        errors: Rules in which a predicate raised.
        unreadable: Why it does not fit the class of its kind; empty when it does.
        measured: Streams that it entered as evidence, by selection number and key.
    """

    matched: bool
    unkeyed: tuple[str, ...] = ()
    late: bool = False
    errors: tuple[str, ...] = ()
    unreadable: str = ""
    measured: tuple[tuple[int, Key], ...] = ()


@attrs.frozen
class Anchor:
    """
    Where a timed premise is satisfied last.

    Attributes:
        at: The anchor.
        since: Start of what it looks at, included.
        found: Signals, different values, or hits in the window.
        size: Denominator of a share.
    """

    at: int
    since: int
    found: int = 0
    size: int = 0


@attrs.frozen
class MeasuredShare:
    """
    A share that a premise of a firing rule has measured.

    Attributes:
        hits, size: Numerator and denominator; at least one signal is in it.
        window: Length of what it was measured over, in microseconds; None for the premise of a recovery.
    """

    hits: int
    size: int
    window: int | None


@attrs.define
class Series:
    """
    The whole hours of a measure for one key.

    Attributes:
        next: Start of the hour that is taken next, in microseconds.
        values: Value of each hour taken, by its start; None where it was UNKNOWN.
        ended: When nothing had come for so long that the hours were given up; None while they go on.
        past: The hours of earlier times, each with when they were given up, oldest first.
        medians: What was made of the values, until they change.
    """

    next: int
    values: dict[int, Any] = attrs.Factory(dict)
    ended: int | None = None
    past: list[tuple[int, dict[int, Any]]] = attrs.Factory(list)
    medians: dict[tuple[int, int, tuple[int, ...]], Any] = attrs.field(factory=dict, eq=False, repr=False)

    def at(self, t: int) -> dict[int, Any]:
        """Return the hours that were in force at `t`."""
        for ended, values in self.past:
            if t < ended:
                return values
        return self.values if self.ended is None or t < self.ended else {}


@attrs.define
class EngineState:
    """
    What the engine holds while it runs, for one partition.

    Attributes:
        now: Time of the last evaluation, in microseconds.
        streams: Signals by (source, key).
        times: When each timed premise is satisfied, by (node, key), oldest first.
        last: The newest time of a premise that has been forgotten, where silence still needs it.
        firings: Rules that hold now.
        facts: Fact signals by (kind, key names, key), oldest first.
        candidates: Signals of selections that ask for more than the signal, kept because that may change.
        seen: When each value was seen, by (history, key, value), for what asks whether it is new.
        series: Hours of measures with a baseline, by (series, key).
        withdrawn: Ids that were taken back, with their time.
        errors: How often in a row a rule's predicates raised.
        quarantined: Rules that are left out because they kept raising, with since when.
        announced: Rules quarantined since the last conclusions were drawn.
        scheduled: When a rule has to be looked at again because time alone changes it.
        waiting: The same for timed premises and series.
        remembered: Ids of candidates, as far as they were asked for; made anew where they are not as many.
        keys: The one object that stands for each key.
        issues: The issues that somebody holds, by (kind, key): what no issue is about is left alone. None where single
            premises are asked as well, and everything is kept up.
        attentive: Whether evidence against what is no issue is to be had all the same, for now.
        current: Nodes that are not always kept up and are so now, by (node, key).
        speakers: The stream of a finer key that last kept a key of a node alive, by (node, key); only where to look
            first.
    """

    now: int = 0
    streams: dict[tuple[int, Key], Stream] = attrs.Factory(dict)
    times: dict[tuple[int, Key], list[int]] = attrs.Factory(dict)
    last: dict[tuple[int, Key], int] = attrs.Factory(dict)
    firings: dict[tuple[str, Key], Firing] = attrs.Factory(dict)
    facts: dict[tuple[str, tuple[str, ...], Key], list[tuple[int, str, Signal]]] = attrs.Factory(dict)
    candidates: dict[tuple[int, Key], list[tuple[int, str, Signal]]] = attrs.Factory(dict)
    seen: dict[tuple[int, Key, Any], list[tuple[int, str]]] = attrs.Factory(dict)
    series: dict[tuple[int, Key], Series] = attrs.Factory(dict)
    withdrawn: dict[str, int] = attrs.Factory(dict)
    errors: dict[str, int] = attrs.Factory(dict)
    quarantined: dict[str, int] = attrs.Factory(dict)
    announced: list[str] = attrs.Factory(list)
    scheduled: dict[tuple[str, Key], int] = attrs.Factory(dict)
    waiting: dict[tuple[int, Key], int] = attrs.Factory(dict)
    due: list[tuple[int, str, Key]] = attrs.Factory(list)
    alarms: list[tuple[int, int, Key]] = attrs.Factory(list)
    dirty: set[tuple[str, Key]] = attrs.Factory(set)
    touched: dict[tuple[int, Key], int] = attrs.Factory(dict)
    remembered: dict[tuple[int, Key], set[str]] = attrs.field(factory=dict, eq=False, repr=False)
    keys: dict[Key, Key] = attrs.field(factory=dict, eq=False, repr=False)
    issues: Container[tuple[str, Key]] | None = attrs.field(default=None, eq=False, repr=False)
    attentive: bool = attrs.field(default=False, eq=False, repr=False)
    current: set[tuple[int, Key]] = attrs.field(factory=set, eq=False, repr=False)
    speakers: dict[tuple[int, Key], tuple[int, Key]] = attrs.field(factory=dict, eq=False, repr=False)
