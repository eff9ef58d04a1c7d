"""Tickets that say nearly what an earlier one said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.agent.texts import Said, Texts
from migro.models import Signal
from migro.observe import Envelope, Observer
from tests.agent.world import Run, after

DAY = 24 * 3600


def ticket(n: int, bands: str, who: str | None = "ann", at: int | None = None, **fields: Any) -> Signal:
    """A ticket whose text has a band for each letter."""
    attrs: dict[str, Any] = {"text_ref": f"text-{n}"} | {
        f"near_{i}": f"{i}{letter}" for i, letter in enumerate(bands, 1)
    }
    given = {"merchant": "m_1", "env": "production", "provider": "desk", **fields}
    return Signal(
        kind="ticket", occurred_at=after(n if at is None else at), dedup_key=f"ticket-{n}", attrs=attrs,
        ids={} if who is None else {"requester": who}, **given,
    )  # fmt: skip


def verdicts(run: Run, *tickets: Signal) -> list[str]:
    return [d.reason for t in tickets if (d := run.give(t).disposition) is not None]


@pytest.fixture
def run() -> Run:
    return Run()


def test_a_ticket_that_shares_half_its_bands_with_an_earlier_one_of_the_same_person_is_dropped(run: Run) -> None:
    reasons = verdicts(run, ticket(1, "abcd"), ticket(2, "abxy"), ticket(3, "axyz"))

    assert reasons == [
        "no rule reads its kind",
        "duplicate: nearly the same text as number 1",
        "no rule reads its kind",
    ]


@pytest.mark.parametrize(
    ("second", "dropped"),
    [
        ({"who": "bob"}, False),
        ({"who": None}, False),
        ({"who": "bob", "provider": "mail"}, True),
        ({"who": None, "provider": "mail"}, True),
        ({"merchant": "m_1", "severity_hint": "high"}, False),
        ({"env": "staging"}, False),
    ],
    ids=["another person", "nobody known", "another desk", "another desk, nobody known", "worse", "staging"],
)
def test_whose_complaint_it_is_decides_whether_nearly_the_same_is_one(
    run: Run, second: dict[str, Any], dropped: bool
) -> None:
    _, reason = verdicts(run, ticket(1, "abcd", severity_hint="medium"), ticket(2, "abcx", **second))

    assert (reason == "duplicate: nearly the same text as number 1") == dropped


def test_texts_are_forgotten_after_a_day(run: Run) -> None:
    reasons = verdicts(run, ticket(1, "abcd"), ticket(2, "abcd", at=DAY + 1), ticket(3, "abcd", at=2 * DAY + 1))

    assert [r.startswith("duplicate") for r in reasons] == [False, True, False]


def test_a_mail_that_was_sent_again_with_a_few_more_words_is_one_ticket(run: Run) -> None:
    text = (
        "Since the cutover on Monday our customers cannot finish the checkout, the button for the payment stays grey"
        " after they have chosen the delivery, in every browser that we have tried, and on mobile phones as well"
    )
    observer = Observer(pseudonym_key=b"k" * 32)

    def said(n: int, text: str) -> Signal:
        body = {
            "id": n,
            "subject": "Checkout",
            "description": text,
            "requester_id": "7",
            "created_at": f"{after(n):%Y-%m-%dT%H:%M:%SZ}",
        }
        (signal,) = observer.observe(Envelope(kind="ticket", body=body, received_at=after(n))).signals
        return signal

    first, again, other = verdicts(
        run, said(1, text), said(2, f"{text}. Please help us"), said(3, "The search shows products that are sold out")
    )

    assert again == "duplicate: nearly the same text as number 1"
    assert not first.startswith("duplicate")
    assert not other.startswith("duplicate")


bands = st.lists(st.sampled_from("abc"), min_size=4, max_size=4).map("".join)


@given(st.lists(st.tuples(st.sampled_from("tuvw"), st.one_of(bands, st.just("")), st.booleans()), max_size=30), bands)
def test_what_resembles_is_what_comparing_with_every_ticket_says(told: list[tuple[str, str, bool]], new: str) -> None:
    texts, plain = Texts(), dict[str, Said]()
    for n, (text, letters, taken_out) in enumerate(told):
        said = Said(text, "desk", None, n, n, None, tuple(letters))
        texts[f"sig_{n}"] = plain[f"sig_{n}"] = said
        if taken_out:
            del texts[f"sig_{n}"], plain[f"sig_{n}"]

    alike = [s for s in plain.values() if sum(a == b for a, b in zip(s.bands, new, strict=False)) >= 2]
    assert texts.resembling(tuple(new)) == sorted(alike, key=lambda s: s.seq)
    assert texts.equal("t") == sorted((s for s in plain.values() if s.text == "t"), key=lambda s: s.seq)
    assert dict(texts) == plain


def test_what_another_person_said_in_between_does_not_make_a_repetition_news(run: Run) -> None:
    one = {"attrs": {"text_ref": "same"}}
    told = [ticket(n, "", who).model_copy(update=one) for n, who in enumerate(["ann", "bob", "ann", "bob"], 1)]
    reasons = verdicts(run, *told)

    assert [r.removeprefix("duplicate: the same text as number ") for r in reasons[2:]] == ["1", "2"]


def test_a_stale_ticket_does_not_take_the_place_of_a_live_one(run: Run) -> None:
    old, new = verdicts(
        run, ticket(1, "abcd", at=-3 * DAY, received_at=after(0)), ticket(2, "abcd", at=60, received_at=after(60))
    )

    assert old.startswith("stale")
    assert new == "no rule reads its kind"


def test_a_ticket_is_compared_with_fifty_at_most(run: Run) -> None:
    texts = Texts()
    for n in range(2_000):
        texts[f"sig_{n}"] = Said(f"t{n}", "desk", f"p{n}", n, n, None, ("a", "b", "c", "d"))

    assert [s.seq for s in texts.resembling(("a", "b", "c", "d"))] == list(range(1_950, 2_000))
