"""Asking: who puts what waits for an approval in front of a role, by whatever channel the role has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from ..errors import ActionRefused, ActionUnclear
from ..models import Action, Risk, content_id, may_repeat
from ..ports import Actuator, Declaring

__all__ = ["Asker", "Askers", "NoticeAsker", "asked_key"]


class Asker(Protocol):
    """Shows cards; the same card is shown once."""

    def ask(self, action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        """
        Ask a role to approve or reject an action that waits, and return where the card stands.

        Args:
            action: One that waits.
            role: Whose channel it is shown in.
            lines: What has to be known to decide, and how to answer.
            again: Whether it may stand there already, as after a crash: then it is looked for first.

        Raises:
            ActionError: As the port of actuators has it.
        """
        ...

    def found(self, action: Action, role: str) -> str:
        """
        Return where a card stands that may have been posted, and nobody knows where; empty where there is none.

        Raises:
            ActionError: As the port of actuators has it.
        """
        ...

    def changed(self, action: Action, where: str, lines: Sequence[str]) -> None:
        """
        Show what has to be known by now, where the card stands: answers to what it showed before count for nothing.

        Raises:
            ActionError: As the port of actuators has it.
        """
        ...

    def answered(self, action: Action, where: str, told: str) -> None:
        """
        Say that there is nothing to answer any more, and what became of it, where the card stands.

        Raises:
            ActionError: As the port of actuators has it.
        """
        ...


def asked_key(action: Action) -> str:
    """Return the key of asking about an action: equal for as long as it waits, and another one where it waits again."""
    return content_id("ask", action.idempotency_key, action.at)


class NoticeAsker:
    """
    Asks by what can only tell: the message says how to answer, and that it was answered is another message.

    Args:
        actuator: Takes ``notify``, to the roles that it knows.
        brief: Whether it says no more than what is asked and where to answer, as on a terminal.
    """

    def __init__(self, actuator: Actuator, *, brief: bool = False) -> None:
        self._actuator, self._brief = actuator, brief

    def ask(self, action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        """Tell the role; see `Asker.ask`."""
        first = f"Approval wanted: {action.kind} -> {action.target}"
        shown = lines[-1:] if self._brief else lines
        told = _told(action, role, asked_key(action), first, "; ".join(" ".join(line.split()) for line in shown))
        if again and isinstance(self._actuator, Declaring):
            standing = self._actuator.check(told)
            if standing == "done":
                return _before(role)
            if not may_repeat(self._actuator.capabilities[told.kind].idempotency, standing):
                raise ActionUnclear("whether people were asked cannot be found out")
        return self._tell(told)

    def found(self, action: Action, role: str) -> str:
        """Return that the role was told, where that can be known; see `Asker.found`."""
        told = _told(action, role, asked_key(action), "", "")
        sees = self._actuator.check(told) if isinstance(self._actuator, Declaring) else "unknown"
        return _before(role) if sees == "done" else ""

    def changed(self, action: Action, where: str, lines: Sequence[str]) -> None:
        """Tell nothing: who looks it up sees what it is by now."""

    def answered(self, action: Action, where: str, told: str) -> None:
        """Tell whoever was asked; see `Asker.answered`."""
        role = where.partition(" ")[0]
        self._tell(_told(action, role, content_id("answered", asked_key(action), told), told, ""))

    def _tell(self, action: Action) -> str:
        result = self._actuator.execute(action)
        if result.status == "succeeded":
            return f"{action.target} {result.detail}"
        raise (ActionUnclear if result.status == "unknown" else ActionRefused)(result.detail)


def _before(role: str) -> str:
    return f"{role} told before"


def _told(action: Action, role: str, key: str, text: str, note: str) -> Action:
    more = {"kind": "notify", "risk": Risk.R0, "target": role, "args": {"text": text}, "note": note}
    return action.model_copy(update={**more, "idempotency_key": key, "requester": "", "refused": ()})


@attrs.frozen(kw_only=True)
class Askers:
    """
    Who asks which role.

    Attributes:
        by_role: For roles that have a channel.
        otherwise: For all others; None where nobody asks them.
    """

    by_role: Mapping[str, Asker] = attrs.field(factory=dict)
    otherwise: Asker | None = None

    def first(self, roles: Sequence[str]) -> tuple[str, Asker] | None:
        """Return the first of several roles that has a channel, or else the first one, with who asks it."""
        for role in roles:
            if role in self.by_role:
                return role, self.by_role[role]
        return (roles[0], self.otherwise) if roles and self.otherwise is not None else None
