"""A digest of a period: what began, what goes on and what ended, one line for each time that an issue was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import attrs

from ..models.action import Action
from ..models.decision import Decision
from ..models.issue import Issue
from ..models.scales import ActionStatus
from .occurrences import Moment, Occurrence, occurrences
from .period import Period

__all__ = ["Case", "Digest", "digested"]

_DAY = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Case:
    """
    One time that an issue was there, as it stands at the end of a period.

    Attributes:
        issue: As its last decision in this occurrence left it, that which resolved it included.
        occurrence: From when to when it was there; what came after the period is left out.
        day: Which 24 hours of it the end of the period lies in, from 1; for one that is over, its last.
        decisions: How many decisions about it were made in the period.
        times: How often the same was there in the period and the 14 days before its end, this time among them.
        waiting: How many of its actions wait for a person, today.
    """

    issue: Issue
    occurrence: Occurrence
    day: int
    decisions: int
    times: int
    waiting: int


@attrs.frozen(kw_only=True)
class Digest:
    """
    What is to be told of a period.

    Attributes:
        since, until: The period, both ends included; None where the memory is empty.
        began: What began in it and is there at its end, the worst first.
        goes_on: What had begun before and is there at its end, the worst first.
        ended: What ended in it, whenever it began, the worst first.
    """

    since: datetime | None
    until: datetime | None
    began: tuple[Case, ...] = ()
    goes_on: tuple[Case, ...] = ()
    ended: tuple[Case, ...] = ()

    @property
    def waiting(self) -> int:
        """How many actions of all that is in it wait for a person."""
        return sum({c.issue.id: c.waiting for c in (*self.began, *self.goes_on, *self.ended)}.values())


@attrs.define
class Gathered:
    """Decisions as they are read, of which the newest issue alone is kept, and each that resolved one."""

    moments: list[Moment] = attrs.Factory(list)
    newest: dict[str, Issue] = attrs.Factory(dict)
    resolved: dict[tuple[str, datetime], Issue] = attrs.Factory(dict)

    def add(self, decision: Decision) -> None:
        """Take in a decision; those of an issue in the order in which they were made."""
        moment = Moment.of(decision)
        self.moments.append(moment)
        self.newest[decision.issue.id] = decision.issue
        if moment.resolved:
            self.resolved[decision.issue.id, decision.at] = decision.issue


def digested(
    gathered: Gathered, actions: Iterable[Action], period: Period, until: datetime, *, watching: bool
) -> Digest:
    """Return the digest of what was decided up to the end of a period."""
    waiting = Counter(a.issue for a in actions if a.status is ActionStatus.WAITING)
    found = [o for o in occurrences(gathered.moments) if o.opened or watching]
    made = Counter(m.issue for m in gathered.moments if period.holds(m.at))
    lately = Period.ending(until, days=14)
    times = Counter(_same(o) for o in found if _there(o, lately) or _there(o, period))
    cases = [_case(o, gathered, until, made, times, waiting) for o in found if _there(o, period)]
    cases.sort(key=lambda c: (-c.issue.severity, c.occurrence.began, c.issue.id))
    there = [c for c in cases if c.occurrence.ended is None]
    return Digest(
        since=period.since,
        until=until,
        began=tuple(c for c in there if period.holds(c.occurrence.began)),
        goes_on=tuple(c for c in there if not period.holds(c.occurrence.began)),
        ended=tuple(c for c in cases if c.occurrence.ended is not None),
    )


def _there(occurrence: Occurrence, period: Period) -> bool:
    return occurrence.ended is None or period.touches(occurrence.began, occurrence.ended)


def _same(occurrence: Occurrence) -> tuple[object, ...]:
    return (occurrence.scope, occurrence.merchant, occurrence.kind, occurrence.key)


def _case(
    occurrence: Occurrence,
    gathered: Gathered,
    until: datetime,
    made: Mapping[str, int],
    times: Mapping[tuple[object, ...], int],
    waiting: Mapping[str, int],
) -> Case:
    name, ended = occurrence.issue, occurrence.ended
    return Case(
        issue=gathered.newest[name] if ended is None else gathered.resolved[name, ended],
        occurrence=occurrence,
        day=((ended or until) - occurrence.began) // _DAY + 1,
        decisions=made.get(name, 0),
        times=times[_same(occurrence)],
        waiting=waiting.get(name, 0),
    )
