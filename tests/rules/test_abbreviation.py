"""Abbreviation: what comes again in a premise is said once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.packs.headless import RULES
from migro.rules.abbreviation import abbreviated

_LONG = "[Sessions: Sessions.channel == 'organic' per merchant, weighted by Sessions.sessions]"
_CALL = f"greatest(3, number of {_LONG} in 1 h)"


def spelt_out(text: str) -> str:
    """Return what an abbreviated premise says, with every letter put back."""
    whole, _, told = text.partition(", where A = ")
    parts = re.split(r", ([A-Z]\d*) = ", f"A = {told}".removeprefix("A = "))
    letters = dict(zip(["A", *parts[1::2]], parts[::2], strict=True)) if told else {}
    for _ in letters:
        for letter, part in letters.items():
            whole = re.sub(rf"(?<![\w'.]){letter}(?![\w'.])", part.replace("\\", r"\\"), whole)
    return whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sessions: any per merchant", "Sessions: any per merchant"),
        (f"number of {_LONG} in 1 h > 3", f"number of {_LONG} in 1 h > 3"),
        ("at least 3 x [Log: any] and no [Log: any]", "at least 3 x [Log: any] and no [Log: any]"),
        (f"{_LONG} > usual {_LONG}", f"A > usual A, where A = {_LONG}"),
        # With the name of what is called, and the longest first.
        (
            f"{_CALL} > 3 and {_CALL} < 9, {_LONG}",
            f"A > 3 and A < 9, B, where A = greatest(3, number of B in 1 h), B = {_LONG}",
        ),
        ("[Log: Log.text == ']' & Log.n.one_of('(((((((((((((((((((((((((((((')] twice", None),
    ],
)
def test_what_comes_again_and_is_long_gets_a_letter(text: str, said: str | None) -> None:
    assert abbreviated(text) == (text if said is None else said)


def test_letters_come_in_the_order_in_which_a_reader_meets_them() -> None:
    texts = [f"[{letter * 70}]" for letter in "zyx"]
    said = abbreviated(" then ".join(texts + texts))

    assert said == "A then B then C then A then B then C, where " + ", ".join(
        f"{letter} = {text}" for letter, text in zip("ABC", texts, strict=True)
    )


def test_a_letter_that_the_premise_uses_itself_stands_for_nothing_else() -> None:
    assert abbreviated(f"[A: any per merchant] and {_LONG}, {_LONG}") == (
        f"[A: any per merchant] and B, B, where B = {_LONG}"
    )


def test_nothing_is_lost_of_any_shipped_premise() -> None:
    for rule in RULES:
        whole = str(rule.when)
        said = abbreviated(whole)

        assert len(said) <= len(whole), rule.id
        assert spelt_out(said) == whole, rule.id


@given(
    st.lists(st.sampled_from(["[", "]", "(", ")", "greatest(", "'", "a" * 61, " ", "A", "\\"]), max_size=40).map(
        "".join
    )
)
def test_broken_brackets_and_quotes_are_no_error(text: str) -> None:
    assert isinstance(abbreviated(text), str)
