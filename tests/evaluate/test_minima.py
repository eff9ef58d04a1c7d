"""The smallest value of a smooth function."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.evaluate.minima import minimum
from tests.effort import cases


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=5), st.integers(1, 20))
@settings(max_examples=cases(40))
def test_a_bowl_is_smallest_at_its_bottom(bottom: list[int], steep: int) -> None:
    bends = [1 + steep * at for at in range(len(bottom))]

    def slope(place: list[float]) -> tuple[float, list[float]]:
        away = [one - low for one, low in zip(place, bottom, strict=True)]
        value = sum(bend * far * far / 2 for bend, far in zip(bends, away, strict=True))
        return value, [bend * far for bend, far in zip(bends, away, strict=True)]

    found = minimum(slope, [0.0] * len(bottom))

    assert slope(found)[0] <= 1e-3 * max(1.0, slope([0.0] * len(bottom))[0])


def test_what_is_curved_unevenly_is_found_too() -> None:
    def slope(place: list[float]) -> tuple[float, list[float]]:
        (x,) = place
        return exp(x) - 2 * x, [exp(x) - 2]

    assert minimum(slope, [5.0]) == [pytest.approx(0.6931, abs=1e-2)]


def test_at_the_bottom_nothing_moves() -> None:
    assert minimum(lambda place: (0.0, [0.0]), [3.0]) == [3.0]
