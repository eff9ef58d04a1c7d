"""
What a storm costs: one alert over and over, faster than anybody could read.

Run it from the repository::

    python -m tests.benchmarks.storm --signals 100000

Every signal is an event of its own, no redelivery: a critical alert that no shipped rule reads. It ends with exit code
1 unless there is one issue with an exact count, people were told three times at most, and the process grew by no more
than 50 MB since the first thousand signals.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from migro.agent import Agent
from migro.models import MerchantId, Signal
from migro.packs.headless import RULES
from migro.remember import SqliteMemory
from migro.testing import START

MOST_NOTIFICATIONS = 3
MOST_MEGABYTES = 50
_PAGE = 4096


def alert(number: int) -> Signal:
    """The same words again, six milliseconds later."""
    return Signal(
        kind="alert",
        merchant=MerchantId("m_1"),
        occurred_at=START + timedelta(milliseconds=6 * number),
        source_kind="monitor",
        provider="alertmanager",
        topic="alert.firing",
        severity_hint="critical",
        state="firing",
        env="production",
        auth="verified",
        ids={"alertname": "NobodyKnowsThisOne", "fingerprint": "f1"},
        resource=("alert", "f1"),
        dedup_key=f"alert-{number}",
    )


def megabytes() -> float:
    """How much memory the process holds just now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, SqliteMemory(Path(directory) / "m.db", durability="normal") as m:
        agent = Agent(rules=RULES, memory=m)
        before = 0.0
        begun = time.process_time()
        for at in range(0, arguments.signals, 1_000):
            agent.handle_all(alert(n) for n in range(at, min(at + 1_000, arguments.signals)))
            before = before or megabytes()
        grown, took = megabytes() - before, time.process_time() - begun
        counts = [issue.signals for issue in m.read("issues")]
        told = sum(action.kind == "notify" for action in m.read("actions"))
    print(f"{arguments.signals} signals in {took:.0f} s of processor time, the process grew by {grown:.0f} MB")
    print(f"issues {len(counts)}, signals counted {counts}, notifications {told}")
    fine = counts == [arguments.signals] and told <= MOST_NOTIFICATIONS and grown <= MOST_MEGABYTES
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
