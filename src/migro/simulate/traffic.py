"""An ordinary day: shoppers who come by the hour of the week, look, buy and sometimes write."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import attrs

from . import letters, load
from .chance import lognormal, poisson
from .correspondence import letter, noise_or_fault
from .shops import Shop
from .timeline import Timeline

__all__ = ["BY_LETTER", "Shopping", "hour_of_week", "invented", "shopping"]

BY_LETTER = ("documentation_confusion", "ticket_needs_person")
"""What the letters of an ordinary day may rightly raise: a refund is a person's to decide, a question is a question."""

_BY_HOUR = (
    *(350, 220, 150, 150, 150, 180, 260, 380, 520, 620, 700, 740),
    *(780, 760, 720, 710, 730, 780, 870, 960, 1000, 950, 760, 540),
)
_BY_DAY = (92, 90, 91, 93, 95, 98, 100)
_LOST = 2
"""Of 1,000 events of the base load, that many never arrive."""

_FIRST = (
    *(
        "amber",
        "birch",
        "cedar",
        "clover",
        "copper",
        "dapple",
        "elder",
        "ember",
        "fallow",
        "harbour",
        "hazel",
        "heather",
    ),
    *(
        "indigo",
        "juniper",
        "linden",
        "marble",
        "meadow",
        "mossy",
        "north",
        "ochre",
        "pebble",
        "russet",
        "saffron",
        "elm",
    ),
)
_SECOND = (
    *("bank", "barrow", "bridge", "brook", "combe", "croft", "dale", "field", "ford", "gate", "glen", "grove"),
    *("hollow", "lane", "mead", "mere", "moor", "pool", "ridge", "shaw", "stead", "stone", "vale", "wick"),
)


def hour_of_week(at: datetime) -> int:
    """Return how busy a shop is at that time, in thousandths of its busiest hour, which is on Sunday evening."""
    return _BY_HOUR[at.hour] * _BY_DAY[at.weekday()] // 100


def invented(rng: Random, number: int, *, senders: tuple[str, ...] = ("shopify", "sentry", "zendesk")) -> Shop:
    """
    Return a merchant of random size: sessions per minute log-normal with median 4 and 60 at the 95th percentile.

    Args:
        number: 0 to 575; equal numbers have equal names.
        senders: Who signs deliveries for this shop; Shopify's shops have Shopify's ids.
    """
    name = f"{_FIRST[number % 24]}{_SECOND[(number // 24 + number) % 24]}"
    sessions = min(Decimal(400), lognormal(rng, median=Decimal(4), ninety_fifth=Decimal(60)))
    value = lognormal(rng, median=Decimal(7_000), ninety_fifth=Decimal(12_000))
    return Shop(
        id=f"{name}-demo.myshopify.com" if "shopify" in senders else str(2_000_000 + number),
        name=name,
        currency=rng.choice(("EUR", "GBP", "USD")),
        aov_minor=int(min(Decimal(12_000), max(Decimal(4_000), value))),
        sessions_per_min=str(max(Decimal("0.2"), sessions).quantize(Decimal("0.1"))),
        buying=rng.randrange(10, 31),
        failing=rng.randrange(30, 81),
        numbers=100_000 + 1_000 * number,
        senders=senders,
    )


@attrs.frozen(kw_only=True)
class Shopping:
    """
    What came of a stretch of base load.

    Attributes:
        sessions, orders, letters: How many there were, lost ones included.
        lost: How many events never arrived.
    """

    sessions: int
    orders: int
    letters: int
    lost: int


def shopping(
    timeline: Timeline, first: int, last: int, *, times: Decimal = Decimal(1), thin: int = 1000, orders: bool = True
) -> Shopping:
    """
    Let shoppers come as a Poisson process by the hour of the week, as many as the shop's size says.

    A session has one to five page views; one in eight puts something into the cart, and `Shop.buying` in 1,000 buy.
    `Shop.failing` requests in 10,000 are answered with 502 or 404, one session in 3,000 ends in a ticket, three of
    five of them about nothing that is broken, and 2 of 1,000 events never arrive.

    Args:
        first, last: Minutes from the onset, both included.
        times: How many times as many shoppers as usual, as in a campaign.
        thin: How many sessions of 1,000 are written to the access log. Orders and tickets are always whole: where a
            scenario is about a hundred merchants, rates of requests do not matter, and only their shares do.
        orders: Whether anybody can buy.
    """
    shop, rng = timeline.shop, timeline.rng(f"shopping {first}")
    sessions = bought = letters = lost = 0
    usual = Decimal(shop.sessions_per_min) * times
    for minute in timeline.minutes(first, last):
        start = timeline.at(minute)
        for _ in range(poisson(rng, usual * hour_of_week(start) / 1000)):
            at = start + timedelta(seconds=rng.randrange(60))
            sessions += 1
            if rng.randrange(1000) < thin:
                lost += _visit(timeline, at, rng)
            if orders and rng.randrange(1000) < shop.buying:
                bought += 1
                lost += _buy(timeline, at + timedelta(seconds=rng.randrange(20, 50)), rng)
            if rng.randrange(3000) == 0:
                letters += 1
                lost += _write(timeline, at, rng)
    timeline.lost += lost
    return Shopping(sessions=sessions, orders=bought, letters=letters, lost=lost)


def _lost(rng: Random) -> bool:
    return rng.randrange(1000) < _LOST


def _visit(timeline: Timeline, at: datetime, rng: Random) -> int:
    shop, visitor, lost = timeline.shop, timeline.visitors.visitor(), 0
    requests = [f"GET {rng.choice(load.PAGES)}" for _ in range(rng.randint(1, 5))]
    if rng.randrange(8) == 0:
        requests.append("POST /cart")
    for step, request in enumerate(requests):
        failed = rng.randrange(10_000) < shop.failing
        status = rng.choice((502, 404)) if failed else 200
        size = rng.randrange(300, 900) if failed else rng.randrange(4_000, 60_000)
        moment = at.replace(second=min(59, at.second + 2 * step))
        if _lost(rng):
            lost += 1
        else:
            timeline.log(moment, visitor, request, status, size)
    return lost


def _buy(timeline: Timeline, at: datetime, rng: Random) -> int:
    if at >= timeline.end:
        return 0
    number = timeline.number()
    if _lost(rng):
        return 1
    if "shopify" in timeline.shop.senders:
        load.order(timeline, at, number=number)
    else:
        load.payment(timeline, at, number=number)
    return 0


def _write(timeline: Timeline, at: datetime, rng: Random) -> int:
    if _lost(rng):
        return 1
    person = timeline.people.person()
    written = letter(rng, person, noise_or_fault(rng), number=timeline.number())
    timeline.planted.person(person, written.planted)
    letters.by_help_desk(timeline, person, number=timeline.number(), subject=written.subject, text=written.text, at=at)
    # The export of a help desk names requester and telephone whatever the letter says.
    timeline.planted.person(person, ("name", "email", "phone"))
    return 0
