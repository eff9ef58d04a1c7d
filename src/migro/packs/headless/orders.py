"""Orders: droughts, which a share of failures cannot show, and what the calls of cart and checkout say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ...expressions import Pred, fact, minutes, percent, permille
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, Premise, Rule, Timed, fires, on, refutes, silent, supports
from .check_signals import RedirectCheck
from .checkout import SERVER_ERRORS
from .handoff import HANDOFF_404
from .shop_witnesses import NEW_ORDERS, calls, mostly, opens, sessions, still, throttled_call
from .signals import HttpRequest, ShopProfile
from .specimens import SHOP, burst, order, profile, request
from .specimens_operations import NOW, said
from .specimens_operations import usual as per_hour
from .specimens_shop import OPENS, REDIRECTS, SESSIONS, STOREFRONT_CALLS
from .storefront_signals import CheckoutOpens, StorefrontCalls
from .witnesses import usual_of

__all__ = ["RULES"]


def _drought(within: timedelta, every: timedelta) -> Timed[MerchantId]:
    count = NEW_ORDERS.count(within=within)
    return count.drop(usual_of(count), p=permille(10), every=every)


# The shortest window in which five orders are expected says it first; smaller numbers prove nothing. With each how
# often it looks, in minutes, and its example: orders an hour in the six hours before, and the most orders that are
# improbable (p < 0.01) then.
_WINDOWS = ((15, 5, 60, 6), (30, 10, 30, 6), (60, 20, 15, 6), (120, 30, 15, 17), (240, 60, 15, 42))


def _visitors(within: timedelta) -> Premise[MerchantId]:
    visits = sessions().count(within=within)
    bound = percent(80) * usual_of(visits)
    return (visits >= bound).unless(visits < bound)


def _droughts() -> Iterator[Rule[Any]]:
    for n, every, hourly, most in _WINDOWS:
        drought = _drought(minutes(n), minutes(every))
        expected, wait = hourly * n // 60, minutes(n)
        before = per_hour(hourly, order(0))
        few, enough = burst(most, order(NOW + 1)), burst(most + 1, order(NOW + 1))
        visits = per_hour(20, said(SESSIONS, 0, sessions=5))
        many, single = (said(SESSIONS, NOW + n * 60 - 30, sessions=k) for k in (80, 1))
        yield Rule(
            f"checkout.order-drought-{n}min",
            when=drought,
            then=supports(SERVER_ERRORS, MEDIUM, family="orders"),
            why=f"Improbably few orders came within {n} minutes.",
            examples=(
                fires(f"{most} for {expected}", *before, *few, for_=SHOP, after=wait),
                silent(f"{most + 1} for {expected}", *before, *enough, after=wait),
            ),
        )
        yield Rule(
            f"handoff.order-drought-{n}min",
            when=drought & _visitors(minutes(60)),
            then=supports(HANDOFF_404, MEDIUM, family="orders"),
            why=f"Improbably few orders came within {n} minutes while as many visitors as usual are there.",
            examples=(
                fires(f"{most} for {expected}", *before, *visits, *few, many, for_=SHOP, after=minutes(1)),
                silent("fewer visitors", *before, *visits, *few, single, after=minutes(1)),
            ),
        )


_MUTATIONS: Pred[StorefrontCalls] = StorefrontCalls.operation.one_of(
    "cartCreate", "cartLinesAdd", "checkoutComplete", "checkoutCreate"
)
_STEPS: Pred[HttpRequest] = HttpRequest.route_class.one_of("cart", "checkout")
_FAILED = on(
    HttpRequest,
    _STEPS,
    HttpRequest.bot == False,  # noqa: E712
    HttpRequest.status.between(500, 599),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_TRIED = on(HttpRequest, _STEPS, HttpRequest.bot == False, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
# What the platform holds back is a mode of its own.
_BROKEN: Pred[StorefrontCalls] = (StorefrontCalls.failed == True) & ~throttled_call()  # noqa: E712
_DEAD_ENDS = on(
    HttpRequest,
    HttpRequest.handoff == True,  # noqa: E712
    HttpRequest.status == 404,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_WALKS = on(RedirectCheck, RedirectCheck.journey == "begin_checkout", per=RedirectCheck.merchant)
_LOOPS: Pred[RedirectCheck] = RedirectCheck.loop == True  # noqa: E712

_OUT: dict[str, Any] = {"method": "GET", "route_class": "checkout", "route": "/cart/c/:slug", "handoff": True}
_EXPECTED_HOST = profile(-60, checkout_host="checkout.shop.example")

RULES: tuple[Rule[Any], ...] = (
    *_droughts(),
    Rule(
        "checkout.graphql-errors",
        when=calls(_MUTATIONS).share(_BROKEN, at_least=percent(5), floor=20, within=minutes(5)),
        then=supports(SERVER_ERRORS, MEDIUM, family="graphql"),
        why="At least 5 % of the calls that make carts and checkouts failed within five minutes.",
        revision=2,
        examples=(
            fires(
                "5 of 100",
                said(STOREFRONT_CALLS, 0, calls=95),
                said(STOREFRONT_CALLS, 1, calls=5, failed=True, code="x"),
                for_=SHOP,
            ),
            silent("4 of 100", said(STOREFRONT_CALLS, 0, calls=96), said(STOREFRONT_CALLS, 1, calls=4, failed=True)),
            silent("another call", said(STOREFRONT_CALLS, 1, calls=100, failed=True, operation="products")),
        ),
    ),
    Rule(
        "checkout.one-agent",
        when=still(
            _FAILED.standout(HttpRequest.agent, against=_TRIED, at_most=percent(40), within=minutes(5)).per(
                _FAILED.count(within=minutes(5)), floor=5
            )
            >= percent(90)
        ),
        then=refutes(SERVER_ERRORS, 60, family="agents"),
        why="Nearly all failures meet one user agent, which makes at most 40 % of the requests.",
        examples=(
            fires(
                "9 of 10",
                *burst(40, request(0), agent="a"),
                request(50, 500, agent="b"),
                *burst(9, request(60, 500, agent="x")),
                for_=SHOP,
            ),
            silent(
                "8 of 10",
                *burst(40, request(0), agent="a"),
                *burst(2, request(50, 500), agent="b"),
                *burst(8, request(60, 500, agent="x")),
            ),
            silent("everybody uses it", *burst(10, request(0, agent="x")), *burst(9, request(60, 500, agent="x"))),
        ),
    ),
    Rule(
        "checkout.one-network",
        when=still(
            _FAILED.standout(HttpRequest.network, against=_TRIED, at_most=percent(40), within=minutes(5)).per(
                _FAILED.count(within=minutes(5)), floor=5
            )
            >= percent(90)
        ),
        then=refutes(SERVER_ERRORS, 60, family="agents"),
        why="Nearly all failures meet one network, which makes at most 40 % of the requests.",
        examples=(
            fires("all of 9", *burst(40, request(0), network="a"), *burst(9, request(60, 500, network="x")), for_=SHOP),
            silent(
                "8 of 10",
                *burst(40, request(0), network="a"),
                *burst(2, request(50, 500), network="b"),
                *burst(8, request(60, 500, network="x")),
            ),
        ),
    ),
    Rule(
        "handoff.redirect-chain",
        when=_WALKS.fits((RedirectCheck.status == 404) | _LOOPS).runs(2, of=2, within=minutes(60)),
        then=supports(HANDOFF_404, STRONG, family="probe"),
        why="The redirects to checkout ended in page not found or in a loop twice in a row.",
        examples=(
            fires("twice", *burst(2, said(REDIRECTS, 0, status=404)), for_=SHOP),
            fires("a loop", *burst(2, said(REDIRECTS, 0, status=302, loop=True)), for_=SHOP),
            silent("once", said(REDIRECTS, 0), said(REDIRECTS, 9, status=404)),
        ),
    ),
    Rule(
        "handoff.other-host",
        # With five hand-offs no bound of 80 % could be reached for chance alone, so the share itself counts.
        when=opens(CheckoutOpens.host.present()).share(
            CheckoutOpens.host != fact(ShopProfile.checkout_host),
            at_least=percent(80),
            floor=5,
            within=minutes(15),
            bound="plain",
        ),
        then=supports(HANDOFF_404, MEDIUM, family="hosts"),
        why="At least 80 % of checkouts open on another host than the configured one.",
        examples=(
            fires(
                "4 of 5",
                _EXPECTED_HOST,
                said(OPENS, 0, host="checkout.shop.example"),
                said(OPENS, 1, opens=4, host="shop.platform.example"),
                for_=SHOP,
            ),
            silent(
                "7 of 10",
                _EXPECTED_HOST,
                said(OPENS, 0, opens=3, host="checkout.shop.example"),
                said(OPENS, 1, opens=7, host="shop.platform.example"),
            ),
            silent("nothing is configured", said(OPENS, 1, opens=5, host="shop.platform.example")),
        ),
    ),
    Rule(
        "handoff.crawlers",
        when=mostly(_DEAD_ENDS, HttpRequest.bot == True, at_least=percent(80), floor=5, within=minutes(5)),  # noqa: E712
        then=refutes(HANDOFF_404, 60, family="crawlers"),
        why="Most of the hand-offs that were lost belong to crawlers.",
        examples=(
            fires("4 of 5", request(0, 404, **_OUT), *burst(4, request(9, 404, bot=True, **_OUT)), for_=SHOP),
            silent("7 of 10", *burst(3, request(0, 404, **_OUT)), *burst(7, request(9, 404, bot=True, **_OUT))),
        ),
    ),
    Rule(
        "handoff.chain-arrives",
        when=_WALKS.fits(RedirectCheck.status == 200, RedirectCheck.hops >= 1, RedirectCheck.loop == False)  # noqa: E712
        .runs(2, of=2, within=minutes(60))
        .unless(_DEAD_ENDS),
        then=refutes(HANDOFF_404, 150, family="probe-green"),
        why="The redirects to checkout arrived twice in a row, and no hand-off was lost since.",
        examples=(
            fires("twice", *burst(2, said(REDIRECTS, 0)), for_=SHOP),
            silent("once", said(REDIRECTS, 0, status=404), said(REDIRECTS, 9)),
            silent("one lost since", *burst(2, said(REDIRECTS, 0)), request(60, 404, **_OUT)),
        ),
    ),
)
