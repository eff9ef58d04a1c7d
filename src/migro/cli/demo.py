"""``migro demo``: a simulated migration morning, from raw payloads to explained decisions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..agent import Agent
from ..models import Band, Decision
from ..observe import Envelope, Observer, ObserveSettings
from ..simulate import Simulation, generate, playable
from .console import Console, decision_row, short
from .demo_memory import demo_memory
from .explain import explained
from .material import Event, observed
from .playing import play
from .run import Tally
from .surroundings import load_rules

__all__ = ["register"]

_MEMORY = "migro-demo.db"

_KEY = b"a fixed key: every person in the demo is made up"


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("demo", parents=[common], help="a simulated migration, raw payloads to decisions")
    parser.add_argument("--scenario", metavar="ID", default="morning", help=f"one of {', '.join(playable())}")
    parser.add_argument("--seed", type=int, default=1, help="equal seeds give equal decisions (default: 1)")
    parser.add_argument(
        "--memory",
        metavar="FILE",
        type=Path,
        default=Path(_MEMORY),
        help=f"SQLite file to write, or to replace if a demo made it (default: {_MEMORY})",
    )
    parser.set_defaults(command=demo)


def demo(arguments: argparse.Namespace, console: Console) -> int:
    """Play the scenario and print every decision as it falls, one explanation, and where to go on."""
    simulation = generate(arguments.scenario, seed=arguments.seed)
    path: Path = arguments.memory
    watch = Observer(
        ObserveSettings.model_validate({"endpoints": simulation.settings()}),
        secrets=simulation.secrets,
        pseudonym_key=_KEY,
    )
    tally = Tally()
    decisions: list[Decision] = []
    with demo_memory(path) as memory:
        console.say(
            f"{arguments.scenario}, seed {arguments.seed}: {len(simulation.envelopes)} raw deliveries"
            f" of {len(simulation.truth.merchants)} merchants; dry run, nothing is executed"
        )
        console.say()
        console.say(decision_row())
        agent = Agent(rules=load_rules(["headless"]), memory=memory, alarm=console.complain)
        for decision in _play(simulation, watch, agent, tally, console):
            decisions.append(decision)
            if console.text:
                print(decision_row(decision))
            elif console.format == "jsonl":
                console.data(decision.summary())
        acted = [a for a in memory.read("actions") if a.status.value == "simulated"]
    if console.format == "json":
        console.data({"decisions": [d.summary() for d in decisions], "counts": tally.data()})
    if not console.text:
        return 0 if tally.adds_up else 1
    chosen = _most_telling(decisions)
    print()
    if chosen is not None:
        print("One of them in full:")
        print()
        print("\n".join(explained(chosen)))
        print()
    print("\n".join(tally.lines()))
    print(f"actions that would have run: {len(acted)} (dry run)")
    print(f"\nThe memory lies in {path}. Next:")
    id = short(chosen.issue.id) if chosen else "ID"
    print(f"  migro explain {id} --memory {path}")
    print(f"  migro rules show {chosen.issue.kind}" if chosen else "  migro rules show")
    print(f"  migro simulate {arguments.scenario} --out scenarios")
    return 0 if tally.adds_up else 1


def _play(simulation: Simulation, watch: Observer, agent: Agent, tally: Tally, console: Console) -> Iterator[Decision]:
    with console.progress("playing", len(simulation.envelopes)) as meter:

        def events() -> Iterator[Event]:
            for raw in simulation.envelopes:
                yield from observed(Envelope.model_validate(raw.data()), watch)
                meter.step(f"{raw.received_at:%H:%M}")

        for turn in play(agent, events()):
            tally.take(turn)
            yield from turn.decisions
    agent.drain()


def _most_telling(decisions: list[Decision]) -> Decision | None:
    """Return the surest, gravest decision: the one with most to explain."""
    if not decisions:
        return None
    return max(
        decisions,
        key=lambda d: (d.issue.band is Band.HIGH, d.issue.severity, len(d.explanation.contributions), d.issue.points),
    )
