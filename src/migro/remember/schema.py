"""The tables of a migro file, in SQL that SQLite 3.40 understands, and how a file is known to be one."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ConfigurationError, UnsupportedFormat

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "TABLES", "check", "create_or_check", "version_of"]

APPLICATION_ID = int.from_bytes(b"migr", "big")
"""Written into the file's header, so that no other program's database is taken for ours."""

SCHEMA_VERSION = 2

# `delivery_key` serves two questions: is there a first delivery, and where is this signal. For the first,
# `duplicate_of` comes before `seq`, so that a thousand redeliveries do not lie between the question and its answer.
# The place of a snapshot is that of its link, so one number orders snapshots and finds what a link hashes.
TABLES = (
    """
    CREATE TABLE partitions (
        name TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        due INTEGER,
        links INTEGER NOT NULL,
        head BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE journal (
        partition TEXT NOT NULL REFERENCES partitions (name),
        seq INTEGER NOT NULL,
        format INTEGER NOT NULL,
        input TEXT NOT NULL,
        at INTEGER NOT NULL,
        delivery_key TEXT,
        duplicate_of INTEGER,
        body TEXT NOT NULL,
        disposition TEXT,
        timers TEXT,
        PRIMARY KEY (partition, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE links (
        partition TEXT NOT NULL REFERENCES partitions (name),
        position INTEGER NOT NULL,
        what TEXT NOT NULL,
        seq INTEGER NOT NULL,
        salt BLOB NOT NULL,
        digest BLOB NOT NULL,
        hash BLOB NOT NULL,
        content TEXT,
        PRIMARY KEY (partition, position)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX deliveries ON journal (delivery_key, partition, duplicate_of, seq)
    WHERE delivery_key IS NOT NULL
    """,
    *(
        f"""
        CREATE TABLE {name} (
            id TEXT NOT NULL PRIMARY KEY,
            partition TEXT NOT NULL,
            seq INTEGER NOT NULL,
            position INTEGER NOT NULL,
            format INTEGER NOT NULL,
            {extra}
            body TEXT NOT NULL,
            FOREIGN KEY (partition, seq) REFERENCES journal (partition, seq)
        ) STRICT
        """
        for name, extra in (
            ("issues", "status TEXT NOT NULL,"),
            ("decisions", ""),
            ("actions", "status TEXT NOT NULL, rank INTEGER NOT NULL,"),
            ("shadow", ""),
        )
    ),
    """
    CREATE TABLE snapshots (
        partition TEXT NOT NULL,
        position INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        format INTEGER NOT NULL,
        ruleset TEXT NOT NULL,
        policy TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (partition, position),
        FOREIGN KEY (partition, seq) REFERENCES journal (partition, seq)
    ) STRICT
    """,
    """
    CREATE TABLE leases (
        name TEXT NOT NULL PRIMARY KEY,
        holder TEXT NOT NULL,
        until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX issues_in_order ON issues (partition, seq, position)",
    "CREATE INDEX decisions_in_order ON decisions (partition, seq, position)",
    "CREATE INDEX actions_in_order ON actions (partition, seq, position)",
    "CREATE INDEX shadow_in_order ON shadow (partition, seq, position)",
    "CREATE INDEX issues_by_status ON issues (status)",
    "CREATE INDEX actions_by_status ON actions (status)",
)
"""The statements that make the tables of today's version, in their order."""


def create_or_check(connection: sqlite3.Connection, path: str) -> None:
    """
    Make an empty file a migro file, or see that it is one; nothing else is ever written to.

    Raises:
        ConfigurationError: If the file belongs to something else.
        UnsupportedFormat: If it was written by another version of migro.
    """
    # The looks at the file are one transaction: between two of them somebody else may make the tables.
    with _transaction(connection, "DEFERRED"):
        known = _known(connection, path)
    if known:
        return
    with _transaction(connection, "IMMEDIATE"):
        if not _known(connection, path):
            for statement in TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def check(connection: sqlite3.Connection, path: str) -> None:
    """
    See that a file is a migro file; nothing is written to it.

    Raises:
        ConfigurationError: If the file is empty, or belongs to something else.
        UnsupportedFormat: If it was written by another version of migro.
    """
    with _transaction(connection, "DEFERRED"):
        if not _known(connection, path):
            raise ConfigurationError(f"expected a migro database, got an empty file - at {path}")


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _known(connection: sqlite3.Connection, path: str) -> bool:
    version = version_of(connection, path)
    if version and version < SCHEMA_VERSION:
        raise UnsupportedFormat(
            f"expected a migro database of version {SCHEMA_VERSION}, got version {version}:"
            f" stop what uses it and run `migro memory upgrade {shlex.quote(path)}`",
            where=path,
        )
    if version > SCHEMA_VERSION:
        raise UnsupportedFormat(
            f"expected a migro database of version {SCHEMA_VERSION}, got version {version}", where=path
        )
    return version != 0


def version_of(connection: sqlite3.Connection, path: str) -> int:
    """
    Return the version of a migro file, or 0 if it is empty.

    Raises:
        ConfigurationError: If the file belongs to something else.
    """
    try:
        application = _number(connection, "PRAGMA application_id")
        version = _number(connection, "PRAGMA user_version")
        tables = _number(connection, "SELECT count(*) FROM sqlite_schema")
    except sqlite3.DatabaseError as e:
        if e.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise ConfigurationError(f"expected a migro database, got a file of another kind - at {path}") from e
    if application == APPLICATION_ID:
        return version
    if application or version or tables:
        raise ConfigurationError(
            f"expected a migro database, got one of another program"
            f" (application id {application}, {tables} tables and indexes) - at {path}"
        )
    return 0


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])
