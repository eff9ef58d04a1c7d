"""The library's own logs as lines: for people, or one JSON object each."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

__all__ = ["JsonLines", "LogFormat", "log_to"]

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
        return json.dumps(told, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Gives a record as a line for people, with its fields behind."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{at:%Y-%m-%dT%H:%M:%S}Z {record.levelname.lower():<8} {record.name}: {record.getMessage()}{fields}"
        return "".join(c if c.isprintable() else " " for c in line)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


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
