"""Single words: few points each, counted once and where they weigh most, and seen like any other reason."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify import (
    Calibration,
    Category,
    Classifier,
    Ticket,
    Vocabulary,
    shares_of,
    standard_vocabulary,
    stem_of,
)
from migro.errors import RuleDefinitionError
from migro.lexicons import Entry, Lexicon
from tests.effort import cases

STEPS = Calibration(steps=((-1000, 200), (0, 500)), source="made up")
LAMPS = Vocabulary.of(
    {"source": "made up", "points": {"lamp": {"inventory": 128, "docs": -48}, "shad": {"checkout": 80}}}
)
WORDS = st.lists(st.sampled_from(("lamp", "lamps", "shade", "shades", "wire", None)), max_size=30)


def rows(vocabulary: Vocabulary, *places: list[str] | list[str | None]) -> list[tuple[Category, int, str, str]]:
    return [row for word in vocabulary.read(*places) for row in word.rows]


def reader(vocabulary: Vocabulary, language: str = "en") -> Classifier:
    lexicon = Lexicon(name="test", version=1, language="en", entries=[Entry("cart", {"checkout": 40})])
    return Classifier([lexicon], STEPS, vocabularies={language: vocabulary})


@pytest.mark.parametrize(
    "words", ["ship ships shipped shipping", "query queries", "price prices priced pricing", "class classes", "bus"]
)
def test_number_and_tense_make_no_other_word(words: str) -> None:
    assert len({stem_of(word) for word in words.split()}) == 1


def test_a_word_counts_once_and_where_it_weighs_most() -> None:
    assert rows(LAMPS, ["lamps"], ["lamp", "lamp"], []) == [
        ("inventory", 16, "title", "lamp*"),
        ("docs", -6, "title", "lamp*"),
    ]
    assert rows(LAMPS, [], ["lamp"], ["lamp"]) == [("inventory", 8, "body", "lamp*"), ("docs", -3, "body", "lamp*")]
    assert [points for _, points, _, _ in rows(LAMPS, [], [], ["lamp"])] == [4, -1]


def test_a_long_text_says_no_more_than_a_short_one() -> None:
    many = Vocabulary(points={f"w{n}x": {"checkout": 10} for n in range(400)})

    def worth(number: int) -> int:
        return sum(points for _, points, _, _ in rows(many, [], [f"w{n}x" for n in range(number)], []))

    assert worth(16) == 160
    assert worth(400) == 400 * 10 * 4 // 20 < 400 * 10 // 4


def test_a_handful_of_words_says_less_than_what_each_is_worth() -> None:
    # One word in sixteen counts a sixteenth, and two an eighth each: such points are small, and their sum is chance.
    assert [points for category, points, _, _ in rows(LAMPS, [], ["lamp"], []) if category == "inventory"] == [8]
    assert [points for _, points, _, word in rows(LAMPS, [], ["lamp", "shade"], []) if word == "shad*"] == [10]


@given(WORDS, WORDS, WORDS)
@settings(max_examples=cases(100))
def test_what_is_learned_from_is_what_counts_later(
    title: list[str | None], prose: list[str | None], technical: list[str | None]
) -> None:
    shares = shares_of((title, prose, technical), LAMPS.points)
    read = rows(LAMPS, title, prose, technical)

    assert {word.rstrip("*") for _, _, _, word in read} == set(shares)
    for category, points, _, word in read:
        stem = word.rstrip("*")
        assert abs(points - shares[stem] * LAMPS.points[stem][category]) <= Fraction(1, 2)


def test_points_of_words_are_added_and_seen() -> None:
    found = reader(LAMPS).classify(Ticket(title="Cart without lamps", body="The shade is here."))

    assert dict(found.points)["checkout"] == sum(r.points for r in found.reasons("checkout")) == 40 * 2 + 10
    assert [(r.points, r.where, r.phrase) for r in found.reasons("inventory")] == [(32, "title", "lamp*")]


def test_words_alone_are_no_evidence() -> None:
    found = reader(Vocabulary(points={"lamp": {"inventory": 480}})).classify(Ticket(title="Lamps"))

    assert (found.category, found.confidence) == ("inventory", 200)


def test_words_of_another_language_say_nothing() -> None:
    assert reader(LAMPS, "de").classify(Ticket(title="Lamps", language="en")).reasons("inventory") == ()


def test_points_for_what_is_no_category_are_refused() -> None:
    with pytest.raises(RuleDefinitionError, match="expected categories, got 'kettle' for 'lamp' and 0 more"):
        Vocabulary.of({"source": "made up", "points": {"lamp": {"kettle": 1}}})


def test_no_standard_word_decides_what_a_phrase_that_names_a_desk_does_not() -> None:
    worth = standard_vocabulary().points

    assert len(worth) > 500
    assert all(stem_of(stem.lower()) and stem.isascii() for stem in worth)
    assert max(abs(points) for words in worth.values() for points in words.values()) < 50
