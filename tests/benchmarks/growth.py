"""
What a long run costs: size of the file, memory of the process and speed, over many signals.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.growth --signals 1000000 --merchants 20

The rules are the small ones of the tests; the signals of every merchant come seven seconds apart.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from migro.agent import Agent
from migro.models import Signal
from migro.remember import SqliteMemory
from tests.agent.world import OPEN_POLICY, RULES, call, probe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=100_000)
    parser.add_argument("--merchants", type=int, default=20)
    parser.add_argument("--rows", type=int, default=10, help="how many lines to print")
    arguments = parser.parse_args()
    every = max(1, arguments.signals // arguments.rows // 1_000) * 1_000
    print(f"{'signals':>9} {'per CPU s':>10} {'file, MB':>9} {'bytes each':>11} {'process, MB':>12}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        with SqliteMemory(path, durability="normal") as memory:
            agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
            begun, done_before = time.process_time(), 0
            for at in range(0, arguments.signals, 1_000):
                agent.handle_all(signal(n, arguments.merchants) for n in range(at, at + 1_000))
                done = at + 1_000
                if done % every == 0 or done >= arguments.signals:
                    speed = (done - done_before) / (time.process_time() - begun)
                    size = sum(p.stat().st_size for p in Path(directory).iterdir())
                    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
                    print(f"{done:9d} {speed:10.0f} {size / 1e6:9.1f} {size / done:11.0f} {rss:12.0f}", flush=True)
                    begun, done_before = time.process_time(), done


def signal(n: int, merchants: int) -> Signal:
    at, merchant = 7 * (n // merchants), f"m_{n % merchants}"
    turn = n // merchants
    if turn % 5:
        return call(n, at, 500 if turn % 97 < 4 else 200, merchant=merchant)
    return probe(n, at, turn % 970 > 9, merchant=merchant)


if __name__ == "__main__":
    main()
