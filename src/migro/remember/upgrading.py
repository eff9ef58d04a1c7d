"""
Bringing a file of an older migro to today's version: a backup first, then one transaction for each version.

The migrations lie beside this module and are run by yoyo-migrations. The version that counts is the one in the file's
header; what yoyo notes about itself is taken out again, so an upgraded file is like a new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import attrs

from ..errors import ConfigurationError, StoreUnavailable, UnsupportedFormat
from .places import check_place, check_timeout
from .schema import SCHEMA_VERSION, version_of

__all__ = ["Upgrade", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_NOTES = ("_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock")


@attrs.frozen(kw_only=True)
class Upgrade:
    """
    What an upgrade did.

    Attributes:
        path: The file.
        before, after: Its version.
        backup: The file as it was; None where nothing had to be done.
    """

    path: Path
    before: int
    after: int
    backup: Path | None


def upgrade(path: str | PathLike[str], *, busy_timeout_s: int = 5) -> Upgrade:
    """
    Bring a file to today's version; whatever goes wrong, it is as it was or as it will be.

    Args:
        path: The file; nothing else may be using it.
        busy_timeout_s: How long to wait for another process, in seconds.

    Raises:
        ConfigurationError: If there is no such file, it is a directory or not migro's, its backup is there already, or
            yoyo-migrations is missing.
        UnsupportedFormat: If it was written by a newer migro.
        StoreUnavailable: If the file cannot be opened, or is in use.
    """
    check_timeout(busy_timeout_s)
    path = Path(path).absolute()
    check_place(path)
    if not path.exists():
        raise ConfigurationError(f"expected a memory that exists, found no file - at {path}")
    with _opened(path, busy_timeout_s) as connection:
        before = version_of(connection, str(path))
        if not before:
            raise ConfigurationError(f"expected a migro database, got an empty file - at {path}")
        if before > SCHEMA_VERSION:
            raise UnsupportedFormat(
                f"expected a migro database of version {SCHEMA_VERSION} or older, got version {before}", where=str(path)
            )
        if before == SCHEMA_VERSION:
            return Upgrade(path=path, before=before, after=before, backup=None)
        # Somebody who writes is noticed here, before anything is made.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        connecting = _backend(path, busy_timeout_s)
        backup = path.with_name(f"{path.name}.version-{before}")
        _back_up(connection, backup)
        # They are there only if an upgrade was killed, and its lock would hold up this one.
        _remove_notes(connection)
    try:
        _migrate(path, connecting(), before)
    finally:
        with _opened(path, busy_timeout_s) as connection:
            _remove_notes(connection)
            after = version_of(connection, str(path))
            if after == before:
                backup.unlink()  # there is nothing it would be the backup of
    with _opened(path, busy_timeout_s) as connection:
        # What was dropped leaves half of the file empty, and its bytes in the other half.
        connection.execute("VACUUM")
    return Upgrade(path=path, before=before, after=after, backup=backup)


@contextmanager
def _opened(path: Path, busy_timeout_s: int) -> Iterator[sqlite3.Connection]:
    try:
        with closing(_connect(path, busy_timeout_s)) as connection:
            yield connection
    except sqlite3.Error as e:
        raise StoreUnavailable(f"expected a database that nothing else uses, got: {e} - at {path}") from e


def _connect(path: Path, busy_timeout_s: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _back_up(connection: sqlite3.Connection, backup: Path) -> None:
    try:
        # Made by nobody else meanwhile, so it also keeps a second upgrade out.
        backup.open("x").close()
    except FileExistsError as e:
        raise ConfigurationError(
            f"expected no file where the backup goes: if no other upgrade is running, move it away - at {backup}"
        ) from e
    except OSError as e:
        raise StoreUnavailable(f"expected a place for the backup: {e.strerror} - at {backup}") from e
    with closing(sqlite3.connect(backup)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _remove_notes(connection: sqlite3.Connection) -> None:
    for table in _NOTES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def _backend(path: Path, busy_timeout_s: int) -> Callable[[], Any]:
    try:
        from yoyo.backends.core.sqlite3 import SQLiteBackend  # type: ignore[import-untyped, unused-ignore]
        from yoyo.connections import DatabaseURI  # type: ignore[import-untyped, unused-ignore]
    except ImportError as e:
        raise ConfigurationError(
            "expected the package yoyo-migrations, which upgrades files: it comes with the extra 'upgrade' of migro"
        ) from e

    class Backend(SQLiteBackend):  # type: ignore[misc, unused-ignore]  # a package without types
        """Connects as migro does: any file name, no shared cache, nothing about who ran it."""

        def connect(self, dburi: Any) -> sqlite3.Connection:
            return _connect(path, busy_timeout_s)

        def log_migration(self, migration: Any, operation: str) -> None:
            """Note no user and no host."""

    return lambda: Backend(DatabaseURI("sqlite", "", "", "", None, str(path), {}), "_yoyo_migration")


def _migrate(path: Path, backend: Any, version: int) -> None:
    try:
        with backend:
            from yoyo import read_migrations  # type: ignore[import-untyped, unused-ignore]

            migrations = read_migrations(str(_MIGRATIONS))
            backend.init_database()
            backend.mark_migrations([m for m in migrations if _number(m) <= version])
            for migration in backend.to_apply(migrations):
                backend.apply_one(migration)
    except sqlite3.Error as e:
        raise StoreUnavailable(f"expected a database that can be upgraded, got: {e} - at {path}") from e


def _number(migration: Any) -> int:
    return int(str(migration.id).rpartition("_")[2])
