"""The library's own logs as lines: for people, or one JSON object each."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

from .labels import label

__all__ = ["JsonLines", "JsonStream", "LogFormat", "errors_as", "log_to"]

LogFormat = Literal["text", "json"]

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Gives a record as one line of JSON: time, level, logger, message, and the fields that it came with."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what cannot be said in JSON is said in words."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # The text of an exception may hold what a sender wrote.
            told["exception"] = record.exc_info[0].__name__
        # In ASCII: some who read lines end one at U+2028 as well.
        return json.dumps(told, default=str)


class TextLines(logging.Formatter):
    """Gives a record as a line for people, with its fields behind."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{at:%Y-%m-%dT%H:%M:%S}Z {record.levelname.lower():<8} {record.name}: {record.getMessage()}{fields}"
        return "".join(c if c.isprintable() else " " for c in line)


class JsonStream(io.TextIOBase):
    """
    Makes a JSON line of every line that is written to it, for who reads nothing else there.

    Attributes:
        inner: Where the lines go; what writes lines of JSON by itself writes them there.
    """

    def __init__(self, inner: TextIO) -> None:
        self.inner = inner
        self._rest = ""
        self._lock = threading.RLock()
        self._lines = JsonLines()

    def writable(self) -> bool:
        """Whether it takes text: yes."""
        return True

    def write(self, text: str) -> int:
        """Take text, and hand out the lines that are whole."""
        with self._lock:
            *whole, self._rest = (self._rest + text).split("\n")
            for line in whole:
                self._tell(line)
        return len(text)

    def flush(self) -> None:
        """Hand out what was handed out; a line that is not whole waits for its end."""
        self.inner.flush()

    def finish(self) -> None:
        """Hand out what is left."""
        with self._lock:
            rest, self._rest = self._rest, ""
            self._tell(rest)

    def _tell(self, line: str) -> None:
        own = line.startswith("migro: ")
        words = line.removeprefix("migro: ").rstrip("\r")
        if words.strip():
            name = "migro" if own else "stderr"
            record = logging.LogRecord(name, logging.WARNING, "", 0, words, None, None)
            self.inner.write(self._lines.format(record) + "\n")
            self.inner.flush()


@contextmanager
def errors_as(format: LogFormat | None) -> Iterator[None]:
    """Let everything on standard error be a line of JSON, whoever writes it, where that is the format of logs."""
    if format != "json":
        yield
        return
    before = sys.stderr
    stream = JsonStream(before)
    sys.stderr = stream
    try:
        yield
    finally:
        sys.stderr = before
        stream.finish()


class _Retries(logging.Handler):
    """Tells with numbers alone that a call is made again: the library's own record quotes what was called with."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = vars(record)
        told = {name: fields.get(f"stamina.{name}") for name in ("retry_num", "wait_for")}
        logging.getLogger("migro.retries").log(record.levelno, "a call is made again", extra=told)


RETRIES: Final = _Retries()
"""For the logger ``stamina``."""


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if isinstance(partition := found.get("partition"), str):
        found["partition"] = label(partition)  # named by whoever delivers, and they may send anything
    return found


def log_to(stream: TextIO, format: LogFormat, level: int = logging.INFO) -> logging.Handler:
    """
    Let the logger ``migro`` and those below it write to a stream, and return the handler that does.

    A program of yours sets up logging as it likes instead; importing migro sets up nothing.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if format == "json" else TextLines())
    logger = logging.getLogger("migro")
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    return handler
