"""The runtime: polls sources, lets time pass, drains the outbox, and asks a clock what time it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ..models import Decision
from ..models.canonical import EPOCH
from ..ports import Clock, Source
from .agent import Agent
from .breaker import BACKWARDS
from .clocks import AHEAD, DATED, SteadyClock, behind
from .dispatch import ACTING_SECONDS

if TYPE_CHECKING:
    from ..durable import SecondEngine

__all__ = ["Runtime"]


class Runtime:
    """
    Drives an agent in a process that stays up; a clock that cannot be right halts automation.

    Args:
        agent: The agent.
        sources: Where signals come from; each `round` takes what they have.
        clock: What time it is. Default: the machine's, as `SteadyClock`.
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
        self._clock = clock or SteadyClock()
        self._on_decision = on_decision
        self._second = second
        self._greatest: datetime | None = None
        self._told = EPOCH

    def round(self) -> tuple[Decision, ...]:
        """
        Do one round: take what the sources have, let time pass, drain; return the decisions made.

        After ten seconds of executing no other action is begun: the next round has the rest.
        """
        decisions: list[Decision] = []
        self._watch(self._clock.now())
        for source in self._sources:
            for signal in source.signals():
                decisions += self.agent.handle(signal)
        now = self._clock.now()
        self._watch(now)
        decisions += self.agent.tick(now)
        if self._second is not None:
            self.agent.second_opinion(self._second)
        self.agent.drain(within=ACTING_SECONDS)
        if self._on_decision is not None:
            for decision in decisions:
                self._on_decision(decision)
        return tuple(decisions)

    def _watch(self, now: datetime) -> None:
        """Halt automation where the clock cannot be right: it went back, or what has come in is dated ahead of it."""
        if isinstance(self._clock, SteadyClock):
            self._clock.watch(self.agent)
        elif self._greatest is None and (told := behind(self.agent, now)):
            self.agent.trip(told)
        if self._greatest is None and (latest := self.agent.accepted()) > now + AHEAD:
            self._told = latest
        before = self._greatest or now
        back = now < before - BACKWARDS
        # The greatest, or one that creeps back a little at a time would never have gone back.
        self._greatest = now if back else max(before, now)
        newest, wrong = self.agent.newest, ""
        if back:
            wrong = f"the clock went back from {before:%Y-%m-%d %H:%M:%S} to {now:%Y-%m-%d %H:%M:%S} UTC"
        # What a person was told of and has resumed after is dated ahead still; it is what comes later that is new.
        elif newest > max(now, self._told) + AHEAD:
            wrong = f"{DATED} {newest:%Y-%m-%d %H:%M:%S}, the clock says {now:%Y-%m-%d %H:%M:%S} UTC"
        halted = self.agent.halted if wrong else ""
        if not back and wrong and (not halted or halted.startswith(DATED)):
            self._told = newest
        # While it is halted for whatever reason, nothing acts by this clock, and once is enough to be told.
        if wrong and not halted:
            self.agent.trip(wrong)
