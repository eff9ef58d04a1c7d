"""
Reasons to doubt a label or to trust it, which the distance to the next desk does not tell.

All of them compare readings of one ticket that ought to agree: its title, its text, and what kind of post it is.
"""

from __future__ import annotations

from typing import Final

from .kinds import KINDS, NARROW
from .sayings import Sayings
from .ticket import Category

__all__ = ["doubts_about", "trust_in"]

_BROAD: Final = frozenset(("data_sync", "frontend_mismatch", "integration"))
"""Desks whose words stand in tickets for every other one too."""

_NARROW_TRUST: Final = ("its words are hardly used for anything else",)


def doubts_about(category: Category, second: Category, said: Sayings) -> tuple[str, ...]:
    """
    Return the reasons to doubt a label, in words.

    Args:
        category: The label.
        second: The desk with the next most points.
        said: What the phrases of the ticket say.
    """
    title = said.title
    found: list[str] = []
    if title.get(category, 0) <= 0:
        found.append("no phrase of the title speaks for it")
    if said.body.get(category, 0) <= 0:
        # A phrase counts once: one that the title has already is not heard again in the text.
        found.append("no further phrase of the text speaks for it")
    if title.get(second, 0) <= 0:
        # Titles tell where it shows, and texts tell the cause, which is the other desk's then.
        found.append("the next desk is one that the title does not speak of")
    if category not in KINDS and not title.get("nature.fault"):
        # What is only wished for or asked about is named in the words of its desk as well.
        found.append("the title tells of no fault")
    if category in _BROAD:
        found.append("its words stand in tickets for every other desk too")
    return tuple(found)


def trust_in(category: Category) -> tuple[str, ...]:
    """Return the reasons to trust a label, in words."""
    return _NARROW_TRUST if category in NARROW else ()
