"""What the fold makes of senders whose clock is wrong, and of monitors that keep changing their mind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from migro.agent import Fold
from migro.agent.noticing import watch
from migro.expressions import minutes
from migro.models import (
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    IssueStatus,
    PersonActed,
    Severity,
    Signal,
    StepRecord,
    Tick,
)
from migro.rules import IssueKind, Rule, RuleSet, on, supports
from migro.verify import ClockWrong
from tests.agent.world import Run, after, alert, call, stranger, withdrawn

MINUTE = 60


@pytest.fixture
def run() -> Run:
    return Run()


def tell(run: Run, signal: Signal) -> None:
    """Give a signal, and send what is to be sent at once."""
    for action in run.give(signal).actions:
        if action.status is ActionStatus.PLANNED:
            run.give(ActionStarted(at=signal.received_at, key=action.idempotency_key))
            done = ActionResult(status="succeeded")
            run.give(ActionFinished(at=signal.received_at, key=action.idempotency_key, result=done))


def flap(run: Run, changes: int = 5, begin: int = 0) -> int:
    """Let a monitor change so often, a minute apart, beginning and ending with what is wrong; return the last time."""
    for n in range(changes + 1):
        at = begin + n * MINUTE
        tell(run, alert(begin + n, at, over=n % 2 == 1))
    return begin + changes * MINUTE


def loud(run: Run) -> IssueStatus:
    return run.state.held["loud", ("m_1",)].issue.status


def notices(run: Run) -> set[str]:
    """Keys of everything that operators were told about it."""
    return {a.idempotency_key for s in run.steps for a in s.record.actions if a.kind == "notify"}


# --- monitors --------------------------------------------------------------------------------------------------------


def test_the_recovery_of_a_monitor_that_flaps_waits_and_says_why(run: Run) -> None:
    end = flap(run, 4)
    disposition = run.give(alert(99, end + MINUTE, over=True)).disposition

    assert disposition is not None
    assert disposition.name == "suppressed"
    assert disposition.reason == (
        "flapping: it changed 5 times in 6 observations; that it is over counts once it has not changed for 30 min"
    )
    assert loud(run) is IssueStatus.OPEN


def test_the_recovery_counts_after_half_an_hour_without_a_change_to_the_microsecond(run: Run) -> None:
    end = flap(run, 5)
    calm = after(end + 30 * MINUTE)
    run.give(Tick(at=calm - timedelta(microseconds=1)))

    assert loud(run) is IssueStatus.OPEN
    (timer,) = [t for t in run.give(Tick(at=calm)).timers if t.what == "monitor"]
    assert (timer.name, timer.deadline, timer.late_by) == ("pager alert a", calm, 0)
    # It came back more than once, and that asks for the same half hour and not for another.
    assert loud(run) is IssueStatus.RESOLVED
    assert run.decisions[-1].issue.status is IssueStatus.RESOLVED
    assert not run.state.lingering


def test_what_others_said_while_a_recovery_waited_begins_the_half_hour_anew(run: Run) -> None:
    end = flap(run, 5)
    other = alert(50, end + 10 * MINUTE, name="b")
    run.give(other, alert(51, end + 20 * MINUTE, name="b", over=True), Tick(at=after(end + 30 * MINUTE)))

    assert loud(run) is IssueStatus.WATCHING
    run.give(Tick(at=after(end + 50 * MINUTE)))
    assert loud(run) is IssueStatus.RESOLVED


def test_a_monitor_that_flaps_all_day_is_one_issue_and_one_notice(run: Run) -> None:
    flap(run, 24 * 6)

    assert len({d.issue.id for d in run.decisions}) == 1
    assert len(notices(run)) == 1
    assert loud(run) is IssueStatus.OPEN
    # Before it was known to flap it was believed twice.
    assert [d.issue.status for d in run.decisions].count(IssueStatus.RESOLVED) <= 2


def test_what_fires_again_takes_the_place_of_the_recovery_that_waits(run: Run) -> None:
    end = flap(run, 5)
    run.give(alert(99, end + MINUTE), Tick(at=after(end + 40 * MINUTE)))

    assert loud(run) is IssueStatus.OPEN


def test_what_is_worse_is_heard_while_a_monitor_flaps(run: Run) -> None:
    """A monitor without a rule of its own counts by its sender's word."""
    for n in range(8):
        hint = "critical" if n > 5 else "high"
        run.give(stranger(n, n * MINUTE, kind="alert", topic=f"other.{'ok' if n % 2 else 'on'}", severity_hint=hint,
                          resource=("alert", "z"), state="ok" if n % 2 else "firing"))  # fmt: skip

    worst = max(d.severity for d in (held.issue for held in run.state.held.values()))
    assert worst is Severity.SEV2


