"""The memory in examples/ keeps the contract that the shipped ones keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.own_memory import JsonFileMemory
from migro.errors import StoreUnavailable
from migro.testing import MemoryContract, sample_step
from migro.testing.trials import received


class TestJsonFile(MemoryContract):
    @pytest.fixture
    def memory(self, tmp_path: Path) -> JsonFileMemory:
        return JsonFileMemory(tmp_path / "memory.json")


def test_a_second_memory_on_the_same_file_reads_the_same(tmp_path: Path) -> None:
    memory = JsonFileMemory(tmp_path / "memory.json")
    memory.accept("m", [received(1), received(2)])
    memory.commit("m", 0, [sample_step(1)])
    again = JsonFileMemory(tmp_path / "memory.json")

    assert list(again.load("m")) == list(memory.load("m"))
    assert list(again.read("decisions")) == list(sample_step(1).decisions)


def test_a_file_that_cannot_be_written_stores_nothing(tmp_path: Path) -> None:
    memory = JsonFileMemory(tmp_path / "missing" / "memory.json")

    with pytest.raises(StoreUnavailable, match="expected a file that can be written"):
        memory.accept("m", [received(1)])
    assert list(memory.load("m")) == []
