"""What a command works with besides files: rules, memory, hands and sources, shipped ones and those of plugins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ..act import ConsoleActuator
from ..configuration import ANY_VERSION, Configuration
from ..decide import Policy
from ..errors import ConfigurationError
from ..models import ConfigChanged, Signal
from ..observe import scrub
from ..plugins import Enabled, built, enable
from ..plugins.contracts import actuator, memory, source
from ..ports import Actuator, Memory
from ..remember import open_memory
from ..rules import RuleSet
from .material import Event
from .surroundings import PACKS, existing_memory, load_rules

__all__ = ["equipped", "hands", "opened", "policy_of", "reading", "source_events"]

_CONSOLE: Final = "console"


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


def hands(config: Configuration, plugins: Enabled, policy: Policy, *, live: bool) -> tuple[Actuator, ...]:
    """Return the actuators that are listed; none in dry run, which makes none so that none can act."""
    if not live:
        return ()
    names = [name for name in plugins.actuators if name != _CONSOLE]
    made = built("actuators", names, plugins, config.plugins.settings.actuators, actuator)
    if _CONSOLE not in plugins.actuators:
        return made
    # The console prints what no other listed actuator does.
    left = policy.allow.difference(*(a.kinds for a in made))
    return (*made, ConsoleActuator(sys.stderr, kinds=left, redact=scrub)) if left else made


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
    except Exception as e:  # foreign code; its words may hold what a sender wrote, so only its type is told
        yield Event(where=f"source {name}:{number}", problem=f"expected a signal or the end, got {type(e).__name__}")
