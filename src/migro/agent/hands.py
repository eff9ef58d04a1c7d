"""Hands: what turns an action into a result. Dry run is a type that holds none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from ..errors import ActionError, ActionUnclear, ConfigurationError, survivable
from ..models import Action, ActionResult, Capability, Effect, Standing, may_repeat
from ..models.lines import one_line
from ..ports import Actuator, Declaring, Verifying
from ..rules import Response, RuleSet

__all__ = ["DryRun", "Hands", "Live", "declared"]


def declared(actuators: Iterable[Actuator]) -> Mapping[str, Capability]:
    """Return what actuators declare, by kind of action; nothing for those that declare nothing."""
    return {kind: one for a in actuators if isinstance(a, Declaring) for kind, one in a.capabilities.items()}


class DryRun:
    """
    Executes nothing: it has no actuator it could call.

    Args:
        capabilities: What is said about kinds of action, for the sake of their previews.
    """

    live = False

    def __init__(self, capabilities: Mapping[str, Capability] | None = None) -> None:
        self._capabilities = dict(capabilities or {})

    def execute(self, action: Action) -> ActionResult:
        """Return that the action was simulated, and what would have been done."""
        capability = self._capabilities.get(action.kind)
        told = f"{action.kind} -> {action.target}" if capability is None else _previewed(capability.preview, action)
        return _to_be_verified(ActionResult(status="simulated", detail=f"dry run: {told}"), capability)

    def take_up(self, action: Action) -> ActionResult:
        """Do the same for an action that had been started."""
        return self.execute(action)

    def verify(self, action: Action) -> ActionResult:
        """Return that nobody has looked whether it helped."""
        return ActionResult(status="simulated", detail=f"dry run: whether {action.kind} -> {action.target} has helped")

    def preview(self, action: Action) -> str:
        """Return what would be done, as far as somebody has declared it."""
        capability = self._capabilities.get(action.kind)
        return "" if capability is None else _previewed(capability.preview, action)


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

    def fit(self, rules: RuleSet) -> None:
        """
        See that what rules propose is what the actuators declare: their arguments, and no less risk.

        Raises:
            ConfigurationError: With every response of which that is not true.
        """
        capabilities = declared(self._by_kind.values())
        found = {
            f"{kind.name}: {problem}"
            for kind in rules.kinds.values()
            for response in kind.responses
            if response.kind in capabilities and (problem := _unfit(capabilities[response.kind], response))
        }
        if found:
            raise ConfigurationError(f"expected responses that fit their actuators: {'; '.join(sorted(found))}")

    def execute(self, action: Action) -> ActionResult:
        """Return what the actuator of that kind made of it; what it did not foresee is told by its type alone."""
        actuator = self._by_kind.get(action.kind)
        if actuator is None:
            return ActionResult(status="failed", detail=f"no actuator for {action.kind!r}")
        try:
            capability = _capability(actuator, action)
            problem = "" if capability is None else capability.problem(action)
        except survivable() as e:  # its declaration and the types of its arguments are foreign code too
            why = f"{type(actuator).__name__} raised {type(e).__name__} when it was asked whether it can do it"
            return ActionResult(status="failed", detail=why)
        if problem:
            return ActionResult(status="failed", detail=problem)
        result = self._tried(actuator, capability, action)
        detail = one_line(result.detail, _LONGEST)
        told = result if detail == result.detail else result.model_copy(update={"detail": detail})
        return _to_be_verified(told, capability)

    def _tried(self, actuator: Actuator, capability: Capability | None, action: Action) -> ActionResult:
        try:
            result: Any = actuator.execute(action)
            if isinstance(result, ActionResult):
                return result
            # It has come back from the deed, if there was one, and says nothing of it: that is no failure.
            told = f"{type(actuator).__name__} returned {type(result).__name__} in place of an ActionResult"
            return _cleared(actuator, action, told)
        except ActionUnclear as e:
            return _cleared(actuator, action, str(e))
        except ActionError as e:
            return ActionResult(status="failed", detail=str(e))
        except survivable() as e:  # an actuator is foreign code; its text may hold personal data
            told = f"{type(actuator).__name__} raised {type(e).__name__}"
            if capability is None:
                return ActionResult(status="failed", detail=told)
            # One that declares says when nothing has happened; what it did not foresee may have come after the deed.
            return _cleared(actuator, action, told)

    def verify(self, action: Action) -> ActionResult:
        """Return whether an action that was done has helped, as far as its actuator finds."""
        actuator = self._by_kind.get(action.kind)
        effect, why = "unknown", "its actuator cannot tell"
        if isinstance(actuator, Verifying):
            try:
                said: Any = actuator.verify(action)
                effect, why = (said if isinstance(said, str) else ""), f"{type(actuator).__name__} has looked"
            except survivable() as e:  # foreign code; its text may hold personal data
                why = f"{type(actuator).__name__} raised {type(e).__name__}"
        if effect not in _EFFECTS:
            effect, why = "unknown", f"expected one of {', '.join(sorted(_EFFECTS))}, got something else"
        return ActionResult(status="succeeded", detail=f"{effect.replace('_', ' ')}: {why}", effect=_EFFECTS[effect])

    def preview(self, action: Action) -> str:
        """Return what the actuator of that kind says it would do; nothing where it says none, or stumbles."""
        actuator = self._by_kind.get(action.kind)

        def shown(action: Action) -> object:
            capability = _capability(actuator, action)
            # Not every actuator declares what it can do, and one may still have words for it.
            preview = getattr(actuator, "preview", None) if capability is None else capability.preview
            return preview(action) if callable(preview) else ""

        return _previewed(shown, action)

    def take_up(self, action: Action) -> ActionResult:
        """
        Return what becomes of an action that somebody started and nobody finished: it may have happened.

        It is done where its actuator finds it done, tried where that cannot make two of it, and else unknown.
        """
        actuator = self._by_kind.get(action.kind)
        try:
            capability = _capability(actuator, action)
        except survivable() as e:  # foreign code
            told = f"{type(actuator).__name__} raised {type(e).__name__} when it was asked what it can do"
            return ActionResult(status="unknown", detail=f"interrupted; {told}")
        if actuator is None or capability is None:
            return self.execute(action)  # the port alone promises that one key acts once
        standing = _look(actuator, action)
        if standing == "done":
            found = ActionResult(status="succeeded", detail="found done after an interruption")
            return _to_be_verified(found, capability)
        if may_repeat(capability.idempotency, standing):
            return self.execute(action)
        return ActionResult(status="unknown", detail="interrupted; whether it has happened cannot be found out")


_EFFECTS: Mapping[str, Effect] = {effect: effect for effect in get_args(Effect)}

_STANDINGS: Mapping[str, Standing] = {standing: standing for standing in get_args(Standing)}

_LONGEST = 10_000
"""How many signs of a preview or a result are kept: people approve what they read there."""


def _to_be_verified(result: ActionResult, capability: Capability | None) -> ActionResult:
    """Return a result with when to look whether it has helped, where it was done and somebody can look."""
    after = None if capability is None else capability.verify_after
    if after is None or result.status not in ("simulated", "succeeded"):
        return result
    return result.model_copy(update={"verify_after_s": int(after.total_seconds())})


def _unfit(capability: Capability, response: Response) -> str:
    """Return why a response could never be executed, in words; empty where it can."""
    one = response if response.every is None else response.numbered(1)
    return capability.mismatch(one.risk, dict(one.args))


def _capability(actuator: Any, action: Action) -> Capability | None:
    return actuator.capabilities.get(action.kind) if isinstance(actuator, Declaring) else None


def _look(actuator: Actuator, action: Action) -> Standing:
    try:
        said: Any = actuator.check(action) if isinstance(actuator, Declaring) else "unknown"
        return _STANDINGS.get(said, "unknown") if isinstance(said, str) else "unknown"
    except survivable():  # foreign code; who cannot look does not know
        return "unknown"


def _cleared(actuator: Actuator, action: Action, why: str) -> ActionResult:
    match _look(actuator, action):
        case "done":
            return ActionResult(status="succeeded", detail=f"found done: {why}")
        case "not_done":
            return ActionResult(status="failed", detail=f"found not done: {why}")
        case _:
            return ActionResult(status="unknown", detail=why)


def _previewed(preview: Callable[[Action], object], action: Action) -> str:
    try:
        return one_line(str(preview(action)), _LONGEST)
    except survivable() as e:  # an actuator is foreign code; its text may hold personal data
        return f"its actuator cannot say what it would do: {type(e).__name__}"


Hands = DryRun | Live
