"""
A child that does to durable-rules what is known to crash it or to make it hang; run as a program.

The public interface is used as its own documentation shows it, without any of migro's guard.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import durable_rules_engine  # type: ignore[import-not-found,unused-ignore]
from durable import engine  # type: ignore[import-not-found,unused-ignore]


class Quiet(engine.Host):  # type: ignore[misc,unused-ignore]
    """A host without threads of its own."""

    def _run(self) -> None:
        return


def host(rules: dict[str, Any], *, threads: bool = False, name: str = "m") -> Any:
    made = engine.Host() if threads else Quiet()
    made.register_rulesets({name: {rule: {**body, "run": lambda c: None} for rule, body in rules.items()}})
    return made


def post(to: Any, **event: Any) -> None:
    with suppress(engine.MessageNotHandledException, MemoryError):
        to.post("m", event)


def one(condition: dict[str, Any]) -> dict[str, Any]:
    return {"all": [{"m": condition}]}


def absent_id() -> None:
    # What is read is whatever lies on the stack of C there, so it is filled in several ways and to several depths.
    nested: list[Any] = []
    for _ in range(300):
        nested = [nested, "x" * 40]
    for condition in ({"$mt": {"id": "abc"}}, {"id": "abc"}, {"$lt": {"id": "abc"}}):
        to = host({"r": one(condition)})
        for number in range(300):
            deep = len(repr(nested)) + len(json.dumps(nested))
            post(to, deep=deep, **{f"x{n}": "y" * number for n in range(number % 60)})


def too_many_states() -> None:
    to = host({"r": one({"a": 1})})
    for number in range(1_200):
        for _ in range(2):
            post(to, a=1, sid=f"s{number}")


def deleted_states() -> None:
    to = host({"r": one({"a": 1})})
    for number in range(500):
        post(to, a=2, sid=f"s{number}")
    for number in range(500):
        to.delete_state("m", f"s{number}")


def deleted_beside_threads() -> None:
    to = engine.Host()
    to.register_rulesets({"m": {"r": {**one({"a": 1}), "run": lambda c: c.delete_state()}}})
    for number in range(400_000):
        post(to, a=1, sid=f"s{number}")


def one_condition_for_all() -> None:
    for number in range(40):
        to = host({f"r{n}": one({"a": 1}) for n in range(256)}, name="m")
        post(to, a=1, sid=str(number))


def too_many_constants() -> None:
    host({f"r{n}": one({"a": f"v{n}"}) for n in range(513)})


def endless_pattern() -> None:
    host({"r": one({"$mt": {"a": "([^a]|[ab])((.)?)*"}})})


def nested() -> None:
    handle = durable_rules_engine.create_ruleset("m", json.dumps({"r": one({"a": 1})}))
    durable_rules_engine.assert_event(handle, '{"a":' + "[" * 200_000 + "]" * 200_000 + "}")


def long_id() -> None:
    post(host({"r": one({"a": 1})}), a=1, id="x" * 9_000_000)


CASES: dict[str, Callable[[], None]] = {
    made.__name__: made
    for made in (
        absent_id,
        too_many_states,
        deleted_states,
        deleted_beside_threads,
        one_condition_for_all,
        too_many_constants,
        endless_pattern,
        nested,
        long_id,
    )
}


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line).get("case")
        if case is not None:
            CASES[case]()
        os.write(1, b"{}\n")


if __name__ == "__main__":
    main()
