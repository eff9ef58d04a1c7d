"""One file, ``migro.toml``, validated whole; secrets stay in the environment and are only named here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from .act.settings import ActuatorsSettings
from .decide import Policy
from .errors import ConfigurationError
from .models import RunMode, digest
from .models.validation import explain_validation
from .observe import ObserveSettings

__all__ = [
    "ANY_VERSION",
    "Configuration",
    "FactorySettings",
    "MemorySettings",
    "PluginsSettings",
    "PolicySettings",
    "RulesSettings",
    "read_configuration",
]

ANY_VERSION: Final = "*"
"""The pin of a plugin that is enabled whatever its version."""


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _listed(value: object) -> object:
    """Return a list of names as a table of pins that any version meets; a table is one already."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return value
    if twice := sorted({name for name in value if value.count(name) > 1}):
        raise ValueError(f"expected each name once, not {', '.join(twice)} again")
    return dict.fromkeys(value, ANY_VERSION)


_HASH = re.compile(r"[0-9a-f]{12,64}")


def _hashes(pins: Mapping[str, str]) -> Mapping[str, str]:
    for name, pin in pins.items():
        if pin != ANY_VERSION and not _HASH.fullmatch(pin):
            raise ValueError(f"expected at least 12 hex digits of the rule set's version for {name}")
    return pins


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+")


def _schemes(pins: Mapping[str, str]) -> Mapping[str, str]:
    for name in pins:
        # One letter is a Windows drive.
        if not _SCHEME.fullmatch(name) or name in ("sqlite", "volatile"):
            raise ValueError(f"expected what the URL of a memory can start with, and no shipped memory, not {name!r}")
    return pins


def _exact(value: Any) -> Any:
    """Return a plugin's settings if they are exact: a float or a date has no one spelling, and all of it is hashed."""
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for item in held:
        _exact(item)
    if not isinstance(value, str | int | list | Mapping):
        raise ValueError(f"expected strings, whole numbers, booleans, lists and tables; write {value} in quotes")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_many)]

Listed = Annotated[Mapping[str, str], BeforeValidator(_listed)]
"""Plugins by name, with the version that each is pinned to."""

