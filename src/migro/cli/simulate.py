"""``migro simulate``: scenarios as raw envelopes, with the truth beside them."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from ..plugins.references import imported
from ..simulate import Scenario, Simulation, generate, lose, playable, tickets, write, write_tickets
from .console import Console
from .equipment import equipped
from .simulate_fixtures import write_fixtures
from .surroundings import configuration

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("simulate", parents=[common], help="scenarios as raw envelopes with ground truth")
    parser.add_argument(
        "scenario",
        metavar="ID",
        help=f"one of {', '.join(playable())}, or all; A+B for two troubles of one merchant, A,B for two merchants;"
        " package.module:NAME for a scenario of your own; tickets for a help desk's inbox; fixtures for the signals of"
        " every failure mode's fixtures",
    )
    parser.add_argument("--seed", type=int, default=1, help="equal seeds give equal bytes (default: 1)")
    parser.add_argument(
        "--loss", type=_permille, default=0, metavar="PERCENT", help="share of events that never arrive (default: 0)"
    )
    parser.add_argument("--count", type=int, metavar="N", help="how many tickets, for the ID tickets")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="directory to write to")
    parser.set_defaults(command=simulate)


def _permille(text: str) -> int:
    try:
        share = 10 * Decimal(text.removesuffix("%"))
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1000 or share != int(share):
        raise argparse.ArgumentTypeError(f"expected a percentage from 0 to 100 with one digit at most, got {text!r}")
    return int(share)


def simulate(arguments: argparse.Namespace, console: Console) -> int:
    """Write each scenario into a directory of its own, an inbox, or the fixtures of every failure mode."""
    if (arguments.scenario == "tickets") != (arguments.count is not None):
        raise ConfigurationError("expected --count with tickets, and with nothing else")
    if arguments.scenario == "fixtures":
        return write_fixtures(equipped(configuration(arguments.config), ())[0], arguments.out, console)
    names = list(playable()) if arguments.scenario == "all" else [arguments.scenario]
    records = []
    for name in names:
        inbox = tickets(arguments.count, seed=arguments.seed) if name == "tickets" else None
        simulation = inbox.simulation if inbox else generate(name, seed=arguments.seed, own=_own)
        if arguments.loss:
            simulation = lose(simulation, permille=arguments.loss, seed=arguments.seed)
        directory = arguments.out / name.replace(":", ".")
        further: dict[str, str] = {}
        try:
            envelopes, truth = write(simulation, directory)
            _settings(simulation, directory)
            if inbox is not None:
                further = dict(zip(("tickets", "labels"), map(str, write_tickets(inbox, directory)), strict=True))
        except OSError as e:
            raise ConfigurationError(f"--out: expected a directory to write to: {e.strerror} - at {directory}") from e
        records.append(
            {
                "scenario": name,
                "seed": arguments.seed,
                "envelopes": str(envelopes),
                "truth": str(truth),
                "configuration": str(directory / "migro.toml"),
                "count": len(simulation.envelopes),
                "lost": simulation.truth.lost,
                **further,
            }
        )
    if not console.text:
        console.records(records)
        return 0
    for record in records:
        lost = f" ({record['lost']} events lost)" if record["lost"] else ""
        print(
            f"{record['scenario']}: {record['count']} envelopes{lost} in {record['envelopes']},"
            f" truth in {record['truth']}"
        )
    first = arguments.out / names[0].replace(":", ".")
    if arguments.scenario == "tickets":
        print(f"the same tickets without labels: {records[0]['tickets']}; with labels: {records[0]['labels']}")
        print("\nto see how well they are told apart:")
        print(f"  migro evaluate tickets {records[0]['labels']}")
    print("\nto decide on the first one, with its signatures checked:")
    print(f"  set -a; . {first}/secrets.env; set +a")
    print(f"  migro run --config {first}/migro.toml --memory volatile: {first}/envelopes.jsonl")
    return 0


def _own(reference: str) -> Scenario:
    return imported(reference, Scenario, noun="scenario")


def _settings(simulation: Simulation, directory: Path) -> None:
    """Write the endpoints as migro.toml, and the made-up secrets as a file a shell can read."""
    lines = []
    for name, endpoint in sorted(simulation.settings().items()):
        lines.append(f"[observe.endpoints.{json.dumps(name)}]")
        # TOML's strings, booleans and arrays of strings are written as in JSON.
        lines += [f"{key} = {json.dumps(value)}" for key, value in sorted(endpoint.items()) if value is not None]
        lines.append("")
    (directory / "migro.toml").write_text("\n".join(lines), "utf-8")
    secrets = "".join(f"{name}={value}\n" for name, value in sorted(simulation.secrets.items()))
    (directory / "secrets.env").write_text(secrets, "utf-8")
