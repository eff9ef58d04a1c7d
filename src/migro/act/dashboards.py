"""
Dashboards: annotations in Grafana, and incidents at Statuspage that notify nobody.

Sources: https://grafana.com/docs/grafana/latest/developers/http_api/annotations/,
https://developer.statuspage.io/#operation/postPagesPageIdIncidents
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ActionError
from ..models import Action, Capability, Risk, Standing, to_microseconds
from .actor import Actor, Redact
from .messages import Diagnosis, NoteParameters, composed, no_diagnosis
from .sending import Sender

__all__ = ["GrafanaAnnotations", "StatuspageIncidents", "grafana_sender", "statuspage_sender"]


def grafana_sender(address: str, token: str, **more: Any) -> Sender:
    """Return a sender for a Grafana, with the token of a service account that may write annotations."""
    return Sender(address, headers={"Authorization": f"Bearer {token}"}, **more)


def statuspage_sender(key: str, **more: Any) -> Sender:
    """Return a sender for Statuspage, with the API key of a user who may manage incidents."""
    address = more.pop("address", "") or "https://api.statuspage.io"
    return Sender(address, headers={"Authorization": f"OAuth {key}"}, **more)


class GrafanaAnnotations(Actor):
    """
    Marks on the time line of every dashboard that shows the tag ``migro``: one for each action.

    Args:
        sender: The Grafana.
        redact: Every word goes through it.
        kind: The kind of action it takes.
        diagnosis: Further lines about an issue.
    """

    def __init__(
        self, sender: Sender, *, redact: Redact, kind: str = "update_dashboard", diagnosis: Diagnosis = no_diagnosis
    ) -> None:
        self._sender, self._diagnosis = sender, diagnosis
        one = Capability(
            kind=kind,
            risk=Risk.R0,
            parameters=NoteParameters,
            idempotency="check",
            reversible=True,
            preview=lambda action: f"annotation in Grafana: {composed(self.said(action)).subject}",
        )
        super().__init__([one], redact=redact)

    def act(self, action: Action) -> str:
        """Write the annotation, and return its id."""
        message = composed(action, self._diagnosis(action))
        body = {
            "time": to_microseconds(action.at) // 1000,
            "tags": ["migro", action.issue, action.idempotency_key],
            "text": message.text,
        }
        answer = self._sender.send("POST", "/api/annotations", data=body).json()
        return f"grafana annotation {_id(answer)}"

    def look(self, action: Action) -> Standing:
        """Ask for annotations with the key as their tag."""
        try:
            found = self._sender.get("/api/annotations", params={"tags": action.idempotency_key, "limit": "1"}).json()
        except ActionError:
            return "unknown"
        return ("done" if found else "not_done") if isinstance(found, list) else "unknown"


class StatuspageIncidents(Actor):
    """
    Incidents on a status page, one for each action, that notify no subscriber.

    Statuspage has no drafts: whoever opens the page sees it, so it is R2 and waits for a person.

    Args:
        sender: The API.
        page: Id of the page.
        redact: Every word goes through it.
        kind: The kind of action it takes; one that rules declare as R2, so not ``update_dashboard``.
    """

    def __init__(self, sender: Sender, *, page: str, redact: Redact, kind: str = "publish_incident") -> None:
        self._sender, self._page = sender, page
        one = Capability(
            kind=kind,
            risk=Risk.R2,
            parameters=NoteParameters,
            idempotency="check",
            reversible=True,
            preview=lambda action: (
                f"incident on the status page, notifying nobody: {composed(self.said(action)).subject}"
            ),
        )
        super().__init__([one], redact=redact)

    def act(self, action: Action) -> str:
        """Open the incident, and return its id."""
        name = composed(action).subject
        incident = {
            "name": name,
            "status": "investigating",
            "body": action.args.get("text") or name,
            "deliver_notifications": False,
            "auto_tweet_at_beginning": False,
            "metadata": {"migro": {"issue": action.issue, "key": action.idempotency_key}},
        }
        path = f"/v1/pages/{self._page}/incidents"
        return f"statuspage incident {_id(self._sender.send('POST', path, data={'incident': incident}).json())}"

    def look(self, action: Action) -> Standing:
        """Read the newest incidents of the page, and look for one with the key."""
        try:
            found = self._sender.get(f"/v1/pages/{self._page}/incidents", params={"limit": "100"}).json()
        except ActionError:
            return "unknown"
        if not isinstance(found, list):
            return "unknown"
        keys = {_key(incident) for incident in found}
        # The page shows a hundred at once; beyond them nobody can tell.
        return "done" if action.idempotency_key in keys else "not_done" if len(found) < 100 else "unknown"


def _id(answer: Any) -> str:
    return str(answer.get("id", "without an id")) if isinstance(answer, Mapping) else "without an id"


def _key(incident: Any) -> str:
    metadata = incident.get("metadata") if isinstance(incident, Mapping) else None
    own = metadata.get("migro") if isinstance(metadata, Mapping) else None
    return str(own.get("key", "")) if isinstance(own, Mapping) else ""
