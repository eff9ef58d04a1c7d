"""Restarts, batches and snapshots: short ways to the same state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import PLATFORM
from migro.agent.snapshots import snapshot
from migro.models import ActionStatus, Input, Signal, SignalReceived, Snapshot, StepRecord, Tick
from migro.ports import Memory
from migro.remember import SqliteMemory, VolatileMemory
from tests.agent.test_agent import Hand, poison, poisoned
from tests.agent.world import OPEN_POLICY, after, agent, call, conserved, handled, probe, remembered, streams, sure
from tests.effort import cases

M1 = "merchant:m_1"


class Counting:
    """A memory that counts what is loaded of the journal, and commits."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.loaded, self.commits = memory, 0, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.memory, name)

    def load(self, partition: str, after: int = 0) -> Iterator[object]:
        for entry in self.memory.load(partition, after):
            self.loaded += partition == M1
            yield entry

    def commit(self, partition: str, expected: int, steps: list[StepRecord]) -> None:
        self.commits += 1
        self.memory.commit(partition, expected, steps)


def signals(count: int) -> list[Signal]:
    return [call(n, 7 * n) if n % 4 else probe(n, 7 * n, n % 8 == 0) for n in range(count)]


def decided(memory: Memory) -> list[str]:
    return [d.json_line() for d in memory.read("decisions", partition=M1)]


# --- snapshots -------------------------------------------------------------------------------------------------------


def test_a_restart_folds_what_came_after_the_newest_snapshot_and_no_more(memory: Memory) -> None:
    host = agent(memory, snapshot_every=10)
    handled(host, signals(57))
    newest = max(s.seq for s in memory.read("snapshots", partition=M1))
    counting = Counting(memory)
    agent(counting, snapshot_every=10).handle(call(900, 500))  # type: ignore[arg-type]

    # The journal of 58 and the new one: what lies behind the snapshot, once when recalled.
    assert 58 - newest <= 10
    assert counting.loaded <= 11


def test_a_recalled_state_is_the_one_that_went_on(memory: Memory) -> None:
    host = agent(memory, snapshot_every=10)
    handled(host, signals(57))
    again = agent(memory, snapshot_every=10)
    policy = host.fold.policy.version

    for partition in (M1, PLATFORM):
        states = [h._loop.state(partition) for h in (host, again)]
        assert snapshot(host.fold.engine, policy, states[0]) == snapshot(again.fold.engine, policy, states[1])


def test_a_snapshot_of_another_format_is_passed_over(memory: Memory) -> None:
    host = agent(memory, snapshot_every=1000)
    handled(host, signals(20))
    fold = host.fold
    memory.accept(M1, [Tick(at=after(500))])
    state = host._loop.state(M1)
    odd = Snapshot(
        partition=M1,
        seq=state.seq + 1,
        ruleset=fold.ruleset.version,
        policy=fold.policy.version,
        data=b'{"format":"migro-fold/0"}',
    )
    memory.commit(M1, state.seq, [StepRecord(seq=state.seq + 1, snapshots=(odd,))])
    calm = VolatileMemory()
    handled(agent(calm), [*signals(20), call(77, 510)])
    handled(agent(memory), [call(77, 510)])

    assert decided(memory)[-1] == decided(calm)[-1]


def test_a_damaged_snapshot_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with SqliteMemory(path) as memory:
        handled(agent(memory, snapshot_every=10), signals(57))
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("UPDATE snapshots SET data = CAST(x'00' || substr(data, 2) AS BLOB)").rowcount > 1
    calm = VolatileMemory()
    handled(agent(calm), [*signals(57), call(900, 500)])
    with SqliteMemory(path) as memory:
        handled(agent(memory, snapshot_every=10), [call(900, 500)])

        assert decided(memory) == decided(calm)


def test_a_failed_input_stays_left_out_after_a_restart_from_a_snapshot(memory: Memory) -> None:
    host = poisoned(memory, snapshot_every=5)
    handled(host, [*signals(12), poison(1, 90), *signals(30)[20:]])
    again = poisoned(memory, snapshot_every=5)

    assert again.halted
    assert conserved(memory)["failed"] == 1
    assert sorted(again._loop.state(M1).held) == sorted(host._loop.state(M1).held)


@settings(max_examples=cases(30), deadline=None)
@given(streams(size=25), st.integers(1, 6), st.sets(st.integers(0, 24)))
def test_snapshots_and_restarts_anywhere_change_no_byte(items: list[Input], every: int, restarts: set[int]) -> None:
    plain, often = VolatileMemory(), VolatileMemory()
    _play(plain, items, 10_000, set())
    _play(often, items, every, restarts)

    assert remembered(often) == remembered(plain)


