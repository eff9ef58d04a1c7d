"""Words that programs write for programs: names of events, states and methods, and nothing that a person typed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import re2

from .parsing import word
from .privacy import scrub

__all__ = ["slug"]

_SLUG: Final = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,119}$")
_SECRET: Final = 10
"""From how many characters on a word may be a number or a token that names or lets in somebody."""


def slug(value: Any) -> str | None:
    """
    Return a word of letters, digits and the signs ``_ . : / + -``, or None: a blank in it says that it is a text.

    Personal data and secrets are none either. What is written with other signs, as a topic is, would no longer be known
    for one where it leaves.
    """
    told = word(value)
    if told is None or not _SLUG.match(told):
        return None
    return None if len(told) >= _SECRET and _private(told) else told


@lru_cache(maxsize=1024)
def _private(told: str) -> bool:
    return scrub(told) != told
