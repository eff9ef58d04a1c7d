"""What one transaction on a SQLite file does: inputs in, steps in, and the links of both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ..models.chain import GENESIS
from ..models.steps import Accepted
from .chaining import Chain, LinkRow, Salts
from .erasing import rewrite
from .forms import FORMAT, Draft, check_turn, decided_before
from .texts import RecordText, SnapshotBytes, StepTexts

__all__ = ["FIRST_DELIVERY", "PUT_LINK", "Storing", "link_values"]

# Without the name of the index SQLite takes the primary key's and reads the whole partition for every input.
FIRST_DELIVERY = """
    SELECT seq, at FROM journal INDEXED BY deliveries
    WHERE delivery_key = ? AND partition = ? AND duplicate_of IS NULL
    ORDER BY seq DESC LIMIT 1
"""
_REPLACED = "partition = excluded.partition, seq = excluded.seq, position = excluded.position, body = excluded.body"
_PUT_ISSUE = f"""
    INSERT INTO issues (partition, seq, position, id, body, status, format) VALUES (?, ?, ?, ?, ?, ?, {FORMAT})
    ON CONFLICT (id) DO UPDATE SET {_REPLACED}, status = excluded.status
"""
_PUT_DECISION = f"""
    INSERT INTO decisions (partition, seq, position, id, body, format) VALUES (?, ?, ?, ?, ?, {FORMAT})
    ON CONFLICT (id) DO NOTHING
"""
_PUT_ACTION = f"""
    INSERT INTO actions (partition, seq, position, id, body, status, rank, format)
    VALUES (?, ?, ?, ?, ?, ?, ?, {FORMAT})
    ON CONFLICT (id) DO UPDATE SET {_REPLACED}, status = excluded.status, rank = excluded.rank
    WHERE excluded.rank >= actions.rank
"""
_PUT_SHADOW = f"""
    INSERT INTO shadow (partition, seq, position, id, body, format) VALUES (?, ?, ?, ?, ?, {FORMAT})
    ON CONFLICT (id) DO UPDATE SET {_REPLACED}
"""
_PUT_INPUT = f"INSERT INTO journal VALUES (?, ?, {FORMAT}, ?, ?, ?, ?, ?, NULL, NULL)"
_PUT_SNAPSHOT = f"INSERT INTO snapshots VALUES (?, ?, ?, {FORMAT}, ?, ?, ?)"
PUT_LINK = "INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_OUTDATED = """
    SELECT position FROM snapshots WHERE partition = ? AND ruleset = ? AND policy = ?
    ORDER BY position DESC LIMIT -1 OFFSET 2
