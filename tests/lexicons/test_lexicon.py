"""A lexicon says all that is wrong with it when it is made."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migro.lexicons import Entry, Lexicon, LexiconError, LexiconExample


def made(**changes: Any) -> Lexicon:
    valid: dict[str, Any] = {"name": "test", "version": 1, "language": "en", "entries": [Entry("late", {"x": 1})]}
    return Lexicon(**(valid | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Shop problems"}, "expected a name such as shop-problems, got 'Shop problems' - at name"),
        ({"version": 0}, "expected a whole number from 1, got 0 - at version '0'"),
        ({"version": True}, "expected a whole number from 1, got True"),
        ({"language": "English"}, "expected a language such as en or pt-BR, got 'English'"),
        ({"reach": 21}, "expected 0 to 20 words, got 21"),
        ({"reach": -1}, "expected 0 to 20 words, got -1"),
        ({"entries": []}, "expected at least one phrase, got none"),
        ({"entries": [Entry("late", {})]}, "expected a label and points, got none - at phrase 'late'"),
        ({"entries": [Entry("late", {"X": 1})]}, "expected a label such as intent.login, got 'X'"),
        ({"entries": [Entry("late", {"none": 1})]}, "expected a label such as intent.login, got 'none'"),
        ({"entries": [Entry("late", {"x": 0})]}, "expected whole points other than 0 for x, got 0"),
        ({"entries": [Entry("late", {"x": True})]}, "expected whole points other than 0 for x, got True"),
        ({"entries": [Entry("late", {"x": 0.5})]}, "expected whole points other than 0 for x, got 0.5"),  # type: ignore[arg-type]
        ({"entries": [Entry("late", [("x", 1), ("x", 2)])]}, "expected each label once, got 'x' twice"),
        ({"entries": [Entry("late", {"x": 1})] * 2}, "expected each phrase once, got it twice - at phrase 'late'"),
        ({"entries": [Entry("late,", {"x": 1})]}, "expected words without punctuation, got 'late,' - at phrase"),
        (
            {"entries": [Entry("check ?out", {"x": 1, "y": 1}), Entry("checkout", {"y": 1})]},
            "expected 'checkout' once for y, got it in 'check ?out' too - at phrase 'checkout'",
        ),
        ({"negations": ["not, so"]}, "expected words without punctuation, got 'not,' - at negation 'not, so'"),
        ({"negations": ["re: not"]}, "expected words without `re:` and `...`, got 're: not'"),
        ({"idle": ["not ... only"]}, "expected words without `re:` and `...`, got 'not ... only' - at idle"),
        ({"ends": ["but", "but"]}, "expected each of them once, got it twice - at end 'but'"),
        ({"examples": [LexiconExample(text="a")] * 2}, "expected each text once, got it twice - at example 'a'"),
        ({"examples": [LexiconExample(text="a", found=["lat"])]}, "expected a phrase of the lexicon, got 'lat'"),
        ({"examples": [LexiconExample(text="a", negated=["lat"])]}, "expected a phrase of the lexicon, got 'lat'"),
        ({"examples": [LexiconExample(text="a", absent=["lat"])]}, "expected a phrase of the lexicon, got 'lat'"),
        ({"examples": [LexiconExample(text="a", labels={"y"})]}, "expected a label of the lexicon, got 'y'"),
        ({"examples": [LexiconExample(text="a", points={"y": 1})]}, "expected a label of the lexicon, got 'y'"),
    ],
)
def test_a_mistake_says_what_was_expected_what_came_and_where(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LexiconError) as wrong:
        made(**changes)

    assert len(wrong.value.mistakes) == 1
    assert message in str(wrong.value)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(LexiconError, match="the lexicon has 4 mistakes:") as wrong:
        made(name="", version=-1, entries=[Entry("a (", {"x": 1}), Entry("b", {})])

    assert [m.part for m in wrong.value.mistakes] == ["name", "version", "phrase", "phrase"]


def test_two_phrases_may_share_words_when_they_share_no_label() -> None:
    assert made(entries=[Entry("check ?out", {"x": 1}), Entry("checkout", {"y": 1})]).labels == {"x", "y"}


def test_a_lexicon_is_a_value() -> None:
    one = made(entries=[Entry("late", {"x": 1}), Entry("lost", {"x": 2, "a": 1})])
    other = made(entries=[Entry("lost", [("a", 1), ("x", 2)]), Entry("late", {"x": 1})])

    assert one == other
    assert hash(one) == hash(other)
    assert attrs.evolve(one, version=2) != one
    assert attrs.evolve(one, version=2).read("late") == one.read("late")


def test_the_document_holds_what_readings_depend_on() -> None:
    one = made(negations=["not"], ends=["but"], idle=["not only"], reach=3, examples=[LexiconExample(text="hi")])

    assert one.document() == {
        "lexicon": ["test", 1],
        "language": "en",
        "reach": 3,
        "negations": ["not"],
        "ends": ["but"],
        "idle": ["not only"],
        "entries": {"late": {"x": 1}},
    }
