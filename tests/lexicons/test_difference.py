"""What changed between two lexicons."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from migro.lexicons import Entry, Lexicon, LexiconDiff, PointsChange, diff_lexicons

ONE = Lexicon(
    name="one",
    version=1,
    language="en",
    entries=[Entry("late", {"x": 1, "y": 2}), Entry("lost", {"x": 3})],
    negations=["not", "never"],
)


def test_a_difference_names_phrases_points_and_settings() -> None:
    other = attrs.evolve(
        ONE,
        version=2,
        language="en-GB",
        reach=4,
        entries=[Entry("late", {"x": 5, "z": 7}), Entry("gone", {"x": 3, "y": 1})],
        negations=["not", "without"],
        idle=["not only"],
    )
    difference = diff_lexicons(ONE, other)

    assert difference == LexiconDiff(
        added=(Entry("gone", {"x": 3, "y": 1}),),
        removed=(Entry("lost", {"x": 3}),),
        changed=(
            PointsChange("late", "x", 1, 5),
            PointsChange("late", "y", 2, 0),
            PointsChange("late", "z", 0, 7),
        ),
        settings=(
            "language: en -> en-GB",
            "reach: 5 -> 4",
            "negations: + without",
            "negations: - never",
            "idle: + not only",
        ),
    )
    assert str(difference).splitlines()[:4] == [
        "+ gone => x 3, y 1",
        "- lost => x 3",
        "~ late => x 1 -> 5",
        "~ late => y 2 -> 0",
    ]


def test_another_version_without_other_readings_is_no_difference() -> None:
    assert not diff_lexicons(ONE, attrs.evolve(ONE, version=2, name="two"))


entries = st.dictionaries(
    st.sampled_from(["late", "lost", "gone"]),
    st.dictionaries(st.sampled_from("xyz"), st.integers(1, 3), min_size=1),
    min_size=1,
).map(lambda found: [Entry(phrase, points) for phrase, points in found.items()])


@given(entries, entries)
def test_the_way_back_is_the_way_there_turned_round(here: list[Entry], there: list[Entry]) -> None:
    one, other = attrs.evolve(ONE, entries=here), attrs.evolve(ONE, entries=there)
    forth, back = diff_lexicons(one, other), diff_lexicons(other, one)

    assert bool(forth) == (one != other)
    assert (forth.added, forth.removed) == (back.removed, back.added)
    assert [(c.before, c.after) for c in forth.changed] == [(c.after, c.before) for c in back.changed]
