"""References that merchants make up themselves: an id where it looks like one, else a pseudonym."""

from __future__ import annotations

from typing import Any, Final

import re2

from .parsing import exact_id

__all__ = ["code_of", "named"]

_ID: Final = re2.compile(r"^[^\s<>\"']{1,200}$")
_CODE: Final = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")


def named(references: dict[str, Any]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """
    Return which references are ids, and which could be words about a person.

    No rule says what a shop writes into its own reference. One word is taken for an id; what holds a blank may be a
    name, and is to become a pseudonym, which still finds its equals.
    """
    found = {name: text for name, value in references.items() if (text := exact_id(value)) is not None}
    ids: dict[str, str | None] = {name: text for name, text in found.items() if _ID.match(text)}
    return ids, {name: text for name, text in found.items() if name not in ids}


def code_of(value: Any) -> str | None:
    """Return a code such as ``insufficient_funds`` or ``0500``; None for anything that reads like a sentence."""
    text = exact_id(value)
    return text if text is not None and _CODE.match(text) else None
