"""One SQLite file: who reads it, who writes it, how long they wait, and what is said when it does not answer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

from ..errors import ConfigurationError, StoreUnavailable
from .places import check_place, check_timeout, is_sealed, stamp, uri_to_read
from .schema import check, create_or_check

__all__ = ["DURABILITIES", "Durability", "SqliteFile"]

Durability = Literal["full", "normal", "off"]
"""What a commit survives; see `migro.remember.SqliteMemory`."""

DURABILITIES: tuple[Durability, ...] = ("full", "normal", "off")


class SqliteFile:
    """
    The connections to one file.

    One connection writes, under a lock, and always takes the file's write lock first: a transaction that reads
    before it writes could fail halfway however long it waits. Readers have connections of their own and see one
    state of the file while they iterate. Where nothing may be written, not even a log beside the file, they read the
    file as it lies there and take no locks; see `migro.remember.places.is_sealed`.
    """

    def __init__(
        self, path: str | PathLike[str], *, durability: Durability, busy_timeout_s: int, read_only: bool
    ) -> None:
        if fspath(path) in ("", ":memory:"):
            raise ConfigurationError(
                f"expected the path of a file, got {fspath(path)!r}: VolatileMemory keeps nothing - at path"
            )
        if durability not in DURABILITIES:
            raise ConfigurationError(f"expected 'full', 'normal' or 'off', got {durability!r} - at durability")
        check_timeout(busy_timeout_s)
        self.path = Path(path).absolute()
        check_place(self.path)
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._sealed: dict[sqlite3.Connection, tuple[int, int] | None] = {}
        self._writer: sqlite3.Connection | None = None
        with self.translated():
            if read_only:
                self._open_to_read()
            else:
                self._open_to_write(durability)
            self._identity = self._found()

    def close(self) -> None:
        """Give the file back; closing twice is fine."""
        with self._lock:
            self._closed = True
            self._drop_idle()
            if self._writer is not None:
                self._writer.close()

    def select(self, statement: str, values: Sequence[str | int] = ()) -> Iterator[tuple[Any, ...]]:
        """
        Yield the rows of one question; whatever is committed meanwhile, they belong together.

        Bytes of a text that are no UTF-8 come out as lone surrogates, and go in as these: a damaged row is for its
        reader to refuse, and no reason to hide the others. A text to compare with is written ``CAST(? AS TEXT)``.
        """
        with self.translated():
            if not self._closed:
                self._check_place()
            connection = self._reader()
            try:
                yield from connection.execute(statement, [_bound(v) for v in values])
                self._check_unchanged(connection)
            finally:
                self._give_back(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's write lock; leave with everything stored, or with an error and nothing."""
        with self._lock, self.translated():
            if self._closed:
                raise self._is_closed()
            if self._writer is None:
                raise StoreUnavailable(
                    f"expected a memory that was opened for writing, got one that only reads - at {self.path}"
                )
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self._check_place()
                connection.execute("COMMIT")
            finally:
                # SQLite ends the transaction by itself after some errors, a full disk for one.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close_gaps(self) -> None:
        """
        Write the file anew without what lies between its rows, and empty the write-ahead log, unless somebody reads.

        Overwriting what is replaced is not enough: where a page was full, SQLite moves rows and leaves copies behind.
        """
        with self._lock, self.translated():
            if self._writer is not None and not self._closed:
                self._writer.execute("VACUUM")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what SQLite raises into an error that says which file, and what to do where that is known."""
        try:
            yield
        except sqlite3.Error as e:
            primary = getattr(e, "sqlite_errorcode", 0) & 0xFF
            if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreUnavailable(
                    f"expected the write lock within {self._busy_timeout_s} s, got: {e}: another process holds it; wait"
                    f" for it, end it, or wait longer with a greater busy_timeout_s - at {self.path}"
                ) from e
            raise StoreUnavailable(f"expected a database that answers, got: {e} - at {self.path}") from e

    def _found(self) -> tuple[int, int] | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def _check_place(self) -> None:
        # An open file that was deleted or replaced takes everything, and nobody ever finds it again.
        if (found := self._found()) != self._identity:
            what = "none" if found is None else "another one"
            raise StoreUnavailable(f"expected the file that was opened, found {what} in its place - at {self.path}")

    def _check_unchanged(self, connection: sqlite3.Connection) -> None:
        # Without locks nothing else tells that half of what was read is older than the other half.
        if connection in self._sealed and self._sealed[connection] != stamp(self.path):
            raise StoreUnavailable(
                "expected that nobody changes a file that is not writable here, but somebody did while it was read:"
                f" ask again - at {self.path}"
            )

    def _open_to_write(self, durability: Durability) -> None:
        self._writer = self._connect("rwc")
        try:
            create_or_check(self._writer, str(self.path))
            self._use_write_ahead_log(self._writer)
            self._writer.execute(f"PRAGMA synchronous = {durability}")
            self._writer.execute("PRAGMA foreign_keys = ON")
            # What is replaced is overwritten at once, as far as SQLite can; the rest is done when somebody is erased.
            self._writer.execute("PRAGMA secure_delete = ON")
        except BaseException:
            self._writer.close()
            raise

    def _open_to_read(self) -> None:
        connection = self._reader()
        try:
            check(connection, str(self.path))
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def _reader(self) -> sqlite3.Connection:
        if self._closed:
            raise self._is_closed()
        try:
            return self._idle.pop()
        except IndexError:
            before, sealed = stamp(self.path), self._writer is None and is_sealed(self.path)
            connection = self._connect("ro" if sealed else "rw")
            if sealed:
                self._sealed[connection] = before
            connection.execute("PRAGMA query_only = ON")
            connection.text_factory = _text
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection in self._sealed:
            # It would go on showing the file as it was now.
            del self._sealed[connection]
            connection.close()
            return
        self._idle.append(connection)
        if self._closed:
            self._drop_idle()

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _is_closed(self) -> StoreUnavailable:
        return StoreUnavailable(f"expected an open memory, got one that was closed - at {self.path}")

    def _connect(self, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
        # A reader never makes a file: one that vanished has to be noticed.
        return sqlite3.connect(
            f"{self.path.as_uri()}?mode=rwc" if mode == "rwc" else uri_to_read(self.path, sealed=mode == "ro"),
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )

    def _use_write_ahead_log(self, connection: sqlite3.Connection) -> None:
        # Two processes that make one new file meet here, and SQLite does not wait for this statement by itself.
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as e:
                if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


def _bound(value: str | int) -> str | int | bytes:
    if isinstance(value, int) or value.isascii():
        return value
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")  # nothing that is stored is equal to it
