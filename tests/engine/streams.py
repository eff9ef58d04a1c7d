"""Random rule sets and random streams whose times sit on the edges of their windows, to the microsecond."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import attrs

from migro.engine import EngineState, NativeEngine
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, Pred, fact, percent
from migro.models import Signal, from_microseconds
from migro.rules import (
    Both,
    Conclusion,
    Effect,
    IssueKind,
    Known,
    Premise,
    Recent,
    Rule,
    RuleSet,
    Selection,
    Unless,
    known,
    on,
)
from tests.oracle import Firings, evaluate

T0 = 1_767_225_600_000_000
"""2026-01-01 in microseconds."""

DAY = 86_400_000_000
SPANS = (1, 2, 5, 1_000_000, 3_000_000)
"""Windows, in microseconds: tiny ones, so that a single microsecond is a large part of them."""


class A(Signal, kind="test.a"):
    cart: MaybeKey[str] = UNSET
    code: Maybe[int] = UNSET
    ok: Attr[bool]
    word: Maybe[str] = UNSET
    amount: Maybe[Decimal] = UNSET
    tags: Maybe[frozenset[str]] = UNSET


class B(Signal, kind="test.b"):
    cart: MaybeKey[str] = UNSET
    code: Maybe[int] = UNSET
    word: Maybe[str] = UNSET


class Shop(Signal, kind="test.shop"):
    """A fact about a merchant."""

    limit: Maybe[int] = UNSET
    host: Maybe[str] = UNSET


class Basket(Signal, kind="test.basket"):
    """A fact about a cart of a merchant."""

    cart: MaybeKey[str] = UNSET
    limit: Maybe[int] = UNSET


CLASSES: tuple[type[Signal], ...] = (A, B, Shop, Basket)
PER: dict[type[Signal], dict[tuple[str, ...], Any]] = {
    A: {("merchant",): A.merchant, ("merchant", "cart"): (A.merchant, A.cart), ("cart",): A.cart},
    B: {("merchant",): B.merchant, ("merchant", "cart"): (B.merchant, B.cart), ("cart",): B.cart},
    Basket: {
        ("merchant",): Basket.merchant,
        ("merchant", "cart"): (Basket.merchant, Basket.cart),
        ("cart",): Basket.cart,
    },
    Signal: {("merchant",): Signal.merchant},
}
LEVELS = 3
KINDS: dict[tuple[int, tuple[str, ...]], IssueKind[Any]] = {
    (level, per): IssueKind[Any](f"k{level}-{'-'.join(per)}", category="unknown", per=per)
    for level in range(LEVELS)
    for per in (("merchant",), ("merchant", "cart"), ("cart",))
}


def us(n: int) -> timedelta:
    return timedelta(microseconds=n)


# --- rule sets -------------------------------------------------------------------------------------------------------


def predicate(r: Random, cls: type[Signal], per: tuple[str, ...], depth: int = 2) -> Pred[Any]:
    if depth and r.random() < 0.25:
        left, right = predicate(r, cls, per, depth - 1), predicate(r, cls, per, depth - 1)
        joined: list[Pred[Any]] = [left & right, left | right, ~left]
        return r.choice(joined)
    if cls is Signal:
        on_any: list[Pred[Any]] = [
            Signal.kind == "test.a",
            Signal.kind.one_of("test.a", "test.shop"),
            Signal.status.missing(),
            Signal.status >= 500,
            Signal.features.has("x"),
            Signal.features == frozenset({"x"}),
        ]
        return r.choice(on_any)
    if cls is Basket:
        on_basket: list[Pred[Any]] = [Basket.limit.present(), Basket.limit >= 2]
        return r.choice(on_basket)
    column: Any = cls
    choices: list[Any] = [
        lambda: column.code == r.randrange(3),
        lambda: column.code != r.randrange(3),
        lambda: column.code >= 1,
        lambda: column.code < 2,
        lambda: column.code.between(1, 2),
        lambda: column.code.one_of(0, 2),
        lambda: column.code.present(),
        lambda: column.code.missing(),
        lambda: column.word == r.choice(("x", "y")),
        lambda: column.word.matches("^x|z$"),
        lambda: column.word.one_of("y", "z"),
    ]
    if "merchant" in per:
        choices += [
            lambda: column.code >= fact(Shop.limit),
            lambda: column.code == fact(Shop.limit, default=1),
            lambda: column.word != fact(Shop.host),
        ]
    choices += [lambda: column.code > fact(Basket.limit), lambda: column.code != fact(Basket.limit, default=2)]
    if cls is A:
        choices += [
            lambda: A.ok == (r.random() < 0.5),
            lambda: A.amount > Decimal(1),
            lambda: A.amount == Decimal("1.50"),
            lambda: A.tags.has("x"),
            lambda: A.tags == frozenset({"x", "y"}),
        ]
    return r.choice(choices)()  # type: ignore[no-any-return]  # every choice makes one


def selection(r: Random, per: tuple[str, ...]) -> Selection[Any, Any]:
    options: list[type[Signal]] = [A, A, A, B, B, Basket]
    if per == ("merchant",):
        options.append(Signal)
    cls = r.choice(options)
    predicates = [predicate(r, cls, per) for _ in range(r.choice((0, 0, 1, 1, 1, 2)))]
    return on(cls, *predicates, per=PER[cls][per])


def premise(r: Random, per: tuple[str, ...], level: int, depth: int = 2) -> Premise[Any]:
    if depth and r.random() < 0.4:
        a, b = premise(r, per, level, depth - 1), premise(r, per, level, depth - 1)
        match r.randrange(4):
            case 0:
                return a & b
            case 1 | 2:
                return a.unless(b)
            case _:
                return a.within(us(r.choice(SPANS)))
    if level and r.random() < 0.4:
        below = known(KINDS[r.randrange(level), per], at_least_points=r.choice((-30, 0, 1, 30, 60)))
        return ~below if r.random() < 0.3 else below
    chosen = selection(r, per)
    span = us(r.choice(SPANS))
    match r.randrange(4):
        case 0:
            return chosen
        case 1:
            return chosen.at_least(r.choice((1, 2, 2, 3)), within=span)
        case 2:
            columns: list[Any] = [chosen.signal.merchant, *chosen.per]
            if chosen.signal in (A, B):
                columns += [chosen.signal.c.code, chosen.signal.c.word]
            return chosen.distinct(r.choice(columns), at_least=r.choice((1, 2, 2, 3)), within=span)
        case _:
            return chosen.share(
                predicate(r, chosen.signal, per),
                at_least=r.choice((percent(5), percent(50), Fraction(1, 3), Fraction(1))),
                floor=r.choice((1, 2, 3)),
                within=span,
                bound=r.choice(("plain", "wilson")),
            )


def conclusion(r: Random, kind: IssueKind[Any]) -> Conclusion[Any]:
    effect: Effect = r.choice(("supports", "supports", "supports", "refutes", "vetoes"))
    points = {"supports": 1, "refutes": -1, "vetoes": 0}[effect] * r.choice((5, 30, 50))
    return Conclusion(effect, kind, points, r.choice(("f", "g")))


def ruleset(r: Random) -> RuleSet:
    """Return a random rule set of two to five rules in up to three strata."""
    rules: list[Rule[Any]] = []
    wanted = r.randint(2, 5)
    per = r.choice((("merchant",), ("merchant",), ("merchant", "cart"), ("cart",)))
    while len(rules) < wanted:
        own = per if r.random() < 0.8 else ("merchant",)
        level = min(len(rules), r.randrange(LEVELS))
        when = premise(r, own, level)
        if not _has_evidence(when):
            continue
        rules.append(
            Rule(
                f"r{len(rules)}",
                when=when,
                then=conclusion(r, KINDS[level, own]),
                lasts=us(r.choice(SPANS)) if r.random() < 0.8 else None,
                salience=r.randrange(3),
            )
        )
    return RuleSet("random", *rules, signals=CLASSES)


def _has_evidence(when: Premise[Any]) -> bool:
    """Whether the premise rests on something that happens; a rule set refuses those that do not."""
    match when:
        case Known(negated=negated):
            return not negated
        case Both(parts=parts):
            return any(_has_evidence(p) for p in parts)
        case Unless(of=of) | Recent(of=of):
            return _has_evidence(of)
        case _:
            return True


# --- streams ---------------------------------------------------------------------------------------------------------


def spans_of(rules: RuleSet) -> list[int]:
    """Return every length of time that the rules name."""
    return sorted({s for rule in rules for s in (rule.lasts_us, rule.when.longest)} | {1})


def edge(r: Random, spans: list[int]) -> int:
    """Return a length of time at, just inside or just outside one of the spans, or a short one."""
    return max(0, r.choice((0, r.choice((1, 2, 3)), *(r.choice(spans) + d for d in (-1, 0, 1)), r.choice(SPANS))))


def stream(r: Random, rules: RuleSet, length: int) -> list[Signal]:
    """Return signals in order of arrival: late ones, equal times, redeliveries, missing columns and keys."""
    spans = spans_of(rules)
    received = T0
    times = [T0]
    signals: list[Signal] = []
    for number in range(length):
        if signals and r.random() < 0.1:
            received += r.choice((0, 1))
            signals.append(redelivery(r.choice(signals), received))
            continue
        if r.random() < 0.6:
            received += edge(r, spans)
        if r.random() < 0.5:
            occurred = received
        elif r.random() < 0.6:
            occurred = min(received, r.choice(times) + r.choice((0, *(edge(r, spans) * s for s in (1, -1)))))
        elif r.random() < 0.9:
            occurred = received - edge(r, spans)
        else:
            occurred = received + r.choice((1, DAY, -DAY, -DAY - 1, -3_600_000_000))
        times.append(occurred)
        signals.append(signal(r, number, occurred, received))
    return signals


def signal(r: Random, number: int, occurred: int, received: int) -> Signal:
    # Ids are drawn so that their order is not the order of arrival: ties are by id.
    name = f"s{r.randrange(1000):03}-{number}"
    common: dict[str, Any] = {
        "id": name,
        "dedup_key": name,
        "occurred_at": from_microseconds(occurred),
        "received_at": from_microseconds(received),
        "merchant": r.choice(("m1",) * 6 + ("m2", None)),
    }
    cart: dict[str, Any] = {"cart": r.choice(("c1",) * 5 + ("c2", None))}
    code = r.choice((0, 1, 2, 2, None))
    word = r.choice(("x", "y", "z", None))
    match r.randrange(9):
        case 0 | 1 | 2 | 3:
            return A(
                **common,
                **cart,
                code=code,
                word=word,
                ok=r.random() < 0.5,
                amount=r.choice((Decimal("1.50"), Decimal(1), None)),
                tags=r.choice((frozenset({"x"}), frozenset({"x", "y"}), frozenset(), None)),
                status=r.choice((500, None)),
            )
        case 4 | 5:
            return B(**common, **cart, code=code, word=word, features=r.choice((frozenset(), frozenset({"x"}))))
        case 6 | 7:
            return Shop(**common, limit=r.choice((0, 1, 2, None)), host=r.choice(("x", "y", None)))
        case _:
            return Basket(**common, **cart, limit=r.choice((0, 1, 2, None)))


def redelivery(first: Signal, received: int) -> Signal:
    """Return the same event, arriving again; its effective time is the first one's."""
    occurred = from_microseconds(first.effective_at)
    return first.model_copy(
        update={
            "occurred_at": occurred,
            "received_at": max(first.received_at, min(from_microseconds(received), occurred + us(DAY))),
        }
    )


