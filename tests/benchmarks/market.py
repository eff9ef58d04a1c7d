"""
A market of many shops: what they send in a second of a busy day, made from the simulator's base load and scenarios.

Every shop sends the same stretch of a morning, each from another minute of it on and under its own name; one in twenty
has, on top, the trouble of one of the simulator's scenarios. Access logs come as sums of a minute, as hosts send them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from heapq import heappop, heappush
from typing import Any

from migro.models import MerchantId, Signal, content_id
from migro.observe import Failure, Observer, ObserveSettings, read_envelope
from migro.observe.aggregation import BROWSER, REQUESTS, MinuteAggregator
from migro.simulate import SCENARIOS, Simulation, complaints, envelopes, generate, load
from migro.simulate.shops import LARKSPUR, QUILLON, Shop
from migro.simulate.timeline import START, Timeline
from migro.simulate.truth import GroundTruth

__all__ = ["FAILING_ONE_IN", "market"]

FAILING_ONE_IN = 20
"""One shop in so many has the trouble of a scenario on top of its traffic."""

_TROUBLES = ("SC01", "SC02", "SC24")
"""The scenarios; named, so that figures and digests stay comparable when there are more."""

_MINUTES = 45
"""How long a stretch is; after it a shop begins again, with other deliveries."""

_BEFORE = 5
"""Minutes after which the trouble of a scenario begins."""

_REQUESTS = (
    *(("GET", f"/collections/{name}", 200) for name in ("sale", "kitchen", "new")),
    *(("GET", f"/products/{name}.js", 200) for name in ("oak-stool", "stone-mug")),
    *(("GET", path, 200) for path in ("/cart.js", "/cart", "/search/suggest?q=mug", "/pages/about", "/blogs/news")),
    *(("GET", path, 200) for path in ("/account", "/account/orders", "/robots.txt", "/sitemap.xml", "/checkout")),
    *(("POST", path, 200) for path in ("/cart/add.js", "/cart/change.js", "/api/graphql", "/account/login")),
    *(("POST", path, 200) for path in ("/checkout", "/api/checkout", "/webhooks/orders")),
    *(("GET", path, 404) for path in ("/favicon.png", "/wp-login.php", "/products/gone")),
    *(("GET", path, 301) for path in ("/shop", "/collections/all/old")),
    *(("GET", path, 302) for path in ("/checkouts/c/1", "/account/logout")),
    *((method, "/", 200) for method in ("HEAD", "OPTIONS")),
    *(("GET", path, 304) for path in ("/", "/collections/all", "/products/oak-stool", "/assets/app.js")),
    *(("POST", path, 422) for path in ("/cart/add.js", "/account/login", "/api/checkout")),
    *(("GET", path, 200) for path in ("/policies/returns", "/apps/reviews", "/assets/theme.css", "/cdn/shop/logo.svg")),
    *(("GET", path, 500) for path in ("/api/recommendations",)),
)
"""What shoppers and strangers ask for beside pages and carts, with the answer."""


def _truth(timeline: Timeline) -> GroundTruth:
    shops, onset = (timeline.shop.id,), timeline.onset
    return GroundTruth(scenario="market", seed=timeline.seed, merchants=shops, start=START, onset=onset, end=onset)


def _voices(timeline: Timeline, minute: int) -> None:
    """Let somebody ask a question, and a monitor complain about what sells nothing."""
    shop, at = timeline.shop, timeline.at(minute, 20)
    text = f"Hello, where do I find the invoice of my order {shop.numbers + minute}? Thank you."
    ticket = complaints.help_desk_ticket(
        timeline.people.person(), number=shop.numbers + minute, subject="Invoice", text=text, at=at
    )
    timeline.add(envelopes.ticket(shop.plain(), ticket, received_at=timeline.received(at)))
    alert = complaints.alert(
        shop,
        name=f"ImageResizeQueueLong{minute}",
        severity="warning",
        summary="The resize queue is longer than usual",
        instance="192.0.2.88:9100",
        since=at - timedelta(minutes=2),
    )
    timeline.add(envelopes.alertmanager(shop.alerts(), alert, received_at=timeline.received(at)))


def _busy(shop: Shop, seed: int) -> Simulation:
    """Return a busy stretch of a shop where all is well: page views, carts, checks, orders, payments, stock."""
    timeline = Timeline("market", seed=seed, shop=shop, onset=START, end=START + timedelta(minutes=_MINUTES))
    last = _MINUTES - 1
    load.profile(timeline, 0)
    load.browsing(timeline, 0, last, per_min=40)
    load.cart_posts(timeline, 0, last, per_min=8)
    load.probes(timeline, tuple(range(_MINUTES)), ok=True)
    rng = timeline.rng("market")
    for minute in range(_MINUTES):
        for method, path, status in rng.choices(_REQUESTS, k=120):
            at, size = timeline.at(minute, rng.randrange(60)), rng.randrange(300, 30_000)
            timeline.log(at, timeline.visitors.visitor(), f"{method} {path}", status, size)
        for n in range(90):
            at = timeline.at(minute, rng.randrange(60)) + timedelta(milliseconds=rng.randrange(1_000))
            number = shop.numbers + 100 * minute + n
            if "shopify" in shop.senders:
                load.inventory(timeline, at, item=1_000 * minute + n)
                if n % 9 == 0:
                    load.order(timeline, at, number=number)
            elif n % 3 == 0:
                load.payment(timeline, at, number=number, declined=rng.randrange(100) < 4)
        if minute % 9 == 4:
            _voices(timeline, minute)
    return timeline.finish(_truth)


def _seen(simulation: Simulation, begun: datetime, length: timedelta) -> list[Signal]:
    """Return the signals of a simulation from a time on, with requests as sums of a minute, in order of receipt."""
    settings = ObserveSettings.model_validate({"endpoints": simulation.settings()})
    observer = Observer(settings, secrets=dict(simulation.secrets), pseudonym_key=b"a key for made-up people only")
    minutes = MinuteAggregator((REQUESTS, *BROWSER))
    found: list[Signal] = []
    for number, raw in enumerate(simulation.envelopes):
        envelope = read_envelope(raw.json_line().encode(), where=f"market:{number}")
        assert not isinstance(envelope, Failure)
        for signal in observer.observe(envelope).signals:
            found += minutes.take(signal)
    found += minutes.close()
    inside = [s for s in found if begun <= s.received_at < begun + length]
    return sorted(inside, key=lambda s: s.received_at)


@cache
def _stretch(name: str) -> tuple[datetime, tuple[Signal, ...]]:
    """Return when a stretch begins, and its signals."""
    length = timedelta(minutes=_MINUTES)
    if name in SCENARIOS:
        simulation = generate(name, seed=1)
        begun = simulation.truth.onset - timedelta(minutes=_BEFORE)
        return begun, tuple(_seen(simulation, begun, length))
    shop = {s.name: s for s in (LARKSPUR, QUILLON)}[name]
    return START, tuple(_seen(_busy(shop, 1), START, length))


def _as(signal: Signal, shop: str, by: timedelta) -> Signal:
    """Return a signal as another shop sends it at another time."""
    changed: dict[str, Any] = {
        "merchant": None if signal.merchant is None else MerchantId(shop),
        "occurred_at": signal.occurred_at + by,
        "received_at": signal.received_at + by,
        "dedup_key": f"{signal.dedup_key}/{by}",
    }
    made = signal.model_copy(update=changed)
    id = content_id("sig", made.provider, made.merchant, made.kind, made.dedup_key)
    return made.model_copy(update={"id": id})


def _own(shop: str, name: str, place: int, *, shuffled: bool) -> Iterator[Signal]:
    """Yield what one shop sends for ever, of one stretch, beginning somewhere in it where it is `shuffled`."""
    begun, signals = _stretch(name)
    length, spread = timedelta(minutes=_MINUTES), timedelta(microseconds=place * 29_989_837 % 60_000_000)
    first = place * 7 % _MINUTES if shuffled else 0
    back = begun + timedelta(minutes=first) + spread
    start = next((n for n, s in enumerate(signals) if s.received_at >= back), len(signals))
    by = START - back
    while True:
        for signal in signals[start:]:
            yield _as(signal, shop, by)
        start, by = 0, by + length


def market(shops: int) -> Iterator[Signal]:
    """Yield what so many shops send, in order of receipt, without end."""
    streams = []
    for place in range(shops):
        shop = f"shop-{place:05}"
        streams.append(_own(shop, (QUILLON if place % 4 == 3 else LARKSPUR).name, place, shuffled=True))
        if place % FAILING_ONE_IN == 0:
            scenario = _TROUBLES[place // FAILING_ONE_IN % len(_TROUBLES)]
            streams.append(_own(shop, scenario, place, shuffled=False))
    waiting: list[tuple[datetime, int, Signal]] = []
    for number, stream in enumerate(streams):
        signal = next(stream)
        heappush(waiting, (signal.received_at, number, signal))
    while waiting:
        _, number, signal = heappop(waiting)
        yield signal
        following = next(streams[number])
        heappush(waiting, (following.received_at, number, following))