def test_another_kind_of_issue_is_heard_while_a_monitor_flaps(run: Run) -> None:
    flap(run)
    run.give(*(call(n, 310 + n) for n in range(3)))

    assert run.decisions[-1].issue.kind == "down"


def test_another_monitor_is_believed_while_one_flaps(run: Run) -> None:
    end = flap(run)

    assert watch(run.state, alert(90, end + 1, over=True)) != ""
    assert watch(run.state, alert(91, end + 1, over=True, name="b")) == ""


def test_a_recovery_that_waits_can_be_withdrawn(run: Run) -> None:
    end = flap(run, 4)
    recovery = alert(99, end + MINUTE, over=True)
    run.give(recovery, withdrawn(recovery, end + 2 * MINUTE), Tick(at=after(end + 40 * MINUTE)))

    assert not any(m.flapping for m in run.state.monitors.values())
    assert loud(run) is IssueStatus.OPEN


def test_monitors_are_forgotten_two_hours_after_their_last_change(run: Run) -> None:
    flap(run)
    run.give(Tick(at=after(3 * 3600)))

    assert not run.state.flapping
    assert not run.state.monitors


def test_a_recovery_that_is_older_than_what_fires_does_not_count_while_a_monitor_flaps(run: Run) -> None:
    end = flap(run, 5)
    disposition = run.give(alert(99, end - 30, over=True, received_at=after(end + MINUTE))).disposition

    assert disposition is not None
    assert disposition.name == "suppressed"
    assert (
        disposition.reason
        == "flapping: it changed 5 times in 6 observations; and this is older than what it said since"
    )
    assert loud(run) is IssueStatus.OPEN


def test_of_two_recoveries_that_wait_one_can_be_withdrawn_and_the_other_counts(run: Run) -> None:
    end = flap(run, 4)
    first, second = alert(98, end + MINUTE, over=True), alert(99, end + 2 * MINUTE, over=True)
    run.give(first, second, withdrawn(second, end + 3 * MINUTE), Tick(at=after(end + 40 * MINUTE)))

    assert loud(run) is IssueStatus.RESOLVED


def test_what_is_withdrawn_is_no_change(run: Run) -> None:
    told = [alert(n, n * MINUTE, over=n % 2 == 1) for n in range(6)]
    run.give(*told, *(withdrawn(t, 400) for t in told[1:]))

    assert not run.state.flapping
    (monitor,) = run.state.monitors.values()
    assert monitor.changes == 0


# --- issues ----------------------------------------------------------------------------------------------------------


def come_back(run: Run, times: int) -> int:
    """Let the issue open and end so often, by a monitor of another name each time; return when it ended last."""
    for n in range(times):
        for over in (False, True):
            tell(run, alert(2 * n + over, n * 600 + 60 * over, over=over, name=f"m{n}"))
    return (times - 1) * 600 + 60


def test_an_issue_that_came_back_twice_in_two_hours_is_watched_for_half_an_hour_before_it_is_resolved(run: Run) -> None:
    ended = come_back(run, 3)
    decision = run.decisions[-1]

    assert decision.issue.status is IssueStatus.WATCHING
    assert decision.because == "no evidence is left; it came back 2 times of late, so it is watched for a while"
    run.give(Tick(at=after(ended + 1800 - 1)))
    assert loud(run) is IssueStatus.WATCHING
    (timer,) = [t for t in run.give(Tick(at=after(ended + 1800))).timers if t.what == "issue"]
    assert (timer.name, timer.key) == ("loud", ("m_1",))
    assert loud(run) is IssueStatus.RESOLVED
    assert not run.state.lingering


def test_one_that_came_back_once_is_resolved_at_once(run: Run) -> None:
    come_back(run, 2)

    assert loud(run) is IssueStatus.RESOLVED


def test_one_that_comes_back_while_it_is_watched_goes_on_as_it_was(run: Run) -> None:
    ended = come_back(run, 3)
    tell(run, alert(50, ended + 60, name="again"))
    run.give(Tick(at=after(ended + 3600)))

    assert loud(run) is IssueStatus.OPEN
    assert len({d.issue.id for d in run.decisions}) == 1
    assert len(notices(run)) == 1


def test_what_is_watched_is_watched_to_the_end_whatever_else_comes_in(run: Run) -> None:
    ended = come_back(run, 3)
    run.give(PersonActed(at=after(ended + 1_000), verb="halt", by="op", why="check"))

    assert loud(run) is IssueStatus.WATCHING


def test_who_comes_back_while_it_is_watched_is_watched_again(run: Run) -> None:
    times = [(0, 60), (2_700, 2_760), (5_400, 5_460), (7_140, 7_260)]
    for n, (begin, end) in enumerate(times):
        tell(run, alert(2 * n, begin, name=f"m{n}"))
        tell(run, alert(2 * n + 1, end, over=True, name=f"m{n}"))

    # The first of four openings is two hours ago by now.
    assert loud(run) is IssueStatus.WATCHING


