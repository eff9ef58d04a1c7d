"""What the commands that look back share: their options, clear ids, and tables as wide as what stands in them."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ..errors import ConfigurationError, NotFound
from .observe import moment

__all__ = [
    "add_memory",
    "add_period",
    "add_what",
    "clock",
    "cut",
    "minute",
    "needed",
    "one_id",
    "positive",
    "same_memory",
    "table",
    "when",
]

_LISTED = 5
_DAY = "%Y-%m-%d"
_WIDEST = 32


def when(text: str) -> datetime:
    """Return an aware time, for a day its start in UTC; raises what argparse turns into a usage error."""
    try:
        return datetime.strptime(text, _DAY).replace(tzinfo=UTC)
    except ValueError:
        return moment(text)


def positive(text: str) -> int:
    """Return a whole number from 1 on; raises what argparse turns into a usage error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def add_what(parser: argparse.ArgumentParser, of: str) -> None:
    """Add ``[list|show ID]``; without it the list."""
    parser.add_argument("what", nargs="?", choices=("list", "show"), default="list", help="(default: list)")
    parser.add_argument("id", nargs="?", metavar="ID", help=f"{of} to show; a clear start is enough")


def same_memory(arguments: argparse.Namespace) -> str:
    """Return what a command that is printed as the next one needs to look into the same memory."""
    return f" --memory {shlex.quote(arguments.memory)}" if arguments.memory else ""


def add_memory(parser: argparse.ArgumentParser) -> None:
    """Add ``--memory``."""
    parser.add_argument("--memory", metavar="URL", help="where it is kept (default: sqlite:///migro.db)")


def add_period(parser: argparse.ArgumentParser, of: str) -> None:
    """Add ``--since``, ``--until`` and ``--limit``."""
    spelling = "ISO 8601 with a zone, or a day"
    parser.add_argument("--since", type=when, metavar="TIME", help=f"{of} from then on; {spelling}")
    parser.add_argument("--until", type=when, metavar="TIME", help=f"{of} up to then; {spelling}")
    parser.add_argument("--limit", type=positive, default=30, metavar="N", help="no more than N (default: 30)")


def needed(arguments: argparse.Namespace) -> str:
    """
    Return the id to show.

    Raises:
        ConfigurationError: If there is none.
    """
    if arguments.id is None:
        raise ConfigurationError("expected the ID to show, got none")
    return str(arguments.id)


def one_id(what: str, start: str, ids: Iterable[str]) -> str:
    """
    Return the one id that starts like this; a whole id is one.

    Raises:
        NotFound: If none does, or several; the message lists them.
    """
    found = sorted({i for i in ids if i.startswith(start)})
    if start in found or len(found) == 1:
        return start if start in found else found[0]
    if not found:
        raise NotFound(f"expected the id of {what}, found none that starts with {start!r}")
    listed = ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
    raise NotFound(f"expected the id of {what}, found {len(found)} that start with {start!r}: {listed}")


def cut(name: str) -> str:
    """Return a name as tables show it; no line should become longer than a screen because of one merchant."""
    return name if len(name) <= _WIDEST else name[: _WIDEST - 1] + "\u2026"


def minute(at: datetime) -> str:
    """Return a time as tables show it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def clock(at: datetime) -> str:
    """Return a time to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> Iterator[str]:
    """
    Yield the lines of a table, each column as wide as its widest cell.

    Args:
        head: Names of the columns.
        rows: Cells.
        right: Columns of numbers, which end at the same place.
    """
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(head, line, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
