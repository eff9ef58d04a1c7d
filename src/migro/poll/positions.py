"""Positions in the memory: how far each source was read, beside what was read, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from ..models import SignalReceived
from ..ports import Memory
from .asking import Position

__all__ = ["ATTRIBUTE", "newest_position", "position_text"]

ATTRIBUTE: Final = "position"
"""Where a heartbeat carries it, and the first word that a source is expected."""

_CARRIERS: Final = ("source.expected", "source.heartbeat")
_FIRST_LOOK: Final = 200


def position_text(position: Position) -> str:
    """Return a position as one line of JSON; equal positions give equal lines."""
    return json.dumps(dict(position), sort_keys=True, separators=(",", ":"))


def newest_position(memory: Memory, partition: str, source: str) -> Position | None:
    """
    Return how far a source was read, as its last heartbeat in the journal says; None where there is none.

    It is looked for from the end of the journal, in ever longer pieces.
    """
    known = next(memory.read("partitions", id=partition), None)
    end, look = (known.accepted if known is not None else 0), _FIRST_LOOK
    while end > 0:
        begin = max(0, end - look)
        found: Position | None = None
        for entry in memory.load(partition, after=begin):
            if entry.seq > end:
                break
            if isinstance(entry.input, SignalReceived):
                signal = entry.input.signal
                if signal.kind in _CARRIERS and signal.ids.get("source") == source:
                    told = _read(signal.attrs.get(ATTRIBUTE))
                    found = told if told is not None else found
        if found is not None:
            return found
        end, look = begin, look * 4
    return None


def _read(text: object) -> Position | None:
    try:
        told = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(told, Mapping) or not all(isinstance(v, str) for v in told.values()):
        return None
    return dict(told)
