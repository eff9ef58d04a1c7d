"""A memory in one SQLite file: the command line's default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

from ..errors import InputError
from ..models.action import Action
from ..models.canonical import from_microseconds
from ..models.chain import Link, StoredRecord
from ..models.decision import Decision
from ..models.inputs import Input
from ..models.issue import Issue
from ..models.steps import Accepted, JournalEntry, Partition, Snapshot, StepRecord
from ..processes import is_dead
from .connections import Durability, SqliteFile
from .forms import MODELS, Draft, check_format, check_kind, entry_from
from .ledger import damage, links, partitions, stored
from .storing import Storing
from .texts import OPEN_ACTIONS, OPEN_ISSUES, StepTexts, unpacked

__all__ = ["SqliteMemory"]

_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_HELD = f"SELECT holder FROM leases WHERE name = ? AND holder != ? AND until > {_NOW}"
_TAKE = f"""
    INSERT INTO leases VALUES (?, ?, {_NOW} + ?)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
"""
_OPEN = {
    "issues": f"status IN {OPEN_ISSUES}",
    "actions": f"status IN {OPEN_ACTIONS}",
}


class SqliteMemory:
    """
    The contract of `migro.ports.Memory` in one SQLite file with a write-ahead log.

    Safe to use from several threads and processes: one writes at a time, readers are in nobody's way.

    What a call has stored when it returns survives, by durability:

    ========  ==============  =================================
    level     killed process  crash of the system, power cut
    ========  ==============  =================================
    full      yes             yes
    normal    yes             what was moved out of the log
    off       yes             perhaps nothing, not even the file
    ========  ==============  =================================

    With ``normal`` the newest commits may be gone after a crash of the system or a power cut, always the last ones and
    each as a whole: the file is never damaged. With ``off`` the file itself may be: for tests and for what can be made
    again. A disk that says it has written what it has not takes these promises away.

    Args:
        path: The file; made if it is not there, never overwritten if it is something else.
        durability: ``full``, ``normal`` or ``off``.
        busy_timeout_s: How long to wait for another process, in seconds.
        read_only: Only read; a file that is not there is not made, and one that may not be written is read as it lies.

    Raises:
        ConfigurationError: If the file is not migro's, or none can be there; if an argument makes no sense.
        UnsupportedFormat: If the file was written by another version of migro.
        StoreUnavailable: If the file cannot be opened.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        durability: Durability = "full",
        busy_timeout_s: int = 5,
        read_only: bool = False,
    ) -> None:
        self._file = SqliteFile(path, durability=durability, busy_timeout_s=busy_timeout_s, read_only=read_only)

    @property
    def path(self) -> Path:
        """The file, as an absolute path."""
        return self._file.path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back; closing twice is fine, anything else afterwards is not."""
        self._file.close()

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        """Store inputs in order; see `migro.ports.Memory.accept`."""
        drafts = [Draft.of(i) for i in inputs]
        with self._file.transaction() as connection:
            storing = Storing(connection, len(drafts))
            taken = storing.append(partition, drafts)
            storing.finish()
            return taken

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        """Consume the next inputs with all effects of their steps; see `migro.ports.Memory.commit`."""
        # Writing records down takes longer than storing them, so it is done before the file is locked.
        texts = [StepTexts.of(partition, s) for s in steps]
        with self._file.transaction() as connection:
            storing = Storing(connection, sum(1 + len(t.emitted) + len(t.snapshots) for t in texts))
            storing.consume(partition, expected, texts)
            storing.finish()
        if any(t.erasure is not None for t in texts):
            # The log still has the pages as they were.
            self._file.close_gaps()

    def partitions(self) -> Iterator[str]:
        """Yield the names of all partitions; see `migro.ports.Ledger.partitions`."""
        return partitions(self._file)

    def links(self, partition: str) -> Iterator[Link]:
        """Yield the partition's chain; see `migro.ports.Ledger.links`."""
        return links(self._file, partition)

    def stored(self, partition: str) -> Iterator[StoredRecord]:
        """Yield the partition's records; see `migro.ports.Ledger.stored`."""
        return stored(self._file, partition)

    def damage(self) -> Iterator[str]:
        """Yield what SQLite finds wrong with the file, its indexes included; see `migro.ports.SelfCheck`."""
        return damage(self._file)

    def acquire(self, name: str, holder: str, seconds: int) -> bool:
        """Take or renew a lease, by the clock of this machine; see `migro.ports.Leases.acquire`."""
        with self._file.transaction() as connection:
            row = connection.execute(_HELD, (name, holder)).fetchone()
            if row is not None and not is_dead(row[0]):
                return False
            connection.execute(_TAKE, (name, holder, 1000 * seconds))
            return True

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; see `migro.ports.Leases.release`."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        """Yield the partition's journal; see `migro.ports.Memory.load`."""
        return self._journal(None, partition, False, after)

    @overload
    def read(
        self, what: Literal["journal"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[JournalEntry]: ...
    @overload
    def read(
        self, what: Literal["issues"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Issue]: ...
    @overload
    def read(
        self,
        what: Literal["decisions", "shadow"],
        *,
        id: str | None = None,
        partition: str | None = None,
        pending: bool = False,
    ) -> Iterator[Decision]: ...
    @overload
    def read(
        self, what: Literal["actions"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Action]: ...
    @overload
    def read(
        self, what: Literal["partitions"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Partition]: ...
    @overload
    def read(
        self, what: Literal["snapshots"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Snapshot]: ...
    def read(
        self,
        what: Literal["journal", "issues", "decisions", "actions", "partitions", "snapshots", "shadow"],
        *,
        id: str | None = None,
        partition: str | None = None,
        pending: bool = False,
    ) -> Iterator[Any]:
        """Yield stored records; see `migro.ports.Memory.read`."""
        check_kind(what)
        match what:
            case "journal":
                return self._journal(id, partition, pending)
            case "partitions":
                return self._partitions_now(id, partition, pending)
            case "snapshots":
                return self._snapshots(id, partition)
            case _:
                return self._records(what, id, partition, pending)

    def _journal(self, id: str | None, partition: str | None, pending: bool, after: int = 0) -> Iterator[JournalEntry]:
        where, values = _conditions(
            ("partition = CAST(? AS TEXT)", partition),
            ("delivery_key = CAST(? AS TEXT) AND input = 'signal_received'", id),
            ("seq > ?", after),
        )
        only = "AND seq > version" if pending else ""
        # By itself SQLite would rather read the whole partition.
        index = "" if id is None else "INDEXED BY deliveries"
        statement = f"""
            SELECT partition, seq, format, body, seq <= version, disposition, timers
            FROM journal {index} JOIN partitions ON name = partition
            WHERE {where} {only} ORDER BY partition, seq
        """
        for name, seq, format_, body, done, disposition, timers in self._file.select(statement, values):
            check_format(format_, f"journal {name!r} {seq}")
            yield entry_from(name, seq, body, done=bool(done), disposition=disposition, timers=timers)

    def _records(self, what: str, id: str | None, partition: str | None, pending: bool) -> Iterator[Any]:
        model = MODELS[what]
        where, values = _conditions(("partition = CAST(? AS TEXT)", partition), ("id = CAST(? AS TEXT)", id))
        only = f"AND {_OPEN[what]}" if pending and what in _OPEN else ""
        statement = f"""
            SELECT partition, seq, format, body FROM {what}
            WHERE {where} {only} ORDER BY partition, seq, position
        """
        for name, seq, format_, body in self._file.select(statement, values):
            place = f"{what} {name!r} {seq}"
            check_format(format_, place)
            yield model.from_json(body, where=place)

    def _partitions_now(self, id: str | None, partition: str | None, pending: bool) -> Iterator[Partition]:
        where, values = _conditions(("name = CAST(? AS TEXT)", partition), ("name = CAST(? AS TEXT)", id))
        only = "WHERE accepted > version OR due IS NOT NULL" if pending else ""
        statement = f"""
            SELECT * FROM (
                SELECT name, version,
                    coalesce((SELECT max(seq) FROM journal WHERE journal.partition = name), 0) AS accepted,
                    due, links, lower(hex(head))
                FROM partitions WHERE {where}
            ) {only} ORDER BY name
        """
        for name, version, accepted, due, count, head in self._file.select(statement, values):
            yield Partition(
                name=name,
                version=version,
                accepted=accepted,
                due=None if due is None else from_microseconds(due),
                links=count,
                head=head,
            )

    def _snapshots(self, id: str | None, partition: str | None) -> Iterator[Snapshot]:
        where, values = _conditions(("partition = CAST(? AS TEXT)", partition), ("ruleset = CAST(? AS TEXT)", id))
        statement = f"""
            SELECT partition, seq, format, ruleset, policy, data FROM snapshots
            WHERE {where} ORDER BY partition, position
        """
        for name, seq, format_, ruleset, policy, data in self._file.select(statement, values):
            place = f"snapshots {name!r} {seq}"
            check_format(format_, place)
            try:
                state = unpacked(data, place)
            except InputError:
                # The journal has everything it was made from: whoever restores passes an empty one over.
                state = b""
            yield Snapshot(partition=name, seq=seq, ruleset=ruleset, policy=policy, data=state)


def _conditions(*parts: tuple[str, str | int | None]) -> tuple[str, list[str | int]]:
    used = [(part, value) for part, value in parts if value is not None]
    return " AND ".join(part for part, _ in used) or "TRUE", [value for _, value in used]
