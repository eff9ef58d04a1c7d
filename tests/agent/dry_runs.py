"""Every scenario, dry and live: ``python -m tests.agent.dry_runs [NAME ...]`` compares what was decided."""

from __future__ import annotations

import sys

from migro.cli.scenario_plays import simulated
from migro.simulate import SCENARIOS, generate
from tests.agent.test_dry_run import PACK_KINDS, Tripwire, log, played, receipts

__all__: list[str] = []


def main(names: list[str]) -> int:
    """Print how much was compared of each scenario, and return 1 where something differs or was touched."""
    wrong = 0
    for name in names or sorted(SCENARIOS):
        events = list(simulated(generate(name, seed=1)))
        wire, hands = Tripwire(PACK_KINDS), receipts(PACK_KINDS)
        dry, live = log(played(events, actuators=[wire])), log(played(events, actuators=[hands], live=True))
        alike = dry == live and wire.calls == 0
        wrong += not alike
        told = "alike" if alike else "NOT ALIKE"
        print(f"{name}: {len(events)} events, {len(dry)} records, {len(hands.actions)} done live: {told}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
