"""Trying again where that may help: a wrapper around an actuator, with waits that are the same in every run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Final

from ..errors import ActionDelayed, ActionError, ActionUnclear, ConfigurationError, survivable
from ..models import Action, ActionResult, Capability, Effect, Standing, may_repeat
from ..ports import Actuator, Declaring, Verifying

__all__ = ["LONGEST_PATIENCE_S", "Retrying"]

LONGEST_PATIENCE_S: Final = 240
"""How long one action may take with all its tries, in seconds: less than a dispatcher has it to itself."""


class Retrying:
    """
    Tries an action again while its actuator says that it did not happen and later may.

    Where it may have happened, the actuator looks first; it is tried again only where that cannot make two of it.

    Args:
        inner: The actuator, which has to declare what it can do.
        tries: How often at most.
        patience_s: How long one action may take with all tries and waits, in seconds. A receiver that wants to be left
            alone for longer is not waited for.
        first_wait_ms: How long to wait before the second try where nobody says, in milliseconds; then twice as long
            each time, and up to half as much again, by the action's key: actions that failed together do not come again
            together, and a test waits as long as every other run.

    Raises:
        ConfigurationError: If the actuator declares nothing, a limit is out of range, or the package is not installed.
    """

    def __init__(self, inner: Actuator, *, tries: int = 4, patience_s: int = 60, first_wait_ms: int = 500) -> None:
        if not isinstance(inner, Declaring):
            raise ConfigurationError(f"expected an actuator that declares what it can do, got {type(inner).__name__}")
        for name, value, most in (
            ("tries", tries, 20),
            ("patience_s", patience_s, LONGEST_PATIENCE_S),
            ("first_wait_ms", first_wait_ms, 60_000),
        ):
            if not 1 <= value <= most:
                raise ConfigurationError(f"expected {name} from 1 to {most}, got {value}")
        self._inner: Actuator = inner
        self._declared: Declaring = inner
        self._tries, self._patience_s, self._first_wait_ms = tries, patience_s, first_wait_ms
        self._stamina = _library()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of action it takes."""
        return self._inner.kinds

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What the actuator says about each of its kinds."""
        return self._declared.capabilities

    def check(self, action: Action) -> Standing:
        """Return what the actuator finds."""
        return self._declared.check(action)

    def verify(self, action: Action) -> Effect:
        """Return whether what was done has helped, as far as the actuator can tell."""
        declared = self._declared
        return declared.verify(action) if isinstance(declared, Verifying) else "unknown"

    def execute(self, action: Action) -> ActionResult:
        """
        Try it, and return the first result.

        Raises:
            ActionError: What the last try raised; `ActionUnclear` where an earlier one may have happened.
        """
        begun = time.monotonic()
        number = 0
        unclear: ActionUnclear | None = None

        def wait_s(error: Exception) -> bool | float:
            if not isinstance(error, ActionDelayed):
                return False
            left = self._patience_s - (time.monotonic() - begun)
            if error.wait_ms is None:
                # What would be too late is tried when patience ends: a try that is left is not thrown away.
                return min(self.wait_s(action.idempotency_key, number), left) if left > 0 else False
            wait = error.wait_ms / 1000
            return wait if wait <= left else False

        try:
            for attempt in self._stamina.retry_context(
                on=wait_s, attempts=self._tries, timeout=self._patience_s, wait_jitter=0
            ):
                with attempt:
                    number += 1
                    try:
                        return self._inner.execute(action)
                    except ActionUnclear as e:
                        standing = self._look(action)
                        if standing == "done":
                            return ActionResult(status="succeeded", detail=f"found done: {e}")
                        unclear = None if standing == "not_done" else e
                        if not may_repeat(self.capabilities[action.kind].idempotency, standing):
                            raise
                        raise ActionDelayed(str(e)) from e
        except ActionUnclear:
            raise
        except ActionError as e:
            # The last try did not happen; an earlier one may have. What is to be done about it only the last one says.
            raise e if unclear is None else ActionUnclear(f"{unclear}; and then, without effect: {e}") from e
        raise AssertionError("the library tries at least once")  # pragma: no cover

    def _look(self, action: Action) -> Standing:
        try:
            return self._declared.check(action)
        except survivable():  # foreign code; who cannot look does not know
            return "unknown"

    def wait_s(self, key: str, number: int) -> float:
        """Return how long to wait after a try, counted from 1, where nobody says; in seconds."""
        share = hashlib.sha256(f"{key}:{number}".encode()).digest()[0]
        return float(self._first_wait_ms * 2 ** (number - 1) * (512 + share) / 512 / 1000)


def _library() -> ModuleType:
    try:
        import stamina
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} to try again, found none: install the extra `migro[http]`"
        ) from e
    return stamina
