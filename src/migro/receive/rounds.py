"""A thread that goes round and round until it is stopped, and tells when a round goes wrong."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..errors import MigroError, survivable

__all__ = ["Rounds"]


class Rounds(ABC):
    """
    Work in the background, one round after the other: ``with`` it, or `start` and `stop`.

    What goes wrong in a round is told once, and the next round tries again.

    Args:
        what: What it does, as the line about a failure says it and the thread is named.
        notice: Called with that line. Default: the warning level of the logger ``migro``.
    """

    def __init__(self, what: str, notice: Callable[[str], None] | None) -> None:
        self._what = what
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
            self._thread = threading.Thread(target=self._go, name=f"migro-{self._what}", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the round under way, and end; the next start goes on from what is stored."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    @abstractmethod
    def _go(self) -> None:
        """Go round until it is stopping."""

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except survivable() as e:  # a thread that ends silently would leave everything waiting
            # What others raise may quote what came.
            why = f": {e}" if isinstance(e, MigroError) else ""
            said = f"migro: {self._what} stopped with {type(e).__name__} and is tried again{why}"
            if said != self._told:
                self._notice(said)
            self._told = said
        else:
            self._told = ""
