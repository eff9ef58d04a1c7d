"""A thread that polls what is due, for hosts that have no worker of their own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from ..agent import SystemClock
from ..errors import MigroError
from ..models import Decision
from ..ports import Clock
from .polling import Polling
from .sources import Run

__all__ = ["Background"]

_LONGEST_S = 60
"""How long it rests at most, so that time passes for the agent as well."""


class Background:
    """
    Polls, thinks and executes until it is left: ``with Background(polling):``, or `start` and `stop`.

    Where a receiver has a background of its own, that one may do the thinking: say ``think=False`` here.

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
        self._polling = polling
        self._agent = polling.agent if think else None
        self._clock: Clock = clock or SystemClock()
        self._on_run = on_run
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
            self._thread = threading.Thread(target=self._go, name="migro-polling", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the round under way, and end; the next start goes on from what is stored."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _go(self) -> None:
        while not self._stopping.is_set():
            now = self._clock.now()
            self._round(now)
            due = self._polling.due()
            rest = (due - self._clock.now()).total_seconds() if due is not None else _LONGEST_S
            self._stopping.wait(min(max(rest, 1), _LONGEST_S))

    def _round(self, now: datetime) -> None:
        try:
            for run in self._polling.poll_once(now):
                if self._on_run is not None:
                    self._on_run(run)
            if self._agent is not None:
                for decision in self._polling.think(now):
                    if self._on_decision is not None:
                        self._on_decision(decision)
                self._agent.drain()
        except Exception as e:  # a thread that ends silently would leave every source unheard
            why = f": {e}" if isinstance(e, MigroError) else ""
            said = f"migro: polling stopped with {type(e).__name__} and is tried again{why}"
            if said != self._told:
                self._notice(said)
            self._told = said
        else:
            self._told = ""
