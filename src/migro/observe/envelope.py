"""Envelopes: how raw material travels and is stored before anybody has understood it."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..errors import InputError
from ..models.records import UtcTime
from ..models.scales import Auth
from .parsing import at, moment, read_json, shape_of
from .recognition import guess_kind

__all__ = ["KINDS", "Envelope", "Failure", "payload_envelope", "payload_envelopes", "read_envelopes"]

KINDS: Final = (
    "alertmanager_v4",
    "bigcommerce_webhook",
    "host_signal",
    "sentry_webhook",
    "shopify_webhook",
    "stripe_event",
    "ticket",
    "web_access_log",
    "zendesk_event",
)
"""The wire formats that are understood; every other becomes a signal of kind ``unknown``."""

_LARGEST: Final = 1 << 28
"""Bytes of an unpacked file: a small one can unpack to more than there is memory."""
_ZONE: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_ALIASES: Final = {"ticket_jsonl": "ticket", "tickets": "ticket", "access_log": "web_access_log"}


def _header_words(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return {} if value is None else value
    flat = {str(n): v[0] if isinstance(v, list) and v else v for n, v in value.items()}
    return {n: v if isinstance(v, str) else str(v) for n, v in flat.items() if v is not None and v != []}


class Envelope(BaseModel):
    """
    One delivery as it came, before anything is believed.

    Attributes:
        received_at: When it came; None for a bare payload file that does not say.
        kind: Wire format, such as ``shopify_webhook``.
        endpoint: Name of the merchant or endpoint it was delivered to.
        headers: As sent; look them up with `header`.
        body: Parsed JSON, or text.
        raw: The exact bytes, where they are known: signatures are computed over nothing else.
        auth: What a receiver in front has already found out about the sender.
        named: What the file's name says behind ``__``: the sender's topic, where nothing else tells it.
        where: File and line, for messages.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    received_at: UtcTime | None = None
    kind: str = "unknown"
    endpoint: str | None = None
    headers: Annotated[Mapping[str, str], BeforeValidator(_header_words)] = Field(default_factory=dict)
    body: Any = None
    raw: bytes | None = Field(default=None, exclude=True)
    auth: Auth | None = None
    named: str = Field(default="", exclude=True)
    where: str = Field(default="", exclude=True)

    def header(self, name: str) -> str | None:
        """Return a header's value whatever the case of its name, or None; an empty one is none."""
        wanted = name.lower()
        return next((v.strip() for n, v in self.headers.items() if n.lower() == wanted and v.strip()), None)

    def exact_bytes(self) -> bytes | None:
        """Return the bytes that were signed: `raw`, or a body that is still text; a parsed body has lost them."""
        if self.raw is not None:
            return self.raw
        return self.body.encode("utf-8", "surrogatepass") if isinstance(self.body, str) else None

    def value(self) -> Any:
        """
        Return the body as JSON, read from text if it is still text.

        Raises:
            InputError: If the text is no JSON.
        """
        return read_json(self.body) if isinstance(self.body, str) else self.body


@attrs.frozen(kw_only=True)
class Failure:
    """
    Something that could not be read.

    Attributes:
        where: File and line.
        reason: What was expected and what came; never the content.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


def _kind(name: str) -> str:
    return _ALIASES.get(name, name)


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
    return envelope.model_copy(update={"kind": _kind(envelope.kind)})


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
            kind=_kind(kind) if kind is not None else guess_kind(_header_words(headers), body),
            endpoint=endpoint,
            headers=headers,
            body=body,
            raw=raw,
            named=named,
            where=where,
        )
    except ValidationError as e:
        return Failure(where=where, reason=shape_of(e))
