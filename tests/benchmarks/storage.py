"""
How many steps a second the SQLite memory takes, beside what the bare driver takes for the same bytes.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.storage --steps 2000

A step is one accepted signal and the commit that consumes it: two transactions, singly; two for a hundred in a batch.
The floor writes the same texts into one table, in as many transactions, with the same durability, and checks nothing.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from migro.models import Input, SignalReceived, StepRecord
from migro.remember import SqliteMemory
from migro.testing import START
from migro.testing.samples import sample_signal, sample_step

Durability = Literal["full", "normal", "off"]

_BATCH = 100


def material(count: int) -> tuple[list[Input], list[StepRecord]]:
    """Return signals, each with a step that leaves an issue, a decision and an action behind."""
    signals: list[Input] = [SignalReceived(at=START, signal=sample_signal(n)) for n in range(count)]
    return signals, [sample_step(n) for n in range(1, count + 1)]


def memory(path: Path, durability: Durability, given: tuple[list[Input], list[StepRecord]], batch: int) -> None:
    """Take the material into a memory."""
    signals, steps = given
    with SqliteMemory(path, durability=durability) as held:
        for at in range(0, len(steps), batch):
            held.accept("m", signals[at : at + batch])
            held.commit("m", at, steps[at : at + batch])


def floor(path: Path, durability: Durability, texts: Sequence[tuple[str, str]], batch: int) -> None:
    """Write the same texts with nothing around them."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {durability}")
    connection.execute("CREATE TABLE bare (n INTEGER PRIMARY KEY, text TEXT)")
    for at in range(0, len(texts), batch):
        for part in (0, 1):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare (text) VALUES (?)", [(t[part],) for t in texts[at : at + batch]])
            connection.execute("COMMIT")
    connection.close()


def measured(work: Callable[[Path], None], runs: int) -> tuple[float, float]:
    """Return the median wall and CPU time of some runs, in seconds."""
    walls, cpus = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as directory:
            wall, cpu = time.perf_counter(), time.process_time()
            work(Path(directory) / "journal.db")
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    given = material(arguments.steps)
    texts = [
        (i.json_line(), "".join(r.json_line() for r in (*s.issues, *s.decisions, *s.actions)))
        for i, s in zip(*given, strict=True)
    ]
    size = sum(len(a) + len(b) for a, b in texts) // len(texts)
    print(f"{arguments.steps} steps of {size} bytes each, medians of {arguments.runs} runs")
    print(f"{'durability':<11} {'steps':<8} {'per second':>11} {'CPU s/1000':>11} {'bare driver':>12} {'ratio':>6}")
    for durability in get_args(Durability):
        for batch, named in ((1, "single"), (_BATCH, f"by {_BATCH}")):
            wall, cpu = measured(lambda p: memory(p, durability, given, batch), arguments.runs)  # noqa: B023
            bare, _ = measured(lambda p: floor(p, durability, texts, batch), arguments.runs)  # noqa: B023
            count = arguments.steps
            print(
                f"{durability:<11} {named:<8} {count / wall:11.0f} {1000 * cpu / count:11.2f}"
                f" {count / bare:12.0f} {wall / bare:6.1f}"
            )


if __name__ == "__main__":
    main()
