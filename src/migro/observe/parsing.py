"""Reading what senders write: JSON with exact numbers, times in every spelling, money in minor units."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

import re2
from pydantic import ValidationError

from ..errors import InputError
from ..models.canonical import EPOCH

__all__ = ["at", "exact_id", "minor_units", "moment", "read_json", "shape_of", "well_formed", "whole", "word"]

_EXPONENTS: Final = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
"""ISO 4217 exponents that are not 2."""

_PLACEHOLDER: Final = re2.compile(r"^\s*(\{+[^{}]*\}+|\$\{.*\}|<[^<>]*>|%\w+%)|\{[A-Za-z_]\w*\}")
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
# Not RE2, whose Python side takes ten times as long for a short text: nothing here can be read in two ways, so that
# going back costs no more than going on.
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?)? *"
    r"(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?(?::?\d\d)?)?",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"\d{9,19}(\.\d{1,9})?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")


def well_formed(text: str) -> str:
    """Return the text without halves of surrogate pairs, which JSON can carry and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _all_well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [_all_well_formed(v) for v in value]
    if isinstance(value, dict):
        return {well_formed(n): _all_well_formed(v) for n, v in value.items()}
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError("expected each name once in a JSON object, got one twice")
    return found


def _no_constants(name: str) -> Any:
    raise InputError(f"expected a JSON number, got {name}")


# Made once: making it takes as long as reading a short text.
_DECODER: Final = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_no_constants, object_pairs_hook=_no_duplicates, strict=False
)


def _load(text: str) -> Any:
    # A second byte order mark is what `json.loads` has a message of its own for.
    if text.startswith("{"):
        # Without looking for blanks before and after, of which a webhook has none.
        found, end = _DECODER.raw_decode(text)
        if end < len(text) and text[end:].strip(" \t\n\r"):
            found = _DECODER.decode(text)  # and this says why not
    else:
        found = json.loads(text) if text.startswith("\ufeff") else _DECODER.decode(text)
    # Half a surrogate pair can only have come as an escape; looking at every string would cost more than parsing.
    return _all_well_formed(found) if "\\u" in text and "\\ud" in text.lower() else found


def _without_trailing_commas(text: str) -> str:
    kept: list[str] = []
    inside = escaped = False
    comma = -1
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char in "]}" and comma >= 0:
            kept[comma] = ""
            comma = -1
        elif char == ",":
            comma = len(kept)
        elif not char.isspace():
            comma = -1
            inside = char == '"'
        kept.append(char)
    return "".join(kept)


def read_json(text: str) -> Any:
    """
    Return the value of a JSON text; integers are exact, other numbers are `Decimal`.

    A byte order mark, control characters in strings and trailing commas are forgiven: real senders write them.

    Raises:
        InputError: If it is not JSON, or says NaN, or names a member twice; the message gives line and column.
    """
    text = text.removeprefix("\ufeff")
    try:
        return _load(text)
    except InputError:
        raise
    except (ValueError, RecursionError, InvalidOperation) as first:
        try:
            return _load(_without_trailing_commas(text))
        except InputError:
            raise
        except (ValueError, RecursionError, InvalidOperation):
            raise InputError(f"expected JSON, got something else: {_where(first)}") from None


def _where(error: Exception) -> str:
    # The error's own text may quote the document, which is personal data until proven otherwise.
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} in line {error.lineno}, column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def at(body: Any, path: str) -> Any:
    """Return the value at a dotted path, such as ``detail.via.channel``, or None."""
    for name in _steps(path):
        if type(body) is dict or isinstance(body, Mapping):
            body = body.get(name)
        elif isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        else:
            return None
    return body


def word(value: Any) -> str | None:
    """Return a non-empty string that is no unfilled placeholder such as ``{store_hash}``, or None."""
    if not isinstance(value, str):
        return None
    if value.isalnum() and value.isascii():
        return value  # what most ids and states are
    value = well_formed(value).strip()
    if "{" in value or "<" in value or "%" in value:
        # Only these begin a placeholder, and looking for one takes longer than all the rest.
        return None if _PLACEHOLDER.search(value) else value
    return value or None


def exact_id(value: Any) -> str | None:
    """Return an id as its exact string, or None where there is none."""
    if type(value) is str:
        return word(value)
    if isinstance(value, bool):
        return None
    return str(value) if isinstance(value, int) else word(value)


def whole(value: Any) -> int | None:
    """Return a whole number that came as a number or as digits, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) <= 20:
        value = value.strip()
        return int(value) if _WHOLE.fullmatch(value) else None
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and abs(value.adjusted()) < 20 and value == int(value) else None
    return value if isinstance(value, int) and abs(value) < 10**18 else None


def minor_units(amount: Any, currency: str | None) -> int | None:
    """
    Return an amount such as ``"59.90"`` in minor units of the currency, or None.

    The exponent follows ISO 4217. An amount finer than the minor unit has no exact value and gives None.
    """
    if not currency or isinstance(amount, bool) or not isinstance(amount, int | str | Decimal):
        return None
    try:
        exact = Decimal(str(amount).strip()[:40])
    except InvalidOperation:
        return None
    if not exact.is_finite() or abs(exact.adjusted()) > 15:
        return None
    scaled = exact.scaleb(_EXPONENTS.get(currency.upper(), 2))
    return int(scaled) if scaled == int(scaled) else None


def moment(value: Any) -> datetime | None:
    """
    Return the aware UTC time that a sender means, or None where it gave none.

    Understood are seconds, milliseconds, microseconds and nanoseconds since 1970 as number or digits, and ISO 8601
    with ``T`` or a blank and any offset. Without an offset it is taken as UTC. The year 0001 means "none", as Go
    programs write it; so do zero and an unfilled placeholder.
    """
    if type(value) is int and 0 < value < 10**10:
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = well_formed(value).strip()
        if not _DIGITS.fullmatch(value):
            return _from_iso(value)
        value = Decimal(value)
    if isinstance(value, float):
        value = Decimal(repr(value))  # in a body that was read by somebody else, with the digits that he saw
    if isinstance(value, (int, Decimal)):
        return _from_number(Decimal(value))
    return None


def _from_number(number: Decimal) -> datetime | None:
    if not number.is_finite() or not 0 < number < Decimal(10) ** 19:
        return None
    for unit, micros in ((10**17, Decimal("0.001")), (10**14, Decimal(1)), (10**11, Decimal(1000))):
        if number >= unit:
            return _checked(EPOCH + timedelta(microseconds=int(number * micros)))
    return _checked(EPOCH + timedelta(microseconds=int(number * 1_000_000)))


def _from_iso(text: str) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    clock = clock or "00:00:00"
    if len(clock) == 5:
        clock += ":00"
    offset = "+00:00" if zone in (None, "Z", "z", "UTC", "GMT") else zone
    if len(offset) == 3:
        offset += ":00"
    try:
        found = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{offset}")
        return _checked(found.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _checked(found: datetime) -> datetime | None:
    return found if EPOCH < found < _LATEST else None


def shape_of(error: ValidationError) -> str:
    """Return pydantic's findings as places and expectations, without the values that came."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, item['loc'])) or 'the whole value'}: {item['msg'].lower()}" for item in found[:5]
    )
