"""Doubts: readings of one ticket that ought to agree and do not make its label less sure, and each is told."""

from __future__ import annotations

import pytest

from migro.classify import Calibration, Classification, Classifier, Ticket, clarity
from migro.lexicons import Entry, Lexicon

STEPS = Calibration(steps=((-1000, 200), (0, 500)), source="made up")
TITLE = "no phrase of the title speaks for it"
TEXT = "no further phrase of the text speaks for it"
NEXT = "the next desk is one that the title does not speak of"
NO_FAULT = "the title tells of no fault"
BROAD = "its words stand in tickets for every other desk too"
POINTS = {"checkout": 60, "auth": 30, "webhook": 60, "integration": 60, "docs": 60, "other": 10, "nature.fault": 40}


@pytest.fixture(scope="module")
def reader() -> Classifier:
    # A phrase counts once, so each label has one for titles and another for texts.
    entries = [
        Entry(f"{label.rpartition('.')[2]}{place}", {label: worth})
        for label, worth in POINTS.items()
        for place in ("word", "text")
    ]
    return Classifier([Lexicon(name="test", version=1, language="en", entries=entries)], STEPS)


def test_where_title_and_text_agree_nothing_is_doubted(reader: Classifier) -> None:
    found = reader.classify(Ticket(title="checkoutword authword faultword", body="checkouttext"))

    assert (found.doubts, found.trusts) == ((), ())
    assert found.clarity == clarity(180, 60)


@pytest.mark.parametrize(
    ("title", "body", "doubt"),
    [
        ("authword faultword", "checkoutword checkouttext", TITLE),
        ("checkoutword authword faultword", "checkoutword", TEXT),
        ("checkoutword faultword", "checkouttext authtext", NEXT),
        ("checkoutword authword", "checkouttext faulttext", NO_FAULT),
        ("integrationword authword faultword", "integrationtext", BROAD),
    ],
)
def test_each_reason_for_doubt_is_told_and_takes_the_same_from_how_clear_a_label_is(
    reader: Classifier, title: str, body: str, doubt: str
) -> None:
    found = reader.classify(Ticket(title=title, body=body))
    (_, best), (_, second), *_ = found.points

    assert found.doubts == (doubt,)
    assert found.clarity == clarity(best, second, doubts=1)


def test_a_question_or_a_wish_is_no_less_sure_for_telling_of_no_fault(reader: Classifier) -> None:
    found = reader.classify(Ticket(title="docsword otherword", body="docstext"))

    assert (found.category, found.doubts) == ("docs", ())


def test_words_that_are_used_for_little_else_are_trusted(reader: Classifier) -> None:
    found = reader.classify(Ticket(title="webhookword authword faultword", body="webhooktext"))

    assert found.trusts == ("its words are hardly used for anything else",)
    assert found.clarity == clarity(180, 60, doubts=-1)


def test_where_no_phrase_speaks_that_is_the_doubt(reader: Classifier) -> None:
    found = reader.classify(Ticket(title="Hello", body="It is so."))

    assert (found.category, found.doubts, found.trusts) == ("other", ("no phrase speaks for any desk",), ())


def test_a_label_is_never_surer_for_its_text_being_left_out(reader: Classifier) -> None:
    title = "checkoutword authword faultword"

    whole, bare = (reader.classify(Ticket(title=title, body=body)) for body in ("checkouttext", ""))
    assert bare.clarity < whole.clarity


def test_doubts_are_in_the_document(reader: Classifier) -> None:
    found: Classification = reader.classify(Ticket(title="integrationword", body="it is so"))

    assert found.document()["doubts"] == list(found.doubts) == [TEXT, NEXT, NO_FAULT, BROAD]
    assert found.document()["trusts"] == []
