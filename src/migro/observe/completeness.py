"""Which columns the shipped vocabulary relies on, and what an event without them is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["NEEDED", "complete_kind"]

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "alert": ("attrs.alertname",),
    "api.calls": (
        "ids.api",
        "metrics.calls",
        "attrs.result",
        "attrs.server_side",
        "attrs.refetch",
        "attrs.partial",
    ),
    "app": ("attrs.action",),
    "app.fault": ("attrs.code",),
    "change.made": ("attrs.what",),
    "compliance": ("attrs.request",),
    "error.issue": ("attrs.action",),
    "http.request": (
        "attrs.method",
        "attrs.route_class",
        "attrs.route",
        "attrs.handoff",
        "attrs.bot",
    ),
    "log.line": ("metrics.lines",),
    "order": ("ids.order_id",),
    "payment": ("ids.payment_id",),
    "plan.dns": (
        "ids.host",
        "attrs.records",
    ),
    "probe.dns": (
        "ids.host",
        "ids.resolver",
        "attrs.records",
        "metrics.ttl_s",
        "metrics.since_change_s",
    ),
    "rum.csp": (
        "attrs.host",
        "metrics.sessions",
        "attrs.report_only",
        "attrs.foreign",
    ),
    "rum.timings": ("metrics.views",),
    "status.incident": (
        "ids.platform",
        "attrs.impact",
        "attrs.component_used",
    ),
    "ticket": (
        "ids.ticket_id",
        "attrs.author",
    ),
}
"""By each kind that a format reads, its required columns and where they are kept."""

_PLACED: Final = {kind: tuple(name.split(".", 1) for name in names) for kind, names in NEEDED.items()}


def complete_kind(kind: str, ids: Mapping[str, Any], metrics: Mapping[str, Any], attrs: Mapping[str, Any]) -> str:
    """Return the kind, or ``platform.event`` where something is missing that rules on this kind rely on."""
    needed = _PLACED.get(kind)
    if needed is None:
        return kind
    for place, name in needed:
        if name not in (ids if place == "ids" else attrs if place == "attrs" else metrics):
            return "platform.event"
    return kind
