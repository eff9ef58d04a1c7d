"""Volatile and SQLite memory cannot be told apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from migro.errors import MigroError
from migro.models import Input, SignalReceived, Tick
from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory
from migro.testing import START
from migro.testing.ledger import MemoryWithLedger, content_of, holds
from tests.effort import cases
from tests.strategies import batches, few_signals, inputs, partitions, signals


def outcome(call: Callable[[], object]) -> object:
    """What a call gives or refuses, in a form that can be compared."""
    try:
        return call()
    except MigroError as e:
        return type(e), str(e)


def everything(memory: Memory) -> dict[str, list[Any]]:
    return {
        "journal": list(memory.read("journal")),
        "issues": list(memory.read("issues")),
        "decisions": list(memory.read("decisions")),
        "actions": list(memory.read("actions")),
        "shadow": list(memory.read("shadow")),
        "snapshots": list(memory.read("snapshots")),
        "partitions": [attrs.evolve(p, head="") for p in memory.read("partitions")],
        "loaded": [list(memory.load(p)) for p in ("a", "b", "platform")],
        "open": [list(memory.read(w, pending=True)) for w in ("journal", "issues", "actions")],
        "behind": [p.name for p in memory.read("partitions", pending=True)],
    }


def ledger(memory: MemoryWithLedger) -> list[Any]:
    """The chains as far as chance has no part in them, after seeing that each of them holds."""
    said: list[Any] = []
    for name in memory.partitions():
        for link in holds(memory, name):
            by_chance = {"salt": link.salt == "", "digest": "", "hash": ""}
            if link.what == "erasure":
                content = content_of(link)
                content["rewritten"] = [position for position, *_ in content["rewritten"]]
                by_chance["payload"] = content
            said.append(attrs.asdict(link) | by_chance)
        said += memory.stored(name)
    return said


class BothMemories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "journal.db"
        self.volatile = VolatileMemory()
        self.sqlite = SqliteMemory(self.path, durability="off")
        self.versions: dict[str, int] = {}

    def teardown(self) -> None:
        # Once at the end: a chain that went wrong stays wrong.
        assert ledger(self.volatile) == ledger(self.sqlite)
        self.sqlite.close()
        self.directory.cleanup()

    def on_both(self, call: Callable[[VolatileMemory | SqliteMemory], object]) -> object:
        first, second = outcome(lambda: call(self.volatile)), outcome(lambda: call(self.sqlite))

        assert first == second
        return first

    @rule(partition=partitions, given=st.lists(inputs(few_signals()), max_size=4))
    def accept(self, partition: str, given: Sequence[Input]) -> None:
        self.on_both(lambda m: m.accept(partition, given))

    @rule(partition=partitions, data=st.data())
    def commit_the_next(self, partition: str, data: st.DataObject) -> None:
        version = self.versions.get(partition, 0)
        batch = data.draw(batches(version, partition))
        accepted = sum(p.accepted for p in self.volatile.read("partitions", id=partition))
        missing: list[Input] = [Tick(at=START)] * (batch[-1].seq - accepted)
        self.on_both(lambda m: m.accept(partition, missing))
        if self.on_both(lambda m: m.commit(partition, version, batch)) is None:
            self.versions[partition] = batch[-1].seq

    @rule(partition=partitions, expected=st.integers(0, 3), off=st.integers(-2, 1), data=st.data())
    def commit_perhaps_out_of_turn(self, partition: str, expected: int, off: int, data: st.DataObject) -> None:
        batch = data.draw(batches(expected + off, partition))
        if self.on_both(lambda m: m.commit(partition, expected, batch)) is None:
            self.versions[partition] = batch[-1].seq

    @rule(partition=partitions, data=st.data())
    def commit_with_a_gap(self, partition: str, data: st.DataObject) -> None:
        version = self.versions.get(partition, 0)
        batch = data.draw(batches(version, partition)) + data.draw(batches(version + 3, partition))
        self.on_both(lambda m: m.commit(partition, version, batch))

    @rule(name=st.sampled_from(["x", "y"]), holder=st.sampled_from(["p", "q"]), seconds=st.sampled_from([0, 3600]))
    def take_a_lease(self, name: str, holder: str, seconds: int) -> None:
        self.on_both(lambda m: m.acquire(name, holder, seconds))

    @rule(name=st.sampled_from(["x", "y"]), holder=st.sampled_from(["p", "q"]))
    def give_it_back(self, name: str, holder: str) -> None:
        self.on_both(lambda m: m.release(name, holder))

    @precondition(lambda self: bool(self.versions))
    @rule()
    def reopen_the_file(self) -> None:
        self.sqlite.close()
        self.sqlite = SqliteMemory(self.path, durability="off")

    @rule(partition=st.none() | partitions, number=st.integers(1, 3), signal=few_signals())
    def look_up(self, partition: str | None, number: int, signal: Any) -> None:
        self.on_both(lambda m: list(m.read("journal", id=signal.id, partition=partition)))
        self.on_both(lambda m: list(m.read("issues", id=f"iss_{number}", partition=partition)))
        self.on_both(lambda m: list(m.read("decisions", id=f"dec_{number}", partition=partition)))
        self.on_both(lambda m: list(m.read("actions", id=f"act_{number}", partition=partition)))
        self.on_both(lambda m: list(m.read("shadow", id=f"dec_{number}", partition=partition)))
        self.on_both(lambda m: list(m.read("snapshots", id=f"rules_{number}", partition=partition)))
        self.on_both(lambda m: list(m.read("issues", partition=partition, pending=True)))

    @invariant()
    def they_say_the_same(self) -> None:
        held = everything(self.volatile)

        assert held == everything(self.sqlite)
        for entries in held["loaded"]:
            assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
            assert [e.done for e in entries] == sorted((e.done for e in entries), reverse=True)


TestBothMemories = BothMemories.TestCase
TestBothMemories.settings = settings(
    max_examples=cases(20), stateful_step_count=14, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@given(signal=signals())
def test_every_signal_comes_back_as_it_was(signal: Any) -> None:
    given = SignalReceived(at=START, signal=signal)
    memory = VolatileMemory()
    memory.accept("m", [given])
    (entry,) = memory.load("m")

    assert entry.input == given


@settings(max_examples=30)
@given(given=st.lists(inputs(), max_size=3))
def test_every_input_comes_back_from_a_file_as_it_was(given: Sequence[Input]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        with SqliteMemory(path, durability="normal") as memory:
            taken = memory.accept("m", given)
        with SqliteMemory(path) as memory:
            assert [e.input for e in memory.load("m")] == [a.input for a in taken]
