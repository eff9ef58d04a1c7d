"""``migro issues merge`` and ``unmerge``, ``ack``, ``assign`` and ``resolve``: what a person says about an issue."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from ..agent import Agent
from ..agent.fold import partition_of_issue
from ..agent.journal import one_issue
from ..errors import ConfigurationError
from ..ports import Memory
from .console import Console, short
from .equipment import equipped, expect_in_force, opened, policy_of, reading
from .retrospect import one_id
from .surroundings import configuration

__all__ = ["attend_to", "clock_of", "merge_issues"]


def merge_issues(arguments: argparse.Namespace, console: Console) -> int:
    """Merge one issue into another, or take it out again, and say what was decided."""
    config = configuration(arguments.config)
    url = arguments.memory or config.memory.url
    merges = arguments.what == "merge"
    given = [arguments.id, arguments.into] if merges else [arguments.id]
    if None in given or (not merges and arguments.into is not None):
        wanted = "two ids" if merges else "one id"
        raise ConfigurationError(f"expected {wanted} to {arguments.what}, got another number")
    if not arguments.by or not arguments.why:
        raise ConfigurationError(f"expected --by NAME and --why TEXT to {arguments.what}, got less")
    rules, plugins = equipped(config, arguments.rules or ())
    with reading(config, url) as memory:
        ids = [_whole(memory, id) for id in given]
    with opened(config, url, plugins) as memory:
        agent = Agent(rules=rules, memory=memory, policy=policy_of(config, memory), alarm=console.complain)
        expect_in_force(agent, partition_of_issue(one_issue(memory, ids[0])))
        if merges:
            decisions = agent.merge(ids[0], ids[1], by=arguments.by, why=arguments.why)
        else:
            decisions = agent.unmerge(ids[0], by=arguments.by, why=arguments.why)
    if not console.text:
        console.records(d.summary() for d in decisions)
        return 0
    if merges:
        print(f"{short(ids[0])} counts to {short(ids[1])} from now on; migro issues unmerge {short(ids[0])} undoes it")
    else:
        print(f"{short(ids[0])} stands for itself again")
    for decision in decisions:
        print(f"  {decision.issue.kind} {short(decision.issue.id)}: {decision.because}")
    return 0


def _whole(memory: Memory, start: str) -> str:
    return one_id("an issue", start, (i.id for i in memory.read("issues")))


def attend_to(arguments: argparse.Namespace, console: Console) -> int:
    """Say who looks after an issue, or that it is over; exit code 1 where that did not count."""
    config = configuration(arguments.config)
    url, verb = arguments.memory or config.memory.url, arguments.what
    if arguments.id is None or arguments.into is not None or not arguments.by or not arguments.why:
        raise ConfigurationError(f"expected an ID, --by NAME and --why TEXT to {verb}, got something else")
    if (verb == "assign") != (arguments.to is not None):
        raise ConfigurationError("expected --to NAME to assign an issue, and nowhere else")
    rules, plugins = equipped(config, arguments.rules or ())
    with reading(config, url) as memory:
        id = _whole(memory, arguments.id)
    with opened(config, url, plugins) as memory:
        policy = policy_of(config, memory)
        agent = Agent(
            rules=rules, memory=memory, policy=policy, alarm=console.complain, now=lambda: clock_of(arguments)
        )
        expect_in_force(agent, partition_of_issue(one_issue(memory, id)))
        if verb == "assign":
            answer = agent.assign(id, arguments.to, by=arguments.by, why=arguments.why)
        elif verb == "ack":
            answer = agent.acknowledge(id, by=arguments.by, why=arguments.why)
        else:
            answer = agent.resolve(id, by=arguments.by, why=arguments.why)
    if console.text:
        print(answer.words)
    else:
        console.data(answer.model_dump())
    return 0 if answer.counted else 1


def clock_of(arguments: argparse.Namespace) -> datetime:
    """Return when a person says something: by the clock, unless the command names a time."""
    at = arguments.at
    return at if isinstance(at, datetime) else datetime.now(UTC)
