"""What a monitor calls high, and nothing explains, reaches a person after five minutes where it is not over by then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migro.agent import Fold
from migro.models import Attention, IssueStatus, Severity, Signal, Tick
from tests.agent.test_unexplained import MINUTE, issue, over, played, strange, unknown
from tests.agent.test_unheeded import HALF_SURE, QUARTER
from tests.agent.test_unheeded import alarm as heeded
from tests.agent.world import OPEN_POLICY, RULES, Run, after, alert, maintenance, stranger, withdrawn

FIVE = 5 * MINUTE


@pytest.fixture
def run() -> Run:
    return Run(Fold(RULES, OPEN_POLICY))


def alarm(n: int, at: int = 0, **fields: Any) -> Signal:
    return strange(n, at, state="firing", **{"severity_hint": "high", **fields})


def odd(n: int, at: int = 0) -> Signal:
    """Return what the monitor of a critical alarm that rules read says in words that they do not."""
    return alert(n, at, severity_hint="high").model_copy(update={"topic": "odd"})


def test_a_person_hears_of_it_five_minutes_later_to_the_microsecond_and_not_before(run: Run) -> None:
    step = run.give(alarm(1))
    run.give(Tick(at=after(FIVE) - timedelta(microseconds=1)))

    assert step.disposition is not None
    assert (step.disposition.name, unknown(run)) == ("recorded", [])
    assert step.disposition.reason.endswith("its monitor has 5 min to say that it is over")
    assert [t.what for t in run.give(Tick(at=after(FIVE))).timers if t.what == "alarm"] == ["alarm"]
    (decision,) = unknown(run)
    assert (decision.issue.status, decision.issue.severity) == (IssueStatus.OPEN, Severity.SEV3)
    assert decision.because == "opened at 0.55 by unknown.high-unexplained"
    assert decision.issue.attention is not Attention.NONE


def test_what_is_repeated_has_five_minutes_since_it_was_first_heard(run: Run) -> None:
    played(run, alarm(1), alarm(2, 100), alarm(3, 200), until=FIVE)

    assert unknown(run)[0].at == after(FIVE)


def test_what_is_over_within_five_minutes_opens_nothing(run: Run) -> None:
    played(run, alarm(1), over(2, FIVE - 1), until=3600)

    assert unknown(run) == []


def test_it_counts_where_the_word_that_it_is_over_is_taken_back(run: Run) -> None:
    recovery = over(2, 60)
    played(run, alarm(1), recovery, withdrawn(recovery, 10 * MINUTE), until=11 * MINUTE)

    assert issue(run).status is IssueStatus.OPEN


def test_another_monitor_that_is_over_ends_nothing(run: Run) -> None:
    played(run, alarm(1), over(2, 60, name="b"), until=FIVE)

    assert issue(run).status is IssueStatus.OPEN


@pytest.mark.parametrize(
    "grave",
    [
        strange(1, 0, state="firing", severity_hint="critical"),
        stranger(1, severity_hint="high"),
        alarm(1, merchant=None),
    ],
    ids=["critical", "without an end", "of no shop"],
)
def test_what_is_critical_or_cannot_end_is_told_at_once(grave: Signal) -> None:
    run = Run(Fold(RULES, OPEN_POLICY))
    run.give(grave)

    assert issue(run).status is IssueStatus.OPEN


def test_what_becomes_critical_while_it_waits_is_told_at_once(run: Run) -> None:
    run.give(alarm(1), alarm(2, 60, severity_hint="critical"))

    assert (issue(run).status, issue(run).severity) == (IssueStatus.OPEN, Severity.SEV2)


def test_what_becomes_critical_and_is_read_waits_for_itself_as_well() -> None:
    run = Run(Fold(HALF_SURE, OPEN_POLICY))
    run.give(odd(1), heeded(2, 60), Tick(at=after(FIVE)))

    assert [d.because for d in unknown(run)] == ["opened at 0.55 by unknown.high-unexplained"]
    run.give(Tick(at=after(60 + QUARTER)))
    assert {d.issue.severity for d in unknown(run)} == {Severity.SEV3, Severity.SEV2}


def test_nobody_waits_for_a_milder_word_where_a_critical_alarm_of_that_monitor_waits(run: Run) -> None:
    begins, ends = maintenance(1, 0, True), maintenance(2, 20 * MINUTE, False)
    critical = alarm(3, 19 * MINUTE, severity_hint="critical")
    played(run, begins, critical, ends, alarm(4, 21 * MINUTE), withdrawn(critical, 22 * MINUTE), until=23 * MINUTE)

    assert issue(run).status is not IssueStatus.RESOLVED
    assert [alarm.signal for heard in run.state.alarms.values() for alarm in heard] == []


def test_a_monitor_that_never_stays_long_is_told_of_only_where_it_fires_when_it_has_waited(run: Run) -> None:
    short = [(over if n % 2 else alarm)(n, (n // 2 * 9 + n % 2 * 2) * MINUTE) for n in range(30)]
    played(run, *short, until=150 * MINUTE)

    assert run.state.flapping.items()
    assert unknown(run) == []
    often = Run(Fold(RULES, OPEN_POLICY))
    played(often, *((over if n % 2 else alarm)(n, n * 2 * MINUTE) for n in range(30)), until=60 * MINUTE)
    assert len({d.issue.id for d in unknown(often)}) == 1
    assert unknown(often)[0].at == after(FIVE)


def test_what_goes_off_in_a_window_and_outlasts_it_is_told(run: Run) -> None:
    begins, ends = maintenance(1, 0, True), maintenance(2, 20 * MINUTE, False)
    played(run, begins, alarm(3, 10 * MINUTE), ends, until=90 * MINUTE)

    assert issue(run).status is not IssueStatus.WATCHING


def test_what_waits_when_a_window_begins_is_told_when_its_leftovers_rest_no_more(run: Run) -> None:
    begins, ends = maintenance(1, 60, True), maintenance(2, 20 * MINUTE, False)
    played(run, alarm(3), begins, ends, until=30 * MINUTE - 1)

    assert unknown(run) == []
    played(run, until=30 * MINUTE)
    assert issue(run).status is IssueStatus.OPEN
