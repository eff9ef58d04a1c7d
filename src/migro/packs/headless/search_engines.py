"""What search engines meet: addresses of the old shop, and pages that ask not to be found."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    before,
    fires,
    greatest,
    holding,
    hour_of_week,
    on,
    previous,
    refutes,
    silent,
    supports,
    together,
    trailing,
)
from .browser import REDIRECTS
from .browser_signals import Sessions
from .check_signals import IndexCoverage, IndexingCheck, LegacyCrawl, SitemapCheck
from .operations_signals import Change
from .references import cited
from .responses import draft_reply, operators
from .shop_witnesses import before_cutover, mostly, sessions, still
from .signals import HttpRequest, ShopProfile
from .specimens import SHOP, burst, profile
from .specimens import page as view
from .specimens_operations import CHANGE, LOG, said
from .specimens_shop import COVERAGE, INDEXING, LEGACY, SESSIONS, SITEMAP
from .witnesses import logged

__all__ = ["NOT_INDEXED", "RULES"]

NOT_INDEXED = IssueKind[MerchantId](
    "indexing_directives_wrong",
    category="frontend_mismatch",
    title="Pages tell search engines the wrong thing",
    what="Settings of a preview reached production: pages forbid to be found, or name another host as their own.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        *operators("templates, headers and tags that say so, hosts in canonical addresses and sitemap"),
        draft_reply(
            "Pages of your new storefront tell search engines not to show them, or name another host. Please have this"
            " corrected today; the templates concerned are in the report."
        ),
    ),
    human_only=("change headers, robots.txt or canonical addresses",),
    false_positives="Previews forbid indexing on purpose; a maintenance page with 503 does not.",
    related=("seo_redirect_404_spike", "deploy_regression", "env_var_missing_after_deploy"),
    harm=(
        "Search engines drop the pages day by day; grave when they are told to leave pages out, less so for a"
        " wrong host."
    ),
    sources=cited("VERCEL-HDR", "CAT-2515", "CAT-2889"),
)

_CUTOVER = on(Change, Change.what == "cutover", per=Change.merchant)
_SCAN: Pred[HttpRequest] = HttpRequest.features.has("request.scan")
# People, and search engines that reverse DNS confirms; many a scanner passes for a browser, but asks for other paths.
_WANTED: Pred[HttpRequest] = (
    (HttpRequest.bot == False) | HttpRequest.crawler.one_of("googlebot", "bingbot")  # noqa: E712
) & ~_SCAN
_PAGES: Pred[HttpRequest] = HttpRequest.route_class.one_of("home", "plp", "pdp", "search", "other")
_VIEWS = on(HttpRequest, _PAGES, _WANTED, per=HttpRequest.merchant, weight=HttpRequest.requests)
_LOST: Pred[HttpRequest] = HttpRequest.status == 404
_ALL_LOST = on(HttpRequest, _PAGES, _LOST, per=HttpRequest.merchant, weight=HttpRequest.requests)
_WANTED_LOST = on(HttpRequest, _PAGES, _WANTED, _LOST, per=HttpRequest.merchant, weight=HttpRequest.requests)
_LOST_SHARE = _WANTED_LOST.count(within=minutes(60)).per(_VIEWS.count(within=minutes(60)), floor=500)
_LOST_BEFORE = _LOST_SHARE.baseline(before(_CUTOVER, within=days(13)), hour_of_week(weeks=4), trailing(hours(24)))
_CRAWLED = on(
    HttpRequest, _LOST, HttpRequest.crawler == "googlebot", per=HttpRequest.merchant, weight=HttpRequest.requests
).count(within=hours(24))
_LEGACY = on(LegacyCrawl, per=LegacyCrawl.merchant)
_ORGANIC = sessions(Sessions.channel == "organic").count(within=days(7))
_MEANT: Pred[IndexingCheck] = IndexingCheck.meant_for_search == True  # noqa: E712
_HIDDEN = (
    on(IndexingCheck, _MEANT, IndexingCheck.env == "production", per=(IndexingCheck.merchant, IndexingCheck.page_class))
    .fits(IndexingCheck.hidden == True)  # noqa: E712
    .runs(2, of=2, within=hours(24))
)
_SITEMAPS = on(SitemapCheck, per=SitemapCheck.merchant)
_INDEXED = on(IndexCoverage, per=IndexCoverage.merchant).latest(IndexCoverage.pages, max_age=days(7))

_OURS = profile(-60, storefront_host="shop.example")
_BAD: dict[str, Any] = {"canonical_host": "preview.example"}


def _views(at: int, lost: int, of: int = 500) -> tuple[HttpRequest, ...]:
    return (*burst(of - lost, view(at)), *burst(lost, view(at + 600, 404)))


_MOVED = (*_views(-7_200, 10), said(CHANGE, -3_610, what="cutover"))

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "redirect.404-rise",
        # Sums of a minute come one after the other, and a share near the bound is above and below it by chance.
        when=(_LOST_SHARE >= greatest(percent(5), 3 * _LOST_BEFORE)).held(minutes(5)),  # noqa: SIM300
        then=supports(REDIRECTS, STRONG, family="http"),
        why="For five minutes 5 % of page views ended in page not found, three times the share from before the move.",
        revision=2,
        examples=(
            fires("6 % for 2 %", *_MOVED, *_views(0, 30), view(929, 404), for_=SHOP),
            silent("not yet for five minutes", *_MOVED, *_views(0, 30), view(928, 404)),
            silent("6 % for 2.2 %", view(-7_201, 404), *_MOVED, *_views(0, 30), view(929, 404)),
            silent("4.99 %", *_MOVED[-1:], *_views(0, 24), view(929, 404)),
        ),
    ),
    Rule(
        "redirect.old-addresses",
        # What the old shop's sitemap lists was there before the move, whether or not anybody tells when that was.
        when=_VIEWS.share(_LOST, HttpRequest.legacy == True, at_least=percent(5), floor=500, within=minutes(60)),  # noqa: E712
        then=supports(REDIRECTS, STRONG, family="http"),
        why="At least 5 % of page views asked for an address of the old shop's and found nothing there.",
        examples=(
            fires("25 of 500", *burst(475, view(0)), *burst(25, view(500, 404, legacy=True)), for_=SHOP),
            silent("24 of 500", *burst(476, view(0)), *burst(24, view(500, 404, legacy=True))),
            silent("nobody knows of any", *burst(475, view(0)), *burst(25, view(500, 404))),
            silent("they lead on", *burst(475, view(0)), *burst(25, view(500, 301, legacy=True))),
        ),
    ),
    Rule(
        "redirect.legacy-crawl",
        when=_LEGACY.latest(LegacyCrawl.lost, max_age=hours(48)).per(
            _LEGACY.latest(LegacyCrawl.addresses, max_age=hours(48)), floor=50
        )
        >= percent(20),
        then=supports(REDIRECTS, STRONG, family="probe"),
        why="At least 20 % of the old shop's most asked for addresses are lost.",
        examples=(
            fires("100 of 500", said(LEGACY, 0, lost=100), for_=SHOP),
            silent("99 of 500", said(LEGACY, 0, lost=99)),
        ),
    ),
    Rule(
        "redirect.top-addresses",
        when=_LEGACY.fits(LegacyCrawl.top_lost >= 4),
        then=supports(REDIRECTS, STRONG, family="probe", severity=Severity.SEV2),
        why="At least four of the old shop's twenty most asked for addresses are lost.",
        lasts=hours(48),
        examples=(
            fires("four", said(LEGACY, 0, lost=4, top_lost=4), for_=SHOP),
            silent("three", said(LEGACY, 0, lost=4, top_lost=3)),
        ),
    ),
    Rule(
        "redirect.top-address",
        when=together(_LEGACY.fits(LegacyCrawl.top_lost >= 1), _LOST_SHARE >= percent(5), within=hours(24)),  # noqa: SIM300
        then=supports(REDIRECTS, STRONG, family="probe", severity=Severity.SEV2),
        why="One of the old shop's twenty most asked for addresses is among the many that are lost.",
        lasts=hours(24),
        examples=(
            fires("one", said(LEGACY, -60, lost=1, top_lost=1), *_views(0, 25), for_=SHOP),
            silent("none of them", said(LEGACY, -60, lost=1, top_lost=0), *_views(0, 25)),
            silent("it alone", said(LEGACY, -60, lost=1, top_lost=1), *_views(0, 24)),
        ),
    ),
    Rule(
        "redirect.crawler",
        when=_CRAWLED >= greatest(10, 5 * before_cutover(_CRAWLED)),  # noqa: SIM300
        then=supports(REDIRECTS, MEDIUM, family="crawler"),
        why="A search engine met five times as many lost pages within a day as before.",
        examples=(
            fires(
                "15 for 3",
                *burst(3, view(-90_000, 404, bot=True, crawler="googlebot")),
                *burst(15, view(0, 404, bot=True, crawler="googlebot")),
                for_=SHOP,
            ),
            silent(
                "14 for 3",
                *burst(3, view(-90_000, 404, bot=True, crawler="googlebot")),
                *burst(14, view(0, 404, bot=True, crawler="googlebot")),
            ),
        ),
    ),
    Rule(
        "redirect.lookup-log",
        when=logged("code.redirect.lookup", lines=5, within=minutes(10)),
        then=supports(REDIRECTS, MEDIUM, family="error-tracker"),
        why="A log said five times within ten minutes that redirects could not be looked up.",
        examples=(
            fires("five lines", said(LOG, 0, "code.redirect.lookup", lines=5), for_=SHOP),
            silent("four lines", said(LOG, 0, "code.redirect.lookup", lines=4)),
        ),
    ),
    Rule(
        "redirect.organic-visits",
        when=_ORGANIC <= percent(80) * _ORGANIC.baseline(previous()),  # noqa: SIM300
        then=supports(REDIRECTS, WEAK, family="visits"),
        why="A fifth fewer visits than in the week before came from search.",
        examples=(
            fires(
                "80 for 100",
                said(SESSIONS, -700_000, sessions=100, channel="organic"),
                said(SESSIONS, 0, sessions=80, channel="organic"),
                for_=SHOP,
            ),
            silent(
                "81 for 100",
                said(SESSIONS, -700_000, sessions=100, channel="organic"),
                said(SESSIONS, 0, sessions=81, channel="organic"),
            ),
        ),
    ),
    Rule(
        "redirect.scans",
        # Scanners come to every shop; that they make most of the noise does not bring the others to their pages.
        when=mostly(
            _ALL_LOST,
            (HttpRequest.bot == True) | _SCAN,  # noqa: E712
            at_least=percent(80),
            floor=50,
            within=minutes(5),
        )
        & still(_LOST_SHARE < percent(5)),  # noqa: SIM300
        then=refutes(REDIRECTS, 150, family="scans"),
        why="Most of the lost pages were asked for by scanners, and next to none by others.",
        examples=(
            fires(
                "40 of 50",
                *burst(490, view(-900)),
                *burst(10, view(0, 404)),
                *burst(40, view(20, 404, bot=True)),
                for_=SHOP,
            ),
            fires(
                "scanners that pass for browsers",
                *burst(490, view(-900)),
                *burst(10, view(0, 404)),
                *burst(40, view(20, 404, features=frozenset({"request.scan"}))),
                for_=SHOP,
            ),
            silent(
                "39 of 50",
                *burst(489, view(-900)),
                *burst(11, view(0, 404)),
                *burst(39, view(20, 404, bot=True)),
            ),
            silent(
                "others do not find theirs either",
                *burst(475, view(-900)),
                *burst(25, view(0, 404)),
                *burst(400, view(20, 404, bot=True), every=0),
            ),
        ),
    ),
    Rule(
        "redirect.never-existed",
        when=mostly(_WANTED_LOST, HttpRequest.legacy == False, at_least=percent(80), floor=50, within=minutes(60)),  # noqa: E712
        then=refutes(REDIRECTS, 60, family="sitemap"),
        why="Most of the pages that people and search engines lost were never in the old shop's sitemap.",
        examples=(
            fires(
                "40 of 50",
                *burst(10, view(0, 404, legacy=True)),
                *burst(40, view(20, 404, legacy=False)),
                for_=SHOP,
            ),
            silent("39 of 50", *burst(11, view(0, 404, legacy=True)), *burst(39, view(20, 404, legacy=False))),
        ),
    ),
    Rule(
        "indexing.hidden",
        when=holding(_HIDDEN, per=IndexingCheck.merchant, within=hours(24)) >= 1,
        then=supports(NOT_INDEXED, STRONG, family="pages", severity=Severity.SEV2),
        why="Pages that are meant to be found forbade it twice in a row.",
        examples=(
            fires("twice", said(INDEXING, 0, hidden=True), said(INDEXING, 600, hidden=True), for_=SHOP),
            silent("once", said(INDEXING, 0), said(INDEXING, 600, hidden=True)),
            silent("a cart", *burst(2, said(INDEXING, 0, page_class="cart", meant_for_search=False, hidden=True))),
        ),
    ),
    Rule(
        "indexing.canonical",
        when=on(IndexingCheck, _MEANT, per=IndexingCheck.merchant).share(
            IndexingCheck.canonical_host != fact(ShopProfile.storefront_host),
            at_least=percent(50),
            floor=5,
            within=hours(24),
            bound="plain",
        ),
        then=supports(NOT_INDEXED, STRONG, family="canonical"),
        why="At least half of the sampled pages name another host as their own.",
        examples=(
            fires("3 of 6", _OURS, *burst(3, said(INDEXING, 0)), *burst(3, said(INDEXING, 9, **_BAD)), for_=SHOP),
            silent("2 of 5", _OURS, *burst(3, said(INDEXING, 0)), *burst(2, said(INDEXING, 9, **_BAD))),
        ),
    ),
    Rule(
        "indexing.sitemap-host",
        when=_SITEMAPS.fits(SitemapCheck.elsewhere >= 1),
        then=supports(NOT_INDEXED, MEDIUM, family="sitemap"),
        why="The sitemap names addresses of another host.",
        lasts=hours(24),
        examples=(
            fires("one", said(SITEMAP, 0, elsewhere=1), for_=SHOP),
            silent("none", said(SITEMAP, 0)),
        ),
    ),
    Rule(
        "indexing.sitemap-dead",
        when=_SITEMAPS.fits(SitemapCheck.failing >= SitemapCheck.addresses.scaled(percent(10))),
        then=supports(NOT_INDEXED, MEDIUM, family="sitemap"),
        why="At least 10 % of the sitemap's addresses do not answer.",
        lasts=hours(24),
        examples=(
            fires("10 of 100", said(SITEMAP, 0, failing=10), for_=SHOP),
            silent("9 of 100", said(SITEMAP, 0, failing=9)),
        ),
    ),
    Rule(
        "indexing.coverage-fell",
        when=_INDEXED <= percent(80) * _INDEXED.baseline(previous()),  # noqa: SIM300
        then=supports(NOT_INDEXED, MEDIUM, family="coverage"),
        why="A search engine knows a fifth fewer pages than a week ago.",
        examples=(
            fires("800 for 1000", said(COVERAGE, -700_000), said(COVERAGE, 0, pages=800), for_=SHOP),
            silent("801 for 1000", said(COVERAGE, -700_000), said(COVERAGE, 0, pages=801)),
        ),
    ),
    Rule(
        "indexing.meant-so",
        when=mostly(
            on(IndexingCheck, IndexingCheck.hidden == True, per=IndexingCheck.merchant),  # noqa: E712
            IndexingCheck.meant_for_search == False,  # noqa: E712
            at_least=percent(95),
            floor=1,
            within=minutes(5),
        ),
        then=refutes(NOT_INDEXED, 150, family="page-class"),
        why="All pages that forbid to be found are meant so.",
        examples=(
            fires("a cart", said(INDEXING, 0, page_class="cart", meant_for_search=False, hidden=True), for_=SHOP),
            silent(
                "a product too",
                said(INDEXING, 0, hidden=True),
                said(INDEXING, 9, page_class="cart", meant_for_search=False, hidden=True),
            ),
        ),
    ),
)
