"""Amounts as payment providers write them, in minor units of ISO 4217, whatever decimals a provider counts in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .parsing import minor_units, whole

__all__ = ["counted", "currency_of", "summed"]


def currency_of(value: Any) -> str | None:
    """Return a currency's three letters, capital, or None."""
    text = value.strip() if isinstance(value, str) else ""
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else None


def counted(value: Any, currency: str | None, decimals: Mapping[str, int]) -> int | None:
    """
    Return a provider's whole amount in minor units of ISO 4217, or None.

    Args:
        value: What the provider wrote.
        currency: Three capital letters.
        decimals: How many decimals the provider counts in, for the currencies where that is not the ISO's number.
    """
    amount = whole(value)
    if amount is None or currency is None or currency not in decimals:
        return amount
    return minor_units(Decimal(amount).scaleb(-decimals[currency]), currency)


def summed(amounts: Iterable[tuple[Any, str | None]]) -> tuple[int | None, str | None]:
    """Return the sum of amounts such as ``("59.90", "EUR")`` and its currency; None where one is unknown or foreign."""
    found = [(minor_units(value, currency), currency) for value, currency in amounts]
    known = [amount for amount, _ in found if amount is not None]
    if not found or len(known) < len(found) or len({currency for _, currency in found}) > 1:
        return None, None
    return sum(known), found[0][1]
