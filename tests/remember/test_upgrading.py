"""A file of every released version becomes like a new one, and loses nothing."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migro.errors import ConfigurationError, StoreUnavailable, UnsupportedFormat
from migro.models import ActionStatus, IssueStatus, SignalReceived, Tick
from migro.remember import SqliteMemory, upgrading
from migro.remember.inspection import has_wal_reset_bug, inspect
from migro.remember.schema import SCHEMA_VERSION
from migro.remember.upgrading import upgrade
from migro.testing import START, sample_step
from migro.testing.ledger import content_of, holds

RELEASED = sorted((Path(__file__).parents[1] / "data" / "memories").glob("version-*.db"))


SHOP = "merchant:m_1"


@pytest.fixture(params=RELEASED, ids=lambda p: p.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copy(request.param, tmp_path / "journal.db"))


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return Path(shutil.copy(RELEASED[0], tmp_path / "journal.db"))


def ask(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def schema(path: Path) -> list[tuple[Any, ...]]:
    return ask(path, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")


def texts(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What is stored, in the columns that every version has."""
    return {
        "journal": ask(
            path, "SELECT partition, seq, input, at, delivery_key, duplicate_of, body, disposition FROM journal"
        ),
        "partitions": ask(path, "SELECT name, version FROM partitions"),
        **{
            table: ask(path, f"SELECT id, partition, seq, position, format, body FROM {table} ORDER BY id")
            for table in ("issues", "decisions", "actions")
        },
    }


def test_there_is_a_file_of_every_version_before_todays() -> None:
    assert [p.stem for p in RELEASED] == [f"version-{n}" for n in range(1, SCHEMA_VERSION)]


def test_an_old_file_is_refused_with_the_command_that_helps(old: Path) -> None:
    before = old.read_bytes()
    for read_only in (False, True):
        with pytest.raises(UnsupportedFormat, match=r"got version \d: stop .* run `migro memory upgrade .*`"):
            SqliteMemory(old, read_only=read_only)

    assert old.read_bytes() == before


def test_an_upgraded_file_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    upgrade(old)
    with SqliteMemory(tmp_path / "new.db"):
        pass

    assert schema(old) == schema(tmp_path / "new.db")
    for pragma in ("user_version", "application_id", "journal_mode", "page_size"):
        assert ask(old, f"PRAGMA {pragma}") == ask(tmp_path / "new.db", f"PRAGMA {pragma}")


def test_an_upgrade_loses_nothing(old: Path) -> None:
    before = texts(old)
    upgrade(old)

    assert texts(old) == before
    assert before["journal"] != []


def test_the_backup_is_the_file_as_it_was(old: Path) -> None:
    before = texts(old), schema(old)
    done = upgrade(old)

    assert done.backup == old.with_name(f"journal.db.version-{done.before}")
    assert (texts(done.backup), schema(done.backup)) == before
    assert sorted(p.name for p in old.parent.iterdir()) == ["journal.db", done.backup.name]


def test_an_upgraded_file_is_an_ordinary_memory(old: Path) -> None:
    upgrade(old)
    with SqliteMemory(old) as memory:
        links = {name: holds(memory, name) for name in memory.partitions()}
        known = next(e for e in memory.load(SHOP) if isinstance(e.input, SignalReceived))
        version = next(p.version for p in memory.read("partitions", id=SHOP))
        (again,) = memory.accept(SHOP, [known.input])
        memory.commit(SHOP, version, [sample_step(version + 1)])

        assert isinstance(again.input, SignalReceived)
        assert again.input.duplicate_of == known.seq
        assert len(holds(memory, SHOP)) == len(links[SHOP]) + 2


def test_what_was_stored_is_read_as_before(first: Path) -> None:
    upgrade(first)
    with SqliteMemory(first) as memory:
        found = {p.name: (p.version, p.accepted, p.due) for p in memory.read("partitions")}
        words = [e.disposition and e.disposition.name for e in memory.load(SHOP)]

        assert found == {
            "merchant:m_1": (7, 9, None),
            "merchant:m_2": (6, 6, None),
            "merchant:m_3": (1, 2, None),
            "platform": (0, 1, None),
        }
        assert words == [None, "recorded", "recorded", "opened", "merged", "dropped", None, None, None]
        assert [i.status for i in memory.read("issues", partition=SHOP)] == [IssueStatus.RESOLVED]
        assert [i.id for i in memory.read("issues", pending=True)] == ["iss_3"]
        assert {a.status for a in memory.read("actions", partition=SHOP)} == {ActionStatus.EXPIRED}
        assert len(list(memory.read("decisions"))) == 5


def test_an_old_journal_gets_its_chain(first: Path) -> None:
    upgrade(first)
    with SqliteMemory(first) as memory:
        links = holds(memory, SHOP)
        steps = {k.seq: content_of(k) for k in links if k.what == "step"}
        (resolved,) = memory.read("issues", partition=SHOP)
        (other,) = (content_of(k) for k in holds(memory, "merchant:m_3") if k.what == "step")

        assert [(k.what, k.seq) for k in links[:4]] == [("input", 1), ("step", 1), ("input", 2), ("step", 2)]
        assert [id for id, _ in steps[7]["issues"]] == [resolved.id]
        assert [(id, rank) for id, _, rank in steps[7]["actions"]] == [
            (a.idempotency_key, 3) for a in memory.read("actions", partition=SHOP)
        ]
        assert other["emitted"] == [["platform", 1]]


