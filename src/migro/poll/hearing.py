"""Hearing: whether a webhook told of what a poll found, as the journal has it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ..models import Signal, SignalReceived
from ..ports import Memory
from .reconciliation import Reconciliation

__all__ = ["Hearing"]

_BACK: Final = 5_000
"""Inputs of the journal that are looked through when a process begins."""
_MOST: Final = 20_000
_RESOURCE: Final = "orders"


class Hearing:
    """
    Waits with every polled change of an order until a webhook has had its time, then says whether one came.

    What waits is what the journal has: changes that were stored and not judged since. So a process that begins knows
    what another one left waiting, what the store dropped as a duplicate waits for nothing, and each change is judged
    once.

    Args:
        memory: Where webhooks and changes are stored.
        partition: Of the merchant.
        source: Whose changes these are: those that are stored before a heartbeat of it.
        reconciliation: Whose they are, and how long a webhook may take.
    """

    def __init__(self, memory: Memory, partition: str, source: str, reconciliation: Reconciliation) -> None:
        self._memory = memory
        self._partition = partition
        self._source = source
        self._reconciliation = reconciliation
        self._found: list[Signal] = []
        self._beating = ""
        self._changed: dict[str, datetime] = {}
        self._heard: dict[str, datetime] = {}
        self._seq: int | None = None

    def judge(self, at: datetime) -> tuple[Signal, ...]:
        """Return how many changes have had their time and were not told, as one ``poll.resource``; each counts once."""
        self._listen(at)
        found = self._reconciliation.unheard(_RESOURCE, self._changed, self._heard, at=at)
        self._judged(at)
        return found

    def _judged(self, at: datetime) -> None:
        limit = at - timedelta(seconds=self._reconciliation.settle_s)
        self._changed = {name: when for name, when in self._changed.items() if when > limit}

    def _listen(self, at: datetime) -> None:
        if self._seq is None:
            known = next(self._memory.read("partitions", id=self._partition), None)
            self._seq = max(0, (known.accepted if known is not None else 0) - _BACK)
        for entry in self._memory.load(self._partition, after=self._seq):
            self._seq = entry.seq
            if isinstance(entry.input, SignalReceived):
                self._take(entry.input.signal, again=entry.input.duplicate_of is not None)
        # What waits is judged within the settle time of its change; a webhook from long before tells of nothing here.
        since = min(self._changed.values(), default=at) - timedelta(seconds=self._reconciliation.settle_s)
        self._heard = {name: when for name, when in self._heard.items() if when >= since}

    def _take(self, signal: Signal, *, again: bool) -> None:
        order_id = signal.ids.get("order_id")
        if signal.source_kind == "platform_webhook" and order_id is not None:
            self._heard[order_id] = max(signal.received_at, self._heard.get(order_id, signal.received_at))
        elif signal.topic == "order.polled" and order_id is not None:
            if not again:
                self._found.append(signal)
        elif signal.kind == "source.heartbeat":
            # Changes are stored in one piece with the heartbeat of their source, which comes last.
            self._beating = signal.ids.get("source", "")
            for one in self._found if self._beating == self._source else ():
                if len(self._changed) < _MOST:
                    self._changed.setdefault(one.ids["order_id"], one.occurred_at)
            self._found.clear()
        elif signal.kind == "poll.resource" and self._beating == self._source:
            self._judged(signal.occurred_at)
