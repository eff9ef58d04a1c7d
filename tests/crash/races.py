"""Everybody at once: signals of one key from many threads and processes make one issue and an exact count."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import attrs

from migro.agent import Agent, Fold
from migro.models import Issue, Signal, SignalReceived
from migro.remember import SqliteMemory

from . import shop
from .receiver import Receiver, acted
from .stage import book_of, file_of

__all__ = ["Race", "processes", "threads"]

SHARED = 7
"""How many deliveries everybody has, beside its own signals."""


@attrs.frozen(kw_only=True)
class Race:
    """
    How a race ended.

    Attributes:
        issues: Of the kind in question.
        signals: How many different ones were sent.
        deliveries: How many times something was handed in.
        stored: Inputs in the journal that are a first delivery, and that are a later one.
        executed: How often the receiver acted, by key.
        redecided: Whether folding the journal again gives exactly the stored decisions.
        wall, cpu: Seconds that the race itself took.
    """

    issues: tuple[Issue, ...]
    signals: int
    deliveries: int
    stored: tuple[int, int]
    executed: Counter[str]
    redecided: bool
    wall: float
    cpu: float


def _signals(runner: int, count: int) -> list[Signal]:
    """A runner's own signals, with some between them that everybody has."""
    own = [shop.call(1_000_000 + runner * count + n, 0, "m_1") for n in range(count - SHARED)]
    for n in range(SHARED):
        own.insert(n * (count // SHARED), shop.call(n, 0, "m_1"))
    return own


def _agent(place: Path, memory: Any) -> Agent:
    receiver = Receiver(book_of(place))
    return Agent(rules=shop.RULES, policy=shop.POLICY, memory=memory, actuators=[receiver], live=True)


def _run(agent: Agent, signals: Iterable[Signal]) -> None:
    for n, signal in enumerate(signals):
        agent.handle(signal)
        if n % 50 == 0:
            agent.tick(signal.received_at)
            agent.drain()
    agent.drain()


def threads(place: Path, *, runners: int, count: int) -> Race:
    """Let many threads hand their signals to one agent."""
    with SqliteMemory(file_of(place), durability="normal") as memory:
        agent = _agent(place, memory)
        given = [_signals(r, count) for r in range(runners)]
        failed: list[BaseException] = []

        def run(signals: list[Signal]) -> None:
            try:
                _run(agent, signals)
            except BaseException as e:
                failed.append(e)

        together = [threading.Thread(target=run, args=(signals,)) for signals in given]
        wall, cpu = time.monotonic(), time.process_time()
        for t in together:
            t.start()
        for t in together:
            t.join()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        if failed:
            raise failed[0]
        return _ended(place, memory, runners, count, wall, cpu)


def _process(place: Path, runner: int, count: int, start: Barrier, spent: Any) -> None:
    signals = _signals(runner, count)
    with SqliteMemory(file_of(place), durability="normal", busy_timeout_s=120) as memory:
        agent = _agent(place, memory)
        start.wait()
        cpu = time.process_time()
        _run(agent, signals)
        spent.put(time.process_time() - cpu)


def processes(place: Path, *, runners: int, count: int) -> Race:
    """Let several processes, each with an agent of its own, hand in their signals on one file."""
    spawn = multiprocessing.get_context("spawn")
    start, spent = spawn.Barrier(runners + 1), spawn.Queue()
    together = [spawn.Process(target=_process, args=(place, r, count, start, spent)) for r in range(runners)]
    for p in together:
        p.start()
    start.wait()
    wall = time.monotonic()
    for p in together:
        p.join()
    wall = time.monotonic() - wall
    if any(p.exitcode for p in together):
        raise RuntimeError(f"expected processes that end well, got {[p.exitcode for p in together]}")
    with SqliteMemory(file_of(place), durability="normal") as memory:
        return _ended(place, memory, runners, count, wall, sum(spent.get() for _ in together))


def _ended(place: Path, memory: SqliteMemory, runners: int, count: int, wall: float, cpu: float) -> Race:
    inputs = [e.input for e in memory.read("journal")]
    received = [i for i in inputs if isinstance(i, SignalReceived)]
    again = sum(i.duplicate_of is not None for i in received)
    return Race(
        issues=tuple(i for i in memory.read("issues") if i.kind == "down"),
        signals=runners * (count - SHARED) + SHARED,
        deliveries=runners * count,
        stored=(len(received) - again, again),
        executed=acted(book_of(place)),
        redecided=_folded_again(memory) == [d.json_line() for d in memory.read("decisions")],
        wall=wall,
        cpu=cpu,
    )


def _folded_again(memory: SqliteMemory) -> list[str]:
    """Return the decisions that a fold makes of the journal."""
    fold = Fold(shop.RULES, shop.POLICY)
    decisions: list[str] = []
    for partition in memory.read("partitions"):
        state = fold.start(partition.name)
        for entry in memory.load(partition.name):
            step = fold.advance(state, entry.seq, entry.input)
            state = step.state
            decisions += (d.json_line() for d in step.record.decisions)
    return decisions
