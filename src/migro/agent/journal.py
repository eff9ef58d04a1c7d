"""What the shell reads off the records: first deliveries, withdrawals, open issues, what an input is about."""

from __future__ import annotations

from ..errors import NotFound
from ..models import (
    Action,
    ConfigChanged,
    Disposition,
    Explanation,
    Input,
    Issue,
    IssueStatus,
    OpenIssue,
    PersonActed,
    Signal,
    SignalReceived,
    SignalWithdrawn,
    to_microseconds,
)
from ..ports import Memory
from .recollection import REOPEN_WITHIN, UNFINISHED

__all__ = ["about", "first_delivery", "halts", "in_force", "known_withdrawal", "one_issue", "open_issues"]


def first_delivery(memory: Memory, id: str) -> tuple[str, SignalReceived, Signal]:
    """
    Return the partition that a signal is in, the input it came in by, and the signal.

    Raises:
        NotFound: If the memory has no such signal.
    """
    found: tuple[str, SignalReceived, Signal] | None = None
    for entry in memory.read("journal", id=id):
        match entry.input:
            # After seven days a delivery is a first one again, and the one that counts.
            case SignalReceived(signal=signal, duplicate_of=None) as item:
                found = (entry.partition, item, signal)
    if found is None:
        raise NotFound(f"expected the id of a signal that has come in, found none: {id!r}")
    return found


def one_issue(memory: Memory, id: str) -> Issue:
    """
    Return the issue of an id.

    Raises:
        NotFound: If the memory has none.
    """
    found = next(iter(memory.read("issues", id=id)), None)
    if found is None:
        raise NotFound(f"expected the id of an issue, found none: {id!r}")
    return found


def known_withdrawal(memory: Memory, partition: str, item: SignalWithdrawn) -> tuple[int, Disposition | None]:
    """Return the number of the same withdrawal that the journal has already, and what became of it."""
    entries = memory.read("journal", partition=partition)
    newest = [e for e in entries if e.input.delivery_key == item.delivery_key][-1]
    return newest.seq, newest.disposition


def open_issues(memory: Memory, partition: str, now: int) -> tuple[OpenIssue, ...]:
    """
    Return the issues of a partition that go on under other rules.

    They are open, or have ended within the time to reopen, or something about them is planned or being done.
    """
    left = {a.issue for a in memory.read("actions", partition=partition, pending=True) if a.status in UNFINISHED}
    kept = {
        i.id: i
        for i in memory.read("issues", partition=partition)
        if i.status is not IssueStatus.RESOLVED or to_microseconds(i.last_seen) >= now - REOPEN_WITHIN or i.id in left
    }
    actions: dict[str, list[Action]] = {id: [] for id in kept}
    if kept:
        for action in memory.read("actions", partition=partition):
            if action.issue in actions:
                actions[action.issue].append(action)
    newest: dict[str, Explanation] = {}
    if kept:
        for decision in memory.read("decisions", partition=partition):
            if decision.issue.id in kept:
                newest[decision.issue.id] = decision.explanation
    closed = {}
    if any(i.status is IssueStatus.RESOLVED for i in kept.values()):
        for entry in memory.read("journal", partition=partition):
            match entry.input:
                case PersonActed(verb="resolve", target=id, by=by):
                    closed[id] = by
    return tuple(
        OpenIssue(
            issue=issue,
            actions=tuple(sorted(actions[id], key=lambda a: (a.at, a.idempotency_key))),
            closed_by=closed.get(id, "") if issue.status is IssueStatus.RESOLVED else "",
            cause=newest[id].cause if id in newest else None,
            merged=next((m for m in newest[id].merged if m.into), None) if id in newest else None,
        )
        for id, issue in kept.items()
    )


def in_force(memory: Memory, partition: str) -> ConfigChanged | None:
    """Return what the journal of a partition says is in force; None where it says nothing."""
    found = None
    for entry in memory.load(partition):
        match entry.input:
            case ConfigChanged() as item if entry.done and item.counts(entry.seq):
                found = item
    return found


def about(item: Input) -> str:
    """Return the id of the signal that an input is about; empty for none."""
    match item:
        case SignalReceived(signal=signal):
            return signal.id
        case SignalWithdrawn(signal=id):
            return id
        case _:
            return ""


def halts(item: Input) -> bool:
    """Return whether an input is a halt."""
    return isinstance(item, PersonActed) and item.verb == "halt"