def test_a_request_for_erasure_that_had_no_effect_stays_without_one_and_names_nobody(first: Path) -> None:
    body = '{"at":"2026-03-01T09:00:00Z","format":1,"input":"erasure_requested","merchant":"m","pseudonym":"somebody"}'
    with closing(sqlite3.connect(first, isolation_level=None)) as connection:
        connection.execute(
            "UPDATE journal SET input = 'erasure_requested', body = ? WHERE partition = 'merchant:m_1' AND seq = 7",
            (body,),
        )
    upgrade(first)
    with SqliteMemory(first) as memory:
        entry = next(e for e in memory.load(SHOP) if e.seq == 7)

        assert entry.input == Tick(at=START)
        holds(memory, SHOP)


def test_a_file_of_today_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with SqliteMemory(path):
        pass
    before = path.read_bytes()
    done = upgrade(path)

    assert (done.before, done.after, done.backup) == (SCHEMA_VERSION, SCHEMA_VERSION, None)
    assert path.read_bytes() == before


def test_a_backup_is_never_overwritten(first: Path) -> None:
    first.with_name("journal.db.version-1").write_text("precious")
    before = texts(first)

    with pytest.raises(ConfigurationError, match="expected no file where the backup goes"):
        upgrade(first)
    assert texts(first) == before
    assert first.with_name("journal.db.version-1").read_text() == "precious"


def test_a_file_in_use_is_not_upgraded(first: Path) -> None:
    before = schema(first), texts(first)
    with closing(sqlite3.connect(first, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="database is locked"):
            upgrade(first, busy_timeout_s=0)
        other.execute("ROLLBACK")

    assert (schema(first), texts(first)) == before
    assert [p.name for p in first.parent.iterdir()] == ["journal.db"]
    assert upgrade(first).after == SCHEMA_VERSION


def test_an_upgrade_that_fails_halfway_changes_nothing_and_can_be_tried_again(first: Path) -> None:
    with closing(sqlite3.connect(first, isolation_level=None)) as connection:
        (good,) = connection.execute("SELECT body FROM issues WHERE id = 'iss_3'").fetchone()
        connection.execute("CREATE TABLE links (in_the_way TEXT)")
    with pytest.raises(StoreUnavailable, match="table links already exists"):
        upgrade(first)

    assert [p.name for p in first.parent.iterdir()] == ["journal.db"]
    assert ask(first, "SELECT body FROM issues WHERE id = 'iss_3'") == [(good,)]
    with closing(sqlite3.connect(first, isolation_level=None)) as connection:
        connection.execute("DROP TABLE links")
    assert upgrade(first).after == SCHEMA_VERSION


def killed_before(path: Path, statement: str) -> None:
    """Upgrade a file in this process, which ends at once when a statement that starts so is about to run."""
    import os

    connect = upgrading._connect

    def watched(path: Path, busy_timeout_s: int) -> sqlite3.Connection:
        connection = connect(path, busy_timeout_s)
        connection.set_trace_callback(
            lambda sql: os.kill(os.getpid(), signal.SIGKILL) if sql.strip().startswith(statement) else None
        )
        return connection

    upgrading._connect = watched
    upgrade(path)


@pytest.mark.parametrize(
    "statement",
    ['CREATE TABLE "yoyo_lock"', "DROP INDEX", "CREATE TABLE links", "INSERT INTO links", "DROP TABLE old_", "COMMIT"],
)
def test_an_upgrade_that_is_killed_leaves_the_old_file(first: Path, statement: str) -> None:
    before = texts(first)
    process = multiprocessing.get_context("fork").Process(target=killed_before, args=(first, statement))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    assert texts(first) == before
    assert inspect(first).version == 1
    first.with_name("journal.db.version-1").unlink()
    assert upgrade(first).after == SCHEMA_VERSION
    assert texts(first) == before


def test_without_the_package_an_upgrade_says_what_to_install(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yoyo.backends.core.sqlite3", None)

    with pytest.raises(ConfigurationError, match=r"comes with the extra 'upgrade'"):
        upgrade(first)
    assert [p.name for p in first.parent.iterdir()] == ["journal.db"]


def test_only_migros_files_are_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    with pytest.raises(ConfigurationError, match="found no file"):
        upgrade(path)
    path.touch()
    with pytest.raises(ConfigurationError, match="got an empty file"):
        upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(ConfigurationError, match="got one of another program"):
        upgrade(path)
    assert [p.name for p in tmp_path.iterdir()] == ["any.db"]


def test_the_file_of_a_newer_migro_is_not_upgraded(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "journal.db"):
        pass
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(UnsupportedFormat, match="or older, got version 99"):
        upgrade(tmp_path / "journal.db")


@pytest.mark.parametrize(
    ("version", "expected"),
    [((3, 6, 23), False), ((3, 7, 0), True), ((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)],
)
def test_the_bug_of_the_library_is_known_by_its_range(version: tuple[int, ...], expected: bool) -> None:
    assert has_wal_reset_bug(version) is expected
