"""Keys in documents: the names of the columns that a premise or a kind is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..expressions import KeyCol
from ..rules import Holding, Selection, Via
from .parts import Part
from .places import Place
from .values import TEXT, Codec, Writing

__all__ = ["KEYS", "key_columns"]


def _write_keys(keys: tuple[str, ...], _: Writing) -> Any:
    return keys[0] if len(keys) == 1 else list(keys)


def _read_keys(part: Part, place: Place) -> tuple[str, ...]:
    if isinstance(part.value, str):
        return (part.value,)
    wanted = "the name of a key column, or a list of them"
    if part.value == ():
        place.expect(part, wanted)
    return tuple(place.each(part, lambda p, at: at.text(p, wanted), wanted))


KEYS: Final = Codec(
    _write_keys, _read_keys, {"anyOf": [TEXT.schema, {"type": "array", "items": TEXT.schema, "minItems": 1}]}
)


def key_columns(node: Any) -> Mapping[str, KeyCol[Any, Any]]:
    """Return the key columns that a premise is about, by name."""
    match node:
        case Selection(per=per):
            return {c.name: c for c in per}
        case Holding(by=by):
            return {c.name: c for c in by}
        case Via(of=of, value=value):
            found = dict(key_columns(of))
            if isinstance(value.column, KeyCol):
                found[value.column.name] = value.column
            return found
        case _:
            return next((keys for part in node.inputs if (keys := key_columns(part))), {})
