"""Lists hold what fits, no more and no less, in the order they promise, from any memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.errors import ConfigurationError, NotFound
from migro.history import History
from migro.models import ActionStatus, IssueStatus, Outcome, Severity, StepRecord, Tick
from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory
from migro.testing import START, sample_decision, sample_issue
from tests.effort import cases
from tests.history.past import KINDS, MERCHANTS, NEXT, VERBS, Past, pasts

ENDS = st.none() | st.integers(0, 4 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


def maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


def between(since: datetime | None, first: datetime, last: datetime, until: datetime | None) -> bool:
    return not (since is not None and last < since) and not (until is not None and first > until)


def history(past: Past) -> History:
    memory = VolatileMemory()
    past.store(memory)
    return History(memory)


class OnlyRead:
    """A memory of which nothing but the two reading methods may be used."""

    def __init__(self, memory: Memory) -> None:
        self.load = memory.load
        self.read = memory.read

    def accept(self, *_: object) -> Any:
        raise AssertionError("expected a question to change nothing")

    commit = accept


@given(
    pasts(),
    maybe(KINDS),
    maybe(list(IssueStatus)),
    maybe([m for m in MERCHANTS if m]),
    maybe(list(Severity)),
    ENDS,
    ENDS,
    st.booleans(),
)
def test_issues_are_those_that_fit_and_the_most_urgent_come_first(
    past: Past,
    kind: str | None,
    status: IssueStatus | None,
    merchant: str | None,
    severity: Severity | None,
    since: datetime | None,
    until: datetime | None,
    open_only: bool,
) -> None:
    if since is not None and until is not None:
        since, until = min(since, until), max(since, until)
    wanted = [
        i
        for i in past.issues
        if (kind is None or i.kind == kind)
        and (status is None or i.status is status)
        and (merchant is None or i.merchant == merchant)
        and (severity is None or i.severity >= severity)
        and (not open_only or i.status is not IssueStatus.RESOLVED)
        and between(since, i.first_seen, i.last_seen, until)
    ]

    found = history(past).issues(
        kind=kind,
        status=status,
        merchant=merchant,
        severity_at_least=severity,
        since=since,
        until=until,
        open_only=open_only,
    )

    assert sorted(i.id for i in found) == sorted(i.id for i in wanted)
    for listed in (found, history(past).issues()):
        ranks = [(i.status is IssueStatus.RESOLVED, -i.severity, START - i.last_seen, i.id) for i in listed]
        assert ranks == sorted(ranks)


@given(
    pasts(),
    maybe(KINDS),
    maybe([m for m in MERCHANTS if m]),
    maybe(list(Outcome)),
    ENDS,
    ENDS,
    maybe([1, 2, 5]),
    st.data(),
)
def test_decisions_are_those_that_fit_in_the_order_of_time(
    past: Past,
    kind: str | None,
    merchant: str | None,
    outcome: Outcome | None,
    since: datetime | None,
    until: datetime | None,
    newest: int | None,
    data: st.DataObject,
) -> None:
    if since is not None and until is not None:
        since, until = min(since, until), max(since, until)
    issue = data.draw(maybe(sorted(i.id for i in past.issues)) if past.issues else st.none())
    wanted = [
        d.id
        for d in sorted(past.decisions, key=lambda d: d.at)
        if (issue is None or d.issue.id == issue)
        and (kind is None or d.issue.kind == kind)
        and (merchant is None or d.merchant == merchant)
        and (outcome is None or d.outcome is outcome)
        and between(since, d.at, d.at, until)
    ]

    found = history(past).decisions(
        issue=issue, kind=kind, merchant=merchant, outcome=outcome, since=since, until=until, newest=newest
    )

    assert [d.id for d in found] == (wanted if newest is None else wanted[-newest:])


@given(pasts(), maybe(VERBS), maybe(list(ActionStatus)), maybe([m for m in MERCHANTS if m]), ENDS, st.data())
def test_actions_are_those_that_fit_in_the_order_of_proposal(
    past: Past,
    kind: str | None,
    status: ActionStatus | None,
    merchant: str | None,
    since: datetime | None,
    data: st.DataObject,
) -> None:
    issue = data.draw(maybe(sorted(i.id for i in past.issues)) if past.issues else st.none())
    of = {i.id: i.merchant for i in past.issues}
    wanted = [
        a
        for a in past.actions
        if (kind is None or a.kind == kind)
        and (status is None or a.status is status)
        and (merchant is None or of[a.issue] == merchant)
        and (issue is None or a.issue == issue)
        and between(since, a.at, a.at, None)
    ]

    found = history(past).actions(issue=issue, kind=kind, status=status, merchant=merchant, since=since)

    assert list(found) == sorted(wanted, key=lambda a: (a.at, a.idempotency_key))


@settings(max_examples=cases(25))
@given(pasts())
def test_every_memory_gives_the_same_answers(past: Past) -> None:
    def answers(memory: Memory) -> Iterator[object]:
        asked = History(OnlyRead(memory))
        yield asked.issues()
        yield asked.decisions()
        yield asked.actions()
        yield asked.newest()
        yield [asked.story(i.id) for i in asked.issues()]
        yield asked.trends(days=3, watching=True)

    with tempfile.TemporaryDirectory() as folder:
        volatile = VolatileMemory()
        with SqliteMemory(Path(folder) / "past.db", durability="normal") as lasting:
            for memory in (volatile, lasting):
                past.store(memory)

            assert list(answers(lasting)) == list(answers(volatile))


def test_an_empty_memory_gives_empty_answers() -> None:
    asked = History(VolatileMemory())

    assert (asked.issues(), asked.decisions(), asked.actions(), asked.newest()) == ((), (), (), None)
    assert (asked.recurring(days=7), asked.linked(days=7), asked.systemic(days=7)) == ((), (), ())
    assert (asked.outcomes(days=7), asked.confidence_trend(days=7)) == ((), ())
    assert asked.trends(days=7).until is None
    assert asked.trends(days=7, until=START).since == START - timedelta(days=7)


def test_both_ends_of_a_period_belong_to_it() -> None:
    memory = VolatileMemory()
    memory.accept("m_1", [Tick(at=START)])
    memory.commit("m_1", 0, [StepRecord(seq=1, issues=(sample_issue(),), decisions=(sample_decision(),))])
    asked = History(memory)

    assert len(asked.decisions(since=START, until=START)) == 1
    assert len(asked.issues(since=START, until=START)) == 1
    assert asked.decisions(since=START + NEXT) == asked.decisions(until=START - NEXT) == ()
    assert asked.issues(since=START + NEXT) == asked.issues(until=START - NEXT) == ()


def test_what_is_resolved_comes_after_everything_that_is_not() -> None:
    memory = VolatileMemory()
    grave = sample_issue("iss_1", status=IssueStatus.RESOLVED, severity=Severity.SEV1)
    slight = sample_issue("iss_2", status=IssueStatus.WATCHING, severity=Severity.SEV4)
    memory.accept("m_1", [Tick(at=START)])
    memory.commit("m_1", 0, [StepRecord(seq=1, issues=(grave, slight))])

    assert History(memory).issues() == (slight, grave)


def test_of_decisions_of_one_moment_the_one_stored_last_is_the_newest() -> None:
    memory = VolatileMemory()
    made = tuple(sample_decision(f"dec_{n}", actions=()) for n in (2, 1, 3, 0))
    memory.accept("m_1", [Tick(at=START)])
    memory.commit("m_1", 0, [StepRecord(seq=1, issues=(sample_issue(),), decisions=made)])

    assert History(memory).decisions(newest=2) == made[2:]


def test_the_newest_record_may_be_an_input_that_no_step_has_consumed() -> None:
    memory = VolatileMemory()
    later = START + timedelta(hours=3)
    memory.accept("m_1", [Tick(at=START), Tick(at=later)])
    memory.commit("m_1", 0, [StepRecord(seq=1, issues=(sample_issue(),), decisions=(sample_decision(),))])

    assert History(memory).newest() == later


def test_what_a_candidate_would_have_decided_is_apart() -> None:
    memory = VolatileMemory()
    memory.accept("m_1", [Tick(at=START)])
    supposed = sample_decision("dec_supposed", issue=sample_issue("iss_supposed", kind="never_seen"))
    memory.commit("m_1", 0, [StepRecord(seq=1, shadow=(supposed,))])
    asked = History(memory)

    assert asked.decisions() == ()
    assert asked.decisions(shadow=True, kind="never_seen", issue="iss_supposed") == (supposed,)


def test_what_makes_no_sense_is_refused() -> None:
    asked = History(VolatileMemory())
    naive = START.replace(tzinfo=None)

    with pytest.raises(ConfigurationError, match="expected a time with a zone, got 2026-03-01T09:00:00 - at since"):
        asked.issues(since=naive)
    with pytest.raises(ConfigurationError, match="not before 2026-03-01T09:00:00"):
        asked.decisions(since=START, until=START - NEXT)
    with pytest.raises(ConfigurationError, match="expected 1 or more, got 0 - at days"):
        asked.trends(days=0)
    with pytest.raises(ConfigurationError, match="expected a time with a zone"):
        asked.recurring(days=1, until=naive)
    with pytest.raises(ConfigurationError, match="expected 1 or more, got 0 - at newest"):
        asked.decisions(newest=0)
    with pytest.raises(NotFound, match="found none that is 'iss_nowhere'"):
        asked.story("iss_nowhere")
