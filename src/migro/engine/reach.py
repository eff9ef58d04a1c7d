"""Reach: which streams and facts say that a key of a node is alive, and how far back they speak."""

from __future__ import annotations

from typing import Any

import attrs

from ..expressions import Fact
from .state import EngineState, Key
from .streams import Stream

__all__ = ["Reach"]


@attrs.frozen
class Reach:
    """
    What says that a key of a node is alive.

    Attributes:
        streams: Sources whose keys are a part of the node's, with the places of that part in it.
        finer: Sources with finer keys, with the places of what both share in the node's keys and in theirs.
        span: How far back their signals may lie, in microseconds.
        facts: Facts that were told of the whole key.
    """

    streams: tuple[tuple[int, tuple[int, ...]], ...]
    finer: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]
    span: int
    facts: tuple[Fact[Any], ...]

    @property
    def sources(self) -> tuple[int, ...]:
        """The numbers of all its sources."""
        return (*(number for number, _ in self.streams), *(number for number, _, _ in self.finer))

    def heard(self, state: EngineState, node: int, key: Key, t: int) -> bool:
        """Return whether a signal within reach at `t` speaks for a key of the node with that number."""
        since = t - self.span
        for source, places in self.streams:
            if _spoke(state.streams.get((source, tuple([key[p] for p in places]))), since, t):
                return True
        return bool(self.finer) and self._heard_finer(state, (node, key), since, t)

    def _heard_finer(self, state: EngineState, name: tuple[int, Key], since: int, t: int) -> bool:
        """Return whether any finer key speaks for the coarse one: mostly the one that did last time still does."""
        known = state.speakers.get(name)
        if known is not None and _spoke(state.streams.get(known), since, t):
            return True
        for source, places, inner in self.finer:
            wanted = [name[1][p] for p in places]
            # Whoever came last most likely speaks.
            for (one, finer), stream in reversed(state.streams.items()):
                if one == source and [finer[p] for p in inner] == wanted and _spoke(stream, since, t):
                    state.speakers[name] = (one, finer)
                    return True
        state.speakers.pop(name, None)
        return False


def _spoke(stream: Stream | None, since: int, until: int) -> bool:
    found = stream.newest(until) if stream is not None else None
    return found is not None and found >= since
