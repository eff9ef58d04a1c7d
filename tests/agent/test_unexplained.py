"""What a monitor calls serious, and nothing explains, counts until the monitor says that it is over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Fold
from migro.agent.snapshots import restore, snapshot
from migro.models import Attention, Input, IssueStatus, Signal, SignalWithdrawn, Tick
from tests.agent.world import OPEN_POLICY, RULES, Run, after, maintenance, received, stranger, withdrawn
from tests.effort import cases

MINUTE = 60
QUARTER = 15 * MINUTE


@pytest.fixture
def run() -> Run:
    return Run(Fold(RULES, OPEN_POLICY))


def alarm(n: int, at: int = 0, **fields: Any) -> Signal:
    return strange(n, at, state="firing", **{"severity_hint": "critical", **fields})


def over(n: int, at: int = 0, **fields: Any) -> Signal:
    return strange(n, at, state="resolved", **fields)


def strange(n: int, at: int, *, state: str, name: str = "a", **fields: Any) -> Signal:
    """Return what a monitor says of which no rule knows the words."""
    given = {"merchant": "m_1", "source_kind": "monitor", "provider": "pager", "env": "production", **fields}
    return Signal(
        kind="alert", occurred_at=after(at), topic="HighErrorRate", state=state, resource=("alert", name),
        dedup_key=f"strange-alert-{n}", **given,
    )  # fmt: skip


def unknown(run: Run) -> list[Any]:
    return [d for d in run.decisions if d.issue.kind == "unknown"]


def pages(run: Run) -> list[Any]:
    return [d for d in unknown(run) if d.issue.attention is Attention.PAGE]


def issue(run: Run) -> Any:
    return next(h.issue for (kind, _), h in run.state.held.items() if kind == "unknown")


def played(run: Run, *items: Input | Signal, until: int) -> Run:
    run.give(*items, Tick(at=after(until)))
    return run


WINDOW = (maintenance(1, 0, True), maintenance(2, 40 * MINUTE, False))


def test_what_fires_and_is_over_inside_a_window_pages_nobody(run: Run) -> None:
    begins, ends = WINDOW
    played(run, begins, alarm(1, 10 * MINUTE), over(2, 20 * MINUTE), ends, until=3 * 3600)

    assert not pages(run)
    assert {d.issue.status for d in unknown(run)} == {IssueStatus.WATCHING, IssueStatus.RESOLVED}


@pytest.mark.parametrize("window", [40, 43, 100])
def test_what_is_over_five_minutes_after_the_window_pages_nobody(run: Run, window: int) -> None:
    ends = maintenance(2, window * MINUTE, False)
    played(run, WINDOW[0], alarm(1, 10 * MINUTE), ends, over(2, (window + 5) * MINUTE), until=4 * 3600)

    assert not pages(run)


@pytest.mark.parametrize("window", [40, 100, 200])
def test_what_still_fires_when_the_leftovers_of_a_window_rest_no_more_pages_once(run: Run, window: int) -> None:
    ends = maintenance(2, window * MINUTE, False)
    played(run, WINDOW[0], alarm(1, 10 * MINUTE), ends, until=(window + 20) * MINUTE)

    (first, *_) = pages(run)
    assert first.at == after((window + 15) * MINUTE)
    assert len({d.issue.id for d in pages(run)}) == 1


def test_without_a_window_the_issue_ends_with_the_alarm_and_says_so(run: Run) -> None:
    played(run, alarm(1), over(2, 300), until=300)

    assert [d.issue.status for d in unknown(run)] == [IssueStatus.OPEN, IssueStatus.RESOLVED]
    assert unknown(run)[-1].because == "resolved: no evidence is left; pager alert a says that it is over"
    disposition = run.steps[1].record.disposition
    assert disposition is not None
    assert disposition.reason == "no rule's condition fits it; what its monitor called serious counts no more"


def test_an_issue_goes_on_while_another_monitor_speaks_for_it(run: Run) -> None:
    played(run, alarm(1), alarm(2, 60, name="b"), over(3, 120), until=180)

    assert issue(run).status is IssueStatus.OPEN
    played(run, over(4, 240, name="b"), until=300)
    assert issue(run).status is IssueStatus.RESOLVED


@pytest.mark.parametrize("batch", ["over first", "alarm first"])
def test_in_one_batch_what_one_monitor_says_is_nothing_about_another(run: Run, batch: str) -> None:
    told = [over(2, 60), alarm(3, 60, name="b")]
    played(run, alarm(1), *(told if batch == "over first" else reversed(told)), until=120)

    assert issue(run).status is IssueStatus.OPEN


def test_what_cannot_say_that_it_is_over_counts_as_long_as_ever(run: Run) -> None:
    played(run, stranger(1, merchant="m_1"), stranger(2, 60, topic="strange.resolved"), until=55 * MINUTE)

    assert issue(run).status is IssueStatus.OPEN


def test_an_alarm_that_comes_later_than_the_word_that_it_is_over_opens_nothing(run: Run) -> None:
    late = alarm(2, 60).model_copy(update={"received_at": after(180)})
    played(run, over(1, 120), late, until=3 * 3600)

    assert not unknown(run)
    disposition = run.steps[1].record.disposition
    assert disposition is not None
    assert disposition.reason.endswith("; its monitor has said since then that it is over")


def test_a_redelivery_of_the_alarm_opens_nothing_again(run: Run) -> None:
    first = alarm(1)
    played(run, first, over(2, 60), until=60)
    before = len(unknown(run))
    again = received(first.model_copy(update={"received_at": after(120)}))
    sent_anew = alarm(3).model_copy(update={"received_at": after(180)})
    played(run, again.model_copy(update={"duplicate_of": 1}), sent_anew, until=3 * 3600)

    assert len(unknown(run)) == before


def test_whoever_flaps_is_one_issue_and_ends_when_it_is_calm(run: Run) -> None:
    told = [(over if n % 2 else alarm)(n, n * 2 * MINUTE) for n in range(12)]
    played(run, *told, until=24 * MINUTE)

    assert issue(run).status is IssueStatus.OPEN
    played(run, until=60 * MINUTE)
    assert issue(run).status is IssueStatus.RESOLVED
    assert len({d.issue.id for d in unknown(run)}) == 1
    assert unknown(run)[-1].at == after((22 + 30) * MINUTE)


def test_whoever_flaps_and_ends_firing_stays_in_front_of_people(run: Run) -> None:
    told = [(over if n % 2 else alarm)(n, n * 2 * MINUTE) for n in range(11)]
    played(run, *told, until=75 * MINUTE)

    assert issue(run).status is IssueStatus.OPEN


def test_the_word_that_it_is_over_can_be_taken_back(run: Run) -> None:
    recovery = over(2, 60)
    played(run, alarm(1), recovery, withdrawn(recovery, 120), until=180)

    assert issue(run).status is IssueStatus.OPEN
    played(run, over(3, 240), until=300)
    assert issue(run).status is IssueStatus.RESOLVED


def test_an_alarm_that_is_taken_back_leaves_what_was_over_before(run: Run) -> None:
    second = alarm(3, 120)
    played(run, alarm(1), over(2, 60), second, withdrawn(second, 180), until=240)

    assert issue(run).status is IssueStatus.RESOLVED


def test_an_alarm_counts_again_when_all_that_was_said_after_it_is_taken_back(run: Run) -> None:
    recovery, second = over(2, 60), alarm(3, 120)
    played(run, alarm(1), recovery, second, withdrawn(recovery, 180), withdrawn(second, 240), until=300)

    assert issue(run).status is IssueStatus.OPEN
    first = alarm(1)
    played(run, withdrawn(first, 360), until=400)
    assert issue(run).status is IssueStatus.RESOLVED


def test_the_word_that_it_is_over_can_be_taken_back_twice(run: Run) -> None:
    first, second = over(2, 60), over(3, 180)
    played(run, alarm(1), first, withdrawn(first, 120), second, withdrawn(second, 240), until=300)

    assert issue(run).status is IssueStatus.OPEN


def test_what_is_taken_back_elsewhere_wakes_nothing_that_was_over(run: Run) -> None:
    mild, other = alarm(3, 120, severity_hint="low"), stranger(4, 130, severity_hint=None)
    played(run, alarm(1), over(2, 60), mild, other, withdrawn(other, 180), until=300)

    assert issue(run).status is IssueStatus.RESOLVED


def test_what_is_over_waits_for_the_end_of_no_window(run: Run) -> None:
    played(run, WINDOW[0], alarm(1, 60), over(2, 120), until=20 * MINUTE)

    assert not run.state.alarms


def test_what_came_too_late_counts_when_the_word_that_it_is_over_is_taken_back(run: Run) -> None:
    recovery = over(1, 120)
    late = alarm(2, 60).model_copy(update={"received_at": after(180)})
    played(run, alarm(0), recovery, late, withdrawn(recovery, 240), until=300)

    assert issue(run).status is IssueStatus.OPEN


def test_what_is_older_than_an_hour_is_forgotten(run: Run) -> None:
    played(run, alarm(1), over(2, 60), alarm(3, 61 * MINUTE, name="b"), until=62 * MINUTE)
    played(run, until=80 * MINUTE)

    assert list(run.state.cries) == [("pager", "alert", "b")]
    played(run, until=3 * 3600)
    assert not run.state.cries


def test_a_snapshot_holds_what_counts_and_what_does_not(run: Run) -> None:
    played(run, alarm(1), over(2, 60), alarm(3, 120), until=150)
    engine, policy = run.fold.engine, run.fold.policy.version
    data = snapshot(engine, policy, run.state)
    back = restore(engine, policy, data)

    assert back.cries == run.state.cries
    assert {one.counts for cries in back.cries.values() for one in cries.values()} == {True, False}
    assert snapshot(engine, policy, back) == data


told = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=14)


@settings(max_examples=cases(60), deadline=None)
@given(told)
def test_ticks_and_snapshots_make_no_difference_to_what_counts(told: list[tuple[int, int, int]]) -> None:
    plain, broken = Run(Fold(RULES, OPEN_POLICY)), Run(Fold(RULES, OPEN_POLICY))
    heard: list[Signal] = []
    for n, (minute, what, which) in enumerate(sorted(told)):
        item: Signal | SignalWithdrawn
        if what == 0 and heard:
            item = withdrawn(heard[which % len(heard)], minute * MINUTE)
        elif what == 1:
            item = maintenance(n, minute * MINUTE, which < 3)
        else:
            hint = "high" if what == 2 else "critical"
            said = (over if which % 2 else alarm)(n, minute * MINUTE, name=f"monitor-{which // 3}", severity_hint=hint)
            heard.append(said)
            item = heard[-1]
        plain.give(item)
        at = item.received_at if isinstance(item, Signal) else item.at
        while (due := broken.fold.next_due(broken.state)) is not None and due <= at:
            broken.give(Tick(at=due))
        engine, policy = broken.fold.engine, broken.fold.policy.version
        broken.state = restore(engine, policy, snapshot(engine, policy, broken.state))
        broken.give(item)
    for run in (plain, broken):
        run.give(Tick(at=after(12 * 3600)))

    assert [d.json_line() for d in plain.decisions] == [d.json_line() for d in broken.decisions]
    assert plain.state.cries == broken.state.cries == {}
