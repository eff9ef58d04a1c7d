"""
The whole pack under the traffic of a market: how many signals a second on one core, and how long each waits.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.pack --merchants 2000 --signals 300000 --store volatile
    python -m tests.benchmarks.pack --merchants 2000 --signals 300000 --store none --rate 5000
    python -m tests.benchmarks.pack --merchants 2000 --signals 300000 --store none --rate 5000 --known 20000
    python -m tests.benchmarks.pack --merchants 100 --signals 60000 --store none --digest

Signals are given to the agent as they come in, in batches of what has come while the last batch was thought about:
that is a queue in front of one core, played with the processor time that each batch takes. A signal's latency runs
from its receipt to the end of its batch, in which its decisions are stored. Signals come at their own times, which
crowd together at some moments of a minute, or with ``--rate`` evenly; beside the latency is what it would be if every
signal took equally long, which is what the crowding alone costs. All shops are first seen within a second, which is a
process that begins with nothing; ``--known`` takes so many signals in before the queue begins, as for shops that are
known. Where the core cannot keep up, latency says little; a market of fewer merchants is slower by as much. Making the
signals is not timed. The collector of cyclic garbage is set as ``migro run`` sets it.

Stores: ``none`` folds and forgets, which shows the memory of live windows alone; ``volatile`` keeps the journal in
memory; ``sqlite`` keeps it in a file. The digest over everything concluded is equal for equal conclusions: compare it
before and after a change.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import attrs

from migro.agent import Agent
from migro.agent.fold import Fold, partition_of
from migro.agent.state import State
from migro.cli.heap import long_lived
from migro.decide import Policy
from migro.models import ConfigChanged, Disposition, Input, Signal, SignalReceived, StepRecord, Tick
from migro.packs.headless import RULES
from migro.remember import SqliteMemory, VolatileMemory
from tests.benchmarks.fold import written
from tests.benchmarks.market import FAILING_ONE_IN, market

_PORTION = 2_000
"""How many signals are made at a time, outside of what is timed."""

_BATCH = 250
"""How many waiting signals are taken at once at most."""

_UNREAD = ("no rule's condition fits it", "no rule reads its kind")
_TICK = timedelta(seconds=1)
_PAGE = 4_096


@attrs.define
class Counts:
    """What came of the signals."""

    decisions: int = 0
    signals: Counter[str] = attrs.Factory(Counter)
    hash: Any = None

    def note(self, disposition: Disposition | None) -> None:
        if disposition is None:
            return
        name: str = disposition.name
        if name == "recorded":
            # Why it opened nothing tells what read it; a signal that no selection matched is one of the others.
            name = f"recorded: {disposition.reason.partition(';')[0]}"
        self.signals[name] += 1


class Thinking(Protocol):
    """What signals are given to."""

    def take(self, signals: Sequence[Signal]) -> None:
        """Take signals in, with everything that follows from them."""

    def tick(self, at: datetime) -> None:
        """Let time pass."""


@attrs.define
class Folding:
    """The fold alone, with all partitions, as an agent drives it."""

    counts: Counts
    fold: Fold = attrs.Factory(lambda: Fold(RULES, Policy()))
    states: dict[str, State] = attrs.Factory(dict)
    due: dict[str, datetime | None] = attrs.Factory(dict)
    alarms: list[tuple[datetime, str]] = attrs.Factory(list)

    def take(self, signals: Sequence[Signal]) -> None:
        for signal in signals:
            self._fold(partition_of(signal), SignalReceived.of(signal))

    def tick(self, at: datetime) -> None:
        while self.alarms and self.alarms[0][0] <= at:
            due, partition = heappop(self.alarms)
            if self.due.get(partition) == due:
                self._fold(partition, Tick(at=at))

    def _fold(self, partition: str, item: Input) -> None:
        state = self.states.get(partition)
        if state is None:
            state = self.states[partition] = self.fold.start(partition)
            rules, policy = self.fold.ruleset.version, self.fold.policy
            self._fold(partition, ConfigChanged(at=item.at, ruleset=rules, policy=policy.version, mode=policy.mode))
            state = self.states[partition]
        step = self.fold.advance(state, state.seq + 1, item)
        self.states[partition] = step.state
        record: StepRecord = step.record
        self.counts.decisions += len(record.decisions)
        self.counts.note(record.disposition)
        if self.counts.hash is not None:
            self.counts.hash.update(written(record).encode())
        if record.due is not None and self.due.get(partition) != record.due:
            heappush(self.alarms, (record.due, partition))
        self.due[partition] = record.due
        for other, given in record.emitted:
            self._fold(other, given)


@attrs.define
class Handling:
    """An agent with a store."""

    counts: Counts
    agent: Agent

    def take(self, signals: Sequence[Signal]) -> None:
        for done in self.agent.process_all(signals):
            self.counts.decisions += len(done.decisions)
            self.counts.note(done.disposition)

    def tick(self, at: datetime) -> None:
        self.counts.decisions += len(self.agent.tick(at))


@attrs.define
class Queue:
    """
    Signals in front of one core, by their own times.

    Attributes:
        rate: How many signals come a second, evenly; 0 for at their own times.
        free: When the core has done what it was given, in seconds of the signals' time.
        busy: Seconds of processor time so far.
        rest: Called once a second of the signals' time, as `migro run` calls it between two pieces of work.
    """

    thinking: Thinking
    rest: Callable[[], None]
    rate: int = 0
    free: float = 0.0
    busy: float = 0.0
    ticked: datetime | None = None
    begun: datetime | None = None
    latencies: list[float] = attrs.Factory(list)
    came: list[float] = attrs.Factory(list)

    def work(self, signals: Sequence[Signal]) -> None:
        """Take signals in, in the batches in which they would have waited."""
        done, came = 0, [self._at(signal, len(self.came) + n) for n, signal in enumerate(signals)]
        self.came += came
        while done < len(signals):
            self.free = max(self.free, came[done])
            many = 1
            while done + many < len(signals) and many < _BATCH and came[done + many] <= self.free:
                many += 1
            batch = signals[done : done + many]
            self._pass_time(batch[0].received_at)
            self.free += self._timed(lambda given=batch: self.thinking.take(given))
            self.latencies += [self.free - at for at in came[done : done + many]]
            done += many

    def equally(self) -> Iterator[float]:
        """Yield the latencies that there would be if every signal took equally long."""
        each, free = self.busy / len(self.came), 0.0
        for at in self.came:
            free = max(free, at) + each
            yield free - at

    def _at(self, signal: Signal, number: int) -> float:
        if self.rate:
            return number / self.rate
        if self.begun is None:
            self.begun = signal.received_at
        return (signal.received_at - self.begun).total_seconds()

    def _pass_time(self, at: datetime) -> None:
        if self.ticked is None:
            self.ticked = at
        elif at - self.ticked >= _TICK:
            self.ticked = at
            self.free += self._timed(lambda: self.thinking.tick(at))
            self.free += self._timed(self.rest)

    def _timed(self, act: Any) -> float:
        begun = time.process_time()
        act()
        took = time.process_time() - begun
        self.busy += took
        return took


def megabytes() -> float:
    """How much memory the process holds just now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def quantile(values: Iterable[float], q: float) -> float:
    """Return a quantile in milliseconds."""
    ordered = sorted(values)
    return 1_000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def run(shops: int, count: int, queue: Queue, counts: Counts, known: int = 0) -> None:
    """Play a market and print what came of it, in quarters; the first `known` signals are taken in before."""
    signals, empty = market(shops), megabytes()
    while known > 0:
        queue.thinking.take(portion := list(islice(signals, min(known, _PORTION))))
        known -= len(portion)
        queue.rest()
    counts.signals.clear()
    begun = ended = None
    for quarter in range(1, 5):
        left, busy, seen = count // 4, queue.busy, len(queue.latencies)
        while left > 0:
            portion = list(islice(signals, min(left, _PORTION)))
            left -= len(portion)
            begun, ended = begun or portion[0].received_at, portion[-1].received_at
            queue.work(portion)
        took, done = queue.busy - busy, len(queue.latencies) - seen
        waited = queue.latencies[seen:]
        print(
            f"quarter {quarter}: {done / took:.0f} signals/s, {1e6 * took / done:.0f} us each;"
            f" latency p50 {quantile(waited, 0.5):.1f} ms, p99 {quantile(waited, 0.99):.1f} ms;"
            f" process {megabytes():.0f} MB ({megabytes() - empty:+.0f})",
            flush=True,
        )
    assert begun is not None
    assert ended is not None
    total, span = sum(counts.signals.values()), (ended - begun).total_seconds()
    print(f"{total} signals of {shops} merchants, {total / span:.0f}/s by their own times, over {span:.0f} s of them;")
    print(f"{queue.busy:.1f} s of processor time: {total / queue.busy:.0f} signals/s on one core")
    come = f"evenly, {queue.rate} a second" if queue.rate else "at their own times"
    waited, equally = queue.latencies, list(queue.equally())
    print(f"they come {come}: latency p50 {quantile(waited, 0.5):.1f} ms, p99 {quantile(waited, 0.99):.1f} ms;")
    print(f"if each took equally long: p50 {quantile(equally, 0.5):.1f} ms, p99 {quantile(equally, 0.99):.1f} ms")
    unread = sum(n for name, n in counts.signals.items() if name.removeprefix("recorded: ") in _UNREAD)
    print(f"{1 - unread / total:.1%} of the signals are read by a premise; {counts.decisions} decisions")
    for name, n in counts.signals.most_common():
        print(f"    {name}: {n}")
    if counts.hash is not None:
        print(f"digest {counts.hash.hexdigest()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--merchants", type=int, default=2_000, help="how many shops (default: 2000)")
    parser.add_argument("--signals", type=int, default=100_000, help="how many signals (default: 100000)")
    parser.add_argument("--store", choices=("none", "volatile", "sqlite"), default="volatile")
    parser.add_argument("--durability", choices=("full", "normal"), default="normal", help="of SQLite")
    parser.add_argument("--digest", action="store_true", help="hash all conclusions; only without a store")
    parser.add_argument(
        "--rate", type=int, default=0, help="signals come evenly, so many a second, not at their own times"
    )
    parser.add_argument("--known", type=int, default=0, help="so many signals more are taken in first, and not timed")
    arguments = parser.parse_args()
    if arguments.digest and arguments.store != "none":
        parser.error("a digest needs --store none")
    counts = Counts(hash=hashlib.sha256() if arguments.digest else None)
    with ExitStack() as stack:
        thinking: Thinking
        store = arguments.store
        if store == "none":
            thinking = Folding(counts)
        else:
            memory: Any = VolatileMemory()
            if store == "sqlite":
                path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "journal.db"
                memory = SqliteMemory(path, durability=arguments.durability)
                store = f"sqlite, durability {arguments.durability}"
            thinking = Handling(counts, Agent(rules=RULES, memory=stack.enter_context(memory), policy=Policy()))
        gc.collect()
        heap = stack.enter_context(long_lived())
        print(f"{len(RULES)} rules, store {store}, Python {platform.python_version()}; one shop in", end=" ")
        print(f"{FAILING_ONE_IN} has the trouble of a scenario")
        run(arguments.merchants, arguments.signals, Queue(thinking, heap.rest, arguments.rate), counts, arguments.known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
