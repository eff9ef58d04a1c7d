"""Whoever executes actions, outside the agent: a file that outlives every process and knows each action by its key."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from migro.models import Action, ActionResult

__all__ = ["KINDS", "Receiver", "acted", "asked"]

KINDS = frozenset({"notify", "tag", "reply", "replay", "refund"})


class Receiver:
    """
    Honours the key: asked twice, it acts once and gives the first answer again.

    Args:
        path: Where it writes down every call, and what it did.
        meet: Called at each moment at which a crash would matter.
        failing: Kinds of action it refuses.
        losing: Kinds of action that it does, and whose answer gets lost on the way back.
    """

    kinds = KINDS

    def __init__(
        self,
        path: Path,
        *,
        meet: Callable[[str], None] = lambda _: None,
        failing: Iterable[str] = (),
        losing: Iterable[str] = (),
    ) -> None:
        self.path = path
        self._meet = meet
        self._failing = frozenset(failing)
        self._losing = frozenset(losing)

    def execute(self, action: Action) -> ActionResult:
        """Do it once; see `migro.ports.Actuator.execute`."""
        self._meet("before the receiver hears of it")
        with self.path.open("a+") as book:
            # One at a time, whichever process asks.
            fcntl.flock(book, fcntl.LOCK_EX)
            known = {line["key"]: line for line in _lines(self.path) if line["acted"]}
            key, kind = action.idempotency_key, action.kind
            if kind in self._failing:
                self._write(book.fileno(), key, acted=False)
                result = ActionResult(status="failed", detail="refused by the receiver")
            else:
                self._write(book.fileno(), key, acted=key not in known)
                result = ActionResult(status="succeeded", detail=f"{kind} done")
        self._meet("after the receiver has acted")
        if kind in self._losing:
            raise TimeoutError("the answer is lost")
        return result

    def _write(self, book: int, key: str, *, acted: bool) -> None:
        # One call of the system for one line: a killed process leaves a whole line or none.
        os.write(book, (json.dumps({"key": key, "acted": acted}) + "\n").encode())


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def acted(path: Path) -> Counter[str]:
    """Return how often the receiver acted, by key."""
    return Counter(str(line["key"]) for line in _lines(path) if line["acted"])


def asked(path: Path) -> Counter[str]:
    """Return how often the receiver was asked, by key."""
    return Counter(str(line["key"]) for line in _lines(path))