def _play(memory: Memory, items: list[Input], every: int, restarts: set[int]) -> None:
    host = agent(memory, snapshot_every=every)
    for n, item in enumerate(items):
        if n in restarts:
            host = agent(memory, snapshot_every=every)
        host.handle(item.signal) if isinstance(item, SignalReceived) else host.tell(M1, item)
        host.drain()


# --- batches ---------------------------------------------------------------------------------------------------------


def test_many_signals_at_once_take_few_transactions_and_give_the_same_decisions(memory: Memory) -> None:
    offered = [*signals(120), *(call(500 + n, 900 + n, merchant="m_2") for n in range(30))]
    one_by_one = VolatileMemory()
    handled(agent(one_by_one), offered)
    counting = Counting(memory)
    agent(counting).handle_all(offered)  # type: ignore[arg-type]

    assert decided(memory) == decided(one_by_one)
    assert counting.commits < 12
    assert conserved(memory) == conserved(one_by_one)


def test_each_signal_of_a_batch_gets_its_own_answer_in_the_given_order(memory: Memory) -> None:
    offered = [call(1, 0, merchant="m_2"), call(2, 1), call(1, 0, merchant="m_2"), call(3, 2)]
    answers = agent(memory).process_all(offered)

    assert [a.signal.id for a in answers] == [s.id for s in offered]
    assert [a.disposition.name for a in answers if a.disposition] == ["opened", "opened", "dropped", "merged"]
    assert [a.partition for a in answers] == ["merchant:m_2", M1, "merchant:m_2", M1]


def test_an_input_that_fails_in_a_batch_takes_no_other_along(memory: Memory) -> None:
    told: list[str] = []
    host = poisoned(memory, alarm=told.append)
    host.handle_all([*signals(8), poison(1, 57), *signals(20)[12:]])
    counts = conserved(memory)

    assert (counts["accepted"], counts["failed"], counts["pending"]) == (17, 1, 0)
    assert len(told) == 1
    assert host.halted


def test_what_waits_after_an_outage_is_taken_up_in_batches(memory: Memory) -> None:
    agent(memory).handle(call(0, 0))
    memory.accept(M1, [SignalReceived(at=s.received_at, signal=s) for s in signals(250)[1:]])
    counting = Counting(memory)
    agent(counting).tick(after(2000))  # type: ignore[arg-type]

    assert conserved(memory)["pending"] == 0
    assert counting.commits <= 8


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_deadline_passes_in_a_partition_that_this_process_has_never_seen(memory: Memory) -> None:
    handled(agent(memory), sure())
    decisions = agent(memory).tick(after(86_400))

    assert decisions
    assert all(i.status.value == "resolved" for i in memory.read("issues"))


def test_what_fires_after_a_pause_says_how_late_it_is(memory: Memory) -> None:
    short = evolve(OPEN_POLICY, approval_lasts=timedelta(minutes=2))
    handled(agent(memory, policy=short), sure())
    agent(memory, policy=short).tick(after(86_400))
    fired = [t for e in memory.load(M1) for t in e.timers]
    deadlines = [t.deadline for t in fired]

    assert {t.what for t in fired} == {"rule", "approval", "reminder"}
    assert deadlines == sorted(deadlines)
    assert all((after(86_400) - t.deadline).total_seconds() * 1_000_000 == t.late_by for t in fired)
    assert all(t.late_by > 0 for t in fired)


# --- one dispatcher at a time ----------------------------------------------------------------------------------------


def test_what_one_dispatcher_works_on_another_leaves_alone(memory: Memory) -> None:
    inner = Hand()
    second = agent(memory, live=True, actuators=[inner])

    def drain_too(_: object) -> None:
        second.drain()

    outer = Hand(before=drain_too)
    first = agent(memory, live=True, actuators=[outer])
    handled(first, sure())
    first.drain()

    assert sorted([*outer.calls, *inner.calls]) == sorted(set(outer.calls) | set(inner.calls))
    assert not [a for a in memory.read("actions") if a.status in (ActionStatus.PLANNED, ActionStatus.STARTED)]


def test_what_was_interrupted_is_tried_again_with_the_same_key(memory: Memory) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    first = agent(memory, live=True, actuators=[Hand(before=interrupted)])
    handled(first, sure())
    with pytest.raises(KeyboardInterrupt):
        first.drain()
    hand = Hand()
    agent(memory, live=True, actuators=[hand]).drain()

    assert len(hand.calls) == len(set(hand.calls)) >= 1
    assert not [a for a in memory.read("actions") if a.status is ActionStatus.STARTED]
