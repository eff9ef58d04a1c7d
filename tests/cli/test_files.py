"""Which files are material, and that none is opened that could block."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migro.cli.files import Unusable, material_files, memory_files
from migro.models import Tick
from migro.remember import SqliteMemory


def split(*names: Path | str, own: frozenset[Path] = frozenset()) -> tuple[list[str], dict[str, str]]:
    found = list(material_files([str(n) for n in names], own))
    files = [f.name for f in found if isinstance(f, Path)]
    return files, {f.where: f.reason for f in found if isinstance(f, Unusable)}


def test_a_directory_gives_its_payloads_without_their_headers(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.json", "a.json", "a.json.meta.json", "deep/c.json"):
        (tmp_path / name).write_text("{}", "utf-8")

    assert split(tmp_path) == (["a.json", "b.json", "c.json"], {})


def test_what_cannot_be_read_is_named_once_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "upwards").symlink_to(tmp_path)
    (tmp_path / "lost.json.meta.json").write_text("{}", "utf-8")
    (tmp_path / "good.json").write_text("{}", "utf-8")
    with socket.socket(socket.AF_UNIX) as listening:
        before = os.open(".", os.O_RDONLY)
        try:
            # The path of a socket has a limit that temporary directories can pass.
            os.chdir(tmp_path)
            listening.bind("socket")
        finally:
            os.fchdir(before)
            os.close(before)

        files, troubles = split(tmp_path)

    assert files == ["good.json"]
    assert troubles == {
        "circle": "expected a file, got a link to nothing",
        "lost.json.meta.json": "expected the payload lost.json beside its headers, found none",
        "nowhere": "expected a file, got a link to nothing",
        "pipe": "expected a file, got a named pipe; a pipe is read as -",
        "socket": "expected a file, got a socket; a pipe is read as -",
        "upwards": "expected a file, got a link to a directory",
    }


@pytest.mark.parametrize(
    ("name", "words"), [("/dev/null", "a device"), ("none", "found neither"), ("a.json.meta.json", "headers of a.json")]
)
def test_a_name_that_is_given_and_no_material_says_why(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "a.json").write_text("{}", "utf-8")
    (tmp_path / "a.json.meta.json").write_text("{}", "utf-8")

    files, troubles = split(tmp_path / name)

    assert files == []
    assert words in next(iter(troubles.values()))


def test_headers_may_be_given_with_their_payload_as_a_shell_does(tmp_path: Path) -> None:
    names = [tmp_path / "a.json", tmp_path / "a.json.meta.json"]
    for name in names:
        name.write_text("{}", "utf-8")

    assert split(*names) == (["a.json"], {})


def test_memories_and_their_keys_are_no_material(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}", "utf-8")
    (tmp_path / "mine.db.key").write_bytes(b"k" * 32)
    (tmp_path / "later.db.key").write_bytes(b"k" * 32)
    with SqliteMemory(tmp_path / "mine.db") as memory:
        memory.accept("mugs", [Tick(at=datetime(2026, 3, 1, tzinfo=UTC))])
        assert (tmp_path / "mine.db-wal").exists()

        assert split(tmp_path, own=memory_files(f"sqlite:///{tmp_path}/later.db")) == (["a.json"], {})
        assert "memory of migro" in split(tmp_path / "mine.db")[1][str(tmp_path / "mine.db")]


def test_another_programs_database_is_material_like_any_file(tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"SQLite format 3\0" + bytes(80))

    assert split(tmp_path) == (["other.db"], {})
