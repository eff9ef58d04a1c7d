"""What a command works with besides files: rules, memory, hands and sources, shipped ones and those of plugins."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

import attrs

from ..act import ConsoleActuator, Diagnostics
from ..agent import Agent
from ..configuration import ANY_VERSION, Configuration
from ..decide import Policy
from ..errors import ConfigurationError, survivable
from ..models import ConfigChanged, Signal
from ..observe import scrub
from ..plugins import Enabled, built, enable
from ..plugins.contracts import actuator, memory, source
from ..ports import Memory
from ..remember import open_memory
from ..rules import RuleSet
from .material import Event
from .surroundings import PACKS, existing_memory, load_rules

if TYPE_CHECKING:
    from ..act.equipping import Equipment

__all__ = ["add_rules", "equipped", "expect_in_force", "hands", "opened", "policy_of", "reading", "source_events"]

_CONSOLE: Final = "console"


def add_rules(parser: argparse.ArgumentParser, *, in_force: bool = False) -> None:
    """Add ``--rules``, whose words `equipped` takes; `in_force` where a command refuses any others."""
    told = "the rules in force" if in_force else "package.module:NAME, or a name"
    parser.add_argument("--rules", action="append", metavar="REF", help=f"{told} (default: as configured)")


def equipped(config: Configuration, references: Sequence[str] = ()) -> tuple[RuleSet, Enabled]:
    """
    Return the rules in force, and the plugins that are enabled.

    Args:
        config: The configuration.
        references: Rule sets that take the place of the configured ones.

    Raises:
        ConfigurationError: If a rule set or a plugin cannot be used; all plugins of which that is true at once.
    """
    listed = config.enabled
    wanted = tuple(references) or config.rule_sets
    named = [r for r in wanted if ":" not in r]
    for name in named:
        if name not in listed["rulesets"] and name not in PACKS:
            known = ", ".join(dict.fromkeys((*PACKS, *listed["rulesets"])))
            raise ConfigurationError(
                f"expected rules as package.module:NAME or one of {known}, got {name!r}: list it under [plugins]"
                " rulesets in migro.toml if a package of yours brings it"
            )
    pins = {name: listed["rulesets"].get(name, ANY_VERSION) for name in named}
    plugins = enable({**listed, "rulesets": pins})
    return load_rules(wanted, named=plugins.rulesets, vocabularies=plugins.signals), plugins


def policy_of(config: Configuration, memory: Memory) -> Policy:
    """Return the configured policy; without a configuration the default one, as the host that wrote it spelled it."""
    if config != Configuration():
        return config.to_policy()
    # A host that sets no policy has the same one without a configuration's name in its version.
    for partition in memory.read("partitions"):
        for entry in memory.load(partition.name):
            if isinstance(entry.input, ConfigChanged):
                return Policy() if entry.input.policy == Policy().version else config.to_policy()
    return config.to_policy()


def expect_in_force(agent: Agent, partition: str) -> None:
    """
    See that a partition goes on under an agent's rules and policy; what others say would put theirs into force.

    Raises:
        ConfigurationError: If other rules or another policy are in force.
    """
    last = _in_force(agent.memory, partition)
    if last is None:
        return
    for what, told, mine in (
        ("policy that is", last.policy, agent.fold.policy.version),
        ("rules that are", last.ruleset, agent.fold.ruleset.version),
    ):
        if told != mine:
            raise ConfigurationError(
                f"expected the {what} in force, {told}, got {mine}: name the migro.toml of the agent with --config,"
                " or let the agent run under this one first"
            )


def _in_force(memory: Memory, partition: str) -> ConfigChanged | None:
    """Return what the journal last said to be in force; looked for from its end, in ever longer pieces."""
    known = next(memory.read("partitions", id=partition), None)
    end, look = (known.accepted if known is not None else 0), 1000
    while end > 0:
        begin = max(0, end - look)
        piece = islice(memory.load(partition, begin), end - begin)
        told = [e.input for e in piece if isinstance(e.input, ConfigChanged) and e.input.counts(e.seq)]
        if told:
            return told[-1]
        end, look = begin, look * 4
    return None


@contextmanager
def opened(config: Configuration, url: str, plugins: Enabled) -> Iterator[Memory]:
    """Open the memory that `url` names, a plugin's where the URL starts with its name, and close it in the end."""
    scheme = url.partition(":")[0]
    if scheme not in plugins.memories:
        with open_memory(url) as shipped:
            yield shipped
        return
    tables = {scheme: {**config.plugins.settings.memories.get(scheme, {}), "url": url}}
    (made,) = built("memories", [scheme], plugins, tables, memory)
    try:
        yield made
    finally:
        # The port asks for no such method, so a memory that holds nothing open need not have it.
        close = getattr(made, "close", None)
        if callable(close):
            close()


