"""The tables of a migro file, in SQL that SQLite 3.40 understands, and how a file is known to be one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ConfigurationError, UnsupportedFormat

__all__ = ["SCHEMA_VERSION", "create_or_check"]

APPLICATION_ID = int.from_bytes(b"migr", "big")
"""Written into the file's header, so that no other program's database is taken for ours."""

SCHEMA_VERSION = 1

# `delivery_key` serves two questions: is there a first delivery, and where is this signal. For the first,
# `duplicate_of` comes before `seq`, so that a thousand redeliveries do not lie between the question and its answer.
_TABLES = (
    """
    CREATE TABLE partitions (
        name TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL
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
        PRIMARY KEY (partition, seq)
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
            ("issues", ""),
            ("decisions", ""),
            ("actions", "status TEXT NOT NULL, rank INTEGER NOT NULL,"),
        )
    ),
    "CREATE INDEX issues_in_order ON issues (partition, seq, position)",
    "CREATE INDEX decisions_in_order ON decisions (partition, seq, position)",
    "CREATE INDEX actions_in_order ON actions (partition, seq, position)",
    "CREATE INDEX actions_by_status ON actions (status)",
)


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
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


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
    try:
        application = _number(connection, "PRAGMA application_id")
        version = _number(connection, "PRAGMA user_version")
        tables = _number(connection, "SELECT count(*) FROM sqlite_schema")
    except sqlite3.DatabaseError as e:
        if e.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise ConfigurationError(f"expected a migro database, got a file of another kind - at {path}") from e
    if application == APPLICATION_ID:
        if version != SCHEMA_VERSION:
            raise UnsupportedFormat(
                f"expected a migro database of version {SCHEMA_VERSION}, got version {version}", where=path
            )
        return True
    if application or version or tables:
        raise ConfigurationError(
            f"expected a migro database, got one of another program"
            f" (application id {application}, {tables} tables and indexes) - at {path}"
        )
    return False


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])
