"""``migro rules portability``: which rules durable-rules can be given as a second engine, and why the others not."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

from ..durable import Portability, missing, portability, version
from .console import Console
from .equipment import add_rules, equipped
from .surroundings import configuration

__all__ = ["register"]


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = inside.add_parser(
        "portability",
        parents=[common],
        help="say of each rule whether durable-rules can give a second opinion on it",
        description=(
            "lowered: its join or chain is the second engine's own work; native: one condition, which migro"
            " evaluates whole; refused: it runs on the native engine alone. The extra need not be installed."
        ),
    )
    add_rules(parser)
    parser.set_defaults(command=show_portability)


def show_portability(arguments: argparse.Namespace, console: Console) -> int:
    """Print how each rule stands with the second engine."""
    ruleset, _ = equipped(configuration(arguments.config), arguments.rules or ())
    found = portability(ruleset)
    if not console.text:
        console.records(one.document() for one in found)
        return 0
    width = max((len(one.rule) for one in found), default=0)
    for one in found:
        print(f"{one.standing:<8} {one.rule:<{width}}  {one.reason}")
    print(f"\n{ruleset.name}: {_counted(found)}")
    print(f"second engine: {missing() or f'durable-rules {version()}'}")
    return 0


def _counted(found: tuple[Portability, ...]) -> str:
    counts = Counter(one.standing for one in found)
    return f"{counts['lowered']} lowered, {counts['native']} native, {counts['refused']} refused"