# --- clocks ----------------------------------------------------------------------------------------------------------


def slow(n: int, behind: int, every: int = 120) -> Signal:
    """A call that a clock so many seconds behind has dated."""
    return call(n, n * every - behind, 200, received_at=after(n * every))


def reason(record: StepRecord) -> str:
    assert record.disposition is not None
    return record.disposition.reason


def test_windows_see_when_things_happened_by_a_right_clock(run: Run) -> None:
    for n in range(20):
        run.give(slow(n, 3600))
    calls = [call(30 + n, 2400 + n - 3600, received_at=after(2400 + n)) for n in range(3)]
    record = run.give(*calls)

    assert "burst" in {c.rule for c in run.decisions[-1].explanation.contributions}
    assert reason(record) == "evidence; its clock is 1 h behind, which is allowed for"
    assert calls[-1].occurred_at == after(2402 - 3600)


def test_without_enough_to_know_a_clock_by_an_old_event_stays_old(run: Run) -> None:
    run.give(*(slow(n, 3600) for n in range(10)))
    run.give(*(call(30 + n, 1300 + n - 3600, received_at=after(1300 + n)) for n in range(3)))

    assert all("burst" not in {c.rule for c in d.explanation.contributions} for d in run.decisions)


def test_what_comes_later_than_its_source_is_used_to_is_called_late(run: Run) -> None:
    record = run.give(call(1, 600, 200), call(2, 0, 200, received_at=after(601)))

    assert reason(record) == "no rule fired on it; late: 10 min behind the newest of host/access_log"


SKEW = IssueKind[str]("skew", category="integration", per=("clock_source",))
ON_CLOCKS = RuleSet(
    "clocks",
    Rule(
        "clock.wrong",
        when=on(ClockWrong, ClockWrong.behind_s >= 600, per=ClockWrong.clock_source).at_least(1, within=minutes(15)),
        then=supports(SKEW, 105, family="clock"),
    ),
)


def test_that_a_clock_is_wrong_is_a_signal_that_rules_read_until_it_is_right_again() -> None:
    run = Run(Fold(ON_CLOCKS))
    for n in range(40):
        run.give(slow(n, 900))
    (told,) = run.decisions

    # With the twentieth delivery.
    assert (told.at, told.issue.key) == (after(19 * 120), ("host/access_log",))
    run.give(*(slow(40 + n, 0) for n in range(20)), Tick(at=after(60 * 120 + 900)))
    assert run.decisions[-1].issue.status is IssueStatus.RESOLVED


def test_who_withdraws_the_delivery_withdraws_what_it_said_of_the_clock() -> None:
    run = Run(Fold(ON_CLOCKS))
    for n in range(20):
        run.give(slow(n, 900))
    run.give(withdrawn(slow(19, 900), 19 * 120 + 5))

    assert run.decisions[-1].issue.status is IssueStatus.RESOLVED


def test_a_clock_that_is_ahead_moves_nothing_and_is_told(run: Run) -> None:
    ahead = [call(n, n * 120 + 3_600, 200, received_at=after(n * 120)) for n in range(25)]
    run.give(*ahead)
    calls = [call(50 + n, 3_010 + n, received_at=after(3_010 + n)) for n in range(3)]
    run.give(*calls)

    assert run.state.clocks["host", "access_log", "not_applicable"].off == -3_600_000_000
    assert "burst" in {c.rule for c in run.decisions[-1].explanation.contributions}


def test_a_sender_who_is_proven_less_moves_nobody_else(run: Run) -> None:
    run.give(*(slow(n, 3600).model_copy(update={"auth": "unsigned"}) for n in range(25)))
    record = run.give(call(99, 3_000 - 3_600, received_at=after(3_000), auth="verified"))

    assert "allowed for" not in reason(record)


def test_a_wrong_clock_stays_known_when_traffic_rises(run: Run) -> None:
    for n in range(30):
        run.give(slow(n, 3600))
    records = [run.give(call(100 + n, 3_490 + n - 3600, received_at=after(3_490 + n))) for n in range(60)]

    assert all("its clock is 1 h behind" in reason(r) for r in records)


@pytest.mark.parametrize("source_kind", ["access_log", "host"])
def test_no_sender_moves_its_own_signals_in_time(run: Run, source_kind: str) -> None:
    run.give(
        *(call(n, n - 3600, received_at=after(n), shifted=3_600_000_000, source_kind=source_kind) for n in range(3))
    )

    assert all("burst" not in {c.rule for c in d.explanation.contributions} for d in run.decisions)
