"""
The workloads for Drools, through the bindings that event-driven automation uses; it runs in a Java machine.

Its language has no plain negation (`not_all` is one with a time limit), and its windows begin with an event instead of
ending with one, so the shapes negation and windows are not written for it. Events go in as facts; in the shape alpha
each is retracted again, so that what is held does not grow.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

from drools.rule import Rule
from drools.ruleset import Ruleset

from ..workloads import Condition, Event, Firing, Workload

_NAMES = count()


class Engine:
    """A session with the rules of a workload."""

    warm_up = 8
    """The Java machine compiles what runs often; it is given time for that."""

    def __init__(self, workload: Workload) -> None:
        self.alone = workload.shape == "alpha"
        self.firings: list[Firing] = []
        self.number = 0
        name = f"peers_{next(_NAMES)}"
        rules, self.deep = _rules(workload), workload.depth
        written = {"name": name, "rules": [{"Rule": rule} for rule in rules], "match_multiple_rules": True}
        self.ruleset = Ruleset(name=name, serialized_ruleset=json.dumps(written))
        for rule in rules:
            self.ruleset.add_rule(Rule(rule["name"], self._callback(rule["name"])))

    def _callback(self, rule: str) -> Any:
        level = int(rule.partition("_")[2]) if self.deep else 0

        def told(matches: Any) -> None:
            fact = next(iter(matches.data.values()))
            self.firings.append((self.number, rule, fact["key"]))
            if level + 1 < self.deep:
                self.ruleset.assert_fact(json.dumps({"kind": f"level_{level}", "key": fact["key"]}))

        return told

    def prepared(self, events: Sequence[Event]) -> Sequence[Any]:
        return events

    def run(self, events: Sequence[Any]) -> list[Firing]:
        """Take in one event after the other, and return what fired."""
        ruleset, alone = self.ruleset, self.alone
        for number, event in enumerate(events):
            self.number = number
            text = json.dumps(event)
            ruleset.assert_fact(text)
            if alone:
                ruleset.retract_fact(text)
        return self.firings

    def close(self) -> None:
        self.ruleset.end_session()


def _rules(workload: Workload) -> list[dict[str, Any]]:
    match workload.shape:
        case "alpha":
            return [_rule(c.rule, _pattern(c)) for c in workload.conditions]
        case "chain":
            kinds = ["start", *(f"level_{n}" for n in range(workload.depth - 1))]
            return [_rule(f"level_{n}", _equal("kind", kind)) for n, kind in enumerate(kinds)]
        case "join":
            found = []
            for n in range(workload.pairs):
                first = {"AssignmentExpression": {"lhs": {"Facts": "first"}, "rhs": _equal("kind", f"a_{n}")}}
                same = _asked("EqualsExpression", "key", {"Facts": "first.key"})
                second = {
                    "AssignmentExpression": {"lhs": {"Facts": "second"}, "rhs": _and(_equal("kind", f"b_{n}"), same)}
                }
                found.append(_rule(f"pair_{n}", first, second))
            return found
        case _:
            raise ValueError(f"expected a shape that this engine knows, got {workload.shape!r}")


def _rule(name: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "condition": {"AllCondition": list(conditions)}, "enabled": True}


def _pattern(condition: Condition) -> dict[str, Any]:
    code = _asked("GreaterThanOrEqualToExpression", "code", {"Integer": condition.code})
    found = _and(_equal("kind", condition.kind), code)
    if condition.prefix:
        search = {"kind": {"String": "match"}, "pattern": {"String": condition.prefix}, "options": []}
        found = _and(found, _asked("SearchMatchesExpression", "path", {"SearchType": search}))
    return found


def _equal(name: str, value: str) -> dict[str, Any]:
    return _asked("EqualsExpression", name, {"String": value})


def _asked(operator: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {operator: {"lhs": {"Fact": name}, "rhs": value}}


def _and(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {"AndExpression": {"lhs": left, "rhs": right}}
