"""Taking a person out of one partition of a SQLite file: everything stored is looked through and rewritten."""

from __future__ import annotations

import sqlite3

from ..models.steps import Erasure
from .chaining import Rewriting, Salts
from .forms import MODELS, InputText, erased
from .texts import RecordText, SnapshotBytes

__all__ = ["rewrite"]

_INPUTS = """
    SELECT seq, input, at, delivery_key, duplicate_of, body FROM journal
    WHERE partition = ? AND (instr(body, ?) OR instr(delivery_key, ?)) ORDER BY seq
"""
_RESULTS = """
    UPDATE journal SET disposition = replace(disposition, :old, :new), timers = replace(timers, :old, :new)
    WHERE partition = :partition AND (instr(disposition, :old) OR instr(timers, :old))
"""


def rewrite(connection: sqlite3.Connection, salts: Salts, partition: str, erasure: Erasure) -> Rewriting:
    """Put the token where the pseudonym is in all that is stored for a partition, and return what that changed."""
    now = Rewriting()
    _inputs(connection, salts, partition, erasure, now)
    names = {"partition": partition, "old": erasure.pseudonym, "new": erasure.token}
    connection.execute(_RESULTS, names)
    _contents(connection, salts, partition, erasure, now)
    _snapshots(connection, salts, partition, erasure, now)
    for what in MODELS:
        _records(connection, what, partition, erasure, now)
    # With the old salt somebody could still try words until one gives the old digest.
    connection.executemany(
        "UPDATE links SET salt = x'' WHERE partition = ? AND position = ?",
        [(partition, position) for position in now.rewritten],
    )
    return now


def _inputs(connection: sqlite3.Connection, salts: Salts, partition: str, erasure: Erasure, now: Rewriting) -> None:
    found = connection.execute(_INPUTS, (partition, erasure.pseudonym, erasure.pseudonym)).fetchall()
    if not found:
        return
    links = connection.execute("SELECT seq, position FROM links WHERE partition = ? AND what = 'input'", (partition,))
    positions: dict[int, int] = dict(links)
    for seq, *row in found:
        given = InputText(*row).without(erasure)
        connection.execute(
            "UPDATE journal SET body = ?, delivery_key = ? WHERE partition = ? AND seq = ?",
            (given.text, given.key, partition, seq),
        )
        now.payload(salts, positions[seq], given.payload())


def _contents(connection: sqlite3.Connection, salts: Salts, partition: str, erasure: Erasure, now: Rewriting) -> None:
    found = connection.execute(
        "SELECT position, content FROM links WHERE partition = ? AND instr(content, ?)", (partition, erasure.pseudonym)
    ).fetchall()
    for position, before in found:
        content = erased(before, erasure)
        connection.execute(
            "UPDATE links SET content = ? WHERE partition = ? AND position = ?", (content, partition, position)
        )
        now.payload(salts, position, content.encode("utf-8", "surrogatepass"))


def _snapshots(connection: sqlite3.Connection, salts: Salts, partition: str, erasure: Erasure, now: Rewriting) -> None:
    found = connection.execute(
        "SELECT position, ruleset, policy, data FROM snapshots WHERE partition = ?", (partition,)
    ).fetchall()
    for position, *row in found:
        before = SnapshotBytes(*row)
        after = before.without(erasure)
        if after != before:
            connection.execute(
                "UPDATE snapshots SET data = ? WHERE partition = ? AND position = ?", (after.data, partition, position)
            )
            now.payload(salts, position, after.payload())


def _records(connection: sqlite3.Connection, what: str, partition: str, erasure: Erasure, now: Rewriting) -> None:
    found = connection.execute(
        f"SELECT id, body FROM {what} WHERE partition = ? AND (instr(body, ?) OR instr(id, ?)) ORDER BY seq, position",
        (partition, erasure.pseudonym, erasure.pseudonym),
    ).fetchall()
    for row in found:
        record = RecordText(*row).without(erasure)
        connection.execute(f"UPDATE {what} SET id = ?, body = ? WHERE id = ?", (record.id, record.text, row[0]))
        now.record(what, record)
