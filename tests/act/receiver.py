"""
Receivers on the loopback: each vendor's answers in its true shape, and what can go wrong with any of them.

Every receiver keeps what it was told to do by the key it was told with; those that honour a key act once for each.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs

from tests.loopback import Reply, serving

__all__ = ["FAULTS", "Asked", "Receiver", "Reply", "receiving", "trickling"]

FAULTS = ("timeout", "500", "429", "cut", "malformed")
"""What goes wrong: no answer in time, two refusals, a line that is cut after the request was taken, and nonsense."""


@attrs.frozen
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    raw: bytes


class Receiver:
    """
    Serves what `answer` says, once each of `faults` has been used up.

    Attributes:
        faults: What the next requests that change something meet: a fault of `FAULTS`. All but `429` and `500` are met
            after the request has taken effect.
        asked: Every request.
        reads: What the last part of a path begins with where a request that is no GET changes nothing.
        retry_after: What is said with 429.
        whispered: What one person alone was shown, and who.
    """

    def __init__(self, answer: Callable[[Receiver, Asked], Reply]) -> None:
        self._answer = answer
        self.reads: tuple[str, ...] = ()
        self.lock = threading.RLock()
        self.hold = threading.Event()
        self.reset()

    def reset(self) -> None:
        self.faults: list[str] = []
        self.asked: list[Asked] = []
        self.kept: dict[str, Any] = {}
        self.whispered: list[tuple[str, str]] = []
        self.retry_after = "0"
        self.hold.clear()

    def reply(self, asked: Asked) -> Reply | None:
        """Return the answer to a request; None for a line that is cut."""
        with self.lock:
            self.asked.append(asked)
            fault = self.faults.pop(0) if self.faults and self.changed(asked) else ""
            if fault == "429":
                return 429, {"Retry-After": self.retry_after}, b'{"ok":false,"error":"ratelimited"}'
            if fault == "500":
                return 500, {}, b"<html>oops"
            answer = self._answer(self, asked)
        if fault == "timeout":
            self.hold.wait(5)
            return None
        if fault == "cut":
            return None
        return (200, {"Content-Type": "application/json"}, b'{"ok": tru') if fault == "malformed" else answer

    def changed(self, asked: Asked) -> bool:
        """Whether a request was meant to change something."""
        return asked.method != "GET" and not asked.path.rpartition("/")[2].startswith(self.reads or ("?",))


@contextmanager
def receiving(receiver: Receiver) -> Iterator[str]:
    """Serve a receiver on a free port of the loopback, and give its address."""

    def answer(method: str, path: str, headers: dict[str, str], raw: bytes) -> Reply | None:
        body: Any = None
        with suppress(ValueError):
            body = json.loads(raw) if raw else None
        return receiver.reply(Asked(method, path, headers, body, raw))

    with serving(answer) as address:
        try:
            yield address
        finally:
            receiver.hold.set()


@contextmanager
def trickling(first: bytes, then: bytes = b"2") -> Iterator[int]:
    """Serve one peer that says `first` and `then` now and then, without end; give its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):
                line.sendall(first)
                while not over.wait(0.02):
                    line.sendall(then)

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()
