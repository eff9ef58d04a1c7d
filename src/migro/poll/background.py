"""A thread that polls what is due, for hosts that have no worker of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from ..agent import SystemClock
from ..agent.dispatch import ACTING_SECONDS
from ..models import Decision
from ..ports import Clock
from ..receive.rounds import Rounds
from .polling import Polling
from .sources import Run

__all__ = ["Background"]

_LONGEST_S = 60
"""How long it rests at most, so that time passes for the agent as well."""


class Background(Rounds):
    """
    Polls, thinks and executes until it is left: ``with Background(polling):``, or `start` and `stop`.

    Where a receiver has a background of its own, that one may do the thinking: say ``think=False`` here.
    Executing ends a round after ten seconds, and with what is being executed when it is to stop: the rest stays
    planned.

    Args:
        polling: What is due and when.
        think: Whether it thinks and drains after each round; only with an agent.
        clock: What time it is.
        on_run: Called with what every run came to.
        on_decision: Called with every decision, in order.
        notice: Called with one line when a round goes wrong. Default: the warning level of the logger ``migro``.
    """

    def __init__(
        self,
        polling: Polling,
        *,
        think: bool = True,
        clock: Clock | None = None,
        on_run: Callable[[Run], None] | None = None,
        on_decision: Callable[[Decision], None] | None = None,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__("polling", notice)
        self._polling = polling
        self._agent = polling.agent if think else None
        self._clock: Clock = clock or SystemClock()
        self._on_run = on_run
        self._on_decision = on_decision

    def _go(self) -> None:
        while not self._stopping.is_set():
            now = self._clock.now()
            self._attempt(partial(self._round, now))
            due = self._polling.due()
            rest = (due - self._clock.now()).total_seconds() if due is not None else _LONGEST_S
            self._stopping.wait(min(max(rest, 1), _LONGEST_S))

    def _round(self, now: datetime) -> None:
        for run in self._polling.poll_once(now):
            if self._on_run is not None:
                self._on_run(run)
        if self._agent is not None:
            for decision in self._polling.think(now):
                if self._on_decision is not None:
                    self._on_decision(decision)
            self._agent.drain(within=ACTING_SECONDS, stopping=self._stopping.is_set)
