"""One file, ``migro.toml``, validated whole; secrets stay in the environment and are only named here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .decide import Policy
from .errors import ConfigurationError
from .models import RunMode, digest
from .models.validation import explain_validation
from .observe import ObserveSettings

__all__ = ["Configuration", "MemorySettings", "PolicySettings", "RulesSettings", "read_configuration"]


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_many)]


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
    allow: Names = ("notify", "report", "update_dashboard")
    approval_minutes: int = Field(default=240, gt=0)
    stale_minutes: int = Field(default=30, gt=0)


class RulesSettings(_Section):
    """Rule sets by reference, ``package.module:NAME`` or the name of a shipped pack."""

    sets: Names = ("headless",)


class Configuration(_Section):
    """
    The whole of ``migro.toml``.

    Attributes:
        roles: Channels by role, such as ``on_call = "console"``.
    """

    memory: MemorySettings = MemorySettings()
    policy: PolicySettings = PolicySettings()
    rules: RulesSettings = RulesSettings()
    observe: ObserveSettings = ObserveSettings()
    roles: Mapping[str, str] = Field(default_factory=dict)

    @property
    def version(self) -> str:
        """SHA-256 of the whole configuration; part of the policy's version, and so of every decision."""
        return digest(self.model_dump(mode="json"))

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
