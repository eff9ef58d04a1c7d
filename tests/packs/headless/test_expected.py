"""Expected events raise what counts as usual, and mute nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migro.engine import EngineState, NativeEngine
from migro.models import Signal, to_microseconds
from migro.packs.headless import RULES
from migro.packs.headless.expected import EXPECTED_EVENTS
from migro.packs.headless.planning_signals import Interval
from migro.packs.headless.specimens import page, request
from migro.packs.headless.specimens_operations import START, said
from migro.packs.headless.specimens_shop import CAMPAIGN, CLUSTER, RESETS, SESSIONS, weekly
from migro.rules import RuleSet
from tests.effort import cases
from tests.packs.headless.evidence import ENGINE

VOLUMES = {r.id.removesuffix("-threefold") for r in RULES if r.id.endswith("-threefold")}
_STEPS = [r for r in RULES if r.id.startswith("checkout-throttled.traffic")]
TRAFFIC = NativeEngine(RuleSet("traffic", *_STEPS, signals=RULES.signals.values()))
WEEKS = (
    *weekly(said(SESSIONS, 0, sessions=1_200)),
    *weekly(page(0, requests=1_200), page(0, bot=True, requests=400), request(0, requests=400)),
    *weekly(said(CLUSTER, 0, requests=400, of_all=2_000)),
    said(RESETS, -90_000, requests=10),
)


def fired(*signals: Signal, engine: NativeEngine = ENGINE, after: int = 0) -> set[str]:
    """Return the rules that fire at the last signal, or that many seconds later."""
    state = EngineState()
    for signal in sorted(signals, key=lambda s: s.received_at):
        now = to_microseconds(signal.received_at)
        engine.pass_time(state, now)
        engine.insert(state, signal, now)
        engine.settle(state)
    engine.pass_time(state, to_microseconds(max(s.received_at for s in signals)) + after * 1_000_000)
    engine.settle(state)
    return {rule for rule, _ in state.firings}


def crowd(times: int, failing: int = 0) -> tuple[Signal, ...]:
    """A few minutes with so many times the usual traffic, of which that many per cent of the checkout fail."""
    steps = 100 * times
    return (
        said(SESSIONS, 1, sessions=100 * times),
        page(1, requests=100 * times),
        page(1, bot=True, requests=100 * times),
        said(CLUSTER, 1, requests=100 * times, of_all=200 * times),
        said(RESETS, 1, requests=10 * times),
        request(2, requests=steps - steps * failing // 100),
        *([request(3, 503, requests=steps * failing // 100)] if failing else []),
    )


def volumes(rules: set[str]) -> set[str]:
    """The rules about volumes among these, whatever their step."""
    return {r.removesuffix("-threefold").removesuffix("-tenfold") for r in rules} & VOLUMES


@pytest.mark.parametrize(
    ("times", "news"),
    [
        (3, {"checkout-throttled.traffic"}),
        (5, {"bots.cluster", "checkout-throttled.traffic", "lockout.resets"}),
        (8, {"bots.cluster", "checkout-throttled.traffic", "lockout.resets"}),
    ],
)
def test_during_a_campaign_several_times_the_traffic_is_no_news(times: int, news: set[str]) -> None:
    without, within = fired(*WEEKS, *crowd(times)), fired(*WEEKS, CAMPAIGN, *crowd(times))

    assert volumes(without) == news
    assert volumes(within) == set()
    assert within - without == {"card-testing.sale", "surge.campaign"} & within


def test_a_campaign_with_far_more_than_was_expected_is() -> None:
    assert "checkout-throttled.traffic-threefold" in fired(*WEEKS, CAMPAIGN, *crowd(10))
    assert volumes(fired(*WEEKS, CAMPAIGN, *crowd(15))) == volumes(fired(*WEEKS, *crowd(15)))


def test_failing_requests_during_a_campaign_are_judged_as_on_any_other_day() -> None:
    without, within = (fired(*WEEKS, *more, *crowd(3, failing=6)) for more in ((), (CAMPAIGN,)))

    assert "checkout.5xx-share" in without
    assert {r for r in without if r not in VOLUMES} <= within


def test_after_the_event_its_last_minutes_are_no_evidence() -> None:
    over = said(CAMPAIGN, 0, ends_at=START + timedelta(seconds=30))
    alone, with_event = ((*WEEKS[:4], *event, *crowd(3)[:1]) for event in ((), (over,)))

    assert fired(*alone, engine=TRAFFIC, after=60) == {"checkout-throttled.traffic"}
    assert fired(*with_event, engine=TRAFFIC, after=60) == set()


@pytest.mark.parametrize("what", EXPECTED_EVENTS)
def test_each_kind_of_expected_event_raises_what_is_usual(what: str) -> None:
    assert fired(*WEEKS[:4], said(CAMPAIGN, 0, what=what), *crowd(3)[:1], engine=TRAFFIC) == set()


@pytest.mark.parametrize("what", ["api_sunset", "closed", "night", "shipping"])
def test_other_intervals_of_the_calendar_do_not(what: str) -> None:
    assert fired(*WEEKS[:4], said(CAMPAIGN, 0, what=what), *crowd(3)[:1], engine=TRAFFIC)


@given(st.integers(50, 4_000), st.none() | st.integers(0, 2_000), st.booleans())
@example(300, 100, True)
@example(899, None, True)
@example(900, 300, True)
@example(900, 301, True)
@example(3_000, 100_000, True)
@settings(max_examples=cases(30))
def test_a_volume_is_judged_against_as_many_times_the_usual_as_the_host_expects(
    sessions: int, percent: int | None, planned: bool
) -> None:
    event: tuple[Interval, ...] = (said(CAMPAIGN, 0, expected_percent=percent),) if planned else ()
    raised = 1 if not planned or (percent is not None and percent <= 100) else 3 if (percent or 300) <= 300 else 10

    assert bool(fired(*WEEKS[:4], *event, said(SESSIONS, 1, sessions=sessions), engine=TRAFFIC)) == (
        sessions >= 3 * raised * 100
    )


def test_only_rules_about_volumes_come_in_steps() -> None:
    # All others that ask for what is usual compare shares, times, or what is missing; see `expected`.
    assert {
        "bots.capacity", "bots.cluster", "card-testing.attempts", "card-testing.disputes", "card-testing.endpoint",
        "card-testing.provider",
        "checkout-throttled.traffic", "api-throttled.fetched-again", "lockout.failures", "lockout.resets",
        "lockout.tickets", "order-effects.many-orders", "oversell.errors-rise", "payment-signature.orders-wait",
        "payment.provider-codes", "tracking.tickets",
    } == VOLUMES  # fmt: skip
