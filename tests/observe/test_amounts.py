from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.observe.amounts import counted, currency_of, summed
from migro.observe.references import code_of, named
from migro.observe.zones import unsaid_zone


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_of_a_usual_currency_stays_as_it_is(amount: int, currency: str) -> None:
    assert counted(amount, currency, {"ISK": 2}) == counted(str(amount), currency, {"ISK": 2}) == amount


@given(st.integers(-(10**10), 10**10))
def test_what_a_provider_counts_in_hundredths_of_a_whole_currency_is_a_hundredth(amount: int) -> None:
    assert counted(amount * 100, "ISK", {"ISK": 2}) == amount
    assert counted(amount * 100 + 1, "ISK", {"ISK": 2}) is None


@pytest.mark.parametrize("value", [None, True, "x", "1.5", [], 10**400])
def test_what_is_no_whole_number_is_no_amount(value: Any) -> None:
    assert counted(value, "EUR", {}) is None


def test_a_sum_is_of_one_currency_and_of_known_amounts_only() -> None:
    assert summed([("1.50", "EUR"), ("2", "EUR")]) == (350, "EUR")
    assert summed([("100", "JPY")]) == (100, "JPY")
    for amounts in ([], [("1", "EUR"), ("1", "USD")], [("1", "EUR"), (None, "EUR")], [("1", None)]):
        assert summed(amounts) == (None, None)


@pytest.mark.parametrize(
    ("value", "expected"), [("eur", "EUR"), (" USD ", "USD"), ("EURO", None), ("€€€", None), (7, None), (None, None)]
)
def test_a_currency_has_three_letters(value: Any, expected: str | None) -> None:
    assert currency_of(value) == expected


def test_a_reference_of_one_word_is_an_id_and_of_several_a_person() -> None:
    ids, people = named({"a": "M-1001", "b": "Ada Lovelace", "c": 7, "d": None, "e": '"Ada"', "f": " "})

    assert (ids, people) == ({"a": "M-1001", "c": "7"}, {"b": "Ada Lovelace", "e": '"Ada"'})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("insufficient_funds", "insufficient_funds"),
        ("0500", "0500"),
        ("10.4", "10.4"),
        ("Refused by Ada", None),
        ("a" * 65, None),
        (None, None),
    ],
)
def test_a_code_is_one_word(value: Any, expected: str | None) -> None:
    assert code_of(value) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-03-01T10:00:00", "unknown"),
        ("2026-03-01 10:00", "unknown"),
        ("2026-03-01T10:00:00Z", None),
        ("2026-03-01T10:00:00.123+0100", None),
        ("2026-03-01", None),
        ("yesterday at 10:00", None),
        (1772355600, None),
        ("1772355600", None),
        (None, None),
    ],
)
def test_a_clock_without_a_zone_says_so(told: Any, expected: str | None) -> None:
    assert unsaid_zone(told) == expected
