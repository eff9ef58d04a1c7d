"""What only a file can get wrong."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

import attrs
import pytest

import migro
from migro.engine.snapshots import read_plain
from migro.errors import ConfigurationError, InputError, StoreUnavailable, UnsupportedFormat
from migro.models import Erasure, Input, SignalReceived, StepRecord
from migro.processes import is_dead, this_process
from migro.remember import SqliteMemory, VolatileMemory
from migro.remember.connections import Durability
from migro.remember.storing import FIRST_DELIVERY
from migro.testing import START, sample_decision, sample_issue, sample_signal, sample_snapshot, sample_step
from migro.testing.erasing import PSEUDONYM, TOKEN, about_a_person, visit
from migro.testing.ledger import holds

ENV = {"PYTHONPATH": str(Path(migro.__file__).parent.parent)}


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
        step = attrs.evolve(sample_step(1), shadow=(sample_decision(),), snapshots=(sample_snapshot(1),))
        memory.commit("m", 0, [step])


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
    tamper(path, "PRAGMA user_version = 3")
    before = path.read_bytes()

    with pytest.raises(UnsupportedFormat, match="expected a migro database of version 2, got version 3") as caught:
        SqliteMemory(path)
    assert caught.value.where == str(path)
    assert path.read_bytes() == before


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a file in a directory that exists, found no .*nowhere"):
        SqliteMemory(tmp_path / "nowhere" / "journal.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read_only", [False, True])
def test_a_directory_is_no_file(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(ConfigurationError, match=f"expected a file, got a directory - at {tmp_path}"):
        SqliteMemory(tmp_path, read_only=read_only)


@pytest.mark.parametrize("seconds", [-1, 0.5, "5", True, None, 2**31])
def test_a_time_to_wait_is_a_whole_number_of_seconds(path: Path, seconds: object) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a whole number of seconds .* - at busy_timeout_s"):
        SqliteMemory(path, busy_timeout_s=seconds)  # type: ignore[arg-type]  # what a caller without types may write
    assert not path.exists()


def test_a_kind_of_records_that_does_not_exist_is_refused_with_those_that_do(path: Path) -> None:
    for memory in (SqliteMemory(path), VolatileMemory()):
        with memory, pytest.raises(ConfigurationError, match=r"'actions', .*'snapshots', got 'nope' - at read"):
            memory.read("nope")  # type: ignore[call-overload]  # what a caller without types may write


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_a_memory_without_a_file_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="expected the path of a file"):
        SqliteMemory(path)


def test_a_durability_that_does_not_exist_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected 'full', 'normal' or 'off', got 'on'"):
        SqliteMemory(path, durability="on")  # type: ignore[arg-type]  # what a caller without types may write
    assert not path.exists()


# while it is open


def test_the_file_is_kept_in_a_write_ahead_log_with_strict_tables(path: Path) -> None:
    with SqliteMemory(path):
        assert ask(path, "PRAGMA journal_mode") == [("wal",)]
        assert ask(path, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict") == [(9,)]


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1), ("off", 0)])
def test_durability_is_the_writers(path: Path, durability: Durability, level: int) -> None:
    with SqliteMemory(path, durability=durability) as memory:
        assert memory._file._writer is not None
        assert memory._file._writer.execute("PRAGMA synchronous").fetchone() == (level,)
        assert memory._file._writer.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.accept("m", [received(3)]),
        lambda m: m.commit("m", 0, [StepRecord(seq=1)]),
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
        with pytest.raises(
            StoreUnavailable,
            match="expected the write lock within 0 s, got: database is locked: another process holds it; wait",
        ):
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
            memory.commit("m", 1, [sample_step(2)])

        assert [e.done for e in memory.load("m")] == [True, False]
        assert [d.id for d in memory.read("decisions")] == ["dec_1"]


def test_readers_cannot_write(path: Path) -> None:
    with SqliteMemory(path) as memory:
        list(memory.load("m"))
        (reader,) = memory._file._idle

        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM partitions")


def test_connections_are_used_again(path: Path) -> None:
    with SqliteMemory(path) as memory:
        for _ in range(5):
            list(memory.load("m"))

        assert len(memory._file._idle) == 1


@pytest.mark.parametrize("call", [lambda m: m.accept("m", [received(3)]), lambda m: list(m.load("m"))])
def test_a_file_that_vanished_is_noticed_and_not_made_again(path: Path, call: Callable[[SqliteMemory], object]) -> None:
    filled(path)
    with SqliteMemory(path) as memory:
        path.unlink()
        with pytest.raises(
            StoreUnavailable, match=r"the file that was opened, found none in its place - at .*journal\.db"
        ):
            call(memory)

        assert not path.exists()


@pytest.mark.parametrize("call", [lambda m: m.accept("m", [received(3)]), lambda m: list(m.load("m"))])
def test_a_file_that_was_replaced_is_noticed(path: Path, call: Callable[[SqliteMemory], object]) -> None:
    filled(path)
    filled(path.with_name("other.db"))
    with SqliteMemory(path) as memory:
        path.with_name("other.db").replace(path)
        with pytest.raises(StoreUnavailable, match="expected the file that was opened, found another one in its place"):
            call(memory)
    for log in path.parent.glob("journal.db-*"):
        log.unlink()
    with SqliteMemory(path) as memory:
        assert len(list(memory.load("m"))) == 2


# while somebody else writes


def test_who_only_reads_makes_and_changes_nothing(path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open database file"):
        SqliteMemory(path, read_only=True)
    assert list(path.parent.iterdir()) == []
    path.touch()
    with pytest.raises(ConfigurationError, match="expected a migro database, got an empty file"):
        SqliteMemory(path, read_only=True)
    assert path.read_bytes() == b""


def test_who_only_reads_sees_what_is_written_meanwhile_and_cannot_write(path: Path) -> None:
    filled(path)
    with SqliteMemory(path) as writer, SqliteMemory(path, read_only=True) as reader:
        entries = reader.load("m")
        assert next(entries).done
        writer.commit("m", 1, [sample_step(2)])

        assert [e.done for e in entries] == [False]
        assert [e.done for e in reader.load("m")] == [True, True]
        with pytest.raises(StoreUnavailable, match="expected a memory that was opened for writing"):
            reader.accept("m", [received(3)])
        with pytest.raises(StoreUnavailable, match="expected a memory that was opened for writing"):
            reader.commit("m", 2, [])


def test_a_reader_is_not_in_the_way_of_a_writer_and_leaves_no_files(path: Path) -> None:
    filled(path)
    before = path.read_bytes()
    with SqliteMemory(path, read_only=True) as reader:
        assert len(list(reader.load("m"))) == 2

    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def forbid(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Say that a place may not be written; for a superuser the file system never does."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, how: Path(p) != place and access(p, how))


@pytest.mark.parametrize("what", ["file", "directory"])
def test_where_nothing_may_be_written_a_file_is_read_as_it_lies(
    path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    filled(path)
    link = path.parent / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    forbid(monkeypatch, path if what == "file" else path.parent)
    for given in (path, link):
        with SqliteMemory(given, read_only=True) as reader:
            entries = reader.load("m")
            assert next(entries).done
            assert len(list(reader.read("decisions"))) == 1
            # No log, no marks, and so nothing that is left behind.
            assert sorted(p.name for p in path.parent.iterdir()) == ["elsewhere", path.name]
            assert [e.done for e in entries] == [False]


def test_a_log_beside_a_file_that_may_not_be_written_is_read_with_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)
    forbid(monkeypatch, path)
    with SqliteMemory(path) as writer:
        writer.commit("m", 1, [sample_step(2)])
        with SqliteMemory(path, read_only=True) as reader:
            assert [e.done for e in reader.load("m")] == [True, True]


def test_a_file_that_is_changed_while_it_is_read_as_it_lies_is_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)
    forbid(monkeypatch, path)
    with SqliteMemory(path, read_only=True) as reader:
        entries = reader.load("m")
        next(entries)
        with SqliteMemory(path) as writer:
            writer.commit("m", 1, [sample_step(2)])
        with pytest.raises(StoreUnavailable, match="somebody did while it was read: ask again"):
            list(entries)

        assert [e.done for e in reader.load("m")] == [True, True]


def test_a_lease_ends_with_the_process_that_holds_it(path: Path) -> None:
    program = "from migro.processes import this_process; print(this_process(), end='')"
    gone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENV).stdout
    assert is_dead(gone)
    for memory in (SqliteMemory(path), VolatileMemory()):
        with memory:
            assert memory.acquire("m", f"{gone}#1", 3600)
            assert memory.acquire("m", this_process(), 3600)
            assert not memory.acquire("m", "elsewhere:1:2", 3600)
            memory.release("m", this_process())
            assert memory.acquire("m", "elsewhere:1:2", 3600)
            assert not memory.acquire("m", this_process(), 3600)


def test_a_lease_ends_by_the_clock_of_the_file(path: Path) -> None:
    with SqliteMemory(path) as memory, SqliteMemory(path) as other:
        assert memory.acquire("m", "elsewhere:1:2", 3600)
        assert not other.acquire("m", "nowhere:1:2", 3600)
        tamper(path, "UPDATE leases SET until = until - 3600001")
        assert other.acquire("m", "nowhere:1:2", 3600)
        ((holder,),) = ask(path, "SELECT holder FROM leases")

    assert holder == "nowhere:1:2"


def test_an_erased_person_is_nowhere_in_the_files(path: Path) -> None:
    with SqliteMemory(path) as memory:
        memory.accept("m", [visit(1), visit(2), visit(3), received(4)])
        # Records that change leave their older states in the gaps of the file, long ones and short ones.
        for n in (1, 2, 3):
            changing = tuple(
                sample_issue(f"iss_{i}", title=PSEUDONYM * (1 + (7 * i * n) % 40) if n < 3 else "-") for i in range(40)
            )
            memory.commit("m", n - 1, [StepRecord(seq=n, issues=changing)])
        memory.commit("m", 3, [about_a_person(4, erasure=Erasure(pseudonym=PSEUDONYM, token=TOKEN))])
        files = list(path.parent.iterdir())

        assert len(files) == 3
        assert [f.name for f in files if PSEUDONYM.encode() in f.read_bytes()] == []
        assert TOKEN.encode() in path.read_bytes()
        holds(memory, "m")


# what is in it


@pytest.mark.parametrize("table", ["journal", "issues", "decisions", "actions", "shadow", "snapshots"])
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
        memory.commit(name, 0, [sample_step(1)])

        assert [(e.partition, e.input) for e in memory.load(name)] == [(name, given[0])]
        assert len(list(memory.read("decisions", partition=name))) == 1


def test_no_question_about_the_journal_reads_all_of_it(path: Path) -> None:
    asked: dict[str, int] = {}
    with SqliteMemory(path) as memory:
        memory.accept("m", [received(1)])
        connect = memory._file._connect

        def watched(mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
            connection = connect(mode)
            connection.set_trace_callback(lambda sql: asked.setdefault(sql, len(asked)))
            return connection

        memory._file._drop_idle()
        memory._file._connect = watched  # type: ignore[method-assign]  # every reader from here on
        list(memory.read("journal", id="sig_1"))
        list(memory.read("journal", id="sig_1", partition="m", pending=True))
        list(memory.load("m", 1))
        for what in ("issues", "decisions", "actions", "shadow"):
            list(memory.read(what, partition="m"))
            list(memory.read(what, id="x"))
        list(memory.read("issues", pending=True))
        list(memory.read("actions", pending=True))
        list(memory.read("snapshots", partition="m"))
        questions = [sql for sql in asked if sql.lstrip().startswith("SELECT")]
    first_delivery = FIRST_DELIVERY.replace("?", "'k'")
    plans = {q: [str(row[3]) for row in ask(path, f"EXPLAIN QUERY PLAN {q}")] for q in (*questions, first_delivery)}

    assert len(plans) == 15
    assert [step for plan in plans.values() for step in plan if step.startswith("SCAN")] == []
    (index,) = plans[first_delivery]
    assert index == "SEARCH journal USING INDEX deliveries (delivery_key=? AND partition=? AND duplicate_of=?)"


def test_bytes_that_are_no_text_hide_nothing_else(path: Path) -> None:
    filled(path)
    tamper(path, "UPDATE journal SET body = CAST(x'ff' AS TEXT) WHERE seq = 2")
    tamper(path, "UPDATE links SET what = CAST(x'73ff' AS TEXT) WHERE position = 3")
    tamper(path, "INSERT INTO partitions VALUES (CAST(x'61ff' AS TEXT), 0, NULL, 0, x'')")
    with SqliteMemory(path) as memory:
        links = list(memory.links("m"))
        broken, *_ = memory.partitions()

        assert [k.what for k in links[:3]] == ["input", "input", "s\udcff"]
        assert links[1].payload is not None
        assert [p.name for p in memory.read("partitions", id=broken)] == ["a\udcff"]
        assert list(memory.links(broken)) == []
        assert list(memory.load(broken)) == []
        entries = memory.load("m")
        assert next(entries).seq == 1
        with pytest.raises(InputError, match="at journal 'm' 2"):
            next(entries)


@pytest.mark.parametrize("data", ["x'00'", "x''", "substr(data, 1, length(data) - 3)"])
def test_a_damaged_snapshot_is_empty_and_the_ledger_shows_the_damage(path: Path, data: str) -> None:
    filled(path)
    tamper(path, f"UPDATE snapshots SET data = {data}")
    with SqliteMemory(path) as memory:
        (kept,) = memory.read("snapshots")

        assert (kept.partition, kept.seq, kept.data) == ("m", 1, b"")
        with pytest.raises(InputError):
            read_plain(kept.data, "migro")
        with pytest.raises(AssertionError):
            holds(memory, "m")
