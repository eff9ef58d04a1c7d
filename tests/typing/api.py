"""The types of the language, as a rule's author meets them. Checked by mypy and pyright, never run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NewType, assert_type

from migro.expressions import UNSET, Attr, Col, Fact, Key, KeyCol, Maybe, MaybeKey, Pred, fact, minutes, percent
from migro.models import MerchantId, Signal
from migro.rules import Conclusion, IssueKind, Known, Premise, Rule, RuleSet, Selection, known, on, supports, vetoes

ReleaseId = NewType("ReleaseId", str)
CartId = NewType("CartId", str)


class Checkout(Signal, kind="checkout.response"):
    release: Key[ReleaseId]
    cart: MaybeKey[CartId] = UNSET
    code: Attr[int]
    amount: Maybe[Decimal] = UNSET
    route: Attr[str]
    ok: Attr[bool]
    tags: Attr[frozenset[str]]


class Shop(Signal, kind="shop"):
    host: Maybe[str] = UNSET
    limit: Maybe[int] = UNSET


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


def facts_are_operands() -> None:
    assert_type(fact(Shop.host), Fact[str])
    assert_type(fact(Shop.limit, default=3), Fact[int])
    assert_type(Checkout.code > fact(Shop.limit), Pred[Checkout])
    assert_type(Checkout.route != fact(Shop.host), Pred[Checkout])


errors = on(Checkout, Checkout.code.between(500, 599), per=Checkout.merchant)
DOWN = IssueKind[MerchantId]("down", category="checkout")
SYSTEMIC = IssueKind[ReleaseId]("systemic", category="checkout", per=("release",))
PER_CART = IssueKind[tuple[MerchantId, CartId]]("cart", category="checkout", per=("merchant", "cart"))


def premises_are_typed_by_their_key() -> None:
    assert_type(errors, Selection[Checkout, MerchantId])
    assert_type(errors.at_least(3, within=minutes(5)), Premise[MerchantId])
    assert_type(errors.distinct(Checkout.cart, at_least=3, within=minutes(5)), Premise[MerchantId])
    assert_type(
        errors.share(Checkout.code >= 500, at_least=percent(5), floor=20, within=minutes(5)), Premise[MerchantId]
    )
    assert_type(errors.within(minutes(5)), Premise[MerchantId])
    assert_type(errors.unless(errors), Premise[MerchantId])
    assert_type(errors & errors.at_least(3, within=minutes(5)), Premise[MerchantId])
    assert_type(on(Checkout, per=Checkout.release), Selection[Checkout, ReleaseId])
    assert_type(on(Checkout, per=(Checkout.merchant, Checkout.cart)), Selection[Checkout, tuple[MerchantId, CartId]])
    assert_type(percent(5), Fraction)


def issues_are_about_keys() -> None:
    assert_type(known(DOWN, at_least_points=60), Known[MerchantId])
    assert_type(~known(DOWN), Known[MerchantId])
    assert_type(errors & known(DOWN), Premise[MerchantId])
    assert_type(supports(DOWN, 50, family="http"), Conclusion[MerchantId])
    assert_type(vetoes(SYSTEMIC, family="calendar"), Conclusion[ReleaseId])
    rule = Rule("down", when=errors, then=supports(DOWN, 50, family="http"))
    assert_type(rule, Rule[MerchantId])
    per_cart = Rule(
        "cart",
        when=on(Checkout, per=(Checkout.merchant, Checkout.cart)),
        then=supports(PER_CART, 5, family="http"),
    )
    assert_type(per_cart, Rule[tuple[MerchantId, CartId]])
    assert_type(RuleSet("r", rule, per_cart).rules, tuple[Rule[Any], ...])


def the_namespace_says_the_same() -> None:
    assert_type(Checkout.c.code, Col[Checkout, int])
    assert_type(Checkout.c.release, KeyCol[Checkout, ReleaseId])
