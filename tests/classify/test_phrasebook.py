"""A phrasebook finds what the lexicon finds, and as much of it counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify import Phrasebook
from migro.classify.words import words_of
from migro.errors import RuleDefinitionError
from migro.lexicons import Entry, Lexicon
from tests.effort import cases


def lexicon(*phrases: str | tuple[str, dict[str, int]], negations: tuple[str, ...] = ()) -> Lexicon:
    pairs = [(p, {"x": 1}) if isinstance(p, str) else p for p in phrases]
    return Lexicon(
        name="test",
        version=1,
        language="en",
        reach=3,
        entries=[Entry(phrase, points) for phrase, points in pairs],
        negations=negations,
        ends=("but",),
        idle=("not only",),
    )


def found(book: Lexicon, text: str) -> dict[str, set[str]]:
    counted: dict[str, set[str]] = {}
    for phrase in Phrasebook(book).read(words_of(text)):
        counted.setdefault(phrase.phrase, set()).update(label for label, _ in phrase.points)
    return counted


PHRASES = ("a b", "a", "b ... c", "c*", "abc (a|b)", "c d ... a", ("a b c", {"y": 2}), ("b", {"x": 1, "y": 3}))


@settings(max_examples=cases(50), deadline=None)
@given(
    st.lists(st.sampled_from(PHRASES[:3] + PHRASES[4:]), min_size=1, max_size=5, unique_by=str),
    st.lists(st.sampled_from(("a", "b", "c", "d", "abc", "abcd", ".", "!")), max_size=12).map(" ".join),
)
def test_the_phrases_that_count_are_those_of_the_lexicon(
    phrases: list[str | tuple[str, dict[str, int]]], text: str
) -> None:
    book = lexicon(*phrases)
    reading = book.read(text)
    expected: dict[str, set[str]] = {}
    for match in reading.matches:
        expected.setdefault(match.phrase, set()).update(label for label, _ in match.points)

    assert found(book, text) == expected


@pytest.mark.parametrize("text", ["the crash", "it crashes", "crashing again"])
def test_a_stem_is_every_word_that_begins_like_it(text: str) -> None:
    assert found(lexicon("crash*"), text) == {"crash*": {"x"}}


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("card declined", True),
        ("card was just now declined", True),
        ("card was just now again declined", False),
        ("my card. It was declined", False),
    ],
)
def test_a_gap_is_up_to_three_words_of_one_clause(text: str, there: bool) -> None:
    assert bool(found(lexicon("card ... declined"), text)) is there


def test_of_phrases_for_one_label_the_longest_counts_and_for_another_label_both() -> None:
    book = lexicon(("check out", {"x": 1}), ("check out button", {"x": 5}), ("button", {"y": 1}))

    assert found(book, "the check out button") == {"check out button": {"x"}, "button": {"y"}}


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("it is stock", True),
        ("nothing to do with stock", False),
        ("nothing to do with our own stock", False),
        ("nothing to do with one two three stock", True),
        ("nothing to do with you but stock", True),
    ],
)
def test_a_negation_reaches_a_few_words(text: str, counts: bool) -> None:
    assert bool(found(lexicon("stock", negations=("nothing to do with",)), text)) is counts


def test_a_regular_expression_is_refused_in_words() -> None:
    with pytest.raises(RuleDefinitionError, match=r"expected phrases of words, got 're: 50\[234\]'.* in test 1"):
        Phrasebook(lexicon("re: 50[234]", "a"))


def test_words_that_never_come_again_are_forgotten_and_nothing_changes() -> None:
    book = Phrasebook(lexicon("stock"))
    for number in range(60_000):
        book.read([f"w{number}"])

    assert [f.phrase for f in book.read(["stock"])] == ["stock"]
