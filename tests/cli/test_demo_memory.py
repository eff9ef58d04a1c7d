"""A demo replaces what a demo made, and nothing else."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migro import Signal
from migro.cli.demo_memory import demo_memory
from migro.errors import ConfigurationError
from migro.models import SignalReceived
from migro.remember import SqliteMemory
from tests.conftest import RunPython

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def accept(memory: SqliteMemory, kind: str) -> None:
    memory.accept("mugs", [SignalReceived(at=AT, signal=Signal(kind=kind, occurred_at=AT))])


def made(path: Path) -> None:
    with demo_memory(path) as memory:
        accept(memory, "first")


def refused(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught, demo_memory(path):
        pass
    return str(caught.value)


def test_a_demo_replaces_what_a_demo_made_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    for _ in range(3):
        made(path)

    with SqliteMemory(path) as memory:
        assert len(list(memory.read("journal"))) == 1


def test_a_demo_that_was_interrupted_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "migro-demo.db"

    def interrupted() -> None:
        with demo_memory(path) as memory:
            accept(memory, "first")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    made(path)


def test_a_memory_of_somebodys_own_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "migro-demo.db"
    with SqliteMemory(path) as memory:
        accept(memory, "precious")

    assert "a memory that no demo made" in refused(path)
    with SqliteMemory(path) as memory:
        assert len(list(memory.read("journal"))) == 1


def test_a_demo_that_somebody_went_on_with_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "migro-demo.db"
    made(path)
    with SqliteMemory(path) as memory:
        accept(memory, "precious")

    assert "other signals were added" in refused(path)


def test_a_file_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    text, empty, other, folder = (tmp_path / n for n in ("text", "empty", "other", "folder"))
    text.write_text("a long letter that nobody has a copy of" * 40, "utf-8")
    empty.touch()
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE made_by_demo (signals INTEGER)")
    connection.close()
    folder.mkdir()
    (tmp_path / "link").symlink_to(text)

    for path in (text, empty, other):
        before = path.read_bytes()
        assert "a file of another kind" in refused(path)
        assert path.read_bytes() == before
    assert "got a directory" in refused(folder)
    assert "got a link" in refused(tmp_path / "link")


def test_the_command_refuses_with_a_message(tmp_path: Path, run_migro: RunPython) -> None:
    (tmp_path / "migro-demo.db").mkdir()

    done = run_migro("demo", "--scenario", "SC24")

    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
    assert "got a directory" in done.stderr
