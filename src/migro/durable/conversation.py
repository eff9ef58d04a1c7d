"""Conversation: what the child has been told, and what is asked of it; everything passes the guard first."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType

from ..errors import SecondEngineCrashed, SecondEngineMissing
from .child import MEMORY, Child
from .limits import Fact, check_facts, check_rules

__all__ = ["MAX_PROGRAMS", "Conversation", "missing", "version"]

MAX_PROGRAMS = 64
"""Rule sets that one child is given; the next one is given to a new child, since none is ever forgotten."""

_NEWEST = (3, 12)
"""The package has no wheel, and its source refers to what CPython 3.13 has removed."""


def missing() -> str:
    """Return why durable-rules cannot be asked here; empty where it can."""
    if sys.platform == "win32":
        return "expected a system that can kill a process with its group, got Windows"
    if sys.version_info[:2] > _NEWEST or sys.implementation.name != "cpython":
        running = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
        return f"durable-rules runs on CPython up to {_NEWEST[0]}.{_NEWEST[1]}, this is {running}"
    if importlib.util.find_spec("durable_rules_engine") is None:
        return "expected the extra migro[durable] to be installed: durable-rules is not"
    return ""


def version() -> str:
    """Return the version of durable-rules that is installed; empty where none is."""
    try:
        return importlib.metadata.version("durable-rules")
    except importlib.metadata.PackageNotFoundError:
        return ""


class Conversation:
    """
    Programs and facts for durable-rules, in a guarded child that is started when it is needed.

    Not safe to use from several threads at once. Close it, or use it in a ``with``; what is not closed ends with this
    process.
    """

    def __init__(self, child: Child | None = None, *, memory: int = MEMORY) -> None:
        self._child = child or Child()
        self._memory = memory
        self._known: set[str] = set()
        self._process: int | None = None

    def fired(self, name: str, program: Mapping[str, Sequence[str]], facts: Sequence[Fact]) -> list[tuple[str, str]]:
        """
        Return what fires on facts, as tokens of a rule and of a key, and leave nothing behind.

        Args:
            name: What the program is called: the same for the same program.
            program: The tokens of each rule's conditions, by the rule's token.
            facts: What holds, by the tokens of a premise and of a key, each with an id.

        Raises:
            SecondEngineRefused: If the program or the facts are outside the limits.
            SecondEngineLate: If there is no answer in time.
            SecondEngineCrashed: If the child ended, or its answer cannot be one.
            SecondEngineMissing: If durable-rules cannot be asked here.
        """
        check_rules(program)
        check_facts(facts)
        if self._process is not None and len(self._known) >= MAX_PROGRAMS and name not in self._known:
            self.close()
        if self._process is None or self._process != self._child.pid:
            self._begin()
        if name not in self._known:
            self._child.ask({"do": "register", "name": name, "rules": {r: list(p) for r, p in program.items()}})
            self._known.add(name)
        answer = self._child.ask({"do": "run", "name": name, "facts": facts})
        keys = {key for _, key, _ in facts}
        found = _pairs(answer.get("fired"))
        if found is None or len(set(found)) < len(found) or any(r not in program or k not in keys for r, k in found):
            self.close()
            raise SecondEngineCrashed("expected each rule to fire once for a key it was told of, got something else")
        return found

    def close(self) -> None:
        """End the child."""
        self._child.close()
        self._known.clear()
        self._process = None

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _begin(self) -> None:
        if why := missing():
            raise SecondEngineMissing(why)
        self.close()
        self._child.ask({"do": "hello", "memory": self._memory})
        self._process = self._child.pid


def _pairs(answer: object) -> list[tuple[str, str]] | None:
    if not isinstance(answer, list):
        return None
    found = []
    for item in answer:
        match item:
            case [str(rule), str(key)]:
                found.append((rule, key))
            case _:
                return None
    return found
