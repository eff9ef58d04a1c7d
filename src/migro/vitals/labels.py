"""Labels: names of merchants where monitors and logs show them, with nothing in them that is not for these."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from ..models.lines import one_line
from ..observe import scrub

__all__ = ["label"]

_LONGEST: Final = 100
_DIGITS: Final = frozenset("0123456789-_")


@lru_cache(maxsize=4096)
def label(name: str) -> str:
    """
    Return a name as it is, or, where it holds personal data or what cannot be printed, without these.

    What was taken out leaves a mark behind a ``#`` that tells such names apart. An id of digits looks like a phone
    number and stays.

    >>> label("shop-a.example"), label("5012345678")
    ('shop-a.example', '5012345678')
    """
    clean = scrub(name)
    if "<phone>" in clean and _DIGITS.issuperset(name):
        clean = name
    clean = one_line(clean)[:_LONGEST]
    if clean == name:
        return name
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{clean}#{mark}"
