"""Words that programs write for programs: names of events, states and methods, and nothing that a person typed."""

from __future__ import annotations

from typing import Any, Final

import re2

from .parsing import word

__all__ = ["slug"]

_SLUG: Final = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,119}$")


def slug(value: Any) -> str | None:
    """Return a word of letters, digits and the signs ``_ . : / + -``, or None: a blank in it says that it is a text."""
    told = word(value)
    return told if told is not None and _SLUG.match(told) else None
