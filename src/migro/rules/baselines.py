"""
Baseline methods: what a measure is compared with when it is compared with itself.

Hours are whole hours of UTC. An hour's value is that of the measure over the hour: counts and totals are scaled from
the hour to the measure's own span, ratios and quantiles are those of the hour. It is taken once, an hour after the
hour has ended, and stays: what comes later does not change what was usual. A key's hours begin with the one after
its first signal, and end when nothing has come for as long as the method looks back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, Node, span
from .premises import Part, positive, whole
from .timed import Timed, need_timed

__all__ = [
    "FROZEN_AFTER",
    "HOUR",
    "WEEK",
    "Before",
    "HourOfWeek",
    "Method",
    "Previous",
    "Trailing",
    "before",
    "hour_of_week",
    "previous",
    "trailing",
]

HOUR = 3_600_000_000
"""In microseconds."""

WEEK = 168 * HOUR
"""In microseconds."""

FROZEN_AFTER = HOUR
"""How long after its end an hour is taken, in microseconds."""


class Method(Node):
    """A way to say what is usual."""

    __slots__ = ()

    @property
    def inputs(self) -> tuple[Part, ...]:
        """Premises that it needs."""
        return ()

    @property
    def hours(self) -> int:
        """How many hours it looks back; 0 when it needs none."""
        return 0


@attrs.frozen(eq=False, repr=False)
class HourOfWeek(Method):
    """Median of the same hour of earlier weeks; needs three known ones, or all where `weeks` is less."""

    weeks: int

    @property
    def hours(self) -> int:
        return 168 * self.weeks

    def __str__(self) -> str:
        return f"the same hour of {self.weeks} weeks"

    def document(self) -> Document:
        return {"hour_of_week": self.weeks}


@attrs.frozen(eq=False, repr=False)
class Trailing(Method):
    """Median of the whole hours before; needs three known ones."""

    length: int

    @property
    def hours(self) -> int:
        return self.length // HOUR

    def __str__(self) -> str:
        return f"the last {span(self.length)}"

    def document(self) -> Document:
        return {"trailing": {"microseconds": self.length}}


@attrs.frozen(eq=False, repr=False)
class Previous(Method):
    """The measure just before its own window: its value one microsecond and its longest span earlier."""

    def __str__(self) -> str:
        return "the time before"

    def document(self) -> Document:
        return {"previous": True}


@attrs.frozen(eq=False, repr=False)
class Before(Method):
    """The measure one microsecond before the newest time of a premise, at most a span ago."""

    change: Timed[Any]
    length: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.change,)

    def __str__(self) -> str:
        return f"the time before [{self.change}]"

    def document(self) -> Document:
        return {"before": self.change.document(), "within": {"microseconds": self.length}}


def hour_of_week(*, weeks: int = 4) -> Method:
    """
    Return the median of the measure in the same hour of the last `weeks` weeks.

    The hour of a time `t` is that of `t` itself. At least three of them have to be known (all, where `weeks` is less
    than three); of an even number the median is the mean of the middle two, exactly.
    """
    if whole(weeks, "weeks") > 8:
        raise RuleDefinitionError(f"hour_of_week() takes at most 8 weeks, got {weeks}")
    return HourOfWeek(weeks)


def trailing(length: timedelta) -> Method:
    """Return the median of the measure in the whole hours of the last `length` before the hour of `t`."""
    us = positive(length, "trailing")
    # The hour before that of `t` is never taken by then, and three have to be known.
    if us % HOUR or not 4 * HOUR <= us <= WEEK:
        raise RuleDefinitionError(f"trailing() takes whole hours from 4 to 168, got {length!r}")
    return Trailing(us)


def previous() -> Method:
    """Return the measure in the time just before its own window."""
    return Previous()


def before(change: Timed[Any], *, within: timedelta) -> Method:
    """Return the measure as it was just before the newest time of `change`, such as a release, in the last `within`."""
    need_timed(change, "before")
    return Before(change, positive(within, "within"))