@contextmanager
def reading(config: Configuration, url: str) -> Iterator[Memory]:
    """Open the memory that `url` names to read it: a file that is not there is never made."""
    scheme = url.partition(":")[0]
    if scheme in config.plugins.memories:
        plugins = enable({"memories": {scheme: config.plugins.memories[scheme]}})
        with opened(config, url, plugins) as found:
            yield found
        return
    with existing_memory(url) as shipped:
        yield shipped


def hands(
    config: Configuration, plugins: Enabled, policy: Policy, *, live: bool, diagnostics: Diagnostics | None = None
) -> Equipment:
    """
    Return the actuators that are listed or configured, and who is told of decisions.

    In dry run plugins make none, and of the configured ones only what they say about themselves is used.

    Args:
        diagnostics: Further lines of messages, and the tickets that issues are about.
    """
    # Only who runs something needs all that talks to others.
    from ..act.equipping import equip
    from ..act.messages import MESSAGES

    known = diagnostics or Diagnostics(redact=scrub)
    names = [name for name in plugins.actuators if name != _CONSOLE and live]
    made = built("actuators", names, plugins, config.plugins.settings.actuators, actuator)
    taken = frozenset(kind for one in made for kind in one.kinds)
    prints = _CONSOLE in plugins.actuators
    found = equip(
        config.actuators,
        roles=config.roles,
        secrets={name: os.environ[name] for name in config.actuators.secrets if name in os.environ},
        redact=scrub,
        dry_run=not live,
        taken=taken,
        console=ConsoleActuator(sys.stderr, kinds=(*MESSAGES, "update_dashboard"), redact=scrub) if prints else None,
        diagnosis=known,
        ticket_of=known.ticket,
    )
    # The console prints what no other listed actuator does.
    left = policy.kinds.difference(taken, found.kinds) if prints and live else frozenset[str]()
    rest = (ConsoleActuator(sys.stderr, kinds=left, redact=scrub),) if left else ()
    return attrs.evolve(found, actuators=(*made, *found.actuators, *rest))


def source_events(config: Configuration, plugins: Enabled, names: Sequence[str]) -> Iterable[Event]:
    """
    Return the signals of several sources, one source after the other, as events; nothing is read yet.

    Raises:
        ConfigurationError: If one is not listed, or cannot be made.
    """
    if strange := [n for n in names if n not in plugins.sources]:
        known = ", ".join(plugins.sources) or "nothing"
        raise ConfigurationError(
            f"--source: expected what [plugins] sources lists in migro.toml ({known}), got {', '.join(strange)}"
        )
    made = built("sources", names, plugins, config.plugins.settings.sources, source)
    return (event for name, one in zip(names, made, strict=True) for event in _events(name, one.signals))


def _events(name: str, signals: Callable[[], Iterable[Signal]]) -> Iterator[Event]:
    number = 1
    try:
        for number, signal in enumerate(signals(), start=1):
            where = f"source {name}:{number}"
            if isinstance(signal, Signal):
                yield Event(where=where, signal=signal)
            else:
                yield Event(where=where, problem=f"expected a Signal, got {type(signal).__name__}")
            number += 1
    except survivable() as e:  # foreign code; its words may hold what a sender wrote
        yield Event(where=f"source {name}:{number}", problem=f"expected a signal or the end, got {type(e).__name__}")
