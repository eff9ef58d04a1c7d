"""Speed: pages that got slower."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...expressions import Col, Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    Timed,
    fires,
    on,
    refutes,
    silent,
    supports,
    together,
)
from .browser_signals import PageTimings, Sessions
from .check_signals import CacheHits
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .shop_witnesses import fallen, risen, sessions, short_of, still, third_quartile, timings
from .signals import HttpRequest
from .specimens import SHOP, burst, page, ticket
from .specimens_operations import said
from .specimens_shop import CACHE, SESSIONS, TIMINGS, weekly
from .witnesses import tickets

__all__ = ["RULES", "SLOWER"]

SLOWER = IssueKind[MerchantId](
    "web_performance_regression",
    category="performance",
    title="Pages have become slower",
    what="Pages are made anew for each visit, wait for more calls, or carry heavier scripts and pictures.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("times by template, region and state of the cache, before and now"),
        dashboard(),
        draft_reply(
            "Pages of your storefront take longer than before since {first_seen}. Templates and times are in the"
            " report; changes to code or network stay your team's decision."
        ),
    ),
    human_only=("change the code", "change the network"),
    false_positives="More visits by phone or from far away look slower; measurements of a laboratory are no visits.",
    related=(
        "stale_page_cache",
        "traffic_surge_capacity",
        "third_party_script_failure",
        "bot_scraping_load",
        "deploy_regression",
    ),
    harm=(
        "Everybody waits and a part of them leaves, more of them with each second; grave from five seconds to"
        " the first byte."
    ),
    sources=cited("CWV", "BC-MW", "VERCEL-CACHE"),
)


_H, _LONG = minutes(30), hours(6)


def _enough(column: Col[PageTimings, int], n: int, within: timedelta) -> Timed[MerchantId]:
    return timings(column.present()).at_least(n, within=within)


_TTFB, _LCP, _INP = PageTimings.ttfb_ms, PageTimings.lcp_ms, PageTimings.inp_ms
_HITS = (
    on(CacheHits, CacheHits.result == "hit", per=CacheHits.merchant, weight=CacheHits.answers)
    .count(within=_H)
    .per(on(CacheHits, per=CacheHits.merchant, weight=CacheHits.answers).count(within=_H), floor=50)
)
_OVER: Pred[Sessions] = Sessions.ordered.present()


def _converted(speed: str) -> Measure[MerchantId]:
    ordered = sessions(Sessions.speed == speed, Sessions.ordered == True).count(within=_LONG)  # noqa: E712
    return ordered.per(sessions(Sessions.speed == speed, _OVER).count(within=_LONG), floor=100)


_SLOW, _FAST = _converted("slow"), _converted("fast")
_SLOW_VIEWS = timings(_TTFB > 1_800)


_SERVED = on(
    HttpRequest,
    HttpRequest.method == "GET",
    HttpRequest.route_class.one_of("home", "pdp", "plp", "search"),
    HttpRequest.bot == False,  # noqa: E712
    HttpRequest.status.between(200, 299),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)


def _pages(n: int, ms: int, at: int = 0, **columns: Any) -> tuple[HttpRequest, ...]:
    return burst(n, page(at, duration_ms=ms, **columns))


def _visits(speed: str, ordered: int, of: int) -> tuple[Sessions, ...]:
    return (
        said(SESSIONS, 0, sessions=of - ordered, speed=speed, ordered=False),
        said(SESSIONS, 1, sessions=ordered, speed=speed, ordered=True),
    )


def _slower(
    name: str, column: Col[PageTimings, int], limit: int, rise: int, views: int, within: timedelta
) -> tuple[Rule[Any], Rule[Any]]:
    """Return the rule about a limit, and the one about what is usual; `rise` is in per cent."""
    what = {"ttfb": "the first byte", "lcp": "the main content", "inp": "an answer to a touch"}[name]
    enough = _enough(column, views, within)
    field = f"{name}_ms"
    usual_ms = limit // 5
    limit_s = f"{limit} ms"
    return (
        Rule(
            f"speed.{name}",
            when=together(third_quartile(column, within) > limit, enough, within=minutes(5)),
            then=supports(SLOWER, STRONG, family=f"timings-{name}"),
            why=f"A quarter of the visitors wait longer than {limit_s} for {what}.",
            examples=(
                fires("longer", said(TIMINGS, 0, views=views, **{field: limit + 1}), for_=SHOP),
                silent("not longer", said(TIMINGS, 0, views=views, **{field: limit})),
                silent("one view too few", said(TIMINGS, 0, views=views - 1, **{field: limit + 1})),
            ),
        ),
        Rule(
            f"speed.{name}-rise",
            when=together(risen(third_quartile(column, within), percent(rise)), enough, within=minutes(5)),
            then=supports(SLOWER, STRONG, family=f"timings-{name}"),
            why=f"A quarter of the visitors wait {percent(rise)} times as long as usual for {what}.",
            examples=(
                fires(
                    "as much longer",
                    *weekly(said(TIMINGS, 0, views=views, **{field: usual_ms})),
                    said(TIMINGS, 0, views=views, **{field: usual_ms * rise // 100}),
                    for_=SHOP,
                ),
                silent(
                    "a little less",
                    *weekly(said(TIMINGS, 0, views=views, **{field: usual_ms})),
                    said(TIMINGS, 0, views=views, **{field: usual_ms * rise // 100 - 1}),
                ),
            ),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    *_slower("ttfb", _TTFB, 1_800, 200, 200, _H),
    *_slower("lcp", _LCP, 4_000, 150, 500, _LONG),
    *_slower("inp", _INP, 500, 150, 500, _LONG),
    Rule(
        "speed.ttfb-grave",
        when=together(third_quartile(_TTFB, _H) > 5_000, _enough(_TTFB, 200, _H), within=minutes(5)),
        then=supports(SLOWER, STRONG, family="timings-ttfb", severity=Severity.SEV2),
        why="A quarter of the visitors wait longer than five seconds for the first byte.",
        examples=(
            fires("longer", said(TIMINGS, 0, views=200, ttfb_ms=5_001), for_=SHOP),
            silent("not longer", said(TIMINGS, 0, views=200, ttfb_ms=5_000)),
        ),
    ),
    Rule(
        # Nobody sees the first byte before the server has made the page, so the same limit holds for its log.
        "speed.served",
        when=_SERVED.share(
            HttpRequest.duration_ms.present(),
            HttpRequest.duration_ms > 1_800,
            at_least=percent(25),
            floor=200,
            within=_H,
        ),
        then=supports(SLOWER, STRONG, family="served"),
        why="The server takes longer than 1800 ms for a quarter of the pages.",
        examples=(
            fires("a quarter", *_pages(150, 300), *_pages(50, 1_801, 700), for_=SHOP),
            silent("a little less", *_pages(151, 300), *_pages(49, 1_801, 700)),
            silent("not longer", *_pages(150, 300), *_pages(50, 1_800, 700)),
            silent("199 pages", *_pages(149, 300), *_pages(50, 1_801, 700)),
            silent("files", *_pages(200, 9_000, route_class="asset")),
            silent("what fails", *_pages(200, 9_000, status=504)),
            silent("crawlers", *_pages(200, 9_000, bot=True)),
        ),
    ),
    Rule(
        "speed.cache-hits",
        when=fallen(_HITS, percent(50)) & short_of(sessions().count(within=_H), percent(150)),
        then=supports(SLOWER, MEDIUM, family="cache"),
        why="The cache answers at most half as often as usual, and hardly more visitors than usual came.",
        examples=(
            fires(
                "40 for 80 of 100",
                *weekly(said(CACHE, 0, answers=80), said(CACHE, 1, answers=20, result="miss")),
                *weekly(said(SESSIONS, 0, sessions=1_000)),
                said(CACHE, 0, answers=60, result="miss"),
                said(CACHE, 1, answers=40),
                said(SESSIONS, 5, sessions=749),
                for_=SHOP,
            ),
            silent(
                "41 for 80 of 100",
                *weekly(said(CACHE, 0, answers=80), said(CACHE, 1, answers=20, result="miss")),
                *weekly(said(SESSIONS, 0, sessions=1_000)),
                said(CACHE, 0, answers=41),
                said(CACHE, 1, answers=59, result="miss"),
                said(SESSIONS, 5, sessions=749),
            ),
            silent(
                "half as many visitors more",
                *weekly(said(CACHE, 0, answers=80), said(CACHE, 1, answers=20, result="miss")),
                *weekly(said(SESSIONS, 0, sessions=1_000)),
                said(CACHE, 0, answers=60, result="miss"),
                said(CACHE, 1, answers=40),
                said(SESSIONS, 5, sessions=750),
            ),
        ),
    ),
    Rule(
        "speed.conversion",
        when=_SLOW.differs(_FAST, z=3) & (_SLOW < _FAST),
        then=supports(SLOWER, MEDIUM, family="conversion"),
        why="Visitors whose pages were slow order significantly less than the others.",
        examples=(
            fires("10 against 50 of 1000", *_visits("fast", 50, 1_000), *_visits("slow", 10, 1_000), for_=SHOP),
            silent("40 against 50 of 1000", *_visits("fast", 50, 1_000), *_visits("slow", 40, 1_000)),
        ),
    ),
    Rule(
        "speed.tickets",
        when=tickets("intent.site_slow", people=1, within=hours(24)),
        then=supports(SLOWER, WEAK, family="tickets"),
        why="Somebody wrote that the shop is slow.",
        examples=(
            fires("one", ticket(0, "intent.site_slow"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "speed.one-region",
        when=still(
            _SLOW_VIEWS.standout(PageTimings.region, against=timings(), at_most=percent(50), within=minutes(5)).per(
                _SLOW_VIEWS.count(within=minutes(5)), floor=50
            )
            >= percent(90)
        ),
        then=refutes(SLOWER, 60, family="region"),
        why="Nearly all slow views come from one region or network that brings at most half of all.",
        examples=(
            fires(
                "90 of 100",
                said(TIMINGS, 0, views=200, ttfb_ms=300, region="eu"),
                said(TIMINGS, 1, views=10, ttfb_ms=2_000, region="eu"),
                said(TIMINGS, 2, views=90, ttfb_ms=2_000, region="ap"),
                for_=SHOP,
            ),
            silent(
                "89 of 100",
                said(TIMINGS, 0, views=200, ttfb_ms=300, region="eu"),
                said(TIMINGS, 1, views=11, ttfb_ms=2_000, region="eu"),
                said(TIMINGS, 2, views=89, ttfb_ms=2_000, region="ap"),
            ),
        ),
    ),
)
