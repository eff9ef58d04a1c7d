"""A critical alarm that rules read, and of which nothing comes, reaches a person after a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Fold
from migro.agent.snapshots import restore, snapshot
from migro.models import Attention, IssueStatus, Severity, Signal, SignalWithdrawn, Tick
from migro.rules import IssueKind, Rule, RuleSet, SeverityScale, on, supports
from tests.agent.world import (
    LOUD,
    OPEN_POLICY,
    Alert,
    Probe,
    Run,
    after,
    alert,
    maintenance,
    probe,
    stranger,
    withdrawn,
)
from tests.effort import cases

QUARTER = 15 * 60

MILD = IssueKind[Any]("mild", category="checkout", severity=SeverityScale(default=Severity.SEV4))
_FIRING = on(Alert, Alert.topic == "alert.firing", per=Alert.merchant)
HALF_SURE = RuleSet(
    "half-sure",
    Rule("alert", when=_FIRING, then=supports(LOUD, 50, family="monitor")),
    Rule("alarm", when=on(Probe, Probe.ok == True, per=Probe.merchant), then=supports(LOUD, 105, family="probe")),  # noqa: E712  # a column, not a truth value
    Rule("probe", when=on(Probe, Probe.ok == False, per=Probe.merchant), then=supports(MILD, 105, family="probe")),  # noqa: E712  # as above
)
"""Rules that are never sure of anything by an alert alone."""


@pytest.fixture
def run() -> Run:
    return Run(Fold(HALF_SURE, OPEN_POLICY))


def alarm(n: int, at: int = 0, **fields: Any) -> Alert:
    return alert(n, at, **{"severity_hint": "critical", **fields})


def unknown(run: Run) -> list[Any]:
    return [d for d in run.decisions if d.issue.kind == "unknown"]


def waited(run: Run, *signals: Signal | SignalWithdrawn, until: int = QUARTER) -> list[Any]:
    run.give(*signals, Tick(at=after(until)))
    return unknown(run)


def test_a_person_hears_of_it_a_quarter_of_an_hour_later_to_the_microsecond(run: Run) -> None:
    run.give(alarm(1), Tick(at=after(QUARTER) - timedelta(microseconds=1)))

    assert not unknown(run)
    (timer,) = [t for t in run.give(Tick(at=after(QUARTER))).timers if t.what == "alarm"]
    assert (timer.name, timer.deadline, timer.late_by) == ("alert.firing", after(QUARTER), 0)
    (decision,) = unknown(run)
    assert (decision.at, decision.issue.severity) == (after(QUARTER), Severity.SEV2)
    assert (decision.issue.status, decision.issue.attention) == (IssueStatus.OPEN, Attention.PAGE)
    assert decision.because == "opened at 0.55 by unknown.critical-unheeded"


def test_what_is_repeated_waits_since_it_was_first_heard(run: Run) -> None:
    (decision,) = waited(run, alarm(1), alarm(2, 300), alarm(3, 600))

    assert decision.at == after(QUARTER)


def test_two_monitors_of_one_shop_are_one_issue(run: Run) -> None:
    found = waited(run, alarm(1), alarm(2, 60, name="b"), until=2 * QUARTER)

    assert len({d.issue.id for d in found}) == 1


def test_what_is_over_by_then_is_nobodys_concern(run: Run) -> None:
    assert not waited(run, alarm(1), alert(2, QUARTER - 1, over=True))


def test_what_is_over_and_goes_off_again_is_not_over(run: Run) -> None:
    assert waited(run, alarm(1), alert(2, 60, over=True), alarm(3, 120))


def test_another_monitor_that_is_over_says_nothing_about_it(run: Run) -> None:
    assert waited(run, alarm(1), alert(2, 60, over=True, name="b"))


def in_group(alarm: Alert, group: str | None, *, over: bool = False) -> Alert:
    told = {"group": group, "group_over": True if over else None}
    return alarm.model_copy(update={"attrs": {name: value for name, value in told.items() if value is not None}})


@pytest.mark.parametrize(
    ("group", "over", "heard"), [("g", True, False), ("g", False, True), ("other", True, True), (None, True, True)]
)
def test_of_a_group_that_is_over_every_monitor_is(run: Run, group: Any, over: bool, heard: bool) -> None:
    told = in_group(alert(2, 60, over=True, name="b"), group, over=over)

    assert bool(waited(run, in_group(alarm(1), "g"), told)) is heard


def test_the_word_of_a_group_that_is_withdrawn_says_nothing(run: Run) -> None:
    told = in_group(alert(2, 60, over=True, name="b"), "g", over=True)

    assert waited(run, in_group(alarm(1), "g"), told, withdrawn(told, 120))


def test_what_goes_off_after_its_group_was_over_is_heard(run: Run) -> None:
    told = in_group(alert(2, 60, over=True, name="b"), "g", over=True)

    assert waited(run, told, in_group(alarm(1, 120), "g"), until=120 + QUARTER)


def test_an_issue_that_rests_on_it_explains_it(run: Run) -> None:
    assert not waited(run, alarm(1), probe(1, QUARTER - 1, ok=True))


@pytest.mark.parametrize("minute", [1, 12], ids=["over", "open"])
def test_a_fault_as_grave_that_is_open_or_was_since_explains_it(minute: int) -> None:
    grave = IssueKind[Any]("fire", category="checkout", severity=SeverityScale(default=Severity.SEV1))
    burning = on(Probe, Probe.ok == False, per=Probe.merchant)  # noqa: E712  # a column, not a truth value
    rules = RuleSet("fire", *HALF_SURE, Rule("fire", when=burning, then=supports(grave, 110, family="probe")))
    run = Run(Fold(rules, OPEN_POLICY))

    assert not waited(run, alarm(1), probe(1, 60 * minute))


def test_a_milder_fault_that_does_not_rest_on_it_does_not(run: Run) -> None:
    assert waited(run, alarm(1), probe(1, 60))


def test_an_issue_that_has_ended_since_has_been_seen(run: Run) -> None:
    seen = probe(1, 30, ok=True)

    assert not waited(run, alarm(1), seen, withdrawn(seen, 60))


@pytest.mark.parametrize("fields", [{"severity_hint": "high"}, {"source_kind": "ticket"}, {"env": "test"}])
def test_what_is_less_than_a_watchers_critical_alarm_is_only_read(run: Run, fields: dict[str, Any]) -> None:
    assert not waited(run, alarm(1, **fields))


def test_what_was_taken_back_is_forgotten(run: Run) -> None:
    wrong = alarm(1)

    assert not waited(run, wrong, withdrawn(wrong, 60))


def test_what_is_repeated_waits_where_the_first_is_taken_back(run: Run) -> None:
    wrong = alarm(1)
    (decision,) = waited(run, wrong, alarm(2, 300), alarm(3, 400), withdrawn(wrong, 500), until=3600)

    assert decision.at == after(300 + QUARTER)


def test_of_one_that_is_repeated_all_can_be_taken_back(run: Run) -> None:
    first, second = alarm(1), alarm(2, 300)

    assert not waited(run, first, second, withdrawn(first, 500), withdrawn(second, 500), until=3600)
    assert not run.state.alarms


@pytest.mark.parametrize("at", [700, 1200], ids=["while it waits", "later"])
def test_it_is_told_where_the_word_that_it_is_over_is_taken_back(run: Run, at: int) -> None:
    recovery = alert(2, 600, over=True)
    (decision,) = waited(run, alarm(1), recovery, withdrawn(recovery, at), until=3000)

    assert decision.at == after(max(at, QUARTER))


def test_what_was_told_ends_when_the_monitor_says_that_it_is_over(run: Run) -> None:
    found = waited(run, alarm(1), alert(2, QUARTER + 300, over=True), until=3000)

    assert [d.issue.status for d in found] == [IssueStatus.OPEN, IssueStatus.RESOLVED]


def test_taking_it_back_after_it_was_told_ends_the_issue(run: Run) -> None:
    wrong = alarm(1)
    waited(run, wrong)
    run.give(withdrawn(wrong, QUARTER + 60))

    assert unknown(run)[-1].issue.status is IssueStatus.RESOLVED


def test_what_goes_off_in_an_announced_window_is_told_where_it_outlasts_it(run: Run) -> None:
    run.give(maintenance(1, 0, True), alarm(1, 60), Tick(at=after(3000)), maintenance(2, 3000, False))
    run.give(Tick(at=after(3300)))

    assert not unknown(run)
    assert waited(run, until=3300 + QUARTER)


def test_what_ends_with_an_announced_window_is_told_to_nobody(run: Run) -> None:
    run.give(maintenance(1, 0, True), alarm(1, 60), maintenance(2, 3000, False), alert(2, 3060, over=True))

    assert not waited(run, until=3600 + QUARTER)


def test_a_log_line_of_an_announced_window_is_told_to_nobody(run: Run) -> None:
    line = alarm(1, 60, source_kind="app_log")
    run.give(maintenance(1, 0, True), line.model_copy(update={"resource": None}), maintenance(2, 100, False))

    assert not waited(run, until=3600 + QUARTER)


def test_what_a_signal_adds_to_the_issue_that_time_opened_is_counted_in_either_step() -> None:
    ticked, plain = Run(Fold(HALF_SURE, OPEN_POLICY)), Run(Fold(HALF_SURE, OPEN_POLICY))
    ticked.give(alarm(1), Tick(at=after(QUARTER)))
    plain.give(alarm(1))
    again = stranger(2, QUARTER + 60, source_kind="monitor", topic="alert.firing")
    for run in (ticked, plain):
        run.give(again)
    found = [unknown(run)[-1].issue for run in (ticked, plain)]
    dispositions = [run.steps[-1].record.disposition for run in (ticked, plain)]

    assert found[0].signals == found[1].signals == 2
    assert dispositions[0] == dispositions[1]


told = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=12)


@settings(max_examples=cases(60), deadline=None)
@given(told)
def test_ticks_and_snapshots_while_it_waits_make_no_difference(told: list[tuple[int, int, int]]) -> None:
    plain, broken = Run(Fold(HALF_SURE, OPEN_POLICY)), Run(Fold(HALF_SURE, OPEN_POLICY))
    for n, (minute, place, what) in enumerate(sorted(told)):
        at = minute * 60
        signal = probe(n, at, what == 0) if place == 2 else alarm(n, at, over=what == 0, name=f"monitor-{place}")
        plain.give(signal)
        while (due := broken.fold.next_due(broken.state)) is not None and due <= signal.received_at:
            broken.give(Tick(at=due))
        engine, policy = broken.fold.engine, broken.fold.policy.version
        broken.state = restore(engine, policy, snapshot(engine, policy, broken.state))
        broken.give(signal)
    for run in (plain, broken):
        run.give(Tick(at=after(10_000)))

    assert [d.json_line() for d in plain.decisions] == [d.json_line() for d in broken.decisions]
