"""Webhooks: deliveries that the receiver answers badly, gets twice or gets in the wrong order."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import DeliverySeen, Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, holding, on, refutes, silent, supports
from .operations_signals import Delivery, PlatformNotice
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .signals import Hook, HttpRequest
from .specimens import SHOP, alert, burst, hook, order, request
from .specimens_operations import DELIVERY, LOG, NOTICE, SEEN, said
from .witnesses import alerting, logged

__all__ = ["DUPLICATES", "HANDLER_FAILS", "OUT_OF_ORDER", "RULES"]

HANDLER_FAILS = IssueKind[MerchantId](
    "webhook_handler_slow",
    category="webhook",
    title="The receiver of webhooks answers with errors",
    what="The handler does its work before it answers, runs into the platform's timeout and is tried again and again.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("routes of the receiver, share of answers outside 2xx"),
        dashboard(),
        draft_reply(
            "Your endpoint for webhooks answers too slowly or with errors since {first_seen}, and the platform stops"
            " sending to endpoints that go on like this. Please acknowledge each event first and work on it afterwards."
        ),
    ),
    human_only=("answer first and work later", "scale the receiver"),
    false_positives="Bulk edits and imports come as bursts.",
    related=("webhook_subscription_removed", "webhook_duplicate_delivery", "bulk_import_errors"),
    harm="No shopper notices; the platform retries, and in the end it stops sending.",
    sources=cited("SHOP-5S", "ADB-RETRY", "SAL-WH", "WOO-WH", "BC-WH"),
    causes=(
        "webhook_duplicate_delivery",
        "webhook_subscription_removed",
    ),
    lag=hours(24),
)

DUPLICATES = IssueKind[MerchantId](
    "webhook_duplicate_delivery",
    category="webhook",
    title="The same event is delivered many times",
    what="Retries after slow answers, or two subscriptions to one topic, repeat events that are acted on twice.",
    severity=SeverityScale(default=Severity.SEV4),
    responses=(
        notify("operators"),
        report("share of repeats by topic and subscription, side effects that happened twice"),
        draft_reply(
            "Many deliveries of your platform repeat an event that was delivered before. We leave the repeats out;"
            " other receivers of yours may not. The list is attached.",
            from_severity=Severity.SEV2,
        ),
    ),
    human_only=("remove subscriptions", "repair what was done twice"),
    false_positives=(
        "Some platforms give each attempt a new id, and two real changes of one order may carry equal data: compare"
        " their times as well."
    ),
    related=("duplicate_order_or_charge", "webhook_handler_slow", "order_import_side_effects"),
    harm="Nothing, as long as whoever reads the events ignores repeats; grave where money moved twice.",
    sources=cited("SHOP-DUP", "BC-EV", "BC-WH", "ADB-FAQ", "STRIPE-ORDER", "WOO-WH"),
    causes=(
        "duplicate_order_or_charge",
        "order_import_side_effects",
    ),
    lag=hours(4),
)

OUT_OF_ORDER = IssueKind[MerchantId](
    "webhook_out_of_order_write",
    category="webhook",
    title="An older event overwrote newer data",
    what="Deliveries come in any order, so a payload that was sent again can reset stock, price or status.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("resources concerned, version written and version replaced"),
        draft_reply(
            "Older events have overwritten newer values in your shop since {first_seen}. The report holds the current"
            " values; please approve their correction."
        ),
    ),
    human_only=("correct the values",),
    false_positives="Clocks of two sources differ: versions compare only within one source.",
    related=("inventory_drift", "price_mismatch_storefront_checkout", "webhook_silence", "clock_skew"),
    harm=(
        "Wrong stock or prices until somebody reconciles them; grave where stock went up and more can be sold"
        " than there is."
    ),
    sources=cited("SHOP-RETRY", "SHOP-ABOUT", "ADB-FAQ", "CT-MSG", "STRIPE-ORDER"),
    causes=(
        "inventory_drift",
        "price_mismatch_storefront_checkout",
    ),
    lag=hours(4),
)

_RECEIVED = on(HttpRequest, HttpRequest.route_class == "webhook", per=HttpRequest.merchant, weight=HttpRequest.requests)
_TIMED = on(Delivery, Delivery.latency_ms.present(), Delivery.limit_ms.present(), per=Delivery.merchant)
_BEYOND = Delivery.latency_ms - Delivery.limit_ms.scaled(percent(80))
_SLOW: Pred[Delivery] = Delivery.latency_ms >= Delivery.limit_ms.scaled(percent(80))
_ALL = on(Delivery, per=Delivery.merchant)
_REPEATS = on(Delivery, Delivery.duplicate == True, per=Delivery.merchant).count(within=minutes(15))  # noqa: E712
_repeats = _REPEATS.per(_ALL.count(within=minutes(15)), floor=50)
# Fewer than fifty deliveries say nothing either way. So repeats are over when enough deliveries show that far fewer
# come again, or when for two hours nothing has shown that they go on: senders try again for longer than that.
_HALVED = _REPEATS.per(_ALL.count(within=minutes(15)), floor=50, bound="wilson") < percent(10)
# Where no receiver tells of deliveries, the fold tells what it sees of them itself.
_SEEN = on(DeliverySeen, per=DeliverySeen.merchant, weight=DeliverySeen.deliveries)
_SEEN_AGAIN: Pred[DeliverySeen] = DeliverySeen.duplicate == True  # noqa: E712
_SEEN_FIRST = on(DeliverySeen, ~_SEEN_AGAIN, per=DeliverySeen.merchant, weight=DeliverySeen.deliveries)
_SEEN_REPEATS = on(DeliverySeen, _SEEN_AGAIN, per=DeliverySeen.merchant).count(within=minutes(15))
_seen_again = _SEEN_REPEATS.per(_SEEN.count(within=minutes(15)), floor=50)
_SEEN_HALVED = _SEEN_REPEATS.per(_SEEN.count(within=minutes(15)), floor=50, bound="wilson") < percent(10)
_REPEATED = on(Delivery, per=(Delivery.merchant, Delivery.event)).distinct(
    Delivery.subscription, at_least=2, within=minutes(15)
)

_HOOKED: dict[str, Any] = {"route_class": "webhook", "route": "/api/webhooks/stripe"}
_QUICK = said(DELIVERY, latency_ms=200, limit_ms=5_000)
_LATE = said(DELIVERY, 60, latency_ms=4_000, limit_ms=5_000)
_AGAIN = said(DELIVERY, 100, duplicate=True)
_CAME_AGAIN = said(SEEN, 100, duplicate=True)
_OLDER = said(SEEN, 100, inverted=True)


def _both(event: str) -> tuple[Delivery, ...]:
    # One event by two subscriptions.
    return (said(DELIVERY, 0, event=event), said(DELIVERY, 1, event=event, subscription="hook-2"))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "webhook-handler.slow",
        when=(_TIMED.quantile(percent(95), _BEYOND, within=minutes(10)) >= 0) & _TIMED.at_least(20, within=minutes(10)),
        then=supports(HANDLER_FAILS, STRONG, family="latency"),
        why="One in twenty deliveries took 80 % of the sender's time-out or more within ten minutes.",
        examples=(
            fires("2 of 20", *burst(18, _QUICK), *burst(2, _LATE), for_=SHOP),
            silent("1 of 20", *burst(19, _QUICK), _LATE),
            silent("2 of 19", *burst(17, _QUICK), *burst(2, _LATE)),
            silent("79 %", *burst(18, _QUICK), *burst(2, said(_LATE, 60, latency_ms=3_999))),
        ),
    ),
    Rule(
        "webhook-handler.fails",
        when=_RECEIVED.share(~HttpRequest.status.between(200, 299), at_least=percent(10), floor=100, within=minutes(2)),
        then=supports(HANDLER_FAILS, STRONG, family="http"),
        why="A tenth of at least a hundred deliveries in two minutes was not accepted; BigCommerce blocks a host then.",
        examples=(
            fires("10 of 100", *burst(90, request(**_HOOKED)), *burst(10, request(90, 504, **_HOOKED)), for_=SHOP),
            silent("9 of 100", *burst(91, request(**_HOOKED)), *burst(9, request(91, 504, **_HOOKED))),
            silent("99 deliveries", *burst(89, request(**_HOOKED)), *burst(10, request(89, 504, **_HOOKED))),
        ),
    ),
    Rule(
        "webhook-handler.refuses",
        # A shop with few orders never has a hundred deliveries in two minutes, and loses its subscriptions as well.
        when=_RECEIVED.share(HttpRequest.status.between(500, 599), at_least=percent(50), floor=20, within=minutes(10)),
        then=supports(HANDLER_FAILS, STRONG, family="http"),
        why="Half of at least twenty deliveries within ten minutes ended in a server error.",
        examples=(
            fires("20 of 20", *burst(20, request(0, 503, **_HOOKED)), for_=SHOP),
            silent("19 of 19", *burst(19, request(0, 503, **_HOOKED))),
            silent("ten of 20 can be chance", *burst(10, request(**_HOOKED)), *burst(10, request(9, 503, **_HOOKED))),
            silent("refused for good", *burst(20, request(0, 401, **_HOOKED))),
        ),
    ),
    Rule(
        "webhook-handler.platform-says",
        when=on(Hook, per=Hook.merchant),
        then=supports(HANDLER_FAILS, MEDIUM, family="platform"),
        why="The platform says that it cannot deliver.",
        examples=(
            fires("says so", hook(), for_=SHOP),
            silent("an ordinary delivery", order()),
        ),
    ),
    Rule(
        "webhook-handler.alert",
        when=alerting("(?i)webhook.*(latenc|slow|timeout|error|fail|lag)"),
        then=supports(HANDLER_FAILS, MEDIUM, family="alerts"),
        why="A monitor's alert about the receiver of webhooks is firing.",
        examples=(
            fires("by its name", alert(0, alertname="WebhookHandlerLatencyHigh"), for_=SHOP),
            silent(
                "resolved", alert(0, alertname="WebhookLag"), alert(9, alertname="WebhookLag", topic="alert.resolved")
            ),
        ),
    ),
    Rule(
        "webhook-handler.tried-thrice",
        when=on(Delivery, Delivery.attempt >= 2, per=Delivery.merchant),
        then=supports(HANDLER_FAILS, MEDIUM, family="retries"),
        why="The sender says that it tries a delivery for the third time.",
        examples=(
            fires("two before", said(DELIVERY, attempt=2), for_=SHOP),
            silent("one before", said(DELIVERY, attempt=1)),
        ),
    ),
    Rule(
        "webhook-handler.repeats",
        when=on(Delivery, Delivery.duplicate == True, per=Delivery.merchant).at_least(10, within=minutes(30)),  # noqa: E712
        then=supports(HANDLER_FAILS, MEDIUM, family="retries"),
        why="Ten deliveries came again within half an hour.",
        examples=(
            fires("ten", *burst(10, _AGAIN), for_=SHOP),
            silent("nine", *burst(9, _AGAIN)),
        ),
    ),
    Rule(
        "webhook-handler.seen-again",
        when=on(DeliverySeen, _SEEN_AGAIN, per=DeliverySeen.merchant).at_least(10, within=minutes(30)),
        then=supports(HANDLER_FAILS, MEDIUM, family="retries"),
        why="Ten webhooks came in again within half an hour.",
        examples=(
            fires("ten", *burst(10, _CAME_AGAIN), for_=SHOP),
            silent("nine", *burst(9, _CAME_AGAIN)),
        ),
    ),
    Rule(
        "webhook-handler.notice",
        when=on(PlatformNotice, PlatformNotice.features.has("notice.hook_failing"), per=PlatformNotice.merchant),
        then=supports(HANDLER_FAILS, MEDIUM, family="platform"),
        why="The platform wrote that deliveries fail.",
        lasts=hours(2),
        examples=(
            fires("a mail", said(NOTICE, 0, "notice.hook_failing"), for_=SHOP),
            silent("another mail", said(NOTICE, 0, "notice.invoice")),
        ),
    ),
    Rule(
        "webhook-handler.health-checks",
        when=on(Delivery, _SLOW, per=Delivery.merchant).share(
            Delivery.health_check == True,  # noqa: E712
            at_least=percent(100),
            floor=2,
            within=minutes(10),
            bound="plain",
        ),
        then=refutes(HANDLER_FAILS, 60, family="health-checks"),
        why="Only checks of the receiver's health are slow.",
        examples=(
            fires("two", *burst(2, said(_LATE, 60, health_check=True)), for_=SHOP),
            silent("one is not", said(_LATE, 50, health_check=False), *burst(2, said(_LATE, 60, health_check=True))),
        ),
    ),
    Rule(
        "webhook-repeats.share",
        when=_ALL.share(
            Delivery.duplicate == True,  # noqa: E712
            at_least=percent(20),
            floor=50,
            within=minutes(15),
        ).unless(_HALVED),
        then=supports(DUPLICATES, STRONG, family="deliveries"),
        why="A fifth of the deliveries of a quarter of an hour had come before.",
        lasts=hours(2),
        revision=2,
        examples=(
            fires("20 of 100", *burst(80, DELIVERY), *burst(20, _AGAIN), for_=SHOP),
            fires(
                "too few since to tell",
                *burst(80, DELIVERY),
                *burst(20, _AGAIN),
                *burst(49, said(DELIVERY, 1_800)),
                for_=SHOP,
            ),
            silent("enough since to tell", *burst(80, DELIVERY), *burst(20, _AGAIN), *burst(50, said(DELIVERY, 1_800))),
            silent("19 of 100", *burst(81, DELIVERY), *burst(19, _AGAIN)),
            silent("10 of 50 can be chance", *burst(40, DELIVERY), *burst(10, _AGAIN)),
        ),
    ),
    Rule(
        "webhook-repeats.seen",
        when=_SEEN.share(_SEEN_AGAIN, at_least=percent(20), floor=50, within=minutes(15)).unless(_SEEN_HALVED),
        then=supports(DUPLICATES, STRONG, family="deliveries"),
        why="A fifth of the webhooks that came in within a quarter of an hour had come before.",
        lasts=hours(2),
        revision=3,
        examples=(
            fires("20 of 100", *burst(80, SEEN), *burst(20, _CAME_AGAIN), for_=SHOP),
            fires(
                "too few since to tell",
                *burst(80, SEEN),
                *burst(20, _CAME_AGAIN),
                *burst(49, said(SEEN, 1_800)),
                for_=SHOP,
            ),
            silent("enough since to tell", *burst(80, SEEN), *burst(20, _CAME_AGAIN), *burst(50, said(SEEN, 1_800))),
            silent("19 of 100", *burst(81, SEEN), *burst(19, _CAME_AGAIN)),
            silent("10 of 50 can be chance", *burst(40, SEEN), *burst(10, _CAME_AGAIN)),
        ),
    ),
    Rule(
        "webhook-repeats.two-subscriptions",
        when=holding(_REPEATED, per=Delivery.merchant, within=minutes(15)).per(
            _ALL.different(Delivery.event, within=minutes(15)), floor=5
        )
        >= percent(80),
        then=supports(DUPLICATES, MEDIUM, family="subscriptions"),
        why="Four of five events came by two subscriptions.",
        examples=(
            fires("4 of 5", *(s for e in "abcd" for s in _both(e)), said(DELIVERY, 2, event="e"), for_=SHOP),
            silent("3 of 5", *(s for e in "abc" for s in _both(e)), *(said(DELIVERY, 2, event=e) for e in "de")),
        ),
    ),
    Rule(
        "webhook-repeats.side-effect",
        when=logged("effect.duplicate", lines=1, within=minutes(60)),
        then=supports(DUPLICATES, MEDIUM, family="side-effects"),
        why="A consumer did for one event twice what it should do once.",
        examples=(
            fires("once", said(LOG, 0, "effect.duplicate"), for_=SHOP),
            silent("another line", said(LOG, 0, "effect.mail")),
        ),
    ),
    Rule(
        "webhook-repeats.money",
        when=logged("effect.duplicate_charge", lines=1, within=minutes(60)),
        then=supports(DUPLICATES, MEDIUM, family="side-effects", severity=Severity.SEV2),
        why="A consumer moved money twice for one event.",
        examples=(
            fires("once", said(LOG, 0, "effect.duplicate_charge"), for_=SHOP),
            silent("a mail twice", said(LOG, 0, "effect.duplicate")),
        ),
    ),
    Rule(
        "webhook-repeats.genuine",
        # verify calls a delivery a duplicate only when key and version are both equal.
        when=(_repeats <= percent(5)).unless(_repeats > percent(5)),
        then=refutes(DUPLICATES, 150, family="genuine"),
        why="Keys or versions of nearly all deliveries differ: they are real changes.",
        examples=(
            fires("95 of 100", *burst(5, said(DELIVERY, 0, duplicate=True)), *burst(95, said(DELIVERY, 9)), for_=SHOP),
            silent("94 of 100", *burst(6, said(DELIVERY, 0, duplicate=True)), *burst(94, said(DELIVERY, 9))),
        ),
    ),
    Rule(
        "webhook-repeats.seen-genuine",
        when=(_seen_again <= percent(5)).unless(_seen_again > percent(5)),
        then=refutes(DUPLICATES, 150, family="genuine"),
        why="Nearly all webhooks that came in are real changes.",
        revision=2,
        examples=(
            fires("95 of 100", *burst(5, said(SEEN, 0, duplicate=True)), *burst(95, said(SEEN, 9)), for_=SHOP),
            silent("94 of 100", *burst(6, said(SEEN, 0, duplicate=True)), *burst(94, said(SEEN, 9))),
        ),
    ),
    Rule(
        "webhook-order.stale-write",
        when=logged("write.stale_inventory", "write.stale_price", "write.stale_order", lines=1, within=minutes(60)),
        then=supports(OUT_OF_ORDER, STRONG, family="writes"),
        why="A consumer wrote an older version over a newer one.",
        examples=(
            fires("a price", said(LOG, 0, "write.stale_price"), for_=SHOP),
            silent("in order", said(LOG, 0, "write.price")),
        ),
    ),
    Rule(
        "webhook-order.stock-raised",
        when=logged("write.stale_stock_raised", lines=1, within=minutes(60)),
        then=supports(OUT_OF_ORDER, STRONG, family="writes", severity=Severity.SEV2),
        why="An older event raised a stock figure.",
        examples=(
            fires("raised", said(LOG, 0, "write.stale_stock_raised"), for_=SHOP),
            silent("a price", said(LOG, 0, "write.stale_price")),
        ),
    ),
    Rule(
        "webhook-order.inversions",
        when=_ALL.share(Delivery.inverted == True, at_least=percent(5), floor=50, within=minutes(60)),  # noqa: E712
        then=supports(OUT_OF_ORDER, MEDIUM, family="deliveries"),
        why="One in twenty deliveries of an hour is older than one that came before it.",
        examples=(
            fires("5 of 100", *burst(95, DELIVERY), *burst(5, said(DELIVERY, 100, inverted=True)), for_=SHOP),
            silent("4 of 100", *burst(96, DELIVERY), *burst(4, said(DELIVERY, 100, inverted=True))),
        ),
    ),
    Rule(
        "webhook-order.flips",
        when=on(Delivery, Delivery.flipped == True, per=Delivery.merchant).distinct(  # noqa: E712
            Delivery.subject, at_least=5, within=minutes(60)
        ),
        then=supports(OUT_OF_ORDER, MEDIUM, family="flips"),
        why="Five resources went back and forth between two values.",
        examples=(
            fires("five", *burst(5, said(DELIVERY, flipped=True), subject="stock/"), for_=SHOP),
            silent("four", *burst(4, said(DELIVERY, flipped=True), subject="stock/")),
        ),
    ),
    Rule(
        "webhook-order.seen-inverted",
        # What comes again moves no count but that of repeats.
        when=_SEEN_FIRST.share(DeliverySeen.inverted == True, at_least=percent(5), floor=50, within=minutes(60)),  # noqa: E712
        then=supports(OUT_OF_ORDER, MEDIUM, family="deliveries"),
        why="One in twenty webhooks of an hour is older than one of the same resource that came in before it.",
        revision=2,
        examples=(
            fires("5 of 100", *burst(95, SEEN), *burst(5, _OLDER), for_=SHOP),
            fires("repeats aside", *burst(95, SEEN), *burst(9, _CAME_AGAIN), *burst(5, _OLDER), for_=SHOP),
            silent("4 of 100", *burst(96, SEEN), *burst(4, _OLDER)),
        ),
    ),
    Rule(
        "webhook-order.seen-flips",
        when=on(DeliverySeen, DeliverySeen.flipped == True, per=DeliverySeen.merchant).distinct(  # noqa: E712
            DeliverySeen.subject, at_least=5, within=minutes(60)
        ),
        then=supports(OUT_OF_ORDER, MEDIUM, family="flips"),
        why="Webhooks took five resources back and forth between two values.",
        examples=(
            fires("five", *burst(5, said(SEEN, flipped=True), subject="stock/"), for_=SHOP),
            silent("four", *burst(4, said(SEEN, flipped=True), subject="stock/")),
        ),
    ),
    Rule(
        "webhook-order.discarded",
        when=logged("write.stale_discarded", lines=1, within=minutes(60)),
        then=refutes(OUT_OF_ORDER, 150, family="discarded"),
        why="The consumer leaves older versions out.",
        examples=(
            fires("left out", said(LOG, 0, "write.stale_discarded"), for_=SHOP),
            silent("written", said(LOG, 0, "write.stale_price")),
        ),
    ),
)
