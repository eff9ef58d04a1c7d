"""Both memories keep the contract of the port."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.remember import SqliteMemory, VolatileMemory
from migro.testing import LeasesContract, LedgerContract, MemoryContract


class _Volatile:
    @pytest.fixture
    def memory(self) -> Iterator[VolatileMemory]:
        # Threads change places as often as they can, or a missing lock would never be noticed.
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-7)
        yield VolatileMemory()
        sys.setswitchinterval(before)

    @pytest.fixture
    def leases(self, memory: VolatileMemory) -> VolatileMemory:
        return memory


class _Sqlite:
    @pytest.fixture
    def memory(self, tmp_path: Path) -> Iterator[SqliteMemory]:
        with SqliteMemory(tmp_path / "journal.db") as memory:
            yield memory

    @pytest.fixture
    def leases(self, memory: SqliteMemory) -> SqliteMemory:
        return memory


class TestVolatile(_Volatile, MemoryContract):
    pass


class TestVolatileLedger(_Volatile, LedgerContract):
    pass


class TestVolatileLeases(_Volatile, LeasesContract):
    pass


class TestSqlite(_Sqlite, MemoryContract):
    pass


class TestSqliteLedger(_Sqlite, LedgerContract):
    pass


class TestSqliteLeases(_Sqlite, LeasesContract):
    pass


class TestSqliteNormal(MemoryContract):
    @pytest.fixture
    def memory(self, tmp_path: Path) -> Iterator[SqliteMemory]:
        with SqliteMemory(tmp_path / "journal.db", durability="normal") as memory:
            yield memory
