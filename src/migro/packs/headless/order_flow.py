"""Orders on their way out and news of parcels on their way back."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    Timed,
    during,
    fires,
    greatest,
    on,
    refutes,
    silent,
    supports,
    together,
)
from .expected import raised
from .operations_signals import Delivery, JobRun, LogLine, QueueState, SubscriptionState
from .payment_webhook import REFUSED
from .planning_signals import Interval, StatusPage
from .references import cited
from .responses import dashboard, draft_reply, notify, recheck, report
from .signals import Ticket
from .specimens import SHOP, burst, ticket
from .specimens_operations import (
    DELIVERY,
    INTERVAL,
    JOB,
    LOG,
    NOW,
    QUEUE,
    SHIPMENT,
    START,
    STATUS,
    SUBSCRIPTION,
    TRACE,
    at,
    said,
    usual,
)
from .sync_signals import OrderTrace, Shipment
from .witnesses import INCIDENT_OVER, anywhere, logged, tickets, usual_of

__all__ = ["EXPORT_STALLED", "RULES", "TRACKING_GAP"]

EXPORT_STALLED = IssueKind[MerchantId](
    "order_export_stalled",
    category="integration",
    title="Orders do not reach the next system",
    what="The export, its queue or the middleware stands still, or a new code or article is refused.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("orders that wait, by reason and age"),
        recheck("orders"),
        dashboard(),
        draft_reply(
            "Paid orders have not reached your next system since {first_seen}. The list with the first reason is"
            " attached; nothing was sent again."
        ),
    ),
    human_only=("correct the mapping", "send orders again", "export by hand"),
    false_positives="Orders held for a fraud check, sold ahead or paid later are not exported on purpose.",
    related=("product_variant_id_mapping", "api_token_revoked", "shipping_tracking_gap", "order_import_gap"),
    harm=(
        "Parcels leave late and customers cancel; graver once the carrier has come for the day or fifty orders wait."
    ),
    sources=cited("SS-V1", "BC-ORDC", "J"),
    causes=("shipping_tracking_gap",),
    lag=hours(24),
    about=("order",),
)

TRACKING_GAP = IssueKind[MerchantId](
    "shipping_tracking_gap",
    category="integration",
    title="Shipments do not find their way back into the shop",
    what="The carrier's events fail or have no mapping, so orders stay unfulfilled and buyers get no tracking.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("shipments without a fulfilment, age of each"),
        draft_reply(
            "Parcels of yours are on their way although the shop does not show it yet: the carrier's news arrives late."
            " The list is attached."
        ),
    ),
    human_only=("fetch the states again", "correct the mapping"),
    false_positives="Weekends; and carriers whose calls carry an address only: fetch it before judging.",
    related=("order_export_stalled", "webhook_subscription_removed", "webhook_signature_mismatch"),
    harm="Parcels move, but customers do not know it and ask; the desk bears it.",
    sources=cited("SS-V1", "SS-V2", "EP-WH"),
    about=(
        "fulfilment",
        "order",
    ),
)

_EXPORTABLE: Pred[OrderTrace] = (
    (OrderTrace.paid == True)  # noqa: E712
    & (OrderTrace.on_hold == False)  # noqa: E712
    & (OrderTrace.placed_at > OrderTrace.polled_at - hours(2))
)
_LATE: Pred[OrderTrace] = OrderTrace.placed_at < OrderTrace.polled_at - minutes(30)
_WAITING: Pred[OrderTrace] = (OrderTrace.exported == False) & _LATE  # noqa: E712
# A poll looks at the same orders again, so each is counted once.
_waiting = on(OrderTrace, _EXPORTABLE, _WAITING, per=OrderTrace.merchant).different(
    OrderTrace.order_id, within=minutes(15)
)
_exportable = on(OrderTrace, _EXPORTABLE, per=OrderTrace.merchant).different(OrderTrace.order_id, within=minutes(15))
# Each host has its own names for it; what comes in by a queue is no export.
_QUEUE = on(
    QueueState,
    QueueState.queue.matches("(?i)export|order|erp|oms|wms|3pl|warehouse|fulfil"),
    ~QueueState.queue.matches("(?i)import|catalog|product|stock|invent|mail|hook"),
    per=(QueueState.merchant, QueueState.queue),
)
_GROWS = together(
    _QUEUE.latest(QueueState.oldest_s, max_age=minutes(30)) >= 1_800,
    _QUEUE.latest(QueueState.depth, max_age=minutes(30)).rising(samples=3),
    within=minutes(1),
)
_TODAY: Pred[Shipment] = Shipment.shipped_at > Shipment.polled_at - hours(6)
_LOST: Pred[Shipment] = (Shipment.fulfilled == False) & (Shipment.shipped_at < Shipment.polled_at - minutes(60))  # noqa: E712
_lost = on(Shipment, _TODAY, _LOST, per=Shipment.merchant).different(Shipment.order_id, within=minutes(15))
_shipped = on(Shipment, _TODAY, per=Shipment.merchant).different(Shipment.order_id, within=minutes(15))
_CARRIERS = ("easypost", "shipstation")
_asked = on(
    Ticket,
    Ticket.author.one_of("end_user", "unknown"),
    Ticket.features.has("intent.where_is_my_order"),
    per=Ticket.merchant,
).count(within=hours(24))

_OUT = said(TRACE, polled_at=at(1_801))
_STUCK = said(TRACE, 60, exported=False, polled_at=at(1_801))
_GONE = said(SHIPMENT, 60, fulfilled=False, polled_at=at(3_601))
_KNOWN = said(SHIPMENT, polled_at=at(3_601))
_STANDS = said(SHIPMENT, 60, status_moved=False, polled_at=at(86_401))
_FROM_CARRIER = said(DELIVERY, sender="easypost")
_ASKS = ticket(0, "intent.where_is_my_order")


def _queue(*depths: int, oldest_s: int = 1_800, queue: str = "order_export") -> tuple[QueueState, ...]:
    return tuple(said(QUEUE, 300 * i, depth=d, oldest_s=oldest_s, queue=queue) for i, d in enumerate(depths))


def _beside(one: tuple[QueueState, ...], other: tuple[QueueState, ...]) -> tuple[QueueState, ...]:
    return tuple(state for n, s in enumerate(other) for state in (one[n], said(s, 300 * n + 60, queue="oms")))


def _asking(times: int) -> Timed[MerchantId]:
    return _asked >= greatest(2, 2 * times * usual_of(_asked))


def _questions(n: int) -> tuple[Signal, ...]:
    # Six of them are those by which one an hour is usual.
    return (*usual(1, _ASKS), *burst(n - 6, ticket(NOW, "intent.where_is_my_order")))


# A log seldom says which program wrote it in the words of this pack; what feeds the shop is another matter.
_EXPORTS: Pred[LogLine] = LogLine.worker.missing() | ~LogLine.worker.matches(
    "(?i)import|migrat|catalog|feed|search|index|stock|invent"
)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "order-export.waiting",
        # Longer than the pause between two polls, or it would come and go with each.
        when=(_waiting >= 5) & (_waiting.per(_exportable, floor=5, bound="wilson") >= percent(20)),
        then=supports(EXPORT_STALLED, STRONG, family="orders"),
        why="Five paid orders, and a fifth of those of two hours, have waited for half an hour.",
        lasts=minutes(30),
        examples=(
            fires("5 of 9", *burst(4, _OUT, order_id="a"), *burst(5, _STUCK, order_id="b"), for_=SHOP),
            silent("four", *burst(4, _STUCK, order_id="b")),
            silent("one of them twice", *burst(4, _STUCK, order_id="b"), said(_STUCK, 63, order_id="b0")),
            silent("5 of 30", *burst(25, _OUT, order_id="a"), *burst(5, _STUCK, order_id="b")),
            silent("half an hour old", *burst(5, said(_STUCK, 60, polled_at=at(1_800)), order_id="b")),
            silent("held back", *burst(5, said(_STUCK, 60, on_hold=True), order_id="b")),
        ),
    ),
    Rule(
        "order-export.fifty",
        when=_waiting >= 50,
        then=supports(EXPORT_STALLED, STRONG, family="orders", severity=Severity.SEV2),
        why="Fifty paid orders have waited for half an hour.",
        lasts=minutes(30),
        examples=(
            fires("fifty", *burst(50, _STUCK, order_id="b"), for_=SHOP),
            silent("49", *burst(49, _STUCK, order_id="b")),
        ),
    ),
    Rule(
        "order-export.after-collection",
        when=(_waiting >= 5)
        & during(
            on(Interval, Interval.what == "shipping", per=Interval.merchant),
            starts=Interval.starts_at,
            ends=Interval.ends_at,
        ),
        then=supports(EXPORT_STALLED, STRONG, family="orders", severity=Severity.SEV2),
        why="Five paid orders wait although the carrier's last collection of the day is over.",
        lasts=minutes(30),
        examples=(
            fires("after it", INTERVAL, *burst(5, _STUCK, order_id="b"), for_=SHOP),
            silent("before it", said(INTERVAL, 0, starts_at=at(600)), *burst(5, _STUCK, order_id="b")),
        ),
    ),
    Rule(
        "order-export.queue",
        when=anywhere(_GROWS, within=minutes(10)),
        then=supports(EXPORT_STALLED, STRONG, family="queue"),
        why="The oldest order has waited half an hour in a queue that grew twice.",
        revision=3,
        examples=(
            fires("grows", *_queue(1, 2, 3), for_=SHOP),
            fires("beside one that is empty", *_beside(_queue(1, 2, 3), _queue(0, 0, 0, oldest_s=0)), for_=SHOP),
            silent("two that grew once each", *_beside(_queue(1, 3), _queue(2, 4))),
            fires("under another name", *_queue(1, 2, 3, queue="oms-export"), for_=SHOP),
            silent("mails", *_queue(1, 2, 3, queue="order-mails")),
            silent("stays", *_queue(1, 2, 2)),
            silent("29 minutes", *_queue(1, 2, 3, oldest_s=1_799)),
        ),
    ),
    Rule(
        "order-export.log",
        when=logged("log.mapping_missing", lines=3, within=minutes(30), where=_EXPORTS),
        then=supports(EXPORT_STALLED, MEDIUM, family="logs"),
        why="The export said three times in half an hour that it does not know an article or a method.",
        revision=2,
        examples=(
            fires("three", said(LOG, 0, "log.mapping_missing", lines=3, worker="order_export"), for_=SHOP),
            silent("two", said(LOG, 0, "log.mapping_missing", lines=2, worker="order_export")),
            fires("whoever it is", said(LOG, 0, "log.mapping_missing", lines=3), for_=SHOP),
            silent("an import", said(LOG, 0, "log.mapping_missing", lines=3, worker="catalogue-import")),
        ),
    ),
    Rule(
        "order-export.ticket",
        when=tickets("mentions.not_shipped", people=1, within=hours(24)),
        then=supports(EXPORT_STALLED, WEAK, family="tickets"),
        why="Somebody wrote that nothing is shipped, or that the warehouse has no orders.",
        examples=(
            fires("says so", ticket(0, "mentions.not_shipped"), for_=SHOP),
            silent("it cannot log in", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "order-export.batch",
        when=during(
            on(JobRun, JobRun.job == "erp_batch", per=JobRun.merchant),
            starts=JobRun.started_at,
            ends=JobRun.next_at,
        ),
        then=refutes(EXPORT_STALLED, 150, family="batch"),
        why="The next system fetches orders in batches, and the next batch is not due yet.",
        examples=(
            fires("not due", said(JOB, 0, job="erp_batch", started_at=START, next_at=at(3_600)), QUEUE, for_=SHOP),
            silent("due", said(JOB, 0, job="erp_batch", started_at=START, next_at=at(59)), said(QUEUE, 60)),
        ),
    ),
    Rule(
        "tracking.lost",
        when=(_lost >= 5) & (_lost.per(_shipped, floor=5, bound="wilson") >= percent(20)),
        then=supports(TRACKING_GAP, STRONG, family="shipments"),
        why="Five shipments, and a fifth of those of six hours, are unknown to the shop after an hour.",
        revision=2,
        # Carriers' systems are asked at long intervals, and what was found is so until they are asked again.
        lasts=hours(1),
        examples=(
            fires("5 of 9", *burst(4, _KNOWN, order_id="a"), *burst(5, _GONE, order_id="b"), for_=SHOP),
            silent("four", *burst(4, _GONE, order_id="b")),
            silent("an hour", *burst(5, said(_GONE, 60, polled_at=at(3_600)), order_id="b")),
        ),
    ),
    Rule(
        "tracking.subscription",
        when=on(
            SubscriptionState,
            SubscriptionState.provider.one_of(*_CARRIERS),
            SubscriptionState.active == False,  # noqa: E712
            per=SubscriptionState.merchant,
        ),
        then=supports(TRACKING_GAP, MEDIUM, family="webhooks"),
        why="The carrier's webhook is switched off.",
        lasts=hours(2),
        examples=(
            fires("off", said(SUBSCRIPTION, provider="easypost", active=False), for_=SHOP),
            silent("on", said(SUBSCRIPTION, provider="easypost")),
        ),
    ),
    Rule(
        "tracking.refused",
        when=on(Delivery, Delivery.sender.one_of(*_CARRIERS), per=Delivery.merchant).share(
            REFUSED, at_least=percent(50), floor=5, within=hours(1), bound="plain"
        ),
        then=supports(TRACKING_GAP, MEDIUM, family="webhooks"),
        why="Half of the carrier's deliveries fail their signature check.",
        examples=(
            fires("3 of 6", *burst(3, _FROM_CARRIER), *burst(3, said(_FROM_CARRIER, 9, signature="failed")), for_=SHOP),
            silent("2 of 5", *burst(3, _FROM_CARRIER), *burst(2, said(_FROM_CARRIER, 9, signature="failed"))),
        ),
    ),
    Rule(
        "tracking.status-stands",
        when=on(
            Shipment,
            Shipment.status_moved == False,  # noqa: E712
            Shipment.shipped_at < Shipment.polled_at - hours(24),
            per=Shipment.merchant,
        ).distinct(Shipment.order_id, at_least=10, within=minutes(15)),
        then=supports(TRACKING_GAP, MEDIUM, family="states"),
        why="The state of ten orders has not changed in the day since they were shipped.",
        revision=2,
        # Carriers' systems are asked at long intervals, and what was found is so until they are asked again.
        lasts=hours(1),
        examples=(
            fires("ten", *burst(10, _STANDS, order_id="b"), for_=SHOP),
            silent("nine", *burst(9, _STANDS, order_id="b")),
            silent("a day", *burst(10, said(_STANDS, 60, polled_at=at(86_400)), order_id="b")),
        ),
    ),
    *raised(
        Rule(
            "tracking.tickets",
            when=_asking(1),
            then=supports(TRACKING_GAP, WEAK, family="tickets"),
            why="Twice as many people as usual ask where their order is.",
            examples=(
                fires("48 for 24", *usual(1, _ASKS), *burst(42, ticket(NOW, "intent.where_is_my_order")), for_=SHOP),
                silent("47 for 24", *usual(1, _ASKS), *burst(41, ticket(NOW, "intent.where_is_my_order"))),
            ),
        ),
        _asking,
        _questions,
        edge=48,
    ),
    Rule(
        "tracking.carrier-outage",
        when=on(
            StatusPage,
            StatusPage.component == "carrier",
            StatusPage.impact.one_of("critical", "major"),
            per=StatusPage.merchant,
        ).unless(on(StatusPage, StatusPage.component == "carrier", INCIDENT_OVER, per=StatusPage.merchant)),
        then=refutes(TRACKING_GAP, 150, family="status-page"),
        why="The carrier's own status page tells of an outage.",
        lasts=hours(4),
        examples=(
            fires("an outage", said(STATUS, component="carrier"), for_=SHOP),
            silent(
                "resolved", said(STATUS, component="carrier"), said(STATUS, 60, component="carrier", state="resolved")
            ),
            silent(
                "works again",
                said(STATUS, component="carrier", state="major_outage"),
                said(STATUS, 60, component="carrier", state="operational", impact="none"),
            ),
        ),
    ),
)
