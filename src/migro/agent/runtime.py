"""The runtime: polls sources, lets time pass, drains the outbox. The only part of the agent that reads a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from ..models import Decision
from ..ports import Clock, Source
from .agent import Agent

__all__ = ["Runtime", "SystemClock"]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the aware current time."""
        return datetime.now(UTC)


class Runtime:
    """
    Drives an agent in a process that stays up.

    Args:
        agent: The agent.
        sources: Where signals come from; each `round` takes what they have.
        clock: What time it is.
        on_decision: Called with every decision, in order.
    """

    def __init__(
        self,
        agent: Agent,
        sources: Iterable[Source] = (),
        *,
        clock: Clock | None = None,
        on_decision: Callable[[Decision], None] | None = None,
    ) -> None:
        self.agent = agent
        self._sources = tuple(sources)
        self._clock = clock or SystemClock()
        self._on_decision = on_decision

    def round(self) -> tuple[Decision, ...]:
        """Do one round: take what the sources have, let time pass, drain; return the decisions made."""
        decisions: list[Decision] = []
        for source in self._sources:
            for signal in source.signals():
                decisions += self.agent.handle(signal)
        decisions += self.agent.tick(self._clock.now())
        self.agent.drain()
        if self._on_decision is not None:
            for decision in decisions:
                self._on_decision(decision)
        return tuple(decisions)
