"""What every command needs from its surroundings: configuration, rules, memory, secrets. The rim that reads them."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..configuration import Configuration, read_configuration
from ..errors import ConfigurationError
from ..models import Signal
from ..observe import Observer, ObserveSettings
from ..plugins import composed
from ..plugins.references import imported
from ..remember import SqliteMemory, VolatileMemory, open_memory
from ..rules import RuleSet
from .console import Console

__all__ = [
    "PACKS",
    "configuration",
    "existing_memory",
    "load_rules",
    "observer",
    "pseudonym_key",
    "secret_values",
    "where_kept",
]

PACKS: Mapping[str, str] = {"headless": "migro.packs.headless:RULES"}
"""Shipped rule sets by name."""


def configuration(path: Path | None) -> Configuration:
    """Return the configuration of a file, else of ``migro.toml`` in this directory, else the defaults."""
    if path is None and Path("migro.toml").is_file():
        path = Path("migro.toml")
    return read_configuration(path)


def where_kept(path: Path | None) -> Configuration:
    """
    Return what a configuration that is wrong says about the memory all the same; what cannot be read has the defaults.

    For who has to go on whatever else the file says, such as a kill switch.
    """
    try:
        data = tomllib.loads((path or Path("migro.toml")).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Configuration()
    found: dict[str, Any] = {}
    for name in ("plugins", "memory"):
        with suppress(KeyError, ValidationError):
            Configuration.model_validate({**found, name: data[name]})
            found[name] = data[name]
    return Configuration.model_validate(found)


def existing_memory(url: str) -> SqliteMemory | VolatileMemory:
    """
    Return the memory that `url` names, to be read: a file that is not there is never made.

    Raises:
        ConfigurationError: If there is no such file.
    """
    path = Path(url.removeprefix("sqlite:///"))
    if url != "volatile:" and "://" not in url.removeprefix("sqlite:///") and not path.exists():
        raise ConfigurationError(f"expected a memory that exists, found no file - at {path}")
    return open_memory(url, read_only=True)


def load_rules(
    references: Iterable[str],
    *,
    named: Mapping[str, RuleSet] | None = None,
    vocabularies: Mapping[str, Iterable[type[Signal]]] | None = None,
) -> RuleSet:
    """
    Return the rule sets of several references as one.

    Args:
        references: ``package.module:NAME``, or the name of a set.
        named: Sets that are loaded already; shipped packs need not be.
        vocabularies: Further signal classes, by the name of the plugin that brings them.

    Raises:
        ConfigurationError: If one cannot be loaded; a set that is asked for is never left out.
    """
    loaded = named or {}
    return composed([loaded[r] if r in loaded else _rule_set(r) for r in references], vocabularies or {})


def _rule_set(reference: str) -> RuleSet:
    return imported(PACKS.get(reference, reference), RuleSet, noun="rules", names=", ".join(PACKS))


def secret_values(settings: ObserveSettings) -> dict[str, str]:
    """Return the secrets that the settings name, as far as the environment has them."""
    endpoints = [*settings.endpoints.values(), settings.default]
    return {n: os.environ[n] for e in endpoints for n in e.secrets_env if os.environ.get(n)}


def pseudonym_key(settings: ObserveSettings, memory_url: str | None) -> bytes:
    """
    Return the key of pseudonyms: from the environment, else from a file beside the memory, else one for this run.

    The file is made when it is missing, readable by its owner only.

    Raises:
        ConfigurationError: If the key is shorter than 16 characters, or the file cannot be read.
    """
    told = os.environ.get(settings.pseudonym_key_env)
    if told is not None:
        if len(told.encode()) < 16:
            raise ConfigurationError(
                f"expected at least 16 characters in {settings.pseudonym_key_env}, got {len(told)}"
            )
        return told.encode()
    if memory_url is None or memory_url == "volatile:":
        return secrets.token_bytes(32)
    path = Path(memory_url.removeprefix("sqlite:///") + ".key")
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as e:
        raise ConfigurationError(f"expected a readable key of pseudonyms: {e.strerror} - at {path}") from e


def _is_of_plugin(config: Configuration, memory_url: str | None) -> bool:
    return (memory_url or "").partition(":")[0] in config.plugins.memories


def observer(config: Configuration, memory_url: str | None, console: Console) -> Observer:
    """Return an observer with the configured endpoints, secrets and key; secrets that are not set are named."""
    settings = config.observe
    if _is_of_plugin(config, memory_url) and settings.pseudonym_key_env not in os.environ:
        # Only a file has a place beside it, and a key for each run would make strangers of people who are known.
        raise ConfigurationError(
            f"expected the key of pseudonyms in {settings.pseudonym_key_env}, since the memory is a plugin's; got none"
        )
    secrets_found = secret_values(settings)
    wanted = {n for e in (*settings.endpoints.values(), settings.default) for n in e.secrets_env}
    if missing := sorted(wanted - secrets_found.keys()):
        console.complain(f"secrets not set, so their signatures cannot be checked: {', '.join(missing)}")
    return Observer(settings, secrets=secrets_found, pseudonym_key=pseudonym_key(settings, memory_url))
