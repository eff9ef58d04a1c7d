"""Orders of the old shop: those that are missing in the new one, and those that it takes for new."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, fact, hours, minutes, percent, permille
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Premise,
    Rule,
    SeverityScale,
    fires,
    greatest,
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .expected import raised
from .planning_signals import ShopMove
from .references import cited
from .responses import draft_reply, notify, operators, recheck, report
from .signals import Fulfilment, Order, Payment
from .specimens import SHOP, burst, order, payment, ticket
from .specimens_operations import IMPORT, LOG, MOVE, NOW, ORDER_COUNTS, RETURNED, START, TRACE, at, said, usual
from .sync_signals import OrderCounts, OrderTrace, RecordImport
from .witnesses import logged, tickets, usual_of

__all__ = ["ORDER_GAP", "RULES", "SIDE_EFFECTS"]

ORDER_GAP = IssueKind[MerchantId](
    "order_import_gap",
    category="data_sync",
    title="Orders are missing in the new system",
    what="The move left out or refused orders, or orders placed during the cutover exist in the old system only.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("orders of source and target by day, reasons of those that were refused"),
        recheck("orders"),
        draft_reply(
            "Some orders exist in your old system and not in the new one. The list is attached; please begin with those"
            " that were placed around the cutover."
        ),
    ),
    human_only=("import what is missing", "fulfil from the old system"),
    false_positives="Days begin at another hour elsewhere; drafts, split orders and merged guests count differently.",
    related=("domain_split_brain", "bulk_import_errors", "order_import_side_effects"),
    harm=("A live order that is missing is not delivered; one of the past is missing from somebody's history only."),
    sources=cited("BC-ORD", "BC-ERR", "BC-DELTA"),
    causes=("order_import_side_effects",),
    lag=hours(24),
    about=("order",),
)

SIDE_EFFECTS = IssueKind[MerchantId](
    "order_import_side_effects",
    category="data_sync",
    title="Imported orders are treated as new",
    what="Orders written by the import send mails, change stock, or are shipped a second time.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        *operators("orders concerned, mails and labels of each"),
        draft_reply(
            "Old orders that were imported are treated as new ones: mails went out, or labels were made. Please pause"
            " the integration; the list is attached."
        ),
    ),
    human_only=("pause integrations", "call shipments back", "write to buyers"),
    false_positives="More orders alone look like a sale, but a sale brings payments.",
    related=("order_import_gap", "webhook_duplicate_delivery", "order_export_stalled"),
    harm="Customers get mails about old orders; gravest when old parcels are sent a second time.",
    sources=cited("BC-ORD", "BC-PREP"),
)

_DAY: Pred[OrderCounts] = OrderCounts.resource_type == "orders"
_DONE: Pred[OrderCounts] = OrderCounts.complete == True  # noqa: E712
_absent = OrderCounts.in_source - OrderCounts.in_target
_GAP: Pred[OrderCounts] = (_absent >= 1) & (_absent >= OrderCounts.in_source.scaled(permille(1)))
_RECORDS = on(RecordImport, per=RecordImport.merchant, weight=RecordImport.records)
_OLD: Pred[OrderTrace] = (OrderTrace.imported == True) | (OrderTrace.placed_at < OrderTrace.polled_at - days(7))  # noqa: E712
_created = on(Order, Order.topic == "order.created", per=Order.merchant).count(within=hours(1))
_paid = on(Payment, Payment.topic == "order.paid", per=Payment.merchant).count(within=hours(1))

_FROZEN = said(MOVE, freeze_from=at(60), cutover_at=at(600))
_BETWEEN = said(TRACE, 900, platform_side="old", in_target=False, placed_at=at(60))
_IMPORTED = said(TRACE, imported=True)
_USUAL = (*usual(4, order()), *usual(4, payment()))


def _flood(times: int) -> Premise[MerchantId]:
    return (_created >= greatest(10, 10 * times * usual_of(_created))).unless(_paid > 2 * usual_of(_paid))


def _orders(n: int) -> tuple[Signal, ...]:
    return (*_USUAL, *burst(n, order(NOW + 3_700), every=0), payment(NOW + 3_800))


_BACKDATED: Pred[Order] = (
    (Order.topic == "order.created") & Order.backdated.present() & (Order.backdated == True)  # noqa: E712
)
_MANY_BACKDATED = on(Order, _BACKDATED, per=Order.merchant)
_SHIPPED = on(Fulfilment, per=(Fulfilment.merchant, Fulfilment.order_id)).after(
    on(Order, _BACKDATED, per=(Order.merchant, Order.order_id)), within=hours(24)
)

_TOLD_AS_NEW = burst(10, order(0, backdated=True), order_id="o")


def _wrote(*people: str) -> tuple[Signal, ...]:
    letter = ticket(600, "mentions.old_order_mail")
    return tuple(said(letter, 600 + i, requester=p, ticket_id=f"t{i}") for i, p in enumerate(people))


_SENT = said(RETURNED, 0, source_kind="platform_webhook", reason=None)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "order-gap.by-day",
        when=on(OrderCounts, _DAY, _DONE, _GAP, per=OrderCounts.merchant),
        then=supports(ORDER_GAP, STRONG, family="comparison"),
        why="After the import one in a thousand orders of a day is missing in the new system.",
        lasts=hours(24),
        examples=(
            fires("1 of 1000", said(ORDER_COUNTS, in_target=999), for_=SHOP),
            fires("1 of 10", said(ORDER_COUNTS, in_source=10, in_target=9), for_=SHOP),
            silent("1 of 1001", said(ORDER_COUNTS, in_source=1_001, in_target=1_000)),
            silent("still at work", said(ORDER_COUNTS, in_target=999, complete=False)),
        ),
    ),
    Rule(
        "order-gap.cutover",
        when=on(
            OrderTrace,
            OrderTrace.in_target == False,  # noqa: E712
            OrderTrace.placed_at >= fact(ShopMove.freeze_from),
            OrderTrace.placed_at <= fact(ShopMove.cutover_at),
            per=OrderTrace.merchant,
        ),
        then=supports(ORDER_GAP, STRONG, family="live-orders", severity=Severity.SEV2),
        why="An order placed between freeze and cutover is missing in the new system.",
        lasts=hours(24),
        examples=(
            fires("at the freeze", _FROZEN, _BETWEEN, for_=SHOP),
            fires("at the cutover", _FROZEN, said(_BETWEEN, 900, placed_at=at(600)), for_=SHOP),
            silent("before", _FROZEN, said(_BETWEEN, 900, placed_at=at(59))),
            silent("it is there", _FROZEN, said(_BETWEEN, 900, in_target=True)),
            silent("nobody said when", _BETWEEN),
        ),
    ),
    Rule(
        "order-gap.skipped",
        when=_RECORDS.share(
            RecordImport.status.present(),
            RecordImport.status.between(400, 499),
            at_least=percent("0.5"),
            floor=200,
            within=hours(24),
        ),
        then=supports(ORDER_GAP, MEDIUM, family="import-log"),
        why="One record in two hundred was refused by the import.",
        revision=2,
        examples=(
            fires("1 of 200", said(IMPORT, 0, records=199), said(IMPORT, 60, status=422), for_=SHOP),
            silent("1 of 201", said(IMPORT, 0, records=200), said(IMPORT, 60, status=422)),
        ),
    ),
    Rule(
        "order-gap.ticket",
        when=tickets("mentions.orders_missing", people=1, within=hours(24)),
        then=supports(ORDER_GAP, WEAK, family="tickets"),
        why="Somebody wrote that old orders are gone.",
        examples=(
            fires("says so", ticket(0, "mentions.orders_missing"), for_=SHOP),
            silent("something else", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "order-gap.delta",
        when=on(
            OrderCounts,
            _DONE,
            OrderCounts.stale >= 1,
            OrderCounts.stale >= OrderCounts.changed.scaled(percent(1)),
            per=OrderCounts.merchant,
        ),
        then=supports(ORDER_GAP, STRONG, family="delta"),
        why="Of what changed between export and cutover, 1 % is not the same in the new system.",
        lasts=hours(24),
        examples=(
            fires("1 of 100 products", said(ORDER_COUNTS, resource_type="products", changed=100, stale=1), for_=SHOP),
            silent("1 of 101", said(ORDER_COUNTS, resource_type="products", changed=101, stale=1)),
            silent("none", said(ORDER_COUNTS, resource_type="products", changed=0, stale=0)),
        ),
    ),
    Rule(
        "order-gap.excluded",
        when=on(OrderCounts, _DAY, _DONE, _GAP, _absent <= OrderCounts.excluded, per=OrderCounts.merchant).unless(
            on(OrderCounts, _DAY, _DONE, _GAP, _absent > OrderCounts.excluded, per=OrderCounts.merchant)
        ),
        then=refutes(ORDER_GAP, 150, family="excluded"),
        why="All orders that are missing are left out by rule, as test orders are.",
        lasts=hours(24),
        examples=(
            fires("five", said(ORDER_COUNTS, in_target=995, excluded=5), for_=SHOP),
            silent("five of six", said(ORDER_COUNTS, in_target=994, excluded=5)),
        ),
    ),
    Rule(
        "order-effects.mails",
        when=on(OrderTrace, _OLD, OrderTrace.mails >= 1, per=OrderTrace.merchant),
        then=supports(SIDE_EFFECTS, STRONG, family="effects"),
        why="A mail was sent because of an order that was imported or is older than a week.",
        lasts=hours(2),
        examples=(
            fires("imported", said(_IMPORTED, 60, mails=1), for_=SHOP),
            fires("old", said(TRACE, 60, mails=1, polled_at=START + days(8)), for_=SHOP),
            silent("a week old", said(TRACE, 60, mails=1, polled_at=START + days(7))),
            silent("no mail", _IMPORTED),
        ),
    ),
    Rule(
        "order-effects.labels",
        when=on(OrderTrace, _OLD, OrderTrace.labels >= 1, per=OrderTrace.merchant),
        then=supports(SIDE_EFFECTS, STRONG, family="effects", severity=Severity.SEV1),
        why="A shipping label was made because of an order that was imported or is older than a week.",
        lasts=hours(2),
        examples=(
            fires("imported", said(_IMPORTED, 60, labels=1), for_=SHOP),
            silent("a new order", said(TRACE, 60, labels=1)),
        ),
    ),
    *raised(
        Rule(
            "order-effects.many-orders",
            when=_flood(1),
            then=supports(SIDE_EFFECTS, MEDIUM, family="rate"),
            why="Ten times as many orders as usual are created, and no more than usual are paid.",
            examples=(
                fires("40 for 4", *_USUAL, *burst(40, order(NOW + 3_700)), payment(NOW + 3_800), for_=SHOP),
                silent("39 for 4", *_USUAL, *burst(39, order(NOW + 3_700)), payment(NOW + 3_800)),
                silent("all are paid", *_USUAL, *burst(40, order(NOW + 3_700)), *burst(40, payment(NOW + 3_700))),
            ),
        ),
        _flood,
        _orders,
        edge=40,
    ),
    Rule(
        "order-effects.old-labels",
        when=on(
            OrderTrace,
            OrderTrace.labels >= 1,
            OrderTrace.placed_at < OrderTrace.polled_at - days(30),
            per=OrderTrace.merchant,
        ),
        then=supports(SIDE_EFFECTS, MEDIUM, family="labels"),
        why="A shipping label was made for an order that is older than thirty days.",
        lasts=hours(2),
        examples=(
            fires("31 days", said(TRACE, 60, labels=1, polled_at=START + days(31)), for_=SHOP),
            silent("30 days", said(TRACE, 60, labels=1, polled_at=START + days(30))),
        ),
    ),
    Rule(
        "order-effects.backdated",
        when=_MANY_BACKDATED.at_least(10, within=minutes(30)),
        then=supports(SIDE_EFFECTS, MEDIUM, family="rate"),
        why="Ten orders that were placed more than a week ago were told as new within half an hour.",
        examples=(
            fires("ten", *burst(10, order(0, backdated=True), order_id="o"), for_=SHOP),
            silent("nine", *burst(9, order(0, backdated=True), order_id="o")),
            silent("new ones", *burst(10, order(0), order_id="o")),
        ),
    ),
    Rule(
        # A shop's own mails are seen by nobody but those who get them.
        "order-effects.backdated-and-told",
        when=_MANY_BACKDATED.at_least(10, within=hours(2))
        & tickets("mentions.old_order_mail", people=2, within=hours(2)),
        then=supports(SIDE_EFFECTS, MEDIUM, family="told"),
        why="Old orders were told as new, and two people wrote about a mail for an old order.",
        examples=(
            fires("two people", *_TOLD_AS_NEW, *_wrote("a", "b"), for_=SHOP),
            silent("one person", *_TOLD_AS_NEW, *_wrote("a", "a")),
            silent("no old orders", *_wrote("a", "b")),
        ),
    ),
    Rule(
        "order-effects.shipped",
        when=holding(_SHIPPED, per=Order.merchant, within=hours(2)) >= 1,
        then=supports(SIDE_EFFECTS, STRONG, family="effects", severity=Severity.SEV1),
        why="An order that was placed more than a week ago and is told as new has been sent out.",
        lasts=hours(2),
        examples=(
            fires("sent out", order(0, backdated=True), said(_SENT, 60), for_=SHOP),
            silent("another one", order(0, backdated=True), said(_SENT, 60, order_id="2")),
            silent("a new one", order(0), said(_SENT, 60)),
            silent("a day later", order(0, backdated=True), said(_SENT, 86_401)),
        ),
    ),
    Rule(
        "order-effects.ticket",
        when=tickets("mentions.old_order_mail", people=1, within=hours(24)),
        then=supports(SIDE_EFFECTS, WEAK, family="tickets"),
        why="Somebody wrote about a mail for an old order, or for one that they never placed.",
        examples=(
            fires("says so", ticket(0, "mentions.old_order_mail"), for_=SHOP),
            silent("something else", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "order-effects.filtered",
        when=logged("import.filtered", lines=1, within=hours(1)),
        then=refutes(SIDE_EFFECTS, 150, family="filtered"),
        why="The integration leaves imported orders out.",
        examples=(
            fires("left out", said(LOG, 0, "import.filtered"), for_=SHOP),
            silent("taken", said(LOG, 0, "import.taken")),
        ),
    ),
)
