"""When a monitor flaps, and when it does no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal, to_microseconds
from migro.verify import Flapping, Monitor, monitor_of, says_over
from migro.verify.flapping import CALM_AFTER, ENTER, LEAVE, LOOK_BACK

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HOUR = 3600


def said(at: int, over: bool, **fields: object) -> Signal:
    """What one monitor says `at` seconds after nine."""
    given = {"kind": "alert", "provider": "pager", "resource": ("alert", "a"), "dedup_key": f"{at}-{over}", **fields}
    return Signal.from_data({"occurred_at": T0 + timedelta(seconds=at), "state": "ok" if over else "firing", **given})


def hear(monitor: Monitor | None, signal: Signal, at: int | None = None) -> Monitor:
    now = to_microseconds(signal.received_at if at is None else T0 + timedelta(seconds=at))
    return Monitor.heard(monitor, signal, over=says_over(signal), now=now)


def heard(*overs: bool, every: int = 60) -> Monitor:
    monitor = None
    for n, over in enumerate(overs):
        monitor = hear(monitor, said(n * every, over))
    assert monitor is not None
    return monitor


def test_four_changes_make_it_flap_and_three_do_not() -> None:
    assert heard(False, True, False, True, False).flapping
    assert not heard(False, True, False, True).flapping


def test_a_monitor_that_says_the_same_again_and_again_does_not_flap() -> None:
    assert not heard(*[False] * 50).flapping


def test_it_flaps_until_one_change_at_most_is_left_among_the_newest_twenty() -> None:
    flips = [False, True, False, True, False]  # the last change is observation 5

    assert heard(*flips, *[False] * (LOOK_BACK - 2)).flapping
    assert not heard(*flips, *[False] * (LOOK_BACK - 1)).flapping


def test_only_a_recovery_waits() -> None:
    waiting = heard(False, True, False, True, False, True)
    firing = heard(False, True, False, True, False, True, False)

    assert [s.state for s in waiting.waiting] == ["ok"]
    assert firing.flapping
    assert firing.waiting == ()


def test_changes_more_than_two_hours_apart_are_no_flapping() -> None:
    assert not heard(*[False, True] * 6, every=2 * HOUR + 1).flapping
    assert heard(*[False, True] * 6, every=2 * HOUR - 1).flapping


def test_what_comes_late_is_no_observation() -> None:
    monitor = heard(False, True, False, True)
    late = hear(monitor, said(10, False), at=200)

    assert late == monitor


@pytest.mark.parametrize(
    ("signal", "whose"),
    [
        (said(0, False), ("pager", "alert", "a")),
        (said(0, False, resource=None), None),
        (said(0, False, kind="order"), None),
    ],
)
def test_only_an_alert_with_a_name_is_a_monitors(signal: Signal, whose: tuple[str, ...] | None) -> None:
    assert monitor_of(signal) == whose


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([1, 60, 1_700, 7_100])), max_size=80))
def test_it_flaps_exactly_where_looking_at_all_of_the_past_says_so(told: list[tuple[bool, int]]) -> None:
    monitor, flapping, at, changed = None, False, 0, 0
    past: list[bool] = []
    for over, gap in told:
        at += gap
        if not flapping and at - changed > 2 * HOUR:
            past = []
        if not past or past[-1] != over:
            changed = at
        past.append(over)
        monitor = hear(monitor, said(at, over))

        changes = sum(a != b for a, b in list(pairwise(past))[-LOOK_BACK:])
        flapping = changes > LEAVE if flapping else changes >= ENTER
        assert monitor.flapping == flapping
        assert bool(monitor.waiting) == (flapping and over)
        if flapping and to_microseconds(T0) + at * 1_000_000 >= monitor.calm_at:
            # Nothing here lets time pass: the fold ends it at this moment, and the past with it.
            monitor, flapping = monitor.calmed(), False
            past = [over]


def test_it_is_calm_half_an_hour_after_its_last_change() -> None:
    monitor = heard(False, True, False, True, False, False, False)

    assert monitor.calm_at == to_microseconds(T0 + timedelta(minutes=4)) + CALM_AFTER


observations = st.lists(st.tuples(st.booleans(), st.sampled_from([1, 60])), min_size=1, max_size=12)


@given(observations, st.integers(0, 11))
def test_an_observation_that_is_taken_back_leaves_the_changes_of_the_others(
    told: list[tuple[bool, int]], which: int
) -> None:
    monitor, at, signals = None, 0, []
    for over, gap in told:
        at += gap
        signals.append(said(at, over))
        monitor = hear(monitor, signals[-1])
    assert monitor is not None
    gone = signals[which % len(signals)].id
    left = monitor.without(gone)
    overs = [says_over(s) for s in signals if s.id != gone]

    assert left.changes == sum(a != b for a, b in pairwise(overs))
    assert all(s.id != gone for s in left.waiting)
    assert not left.flapping or left.changes > LEAVE
    assert left.without(gone) is left


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50), st.booleans()), max_size=60))
def test_who_is_calm_first_is_known_without_looking_at_all(told: list[tuple[str, int, bool]]) -> None:
    flapping = Flapping()
    for name, at, gone in told:
        if gone:
            flapping.pop((name,), None)
        else:
            flapping[name,] = Monitor(at, at, (("sig", False),), flapping=True)

        assert flapping.calm_at == min((m.calm_at for m in flapping.values()), default=None)
        assert Flapping(flapping).calm_at == flapping.calm_at
