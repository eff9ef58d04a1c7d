"""Small cases worked out by hand, as data: what holds, what happened, when it is asked, and the anchor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs

from migro.expressions import UNSET, Maybe, MaybeKey
from migro.models import Signal, from_microseconds, to_microseconds
from migro.rules import IssueKind, Premise, Rule, RuleSet, on, supports
from tests.oracle import Arrival, Firings, Step, Withdrawal

from .profiles import DAY, us

__all__ = ["EVERY", "NINE", "Case", "Event", "Fact", "X", "Y", "case", "e", "fact_told", "gone", "rules_of", "x", "y"]

NINE = to_microseconds(datetime(2026, 3, 1, 9, tzinfo=UTC))
"""Sunday, at a whole hour; times in cases count from here, in microseconds."""


class Event(Signal, kind="case.event"):
    cart: MaybeKey[str] = UNSET
    word: Maybe[str] = UNSET
    n: Maybe[int] = UNSET
    amount: Maybe[Decimal] = UNSET
    size: Maybe[int] = UNSET
    tags: Maybe[frozenset[str]] = UNSET
    more: Maybe[frozenset[str]] = UNSET
    begin: Maybe[datetime] = UNSET
    end: Maybe[datetime] = UNSET


class Fact(Signal, kind="case.fact"):
    limit: Maybe[int] = UNSET
    words: Maybe[frozenset[str]] = UNSET
    org: MaybeKey[str] = UNSET


EVERY = on(Event, per=Event.merchant)
X = on(Event, Event.word == "x", per=Event.merchant)
Y = on(Event, Event.word == "y", per=Event.merchant)


@attrs.frozen
class Case:
    """
    A premise, a history, and what holds at a time.

    Attributes:
        expected: Anchor (from NINE; None for a premise without one) and whether it is lowered, by key.
    """

    name: str
    rules: RuleSet
    steps: tuple[Step, ...]
    as_of: int
    expected: Firings


def e(t: int, *, now: int | None = None, id: str = "", merchant: str | None = "m", **fields: Any) -> Arrival:
    """Return an event at `t` that arrives then or at `now`; `begin` and `end` count from NINE as well."""
    for name in ("begin", "end"):
        if name in fields:
            fields[name] = from_microseconds(NINE + fields[name])
    return _arrival(Event, t, now, id, merchant=merchant, **fields)


def x(t: int, **fields: Any) -> Arrival:
    return e(t, word="x", **fields)


def y(t: int, **fields: Any) -> Arrival:
    return e(t, word="y", **fields)


def fact_told(t: int, *, now: int | None = None, id: str = "", merchant: str = "m", **fields: Any) -> Arrival:
    return _arrival(Fact, t, now, id, merchant=merchant, **fields)


def gone(arrival: Arrival, now: int) -> Withdrawal:
    return Withdrawal(arrival.signal.id, NINE + now)


def _arrival(cls: type[Signal], t: int, now: int | None, id: str, **fields: Any) -> Arrival:
    received = t if now is None else now
    assert received - t <= DAY, "older than a day: the time would be held back"
    made = cls(
        id=id or f"{cls.__signal_kind__}:{t}:{sorted((k, str(v)) for k, v in fields.items())}",
        occurred_at=from_microseconds(NINE + t),
        received_at=from_microseconds(NINE + received),
        **fields,
    )
    return Arrival(made, NINE + received)


def case(name: str, when: Premise[Any], steps: tuple[Step, ...], as_of: int, anchor: Any, *, lasts: int = 1000) -> Case:
    """Return a case; `anchor` is a time for merchant m, None where nothing fires, or answers by key."""
    answers: Mapping[Any, Any] = anchor if isinstance(anchor, Mapping) else {} if anchor is None else {"m": anchor}
    expected: Firings = {}
    for key, answer in answers.items():
        at, lowered = answer if isinstance(answer, tuple) else (answer, False)
        keys = key if isinstance(key, tuple) else (key,)
        expected["r", keys] = (None if at is None else NINE + at), lowered
    return Case(name, rules_of(when, lasts), steps, NINE + as_of, expected)


def rules_of(when: Premise[Any], lasts: int) -> RuleSet:
    kind = IssueKind[Any]("k", category="unknown", per=when.key_names)
    rule = Rule("r", when=when, then=supports(kind, 50, family="f"), lasts=us(lasts))
    return RuleSet("case", rule, signals=(Event, Fact))
