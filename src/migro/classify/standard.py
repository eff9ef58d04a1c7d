"""The lexicons and the calibration that migro ships."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final

from ..lexicons import Lexicon, parse_lexicon
from .calibration import Calibration
from .classifier import Classifier
from .ticket import Classification, Ticket
from .vocabulary import Vocabulary

__all__ = [
    "LANGUAGES",
    "classify",
    "standard_calibration",
    "standard_classifier",
    "standard_lexicon",
    "standard_vocabulary",
]

LANGUAGES: Final = ("de", "en", "es")


@cache
def standard_lexicon(language: str) -> Lexicon:
    """Return the lexicon for tickets of a language, one of `LANGUAGES`."""
    name = f"{language}.lexicon"
    return parse_lexicon(_text(name), where=name)


@cache
def standard_vocabulary() -> Vocabulary:
    """Return what single English words are worth; its `source` says how that was found."""
    return Vocabulary.of(json.loads(_text("en.words.json")))


@cache
def standard_calibration() -> Calibration:
    """Return the calibration of the standard classifier; its `source` says how it was made."""
    return Calibration.of(json.loads(_text("calibration.json")))


@cache
def standard_classifier() -> Classifier:
    """Return a classifier with all standard lexicons; made once."""
    return Classifier(
        [standard_lexicon(language) for language in LANGUAGES],
        standard_calibration(),
        vocabularies={"en": standard_vocabulary()},
    )


def classify(title: str, body: str = "", *, id: str | None = None, language: str | None = None) -> Classification:
    """
    Return which desk a ticket is for, how bad it is, whether shoppers feel it, and how sure that is.

    >>> found = classify("Can't log in", "Since the update customers are sent back to the login page.")
    >>> found.category, found.customer_facing
    ('auth', True)
    """
    return standard_classifier().classify(Ticket(id=id, title=title, body=body, language=language))


def _text(name: str) -> str:
    return (resources.files(__package__ or "migro.classify") / "data" / name).read_text("utf-8")
