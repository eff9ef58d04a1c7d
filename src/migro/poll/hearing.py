"""Hearing: whether a webhook told of what a poll found, as the journal has it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ..models import Signal, SignalReceived
from ..ports import Memory
from .reconciliation import Reconciliation

__all__ = ["Hearing"]

_BACK: Final = 5_000
"""Inputs of the journal that are looked through when a process begins."""
_MOST: Final = 20_000


class Hearing:
    """
    Waits with every polled change of an order until a webhook has had its time, then says whether one came.

    What waits is kept in the process: of changes that it had seen and not judged when it ended, nothing is said.

    Args:
        memory: Where webhooks are stored.
        partition: Of the merchant.
        reconciliation: Whose they are, and how long a webhook may take.
    """

    def __init__(self, memory: Memory, partition: str, reconciliation: Reconciliation) -> None:
        self._memory = memory
        self._partition = partition
        self._reconciliation = reconciliation
        self._changed: dict[str, datetime] = {}
        self._heard: dict[str, datetime] = {}
        self._seq: int | None = None

    def note(self, signals: Iterable[Signal]) -> None:
        """Take down what a poll found."""
        for signal in signals:
            if signal.topic == "order.polled" and len(self._changed) < _MOST:
                self._changed.setdefault(signal.ids["order_id"], signal.occurred_at)

    def judge(self, at: datetime) -> tuple[Signal, ...]:
        """Return how many changes have had their time and were not told, as one ``poll.resource``; each counts once."""
        self._listen(at)
        found = self._reconciliation.unheard("orders", self._changed, self._heard, at=at)
        limit = at - timedelta(seconds=self._reconciliation.settle_s)
        self._changed = {name: when for name, when in self._changed.items() if when > limit}
        return found

    def _listen(self, at: datetime) -> None:
        if self._seq is None:
            known = next(self._memory.read("partitions", id=self._partition), None)
            self._seq = max(0, (known.accepted if known is not None else 0) - _BACK)
        for entry in self._memory.load(self._partition, after=self._seq):
            self._seq = entry.seq
            if isinstance(entry.input, SignalReceived):
                signal = entry.input.signal
                order_id = signal.ids.get("order_id")
                if signal.source_kind == "platform_webhook" and order_id is not None:
                    self._heard[order_id] = max(signal.received_at, self._heard.get(order_id, signal.received_at))
        # What waits is judged within the settle time of its change; a webhook from long before tells of nothing here.
        since = min(self._changed.values(), default=at) - timedelta(seconds=self._reconciliation.settle_s)
        self._heard = {name: when for name, when in self._heard.items() if when >= since}
