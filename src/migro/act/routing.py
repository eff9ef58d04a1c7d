"""Routing by role: one kind of action, told to each role by the channel that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from ..errors import ActionRefused, ConfigurationError
from ..models import Action, ActionResult, Capability, Effect, Idempotency, Standing
from ..ports import Actuator, Declaring, Verifying

__all__ = ["ByRole"]

_WEAKEST: Final[tuple[Idempotency, ...]] = ("none", "check", "receiver")


class ByRole:
    """
    Hands actions to the actuator of the role that they target.

    It declares for each kind what holds of all its actuators: the highest risk, the weakest idempotency.

    Args:
        routes: Actuators by role; each declares what it can do.
        otherwise: Who takes what has no route; None refuses it.

    Raises:
        ConfigurationError: If an actuator declares nothing, or two read the arguments of a kind differently.
    """

    def __init__(self, routes: Mapping[str, Actuator], *, otherwise: Actuator | None = None) -> None:
        self._routes, self._otherwise = dict(routes), otherwise
        self._capabilities: dict[str, Capability] = {}
        for actuator in self._routes.values():
            if not isinstance(actuator, Declaring):
                raise ConfigurationError(f"expected an actuator that declares, got {type(actuator).__name__}")
            for kind, one in actuator.capabilities.items():
                known = self._capabilities.get(kind, one)
                if known.parameters is not one.parameters:
                    raise ConfigurationError(f"expected one way to read the arguments of {kind}, got two")
                self._capabilities[kind] = attrs.evolve(
                    one,
                    risk=max(known.risk, one.risk),
                    idempotency=min(known.idempotency, one.idempotency, key=_WEAKEST.index),
                    reversible=known.reversible and one.reversible,
                    preview=self._preview,
                    verify_after=max(
                        (s for s in (known.verify_after, one.verify_after) if s is not None), default=None
                    ),
                )

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that some route takes."""
        return frozenset(self._capabilities)

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What holds of every route."""
        return self._capabilities

    def execute(self, action: Action) -> ActionResult:
        """
        Hand it to the actuator of its role.

        Raises:
            ActionError: As that one does; `ActionRefused` where there is none.
        """
        actuator = self._for(action)
        if actuator is None:
            raise ActionRefused(f"no channel for {action.kind} is known for the role {action.target}")
        return actuator.execute(action)

    def check(self, action: Action) -> Standing:
        """Return what the actuator of its role finds."""
        actuator = self._for(action)
        return actuator.check(action) if isinstance(actuator, Declaring) else "unknown"

    def verify(self, action: Action) -> Effect:
        """Return what the actuator of its role finds."""
        actuator = self._for(action)
        return actuator.verify(action) if isinstance(actuator, Verifying) else "unknown"

    def _for(self, action: Action) -> Actuator | None:
        actuator = self._routes.get(action.target)
        if actuator is not None and action.kind in actuator.kinds:
            return actuator
        return self._otherwise

    def _preview(self, action: Action) -> str:
        actuator = self._for(action)
        if isinstance(actuator, Declaring):
            return actuator.capabilities[action.kind].preview(action)
        return f"{action.kind} -> {action.target}"
