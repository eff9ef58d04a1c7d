"""A memory in one SQLite file: the command line's default."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

from ..errors import ConfigurationError, Conflict, StoreUnavailable
from ..models.action import Action
from ..models.decision import Decision
from ..models.inputs import Input
from ..models.issue import Issue
from ..models.steps import Accepted, JournalEntry, StepRecord
from .forms import (
    ACTION_RANK,
    FORMAT,
    Draft,
    check_format,
    decided_before,
    disposition_from,
    disposition_text,
    input_from,
    not_accepted,
)
from .schema import create_or_check

__all__ = ["SqliteMemory"]

_FIRST_DELIVERY = """
    SELECT seq, at FROM journal
    WHERE delivery_key = ? AND partition = ? AND duplicate_of IS NULL
    ORDER BY seq DESC LIMIT 1
"""
_REPLACED = "partition = excluded.partition, seq = excluded.seq, position = excluded.position, body = excluded.body"
_PUT_ISSUE = f"""
    INSERT INTO issues (id, partition, seq, position, format, body) VALUES (?, ?, ?, ?, {FORMAT}, ?)
    ON CONFLICT (id) DO UPDATE SET {_REPLACED}
"""
_PUT_DECISION = f"""
    INSERT INTO decisions (id, partition, seq, position, format, body) VALUES (?, ?, ?, ?, {FORMAT}, ?)
    ON CONFLICT (id) DO NOTHING
