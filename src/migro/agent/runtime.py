"""The runtime: polls sources, lets time pass, drains the outbox. The only part of the agent that reads a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..models import Decision
from ..ports import Clock, Source
from .agent import Agent

if TYPE_CHECKING:
    from ..durable import SecondEngine

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
        second: A second engine that judges every loaded partition in each round, before anything acts; where it
            disagrees, automation halts. See `Agent.second_opinion`.
    """

    def __init__(
        self,
        agent: Agent,
        sources: Iterable[Source] = (),
        *,
        clock: Clock | None = None,
        on_decision: Callable[[Decision], None] | None = None,
        second: SecondEngine | None = None,
    ) -> None:
        self.agent = agent
        self._sources = tuple(sources)
        self._clock = clock or SystemClock()
        self._on_decision = on_decision
        self._second = second

    def round(self) -> tuple[Decision, ...]:
        """Do one round: take what the sources have, let time pass, drain; return the decisions made."""
        decisions: list[Decision] = []
        for source in self._sources:
            for signal in source.signals():
                decisions += self.agent.handle(signal)
        decisions += self.agent.tick(self._clock.now())
        if self._second is not None:
            self.agent.second_opinion(self._second)
        self.agent.drain()
        if self._on_decision is not None:
            for decision in decisions:
                self._on_decision(decision)
        return tuple(decisions)
