from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import InputError
from migro.observe.parsing import minor_units, moment, read_json, whole, word

NINE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "spelling",
    [
        1772355600,
        "1772355600",
        1772355600000,
        1772355600000000,
        1772355600000000000,
        Decimal("1772355600.000"),
        1772355600.0,
        "2026-03-01T09:00:00Z",
        "2026-03-01 09:00:00",
        "2026-03-01 09:00:00 UTC",
        "2026-03-01T10:00:00+01:00",
        "2026-03-01T10:00:00.000000000+0100",
        "2026-03-01T12:30+03:30",
        "2026-02-28T23:00:00-10",
    ],
)
def test_every_spelling_of_a_time_is_the_same_instant(spelling: Any) -> None:
    assert moment(spelling) == NINE


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "",
        0,
        -1,
        True,
        "0001-01-01T00:00:00Z",
        "{created_at}",
        "soon",
        "2026-13-01",
        10**40,
        Decimal("NaN"),
        float("nan"),
        float("inf"),
        [],
        {},
    ],
)
def test_what_is_no_time_is_none(nothing: Any) -> None:
    assert moment(nothing) is None


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("59.90", "EUR", 5990),
        ("1000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        (Decimal("0.1"), "USD", 10),
        (7, "usd", 700),
        ("0.001", "EUR", None),
        ("12,50", "EUR", None),
        ("1e99", "EUR", None),
        (None, "EUR", None),
        ("5", None, None),
        ("NaN", "EUR", None),
        (True, "EUR", None),
    ],
)
def test_money_becomes_exact_minor_units_or_nothing(amount: Any, currency: str | None, minor: int | None) -> None:
    assert minor_units(amount, currency) == minor


def test_json_numbers_stay_exact() -> None:
    assert read_json('{"id": 820982911946154508, "rate": 0.1}') == {"id": 820982911946154508, "rate": Decimal("0.1")}


def test_trailing_commas_outside_of_strings_are_forgiven() -> None:
    assert read_json('{"a": [1, 2, ], "b": ",]", }') == {"a": [1, 2], "b": ",]"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "b": }', "line 2, column 7"),
        ('{"a": 1, "a": 2}', "each name once"),
        ('{"a": NaN}', "got NaN"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 5000, "a number is too long"),
    ],
)
def test_what_is_no_json_says_why(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_json(text)


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_any_text_is_json_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        read_json(text)


@pytest.mark.parametrize("text", ["{shop}.myshopify.com", "{store_hash}", "{{ticket.id}}", "<id>", "", "  ", None, 5])
def test_an_unfilled_placeholder_is_no_word(text: Any) -> None:
    assert word(text) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", 12),
        (12, 12),
        (Decimal(12), 12),
        (Decimal("1.5"), None),
        (True, None),
        ("x", None),
        (10**30, None),
        (Decimal("1e400"), None),
    ],
)
def test_whole_numbers_only(value: Any, number: int | None) -> None:
    assert whole(value) == number


def test_half_a_surrogate_pair_is_replaced_and_whole_ones_stay() -> None:
    assert read_json(r'{"a\ud800": ["\udc00", "\ud83d\ude00"]}') == {"a?": ["?", "\U0001f600"]}
