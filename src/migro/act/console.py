"""An actuator that tells whoever looks at the terminal: one line an action."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TextIO

from ..models.action import Action, ActionResult
from ..models.lines import escaped

__all__ = ["ConsoleActuator"]


def _as_it_is(text: str) -> str:
    return text


class ConsoleActuator:
    """
    Prints each action once, as one line, and flushes it. Safe to use from several threads.

    It knows the idempotency keys of its own lifetime only: the worst that a restart can do is a second line.

    Args:
        stream: Where to print.
        kinds: The kinds of action it takes.
        redact: Takes out of the printed text what must not be seen.
    """

    def __init__(self, stream: TextIO, *, kinds: Iterable[str], redact: Callable[[str], str] = _as_it_is) -> None:
        self._stream = stream
        self._kinds = frozenset(kinds)
        self._redact = redact
        self._lock = threading.Lock()
        self._printed: set[str] = set()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of action it takes."""
        return self._kinds

    def execute(self, action: Action) -> ActionResult:
        """Print the action, unless a line with its key was printed before; a stream that fails is a failed action."""
        with self._lock:
            if action.idempotency_key not in self._printed:
                try:
                    print(self._line(action), file=self._stream, flush=True)
                except (OSError, ValueError) as e:
                    # ValueError is what a closed stream raises, and a character that the terminal cannot show.
                    return ActionResult(status="failed", detail=f"cannot print: {type(e).__name__}")
                self._printed.add(action.idempotency_key)
        return ActionResult(status="succeeded", detail="printed")

    def _line(self, action: Action) -> str:
        said = " ".join(f"{name}={value}" for name, value in action.args.items())
        note = f" ({action.note})" if action.note else ""
        text = self._redact(f"{action.kind} -> {action.target} {said}{note}".rstrip())
        return f"{action.at:%Y-%m-%d %H:%M:%S}Z {escaped(text)} [{action.risk}, {action.issue}]"