# --- the law ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class Moment:
    """What the engine says at one moment, and what it has been told by then."""

    as_of: int
    arrived: int
    found: Firings


def play(engine: NativeEngine, signals: list[Signal], state: EngineState, ticks: Random) -> Iterator[Moment]:
    """Feed signals as the fold does, timers before inputs, and yield after every step and at some times between."""

    def moment(arrived: int) -> Moment:
        return Moment(state.now, arrived, {k: f.at for k, f in state.firings.items()})

    def pass_until(now: int, arrived: int) -> Iterator[Moment]:
        while (due := engine.next_due(state)) is not None and due <= now:
            if ticks.random() < 0.2 and due - 1 > state.now:
                engine.pass_time(state, due - 1)
                engine.settle(state)
                yield moment(arrived)
            engine.pass_time(state, due)
            engine.settle(state)
            yield moment(arrived)
        engine.pass_time(state, now)
        engine.settle(state)

    now = 0
    for arrived, s in enumerate(signals):
        received = (s.received_at - from_microseconds(0)) // us(1)
        now = max(now, received)
        yield from pass_until(now, arrived)
        if ticks.random() < 0.2:
            engine.forget(state, state.now)
        engine.insert(state, s, now)
        engine.settle(state)
        yield moment(arrived + 1)
    yield from pass_until(now + ticks.choice((0, 1, 5, 60_000_000, 2 * DAY)), len(signals))
    yield moment(len(signals))


def difference(rules: RuleSet, signals: list[Signal], moment: Moment) -> str:
    """Return how the engine's firings differ from the oracle's, or an empty string."""
    expected = evaluate(rules, signals[: moment.arrived], moment.as_of)
    # The engine says since when a rule holds that only known issues hold up; the oracle gives it no anchor.
    found = {k: None if k in expected and expected[k] is None else at for k, at in moment.found.items()}
    if found == expected:
        return ""
    told = "\n".join(f"  at {s.effective_at - T0} {s.json_line()}" for s in signals[: moment.arrived])

    def shown(firings: Firings) -> dict[Any, Any]:
        return {k: None if at is None else at - T0 for k, at in sorted(firings.items())}

    return (
        f"at {moment.as_of - T0} after {moment.arrived} signals\n"
        f"engine: {shown(found)}\noracle: {shown(expected)}\n" + "\n".join(map(str, rules)) + "\n" + told
    )
