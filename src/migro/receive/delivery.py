"""Deliveries: an HTTP request as an envelope, with the exact bytes, the endpoint's name and the time of receipt."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from ..observe import EndpointSettings, Envelope, guess_kind
from ..observe.formats import kind_of
from ..observe.settings import PATH_SECRET
from .address import Address

__all__ = ["Headers", "envelope_of", "header_values", "unpacked"]

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
"""As a framework has them; names in any case."""

_GZIP = b"\x1f\x8b"


def header_values(headers: Headers) -> dict[str, str]:
    """Return one value of each header, by its name in small letters."""
    # What begins with a colon is said by the receiver alone.
    return {name.lower(): value for name, value in dict(headers).items() if not name.startswith(":")}


def unpacked(headers: Mapping[str, str], raw: bytes, limit: int) -> bytes | None:
    """Return the body as its sender had it before packing; None where it is larger than the limit."""
    if len(raw) > limit:
        return None
    if "gzip" not in headers.get("content-encoding", "").lower() or not raw.startswith(_GZIP):
        return raw
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(raw, limit + 1)
    except zlib.error:
        return raw  # it is kept as what nobody understands
    if len(found) > limit:
        return None
    return found if unpacking.eof else raw


def envelope_of(
    address: Address, endpoint: EndpointSettings, headers: Mapping[str, str], raw: bytes, received_at: datetime
) -> Envelope:
    """Return the envelope of a delivery; the kind that is configured wins over what the delivery looks like."""
    body = _text(raw)
    given = dict(headers)
    if endpoint.secret_in_path and address.secret is not None:
        given[PATH_SECRET] = address.secret
    return Envelope(
        received_at=received_at,
        kind=guess_kind(headers, body) if endpoint.kind is None else kind_of(endpoint.kind),
        endpoint=address.endpoint,
        headers=given,
        body=body,
        raw=raw,
    )


def _text(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Replacing what is not UTF-8 would make two ids equal that differ.
        return raw.decode("latin-1")
