"""Hands: what turns an action into a result. Dry run is a type that holds none."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import ConfigurationError
from ..models import Action, ActionResult
from ..ports import Actuator

__all__ = ["DryRun", "Hands", "Live"]


class DryRun:
    """Executes nothing: it has no actuator it could call."""

    live = False

    def execute(self, action: Action) -> ActionResult:
        """Return that the action was simulated."""
        return ActionResult(status="simulated", detail=f"dry run: {action.kind} -> {action.target}")


class Live:
    """
    Executes actions by the actuators it is given.

    Raises:
        ConfigurationError: If two actuators claim one kind of action.
    """

    live = True

    def __init__(self, actuators: Iterable[Actuator]) -> None:
        self._by_kind: dict[str, Actuator] = {}
        for actuator in actuators:
            if not isinstance(actuator, Actuator):
                raise ConfigurationError(
                    f"expected actuators with `kinds` and `execute`, got {type(actuator).__name__}"
                )
            for kind in sorted(actuator.kinds):
                if kind in self._by_kind:
                    raise ConfigurationError(
                        f"expected one actuator for {kind!r}, got {type(self._by_kind[kind]).__name__}"
                        f" and {type(actuator).__name__}"
                    )
                self._by_kind[kind] = actuator

    def execute(self, action: Action) -> ActionResult:
        """Return what the actuator of that kind made of it; an exception is a failure, told by its type alone."""
        actuator = self._by_kind.get(action.kind)
        if actuator is None:
            return ActionResult(status="failed", detail=f"no actuator for {action.kind!r}")
        try:
            return actuator.execute(action)
        except Exception as e:  # an actuator is foreign code; its text may hold personal data
            return ActionResult(status="failed", detail=f"{type(actuator).__name__} raised {type(e).__name__}")


Hands = DryRun | Live
