"""The types of the language, as a rule's author meets them. Checked by mypy and pyright, never run."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NewType, assert_type

from migro.engine import EngineState, NativeEngine, restore, snapshot
from migro.expressions import (
    UNSET,
    Attr,
    Col,
    Fact,
    Key,
    KeyCol,
    Maybe,
    MaybeKey,
    Pred,
    Term,
    days,
    fact,
    hours,
    minutes,
    percent,
    permille,
)
from migro.expressions.features import Feature, FeatureSet, feature
from migro.models import MerchantId, Signal
from migro.rules import (
    Conclusion,
    During,
    Given,
    IssueKind,
    Known,
    Measure,
    Method,
    Premise,
    Ratio,
    Rule,
    RuleSet,
    Selection,
    Timed,
    before,
    during,
    given,
    greatest,
    holding,
    hour_of_week,
    known,
    least,
    on,
    previous,
    silence,
    supports,
    together,
    trailing,
    vetoes,
)

ReleaseId = NewType("ReleaseId", str)
CartId = NewType("CartId", str)
PlatformId = NewType("PlatformId", str)


class Checkout(Signal, kind="checkout.response"):
    release: Key[ReleaseId]
    cart: MaybeKey[CartId] = UNSET
    code: Attr[int]
    amount: Maybe[Decimal] = UNSET
    route: Attr[str]
    ok: Attr[bool]
    tags: Attr[frozenset[str]]
    started: Attr[datetime]
    finished: Maybe[datetime] = UNSET
    requests: Maybe[int] = UNSET


class Shop(Signal, kind="shop"):
    host: Maybe[str] = UNSET
    limit: Maybe[int] = UNSET
    cutoff: Maybe[datetime] = UNSET
    countries: Maybe[frozenset[str]] = UNSET
    platform: MaybeKey[PlatformId] = UNSET


class Sale(Signal, kind="sale"):
    begins: Maybe[datetime] = UNSET
    ends: Maybe[datetime] = UNSET


def signals_have_values(signal: Checkout, plain: Signal) -> None:
    assert_type(signal.code, int)
    assert_type(signal.amount, Decimal | None)
    assert_type(signal.release, ReleaseId)
    assert_type(signal.cart, CartId | None)
    assert_type(signal.merchant, MerchantId | None)
    assert_type(signal.occurred_at, datetime)
    assert_type(plain.status, int | None)
    assert_type(Checkout.from_json("{}"), Checkout)


def constructors_take_values(now: datetime) -> Checkout:
    return Checkout(
        merchant=MerchantId("m"),
        release=ReleaseId("r"),
        code=500,
        route="/checkout",
        ok=False,
        tags=frozenset(),
        started=now,
        occurred_at=now,
    )


def classes_have_columns() -> None:
    assert_type(Checkout.code, Col[Checkout, int])
    assert_type(Checkout.amount, Col[Checkout, Decimal])
    assert_type(Checkout.release, KeyCol[Checkout, ReleaseId])
    assert_type(Checkout.cart, KeyCol[Checkout, CartId])
    assert_type(Checkout.merchant, KeyCol[Checkout, MerchantId])
    assert_type(Checkout.tags, Col[Checkout, frozenset[str]])
    assert_type(Checkout.features, Col[Checkout, frozenset[str]])


def columns_make_predicates() -> None:
    assert_type(Checkout.code == 500, Pred[Checkout])
    assert_type(Checkout.code != 500, Pred[Checkout])
    assert_type(Checkout.code >= 500, Pred[Checkout])
    assert_type(Checkout.amount < Decimal(1), Pred[Checkout])
    assert_type(Checkout.code.between(500, 599), Pred[Checkout])
    assert_type(Checkout.route.matches("^/"), Pred[Checkout])
    assert_type(Checkout.tags.has("x"), Pred[Checkout])
    assert_type(Checkout.route.one_of("a", "b"), Pred[Checkout])
    assert_type(Checkout.amount.present(), Pred[Checkout])
    assert_type((Checkout.code >= 500) & ~(Checkout.route == "/") | Checkout.amount.missing(), Pred[Checkout])


def terms_keep_their_type() -> None:
    assert_type(Checkout.code + 1, Term[Checkout, int])
    assert_type(Checkout.code - Checkout.requests, Term[Checkout, int])
    assert_type(Checkout.amount - Decimal(1), Term[Checkout, Decimal])
    assert_type(Checkout.code + fact(Shop.limit), Term[Checkout, int])
    assert_type(Checkout.finished - Checkout.started, Term[Checkout, timedelta])
    assert_type(Checkout.started - fact(Shop.cutoff), Term[Checkout, timedelta])
    assert_type(Checkout.started + minutes(5), Term[Checkout, datetime])
    assert_type(Checkout.started - minutes(5), Term[Checkout, datetime])
    assert_type(abs(Checkout.code - 500), Term[Checkout, int])
    assert_type(abs(Checkout.finished - Checkout.started), Term[Checkout, timedelta])
    assert_type(Checkout.amount.scaled(percent(90)), Term[Checkout, Decimal])
    assert_type(Checkout.finished - Checkout.started > minutes(5), Pred[Checkout])
    assert_type(abs(Checkout.amount - Decimal(1)) <= Checkout.amount.scaled(permille(5)), Pred[Checkout])


def sets_are_compared_with_sets() -> None:
    assert_type(Checkout.tags.covers(frozenset({"a"})), Pred[Checkout])
    assert_type(Checkout.tags.lacks(Checkout.tags), Pred[Checkout])
    assert_type(Checkout.tags.overlaps(fact(Shop.countries)), Pred[Checkout])
    assert_type(Checkout.route.among(frozenset({"a"})), Pred[Checkout])
    assert_type(Checkout.route.among(Checkout.tags), Pred[Checkout])
    assert_type(Checkout.route.among(fact(Shop.countries)), Pred[Checkout])
    assert_type(Checkout.release.first_seen(horizon=days(28)), Pred[Checkout])


@feature("typing.is_cart", version=1)
def is_cart(signal: Checkout) -> bool:
    return signal.route == "/cart"


@feature("typing.visits", version=1)
def visits(signal: Checkout) -> int | None:
    return signal.requests


def features_are_terms() -> None:
    assert_type(is_cart, Feature[Checkout, bool])
    assert_type(visits, Feature[Checkout, int])
    assert_type(is_cart == True, Pred[Checkout])  # noqa: E712  # a feature, no boolean
    assert_type(visits >= 3, Pred[Checkout])
    assert_type(visits - Checkout.code, Term[Checkout, int])
    assert_type(FeatureSet([is_cart, visits]).get("typing.visits", 1), Feature[Any, Any])


def facts_are_operands() -> None:
    assert_type(fact(Shop.host), Fact[str])
    assert_type(fact(Shop.limit, default=3), Fact[int])
    assert_type(Checkout.code > fact(Shop.limit), Pred[Checkout])
    assert_type(Checkout.route != fact(Shop.host), Pred[Checkout])


errors = on(Checkout, Checkout.code.between(500, 599), per=Checkout.merchant)
DOWN = IssueKind[MerchantId]("down", category="checkout")
SYSTEMIC = IssueKind[ReleaseId]("systemic", category="checkout", per=("release",))
PER_CART = IssueKind[tuple[MerchantId, CartId]]("cart", category="checkout", per=("merchant", "cart"))


per_cart = on(Checkout, Checkout.code >= 500, per=(Checkout.merchant, Checkout.cart))


def selections_know_class_and_key() -> None:
    assert_type(errors, Selection[Checkout, MerchantId])
    assert_type(on(Checkout, per=Checkout.release), Selection[Checkout, ReleaseId])
    assert_type(per_cart, Selection[Checkout, tuple[MerchantId, CartId]])
    assert_type(
        on(Checkout, per=(Checkout.merchant, Checkout.release, Checkout.cart), weight=Checkout.requests),
        Selection[Checkout, tuple[MerchantId, ReleaseId, CartId]],
    )
    assert_type(on(Signal, per=Signal.merchant), Selection[Signal, MerchantId])
    assert_type(percent(5), Fraction)


def premises_are_typed_by_their_key() -> None:
    assert_type(errors.at_least(3, within=minutes(5)), Timed[MerchantId])
    assert_type(errors.distinct(Checkout.cart, at_least=3, within=minutes(5)), Timed[MerchantId])
    assert_type(errors.share(Checkout.code >= 500, at_least=percent(5), floor=20, within=minutes(5)), Timed[MerchantId])
    assert_type(errors.fits(Checkout.ok == False), Timed[MerchantId])  # noqa: E712  # a column, no boolean
    assert_type(errors.runs(2, of=3, within=minutes(5)), Timed[MerchantId])
    assert_type(errors.held(minutes(5)), Timed[MerchantId])
    assert_type(errors.holds(2, of=3, every=minutes(5)), Timed[MerchantId])
    assert_type(errors.after(errors, within=minutes(5)), Timed[MerchantId])
    assert_type(errors.without(errors, within=minutes(5), before=minutes(1)), Timed[MerchantId])
    assert_type(together(errors, errors.held(minutes(5)), within=minutes(5)), Timed[MerchantId])
    assert_type(silence(errors, expected=errors, ended=errors, longer_than=minutes(5)), Timed[MerchantId])
    assert_type(errors.within(minutes(5)), Premise[MerchantId])
    assert_type(errors.unless(errors), Premise[MerchantId])
    assert_type(errors & errors.at_least(3, within=minutes(5)), Premise[MerchantId])


def keys_are_carried_along() -> None:
    assert_type(per_cart.at_least(3, within=minutes(5)), Timed[tuple[MerchantId, CartId]])
    assert_type(errors.via(Shop.platform), Timed[tuple[MerchantId, PlatformId]])
    assert_type(holding(per_cart, per=Checkout.merchant, within=minutes(5)), Measure[MerchantId])
    assert_type(holding(errors.via(Shop.platform), per=Shop.platform, within=hours(1)), Measure[PlatformId])
    by_three = on(Checkout, per=(Checkout.merchant, Checkout.release, Checkout.cart))
    assert_type(
        holding(by_three, per=(Checkout.merchant, Checkout.release), within=minutes(5)),
        Measure[tuple[MerchantId, ReleaseId]],
    )


def states_are_typed_by_their_key() -> None:
    sales = on(Sale, per=Sale.merchant)
    assert_type(during(sales, starts=Sale.begins, ends=Sale.ends, lead=hours(1)), During[MerchantId])
    assert_type(~during(sales, starts=Sale.begins, ends=Sale.ends), During[MerchantId])
    assert_type(given(Shop, Shop.limit >= 3, per=Shop.merchant), Given[MerchantId])
    assert_type(~given(Shop, Shop.limit >= 3, per=(Shop.merchant, Shop.platform)), Given[tuple[MerchantId, PlatformId]])
    assert_type(errors & ~given(Shop, Shop.limit >= 3, per=Shop.merchant), Premise[MerchantId])


def measures_are_typed_by_their_key() -> None:
    count = errors.count(within=minutes(5))
    assert_type(count, Measure[MerchantId])
    assert_type(errors.total(Checkout.amount, within=minutes(5)), Measure[MerchantId])
    assert_type(errors.total(Checkout.code + 1, within=minutes(5)), Measure[MerchantId])
    assert_type(errors.different(Checkout.route, within=minutes(5)), Measure[MerchantId])
    assert_type(errors.quantile(percent(95), Checkout.code, within=minutes(5)), Measure[MerchantId])
    spans = errors.quantile(percent(95), Checkout.finished - Checkout.started, within=minutes(5))
    assert_type(spans, Measure[MerchantId])
    assert_type(errors.latest(Checkout.code, max_age=minutes(5)), Measure[MerchantId])
    assert_type(errors.top(Checkout.route, within=minutes(5)), Measure[MerchantId])
    others = on(Checkout, per=Checkout.merchant)
    outlier = errors.standout(Checkout.route, against=others, at_most=percent(40), within=minutes(5))
    assert_type(outlier, Measure[MerchantId])
    assert_type(errors.age(horizon=hours(1)), Measure[MerchantId])
    smooth = errors.smoothed(Checkout.code, by=permille(300), samples=5, within=hours(1))
    assert_type(smooth, Measure[MerchantId])
    assert_type(per_cart.count(within=minutes(5)), Measure[tuple[MerchantId, CartId]])


def measures_make_measures_and_premises() -> None:
    count, total = errors.count(within=minutes(5)), errors.total(Checkout.amount, within=minutes(5))
    assert_type(count + 1, Measure[MerchantId])
    assert_type(5 - count, Measure[MerchantId])
    assert_type(count - fact(Shop.limit), Measure[MerchantId])
    assert_type(percent(50) * count, Measure[MerchantId])
    assert_type(abs(count - total), Measure[MerchantId])
    assert_type(greatest(5, percent(5) * count), Measure[MerchantId])
    assert_type(least(count, total, fact(Shop.limit)), Measure[MerchantId])
    assert_type(count.per(count, floor=20, bound="wilson"), Ratio[MerchantId])
    assert_type(count >= 3, Timed[MerchantId])
    assert_type(count == fact(Shop.limit), Timed[MerchantId])
    assert_type(count < total, Timed[MerchantId])
    assert_type(count.per(count) > percent(5), Timed[MerchantId])
    assert_type(errors.age(horizon=hours(1)) > minutes(5), Timed[MerchantId])
    assert_type(count.rising(samples=3), Timed[MerchantId])
    assert_type(count.differs(total, z=2), Timed[MerchantId])
    assert_type(count.drop(total, p=permille(10), every=minutes(5)), Timed[MerchantId])
    assert_type(count.drop(fact(Shop.limit), p=permille(10), every=minutes(5)), Timed[MerchantId])


def baselines_are_measures() -> None:
    count = errors.count(within=minutes(5))
    assert_type(hour_of_week(weeks=4), Method)
    assert_type(trailing(hours(24)), Method)
    assert_type(previous(), Method)
    assert_type(before(errors, within=hours(2)), Method)
    assert_type(count.baseline(hour_of_week(weeks=4), trailing(hours(24))), Measure[MerchantId])
    assert_type(count >= 3 * count.baseline(previous()), Timed[MerchantId])


def issues_are_about_keys() -> None:
    assert_type(known(DOWN, at_least_points=60), Known[MerchantId])
    assert_type(~known(DOWN), Known[MerchantId])
    assert_type(errors & known(DOWN), Premise[MerchantId])
    assert_type(supports(DOWN, 50, family="http"), Conclusion[MerchantId])
    assert_type(vetoes(SYSTEMIC, family="calendar"), Conclusion[ReleaseId])
    rule = Rule("down", when=errors, then=supports(DOWN, 50, family="http"))
    assert_type(rule, Rule[MerchantId])
    for_cart = Rule("cart", when=per_cart, then=supports(PER_CART, 5, family="http"))
    assert_type(for_cart, Rule[tuple[MerchantId, CartId]])
    assert_type(RuleSet("r", rule, for_cart).rules, tuple[Rule[Any], ...])


def the_engine_hands_out_plain_values(engine: NativeEngine, state: EngineState) -> None:
    assert_type(snapshot(engine, state), bytes)
    assert_type(restore(engine, b""), EngineState)
    assert_type(engine.next_due(state), int | None)


def the_namespace_says_the_same() -> None:
    assert_type(Checkout.c.code, Col[Checkout, int])
    assert_type(Checkout.c.release, KeyCol[Checkout, ReleaseId])
