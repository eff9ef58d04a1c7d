"""Deadlines over whole calls: libraries limit each step of one, and a peer that trickles takes as many as it likes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

__all__ = ["Deadline"]


class Deadline:
    """
    Ends what is said over a socket after a while; used with `with` around the call.

    Args:
        seconds: How long the call may take.
        found: Returns the socket in use; None for none yet.

    Attributes:
        passed: Whether it has ended one.
    """

    def __init__(self, seconds: float, found: Callable[[], socket.socket | None]) -> None:
        self.passed = False
        self._seconds, self._found = seconds, found
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="migro-deadline", daemon=True)

    def __enter__(self) -> Deadline:
        """Begin to wait."""
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Stop waiting."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = self._seconds
        # Again and again: what was not there yet is another socket a moment later.
        while not self._over.wait(pause):
            self.passed, pause = True, 0.05
            held = self._found()
            if held is not None:
                with suppress(OSError, ValueError):
                    # Of the plain socket: that of TLS would forget first that what follows is a secret.
                    socket.socket.shutdown(held, socket.SHUT_RDWR)
