"""Random measures and premises, of every construct that the language has."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne
from random import Random
from typing import Any

from migro.expressions import Fact, fact, hours, percent, permille
from migro.rules import (
    Both,
    During,
    Given,
    Known,
    Measure,
    Method,
    Premise,
    Recent,
    Timed,
    Unless,
    before,
    during,
    everything,
    given,
    greatest,
    holding,
    hour_of_week,
    known,
    least,
    on,
    previous,
    silence,
    together,
    trailing,
)

from .conditions import numeric, predicate, selection, valued
from .profiles import Profile, us
from .vocabulary import KINDS, PER, A, Basket, Names, Owner, Shop

__all__ = ["has_evidence", "premise", "timed"]

SHARES = (percent(5), percent(50), Fraction(1, 3), Fraction(1))


def premise(r: Random, p: Profile, per: Names, level: int, depth: int = 2) -> Premise[Any]:
    if depth and r.random() < 0.3:
        a, b = premise(r, p, per, level, depth - 1), premise(r, p, per, level, depth - 1)
        match r.randrange(4):
            case 0:
                return a & b
            case 1 | 2:
                return a.unless(b)
            case _:
                return a.within(p.span(r))
    if level and r.random() < 0.35:
        below = known(KINDS[r.randrange(level), per], at_least_points=r.choice((-30, 0, 1, 30, 50, 60)))
        return ~below if r.random() < 0.3 else below
    if per in PER[A] and r.random() < 0.07:
        zero = us(0)
        lead, slack = r.choice((zero, p.span(r))), r.choice((zero, p.span(r)))
        if per == ("merchant",) and r.random() < 0.5:
            state = given(Shop, r.choice((Shop.limit >= 1, Shop.host == "x", ~(Shop.limit == 0))), per=Shop.merchant)
            return ~state if r.random() < 0.3 else state
        interval = during(on(A, per=PER[A][per]), starts=A.begin, ends=A.end, lead=lead, slack=slack)
        return ~interval if r.random() < 0.3 else interval
    return timed(r, p, per)


def timed(r: Random, p: Profile, per: Names, depth: int = 2) -> Timed[Any]:
    """Return a premise with times, made of others as deep as that."""
    if per == ("org",):
        return compared(r, p, per, 1)
    if per == ("merchant", "org") and (not depth or r.random() < 0.6):
        return timed(r, p, ("merchant",), min(depth, 1)).via(Owner.org)
    if not depth or r.random() < 0.55:
        return measuring(r, p, per, depth)
    inner = timed(r, p, per, depth - 1)
    ways = ["after", "after", "together", "without", "held", "held", "runs", "runs"]
    if p.grids:
        ways += ["holds", "holds"]
    if p.silences and per in PER[A]:
        ways += ["silence"]
    lateness = us(r.choice((0, 1, r.choice(p.spans))))
    match r.choice(ways):
        case "after":
            return inner.after(timed(r, p, per, depth - 1), within=p.span(r))
        case "together":
            return together(inner, timed(r, p, per, depth - 1), within=p.span(r))
        case "without":
            expected = timed(r, p, per, depth - 1)
            early = r.choice((us(0), us(0), p.span(r)))
            return inner.without(expected, within=p.span(r), before=early, lateness=lateness)
        case "held":
            return inner.held(p.span(r))
        case "runs":
            n = r.choice((1, 2, 2, 3))
            return inner.runs(r.randint(1, n), of=n, within=p.span(r))
        case "holds":
            n = r.choice((1, 1, 2, 3))
            return inner.holds(r.randint(1, n), of=n, every=grid(r, p, inner))
        case _:
            chosen = selection(r, p, per)
            ended = selection(r, p, per) if r.random() < 0.6 else None
            roster = on(Basket, per=PER[Basket][per]) if r.random() < 0.3 else chosen
            long = us(r.choice(p.silences))
            return silence(inner, expected=roster, longer_than=long, ended=ended, lateness=lateness)


def measuring(r: Random, p: Profile, per: Names, depth: int = 2) -> Timed[Any]:
    """Return a premise that looks at signals or measures."""
    if per not in PER[A] or r.random() < 0.4:
        return compared(r, p, per, depth)
    chosen, span = selection(r, p, per), p.span(r)
    match r.randrange(5):
        case 0:
            return chosen
        case 1:
            return chosen.at_least(r.choice((1, 2, 2, 3)), within=span)
        case 2:
            return chosen.distinct(valued(r, chosen), at_least=r.choice((1, 2, 2, 3)), within=span)
        case 3:
            return chosen.fits(predicate(r, p, chosen.signal, per))
        case _:
            return chosen.share(
                predicate(r, p, chosen.signal, per),
                at_least=r.choice(SHARES),
                floor=r.choice((1, 2, 3)),
                within=span,
                bound=r.choice(("plain", "wilson")),
            )


def compared(r: Random, p: Profile, per: Names, depth: int = 1) -> Timed[Any]:
    """Return a premise over measures."""
    if per == ("merchant", "org"):
        return timed(r, p, ("merchant",), 1).via(Owner.org)
    m = measure(r, p, per, depth)
    ways = ["level"] * 5 + ["two", "two", "two", "usual", "usual", "usual", "rising", "differs", "differs"]
    if p.grids:
        ways += ["grid", "grid", "drop"]
    if p.hourly:
        ways += ["usual"] * 12
    if per == ("org",):
        # The key is no column of any signal: all there is to measure is for how many finer keys something holds.
        ways = ["level", "level", "rising"]
    match r.choice(ways):
        case "level":
            return _against(r, m, _level(r, per))
        case "two":
            return _against(r, m, measure(r, p, per, depth))
        case "usual":
            return _against(r, *_unusual(r, p, per))
        case "rising":
            if r.random() < 0.5 and per in PER[A]:
                m = selection(r, p, per).count(within=us(p.spans[-1]))
            return m.rising(samples=r.choice((2, 2, 3)))
        case "differs":
            a, b = (selection(r, p, per).count(within=p.span(r)) for _ in range(2))
            if r.random() < 0.5:
                return a.differs(b, z=1)
            shares: Timed[Any] = _ratio(r, p, per).differs(_ratio(r, p, per), z=1)
            return shares
        case "grid":
            level: Any = r.choice((0, 1, 1, 2))
            if per == ("merchant",) and r.random() < 0.3:
                level = fact(Shop.limit, default=r.choice((None, 1)))
            checked, n = _against(r, m, level), r.choice((1, 2, 3))
            return checked.holds(r.randint(1, n), of=n, every=grid(r, p, checked))
        case _:
            count = selection(r, p, per).count(within=p.span(r))
            few = selection(r, p, per).count(within=p.span(r))
            expected: Any = count * r.choice((1, 2, Fraction(5, 2)))
            if per == ("merchant",) and r.random() < 0.2:
                expected = fact(Shop.limit)
            chance = r.choice((permille(10), percent(30), percent(60)))
            every = us(r.choice(p.fact_grids if isinstance(expected, Fact) else p.grids))
            return few.drop(expected, p=chance, every=every, floor=r.choice((1, 2)))


def grid(r: Random, p: Profile, node: Timed[Any]) -> timedelta:
    """Return a span at whose multiples to look: a coarse one where a fact keeps every key alive."""
    told = any(getattr(n, "facts", ()) for n in everything(node))
    return us(r.choice(p.fact_grids if told else p.grids))


def _against(r: Random, left: Measure[Any], right: Any) -> Timed[Any]:
    compare = r.choice((ge, ge, ge, gt, le, lt, eq, ne))
    made: Timed[Any] = compare(left, right)
    return made


def _level(r: Random, per: Names) -> Any:
    choices: list[Any] = [0, 1, 1, 2, 3, Fraction(1, 2), Fraction(1, 3), us(1), us(1_000_000)]
    if "merchant" in per:
        choices += [fact(Shop.limit), fact(Shop.limit, default=1)]
    if "merchant" in per or "cart" in per:
        choices.append(fact(Basket.limit, default=1))
    return r.choice(choices)


def measure(r: Random, p: Profile, per: Names, depth: int) -> Measure[Any]:
    if per == ("org",):
        counted: Measure[Any] = holding(timed(r, p, ("merchant", "org"), 1), per=Owner.org, within=p.span(r))
        return counted
    if depth and r.random() < 0.3:
        a, b = measure(r, p, per, depth - 1), measure(r, p, per, depth - 1)
        made: list[Any] = [
            lambda: a + b,
            lambda: a - b,
            lambda: abs(a - b),
            lambda: a * r.choice((2, percent(50))),
            lambda: greatest(a, b, 1),
            lambda: least(a, percent(50) * b),
            lambda: a.per(b, floor=r.choice((1, 2))),
        ]
        return r.choice(made)()  # type: ignore[no-any-return]  # every choice makes one
    if r.random() < 0.15:
        share: Measure[Any] = _ratio(r, p, per)
        return share
    if depth and per in (("merchant",), ("cart",)) and r.random() < 0.2:
        column: Any = A.merchant if per == ("merchant",) else A.cart
        return holding(timed(r, p, ("merchant", "cart"), 1), per=column, within=p.span(r))
    if depth and r.random() < 0.1:
        return _unusual(r, p, per)[1]
    return aggregate(r, p, per)


def aggregate(r: Random, p: Profile, per: Names, *, plain: bool = False) -> Measure[Any]:
    chosen, span = selection(r, p, per, numbers=True, plain=plain), p.span(r)
    number = numeric(r, chosen)
    made: list[Any] = [
        lambda: chosen.count(within=span),
        lambda: chosen.count(within=span),
        lambda: chosen.total(number, within=span),
        lambda: chosen.different(valued(r, chosen), within=span),
        lambda: chosen.latest(number, max_age=span),
        lambda: chosen.top(valued(r, chosen), within=span),
        lambda: chosen.age(horizon=span),
        lambda: chosen.quantile(r.choice((percent(50), percent(90), Fraction(1, 3))), number, within=span),
        lambda: chosen.smoothed(number, by=percent(50), samples=r.choice((1, 2, 2, 3)), within=span),
    ]
    if not plain and r.random() < 0.07:
        column: Any = chosen.signal.c.word
        whole = on(chosen.signal, per=PER[chosen.signal][per])
        return chosen.standout(column, against=whole, at_most=r.choice((percent(40), percent(50))), within=span)
    if chosen.signal is A and r.random() < 0.1:
        return chosen.quantile(percent(50), A.end - A.begin, within=span)
    return r.choice(made)()  # type: ignore[no-any-return]  # every choice makes one


def _ratio(r: Random, p: Profile, per: Names, *, plain: bool = False) -> Any:
    span = p.span(r)
    over, under = (selection(r, p, per, plain=plain).count(within=span) for _ in range(2))
    return over.per(under, floor=r.choice((1, 1, 2)), bound=r.choice(("plain", "wilson")))


def _unusual(r: Random, p: Profile, per: Names) -> tuple[Measure[Any], Measure[Any]]:
    """Return a measure and what it usually is, perhaps times something."""
    # What hours are made of reads its own signals only: what a session begins with is then no question of facts.
    plain = p.hourly
    if plain and r.random() < 0.5:
        m: Measure[Any] = on(A, per=PER[A][per]).count(within=p.span(r))
    else:
        m = _ratio(r, p, per, plain=plain) if r.random() < 0.3 else aggregate(r, p, per, plain=plain)
    methods: list[Method] = []
    for _ in range(r.choice((1, 2, 2))):
        if p.hourly and r.random() < 0.75:
            usual = r.choice((trailing(hours(4 + r.randrange(3))), hour_of_week(weeks=r.choice((1, 1, 2, 3)))))
            methods.append(usual)
        elif r.random() < 0.5:
            methods.append(previous())
        else:
            methods.append(before(timed(r, p, per, 1), within=p.span(r)))
    base = m.baseline(*methods)
    return m, base * r.choice((Fraction(1, 2), 2)) if r.random() < 0.5 else base


def has_evidence(when: Premise[Any]) -> bool:
    """Whether the premise rests on something that happens; a rule set refuses those that do not."""
    match when:
        case Known(negated=negated) | During(negated=negated) | Given(negated=negated):
            return not negated
        case Both(parts=parts):
            return any(has_evidence(p) for p in parts)
        case Unless(of=of) | Recent(of=of):
            return has_evidence(of)
        case _:
            return True
