"""``migro memory``: what a file is, and bringing an old one to today's version."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from migro.cli import main
from migro.models import SignalReceived
from migro.remember import SqliteMemory
from migro.testing import START, sample_signal, sample_step

OLD = Path(__file__).parents[1] / "data" / "memories" / "version-1.db"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copy(OLD, tmp_path / "journal.db"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    with SqliteMemory(path) as memory:
        memory.accept("m", [SignalReceived(at=START, signal=sample_signal(n)) for n in (1, 2, 3)])
        memory.commit("m", 0, [sample_step(1)])
    return path


def test_info_shows_version_sizes_and_what_is_pending(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "info", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == f"File        {path}"
    assert "Version     2, today's" in lines
    assert "Pending     2 of 3 inputs" in lines
    assert lines[-1].split() == ["m", "3", "2", "4"]


def test_info_says_the_same_to_programs(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "info", f"sqlite:///{path}", "--format", "jsonl"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["path"], found["version"], found["current"]) == (str(path), 2, True)
    assert found["partitions"] == [{"name": "m", "accepted": 3, "pending": 2, "links": 4}]
    assert found["records"]["decisions"] == 1
    assert found["file_bytes"] == path.stat().st_size


def test_info_works_while_an_agent_writes_and_changes_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SqliteMemory(path) as memory, memory._file.transaction():
        assert main(["memory", "info", str(path)]) == 0
    before = path.read_bytes()
    assert main(["memory", "info", str(path)]) == 0

    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_info_of_an_old_file_names_the_command(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "info", str(old)]) == 0

    assert "Version     1: run `migro memory upgrade` before an agent uses it" in capsys.readouterr().out


def test_an_old_file_is_upgraded_after_a_backup(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decisions", "--memory", str(old)]) == 1
    assert f"run `migro memory upgrade {old}`" in capsys.readouterr().err
    assert main(["memory", "upgrade", str(old)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"upgraded {old} from version 1 to 2",
        f"as it was: {old}.version-1; keep it until you have seen that all is well",
    ]
    assert main(["decisions", "--memory", str(old)]) == 0
    assert main(["audit", "verify", "--memory", str(old)]) == 0


def test_an_upgrade_that_is_not_needed_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "upgrade", str(path)]) == 0
    assert capsys.readouterr().out == f"{path} has version 2 already; nothing was changed\n"
    assert main(["memory", "upgrade", str(path), "--format", "jsonl"]) == 0

    assert json.loads(capsys.readouterr().out) == {"path": str(path), "before": 2, "after": 2, "backup": None}


@pytest.mark.parametrize("verb", ["info", "upgrade"])
def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", verb, str(tmp_path / "nowhere.db")]) == 2
    assert "expected a memory that exists, found no file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["info", "upgrade"])
def test_a_directory_is_no_memory(tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", verb, str(tmp_path)]) == 2
    assert f"expected a file, got a directory - at {tmp_path}" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["info", "upgrade"])
def test_a_directory_that_is_not_there_is_named(tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", verb, str(tmp_path / "nowhere" / "journal.db")]) == 2
    assert f"found no directory {tmp_path / 'nowhere'}" in capsys.readouterr().err


def test_info_of_a_file_that_may_not_be_written_is_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["memory", "info", str(path)]) == 0
    told = capsys.readouterr().out
    monkeypatch.setattr(os, "access", lambda p, how: False)
    assert main(["memory", "info", str(path)]) == 0

    assert capsys.readouterr().out == told
    assert "Mode        wal" in told
