"""Sums: amounts of money as exact products, whose factors say where each of them is from."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Literal

import attrs

__all__ = ["Factor", "Sum", "assumed", "fact", "measured", "told_or"]

Source = Literal["measured", "fact", "assumed"]
"""Whether signals tell it, the host does, or nobody."""


@attrs.frozen
class Factor:
    """A number that an amount is made of, and where it is from."""

    name: str
    value: Fraction
    source: Source


@attrs.frozen(slots=False)
class Sum:
    """
    An amount of money, as the product of its factors.

    Attributes:
        method: Which formula, such as ``R_step``, or the name of what is at stake.
        per: Whether it is lost each ``minute``, each ``day``, or ``once``.
        currency: ISO 4217 code.
        factors: In minor units all in all.
        cap: What it never counts for more than.
    """

    method: str
    per: Literal["minute", "day", "once"]
    currency: str
    factors: tuple[Factor, ...]
    cap: Sum | None = None

    @cached_property
    def product(self) -> Fraction:
        """What the factors come to."""
        product = Fraction(1)
        for factor in self.factors:
            product *= factor.value
        return product

    @property
    def capped(self) -> bool:
        """Whether the cap stands in its place: never more is lost than the shop usually takes."""
        return self.cap is not None and self.product > self.cap.product

    @property
    def amount(self) -> Fraction:
        """What it counts for, in minor units."""
        return self.cap.product if self.cap is not None and self.capped else self.product


def measured(name: str, value: Fraction) -> Factor:
    """Return a factor that signals tell."""
    return Factor(name, value, "measured")


def fact(name: str, value: Fraction) -> Factor:
    """Return a factor that the host tells."""
    return Factor(name, value, "fact")


def assumed(name: str, value: Fraction) -> Factor:
    """Return a factor that nobody tells."""
    return Factor(name, value, "assumed")


def told_or(name: str, told: Fraction | None, otherwise: Fraction) -> Factor:
    """Return a factor as the host tells it, else as it is assumed."""
    return assumed(name, otherwise) if told is None else fact(name, told)
