"""Random rule sets over every construct of the language, made from a seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import attrs

from migro.expressions import UNSET, Attr, Key, Maybe, MaybeKey, Pred, Term, fact, percent, permille
from migro.expressions.features import Feature, feature
from migro.models import MerchantId, Risk, Severity, Signal
from migro.rules import (
    Amounts,
    Baseline,
    Example,
    Exposure,
    ImpactModel,
    IssueKind,
    Measure,
    Method,
    Orders,
    People,
    PerDay,
    Premise,
    Response,
    Rule,
    RuleSet,
    Selection,
    Sessions,
    SeverityScale,
    Timed,
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
    refutes,
    silence,
    supports,
    together,
    trailing,
    vetoes,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Page(Signal, kind="docs.page"):
    cart: MaybeKey[str] = UNSET
    code: Maybe[int] = UNSET
    hits: Attr[int]
    ok: Attr[bool]
    word: Maybe[str] = UNSET
    price: Maybe[Decimal] = UNSET
    tags: Maybe[frozenset[str]] = UNSET
    due: Maybe[datetime] = UNSET


class Checkout(Page, kind="docs.checkout"):
    """A child of another class with columns; rules may read its parent's column through it."""

    step: Maybe[str] = UNSET


class Shop(Signal, kind="docs.shop"):
    """What the host knows about a merchant."""

    merchant: Key[MerchantId]
    cart: MaybeKey[str] = UNSET
    limit: Maybe[int] = UNSET
    host: Maybe[str] = UNSET
    group: MaybeKey[str] = UNSET
    opened: Maybe[datetime] = UNSET
    hosts: Maybe[frozenset[str]] = UNSET
    fee: Maybe[Decimal] = UNSET


class Sale(Signal, kind="docs.sale"):
    starts: Maybe[datetime] = UNSET
    ends: Maybe[datetime] = UNSET


@feature("docs.mentions", version=2)
def mentions(signal: Page) -> bool:
    return signal.word == "checkout"


@feature("docs.risk", version=1)
def risk(signal: Page) -> int | None:
    return signal.code


CLASSES: tuple[type[Signal], ...] = (Page, Checkout, Shop, Sale)
FEATURES: tuple[Feature[Any, Any], ...] = (mentions, risk)
PER: dict[tuple[str, ...], Callable[[Any], Any]] = {
    ("merchant",): lambda c: c.c.merchant,
    ("merchant", "cart"): lambda c: (c.c.merchant, c.c.cart),
    ("cart",): lambda c: c.c.cart,
}
WORDS = (
    "x",
    "500",
    "on",
    "No",
    "null",
    "a: b",
    "# no comment",
    "5 min",
    "5 %",
    "",
    " ",
    "é\n\t",
    "10:30",
    "\u2028",
    "🙂",
    "- x",
    "'",
    '"',
    "1.5",
    "2026-01-01",
    "*a",
    "{n}",
)


def spans(r: Random) -> timedelta:
    return timedelta(microseconds=r.choice((1, 250, 1_000_000, 90_000_000, 300_000_000, 3_600_000_000, 86_400_000_000)))


SHARES = (percent(5), percent("2.5"), Fraction(1, 3), Fraction(1), permille(1), Fraction(997, 1000))


def shares(r: Random) -> Fraction:
    return r.choice(SHARES)


def times(r: Random) -> datetime:
    zone = r.choice((UTC, timezone(timedelta(hours=5, minutes=30))))
    return (START + timedelta(microseconds=r.randrange(10**9))).astimezone(zone)


def literal(r: Random, wanted: type) -> Any:
    values: dict[type, Callable[[], Any]] = {
        int: lambda: r.choice((0, 1, -3, 500, 10**25)),
        str: lambda: r.choice(WORDS),
        bool: lambda: r.random() < 0.5,
        Decimal: lambda: r.choice((Decimal(1), Decimal("1.50"), Decimal("-0.001"), Decimal("1E+3"))),
        datetime: lambda: times(r),
        frozenset: lambda: frozenset(r.sample(WORDS, r.randrange(4))),
        timedelta: lambda: spans(r) * r.choice((1, 1, -1)),
    }
    return values[wanted]()


FACTS: dict[type, Any] = {
    int: Shop.limit,
    str: Shop.host,
    datetime: Shop.opened,
    frozenset: Shop.hosts,
    Decimal: Shop.fee,
}


