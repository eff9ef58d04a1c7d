"""A thread that thinks about what a receiver takes in, for hosts that have no worker of their own."""

from __future__ import annotations

from collections.abc import Callable

from ..agent.dispatch import ACTING_SECONDS
from ..errors import ConfigurationError
from ..models import Decision
from .receiver import Receiver
from .rounds import Rounds

__all__ = ["Background"]


class Background(Rounds):
    """
    Thinks as soon as something comes, lets time pass, and executes what is planned, until it is left.

    Use it as ``with Background(receiver):``, or `start` and `stop`. What goes wrong in a round is told, and the next
    round tries again: nothing that was taken in is lost by that. Executing ends a round after ten seconds, and with
    what is being executed when it is to stop: the rest stays planned.

    Args:
        receiver: One that was made with an agent.
        every_s: How long it waits at most between two rounds, in seconds.
        drain: Whether it executes what is planned; not where another process does.
        on_decision: Called with every decision, in order.
        notice: Called with one line when a round goes wrong. Default: the warning level of the logger ``migro``.

    Raises:
        ConfigurationError: If the receiver has a memory alone.
    """

    def __init__(
        self,
        receiver: Receiver,
        *,
        every_s: int = 1,
        drain: bool = True,
        on_decision: Callable[[Decision], None] | None = None,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        if receiver.agent is None:
            raise ConfigurationError("expected a receiver made with an agent, got one made with a memory")
        super().__init__("thinking", notice)
        self._receiver = receiver
        self._agent = receiver.agent
        self._every_s = every_s
        self._drain = drain
        self._on_decision = on_decision

    def _go(self) -> None:
        while not self._stopping.is_set():
            self._receiver.wait(self._every_s)
            self._attempt(self._round)

    def _round(self) -> None:
        for decision in self._receiver.think():
            if self._on_decision is not None:
                self._on_decision(decision)
        if self._drain:
            self._agent.drain(within=ACTING_SECONDS, stopping=self._stopping.is_set)
