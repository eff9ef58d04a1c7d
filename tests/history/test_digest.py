"""A digest tells each time that an issue was there in a period exactly once, as it stood at the period's end."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.errors import ConfigurationError
from migro.history import Digest, History
from migro.models import ActionStatus, Decision, IssueStatus, Severity, StepRecord, Tick
from migro.remember import VolatileMemory
from migro.testing import START, sample_decision, sample_issue
from tests.effort import cases
from tests.history.past import MERCHANTS, NEXT, Past, pasts

DAY = timedelta(days=1)


def history(past: Past) -> History:
    memory = VolatileMemory()
    past.store(memory)
    return History(memory)


def cut(decided: list[Decision]) -> list[list[Decision]]:
    """Decisions of one issue, cut behind each that resolves it; what only resolves is no time that it was there."""
    parts: list[list[Decision]] = [[]]
    for one in decided:
        if one.issue.status is not IssueStatus.RESOLVED or parts[-1]:
            parts[-1].append(one)
        if one.issue.status is IssueStatus.RESOLVED and parts[-1]:
            parts.append([])
    return [p for p in parts if p]


def expected(
    past: Past, until: datetime, days: int, merchant: str | None, *, watching: bool
) -> dict[str, Counter[tuple[object, ...]]]:
    since = until - days * DAY
    by_issue: dict[str, list[Decision]] = {}
    for one in past.decisions:
        if one.at <= until and merchant in (None, one.merchant):
            by_issue.setdefault(one.issue.id, []).append(one)
    found: dict[str, Counter[tuple[object, ...]]] = {name: Counter() for name in ("began", "goes_on", "ended")}
    for decided in by_issue.values():
        for part in cut(decided):
            last = part[-1]
            over = last.issue.status is IssueStatus.RESOLVED
            if not watching and all(one.issue.status is not IssueStatus.OPEN for one in part):
                continue
            if over and last.at < since:
                continue
            section = "ended" if over else "began" if part[0].at >= since else "goes_on"
            made = sum(since <= one.at for one in decided)
            end = last.at if over else until
            day = 1 + (end - part[0].at).days
            found[section][last.issue.id, part[0].at, end if over else None, last.issue.severity, made, day] += 1
    return found


def told(digest: Digest, section: str) -> Counter[tuple[object, ...]]:
    return Counter(
        (c.issue.id, c.occurrence.began, c.occurrence.ended, c.issue.severity, c.decisions, c.day)
        for c in getattr(digest, section)
    )


@given(
    pasts(),
    st.integers(0, 24),
    st.sampled_from([timedelta(), NEXT, -NEXT, DAY, DAY + NEXT, DAY / 2]),
    st.integers(1, 3),
    st.none() | st.sampled_from([m for m in MERCHANTS if m]),
    st.booleans(),
)
@settings(max_examples=cases(200), deadline=None)
def test_a_digest_tells_what_one_walk_over_the_decisions_finds(
    past: Past, nth: int, later: timedelta, days: int, merchant: str | None, watching: bool
) -> None:
    # At the time of some decision, a moment beside it, or a whole period after it.
    until = past.decisions[nth % len(past.decisions)].at + later if past.decisions else START
    digest = history(past).digest(days=days, until=until, merchant=merchant, watching=watching)

    wanted = expected(past, until, days, merchant, watching=watching)
    for section in wanted:
        assert told(digest, section) == wanted[section]
        cases_of = getattr(digest, section)
        assert [c.issue.severity for c in cases_of] == sorted((c.issue.severity for c in cases_of), reverse=True)
    waiting = Counter(a.issue for a in past.actions if a.status is ActionStatus.WAITING)
    assert all(c.waiting == waiting[c.issue.id] for c in (*digest.began, *digest.goes_on, *digest.ended))


def days_of(memory: VolatileMemory, *statuses: tuple[float, IssueStatus, Severity]) -> None:
    """One issue of a shop, with a decision at each of these days."""
    steps, inputs = [], []
    for n, (day, status, severity) in enumerate(statuses, 1):
        at = START + day * DAY
        issue = sample_issue("iss_1", merchant="m_1", key=("m_1",), status=status, severity=severity, first_seen=START)
        decided = sample_decision(f"dec_{n}", at=at, partition="merchant:m_1", merchant="m_1", issue=issue)
        inputs.append(Tick(at=at))
        steps.append(StepRecord(seq=n, issues=(issue,), decisions=(decided,)))
    memory.accept("merchant:m_1", inputs)
    memory.commit("merchant:m_1", 0, steps)


def test_what_goes_on_for_days_is_one_line_of_each_days_digest() -> None:
    memory = VolatileMemory()
    days_of(
        memory,
        (0, IssueStatus.OPEN, Severity.SEV3),
        (1.5, IssueStatus.OPEN, Severity.SEV2),
        (2.5, IssueStatus.RESOLVED, Severity.SEV2),
        (2.75, IssueStatus.OPEN, Severity.SEV3),
    )
    asked = History(memory)

    def lines(day: float) -> list[tuple[str, int, Severity, int]]:
        digest = asked.digest(until=START + day * DAY)
        sections = ("began", "goes_on", "ended")
        return [(s, c.day, c.issue.severity, c.times) for s in sections for c in getattr(digest, s)]

    assert lines(0.5) == [("began", 1, Severity.SEV3, 1)]
    assert lines(1.25) == [("goes_on", 2, Severity.SEV3, 1)]
    assert lines(2.25) == [("goes_on", 3, Severity.SEV2, 1)]
    assert lines(3) == [("began", 1, Severity.SEV3, 2), ("ended", 3, Severity.SEV2, 2)]
    assert lines(20) == [("goes_on", 18, Severity.SEV3, 1)]  # the first time is longer ago than 14 days


def test_a_digest_of_nothing_is_empty() -> None:
    assert History(VolatileMemory()).digest() == Digest(since=None, until=None)


def test_a_digest_of_no_days_or_of_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected 1 or more, got 0 - at days"):
        History(VolatileMemory()).digest(days=0)
    with pytest.raises(ConfigurationError, match="expected a time with a zone"):
        History(VolatileMemory()).digest(until=datetime(2026, 3, 1))  # noqa: DTZ001