def terms(r: Random, cls: type[Signal]) -> dict[type, list[Callable[[], Any]]]:
    """Return makers of terms of each type that signals of a class have; only a few of them will be needed."""
    c: Any = cls.c
    if not issubclass(cls, Page):
        return {int: [lambda: c.status], str: [lambda: c.topic, lambda: c.state], frozenset: [lambda: c.features]}
    owner: Any = r.choice((cls, Page))
    less, scale, more, later, earlier, since = (
        literal(r, int),
        shares(r),
        literal(r, Decimal),
        spans(r),
        spans(r),
        times(r),
    )
    return {
        int: [
            lambda: owner.code,
            lambda: owner.hits,
            lambda: owner.code + owner.hits,
            lambda: owner.code - less,
            lambda: abs(owner.hits - fact(Shop.limit, default=3)),
            lambda: owner.code.scaled(scale),
            lambda: risk,
        ],
        str: [lambda: owner.word, lambda: owner.cart, lambda: c.topic, lambda: Signal.state],
        bool: [lambda: owner.ok, lambda: mentions],
        Decimal: [lambda: owner.price, lambda: owner.price + more, lambda: abs(owner.price)],
        datetime: [lambda: owner.due, lambda: owner.due + later, lambda: owner.due - earlier],
        frozenset: [lambda: owner.tags, lambda: c.features],
        timedelta: [
            lambda: owner.due - since,
            lambda: abs(owner.due - fact(Shop.opened)),
            lambda: owner.due - owner.due,
        ],
    }


def operand(r: Random, cls: type[Signal], wanted: type, available: dict[type, list[Callable[[], Any]]]) -> Any:
    choice = r.randrange(4)
    if choice == 0 and wanted in FACTS:
        default = literal(r, wanted) if r.random() < 0.5 else None
        return fact(FACTS[wanted], default)
    if choice == 1:
        return r.choice(available[wanted])()
    return literal(r, wanted)


def predicate(r: Random, cls: type[Signal], depth: int = 1) -> Pred[Any]:
    if depth and r.random() < 0.3:
        a, b = predicate(r, cls, depth - 1), predicate(r, cls, depth - 1)
        joined: list[Pred[Any]] = [a & b, a | b, ~a]
        return r.choice(joined)
    available = terms(r, cls)
    wanted = r.choice(list(available))
    term: Term[Any, Any] = r.choice(available[wanted])()
    choices: list[Callable[[], Pred[Any]]] = [
        lambda: term == operand(r, cls, wanted, available),
        lambda: term != operand(r, cls, wanted, available),
        lambda: term.one_of(*(literal(r, wanted) for _ in range(r.randint(1, 3)))),
        lambda: term.present(),
        lambda: term.missing(),
    ]
    if wanted in (int, Decimal, datetime, timedelta):
        choices += [
            lambda: term < operand(r, cls, wanted, available),
            lambda: term <= operand(r, cls, wanted, available),
            lambda: term > operand(r, cls, wanted, available),
            lambda: term >= operand(r, cls, wanted, available),
            lambda: term.between(literal(r, wanted), literal(r, wanted)),
        ]
    if wanted is frozenset:
        choices += [
            lambda: term.has(r.choice(WORDS)),
            lambda: term.covers(operand(r, cls, frozenset, available)),
            lambda: term.lacks(operand(r, cls, frozenset, available)),
            lambda: term.overlaps(operand(r, cls, frozenset, available)),
        ]
    if wanted in (int, str):
        own = frozenset(literal(r, wanted) for _ in range(r.randrange(3)))
        choices.append(lambda: term.among(own))
    if wanted is str:
        sets: list[Any] = [fact(Shop.hosts), fact(Shop.hosts, default=frozenset({"x"})), cls.c.features]
        choices.append(lambda: term.among(r.choice(sets)))
        column: Any = cls.c.topic
        choices += [
            lambda: term.matches(r.choice(("^x|z$", "a+", r"\bcheck ?out\b"))),
            lambda: column.first_seen(horizon=spans(r)),
        ]
    return r.choice(choices)()


def selection(r: Random, per: tuple[str, ...], cls: type[Signal] | None = None) -> Selection[Any, Any]:
    if cls is None:
        cls = r.choice((Page, Page, Checkout, Signal) if per == ("merchant",) else (Page, Page, Checkout))
    predicates = [predicate(r, cls) for _ in range(r.choice((0, 1, 1, 2)))]
    weight = r.choice((None, None, cls.c.hits, cls.c.code + 1)) if issubclass(cls, Page) else None
    return on(cls, *predicates, per=PER[per](cls), weight=weight)


