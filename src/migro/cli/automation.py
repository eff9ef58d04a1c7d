"""``migro status``, ``migro halt`` and ``migro resume``: whether automation acts, and a person's word about it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from ..agent import PLATFORM, Agent
from ..agent.attended import is_legible, said
from ..agent.clocks import AHEAD
from ..audit import Standing, standing
from ..configuration import Configuration
from ..errors import ConfigurationError
from ..models.canonical import EPOCH
from ..models.lines import one_line
from ..plugins import enable
from ..ports import Memory
from .console import Console
from .equipment import add_rules, equipped, expect_in_force, opened, policy_of, reading
from .merging import clock_of
from .retrospect import add_memory, minute, same_memory, when
from .surroundings import configuration, where_kept
from .unfit import tell_unfit

__all__ = ["register"]

_LONGEST = 500


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    status = commands.add_parser(
        "status", parents=[common], help="whether automation acts, since when not, and what waits; 1 while it is halted"
    )
    add_memory(status)
    status.set_defaults(command=report_status)
    for name, told in (
        ("halt", "stop automation for every merchant until a person resumes"),
        ("resume", "let automation go on after a halt; it needs a name and a reason"),
    ):
        parser = commands.add_parser(name, parents=[common], help=told)
        parser.add_argument("--by", metavar="NAME", help="whoever says so; it is recorded")
        parser.add_argument("--why", metavar="TEXT", help="why; recorded, so name no person")
        parser.add_argument("--at", type=when, metavar="TIME", help="when it is said (default: now)")
        add_rules(parser, in_force=True)
        add_memory(parser)
        parser.set_defaults(command=say, verb=name)


def report_status(arguments: argparse.Namespace, console: Console) -> int:
    """Print how automation stands; 1 while it is halted."""
    config, _ = _readable(arguments, console)
    with reading(config, arguments.memory or config.memory.url) as memory:
        found = standing(memory)
    if console.text:
        print("\n".join(_lines(found, same_memory(arguments))))
    else:
        console.data(found.data())
    return 1 if found.halted else 0


def say(arguments: argparse.Namespace, console: Console) -> int:
    """Halt or resume, and say what holds from then on."""
    verb = arguments.verb
    if not arguments.by or not arguments.why or not is_legible(arguments.why):
        raise ConfigurationError(f"expected --by NAME and --why TEXT to {verb}, got less")
    now = datetime.now(UTC)
    if clock_of(arguments) > now + AHEAD:
        raise ConfigurationError(f"expected --at that is not ahead of the clock, {now:%Y-%m-%d %H:%M} UTC, got later")
    # What stops automation needs no more than the memory; what lets it go on needs everything.
    config, whole = _readable(arguments, console) if verb == "halt" else (configuration(arguments.config), True)
    url = arguments.memory or config.memory.url
    with reading(config, url):
        pass  # a file that is not there is never made
    found = _halted(config, url, arguments, console) if verb == "halt" else _resumed(config, url, arguments, console)
    if not whole:
        console.complain(
            f"automation is halted in {url}; where that is not the memory of the agent, name it by --memory"
        )
    if console.text:
        print(next(_lines(found, same_memory(arguments))))
    else:
        console.data(found.data())
    return 0 if bool(found.halted) == (verb == "halt") else 1


def _readable(arguments: argparse.Namespace, console: Console) -> tuple[Configuration, bool]:
    """Return the configuration and whether it is the whole one: of a wrong one, what says where the memory is."""
    try:
        return configuration(arguments.config), True
    except ConfigurationError as e:
        console.complain(f"{e}; what it says of the memory is used, as far as it can be read")
        return where_kept(arguments.config), False


def _halted(config: Configuration, url: str, arguments: argparse.Namespace, console: Console) -> Standing:
    """Append a halt to the platform's journal: whatever is configured here, that puts nothing into force."""
    scheme = url.partition(":")[0]
    needed = {"memories": {scheme: config.plugins.memories[scheme]}} if scheme in config.plugins.memories else {}
    with opened(config, url, enable(needed)) as memory:
        before = standing(memory)
        # After everything that was said before: the same words at one time would be the halt that has been resumed.
        last = max((one.at for one in before.spoken), default=EPOCH) + timedelta(microseconds=1)
        words = said(at=max(clock_of(arguments), last), verb="halt", by=arguments.by, why=arguments.why)
        if (before.halted, before.by) != (words.why, words.by):
            memory.accept(PLATFORM, (words,))
            # Nothing acts from here on. Under what is in force, what is planned is withdrawn now and not when an
            # agent comes to it.
            with suppress(ConfigurationError):
                _agent(config, memory, arguments, console, words.at).halt(by=words.by, why=words.why)
        return standing(memory)


def _resumed(config: Configuration, url: str, arguments: argparse.Namespace, console: Console) -> Standing:
    _, plugins = equipped(config, arguments.rules or ())
    with opened(config, url, plugins) as memory:
        agent = _agent(config, memory, arguments, console, clock_of(arguments))
        agent.resume(by=arguments.by, why=arguments.why)
        return standing(memory)


def _agent(
    config: Configuration, memory: Memory, arguments: argparse.Namespace, console: Console, at: datetime
) -> Agent:
    rules, plugins = equipped(config, arguments.rules or ())
    policy = policy_of(config, memory)
    tell_unfit(config, rules, plugins, policy, console)
    agent = Agent(rules=rules, memory=memory, policy=policy, alarm=console.complain, now=lambda: at)
    # Who says so here must not put other rules of who may do what into force.
    expect_in_force(agent, PLATFORM)
    return agent


def _lines(found: Standing, memory: str) -> Iterator[str]:
    if found.halted and found.since is not None:
        why = one_line(found.halted, _LONGEST)
        yield f"automation is halted since {minute(found.since)} UTC by {found.by}: {why}"
    else:
        yield f"automation goes on{f', mode {found.mode}' if found.mode else ''}"
    yield f"{found.open_issues} issues are open, {found.pending} inputs wait to be thought about"
    yield f"{found.waiting} actions wait for people, {found.planned} are planned, {found.started} have been started"
    for one in found.spoken:
        mode = f" {one.mode or 'as the policy says'}" if one.verb == "set_mode" else ""
        yield f"  {minute(one.at)} UTC {one.verb}{mode} by {one.by}: {one_line(one.why, _LONGEST)}".rstrip(": ")
    if found.halted:
        yield f"migro resume --by NAME --why TEXT{memory} lets it go on, when what is wrong has been seen to."
