"""The laws of bands: what makes no difference, what never agrees, and how often the rest does."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from migro.observe.resemblance import bands_of
from tests.observe.payloads import one

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "lmnrst"]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=5, max_size=60)


def shared(first: str, second: str) -> int:
    return len(set(bands_of(first).items()) & set(bands_of(second).items()))


@given(SENTENCES, st.sampled_from([" ", ", ", " - ", " 12 ", "<br>\n", "! "]))
def test_case_digits_signs_and_markup_make_no_difference(words: list[str], between: str) -> None:
    assert bands_of(" ".join(words)) == bands_of(between.join(words).upper())


@given(SENTENCES)
def test_the_order_of_whole_repetitions_makes_no_difference(words: list[str]) -> None:
    text = " ".join(words)

    assert bands_of(f"{text} {text}") == bands_of(f"{text} {text} {text}")


@given(SENTENCES, SENTENCES)
def test_texts_without_a_common_shingle_share_no_band(first: list[str], second: list[str]) -> None:
    other = [f"{word}x" for word in second]

    assert shared(" ".join(first), " ".join(other)) == 0


def test_what_the_scrubber_replaces_makes_no_difference() -> None:
    text = "The checkout of {} fails since the new shop is there"

    assert bands_of(text.format("jo@mail.example")) == bands_of(text.format("al@post.example"))


def test_a_short_text_has_no_bands_and_a_long_one_only_those_of_its_beginning() -> None:
    assert bands_of("It does not work") == bands_of("") == {}
    assert bands_of("word here too " * 5_000) == bands_of("word here too " * 500)
    assert sorted(bands_of("the cart is empty again")) == ["near_1", "near_2", "near_3", "near_4"]


def test_bands_agree_as_often_as_the_share_of_common_shingles_says() -> None:
    draw = random.Random(7)
    agreed = {48: 0, 24: 0}
    trials = 300
    for _ in range(trials):
        for kept in agreed:
            head = [draw.choice(WORDS) for _ in range(kept + 2)]
            tails = [[draw.choice(WORDS) for _ in range((50 - kept) // 2 + 1)] for _ in range(2)]
            agreed[kept] += bool(shared(" ".join([*head, *tails[0]]), " ".join([*head, *tails[1]])))

    # About 48 of 52 shingles in common is J = 0.92, so 0.998; 24 of 52 is 0.46, so 0.34.
    assert agreed[48] >= 0.96 * trials
    assert 0.22 * trials <= agreed[24] <= 0.50 * trials


def test_a_ticket_carries_its_bands_as_pseudonyms_and_a_reply_of_an_agent_has_none() -> None:
    text = "The checkout is broken and nothing happens"
    near = one("ticket", {"id": 1, "body": text})
    same = one("ticket", {"id": 2, "body": text.upper()})
    agent = one("ticket", {"id": 3, "body": text, "author": "agent"})

    names = [f"near_{n}" for n in range(1, 5)]
    assert [near.attrs[n] for n in names] == [same.attrs[n] for n in names]
    assert near.attrs["text_ref"] == same.attrs["text_ref"]
    assert all(len(str(near.attrs[n])) == 20 for n in names)
    assert not {"near_1", "text_ref"} & agent.attrs.keys() - {"text_ref"}
    assert agent.features == frozenset()
