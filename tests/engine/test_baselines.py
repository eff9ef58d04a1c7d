"""What is usual by hours, on long and regular histories that random streams seldom are."""

# ruff: noqa: SIM300
# A measure in capitals is no constant to compare with; its comparison reads from left to right.

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from migro.engine import EngineState, NativeEngine, restore, snapshot
from migro.expressions import fact, hours
from migro.models import MerchantId, from_microseconds
from migro.rules import IssueKind, Measure, Rule, RuleSet, hour_of_week, on, previous, supports, trailing
from tests.engine.playing import Moment, advance, apply, difference, say
from tests.engine.profiles import DAY, HOUR, MINUTE, T0
from tests.engine.vocabulary import CLASSES, A, Shop
from tests.oracle import Arrival, Step, Withdrawal

UNUSUAL = IssueKind[Any]("unusual", category="unknown")
EVERY = on(A, per=A.merchant)
ORDERS = EVERY.count(within=hours(1))
FAILURES = on(A, A.ok == False, per=A.merchant).count(within=hours(1))  # noqa: E712  # a column, not a truth
SHARE = FAILURES.per(ORDERS, floor=2)
VALUE = EVERY.total(A.amount, within=hours(2))
SLOW = EVERY.quantile(Fraction(1, 2), A.code, within=hours(1))


def usual(m: Measure[Any]) -> Measure[Any]:
    return m.baseline(hour_of_week(weeks=2), trailing(hours(6)), previous())


RULES = RuleSet(
    "usual",
    *(
        Rule(name, when=when, then=supports(UNUSUAL, points, family=name), lasts=hours(1))
        for name, points, when in (
            ("many", 105, ORDERS >= 2 * usual(ORDERS)),
            ("few", 50, (ORDERS <= Fraction(1, 2) * usual(ORDERS)).holds(1, of=1, every=hours(1))),
            ("drought", 30, ORDERS.drop(usual(ORDERS), p=Fraction(1, 10), every=hours(1), floor=2)),
            ("failing", 105, SHARE > usual(SHARE)),
            ("worth", 50, VALUE < Fraction(3, 4) * usual(VALUE)),
            ("slower", 50, SLOW > SLOW.baseline(trailing(hours(5)))),
        )
    ),
    signals=CLASSES,
)


def weeks(r: Random, length: int, pause: int = 0) -> list[Step]:
    """Return a shop's signals: busy and quiet hours, alike from day to day, with late ones, gaps and withdrawals."""
    steps: list[Step] = []
    now = T0 + r.randrange(HOUR)
    while now < T0 + length:
        hour = now // HOUR % 24
        now += r.choice((10, 20, 40)) * MINUTE * (1 if hour < 12 else 3)
        if pause and r.random() < 0.01:
            now += pause
        if r.random() < 0.2:
            now = now // HOUR * HOUR + r.choice((0, -1, 1, HOUR))
        now = max(now, steps[-1].now if steps else now)
        late = r.choice((0, 0, 0, 0, 1, HOUR, 3 * HOUR, DAY))
        name = f"a{r.randrange(1000):03}-{len(steps)}"
        event = A(
            id=name,
            dedup_key=name,
            occurred_at=from_microseconds(now - late),
            received_at=from_microseconds(now),
            merchant=MerchantId("m1" if r.random() < 0.9 else "m2"),
            ok=r.random() < 0.8,
            code=r.choice((1, 2, 3, None)),
            amount=r.choice((None, *map(_money, range(3)))),
        )
        steps.append(Arrival(event, now))
        if r.random() < 0.05:
            one = r.choice(steps)
            steps.append(Withdrawal(one.signal.id if isinstance(one, Arrival) else one.signal_id, now))
    return steps


def _money(n: int) -> Any:
    return Decimal(n) / 4


@pytest.mark.parametrize(("length", "pause", "seeds"), [(2 * DAY, 0, 3), (3 * DAY, 9 * HOUR, 3), (16 * DAY, 0, 1)])
def test_hours_are_taken_once_and_answer_as_the_oracle_says(length: int, pause: int, seeds: int) -> None:
    fired: dict[str, int] = {}
    lowered = 0
    for seed in range(seeds):
        r = Random(seed)
        steps = weeks(r, length, pause)
        engine, state = NativeEngine(RULES), EngineState()
        for told, step in enumerate(steps):
            advance(engine, state, step.now)
            apply(engine, state, step)
            engine.settle(state)
            if r.random() < 0.3:
                engine.forget(state, state.now)
            if r.random() < 0.05:
                state = restore(engine, snapshot(engine, state))
            if r.random() < (0.15 if length < 4 * DAY else 0.02):
                moment = Moment(state.now, told + 1, say(state))
                found = difference(RULES, steps, moment)
                assert not found, found
            for rule, _ in state.firings:
                fired[rule] = fired.get(rule, 0) + 1
            lowered += any(f.lowered for f in state.firings.values())

    assert set(fired) == {rule.id for rule in RULES}
    assert lowered


def test_a_fact_that_is_told_again_ends_no_hours() -> None:
    known = on(A, A.word.among(fact(Shop.tags)), per=A.merchant).count(within=hours(1))
    rule = Rule(
        "again",
        when=known >= 0 * known.baseline(hour_of_week(weeks=2)),
        then=supports(UNUSUAL, 50, family="f"),
    )
    engine, state = NativeEngine(RuleSet("again", rule, signals=CLASSES)), EngineState()

    for n in range(4):
        for name, at, cls, columns in (
            ("told", 0, Shop, {"tags": frozenset({"x"})}),
            ("word", 2 * HOUR, A, {"word": "x", "ok": True}),
        ):
            now = T0 + n * 7 * DAY + at
            advance(engine, state, now)
            when = from_microseconds(now)
            engine.insert(
                state,
                cls(
                    id=f"{name}{n}",
                    dedup_key=f"{name}{n}",
                    merchant=MerchantId("m"),
                    occurred_at=when,
                    received_at=when,
                    **columns,
                ),
                now,
            )
            engine.settle(state)

    assert [f.lowered for f in state.firings.values()] == [False]
