"""Messages: an action in words for people, the same whatever carries them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Final

import attrs

from ..errors import ConfigurationError
from ..models import Action, Capability, Idempotency, Parameters, Risk
from ..models.lines import LONGEST, one_line

__all__ = [
    "MESSAGES",
    "Diagnosis",
    "DraftParameters",
    "Message",
    "NoteParameters",
    "ReportParameters",
    "composed",
    "messengers",
    "no_diagnosis",
]

Diagnosis = Callable[[Action], Iterable[str]]
"""Says in lines what is known about the issue of an action; `migro.act.Diagnostics` reads it from the memory."""

_MOST_LINES: Final = 60


class NoteParameters(Parameters):
    """
    Arguments of ``notify`` and ``update_dashboard``.

    Attributes:
        text: What people read first; where it is empty, what is known about the issue.
    """

    text: str = ""


class ReportParameters(Parameters):
    """
    Arguments of ``report``.

    Attributes:
        content: What belongs into it.
    """

    content: str


class DraftParameters(Parameters):
    """
    Arguments of ``draft_reply``.

    Attributes:
        template: The reply, in the words of the failure mode.
        ticket: Id of the ticket that it is a reply to, at the help desk.
    """

    template: str
    ticket: str = ""


@attrs.frozen(kw_only=True)
class Message:
    """
    Words for people about one issue.

    Attributes:
        subject: One line.
        lines: What follows.
        issue: What it is about: messages of one issue belong together.
        key: Idempotency key of the action: a message with the same key is the same message.
    """

    subject: str
    lines: tuple[str, ...]
    issue: str
    key: str

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


MESSAGES: Final = ("draft_reply", "notify", "report")
"""The kinds of action that come down to telling somebody."""

_READ: Final[Mapping[str, type[Parameters]]] = {
    "draft_reply": DraftParameters,
    "notify": NoteParameters,
    "report": ReportParameters,
    "update_dashboard": NoteParameters,
}


def no_diagnosis(_: Action) -> tuple[str, ...]:
    """Return no line."""
    return ()


def messengers(
    kinds: Iterable[str],
    known: Collection[str],
    *,
    idempotency: Idempotency,
    reversible: bool,
    preview: Callable[[Action], str],
) -> tuple[Capability, ...]:
    """
    Return what somebody who tells people says about kinds of action.

    Args:
        kinds: Those it takes.
        known: Those it could take.

    Raises:
        ConfigurationError: If it could not take one of them, or there is none.
    """
    wanted = tuple(dict.fromkeys(kinds))
    if not wanted or not set(wanted) <= set(known):
        got = ", ".join(sorted(set(wanted) - set(known))) or "none"
        raise ConfigurationError(f"expected kinds of {', '.join(sorted(known))}, got {got}")
    return tuple(
        Capability(
            kind=kind,
            risk=Risk.R0,
            parameters=_READ[kind],
            idempotency=idempotency,
            reversible=reversible,
            preview=preview,
        )
        for kind in wanted
    )


def composed(action: Action, diagnosis: Iterable[str] = ()) -> Message:
    """Return what an action says; `diagnosis` are further lines, already redacted."""
    args = action.args
    found = [one_line(line) for line in islice(diagnosis, _MOST_LINES)]
    match action.kind:
        case "report":
            first = f"Report: {args.get('content', '')}"
        case "draft_reply":
            first = f"Draft of a reply, not sent: {args.get('template', '')}"
        case _:
            first = args.get("text", "") or next(iter(found), f"{action.kind} for {action.target}")
    note = [one_line(action.note)] if action.note else []
    lines = [
        one_line(first, 4 * LONGEST),
        *note,
        *(["", *found] if found else []),
        "",
        f"Issue {action.issue}, decision {action.decision}, at {action.at:%Y-%m-%d %H:%M:%S} UTC.",
        f"Why: migro explain {action.issue}",
    ]
    return Message(subject=one_line(first, 150), lines=tuple(lines), issue=action.issue, key=action.idempotency_key)
