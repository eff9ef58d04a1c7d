"""How much work random laws are given: all of it on one Python, a part of it on the others."""

from __future__ import annotations

import os

__all__ = ["cases"]


def cases(count: int, *, promised: bool = False) -> int:
    """
    Return how many random cases a law is given.

    All of them, unless ``MIGRO_LAWS`` asks for less: ``most`` for half of them, ``some`` for a fifth. Laws about random
    rules hold on every Python or on none, and what does depend on the Python (hashing, order, arithmetic) is compared
    by digests in full.

    Args:
        count: All of them.
        promised: Whether the documentation promises this many: then half is not enough.
    """
    asked = os.environ.get("MIGRO_LAWS")
    if asked == "most" and not promised:
        return max(1, count // 2)
    return max(1, count // 5) if asked == "some" else count
