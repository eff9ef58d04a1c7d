"""Tills: what payments show of faults that others witness as well, by how many come, which pass, and for how much."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models.signal import MerchantId, Signal
from ...rules import STRONG, Measure, Premise, Rule, Selection, fires, greatest, on, silent, supports, together
from .browser_signals import ResourceLoads
from .card_testing import CARD_TESTING
from .charges import TEST_MODE
from .expected import raised
from .payment_returns import WALLET_MISSING
from .payments import DECLINES, SAME_CURRENCY
from .shop_witnesses import risen
from .signals import HttpRequest, Payment, ShopProfile
from .specimens import SHOP, burst, payment, profile
from .specimens import page as view
from .specimens_operations import said
from .specimens_shop import ATTEMPT, RESOURCES, weekly
from .storefront_signals import PaymentAttempt
from .surges import SURGE
from .witnesses import REAL_MONEY, usual_of

__all__ = ["RULES"]

_W, _H = minutes(15), minutes(30)
_WENT: Pred[Payment] = Payment.topic == "order.paid"
_ENDED: Pred[Payment] = Payment.topic.one_of("order.paid", "payment.failed")


def _money(*where: Pred[Payment]) -> Selection[Payment, MerchantId]:
    return on(Payment, REAL_MONEY, *where, per=Payment.merchant)


# Renewals of subscriptions come in one go as well, and at night many of them fail; they have no cart.
_IN_CART: Pred[Payment] = Payment.cart_ref.present()
# One attempt may be told by several events, now as ever: events for how many more, payments for how many pass.
_EVENTS = _money(_ENDED, _IN_CART).count(within=_W)
_TRIED = _money(_ENDED, _IN_CART).different(Payment.payment_id, within=_W)
_PASSED = _money(_WENT, _IN_CART).different(Payment.payment_id, within=_W)
# Half of a shop's payments may well be far below the mean of its orders, so sums are compared with its own median.
_SUM = _money(_ENDED, _IN_CART, Payment.amount_minor.present(), SAME_CURRENCY).quantile(
    percent(50), Payment.amount_minor, within=_W
)

_ALL_TRIED = _money(_ENDED).different(Payment.payment_id, within=_W)
_ALL_PASSED = _money(_WENT).different(Payment.payment_id, within=_W)
_FAILED_SUM = _money(Payment.topic == "payment.failed", Payment.amount_minor.present(), SAME_CURRENCY).quantile(
    percent(50), Payment.amount_minor, within=_W
)

_ATTEMPTS = on(PaymentAttempt, per=PaymentAttempt.merchant)
_SESSIONS = _ATTEMPTS.different(PaymentAttempt.session, within=_H)
_OK: Pred[PaymentAttempt] = PaymentAttempt.ok == True  # noqa: E712
_PAYING = on(PaymentAttempt, _OK, per=PaymentAttempt.merchant)
_PAYING_SESSIONS = _PAYING.different(PaymentAttempt.session, within=_H).per(_SESSIONS, floor=30)
_PAYING_COUNT = _PAYING.count(within=_H)

_BY_WALLET: Pred[Payment] = Payment.method.one_of("apple_pay", "google_pay")


def _wallets(floor: int) -> Measure[MerchantId]:
    paid = _money(_WENT, _IN_CART, Payment.method.present()).count(within=hours(6))
    return _money(_WENT, _IN_CART, _BY_WALLET).count(within=hours(6)).per(paid, floor=floor)


_BUYERS = _money(_WENT, _IN_CART).count(within=_W)
_ANSWERS = on(HttpRequest, HttpRequest.bot == False, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
_FAILING = (
    on(
        HttpRequest,
        HttpRequest.bot == False,  # noqa: E712
        HttpRequest.status.between(500, 599),
        per=HttpRequest.merchant,
        weight=HttpRequest.requests,
    )
    .count(within=minutes(5))
    .per(_ANSWERS.count(within=minutes(5)), floor=20)
)

_SANDBOX: Pred[ResourceLoads] = ResourceLoads.party.matches(r"(?i)sandbox\.paypal|checkoutshopper-test")

_TESTED = said(RESOURCES, 0, party="checkoutshopper-test.example", payment=True, loads=25)
_LIVE = said(RESOURCES, 0, party="pay.example", payment=True, loads=25)


def _tries(times: int) -> Premise[MerchantId]:
    return (
        risen(_EVENTS, 5 * times)
        & (_PASSED.per(_TRIED, floor=50) <= percent(20))
        & (_SUM <= percent(30) * usual_of(_SUM))  # noqa: SIM300
    )


def _tried(n: int, amount_minor: int = 2_100, **columns: Any) -> tuple[Signal, ...]:
    # 40 an hour are ten in a quarter of one; half of them are for 70.00.
    cart: dict[str, Any] = {"cart_ref": "c1", **columns}
    before = weekly(*burst(40, payment(0, amount_minor=7_000, **cart), payment_id="w"))
    now = payment(0, "payment.failed", amount_minor=amount_minor, **cart)
    return (profile(-60), *before, *burst(n, now, every=0, payment_id="p"))


def _trifles(good: int, bad: int, amount_minor: int = 1_400, **columns: Any) -> tuple[Signal, ...]:
    refused = payment(1, "payment.failed", amount_minor=amount_minor, **columns)
    return (profile(-60), *burst(good, payment(0, **columns), payment_id="g"), *burst(bad, refused, payment_id="b"))


def _sessions(good: int, bad: int) -> tuple[Signal, ...]:
    first = (*burst(good, said(ATTEMPT, 0, ok=True), session="g"), *burst(bad, said(ATTEMPT, 200), session="b"))
    return (*first, said(ATTEMPT, 920, ok=True, session="late"))


# 200 in an hour are a hundred in half of one.
_USUAL_SESSIONS = weekly(*_sessions(200, 0))


def _paid(wallets: int, of: int = 100, cart_ref: str | None = "c1") -> tuple[Payment, ...]:
    return (
        *burst(wallets, payment(0, method="apple_pay", cart_ref="c1"), payment_id="w"),
        *burst(of - wallets, payment(200, method="card", cart_ref=cart_ref), payment_id="p"),
    )


_USUAL_WALLETS = weekly(*_paid(10))


def _bought(n: int, failing: int, **columns: Any) -> tuple[Signal, ...]:
    cart: dict[str, Any] = {"cart_ref": "c1", **columns}
    before = weekly(*burst(40, payment(0, **cart), payment_id="w"))
    now = burst(n, payment(0, **cart), payment_id="p")
    return (*before, *now, *burst(100 - failing, view(40)), *burst(failing, view(140, 503)))


RULES: tuple[Rule[Any], ...] = (
    *raised(
        Rule(
            "card-testing.provider",
            when=_tries(1),
            then=supports(CARD_TESTING, STRONG, family="payments"),
            why="The provider tells of five times the usual payments; few pass, half are for 30 % of the usual sum.",
            revision=2,
            examples=(
                fires("50 for 10", *_tried(50), for_=SHOP),
                silent("49 for 10", *_tried(49)),
                silent("usual sums, as when payments are down", *_tried(50, amount_minor=7_000)),
                silent("21.01 for 70.00", *_tried(50, amount_minor=2_101)),
                silent("other money", *_tried(50, currency="JPY")),
                silent("renewals of subscriptions", *_tried(50, cart_ref=None)),
                silent(
                    "eleven of 50 pass",
                    *_tried(39),
                    *burst(11, payment(1, amount_minor=2_100, cart_ref="c1"), payment_id="g"),
                ),
            ),
        ),
        _tries,
        _tried,
        edge=50,
    ),
    Rule(
        "card-testing.trifles",
        # What is usual is not known of a shop that is a day old; that hardly one sum of an order passes is told by
        # the sums themselves. Half of a shop's own payments are never for so little.
        when=(_ALL_PASSED.per(_ALL_TRIED, floor=50) <= percent(20))
        & (_FAILED_SUM.per(fact(ShopProfile.aov_minor)) <= percent(20)),
        then=supports(CARD_TESTING, STRONG, family="payments"),
        why="Fifty payments in a quarter of an hour, few pass, and half are for a fifth of what an order is worth.",
        examples=(
            # An order is usually worth 70.00.
            fires("10 of 50", *_trifles(10, 40), for_=SHOP),
            silent("11 of 50", *_trifles(11, 39)),
            silent("49", *_trifles(0, 49)),
            silent("14.01 for 70.00", *_trifles(10, 40, amount_minor=1_401)),
            silent("nobody says what an order is worth", *_trifles(10, 40)[1:]),
            silent("other money", *_trifles(10, 40, currency="JPY")),
        ),
    ),
    Rule(
        "payment.sessions-fail",
        # As many shoppers as ever: where many more come, it may be somebody with stolen cards, who has to begin, too.
        when=(_PAYING_SESSIONS < percent(60) * usual_of(_PAYING_SESSIONS))  # noqa: SIM300
        .held(minutes(10))
        .unless(risen(_ATTEMPTS.count(within=_H), 3))
        # While as many pay as ever, those who cannot are somebody else, who comes on top.
        .unless(_PAYING_COUNT + 0 * _ATTEMPTS.count(within=_H) > percent(80) * usual_of(_PAYING_COUNT)),
        then=supports(DECLINES, STRONG, family="attempts"),
        why="For ten minutes fewer than 60 % of the usual share of sessions could pay, and fewer than usual do.",
        revision=2,
        examples=(
            fires("59 for 100 of 100", *_USUAL_SESSIONS, *_sessions(59, 41), for_=SHOP),
            silent("60 for 100 of 100", *_USUAL_SESSIONS, *_sessions(60, 40)),
            silent("29 sessions", *_USUAL_SESSIONS, *_sessions(0, 29)),
            silent("as many pay as ever", *_USUAL_SESSIONS, *_sessions(81, 60)),
            fires("nobody pays", *_USUAL_SESSIONS, *_sessions(0, 60), said(ATTEMPT, 930), for_=SHOP),
            silent("three times as many", *_USUAL_SESSIONS, *_sessions(59, 243)),
            silent("not for long", *_USUAL_SESSIONS, *_sessions(59, 41)[:-1]),
        ),
    ),
    Rule(
        "wallet.none",
        when=(_wallets(100) <= percent(1)) & (usual_of(_wallets(20)) - _wallets(100) >= percent(9)),
        then=supports(WALLET_MISSING, STRONG, family="payments"),
        why="One payment of a cart in a hundred at most came by a wallet in six hours, where one in ten is usual.",
        revision=2,
        examples=(
            fires("1 for 10 of 100", *_USUAL_WALLETS, *_paid(1), for_=SHOP),
            silent("2 for 10 of 100", *_USUAL_WALLETS, *_paid(2)),
            silent("99 payments", *_USUAL_WALLETS, *_paid(0, 99)),
            silent("subscriptions are renewed", *_USUAL_WALLETS, *_paid(1, cart_ref=None)),
            silent("never were many", *weekly(*_paid(9)), *_paid(1)),
        ),
    ),
    Rule(
        "surge.buyers",
        when=together(_BUYERS >= greatest(30, 3 * usual_of(_BUYERS)), _FAILING >= percent(2), within=_W),  # noqa: SIM300
        then=supports(SURGE, STRONG, family="buyers"),
        why="Three times as many shoppers as usual pay, so it is people who come, and at least 2 % of requests fail.",
        examples=(
            fires("30 for 10", *_bought(30, 2), for_=SHOP),
            silent("29 for 10", *_bought(29, 2)),
            silent("1 of 100 fails", *_bought(30, 1)),
            silent("subscriptions are renewed", *_bought(30, 2, cart_ref=None)),
        ),
    ),
    Rule(
        "test-mode.sandbox-scripts",
        when=on(
            ResourceLoads,
            ResourceLoads.payment == True,  # noqa: E712
            ResourceLoads.env == "production",
            per=ResourceLoads.merchant,
            weight=ResourceLoads.loads,
        ).share(_SANDBOX, at_least=percent(50), floor=50, within=_H, bound="plain"),
        then=supports(TEST_MODE, STRONG, family="browser"),
        why="Half of what shoppers' browsers load for payment in half an hour comes from a provider's sandbox.",
        examples=(
            fires("25 of 50", _LIVE, said(_TESTED, 1), for_=SHOP),
            silent("24 of 50", said(_LIVE, 0, loads=26), said(_TESTED, 1, loads=24)),
            silent("somebody tries it out", said(_TESTED, 1)),
            silent("staging", said(_LIVE, 0, env="staging"), said(_TESTED, 1, env="staging")),
        ),
    ),
)