def timed(r: Random, per: tuple[str, ...], depth: int = 2) -> Timed[Any]:
    s = selection(r, per)
    simple: list[Callable[[], Timed[Any]]] = [
        lambda: s,
        lambda: s.at_least(r.randint(1, 5), within=spans(r)),
        lambda: s.distinct(r.choice((s.signal.c.topic, s.per[0])), at_least=2, within=spans(r)),
        lambda: s.share(
            predicate(r, s.signal),
            at_least=shares(r),
            floor=r.randint(1, 30),
            within=spans(r),
            bound=r.choice(("wilson", "plain")),
        ),
        lambda: s.fits(predicate(r, s.signal), predicate(r, s.signal)),
    ]
    if not depth:
        return r.choice(simple)()
    p, q = timed(r, per, depth - 1), timed(r, per, depth - 1)
    m = measure(r, per, depth - 1)
    nested: list[Callable[[], Timed[Any]]] = [
        lambda: p.after(q, within=spans(r)),
        lambda: p.without(q, within=spans(r)),
        lambda: p.without(q, within=spans(r), before=spans(r), lateness=spans(r)),
        lambda: together(p, q, within=spans(r)),
        lambda: p.held(spans(r)),
        lambda: p.holds(2, of=3, every=spans(r)),
        lambda: p.runs(2, of=4, within=spans(r)),
        lambda: r.choice((m.__ge__, m.__gt__, m.__le__, m.__lt__, m.__eq__, m.__ne__))(number(r, per, depth - 1)),
        lambda: m.rising(samples=r.randint(2, 5)),
        lambda: m.drop(number(r, per, depth - 1), p=permille(r.randint(1, 10)), every=spans(r), floor=r.randint(1, 9)),
        lambda: count(r, per).differs(count(r, per), z=r.randint(1, 4)),
        lambda: count(r, per).per(count(r, per)).differs(count(r, per).per(count(r, per), floor=3)),
        lambda: silence(p, expected=selection(r, per), longer_than=spans(r)),
        lambda: silence(
            p, expected=selection(r, per), ended=selection(r, per), longer_than=spans(r), lateness=spans(r)
        ),
    ]
    return r.choice([*simple, *nested, *nested])()


def count(r: Random, per: tuple[str, ...]) -> Measure[Any]:
    return selection(r, per).count(within=spans(r))


def number(r: Random, per: tuple[str, ...], depth: int) -> Any:
    """Return what a measure is compared with."""
    return r.choice(
        (
            measure(r, per, depth),
            fact(Shop.limit, default=r.choice((None, 5))),
            r.randrange(100),
            Decimal("1.5"),
            shares(r),
            spans(r),
        )
    )


def methods(r: Random, per: tuple[str, ...], m: Measure[Any]) -> list[Method]:
    usual: list[Method] = [previous(), before(timed(r, per, 0), within=spans(r))]
    if all(node.by_hours for node in everything(m) if isinstance(node, Measure)):
        usual += [hour_of_week(weeks=r.randint(1, 8)), trailing(timedelta(hours=r.randint(4, 168)))]
    return r.sample(usual, r.randint(1, len(usual)))


def measure(r: Random, per: tuple[str, ...], depth: int = 2) -> Measure[Any]:
    s = selection(r, per, r.choice((Page, Checkout)))
    c: Any = s.signal
    available = terms(r, c)
    simple: list[Callable[[], Measure[Any]]] = [
        lambda: s.count(within=spans(r)),
        lambda: s.total(r.choice(available[int] + available[Decimal])(), within=spans(r)),
        lambda: s.different(c.word, within=spans(r)),
        lambda: s.quantile(shares(r), r.choice(available[int] + available[timedelta])(), within=spans(r)),
        lambda: s.latest(r.choice(available[Decimal])(), max_age=spans(r)),
        lambda: s.top(c.topic, within=spans(r)),
        lambda: s.standout(c.word, against=selection(r, per, c), at_most=shares(r), within=spans(r)),
        lambda: s.age(horizon=spans(r)),
        lambda: s.smoothed(c.code, by=shares(r), samples=r.randint(1, 6), within=spans(r)),
    ]
    if per != ("merchant", "cart"):
        column = PER[per](Page)
        simple.append(lambda: holding(timed(r, ("merchant", "cart"), 0), per=column, within=spans(r)))
    if not depth:
        return r.choice(simple)()
    m = measure(r, per, depth - 1)
    other = number(r, per, depth - 1)
    nested: list[Callable[[], Measure[Any]]] = [
        lambda: m + other,
        lambda: m - other,
        lambda: 5 - m,
        lambda: shares(r) * m,
        lambda: m * 3,
        lambda: abs(m),
        lambda: greatest(m, other),
        lambda: least(other, m, 7),
        lambda: m.per(measure(r, per, depth - 1), floor=r.randint(1, 9), bound=r.choice(("wilson", "plain"))),
        lambda: m if any(isinstance(n, Baseline) for n in everything(m)) else m.baseline(*methods(r, per, m)),
    ]
    return r.choice([*simple, *nested, *nested])()


