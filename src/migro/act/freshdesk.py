"""
Freshdesk: private notes on tickets.

Source: https://developers.freshdesk.com/api/#add_note_to_a_ticket
"""

from __future__ import annotations

import base64
from typing import Any, ClassVar, Final

from .messages import Message
from .sending import Answer, Sender
from .tickets import Notes, as_html, host_of, marked

__all__ = ["Freshdesk", "freshdesk_sender"]

_PAGE: Final = 100


def freshdesk_sender(account: str, key: str, **more: Any) -> Sender:
    """
    Return a sender for an account.

    Args:
        account: The first part of ``NAME.freshdesk.com``.
        key: The API key of an agent.
        more: What else `Sender` takes; ``address`` for another host.
    """
    secret = base64.b64encode(f"{key}:X".encode()).decode()
    address = more.pop("address", "") or host_of(account, "freshdesk.com")
    return Sender(address, headers={"Authorization": f"Basic {secret}"}, **more)


class Freshdesk(Notes):
    """Notes at Freshdesk."""

    vendor: ClassVar[str] = "freshdesk"

    def note(self, ticket: str, message: Message) -> Answer:
        """Add a private note."""
        body = {"body": as_html(marked(message)), "private": True}
        return self._sender.send("POST", f"/api/v2/tickets/{ticket}/notes", data=body)

    def notes_path(self, ticket: str) -> str:
        """Return where a ticket's conversations are listed."""
        return f"/api/v2/tickets/{ticket}/conversations?per_page={_PAGE}"

    def complete(self, answer: Answer) -> bool:
        """Whether that was all of them: the newest come last, so a full page can lack the note."""
        found = answer.json()
        return isinstance(found, list) and len(found) < _PAGE
