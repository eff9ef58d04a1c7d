"""
What kind of post a ticket is, and which desk that makes it for: rules about the whole of it.

A wish or a question is told from a fault by what is missing in it, which no phrase can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from .sayings import Sayings
from .ticket import CATEGORIES, Category

__all__ = ["KINDS", "NARROW", "asks", "kind_rules", "names_party", "tie_rules"]

NARROW: Final = frozenset(("inventory", "webhook", "performance"))
"""Desks whose words hardly anybody uses for anything else: a reason to trust a label."""

KINDS: Final = frozenset(("docs", "other"))
"""Desks that a ticket is for by what kind of post it is, more than by what it speaks of."""

_WISHED_OF: Final = frozenset(("inventory", "performance"))
"""Desks that are called for a wish as for a fault: to be fast is their work, and stock is wished to be right."""

_CAUSE: Final = "of two desks nearly alike the one of the cause that is named"
_NARROWER: Final = "of two desks nearly alike the narrower one"
_TIES: Final[Mapping[tuple[Category, Category], str]] = {
    ("checkout", "integration"): _CAUSE,
    ("frontend_mismatch", "integration"): _CAUSE,
    ("frontend_mismatch", "data_sync"): _CAUSE,
    ("integration", "webhook"): _NARROWER,
    ("integration", "auth"): _NARROWER,
    ("data_sync", "inventory"): _NARROWER,
    ("checkout", "inventory"): _NARROWER,
}
"""By the desk with the most points and the next one, why that one is called all the same."""

_AT_THE_TILL: Final[Mapping[tuple[Category, Category], tuple[bool, str]]] = {
    ("checkout", "integration"): (True, "of the till and an outside party the party, which is named as the cause"),
    ("integration", "checkout"): (False, "of the till and an outside party the till, since no party is named"),
}
"""The same for two desks whose words go together, and whether an outside party has to be named for it, or none."""

_A_NAME: Final = 60
"""Points of a phrase that is the name of an outside party."""

_A_FAULT: Final = 40
_A_WISH: Final = 30
_A_HINT: Final = 20
_A_QUESTION: Final = 30
_ASKS_HOW: Final = 40
_NAMES_DOCS: Final = 40
_IS_SLOW: Final = 80
_SPOKEN_OF: Final = 20
"""Points of words about outside parties beside which a name that is an English word too is a name."""


def asks(said: Sayings) -> bool:
    """Return whether it asks or wishes and tells of no fault."""
    title, body = said.title, said.body
    if title.get("nature.wish", 0) >= _A_WISH or title.get("nature.question", 0) >= _A_QUESTION:
        return not title.get("nature.fault")
    told = any(place.get(nature) for place in (title, body) for nature in ("nature.wish", "nature.question"))
    return told and not said.fault()


def kind_rules(said: Sayings, points: Mapping[Category, int]) -> Iterator[tuple[Category, int, str]]:
    """
    Yield what the whole of a ticket says about its kind.

    A wish or a question is told from a fault by what is missing in it, which no phrase can say.
    """
    title, body = said.title, said.body
    in_title, anywhere = bool(title.get("nature.fault")), said.fault()
    wishes, questions = title.get("nature.wish", 0), title.get("nature.question", 0)
    all_wishes = wishes + body.get("nature.wish", 0)
    # A title such as "Klarna integration" only hints at a wish: what the text tells to be wrong says otherwise.
    wishing = wishes >= (_A_WISH if anywhere else _A_HINT)
    docs = points["docs"]
    all_questions = questions + body.get("nature.question", 0)
    asked = all_questions > 0
    perhaps = said.all.get("nature.perhaps", 0)
    if perhaps and points["integration"] >= _SPOKEN_OF:
        yield "integration", perhaps, "a name that is an English word too, beside words of outside parties"
    topics: list[Category] = [category for category in CATEGORIES if category not in KINDS]
    named: Category = max(topics, key=lambda category: points[category])
    topic = points[named] // 2
    if title.get("nature.feature"):
        yield "other", 60, "the title calls it a feature"
    elif body.get("nature.feature") and not in_title:
        yield "other", 40 + topic, "it calls itself a feature request"
    if wishing and not in_title:
        yield "other", 60, "the title is a wish and tells of no fault"
    if all_wishes >= _A_WISH and not anywhere:
        yield "other", 20, "a wish, and no fault is told"
    if questions >= _A_QUESTION and not in_title:
        yield "docs", 40, "the title is a question and tells of no fault"
    if asked and not anywhere:
        yield "docs", 20, "a question, and no fault is told"
    if topic > 0 and title.get("docs", 0) >= _NAMES_DOCS:
        yield "docs", topic, "half of what is said of the thing that the documentation is about"
    elif topic > 0 and not in_title and body.get("nature.fault", 0) < _A_FAULT:
        # What is wished for or asked about is named in words of its desk, which has nothing to mend there.
        if wishing and named not in _WISHED_OF:
            yield "other", points[named] * 3 // 4, "three quarters of what is said of the thing that is wished for"
        elif all_questions >= _ASKS_HOW and named not in NARROW:
            yield "docs", topic, "half of what is said of the thing that is asked about"
    if points["performance"] >= _IS_SLOW:
        most = max(points[category] for category in topics if category != "performance")
        if most > 0:
            yield "performance", most // 2, "half of what is said of the thing that is slow"
    if not (anywhere or asked or all_wishes or docs):
        yield "other", 20, "neither a fault nor a question is told"


def names_party(said: Sayings) -> bool:
    """Return whether an outside party is named: a payment provider, a carrier, a tax service."""
    return any(
        label == "integration" and points >= _A_NAME * (2 if where == "title" else 1) and where != "rule"
        for label, points, where, _ in said.counted
    )


def tie_rules(
    points: Mapping[Category, int], first: Category, second: Category, *, party: bool
) -> Iterator[tuple[Category, int, str]]:
    """
    Yield what decides between two desks that are nearly alike.

    The cause that is named beats the place where it shows, and the narrower desk the wider one: then the second desk
    needs three quarters of the first one's points. Who pays speaks of the till and of whom they pay through alike, so
    between these half is enough, and it is the outside party's if one is named.

    Args:
        points: Of every desk.
        first: The desk with the most.
        second: The next one.
        party: Whether an outside party is named.
    """
    lacking = points[first] - points[second] + 1
    wanted, why = _AT_THE_TILL.get((first, second), (not party, ""))
    if wanted == party and points[second] * 2 >= points[first] > 0:
        yield second, lacking, why
        return
    why = _TIES.get((first, second), "")
    if why and points[second] * 4 >= points[first] * 3 > 0:
        yield second, lacking, why
