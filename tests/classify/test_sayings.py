"""What is denied or told as mended is no fault, wherever else something is."""

from __future__ import annotations

import pytest

from migro.classify import classify


@pytest.mark.parametrize(
    "text",
    [
        "No double charges any more",
        "Checkout works again",
        "checkout works again after the update, thanks",
        "The problem is fixed, customers pay as before",
        "The login is no longer broken",
        "Since the new version there are no duplicate orders",
    ],
)
def test_what_is_told_as_mended_is_low(text: str) -> None:
    assert classify(text).severity == "low"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Double charges", "critical"),
        ("No double charges any more, but now customers cannot pay", "critical"),
        ("Checkout does not work again", "high"),
        ("When will the checkout work again? Customers cannot pay", "critical"),
        ("Checkout is broken, please tell when it is fixed", "critical"),
        ("The login works again. Since then customers cannot pay at the checkout", "critical"),
        ("There is no error in the log, customers cannot place an order", "critical"),
    ],
)
def test_what_is_hoped_for_or_told_beside_it_still_counts(text: str, severity: str) -> None:
    assert classify(text).severity == severity


def test_phrases_that_are_denied_are_not_among_the_reasons() -> None:
    labels = {reason.label for reason in classify("No double charges any more").because}

    assert "severity.critical" not in labels
    assert "nature.denied" in labels
