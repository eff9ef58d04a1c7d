"""Calibration: a clearer label is never less sure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.classify import Calibration, clarity, standard_calibration
from migro.errors import RuleDefinitionError

POINTS = st.integers(0, 2_000)


@given(POINTS, POINTS, st.integers(0, 500))
def test_more_points_for_the_best_and_fewer_for_the_second_are_never_less_clear(
    best: int, second: int, more: int
) -> None:
    assert clarity(best + more, second) >= clarity(best, second)
    assert clarity(best, second + more) <= clarity(best, second)


@given(st.integers(-2_000, 2_000), st.integers(0, 500))
def test_clearer_is_never_less_sure(level: int, more: int) -> None:
    calibration = standard_calibration()

    assert calibration.confidence(level + more) >= calibration.confidence(level)


def test_little_evidence_is_less_clear_than_much_of_the_same_shape() -> None:
    assert clarity(20, 0) < clarity(200, 0)
    assert clarity(100, 100) == 0
    assert clarity(100, 0, doubts=2) == clarity(100, 0) - 200


def test_steps_have_edges_that_belong_to_them() -> None:
    calibration = Calibration(steps=((-1000, 250), (0, 500), (300, 900)))

    assert [calibration.confidence(level) for level in (-5000, -1, 0, 299, 300)] == [250, 250, 500, 500, 900]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "expected at least one step"),
        (((0, 500), (0, 600)), "expected steps that rise"),
        (((0, 500), (10, 400)), "expected steps that rise"),
        (((0, 1500),), "expected confidences from 0 to 1000"),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps: tuple[tuple[int, int], ...], message: str) -> None:
    with pytest.raises(RuleDefinitionError, match=message):
        Calibration(steps=steps, source="here")
