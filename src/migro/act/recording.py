"""An actuator that only remembers: for tests and for hosts that look before they leap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ..models.action import Action, ActionResult

__all__ = ["RecordingActuator"]


def _succeed(action: Action) -> ActionResult:
    return ActionResult(status="succeeded", detail=f"recorded {action.kind}")


class RecordingActuator:
    """
    Remembers what it was asked to do, once per idempotency key. Safe to use from several threads.

    Args:
        kinds: The kinds of action it takes.
        answer: Makes the result of an action; success by default. What it raises is raised, and nothing is recorded.
    """

    def __init__(self, kinds: Iterable[str], *, answer: Callable[[Action], ActionResult] = _succeed) -> None:
        self._kinds = frozenset(kinds)
        self._answer = answer
        self._lock = threading.Lock()
        self._done: dict[str, tuple[Action, ActionResult]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of action it takes."""
        return self._kinds

    @property
    def actions(self) -> tuple[Action, ...]:
        """What was executed, in order, each idempotency key once."""
        with self._lock:
            return tuple(action for action, _ in self._done.values())

    def execute(self, action: Action) -> ActionResult:
        """Record the action; a second time with the same key, only return the first result."""
        with self._lock:
            if action.idempotency_key not in self._done:
                self._done[action.idempotency_key] = (action, self._answer(action))
            return self._done[action.idempotency_key][1]
