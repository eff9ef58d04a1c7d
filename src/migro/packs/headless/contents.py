"""Contents of pages: old prices and stock from caches, pictures that do not come."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    fires,
    greatest,
    holding,
    on,
    refutes,
    silent,
    supports,
    together,
)
from .browser import IMAGES
from .check_signals import CacheHits, ImageCheck, PageCheck, Revalidation
from .references import cited
from .responses import dashboard, draft_reply, notify, recheck, refresh_cache, report
from .shop_witnesses import newest, still, two_polls
from .signals import Product
from .specimens import SHOP, burst, ticket
from .specimens_operations import LOG, said
from .specimens_shop import CACHE, PAGE_VALUE, PRODUCT, REVALIDATION
from .specimens_shop import IMAGES as PICTURES
from .witnesses import logged, tickets

__all__ = ["RULES", "STALE_PAGES"]

STALE_PAGES = IssueKind[MerchantId](
    "stale_page_cache",
    category="frontend_mismatch",
    title="Pages show old data",
    what="Pages are not renewed, or are renewed before the API shows the change, so old prices and stock stay.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("pages and templates, how old, what was renewed when"),
        recheck("pages"),
        dashboard(),
        refresh_cache("pages"),
        draft_reply(
            "Some pages of your storefront show older data than your shop has. The pages concerned are in the report;"
            " the most important of them are being renewed and checked again."
        ),
    ),
    human_only=("empty the whole cache", "change how long pages are kept", "change the code"),
    false_positives="Pages for one shopper are never kept; emptying everything can exhaust the API's quota.",
    related=(
        "price_mismatch_storefront_checkout",
        "inventory_drift",
        "webhook_silence",
        "api_throttling",
        "search_index_lag",
    ),
    harm="Browsers see old prices and stock; graver on the pages that are looked at most.",
    sources=cited("VC-1239", "VC-1013", "VC-1223", "MED-11679", "MED-5185", "BC-CACHE", "VERCEL-CACHE"),
    causes=("price_mismatch_storefront_checkout",),
    lag=hours(4),
    about=("product",),
)

_CHECKS = on(PageCheck, per=PageCheck.merchant)
_OLD: Pred[PageCheck] = (PageCheck.same == False) & (PageCheck.behind_s > PageCheck.ttl_s.scaled(percent(200)))  # noqa: E712
_CHANGED = on(Product, Product.topic == "product.changed", per=(Product.merchant, Product.product_id))
_RENEWED = on(Revalidation, per=(Revalidation.merchant, Revalidation.product_id))
_WRONG = on(PageCheck, PageCheck.same == False, per=(PageCheck.merchant, PageCheck.product_id))  # noqa: E712
_RIGHT = on(PageCheck, PageCheck.same == True, per=(PageCheck.merchant, PageCheck.product_id))  # noqa: E712
# First told, still wrong, told again, and right.
_AT_THE_SECOND = _RIGHT.after(
    _CHANGED.after(_WRONG.after(_CHANGED, within=minutes(30)), within=minutes(30)), within=minutes(10)
)
_RENEWED_NOW = on(Revalidation, Revalidation.ok == True, per=(Revalidation.merchant, Revalidation.product_id))  # noqa: E712


def _in_vain(*where: Pred[PageCheck]) -> Measure[MerchantId]:
    """
    Return how many products' pages two checks found old although they were renewed when the product changed.

    How long a page may be kept explains nothing here: it was made anew after the change, and out of old data.
    """
    later = on(
        PageCheck,
        PageCheck.same == False,  # noqa: E712
        PageCheck.behind_s >= 300,
        *where,
        per=(PageCheck.merchant, PageCheck.product_id),
    )
    renewed = _RENEWED_NOW.after(_CHANGED, within=minutes(5))
    twice = later.after(later.after(renewed, within=hours(24)), within=minutes(60))
    return holding(twice, per=PageCheck.merchant, within=minutes(30))


_CHANGES = holding(_CHANGED, per=Product.merchant, within=minutes(60))
_NOT_RENEWED = holding(_CHANGED.without(_RENEWED, within=minutes(5)), per=Product.merchant, within=minutes(60))
_DIFFERING = on(PageCheck, PageCheck.same == False, per=PageCheck.merchant).different(  # noqa: E712
    PageCheck.product_id, within=minutes(30)
)
_YOUNG = on(
    PageCheck,
    PageCheck.same == False,  # noqa: E712
    PageCheck.behind_s <= PageCheck.ttl_s,
    per=PageCheck.merchant,
).different(PageCheck.product_id, within=minutes(30))
_ANSWERS = on(CacheHits, per=CacheHits.merchant, weight=CacheHits.answers)
_PICTURES = on(ImageCheck, per=ImageCheck.merchant)

_LATE: dict[str, Any] = {"same": False, "behind_s": 7_201}


def _renewed_in_vain(n: int, **columns: Any) -> tuple[Signal, ...]:
    """Let products change, their pages be renewed, and two checks find them old a quarter of an hour apart."""
    old = said(PAGE_VALUE, 900, same=False, behind_s=900, ttl_s=86_400, **columns)
    return (
        *burst(n, said(PRODUCT, 0), product_id="p"),
        *burst(n, said(REVALIDATION, 10 * n), product_id="p"),
        *burst(n, old, product_id="p"),
        *burst(n, said(old, 1_800, behind_s=1_800), product_id="p"),
    )


def _top_of_five(n: int) -> tuple[Signal, ...]:
    asked_for = {f"p{i}" for i in range(n)}
    found = _renewed_in_vain(5, top_page=False)
    return tuple(
        s.model_copy(update={"top_page": True}) if isinstance(s, PageCheck) and s.product_id in asked_for else s
        for s in found
    )


def _differ(behind_s: int) -> tuple[PageCheck, ...]:
    return burst(5, said(PAGE_VALUE, 0, same=False, behind_s=behind_s), product_id="p")


_IN_TIME = tuple(said(PAGE_VALUE, 1_850, same=False, behind_s=60, product_id=f"q{i}") for i in range(5))


def _run(at: int, old: int) -> tuple[PageCheck, ...]:
    return (
        *burst(100 - old, said(PAGE_VALUE, at), product_id="p"),
        *burst(old, said(PAGE_VALUE, at + 200, **_LATE), product_id="q"),
    )


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "stale.pages",
        when=two_polls(_CHECKS, _OLD, at_least=percent(5), floor=20, every=minutes(30)),
        then=supports(STALE_PAGES, STRONG, family="probe"),
        why="In two runs at least 5 % of sampled pages differed from the API for twice as long as they may be kept.",
        revision=2,
        examples=(
            fires("twice 5 of 100", *_run(0, 5), *_run(1_900, 5), for_=SHOP, after=minutes(60)),
            silent("once", *_run(0, 4), *_run(1_900, 5), after=minutes(60)),
            silent(
                "not twice as long",
                *burst(20, said(PAGE_VALUE, 0, same=False, behind_s=7_200), product_id="p"),
                *burst(20, said(PAGE_VALUE, 1_900, same=False, behind_s=7_200), product_id="p"),
                after=minutes(60),
            ),
        ),
    ),
    Rule(
        "stale.top-pages",
        when=two_polls(
            on(PageCheck, PageCheck.top_page == True, per=PageCheck.merchant),  # noqa: E712
            _OLD,
            at_least=percent(5),
            floor=20,
            every=minutes(30),
        ),
        then=supports(STALE_PAGES, STRONG, family="probe", severity=Severity.SEV2),
        why="In two runs at least 5 % of the pages most asked for showed old prices or stock.",
        revision=2,
        examples=(
            fires(
                "twice",
                *burst(20, said(PAGE_VALUE, 0, top_page=True, **_LATE), product_id="p"),
                *burst(20, said(PAGE_VALUE, 1_900, top_page=True, **_LATE), product_id="p"),
                for_=SHOP,
                after=minutes(60),
            ),
            silent(
                "other pages",
                *burst(20, said(PAGE_VALUE, 0, top_page=False, **_LATE), product_id="p"),
                *burst(20, said(PAGE_VALUE, 1_900, top_page=False, **_LATE), product_id="p"),
                after=minutes(60),
            ),
        ),
    ),
    Rule(
        "stale.renewed-in-vain",
        when=_in_vain() >= 5,
        then=supports(STALE_PAGES, STRONG, family="probe"),
        why="Two checks found five products' pages old although they were renewed when the products changed.",
        lasts=minutes(60),
        examples=(
            fires("five", *_renewed_in_vain(5), for_=SHOP),
            silent("four", *_renewed_in_vain(4)),
            silent("never renewed", *(s for s in _renewed_in_vain(5) if s.kind != REVALIDATION.kind)),
            silent("checked once", *_renewed_in_vain(5)[:15]),
            silent(
                "just now", *(said(s, behind_s=299) if s.kind == PAGE_VALUE.kind else s for s in _renewed_in_vain(5))
            ),
        ),
    ),
    Rule(
        "stale.in-vain-top-pages",
        # Five pages prove it; that those most asked for are hit as well, two of them do.
        when=together(_in_vain() >= 5, _in_vain(PageCheck.top_page == True) >= 2, within=minutes(30)),  # noqa: E712
        then=supports(STALE_PAGES, STRONG, family="probe", severity=Severity.SEV2),
        why="Two checks found five pages old although they were renewed, two of those most asked for among them.",
        lasts=minutes(60),
        revision=2,
        examples=(
            fires("two of five", *_top_of_five(2), for_=SHOP),
            silent("one of five", *_top_of_five(1)),
            silent("two of four", *_renewed_in_vain(4, top_page=True)),
            silent("other pages", *_renewed_in_vain(5, top_page=False)),
        ),
    ),
    Rule(
        "stale.renewal-fails",
        when=on(Revalidation, Revalidation.ok == False, per=Revalidation.merchant).at_least(3, within=minutes(15)),  # noqa: E712
        then=supports(STALE_PAGES, STRONG, family="renewal"),
        why="Renewing pages failed three times within a quarter of an hour.",
        examples=(
            fires("three times", *burst(3, said(REVALIDATION, 0, ok=False)), for_=SHOP),
            silent("twice", *burst(2, said(REVALIDATION, 0, ok=False))),
        ),
    ),
    Rule(
        "stale.not-renewed",
        # A shop that never tells of renewals leaves none out; where most are told of, the rest was told in vain.
        when=(_NOT_RENEWED >= greatest(5, percent(75) * _CHANGES))  # noqa: SIM300
        & on(Revalidation, per=Revalidation.merchant).within(days(7)),
        then=supports(STALE_PAGES, STRONG, family="renewal"),
        why="Five products changed within an hour, and nothing asked to renew the pages of three in four.",
        revision=4,
        examples=(
            fires(
                "five",
                said(REVALIDATION, -600, product_id="q"),
                *burst(5, said(PRODUCT, 0), product_id="p"),
                for_=SHOP,
                after=minutes(10),
            ),
            silent(
                "four",
                said(REVALIDATION, -600, product_id="q"),
                *burst(4, said(PRODUCT, 0), product_id="p"),
                after=minutes(10),
            ),
            silent(
                "five of seven",
                *burst(7, said(PRODUCT, 0), product_id="p"),
                *burst(2, said(REVALIDATION, 60), product_id="p"),
                after=minutes(10),
            ),
            silent("a shop that tells of none", *burst(5, said(PRODUCT, 0), product_id="p"), after=minutes(10)),
            silent(
                "one of five renewed",
                *burst(5, said(PRODUCT, 0), product_id="p"),
                said(REVALIDATION, 200, product_id="p0"),
                after=minutes(10),
            ),
        ),
    ),
    Rule(
        "stale.cache-answers",
        when=_ANSWERS.share(
            (CacheHits.result == "stale")
            | (CacheHits.age_s.present() & CacheHits.ttl_s.present() & (CacheHits.age_s > CacheHits.ttl_s)),
            at_least=percent(50),
            floor=50,
            within=minutes(30),
        ),
        then=supports(STALE_PAGES, MEDIUM, family="cache"),
        why="At least half of the cache's answers within half an hour were older than they may be.",
        examples=(
            fires("50 of 100", said(CACHE, 0, answers=50), said(CACHE, 1, answers=50, result="stale"), for_=SHOP),
            fires("by age", said(CACHE, 0, answers=50), said(CACHE, 1, answers=50, age_s=3_601), for_=SHOP),
            silent("49 of 100", said(CACHE, 0, answers=51), said(CACHE, 1, answers=49, result="stale")),
        ),
    ),
    Rule(
        "stale.second-webhook",
        when=holding(_AT_THE_SECOND, per=PageCheck.merchant, within=minutes(60)) >= 1,
        then=supports(STALE_PAGES, MEDIUM, family="webhooks"),
        why="A page became right only after its product was told a second time.",
        examples=(
            fires(
                "the second time",
                said(PRODUCT, 0),
                said(PAGE_VALUE, 60, same=False),
                said(PRODUCT, 120),
                said(PAGE_VALUE, 180),
                for_=SHOP,
            ),
            silent("the first time", said(PAGE_VALUE, 60, same=False), said(PRODUCT, 120), said(PAGE_VALUE, 180)),
        ),
    ),
    Rule(
        "stale.tickets",
        when=tickets("mentions.stale_content", people=1, within=hours(24)),
        then=supports(STALE_PAGES, WEAK, family="tickets"),
        why="Somebody wrote of an old price or text.",
        examples=(
            fires("one", ticket(0, "mentions.stale_content"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "stale.within-limits",
        # A page that was renewed in vain is old for no limit's sake; of half an hour, as the newest check leaves it.
        when=still((_YOUNG - _in_vain()).per(_DIFFERING, floor=5) >= percent(95)),
        then=refutes(STALE_PAGES, 150, family="limits"),
        why="Nearly all pages that differ are no older than they may be, and next to none was renewed in vain.",
        lasts=minutes(30),
        revision=3,
        examples=(
            fires("as old as may be", *_differ(3_600), for_=SHOP),
            silent("older", *_differ(3_601)),
            silent("renewed in vain", *_renewed_in_vain(5)),
            silent("five of ten renewed in vain", *_renewed_in_vain(5), *_IN_TIME),
        ),
    ),
    Rule(
        "image.host-log",
        when=logged("code.image.host", lines=1, within=minutes(60)),
        then=supports(IMAGES, STRONG, family="error-tracker"),
        why="A log of production says that a host of pictures is not configured.",
        examples=(
            fires("one line", said(LOG, 0, "code.image.host"), for_=SHOP),
            silent("another matter", said(LOG, 0, "code.cors")),
        ),
    ),
    Rule(
        "image.probe",
        when=_PICTURES.latest(ImageCheck.failing, max_age=hours(2)).per(
            _PICTURES.latest(ImageCheck.images, max_age=hours(2)), floor=10
        )
        >= percent(20),
        then=supports(IMAGES, MEDIUM, family="probe"),
        why="At least 20 % of the sampled pictures of products do not come.",
        examples=(
            fires("10 of 50", said(PICTURES, 0, failing=10, failing_products=5), for_=SHOP),
            silent("9 of 50", said(PICTURES, 0, failing=9, failing_products=5)),
        ),
    ),
    Rule(
        "image.most-products",
        when=_PICTURES.latest(ImageCheck.failing, max_age=hours(2)).per(
            _PICTURES.latest(ImageCheck.images, max_age=hours(2)), floor=10
        )
        > percent(50),
        then=supports(IMAGES, MEDIUM, family="probe", severity=Severity.SEV2),
        why="More than half of the sampled pictures of products do not come.",
        examples=(
            fires("26 of 50", said(PICTURES, 0, failing=26, failing_products=25), for_=SHOP),
            silent("25 of 50", said(PICTURES, 0, failing=25, failing_products=25)),
        ),
    ),
    Rule(
        "image.one-product",
        when=newest(_PICTURES, (ImageCheck.failing >= 1) & (ImageCheck.failing_products <= 1)),
        then=refutes(IMAGES, 60, family="one-product"),
        why="All pictures that do not come belong to one product.",
        # As long as the check counts that it speaks about; the next one ends it.
        lasts=hours(1),
        revision=2,
        examples=(
            fires("one", said(PICTURES, 0, failing=4, failing_products=1), for_=SHOP),
            silent("two", said(PICTURES, 0, failing=4, failing_products=2)),
        ),
    ),
)
