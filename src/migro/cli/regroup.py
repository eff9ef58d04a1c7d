"""``migro regroup``: which open issues another grouping would split or put together."""

from __future__ import annotations

import argparse
from typing import Any

import attrs

from ..history.regrouping import regroup, versions
from .console import Console, short
from .equipment import add_rules, equipped, reading
from .retrospect import add_memory, cut, table
from .surroundings import configuration

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "regroup", parents=[common], help="which open issues another grouping would split or put together"
    )
    parser.add_argument(
        "--dry-run", action="store_true", required=True, help="required: issues keep the grouping they were opened with"
    )
    add_rules(parser)
    add_memory(parser)
    parser.set_defaults(command=regrouped)


def regrouped(arguments: argparse.Namespace, console: Console) -> int:
    """Print what these rules would group otherwise; 1 when there is any."""
    config = configuration(arguments.config)
    ruleset, _ = equipped(config, arguments.rules or ())
    with reading(config, arguments.memory or config.memory.url) as memory:
        issues = list(memory.read("issues"))
    found = regroup(issues, ruleset)
    if not console.text:
        console.records(attrs.asdict(r) for r in found)
        return 1 if found else 0
    print(f"{len(issues)} issues, grouped by {', '.join(versions(issues)) or 'nothing yet'}")
    if not found:
        print(f"{ruleset.name} {ruleset.version[:12]} groups all that are open as they are: nothing is split or merged")
        return 0
    rows = [
        (r.what, cut(r.kind), ", ".join(r.before), ", ".join(r.after) or "-", " ".join(short(i) for i in r.issues))
        for r in found
    ]
    print("\n".join(table(("what", "kind", "by", "would be by", "issues"), rows)))
    print("nothing is moved: an issue keeps the grouping it was opened with")
    return 1
