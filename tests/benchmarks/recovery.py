"""
How long a restart takes, by length of the journal: from the newest snapshot, and without one.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.recovery --signals 1000 10000

Time is that of the processor. The rules are the small ones of the tests.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from migro.agent import Agent
from migro.remember import SqliteMemory
from tests.agent.world import OPEN_POLICY, RULES, call, probe

_NEVER = 10**9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    arguments = parser.parse_args()
    print(f"{'signals':>9} {'kept every':>11} {'recovery, CPU s':>16} {'file, MB':>9}")
    for count in arguments.signals:
        for every in (100, 1_000, _NEVER):
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory) / "journal.db"
                fill(path, count, every)
                seconds = recover(path, every)
                size = path.stat().st_size / 1_000_000
            print(f"{count:9d} {'never' if every == _NEVER else every:>11} {seconds:16.3f} {size:9.1f}")


def fill(path: Path, count: int, every: int) -> None:
    """Take signals of one merchant in, one every seven seconds, some of them failures."""
    with SqliteMemory(path, durability="off") as memory:
        agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, snapshot_every=every)
        for at in range(0, count, 500):
            agent.handle_all(
                call(n, 7 * n, 500 if n % 97 < 4 else 200) if n % 5 else probe(n, 7 * n, n % 970 > 9)
                for n in range(at, min(at + 500, count))
            )


def recover(path: Path, every: int) -> float:
    """Return the CPU time until another agent knows the state, in seconds."""
    with SqliteMemory(path) as memory:
        agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, snapshot_every=every)
        begun = time.process_time()
        agent.tick(call(0, 0).received_at)
        agent._loop.state("merchant:m_1")
        return time.process_time() - begun


if __name__ == "__main__":
    main()
