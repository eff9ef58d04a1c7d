"""What the shell reads off the journal: first deliveries, withdrawals, what an input is about."""

from __future__ import annotations

from ..errors import NotFound
from ..models import Disposition, Input, PersonActed, Signal, SignalReceived, SignalWithdrawn
from ..ports import Memory

__all__ = ["about", "first_delivery", "halts", "known_withdrawal"]


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


def known_withdrawal(memory: Memory, partition: str, item: SignalWithdrawn) -> tuple[int, Disposition | None]:
    """Return the number of the same withdrawal that the journal has already, and what became of it."""
    entries = memory.read("journal", partition=partition)
    newest = [e for e in entries if e.input.delivery_key == item.delivery_key][-1]
    return newest.seq, newest.disposition


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
