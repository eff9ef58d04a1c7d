"""Vitals: how much came in and waits, how old what waits is, and whether automation is halted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import attrs

from ..agent import Agent
from ..models import ActionStatus, Issue, IssueStatus
from ..ports import Memory

__all__ = ["Number", "Vitals", "taken"]

_BEGUN = (ActionStatus.PLANNED, ActionStatus.STARTED)


@attrs.frozen(kw_only=True)
class Number:
    """
    One number as monitors name it.

    Attributes:
        name: In Prometheus; OpenTelemetry has dots in the place of underscores, and neither total nor seconds behind.
        help: What it counts.
        unit: ``s`` for seconds; ``1`` for things.
        total: Whether it only grows.
    """

    name: str
    help: str
    value: int
    unit: Literal["1", "s"] = "1"
    total: bool = False


@attrs.frozen(kw_only=True)
class Vitals:
    """
    How an agent does at one moment.

    Attributes:
        at: When.
        partitions: How many merchants and other partitions there are.
        inputs: How many inputs have been accepted since the beginning.
        waiting: How many of them nobody has consumed.
        lag_s: How long the oldest of these has been waiting, in seconds; 0 where none does.
        planned, started: Actions that are to be executed, and those that somebody is executing.
        outbox_s: How long the oldest of them has been there, in seconds.
        approvals: Actions that wait for people.
        approvals_s: How long the oldest of them has, in seconds.
        lapses_s: When the first of them lapses, in seconds from then; None where none does.
        overdue_s: For how long something has been due that time alone brings about, in seconds: nobody lets it pass.
        halts: Why automation is halted, by partition; empty where it is not.
        severities: Of open issues, the worst by kind and merchant: 1 for SEV4 to 4 for SEV1.
    """

    at: datetime
    partitions: int
    inputs: int
    waiting: int
    lag_s: int
    planned: int
    started: int
    outbox_s: int
    approvals: int
    approvals_s: int
    lapses_s: int | None
    overdue_s: int
    halts: dict[str, str]
    severities: dict[tuple[str, str], int]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Everything that can be counted, in the order of the documentation."""
        return (
            Number(name="migro_partitions", help="Merchants and other partitions.", value=self.partitions),
            Number(name="migro_inputs_total", help="Inputs accepted.", value=self.inputs, total=True),
            Number(name="migro_inputs_waiting", help="Inputs that nobody has consumed.", value=self.waiting),
            Number(name="migro_lag_seconds", help="Age of the oldest input that waits.", value=self.lag_s, unit="s"),
            Number(name="migro_overdue_seconds", help="How late time passes.", value=self.overdue_s, unit="s"),
            Number(name="migro_outbox_planned", help="Actions that are to be executed.", value=self.planned),
            Number(name="migro_outbox_started", help="Actions that are being executed.", value=self.started),
            Number(name="migro_outbox_age_seconds", help="Age of the oldest of these.", value=self.outbox_s, unit="s"),
            Number(name="migro_approvals_waiting", help="Actions that wait for people.", value=self.approvals),
            Number(
                name="migro_approvals_age_seconds", help="Age of the oldest of these.", value=self.approvals_s, unit="s"
            ),
            Number(name="migro_halted", help="1 while automation is halted.", value=int(bool(self.halts))),
            Number(name="migro_partitions_halted", help="Partitions in which nothing acts.", value=len(self.halts)),
        )


def taken(agent: Agent, at: datetime) -> Vitals:
    """
    Return how an agent does; nothing is written, and no input is consumed.

    Args:
        at: What time it is.

    Raises:
        StoreUnavailable: If the memory failed.
    """
    memory = agent.memory
    partitions = list(memory.read("partitions"))
    actions = list(memory.read("actions", pending=True))
    behind = [p for p in partitions if p.version < p.accepted]
    begun = [a for a in actions if a.status in _BEGUN]
    asked = [a for a in actions if a.status is ActionStatus.WAITING]
    lapses = [a.expires_at for a in asked if a.expires_at is not None]
    oldest = (_oldest(memory, p.name, p.version) for p in behind)
    return Vitals(
        at=at,
        partitions=len(partitions),
        inputs=sum(p.accepted for p in partitions),
        waiting=sum(p.accepted - p.version for p in behind),
        lag_s=_age(at, (t for t in oldest if t is not None)),
        planned=sum(a.status is ActionStatus.PLANNED for a in begun),
        started=sum(a.status is ActionStatus.STARTED for a in begun),
        outbox_s=_age(at, (a.at for a in begun)),
        approvals=len(asked),
        approvals_s=_age(at, (a.at for a in asked)),
        lapses_s=(min(lapses) - at) // timedelta(seconds=1) if lapses else None,
        overdue_s=_age(at, (p.due for p in partitions if p.due is not None)),
        halts=dict(agent.halts()),
        severities=_severities(memory.read("issues", pending=True)),
    )


def _severities(issues: Iterable[Issue]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for issue in issues:
        if issue.status is IssueStatus.OPEN:
            about = issue.kind, issue.merchant or ""
            found[about] = max(found.get(about, 0), int(issue.severity))
    return found


def _oldest(memory: Memory, partition: str, version: int) -> datetime | None:
    return next((entry.input.at for entry in memory.load(partition, version)), None)


def _age(at: datetime, times: Iterable[datetime]) -> int:
    first = min(times, default=at)
    return max(0, (at - first) // timedelta(seconds=1))
