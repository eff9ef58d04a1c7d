"""Queries over what a memory keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Literal

import attrs

from ..errors import NotFound
from ..models.action import Action
from ..models.decision import Decision
from ..models.issue import Issue
from ..models.scales import ActionStatus, IssueStatus, Outcome, Severity
from ..ports import Memory
from .confidence import ConfidenceDay
from .digest import Digest, Gathered, digested
from .doings import doings
from .outcomes import ActionOutcomes
from .past import Past, newest_time, partitions_with
from .patterns import Link, Recurrence, Spread, linked, recurring, systemic
from .period import Period, positive
from .story import Story, told

__all__ = ["History", "Trends"]

_NEAR = timedelta(minutes=15)
_SPAN = timedelta(hours=1)


@attrs.frozen(kw_only=True)
class Trends:
    """
    All patterns of one period.

    Attributes:
        since, until: The period, both ends included; None where the memory is empty.
        recurring, linked, systemic, outcomes, confidence: What the methods of `History` with these names return.
    """

    since: datetime | None
    until: datetime | None
    recurring: tuple[Recurrence, ...] = ()
    linked: tuple[Link, ...] = ()
    systemic: tuple[Spread, ...] = ()
    outcomes: tuple[ActionOutcomes, ...] = ()
    confidence: tuple[ConfidenceDay, ...] = ()


class History:
    """
    Questions about the past, answered from any memory, and always from what it keeps at that moment.

    Times are aware, and both ends of a period belong to it. Patterns look at the `days` times 24 hours up to `until`,
    by default the time of the newest record; what was decided later is as if it had not been. They count occurrences
    that began in the period and were in front of a person, with `watching=True` also those that were only watched.

    Nothing is read but the four methods of the port, so a question costs what reading those records costs.

    Raises:
        ConfigurationError: By every method, for a time without a zone or a number below 1.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    # --- lists --------------------------------------------------------------------------------------------------

    def issues(
        self,
        *,
        kind: str | None = None,
        status: IssueStatus | None = None,
        merchant: str | None = None,
        severity_at_least: Severity | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        open_only: bool = False,
    ) -> tuple[Issue, ...]:
        """
        Return issues, the most urgent first: unresolved ones, then by severity, then the ones last seen newest.

        Args:
            kind: The failure mode.
            severity_at_least: This or worse.
            since: Seen at this time or later, by `last_seen`.
            until: Seen at this time or earlier, by `first_seen`.
            open_only: Leave resolved ones out.
        """
        period = Period(since=since, until=until)
        found = [
            i
            for i in self.memory.read("issues", pending=open_only)
            if kind in (None, i.kind)
            and status in (None, i.status)
            and merchant in (None, i.merchant)
            and (severity_at_least is None or i.severity >= severity_at_least)
            and period.touches(i.first_seen, i.last_seen)
        ]
        found.sort(key=lambda i: i.id)
        # Sorted twice, because ids go up and everything else goes down.
        return tuple(
            sorted(found, key=lambda i: (i.status is not IssueStatus.RESOLVED, i.severity, i.last_seen), reverse=True)
        )

    def decisions(
        self,
        *,
        issue: str | None = None,
        kind: str | None = None,
        merchant: str | None = None,
        outcome: Outcome | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest: int | None = None,
        shadow: bool = False,
    ) -> tuple[Decision, ...]:
        """
        Return decisions in the order of their times; those of one moment as they are stored.

        Args:
            issue: Id of the issue they are about.
            kind: The failure mode.
            newest: No more than this many, the newest ones; the others are not kept in between.
            shadow: Those of candidate rules instead.
        """
        period = Period(since=since, until=until)
        read: Literal["decisions", "shadow"] = "shadow" if shadow else "decisions"
        # A candidate's issues are nowhere but in its decisions.
        about = None if shadow else self._about(issue, kind, merchant)
        wanted = (
            d
            for d in (self.memory.read(read) if about is None else self._read_in(read, about))
            if issue in (None, d.issue.id)
            and kind in (None, d.issue.kind)
            and merchant in (None, d.merchant)
            and outcome in (None, d.outcome)
            and period.holds(d.at)
        )
        if newest is None:
            return tuple(sorted(wanted, key=lambda d: d.at))
        numbered = ((d.at, number, d) for number, d in enumerate(wanted))
        return tuple(d for *_, d in reversed(nlargest(positive("newest", newest), numbered, key=lambda n: n[:2])))

    def actions(
        self,
        *,
        issue: str | None = None,
        kind: str | None = None,
        status: ActionStatus | None = None,
        merchant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Action, ...]:
        """
        Return actions as they stand now, in the order of proposal.

        Args:
            issue: Id of the issue they are about.
            kind: The verb, such as ``notify``.
            merchant: Of the issue.
            since: Proposed at this time or later.
            until: Proposed at this time or earlier.
        """
        period = Period(since=since, until=until)
        theirs = None if merchant is None else {i.id for i in self.issues(merchant=merchant)}
        found = (
            a
            for a in self.memory.read("actions")
            if issue in (None, a.issue)
            and kind in (None, a.kind)
            and status in (None, a.status)
            and (theirs is None or a.issue in theirs)
            and period.holds(a.at)
        )
        return tuple(sorted(found, key=lambda a: (a.at, a.idempotency_key)))

    def story(self, issue: str) -> Story:
        """
        Return the life of the issue with this id: decisions, actions, and what people did about it.

        Raises:
            NotFound: If there is no such issue.
        """
        found = next(self.memory.read("issues", id=issue), None)
        if found is None:
            raise NotFound(f"expected the id of an issue, found none that is {issue!r}")
        places = partitions_with(self.memory, lambda i: i.id == issue)
        done = [d for place in places for d in doings(self.memory, place)]
        return told(found, self.decisions(issue=issue), self.actions(issue=issue), done)

    def newest(self) -> datetime | None:
        """Return the time of the newest record: an input, a decision, or the last sight of an issue; None for none."""
        return newest_time(self.memory, (d.at for d in self.memory.read("decisions")))

    def digest(
        self,
        *,
        days: int = 1,
        until: datetime | None = None,
        merchant: str | None = None,
        watching: bool = False,
    ) -> Digest:
        """
        Return what began, what goes on and what ended in the `days` times 24 hours up to `until`.

        Args:
            until: Default: the newest record of all merchants.
            merchant: Of this one alone.
            watching: What was only watched as well.
        """
        asked = Period(until=until)
        positive("days", days)
        end = until if until is not None else self.newest()
        if end is None:
            return Digest(since=None, until=None)
        about = self._about(None, None, merchant)
        gathered = Gathered()
        for decision in self.memory.read("decisions") if about is None else self._read_in("decisions", about):
            if asked.holds(decision.at) and merchant in (None, decision.merchant):
                gathered.add(decision)
        actions = self.memory.read("actions", pending=True)
        return digested(gathered, actions, Period.ending(end, days=days), end, watching=watching)

    # --- patterns -----------------------------------------------------------------------------------------------

    def recurring(
        self, *, days: int, at_least: int = 2, until: datetime | None = None, watching: bool = False
    ) -> tuple[Recurrence, ...]:
        """Return what occurred `at_least` times at the same merchant, with the same key; the most frequent first."""
        positive("at_least", at_least)
        past = Past.read(self.memory, days, until, watching=watching)
        return () if past is None else recurring(past.occurrences, at_least=at_least, until=past.until)

    def linked(
        self,
        *,
        days: int,
        within: timedelta = _NEAR,
        at_least: int = 2,
        until: datetime | None = None,
        watching: bool = False,
    ) -> tuple[Link, ...]:
        """
        Return pairs of failure modes that began at most `within` apart at the same merchant.

        Args:
            within: How far apart at most, that distance included.
            at_least: How often each of them was with the other, at least.
        """
        positive("at_least", at_least)
        past = Past.read(self.memory, days, until, watching=watching)
        return () if past is None else linked(past.occurrences, within=within, at_least=at_least)

    def systemic(
        self,
        *,
        days: int,
        merchants: int = 3,
        within: timedelta = _SPAN,
        until: datetime | None = None,
        watching: bool = False,
    ) -> tuple[Spread, ...]:
        """
        Return where a failure mode began at many merchants within a short time, in the order of time.

        Args:
            merchants: At how many, at least.
            within: From the first beginning to the last, that distance included.
        """
        positive("merchants", merchants)
        past = Past.read(self.memory, days, until, watching=watching)
        return () if past is None else systemic(past.occurrences, merchants=merchants, within=within)

    def outcomes(
        self, *, days: int, within: timedelta = _SPAN, until: datetime | None = None
    ) -> tuple[ActionOutcomes, ...]:
        """
        Return what became of the actions proposed in the period, by failure mode and kind of action.

        It reads the journals of the partitions that have such actions, to know who approved and when they were over.

        Args:
            within: How soon after its result an action's issue has to end to be counted, that moment included.
        """
        past = Past.read(self.memory, days, until, watching=True)
        return () if past is None else past.outcomes(self.memory, within)

    def confidence_trend(
        self, kind: str | None = None, *, days: int, until: datetime | None = None
    ) -> tuple[ConfidenceDay, ...]:
        """Return how sure the decisions were on each day of UTC that has any, of one failure mode or of each."""
        past = Past.read(self.memory, days, until, watching=True)
        return () if past is None else past.confidence(kind)

    def trends(
        self,
        *,
        days: int,
        until: datetime | None = None,
        at_least: int = 2,
        merchants: int = 3,
        near: timedelta = _NEAR,
        span: timedelta = _SPAN,
        watching: bool = False,
    ) -> Trends:
        """
        Return all patterns of one period, from one reading of the decisions.

        Args:
            near: `within` of `linked`.
            span: `within` of `systemic` and of `outcomes`.
        """
        positive("at_least", at_least)
        positive("merchants", merchants)
        past = Past.read(self.memory, days, until, watching=watching)
        if past is None:
            return Trends(since=None, until=None)
        return Trends(
            since=past.period.since,
            until=past.until,
            recurring=recurring(past.occurrences, at_least=at_least, until=past.until),
            linked=linked(past.occurrences, within=near, at_least=at_least),
            systemic=systemic(past.occurrences, merchants=merchants, within=span),
            outcomes=past.outcomes(self.memory, span),
            confidence=past.confidence(),
        )

    def _about(self, issue: str | None, kind: str | None, merchant: str | None) -> tuple[str, ...] | None:
        """
        Return the partitions where decisions about such issues are stored; None for all.

        A step stores an issue beside every decision about it, and issues are far quicker to read than decisions.
        """
        if issue is None and kind is None and merchant is None:
            return None
        return partitions_with(
            self.memory,
            lambda i: issue in (None, i.id) and kind in (None, i.kind) and merchant in (None, i.merchant),
        )

    def _read_in(self, what: Literal["decisions", "shadow"], partitions: tuple[str, ...]) -> Iterator[Decision]:
        for name in partitions:
            yield from self.memory.read(what, partition=name)
