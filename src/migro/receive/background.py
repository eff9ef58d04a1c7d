"""A thread that thinks about what a receiver takes in, for hosts that have no worker of their own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..errors import ConfigurationError, MigroError
from ..models import Decision
from .receiver import Receiver

__all__ = ["Background"]


class Background:
    """
    Thinks as soon as something comes, lets time pass, and executes what is planned, until it is left.

    Use it as ``with Background(receiver):``, or `start` and `stop`. What goes wrong in a round is told, and the next
    round tries again: nothing that was taken in is lost by that.

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
        self._receiver = receiver
        self._agent = receiver.agent
        self._every_s = every_s
        self._drain = drain
        self._on_decision = on_decision
        self._notice = notice or logging.getLogger("migro").warning
        self._told = ""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Begin; a second call changes nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="migro-thinking", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the round under way, and end; what waits then is thought about after the next start."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._receiver.wait(self._every_s)
            self._round()

    def _round(self) -> None:
        try:
            for decision in self._receiver.think():
                if self._on_decision is not None:
                    self._on_decision(decision)
            if self._drain:
                self._agent.drain()
        except Exception as e:  # a thread that ends silently would leave everything waiting
            # What others raise may quote what came.
            why = f": {e}" if isinstance(e, MigroError) else ""
            said = f"migro: thinking stopped with {type(e).__name__} and is tried again{why}"
            if said != self._told:
                self._notice(said)
            self._told = said
        else:
            self._told = ""
