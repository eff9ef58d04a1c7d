"""
Opsgenie's outgoing webhooks, and those of Jira Service Management that took them over.

Source: https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .hints import eased, priority_hint
from .labels import environment_of, label_ids, label_words, labels_in, merchant_of, tags_in
from .parsing import exact_id, moment, whole, word

__all__ = ["NORMALISER"]

_FIRING: Final = ("create", "unacknowledge")
_OVER: Final = ("close", "delete")
_CAPITAL: Final = re2.compile(r"([a-z0-9])([A-Z])")


def _snake(text: str) -> str:
    return _CAPITAL.sub(r"\1_\2", text).lower().replace(" ", "_")


def _topic(action: str) -> str:
    if action.lower() in _FIRING:
        return "alert.firing"
    return "alert.resolved" if action.lower() in _OVER else f"alert.{_snake(action)}"


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an Opsgenie action as a JSON object, got {type(body).__name__}")
    action, alert = word(body.get("action")), body.get("alert")
    if action is None or not isinstance(alert, Mapping):
        raise InputError("expected an Opsgenie message with an action and an alert, got one without")
    created = action.lower() == "create"
    alert_id = exact_id(alert.get("alertId")) or exact_id(alert.get("id"))
    name = word(alert.get("message")) or "unnamed"
    tags = alert.get("tags")
    labels = labels_in(alert.get("details"), alert.get("extraProperties")) | tags_in(tags)
    updated = exact_id(alert.get("updatedAt"))
    allowed = [t for t in tags if t in scope.endpoint.tags_allowed] or None if isinstance(tags, list) else None
    over = action.lower() in _OVER
    # The time of anything but the creation is that of the last change; where it is missing, the creation is no answer.
    occurred = moment(alert.get("createdAt")) if created else None
    yield Draft(
        kind="alert",
        topic=_topic(action),
        raw_topic=action,
        merchant=merchant_of(labels) or exact_id(body.get("integrationId")),
        occurred_at=occurred or moment(alert.get("updatedAt")),
        dedup=("opsgenie", alert_id or name, action, updated, exact_id(alert.get("createdAt")),
               exact_id(body.get("escalationId")), whole(body.get("repeatCount"))),
        resource=("alert", alert_id),
        ids={**label_ids(labels), "alert_id": alert_id, "tiny_id": exact_id(alert.get("tinyId")),
             "alias": word(alert.get("alias")), "fingerprint": word(alert.get("alias")) or alert_id,
             "integration_id": exact_id(body.get("integrationId")), "alertname": name},
        people={"actor": exact_id(alert.get("userId")) or word(alert.get("username"))},
        hint=eased(priority_hint(alert.get("priority")), over=over),
        state=word(alert.get("status")),
        env=environment(environment_of(labels)),
        metrics={"count": whole(alert.get("count"))},
        attrs={**label_words(labels), "alertname": name, "action": _snake(action),
               "open_or_closed": "closed" if over else "open",
               "priority": exact_id(alert.get("priority")),
               "tags": allowed},
    )  # fmt: skip


def _fits(body: Mapping[str, Any]) -> bool:
    alert = body.get("alert")
    return "action" in body and isinstance(alert, Mapping) and "alertId" in alert


NORMALISER: Final = Normaliser(
    kind="opsgenie_webhook",
    provider="opsgenie",
    source_kind="monitor",
    version=1,
    read=_read,
    fits=_fits,
)
