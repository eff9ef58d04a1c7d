"""Where a SQLite file lies: whether it can be one at all, and how it is opened where nobody may write."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ConfigurationError

__all__ = ["check_place", "check_timeout", "is_sealed", "stamp", "uri_to_read"]

_MOST_SECONDS = (2**31 - 1) // 1000  # SQLite counts milliseconds in 32 bits


def check_place(path: Path) -> None:
    """
    See that a file can be at a path.

    Raises:
        ConfigurationError: If a directory is there, or the directory it would be in is none.
    """
    if os.path.isdir(path):
        raise ConfigurationError(f"expected a file, got a directory - at {path}")
    try:
        path.parent.stat()
    except FileNotFoundError as e:
        raise ConfigurationError(
            f"expected a file in a directory that exists, found no directory {path.parent} - at {path}"
        ) from e
    except (OSError, ValueError):
        return  # what else is wrong with it SQLite says when it opens the file


def check_timeout(busy_timeout_s: object) -> None:
    """
    See that a time to wait is one.

    Raises:
        ConfigurationError: If it is no whole number of seconds, is negative, or is more than SQLite counts.
    """
    whole = isinstance(busy_timeout_s, int) and not isinstance(busy_timeout_s, bool)
    if not whole or not 0 <= busy_timeout_s <= _MOST_SECONDS:  # type: ignore[operator]  # whole: an int
        raise ConfigurationError(
            f"expected a whole number of seconds from 0 to {_MOST_SECONDS}, got {busy_timeout_s!r} - at busy_timeout_s"
        )


def is_sealed(path: Path) -> bool:
    """
    Return whether a file is all there is and this process cannot keep a log beside it.

    A reader that shares a log has to write its marks next to the file. Without the right to do so it fails, or makes
    files that it cannot take away again and that are in the way of whoever may write.
    """
    path = Path(os.path.realpath(path))  # SQLite keeps the log beside the file, not beside a link to it
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return False
    return not any(_size(path.with_name(f"{path.name}{end}")) for end in ("-wal", "-journal"))


def uri_to_read(path: Path, *, sealed: bool) -> str:
    """Return the URI under which a file is read; a sealed one without locks and without a log."""
    return f"{path.as_uri()}?{'mode=ro&immutable=1' if sealed else 'mode=rw'}"


def stamp(path: Path) -> tuple[int, int] | None:
    """Return what is different after somebody wrote to a file; None if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
