"""Reliability: what a confidence says, beside what is true."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.evaluate import assess, fit_calibration, lower_bound
from tests.effort import cases

OUTCOMES = st.lists(st.tuples(st.integers(-300, 1_000), st.booleans()), min_size=30, max_size=80)


def outcomes(confidence: int, right: int, wrong: int) -> list[tuple[int, bool]]:
    return [(confidence, True)] * right + [(confidence, False)] * wrong


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    assert assess(outcomes(800, 1, 1)).brier == Decimal("0.34")
    assert assess(outcomes(1000, 5, 0)).brier == 0


def test_spiegelhalter_agrees_with_a_sum_by_hand() -> None:
    # Four tickets said 0.8 with three right: (3 * 0.2 - 0.8) * (1 - 1.6), over the root of 4 * 0.36 * 0.16.
    found = assess(outcomes(800, 3, 1))

    assert found.z == Decimal("0.250")
    assert found.p == Decimal("0.8026")


def test_a_confidence_that_is_right_as_often_as_it_says_is_not_rejected_and_a_boast_is() -> None:
    honest, boast = assess(outcomes(800, 80, 20)), assess(outcomes(990, 80, 20))

    assert honest.p == 1
    assert honest.expected_error == 0
    assert boast.p == 0
    assert boast.expected_error == Decimal("0.19")


def test_even_odds_throughout_leave_nothing_to_test() -> None:
    assert assess(outcomes(500, 3, 4)).p is None
    assert assess([]).bins == ()


@settings(max_examples=cases(50), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1_000), st.booleans()), min_size=1, max_size=40), st.integers(1, 12))
def test_every_label_is_in_one_bin(found: list[tuple[int, bool]], bins: int) -> None:
    diagram = assess(found, bins=bins).bins

    assert sum(b.tickets for b in diagram) == len(found)
    assert sum(b.right for b in diagram) == sum(right for _, right in found)
    assert all(b.low <= b.said <= b.high for b in diagram)


def test_the_lower_bound_is_wilsons() -> None:
    assert lower_bound(95, 100) == Decimal("0.9008")
    assert lower_bound(0, 10) == 0
    assert lower_bound(0, 0) == 0


@settings(max_examples=cases(50), deadline=None)
@given(OUTCOMES)
def test_a_fitted_calibration_rises_and_is_never_certain(found: list[tuple[int, bool]]) -> None:
    steps = fit_calibration(found).steps

    assert list(steps) == sorted(steps)
    assert [level for _, level in steps] == sorted(level for _, level in steps)
    assert all(level <= 950 for _, level in steps)


def test_a_fitted_calibration_says_a_little_less_than_was_seen() -> None:
    unclear, clear = [(10, n % 2 == 0) for n in range(50)], [(500, n % 10 != 0) for n in range(50)]
    calibration = fit_calibration(unclear + clear, cuts=(50,), source="made up")

    assert 400 <= calibration.confidence(10) < 500
    assert 800 <= calibration.confidence(500) < 900
    assert calibration.source == "made up"


def test_equal_clarity_is_equal_confidence() -> None:
    found = fit_calibration([(100, n % 3 != 0) for n in range(60)])

    assert len({found.confidence(100), found.confidence(101)}) == 1


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 30 labelled tickets, got 29"):
        fit_calibration([(1, True)] * 29)
