"""Words: what lexicons call a word and a clause, and identifiers taken apart."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify.words import words_of
from migro.lexicons.words import split_words
from tests.effort import cases


def clauses(words: list[str | None]) -> list[list[str]]:
    return [[w for w in group if w] for some, group in groupby(words, key=lambda w: w is not None) if some]


@pytest.mark.parametrize(
    "text",
    [
        "Can't check-out: the cart is empty!",
        "Version 3.5 of shop.example, since 10:30",
        "first line\nsecond line\n\nnew paragraph - and an aside",
        "Zahlung über Paypal schlägt fehl (seit gestern)",
        "“Don’t” – it said… twice",
        "",
        "...",
    ],
)
def test_clauses_are_those_of_the_lexicons(text: str) -> None:
    expected = [line.split() for line in split_words(text).stream.decode().splitlines()]

    assert clauses(words_of(text)) == expected


@settings(max_examples=cases(60), deadline=None)
@given(st.text(alphabet="ab 1.,:;!?()-\n'", max_size=40))
def test_any_plain_text_has_the_clauses_of_the_lexicons(text: str) -> None:
    expected = [line.split() for line in split_words(text).stream.decode().splitlines()]

    assert clauses(words_of(text)) == expected


@pytest.mark.parametrize(
    ("identifier", "parts"),
    [
        ("quantityAvailable", ["quantity", "available"]),
        ("CustomerAccessTokenRenew", ["customer", "access", "token", "renew"]),
        ("parseJSONBody", ["parse", "json", "body"]),
    ],
)
def test_identifiers_are_read_whole_and_in_parts(identifier: str, parts: list[str]) -> None:
    assert clauses(words_of(f"see {identifier} here")) == [["see", identifier.lower(), "here"], parts]


def test_underscores_part_words() -> None:
    assert clauses(words_of("inventory_reservation")) == [["inventory", "reservation"]]
