"""Every lexicon carries its own examples."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from migro.lexicons import Entry, Lexicon, LexiconExample, check_lexicon, parse_lexicon
from migro.lexicons.phrases import parse_phrase

SHIPPED = parse_lexicon((Path(__file__).parent / "shop_problems.lexicon").read_text(encoding="utf-8"))

SMALL = Lexicon(
    name="small",
    version=2,
    language="en",
    negations=["not"],
    entries=[Entry("late", {"x": 10}), Entry("early", {"x": -10}), Entry("lost", {"y": 5})],
)


def failures(text: str, **expected: object) -> list[str]:
    example = LexiconExample(text=text, **expected)  # type: ignore[arg-type]
    return [str(f) for f in check_lexicon(attrs.evolve(SMALL, examples=[example]))]


def test_the_example_lexicon_reads_its_examples_as_they_say() -> None:
    assert len(SHIPPED.entries) == 40
    assert check_lexicon(SHIPPED) == ()


SPELLINGS = [(e.phrase, s) for e in SHIPPED.entries for s in parse_phrase(e.phrase).spellings]


@pytest.mark.parametrize(("phrase", "spelling"), SPELLINGS)
def test_each_spelling_of_the_example_lexicon_can_be_found(phrase: str, spelling: str) -> None:
    alone = attrs.evolve(SHIPPED, entries=[Entry(phrase, {"x": 1})], examples=[], negations=[])

    assert alone.read(spelling.replace("...", "just now").replace("*", "")).found == {phrase}


def test_an_example_that_holds_is_silent() -> None:
    assert failures("late", labels={"x"}, points={"x": 10}, found=["late"], absent=["lost", "early"]) == []
    assert failures("not late", negated=["late"]) == []
    assert failures("early", points={"x": -10}) == []
    assert failures("late", points={"x": 10}) == []


@pytest.mark.parametrize(
    ("text", "expected", "message"),
    [
        ("late", {}, "expected no label, got x"),
        ("early", {"labels": {"x"}}, "expected x, got no label"),
        ("late and lost", {"labels": {"x"}}, "expected x, got x, y"),
        ("late early", {"points": {"x": -1}}, "expected -1 points for x, got 0"),
        ("early", {"found": ["late"]}, "expected 'late' to be found, got absent"),
        ("not late", {"found": ["late"]}, "expected 'late' to be found, got negated"),
        ("hm", {"negated": ["late"]}, "expected 'late' to be negated, got absent"),
        ("not late", {"absent": ["late"]}, "expected 'late' to be absent, got negated"),
    ],
)
def test_an_example_that_fails_says_what_was_read(text: str, expected: dict[str, object], message: str) -> None:
    assert failures(text, **expected) == [f"{message} - at small 2, example {text!r}"]


def test_all_that_is_wrong_with_an_example_is_said() -> None:
    assert len(failures("late", points={"x": 5}, negated=["late"], found=["lost"])) == 3
