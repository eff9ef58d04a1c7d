"""The written form: one phrase a line, read with all mistakes at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.lexicons import Entry, Lexicon, LexiconError, LexiconExample, parse_lexicon, write_lexicon

SHIPPED = (Path(__file__).parent / "shop_problems.lexicon").read_text(encoding="utf-8")

SMALL = """\
# A comment.
name: small
version: 3
language: pt-BR
reach: 2

[negations]
não

[ends]
mas

[idle]
não só

[phrases]
frete (caro|alto)  => intent.price +40, category.shipping 10
re: erro => 5\\d\\d   => hint.server -5

[examples]
O frete é caro => none
frete caro => intent.price 40, category.shipping, "frete (caro|alto)"
"não frete\\ncaro => #1"   => none, ~"frete (caro|alto)", !"re: erro => 5\\d\\d"
"""


def test_every_part_of_a_lexicon_can_be_written() -> None:
    assert parse_lexicon(SMALL) == Lexicon(
        name="small",
        version=3,
        language="pt-BR",
        reach=2,
        negations=["não"],
        ends=["mas"],
        idle=["não só"],
        entries=[
            Entry("frete (caro|alto)", {"intent.price": 40, "category.shipping": 10}),
            Entry("re: erro => 5\\d\\d", {"hint.server": -5}),
        ],
        examples=[
            LexiconExample(text="O frete é caro"),
            LexiconExample(
                text="frete caro",
                labels={"category.shipping"},
                points={"intent.price": 40},
                found=["frete (caro|alto)"],
            ),
            LexiconExample(text="não frete\ncaro => #1", negated=["frete (caro|alto)"], absent=["re: erro => 5\\d\\d"]),
        ],
    )


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_windows_writes_the_same_lexicon(ending: str) -> None:
    assert parse_lexicon("\ufeff" + SMALL.replace("\n", ending)) == parse_lexicon(SMALL)


def test_the_order_of_lines_means_nothing() -> None:
    head, phrases, rest = (
        SHIPPED.partition("[phrases]\n")[0],
        *SHIPPED.partition("[phrases]\n")[2].split("[examples]\n"),
    )
    turned = "\n".join(reversed(phrases.splitlines()))

    assert parse_lexicon(f"{head}[examples]\n{rest}\n[phrases]\n{turned}") == parse_lexicon(SHIPPED)


@pytest.mark.parametrize("text", [SMALL, SHIPPED], ids=["small", "shipped"])
def test_what_is_written_reads_back_the_same(text: str) -> None:
    lexicon = parse_lexicon(text)
    written = write_lexicon(lexicon)

    assert parse_lexicon(written) == lexicon
    assert write_lexicon(parse_lexicon(written)) == written


labels = st.sampled_from(["x", "y.z", "intent.late"])
points = st.dictionaries(labels, st.integers(-999, 999).filter(bool), min_size=1)
entries = st.dictionaries(
    st.sampled_from(["late", "check ?out", "(a|b) ... pay*", "re: e{2} => #", "é", "x-y", "can'?t"]),
    points,
    min_size=1,
).map(lambda found: [Entry(phrase, worth) for phrase, worth in found.items()])


@given(entries, st.data())
def test_every_lexicon_reads_back_from_its_written_form(found: list[Entry], data: st.DataObject) -> None:
    own = sorted({label for entry in found for label, _ in entry.points})
    phrases = st.lists(st.sampled_from([entry.phrase for entry in found]), unique=True)
    example = st.builds(
        LexiconExample,
        text=st.text() | st.sampled_from([" a", '"', "#", "[phrases]", "a => b", "name: x", "\u200b"]),
        labels=st.frozensets(st.sampled_from(own)),
        points=st.dictionaries(st.sampled_from(own), st.integers(-999, 999)),
        found=phrases,
        negated=phrases,
        absent=phrases,
    )
    lexicon = Lexicon(
        name="x",
        version=data.draw(st.integers(1, 9)),
        language="en",
        reach=data.draw(st.integers(0, 20)),
        entries=found,
        negations=data.draw(st.lists(st.sampled_from(["not", "no longer"]), unique=True)),
        examples=data.draw(st.lists(example, unique_by=lambda e: e.text)),
    )

    assert parse_lexicon(write_lexicon(lexicon)) == lexicon


WRONG = """\
name: Wrong
version: one
reach: 3
  colour: red
