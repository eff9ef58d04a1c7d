"""
SC09: a flash sale that is nothing but a success, until the platform throttles it.

Page views, sessions and calls arrive as sums of a minute, as a shop of this size sends them; orders, payments, tickets
and what ends in the queue arrive one by one. Five quiet hours come first, since what is usual is told by the hour.
Where it differs from the story: the landing pages' cache is refreshed after an approval (R1 on a grave issue).
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from ...models import Severity
from .. import bodies, envelopes, letters, load, sums
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

_SHOP = Shop(
    id="saffron-demo.myshopify.com",
    name="saffron",
    currency="GBP",
    aov_minor=4_900,
    sessions_per_min="40",
    numbers=85_000,
    senders=("shopify", "stripe", "zendesk"),
)
"""A Hydrogen storefront on Shopify that takes cards through Stripe."""

_LEAD, _CLOSE, _HELD, _FREE, _END = -320, -40, 22, 31, 50
_SESSIONS, _CARTS, _ORDERS_PER_HOUR = 40, 5, 24
_HERO, _STOCK = "GLAZED-BOWL-L", 50
_THROTTLED, _SURGE, _OVERSOLD = "checkout_throttled", "traffic_surge_capacity", "oversell_race"


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC09.

    T0 a sale that the calendar knows: eight times the sessions, seven times the orders, everything else in proportion.
    T+22 to T+31 the platform throttles 22 % of the new carts and sends shoppers to a queue that a headless shop does
    not have; orders fall to four times the usual. Variant ``b``: there are 50 pieces of what everybody wants.
    """
    onset = START + timedelta(minutes=-_LEAD)
    timeline = Timeline(f"SC09{variant}", seed=seed, shop=_SHOP, onset=onset, end=onset + timedelta(minutes=_END))
    _plan(timeline)
    for minute in timeline.minutes(_LEAD, _END):
        sums.deliver(timeline, minute, _minute(timeline, minute))
    _queue(timeline)
    placed = _orders(timeline)
    _declines(timeline)
    _tickets(timeline)
    oversold = _hero(timeline, placed) if variant == "b" else None
    return timeline.finish(lambda t: _truth(t, variant, oversold))


def _times(minute: int) -> int:
    """Return how many times the usual number of sessions there are."""
    return 1 if minute < 0 else 8 if minute < _FREE else 5


def _throttled(minute: int) -> bool:
    return _HELD <= minute < _FREE


def _plan(timeline: Timeline) -> None:
    for minute in (_LEAD, -180, -60):
        load.profile(timeline, minute)
    for minute in (-240, -120, -60, -30, -10, -2):
        timeline.host(
            timeline.at(minute),
            "calendar.interval",
            metrics={"expected_percent": 800},
            attrs={
                "what": "campaign",
                "starts_at": envelopes.iso(timeline.at(0)),
                "ends_at": envelopes.iso(timeline.at(120)),
            },
        )


