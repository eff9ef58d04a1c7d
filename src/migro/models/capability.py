"""Capabilities: what an actuator says about a kind of action before anybody asks it to act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal

import attrs
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import ConfigurationError
from .action import Action
from .scales import Risk
from .validation import explain_validation

__all__ = ["Capability", "Idempotency", "Parameters", "Standing", "may_repeat"]

Idempotency = Literal["receiver", "check", "none"]
"""
What keeps an action from happening twice where nobody knows whether it has happened.

`receiver`: the receiver knows the key and acts once, so asking again is safe.
`check`: the receiver can be asked whether it has happened.
`none`: neither; a person has to look.
"""

Standing = Literal["done", "not_done", "unknown"]
"""What an actuator finds when it looks for an action in the world."""


class Parameters(BaseModel):
    """
    The arguments of an action, typed: subclass it with a field for each.

    Arguments are words, so a number is read from its digits; one that is not declared is a mistake.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def _named(action: Action) -> str:
    return f"{action.kind} -> {action.target}"


def _seconds(_: object, field: attrs.Attribute[timedelta | None], value: timedelta | None) -> None:
    if value is not None and (not isinstance(value, timedelta) or value < timedelta(seconds=1)):
        raise ConfigurationError(f"Capability.{field.name}: expected a span of a second or more, got {value!r}")


@attrs.frozen(kw_only=True)
class Capability:
    """
    What an actuator can do about one kind of action.

    Attributes:
        kind: The verb.
        risk: What it can do at worst. An action that a rule declares as less risky is not executed.
        parameters: What its arguments are read as.
        idempotency: What keeps it from happening twice.
        reversible: Whether a person can undo it.
        verify_after: How long after it was done its actuator looks whether it has helped; None where nobody looks.
        preview: Says in words what would be done, for an approval card and for a dry run, and touches nothing.
    """

    kind: str
    risk: Risk
    parameters: type[Parameters]
    idempotency: Idempotency
    reversible: bool
    preview: Callable[[Action], str] = _named
    verify_after: timedelta | None = attrs.field(default=None, validator=_seconds)

    def problem(self, action: Action) -> str:
        """Return why an action must not be executed as it stands, in words; empty where it may."""
        return self.mismatch(action.risk, action.args)

    def mismatch(self, risk: Risk, args: Mapping[str, str]) -> str:
        """Return why an action with this risk and these arguments would not be executed; empty where it would."""
        if risk < self.risk:
            return f"expected {self.kind} to be declared as {self.risk.word} or worse, got {risk.word}"
        try:
            self.parameters.model_validate(dict(args))
        except ValidationError as e:
            return f"{self.kind}: {explain_validation(e)}"
        return ""


def may_repeat(idempotency: Idempotency, standing: Standing) -> bool:
    """Return whether an action that may have happened can be tried again without happening twice."""
    return standing == "not_done" or (standing == "unknown" and idempotency == "receiver")
