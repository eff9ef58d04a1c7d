"""What has lasted is kept from the garbage collector while a command runs, and cycles are found all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from migro.cli.heap import Heap, long_lived


@pytest.fixture(autouse=True)
def _nothing_frozen() -> Iterator[None]:
    yield
    gc.unfreeze()


class Knot:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


def test_what_is_there_is_left_alone_once_a_second() -> None:
    now = [0.0]
    heap, frozen = Heap(lambda: now[0]), gc.get_freeze_count()
    kept: list[list[int]] = [[] for _ in range(1_000)]

    now[0] = 0.9
    heap.rest()
    assert gc.get_freeze_count() == frozen

    now[0] = 1.0
    heap.rest()
    assert gc.get_freeze_count() >= frozen + len(kept)


def test_cycles_are_found_within_an_hour_though_they_were_left_alone() -> None:
    now = [0.0]
    heap, knot = Heap(lambda: now[0]), Knot()
    left = weakref.ref(knot)
    now[0] = 1.0
    heap.rest()
    del knot
    gc.collect()
    assert left() is not None, "it was not left alone"

    now[0] = 3_600.0
    heap.rest()
    assert left() is None


def test_afterwards_the_collector_is_as_it_was() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with long_lived():
        assert gc.get_freeze_count() > before[1]
        assert gc.get_threshold() != before[0]

    assert (gc.get_threshold(), gc.get_freeze_count()) == before
