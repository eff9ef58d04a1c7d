"""
JSON of what is long, a slice at a time.

All the rows of a long list take five times the room of their JSON. A process that writes them at once holds on to that
room, so what is long stays as it is until its turn comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs

__all__ = ["LONG", "Parts", "Slices", "plain_json"]

LONG = 500
"""How many rows are made at a time."""

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Parts(list[Any]):
    """A list that is written item by item, since there are `Slices` in it somewhere."""


@attrs.frozen
class Slices:
    """
    A list of rows that are not made yet.

    Attributes:
        things: What they are made of.
        rows: Makes them of some of these.
    """

    things: Sequence[Any]
    rows: Callable[[Any], list[Any]]


def plain_json(data: Any) -> bytes:
    """
    Return canonical JSON; no value may need another form.

    Slices may be values of objects and items of parts, and no list but parts may hold these in turn.
    """
    written: list[bytes] = []
    _write(data, written)
    return b"".join(written)


def _write(data: Any, written: list[bytes]) -> None:
    if isinstance(data, dict):
        _between(b"{}", [(_encoded(name) + b":", data[name]) for name in sorted(data)], written)
    elif isinstance(data, Parts):
        _between(b"[]", [(b"", item) for item in data], written)
    elif isinstance(data, Slices):
        written.append(b"[")
        for n in range(0, len(data.things), LONG):
            # Each slice without its own brackets.
            slice = _encoded(data.rows(data.things[n : n + LONG]))[1:-1]
            written.append(b"," + slice if n else slice)
        written.append(b"]")
    else:
        written.append(_encoded(data))


def _between(brackets: bytes, items: Sequence[tuple[bytes, Any]], written: list[bytes]) -> None:
    written.append(brackets[:1])
    for place, (name, value) in enumerate(items):
        written.append(b"," + name if place else name)
        _write(value, written)
    written.append(brackets[1:])


def _encoded(data: Any) -> bytes:
    return _ENCODER.encode(data).encode()
