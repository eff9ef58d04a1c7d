"""So many of so many, exact until it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

import attrs

from .reliability import share

__all__ = ["Ratio"]


@attrs.frozen
class Ratio:
    """
    A part of a whole.

    Attributes:
        right: The part.
        all: The whole; where it is 0 there was nothing to judge.
    """

    right: int
    all: int

    @classmethod
    def of(cls, verdicts: Iterable[bool | None]) -> Self:
        """Return how many are true; None is not counted."""
        told = [v for v in verdicts if v is not None]
        return cls(sum(told), len(told))

    @property
    def exact(self) -> Fraction | None:
        """The share, or None of nothing."""
        return Fraction(self.right, self.all) if self.all else None

    @property
    def shown(self) -> Decimal | None:
        """The share with four decimals, or None of nothing."""
        return None if self.exact is None else share(self.exact)

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.right + other.right, self.all + other.all)

    def __str__(self) -> str:
        return "-" if not self.all else f"{self.right}/{self.all}"

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"right": self.right, "all": self.all, "share": self.shown}
