"""Webhooks: deliveries that are late or do not come while the shop is busy."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent, permille, seconds
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    Timed,
    fires,
    greatest,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .checkout import SERVER_ERRORS
from .deliveries import HANDLER_FAILS
from .operations_signals import Delivery, SubscriptionState
from .references import cited
from .responses import dashboard, draft_reply, notify, recheck, report
from .specimens import SHOP, burst, request, ticket
from .specimens_operations import DELIVERY, NOW, RESOURCES, SUBSCRIPTION, at, said, usual
from .subscriptions import SUBSCRIPTION_REMOVED
from .sync_signals import ResourcePoll
from .witnesses import anywhere, tickets, usual_of

__all__ = ["RULES", "WEBHOOK_SILENCE"]

WEBHOOK_SILENCE = IssueKind[MerchantId](
    "webhook_silence",
    category="webhook",
    title="Webhooks are late or do not come while the shop is busy",
    what="Deliveries are delayed or lost; a poll finds changes that no webhook has told.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("topics, lag of each, changes found by polling"),
        recheck("orders"),
        dashboard(),
        draft_reply(
            "Since {first_seen} events of your platform arrive late or not at all. We read the missing changes"
            " directly, so that the data stays current."
        ),
    ),
    human_only=("change network or receiver", "ask for deliveries to be sent again"),
    false_positives=(
        "Quiet hours, holidays and shops with few orders; a poller that stands still makes its differences worthless."
    ),
    related=("webhook_subscription_removed", "platform_incident_systemic", "monitoring_blind_spot", "inventory_drift"),
    harm="Stock and prices grow stale while the shop goes on selling; grave after an hour for orders and stock.",
    sources=cited("SHOP-ABOUT", "SHOP-RETRY", "J"),
    causes=(
        "inventory_drift",
        "stale_page_cache",
    ),
    lag=hours(24),
)


_RECEIVED = on(Delivery, per=(Delivery.merchant, Delivery.hook_topic))
_OFF: Pred[SubscriptionState] = (SubscriptionState.listed == False) | (SubscriptionState.active == False)  # noqa: E712
_BY_HTTP: Pred[SubscriptionState] = SubscriptionState.queued == False  # noqa: E712
_lag = _RECEIVED.quantile(percent(95), Delivery.arrived_at - Delivery.triggered_at, within=minutes(15))
_shop_lag = on(Delivery, per=Delivery.merchant).quantile(
    percent(95), Delivery.arrived_at - Delivery.triggered_at, within=minutes(15)
)
_SHOP_OFF = on(SubscriptionState, _OFF, _BY_HTTP, per=SubscriptionState.merchant).count(within=hours(1))
_SHOP_LISTS = on(SubscriptionState, per=SubscriptionState.merchant).count(within=hours(1))
_FEW = _RECEIVED.count(within=hours(1)).drop(
    usual_of(_RECEIVED.count(within=hours(1))), p=permille(10), every=minutes(15), floor=5
)

_LATE = said(DELIVERY, NOW, arrived_at=at(120))


def _missed(*where: Pred[ResourcePoll]) -> Timed[Any]:
    """Hold when two polls in a row found changes that no webhook had told."""
    polled = on(ResourcePoll, *where, per=(ResourcePoll.merchant, ResourcePoll.resource_type))
    changed = polled.latest(ResourcePoll.changed, max_age=hours(1))
    unseen = polled.latest(ResourcePoll.unseen, max_age=hours(1))
    return (unseen >= greatest(3, percent(5) * changed)).runs(2, of=2, within=hours(2))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "webhook-silence.poll-finds",
        when=anywhere(_missed(), within=hours(1)),
        then=supports(WEBHOOK_SILENCE, STRONG, family="poll"),
        why="Two polls in a row found at least three changes, and 5 %, that no webhook had told.",
        examples=(
            fires("5 of 100 twice", said(RESOURCES, unseen=5), said(RESOURCES, 900, unseen=5), for_=SHOP),
            silent("4 of 100", said(RESOURCES, unseen=5), said(RESOURCES, 900, unseen=4)),
            silent("2 of 10", *(said(RESOURCES, t, changed=10, unseen=2) for t in (0, 900))),
            silent("once", said(RESOURCES, 900, unseen=5)),
        ),
    ),
    Rule(
        "webhook-silence.fewer-than-usual",
        when=anywhere(_FEW, within=minutes(15)),
        then=supports(WEBHOOK_SILENCE, MEDIUM, family="rate"),
        why="Of a topic so few deliveries came in an hour that chance would do it once in a hundred times.",
        examples=(
            fires("none of 10", *usual(10, DELIVERY), said(RESOURCES, NOW + 3_600), for_=SHOP),
            silent("none of 4", *usual(4, DELIVERY), said(RESOURCES, NOW + 3_600)),
            silent("as usual", *usual(10, DELIVERY), *burst(10, said(DELIVERY, NOW), every=360)),
        ),
    ),
    Rule(
        "webhook-silence.lag",
        when=anywhere(_lag >= greatest(seconds(120), 10 * usual_of(_lag)), within=minutes(15)),
        then=supports(WEBHOOK_SILENCE, MEDIUM, family="lag"),
        why="Deliveries arrive ten times as late as usual, and at least two minutes.",
        examples=(
            fires(
                "two minutes for ten seconds", *usual(4, said(DELIVERY, arrived_at=at(10))), *burst(9, _LATE), for_=SHOP
            ),
            silent("usually 13 s", *usual(4, said(DELIVERY, arrived_at=at(13))), *burst(9, _LATE)),
            silent(
                "119 s", *usual(4, said(DELIVERY, arrived_at=at(10))), *burst(9, said(_LATE, NOW, arrived_at=at(119)))
            ),
        ),
    ),
    Rule(
        "webhook-silence.for-an-hour",
        when=anywhere(
            _missed(ResourcePoll.resource_type.one_of("inventory", "orders")).held(minutes(60)), within=hours(1)
        ),
        then=supports(WEBHOOK_SILENCE, STRONG, family="poll", severity=Severity.SEV2),
        why="For an hour polls have found changes of orders or stock that no webhook had told.",
        examples=(
            fires("an hour", *burst(6, said(RESOURCES, unseen=5), every=900), for_=SHOP),
            silent("45 minutes", *burst(5, said(RESOURCES, unseen=5), every=900)),
            silent("products", *burst(6, said(RESOURCES, resource_type="products", unseen=5), every=900)),
        ),
    ),
    Rule(
        "webhook-silence.ticket",
        when=tickets("mentions.old_stock", people=1, within=hours(24)),
        then=supports(WEBHOOK_SILENCE, WEAK, family="tickets"),
        why="Somebody wrote that stock figures are old.",
        examples=(
            fires("says so", ticket(0, "mentions.old_stock"), for_=SHOP),
            silent("asks how", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "webhook-silence.recovers",
        # Everything is listed, and what comes has been late and is on time again.
        when=(_shop_lag < seconds(120))
        .after(_shop_lag >= seconds(120), within=hours(1))
        .unless(_shop_lag >= seconds(120))
        & (_SHOP_OFF.per(_SHOP_LISTS) == 0),
        then=refutes(WEBHOOK_SILENCE, 60, family="recovery"),
        why="All subscriptions are listed and active, and deliveries are on time again.",
        examples=(
            fires("on time again", SUBSCRIPTION, said(_LATE, 60), said(DELIVERY, 961), for_=SHOP),
            silent("still late", SUBSCRIPTION, said(_LATE, 60), said(_LATE, 961)),
            silent("never late", SUBSCRIPTION, said(DELIVERY, 961)),
            silent("one is off", said(SUBSCRIPTION, active=False), said(_LATE, 60), said(DELIVERY, 961)),
        ),
    ),
    Rule(
        "webhook-silence.receiver-fails",
        when=known(HANDLER_FAILS, at_least_points=STRONG),
        then=refutes(WEBHOOK_SILENCE, 150, family="cause"),
        why="The receiver does not accept what is delivered, so nobody is silent.",
        examples=(
            fires("fails", *burst(20, request(0, 503, route_class="webhook", route="/webhooks/orders")), for_=SHOP),
            silent("accepts", *burst(20, request(0, 200, route_class="webhook", route="/webhooks/orders"))),
        ),
    ),
    Rule(
        "webhook-silence.removed",
        when=known(SUBSCRIPTION_REMOVED, at_least_points=STRONG),
        then=refutes(WEBHOOK_SILENCE, 150, family="cause"),
        why="A subscription is gone, which is why nothing comes of it.",
        examples=(
            fires("gone", SUBSCRIPTION, said(SUBSCRIPTION, 600, listed=False, active=False), for_=SHOP),
            silent("listed", SUBSCRIPTION, said(SUBSCRIPTION, 600)),
        ),
    ),
    Rule(
        "webhook-silence.checkout-fails",
        when=known(SERVER_ERRORS, at_least_points=STRONG),
        then=refutes(WEBHOOK_SILENCE, 150, family="fault"),
        why="Checkout fails, so there is nothing to tell.",
        examples=(
            fires("fails", *burst(17, request()), *burst(3, request(30, 500)), for_=SHOP),
            silent("is well", *burst(20, request())),
        ),
    ),
)
