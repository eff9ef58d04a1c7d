"""Text as words in clauses: folded, and each word with its place in the original."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.lexicons.words import split_words


def clauses(text: str) -> list[str]:
    return [line.strip() for line in split_words(text).stream.decode().splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "cannot check out",
        "  CANNOT\tcheck\nout  ",
        "cannot-check_out",
        "cannot 'check' \"out\"",
        "can\u00adnot ch\u200beck\u2060 o\u200dut",
        "Ｃａｎｎｏｔ ｃｈｅｃｋ ｏｕｔ",
        "cannot **check** out",
        "cannot\u00a0check/out",
        "\ufeffcannot check out\u202e",
    ],
)
def test_what_looks_the_same_is_the_same_words(text: str) -> None:
    assert clauses(text) == ["cannot check out"]


@pytest.mark.parametrize("mark", [".", ",", ";", ":", "!", "?", "(", ")", "…", " - ", " – ", "—", "\n\n", "\n- ", "。"])
def test_punctuation_and_blank_lines_end_a_clause(mark: str) -> None:
    assert clauses(f"one two{mark} three") == ["one two", "three"]


def test_a_point_comma_or_colon_inside_of_something_ends_nothing() -> None:
    assert clauses("at 10:30 shop.example took 1,000 or 3.5") == ["at 10 30 shop example took 1 000 or 3 5"]


def test_an_apostrophe_belongs_to_its_word_however_it_is_typed() -> None:
    assert clauses("can't can’t can`t can´t can＇t 'quoted'") == ["can't " * 5 + "quoted"]


def test_marks_belong_to_their_letters() -> None:
    assert clauses("cafe\u0301 café") == ["café café"]
    assert clauses("काम नहीं") == [unicodedata.normalize("NFKC", "काम नहीं")]


def test_case_is_folded_and_not_only_lowered() -> None:
    assert clauses("STRASSE Straße ﬁnd") == ["strasse strasse find"]


@pytest.mark.parametrize("text", ["", " ", "\x00", "!?", "\u200b", "\ud800", "(((([[[["])
def test_text_without_words_has_none(text: str) -> None:
    assert len(split_words(text)) == 0


def test_each_word_knows_its_place_in_the_original() -> None:
    text = "Ｉ can\u00adnot, e\u0301te\u0301"
    words = split_words(text)

    assert [text[a:b] for a, b in words.spans] == ["Ｉ", "can\u00adnot", "e\u0301te\u0301"]
    assert words.clauses == [0, 0, 1]


def test_one_character_that_is_several_words_gives_each_of_them_its_place() -> None:
    assert split_words("a \ufdfa b").spans[1:-1] == [(2, 3)] * 4


@given(st.text())
def test_every_text_can_be_split_and_its_words_lie_in_it_in_order(text: str) -> None:
    words = split_words(text)

    assert len(words.offsets) == len(words.spans) == len(words.clauses)
    assert all(0 <= start < end <= len(text) for start, end in words.spans)
    assert words.spans == sorted(words.spans)
    assert words.clauses == sorted(words.clauses)


@given(st.text(st.sampled_from("aeK'’`1. ,-\n\u0301\u0327\u200b\u00adﬁＫé\uac00\u1161\u11a8ｶ\uff9e"), max_size=25))
def test_a_text_and_its_normal_form_have_the_same_words(text: str) -> None:
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf").translate(dict.fromkeys(b"`", "'"))

    # The normal form of the whole, where `split_words` puts pieces into theirs.
    assert split_words(text).stream == split_words(unicodedata.normalize("NFKC", visible)).stream


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_what_stands_behind_a_full_stop_changes_no_word_before(left: str, right: str) -> None:
    assert split_words(f"{left} . {right}").stream == split_words(left).stream + split_words(right).stream
