"""What only a file can get wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from migro.errors import ConfigurationError, InputError, StoreUnavailable, UnsupportedFormat
from migro.models import Input, SignalReceived, StepRecord
from migro.remember import SqliteMemory
from migro.testing import START, sample_signal, sample_step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def received(number: int = 1) -> SignalReceived:
    return SignalReceived(at=START, signal=sample_signal(number))


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def ask(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def filled(path: Path) -> None:
    with SqliteMemory(path) as memory:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, sample_step(1))


# what may be opened


@pytest.mark.parametrize("name", ["100%.db", "what?.db", "a#b.db", "tāble ünd.db", "file:x.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    with SqliteMemory(tmp_path / name) as memory:
        memory.accept("m", [received()])

        assert len(list(memory.load("m"))) == 1
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SqliteMemory("journal.db") as memory:
        monkeypatch.chdir("/")
        memory.accept("m", [received()])

        assert len(list(memory.load("m"))) == 1


def test_an_empty_file_becomes_a_memory(path: Path) -> None:
    path.touch()
    with SqliteMemory(path) as memory:
        assert list(memory.read("journal")) == []


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("dear diary, " * 100)

    with pytest.raises(
        ConfigurationError, match=r"expected a migro database, got a file of another kind - at .*journal\.db"
    ):
        SqliteMemory(path)
    assert path.read_text() == "dear diary, " * 100


def test_a_damaged_database_is_unavailable_and_left_alone(path: Path) -> None:
    filled(path)
    damaged = path.read_bytes()[:100] + b"\xff" * 3996 + path.read_bytes()[4096:]
    path.write_bytes(damaged)

    with pytest.raises(StoreUnavailable, match="malformed"):
        SqliteMemory(path)
    assert path.read_bytes() == damaged


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    tamper(path, "CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()

    with pytest.raises(ConfigurationError, match="expected a migro database, got one of another program"):
        SqliteMemory(path)
    assert path.read_bytes() == before


def test_a_database_that_another_program_marked_as_its_own_is_refused(path: Path) -> None:
    tamper(path, "PRAGMA application_id = 42")

    with pytest.raises(ConfigurationError, match="application id 42"):
        SqliteMemory(path)


def test_the_file_of_a_newer_migro_is_refused_and_left_alone(path: Path) -> None:
    filled(path)
    tamper(path, "PRAGMA user_version = 2")
    before = path.read_bytes()

    with pytest.raises(UnsupportedFormat, match="expected a migro database of version 1, got version 2") as caught:
        SqliteMemory(path)
    assert caught.value.where == str(path)
    assert path.read_bytes() == before


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"unable to open database file - at .*nowhere"):
        SqliteMemory(tmp_path / "nowhere" / "journal.db")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        SqliteMemory(tmp_path)


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_a_memory_without_a_file_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="expected the path of a file"):
        SqliteMemory(path)


def test_a_durability_that_does_not_exist_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected 'full' or 'normal', got 'off'"):
        SqliteMemory(path, durability="off")  # type: ignore[arg-type]  # what a caller without types may write
    assert not path.exists()


# while it is open


def test_the_file_is_kept_in_a_write_ahead_log_with_strict_tables(path: Path) -> None:
    with SqliteMemory(path):
        assert ask(path, "PRAGMA journal_mode") == [("wal",)]
        assert ask(path, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict") == [(5,)]


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_durability_is_the_writers(path: Path, durability: Literal["full", "normal"], level: int) -> None:
    with SqliteMemory(path, durability=durability) as memory:
        assert memory._writer.execute("PRAGMA synchronous").fetchone() == (level,)
        assert memory._writer.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.accept("m", [received(3)]),
        lambda m: m.commit("m", 0, StepRecord(seq=1)),
        lambda m: list(m.load("m")),
        lambda m: list(m.read("decisions")),
    ],
)
def test_a_closed_memory_says_so(path: Path, call: Callable[[SqliteMemory], object]) -> None:
    memory = SqliteMemory(path)
    memory.close()
    memory.close()

    with pytest.raises(StoreUnavailable, match="expected an open memory, got one that was closed"):
        call(memory)


def test_a_reader_may_finish_after_the_memory_was_closed(path: Path) -> None:
    memory = SqliteMemory(path)
    memory.accept("m", [received(1), received(2)])
    entries = memory.load("m")
    next(entries)
    memory.close()

    assert [e.seq for e in entries] == [2]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_file_locked_by_somebody_else_is_unavailable_and_stores_nothing(path: Path) -> None:
    with SqliteMemory(path, busy_timeout_s=0) as memory, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="database is locked"):
            memory.accept("m", [received()])
        other.execute("ROLLBACK")

        assert list(memory.load("m")) == []
        assert len(memory.accept("m", [received()])) == 1


def test_what_a_locked_file_holds_can_still_be_read(path: Path) -> None:
    filled(path)
    with SqliteMemory(path) as memory, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        assert [e.done for e in memory.load("m")] == [True, False]
        other.execute("ROLLBACK")


def test_a_failure_in_the_middle_of_a_step_takes_the_whole_step_back(path: Path) -> None:
    filled(path)
    tamper(path, "CREATE TRIGGER full BEFORE INSERT ON actions BEGIN SELECT raise(ABORT, 'no room'); END")
    with SqliteMemory(path) as memory:
        with pytest.raises(StoreUnavailable, match="no room"):
            memory.commit("m", 1, sample_step(2))

        assert [e.done for e in memory.load("m")] == [True, False]
        assert [d.id for d in memory.read("decisions")] == ["dec_1"]


def test_readers_cannot_write(path: Path) -> None:
    with SqliteMemory(path) as memory:
        list(memory.load("m"))
        (reader,) = memory._idle

        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM partitions")


def test_connections_are_used_again(path: Path) -> None:
    with SqliteMemory(path) as memory:
        for _ in range(5):
            list(memory.load("m"))

        assert len(memory._idle) == 1


def test_a_file_that_vanished_is_not_made_again_by_a_reader(path: Path) -> None:
    with SqliteMemory(path) as memory:
        path.unlink()
        with pytest.raises(StoreUnavailable, match="unable to open database file"):
            list(memory.load("m"))

        assert not path.exists()


# what is in it


@pytest.mark.parametrize("table", ["journal", "issues", "decisions", "actions"])
def test_a_record_in_a_newer_format_is_refused_by_its_place(path: Path, table: str) -> None:
    filled(path)
    tamper(path, f"UPDATE {table} SET format = 2")
    with SqliteMemory(path) as memory, pytest.raises(UnsupportedFormat, match="got format 2") as caught:
        list(memory.read(table))  # type: ignore[call-overload]  # one of the four words

    assert caught.value.where == f"{table} 'm' 1"


@pytest.mark.parametrize("body", ["{}", "[", "null", '{"input":"tick","at":"2026-03-01T09:00:00Z","format":2}'])
def test_a_damaged_input_is_named_by_its_place(path: Path, body: str) -> None:
    filled(path)
    tamper(path, f"UPDATE journal SET body = '{body}' WHERE seq = 2")
    with SqliteMemory(path) as memory, pytest.raises(InputError, match="at journal 'm' 2"):
        list(memory.load("m"))


def test_a_damaged_record_is_named_by_its_place(path: Path) -> None:
    filled(path)
    tamper(path, "UPDATE issues SET body = '{}'")
    with SqliteMemory(path) as memory, pytest.raises(InputError, match="at issues 'm' 1"):
        list(memory.read("issues"))


@pytest.mark.parametrize("character", ["\x00", "'", '"', "\u2028", "𝄞", "\\"])
def test_odd_characters_in_names_are_only_characters(path: Path, character: str) -> None:
    name = f"shop{character}x"
    given: list[Input] = [SignalReceived(at=START, signal=sample_signal(merchant=name))]
    with SqliteMemory(path) as memory:
        memory.accept(name, given)
        memory.commit(name, 0, sample_step(1))

        assert [(e.partition, e.input) for e in memory.load(name)] == [(name, given[0])]
        assert len(list(memory.read("decisions", partition=name))) == 1


def test_no_question_about_the_journal_reads_all_of_it(path: Path) -> None:
    plan = "EXPLAIN QUERY PLAN SELECT {} FROM {} WHERE {}"
    questions = [
        plan.format(
            "seq, at", "journal", "delivery_key = 'k' AND partition = 'm' AND duplicate_of IS NULL ORDER BY seq DESC"
        ),
        plan.format("body", "journal", "delivery_key = 'k' AND input = 'signal_received'"),
        plan.format("body", "journal", "partition = 'm' ORDER BY partition, seq"),
        plan.format("body", "decisions", "partition = 'm' ORDER BY partition, seq, position"),
        plan.format("body", "actions", "status = 'planned'"),
    ]
    with SqliteMemory(path):
        plans = [str(row[3]) for q in questions for row in ask(path, q)]

    assert len(plans) == len(questions)
    assert all(p.startswith("SEARCH") for p in plans)
