"""Ties: the named cause before the place where it shows, the narrower desk before the wider."""

from __future__ import annotations

import pytest

from migro.classify import CATEGORIES, Calibration, Category, Classifier, Ticket, classify
from migro.lexicons import Entry, Lexicon

STEPS = Calibration(steps=((-1000, 200), (0, 500)), source="made up")


def reader(**points: int) -> Classifier:
    entries = [Entry(f"{category.replace('_', '')}word", {category: worth}) for category, worth in points.items()]
    return Classifier([Lexicon(name="test", version=1, language="en", entries=entries)], STEPS)


def text(*categories: str) -> Ticket:
    # A fault keeps the rules about wishes and questions out of it.
    return Ticket(body=". ".join(f"{category.replace('_', '')}word" for category in categories))


@pytest.mark.parametrize(
    ("wider", "narrower", "why"),
    [
        ("checkout", "integration", "cause"),
        ("frontend_mismatch", "integration", "cause"),
        ("frontend_mismatch", "data_sync", "cause"),
        ("integration", "webhook", "narrower"),
        ("integration", "auth", "narrower"),
        ("data_sync", "inventory", "narrower"),
        ("checkout", "inventory", "narrower"),
    ],
)
def test_of_two_desks_nearly_alike_the_guideline_decides(wider: Category, narrower: Category, why: str) -> None:
    found = reader(**{wider: 100, narrower: 75}).classify(text(wider, narrower))

    assert (found.category, found.category2) == (narrower, wider)
    assert [r.where for r in found.reasons(narrower)] == ["body", "rule"]
    assert why in found.reasons(narrower)[1].phrase
    assert dict(found.points)[narrower] == sum(r.points for r in found.reasons(narrower)) == 101


def test_with_more_than_a_quarter_between_them_points_decide() -> None:
    found = reader(frontend_mismatch=100, integration=74).classify(text("frontend_mismatch", "integration"))

    assert found.category == "frontend_mismatch"


@pytest.mark.parametrize(
    ("till", "party", "called"),
    [(120, 60, "integration"), (121, 60, "checkout"), (25, 50, "checkout"), (24, 50, "integration")],
)
def test_half_is_enough_for_an_outside_party_that_is_named_and_for_the_till_where_none_is(
    till: int, party: int, called: Category
) -> None:
    found = reader(checkout=till, integration=party).classify(text("checkout", "integration"))

    assert found.category == called


def test_what_weighs_double_in_a_title_names_no_party_for_that() -> None:
    spoken = Ticket(title="integrationword", body="checkoutword. Nothing else is told.")

    assert reader(checkout=60, integration=50).classify(spoken).category == "checkout"


def test_other_pairs_have_no_tie_but_their_order() -> None:
    found = reader(auth=60, docs=60).classify(text("auth", "docs"))

    assert CATEGORIES.index("auth") < CATEGORIES.index("docs")
    assert found.category == "auth"


@pytest.mark.parametrize("title", ["Add order webhooks", "Create a webhook for paid orders", "Add login by passkey"])
def test_what_is_only_wished_for_is_no_work_of_the_desk_whose_words_name_it(title: str) -> None:
    wished = classify(title)

    assert wished.category == "other"
    assert any("three quarters" in reason.phrase for reason in wished.reasons("other"))
