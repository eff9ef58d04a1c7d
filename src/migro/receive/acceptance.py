"""Acceptance: inputs into the memory, durably, without thinking, and no more than somebody thinks about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from ..errors import StoreUnavailable
from ..models import Accepted, ConfigChanged, Input, Partition, SignalReceived
from ..ports import Memory

__all__ = ["Acceptance", "Outcome"]

Outcome = Literal["accepted", "full", "under way"]
"""`full` and `under way` have stored nothing of what was given."""


class Acceptance:
    """
    The only way from a receiver into a memory.

    Safe to use from several threads. Several processes may share a memory; each sees to its own part of the queue's
    limit, so together they may exceed it by one delivery each.

    Args:
        memory: Where to.
        limit: How many inputs of one partition may wait to be consumed. A delivery with several events is taken as a
            whole or not at all, so the last one may exceed it.
        patience_s: How long to wait for others that are being stored, in seconds.
        config: What the journal of a new partition has to begin with, at a time; None where nobody here knows.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        limit: int,
        patience_s: int,
        config: Callable[[datetime], ConfigChanged] | None = None,
    ) -> None:
        self._memory = memory
        self._limit = limit
        self._patience_s = patience_s
        self._config = config
        self._storing = threading.Lock()
        self._under_way: set[str] = set()
        self._guard = threading.Lock()

    def put(self, inputs: Mapping[str, Sequence[Input]], *, repeated: set[str] | None = None) -> Outcome:
        """
        Store inputs by partition; when this returns `accepted`, nothing of them can be lost.

        Where several partitions are concerned and the memory fails between them, the first keep theirs: offered again,
        it is known there as a second delivery.

        Raises:
            StoreUnavailable: If not everything was stored.
        """
        with self._alone(inputs) as alone:
            if not alone:
                return "under way"
            with self._turn():
                standing = {name: next(self._memory.read("partitions", id=name), None) for name in inputs}
                if any(p is not None and p.accepted - p.version >= self._limit for p in standing.values()):
                    return "full"
                for name, items in inputs.items():
                    accepted = self._memory.accept(name, [*self._begin(standing[name], items), *items])
                    if repeated is not None:
                        repeated.update(_repeated(accepted))
        return "accepted"

    def _begin(self, standing: Partition | None, items: Sequence[Input]) -> Sequence[Input]:
        """Return what a new journal begins with: until it names the rules in force, no replay can compare anything."""
        if self._config is None or (standing is not None and standing.accepted):
            return ()
        return (self._config(items[0].at),)

    def knows(self, partition: str) -> bool:
        """Return whether the memory has anything of a partition."""
        return next(self._memory.read("partitions", id=partition), None) is not None

    @contextmanager
    def _alone(self, inputs: Mapping[str, Sequence[Input]]) -> Iterator[bool]:
        """Note what is under way, and say whether nothing of it was before."""
        ids = {i.signal.id for items in inputs.values() for i in items if isinstance(i, SignalReceived)}
        with self._guard:
            alone = ids.isdisjoint(self._under_way)
            self._under_way |= ids if alone else set()
        try:
            yield alone
        finally:
            if alone:
                with self._guard:
                    self._under_way -= ids

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # Whoever counts what waits has to store before the next one counts.
        if not self._storing.acquire(timeout=self._patience_s):
            raise StoreUnavailable(f"expected a turn to store within {self._patience_s} s, got none: others are slow")
        try:
            yield
        finally:
            self._storing.release()


def _repeated(accepted: Iterable[Accepted]) -> Iterator[str]:
    for one in accepted:
        if isinstance(one.input, SignalReceived) and one.input.duplicate_of is not None:
            yield one.input.signal.id
