"""How much work random laws are given: all of it on one Python, a part of it on the others."""

from __future__ import annotations

import os

__all__ = ["cases"]


def cases(count: int, *, promised: bool = False) -> int:
    """
    Return how many random cases a law is given.

    All of them, unless ``MIGRO_LAWS`` asks for less: ``some`` for a fifth; ``promised`` for a fifth as well, and for
    all where a number is promised. Laws about random rules hold on every Python or on none, and what does depend on
    the Python (hashing, order, arithmetic) is compared by digests in full.

    Args:
        count: All of them.
        promised: Whether the documentation promises this many: then a fifth is not enough.
    """
    asked = os.environ.get("MIGRO_LAWS")
    fewer = asked == "some" or (asked == "promised" and not promised)
    return max(1, count // 5) if fewer else count
