"""Notes at help desks: what every vendor has in common. Nothing here speaks to a customer."""

from __future__ import annotations

import html
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from ..errors import ActionError, ActionRefused, ConfigurationError
from ..models import Action, Capability, Idempotency, Parameters, Risk, Standing
from .actor import Actor, Redact
from .messages import Diagnosis, DraftParameters, Message, composed, no_diagnosis
from .sending import Answer, Sender

__all__ = ["AuthoredNotes", "Notes", "TicketOf", "as_html", "host_of", "marked", "no_ticket"]

TicketOf = Callable[[Action], str]
"""Finds the ticket that an action is about, by its id at the help desk; an empty string for none."""

_TICKET: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


def no_ticket(_: Action) -> str:
    """Return no ticket."""
    return ""


def marked(message: Message) -> str:
    """Return a message as the text of a note, with the mark by which it is found again."""
    return f"{message.text}\n\n[migro {message.key}]"


def as_html(text: str) -> str:
    """Return a text as HTML, one line under the other."""
    return "<br>".join(html.escape(line) for line in text.split("\n"))


class Notes(Actor):
    """
    Drafts replies as internal notes, for a person to send: a public reply is no action that it knows.

    A note ends with a mark that holds the action's key, by which it is found again.

    Args:
        sender: The vendor's API, with credentials.
        redact: Every word goes through it.
        diagnosis: Further lines about an issue.
        ticket_of: Finds the ticket where the action's arguments name none.
        idempotency: What the vendor offers against doubles.
    """

    vendor: ClassVar[str]

    def __init__(
        self,
        sender: Sender,
        *,
        redact: Redact,
        diagnosis: Diagnosis = no_diagnosis,
        ticket_of: TicketOf = no_ticket,
        idempotency: Idempotency = "check",
    ) -> None:
        self._sender, self._diagnosis, self._ticket_of = sender, diagnosis, ticket_of
        parameters: type[Parameters] = DraftParameters
        draft = Capability(
            kind="draft_reply",
            # Nobody outside sees it: it is a person who replies.
            risk=Risk.R1,
            parameters=parameters,
            idempotency=idempotency,
            reversible=True,
            preview=self._preview,
        )
        super().__init__([draft], redact=redact, exact=("ticket",))

    def act(self, action: Action) -> str:
        """Write the note, and return where."""
        message = composed(action, self._diagnosis(action))
        ticket = self._ticket(action)
        if ticket:
            self._told(self.note(ticket, message))
            return f"{self.vendor} note on {ticket}"
        return f"{self.vendor} ticket {self.opened(message)}"

    def look(self, action: Action) -> Standing:
        """
        Read the notes of the ticket.

        Unknown where no ticket is named, or where not all that could hold the note was read.
        """
        ticket = self._ticket(action)
        if not ticket:
            return "unknown"
        try:
            answer = self._sender.get(self.notes_path(ticket))
            if f"migro {action.idempotency_key}]".encode() in answer.raw:
                return "done"
            return "not_done" if self.complete(answer) else "unknown"
        except ActionError:
            return "unknown"

    @abstractmethod
    def note(self, ticket: str, message: Message) -> Answer:
        """Write an internal note on a ticket."""

    @abstractmethod
    def notes_path(self, ticket: str) -> str:
        """Return the path under which a ticket's notes are read."""

    def complete(self, answer: Answer) -> bool:
        """
        Whether a list of notes has every note that may have been written lately.

        Raises:
            ActionUnclear: If it cannot be read.
        """
        return not answer.cut

    def opened(self, message: Message) -> str:
        """
        Open a ticket whose first word is an internal note, and return its id.

        Raises:
            ActionRefused: If the vendor has no such thing.
        """
        raise ActionRefused(f"expected a ticket to write on, got none: {self.vendor} opens none for a note")

    def _ticket(self, action: Action) -> str:
        ticket = action.args.get("ticket", "") or self._ticket_of(action)
        if ticket and not _TICKET.fullmatch(ticket):
            raise ActionRefused("expected the id of a ticket, got something else")
        return ticket

    def _told(self, answer: Answer) -> Mapping[str, Any]:
        """Return the answer as an object: what cannot be read does not say that the note is there."""
        found = answer.json()
        return found if isinstance(found, Mapping) else {}

    def _preview(self, action: Action) -> str:
        said = self.said(action)
        ticket = said.args.get("ticket", "")
        where = f"ticket {ticket}" if ticket else "the ticket of the issue, or a new one"
        return f"internal note at {self.vendor} on {where}: {composed(said).subject}"


def host_of(name: str, domain: str) -> str:
    """
    Return the address of an account at a vendor.

    Raises:
        ConfigurationError: If the name is no single label of a host.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", name):
        raise ConfigurationError(f"expected the name of an account, such as the first part of NAME.{domain}")
    return f"https://{name}.{domain}"


class AuthoredNotes(Notes):
    """
    Notes at vendors that want to be told who writes them.

    Args:
        sender: The vendor's API, with credentials.
        author: Who writes the notes, as the vendor names its people.
        redact: Every word goes through it.
        diagnosis: Further lines about an issue.
        ticket_of: Finds the ticket where the action's arguments name none.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        author: str,
        redact: Redact,
        diagnosis: Diagnosis = no_diagnosis,
        ticket_of: TicketOf = no_ticket,
    ) -> None:
        self.author = author
        super().__init__(sender, redact=redact, diagnosis=diagnosis, ticket_of=ticket_of)
