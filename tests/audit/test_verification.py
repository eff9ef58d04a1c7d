"""An audit of memories that agents write, that somebody writes to meanwhile, that show no chain, or do not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Agent
from migro.audit import verify
from migro.errors import ConfigurationError, StoreUnavailable
from migro.models import Link, Signal, StoredRecord
from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory
from tests.agent.world import OPEN_POLICY, RULES, Call, Probe, after
from tests.audit.store import Shop, partition_name

M1 = partition_name(1)


def signals(draws: list[tuple[int, int, int]]) -> list[Signal]:
    found: list[Signal] = []
    at = 0
    for n, (shop, seconds, code) in enumerate(draws):
        at += seconds
        merchant = f"m_{shop}"
        fields: dict[str, Any] = {"merchant": merchant, "occurred_at": after(at), "received_at": after(at)}
        key = f"call-{n - (n % 7 == 6)}"  # now and then a second delivery of the one before
        if code == 0:
            found.append(Probe(ok=n % 2 == 0, dedup_key=f"probe-{n}", **fields))
        else:
            found.append(Call(code=code, dedup_key=key, **fields))
    return found


@given(
    draws=st.lists(
        st.tuples(st.integers(1, 2), st.sampled_from([0, 20, 400]), st.sampled_from([0, 200, 500, 503])),
        min_size=1,
        max_size=14,
    ),
    taken_back=st.sets(st.integers(0, 13)),
)
@settings(max_examples=25)
def test_whatever_an_agent_did_holds(draws: list[tuple[int, int, int]], taken_back: set[int]) -> None:
    memory = VolatileMemory()
    agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
    for n, signal in enumerate(signals(draws)):
        agent.handle(signal)
        if n in taken_back:
            agent.withdraw(signal.id, by="desk", reason="a wrong import")
        assert verify(memory).findings == ()
    agent.tick(after(100_000))
    agent.drain()

    report = verify(memory)

    assert report.findings == ()
    assert report.signals["accepted"] == len(draws)
    assert report.signals["pending"] == 0


class Written(VolatileMemory):
    """Somebody writes to it between two looks of an audit, as often as it is told to."""

    def __init__(self, write: Callable[[Memory, int], None], times: int) -> None:
        super().__init__()
        self._write, self._times = write, times
        self.looks = 0

    def stored(self, partition: str) -> Iterator[StoredRecord]:
        self.looks += 1
        if self.looks <= self._times:
            self._write(self, self.looks)
        return super().stored(partition)


def commit_next(memory: Memory, n: int) -> None:
    shop = Shop(2)
    memory.accept(shop.name, [shop.input(10 + n)])
    memory.commit(shop.name, 9 + n, [shop.step(10 + n)])


def test_an_agent_that_writes_meanwhile_is_no_finding() -> None:
    memory = Written(commit_next, times=2)
    Shop(2).fill(memory, 10, pending=0)

    report = verify(memory)

    assert report.findings == ()
    assert memory.looks == 2
    assert report.inputs == 11


class Damaged(Written):
    """And one of its links is not what it was."""

    def links(self, partition: str) -> Iterator[Link]:
        for link in super().links(partition):
            yield attrs.evolve(link, digest="0" * 64) if link.position == 5 else link


def test_a_finding_stays_one_though_an_agent_writes_meanwhile() -> None:
    memory = Damaged(commit_next, times=9)
    Shop(2).fill(memory, 10, pending=0)

    findings = verify(memory).findings

    assert {(f.check, f.position) for f in findings} == {("chain", 5), ("payload", 5)}
    assert memory.looks == 5


def test_only_the_partitions_that_are_asked_for_are_looked_at() -> None:
    memory = VolatileMemory()
    for number in (1, 2, 3):
        Shop(number).fill(memory, 20)

    report = verify(memory, partitions=[M1, "merchant:nobody"])

    assert report.partitions == 2
    assert report.inputs == 20
    assert [(f.partition, f.what, f.expected, f.got) for f in report.findings] == [
        ("merchant:nobody", "partitions", "where the partition stands", "nothing")
    ]


def test_a_memory_that_shows_no_chain_cannot_be_audited() -> None:
    class Plain:
        def __init__(self) -> None:
            held = VolatileMemory()
            self.accept, self.load, self.commit, self.read = held.accept, held.load, held.commit, held.read

    with pytest.raises(ConfigurationError) as caught:
        verify(Plain())

    assert str(caught.value) == "expected a memory that shows its chain (migro.ports.Ledger), got Plain"


class Gone(VolatileMemory):
    """A memory that stops to answer while its journal is read."""

    answers = True

    def load(self, partition: str, after: int = 0) -> Any:
        type(self).answers = False
        raise StoreUnavailable("expected a database that answers, got: none")

    def read(self, what: Any, **options: Any) -> Any:
        if not self.answers:
            raise StoreUnavailable("expected a database that answers, got: none")
        return super().read(what, **options)


def test_a_memory_that_does_not_answer_is_no_finding() -> None:
    memory = Gone()
    Shop(2).fill(memory, 10)

    with pytest.raises(StoreUnavailable):
        verify(memory)


class Strange(VolatileMemory):
    """Raises while one of its kinds is read, whatever the audit asks."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self.broken = False

    def read(self, what: Any, **options: Any) -> Any:
        found = super().read(what, **options)
        return self._raising(found) if self.broken and what == self._what else found

    def links(self, partition: str) -> Any:
        return (
            self._raising(super().links(partition))
            if self.broken and self._what == "links"
            else super().links(partition)
        )

    def stored(self, partition: str) -> Any:
        return (
            self._raising(super().stored(partition))
            if self.broken and self._what == "stored"
            else super().stored(partition)
        )

    def _raising(self, found: Iterator[Any]) -> Iterator[Any]:
        yield next(found)
        raise OverflowError("a number that no time has")


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("snapshots", "snapshots"),
        ("issues", "issues"),
        ("decisions", "decisions"),
        ("actions", "actions"),
        ("shadow", "shadow"),
        ("links", "links"),
        ("stored", "issues"),
    ],
)
def test_what_cannot_be_read_is_a_finding_and_the_rest_is_looked_at(what: str, named: str) -> None:
    memory = Strange(what)
    Shop(2).fill(memory, 40)
    memory.broken = True

    findings = verify(memory).findings

    assert named in {f.what for f in findings if "OverflowError" in f.got}


