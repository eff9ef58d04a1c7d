"""
Version 2: hash chains, snapshots, shadow decisions, leases, and what time alone brought about.

Run by yoyo from the file, so its imports are absolute. The chain of an old journal is made now: it shows every later
change, and says nothing about earlier ones.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator

from migro.remember.chaining import Chain, LinkRow, Salts
from migro.remember.forms import FORMAT, InputText, plain_json
from migro.remember.schema import TABLES
from migro.remember.storing import PUT_LINK, link_values
from migro.remember.texts import RecordText, StepTexts

__all__ = ["to_version_2"]

_OLD = ("partitions", "journal", "issues", "decisions", "actions")
_OLD_INDEXES = ("deliveries", "issues_in_order", "decisions_in_order", "actions_in_order", "actions_by_status")
_COPIES = (
    "INSERT INTO partitions SELECT name, version, NULL, 0, x'' FROM old_partitions",
    "INSERT INTO journal SELECT *, NULL FROM old_journal",
    "INSERT INTO decisions SELECT * FROM old_decisions",
    "INSERT INTO actions SELECT * FROM old_actions",
)


def to_version_2(connection: sqlite3.Connection) -> None:
    """Make the tables of version 2 out of those of version 1; yoyo has begun the transaction."""
    execute = connection.execute
    for index in _OLD_INDEXES:
        execute(f"DROP INDEX {index}")
    for table in _OLD:
        execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    # When a version 3 comes, these statements have to be kept here as they are in version 2.
    for statement in TABLES:
        execute(statement)
    for statement in _COPIES:
        execute(statement)
    _issues(connection)
    _erasures(connection)
    emitted = _emitted(connection)
    for name, version in execute("SELECT name, version FROM partitions").fetchall():
        chain, salts = Chain(name), Salts(1024)
        for row in _links(connection, chain, salts, version, emitted):
            execute(PUT_LINK, link_values(row))
        execute("UPDATE partitions SET links = ?, head = ? WHERE name = ?", (
            chain.position, bytes.fromhex(chain.head) if chain.position else b"", name,
        ))  # fmt: skip
    for table in reversed(_OLD):
        execute(f"DROP TABLE old_{table}")
    execute("PRAGMA user_version = 2")


def _issues(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT id, partition, seq, position, format, body FROM old_issues")
    connection.executemany(
        "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((*row, json.loads(body)["status"], body) for *row, body in rows),
    )


def _erasures(connection: sqlite3.Connection) -> None:
    # Version 1 knew the word, consumed it as a tick and erased nothing. It stays what it was, without the pseudonym.
    rows = connection.execute("SELECT partition, seq, body FROM journal WHERE input = 'erasure_requested'").fetchall()
    for partition, seq, body in rows:
        tick = plain_json({"at": json.loads(body)["at"], "format": FORMAT, "input": "tick"})
        connection.execute(
            "UPDATE journal SET input = 'tick', body = ?, delivery_key = NULL WHERE partition = ? AND seq = ?",
            (tick, partition, seq),
        )


def _emitted(connection: sqlite3.Connection) -> dict[tuple[str, int], list[tuple[str, int | None]]]:
    """Return which inputs each step gave to other partitions: a change of an issue names the decision it came from."""
    steps = {
        id: (partition, seq) for id, partition, seq in connection.execute("SELECT id, partition, seq FROM decisions")
    }
    found: dict[tuple[str, int], list[tuple[str, int | None]]] = defaultdict(list)
    rows = connection.execute("SELECT partition, seq, body FROM journal WHERE input = 'issue_changed' ORDER BY 1, 2")
    for partition, seq, body in rows:
        step = steps.get(json.loads(body)["decision"])
        if step is not None:
            found[step].append((partition, seq))
    return found


def _links(
    connection: sqlite3.Connection,
    chain: Chain,
    salts: Salts,
    version: int,
    emitted: dict[tuple[str, int], list[tuple[str, int | None]]],
) -> Iterator[LinkRow]:
    rows = connection.execute(
        "SELECT seq, disposition, input, at, delivery_key, duplicate_of, body FROM journal"
        " WHERE partition = ? ORDER BY seq",
        (chain.partition,),
    )
    # In which order inputs came and steps were made is not known any more: each step follows its input.
    for seq, disposition, *row in rows.fetchall():
        yield chain.add(salts, "input", seq, InputText(*row).payload())
        if seq <= version:
            step = _step(connection, chain.partition, seq, disposition)
            yield chain.add_content(salts, "step", seq, step.content(emitted.get((chain.partition, seq), ())))


def _step(connection: sqlite3.Connection, partition: str, seq: int, disposition: str | None) -> StepTexts:
    def records(what: str, rank: str = "0") -> tuple[RecordText, ...]:
        rows = connection.execute(
            f"SELECT id, body, {rank} FROM {what} WHERE partition = ? AND seq = ? ORDER BY position", (partition, seq)
        )
        return tuple(RecordText(id, body, rank=rank) for id, body, rank in rows)

    return StepTexts(
        seq=seq,
        disposition=disposition,
        timers="[]",
        due=None,
        issues=records("issues"),
        decisions=records("decisions"),
        actions=records("actions", "rank"),
        shadow=(),
        snapshots=(),
        emitted=(),
        erasure=None,
    )


if "__yoyo_collector__" in globals():
    # Only where yoyo reads the file: whoever imports the module runs nothing.
    from yoyo import step  # type: ignore[import-untyped, unused-ignore]

    step(to_version_2)
