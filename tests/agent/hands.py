"""Hands for tests: they say what they are told to say, raise it where it is an exception, and count what they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from migro.models import Action, ActionResult, Capability, Parameters, Risk

__all__ = ["Declared", "Nothing", "Plain"]


class Nothing(Parameters):
    pass


def _doing(said: Any) -> Any:
    if isinstance(said, BaseException):
        raise said
    return said


class Plain:
    """Hands that tag, and declare nothing."""

    kinds = frozenset({"tag"})

    def __init__(self, said: Any = None) -> None:
        self.said, self.acted = said, 0

    def execute(self, action: Action) -> ActionResult:
        self.acted += 1
        result: ActionResult = _doing(self.said)
        return result


class Declared(Plain):
    """
    Hands that declare what they can do, and look whether it was done and whether it has helped.

    Attributes:
        asked: For which actions they were asked whether these have helped, in order.
    """

    def __init__(
        self,
        said: Any = None,
        *,
        standing: Any = "unknown",
        effect: Any = "helped",
        shown: Any = "",
        verify_after: timedelta | None = None,
    ) -> None:
        super().__init__(said)
        self.standing, self.effect, self.shown, self.verify_after = standing, effect, shown, verify_after
        self.asked: list[Action] = []

    @property
    def capabilities(self) -> dict[str, Capability]:
        tag = Capability(
            kind="tag",
            risk=Risk.R1,
            parameters=Nothing,
            idempotency="check",
            reversible=True,
            preview=lambda action: _doing(self.shown),
            verify_after=self.verify_after,
        )
        return {"tag": tag}

    def check(self, action: Action) -> Any:
        return _doing(self.standing)

    def verify(self, action: Action) -> Any:
        self.asked.append(action)
        return _doing(self.effect)
