"""How bad a ticket says it is, and whether shoppers feel it: a few rules over what its phrases say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .ticket import Category, TicketSeverity

__all__ = ["faces_customers", "severity_of"]

_SEEN: Final[Mapping[Category, int]] = {
    "checkout": 40,
    "frontend_mismatch": 30,
    "inventory": 10,
    "auth": 0,
    "integration": 0,
    "data_sync": -10,
    "performance": -10,
    "webhook": -50,
    "docs": -40,
    "other": -40,
    "unknown": -40,
}
"""How near a desk's work is to the shopper, in points, before the ticket says a word."""

_NAMED: Final = 20
"""Points of a word for those who buy."""


def faces_customers(category: Category, said: Mapping[str, int]) -> bool:
    """Return whether a shopper would feel it, by the desk and by who is spoken of."""
    return _SEEN[category] + said.get("audience.shopper", 0) - said.get("audience.staff", 0) > 0


def severity_of(
    category: Category, said: Mapping[str, int], *, fault: bool, asks: bool, customer_facing: bool, mended: bool = False
) -> TicketSeverity:
    """
    Return the effect on a live shop, as told.

    Args:
        category: Which desk it is for.
        said: Points by label, those of the title counted twice.
        fault: Whether it tells of a fault.
        asks: Whether it is a question or a wish and tells of no fault.
        customer_facing: Whether a shopper would feel it.
        mended: Whether all that was wrong is told to be so no more.
    """
    critical, high, low = (said.get(f"severity.{word}", 0) for word in ("critical", "high", "low"))
    if category == "docs" or mended:
        return "low"
    if asks or (not fault and category == "other"):
        return "medium" if critical >= 40 else "low"
    if critical >= 40:
        shop = customer_facing or category in ("inventory", "checkout", "integration")
        # That customers cannot pay is as bad where a webhook or a session is to be mended for it.
        named = category != "other" and said.get("audience.shopper", 0) >= _NAMED
        return "critical" if shop or named else "high"
    if low >= 30 + high:
        return "low" if low >= 60 else "medium"
    if category == "other":
        return "medium"
    # That shoppers are near is enough where a fault is told; else it takes more words about them.
    seen = said.get("audience.shopper", 0) >= (30 if fault else 60)
    if high >= 20 or (customer_facing and low < 10 and seen):
        return "high"
    return "medium"
