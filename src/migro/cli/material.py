"""Raw material from files: envelopes, bare payloads or normalised signals, told apart by looking."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from ..errors import InputError
from ..models import Signal
from ..observe import Envelope, Failure, Observer, payload_envelopes, read_envelope

__all__ = ["Event", "events", "observed"]


@attrs.frozen(kw_only=True)
class Event:
    """
    One contained event: a signal and where it stood; or, with `problem`, something that could not be read.

    Attributes:
        content: The line that could not be read; None where what failed is not an event, such as a missing file.
    """

    where: str
    signal: Signal | None = None
    problem: str = ""
    content: bytes | None = None


def events(
    paths: list[str],
    observer: Observer,
    *,
    kind: str | None = None,
    headers: Mapping[str, str] | None = None,
    received_at: datetime | None = None,
) -> Iterator[Event]:
    """
    Yield every event of several files or directories, ``-`` being standard input.

    Lines of envelopes and signals keep their order. Bare payload files carry no order of receipt, so their events
    come afterwards, sorted by time of receipt and then by name.
    """
    bare: list[Event] = []
    for name in paths:
        if name == "-":
            yield from _lines(sys.stdin.buffer, "standard input", observer)
            continue
        path = Path(name)
        if not path.exists():
            yield Event(where=name, problem="expected a file or a directory, found neither")
            continue
        for file in _files(path):
            if kind is None and _is_lines(file):
                with file.open("rb") as handle:
                    yield from _lines(handle, file.name, observer)
            else:
                bare += _payload(file, observer, kind, headers, received_at)
    yield from sorted(bare, key=lambda e: e.signal.received_at if e.signal else datetime.max.replace(tzinfo=UTC))


def observed(envelope: Envelope, observer: Observer, now: datetime | None = None) -> Iterator[Event]:
    """Yield the events of one envelope."""
    signals = observer.observe(envelope, now=now).signals
    for number, signal in enumerate(signals, start=1):
        yield Event(where=envelope.where if len(signals) == 1 else f"{envelope.where}#{number}", signal=signal)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and not p.name.endswith(".meta.json"))
    return [path]


def _is_lines(path: Path) -> bool:
    """Return whether a file holds envelopes or signals, one a line."""
    if path.with_name(f"{path.name}.meta.json").exists():
        return False
    try:
        with path.open("rb") as handle:
            first = next((line for line in handle if line.strip()), b"")
        found = json.loads(first)
    except (OSError, ValueError, RecursionError):
        # Not readable as what it may be; as lines, the trouble is reported line by line.
        return path.suffix in (".jsonl", ".ndjson") and "__" not in path.name
    return isinstance(found, dict) and "kind" in found and ("body" in found or "occurred_at" in found)


def _lines(handle: Any, name: str, observer: Observer) -> Iterator[Event]:
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
        data = json.loads(line)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and "body" not in data and "occurred_at" in data:
        try:
            yield Event(where=where, signal=Signal.from_json(line))
        except InputError as e:
            yield Event(where=where, problem=str(e), content=line)
        return
    envelope = read_envelope(line, where=where)
    if isinstance(envelope, Failure):
        yield Event(where=where, problem=envelope.reason, content=line)
    else:
        yield from observed(envelope, observer)


def _payload(
    path: Path,
    observer: Observer,
    kind: str | None,
    headers: Mapping[str, str] | None,
    received_at: datetime | None,
) -> Iterator[Event]:
    for envelope in payload_envelopes(path, kind, headers, received_at):
        if isinstance(envelope, Failure):
            yield Event(where=envelope.where, problem=envelope.reason)
            continue
        found = list(observed(envelope, observer))
        if any(e.signal is not None and e.signal.attrs.get("time_source") == "none" for e in found):
            # Nothing in the payload says when: the file itself reached this machine at its modification time.
            modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found = list(observed(envelope, observer, modified))
        yield from found
