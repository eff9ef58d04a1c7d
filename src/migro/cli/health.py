"""``migro health``: whether an agent keeps up, and what is wrong where it does not."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from ..agent import Agent
from ..vitals import Limits, examined
from .console import Console
from .equipment import add_rules, equipped, opened, policy_of, reading
from .retrospect import add_memory, positive, when
from .surroundings import configuration
from .unfit import tell_unfit

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("health", parents=[common], help="whether an agent keeps up; exit code 1 where not")
    add_memory(parser)
    limits = Limits()
    parser.add_argument(
        "--lag", type=positive, default=limits.lag_s, metavar="S", help="how long an input may wait (default: 300)"
    )
    parser.add_argument(
        "--outbox", type=positive, default=limits.outbox_s, metavar="S", help="the same for an action (default: 600)"
    )
    parser.add_argument(
        "--overdue", type=positive, default=limits.overdue_s, metavar="S", help="how late time may be (default: 300)"
    )
    parser.add_argument(
        "--ahead", type=positive, default=limits.ahead_s, metavar="S", help="how far ahead it may be (default: 300)"
    )
    parser.add_argument("--at", type=when, metavar="TIME", help="what time it is (default: now)")
    add_rules(parser, in_force=True)
    parser.set_defaults(command=health)


def health(arguments: argparse.Namespace, console: Console) -> int:
    """Print what was looked at."""
    config = configuration(arguments.config)
    url = arguments.memory or config.memory.url
    rules, plugins = equipped(config, arguments.rules or ())
    with reading(config, url):
        pass  # a file that is not there is never made
    with opened(config, url, plugins) as memory:
        policy = policy_of(config, memory)
        tell_unfit(config, rules, plugins, policy, console)
        agent = Agent(rules=rules, memory=memory, policy=policy, alarm=console.complain)
        limits = Limits(
            lag_s=arguments.lag, outbox_s=arguments.outbox, overdue_s=arguments.overdue, ahead_s=arguments.ahead
        )
        found = examined(agent, arguments.at or datetime.now(UTC), limits=limits)
    if console.text:
        print("\n".join(found.lines()))
    elif console.format == "json":
        console.data(found.data())
    else:
        console.records(found.rows())
    return 0 if found.ok else 1