def _near(rng: Random, count: int) -> int:
    """Return a number at most a tenth away."""
    return count + rng.randint(-(count // 10), count // 10)


def _minute(timeline: Timeline, minute: int) -> list[Any]:
    rng, times = timeline.rng(f"minute {minute}"), _times(minute)
    visits, sale = _near(rng, _SESSIONS * times), times > 1
    if minute < _CLOSE:
        # Of the quiet hours only what says what is usual.
        quiet = (sums.sessions(visits // 2, "organic"), sums.sessions(visits - visits // 2, "direct"))
        return [*quiet, sums.timings(90, 600), sums.timings(30, 800)]
    views = 3 * visits
    lost = views // 100 + (15 if 0 <= minute < 20 else 0)
    failed = sum(rng.randrange(1000) < 5 for _ in range(views))
    carts = _near(rng, _CARTS * times) if times == 1 else _CARTS * times + rng.randint(-2, 2)
    held = (22 * carts + 50) // 100 if _throttled(minute) else 0
    by_sale = 7 * visits // 10 if sale else 0
    rest = visits - by_sale
    return [
        sums.sessions(by_sale, "paid", campaign="flash-sale"),
        sums.sessions(rest // 2, "organic"),
        sums.sessions(rest - rest // 2, "direct"),
        # The sale makes pages 15 % slower: three quarters take 690 ms at most, and took 600 ms.
        *(sums.timings(views * part // 100, ms) for ms, part in _SPEED[sale].items()),
        sums.requests(views // 6, "/", "home", 200),
        sums.requests(views // 3, "/collections/:slug", "plp", 200),
        sums.requests(views // 2, "/products/:slug", "pdp", 200),
        sums.requests(views // 100, "/:slug", "other", 404),
        sums.requests(lost - views // 100, "/flahs-sale", "other", 404),
        sums.requests(failed, "/products/:slug", "pdp", 502),
        sums.requests(12 * views // 88, "/products/:slug", "pdp", 200, bot=True),
        sums.requests(carts, "/cart", "cart", 200, method="POST"),
        sums.calls(views, "product"),
        sums.calls(carts - held, "cartCreate"),
        sums.calls(held, "cartCreate", failed=True, code="throttle"),
    ]


_SPEED = {False: {400: 45, 600: 35, 800: 20}, True: {400: 30, 600: 35, 690: 20, 800: 15}}


def _queue(timeline: Timeline) -> None:
    """Send forty shoppers to the platform's queue, which the storefront answers with page not found."""
    rng = timeline.rng("queue")
    for _ in range(40):
        at = timeline.at(_HELD, rng.randrange(60 * (_FREE - _HELD)))
        request = f"GET /throttle/queue?_ctd={timeline.token(24)}"
        timeline.log(at, timeline.visitors.visitor(), request, 404, 1_846, referer=f"https://{_SHOP.host}/cart")
    for minute in timeline.minutes(-20, _END):
        at = timeline.at(minute, rng.randrange(60))
        timeline.log(at, timeline.visitors.visitor(), f"GET /cart/c/{timeline.token(24)}", 302, 0)


def _orders(timeline: Timeline) -> list[int]:
    """Place orders, each with its payment, and return their seconds from the onset."""
    rng, owed, placed = timeline.rng("orders"), 0, []
    for minute in timeline.minutes(_LEAD, _END):
        times = 1 if minute < 0 else 4 if minute >= _HELD else 7
        owed += _ORDERS_PER_HOUR * times
        while owed >= 60:
            owed -= 60
            placed.append(60 * minute + rng.randrange(60))
    for number, second in enumerate(sorted(placed)):
        at = timeline.at(0, second)
        load.order(timeline, at, number=_SHOP.numbers + number)
        _payment(timeline, number, second, declined=False)
    return sorted(placed)


def _payment(timeline: Timeline, number: int, second: int, *, declined: bool) -> None:
    at, person = timeline.at(0, second - 2), timeline.people.person()
    body = bodies.payment_intent(
        _SHOP,
        person,
        event=f"evt_demo{timeline.token(16)}",
        number=_SHOP.numbers + number,
        total=_SHOP.aov_minor,
        at=load.unix(at),
        declined=declined,
    )
    timeline.planted.person(person, ("name", "email", "phone", "address"))
    timeline.add(envelopes.stripe(_SHOP.signed("stripe"), body, received_at=timeline.received(at)))


def _declines(timeline: Timeline) -> None:
    """Refuse one card for every ten orders, in the sale as before."""
    rng, owed, number = timeline.rng("declines"), 0, 5_000
    for minute in timeline.minutes(_LEAD, _END):
        owed += _ORDERS_PER_HOUR * (1 if minute < 0 else 4 if minute >= _HELD else 7)
        if owed >= 600:
            owed -= 600
            number += 1
            _payment(timeline, number, 60 * minute + rng.randrange(2, 60), declined=True)


_QUESTIONS = (
    (-250, "Delivery", "How long does delivery to Ireland take?"),
    (-130, "Glaze", "Is the glaze of the bowl safe for the dishwasher?"),
    (-45, "Address", "I would like to change the delivery address of my order."),
    (4, "Sale", "Does the sale include the large bowl too?"),
    (9, "Sale price", "Can I use my voucher together with the sale price?"),
    (15, "Delivery", "When will my order from the sale arrive?"),
    (27, "Checkout queue", "Your checkout sends me to a queue and I keep waiting there. I cannot check out."),
    (39, "Sale", "How long does the sale last?"),
)


def _tickets(timeline: Timeline) -> None:
    for number, (minute, subject, text) in enumerate(_QUESTIONS):
        letters.asked(
            timeline, timeline.at(minute, 33), number=_SHOP.numbers + 501 + number, subject=subject, text=text
        )


def _hero(timeline: Timeline, placed: list[int]) -> int:
    """Sell the bowl that the sale is about, and return the minute in which there is none left."""
    sold, gone, polled = 0, _END, _STOCK
    for place, second in enumerate(s for s in placed if s >= 0):
        if second // 300 > (placed[placed.index(second) - 1] // 300):
            polled = _STOCK - sold
        if place % 5 == 4:
            continue
        pieces = 2 if place % 3 == 0 else 1
        timeline.host(
            timeline.at(0, second),
            "stock.sold",
            source_kind="platform_webhook",
            ids={"sku": _HERO},
            metrics={"pieces": pieces, "last_known": polled},
            attrs={
                "platform_side": "new",
                "sold_at": envelopes.iso(timeline.at(0, second)),
                "campaign": True,
            },
        )
        sold += pieces
        if sold > _STOCK:
            gone = min(gone, second // 60)
    for minute in range(0, _END, 5):
        left = _STOCK - sum(
            2 if place % 3 == 0 else 1
            for place, s in enumerate(s for s in placed if s >= 0)
            if place % 5 != 4 and s < 60 * minute
        )
        timeline.host(
            timeline.at(minute, 2),
            "poll.stock_item",
            source_kind="api_poll",
            ids={"sku": _HERO},
            metrics={"shop": left, "source": left, "reserved": 0, "sold_7d": 11},
            attrs={"tracked": True, "may_go_below": False, "top_seller": True, "published": True},
        )
    return gone


def _truth(timeline: Timeline, variant: str, oversold: int | None) -> GroundTruth:
    shop = _SHOP.id
    hero = (
        ()
        if oversold is None
        else (
            ExpectedIssue(
                kind=_OVERSOLD,
                merchant=shop,
                onset=timeline.at(oversold),
                mildest=Severity.SEV2,
                gravest=Severity.SEV1,
                within=1_200,
            ),
        )
    )
    decoys = (
        "api_throttling",
        "bot_scraping_load",
        "card_testing_attack",
        "checkout_handoff_404",
        "checkout_server_error_spike",
        "payment_decline_surge",
        "seo_redirect_404_spike",
        "web_performance_regression",
        *(() if hero else (_OVERSOLD,)),
    )
    return GroundTruth(
        scenario=f"SC09{variant}",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=_THROTTLED,
                merchant=shop,
                onset=timeline.at(_HELD),
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                parent=_SURGE,
                within=300,
            ),
            ExpectedIssue(
                kind=_SURGE,
                merchant=shop,
                onset=timeline.at(_HELD),
                mildest=Severity.SEV3,
                gravest=Severity.SEV2,
            ),
            *hero,
        ),
        forbidden=tuple(ForbiddenIssue(kind=kind, merchant=shop) for kind in decoys),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=_THROTTLED),
            ExpectedAction(kind="refresh_cache", merchant=shop, issue=_SURGE),
        ),
    )


SCENARIO = Scenario(
    id="SC09",
    title="A flash sale: traffic only, then throttling",
    play=play,
    variants={"b": "the article that everybody wants has 50 pieces"},
    amended="The landing pages' cache is refreshed after an approval: R1 on a grave issue.",
)