def test_where_a_partition_stands_may_be_unreadable() -> None:
    class Lost(VolatileMemory):
        def read(self, what: Any, **options: Any) -> Any:
            if what == "partitions" and options.get("partition") == M1:
                raise OverflowError("a number that no time has")
            return super().read(what, **options)

    memory = Lost()
    Shop(1).fill(memory, 10)
    Shop(2).fill(memory, 10)

    findings = verify(memory).findings

    assert [(f.check, f.partition, f.what) for f in findings] == [("served", M1, "partitions")]


def test_the_memories_of_one_content_have_one_report(tmp_path: Path) -> None:
    volatile = VolatileMemory()
    with SqliteMemory(tmp_path / "journal.db", durability="off") as sqlite:
        for memory in (volatile, sqlite):
            for number in (1, 2):
                Shop(number).fill(memory, 40)

        assert verify(volatile) == verify(sqlite)


def test_a_partition_that_nothing_was_accepted_in_holds() -> None:
    memory = VolatileMemory()
    memory.accept(M1, [])

    assert verify(memory).ok


class Unreadable(VolatileMemory):
    """A journal of which nothing behind a number can be read, whatever one asks."""

    def load(self, partition: str, after: int = 0) -> Iterator[Any]:
        yield from (e for e in super().load(partition, after) if e.seq < 5)
        raise ValueError("no input")


def test_a_journal_that_cannot_be_read_at_all_is_given_up_after_a_while() -> None:
    memory = Unreadable()
    Shop(2).fill(memory, 10)

    unreadable = [f.seq for f in verify(memory).findings if f.got == "ValueError: no input"]

    assert unreadable == list(range(5, 1005))


class Patchy(VolatileMemory):
    """A journal of which every other entry cannot be read."""

    def load(self, partition: str, after: int = 0) -> Iterator[Any]:
        for entry in super().load(partition, after):
            if entry.seq % 2:
                raise ValueError("no input")
            yield entry


def test_a_journal_is_not_given_up_while_something_of_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migro.audit.reading._GIVE_UP", 2)
    memory = Patchy()
    Shop(2).fill(memory, 10)

    unreadable = [f.seq for f in verify(memory).findings if f.got == "ValueError: no input"]

    assert unreadable == [1, 3, 5, 7, 9]
