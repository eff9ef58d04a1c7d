"""Files of envelopes and of bare payloads, and standard input."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ..errors import InputError
from .envelope import Envelope, Failure, header_words
from .formats import kind_of
from .parsing import at, moment, read_json, shape_of
from .recognition import guess_kind

__all__ = ["payload_envelope", "payload_envelopes", "read_envelope", "read_envelopes"]

_LARGEST: Final = 1 << 28
"""Bytes of an unpacked file: a small one can unpack to more than there is memory."""
_ZONE: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)


def read_envelopes(path: Path | str) -> Iterator[Envelope | Failure]:
    """
    Yield the envelopes of a JSON lines file, one a line; a line that is none yields a `Failure` and stops nothing.

    Raises:
        InputError: If the file cannot be opened.
    """
    path = Path(path)
    try:
        handle = path.open("rb")
    except OSError as e:
        raise InputError(f"expected a readable file: {e.strerror}", where=str(path)) from e
    with handle:
        for number, line in enumerate(handle, start=1):
            if line.strip():
                yield read_envelope(line, where=f"{path.name}:{number}")


def read_envelope(line: bytes | str, *, where: str = "") -> Envelope | Failure:
    """Return the envelope that one line of JSON holds, or the `Failure` to read it."""
    try:
        data = read_json(line.decode() if isinstance(line, bytes) else line)
    except UnicodeDecodeError as e:
        return Failure(where=where, reason=f"expected UTF-8, got another byte at offset {e.start}")
    except InputError as e:
        return Failure(where=where, reason=str(e))
    if not isinstance(data, dict):
        return Failure(where=where, reason=f"expected an envelope as a JSON object, got {type(data).__name__}")
    if "body" not in data:
        return Failure(where=where, reason="expected an envelope with a body, got none")
    known = {n: data[n] for n in ("kind", "endpoint", "headers", "body", "auth") if data.get(n) is not None}
    received = data.get("received_at")
    if received is not None and (received := moment(received)) is None:
        return Failure(where=where, reason="received_at: expected an ISO 8601 time with a zone, got something else")
    try:
        envelope = Envelope(received_at=received, where=where, **known)
    except ValidationError as e:
        return Failure(where=where, reason=shape_of(e))
    return envelope.model_copy(update={"kind": kind_of(envelope.kind)})


def _sidecar(path: Path) -> Mapping[str, Any] | Failure:
    beside = path.with_name(f"{path.name}.meta.json")
    if not beside.is_file():
        return {}
    try:
        found = read_json(beside.read_text("utf-8"))
    except (InputError, OSError, ValueError) as e:
        return Failure(where=beside.name, reason=str(e))
    return found if isinstance(found, Mapping) else {}


def payload_envelopes(
    path: Path | str,
    kind: str | None = None,
    headers: Mapping[str, str] | None = None,
    received_at: datetime | None = None,
    *,
    endpoint: str | None = None,
) -> Iterator[Envelope | Failure]:
    """
    Yield an envelope for a file that holds one bare payload, or for each such file of a directory.

    The kind comes from `kind`, else from ``FILE.meta.json``, else from the file's name before ``__``, else from the
    shape of the content. Headers and time of receipt come from the arguments, else from ``FILE.meta.json``. In a
    directory every file but ``*.meta.json`` is read, in the order of names, subdirectories included.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.endswith(".meta.json"))
    else:
        files = [path]
    for file in files:
        yield from _payload(file, kind, headers, received_at, endpoint)


def _unpacked(raw: bytes) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(raw, _LARGEST)
    except zlib.error:
        found = b""
    if not unpacking.eof:
        raise InputError(f"expected whole gzip data of at most {_LARGEST} bytes, got other")
    return found


def _text(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Replacing what is not UTF-8 would make two ids equal that differ.
        return raw.decode("latin-1")


def _payload(
    path: Path,
    kind: str | None,
    headers: Mapping[str, str] | None,
    received_at: datetime | None,
    endpoint: str | None,
) -> Iterator[Envelope | Failure]:
    meta = _sidecar(path)
    if isinstance(meta, Failure):
        yield meta
        meta = {}
    try:
        raw = path.read_bytes()
    except OSError as e:
        yield Failure(where=path.name, reason=f"expected a readable file: {e.strerror}")
        return
    found = headers if headers is not None else at(meta, "headers") or {}
    if not isinstance(found, Mapping):
        yield Failure(
            where=f"{path.name}.meta.json", reason=f"headers: expected a JSON object, got {type(found).__name__}"
        )
        found = {}
    prefix = path.name.split("__", 1)[0] if "__" in path.name else None
    named, received = at(meta, "kind"), at(meta, "received_at")
    if named is not None and not isinstance(named, str):
        yield Failure(where=f"{path.name}.meta.json", reason=f"kind: expected a string, got {type(named).__name__}")
        named = None
    received_then = moment(received)
    if received is not None and (received_then is None or not _zoned(received)):
        yield Failure(where=f"{path.name}.meta.json", reason="received_at: expected an ISO 8601 time with a zone")
        received_then = None
    yield payload_envelope(
        raw,
        kind or named or prefix,
        found,
        received_at or received_then,
        endpoint=endpoint or at(meta, "endpoint"),
        named=path.name.split("__", 1)[1].split(".", 1)[0] if prefix else "",
        where=path.name,
    )


def _zoned(told: object) -> bool:
    # Seconds since 1970 need no zone; a time in words does.
    return not isinstance(told, str) or _ZONE.search(told.strip()) is not None


def payload_envelope(
    raw: bytes,
    kind: str | None,
    headers: Mapping[str, str],
    received_at: datetime | None,
    *,
    endpoint: str | None = None,
    named: str = "",
    where: str = "",
) -> Envelope | Failure:
    """Return the envelope of one bare payload; without a kind, headers and shape tell it."""
    try:
        raw = _unpacked(raw)
    except InputError as e:
        return Failure(where=where, reason=str(e))
    body = _text(raw)
    try:
        return Envelope(
            received_at=received_at,
            kind=kind_of(kind) if kind is not None else guess_kind(header_words(headers), body),
            endpoint=endpoint,
            headers=headers,
            body=body,
            raw=raw,
            named=named,
            where=where,
        )
    except ValidationError as e:
        return Failure(where=where, reason=shape_of(e))
