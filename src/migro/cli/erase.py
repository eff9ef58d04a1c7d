"""``migro erase``: a person is forgotten; what was decided stays decided, and the chain holds."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import Any

import attrs

from ..agent import Agent, Erased
from ..agent.erasing import erasure_request, known_partition
from ..agent.journal import in_force
from ..audit import RewrittenPartition, rewritten_by
from ..models import ConfigChanged, ErasureRequested
from ..ports import Ledger, Memory
from .console import Console
from .equipment import add_rules, equipped, opened, policy_of, reading
from .retrospect import add_memory
from .surroundings import configuration

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("erase", parents=[common], help="forget a person, by pseudonym")
    parser.add_argument("pseudonym", metavar="PSEUDONYM", help="what stands for the person in a merchant's signals")
    shop = parser.add_mutually_exclusive_group(required=True)
    shop.add_argument("--merchant", metavar="ID", help="whose shop")
    shop.add_argument("--unattributed", action="store_true", help="signals that name no merchant")
    parser.add_argument("--by", required=True, metavar="NAME", help="role or name of who asks for it; it is recorded")
    parser.add_argument("--why", required=True, metavar="TEXT", help="why; recorded, so name no person")
    add_rules(parser)
    add_memory(parser)
    parser.set_defaults(command=erase)


def erase(arguments: argparse.Namespace, console: Console) -> int:
    """Put a random token where the pseudonym was, and say what that rewrote; 1 when it was not there, or is left."""
    config = configuration(arguments.config)
    url = arguments.memory or config.memory.url
    rules, plugins = equipped(config, arguments.rules or ())
    with reading(config, url):
        pass  # a file that is not there is no memory to forget something in, and none is made
    with opened(config, url, plugins) as memory:
        agent = Agent(rules=rules, memory=memory, policy=policy_of(config, memory), alarm=console.complain)
        asked = {"merchant": arguments.merchant, "by": arguments.by, "why": arguments.why}
        partition = known_partition(memory, arguments.merchant)
        ruling = in_force(memory, partition)
        if ruling is not None and not agent.decides_as(ruling):
            # To consume it here would put these rules in force; those that are in force take it with their next input.
            item = erasure_request(
                agent.fold.engine, at=_next_moment(memory, partition), pseudonym=arguments.pseudonym, **asked
            )
            memory.accept(partition, (item,))
            return _asked(item, partition, ruling, console)
        done = agent.erase(arguments.pseudonym, **asked)
        where = (
            list(rewritten_by(memory, memory, pseudonym=arguments.pseudonym, token=done.token))
            if isinstance(memory, Ledger)
            else []
        )
    return _told(arguments, console, done, where)


def _next_moment(memory: Memory, partition: str) -> datetime:
    """Return a time after everything that came in before: the fold's time never runs backwards."""
    (stands,) = memory.read("partitions", id=partition)
    newest = [e.input.at for e in memory.load(partition, stands.accepted - 1)]
    return max(newest) + timedelta(microseconds=1)


def _asked(item: ErasureRequested, partition: str, ruling: ConfigChanged, console: Console) -> int:
    if not console.text:
        console.data({"partition": partition, "token": item.token, "pending": True})
    else:
        print(f"asked for in {partition}: {item.token} will stand in its place")
    console.complain(
        f"not erased yet: expected the rules and policy in force there ({ruling.ruleset[:12]}, {ruling.policy[:12]}),"
        " got others; it is done with the next input that they take, or give the same --rules and --config"
    )
    return 1


def _told(arguments: argparse.Namespace, console: Console, done: Erased, where: list[RewrittenPartition]) -> int:
    left = [f"{w.partition}, {place}" for w in where for place in w.left]
    if not console.text:
        console.data({**attrs.asdict(done), "rewritten": [attrs.asdict(w) for w in where], "left": left})
    else:
        print(f"erased in {done.partition}, input {done.seq}: {done.token} stands in its place now")
        for partition in where:
            counts = ", ".join(f"{count} {what}" for what, count in partition.rewritten.items()) or "nothing"
            print(f"  {partition.partition} number {partition.seq}: rewrote {counts}")
    for place in left:
        console.complain(f"expected nothing of the pseudonym to be left, found it - at {place}")
    named = sum(count for w in where if w.partition == done.partition for count in w.rewritten.values())
    if named == 1:
        # The request itself. Whoever mistyped a pseudonym must not believe that somebody is forgotten.
        console.complain(
            "nothing named that pseudonym but the request itself: is it the right one, and the right shop?"
        )
    return 1 if left or named == 1 else 0
