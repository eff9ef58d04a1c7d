"""Random rule sets and random streams whose times sit on the edges of their windows, to the microsecond."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from migro.models import Signal, from_microseconds, to_microseconds
from migro.rules import Conclusion, Effect, IssueKind, Rule, RuleSet
from tests.oracle import Arrival, Step, Withdrawal

from .premises import has_evidence, premise
from .profiles import DAY, HOUR, T0, TINY, Profile, us
from .vocabulary import CLASSES, KINDS, LEVELS, A, B, Basket, Names, Owner, Shop

__all__ = ["edge", "random_rule", "redelivery", "ruleset", "signal", "stream"]

MIXES = ("AAAAABBSSOK", "AAAAA", "AAAAB", "AAABBB", "AAASSOK", "AAAOOS")
"""First letters of the classes that a stream is drawn from; K for Basket."""

KEYS: tuple[Names, ...] = (
    ("merchant",),
    ("merchant",),
    ("merchant",),
    ("merchant", "cart"),
    ("cart",),
    ("merchant", "org"),
    ("org",),
)


# --- rule sets -------------------------------------------------------------------------------------------------------


def conclusion(r: Random, kind: IssueKind[Any]) -> Conclusion[Any]:
    effect: Effect = r.choice(("supports", "supports", "supports", "refutes", "vetoes"))
    points = {"supports": 1, "refutes": -1, "vetoes": 0}[effect] * r.choice((5, 30, 50, 60, 105))
    return Conclusion(effect, kind, points, r.choice(("f", "g")))


def random_rule(r: Random, p: Profile, number: int, per: Names, level: int) -> Rule[Any]:
    while not has_evidence(when := premise(r, p, per, level)):
        pass
    lasts = p.span(r) if r.random() < 0.6 else None
    return Rule(f"r{number}", when=when, then=conclusion(r, KINDS[level, per]), lasts=lasts, salience=r.randrange(3))


def ruleset(r: Random, p: Profile = TINY) -> RuleSet:
    """Return a random rule set of two to four rules in up to three strata."""
    rules: list[Rule[Any]] = []
    per = KEYS[0] if p.hourly and r.random() < 0.5 else r.choice(KEYS)
    for number in range(r.randint(2, 4)):
        own = per if r.random() < 0.8 else ("merchant",)
        rules.append(random_rule(r, p, number, own, min(number, r.randrange(LEVELS))))
    return RuleSet("random", *rules, signals=CLASSES)


# --- streams ---------------------------------------------------------------------------------------------------------


def spans_of(rules: RuleSet) -> list[int]:
    """Return every length of time that the rules name, as far as it is less than two days."""
    return sorted({s for rule in rules for s in (rule.lasts_us, rule.when.longest) if s <= 2 * DAY} | {1})


def edge(r: Random, p: Profile, spans: Sequence[int]) -> int:
    """Return a length of time at, just inside or just outside one of the spans, or a short one."""
    if r.random() < 0.5:
        return r.choice((0, r.choice(p.steps)))
    return max(0, r.choice((0, r.choice(p.steps), *(r.choice(spans) + d for d in (-1, 0, 1)), r.choice(p.spans))))


def stream(r: Random, rules: RuleSet, length: int, p: Profile = TINY) -> list[Step]:
    """Return steps in order: late signals, equal times, redeliveries, withdrawals, missing columns and keys."""
    spans = [s for s in spans_of(rules) if s <= 50 * max(p.spans)]
    mix = r.choice(MIXES)

    def edges(r: Random) -> int:
        return edge(r, p, spans)

    pace = r.choice((edges, hour_after_hour, hour_after_hour, weeks_apart)) if p.hourly else edges
    now = T0
    times = [T0]
    steps: list[Step] = []
    for number in range(length):
        if r.random() < 0.65:
            now += pace(r)
        if steps and r.random() < 0.13:
            one = r.choice(steps)
            first = one.signal.id if isinstance(one, Arrival) else one.signal_id
            if isinstance(one, Arrival) and r.random() < 0.7:
                again = redelivery(one.signal, now)
                now = max(now, to_microseconds(again.received_at))
                steps.append(Arrival(again, now))
            else:
                steps.append(Withdrawal(first, now))
            continue
        occurred = now
        if r.random() < 0.5:
            if r.random() < 0.7:
                near = r.choice((0, *(edge(r, p, spans) * s for s in (1, -1))))
                occurred = min(now, r.choice(times) + near)
            else:
                occurred = now - r.choice((edge(r, p, spans), r.choice(p.late)))
        times.append(occurred)
        steps.append(Arrival(signal(r, p, number, occurred, now, mix), now))
    return steps


def hour_after_hour(r: Random) -> int:
    """Return a length of time that lets no hour or few pass without a signal."""
    return r.choice((1, HOUR // 6, HOUR // 2, HOUR // 2, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR))


def weeks_apart(r: Random) -> int:
    """Return a length of time that leads to the same hour of another week, or near it."""
    return r.choice((0, 1, HOUR // 2, HOUR, 84 * HOUR, 167 * HOUR, 168 * HOUR - 1, 168 * HOUR, 168 * HOUR + 1))


def signal(r: Random, p: Profile, number: int, occurred: int, received: int, mix: str = "AAAAABBSSOK") -> Signal:
    # Ids are drawn so that their order is not the order of arrival: ties are by id.
    name = f"s{r.randrange(1000):03}-{number}"
    common: dict[str, Any] = {
        "id": name,
        "dedup_key": name,
        "occurred_at": from_microseconds(occurred),
        "received_at": from_microseconds(received),
        "merchant": r.choice(("m1",) * 9 + ("m2", "m2", None)),
    }
    cart: dict[str, Any] = {"cart": r.choice(("c1",) * 5 + ("c2", "c2", None))}
    code = r.choice((0, 1, 2, 2, None))
    word = r.choice(("x", "y", "z", None))

    def moment() -> datetime | None:
        off = r.choice((0, 1, *p.spans)) * r.choice((1, -1))
        return r.choice((None, *(from_microseconds(occurred + off),) * 3))

    match r.choice(mix):
        case "A":
            return A(
                **common,
                **cart,
                code=code,
                word=word,
                ok=r.random() < 0.5,
                amount=r.choice((Decimal("1.50"), Decimal(1), None)),
                tags=r.choice((frozenset({"x"}), frozenset({"x", "y"}), frozenset(), None)),
                more=r.choice((frozenset({"x"}), frozenset({"z", "y"}), frozenset(), None)),
                size=r.choice((1, 1, 2, 3, 0, None)),
                begin=moment(),
                end=moment(),
                status=r.choice((500, None)),
            )
        case "B":
            return B(**common, **cart, code=code, word=word, features=r.choice((frozenset(), frozenset({"x"}))))
        case "S":
            tags = r.choice((frozenset({"x"}), frozenset({"y"}), None))
            return Shop(**common, limit=r.choice((0, 1, 2, None)), host=r.choice(("x", "y", None)), tags=tags)
        case "O":
            return Owner(**common, org=r.choice(("o1", "o1", "o2", None)))
        case _:
            return Basket(**common, **cart, limit=r.choice((0, 1, 2, None)))


def redelivery(first: Signal, received: int) -> Signal:
    """Return the same event, arriving again; its effective time is the first one's."""
    occurred = from_microseconds(first.effective_at)
    latest = occurred + us(DAY)
    received_at = max(first.received_at, min(from_microseconds(received), latest))
    return first.model_copy(update={"occurred_at": occurred, "received_at": received_at})
