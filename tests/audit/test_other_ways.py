"""The ways by which readers find records are no part of the chain, and are looked at all the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from migro.audit import AuditReport, verify
from migro.remember import SqliteMemory
from tests.agent.world import agent, handled, sure


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with an open issue, planned actions and a snapshot."""
    path = tmp_path / "journal.db"
    with SqliteMemory(path, durability="off") as memory:
        handled(agent(memory, snapshot_every=2), sure())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def audited(path: Path) -> AuditReport:
    with SqliteMemory(path, read_only=True) as memory:
        return verify(memory)


def places(content: bytes, word: bytes) -> list[int]:
    return [n for n in range(len(content)) if content.startswith(word, n)]


@pytest.mark.parametrize("word", [b"planned", b"open", b"dk_"])
def test_a_flip_in_an_index_is_found_like_one_in_a_record(path: Path, tmp_path: Path, word: bytes) -> None:
    content = path.read_bytes()
    assert audited(path).ok
    found = places(content, word)
    assert found or word == b"dk_"
    for number, place in enumerate(found):
        copy = tmp_path / f"{number}.db"
        copy.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert not audited(copy).ok, (word, place)


def test_a_snapshot_that_stands_beside_the_right_one_is_found(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        columns = [row[1] for row in connection.execute("SELECT * FROM pragma_table_info('snapshots')")]
        taken = ", ".join(f"{c} + 1000" if c == "position" else c for c in columns)
        connection.execute(f"INSERT INTO snapshots ({', '.join(columns)}) SELECT {taken} FROM snapshots LIMIT 1")
        connection.commit()
    (finding,) = audited(path).findings

    assert (finding.check, finding.what) == ("served", "snapshots")
    assert (finding.expected.split()[0], finding.got) == ("1", "2")
