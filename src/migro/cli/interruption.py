"""Ctrl-C: the first one stops between two events, the second one at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, Self, TypeVar

__all__ = ["STOPPED", "Interruption"]

T = TypeVar("T")

STOPPED = 130
"""Exit code of a command that was interrupted: 128 and the number of SIGINT."""


class Interruption:
    """
    Notices Ctrl-C while it is entered.

    Args:
        terminates: Whether it notices as well that whoever supervises the process wants it to end (SIGTERM).

    Attributes:
        asked: Whether somebody wants the command to stop.
    """

    def __init__(self, *, terminates: bool = False) -> None:
        self.asked = False
        self._reading = False
        self._before: Any = None
        self._terminates = terminates
        self._ended_before: Any = None

    def __enter__(self) -> Self:
        # Only the main thread may ask; and whoever started the command deaf to Ctrl-C, as `nohup` does, meant it.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.getsignal(signal.SIGINT)
            if self._before is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, self._noticed)
            if self._terminates:
                self._ended_before = signal.signal(signal.SIGTERM, self._noticed)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self._ended_before is not None:
            signal.signal(signal.SIGTERM, self._ended_before)

    def until(self, items: Iterable[T]) -> Iterator[T]:
        """Yield items until somebody wants to stop; what an item's owner does with it is never cut short."""
        source = iter(items)
        while not self.asked:
            try:
                self._reading = True
                try:
                    item = next(source)
                finally:
                    self._reading = False
            except StopIteration:
                return
            except KeyboardInterrupt:
                self.asked = True
                return
            yield item

    def _noticed(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        # Reading can wait for ever, and nothing is half done there.
        if again or self._reading:
            raise KeyboardInterrupt