Tables = Annotated[Mapping[str, Mapping[str, Any]], BeforeValidator(_exact)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class MemorySettings(_Section):
    """Where everything is kept: a URL as `migro.remember.open_memory` takes it."""

    url: str = "sqlite:///migro.db"


class PolicySettings(_Section):
    """
    How far automation may go; see `migro.Policy`.

    Attributes:
        allow: Kinds of action that may run by themselves.
        approval_minutes: How long an action waits for a person.
        stale_minutes: How old the newest evidence may be for more than telling operators.
    """

    mode: RunMode = RunMode.AUTO
    allow: Names = ("notify", "recheck", "report", "update_dashboard")
    approval_minutes: int = Field(default=240, gt=0)
    stale_minutes: int = Field(default=30, gt=0)


class RulesSettings(_Section):
    """Rule sets by reference: ``package.module:NAME``, a shipped pack, or what a plugin offers under a name."""

    sets: Names = ("headless",)


class FactorySettings(_Section):
    """Tables that the factories of plugins are called with, by name."""

    actuators: Tables = Field(default_factory=dict)
    memories: Tables = Field(default_factory=dict)
    sources: Tables = Field(default_factory=dict)


class PluginsSettings(_Section):
    """
    Which of the installed plugins are enabled: a list of names for each group, or a table with their versions.

    Attributes:
        rulesets: Pinned to the beginning of the rule set's own version, at least 12 hex digits.
        signals, features, lexicons, actuators, memories, sources: Pinned to the version of the distribution.
        settings: What factories are told.
    """

    rulesets: Annotated[Listed, AfterValidator(_hashes)] = Field(default_factory=dict)
    signals: Listed = Field(default_factory=dict)
    features: Listed = Field(default_factory=dict)
    lexicons: Listed = Field(default_factory=dict)
    actuators: Listed = Field(default_factory=dict)
    memories: Annotated[Listed, AfterValidator(_schemes)] = Field(default_factory=dict)
    sources: Listed = Field(default_factory=dict)
    settings: FactorySettings = FactorySettings()

    @model_validator(mode="after")
    def _settings_are_of_listed_plugins(self) -> PluginsSettings:
        for group in ("actuators", "memories", "sources"):
            listed = getattr(self, group)
            # The console is shipped and takes no settings.
            if strange := sorted(getattr(self.settings, group).keys() - (listed.keys() - {"console"})):
                raise ValueError(
                    f"expected settings.{group} only for what {group} lists ({', '.join(listed) or 'nothing'}),"
                    f" not for {', '.join(strange)}"
                )
        return self


class Configuration(_Section):
    """
    The whole of ``migro.toml``.

    Attributes:
        roles: Channels by role: ``console``, ``mail:ADDRESS``, ``slack:CHANNEL`` or ``apprise:NAME``.
        actuators: The receivers that actions go to.
    """

    memory: MemorySettings = MemorySettings()
    policy: PolicySettings = PolicySettings()
    rules: RulesSettings = RulesSettings()
    observe: ObserveSettings = ObserveSettings()
    plugins: PluginsSettings = PluginsSettings()
    actuators: ActuatorsSettings = ActuatorsSettings()
    roles: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _what_is_listed_is_all(cls, data: Any) -> Any:
        # The shipped pack is in force where nothing is listed; a list is the whole truth, wherever it stands.
        if not isinstance(data, Mapping):
            return data
        plugins, rules = data.get("plugins"), data.get("rules", {})
        listed = plugins.get("rulesets") if isinstance(plugins, Mapping) else None
        if not listed or not isinstance(rules, Mapping) or "sets" in rules:
            return data
        return {**data, "rules": {**rules, "sets": []}}

    @property
    def rule_sets(self) -> tuple[str, ...]:
        """Every rule set that is in force, by name or reference, in the order of the file."""
        return tuple(dict.fromkeys((*self.rules.sets, *self.plugins.rulesets)))

    @property
    def enabled(self) -> Mapping[str, Mapping[str, str]]:
        """Names and pins of the plugins that are enabled, by group; a shipped pack is one of the rule sets."""
        named = {name: ANY_VERSION for name in self.rules.sets if ":" not in name}
        return {
            "rulesets": {**named, **self.plugins.rulesets},
            "signals": self.plugins.signals,
            "features": self.plugins.features,
            "lexicons": self.plugins.lexicons,
            "actuators": self.plugins.actuators or {"console": ANY_VERSION},
            "memories": self.plugins.memories,
            "sources": self.plugins.sources,
        }

    @property
    def version(self) -> str:
        """SHA-256 of the whole configuration; part of the policy's version, and so of every decision."""
        data = self.model_dump(mode="json")
        if self.actuators == ActuatorsSettings():
            # Whoever has no receivers has the version that the same file had before there were any.
            del data["actuators"]
        return digest(data)

    def to_policy(self) -> Policy:
        """Return the policy that the file describes."""
        return Policy(
            mode=self.policy.mode,
            allow=frozenset(self.policy.allow),
            approval_lasts=timedelta(minutes=self.policy.approval_minutes),
            stale_after=timedelta(minutes=self.policy.stale_minutes),
            configuration=self.version,
        )


def read_configuration(path: Path | None) -> Configuration:
    """
    Return the configuration of a file; the defaults for None.

    Raises:
        ConfigurationError: With every wrong setting at once: expected, got, and where.
    """
    if path is None:
        return Configuration()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as e:
        raise ConfigurationError(f"expected a readable file: {e.strerror} - at {path}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigurationError(f"expected TOML: {e} - at {path}") from e
    try:
        return Configuration.model_validate(data)
    except ValidationError as e:
        raise ConfigurationError(f"{explain_validation(e, quoting=True)} - at {path}") from e
