"""What a migro file is, without changing it; also of a version that cannot be opened as a memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from os import PathLike
from pathlib import Path

import attrs

from ..errors import ConfigurationError, StoreUnavailable
from .places import check_place, check_timeout, is_sealed, uri_to_read
from .schema import SCHEMA_VERSION, version_of

__all__ = ["FileInfo", "PartitionInfo", "has_wal_reset_bug", "inspect"]


@attrs.frozen(kw_only=True)
class PartitionInfo:
    """
    One partition.

    Attributes:
        accepted: Number of inputs.
        pending: How many of them no step has consumed.
        links: Length of its chain; None where the file has none.
    """

    name: str
    accepted: int
    pending: int
    links: int | None


@attrs.frozen(kw_only=True)
class FileInfo:
    """
    A migro file and the library that reads it.

    Attributes:
        path: The file.
        version: Of its tables.
        current: Whether this migro opens it; an older one has to be upgraded first.
        journal_mode: ``wal`` wherever migro made it.
        file_bytes, log_bytes: Sizes of the file and of the write-ahead log beside it.
        free_bytes: Of the file, what is used again before it grows.
        library: Version of the SQLite library in this Python.
        wal_reset_bug: Whether the library is in the range of that bug.
        records: How many there are, by table.
        partitions: By name.
    """

    path: Path
    version: int
    current: bool
    journal_mode: str
    file_bytes: int
    log_bytes: int
    free_bytes: int
    library: str
    wal_reset_bug: bool
    records: dict[str, int]
    partitions: tuple[PartitionInfo, ...]


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """
    Return whether a SQLite library may damage a file when two connections write and check-point at the same instant.

    Source: https://sqlite.org/wal.html, "The WAL-Reset Bug": 3.7.0 to 3.51.2. A distribution may have mended its own.
    """
    return (3, 7, 0) <= version < (3, 51, 3)


def inspect(path: str | PathLike[str], *, busy_timeout_s: int = 5) -> FileInfo:
    """
    Return what a migro file is; nothing is made or changed.

    Raises:
        ConfigurationError: If there is no such file, it is a directory, or it is not migro's.
        StoreUnavailable: If the file cannot be read.
    """
    check_timeout(busy_timeout_s)
    path = Path(path).absolute()
    check_place(path)
    if not path.exists():
        raise ConfigurationError(f"expected a memory that exists, found no file - at {path}")
    try:
        with closing(
            sqlite3.connect(
                uri_to_read(path, sealed=is_sealed(path)), uri=True, timeout=busy_timeout_s, isolation_level=None
            )
        ) as connection:
            connection.execute("PRAGMA query_only = ON")
            return _described(connection, path)
    except sqlite3.Error as e:
        raise StoreUnavailable(f"expected a database that answers, got: {e} - at {path}") from e


def _described(connection: sqlite3.Connection, path: Path) -> FileInfo:
    def one(statement: str) -> int:
        return int(connection.execute(statement).fetchone()[0])

    connection.execute("BEGIN")  # all numbers of one moment
    version = version_of(connection, str(path))
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    tables = [n for n in names if not n.startswith("sqlite_")]
    log = path.with_name(f"{path.name}-wal")
    return FileInfo(
        path=path,
        version=version,
        current=version == SCHEMA_VERSION,
        journal_mode=_journal_mode(connection, path),
        file_bytes=path.stat().st_size,
        log_bytes=log.stat().st_size if log.exists() else 0,
        free_bytes=one("PRAGMA freelist_count") * one("PRAGMA page_size"),
        library=sqlite3.sqlite_version,
        wal_reset_bug=has_wal_reset_bug(sqlite3.sqlite_version_info),
        records={table: one(f'SELECT count(*) FROM "{table}"') for table in tables},
        partitions=tuple(_partitions(connection)) if "partitions" in tables else (),
    )


def _journal_mode(connection: sqlite3.Connection, path: Path) -> str:
    # A connection without a log does not say what the file is kept in; two bytes of its header do.
    with path.open("rb") as file:
        if file.read(20)[18:] == b"\x02\x02":
            return "wal"
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def _partitions(connection: sqlite3.Connection) -> list[PartitionInfo]:
    columns = {row[1] for row in connection.execute("PRAGMA table_info(partitions)")}
    links = "links" if "links" in columns else "NULL"
    rows = connection.execute(
        f"""
        SELECT name, coalesce((SELECT max(seq) FROM journal WHERE journal.partition = name), 0), version, {links}
        FROM partitions ORDER BY name
        """
    )
    return [
        PartitionInfo(name=name, accepted=accepted, pending=accepted - version, links=links)
        for name, accepted, version, links in rows
    ]
