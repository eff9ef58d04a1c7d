"""A thousand flipped bytes in a file of ten thousand links, and each is found where it is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.audit import AuditFinding, verify
from migro.remember import SqliteMemory
from tests.audit.store import fill
from tests.audit.tampering import HASHED, Flip, Hand
from tests.effort import cases

FLIPS = cases(1000, promised=True)
SHOPS, INPUTS = 260, 20


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "journal.db"
    with SqliteMemory(path, durability="off") as memory:
        fill(memory, shops=SHOPS, inputs=INPUTS)
    return path


@pytest.fixture
def hand(path: Path) -> Iterator[Hand]:
    hand = Hand(path)
    yield hand
    hand.close()


def test_every_one_of_a_thousand_flipped_bytes_is_found_and_located(path: Path, hand: Hand) -> None:
    chance = random.Random(29)
    flips = hand.flips(chance)
    touched: Counter[tuple[str, str]] = Counter()
    missed: list[tuple[Flip, tuple[AuditFinding, ...]]] = []
    with SqliteMemory(path, read_only=True) as memory:
        before = verify(memory)
        while touched.total() < FLIPS:
            flip = next(flips)
            with hand.flipped(flip) as taken:
                if taken:
                    touched[flip.table, flip.column] += 1
                    findings = verify(memory, partitions=[flip.partition]).findings
                    if not any(flip.is_located_by(f) for f in findings):
                        missed.append((flip, findings))
        after = verify(memory)

    assert missed == []
    assert before.ok
    assert before.links >= 10_000
    assert after == before
    assert touched.keys() == {(table, column) for table, columns in HASHED.items() for column in columns}
