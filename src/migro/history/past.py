"""One reading of what was decided in a period, for all patterns over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import attrs

from ..models.issue import Issue
from ..ports import Memory
from .confidence import ConfidenceDay, confidence_by_day
from .doings import doings
from .occurrences import Moment, Occurrence, endings, occurrences
from .offers import Offers
from .outcomes import ActionOutcomes, outcomes
from .period import Period, positive

__all__ = ["Past", "newest_time", "partitions_with"]


@attrs.frozen(kw_only=True)
class Past:
    """
    What was decided up to the end of a period.

    Attributes:
        until: Its end.
        moments: Every decision up to there, also from before the period.
        occurrences: What began in the period.
    """

    period: Period
    until: datetime
    moments: tuple[Moment, ...]
    occurrences: tuple[Occurrence, ...]

    @classmethod
    def read(cls, memory: Memory, days: int, until: datetime | None, *, watching: bool) -> Past | None:
        """Return it; None where nothing was ever recorded and nobody said where to look back from."""
        positive("days", days)
        asked = Period(until=until)
        moments = tuple(Moment.of(d) for d in memory.read("decisions") if asked.holds(d.at))
        end = until if until is not None else newest_time(memory, (m.at for m in moments))
        if end is None:
            return None
        period = Period.ending(end, days=days)
        found = tuple(o for o in occurrences(moments) if period.holds(o.began) and (o.opened or watching))
        return cls(period=period, until=end, moments=moments, occurrences=found)

    def confidence(self, kind: str | None = None) -> tuple[ConfidenceDay, ...]:
        """Return how sure the decisions of the period were, by day; see `History.confidence_trend`."""
        return confidence_by_day(m for m in self.moments if kind in (None, m.kind) and self.period.holds(m.at))

    def outcomes(self, memory: Memory, within: timedelta) -> tuple[ActionOutcomes, ...]:
        """Return what became of the actions of the period; see `History.outcomes`."""
        found = {a.idempotency_key: a for a in memory.read("actions") if self.period.holds(a.at)}
        offers = Offers()
        for moment in self.moments:
            for key, binding in moment.bound:
                offers.add(moment.at, key, binding)
        offers.complete(found.values())
        approved: set[str] = set()
        results: dict[str, datetime] = {}
        for partition in sorted({a.partition for a in found.values()}):
            for doing in doings(memory, partition):
                if doing.target not in found:
                    continue
                if doing.what == "approved" and offers.stood(doing.target, doing.binding, doing.at):
                    approved.add(doing.target)
                elif doing.what in ("simulated", "succeeded", "failed", "unknown"):
                    results.setdefault(doing.target, doing.at)
        return outcomes(
            found.values(),
            kinds={i.id: i.kind for i in memory.read("issues")},
            approved=approved,
            results=results,
            ends=endings(occurrences(self.moments)),
            within=within,
        )


def newest_time(memory: Memory, decided: Iterable[datetime]) -> datetime | None:
    """Return the greatest of the times of decisions, of the last input of each partition, and of sights of issues."""
    inputs = (
        entry.input.at
        for partition in memory.read("partitions")
        for entry in memory.load(partition.name, max(partition.accepted - 1, 0))
    )
    seen = (i.last_seen for i in memory.read("issues"))
    return max((at for times in (decided, inputs, seen) for at in times), default=None)


def partitions_with(memory: Memory, wanted: Callable[[Issue], bool]) -> tuple[str, ...]:
    """Return the names of the partitions that hold such an issue, sorted."""
    names = sorted(p.name for p in memory.read("partitions"))
    return tuple(n for n in names if any(map(wanted, memory.read("issues", partition=n))))
