"""Metrics for Prometheus: what was decided, and what became of actions."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..models import Action, Decision

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["Metrics"]


class Metrics:
    """
    Counts decisions and actions in a registry that a host exposes.

    Labels are closed sets: kinds, outcomes and severities; no word of anybody is one.

    Args:
        registry: Where the metrics are registered; default: one of its own, `registry`.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        library = _library()
        self.registry: CollectorRegistry = registry or library.CollectorRegistry()
        self._decisions = library.Counter(
            "migro_decisions", "Decisions made.", ["kind", "outcome", "severity"], registry=self.registry
        )
        self._actions = library.Counter(
            "migro_actions", "Actions by what became of them.", ["kind", "status"], registry=self.registry
        )

    def decided(self, decision: Decision) -> None:
        """Count a decision."""
        issue = decision.issue
        self._decisions.labels(issue.kind, decision.outcome.word, issue.severity.word).inc()

    def tried(self, action: Action) -> None:
        """Count what became of an action."""
        self._actions.labels(action.kind, action.status.value).inc()

    def text(self) -> str:
        """Return the metrics in Prometheus' text format."""
        return str(_library().generate_latest(self.registry).decode())


def _library() -> ModuleType:
    try:
        import prometheus_client
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} to count, found none: install the extra `migro[metrics]`"
        ) from e
    return prometheus_client
