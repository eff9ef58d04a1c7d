"""Timelines play signals at the moments that a test names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migro import Attr, IssueKind, MerchantId, Rule, RuleSet, Signal, hours, minutes, on, supports
from migro.errors import InputError
from migro.testing import START, Timeline


class Request(Signal, kind="timeline.request"):
    code: Attr[int]


DOWN = IssueKind[Any]("down", category="checkout")
errors = on(Request, Request.code >= 500, per=Request.merchant)
paid = on(Request, Request.code == 200, per=Request.merchant)
burst = Rule("burst", when=errors.at_least(2, within=minutes(5)), then=supports(DOWN, 50, family="http"))
quiet = Rule("quiet", when=errors.without(paid, within=minutes(5)), then=supports(DOWN, 40, family="silence"))
RULES = RuleSet("shop", burst, quiet)


def request(code: int, **more: Any) -> Request:
    return Request(code=code, merchant=MerchantId("m1"), occurred_at=START, **more)


def test_moments_count_from_the_last_one_with_a_plus_and_from_the_start_without() -> None:
    timeline = Timeline(RULES)

    assert timeline.at("+1m").at("+1m30s").now == START + timedelta(minutes=2, seconds=30)
    assert timeline.at("1h").at(hours(24)).now == START + timedelta(hours=25)


def test_equal_signals_at_different_moments_are_different_signals() -> None:
    timeline = Timeline(RULES).at("0s", request(500)).expect_nothing()

    timeline.at("+5m", request(500)).expect(burst, "m1").expect("burst", ("m1",)).expect(DOWN, "m1", at_least_points=50)


def test_a_delivery_that_has_a_name_of_its_own_stays_the_same_delivery() -> None:
    timeline = Timeline(burst).at("0s", request(500, dedup_key="d1")).at("+1m", request(500, dedup_key="d1"))

    timeline.expect_nothing()


def test_what_time_alone_brings_about_is_there_at_the_moment_it_comes() -> None:
    timeline = Timeline(RULES).at("0s", request(500)).at("+5m59s").expect_nothing("quiet")

    timeline.at("+1s").expect("quiet", "m1").expect_nothing(burst)


def test_a_late_signal_happened_before_it_came() -> None:
    timeline = Timeline(quiet).at("0s", request(500)).at("+10m").expect(quiet, "m1")

    timeline.at("+1s", request(200), late=minutes(6)).expect_nothing()


def test_a_moment_that_fails_says_what_fires_instead() -> None:
    timeline = Timeline(RULES).at("0s", request(500)).at("6m")

    with pytest.raises(AssertionError, match=r"\(6m after the start\): expected burst for m1; firing: quiet for m1"):
        timeline.expect("burst", "m1")
    with pytest.raises(AssertionError, match="expected nothing; firing: quiet for m1"):
        timeline.expect_nothing()
    with pytest.raises(AssertionError, match="expected down for m1 with at least 50 points, got 40 points"):
        timeline.expect(DOWN, "m1", at_least_points=50)
    with pytest.raises(AssertionError, match="got no support"):
        timeline.expect(DOWN, "m2")


@pytest.mark.parametrize("when", ["soon", "5", "-5m", "", "+"])
def test_what_is_no_moment_is_refused(when: str) -> None:
    with pytest.raises(InputError, match="expected a moment such as"):
        Timeline(RULES).at(when)


def test_time_never_runs_backwards() -> None:
    with pytest.raises(InputError, match=r"expected a moment from .* \(10m after the start\) on, got '5m'"):
        Timeline(RULES).at("10m").at("5m")


def test_a_rule_that_is_not_there_is_an_error_and_not_silence() -> None:
    with pytest.raises(InputError, match="expected the id of a rule of 'shop', got 'brust'"):
        Timeline(RULES).expect_nothing("brust")


def test_a_signal_that_does_not_fit_its_class_is_refused() -> None:
    misfit = Signal(kind="timeline.request", merchant=MerchantId("m1"), occurred_at=START)

    with pytest.raises(InputError, match="code"):
        Timeline(RULES).at("0s", misfit)
