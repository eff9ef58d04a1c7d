"""What a letter asks, and what only looks as if it asked: replies, automatic answers, and steps by name."""

from __future__ import annotations

import pytest

from migro.observe import features_of
from migro.observe.questions import step_of

ASKED = "How do I change the checkout domain?"


@pytest.mark.parametrize(
    "subject",
    [
        f"Re: {ASKED}",
        f"RE[2]: {ASKED}",
        f"AW: WG: {ASKED}",
        f"Fwd: {ASKED}",
        f"Out of office: Re: {ASKED}",
        f"Automatic reply: {ASKED}",
        f"Réponse automatique : {ASKED}",
    ],
)
def test_a_reply_whose_subject_quotes_a_question_asks_nothing(subject: str) -> None:
    letter = f"{subject}\nThank you, that was quick!"

    assert "intent.how_to" not in features_of(letter)
    assert "intent.thank_you" in features_of(letter)
    assert step_of(letter) is None


@pytest.mark.parametrize(
    "letter",
    [
        f"{ASKED}\nWe have moved last week.",
        f"Checkout\n{ASKED}",
        f"Re: your mail\nThanks. {ASKED}",
        "Regarding checkout\nIs there a way to put the checkout on our own domain?",
        "Re: the old shop\nwhere do I set the domain of the check-out",
    ],
)
def test_a_question_of_its_own_is_one_wherever_it_stands(letter: str) -> None:
    assert step_of(letter) == "checkout_domain"


def test_an_automatic_answer_asks_nothing_whatever_it_repeats() -> None:
    letter = f"Your request\nThis is an automatic reply. You wrote: {ASKED}"

    assert "intent.how_to" not in features_of(letter)
    assert step_of(letter) is None


@pytest.mark.parametrize(
    ("letter", "step"),
    [
        ("How can customers reset their passwords?", "password_reset"),
        ("How do I edit the text of the start page?", "content_editing"),
        ("Where is the theme editor?", "theme_editor"),
        ("Is it possible to register webhooks in the admin?", "webhooks"),
        ("How do I set up redirects from the old URLs?", "redirects"),
        ("How do I point our domain to the new shop?", "dns"),
        ("How do I cancel my order?", None),
        ("The checkout domain is wrong.", None),
    ],
)
def test_a_step_has_the_same_name_whatever_the_words(letter: str, step: str | None) -> None:
    assert step_of(letter) == step
