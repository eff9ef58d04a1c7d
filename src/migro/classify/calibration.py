"""How sure a label is: a table from how clearly it won to how often such labels were right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from ..errors import RuleDefinitionError

__all__ = ["Calibration", "clarity"]

_SMOOTHING: Final = 60
"""Points that both sides of a margin have before anything is said: with them 20 to 0 is less clear than 200 to 0."""


_DOUBT: Final = 100
"""What each reason for doubt takes away. All weigh the same: there are too few labelled tickets to weigh them apart."""


def clarity(best: int, second: int, *, doubts: int = 0) -> int:
    """
    Return how clearly a label won: 0 where two are equal, towards 1000 where one leaves the other far behind.

    Args:
        best: Its points.
        second: Points of the next one.
        doubts: How many reasons for doubt there are; below zero for reasons to trust it.
    """
    best, second = max(best, 0), max(second, 0)
    return 1000 * (best - second) // (best + second + 2 * _SMOOTHING) - _DOUBT * doubts


@attrs.frozen(kw_only=True)
class Calibration:
    """
    Steps of confidence.

    Attributes:
        steps: Pairs of a clarity and the confidence in thousandths from there on; both rise.
        source: How it was computed, and from what.
    """

    steps: tuple[tuple[int, int], ...]
    source: str = ""

    def __attrs_post_init__(self) -> None:
        where = f"at calibration {self.source!r}"
        if not self.steps:
            raise RuleDefinitionError(f"expected at least one step, got none - {where}")
        for (low, one), (high, other) in zip(self.steps, self.steps[1:], strict=False):
            if high <= low or other < one:
                got = f"{(low, one)} before {(high, other)}"
                raise RuleDefinitionError(f"expected steps that rise, got {got} - {where}")
        if not all(0 <= confidence <= 1000 for _, confidence in self.steps):
            raise RuleDefinitionError(f"expected confidences from 0 to 1000, got {self.steps} - {where}")

    def confidence(self, clarity: int) -> int:
        """Return how often labels that won so clearly are right, in thousandths."""
        reached = [confidence for least, confidence in self.steps if clarity >= least]
        return reached[-1] if reached else self.steps[0][1]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Calibration:
        """Return what a JSON document describes."""
        steps: Sequence[Sequence[int]] = document["steps"]
        return cls(steps=tuple((int(least), int(level)) for least, level in steps), source=str(document["source"]))
