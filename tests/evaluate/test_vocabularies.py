"""Points of words that are found in labelled tickets."""

from __future__ import annotations

import pytest

from migro.classify import Calibration, Category, Classifier, Ticket, Vocabulary
from migro.evaluate import LabelledEvidence, fit_vocabulary
from migro.lexicons import Entry, Lexicon

LEXICON = Lexicon(name="test", version=1, language="en", entries=[Entry("cart", {"checkout": 120})])
STEPS = Calibration(steps=((-1000, 300), (0, 600)), source="made up")
PLAIN = Classifier([LEXICON], STEPS)

TOLD: tuple[tuple[Category, str], ...] = (
    ("inventory", "lamp gone {n}"),
    ("docs", "wire plan {n}"),
    ("checkout", "cart of anna"),
    ("inventory", "the lamp again"),
    ("docs", "the wire again"),
)


def learned(number: int = 150) -> list[LabelledEvidence]:
    found = []
    for n in range(number):
        category, title = TOLD[n % len(TOLD)]
        evidence = PLAIN.evidence(Ticket(title=title.format(n=1000 + n)))
        assert evidence is not None
        found.append(LabelledEvidence(evidence=evidence, category=category, group="one" if "anna" in title else str(n)))
    return found


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return fit_vocabulary(learned(), held=2, source="made up")


def test_a_word_of_a_desk_gets_points_for_it(vocabulary: Vocabulary) -> None:
    assert vocabulary.points["lamp"]["inventory"] > 10 > vocabulary.points["lamp"].get("docs", 0)
    assert vocabulary.points["wire"]["docs"] > 10


def test_it_makes_labels_right_that_phrases_do_not_know(vocabulary: Vocabulary) -> None:
    ticket = Ticket(title="another lamp")
    classifier = Classifier([LEXICON], STEPS, vocabularies={"en": vocabulary})

    assert PLAIN.classify(ticket).category == "other"
    assert classifier.classify(ticket).category == "inventory"


def test_names_of_one_group_numbers_and_what_phrases_tell_get_few_or_no_points(vocabulary: Vocabulary) -> None:
    assert "anna" not in vocabulary.points
    assert "cart" not in vocabulary.points
    assert not any(word.isdigit() for word in vocabulary.points)
    assert vocabulary.source == "made up"


def test_the_same_tickets_always_give_the_same_points(vocabulary: Vocabulary) -> None:
    assert fit_vocabulary(learned(), held=2).points == vocabulary.points


def test_few_tickets_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 100 labelled tickets, got 99"):
        fit_vocabulary(learned(99))
