"""``migro observe``: raw payload files to normalised signals, one JSON object a line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .console import Console
from .files import memory_files
from .interruption import STOPPED, Interruption
from .material import events
from .surroundings import configuration, observer

__all__ = ["moment", "register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "observe", parents=[common], help="raw payloads to normalised signals, one JSON object a line"
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="payload, envelope lines, directory, or - for stdin")
    parser.add_argument("--kind", help="wire format of the payloads (default: told by FILE.meta.json, name or shape)")
    parser.add_argument("--headers", type=Path, metavar="FILE", help="headers of the delivery, as a JSON object")
    parser.add_argument(
        "--received-at", type=moment, metavar="TIME", help="time of receipt, ISO 8601 with a zone, for bare payloads"
    )
    parser.set_defaults(command=observe)


def moment(text: str) -> datetime:
    """Return an aware time; raises what argparse turns into a usage error."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-03-01T09:00:03Z, got {text!r}") from e
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected a time with a zone, got {text!r}")
    return at


def _headers(path: Path | None) -> Mapping[str, str] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise ConfigurationError(f"--headers: expected a readable JSON object: {e} - at {path}") from e
    if isinstance(found, dict) and isinstance(found.get("headers"), dict):
        found = found["headers"]
    if not isinstance(found, dict):
        raise ConfigurationError(f"--headers: expected a JSON object, got {type(found).__name__} - at {path}")
    return {str(n): str(v) for n, v in found.items()}


def observe(arguments: argparse.Namespace, console: Console) -> int:
    """Print a signal for every event; what cannot be read at all is named on standard error."""
    config = configuration(arguments.config)
    watch = observer(config, None, console)
    found = events(
        arguments.files,
        watch,
        kind=arguments.kind,
        headers=_headers(arguments.headers),
        received_at=arguments.received_at,
        own=memory_files(config.memory.url),
    )
    if "-" in arguments.files:
        console.follow()
    broken = 0
    signals = []
    with Interruption() as interruption:
        for event in interruption.until(found):
            if event.signal is None:
                broken += 1
                console.complain(f"{event.where}: {event.problem}")
                if event.content is None:
                    continue
            signal = event.signal or watch.unreadable(event.content or b"", event.problem, now=arguments.received_at)
            data = signal.model_dump()
            if signal.kind == "unknown":
                data["reason"] = signal.attrs.get("reason", "")
            if console.format == "json":
                signals.append(data)
            else:
                Console("jsonl").data(data)
        if console.format == "json":
            console.data(signals)
    if interruption.asked:
        console.complain("stopped; everything that was read is printed")
        return STOPPED
    return 1 if broken else 0
