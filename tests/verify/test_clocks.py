"""When a sender's clock is called wrong, and by how much."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migro.models import Signal
from migro.verify import Clock, clock_of
from migro.verify.clocks import AHEAD, BEHIND, HEARD, LATE_AFTER

SECOND = 1_000_000
START = 1_772_355_600 * SECOND


def heard(offsets: list[int], every: int = 60) -> Clock:
    """Return a clock after deliveries that came so many seconds late, one each minute."""
    clock = Clock()
    for n, offset in enumerate(offsets):
        received = START + n * every * SECOND
        clock.hear(received, received - offset * SECOND)
    return clock


def off(offsets: list[int], every: int = 60) -> int:
    return heard(offsets, every).off // SECOND


@pytest.mark.parametrize("offset", [301, 3_600, 43_200, -31, -3_600])
def test_a_clock_that_is_off_steadily_is_known_by_how_much(offset: int) -> None:
    assert off([offset] * HEARD) == offset


@pytest.mark.parametrize("offset", [0, 300, -30])
def test_a_clock_that_is_nearly_right_is_left_alone(offset: int) -> None:
    assert off([offset] * HEARD) == 0


def test_nineteen_deliveries_say_nothing() -> None:
    assert off([900] * (HEARD - 1)) == 0


def test_deliveries_that_waited_for_different_times_say_nothing_about_a_clock() -> None:
    assert off([60 * n for n in range(HEARD, 2 * HEARD)]) == 0


def test_what_was_held_up_and_comes_all_at_once_says_nothing_about_a_clock() -> None:
    assert off([3_600] * 500, every=1) == 0


def test_a_clock_that_is_put_right_is_left_alone_with_the_first_delivery() -> None:
    assert off([*[900] * HEARD, 2]) == 900  # one delivery can be a chance
    assert off([*[900] * HEARD, *[2] * (HEARD // 2 + 1)]) == 0


def test_some_deliveries_that_were_sent_again_do_not_hide_a_wrong_clock() -> None:
    offsets = [900] * HEARD
    offsets[3] = offsets[9] = offsets[15] = 4_500

    assert off(offsets) == 900


@given(st.lists(st.integers(-7_200, 7_200), min_size=HEARD, max_size=40))
def test_a_clock_is_off_by_an_offset_that_was_seen_and_is_too_great(offsets: list[int]) -> None:
    moved = off(offsets)

    assert moved == 0 or moved in offsets[-HEARD:]
    assert moved == 0 or not -AHEAD <= moved * SECOND <= BEHIND


@given(st.integers(-40_000, 40_000), st.lists(st.integers(0, 5), min_size=HEARD, max_size=HEARD))
def test_what_a_clock_behind_says_is_moved_to_when_it_came_and_nothing_is_moved_back(
    behind: int, jitter: list[int]
) -> None:
    assume(abs(behind) > 400)
    clock = Clock()
    for n in range(HEARD):
        received = START + n * 60 * SECOND
        occurred = received - (behind + jitter[n]) * SECOND
        moved = occurred + clock.hear(received, occurred)

    assert (abs(moved - received) <= 5 * SECOND) if behind > 0 else moved == occurred


@pytest.mark.parametrize("every", [1, 2, 10, 29, 30, 31, 600])
def test_a_wrong_clock_is_found_and_stays_known_however_often_it_is_heard(every: int) -> None:
    deliveries = 20 * 30 // every + 21
    clock = heard([3_600] * deliveries, every)
    assert clock.off == 3_600 * SECOND
    last = clock.heard[-1][0]
    for n in range(1, 500):
        at = last + n * SECOND // 2
        assert clock.hear(at, at - 3_600 * SECOND) == 3_600 * SECOND


def test_late_is_what_happened_two_minutes_before_the_newest() -> None:
    clock = Clock()
    times = [START, START - LATE_AFTER, START - LATE_AFTER - 1, START + 5, START + 4 - LATE_AFTER]

    assert [clock.late_by(at) for at in times] == [0, 0, LATE_AFTER + 1, 0, LATE_AFTER + 1]


def test_only_live_deliveries_are_dated_by_a_clock() -> None:
    webhook, ticket = (
        Signal.from_data({"kind": "x", "provider": "p", "source_kind": s, "occurred_at": "2026-03-01T09:00:00Z"})
        for s in ("platform_webhook", "ticket")
    )

    assert clock_of(webhook) == ("p", "platform_webhook", "not_applicable")
    assert clock_of(ticket) is None
