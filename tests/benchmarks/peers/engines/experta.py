"""The workloads for experta: rules as methods of a class, events as facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experta import AND, MATCH, NOT, Fact, KnowledgeEngine, P, Rule

from ..workloads import Condition, Event, Firing, Workload


class Told(Fact):
    """An event."""


class Level(Fact):
    """A conclusion of a chain."""


class Engine:
    """A knowledge engine with the rules of a workload."""

    warm_up = 1

    def __init__(self, workload: Workload) -> None:
        self.alone = workload.shape == "alpha"
        self.firings: list[Firing] = []
        self.number = 0
        self.engine = type("Rules", (KnowledgeEngine,), _rules(workload, self.fired))()
        self.engine.reset()

    def fired(self, rule: str, key: str) -> None:
        self.firings.append((self.number, rule, key))

    def prepared(self, events: Sequence[Event]) -> Sequence[Any]:
        return events

    def run(self, events: Sequence[Any]) -> list[Firing]:
        """Take in one event after the other, and return what fired."""
        engine, alone = self.engine, self.alone
        for number, event in enumerate(events):
            self.number = number
            fact = engine.declare(Told(**event))
            engine.run()
            if alone:
                engine.retract(fact)
        return self.firings


def _rules(workload: Workload, fired: Any) -> dict[str, Any]:
    match workload.shape:
        case "alpha":
            return {c.rule: Rule(_pattern(c))(_telling(c.rule, fired)) for c in workload.conditions}
        case "chain":
            patterns = [Told(kind="start", key=MATCH.key)]
            patterns += [Level(number=n, key=MATCH.key) for n in range(workload.depth - 1)]
            return {f"level_{n}": Rule(pattern)(_following(n, fired)) for n, pattern in enumerate(patterns)}
        case "join" | "negation":
            found = {}
            for n in range(workload.pairs):
                parts = [Told(kind=f"{letter}_{n}", key=MATCH.key) for letter in "abc"]
                both = AND(*parts[:2], NOT(parts[2])) if workload.shape == "negation" else AND(*parts[:2])
                found[f"pair_{n}"] = Rule(both)(_telling(f"pair_{n}", fired))
            return found
        case _:
            raise ValueError(f"expected a shape that this engine knows, got {workload.shape!r}")


def _pattern(condition: Condition) -> Told:
    code, prefix = condition.code, condition.prefix
    asked: dict[str, Any] = {"code": P(lambda value: value >= code)}
    if prefix:
        asked["path"] = P(lambda value: value.startswith(prefix))
    return Told(kind=condition.kind, key=MATCH.key, **asked)


def _telling(rule: str, fired: Any) -> Any:
    def tell(engine: Any, key: str) -> None:
        fired(rule, key)

    tell.__name__ = rule
    return tell


def _following(level: int, fired: Any) -> Any:
    def follow(engine: Any, key: str) -> None:
        fired(f"level_{level}", key)
        engine.declare(Level(number=level, key=key))

    follow.__name__ = f"level_{level}"
    return follow
