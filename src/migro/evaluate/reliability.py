"""Whether a confidence means what it says: how often labels are right, beside how often they were said to be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import attrs

from ..classify import Calibration

__all__ = ["Calibrated", "ReliabilityBin", "assess", "fit_calibration", "lower_bound", "share"]

Outcome = tuple[int, bool]
"""A confidence in thousandths, and whether the label was right."""


@attrs.frozen(kw_only=True)
class ReliabilityBin:
    """
    Labels of about one confidence.

    Attributes:
        low: Where the bin begins, in thousandths.
        high: Where it ends.
        tickets: How many there are.
        right: How many of them are right.
        said: The mean confidence, in thousandths.
    """

    low: int
    high: int
    tickets: int
    right: int
    said: int


@attrs.frozen(kw_only=True)
class Calibrated:
    """
    How well confidence and truth agree.

    Attributes:
        brier: Mean squared distance of confidence and truth; 0 is best, 0.25 is what saying "even odds" gives.
        expected_error: Mean distance of confidence and share in the bins, weighted by their tickets.
        z: Spiegelhalter's statistic, about normal for a calibrated confidence; None where it cannot be computed.
        p: Chance of a `z` at least as far from 0 for a calibrated confidence. Below 0.05 calibration is rejected.
        bins: The reliability diagram; empty bins are left out.
    """

    brier: Decimal
    expected_error: Decimal
    z: Decimal | None
    p: Decimal | None
    bins: tuple[ReliabilityBin, ...]


def assess(outcomes: Sequence[Outcome], *, bins: int = 10) -> Calibrated:
    """
    Return how well confidences are calibrated.

    The test is that of D. J. Spiegelhalter, Probabilistic prediction in patient management and clinical trials,
    Statistics in Medicine 5 (1986), 421-433.

    Args:
        outcomes: Confidence and truth of each label.
        bins: How many bins of equal width the diagram has.
    """
    if not outcomes:
        return Calibrated(brier=Decimal(0), expected_error=Decimal(0), z=None, p=None, bins=())
    said = [(Fraction(confidence, 1000), int(right)) for confidence, right in outcomes]
    brier = sum(((p - x) ** 2 for p, x in said), Fraction(0)) / len(said)
    apart = sum((x - p) * (1 - 2 * p) for p, x in said)
    spread = sum((1 - 2 * p) ** 2 * p * (1 - p) for p, _ in said)
    z = float(apart) / math.sqrt(spread) if spread else None
    found = tuple(_bins(outcomes, bins))
    error = sum((Fraction(abs(b.right * 1000 - b.said * b.tickets), 1000) for b in found), Fraction(0)) / len(said)
    return Calibrated(
        brier=share(brier),
        expected_error=share(error),
        z=None if z is None else round(Decimal(z), 3),
        p=None if z is None else round(Decimal(math.erfc(abs(z) / math.sqrt(2))), 4),
        bins=found,
    )


def _bins(outcomes: Sequence[Outcome], bins: int) -> Iterable[ReliabilityBin]:
    for number in range(bins):
        low, high = 1000 * number // bins, 1000 * (number + 1) // bins
        inside = [(c, right) for c, right in outcomes if low <= c < high or (c == 1000 == high)]
        if inside:
            yield ReliabilityBin(
                low=low,
                high=high,
                tickets=len(inside),
                right=sum(right for _, right in inside),
                said=round(Fraction(sum(c for c, _ in inside), len(inside))),
            )


def share(value: Fraction | int) -> Decimal:
    """Return a share with four decimals."""
    exact = Fraction(value)
    return round(Decimal(exact.numerator) / Decimal(exact.denominator), 4)


def lower_bound(right: int, tickets: int) -> Decimal:
    """Return the one-sided lower 95 % bound of a share (E. B. Wilson 1927), or 0 where there is none."""
    if not tickets:
        return Decimal(0)
    z, p = 1.6448536269514722, right / tickets
    middle = p + z * z / (2 * tickets)
    wide = z * math.sqrt(p * (1 - p) / tickets + z * z / (4 * tickets * tickets))
    return round(Decimal(max(0.0, (middle - wide) / (1 + z * z / tickets))), 4)


def fit_calibration(
    outcomes: Iterable[Outcome],
    *,
    cuts: Sequence[int] = (12, 40, 62),
    source: str = "",
    none: int = 250,
    most: int = 950,
) -> Calibration:
    """
    Return a calibration from how clearly labels won and whether they were right.

    The labels are put in order of clarity and cut at percentages of their number; few and large steps, because small
    ones would follow chance. A step's confidence is the lower quartile of what its share can be, since tickets that
    nobody has seen are read a little worse than those that lexicons were written beside. Steps that do not rise are
    joined.

    Args:
        outcomes: Clarity and truth of each label; best from tickets that no phrase was written for.
        cuts: Where steps end, in per cent of all labels.
        source: How it was computed, and from what.
        none: Confidence in thousandths where no phrase speaks for anything.
        most: The highest confidence in thousandths. Who labels tickets twice does not agree with himself more often.

    Raises:
        ValueError: If there are fewer than 30 labels.
    """
    ordered = sorted(outcomes)
    if len(ordered) < 30:
        raise ValueError(f"expected at least 30 labelled tickets, got {len(ordered)}")
    edges = [0, *(_between(ordered, len(ordered) * cut // 100) for cut in cuts), len(ordered)]
    steps: list[tuple[int, int, int]] = []
    for start, end in pairwise(edges):
        right = sum(ok for _, ok in ordered[start:end])
        if start < end:
            steps.append((ordered[start][0], right, end - start))
        while len(steps) > 1 and _low_quartile(*steps[-2][1:]) >= _low_quartile(*steps[-1][1:]):
            (least, one, many), (_, other, more) = steps[-2:]
            steps[-2:] = [(least, one + other, many + more)]
    levels = [(least if number else -999, _low_quartile(right, n)) for number, (least, right, n) in enumerate(steps)]
    levels = [(least, min(max(level, none), most)) for least, level in levels]
    return Calibration(steps=((-1000, none), *levels), source=source)


def _between(ordered: Sequence[Outcome], place: int) -> int:
    """Return a place to cut at, not among equal ones."""
    while 0 < place < len(ordered) and ordered[place][0] == ordered[place - 1][0]:
        place += 1
    return place


def _low_quartile(right: int, tickets: int) -> int:
    # One right and one wrong more, so that no step is ever quite certain.
    p = (right + 1) / (tickets + 2)
    return round(100 * (p - 0.6745 * math.sqrt(p * (1 - p) / tickets))) * 10
