"""A memory is named by a URL or a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from migro.errors import ConfigurationError
from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory, open_memory


@pytest.mark.parametrize("url", ["sqlite:///journal.db", "journal.db", "./journal.db"])
def test_a_path_is_a_file_beside_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    with open_memory(url) as memory:
        assert isinstance(memory, SqliteMemory)
        assert memory.path == tmp_path / "journal.db"


def test_a_fourth_slash_makes_the_path_absolute(tmp_path: Path) -> None:
    with open_memory(f"sqlite:///{tmp_path}/journal.db") as memory:
        assert isinstance(memory, SqliteMemory)
        assert memory.path == tmp_path / "journal.db"


def test_volatile_keeps_nothing() -> None:
    with open_memory("volatile:") as memory:
        assert isinstance(memory, VolatileMemory)
        assert isinstance(memory, Memory)


@pytest.mark.parametrize(
    "url",
    ["", "sqlite:///", "sqlite://journal.db", "sqlite:journal.db", "postgresql://db/migro", "volatile:x", "memory:"],
)
def test_anything_else_is_refused_with_what_is_possible(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_memory(url)

    assert "expected a memory as 'sqlite:///PATH', 'PATH' or 'volatile:'" in str(caught.value)
    assert repr(url) in str(caught.value)
