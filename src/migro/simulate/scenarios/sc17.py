"""
SC17: pages are renewed within seconds of a change of prices, and the API still gives the old ones.

So the cache is filled with old prices again, and may keep them for a day: the storefront shows one price and the cart
charges another. The refresh of pages is a change in the storefront (R1) and at SEV2 waits for one person, however
sure the issue is; in the story somebody releases it twice. Twenty articles whose promotion ends are renewed in time.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from ...models import Severity
from .. import envelopes, letters, load
from ..bodies import money
from ..envelopes import iso
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..traffic import BY_LETTER, shopping
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

TAMARACK = Shop(
    id="tamarack-demo.myshopify.com",
    name="tamarack",
    currency="EUR",
    aov_minor=7_300,
    sessions_per_min="9",
    numbers=120_000,
)
"""A Next.js Commerce storefront on Shopify; businesses among its customers have prices of their own."""

_CHANGED, _PROMOTED, _SAMPLED = 200, 20, 100
_OLD = _CHANGED * 35 // 100
_FIRST_PRODUCT = 8_200_000_000_000
_DAY_S = 86_400
_RUNS = (*range(-45, 0, 15), *range(15, 120, 15))
_REFRESHED = ((62, 50), (77, _OLD - 50))
"""When a person releases a refresh, and of how many pages."""
_LEFT_OLD = 3
_FROM, _TO = -60, 125
_THIN = 100


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC17.

    T0 200 articles get dearer; their webhooks come within 12 seconds and their pages are renewed at once, 35 % of
    them with the old price, because the API needs 8 seconds. T+5 a promotion of 20 other articles ends. From T+15 on
    a check of 100 of the articles finds a third of them different every quarter of an hour, and the cart charges
    more. T+62 and T+77 a person releases the refresh of 50 and of 20 pages, which sets 95 % right. The end is at
    T+125.
    """
    onset = START + timedelta(minutes=-_FROM)
    timeline = Timeline("SC17", seed=seed, shop=TAMARACK, onset=onset, end=onset + timedelta(minutes=_TO))
    load.profile(timeline, _FROM)
    shopping(timeline, _FROM, _TO - 1, thin=_THIN)
    # As many among those that are checked as among the others.
    rng, half = timeline.rng("old"), _CHANGED // 2
    old = [
        p for pair in zip(*(rng.sample(range(h, h + half), k=_OLD // 2) for h in (0, half)), strict=True) for p in pair
    ]
    _prices_change(timeline)
    _promotion_ends(timeline)
    for minute in _RUNS:
        _check(timeline, minute, old)
    _refresh(timeline, old)
    _sessions(timeline)
    _letters(timeline)
    return timeline.finish(_truth)


def _prices_change(timeline: Timeline) -> None:
    rng = timeline.rng("changes")
    for product in range(_CHANGED):
        _change(timeline, timeline.at(0, rng.randrange(12)), product, 4_800)


def _change(timeline: Timeline, at: datetime, product: int, price: int) -> None:
    """Let Shopify tell of a product, and the storefront renew its pages a moment later."""
    number = _FIRST_PRODUCT + product
    body: dict[str, Any] = {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Product/{number}",
        "title": f"Oak stool {product}",
        "handle": f"oak-stool-{product}",
        "vendor": "Tamarack",
        "status": "active",
        "updated_at": iso(at),
        "variants": [{"id": number + 50_000, "sku": f"stool-{product}", "price": money(price), "taxable": True}],
    }
    arrives = timeline.received(at)
    timeline.add(
        envelopes.shopify(
            TAMARACK.signed("shopify"),
            body,
            topic="products/update",
            occurred_at=at,
            received_at=arrives,
            delivery=str(uuid.UUID(timeline.token())),
            event=str(uuid.UUID(timeline.token())),
        )
    )
    _renewed(timeline, arrives + timedelta(seconds=1), product)


def _renewed(timeline: Timeline, at: datetime, product: int) -> None:
    ids = {"product_id": str(_FIRST_PRODUCT + product)}
    timeline.host(at, "cache.revalidation", source_kind="app_log", ids=ids, attrs={"ok": True})


def _promotion_ends(timeline: Timeline) -> None:
    """End a promotion of other articles; their pages are renewed half a minute later, and are right."""
    timeline.host(timeline.at(5), "change.made", source_kind="change_event", attrs={"what": "promotion"})
    for product in range(_CHANGED, _CHANGED + _PROMOTED):
        _change(timeline, timeline.at(5, 30), product, 5_200)


def _check(timeline: Timeline, minute: int, old: list[int]) -> None:
    """Hold the same hundred pages against the API and against the cart; one in three is much asked for."""
    still, at = _still_old(minute, old), timeline.at(minute, 10)
    for product in range(_SAMPLED):
        same, moment = product not in still, at + timedelta(milliseconds=600 * product)
        timeline.host(
            moment,
            "probe.page_value",
            source_kind="probe",
            ids={"product_id": str(_FIRST_PRODUCT + product)},
            metrics={"behind_s": 0 if same else 60 * minute, "ttl_s": _DAY_S},
            attrs={"same": same, "top_page": product % 3 == 0},
        )
        shown = 4_800 if same else 4_500
        timeline.host(
            moment,
            "poll.price",
            source_kind="api_poll",
            provider="shopify",
            ids={"sku": f"stool-{product}"},
            metrics={"shown_minor": shown, "charged_minor": 4_800},
            attrs={"tax_ratio": False},
        )


def _still_old(minute: int, old: list[int]) -> list[int]:
    if minute < 0:
        return []
    refreshed = sum(pages for at, pages in _REFRESHED if at < minute)
    # The refresh leaves three pages as they are.
    return [*old[:_LEFT_OLD], *old[max(_LEFT_OLD, refreshed) :]]


def _refresh(timeline: Timeline, old: list[int]) -> None:
    done = 0
    for minute, pages in _REFRESHED:
        for product in old[done : done + pages]:
            _renewed(timeline, timeline.at(minute, 15), product)
        done += pages


def _sessions(timeline: Timeline) -> None:
    """Tell of sessions and of the cache's answers: one session in twenty is a business with prices of its own."""
    rng = timeline.rng("sessions")
    for minute in range(_FROM, _TO, 10):
        own = rng.randrange(3, 6)
        for sessions, moved in ((100 - own, 0), (own, 60)):
            timeline.host(
                timeline.at(minute, 59),
                "session.market",
                source_kind="rum",
                metrics={"sessions": sessions, "currencies": 1, "subtotal_moved_permille": moved},
                attrs={"page_country": "DE", "cart_country": "DE", "charged_other": False, "switched": False},
            )
        for answers, result, age in ((190, "hit", 3_600), (10, "bypass", 0)):
            timeline.host(
                timeline.at(minute, 58),
                "cache.hits",
                source_kind="edge_metric",
                metrics={"answers": answers, "age_s": age, "ttl_s": _DAY_S},
                attrs={"result": result},
            )


def _letters(timeline: Timeline) -> None:
    for minute, text in ((38, "The stool costs more in the cart than on its page."), (51, "Two prices for one stool?")):
        person, at = timeline.people.person(), timeline.at(minute, 20)
        timeline.planted.person(person, ("name", "email", "phone"))
        letters.by_help_desk(
            timeline,
            person,
            number=timeline.number(),
            subject="Wrong price shown",
            text=f"Hello,\n\n{text}\n\n{person.name}\n{person.email}",
            at=at,
        )


def _truth(timeline: Timeline) -> GroundTruth:
    shop, old = TAMARACK.id, "stale_page_cache"
    return GroundTruth(
        scenario="SC17",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=old,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                within=2_100,
            ),
            ExpectedIssue(
                kind="price_mismatch_storefront_checkout",
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                parent=old,
                within=3_600,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (
                "api_throttling",
                "currency_market_mismatch",
                "indexer_stuck",
                "inventory_drift",
                "tax_calculation_failure",
                "webhook_duplicate_delivery",
            )
        ),
        allowed=BY_LETTER,
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=old),
            ExpectedAction(kind="report", merchant=shop, issue=old),
            ExpectedAction(kind="refresh_cache", merchant=shop, issue=old),
        ),
    )


SCENARIO = Scenario(
    id="SC17",
    title="Pages renewed before the API is consistent keep old prices",
    play=play,
    amended="The refresh of pages (R1) is proposed: at SEV2 the table asks for one approval, at MID as at HIGH.",
)
