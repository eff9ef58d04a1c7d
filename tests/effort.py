"""How much work random laws are given: all of it on one Python, a part of it on the others."""

from __future__ import annotations

import os

__all__ = ["cases"]


def cases(count: int) -> int:
    """
    Return how many random cases a law is given.

    All of them, unless ``MIGRO_LAWS=some`` asks for a fifth: laws about random rules hold on every Python or on none,
    and what does depend on the Python (hashing, order, arithmetic) is compared by digests in full.
    """
    return max(1, count // 5) if os.environ.get("MIGRO_LAWS") == "some" else count
