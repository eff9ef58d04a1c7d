"""
Zendesk: internal notes on tickets, and tickets that begin with one.

Sources: https://developer.zendesk.com/api-reference/ticketing/introduction/ (idempotency),
https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ (comments that are not public)
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, ClassVar

from .messages import Message
from .sending import Answer, Sender
from .tickets import Notes, host_of, marked

__all__ = ["Zendesk", "zendesk_sender"]


def zendesk_sender(account: str, user: str, token: str, **more: Any) -> Sender:
    """
    Return a sender for an account.

    Args:
        account: The first part of ``NAME.zendesk.com``.
        user: E-mail address of the agent that the API token stands for.
        more: What else `Sender` takes; ``address`` for another host.
    """
    secret = base64.b64encode(f"{user}/token:{token}".encode()).decode()
    address = more.pop("address", "") or host_of(account, "zendesk.com")
    return Sender(address, headers={"Authorization": f"Basic {secret}"}, **more)


class Zendesk(Notes):
    """Notes at Zendesk. A ticket is opened with the action's key, which Zendesk honours for two hours."""

    vendor: ClassVar[str] = "zendesk"

    def note(self, ticket: str, message: Message) -> Answer:
        """Add a comment that is not public."""
        comment = {"body": marked(message), "public": False}
        return self._sender.send("PUT", f"/api/v2/tickets/{ticket}.json", data={"ticket": {"comment": comment}})

    def notes_path(self, ticket: str) -> str:
        """Return where comments are listed."""
        return f"/api/v2/tickets/{ticket}/comments.json?sort_order=desc"

    def opened(self, message: Message) -> str:
        """Open a ticket whose only comment is not public."""
        ticket = {
            "subject": message.subject,
            "comment": {"body": marked(message), "public": False},
            "external_id": message.issue,
            "tags": ["migro"],
        }
        key = {"Idempotency-Key": message.key}
        answer = self._told(self._sender.send("POST", "/api/v2/tickets.json", data={"ticket": ticket}, headers=key))
        told = answer.get("ticket")
        return str(told.get("id", "without an id")) if isinstance(told, Mapping) else "without an id"