def premise(r: Random, per: tuple[str, ...], below: list[IssueKind[Any]], depth: int = 1) -> Premise[Any]:
    if per == ("merchant", "group"):
        return timed(r, ("merchant",), 1).via(Shop.group)
    if depth and r.random() < 0.5:
        a, b = premise(r, per, below, depth - 1), premise(r, per, below, depth - 1)
        joined: list[Callable[[], Premise[Any]]] = [
            lambda: timed(r, per, 0) & a,
            lambda: a.unless(b),
            lambda: a.within(spans(r)),
        ]
        return r.choice(joined)()
    if below and r.random() < 0.3:
        found = known(r.choice(below), at_least_points=r.choice((0, 30)))
        return ~found if r.random() < 0.5 else found
    if per == ("merchant",) and r.random() < 0.2:
        calendar = on(Sale, per=Sale.merchant)
        lead, slack = r.choice((timedelta(0), spans(r))), r.choice((timedelta(0), spans(r)))
        open_ = during(calendar, starts=Sale.starts, ends=Sale.ends, lead=lead, slack=slack)
        known_ = given(Shop, Shop.limit >= literal(r, int), Shop.host.one_of("x", "y"), per=Shop.merchant)
        return r.choice((open_, ~open_, known_, ~known_))
    return timed(r, per, r.choice((1, 1, 2)))


def kind(r: Random, name: str, per: tuple[str, ...]) -> IssueKind[Any]:
    words = prose(r)
    return IssueKind[Any](
        name,
        category=r.choice(("checkout", "auth", "unknown")),
        per=per,
        title=r.choice(words),
        what=r.choice(words),
        severity=SeverityScale(
            default=r.choice(list(Severity)),
            by_share=r.choice(((), ((Severity.SEV1, percent(50)), (Severity.SEV2, Fraction(1, 3))))),
            below=r.choice(list(Severity)),
        ),
        impact=r.choice(
            (
                None,
                ImpactModel(step="checkout", conversion=percent(3)),
                ImpactModel(
                    step="cart",
                    conversion=shares(r),
                    order_value=fact(Shop.limit, default=7000),
                    currency=fact(Shop.host, default="EUR"),
                ),
                impact(r, per),
            )
        ),
        responses=r.choice(
            (
                (),
                (
                    Response("notify", Risk.R0, "operators", args={"text": "{title} at {merchant}"}),
                    Response("draft_reply", Risk.R2, "merchant_contact", from_severity=Severity.SEV2),
                ),
            )
        ),
        human_only=tuple(r.sample(words, r.randrange(3))),
        false_positives=r.choice(words),
        related=tuple(r.sample(("a", "b"), r.randrange(3))),
        harm=r.choice(words),
        sources=tuple(r.sample(words, r.randrange(3))),
        prior=r.choice((-100, -30, 0)),
        systemic=r.random() < 0.2,
    )


