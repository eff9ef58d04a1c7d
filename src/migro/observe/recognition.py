"""Which wire format a payload has, where nobody says: told by headers and by shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from .formats import FORMATS
from .parsing import read_json, well_formed

__all__ = ["guess_kind"]


def guess_kind(headers: Mapping[str, str], body: Any) -> str:
    """Return the wire format that headers and the shape of the body tell, or ``unknown``."""
    names = [n.lower() for n in headers]
    for normaliser in FORMATS:
        if any(n.startswith(normaliser.headers) for n in names):
            return normaliser.kind
    if isinstance(body, str):
        return _guess_text(body)
    return _guess_object(body) if isinstance(body, Mapping) else "unknown"


def _guess_text(text: str) -> str:
    text = well_formed(text).removeprefix("\ufeff")
    try:
        body = read_json(text)
    except InputError:
        found = next((n.kind for n in FORMATS if n.fits_text is not None and n.fits_text(text)), None)
        return found or _guess_first_line(text)
    if isinstance(body, list) and body:
        body = body[0]
    return _guess_object(body) if isinstance(body, Mapping) else "unknown"


def _guess_first_line(text: str) -> str:
    """Return what the first of several lines tells, where each is an event."""
    try:
        body = read_json(text.strip().split("\n", 1)[0])
    except InputError:
        return "unknown"
    return _guess_object(body) if isinstance(body, Mapping) else "unknown"


def _guess_object(body: Mapping[str, Any]) -> str:
    return next((n.kind for n in FORMATS if n.fits(body)), "unknown")