"""


class Storing:
    """One transaction; `finish` comes last."""

    def __init__(self, connection: sqlite3.Connection, expected_links: int) -> None:
        self._connection = connection
        self._salts = Salts(expected_links)
        self._chains: dict[str, Chain] = {}
        self._links: list[LinkRow] = []
        self._dropped: list[tuple[str, int]] = []

    def append(self, partition: str, drafts: Sequence[Draft]) -> tuple[Accepted, ...]:
        """Store inputs at the end of a journal."""
        if not drafts:
            return ()
        execute = self._connection.execute
        chain = self._chain(partition)
        seq = self._accepted(partition)
        taken: list[Accepted] = []
        for draft in drafts:
            stored: Draft | None = draft
            if draft.key is not None:
                first = execute(FIRST_DELIVERY, (draft.key, partition)).fetchone()
                if first and draft.repeats(first[1]):
                    stored = draft.as_duplicate(first[0])
            if stored is None:
                continue
            seq += 1
            row = stored.stored
            execute(_PUT_INPUT, (partition, seq, row.kind, row.at, row.key, row.duplicate_of, row.text))
            self._links.append(chain.add(self._salts, "input", seq, row.payload()))
            taken.append(Accepted(seq=seq, input=stored.input))
        return tuple(taken)

    def consume(self, partition: str, expected: int, steps: Sequence[StepTexts]) -> None:
        """Store what steps left behind."""
        row = self._connection.execute("SELECT version FROM partitions WHERE name = ?", (partition,)).fetchone()
        version = int(row[0]) if row else 0
        check_turn(partition, steps, expected=expected, version=version, accepted=self._accepted(partition))
        if not steps:
            return
        # An erasure concerns what was stored up to its step: what comes behind it in a batch is stored after it.
        for run in _runs(steps):
            self._connection.executemany(
                "UPDATE journal SET disposition = ?, timers = ? WHERE partition = ? AND seq = ?",
                [(s.disposition, None if s.timers == "[]" else s.timers, partition, s.seq) for s in run],
            )
            for step in run:
                self._step(partition, step)
        self._connection.execute(
            "UPDATE partitions SET version = ?, due = ? WHERE name = ?", (steps[-1].seq, steps[-1].due, partition)
        )

    def finish(self) -> None:
        """Store the links and where the chains end now."""
        self._put_links()
        self._connection.executemany("UPDATE links SET salt = x'' WHERE partition = ? AND position = ?", self._dropped)
        self._connection.executemany(
            "UPDATE partitions SET links = ?, head = ? WHERE name = ?",
            [(c.position, bytes.fromhex(c.head), c.partition) for c in self._chains.values()],
        )

    def _put_links(self) -> None:
        self._connection.executemany(PUT_LINK, map(link_values, self._links))
        self._links.clear()

    def _step(self, partition: str, step: StepTexts) -> None:
        put = self._connection.executemany
        if step.issues:
            put(_PUT_ISSUE, [(*row, r.status) for row, r in _rows(partition, step.seq, step.issues)])
        if step.decisions:
            stored = put(_PUT_DECISION, [row for row, _ in _rows(partition, step.seq, step.decisions)])
            if stored.rowcount < len(step.decisions):
                raise decided_before(partition, step.seq)
        if step.actions:
            put(_PUT_ACTION, [(*row, r.status, r.rank) for row, r in _rows(partition, step.seq, step.actions)])
        if step.shadow:
            put(_PUT_SHADOW, [row for row, _ in _rows(partition, step.seq, step.shadow)])
        emitted = [(to, next((a.seq for a in self.append(to, [draft])), None)) for to, draft in step.emitted]
        chain = self._chain(partition)
        self._links.append(chain.add_content(self._salts, "step", step.seq, step.content(emitted)))
        for snapshot in step.snapshots:
            self._keep(chain, step.seq, snapshot)
        if step.erasure is not None:
            # What it looks through has to be stored by then.
            self._put_links()
            rewriting = rewrite(self._connection, self._salts, partition, step.erasure)
            self._links.append(
                chain.add_content(self._salts, "erasure", step.seq, rewriting.content(step.erasure.token))
            )

    def _keep(self, chain: Chain, seq: int, snapshot: SnapshotBytes) -> None:
        name, version = chain.partition, (snapshot.ruleset, snapshot.policy)
        link = chain.add(self._salts, "snapshot", seq, snapshot.payload())
        self._links.append(link)
        self._connection.execute(_PUT_SNAPSHOT, (name, link.position, seq, *version, snapshot.data))
        outdated = [(name, row[0]) for row in self._connection.execute(_OUTDATED, (name, *version))]
        self._connection.executemany("DELETE FROM snapshots WHERE partition = ? AND position = ?", outdated)
        self._dropped += outdated

    def _accepted(self, partition: str) -> int:
        row = self._connection.execute("SELECT max(seq) FROM journal WHERE partition = ?", (partition,)).fetchone()
        return int(row[0] or 0)

    def _chain(self, partition: str) -> Chain:
        if partition not in self._chains:
            row = self._connection.execute("SELECT links, head FROM partitions WHERE name = ?", (partition,)).fetchone()
            if row is None:
                self._connection.execute("INSERT INTO partitions VALUES (?, 0, NULL, 0, x'')", (partition,))
                row = (0, b"")
            self._chains[partition] = Chain(partition, row[0], row[1].hex() or GENESIS)
        return self._chains[partition]


def _runs(steps: Sequence[StepTexts]) -> Iterator[Sequence[StepTexts]]:
    """Yield the steps in runs that end with an erasure or the last one."""
    since = 0
    for n, step in enumerate(steps, 1):
        if step.erasure is not None or n == len(steps):
            yield steps[since:n]
            since = n


def _rows(
    partition: str, seq: int, records: Sequence[RecordText]
) -> list[tuple[tuple[str, int, int, str, str], RecordText]]:
    return [((partition, seq, n, r.id, r.text), r) for n, r in enumerate(records)]


def link_values(row: LinkRow) -> tuple[str | int | bytes | None, ...]:
    """Return the columns of a link; half as many bytes as its hex digits."""
    digits = bytes.fromhex
    return (
        row.partition,
        row.position,
        row.what,
        row.seq,
        digits(row.salt),
        digits(row.digest),
        digits(row.hash),
        row.content,
    )
