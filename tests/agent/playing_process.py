"""Plays a fixed stream through the fold and prints what it left behind; with ``sealed``, thinking may touch nothing."""

from __future__ import annotations

import builtins
import datetime
import hashlib
import os
import random
import socket
import sys
import time
from typing import Any, NoReturn

from migro.models import (
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ConfigChanged,
    PersonActed,
    RunMode,
    Tick,
)
from tests.agent.world import M1, Run, Shop, after, call, maintenance, outage, probe, stranger, sure, written


def items() -> list[Any]:
    found: list[Any] = [ConfigChanged(at=after(0), ruleset="r", policy="p", mode=RunMode.AUTO)]
    found += [Shop(merchant=M1, value=8200, money="EUR", occurred_at=after(0), env="production"), *sure(1)]
    found += [stranger(n, 10 + n, severity_hint=h) for n, h in enumerate(("critical", "high", "low"))]
    found += [outage(1, 20), maintenance(1, 30, True), maintenance(2, 40, False), call(9, 50, auth="failed")]
    found += [call(20 + n, 60 + n, env=env) for n, env in enumerate(("production", "test", "unknown", "staging"))]
    found += [PersonActed(at=after(70), verb="halt", by="op"), PersonActed(at=after(80), verb="resume", by="op")]
    return [*found, probe(7, 90, ok=True), Tick(at=after(20_000)), *sure(20_010)]


class Sealed:
    """While it is entered, clock, randomness, environment, files and network raise."""

    NAMES = (
        *((time, n) for n in ("time", "time_ns", "monotonic", "perf_counter", "sleep", "localtime", "gmtime")),
        *((random, n) for n in ("random", "randrange", "choice", "shuffle")),
        *((os, n) for n in ("getenv", "urandom", "getpid", "open", "listdir")),
        (socket, "socket"),
        (builtins, "open"),
    )

    def __enter__(self) -> None:
        self.kept = [(owner, name, getattr(owner, name)) for owner, name in self.NAMES]
        for owner, name in self.NAMES:
            setattr(owner, name, self.refuse)
        self.environ = os.environ
        os.environ = None  # type: ignore[assignment]  # noqa: B003  # any use of it raises
        self.on = True

    def __exit__(self, *_: object) -> None:
        self.on = False
        os.environ = self.environ  # noqa: B003  # as it was
        for owner, name, value in self.kept:
            setattr(owner, name, value)

    @staticmethod
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("thinking touched the world")

    on = False

    def audit(self, event: str, _: object) -> None:
        if self.on and event.split(".")[0] in ("open", "socket", "subprocess", "os", "import"):
            raise AssertionError(f"thinking touched the world: {event}")


class Clockless(datetime.datetime):
    """A datetime whose clock is gone."""

    @classmethod
    def now(cls, tz: Any = None) -> NoReturn:
        raise AssertionError("thinking read the clock")

    utcnow = today = now


def main(sealed: bool, break_it: bool) -> None:
    run, seal = Run(), Sealed()
    sys.addaudithook(seal.audit)
    for item in items():
        for given in (item, *answers(run)):
            if sealed:
                datetime.datetime = Clockless  # type: ignore[misc]  # whoever asks for the time by its module
                with seal:
                    run.give(given)
                    if break_it:
                        time.time()
                datetime.datetime = Clockless.__base__  # type: ignore[misc,assignment]
            else:
                run.give(given)
    text = "\n".join(written(s.record) for s in run.steps)
    print(len(run.decisions), hashlib.sha256(text.encode()).hexdigest())


def answers(run: Run) -> list[Any]:
    planned = [a for h in run.state.held.values() for a in h.actions.values() if a.status.value == "planned"]
    found: list[Any] = []
    for action in planned[:1]:
        key, at = action.idempotency_key, action.at
        found += [ActionDue(at=at, key=key), ActionStarted(at=at, key=key)]
        found.append(ActionFinished(at=at, key=key, result=ActionResult(status="succeeded")))
    return found


if __name__ == "__main__":
    main("sealed" in sys.argv, "broken" in sys.argv)
