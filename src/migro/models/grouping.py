"""Fingerprints: what makes two reports the same issue, in one word that says by which version of the rule."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

__all__ = ["GROUPING", "fingerprint"]

GROUPING = "fp1"
"""Version of the fingerprint. An issue keeps the one that it was opened with."""


def fingerprint(partition: str, kind: str, key: Mapping[str, str | None]) -> str:
    """
    Return what an issue is grouped by, such as ``fp1:9c...``.

    Every part is written with its type and its length, and the names of the key are sorted: different partitions,
    kinds or keys give different text before it is hashed, and the order of the names gives none.

    >>> fingerprint("m", "k", {"a": None}) != fingerprint("m", "k", {"a": ""})
    True
    """
    parts = [_part(partition), _part(kind), f"{len(key)}#"]
    parts += [_part(word) for name in sorted(key) for word in (name, key[name])]
    return f"{GROUPING}:{hashlib.sha256(''.join(parts).encode()).hexdigest()[:32]}"


def _part(word: str | None) -> str:
    return "n:" if word is None else f"s{len(word)}:{word}"
