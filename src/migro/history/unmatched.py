"""Unmatched: signals that no rule has read, counted by what they are."""

from __future__ import annotations

from datetime import datetime

import attrs

from ..models import JournalEntry
from ..ports import Memory
from .period import Period

__all__ = ["Unmatched", "unmatched"]

_UNKNOWN = "not understood: "
_UNREAD = (_UNKNOWN, "no rule reads its kind", "no rule's condition fits it", "unkeyed: ", "does not fit its class: ")


@attrs.frozen(kw_only=True)
class Unmatched:
    """
    Signals of one sort that no rule has read.

    Attributes:
        reason: Why; of what was not understood, what was expected and what came.
        count: How many.
        serious: How many of them look serious and reached a person as an ``unknown`` issue.
        merchants: Of how many merchants.
        first, last: When the first and the last came in.
        sample: Id of the newest, for ``migro explain``.
    """

    kind: str
    provider: str
    topic: str
    reason: str
    count: int
    serious: int
    merchants: int
    first: datetime
    last: datetime
    sample: str


def unmatched(memory: Memory, *, since: datetime | None = None, until: datetime | None = None) -> tuple[Unmatched, ...]:
    """Return the signals that no rule has read, the most frequent first."""
    period = Period(since=since, until=until)
    unexplained = {i.id for i in memory.read("issues") if i.kind == "unknown"}
    found: dict[tuple[str, str, str, str], Unmatched] = {}
    merchants: dict[tuple[str, str, str, str], set[str | None]] = {}
    for entry in memory.read("journal"):
        if entry.input.input != "signal_received" or not period.holds(entry.input.signal.received_at):
            continue
        signal = entry.input.signal
        reason, serious = _reason(entry, unexplained)
        if not reason:
            continue
        name = (signal.kind, signal.provider or "", signal.topic or "", reason)
        merchants.setdefault(name, set()).add(signal.merchant)
        at = signal.received_at
        before = found.get(name)
        found[name] = Unmatched(
            kind=name[0],
            provider=name[1],
            topic=name[2],
            reason=reason,
            count=(before.count if before else 0) + 1,
            serious=(before.serious if before else 0) + serious,
            merchants=len(merchants[name] - {None}),
            first=min(at, before.first) if before else at,
            last=max(at, before.last) if before else at,
            sample=signal.id if before is None or at >= before.last else before.sample,
        )
    return tuple(found[name] for name in sorted(found, key=lambda n: (-found[n].count, n)))


def _reason(entry: JournalEntry, unexplained: set[str]) -> tuple[str, bool]:
    """Return why no rule has read a signal, empty where one has, and whether it reached a person all the same."""
    disposition = entry.disposition
    if disposition is None:
        return "", False
    if disposition.issues:
        serious = unexplained.issuperset(disposition.issues)
        return ("no rule explains it, and it looks serious", True) if serious else ("", False)
    why = disposition.reason
    if disposition.name != "recorded" or not why.startswith(_UNREAD):
        return "", False
    # What follows is about its time; what was not understood is told in the sender's own punctuation.
    return (why if why.startswith(_UNKNOWN) else why.split("; ")[0]), False
