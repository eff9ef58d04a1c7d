"""Decisions: what is done about an issue, and why."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from .action import Action
from .explanation import Explanation, many
from .issue import Issue
from .records import Record, UtcTime
from .scales import Attention, Outcome, RunMode, Scope

__all__ = ["Decision"]


class Decision(Record):
    """
    One decision about one issue at one step of the fold.

    Attributes:
        id: Made from the issue and the count of its decisions, so that a replay gives the same.
        at: The fold's time.
        outcome: The strictest outcome of its actions that is not `forbid`.
        because: One line for a table.
        ruleset, policy: Hashes of what decided.
        mode: How far automation could go. Dry run belongs to the dispatcher and is no mode.
        explanation: The whole bookkeeping.
    """

    id: str
    at: UtcTime
    partition: str
    merchant: str | None
    scope: Scope
    issue: Issue
    outcome: Outcome
    attention: Attention
    actions: Annotated[tuple[Action, ...], BeforeValidator(many)]
    because: str
    ruleset: str
    policy: str
    mode: RunMode
    explanation: Explanation

    def explain(self) -> Explanation:
        """Return why: rules, arithmetic, thresholds, guards and signals."""
        return self.explanation

    def summary(self) -> dict[str, Any]:
        """Return the decision as data without its explanation: what a list of decisions shows."""
        data: dict[str, Any] = self.model_dump(exclude={"explanation"})
        return data
