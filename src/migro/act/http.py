"""HTTP calls: addresses that a host has listed, one for each kind of action, and nothing else."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

import attrs
from pydantic import Field, field_validator

from ..errors import ActionDelayed, ActionError, ActionRefused, ConfigurationError
from ..models import Action, Capability, Idempotency, Parameters, Risk, Standing
from ..models.lines import one_line
from .actor import Actor, Redact
from .messages import Diagnosis, NoteParameters, ReportParameters, composed, no_diagnosis
from .sending import Sender

__all__ = ["Call", "HttpCalls", "RefreshParameters"]

REFRESHED: Final = 50
"""How many cached pages may be refreshed for a merchant in a quarter of an hour."""

_WINDOW_S: Final = 15 * 60
_NEVER: Final = ("account", "cart", "checkout")


class RefreshParameters(Parameters):
    """
    Arguments of ``refresh_cache``.

    Attributes:
        scope: Which pages, in the words of the rule; never those of a cart, a checkout or an account.
        max_paths: How many at most.
    """

    scope: str = Field(min_length=1)
    max_paths: int = Field(gt=0, le=REFRESHED)

    @field_validator("scope")
    @classmethod
    def _is_harmless(cls, value: str) -> str:
        if any(word in value.casefold() for word in _NEVER):
            raise ValueError(f"expected pages other than those of {', '.join(_NEVER)}")
        return value


class RecheckParameters(Parameters):
    """Arguments of ``recheck``: which attempt it is."""

    attempt: str = ""


_READ: Final[Mapping[str, type[Parameters]]] = {
    "notify": NoteParameters,
    "recheck": RecheckParameters,
    "refresh_cache": RefreshParameters,
    "report": ReportParameters,
    "update_dashboard": NoteParameters,
}


@attrs.frozen(kw_only=True)
class Call:
    """
    What one kind of action calls.

    Attributes:
        kind: The verb.
        url: Where.
        risk: What it can do at worst; ``refresh_cache`` is R1 at least.
        headers: Credentials, above all.
        idempotency: `receiver` where it honours the header ``Idempotency-Key``; `check` where `status_url` tells.
        status_url: Where to ask whether an action has happened, with ``{key}`` for its key: 200 says that it has, 404
            that it has not.
        private: Whether it may lie inside the network.
        reversible: Whether a person can undo it.
        parameters: What its arguments are read as, for a kind that is not shipped.
    """

    kind: str
    url: str
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    risk: Risk = Risk.R1
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    idempotency: Idempotency = "none"
    status_url: str = ""
    private: bool = False
    reversible: bool = True
    parameters: type[Parameters] | None = None
    timeout_ms: int = 10_000
    verify: Any = True

    def __attrs_post_init__(self) -> None:
        if (self.idempotency == "check") != bool(self.status_url):
            raise ConfigurationError(f"{self.kind}: expected status_url where idempotency is check, and only there")
        if self.status_url and "{key}" not in self.status_url:
            raise ConfigurationError(f"{self.kind}: expected {{key}} in status_url")
        if self.kind == "refresh_cache" and self.risk < Risk.R1:
            raise ConfigurationError("refresh_cache: expected risk R1 or worse, got R0")
        if self.parameters is None and self.kind not in _READ:
            near = difflib.get_close_matches(self.kind[:100], list(_READ), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(
                f"{self.kind}: expected parameters=, or one of {', '.join(_READ)}, whose arguments are known{hint}"
            )

    @property
    def read_as(self) -> type[Parameters]:
        """What its arguments are read as."""
        return self.parameters or _READ[self.kind]


class HttpCalls(Actor):
    """
    Calls what is listed: JSON that says what the action is, with the key in the header ``Idempotency-Key``.

    The body has ``kind, target, args, issue, decision, partition, at, idempotency_key`` and for a report ``lines``.
    Caches are refreshed within limits that nobody can raise: see `REFRESHED`.

    Args:
        calls: The list, one for each kind of action.
        redact: Every word goes through it.
        diagnosis: Lines of a report.
        clock: Seconds that only grow: what limits count by is when pages are refreshed, not when that was planned.
    """

    def __init__(
        self,
        calls: Iterable[Call],
        *,
        redact: Redact,
        diagnosis: Diagnosis = no_diagnosis,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls: dict[str, Call] = {}
        for call in calls:
            if call.kind in self._calls:
                raise ConfigurationError(f"expected one call for {call.kind}, got two")
            self._calls[call.kind] = call
        self._senders = {kind: _sender(call, call.url) for kind, call in self._calls.items()}
        for call in self._calls.values():
            if call.status_url:
                try:  # an address that is none is found now, not once an action hangs on it
                    _asking(call, "key")
                except ConfigurationError as e:
                    raise ConfigurationError(f"{call.kind}: status_url: {e}") from None
        self._diagnosis, self._clock = diagnosis, clock
        self._refreshed: dict[str, dict[str, tuple[float, int]]] = {}
        super().__init__(
            [
                Capability(
                    kind=call.kind,
                    risk=call.risk,
                    parameters=call.read_as,
                    idempotency=call.idempotency,
                    reversible=call.reversible,
                    preview=self._preview,
                )
                for call in self._calls.values()
            ],
            redact=redact,
        )

    def act(self, action: Action) -> str:
        """Make the call and return the status of its answer."""
        call = self._calls[action.kind]
        earlier = action.idempotency_key in self._refreshed.get(action.partition, {})
        spent = self._spend(action)
        lines = {"lines": list(composed(action, self._diagnosis(action)).lines)} if action.kind == "report" else {}
        body = {
            "kind": action.kind,
            "target": action.target,
            "args": dict(action.args),
            "issue": action.issue,
            "decision": action.decision,
            "partition": action.partition,
            "at": action.at.isoformat(),
            "idempotency_key": action.idempotency_key,
            **lines,
        }
        key = {"Idempotency-Key": action.idempotency_key}
        try:
            answer = self._senders[action.kind].send(call.method, data=body, headers=key)
        except (ActionDelayed, ActionRefused):
            # Given back, because it did not happen; what may have happened counts, as an earlier try that was kept.
            if not earlier:
                spent.pop(action.idempotency_key, None)
            raise
        return f"{call.method} {action.kind}: {answer.status}"

    def look(self, action: Action) -> Standing:
        """Ask the address that tells, where there is one."""
        call = self._calls[action.kind]
        if not call.status_url:
            return "unknown"
        try:
            _asking(call, action.idempotency_key).get()
        except ActionRefused as e:
            return "not_done" if str(e).endswith(" 404") else "unknown"
        except ActionError:
            return "unknown"
        return "done"

    def _spend(self, action: Action) -> dict[str, tuple[float, int]]:
        """Count the pages of a refresh, and return what its merchant has spent."""
        spent = self._refreshed.setdefault(action.partition, {})
        if action.kind != "refresh_cache":
            return spent
        wanted = RefreshParameters.model_validate(dict(action.args)).max_paths
        now = self._clock()
        for key, (at, _) in list(spent.items()):
            if at <= now - _WINDOW_S:
                del spent[key]
        used = sum(count for key, (_, count) in spent.items() if key != action.idempotency_key)
        if used + wanted > REFRESHED:
            raise ActionRefused(f"expected at most {REFRESHED} pages in 15 min, got {used} and {wanted} more")
        spent[action.idempotency_key] = (now, wanted)
        return spent

    def _preview(self, action: Action) -> str:
        call = self._calls[action.kind]
        said = " ".join(f"{name}={value}" for name, value in self.said(action).args.items())
        return one_line(f"{call.method} to the address listed for {action.kind}, about {action.target}: {said}")


def _asking(call: Call, key: str) -> Sender:
    return _sender(call, call.status_url.replace("{key}", key))


def _sender(call: Call, url: str) -> Sender:
    return Sender(url, headers=call.headers, timeout_ms=call.timeout_ms, private=call.private, verify=call.verify)
