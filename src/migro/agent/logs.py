"""What an agent logs: ids, kinds and numbers, never a word of anybody."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ..models import Action, ActionResult, StepRecord

__all__ = ["log_action", "log_halt", "log_steps"]

_INPUTS = logging.getLogger("migro.inputs")
_DECISIONS = logging.getLogger("migro.decisions")
_ACTIONS = logging.getLogger("migro.actions")
_BREAKER = logging.getLogger("migro.breaker")


def log_steps(partition: str, records: Iterable[StepRecord]) -> None:
    """Log what steps decided, once it is stored; at the level of debugging what became of each input."""
    decided, consumed = _DECISIONS.isEnabledFor(logging.INFO), _INPUTS.isEnabledFor(logging.DEBUG)
    if not (decided or consumed):
        return
    for record in records:
        if consumed:
            name = record.disposition.name if record.disposition is not None else ""
            _INPUTS.debug("input consumed", extra={"partition": partition, "seq": record.seq, "disposition": name})
        for d in record.decisions if decided else ():
            told = {
                "decision": d.id,
                "partition": partition,
                "seq": record.seq,
                "issue": d.issue.id,
                "kind": d.issue.kind,
                "status": d.issue.status.value,
                "severity": d.issue.severity.word,
                "points": d.issue.points,
                "outcome": d.outcome.word,
            }
            _DECISIONS.info("decided", extra=told)


def log_action(action: Action, result: ActionResult) -> None:
    """Log what became of an action that was tried."""
    if not _ACTIONS.hasHandlers():
        return  # Python would print it for whoever has set up nothing, and the alarm has said it in words
    level = logging.WARNING if result.status in ("failed", "unknown") else logging.INFO
    told = {
        "action": action.idempotency_key,
        "partition": action.partition,
        "issue": action.issue,
        "kind": action.kind,
        "target": action.target,
        "risk": action.risk.word,
        "status": result.status,
    }
    _ACTIONS.log(level, "action tried", extra=told)


def log_halt(partition: str) -> None:
    """Log that automation halts; why is for the alarm to say, also where nobody has set up logging."""
    if _BREAKER.hasHandlers():
        _BREAKER.error("automation is halted", extra={"partition": partition})
