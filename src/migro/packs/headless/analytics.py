"""Analytics: purchases that are lost or told twice, and visitors whose origin gets lost."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, hours, minutes, percent
from ...rules import MEDIUM, STRONG, Rule, fires, on, refutes, silent, supports
from .browser import ANALYTICS
from .browser_signals import PixelEvents, Sessions
from .check_signals import RedirectCheck
from .shop_witnesses import NEW_ORDERS, before_cutover, sessions, still
from .signals import Order
from .specimens import SHOP, burst, order
from .specimens_operations import LOG, said
from .specimens_shop import PIXELS, REDIRECTS, SESSIONS, weekly
from .witnesses import logged, usual_of

__all__ = ["MEASURES_VISITORS", "RULES"]

_DAY = hours(24)
_TRACKED = on(PixelEvents, PixelEvents.event == "purchase", per=PixelEvents.merchant, weight=PixelEvents.events)
_BOUGHT = _TRACKED.count(within=_DAY)
_ORDERS = NEW_ORDERS.different(Order.order_id, within=_DAY)
_HOUR = minutes(60)
_DIRECT = sessions(Sessions.channel == "direct").count(within=_HOUR).per(sessions().count(within=_HOUR), floor=20)
_ASKED: Pred[Sessions] = Sessions.consented.present()
_CONSENT = sessions(Sessions.consented == True).count(within=_HOUR).per(sessions(_ASKED).count(within=_HOUR), floor=20)  # noqa: E712


def _orders(at: int, n: int) -> tuple[Order, ...]:
    return tuple(order(at, order_id=f"{at}-{i}") for i in range(n))


MEASURES_VISITORS: frozenset[str] = frozenset(
    {
        "analytics",
        "clarity",
        "criteo",
        "doubleclick",
        "facebook",
        "googletagmanager",
        "gtag",
        "gtm",
        "hotjar",
        "klaviyo",
        "matomo",
        "metrics",
        "mixpanel",
        "pinimg",
        "pixel",
        "pixels",
        "plausible",
        "segment",
        "sgtm",
        "stats",
        "tag",
        "tagmanager",
        "tags",
        "tiktok",
        "tracking",
    }
)
"""Words in the names of hosts that measure visitors, and of parties whose scripts do."""

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "analytics.purchases",
        # A shop that tells of no tracked purchases at all loses none.
        when=(abs(_ORDERS - _BOUGHT).per(_ORDERS, floor=30) >= percent(30)) & _TRACKED.within(days(7)),
        then=supports(ANALYTICS, STRONG, family="purchases"),
        why="Tracked purchases and orders of a day differ by at least 30 %.",
        revision=2,
        examples=(
            fires(
                "7 lost of 10",
                said(PIXELS, 0, event="purchase", events=70),
                *burst(100, order(1), order_id="o"),
                for_=SHOP,
            ),
            fires(
                "told twice",
                *burst(30, order(1), order_id="o"),
                said(PIXELS, 90, event="purchase", events=39),
                for_=SHOP,
            ),
            silent("nobody tracks", *burst(30, order(1), order_id="o")),
            silent("29 orders", said(PIXELS, 0, event="purchase", events=1), *burst(29, order(1), order_id="o")),
            silent("35 for 30", said(PIXELS, 0, event="purchase", events=38), *burst(30, order(1), order_id="o")),
        ),
    ),
    Rule(
        "analytics.config-log",
        when=logged("code.analytics.config", lines=1, within=_HOUR),
        then=supports(ANALYTICS, STRONG, family="error-tracker"),
        why="A log of production says that analytics lack the shop's id.",
        examples=(
            fires("one line", said(LOG, 0, "code.analytics.config"), for_=SHOP),
            silent("another matter", said(LOG, 0, "code.cors")),
        ),
    ),
    Rule(
        "analytics.landing",
        when=NEW_ORDERS.share(
            Order.landing.present(), Order.landing == "checkout", at_least=percent(50), floor=20, within=_DAY
        ),
        then=supports(ANALYTICS, MEDIUM, family="landing"),
        why="At least half of the orders of a day name checkout as the page that the shopper came in by.",
        revision=2,
        examples=(
            fires(
                "50 of 100", *burst(50, order(0, landing="home")), *burst(50, order(60, landing="checkout")), for_=SHOP
            ),
            silent("49 of 100", *burst(51, order(0, landing="home")), *burst(49, order(60, landing="checkout"))),
            silent("most name no page", *burst(80, order()), *burst(20, order(60, landing="checkout"))),
        ),
    ),
    Rule(
        "analytics.direct",
        when=_DIRECT - usual_of(_DIRECT) >= percent(20),
        then=supports(ANALYTICS, MEDIUM, family="channels"),
        why="The share of visits from nowhere is 20 points higher than usual.",
        examples=(
            fires(
                "60 for 40 of 100",
                *weekly(said(SESSIONS, 0, sessions=60, channel="paid"), said(SESSIONS, 1, sessions=40)),
                said(SESSIONS, 0, sessions=40, channel="paid"),
                said(SESSIONS, 1, sessions=60),
                for_=SHOP,
            ),
            silent(
                "59 for 40 of 100",
                *weekly(said(SESSIONS, 0, sessions=60, channel="paid"), said(SESSIONS, 1, sessions=40)),
                said(SESSIONS, 0, sessions=41, channel="paid"),
                said(SESSIONS, 1, sessions=59),
            ),
        ),
    ),
    Rule(
        "analytics.click-ids",
        when=on(RedirectCheck, RedirectCheck.journey == "begin_checkout", per=RedirectCheck.merchant)
        .fits(RedirectCheck.click_ids_kept == False)  # noqa: E712
        .runs(2, of=2, within=hours(2)),
        then=supports(ANALYTICS, MEDIUM, family="probe"),
        why="Ids of paid clicks were lost on the way to checkout twice in a row.",
        examples=(
            fires("twice", *burst(2, said(REDIRECTS, 0, click_ids_kept=False)), for_=SHOP),
            silent("once", said(REDIRECTS, 0, click_ids_kept=True), said(REDIRECTS, 9, click_ids_kept=False)),
        ),
    ),
    Rule(
        "analytics.consent",
        when=still(_CONSENT <= percent(80) * usual_of(_CONSENT)),  # noqa: SIM300
        then=refutes(ANALYTICS, 60, family="consent"),
        why="A fifth fewer visitors than usual agree to be measured.",
        examples=(
            fires(
                "40 for 50 of 100",
                *weekly(
                    said(SESSIONS, 0, sessions=50, consented=False), said(SESSIONS, 1, sessions=50, consented=True)
                ),
                said(SESSIONS, 0, sessions=40, consented=True),
                said(SESSIONS, 1, sessions=60, consented=False),
                for_=SHOP,
            ),
            silent(
                "41 for 50 of 100",
                *weekly(
                    said(SESSIONS, 0, sessions=50, consented=False), said(SESSIONS, 1, sessions=50, consented=True)
                ),
                said(SESSIONS, 0, sessions=41, consented=True),
                said(SESSIONS, 1, sessions=59, consented=False),
            ),
        ),
    ),
    Rule(
        "analytics.orders-fell",
        when=still(_ORDERS <= percent(70) * before_cutover(_ORDERS)),  # noqa: SIM300
        then=refutes(ANALYTICS, 150, family="orders-fell"),
        why="Orders fell as much: it is not the tracking that loses them.",
        examples=(
            fires("7 for 10", *_orders(-100_000, 10), *_orders(-3_600, 7), said(PIXELS, 0), for_=SHOP),
            silent("8 for 10", *_orders(-100_000, 10), *_orders(-3_600, 8), said(PIXELS, 0)),
        ),
    ),
)
