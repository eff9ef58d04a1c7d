"""How far partitions are ahead of the clock: what was once dated in the future makes all that follows too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from weakref import WeakKeyDictionary

from ..agent import PLATFORM, Agent
from ..agent.snapshots import time_of
from ..models.canonical import EPOCH
from ..models.steps import Partition
from ..ports import Memory

__all__ = ["farthest"]

_Known = dict[str, tuple[int, datetime]]

_known: WeakKeyDictionary[Agent, _Known] = WeakKeyDictionary()
"""Up to which input a partition was looked at, and the latest time in it then: the next look reads what is new."""


def farthest(agent: Agent) -> tuple[str, datetime]:
    """
    Return the partition whose time is the latest, and that time; nothing is written, and no input is consumed.

    Raises:
        StoreUnavailable: If the memory failed.
    """
    held, known = agent.times(), _known.setdefault(agent, {})
    times = _times(agent.memory, held, known)
    # What is told to the platform is dated as the merchant was that it came from: that one is meant.
    return max(times, key=lambda found: (found[1], found[0] != PLATFORM, found[0]), default=("", EPOCH))


def _times(memory: Memory, held: Mapping[str, datetime], known: _Known) -> Iterator[tuple[str, datetime]]:
    for partition in list(memory.read("partitions")):
        name = partition.name
        before = known.get(name) or ((partition.version, held[name]) if name in held else _kept(memory, name))
        known[name] = _looked(memory, partition, before)
        yield name, max(known[name][1], held.get(name, EPOCH))


def _looked(memory: Memory, partition: Partition, before: tuple[int, datetime]) -> tuple[int, datetime]:
    seq, latest = before
    if seq >= partition.accepted:
        return before
    return partition.accepted, max((latest, *(entry.input.at for entry in memory.load(partition.name, seq))))


def _kept(memory: Memory, partition: str) -> tuple[int, datetime]:
    times = ((kept.seq, time_of(kept.data)) for kept in memory.read("snapshots", partition=partition))
    return max(((seq, at) for seq, at in times if at is not None), default=(0, EPOCH))