reach: 4
[phrases]
late
  late (  => x 1
late, => x 1
early => x
early 2 =>  x one
both => x 1,, y 2
good ?night => x 1
goodnight => x 2
goodnight => x 3
[negations]
no, not
[colours]
no line of this is looked at
[examples]
hi
hi 1 => x, none
hi 2 => none x
hi 3 => "x
hi 4 =>
"hi 5" x
"hi 6 => x
hi 7 => x,, y
hi 8 => none, x -1
"hi 8" => none, x 1
hi there => x, "lost"
"""


EXPECTED = """\
the lexicon has 24 mistakes:
  expected a line `language: ...` at the top, got none - at wrong.lexicon:1:1
  expected a name such as shop-problems, got 'Wrong' - at wrong.lexicon:1:7
  expected a whole number, got 'one' - at wrong.lexicon:2:10
  expected `name:`, `version:`, `language:`, `reach:` or `[phrases]`, got 'colour: red'\
 - at wrong.lexicon:4:3
  expected 'reach' once, got it twice - at wrong.lexicon:5:1
  expected `phrase => label points`, got 'late' - at wrong.lexicon:7:1
  expected `)` for this `(` - at wrong.lexicon:8:8
  expected words without punctuation, got 'late,' - at wrong.lexicon:9:1
  expected a label and points such as `intent.login 40`, got 'x' - at wrong.lexicon:10:10
  expected a whole number, got 'one' - at wrong.lexicon:11:15
  expected a label and points such as `intent.login 40`, got '' - at wrong.lexicon:12:13
  expected 'goodnight' once for x, got it in 'good ?night' too - at wrong.lexicon:14:1
  expected 'goodnight' once, got it twice - at wrong.lexicon:15:1
  expected words without punctuation, got 'no,' - at wrong.lexicon:17:1
  expected [phrases], [negations], [ends], [idle] or [examples], got [colours] - at wrong.lexicon:18:1
  expected `text => labels`, got 'hi' - at wrong.lexicon:21:1
  expected labels, or `none` alone, got 'x, none' - at wrong.lexicon:22:9
  expected a whole number, got 'x' - at wrong.lexicon:23:14
  expected a label, `label points` or "a phrase", got '"x' - at wrong.lexicon:24:9
  expected `text => labels`, got 'hi 4 =>' - at wrong.lexicon:25:1
  expected `=>` after the text, got 'x' - at wrong.lexicon:26:7
  expected a text in quotation marks as JSON writes it: Unterminated string starting at - at wrong.lexicon:27:1
  expected a label, `label points` or "a phrase", got ', y' - at wrong.lexicon:28:11
  expected 'hi 8' once, got it twice - at wrong.lexicon:30:1
"""


def test_all_mistakes_of_a_file_are_said_at_once_with_line_and_column() -> None:
    with pytest.raises(LexiconError) as wrong:
        parse_lexicon(WRONG, where="wrong.lexicon")

    assert str(wrong.value).splitlines() == EXPECTED.splitlines()


def test_a_place_is_data_too() -> None:
    with pytest.raises(LexiconError) as wrong:
        parse_lexicon("name: x\nversion: 1\nlanguage: en\n[phrases]\nlate => x many\n", where="my.lexicon")

    assert [(m.place, m.where) for m in wrong.value.mistakes] == [("my.lexicon:5:11", "my.lexicon:5:11")]


def test_examples_are_not_blamed_for_phrases_that_could_not_be_read() -> None:
    text = 'name: x\nversion: 1\nlanguage: en\n[phrases]\nlate => x\nlost => y 1\n[examples]\nlate => x, "late"\n'

    with pytest.raises(LexiconError, match="the lexicon has 1 mistake:"):
        parse_lexicon(text)


@given(st.text(st.sampled_from('ax =>"[]:,~!?(|)*.#1-\n'), max_size=60))
def test_any_text_is_a_lexicon_or_has_mistakes_with_a_place(text: str) -> None:
    start = "name: x\nversion: 1\nlanguage: en\n"
    for whole in (text, f"{start}[phrases]\n{text}", f"{start}[phrases]\na => x 1\n[examples]\n{text}"):
        try:
            parse_lexicon(whole, where="f")
        except LexiconError as e:
            lines = whole.split("\n")
            for mistake in e.mistakes:
                _, line, column = mistake.place.split(":")
                assert 1 <= int(line) <= len(lines)
                assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
