"""Cursors: what platforms hand out to go on from, and which of them may stand in a journal."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

import re2

__all__ = ["is_plain_cursor"]

_NUMBER: Final = re2.compile(r"[0-9]{1,20}")
_TIME: Final = re2.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{4,18}([+ -][0-9]{2}:?[0-9]{2}|Z| UTC)?)?")
_OPAQUE: Final = re2.compile(r"[A-Za-z0-9._~:|=+/-]{1,1000}")
_DEEPEST: Final = 5
"""How often one text may be packed into another: no platform needs as much."""


def is_plain_cursor(value: str, depth: int = _DEEPEST) -> bool:
    """
    Return whether a cursor is a number, a time, or an opaque word in which no address and no plain word stands.

    Many are Base64 of JSON with the values that the list is sorted by, and some lists are sorted by people: whatever
    can be unpacked has to hold as well.
    """
    if _NUMBER.fullmatch(value) or _TIME.fullmatch(value):
        return True
    if depth == 0 or not _OPAQUE.fullmatch(value) or not any(c.isdigit() for c in value):
        return False
    try:
        inside = base64.b64decode(value.replace("-", "+").replace("_", "/") + "===")
    except (binascii.Error, ValueError):
        return True
    try:
        text = inside.decode()
    except UnicodeDecodeError:
        return True  # bytes of no text: a number in another form, or something encrypted
    if not text.isprintable():
        return "@" not in text
    # A short word is Base64 of something readable by chance, of a few signs and no more.
    return len(text) < 4 or _holds(text, depth - 1)


def _holds(text: str, depth: int) -> bool:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return is_plain_cursor(text, depth)
    return all(is_plain_cursor(leaf, depth) for leaf in _texts(told))


def _texts(data: Any) -> list[str]:
    """Return every text in parsed JSON but names; they are the platform's own words."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return [data] if isinstance(data, str) else []
