"""What a recall begins with, and what it goes on from."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import InputError
from ..models import JournalEntry
from ..ports import Memory
from .fold import Fold
from .snapshots import restore
from .state import State

__all__ = ["consumed", "newest_state"]


def newest_state(fold: Fold, memory: Memory, partition: str) -> State | None:
    """Return the state of the newest snapshot that serves a fold's rules and policy; None where there is none."""
    for kept in reversed(list(memory.read("snapshots", id=fold.ruleset.version, partition=partition))):
        if kept.policy == fold.policy.version:
            try:
                return restore(fold.engine, fold.policy.version, kept.data, partition=partition)
            except InputError:
                continue  # another version of migro wrote it; the journal has everything it was made from
    return None


def consumed(memory: Memory, partition: str, after: int) -> Iterator[JournalEntry]:
    """Yield what steps have consumed behind a number, in sequence."""
    for entry in memory.load(partition, after):
        if not entry.done:
            return
        yield entry
