"""
Patterns over days: what comes back, what comes together, what comes to many at once.

They count by rules that each of them states. None of them says that one thing causes another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, pairwise

import attrs

from ..models.scales import Scope
from .occurrences import Occurrence

__all__ = ["Link", "Recurrence", "Spread", "linked", "recurring", "systemic"]

_SECOND = timedelta(seconds=1)
_NONE = timedelta()


@attrs.frozen(kw_only=True)
class Recurrence:
    """
    The same failure mode at the same place, again and again.

    Attributes:
        merchant, scope, kind, key: What was the same.
        occurrences: The times it was there, in the order of beginnings.
        gaps: Whole seconds from each beginning to the next.
        longest_quiet: Whole seconds of the longest time without it between its first beginning and the end of the
            period; 0 where there was none.
        quiet_since: When it was last seen to end; None while it is there.
    """

    merchant: str | None
    scope: Scope
    kind: str
    key: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    gaps: tuple[int, ...]
    longest_quiet: int
    quiet_since: datetime | None


@attrs.frozen(kw_only=True)
class Link:
    """
    Two failure modes that tend to begin near one another at the same merchant.

    A beginning of one is *with* the other when the other began at that merchant at most `within` before or after it.

    Attributes:
        kind, other: The two, in the order of their names.
        within: How near is near, in whole seconds.
        kind_total, other_total: Beginnings at any merchant.
        kind_with, other_with: How many of them were with the other.
        kind_first, other_first, at_once: The beginnings of `kind` with the other, by whether the nearest beginning of
            the other came later, earlier or in the same microsecond; of two as near, the earlier counts.
        merchants: At how many merchants they were together.
    """

    kind: str
    other: str
    within: int
    kind_total: int
    other_total: int
    kind_with: int
    other_with: int
    kind_first: int
    other_first: int
    at_once: int
    merchants: int

    @property
    def kind_alone(self) -> int:
        """Beginnings of `kind` without the other."""
        return self.kind_total - self.kind_with

    @property
    def other_alone(self) -> int:
        """Beginnings of `other` without the first."""
        return self.other_total - self.other_with


@attrs.frozen(kw_only=True)
class Spread:
    """
    The same failure mode at many merchants within a short time.

    Attributes:
        merchants: Where it began, sorted.
        first, last: Its first and last beginning in the span.
        issues: Ids of the issues, in the order of beginnings; one that began twice stands once.
    """

    kind: str
    merchants: tuple[str, ...]
    first: datetime
    last: datetime
    issues: tuple[str, ...]


def recurring(found: Iterable[Occurrence], *, at_least: int, until: datetime) -> tuple[Recurrence, ...]:
    """Return what occurred `at_least` times at one place, the most frequent first; `until` ends the period."""
    groups: dict[tuple[Scope, str | None, str, tuple[str, ...]], list[Occurrence]] = {}
    for o in sorted(found, key=lambda o: (o.began, o.issue)):
        groups.setdefault((o.scope, o.merchant, o.kind, o.key), []).append(o)
    repeated = (_recurrence(group, until) for group in groups.values() if len(group) >= at_least)
    return tuple(
        sorted(repeated, key=lambda r: (-len(r.occurrences), r.kind, r.merchant is not None, r.merchant or "", r.key))
    )


def _recurrence(group: Sequence[Occurrence], until: datetime) -> Recurrence:
    first = group[0]
    longest = _NONE
    quiet_since = first.ended
    for o in group[1:]:
        if quiet_since is not None:
            longest = max(longest, o.began - quiet_since)
            quiet_since = None if o.ended is None else max(quiet_since, o.ended)
    if quiet_since is not None:
        longest = max(longest, until - quiet_since)
    return Recurrence(
        merchant=first.merchant,
        scope=first.scope,
        kind=first.kind,
        key=first.key,
        occurrences=tuple(group),
        gaps=tuple((later.began - earlier.began) // _SECOND for earlier, later in pairwise(group)),
        longest_quiet=longest // _SECOND,
        quiet_since=quiet_since,
    )


def linked(found: Iterable[Occurrence], *, within: timedelta, at_least: int) -> tuple[Link, ...]:
    """Return pairs of failure modes of which each was with the other `at_least` times, the most frequent first."""
    begun: dict[str, dict[str, list[datetime]]] = {}
    for o in sorted(found, key=lambda o: o.began):
        # What concerns the platform is at no merchant.
        if o.merchant is not None:
            begun.setdefault(o.kind, {}).setdefault(o.merchant, []).append(o.began)
    pairs = (_link(a, b, begun[a], begun[b], within) for a, b in combinations(sorted(begun), 2))
    near = (p for p in pairs if min(p.kind_with, p.other_with) >= at_least)
    return tuple(sorted(near, key=lambda p: (-min(p.kind_with, p.other_with), p.kind, p.other)))


def _link(
    kind: str,
    other: str,
    begun: dict[str, list[datetime]],
    others: dict[str, list[datetime]],
    within: timedelta,
) -> Link:
    shared = sorted(begun.keys() & others.keys())
    ways = [(m, list(_ways(begun[m], others[m], within))) for m in shared]
    each = [way for _, found in ways for way in found]
    return Link(
        kind=kind,
        other=other,
        within=within // _SECOND,
        kind_total=sum(map(len, begun.values())),
        other_total=sum(map(len, others.values())),
        kind_with=len(each),
        other_with=sum(len(list(_ways(others[m], begun[m], within))) for m in shared),
        kind_first=sum(way > _NONE for way in each),
        other_first=sum(way < _NONE for way in each),
        at_once=sum(way == _NONE for way in each),
        merchants=sum(bool(found) for _, found in ways),
    )


def _ways(begun: Sequence[datetime], others: Sequence[datetime], within: timedelta) -> Iterator[timedelta]:
    """Yield how far the nearest of `others` is ahead, for each time that has one near; both are sorted."""
    for at in begun:
        place = bisect_left(others, at)
        ways = [other - at for other in others[max(place - 1, 0) : place + 1]]
        nearest = min(ways, key=lambda way: (abs(way), way))
        if abs(nearest) <= within:
            yield nearest


def systemic(found: Iterable[Occurrence], *, merchants: int, within: timedelta) -> tuple[Spread, ...]:
    """
    Return where one failure mode began at that many `merchants` at most `within` from first to last.

    A span starts at the earliest beginning from which on there are enough of them, and takes in all that begins
    `within` of it; what it took in is in no other span.
    """
    kinds: dict[str, list[Occurrence]] = {}
    for o in sorted(found, key=lambda o: (o.began, o.issue)):
        if o.merchant is not None:
            kinds.setdefault(o.kind, []).append(o)
    spreads = (s for kind in sorted(kinds) for s in _spreads(kind, kinds[kind], merchants, within))
    return tuple(sorted(spreads, key=lambda s: (s.first, s.kind)))


def _spreads(kind: str, begun: Sequence[Occurrence], merchants: int, within: timedelta) -> Iterator[Spread]:
    start = 0
    while start < len(begun):
        end = start
        while end < len(begun) and begun[end].began - begun[start].began <= within:
            end += 1
        span = begun[start:end]
        where = {o.merchant for o in span if o.merchant is not None}
        if len(where) < merchants:
            start += 1
            continue
        yield Spread(
            kind=kind,
            merchants=tuple(sorted(where)),
            first=span[0].began,
            last=span[-1].began,
            issues=tuple(dict.fromkeys(o.issue for o in span)),
        )
        start = end
