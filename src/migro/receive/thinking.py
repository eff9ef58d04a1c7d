"""Thinking about what was taken in: every merchant that something waits for, then time."""

from __future__ import annotations

from datetime import datetime

from ..agent import Agent
from ..models import Decision, Tick

__all__ = ["think_about"]


def think_about(agent: Agent, at: datetime) -> tuple[Decision, ...]:
    """
    Let an agent think about everything that its memory has accepted and nobody has consumed, and let time pass.

    Raises:
        StoreUnavailable: If the memory failed; nothing is lost.
    """
    decisions: list[Decision] = []
    for partition in list(agent.memory.read("partitions", pending=True)):
        if partition.version < partition.accepted:
            decisions += agent.tell(partition.name, Tick(at=at))
    return (*decisions, *agent.tick(at))
