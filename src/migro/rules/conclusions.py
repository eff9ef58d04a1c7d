"""Conclusions: what a rule says about an issue once its premise holds."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document
from ..models import Severity
from .kinds import IssueKind

__all__ = ["MEDIUM", "STRONG", "WEAK", "Conclusion", "Effect", "refutes", "supports", "vetoes"]

K = TypeVar("K")

Effect = Literal["supports", "refutes", "vetoes"]

STRONG, MEDIUM, WEAK = 105, 50, 5
"""Points of supporting evidence: two strong ones of disjoint sources are HIGH, strong + medium + weak stays MID."""


@attrs.frozen(eq=False)
class Conclusion(Generic[K]):
    """
    Evidence for or against an issue.

    Attributes:
        points: 1/100 ban each: +30 doubles the odds, +100 multiplies them by ten. Negative for `refutes`.
        family: One underlying cause or witness; within a family only the strongest rule counts.
        severity: The issue is at least this bad while the rule counts; None leaves it to the kind's scale.
    """

    effect: Effect
    kind: IssueKind[K]
    points: int
    family: str
    severity: Severity | None = None

    def document(self) -> Document:
        base: dict[str, Any] = {self.effect: self.kind.name, "family": self.family}
        if self.severity is not None:
            base["severity"] = self.severity.word
        return base if self.effect == "vetoes" else {**base, "points": abs(self.points)}

    def __str__(self) -> str:
        points = "" if self.effect == "vetoes" else f"{self.points:+d} points, "
        return f"{self.effect} {self.kind.name} ({points}family {self.family})"


def supports(kind: IssueKind[K], points: int, *, family: str, severity: Severity | None = None) -> Conclusion[K]:
    """
    Add `points` (1 to 150) for the issue.

    With `severity`, the issue is at least that bad while the rule fires, also where another of its family counts: for
    bounds that no share measures.
    """
    return Conclusion("supports", _kind(kind, "supports"), _whole(points, "supports"), family, severity)


def refutes(kind: IssueKind[K], points: int, *, family: str) -> Conclusion[K]:
    """Take `points` (1 to 150) from the issue."""
    return Conclusion("refutes", _kind(kind, "refutes"), -_whole(points, "refutes"), family)


def vetoes(kind: IssueKind[K], *, family: str) -> Conclusion[K]:
    """Leave the score alone, but let nothing happen beyond telling a person: something explains everything."""
    return Conclusion("vetoes", _kind(kind, "vetoes"), 0, family)


def _kind(kind: IssueKind[K], where: str) -> IssueKind[K]:
    if not isinstance(kind, IssueKind):
        raise RuleDefinitionError(f"{where}() takes an IssueKind first, got {kind!r}")
    return kind


def _whole(points: int, where: str) -> int:
    if type(points) is not int:
        raise RuleDefinitionError(f"{where}() takes whole points, got {points!r} ({type(points).__name__})")
    return points
