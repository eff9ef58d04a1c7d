"""The ordinary day: how many come at which hour, how big shops are, and what they write."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import attrs

from migro.simulate import START, GroundTruth, Simulation, Timeline
from migro.simulate.chance import lognormal, poisson
from migro.simulate.correspondence import SUBJECTS, noise_or_fault
from migro.simulate.traffic import Shopping, hour_of_week, invented, shopping

_MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def day(*, thin: int = 1000, times: Decimal = Decimal(1), number: int = 0) -> tuple[Simulation, Shopping]:
    """A day of a shop with ten sessions a minute at its busiest."""
    shop = attrs.evolve(invented(Random(1), number), sessions_per_min="10")
    end = START + timedelta(hours=12)
    timeline = Timeline("day", seed=1, shop=shop, onset=START + timedelta(minutes=1), end=end)
    came = shopping(timeline, -1, 720, thin=thin, times=times)

    def truth(of: Timeline) -> GroundTruth:
        return GroundTruth(
            scenario="day", seed=1, merchants=(shop.id,), start=START, onset=of.onset, end=end, allowed=()
        )

    return timeline.finish(truth), came


def test_poisson_draws_have_the_mean_and_the_variance_of_a_poisson_process() -> None:
    for mean in (Decimal("0.3"), Decimal(4), Decimal(50)):
        rng = Random(5)
        draws = [poisson(rng, mean) for _ in range(3_000)]
        average = Decimal(sum(draws)) / len(draws)
        variance = sum(((d - average) ** 2 for d in draws), start=Decimal(0)) / len(draws)

        assert abs(average - mean) < mean / 10
        assert abs(variance - mean) < mean / 8


def test_nobody_comes_where_nobody_is_expected() -> None:
    assert {poisson(Random(1), Decimal(0)) for _ in range(9)} == {0}


def test_log_normal_draws_have_the_median_and_the_percentile_asked_for() -> None:
    rng = Random(7)
    draws = sorted(lognormal(rng, median=Decimal(4), ninety_fifth=Decimal(60)) for _ in range(4_000))

    assert Decimal("3.6") < draws[2_000] < Decimal("4.4")
    assert 48 < draws[3_800] < 75


def test_a_shop_is_busiest_on_sunday_evening_and_quietest_at_night() -> None:
    week = {at: hour_of_week(at) for at in (_MONDAY + timedelta(hours=h) for h in range(168))}

    assert max(week.values()) == 1000 == week[_MONDAY + timedelta(days=6, hours=20)]
    assert 130 <= min(week.values()) <= 150
    assert min(week, key=lambda at: week[at]).hour in range(2, 6)


def test_shops_differ_in_name_and_id_and_are_of_the_sizes_of_the_trade() -> None:
    rng = Random(3)
    shops = [invented(rng, number) for number in range(576)]
    sizes = sorted(Decimal(s.sessions_per_min) for s in shops)

    assert len({s.id for s in shops}) == len({s.name for s in shops}) == 576
    assert 3 < sizes[288] < 5
    assert 35 < sizes[547] < 95
    assert all(4_000 <= s.aov_minor <= 12_000 and 10 <= s.buying <= 30 and 30 <= s.failing <= 80 for s in shops)
    assert all(re.fullmatch(r"[a-z]+", s.name) for s in shops)


def test_shoppers_come_as_often_as_the_shop_is_big_and_some_of_them_buy() -> None:
    simulation, came = day()
    expected = 10 * sum(hour_of_week(START + timedelta(minutes=m)) for m in range(720)) // 1000
    kinds = Counter(e.kind for e in simulation.envelopes)

    assert abs(came.sessions - expected) < 4 * expected**0.5
    assert kinds["shopify_webhook"] - simulation.truth.duplicates <= came.orders
    assert 0.005 < came.orders / came.sessions < 0.04
    assert came.lost == simulation.truth.lost > 0


def test_a_thinned_log_has_fewer_lines_and_as_many_orders() -> None:
    whole, few = day(), day(thin=100)
    lines = [sum(e.events for e in s.envelopes if e.kind == "web_access_log") for s, _ in (whole, few)]

    assert 8 * lines[1] < lines[0] < 13 * lines[1]
    assert 0.5 < few[1].orders / whole[1].orders < 2


def test_a_campaign_brings_more_of_everything() -> None:
    assert 2.6 < day(thin=50, times=Decimal(3))[1].sessions / day(thin=50)[1].sessions < 3.4


def test_three_of_five_letters_are_about_nothing_that_is_broken() -> None:
    rng = Random(2)
    noise = sum(noise_or_fault(rng).noise for _ in range(2_000))

    assert 1_120 < noise < 1_280
    assert {s.noise for s in SUBJECTS} == {True, False}
