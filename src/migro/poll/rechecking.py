"""Looking again: an unclear issue asks for one more look at a source, and polling takes it soon."""

from __future__ import annotations

from ..models import Action, ActionResult
from .polling import Polling

__all__ = ["Recheck"]


class Recheck:
    """
    The actuator of ``recheck``: sources that are about the action's target are polled with the next `poll_once`.

    It only moves the next look forward, so to execute it twice is to execute it once, and what is read comes in as
    signals like any others.

    Attributes:
        polling: What polls; set it when it is there, since polling needs the agent and the agent its actuators.
    """

    kinds = frozenset({"recheck"})

    def __init__(self, polling: Polling | None = None) -> None:
        self.polling = polling

    def execute(self, action: Action) -> ActionResult:
        """Return which sources are due now; a failure where none is about the target."""
        prefix, _, merchant = action.partition.partition(":")
        whose = merchant if prefix == "merchant" else None
        found = () if self.polling is None else self.polling.ask_again(whose, action.target)
        if not found:
            return ActionResult(status="failed", detail=f"nothing that is polled here is about {action.target!r}")
        return ActionResult(status="succeeded", detail=f"asked again: {', '.join(sorted(found))}")
