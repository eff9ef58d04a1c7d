"""Which memory file a demo may replace: only one that a demo made, and that nobody has used for anything else since."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import ConfigurationError
from ..remember import SqliteMemory

__all__ = ["demo_memory"]

_MADE = "CREATE TABLE IF NOT EXISTS made_by_demo (signals INTEGER NOT NULL) STRICT"
_SIGNALS = "SELECT count(*) FROM journal WHERE input = 'signal_received'"


@contextmanager
def demo_memory(path: Path) -> Iterator[SqliteMemory]:
    """
    Make a new memory in the place of what an earlier demo left, and mark it as a demo's when the demo ends.

    Raises:
        ConfigurationError: If something else is there.
    """
    if path.exists() or path.is_symlink():
        _clear(path)
    # Whoever loses power during a demo plays it again; waiting for the disk at every step would double its time.
    with SqliteMemory(path, durability="normal") as memory:
        try:
            yield memory
        finally:
            _mark(path)


def _mark(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=5)) as connection, connection:
        connection.execute(_MADE)
        connection.execute(f"INSERT INTO made_by_demo {_SIGNALS}")


def _clear(path: Path) -> None:
    wanted = "expected no file, or the memory of an earlier demo"
    if path.is_symlink() or not path.is_file():
        raise ConfigurationError(f"{wanted}, got {_what(path)} - at {path}")
    trouble = _trouble(path)
    if trouble:
        raise ConfigurationError(f"{wanted}, got {trouble}; name another one with --memory - at {path}")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _what(path: Path) -> str:
    if path.is_symlink():
        return "a link"
    return "a directory" if path.is_dir() else "no regular file"


def _trouble(path: Path) -> str:
    """Return what a file is that no demo may replace; empty for a demo's memory."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            if application != int.from_bytes(b"migr", "big"):
                return "a file of another kind"
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'made_by_demo'").fetchone():
                return "a memory that no demo made, or one that was killed"
            (made,) = connection.execute("SELECT max(signals) FROM made_by_demo").fetchone()
            (held,) = connection.execute(_SIGNALS).fetchone()
    except sqlite3.Error:
        return "a file of another kind"
    return "" if made == held else "the memory of a demo that other signals were added to"
