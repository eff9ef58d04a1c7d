"""An actuator: one line a notice, in the file that the returns desk reads."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migro import Action, ActionResult

__all__ = ["Desk", "make_desk"]


class Desk:
    """
    Appends a notice once. The keys stand in the file, so that a restart does not write a line twice.

    Args:
        path: The file; made with the first notice.
    """

    kinds = frozenset({"notify_returns_desk"})

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def execute(self, action: Action) -> ActionResult:
        """Write the notice, unless it is there already; a file that cannot be written is a failed action."""
        with self._lock:
            try:
                if action.idempotency_key in self._written():
                    return ActionResult(status="succeeded", detail="was written before")
                line = {"key": action.idempotency_key, "at": f"{action.at:%H:%M:%S}", **action.args}
                with self._path.open("a", encoding="utf-8") as file:
                    print(json.dumps(line), file=file)
            except OSError as e:
                return ActionResult(status="failed", detail=f"cannot write: {e.strerror}")
        return ActionResult(status="succeeded", detail="written")

    def _written(self) -> set[str]:
        if not self._path.exists():
            return set()
        return {json.loads(line)["key"] for line in self._path.read_text("utf-8").splitlines()}


def make_desk(settings: Mapping[str, Any]) -> Desk:
    """Return the actuator of ``[plugins.settings.actuators.returns-desk]``; nothing is written before it acts."""
    match settings:
        case {"path": str(path), **others} if not others:
            return Desk(Path(path))
    raise ValueError(f"expected `path` and nothing else, got {', '.join(settings) or 'nothing'}")
