"""
SC04: an outage of the receiver makes Shopify remove two webhook subscriptions; stock drifts, then more is sold than is.

Fifteen hours, so the base load is thin: a few page views every five minutes stand for the storefront, retries are
logged for one event in twelve, and comparisons of stock are told by run and for the 14 articles that sell best, not for
all 3,000. What the modes read is there in full: each first delivery, list of subscriptions and poll.

The scenario asks for a catch-up by polling and a report of the gap; both only read (R0). Making the subscriptions
again is a person's, replies wait (R2), and so does refreshing pages of articles while the issue is only likely (R1).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ...models import Severity
from .. import envelopes, load
from ..envelopes import iso
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "WILLOWMERE", "drifted", "play"]

WILLOWMERE = Shop(
    id="willowmere-demo.myshopify.com",
    name="willowmere",
    currency="GBP",
    aov_minor=4_800,
    sessions_per_min="30",
    numbers=104_000,
    senders=("shopify", "zendesk"),
)
"""A storefront on Shopify whose stock is kept in step by a middleware of its own; 3,000 articles."""

_FROM, _TO = -60, 920
_REMOVED, _HEALTHY = 240, 250
_CAPTAIN = "Shopify-Captain-Hook"
_SENDER = "203.0.113.88"
_TOPICS = ("orders/create", "inventory_levels/update", "products/update")
_CANONICAL = {"orders/create": "order.created", "inventory_levels/update": "inventory.changed"}
# Eight attempts in four hours, in minutes after the first.
_RETRIES = (1, 3, 9, 25, 55, 110, 170, 239)
_SKUS, _TOP = 3_000, 14
_OVERSOLD = ("sku-07", "sku-13")


def drifted(minute: int) -> int:
    """Return how many in 10,000 articles differ: 40 at T+300, 310 at T+900, and 30 more while the job runs."""
    if minute < 260:
        return 4
    share = 40 + 270 * (minute - 300) // 600 if minute > 300 else 20
    return share + (30 if 480 <= minute < 525 else 0)


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC04.

    T0 to T+250 the receiver answers 503; Shopify tries eight times in four hours and at T+240 removes the
    subscriptions of orders and stock, while those of products stay and go on at T+250. The differing articles grow
    from 0.4 % at T+300 to 3.1 % at T+900; T+480 a nightly job holds back safety stock; T+700 an article is below
    zero, and by T+760 five pieces of two articles are sold that nobody has. The end is at T+920.
    """
    onset = START + timedelta(minutes=-_FROM)
    timeline = Timeline("SC04", seed=seed, shop=WILLOWMERE, onset=onset, end=onset + timedelta(minutes=_TO))
    load.profile(timeline, _FROM)
    timeline.host(
        timeline.at(_FROM, 1),
        "shop.move",
        ids={"platform": "shopify"},
        metrics={"daily_revenue_minor": 60 * 24 * WILLOWMERE.aov_minor // 2},
    )
    for minute in range(_FROM, _TO, 5):
        load.browsing(timeline, minute, minute, per_min=2)
        load.cart_posts(timeline, minute, minute, per_min=1)
    _deliveries(timeline)
    _lists(timeline)
    _changes(timeline)
    _stock(timeline)
    _decoys(timeline)
    return timeline.finish(_truth)


def _deliveries(timeline: Timeline) -> None:
    """Let Shopify tell of orders, stock and products: one, two and one in five a minute."""
    rng = timeline.rng("deliveries")
    number = WILLOWMERE.numbers
    for minute in timeline.minutes(_FROM, _TO - 1):
        for topic, times in zip(_TOPICS, (1, 2, int(minute % 5 == 0)), strict=True):
            for _ in range(times):
                at, number = timeline.at(minute, rng.randrange(60)), number + 1
                _deliver(timeline, topic, at, minute, number)


def _deliver(timeline: Timeline, topic: str, at: datetime, minute: int, number: int) -> None:
    gone = topic != "products/update" and minute >= _REMOVED
    if gone:
        return
    if not 0 <= minute < _HEALTHY:
        _accepted(timeline, topic, at, number)
        return
    # One in twelve is followed through its retries; the log of all of them would only be longer.
    waits = (0, *_RETRIES) if number % 12 == 0 else (0,)
    for wait in waits:
        sent = at + timedelta(minutes=wait)
        still = (sent - timeline.onset) // timedelta(minutes=1)
        if still >= _HEALTHY and topic == "products/update":
            _accepted(timeline, topic, sent, number)
            return
        if still < min(_REMOVED, _HEALTHY):
            timeline.log(sent, (_SENDER, _CAPTAIN), f"POST /webhooks/shopify/{topic}", 503, 162)


def _accepted(timeline: Timeline, topic: str, at: datetime, number: int) -> None:
    """Let the receiver take a delivery and pass it on."""
    timeline.log(at, (_SENDER, _CAPTAIN), f"POST /webhooks/shopify/{topic}", 200, 2)
    if topic == "orders/create":
        load.order(timeline, at, number=number)
    elif topic == "inventory_levels/update":
        load.inventory(timeline, at, item=number % _SKUS)
    else:
        product = 8_100_000_000_000 + number % _SKUS
        body = {
            "id": product,
            "admin_graphql_api_id": f"gid://shopify/Product/{product}",
            "title": "Oak stool",
            "vendor": "Willowmere",
            "status": "active",
            "updated_at": iso(at),
            "variants": [{"id": product + 1, "sku": f"sku-{number % _SKUS}", "price": "48.00"}],
        }
        timeline.add(
            envelopes.shopify(
                WILLOWMERE.signed("shopify"),
                body,
                topic=topic,
                occurred_at=at,
                received_at=timeline.received(at),
                delivery=str(uuid.UUID(timeline.token())),
                event=str(uuid.UUID(timeline.token())),
            )
        )


def _lists(timeline: Timeline) -> None:
    """Let the host list the subscriptions every ten minutes."""
    for minute in range(_FROM + 2, _TO, 10):
        at = timeline.at(minute, 15)
        for topic in _TOPICS:
            listed = topic == "products/update" or minute < _REMOVED
            timeline.host(
                at,
                "poll.subscription",
                source_kind="api_poll",
                provider="shopify",
                ids={"hook_topic": _CANONICAL.get(topic, "product.changed")},
                attrs={
                    "listed": listed,
                    "active": listed,
                    "destination": f"hooks.{WILLOWMERE.name}.example",
                    "queued": False,
                    "polled_at": iso(at),
                },
            )


def _changes(timeline: Timeline) -> None:
    """Let the host read what changed every ten minutes, and count what no webhook told."""
    rng = timeline.rng("changes")
    for minute in range(_FROM + 6, _TO, 10):
        for resource, changed in (("orders", 10), ("inventory", _SKUS * rng.randrange(50, 81) // 1000)):
            lost = changed if minute >= 0 else 0
            timeline.host(
                timeline.at(minute, 30),
                "poll.resource",
                source_kind="api_poll",
                provider="shopify",
                ids={"resource_type": resource},
                metrics={"changed": changed, "unseen": lost},
            )


def _stock(timeline: Timeline) -> None:
    """Compare stock every 15 minutes: the whole of it as a run, and the articles that sell best one by one."""
    for minute in range(_FROM + 10, _TO, 15):
        at, share = timeline.at(minute, 40), drifted(minute)
        held_back = _SKUS * 30 // 10_000 if 480 <= minute < 525 else 0
        apart = _SKUS * share // 10_000
        timeline.host(
            at,
            "poll.stock",
            source_kind="api_poll",
            metrics={
                "sampled": _SKUS,
                "drifted": apart,
                "drifted_per_10000": share,
                "explained": held_back,
                # What an article too many is worth, at the pace at which it sells.
                "exposure_minor": (apart - held_back) * WILLOWMERE.aov_minor // 9,
            },
        )
    for minute, sku, shop, source in _counted():
        timeline.host(
            timeline.at(minute, 20),
            "poll.stock_item",
            source_kind="api_poll",
            provider="shopify",
            ids={"sku": f"sku-{sku:02d}"},
            metrics={"shop": shop, "source": source, "reserved": 0, "sold_7d": 40 - sku},
            attrs={"tracked": True, "may_go_below": False, "published": True, "top_seller": True},
        )


def _counted() -> Iterator[tuple[int, int, int, int]]:
    """Yield when which article was counted, and how many pieces shop and source had of it."""
    for minute in range(_FROM + 10, _TO, 15):
        for sku in range(_TOP):
            source = 20 + sku % 7
            shop = source
            if f"sku-{sku:02d}" in _OVERSOLD and minute >= 640:
                # The shop was not told that the last pieces went elsewhere, and goes on selling.
                source = 0
                shop = 3 if minute < 700 else -2 if minute < 760 or sku == 7 else -3
            yield minute, sku, shop, source


def _decoys(timeline: Timeline) -> None:
    """Run the nightly job, and let a monitor warn of the receiver when it works again."""
    for minute, running in ((480, True), (500, True), (524, False)):
        timeline.host(
            timeline.at(minute),
            "job.run",
            source_kind="change_event",
            ids={"job": "stock_buffer"},
            attrs={"running": running},
        )
    labels = {"service": "hooks", "severity": "warning", "env": "production", "instance": "hooks-1:9100"}
    for minute, status in ((250, "firing"), (262, "resolved")):
        alert: dict[str, Any] = {
            "status": status,
            "labels": {"alertname": "WebhookReceiverLatencyHigh", **labels},
            "annotations": {"summary": "95th percentile above one second"},
            "startsAt": iso(timeline.at(250)),
            "endsAt": iso(timeline.at(262)) if status == "resolved" else "0001-01-01T00:00:00Z",
            "generatorURL": "https://metrics.example/graph",
            "fingerprint": f"{WILLOWMERE.numbers:016x}",
        }
        body = {
            "version": "4",
            "groupKey": '{}:{alertname="WebhookReceiverLatencyHigh"}',
            "truncatedAlerts": 0,
            "status": status,
            "receiver": f"migro-{WILLOWMERE.name}",
            "groupLabels": {"alertname": "WebhookReceiverLatencyHigh"},
            "commonLabels": alert["labels"],
            "commonAnnotations": alert["annotations"],
            "externalURL": f"https://alerts.{WILLOWMERE.name}.example",
            "alerts": [alert],
        }
        timeline.add(
            envelopes.alertmanager(WILLOWMERE.alerts(), body, received_at=timeline.at(minute, 30)),
        )


def _truth(timeline: Timeline) -> GroundTruth:
    shop = WILLOWMERE.id
    chain = (
        # The mode, its onset, how grave it may be, how soon, and what causes it.
        ("webhook_handler_slow", 0, Severity.SEV3, Severity.SEV3, 900, None),
        ("webhook_subscription_removed", _REMOVED, Severity.SEV2, Severity.SEV2, 900, "webhook_handler_slow"),
        ("inventory_drift", 300, Severity.SEV3, Severity.SEV2, None, "webhook_subscription_removed"),
        ("oversell_race", 700, Severity.SEV2, Severity.SEV2, 1_200, "inventory_drift"),
    )
    return GroundTruth(
        scenario="SC04",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=tuple(
            ExpectedIssue(
                kind=kind,
                merchant=shop,
                onset=timeline.at(minute),
                mildest=mildest,
                gravest=gravest,
                parent=parent,
                within=within,
            )
            for kind, minute, mildest, gravest, within, parent in chain
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (
                "checkout_server_error_spike",
                "checkout_handoff_404",
                "payment_webhook_signature_mismatch",
                "platform_incident_systemic",
                "webhook_subscription_missing",
            )
        ),
        # Until the subscriptions are gone, webhooks that do not come are just that.
        allowed=("webhook_silence",),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue="webhook_subscription_removed"),
            ExpectedAction(kind="report", merchant=shop, issue="webhook_subscription_removed"),
            ExpectedAction(kind="recheck", merchant=shop, issue="webhook_subscription_removed"),
            ExpectedAction(kind="report", merchant=shop, issue="oversell_race"),
        ),
    )


SCENARIO = Scenario(id="SC04", title="A webhook removed in silence, then drift, then oversold stock", play=play)
