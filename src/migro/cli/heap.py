"""What a long command does about the memory that it takes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["long_lived"]

_NEW_OBJECTS = 20_000
"""So many more objects than before make Python look for cycles; its default is 700 (or 2000)."""


@contextmanager
def long_lived() -> Iterator[None]:
    """
    Spare the garbage collector what is there already: compiled rules stay to the end and hold no garbage.

    Folding makes many small objects and hardly any cycles, so the collector would go through the rules again and again
    for nothing: about an eighth of a replay.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
