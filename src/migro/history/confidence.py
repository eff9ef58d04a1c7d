"""How sure the decisions about one failure mode were, day by day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date
from statistics import median_low

import attrs

from ..models.scales import Band
from .occurrences import Moment

__all__ = ["ConfidenceDay", "confidence_by_day"]


@attrs.frozen(kw_only=True)
class ConfidenceDay:
    """
    The decisions of one day about issues of one kind that were not resolved by them.

    Attributes:
        day: In UTC; the first and the last day of a period are there as far as the period covers them.
        decisions: Their number.
        lowest, median, highest: Points, in hundredths of a ban; of an even number the lower of the two in the middle.
        low, mid, high: How many of them were in each band.
    """

    kind: str
    day: date
    decisions: int
    lowest: int
    median: int
    highest: int
    low: int
    mid: int
    high: int


def confidence_by_day(moments: Iterable[Moment]) -> tuple[ConfidenceDay, ...]:
    """Return the days that have decisions, by kind and day; an end says nothing about how sure anybody was."""
    days: dict[tuple[str, date], list[Moment]] = {}
    for moment in moments:
        if not moment.resolved:
            days.setdefault((moment.kind, moment.at.astimezone(UTC).date()), []).append(moment)
    return tuple(_day(kind, day, decided) for (kind, day), decided in sorted(days.items()))


def _day(kind: str, day: date, decided: list[Moment]) -> ConfidenceDay:
    points = [m.points for m in decided]
    bands = [m.band for m in decided]
    return ConfidenceDay(
        kind=kind,
        day=day,
        decisions=len(points),
        lowest=min(points),
        median=median_low(points),
        highest=max(points),
        low=bands.count(Band.LOW),
        mid=bands.count(Band.MID),
        high=bands.count(Band.HIGH),
    )
