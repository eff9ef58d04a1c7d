"""
Decisions as CloudEvents to a webhook, such as n8n or a script that fills a sheet: to be seen, and never read back.

Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and its JSON format and HTTP binding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ActionError
from ..models import Decision
from .sending import Sender

__all__ = ["DecisionEvents", "decision_event"]

_TOLD = frozenset({"args", "because", "key", "note", "refused", "requester", "target", "title"})
"""Fields that hold words of people, senders or hosts; the others are times, names of rules and what migro makes."""


def decision_event(decision: Decision, *, source: str, redact: Callable[[str], str], dry_run: bool) -> dict[str, Any]:
    """Return a decision as a CloudEvent in JSON: the summary of it, with every word redacted."""
    summary = _redacted(decision.model_dump(mode="json", exclude={"explanation"}), redact)
    return {
        "specversion": "1.0",
        "id": decision.id,
        "source": source,
        "type": "migro.decision",
        "subject": decision.issue.id,
        "time": decision.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {**summary, "dry_run": dry_run},
    }


def _redacted(value: Any, redact: Callable[[str], str], name: str = "") -> Any:
    if isinstance(value, dict):
        return {n: _redacted(v, redact, name if name in _TOLD else n) for n, v in value.items()}
    if isinstance(value, list):
        return [_redacted(v, redact, name) for v in value]
    return redact(value) if isinstance(value, str) and name in _TOLD else value


class DecisionEvents:
    """
    Sends decisions to one address; a failure changes nothing but `lost`.

    It decides nothing and is no actuator: what is sent is a copy for people's tools, in dry run as well, since nothing
    in the shop is touched by it.

    Args:
        sender: The webhook.
        redact: Every word goes through it.
        source: What the events name as their source.
        dry_run: Whether the decisions are those of a dry run.

    Attributes:
        sent, lost: How many decisions were taken by the other side, and how many were not.
        why: What was the matter, the last time.
    """

    def __init__(
        self, sender: Sender, *, redact: Callable[[str], str], source: str = "migro", dry_run: bool = False
    ) -> None:
        self._sender, self._redact, self._source, self._dry_run = sender, redact, source, dry_run
        self.sent, self.lost, self.why = 0, 0, ""

    def tell(self, decision: Decision) -> bool:
        """Send a decision once, and return whether it was taken; a receiver knows a second one by its ``id``."""
        event = decision_event(decision, source=self._source, redact=self._redact, dry_run=self._dry_run)
        try:
            self._sender.send("POST", data=event, headers={"Content-Type": "application/cloudevents+json"})
        except ActionError as e:
            self.lost, self.why = self.lost + 1, str(e)
            return False
        self.sent += 1
        return True
