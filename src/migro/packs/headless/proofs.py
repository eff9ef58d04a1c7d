"""Proofs: what was seen to work, which speaks strongly against a fault of that very thing."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models.signal import MerchantId
from ...rules import Rule, fires, on, refutes, silent
from .browser import IMAGES
from .catalogue_signals import IndexItem
from .check_signals import ImageCheck
from .deliveries import HANDLER_FAILS
from .operations_signals import Delivery, PlatformNotice, SubscriptionState
from .search import INDEXER, SEARCH_LAG
from .shop_witnesses import mostly, still
from .signals import Hook
from .specimens import SHOP, burst, hook
from .specimens_operations import DELIVERY, INDEX_ITEM, NOTICE, SUBSCRIPTION, at, said
from .specimens_shop import IMAGES as PICTURES
from .subscriptions import SUBSCRIPTION_REMOVED

__all__ = ["RULES"]

_PICTURES = on(ImageCheck, per=ImageCheck.merchant)
_CURRENT: Pred[IndexItem] = (IndexItem.same_offer == True) & (  # noqa: E712
    IndexItem.catalogue_at - IndexItem.index_at <= minutes(5)
)
_AS_THE_CATALOGUE = mostly(
    on(IndexItem, per=IndexItem.merchant), _CURRENT, at_least=percent(98), floor=50, within=minutes(30)
)
# What is slow for a reason of its own, a check of health, says nothing about the others.
_TIMED = on(
    Delivery,
    Delivery.latency_ms.present(),
    Delivery.limit_ms.present(),
    Delivery.health_check == False,  # noqa: E712
    per=Delivery.merchant,
)
_IN_TIME: Pred[Delivery] = Delivery.status.between(200, 299) & (
    Delivery.latency_ms <= Delivery.limit_ms.scaled(percent(50))
)
# One endpoint that nobody answers is no more than a few deliveries beside the many of a busy one.
_SENT = on(Delivery, Delivery.health_check == False, per=Delivery.merchant)  # noqa: E712
_BROKEN = on(
    Delivery,
    Delivery.health_check == False,  # noqa: E712
    Delivery.status >= 500,
    per=Delivery.merchant,
)
_NONE_BROKEN = still(_BROKEN.count(within=minutes(10)).per(_SENT.count(within=minutes(10)), floor=1) == 0)
_LISTS = on(SubscriptionState, per=SubscriptionState.merchant)
_LISTED: Pred[SubscriptionState] = (SubscriptionState.listed == True) & (SubscriptionState.active == True)  # noqa: E712
_OFF = on(SubscriptionState, ~_LISTED, SubscriptionState.queued == False, per=SubscriptionState.merchant)  # noqa: E712

_LATE = said(INDEX_ITEM, 100, catalogue_at=at(301))
_QUICK = said(DELIVERY, latency_ms=2_500, limit_ms=5_000)
_SLOW = said(DELIVERY, 200, latency_ms=2_501, limit_ms=5_000)


def _sampled(good: int, odd: int) -> tuple[IndexItem, ...]:
    return (*burst(odd, _LATE, sku="o"), *burst(good, said(INDEX_ITEM, 110), sku="s"))


def _index_is_current(rule: str, kind: Any, why: str) -> Rule[MerchantId]:
    return Rule(
        rule,
        when=_AS_THE_CATALOGUE,
        # Of what changed: categories, and other indexes, may stand still meanwhile.
        then=refutes(kind, 60, family="comparison-equal"),
        why=why,
        revision=2,
        examples=(
            fires("98 of 100", *_sampled(98, 2), for_=SHOP),
            silent("97 of 100", *_sampled(97, 3)),
            silent("49 products", *_sampled(49, 0)),
            silent("another price", *burst(50, said(INDEX_ITEM, same_offer=False), sku="s")),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    _index_is_current(
        "search-lag.as-the-catalogue",
        SEARCH_LAG,
        "Of the products that changed nearly all are in the index, minutes later and with the same price and stock.",
    ),
    _index_is_current(
        "indexer.serves-what-changed",
        INDEXER,
        "Products that changed of late are served with their new price and stock, so indexing goes on.",
    ),
    Rule(
        "image.pictures-come",
        when=on(ImageCheck, ImageCheck.failing == 0, ImageCheck.images >= 50, per=ImageCheck.merchant)
        .runs(2, of=2, within=hours(2))
        .unless(_PICTURES.fits(ImageCheck.failing >= 1)),
        then=refutes(IMAGES, 150, family="probe-green"),
        why="Twice in a row all of at least fifty sampled pictures came: what fails is asked for by no product page.",
        # Pictures that came an hour ago say nothing about those that fail now.
        lasts=minutes(20),
        examples=(
            fires("twice", *burst(2, PICTURES, every=900), for_=SHOP),
            silent("once", PICTURES),
            silent("49 pictures", *burst(2, said(PICTURES, 0, images=49), every=900)),
            silent("one fails since", *burst(2, PICTURES, every=900), said(PICTURES, 1_800, failing=1)),
        ),
    ),
    Rule(
        "webhook-handler.in-time",
        when=mostly(_TIMED, _IN_TIME, at_least=percent(99), floor=100, within=minutes(10)) & _NONE_BROKEN,
        then=refutes(HANDLER_FAILS, 150, family="deliveries-ok"),
        why="Of a hundred deliveries in ten minutes 99 came within half of the sender's time-out, and none failed.",
        revision=2,
        examples=(
            fires("99 of 100", _SLOW, *burst(99, said(_QUICK, 210)), for_=SHOP),
            silent("98 of 100", *burst(2, _SLOW), *burst(98, said(_QUICK, 210))),
            silent("99 deliveries", *burst(99, _QUICK)),
            silent("refused", *burst(100, said(_QUICK, 0, status=503))),
            silent(
                "another endpoint is dead",
                said(DELIVERY, 0, endpoint="/orders", status=504),
                *burst(199, said(_QUICK, 210)),
            ),
            silent("checks of health", *burst(100, said(_QUICK, 0, health_check=True))),
        ),
    ),
    Rule(
        "webhook-removed.all-listed",
        # A list is told topic by topic, so all of them in two hours have to be there and not the newest.
        # A list that was read before the platform said so knows nothing of it.
        when=still(_OFF.count(within=hours(2)).per(_LISTS.count(within=hours(2)), floor=2) == 0)
        .unless(on(PlatformNotice, PlatformNotice.features.has("notice.hook_disabled"), per=PlatformNotice.merchant))
        .unless(on(Hook, per=Hook.merchant)),
        then=refutes(SUBSCRIPTION_REMOVED, 150, family="subscription-list-ok"),
        why="The platform lists every subscription that the shop needs, and all of them are active.",
        lasts=hours(1),
        examples=(
            fires("twice", SUBSCRIPTION, said(SUBSCRIPTION, 900), for_=SHOP),
            silent("once", SUBSCRIPTION),
            silent("removed since", *burst(2, SUBSCRIPTION), said(NOTICE, 60, "notice.hook_disabled")),
            silent("undelivered since", *burst(2, SUBSCRIPTION, every=-60), hook()),
            silent("one is off", said(SUBSCRIPTION, 0, active=False), *burst(2, said(SUBSCRIPTION, 900))),
            silent(
                "another topic is gone",
                said(SUBSCRIPTION, 0, hook_topic="product.changed", listed=False, active=False),
                *burst(2, said(SUBSCRIPTION, 900)),
            ),
        ),
    ),
)
