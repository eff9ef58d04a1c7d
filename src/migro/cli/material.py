"""Raw material from files: envelopes, bare payloads or normalised signals, told apart by name first."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from ..errors import InputError
from ..models import Signal
from ..models.scales import Auth
from ..observe import Envelope, Failure, Observer, payload_envelope, payload_envelopes, read_envelope
from ..observe.parsing import moment, read_json
from .files import Unusable, material_files

__all__ = ["Event", "events", "line_events", "observed"]

_DOUBTS: Final[Mapping[str, Auth]] = {"failed": "failed", "unsigned": "unsigned", "unchecked": "unchecked"}
"""What a line may say about its own sender: it can take trust away, never claim it."""

_STANDARD_INPUT: Final = "standard input"


@attrs.frozen(kw_only=True)
class Event:
    """
    One contained event: a signal and where it stood; or, with `problem`, something that could not be read.

    Attributes:
        content: The line that could not be read; None where what failed is not an event, such as a missing file.
        kind: Wire format of the envelope that it came in; empty where that is not said.
    """

    where: str
    signal: Signal | None = None
    problem: str = ""
    content: bytes | None = None
    kind: str = ""


def events(
    paths: list[str],
    observer: Observer,
    *,
    kind: str | None = None,
    headers: Mapping[str, str] | None = None,
    received_at: datetime | None = None,
    own: frozenset[Path] = frozenset(),
) -> Iterator[Event]:
    """
    Yield every event of several files or directories, ``-`` being standard input.

    Lines of envelopes and signals keep their order. Bare payload files carry no order of receipt, so their events
    come afterwards, sorted by time of receipt and then by name.

    Args:
        paths: Files and directories.
        observer: Turns envelopes into signals.
        kind: Wire format of everything given: each file, and standard input as a whole, is one payload of it.
        headers: Headers of bare payloads.
        received_at: Time of receipt of bare payloads that do not say.
        own: Files of the memory in use, which are no material.
    """
    bare: list[Event] = []
    for file in material_files(paths, own):
        if file == "-" and kind is None:
            yield from _lines(sys.stdin.buffer, _STANDARD_INPUT, observer)
        elif file == "-":
            raw = sys.stdin.buffer.read()
            payload = payload_envelope(raw, kind, headers or {}, received_at, where=_STANDARD_INPUT)
            bare += _payload([payload], observer, datetime.now(UTC))
        elif isinstance(file, Unusable):
            yield Event(where=file.where, problem=file.reason)
        elif kind is None and _is_lines(file):
            yield from line_events(file, observer)
        else:
            modified = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            bare += _payload(payload_envelopes(file, kind, headers, received_at), observer, modified)
    yield from sorted(bare, key=lambda e: e.signal.received_at if e.signal else datetime.max.replace(tzinfo=UTC))


def line_events(file: Path, observer: Observer) -> Iterator[Event]:
    """Yield the events of a file of envelopes and signals, one a line, as it is read."""
    try:
        handle = file.open("rb")
    except OSError as e:
        yield Event(where=file.name, problem=f"expected a readable file: {e.strerror}")
        return
    with handle:
        yield from _lines(handle, file.name, observer)


def observed(envelope: Envelope, observer: Observer, now: datetime | None = None) -> Iterator[Event]:
    """Yield the events of one envelope."""
    signals = observer.observe(envelope, now=now).signals
    for number, signal in enumerate(signals, start=1):
        where = envelope.where if len(signals) == 1 else f"{envelope.where}#{number}"
        yield Event(where=where, signal=signal, kind=envelope.kind)


def _is_lines(path: Path) -> bool:
    """Return whether a file holds envelopes or signals, one a line; its name or what lies beside it may say no."""
    if "__" in path.name or path.with_name(f"{path.name}.meta.json").exists():
        # Whoever wrote the content of a payload must not be able to choose how it is read.
        return False
    try:
        with path.open("rb") as handle:
            first = next((line for line in handle if line.strip()), b"")
        found = json.loads(first)
    except (OSError, ValueError, RecursionError):
        # Not readable as what it may be; as lines, the trouble is reported line by line.
        return path.suffix in (".jsonl", ".ndjson")
    return isinstance(found, dict) and "kind" in found and ("body" in found or "occurred_at" in found)


def _lines(handle: Iterable[bytes], name: str, observer: Observer) -> Iterator[Event]:
    for number, line in enumerate(handle, start=1):
        where = f"{name}:{number}"
        if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            # Its lines cannot be told apart by bytes.
            yield Event(where=where, problem="expected lines in UTF-8, got UTF-16", content=line)
            return
        if line.strip():
            yield from _line(line, where, observer)


def _line(line: bytes, where: str, observer: Observer) -> Iterator[Event]:
    try:
        data = read_json(line.decode())
    except (ValueError, InputError):
        data = None  # the reader of envelopes says what is wrong with it
    if isinstance(data, dict) and "body" not in data and "occurred_at" in data:
        yield from observed(_of_signal(data, where), observer)
        return
    envelope = read_envelope(line, where=where)
    if isinstance(envelope, Failure):
        yield Event(where=where, problem=envelope.reason, content=line)
    else:
        yield from observed(envelope, observer)


def _of_signal(data: Mapping[str, Any], where: str) -> Envelope:
    """Return a signal as the host's delivery that it is, so that it goes the one way that everything goes."""
    auth = data.get("auth")
    if data.get("kind") == "unknown":
        # `migro observe` says it twice, for people who look.
        data = {name: value for name, value in data.items() if name != "reason"}
    return Envelope(
        kind="host_signal",
        received_at=moment(data.get("received_at")),
        body=data,
        auth=_DOUBTS.get(auth) if isinstance(auth, str) else None,
        where=where,
    )


def _payload(envelopes: Iterable[Envelope | Failure], observer: Observer, reached_here: datetime) -> Iterator[Event]:
    for envelope in envelopes:
        if isinstance(envelope, Failure):
            yield Event(where=envelope.where, problem=envelope.reason)
            continue
        found = list(observed(envelope, observer))
        if any(e.signal is not None and e.signal.attrs.get("time_source") == "none" for e in found):
            # Nothing in the payload says when: this is when it reached this machine.
            found = list(observed(envelope, observer, reached_here))
        yield from found
