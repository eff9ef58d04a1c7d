"""One way to write a value down: canonical JSON, and ids made from content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from ..errors import InputError
from .scales import Named

__all__ = ["EPOCH", "canonical_json", "content_id", "digest", "from_microseconds", "plain_json", "to_microseconds"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Made once: making it takes as long as writing a short value down.
_FLAT = frozenset({str, int, bool, type(None)})
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_microseconds(t: datetime) -> int:
    """
    Return the microseconds since 1970 of an aware time.

    Raises:
        InputError: If the time has no zone.
    """
    if t.tzinfo is None:
        raise InputError(f"expected a time with a zone, got {t.isoformat()}")
    delta = t - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


@lru_cache(maxsize=4096)
def from_microseconds(us: int) -> datetime:
    """Return the aware UTC time of `us` microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case Named():
            return value.word
        case Enum():
            return _plain(value.value)
        case int():
            return int(value)
        case float():
            raise InputError(f"a float has no canonical form, got {value!r}: use an int or a Decimal")
        case Decimal():
            return str(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case datetime():
            if value.tzinfo is None:
                raise InputError(f"expected a time with a zone, got {value.isoformat()}")
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case bytes():
            return value.hex()
        case Mapping():
            return {str(_plain(k)): _plain(v) for k, v in value.items()}
        case frozenset() | set():
            plain = [_plain(v) for v in value]
            if all(isinstance(v, str) for v in plain):
                return sorted(plain)  # as pydantic's side of a signal writes them
            return sorted(plain, key=lambda v: json.dumps(v, sort_keys=True))
        case Sequence():
            return [_plain(v) for v in value]
        case _:
            raise InputError(f"no canonical form for {type(value).__name__}: {value!r}")


def canonical_json(value: Any) -> str:
    """
    Return JSON with sorted keys, no blanks and no floats: equal values give equal text on every machine.

    Raises:
        InputError: For a float, or a type that has no JSON form.
    """
    return _ENCODER.encode(_plain(value))


def plain_json(data: Any) -> str:
    """Return the canonical JSON of data in which every value is a JSON one already; only the order of keys is left."""
    return _ENCODER.encode(data)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _flat(value: Any) -> str:
    """Return the canonical JSON of one of the flat types; an encoder takes longer to begin than a short text needs."""
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is int:
        return str(value)
    return "null" if value is None else "true" if value else "false"


def content_id(prefix: str, *parts: Any) -> str:
    """
    Return an id made from content alone, such as ``sig_3f…`` with 32 hex digits.

    The parts are typed and keep their places, so ``None``, ``""`` and ``"None"`` give three different ids.
    """
    if _FLAT.issuperset(map(type, parts)):
        text = f"[{','.join(map(_flat, parts))}]"
    else:
        text = canonical_json(list(parts))
    return f"{prefix}_{hashlib.sha256(text.encode()).hexdigest()[:32]}"
