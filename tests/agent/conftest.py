"""What tests of the agent share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory


@pytest.fixture(params=["volatile", "sqlite"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory]:
    """A memory of each sort."""
    if request.param == "volatile":
        yield VolatileMemory()
    else:
        with SqliteMemory(tmp_path / "m.db") as held:
            yield held
