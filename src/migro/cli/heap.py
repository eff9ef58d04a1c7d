"""What a long command does about the memory that it takes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

__all__ = ["Heap", "long_lived"]

_NEW_OBJECTS = 2_000
"""So many more objects than before make Python look for cycles among them: a millisecond or so, and nobody waits."""

_YOUNG_LOOKS = 500
"""After so many such looks it goes through what all of them have left: whoever rests is hardly ever as far."""

_FREEZE_EVERY_S = 1.0
_COLLECT_EVERY_S = 3_600.0


class Heap:
    """
    What has lasted, kept from the garbage collector.

    Args:
        seconds: A clock in seconds that never runs backwards.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._freezes_at = seconds() + _FREEZE_EVERY_S
        self._collects_at = seconds() + _COLLECT_EVERY_S

    def rest(self) -> None:
        """
        Leave alone from now on what is there, at most once a second; call it between two pieces of work.

        What a process keeps of thousands of merchants is millions of objects, none in a cycle, and nobody is served
        while they are gone through. Once an hour they are gone through all the same: what hosts bring
        along may leave cycles.
        """
        now = self._seconds()
        if now < self._freezes_at:
            return
        if now >= self._collects_at:
            gc.unfreeze()
            gc.collect()
            now = self._seconds()
            self._collects_at = now + _COLLECT_EVERY_S
        gc.freeze()
        self._freezes_at = now + _FREEZE_EVERY_S


@contextmanager
def long_lived() -> Iterator[Heap]:
    """
    Spare the garbage collector what is there already: compiled rules stay to the end and hold no garbage.

    Folding makes many small objects and hardly any cycles, so the collector would go through the rules again and again
    for nothing: about an eighth of a replay. Whoever goes on for days also lets the heap `Heap.rest`.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_LOOKS, before[2])
    try:
        yield Heap()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
