"""
Gorgias: internal notes on tickets.

Sources: https://developers.gorgias.com/reference/create-ticket-message (the channel makes it a note),
https://developers.gorgias.com/reference/ticket-messages
"""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from .messages import Message
from .sending import Answer, Sender
from .tickets import AuthoredNotes, host_of, marked

__all__ = ["Gorgias", "gorgias_sender"]


def gorgias_sender(account: str, user: str, key: str, **more: Any) -> Sender:
    """
    Return a sender for an account.

    Args:
        account: The first part of ``NAME.gorgias.com``.
        user: E-mail address of the user whose API key it is.
        more: What else `Sender` takes; ``address`` for another host.
    """
    secret = base64.b64encode(f"{user}:{key}".encode()).decode()
    address = more.pop("address", "") or host_of(account, "gorgias.com")
    return Sender(address, headers={"Authorization": f"Basic {secret}"}, **more)


class Gorgias(AuthoredNotes):
    """
    Notes at Gorgias.

    Args:
        sender: The API.
        author: E-mail address of the user who writes them.
        redact: Every word goes through it.
        diagnosis: Further lines about an issue.
        ticket_of: Finds the ticket where the action's arguments name none.
    """

    vendor: ClassVar[str] = "gorgias"

    def note(self, ticket: str, message: Message) -> Answer:
        """Add an internal note."""
        body = {
            "channel": "internal-note",
            "via": "internal-note",
            "from_agent": True,
            "public": False,
            "sender": {"email": self.author},
            "source": {"type": "internal-note", "from": {"address": self.author}, "to": []},
            "external_id": message.key,
            "body_text": marked(message),
        }
        return self._sender.send("POST", f"/api/tickets/{ticket}/messages", data=body)

    def notes_path(self, ticket: str) -> str:
        """Return where a ticket's messages are listed, the newest first."""
        return f"/api/messages?ticket_id={ticket}&limit=100&order_by=created_datetime%3Adesc"
