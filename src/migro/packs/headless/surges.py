"""Surges: peaks that are more than the shop can bear."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    known,
    on,
    refutes,
    silent,
    supports,
    together,
)
from .browser_signals import PageTimings, Sessions
from .cart import THROTTLED
from .references import cited
from .responses import dashboard, draft_reply, notify, refresh_cache, report
from .shop_witnesses import calls, campaign, risen, sessions, short_of, still, third_quartile, throttled_call, timings
from .signals import HttpRequest, ShopProfile
from .specimens import SHOP, burst, profile
from .specimens import page as view
from .specimens_operations import said
from .specimens_shop import CAMPAIGN, SESSIONS, STOREFRONT_CALLS, TIMINGS, weekly
from .stakes import at_launch, impact_on
from .storefront_signals import StorefrontCalls

__all__ = ["RULES", "SURGE"]


SURGE = IssueKind[MerchantId](
    "traffic_surge_capacity",
    category="performance",
    title="More visitors than the shop can bear",
    what="A campaign or sale fills pages, API or checkout beyond what they can answer.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("session", percent(2), peak=at_launch()),
    responses=(
        notify("operators"),
        report("visitors against the usual number, share of failures by layer"),
        dashboard(),
        refresh_cache("landing"),
        draft_reply(
            "Far more visitors than usual are in your shop and a part of their requests fails. The report says at which"
            " layer; scaling, a queue or a pause of the campaign are your decision."
        ),
    ),
    human_only=("scale", "put up a queue", "pause the campaign"),
    false_positives="A sale raises every count; only shares and times tell whether the shop bears it.",
    related=("checkout_throttled", "api_throttling", "bot_scraping_load", "oversell_race"),
    harm="Part of the visitors of a campaign is turned away; grave when a tenth of the requests fails.",
    sources=cited("VC-431", "BC-CACHE", "J"),
    causes=(
        "checkout_throttled",
        "oversell_race",
        "web_performance_regression",
    ),
    lag=hours(1),
)

_SHORT = minutes(5)

_TTFB = PageTimings.ttfb_ms
_VISITS = sessions().count(within=_SHORT)


_REQUESTS = on(HttpRequest, HttpRequest.bot == False, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
_FAILURES = on(
    HttpRequest,
    HttpRequest.bot == False,  # noqa: E712
    HttpRequest.status.between(500, 599),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
).count(within=_SHORT)
# Of every thousand requests of any shop a few fail, so that a crowd has several in five minutes without a fault.
_SOME = 10
_ERRORS = _FAILURES.per(_REQUESTS.count(within=_SHORT), floor=20)
# Of fifty visits one that fails is 2 %, and chance.
_SURE_ERRORS = _FAILURES.per(_REQUESTS.count(within=_SHORT), floor=20, bound="wilson")
_THROTTLED = calls(throttled_call()).count(within=_SHORT).per(calls().count(within=_SHORT), floor=20)
_CART: Pred[StorefrontCalls] = StorefrontCalls.operation.matches("(?i)cart|checkout")
# A page is many calls and a cart is one: of all calls together, carts that are held back are next to none.
_CARTS_HELD = (
    calls(_CART, throttled_call()).count(within=_SHORT).per(calls(_CART).count(within=_SHORT), floor=20, bound="wilson")
)
_TTFB_NOW = third_quartile(_TTFB, _SHORT)

# 1200 an hour are 100 in five minutes; 300 are three times as many.
_CROWD = (*weekly(said(SESSIONS, 0, sessions=1_200)), said(SESSIONS, 0, sessions=300))
_NO_CROWD = (*weekly(said(SESSIONS, 0, sessions=1_200)), said(SESSIONS, 0, sessions=299))
# What the host says of a minute; three times as many over five of them.
_THRICE_TOLD = _VISITS * Fraction(1, 15) >= fact(ShopProfile.sessions_per_min)
_TOLD = profile(-60, sessions_per_min=Decimal(20))
_MANY = said(SESSIONS, 0, sessions=300)
_CARTS = said(STOREFRONT_CALLS, 1, calls=98)
_TWO_HELD = said(STOREFRONT_CALLS, 2, calls=2, code="throttle", failed=True)
_ONE_HELD = said(STOREFRONT_CALLS, 2, calls=1, code="throttle", failed=True)
_PAGES_TOO = said(STOREFRONT_CALLS, 0, calls=900, operation="product")
_USUALLY_500 = weekly(said(TIMINGS, 0, views=200, ttfb_ms=500))


def _views(well: int, failing: int) -> tuple[HttpRequest, ...]:
    return (*burst(well, view(1), every=0), *burst(failing, view(100, 503), every=0))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "surge.errors",
        when=together(risen(_VISITS, 3), _SURE_ERRORS >= percent(2), within=_SHORT),  # noqa: SIM300
        then=supports(SURGE, STRONG, family="traffic"),
        why="Three times as many visitors as usual are there, and at least 2 % of requests fail.",
        revision=3,
        examples=(
            fires("2 of 100", *_CROWD, *_views(98, 2), for_=SHOP),
            silent("1 of 100", *_CROWD, *_views(99, 1)),
            fires("3 of 50", *_CROWD, *_views(47, 3), for_=SHOP),
            silent("2 of 50 can be everyday's", *_CROWD, *_views(48, 2)),
            silent("fewer visitors", *_NO_CROWD, *_views(98, 2)),
        ),
    ),
    Rule(
        "surge.grave",
        when=together(risen(_VISITS, 3), _SURE_ERRORS >= percent(10), within=_SHORT),  # noqa: SIM300
        then=supports(SURGE, STRONG, family="traffic", severity=Severity.SEV2),
        why="Three times as many visitors as usual are there, and at least 10 % of requests fail.",
        revision=3,
        examples=(
            fires("5 of 20", *_CROWD, *_views(15, 5), for_=SHOP),
            silent("4 of 20 can be chance", *_CROWD, *_views(16, 4)),
            fires("10 of 100", *_CROWD, *burst(90, view(1)), *burst(10, view(100, 503)), for_=SHOP),
            silent("9 of 100", *_CROWD, *burst(91, view(1)), *burst(9, view(100, 503))),
        ),
    ),
    Rule(
        "surge.slow",
        when=together(risen(_VISITS, 3), risen(_TTFB_NOW, 2), within=_SHORT),
        then=supports(SURGE, STRONG, family="traffic"),
        why="Three times as many visitors as usual are there, and pages take twice as long as usual.",
        examples=(
            fires("1000 ms for 500", *_USUALLY_500, *_CROWD, said(TIMINGS, 1, views=200, ttfb_ms=1_000), for_=SHOP),
            silent("999 ms for 500", *_USUALLY_500, *_CROWD, said(TIMINGS, 1, views=200, ttfb_ms=999)),
        ),
    ),
    Rule(
        "surge.throttled",
        when=together(risen(_VISITS, 3), _THROTTLED >= percent(2), within=_SHORT),  # noqa: SIM300
        then=supports(SURGE, STRONG, family="traffic"),
        why="Three times as many visitors as usual are there, and at least 2 % of calls are throttled.",
        revision=2,
        examples=(
            fires(
                "2 of 100",
                *_CROWD,
                said(STOREFRONT_CALLS, 1, calls=98),
                said(STOREFRONT_CALLS, 2, calls=2, code="throttle", failed=True),
                for_=SHOP,
            ),
            silent(
                "1 of 100",
                *_CROWD,
                said(STOREFRONT_CALLS, 1, calls=99),
                said(STOREFRONT_CALLS, 2, calls=1, code="throttle", failed=True),
            ),
        ),
    ),
    Rule(
        "surge.carts-held-back",
        when=together(risen(_VISITS, 3), _CARTS_HELD >= percent(2), within=_SHORT),  # noqa: SIM300
        then=supports(SURGE, STRONG, family="traffic"),
        why="Three times as many visitors as usual are there, and at least 2 % of the calls for carts are throttled.",
        revision=3,
        examples=(
            fires("2 of 100", *_CROWD, _PAGES_TOO, _CARTS, _TWO_HELD, for_=SHOP),
            silent("1 of 99", *_CROWD, _PAGES_TOO, _CARTS, _ONE_HELD),
            silent("fewer visitors", *_NO_CROWD, _PAGES_TOO, _CARTS, _TWO_HELD),
        ),
    ),
    Rule(
        "surge.above-profile",
        when=together(_THRICE_TOLD, _CARTS_HELD >= percent(2), within=_SHORT),  # noqa: SIM300
        then=supports(SURGE, MEDIUM, family="traffic"),
        why="Three times the visitors that the host tells of are there, and 2 % of the calls for carts are throttled.",
        revision=3,
        examples=(
            fires("300 for 100", _TOLD, said(SESSIONS, 0, sessions=300), _CARTS, _TWO_HELD, for_=SHOP),
            silent("299 for 100", _TOLD, said(SESSIONS, 0, sessions=299), _CARTS, _TWO_HELD),
            silent("nobody tells", said(SESSIONS, 0, sessions=300), _CARTS, _TWO_HELD),
            silent("1 of 99", _TOLD, said(SESSIONS, 0, sessions=300), _CARTS, _ONE_HELD),
        ),
    ),
    Rule(
        "surge.above-profile-errors",
        # Where nothing is known of what is usual, the share has to be one that no shop has every day.
        when=together(_THRICE_TOLD, _ERRORS >= percent(5), _FAILURES >= _SOME, within=_SHORT),  # noqa: SIM300
        then=supports(SURGE, MEDIUM, family="traffic"),
        why="Three times the visitors that the host tells of are there, and 5 % of requests fail.",
        revision=2,
        examples=(
            fires("10 of 200", _TOLD, _MANY, *_views(190, 10), for_=SHOP),
            silent("10 of 201", _TOLD, _MANY, *_views(191, 10)),
            silent("9 of 100 can be everyday's", _TOLD, _MANY, *_views(91, 9)),
            silent("fewer visitors", _TOLD, said(_MANY, 0, sessions=299), *_views(190, 10)),
            silent("nobody tells", _MANY, *_views(190, 10)),
        ),
    ),
    Rule(
        "surge.above-profile-slow",
        when=together(
            _THRICE_TOLD, _TTFB_NOW > 1_800, timings(_TTFB.present()).count(within=_SHORT) >= 50, within=_SHORT
        ),
        then=supports(SURGE, MEDIUM, family="traffic"),
        why="Three times the visitors that the host tells of are there, and a quarter of the pages takes over 1800 ms.",
        examples=(
            fires("1801 ms", _TOLD, _MANY, said(TIMINGS, 1, views=50, ttfb_ms=1_801), for_=SHOP),
            silent("1800 ms", _TOLD, _MANY, said(TIMINGS, 1, views=50, ttfb_ms=1_800)),
            silent("49 views", _TOLD, _MANY, said(TIMINGS, 1, views=49, ttfb_ms=1_801)),
            silent("fewer", _TOLD, said(_MANY, 0, sessions=299), said(TIMINGS, 1, views=50, ttfb_ms=1_801)),
        ),
    ),
    Rule(
        "surge.campaign",
        when=campaign(),
        then=supports(SURGE, MEDIUM, family="calendar"),
        why="A campaign is planned for now.",
        examples=(
            fires("now", said(CAMPAIGN, 0), for_=SHOP),
            silent("over", said(CAMPAIGN, 0), said(SESSIONS, 3_601)),
        ),
    ),
    Rule(
        "surge.one-referrer",
        when=sessions().top(Sessions.campaign, within=_SHORT).per(_VISITS, floor=50) >= percent(50),
        # That a campaign runs is one thing, whoever says it.
        then=supports(SURGE, MEDIUM, family="calendar"),
        why="At least half of the visitors come by one campaign or referrer.",
        examples=(
            fires("50 of 100", said(SESSIONS, 0, sessions=50), said(SESSIONS, 1, sessions=50, campaign="c"), for_=SHOP),
            silent("49 of 100", said(SESSIONS, 0, sessions=51), said(SESSIONS, 1, sessions=49, campaign="c")),
        ),
    ),
    Rule(
        "surge.well",
        when=risen(_VISITS, 3)
        & still(_ERRORS < percent(1))  # noqa: SIM300
        & still(short_of(_TTFB_NOW, percent(150)))
        & ~known(THROTTLED, at_least_points=STRONG),
        then=refutes(SURGE, 150, family="well"),
        why="Three times as many visitors as usual are there, and failures and times are as usual.",
        examples=(
            fires(
                "as usual",
                *_USUALLY_500,
                *_CROWD,
                *burst(100, view(1)),
                said(TIMINGS, 120, views=200, ttfb_ms=749),
                for_=SHOP,
            ),
            silent(
                "slower",
                *_USUALLY_500,
                *_CROWD,
                *burst(100, view(1)),
                said(TIMINGS, 120, views=200, ttfb_ms=750),
            ),
            silent(
                "carts are held back",
                *_USUALLY_500,
                *_CROWD,
                *burst(100, view(1)),
                said(STOREFRONT_CALLS, 110, calls=20, code="throttle", failed=True),
                said(TIMINGS, 120, views=200, ttfb_ms=749),
            ),
            silent(
                "no crowd", *_USUALLY_500, *_NO_CROWD, *burst(100, view(1)), said(TIMINGS, 120, views=200, ttfb_ms=749)
            ),
        ),
    ),
)
