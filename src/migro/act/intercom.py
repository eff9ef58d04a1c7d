"""
Intercom: notes in conversations, which only the team sees.

Source: https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/replyconversation
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from .messages import Message
from .sending import Answer, Sender
from .tickets import AuthoredNotes, as_html, marked

__all__ = ["Intercom", "intercom_sender"]

_VERSION: Final = "2.11"


def intercom_sender(token: str, **more: Any) -> Sender:
    """
    Return a sender for a workspace.

    Args:
        token: Its access token.
        more: What else `Sender` takes; ``address`` for another region, such as ``https://api.eu.intercom.io``.
    """
    address = more.pop("address", "") or "https://api.intercom.io"
    headers = {"Authorization": f"Bearer {token}", "Intercom-Version": _VERSION}
    return Sender(address, headers=headers, **more)


class Intercom(AuthoredNotes):
    """
    Notes at Intercom.

    Args:
        sender: The API.
        author: Id of the teammate who writes them.
        redact: Every word goes through it.
        diagnosis: Further lines about an issue.
        ticket_of: Finds the ticket where the action's arguments name none.
    """

    vendor: ClassVar[str] = "intercom"

    def note(self, ticket: str, message: Message) -> Answer:
        """Add a note to the conversation."""
        body = {
            "message_type": "note",
            "type": "admin",
            "admin_id": self.author,
            "body": f"<p>{as_html(marked(message))}</p>",
        }
        return self._sender.send("POST", f"/conversations/{ticket}/reply", data=body)

    def notes_path(self, ticket: str) -> str:
        """Return where the conversation is read, with its parts."""
        return f"/conversations/{ticket}"
