"""Numbers of rules are exact, and spans print as people write them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import RuleDefinitionError
from migro.expressions import days, encode, hours, microseconds, minutes, percent, permille, seconds, span

FLOAT: Any = 0.05


@given(st.integers(-(10**6), 10**6))
def test_hundredths_and_thousandths_are_exact(n: int) -> None:
    assert percent(n) * 100 == n
    assert permille(n) * 1000 == n
    assert percent(Decimal(n) / 10) == permille(n)


@pytest.mark.parametrize("value", [FLOAT, True, None, "five", "nan", "1/0", Decimal("nan"), Decimal("inf")])
def test_what_is_not_exact_is_refused(value: Any) -> None:
    with pytest.raises(RuleDefinitionError, match=r"percent\(\) takes"):
        percent(value)


@given(st.timedeltas())
def test_microseconds_are_exact_over_the_whole_range(t: timedelta) -> None:
    assert timedelta(microseconds=microseconds(t)) == t


def test_spans_print_in_the_largest_whole_unit() -> None:
    spans = [days(1), hours(36), minutes(90), seconds(61), timedelta(microseconds=1_000_001), timedelta(0)]

    assert [span(t) for t in spans] == ["1 d", "36 h", "90 min", "61 s", "1000001 us", "0 us"]


def test_literals_of_different_types_never_look_alike() -> None:
    values = [1, True, "1", Decimal(1), Fraction(1), frozenset({"1"}), seconds(1)]

    assert len({repr(encode(v)) for v in values}) == len(values)
    with pytest.raises(RuleDefinitionError, match=r"got 1.0 \(float\)"):
        encode(1.0)