"""
_PUT_ACTION = f"""
    INSERT INTO actions (id, partition, seq, position, format, body, status, rank)
    VALUES (?, ?, ?, ?, {FORMAT}, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET {_REPLACED}, status = excluded.status, rank = excluded.rank
    WHERE excluded.rank >= actions.rank
"""
_MODELS: dict[str, type[Issue] | type[Decision] | type[Action]] = {
    "issues": Issue,
    "decisions": Decision,
    "actions": Action,
}


class SqliteMemory:
    """
    The contract of `migro.ports.Memory` in one SQLite file with a write-ahead log.

    One connection writes, under a lock, and always takes the file's write lock first: a transaction that reads
    before it writes could fail halfway however long it waits. Readers have connections of their own and see one
    state of the file while they iterate. Safe to use from several threads and processes.

    Args:
        path: The file; made if it is not there, never overwritten if it is something else.
        durability: ``full`` survives a power cut; ``normal`` survives a killed process and is faster.
        busy_timeout_s: How long to wait for another process, in seconds.

    Raises:
        ConfigurationError: If the file is not migro's.
        UnsupportedFormat: If the file was written by a newer migro.
        StoreUnavailable: If the file cannot be opened.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        durability: Literal["full", "normal"] = "full",
        busy_timeout_s: int = 5,
    ) -> None:
        if fspath(path) in ("", ":memory:"):
            raise ConfigurationError(
                f"expected the path of a file, got {fspath(path)!r}: VolatileMemory keeps nothing - at path"
            )
        if durability not in ("full", "normal"):
            raise ConfigurationError(f"expected 'full' or 'normal', got {durability!r} - at durability")
        self.path = Path(path).absolute()
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        with self._translated():
            self._writer = self._connect("rwc")
            try:
                create_or_check(self._writer, str(self.path))
                self._use_write_ahead_log()
                self._writer.execute(f"PRAGMA synchronous = {durability}")
                self._writer.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                self._writer.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back; closing twice is fine, anything else afterwards is not."""
        with self._lock:
            self._closed = True
            self._drop_idle()
            self._writer.close()

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        """Store inputs in order; see `migro.ports.Memory.accept`."""
        drafts = [Draft.of(i) for i in inputs]
        with self._transaction() as connection:
            return _append(connection, partition, drafts)

    def commit(self, partition: str, expected: int, step: StepRecord) -> None:
        """Consume one input with all effects of its step; see `migro.ports.Memory.commit`."""
        # Writing records down takes longer than storing them, so it is done before the file is locked.
        disposition = disposition_text(step.disposition)
        emitted = [(to, Draft.of(given)) for to, given in step.emitted]
        issues = [(i.id, partition, step.seq, n, i.json_line()) for n, i in enumerate(step.issues)]
        decisions = [(d.id, partition, step.seq, n, d.json_line()) for n, d in enumerate(step.decisions)]
        actions = [
            (a.idempotency_key, partition, step.seq, n, a.json_line(), a.status.value, ACTION_RANK[a.status])
            for n, a in enumerate(step.actions)
        ]
        with self._transaction() as connection:
            found = _version(connection, partition)
            if found != expected:
                raise Conflict(partition, expected=expected, found=found)
            if step.seq != expected + 1:
                raise Conflict(partition, expected=step.seq - 1, found=expected)
            consumed = connection.execute(
                "UPDATE journal SET disposition = ? WHERE partition = ? AND seq = ?",
                (disposition, partition, step.seq),
            )
            if not consumed.rowcount:
                raise not_accepted(partition, step.seq)
            connection.execute("UPDATE partitions SET version = ? WHERE name = ?", (step.seq, partition))
            connection.executemany(_PUT_ISSUE, issues)
            for row in decisions:
                if not connection.execute(_PUT_DECISION, row).rowcount:
                    raise decided_before(partition, step.seq)
            connection.executemany(_PUT_ACTION, actions)
            for to, draft in emitted:
                _append(connection, to, [draft])

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        """Yield the partition's journal; see `migro.ports.Memory.load`."""
        return self._journal(None, partition, after)

    @overload
    def read(
        self, what: Literal["journal"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[JournalEntry]: ...
    @overload
    def read(
        self, what: Literal["issues"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[Issue]: ...
    @overload
    def read(
        self, what: Literal["decisions"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[Decision]: ...
    @overload
    def read(
        self, what: Literal["actions"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[Action]: ...
    def read(
        self,
        what: Literal["journal", "issues", "decisions", "actions"],
        *,
        id: str | None = None,
        partition: str | None = None,
    ) -> Iterator[Any]:
        """Yield stored records; see `migro.ports.Memory.read`."""
        if what == "journal":
            return self._journal(id, partition)
        return self._records(what, id, partition)

    def _journal(self, id: str | None, partition: str | None, after: int = 0) -> Iterator[JournalEntry]:
        where, values = _conditions(partition, id, "delivery_key = ? AND input = 'signal_received'")
        statement = f"""
            SELECT partition, seq, format, body, seq <= version, disposition
            FROM journal JOIN partitions ON name = partition
            WHERE {where} AND seq > ? ORDER BY partition, seq
        """
        for name, seq, format_, body, done, disposition in self._select(statement, [*values, after]):
            place = f"journal {name!r} {seq}"
            check_format(format_, place)
            yield JournalEntry(
                partition=name,
                seq=seq,
                input=input_from(body, place),
                done=bool(done),
                disposition=disposition_from(disposition),
            )

    def _records(self, what: str, id: str | None, partition: str | None) -> Iterator[Any]:
        model = _MODELS[what]
        where, values = _conditions(partition, id, "id = ?")
        statement = f"""
            SELECT partition, seq, format, body FROM {what}
            WHERE {where} ORDER BY partition, seq, position
        """
        for name, seq, format_, body in self._select(statement, values):
            place = f"{what} {name!r} {seq}"
            check_format(format_, place)
            yield model.from_json(body, where=place)

    def _select(self, statement: str, values: Sequence[str | int]) -> Iterator[tuple[Any, ...]]:
        # One statement is one snapshot: whatever is committed meanwhile, the rows belong together.
        with self._translated():
            connection = self._reader()
            try:
                yield from connection.execute(statement, values)
            finally:
                self._give_back(connection)

    def _reader(self) -> sqlite3.Connection:
        if self._closed:
            raise self._is_closed()
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._connect("rw")
            connection.execute("PRAGMA query_only = ON")
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self._drop_idle()

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._translated():
            if self._closed:
                raise self._is_closed()
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # SQLite ends the transaction by itself after some errors, a full disk for one.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as e:
            raise StoreUnavailable(f"expected a database that answers, got: {e} - at {self.path}") from e

    def _is_closed(self) -> StoreUnavailable:
        return StoreUnavailable(f"expected an open memory, got one that was closed - at {self.path}")

    def _connect(self, mode: Literal["rw", "rwc"]) -> sqlite3.Connection:
        # A reader never makes a file: one that vanished has to be noticed.
        return sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )

    def _use_write_ahead_log(self) -> None:
        # Two processes that make one new file meet here, and SQLite does not wait for this statement by itself.
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as e:
                if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def _version(connection: sqlite3.Connection, partition: str) -> int:
    row = connection.execute("SELECT version FROM partitions WHERE name = ?", (partition,)).fetchone()
    return int(row[0]) if row else 0


def _append(connection: sqlite3.Connection, partition: str, drafts: Sequence[Draft]) -> tuple[Accepted, ...]:
    connection.execute("INSERT INTO partitions VALUES (?, 0) ON CONFLICT DO NOTHING", (partition,))
    row = connection.execute("SELECT max(seq) FROM journal WHERE partition = ?", (partition,)).fetchone()
    seq = row[0] or 0
    taken: list[Accepted] = []
    for draft in drafts:
        stored: Draft | None = draft
        if draft.key is not None:
            first = connection.execute(_FIRST_DELIVERY, (draft.key, partition)).fetchone()
            if first and draft.repeats(first[1]):
                stored = draft.as_duplicate(first[0])
        if stored is None:
            continue
        seq += 1
        connection.execute(
            f"INSERT INTO journal VALUES (?, ?, {FORMAT}, ?, ?, ?, ?, ?, NULL)",
            (partition, seq, stored.input.input, stored.at, stored.key, stored.duplicate_of, stored.text),
        )
        taken.append(Accepted(seq=seq, input=stored.input))
    return tuple(taken)


def _conditions(partition: str | None, id: str | None, by_id: str) -> tuple[str, list[str]]:
    parts = {"partition = ?": partition, by_id: id}
    used = {part: value for part, value in parts.items() if value is not None}
    return " AND ".join(used) or "TRUE", list(used.values())