def impact(r: Random, per: tuple[str, ...]) -> ImpactModel:
    """Return a model that says everything."""
    if per not in PER:
        return ImpactModel(step="checkout", conversion=shares(r), paid=True)
    pages = on(Page, Page.hits > r.randrange(9), per=PER[per](Page))
    amounts = Amounts(of=pages, amount=Page.code, currency=fact(Shop.host), within=spans(r))
    each = attrs.evolve(amounts, currency=Page.word, each=Page.ok, after=spans(r), pieces=Page.hits, pace=Page.code + 1)
    alike = attrs.evolve(each, after_first=True, alike=r.choice(((), (Page.word,), (Page.word, Page.code))))
    matched = attrs.evolve(alike, without=on(Checkout, per=PER[per](Checkout)), matching=Checkout.step)
    calendar = on(Sale, per=PER[per](Sale)) if per == ("merchant",) else None
    return ImpactModel(
        step="checkout",
        conversion=shares(r),
        told=fact(Shop.fee),
        order_value=fact(Shop.limit),
        currency=fact(Shop.host),
        usual=pages.count(within=spans(r)).per(on(Page, per=PER[per](Page)).count(within=spans(r)), floor=2),
        sessions=r.choice((None, Sessions(per_minute=fact(Shop.fee), conversion=percent(3), affected=percent(50)))),
        failed=r.choice((amounts, each, matched)),
        paid=r.random() < 0.5,
        orders=r.choice((None, Orders(of=pages, usual=(hour_of_week(weeks=4), trailing(timedelta(hours=24)))))),
        exposures=(
            Exposure("charged twice", amounts=matched),
            PerDay("ads", told=fact(Shop.limit), share=percent(20)),
            PerDay("addresses", sessions=pages.count(within=timedelta(hours=24))),
        ),
        people=(People("logged-in", of=pages.different(Page.word, within=spans(r))),),
        lasts=spans(r),
        floors=((Severity.SEV1, fact(Shop.limit)), (Severity.SEV3, fact(Shop.limit, default=7))),
        daily_revenue=fact(Shop.limit),
        peak=None if calendar is None else during(calendar, starts=Sale.starts, ends=Sale.ends, slack=spans(r)),
    )


def prose(r: Random) -> tuple[str, ...]:
    return (*WORDS, "One line of prose, with a comma; it's plain.", "A longer text. " * 12 + "Its end.", "Wait: what?")


def example(r: Random, name: str) -> Example:
    signals: list[Signal] = []
    start = START + timedelta(seconds=r.randrange(100))
    for i in range(r.randrange(5)):
        cls: Any = r.choice((Page, Checkout))
        given: dict[str, Any] = {"id": f"s#{i + 3}"} if r.random() < 0.5 else {}
        signals.append(
            cls(
                occurred_at=start + timedelta(seconds=10 * i),
                merchant=r.choice(("act_1", "on")),
                hits=r.choice((1, 2)),
                ok=True,
                price=r.choice((None, Decimal("1.50"))),
                tags=r.choice((None, frozenset({"b", "a"}))),
                due=r.choice((None, START)),
                word=r.choice((None, "{n}", "x")),
                **given,
            )
        )
    return Example(
        name, tuple(signals), r.choice(((), (("act_1",),), (("act_1", "c"),))), r.choice((timedelta(0), spans(r)))
    )


def ruleset(seed: int) -> RuleSet:
    """Return the random rule set of a seed: one or two rules, in up to two strata."""
    r = Random(seed)
    rules: list[Rule[Any]] = []
    below: list[IssueKind[Any]] = []
    for number in range(r.randint(1, 2)):
        per = r.choice((("merchant",), ("merchant",), ("merchant", "cart"), ("cart",), ("merchant", "group")))
        made = kind(r, f"kind_{number}", per)
        then = r.choice(
            (
                supports(made, r.randint(1, 150), family="f", severity=r.choice((None, Severity.SEV1))),
                refutes(made, r.randint(1, 150), family="g g"),
                vetoes(made, family="h"),
            )
        )
        same = [k for k in below if k.per == per]
        own = premise(r, per, same)
        rules.append(
            Rule(
                f"rule.{number}",
                when=own if "group" in per else timed(r, per, 0) & own,
                then=then,
                why=r.choice(prose(r)),
                lasts=r.choice((None, spans(r))),
                salience=r.choice((0, 0, -5, 7)),
                revision=r.choice((1, 1, 4)),
                examples=tuple(example(r, f"example {i}") for i in range(r.randrange(3))),
            )
        )
        below.append(made)
    return RuleSet("generated", *rules, signals=r.choice(((), CLASSES, (Sale,))))


KINDS = {per: IssueKind[Any](f"plain_{len(per)}_{per[-1]}", category="unknown", per=per) for per in PER}


def small(seed: int) -> RuleSet:
    """Return a rule set of one rule without prose and examples: all about the premise."""
    r = Random(seed)
    per = r.choice((*PER, ("merchant", "group")))
    below = [KINDS[per]] if per in KINDS and seed % 2 else []
    own = premise(r, per, below, r.choice((0, 0, 1)))
    when = own if "group" in per else timed(r, per, r.choice((0, 0, 1))) & own
    above = IssueKind[Any]("above", category="unknown", per=per)
    return RuleSet("small", Rule("rule.one", when=when, then=supports(above, 50, family="f")))
