"""
The workloads for durable-rules, in the form that its own language compiles to.

An event goes to one rule only and is then used up, so events are asserted as facts; in the shape alpha, where nothing
joins them, each is retracted again, so that what is held does not grow. An action that raises is swallowed, so what an
action has to say is looked at after the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from durable.engine import Host, MessageNotHandledException

from ..workloads import Condition, Event, Firing, Workload

_NAMES = count()
_UNHEARD = MessageNotHandledException
"""A fact that no rule asks for raises; it is no mistake."""


class QuietHost(Host):
    """A host without threads: everything happens in the call that asserts."""

    def _run(self) -> None:
        pass


class Engine:
    """A rule set of a workload, in a host of its own."""

    warm_up = 1

    def __init__(self, workload: Workload) -> None:
        self.alone = workload.shape == "alpha"
        self.firings: list[Firing] = []
        self.number = 0
        self.name = f"peers_{next(_NAMES)}"
        self.host = QuietHost()
        self.host.set_rulesets({self.name: self._rules(workload)})

    def prepared(self, events: Sequence[Event]) -> Sequence[Any]:
        """Return the events with the ids that facts need to be told apart."""
        return [{**e, "id": f"e{e['n']}"} for e in events]

    def run(self, events: Sequence[Any]) -> list[Firing]:
        """Take in one event after the other, and return what fired."""
        host, name, alone = self.host, self.name, self.alone
        for number, event in enumerate(events):
            self.number = number
            try:
                host.assert_fact(name, event)
                if alone:
                    host.retract_fact(name, event)
            except _UNHEARD:
                continue
        state = host.get_state(name, "0")
        if "exception" in state:
            raise RuntimeError(state["exception"])
        return self.firings

    def _rules(self, workload: Workload) -> dict[str, Any]:
        match workload.shape:
            case "alpha":
                return {
                    c.rule: {"all": [{"m": _pattern(c)}], "run": self._telling(c.rule)} for c in workload.conditions
                }
            case "chain":
                kinds = ["start", *(f"level_{n}" for n in range(workload.depth - 1))]
                return {
                    f"level_{n}": {"all": [{"m": {"kind": kind}}], "run": self._following(n, n + 1 < workload.depth)}
                    for n, kind in enumerate(kinds)
                }
            case "join" | "negation":
                return {f"pair_{n}": self._pair(n, workload.shape == "negation") for n in range(workload.pairs)}
            case _:
                raise ValueError(f"expected a shape that this engine knows, got {workload.shape!r}")

    def _pair(self, number: int, negated: bool) -> dict[str, Any]:
        both = [{"m": {"kind": f"a_{number}"}}, {"b": _same_key(f"b_{number}")}]
        never = [{"c$not": _same_key(f"c_{number}")}] if negated else []
        return {"all": [*both, *never], "run": self._telling(f"pair_{number}")}

    def _telling(self, rule: str) -> Any:
        def tell(c: Any) -> None:
            self.firings.append((self.number, rule, c.m.key))

        return tell

    def _following(self, level: int, more: bool) -> Any:
        def follow(c: Any) -> None:
            key = c.m.key
            self.firings.append((self.number, f"level_{level}", key))
            if more:
                c.assert_fact({"id": f"{level}/{key}", "kind": f"level_{level}", "key": key})

        return follow


def _pattern(condition: Condition) -> dict[str, Any]:
    asked: list[dict[str, Any]] = [{"kind": condition.kind}, {"$gte": {"code": condition.code}}]
    if condition.prefix:
        asked.append({"$mt": {"path": f"{condition.prefix}.*"}})
    return {"$and": asked}


def _same_key(kind: str) -> dict[str, Any]:
    return {"$and": [{"kind": kind}, {"key": {"m": "key"}}]}
