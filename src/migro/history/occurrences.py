"""How often an issue was there: its decisions, cut at its ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from ..models.decision import Decision
from ..models.scales import Band, IssueStatus, Scope

__all__ = ["Moment", "Occurrence", "endings", "occurrences"]


@attrs.frozen(kw_only=True)
class Moment:
    """
    What patterns need of one decision; thousands of whole ones would fill the machine's memory.

    Attributes:
        bound: Idempotency key and binding of its actions: what approvals of them had to show.
    """

    at: datetime
    issue: str
    kind: str
    merchant: str | None
    scope: Scope
    key: tuple[str, ...]
    status: IssueStatus
    points: int
    band: Band
    bound: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, decision: Decision) -> Moment:
        """Return what is needed of a decision."""
        issue = decision.issue
        return cls(
            at=decision.at,
            issue=issue.id,
            kind=issue.kind,
            merchant=issue.merchant,
            scope=issue.scope,
            key=issue.key,
            status=issue.status,
            points=issue.points,
            band=issue.band,
            bound=tuple((a.idempotency_key, a.binding) for a in decision.actions),
        )

    @property
    def resolved(self) -> bool:
        """Whether the decision left the issue without evidence, or a person closed it."""
        return self.status is IssueStatus.RESOLVED


@attrs.frozen(kw_only=True)
class Occurrence:
    """
    One time that an issue was there, from its opening or reopening to its end.

    Attributes:
        issue: Its id. An issue that is reopened soon keeps it; one that comes back later gets another.
        began: When a decision opened or reopened it.
        ended: When the next decision resolved it; None while none has.
        opened: Whether it was in front of a person at any time between; else it was only watched.
    """

    issue: str
    kind: str
    merchant: str | None
    scope: Scope
    key: tuple[str, ...]
    began: datetime
    ended: datetime | None
    opened: bool


def occurrences(moments: Iterable[Moment]) -> tuple[Occurrence, ...]:
    """
    Return every time that an issue was there, in the order of beginnings.

    Args:
        moments: Of each issue in the order in which they were decided.
    """
    by_issue: dict[str, list[Moment]] = {}
    for moment in moments:
        by_issue.setdefault(moment.issue, []).append(moment)
    found = (o for decided in by_issue.values() for o in _of_one(decided))
    return tuple(sorted(found, key=lambda o: (o.began, o.issue)))


def _of_one(decided: list[Moment]) -> Iterator[Occurrence]:
    running: list[Moment] = []
    for moment in decided:
        if not moment.resolved:
            running.append(moment)
        elif running:
            yield _occurrence(running, moment.at)
            running = []
    if running:
        yield _occurrence(running, None)


def _occurrence(running: list[Moment], ended: datetime | None) -> Occurrence:
    first = running[0]
    return Occurrence(
        issue=first.issue,
        kind=first.kind,
        merchant=first.merchant,
        scope=first.scope,
        key=first.key,
        began=first.at,
        ended=ended,
        opened=any(m.status is IssueStatus.OPEN for m in running),
    )


def endings(found: Iterable[Occurrence]) -> dict[str, list[datetime]]:
    """Return when each issue ended, in order, by its id."""
    ends: dict[str, list[datetime]] = {}
    for occurrence in found:
        if occurrence.ended is not None:
            ends.setdefault(occurrence.issue, []).append(occurrence.ended)
    return ends
