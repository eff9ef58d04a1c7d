"""One instant is one moment: an issue that opens and loses its evidence within it is resolved when time moves on."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Fold
from migro.agent.snapshots import restore, snapshot
from migro.expressions import minutes, percent
from migro.models import ActionStatus, IssueStatus, Tick
from migro.rules import Rule, RuleSet, supports
from tests.agent.world import DOWN, OPEN_POLICY, Call, Run, after, alert, call, calls, withdrawn
from tests.effort import cases

MICROSECOND = timedelta(microseconds=1)

_SHARE = calls.share(Call.code >= 500, at_least=percent(20), floor=2, within=minutes(2))
FIFTH = RuleSet("fifth", Rule("fifth", when=_SHARE, then=supports(DOWN, 105, family="ratio")))
"""One rule that comes and goes with every call."""


def fifth(*codes: int, at: int = 0) -> Run:
    run = Run(Fold(FIFTH, OPEN_POLICY))
    for n, code in enumerate(codes):
        run.give(call(n, at, code))
    return run


def down(run: Run) -> IssueStatus:
    return run.state.held["down", ("m_1",)].issue.status


def loud(run: Run) -> IssueStatus:
    return run.state.held["loud", ("m_1",)].issue.status


def test_what_opens_and_ends_in_one_instant_is_resolved_when_time_moves_on() -> None:
    run = fifth(500, 500, 200, 200)
    decision = run.decisions[-1]

    assert decision.issue.status is IssueStatus.WATCHING
    assert decision.because == (
        "no evidence is left in the instant in which it opened; it is resolved when time moves on"
    )
    assert run.steps[-1].record.due == after(0) + MICROSECOND
    (timer,) = run.give(Tick(at=after(0) + MICROSECOND)).timers
    assert (timer.what, timer.name, timer.deadline) == ("issue", "down", after(0) + MICROSECOND)
    assert down(run) is IssueStatus.RESOLVED
    assert not run.state.lingering


def test_what_comes_back_in_the_instant_in_which_it_went_has_never_been_away() -> None:
    run = fifth(500, 500, 200, 200, 500)
    run.give(Tick(at=after(60)))

    assert [d.issue.status for d in run.decisions] == [IssueStatus.OPEN, IssueStatus.WATCHING, IssueStatus.OPEN]
    assert len(run.state.held["down", ("m_1",)].openings) == 1
    planned = [a for a in run.state.held["down", ("m_1",)].actions.values() if a.status is ActionStatus.PLANNED]
    assert [a.kind for a in planned].count("notify") == 1


def test_what_was_planned_is_held_back_while_no_evidence_is_left() -> None:
    run = fifth(500, 500, 200)
    before = run.action("notify").status
    run.give(call(3, 0, 200))

    assert (before, run.action("notify").status) == (ActionStatus.PLANNED, ActionStatus.EXPIRED)


def test_what_ends_a_moment_later_is_resolved_at_once() -> None:
    run = Run()
    run.give(alert(1), alert(2, 1, over=True))

    assert loud(run) is IssueStatus.RESOLVED


def test_what_a_person_takes_back_ends_at_once() -> None:
    run = Run()
    opening = alert(1)
    run.give(opening, withdrawn(opening, 0))

    assert loud(run) is IssueStatus.RESOLVED


def test_what_opened_long_ago_and_opens_anew_waits_for_its_own_instant() -> None:
    run = Run()
    run.give(alert(1), alert(2, 60, over=True), alert(3, 600), alert(4, 600, over=True))

    assert loud(run) is IssueStatus.WATCHING
    run.give(Tick(at=after(601)))
    assert loud(run) is IssueStatus.RESOLVED


moments = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([200, 500])), min_size=3, max_size=16).map(
    lambda told: [call(n, minute * 90, code) for n, (minute, code) in enumerate(sorted(told, key=lambda one: one[0]))]
)
"""Calls of which many come in one instant, in some order."""


@settings(max_examples=cases(80), deadline=None)
@given(moments)
def test_no_issue_is_resolved_in_the_instant_in_which_it_opened(told: list[Call]) -> None:
    run = fifth()
    run.give(*told, Tick(at=after(10_000)))
    opened: dict[str, object] = {}
    for decision in run.decisions:
        issue = decision.issue
        if issue.status is IssueStatus.RESOLVED:
            assert opened.pop(issue.id) != decision.at
        else:
            opened.setdefault(issue.id, decision.at)


@settings(max_examples=cases(80), deadline=None)
@given(moments)
def test_ticks_and_snapshots_in_between_make_no_difference(told: list[Call]) -> None:
    plain, broken = fifth(), fifth()
    for signal in told:
        plain.give(signal)
        # A tick at the instant itself moves no time; one that is due moves it as far as the next signal would.
        broken.give(Tick(at=signal.received_at))
        engine, policy = broken.fold.engine, broken.fold.policy.version
        broken.state = restore(engine, policy, snapshot(engine, policy, broken.state))
        broken.give(signal)

    assert [d.json_line() for d in plain.decisions] == [d.json_line() for d in broken.decisions]
