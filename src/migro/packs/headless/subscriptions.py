"""Webhooks: subscriptions that are gone or were never made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...expressions import Pred, days, fact, hours, microseconds, minutes
from ...expressions import span as words
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
    on,
    refutes,
    silent,
    supports,
)
from .operations_signals import Delivery, PlatformNotice, SubscriptionState
from .planning_signals import ShopMove
from .references import cited
from .responses import dashboard, draft_reply, notify, recheck, report
from .signals import Hook, HttpRequest
from .specimens import SHOP, burst, hook, order, request, ticket
from .specimens_operations import (
    CHANGE,
    DELIVERY,
    MOVE,
    NOTICE,
    NOW,
    RESOURCES,
    START,
    SUBSCRIPTION,
    at,
    said,
    usual,
)
from .sync_signals import ResourcePoll
from .witnesses import anywhere, changed, tickets, usual_of

__all__ = ["RULES", "SUBSCRIPTION_MISSING", "SUBSCRIPTION_REMOVED"]

SUBSCRIPTION_REMOVED = IssueKind[MerchantId](
    "webhook_subscription_removed",
    category="webhook",
    title="The platform stops sending webhooks",
    what="After deliveries kept failing, the platform removes or switches off the subscription.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("topics concerned, last delivery of each"),
        recheck("subscriptions"),
        dashboard(),
        draft_reply(
            "Your platform says that it could not deliver webhooks and may stop sending them. Please approve the"
            " reactivation once the endpoint answers again."
        ),
    ),
    human_only=("create or reactivate a subscription", "replay deliveries"),
    false_positives="A topic with few events is silent by nature: list the subscriptions before believing it.",
    related=("webhook_silence", "webhook_handler_slow", "inventory_drift", "order_import_gap"),
    harm=(
        "Orders or stock fall behind without anybody noticing, until more is sold than there is; graver for"
        " topics of orders, stock and payments."
    ),
    sources=cited("SHOP-5S", "SHOP-RETRY", "BC-WH", "WOO-WH", "ADB-RETRY", "INT-NOTIF", "CT-STATUS", "EP-WH"),
    causes=(
        "inventory_drift",
        "order_import_gap",
        "shipping_tracking_gap",
        "webhook_silence",
    ),
    lag=hours(24),
)

SUBSCRIPTION_MISSING = IssueKind[MerchantId](
    "webhook_subscription_missing",
    category="webhook",
    title="A webhook that the shop needs was never set up",
    what="A new app, channel or environment was made without copying its subscriptions, or with another address.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("topics required, subscriptions listed, hosts that they deliver to"),
        recheck("subscriptions"),
        draft_reply(
            "Your new shop has no subscription for some of the events that the set-up needs. The list is attached;"
            " please approve this step of the checklist."
        ),
    ),
    human_only=("create a subscription",),
    false_positives=(
        "Stock of products with variants is told by another topic than stock of plain products: look at both."
    ),
    related=("webhook_subscription_removed", "webhook_silence", "inventory_drift", "documentation_confusion"),
    harm="What the topic should have started never happens; graver for orders and payments.",
    sources=cited("BC-EV", "BC-WH", "SHOP-ABOUT"),
)

_LISTED = (SubscriptionState.merchant, SubscriptionState.hook_topic)
_TOPIC = (Delivery.merchant, Delivery.hook_topic)
_OFF: Pred[SubscriptionState] = (SubscriptionState.listed == False) | (SubscriptionState.active == False)  # noqa: E712
# By the platform's own names too, such as store/sku/inventory/updated and PRODUCT_VARIANT_STOCK_UPDATED.
_GRAVE: Pred[SubscriptionState] = SubscriptionState.hook_topic.matches(
    "(?i)^(inventory|order|payment)|[^a-z](cataloginventory|inventory|orders?|payments?|stocks?)([^a-z]|$)"
)
_BY_HTTP: Pred[SubscriptionState] = SubscriptionState.queued == False  # noqa: E712
_WAS_ON = on(SubscriptionState, SubscriptionState.active == True, per=_LISTED)  # noqa: E712
_SAYS_OFF: Pred[PlatformNotice] = PlatformNotice.features.has("notice.hook_disabled")
_UNSEEN = on(ResourcePoll, ResourcePoll.unseen >= 1, per=ResourcePoll.merchant)
_RECEIVED = on(Delivery, per=_TOPIC)
_ACCEPTED: Pred[HttpRequest] = HttpRequest.status.between(200, 299)
_RECEIVER = on(HttpRequest, HttpRequest.route_class == "webhook", per=HttpRequest.merchant, weight=HttpRequest.requests)
_SINCE_CUTOVER = on(Delivery, Delivery.arrived_at >= fact(ShopMove.cutover_at), per=_TOPIC).count(within=days(14))


def _never_came(*where: Pred[SubscriptionState]) -> Timed[Any]:
    """Hold for topics without a subscription of which nothing has come since the cutover."""
    since: Pred[SubscriptionState] = SubscriptionState.polled_at >= fact(ShopMove.cutover_at)
    unlisted = on(SubscriptionState, SubscriptionState.listed == False, _BY_HTTP, since, *where, per=_LISTED)  # noqa: E712
    return _SINCE_CUTOVER.per(unlisted.count(within=hours(1))) == 0


_GONE = said(SUBSCRIPTION, 600, listed=False, active=False, polled_at=at(600))
_PLANNED = said(MOVE, receiver_hosts=frozenset({"hooks.example.org"}))
_HOOKED: dict[str, Any] = {"route_class": "webhook", "route": "/api/webhooks/stripe"}
_MOVED = said(MOVE, cutover_at=START)


def _silent(span: timedelta, hourly: int) -> Rule[Any]:
    # Five are expected in the span, so a busy topic is missed after half an hour and a slow one after four.
    count = _RECEIVED.count(within=span)
    missed = (count.per(usual_of(count), floor=5) == 0).holds(1, of=1, every=minutes(5))
    end = NOW + microseconds(span) // 1_000_000 + 900
    found = said(RESOURCES, end, unseen=4)
    return Rule(
        f"webhook-removed.silent-{words(span).replace(' ', '-')}",
        when=anywhere(missed, within=minutes(10)) & _UNSEEN.within(hours(1)),
        then=supports(SUBSCRIPTION_REMOVED, MEDIUM, family="silence"),
        why=f"Nothing of a topic for {words(span)}, where five are usual, while a poll finds changes.",
        examples=(
            fires("silent", *usual(hourly, DELIVERY), found, for_=SHOP),
            silent("still coming", *usual(hourly, DELIVERY), said(DELIVERY, NOW + 1_000), found),
            silent("nothing new", *usual(hourly, DELIVERY), said(RESOURCES, end)),
            silent("too few", *usual(hourly - 1, DELIVERY), found),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "webhook-removed.list-says",
        when=anywhere(
            on(SubscriptionState, _OFF, _BY_HTTP, per=_LISTED).after(_WAS_ON, within=days(14)), within=hours(1)
        ),
        then=supports(SUBSCRIPTION_REMOVED, STRONG, family="subscription-list"),
        why="A subscription that was there is gone from the platform's list, or switched off.",
        examples=(
            fires("gone", SUBSCRIPTION, _GONE, for_=SHOP),
            fires("switched off", SUBSCRIPTION, said(SUBSCRIPTION, 600, active=False, health="DISABLED"), for_=SHOP),
            silent("still there", SUBSCRIPTION, said(SUBSCRIPTION, 600)),
            silent("never was", _GONE),
        ),
    ),
    Rule(
        "webhook-removed.grave-topic",
        when=anywhere(
            on(SubscriptionState, _OFF, _BY_HTTP, _GRAVE, per=_LISTED).after(_WAS_ON, within=days(14)), within=hours(1)
        ),
        then=supports(SUBSCRIPTION_REMOVED, STRONG, family="subscription-list", severity=Severity.SEV2),
        why="A subscription for orders, stock or payments is gone or switched off.",
        revision=2,
        examples=(
            fires("orders", SUBSCRIPTION, _GONE, for_=SHOP),
            *(
                fires(topic, said(SUBSCRIPTION, hook_topic=topic), said(_GONE, 601, hook_topic=topic), for_=SHOP)
                for topic in ("store/sku/inventory/updated", "PRODUCT_VARIANT_STOCK_UPDATED")
            ),
            silent(
                "products",
                said(SUBSCRIPTION, hook_topic="product.changed"),
                said(_GONE, 601, hook_topic="product.changed"),
            ),
        ),
    ),
    Rule(
        "webhook-removed.notice",
        when=on(PlatformNotice, _SAYS_OFF, per=PlatformNotice.merchant),
        then=supports(SUBSCRIPTION_REMOVED, STRONG, family="platform"),
        why="The platform wrote that it removed or switched off a subscription.",
        lasts=hours(2),
        examples=(
            fires("a mail", said(NOTICE, 0, "notice.hook_disabled"), for_=SHOP),
            silent("another mail", said(NOTICE, 0, "notice.invoice")),
        ),
    ),
    Rule(
        "webhook-removed.platform-says",
        when=on(Hook, per=Hook.merchant),
        then=supports(SUBSCRIPTION_REMOVED, STRONG, family="platform"),
        why="The platform says that it cannot deliver.",
        lasts=hours(2),
        examples=(
            fires("says so", hook(), for_=SHOP),
            silent("an ordinary delivery", order()),
        ),
    ),
    Rule(
        "webhook-removed.receiver-fails",
        when=_RECEIVER.fits(~_ACCEPTED).runs(8, of=8, within=hours(48)).unless(_RECEIVER.fits(_ACCEPTED)),
        then=supports(SUBSCRIPTION_REMOVED, MEDIUM, family="http"),
        why="The receiver failed eight times in a row within two days and has not accepted a delivery since.",
        examples=(
            fires("eight", *burst(8, request(0, 503, **_HOOKED)), for_=SHOP),
            silent("seven", *burst(7, request(0, 503, **_HOOKED))),
            silent("accepted since", *burst(8, request(0, 503, **_HOOKED)), request(60, 200, **_HOOKED)),
        ),
    ),
    _silent(minutes(30), 10),
    _silent(hours(1), 5),
    _silent(hours(2), 3),
    _silent(hours(4), 2),
    Rule(
        "webhook-removed.on-purpose",
        when=changed("hook_removed"),
        then=refutes(SUBSCRIPTION_REMOVED, 60, family="audit"),
        why="An audit log says that somebody removed a subscription on purpose.",
        lasts=days(2),
        examples=(
            fires("removed", said(CHANGE, what="hook_removed"), for_=SHOP),
            silent("something else", CHANGE),
        ),
    ),
    Rule(
        "webhook-missing.never-came",
        when=anywhere(_never_came(), within=hours(1)),
        then=supports(SUBSCRIPTION_MISSING, STRONG, family="subscription-list"),
        why="The platform lists no subscription for a required topic, and it has never come since the cutover.",
        examples=(
            fires("not listed", _MOVED, _GONE, for_=SHOP),
            fires("came before the cutover", said(DELIVERY, 0), said(MOVE, 60, cutover_at=at(60)), _GONE, for_=SHOP),
            silent("came", _MOVED, said(DELIVERY, 60, arrived_at=at(60)), _GONE),
            silent("by a queue", _MOVED, said(_GONE, 600, queued=True)),
        ),
    ),
    Rule(
        "webhook-missing.grave-topic",
        when=anywhere(_never_came(_GRAVE), within=hours(1)),
        then=supports(SUBSCRIPTION_MISSING, STRONG, family="subscription-list", severity=Severity.SEV2),
        why="There is no subscription for orders, stock or payments, and none has come since the cutover.",
        revision=2,
        examples=(
            fires("orders", _MOVED, _GONE, for_=SHOP),
            silent("products", _MOVED, said(_GONE, 601, hook_topic="product.changed")),
        ),
    ),
    Rule(
        "webhook-missing.destination",
        when=on(
            SubscriptionState,
            _BY_HTTP,
            SubscriptionState.listed == True,  # noqa: E712
            ~SubscriptionState.destination.among(fact(ShopMove.receiver_hosts)),
            per=SubscriptionState.merchant,
        ),
        then=supports(SUBSCRIPTION_MISSING, MEDIUM, family="destination"),
        why="A subscription delivers to a host that is none of the shop's receivers.",
        lasts=hours(2),
        examples=(
            fires("another host", _PLANNED, said(SUBSCRIPTION, 60, destination="old.example"), for_=SHOP),
            silent("a receiver", _PLANNED, said(SUBSCRIPTION, 60)),
            silent("nobody said which", said(SUBSCRIPTION, destination="old.example")),
        ),
    ),
    Rule(
        "webhook-missing.ticket",
        when=tickets("mentions.nothing_after_order", people=1, within=hours(24)),
        then=supports(SUBSCRIPTION_MISSING, WEAK, family="tickets"),
        why="Somebody wrote that nothing happens after an order.",
        examples=(
            fires("says so", ticket(0, "mentions.nothing_after_order"), for_=SHOP),
            silent("asks how", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "webhook-missing.queued",
        when=on(SubscriptionState, SubscriptionState.queued == True, per=SubscriptionState.merchant).within(hours(2)),  # noqa: E712
        then=refutes(SUBSCRIPTION_MISSING, 150, family="queue"),
        why="The shop takes its events from a queue on purpose.",
        examples=(
            fires("a queue", said(SUBSCRIPTION, queued=True), for_=SHOP),
            silent("by HTTP", SUBSCRIPTION),
        ),
    ),
)
