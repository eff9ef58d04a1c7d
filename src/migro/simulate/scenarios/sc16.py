"""
SC16: addresses of the old shop are not found after the move, and scanners make twenty times their noise.

Page views arrive as sums of a minute, as the content network's log gives them, with search engines confirmed by the
host. The storefront's own log tells carts one by one.
"""

from __future__ import annotations

from typing import Any

from ...models import Severity
from .. import envelopes, letters, load, sums
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

_SHOP = Shop(
    id="rosehip-demo.myshopify.com",
    name="rosehip",
    currency="EUR",
    aov_minor=6_600,
    sessions_per_min="12",
    numbers=107_000,
    senders=("shopify", "zendesk"),
)
"""A Hydrogen storefront on Shopify with 18,000 addresses from before, 900 of them filters that nobody redirected."""

_LEAD, _SCANS, _QUIET, _END = -75, 120, 360, 380
_SCANNED = 20_000
_LOST = "seo_redirect_404_spike"


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC16.

    T0 the shop moves; of what people and a confirmed search engine ask for, 9 % is not found, 1 % before. T+120 to
    T+360 scanners ask for 20,000 paths of other software, three in five under their own name, the others as browsers.
    Pictures of the old shop are missing all the time. Variant ``b``: one of the twenty most visited pages is lost too.
    """
    onset = START - (_LEAD * sums.MINUTE)
    timeline = Timeline(f"SC16{variant}", seed=seed, shop=_SHOP, onset=onset, end=onset + _END * sums.MINUTE)
    for minute in (_LEAD, -20, 60, 180, 300):
        load.profile(timeline, minute)
        timeline.host(
            timeline.at(minute, 2),
            "shop.move",
            ids={"platform": "shopify"},
            attrs={"cutover_at": envelopes.iso(timeline.at(0)), "storefront_hosts": [_SHOP.host]},
        )
    timeline.host(timeline.at(0), "change.made", source_kind="audit_log", attrs={"what": "cutover"})
    for minute in timeline.minutes(_LEAD, _END):
        sums.deliver(timeline, minute, _minute(timeline, minute))
    load.cart_posts(timeline, _LEAD, _END, per_min=1)
    for minute in (-30, 10, 190, 370):
        _crawl(timeline, minute, lost=minute > 0, top=variant == "b")
    for number, minute in enumerate(range(_LEAD + 3, _END, 9)):
        load.order(timeline, timeline.at(minute, 17), number=_SHOP.numbers + number)
    _ticket(timeline)
    return timeline.finish(lambda t: _truth(t, variant))


def _minute(timeline: Timeline, minute: int) -> list[Any]:
    rng, moved = timeline.rng(f"minute {minute}"), minute >= 0
    people, searched = 30 + rng.randint(-3, 3), 6 + rng.randint(-1, 1)
    # Ninths and hundredths of numbers this small are owed over the minutes.
    lost = _share(people, minute, 9 if moved else 1)
    crawled = _share(searched, minute, 9 if moved else 1)
    scans = _SCANNED // (_QUIET - _SCANS) + (minute % 3 > 0) if _SCANS <= minute < _QUIET else 0
    known = 3 * scans // 5
    shown = people - lost
    filters: dict[str, Any] = {"route": "/collections/:slug/:slug", "route_class": "plp", "status": 404}
    filters["legacy"] = moved
    return [
        sums.requests(shown // 5, "/", "home", 200),
        sums.requests(shown // 3, "/collections/:slug", "plp", 200),
        sums.requests(shown - shown // 5 - shown // 3, "/products/:slug", "pdp", 200),
        sums.requests(lost, **filters),
        sums.requests(searched - crawled, "/products/:slug", "pdp", 200, bot=True, crawler="googlebot"),
        sums.requests(crawled, **filters, bot=True, crawler="googlebot"),
        sums.requests(3, "/favicon.ico", "asset", 404),
        sums.requests(known, "/:slug", "other", 404, bot=True, legacy=False, features=("request.scan",)),
        sums.requests(scans - known, "/:slug", "other", 404, legacy=False, features=("request.scan",)),
    ]


def _share(count: int, minute: int, percent: int) -> int:
    return (count * percent + (37 * minute) % 100) // 100


def _crawl(timeline: Timeline, minute: int, *, lost: bool, top: bool) -> None:
    """Let the host ask for the five hundred most visited addresses of the old shop."""
    timeline.host(
        timeline.at(minute, 30),
        "probe.legacy",
        source_kind="probe",
        metrics={"addresses": 500, "lost": 24 if lost else 2, "top_lost": int(lost and top)},
    )


def _ticket(timeline: Timeline) -> None:
    letters.asked(
        timeline,
        timeline.at(200, 12),
        number=_SHOP.numbers + 501,
        subject="Bookmarks",
        text="My old bookmarks of your shop end in page not found.",
    )


def _truth(timeline: Timeline, variant: str) -> GroundTruth:
    shop = _SHOP.id
    grave = Severity.SEV2 if variant == "b" else Severity.SEV3
    decoys = (
        "bot_scraping_load",
        "catalogue_not_published_to_channel",
        "checkout_handoff_404",
        "dns_tls_cutover_failure",
        "domain_split_brain",
        "image_host_blocked",
        "ssr_blocked_by_bot_protection",
    )
    return GroundTruth(
        scenario=f"SC16{variant}",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=_LOST, merchant=shop, onset=timeline.onset, mildest=grave, gravest=grave, within=2 * 3_600
            ),
        ),
        forbidden=tuple(ForbiddenIssue(kind=kind, merchant=shop) for kind in decoys),
        actions=(
            ExpectedAction(kind="report", merchant=shop, issue=_LOST),
            ExpectedAction(kind="notify", merchant=shop, issue=_LOST),
        ),
    )


SCENARIO = Scenario(
    id="SC16",
    title="A gap in the redirects, hidden in the noise of scanners",
    play=play,
    variants={"b": "one of the twenty most visited pages is among what is lost"},
)
