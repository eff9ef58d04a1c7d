"""
How fast the fold is: simulated traffic under the shipped rules, as a journal that is folded again.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.fold --signals 20000

Traffic is every scenario, played once an hour with another seed by several shops. A first fold makes the journal (with
the ticks that a running agent would write, and what the platform is told), a second reads its lines and folds them,
timed in quarters. Time is that of the processor. The digest over everything that was concluded is equal for equal
conclusions: compare it before and after a change.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import merge
from pathlib import Path
from typing import Any

import attrs

from migro.agent.fold import Fold, partition_of
from migro.agent.state import State
from migro.decide import Policy
from migro.models import ConfigChanged, Input, Signal, SignalReceived, StepRecord, Tick
from migro.models.canonical import canonical_json
from migro.models.inputs import read_input
from migro.observe import Failure, Observer, ObserveSettings, read_envelope
from migro.packs.headless import RULES
from migro.simulate import SCENARIOS, generate

Line = tuple[str, int, str]
"""A line of the journal: partition, number, and the input as it is stored."""

_ROUND = timedelta(hours=1)


def played(scenario: str, *, seed: int) -> list[Signal]:
    """Return the signals of a scenario, in order of receipt."""
    simulation = generate(scenario, seed=seed)
    settings = ObserveSettings.model_validate({"endpoints": simulation.settings()})
    observer = Observer(settings, secrets=dict(simulation.secrets), pseudonym_key=b"a key for made-up people only")
    found: list[Signal] = []
    for number, raw in enumerate(simulation.envelopes):
        envelope = read_envelope(raw.json_line().encode(), where=f"{scenario}:{number}")
        assert not isinstance(envelope, Failure)
        found += observer.observe(envelope).signals
    return sorted(found, key=lambda s: s.received_at)


def moved(signal: Signal, shop: str, by: timedelta) -> Signal:
    """Return a signal as another shop sends it at another time."""
    data = signal.model_dump(mode="json")
    for name in ("occurred_at", "received_at"):
        data[name] = (datetime.fromisoformat(data[name]) + by).isoformat()
    data["merchant"] = None if signal.merchant is None else f"{signal.merchant}-{shop}"
    data |= {"dedup_key": f"{signal.dedup_key}/{shop}/{by}", "id": ""}
    return Signal.from_data(data)


def traffic(count: int, shops: int) -> Iterator[Signal]:
    """Yield that many signals, in order of receipt."""
    for number in range(count):
        by = number * _ROUND
        streams = []
        for shop in range(shops):
            for place, scenario in enumerate(SCENARIOS):
                # Two runs of the simulator may be about one shop; here they are different ones.
                name, signals = f"{place}{shop}", played(scenario, seed=1 + number * shops + shop)
                streams.append([moved(s, name, by) for s in signals])
        for one in merge(*streams, key=lambda s: s.received_at):
            yield one
            count -= 1
            if not count:
                return


@attrs.define
class Journal:
    """Folds signals as a running agent does, and keeps the lines of their journal."""

    fold: Fold
    lines: list[Line] = attrs.Factory(list)
    states: dict[str, State] = attrs.Factory(dict)
    due: dict[str, datetime] = attrs.Factory(dict)

    def receive(self, signal: Signal) -> None:
        at = signal.received_at
        for partition in sorted(p for p, due in self.due.items() if due <= at):
            self.take(partition, Tick(at=at))
        self.take(partition_of(signal), SignalReceived(at=at, signal=signal))

    def take(self, partition: str, item: Input) -> None:
        state = self.states.get(partition)
        if state is None:
            state = self.states[partition] = self.fold.start(partition)
            rules, policy = self.fold.ruleset.version, self.fold.policy
            self.take(partition, ConfigChanged(at=item.at, ruleset=rules, policy=policy.version, mode=policy.mode))
            state = self.states[partition]
        seq = state.seq + 1
        self.lines.append((partition, seq, item.json_line()))
        step = self.fold.advance(state, seq, item)
        self.states[partition] = step.state
        due = self.fold.next_due(step.state)
        if due is None:
            self.due.pop(partition, None)
        else:
            self.due[partition] = due
        for other, given in step.record.emitted:
            self.take(other, given)


def written(record: StepRecord) -> str:
    """Return everything a step concluded, as text."""
    return canonical_json(
        [
            record.seq,
            None if record.disposition is None else attrs.asdict(record.disposition),
            *([one.json_line() for one in found] for found in (record.issues, record.decisions, record.actions)),
            [[partition, given.json_line()] for partition, given in record.emitted],
        ]
    )


@attrs.define
class Replay:
    """Folds the lines of a journal, and counts what comes of it."""

    fold: Fold
    keep: bool
    states: dict[str, State] = attrs.Factory(dict)
    names: Counter[str] = attrs.Factory(Counter)
    decisions: int = 0
    hash: Any = attrs.Factory(hashlib.sha256)

    def take(self, partition: str, seq: int, item: Input) -> None:
        state = self.states.get(partition) or self.fold.start(partition)
        step = self.fold.advance(state, seq, item)
        self.states[partition] = step.state
        self.decisions += len(step.record.decisions)
        if step.record.disposition is not None:
            self.names[step.record.disposition.name] += 1
        if self.keep:
            self.hash.update(written(step.record).encode())


def parts(lines: list[Line], count: int) -> Iterator[list[Line]]:
    """Yield the lines in so many parts of equal length."""
    length = -(-len(lines) // count)
    for start in range(0, len(lines), length):
        yield lines[start : start + length]


def play(lines: list[Line], replay: Replay) -> tuple[float, float]:
    """Read and fold lines, and return what either took in seconds of processor time."""
    reading = folding = 0.0
    # Read in portions, since asking for the time is no small thing itself.
    for portion in parts(lines, max(1, len(lines) // 500)):
        begun = time.process_time()
        items = [
            (partition, seq, read_input(json.loads(text, parse_float=Decimal))) for partition, seq, text in portion
        ]
        read = time.process_time()
        for item in items:
            replay.take(*item)
        reading += read - begun
        folding += time.process_time() - read
    return reading, folding


def recorded(count: int, shops: int) -> list[Line]:
    """Return the lines of the journal of so many signals."""
    journal = Journal(Fold(RULES, Policy()))
    for signal in traffic(count, shops):
        journal.receive(signal)
    return journal.lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=20_000, help="how many (default: 20000)")
    parser.add_argument("--shops", type=int, default=2, help="shops for each scenario (default: 2)")
    parser.add_argument("--journal", type=Path, help="a file to keep the journal in; one that is there is read")
    parser.add_argument("--digest", action="store_true", help="also hash all conclusions, which takes its time")
    arguments = parser.parse_args()
    if arguments.journal is not None and arguments.journal.exists():
        with arguments.journal.open(encoding="utf-8") as file:
            lines: list[Line] = [tuple(json.loads(line)) for line in file]
    else:
        lines = recorded(arguments.signals, arguments.shops)
        if arguments.journal is not None:
            with arguments.journal.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
    begun = time.process_time()
    replay = Replay(Fold(RULES, Policy()), keep=arguments.digest)
    print(f"{len(replay.fold.ruleset)} rules compiled in {time.process_time() - begun:.2f} s")
    total_reading = total_folding = 0.0
    for place, part in enumerate(parts(lines, 4), start=1):
        signals = sum(replay.names.values())
        reading, folding = play(part, replay)
        signals = sum(replay.names.values()) - signals
        total_reading += reading
        total_folding += folding
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1024**2)
        print(
            f"quarter {place}: {signals} signals in {len(part)} inputs, {signals / (reading + folding):.0f} signals/s;"
            f" us an input: {1e6 * reading / len(part):.0f} to read, {1e6 * folding / len(part):.0f} to fold;"
            f" peak so far {peak} MiB"
        )
    signals, total = sum(replay.names.values()), total_reading + total_folding
    print(f"{signals} signals in {total:.1f} s of processor time: {signals / total:.0f} signals/s;", end=" ")
    print(f"{total_reading:.1f} s of it to read; {len(replay.states)} partitions, {replay.decisions} decisions")
    print(", ".join(f"{name} {n}" for name, n in sorted(replay.names.items())))
    if arguments.digest:
        print(f"digest {replay.hash.hexdigest()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
