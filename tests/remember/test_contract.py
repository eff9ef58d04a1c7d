"""Both memories keep the contract of the port."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.remember import SqliteMemory, VolatileMemory
from migro.testing import MemoryContract


class TestVolatile(MemoryContract):
    @pytest.fixture
    def memory(self) -> Iterator[VolatileMemory]:
        # Threads change places as often as they can, or a missing lock would never be noticed.
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-7)
        yield VolatileMemory()
        sys.setswitchinterval(before)


class TestSqlite(MemoryContract):
    @pytest.fixture
    def memory(self, tmp_path: Path) -> Iterator[SqliteMemory]:
        with SqliteMemory(tmp_path / "journal.db") as memory:
            yield memory


class TestSqliteNormal(MemoryContract):
    @pytest.fixture
    def memory(self, tmp_path: Path) -> Iterator[SqliteMemory]:
        with SqliteMemory(tmp_path / "journal.db", durability="normal") as memory:
            yield memory
