"""Reading: which phrases are in a text, where, what they are worth and what negates them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import RuleDefinitionError
from migro.lexicons import Entry, Lexicon, Match, Reading
from migro.lexicons.phrases import parse_phrase
from migro.lexicons.reading import Matcher

NEGATIONS = ("not", "no longer", "never", "without", "isn'?t", "doesn'?t", "cannot")


def lexicon(
    *phrases: str | tuple[str, dict[str, int]],
    reach: int = 5,
    negations: Iterable[str] = NEGATIONS,
    idle: Iterable[str] = (),
) -> Lexicon:
    """A lexicon in which a phrase alone is worth one point for the label `x`."""
    pairs = [(p, {"x": 1}) if isinstance(p, str) else p for p in phrases]
    return Lexicon(
        name="test",
        version=1,
        language="en",
        reach=reach,
        entries=[Entry(phrase, points) for phrase, points in pairs],
        negations=negations,
        ends=("but", "however"),
        idle=idle,
    )


def seen(reading: Reading, text: str) -> list[tuple[str, str, str]]:
    """Each phrase, the words it stands for and the words that negate it."""
    return [
        (m.phrase, text[m.start : m.end], text[slice(*m.negated_by)] if m.negated_by else "") for m in reading.matches
    ]


@pytest.mark.parametrize(
    ("phrase", "text", "there"),
    [
        ("pay", "PAY now", True),
        ("pay", "paypal", False),
        ("pay", "repay", False),
        ("pay*", "paying", True),
        ("pay*", "pay", True),
        ("pay*", "pa ying", False),
        ("check ?out", "check\n  out", True),
        ("check ?out", "che\u200bck out", True),
        ("check out", "check. Out", False),
        ("check out", "check, out", False),
        ("card ... declined", "card declined", True),
        ("card ... declined", "card was just now declined", True),
        ("card ... declined", "card was only just now declined", False),
        ("card ... declined", "card. It was declined", False),
        ("(log|sign) ?in", "sign-in", True),
        ("re: error [45]\\d\\d", "ERROR 503", True),
        ("re: error [45]\\d\\d", "error 5033", False),
        ("re: error [45]\\d\\d", "terror 503", False),
        ("re: error[^x]+503", "error, 503", False),
        ("re: a|b", "b", True),
    ],
)
def test_a_phrase_is_whole_words_of_one_clause(phrase: str, text: str, there: bool) -> None:
    assert bool(lexicon(phrase).read(text).matches) is there


def test_a_match_knows_its_place_in_the_text_as_it_was_written() -> None:
    text = "Hm… I ｃan\u00adnot  check-out!"

    assert lexicon("cannot check ?out").read(text).matches == (
        Match(phrase="cannot check ?out", start=6, end=24, points=(("x", 1),), negated_by=None),
    )


def test_a_phrase_is_found_wherever_it_occurs_and_counts_once() -> None:
    reading = lexicon(("late late", {"x": 3}), ("slow", {"x": 5})).read("slow slow slow. late late late late")

    assert [m.phrase for m in reading.matches] == ["slow"] * 3 + ["late late"] * 2
    assert reading.points == {"x": 8}


def test_points_add_up_by_label_and_speak_against_it_too() -> None:
    reading = lexicon(("a", {"x": 3, "y": 1}), ("b", {"x": -5}), ("c", {"z": 2})).read("a b c")

    assert reading.points == {"x": -2, "y": 1, "z": 2}
    assert reading.labels() == {"y", "z"}
    assert reading.labels(at_least=2) == {"z"}


def test_the_points_of_a_reading_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        lexicon("a").read("a").points["x"] = 7  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "negation"),
    [
        ("not broken", "not"),
        ("is no longer broken", "no longer"),
        ("It isn't broken", "isn't"),
        ("It isn’t broken", "isn’t"),
        ("never was it so broken", "never"),
        ("not a b c d broken", "not"),
        ("not a b c d e broken", ""),
        ("never, broken", ""),
        ("not that. broken", ""),
        ("not that but broken", ""),
        ("not that; however broken", ""),
        ("not that\n\nbroken", ""),
        ("not that\nbroken", "not"),
        ("broken, not", ""),
        ("broken not", ""),
        ("knot broken", ""),
        ("not not broken", "not"),
        ("not never broken", "never"),
    ],
)
def test_a_negation_reaches_five_words_of_its_clause_up_to_but(text: str, negation: str) -> None:
    reading = lexicon("broken").read(text)

    assert seen(reading, text) == [("broken", "broken", negation)]
    assert reading.points == ({} if negation else {"x": 1})
    assert reading.negated == ({"broken"} if negation else set())
    assert reading.found == (set() if negation else {"broken"})


def test_the_reach_is_part_of_the_lexicon() -> None:
    assert lexicon("broken", reach=1).read("not so broken").found == {"broken"}
    assert lexicon("broken", reach=2).read("not so broken").negated == {"broken"}
    assert lexicon("broken", reach=0).read("not broken").found == {"broken"}


def test_a_phrase_that_contains_its_negation_is_not_negated_by_it() -> None:
    text = "customers cannot check out and the login is broken"
    reading = lexicon("cannot check out", ("login ... broken", {"y": 1})).read(text)

    assert seen(reading, text) == [
        ("cannot check out", "cannot check out", ""),
        ("login ... broken", "login is broken", ""),
    ]


def test_a_phrase_inside_of_one_with_a_negation_is_not_negated() -> None:
    reading = lexicon(("cannot check out", {"x": 1}), ("check out", {"y": 1})).read("I cannot check out")

    assert reading.points == {"x": 1, "y": 1}


def test_a_phrase_that_starts_inside_of_one_with_a_negation_and_goes_on_is_negated() -> None:
    text = "it is not working fine"
    reading = lexicon(("not working", {"x": 1}), ("working fine", {"y": 1})).read(text)

    assert seen(reading, text) == [("not working", "not working", ""), ("working fine", "working fine", "not")]


def test_a_phrase_with_a_negation_can_be_negated_by_another_one() -> None:
    assert lexicon("cannot check out").read("never was it so that I cannot check out").found == {"cannot check out"}
    assert lexicon("cannot check out").read("it is not that I cannot check out").negated == {"cannot check out"}


def test_a_negation_in_a_gap_negates_the_phrase_around_it() -> None:
    text = "checkout is no longer broken"

    assert seen(lexicon("checkout ... broken").read(text), text) == [("checkout ... broken", text, "no longer")]


def test_a_negation_across_the_edge_of_a_gap_is_no_part_of_the_gap() -> None:
    reading = lexicon("checkout ... longer broken").read("checkout is no longer broken")

    assert reading.found == {"checkout ... longer broken"}


def test_a_negation_that_belongs_to_a_phrase_inside_of_the_gap_stays_there() -> None:
    reading = lexicon("checkout ... fails", ("not responding", {"y": 1})).read("checkout not responding fails")

    assert reading.points == {"x": 1, "y": 1}


def test_a_negation_in_a_gap_that_belongs_to_a_phrase_across_its_edge_negates_both_sides() -> None:
    reading = lexicon(("checkout ... working", {"x": -1}), ("not working", {"y": 1})).read("checkout is not working")

    assert reading.points == {"y": 1}


def test_of_two_phrases_with_one_negation_the_one_that_goes_further_decides_what_is_behind_it() -> None:
    phrases = [("not working", {"x": 1}), ("not working at all", {"y": 1}), ("working at all", {"z": 1})]

    assert lexicon(*phrases).read("not working at all").points == {"x": 1, "y": 1, "z": 1}
    assert lexicon(*phrases, ("working at all today", {"w": 1})).read("not working at all today").negated == {
        "working at all today"
    }


def test_of_two_phrases_with_one_negation_the_shorter_may_go_further() -> None:
    phrases = [("is so not working", {"x": 1}), ("not working well", {"y": 1}), ("working well", {"z": 1})]

    assert lexicon(*phrases).read("is so not working well").points == {"x": 1, "y": 1, "z": 1}


def test_of_two_negations_that_end_together_the_longer_is_named() -> None:
    text = "no longer broken"

    assert seen(lexicon("broken", negations=("longer", "no longer")).read(text), text) == [
        ("broken", "broken", "no longer")
    ]


def test_a_negation_of_one_letter_in_a_gap_is_seen() -> None:
    assert lexicon("card ... broken", negations=("o",)).read("card is o broken").negated == {"card ... broken"}


def test_a_group_of_a_regular_expression_is_no_gap() -> None:
    assert lexicon("re: c...( not)+ b").read("card not b").found == {"re: c...( not)+ b"}


def test_a_gap_is_as_short_as_it_can_be() -> None:
    text = "card declined and declined"

    assert seen(lexicon("card ... declined").read(text), text) == [("card ... declined", "card declined", "")]


def test_a_negation_longer_than_the_phrase_it_begins_in_is_no_part_of_it() -> None:
    assert lexicon(("is no", {"x": 1}), ("broken", {"y": 1})).read("is no longer broken").negated == {"broken"}


def test_a_negation_that_only_looks_like_one_is_idle() -> None:
    text = "not only is it broken"

    assert lexicon("broken").read(text).negated == {"broken"}
    assert lexicon("broken", idle=("not only",)).read(text).found == {"broken"}
    assert lexicon("broken", idle=("not only",)).read("not " + text).negated == {"broken"}
    assert lexicon("only is ... broken", idle=("not only",)).read(text).found == {"only is ... broken"}
    assert [m.phrase for m in lexicon("broken", idle=("not only",)).read(text).matches] == ["broken"]


def test_a_phrase_that_is_there_twice_and_negated_once_counts() -> None:
    reading = lexicon("broken").read("not broken. broken")

    assert reading.points == {"x": 1}
    assert reading.found == {"broken"}
    assert not reading.negated


def test_of_overlapping_phrases_the_longest_counts_for_each_label_by_itself() -> None:
    reading = lexicon(("check out", {"x": 1, "topic": 2}), ("cannot check out", {"x": 10})).read("cannot check out")

    assert reading.points == {"x": 10, "topic": 2}
    assert [(m.phrase, m.points) for m in reading.matches] == [
        ("cannot check out", (("x", 10),)),
        ("check out", (("topic", 2),)),
    ]


def test_a_negated_longer_phrase_leaves_nothing_of_a_shorter_one_for_its_label() -> None:
    reading = lexicon("checkout", "checkout broken").read("not checkout broken")

    assert reading.points == {}
    assert reading.negated == {"checkout broken"}


def test_of_equally_long_phrases_the_first_in_the_text_counts_and_then_the_first_by_spelling() -> None:
    assert lexicon("a b", "b c").read("a b c").found == {"a b"}
    assert lexicon("a b", "b c d").read("a b c d").found == {"b c d"}
    assert lexicon("carty", "cart*", "re: carty").read("carty").found == {"cart*"}


def test_a_phrase_is_found_again_one_word_further_on() -> None:
    text = "late order late order late"

    assert [(m.start, m.end) for m in lexicon("late", "order").read(text).matches] == [
        (0, 4), (5, 10), (11, 15), (16, 21), (22, 26)
    ]  # fmt: skip


def test_a_longer_spelling_of_a_phrase_goes_before_a_shorter_one() -> None:
    text = "pay now"

    assert seen(lexicon("(pay|pay now)").read(text), text) == [("(pay|pay now)", "pay now", "")]


words = st.sampled_from("cannot check out checkout not never but late order is the a , . no longer".split())
texts = st.lists(words, max_size=30).map(" ".join)
phrases = st.lists(
    st.sampled_from(
        ["check ?out", "cannot check ?out", "order ... late", "late", "the order", "not late", "out (is|the)", "order*"]
    ),
    min_size=1,
    unique=True,
)


@given(phrases, texts, st.randoms())
def test_the_order_of_entries_changes_nothing(chosen: list[str], text: str, chance: random.Random) -> None:
    shuffled, negations = chosen[:], [*NEGATIONS]
    chance.shuffle(shuffled)
    chance.shuffle(negations)

    one, other = lexicon(*chosen), lexicon(*shuffled, negations=negations)

    assert (one, one.document()) == (other, other.document())
    assert one.read(text) == other.read(text)


@given(phrases, texts)
def test_a_phrase_that_is_not_in_the_text_changes_nothing(chosen: list[str], text: str) -> None:
    assert lexicon(*chosen).read(text) == lexicon(*chosen, "zebra", "not zebra", "check ... zebra").read(text)


@given(phrases, texts)
def test_reading_twice_and_by_an_equal_lexicon_gives_the_same(chosen: list[str], text: str) -> None:
    one = lexicon(*chosen)

    assert one.read(text) == one.read(text) == lexicon(*chosen).read(text)


@given(phrases, texts, texts)
def test_clauses_are_read_by_themselves(chosen: list[str], left: str, right: str) -> None:
    one = lexicon(*chosen)
    together, alone = one.read(f"{left} ! {right}").matches, one.read(left).matches

    assert together[: len(alone)] == alone
    assert [(m.phrase, m.points) for m in together[len(alone) :]] == [
        (m.phrase, m.points) for m in one.read(right).matches
    ]


@given(phrases, st.lists(st.sampled_from(["cannot", "check", "out", "order", "late", "the", "is"]), max_size=15))
def test_without_negations_nothing_is_negated_and_with_them_only_less_counts(
    chosen: list[str], text: list[str]
) -> None:
    plain, full = lexicon(*chosen, negations=()), lexicon(*chosen)

    assert not plain.read(" ".join(text)).negated
    assert full.read(" ".join(text)).found <= plain.read(" ".join(text)).found


@given(texts, st.lists(st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufe0f"]), max_size=5), st.randoms())
def test_characters_nobody_sees_change_no_points(text: str, unseen: list[str], chance: random.Random) -> None:
    characters = list(text)
    for char in unseen:
        characters.insert(chance.randint(0, len(characters)), char)
    one = lexicon("check ?out", "order ... late", "not late")

    assert one.read("".join(characters)).points == one.read(text).points


@given(texts)
def test_for_each_label_matches_do_not_overlap(text: str) -> None:
    matches = lexicon("check ?out", "cannot check ?out", "out ... order", "order*", "the order late").read(text).matches

    assert all(a.end <= b.start for a, b in pairwise(matches))


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    matches = lexicon("check ?out", "abc*", "re: \\S").read(text).matches

    assert all(0 <= m.start < m.end <= len(text) for m in matches)


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("a" * MEGABYTE, 0),
        ("cannot check " * 10_000, 0),
        ("a\u200d" * (MEGABYTE // 2), 0),
        ("a" + "\u0301" * MEGABYTE, 0),
        ("a" + "\u0301\u0327" * (MEGABYTE // 2), 0),
        ("([{" * (MEGABYTE // 3) + "check" + ")]}" * 1000 + "out", 0),
        ("'" * MEGABYTE + "checkout", 1),
        ("a'" * (MEGABYTE // 2), 0),
        ("\n \n" * (MEGABYTE // 3) + "checkout", 1),
        ("not " * 25_000 + "checkout", 1),
        ("c\u200bheckout " * 10_000, 10_000),
    ],
    ids=[
        "letters",
        "beginnings",
        "joiners",
        "marks",
        "two-marks",
        "brackets",
        "quotes",
        "apostrophes",
        "lines",
        "negations",
        "hits",
    ],
)
def test_hostile_text_is_read_to_its_end(text: str, matches: int) -> None:
    assert len(lexicon("check ?out", "cannot ... check ?out", "(a|b) ... (c|d)").read(text).matches) == matches


def test_hundreds_of_phrases_are_found_each_by_itself() -> None:
    stems = [f"{a}{b}{c}" for a in "bdfgklmn" for b in "aeiou" for c in "rstvwxyz"]
    one = lexicon(*((f"{stem} (broken|lost)", {f"x.{stem}": n}) for n, stem in enumerate(stems, 1)))

    for n, stem in enumerate(stems, 1):
        assert one.read(f"our {stem} lost it").points == {f"x.{stem}": n}
    assert len(one.read(". ".join(f"{stem} broken" for stem in stems)).matches) == len(stems)


@pytest.mark.parametrize("memory", [2_000, 8_000, 100_000], ids="{:,} bytes".format)
def test_more_phrases_than_the_memory_holds_are_refused_and_never_read_in_part(memory: int) -> None:
    phrases = [(parse_phrase(f"re: {a}[a-f]{{300}}{b}"), (("x", 1),)) for a in "abcdef" for b in "abcdef"]

    with pytest.raises(RuleDefinitionError, match=rf"expected phrases that RE2 reads with {memory:,} bytes"):
        Matcher(entries=phrases, negations=[], ends=[], idle=[], reach=5, memory=memory)
