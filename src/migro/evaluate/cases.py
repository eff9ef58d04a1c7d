"""Cases: what decisions put in front of a person, from an opening to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from ..models import Attention, Band, Decision, IssueStatus, Severity

__all__ = ["Case", "Sighting", "cases_of"]


@attrs.frozen(kw_only=True)
class Sighting:
    """
    What a score needs of one decision; whole ones of a long run would fill the machine's memory.

    Attributes:
        issue: Its id.
        parent: Id of the issue it is a consequence of.
        open: Whether it stood in front of a person, at medium confidence or more.
        because: Why the decision was made, in one line.
        rules: What counted for it, as ``+105 checkout.probe-fails``.
        needs: What nearly counted, in words.
        actions: Verbs that were proposed.
    """

    at: datetime
    issue: str
    kind: str
    merchant: str | None
    open: bool
    resolved: bool
    points: int
    severity: Severity
    attention: Attention
    parent: str | None = None
    because: str = ""
    rules: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @classmethod
    def of(cls, decision: Decision) -> Sighting:
        """Return what is needed of a decision."""
        issue, why = decision.issue, decision.explanation
        return cls(
            at=decision.at,
            issue=issue.id,
            kind=issue.kind,
            merchant=issue.merchant,
            open=issue.status is IssueStatus.OPEN and issue.band >= Band.MID,
            resolved=issue.status is IssueStatus.RESOLVED,
            points=issue.points,
            severity=issue.severity,
            attention=issue.attention,
            parent=issue.parent,
            because=decision.because,
            rules=tuple(f"{c.counted:+d} {c.rule}" for c in why.contributions if c.counted),
            needs=tuple(f"{m.rule} ({m.would_add:+d}) needs {m.needed}, finds {m.found}" for m in why.near_misses),
            actions=tuple(a.kind for a in decision.actions),
        )


@attrs.frozen(kw_only=True)
class Case:
    """
    One time that an issue stood in front of a person; an issue that is reopened makes another case.

    Attributes:
        opened: When it first stood there.
        until: When the next decision found it resolved; None while none has.
        severity: The gravest in that time.
        paged: When it first asked somebody to look at once; None if it never did.
        parents: Ids of issues that it was said to come of.
        because, rules: Of the decision that opened it.
    """

    issue: str
    kind: str
    merchant: str | None
    opened: datetime
    until: datetime | None
    severity: Severity
    paged: datetime | None
    parents: frozenset[str] = frozenset()
    because: str = ""
    rules: tuple[str, ...] = ()

    def standing(self, at: datetime) -> datetime | None:
        """Return when the case stood in front of a person, not before `at`; None if it had ended by then."""
        return None if self.until is not None and self.until <= at else max(self.opened, at)


def cases_of(sightings: Iterable[Sighting]) -> tuple[Case, ...]:
    """
    Return every case, in the order of openings.

    Args:
        sightings: Of each issue in the order in which they were decided.
    """
    by_issue: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        by_issue.setdefault(sighting.issue, []).append(sighting)
    found = (c for seen in by_issue.values() for c in _of_one(seen))
    return tuple(sorted(found, key=lambda c: (c.opened, c.kind, c.merchant or "", c.issue)))


def _of_one(seen: list[Sighting]) -> Iterator[Case]:
    running: list[Sighting] = []
    for sighting in seen:
        if sighting.resolved:
            if running:
                yield _case(running, sighting.at)
            running = []
        elif sighting.open:
            # What is less sure in between ends no case.
            running.append(sighting)
    if running:
        yield _case(running, None)


def _case(running: list[Sighting], until: datetime | None) -> Case:
    first = running[0]
    return Case(
        issue=first.issue,
        kind=first.kind,
        merchant=first.merchant,
        opened=first.at,
        until=until,
        severity=max(s.severity for s in running),
        paged=next((s.at for s in running if s.attention is Attention.PAGE), None),
        parents=frozenset(s.parent for s in running if s.parent is not None),
        because=first.because,
        rules=first.rules,
    )
