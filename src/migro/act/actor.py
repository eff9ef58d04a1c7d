"""The common part of shipped actuators: they declare, know their keys, read arguments, and let no raw word out."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ..errors import ActionRefused
from ..models import Action, ActionResult, Capability, Effect, Standing

__all__ = ["Actor", "Redact"]

Redact = Callable[[str], str]
"""Takes personal data and secrets out of a text; `migro.observe.scrub` is one."""

_REMEMBERED: Final = 10_000
"""How many keys it knows by itself; for older ones it has to ask the receiver, as after a restart."""


class Actor(ABC):
    """
    An actuator that declares what it does; a subclass says how in `act` and `look`.

    Safe to use from several threads: one action at a time.

    Args:
        capabilities: What it says about each of its kinds.
        redact: Every argument and note goes through it before `act` sees them.
        exact: Names of arguments that are ids of a narrow form and pass as they are.
    """

    def __init__(self, capabilities: Iterable[Capability], *, redact: Redact, exact: Iterable[str] = ()) -> None:
        self._capabilities = {one.kind: one for one in capabilities}
        self._redact = redact
        self._exact = frozenset(exact)
        self._lock = threading.RLock()
        self._done: OrderedDict[str, ActionResult] = OrderedDict()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of action it takes."""
        return frozenset(self._capabilities)

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it says about each of its kinds."""
        return self._capabilities

    def execute(self, action: Action) -> ActionResult:
        """
        Do it once; a second time with the same key, only return the first result.

        Raises:
            ActionError: As the port has it.
        """
        capability = self._capabilities.get(action.kind)
        if capability is None:
            raise ActionRefused(f"expected one of {', '.join(sorted(self._capabilities))}, got {action.kind}")
        if problem := capability.problem(action):
            raise ActionRefused(problem)
        with self._lock:
            key = action.idempotency_key
            if key not in self._done:
                self._remember(key, ActionResult(status="succeeded", detail=self.act(self.said(action))))
            return self._done[key]

    def check(self, action: Action) -> Standing:
        """Return whether it has happened: what this object did itself it knows, for the rest it looks."""
        with self._lock:
            return "done" if action.idempotency_key in self._done else self.look(self.said(action))

    def verify(self, action: Action) -> Effect:
        """Return whether what was done has helped."""
        with self._lock:
            return self.helped(self.said(action))

    def said(self, action: Action) -> Action:
        """Return the action with every word redacted that may leave the house."""
        args = {n: v if n in self._exact else self._redact(v) for n, v in action.args.items()}
        return action.model_copy(update={"args": args, "note": self._redact(action.note)})

    @abstractmethod
    def act(self, action: Action) -> str:
        """
        Do it and return what the receiver said, in a few words: the receipt.

        Raises:
            ActionError: As the port has it.
        """

    def look(self, action: Action) -> Standing:
        """Look whether it has happened; ``unknown`` unless a subclass can tell."""
        return "unknown"

    def helped(self, action: Action) -> Effect:
        """Look whether what was done has helped; ``unknown`` unless a subclass can tell."""
        return "unknown"

    def _remember(self, key: str, result: ActionResult) -> None:
        self._done[key] = result
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
