"""What should have happened by now and has not: the watchman's look at a memory, from outside the agent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

import attrs

from ..models import Action, ActionStatus, PersonActed
from ..ports import Memory

__all__ = ["Overdue", "overdue"]

_LEFT = {ActionStatus.FAILED: "failed", ActionStatus.UNKNOWN: "may or may not have happened"}

Kind = Literal["input", "timer", "approval", "action", "halt"]


@attrs.frozen(kw_only=True)
class Overdue:
    """
    One thing that is stuck.

    Attributes:
        what: An `input` that no step has consumed, a `timer` that has not fired, an `approval` that should have lapsed,
            an `action` that is planned or started and has no result, or that failed or may have happened while its
            issue is still open, a `halt` that nobody has taken back.
        partition: Where.
        seq: Number of the input; None where none is concerned.
        id: The action's key; empty for the others.
        since: Since when, or when it was due.
        why: In words.
    """

    what: Kind
    partition: str
    seq: int | None = None
    id: str = ""
    since: datetime
    why: str

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return attrs.asdict(self)


def overdue(memory: Memory, *, now: datetime, older_than: timedelta, platform: str = "platform") -> tuple[Overdue, ...]:
    """
    Return what has been waiting for longer than `older_than`, the oldest first; a halt always counts.

    Args:
        now: What time it is; nothing here reads a clock.
        platform: The partition whose inputs halt automation for everybody.

    Raises:
        StoreError: If the memory cannot be reached.
        InputError: If something in it cannot be read: whoever cannot look must not say that all is well.
    """
    before = now - older_than
    found = [
        *_inputs(memory, before),
        *_timers(memory, before),
        *_actions(memory, before),
        *_halt(memory, platform),
    ]
    return tuple(sorted(found, key=lambda o: (o.since, o.partition, o.what, o.id, o.seq or 0)))


def _inputs(memory: Memory, before: datetime) -> Iterator[Overdue]:
    for entry in memory.read("journal", pending=True):
        if entry.input.at < before:
            yield Overdue(
                what="input",
                partition=entry.partition,
                seq=entry.seq,
                since=entry.input.at,
                why=f"{entry.input.input} is accepted, and no step has consumed it",
            )


def _timers(memory: Memory, before: datetime) -> Iterator[Overdue]:
    for partition in memory.read("partitions", pending=True):
        if partition.due is not None and partition.due < before:
            yield Overdue(
                what="timer",
                partition=partition.name,
                since=partition.due,
                why="time alone should have changed something, and no step has let it pass",
            )


def _actions(memory: Memory, before: datetime) -> Iterator[Overdue]:
    for action in memory.read("actions", pending=True):
        told = f"{action.kind} -> {action.target}"
        if action.status is ActionStatus.WAITING:
            # Without a time it waits for as long as it takes.
            if action.expires_at is not None and action.expires_at < before:
                yield Overdue(
                    what="approval",
                    partition=action.partition,
                    id=action.idempotency_key,
                    since=action.expires_at,
                    why=f"{told} waits for an approval that should have lapsed",
                )
        elif action.at < before:
            why = f"{told} is {action.status.value}, and has no result"
            yield _action(action, why)
    yield from _left_to_people(memory, before)


def _left_to_people(memory: Memory, before: datetime) -> Iterator[Overdue]:
    """Yield actions that nobody tries again, as long as their issue is open."""
    still = {issue.id for issue in memory.read("issues", pending=True)}
    for action in memory.read("actions"):
        if action.status in _LEFT and action.issue in still and action.at < before:
            told = f"{action.kind} -> {action.target} {_LEFT[action.status]}"
            yield _action(action, f"{told}, and is left to a person: {action.note}".rstrip(": "))


def _action(action: Action, why: str) -> Overdue:
    return Overdue(what="action", partition=action.partition, id=action.idempotency_key, since=action.at, why=why)


def _halt(memory: Memory, platform: str) -> Iterator[Overdue]:
    """Yield the halt in force: of what stops and resumes automation the last one counts."""
    halted: Overdue | None = None
    for entry in memory.read("journal", partition=platform):
        item = entry.input
        if entry.failed or (isinstance(item, PersonActed) and item.verb == "halt"):
            by = f"by {item.by}, {item.why}" if isinstance(item, PersonActed) else "by an internal error"
            if halted is None:
                why = f"automation is halted {by}".rstrip(", ")
                halted = Overdue(what="halt", partition=platform, seq=entry.seq, since=item.at, why=why)
        elif isinstance(item, PersonActed) and item.verb == "resume":
            halted = None
    if halted is not None:
        yield halted
