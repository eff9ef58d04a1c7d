"""One way to write a value down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import InputError
from migro.models import Band, Outcome, canonical_json, content_id, digest, from_microseconds, to_microseconds


def test_equal_values_give_equal_text_whatever_their_order() -> None:
    assert canonical_json({"b": 1, "a": frozenset({"y", "x"})}) == canonical_json({"a": {"x", "y"}, "b": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Band.HIGH, '"HIGH"'),
        (Outcome.APPROVE1, '"approve1"'),
        (Decimal("1.50"), '"1.50"'),
        (Fraction(7, 20), '"7/20"'),
        (datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1))), '"2026-03-01T09:00:00Z"'),
        (None, "null"),
        (True, "true"),
    ],
)
def test_every_kind_of_value_has_one_form(value: Any, text: str) -> None:
    assert canonical_json(value) == text


@pytest.mark.parametrize("value", [0.5, [1, {"a": 1.0}], float("nan")])
def test_a_float_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="a float has no canonical form"):
        digest(value)


def test_missing_empty_and_the_word_are_three_different_ids() -> None:
    assert len({content_id("x", None), content_id("x", ""), content_id("x", "None"), content_id("x")}) == 4


@given(st.lists(st.text(max_size=3), max_size=3), st.lists(st.text(max_size=3), max_size=3))
def test_parts_of_an_id_keep_their_places(a: list[str], b: list[str]) -> None:
    assert (content_id("x", *a) == content_id("x", *b)) == (a == b)


@given(st.integers(-(10**15), 10**16))
def test_times_survive_as_microseconds(us: int) -> None:
    assert to_microseconds(from_microseconds(us)) == us


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="expected a time with a zone"):
        to_microseconds(datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None))
