"""Health: what is looked at, whether it is well, and why not."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from ..agent import Agent
from ..audit import standing
from ..errors import MigroError
from ..models.lines import one_line
from ..ports import Leases
from ..processes import this_process
from .ahead import farthest
from .vitals import Vitals, taken

__all__ = ["Check", "Health", "Limits", "examined"]

_LONGEST = 2000


@attrs.frozen(kw_only=True)
class Limits:
    """
    From when on something is late, in seconds.

    Attributes:
        lag_s: How long an input may wait.
        outbox_s: How long an action may wait to be executed.
        overdue_s: How late time may pass.
        ahead_s: How far the time of a merchant may be ahead of the clock.
    """

    lag_s: int = 300
    outbox_s: int = 600
    overdue_s: int = 300
    ahead_s: int = 300


@attrs.frozen(kw_only=True)
class Check:
    """One thing that was looked at: its name, whether it is well, and why in words."""

    name: str
    ok: bool
    why: str


@attrs.frozen(kw_only=True)
class Health:
    """
    What was looked at, in a fixed order.

    Attributes:
        checks: `store`, `breaker`, `lag`, `time`, `outbox` and `approvals`; where the store fails, that alone.
    """

    at: datetime
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is well."""
        return all(check.ok for check in self.checks)

    def lines(self) -> list[str]:
        """Return it for people."""
        # Why somebody halted it is in words of people, which must neither reach past their line nor steer a terminal.
        return [f"{'ok' if c.ok else 'NOT OK':<7} {c.name:<10} {one_line(c.why, _LONGEST)}" for c in self.checks]

    def data(self) -> dict[str, object]:
        """Return it for programs."""
        return {"ok": self.ok, "at": self.at.isoformat(), "checks": self.rows()}

    def rows(self) -> list[dict[str, object]]:
        """Return the checks for programs."""
        return [attrs.asdict(check) for check in self.checks]


def examined(agent: Agent, at: datetime, *, limits: Limits | None = None, writes: bool = True) -> Health:
    """
    Look whether an agent is well.

    Args:
        at: What time it is.
        limits: From when on something is late.
        writes: Whether to try that the store can be written to: a lease is taken and given back.
    """
    try:
        found = taken(agent, at)
        latest = farthest(agent)
        by = standing(agent.memory).by if found.halts else ""
        written = writes and isinstance(agent.memory, Leases)
        if written:
            _written(agent)
    except MigroError as e:
        # What the store says is about the store; it quotes no content.
        return Health(at=at, checks=(Check(name="store", ok=False, why=f"{type(e).__name__}: {e}"),))
    checks = _checks(found, by, limits or Limits(), "read and written" if written else "read", latest)
    return Health(at=at, checks=tuple(checks))


def _written(agent: Agent) -> None:
    holder = f"{this_process()}#health"
    if isinstance(agent.memory, Leases) and agent.memory.acquire("health", holder, 1):
        agent.memory.release("health", holder)


def _checks(v: Vitals, by: str, limits: Limits, store: str, latest: tuple[str, datetime]) -> list[Check]:
    halts = f"{f' by {by}' if by else ''}: {'; '.join(f'{name}: {why}' for name, why in v.halts.items())}"
    return [
        Check(name="store", ok=True, why=f"{store}: {v.inputs} inputs in {v.partitions} partitions"),
        Check(name="breaker", ok=not v.halts, why=f"automation is halted{halts}" if v.halts else "automation goes on"),
        _late("lag", v.lag_s, limits.lag_s, f"{v.waiting} inputs wait, the oldest for {v.lag_s} s"),
        _time(v, limits, *latest),
        _late(
            "outbox",
            v.outbox_s,
            limits.outbox_s,
            f"{v.planned} actions planned, {v.started} started, the oldest for {v.outbox_s} s",
        ),
        # That people take their time is no fault of the agent.
        Check(name="approvals", ok=True, why=_approvals(v)),
    ]


def _late(name: str, found: int, limit: int, why: str) -> Check:
    late = found > limit
    return Check(name=name, ok=not late, why=f"{why}; expected at most {limit} s" if late else why)


def _time(v: Vitals, limits: Limits, partition: str, latest: datetime) -> Check:
    ahead = (latest - v.at) // timedelta(seconds=1)
    if ahead > limits.ahead_s:
        # What comes in by the right clock is too late there.
        return _late("time", ahead, limits.ahead_s, f"the time of {partition} is {ahead} s ahead of the clock")
    return _late("time", v.overdue_s, limits.overdue_s, f"the first timer is {v.overdue_s} s late")


def _approvals(v: Vitals) -> str:
    first = f"; the first lapses in {max(v.lapses_s, 0)} s" if v.lapses_s is not None else ""
    return f"{v.approvals} actions wait for people, the oldest for {v.approvals_s} s{first}"
