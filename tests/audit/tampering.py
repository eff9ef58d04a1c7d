"""A hand inside the file: bytes flipped, rows taken out, put in and moved, past everything that migro would check."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from migro.audit import AuditFinding

HASHED = {
    "partitions": ("name", "version", "due", "links", "head"),
    "journal": (
        "partition",
        "seq",
        "format",
        "input",
        "at",
        "delivery_key",
        "duplicate_of",
        "body",
        "disposition",
        "timers",
    ),
    "links": ("partition", "position", "what", "seq", "salt", "digest", "hash", "content"),
    "issues": ("id", "partition", "format", "body"),
    "decisions": ("id", "partition", "format", "body"),
    "actions": ("id", "partition", "format", "body"),
    "shadow": ("id", "partition", "format", "body"),
    "snapshots": ("partition", "position", "seq", "format", "ruleset", "policy", "data"),
}
"""Every column that is hashed, that names the record, or without which it is not served."""

KEYS = {
    "partitions": ("name",),
    "journal": ("partition", "seq"),
    "links": ("partition", "position"),
    "snapshots": ("partition", "position"),
}

_NOTHING = (None, "", b"")

Value = str | int | bytes | None


@attrs.frozen
class Flip:
    """One byte of one column of one row, another one before and after."""

    table: str
    column: str
    row: dict[str, Any]
    after: Value

    @property
    def partition(self) -> str:
        return str(self.row["name" if self.table == "partitions" else "partition"])

    def is_located_by(self, finding: AuditFinding) -> bool:
        """Whether a finding names the record that the byte is in."""
        if finding.partition != self.partition:
            return False
        match self.table:
            case "partitions":
                return finding.what == "partitions"
            case "journal":
                return bool(finding.seq == self.row["seq"])
            case "links":
                # A link that was moved stands elsewhere now, and at the end of the chain leaves no gap.
                return finding.position in (self.row["position"], self.after)
            case "snapshots":
                return bool(finding.position == self.row["position"] or finding.seq == self.row["seq"])
            case _:
                return bool((finding.what, finding.id) == (self.table, self.row["id"]))


class Hand:
    """Edits a file as somebody would who knows SQL and nothing of migro."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.text_factory = lambda b: b.decode("utf-8", "surrogateescape")
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA synchronous = OFF")

    def close(self) -> None:
        self.connection.close()

    def rows(self, table: str, where: str = "TRUE", *values: Value) -> list[dict[str, Any]]:
        found = self.connection.execute(f"SELECT * FROM {table} WHERE {where}", values)
        return [dict(row) for row in found]

    def run(self, statement: str, *values: Value) -> int:
        return self.connection.execute(statement, values).rowcount

    def flips(self, chance: random.Random) -> Iterator[Flip]:
        """Yield flips without end, of any byte: one in every column first, then in any table, row and column of it."""
        rows = {table: self.rows(table) for table in HASHED}
        for table, columns in HASHED.items():
            for column in columns:
                row = chance.choice([r for r in rows[table] if r[column] not in _NOTHING])
                yield Flip(table, column, row, _flipped(chance, row[column]))
        while True:
            table = chance.choice(list(HASHED))
            row = chance.choice(rows[table])
            column = chance.choice([c for c in HASHED[table] if row[c] not in _NOTHING])
            yield Flip(table, column, row, _flipped(chance, row[column]))

    @contextmanager
    def flipped(self, flip: Flip) -> Iterator[bool]:
        """Flip, and put it back in the end; false where the database does not take it."""
        keys = KEYS.get(flip.table, ("id",))
        old = {key: flip.row[key] for key in keys}
        try:
            self._set(flip.table, flip.column, flip.after, old)
        except sqlite3.IntegrityError:  # a row with that key is there
            yield False
            return
        try:
            yield True
        finally:
            now = {key: flip.after if key == flip.column else value for key, value in old.items()}
            self._set(flip.table, flip.column, flip.row[flip.column], now)

    def _set(self, table: str, column: str, value: Value, keys: dict[str, Value]) -> None:
        where = " AND ".join(f"{key} = {_place(key_value)}" for key, key_value in keys.items())
        statement = f"UPDATE {table} SET {column} = {_place(value)} WHERE {where}"
        changed = self.run(statement, _bytes(value), *(_bytes(v) for v in keys.values()))
        assert changed == 1


def _flipped(chance: random.Random, value: Value) -> Value:
    if isinstance(value, int):
        data = bytearray(value.to_bytes(8, "big", signed=True))
    else:
        data = bytearray(_raw(value))
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    if isinstance(value, int):
        return int.from_bytes(data, "big", signed=True)
    return bytes(data) if isinstance(value, bytes) else data.decode("utf-8", "surrogateescape")


def _raw(value: Value) -> bytes:
    assert isinstance(value, str | bytes)
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _place(value: Value) -> str:
    # Bytes that are no text go into a column of text only by way of a blob.
    return "CAST(? AS TEXT)" if isinstance(value, str) else "?"


def _bytes(value: Value) -> Value:
    return _raw(value) if isinstance(value, str) else value
