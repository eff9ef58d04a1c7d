"""The contract of `migro.ports.Memory` as tests."""

from __future__ import annotations

from ..ports import Memory
from .accepting import AcceptContract
from .committing import CommitContract
from .erasing import ErasureContract
from .reading import ReadContract

__all__ = ["MemoryContract"]


class MemoryContract(AcceptContract, CommitContract, ErasureContract, ReadContract):
    """
    Tests that every memory passes; a subclass gives a pytest fixture `memory`, empty for each test.
    """

    def test_it_keeps_the_port(self, memory: Memory) -> None:
        assert isinstance(memory, Memory)
