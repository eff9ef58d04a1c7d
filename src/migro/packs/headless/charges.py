"""Charges: money without an order, and money that never moved."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    Amounts,
    Exposure,
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
)
from .check_signals import PaymentPoll
from .references import cited
from .responses import draft_reply, notify, page, report
from .shop_witnesses import NEW_ORDERS, mostly, newest
from .signals import Order, PaidInTest, Payment
from .specimens import SHOP, burst, order, paid_in_test, payment, ticket
from .specimens_operations import LOG, said
from .specimens_shop import FAULT, PAYMENT_POLL
from .stakes import at_stake
from .storefront_signals import Fault
from .witnesses import REAL_MONEY, REAL_ORDER, TEST_ORDER, logged, tickets

__all__ = ["NO_ORDER", "RULES", "TEST_MODE"]

NO_ORDER = IssueKind[MerchantId](
    "payment_captured_no_order",
    category="checkout",
    title="Payments went through and have no order",
    what="A shopper paid, but the order was never made: the browser was closed, a step timed out or two raced.",
    severity=SeverityScale(default=Severity.SEV2),
    impact=at_stake(
        Exposure(
            "payments without order",
            amounts=Amounts(
                of=on(Payment, Payment.topic == "order.paid", REAL_MONEY, per=Payment.merchant),
                amount=Payment.amount_minor,
                currency=Payment.currency,
                each=Payment.cart_ref,
                within=hours(2),
                after=minutes(15),
                without=on(Order, Order.topic == "order.created", per=Order.merchant),
                matching=Order.cart_ref,
            ),
        ),
    ),
    responses=(
        page(),
        notify("finance"),
        report("pseudonyms of the payments, amounts, currency and age"),
        draft_reply(
            "Payments went through in your shop that have no order. Please ask no shopper to pay again. The list is in"
            " the report; for each of them your team decides whether to make the order or to release the money."
        ),
    ),
    human_only=("create an order", "capture", "void", "refund", "write to the shopper"),
    false_positives=(
        "Platforms release abandoned payments by themselves after hours; renewals of subscriptions have no cart;"
        " clocks of provider and platform differ by minutes."
    ),
    related=(
        "duplicate_order_or_charge",
        "payment_webhook_signature_mismatch",
        "samesite_payment_return_loss",
        "order_export_stalled",
    ),
    harm=(
        "Each payer waits for goods that nobody will send, and all the money without an order counts; many at"
        " once are gravest."
    ),
    sources=cited("MED-13301", "MED-4798", "MED-2948", "SAL-CO", "MED-HOOK"),
    about=("payment",),
)

TEST_MODE = IssueKind[MerchantId](
    "test_mode_in_production",
    category="checkout",
    title="Test payments pay real orders",
    what="Keys of a payment or tax sandbox are live, so orders look paid and no money moves, or the other way round.",
    severity=SeverityScale(default=Severity.SEV4),
    responses=(
        page(),
        notify("finance"),
        report("orders that a test payment paid; the class of the key, never the key"),
        draft_reply(
            "Orders in your shop were paid with a test account of your payment provider, so no money was collected."
            " Please hold the orders in the report until somebody of your team has looked at them."
        ),
    ),
    human_only=("change keys", "collect payments again", "hold orders back"),
    false_positives="Merchants place test orders on purpose on the day they go live.",
    related=("env_var_missing_after_deploy", "payment_decline_surge"),
    harm="Orders look paid and no money comes; gravest when the payer is none of the shop's own people.",
    sources=cited("STRIPE-SKILL", "HD-ADYEN", "J"),
    causes=("payment_decline_surge",),
    lag=hours(1),
    about=("payment",),
)

_POLLS = on(PaymentPoll, per=PaymentPoll.merchant)
# What explains a poll away counts as long as the poll does; the next one ends it.
_POLLED = hours(1)
_ALL_MATCHED = on(PaymentPoll, PaymentPoll.unmatched == 0, per=PaymentPoll.merchant)
_PAID = on(Payment, Payment.topic == "order.paid", REAL_MONEY, per=Payment.merchant).different(
    Payment.payment_id, within=hours(2)
)
_GAP = (_PAID - NEW_ORDERS.different(Order.order_id, within=hours(2))).per(_PAID, floor=50, bound="wilson")
_PAID_CART = on(Payment, Payment.topic == "order.paid", REAL_MONEY, per=(Payment.merchant, Payment.cart_ref))
_NO_ORDER = _PAID_CART.without(
    on(Order, Order.topic == "order.created", per=(Order.merchant, Order.cart_ref)),
    within=minutes(15),
    before=minutes(60),
)
_RACE = on(Fault, Fault.code == "pay.race", per=(Fault.merchant, Fault.cart_ref))
_TEST_PAID: Pred[Payment] = (Payment.topic == "order.paid") & (Payment.livemode == False)  # noqa: E712
_TEST_ORDERS = on(Payment, _TEST_PAID, Payment.order_id.present(), Payment.env == "production", per=Payment.merchant)

_C: dict[str, Any] = {"cart_ref": "c1"}
_NAMED: dict[str, Any] = {"order_id": "900", "order_number": "1001", "cart_ref": "c1"}
_TEST: dict[str, Any] = {"livemode": False, "order_id": "1001"}


def _paid_by_test(paid: tuple[Any, Any], placed: tuple[Any, Any]) -> Measure[MerchantId]:
    """Return how many live orders payments of a test account paid in a day, by what both of them name."""
    of_test = on(PaidInTest, per=paid)
    of_order = on(Order, Order.topic == "order.created", REAL_ORDER, per=placed)
    # Which of the two is told first is chance.
    return holding(of_test.after(of_order, within=minutes(60)), per=PaidInTest.merchant, within=hours(24)) + holding(
        of_order.after(of_test, within=minutes(60)), per=PaidInTest.merchant, within=hours(24)
    )


# One payment may name its order three times, so the names are no three orders.
_PAID_BY_TEST = greatest(
    _paid_by_test((PaidInTest.merchant, PaidInTest.order_id), (Order.merchant, Order.order_id)),
    _paid_by_test((PaidInTest.merchant, PaidInTest.order_number), (Order.merchant, Order.order_number)),
    _paid_by_test((PaidInTest.merchant, PaidInTest.cart_ref), (Order.merchant, Order.cart_ref)),
)


def _in_test(n: int) -> tuple[Signal, ...]:
    return (*burst(n, order(0), order_id="o"), *burst(n, paid_in_test(60), order_id="o"))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "no-order.polled",
        when=_POLLS.fits(PaymentPoll.unmatched >= 1).runs(2, of=2, within=hours(1)).unless(_ALL_MATCHED),
        then=supports(NO_ORDER, STRONG, family="payments"),
        why="Two polls in a row found payments that have no order after a quarter of an hour.",
        examples=(
            fires("twice", said(PAYMENT_POLL, 0, unmatched=1), said(PAYMENT_POLL, 300, unmatched=1), for_=SHOP),
            silent("once", said(PAYMENT_POLL, 0, unmatched=1)),
            silent("found", said(PAYMENT_POLL, 0, unmatched=1), said(PAYMENT_POLL, 300)),
            silent("found later", *burst(2, said(PAYMENT_POLL, 0, unmatched=1)), said(PAYMENT_POLL, 600)),
        ),
    ),
    Rule(
        "no-order.unmatched",
        # Medium only: of every thousand webhooks a few get lost, and the lost one may be the order's.
        when=(holding(_NO_ORDER, per=Payment.merchant, within=minutes(60)) >= 1).holds(2, of=2, every=minutes(5)),
        then=supports(NO_ORDER, MEDIUM, family="payments"),
        why="A payment's cart has had no order for a quarter of an hour, at two looks five minutes apart.",
        revision=2,
        examples=(
            fires("no order", payment(0, **_C), for_=SHOP, after=minutes(25)),
            silent("looked at once", payment(0, **_C), payment(1_199, "payment.updated")),
            silent("an order after it", payment(0, **_C), order(900, **_C), payment(1_800, "payment.updated")),
            silent("an order before it", order(-900, **_C), payment(0, **_C), payment(1_800, "payment.updated")),
            silent("a test", payment(0, livemode=False, **_C), payment(1_800, "payment.updated")),
        ),
    ),
    Rule(
        "no-order.many",
        when=_POLLS.fits(PaymentPoll.unmatched >= 5).runs(2, of=2, within=hours(1)).unless(_ALL_MATCHED),
        then=supports(NO_ORDER, STRONG, family="payments", severity=Severity.SEV1),
        why="Two polls in a row found at least five payments without an order.",
        examples=(
            fires("five", said(PAYMENT_POLL, 0, unmatched=5), said(PAYMENT_POLL, 300, unmatched=5), for_=SHOP),
            silent("four", said(PAYMENT_POLL, 0, unmatched=5), said(PAYMENT_POLL, 300, unmatched=4)),
        ),
    ),
    Rule(
        "no-order.raced",
        when=holding(_RACE.after(_PAID_CART, within=hours(1)), per=Fault.merchant, within=hours(1)) >= 1,
        then=supports(NO_ORDER, STRONG, family="app-log"),
        why="A log says that completing a cart failed after its payment had gone through.",
        examples=(
            fires("paid, then failed", payment(0, **_C), said(FAULT, 9, code="pay.race", **_C), for_=SHOP),
            silent("another cart", payment(0, **_C), said(FAULT, 9, code="pay.race", cart_ref="c2")),
            silent("not paid", said(FAULT, 9, code="pay.race", **_C)),
        ),
    ),
    Rule(
        "no-order.fewer-orders",
        # Of one family with payments that have no order: where webhooks of orders get lost, both see the same gap.
        when=_GAP >= percent(2),  # noqa: SIM300
        then=supports(NO_ORDER, MEDIUM, family="payments", severity=Severity.SEV1),
        why="Within two hours there were at least 2 % fewer orders than payments.",
        revision=2,
        examples=(
            fires(
                "98 for 100",
                *burst(98, order(0), order_id="o"),
                *burst(100, payment(0), payment_id="p"),
                for_=SHOP,
            ),
            silent("99 for 100", *burst(99, order(0), order_id="o"), *burst(100, payment(0), payment_id="p")),
        ),
    ),
    Rule(
        "no-order.authorised",
        when=_POLLS.fits(PaymentPoll.authorised_checkouts >= 1),
        then=supports(NO_ORDER, MEDIUM, family="checkouts"),
        why="A checkout is paid in full and was not completed for a quarter of an hour.",
        examples=(
            fires("one", said(PAYMENT_POLL, 0, authorised_checkouts=1), for_=SHOP),
            silent("none", said(PAYMENT_POLL, 0, authorised_checkouts=0)),
        ),
    ),
    Rule(
        "no-order.tickets",
        when=tickets("intent.charged_no_order", people=1, within=hours(24)),
        then=supports(NO_ORDER, WEAK, family="tickets"),
        why="Somebody wrote of having paid and got no order.",
        examples=(
            fires("one", ticket(0, "intent.charged_no_order"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "no-order.elsewhere",
        when=newest(_POLLS, (PaymentPoll.unmatched >= 1) & (PaymentPoll.found_elsewhere >= PaymentPoll.unmatched)),
        then=refutes(NO_ORDER, 150, family="elsewhere"),
        why="All of the orders were found under a different reference.",
        lasts=_POLLED,
        revision=2,
        examples=(
            fires("two of two", said(PAYMENT_POLL, 0, unmatched=2, found_elsewhere=2), for_=SHOP),
            silent("one of two", said(PAYMENT_POLL, 0, unmatched=2, found_elsewhere=1)),
        ),
    ),
    Rule(
        "no-order.test",
        when=newest(_POLLS, (PaymentPoll.unmatched >= 1) & (PaymentPoll.test >= PaymentPoll.unmatched)),
        then=refutes(NO_ORDER, 150, family="test"),
        why="All of the payments without an order are tests.",
        lasts=_POLLED,
        revision=2,
        examples=(
            fires("two of two", said(PAYMENT_POLL, 0, unmatched=2, test=2), for_=SHOP),
            silent("one of two", said(PAYMENT_POLL, 0, unmatched=2, test=1)),
        ),
    ),
    Rule(
        "no-order.queue",
        when=newest(_POLLS, PaymentPoll.import_queue_s > 900),
        then=refutes(NO_ORDER, 60, family="queue"),
        why="Orders wait longer than a quarter of an hour to be imported.",
        lasts=_POLLED,
        revision=2,
        examples=(
            fires("longer", said(PAYMENT_POLL, 0, import_queue_s=901), for_=SHOP),
            silent("not longer", said(PAYMENT_POLL, 0, import_queue_s=900)),
        ),
    ),
    Rule(
        "test-mode.paid",
        when=on(
            Payment,
            _TEST_PAID,
            Payment.order_id.present(),
            Payment.env == "production",
            Payment.internal.missing() | (Payment.internal == False),  # noqa: E712
            per=Payment.merchant,
        ),
        then=supports(TEST_MODE, STRONG, family="payments", severity=Severity.SEV1),
        why="A payment without real money paid an order of production.",
        examples=(
            fires("one", payment(0, **_TEST), for_=SHOP),
            silent("real money", payment(0, order_id="1001")),
            silent("one of the shop's own people", payment(0, internal=True, **_TEST)),
            silent("staging", payment(0, env="staging", **_TEST)),
        ),
    ),
    Rule(
        "test-mode.one-order",
        when=_PAID_BY_TEST >= 1,
        then=supports(TEST_MODE, MEDIUM, family="payments"),
        why="A payment of a test account paid an order that is none, as somebody does who tries a shop out.",
        revision=2,
        lasts=hours(24),
        examples=(
            fires("the order first", order(0), paid_in_test(60), for_=SHOP),
            fires("the payment first", paid_in_test(0), order(60), for_=SHOP),
            fires(
                "by the number of the order",
                order(0, order_id="900", order_number="1001"),
                paid_in_test(60, order_number="1001"),
                for_=SHOP,
            ),
            fires("by the cart", paid_in_test(0, order_id="x", cart_ref="c1"), order(60, cart_ref="c1"), for_=SHOP),
            silent("a test order", order(0, test=True), paid_in_test(60)),
            silent("another order", order(0), paid_in_test(60, order_id="2")),
            silent("a day apart", order(0), paid_in_test(3_601)),
        ),
    ),
    Rule(
        "test-mode.orders",
        when=_PAID_BY_TEST >= 2,
        then=supports(TEST_MODE, STRONG, family="payments", severity=Severity.SEV1),
        why="Payments of a test account paid two live orders within a day.",
        revision=2,
        lasts=hours(24),
        examples=(
            fires("two", *_in_test(2), for_=SHOP),
            silent("one", *_in_test(1)),
            silent("one by all its names", order(0, **_NAMED), paid_in_test(60, **_NAMED)),
            silent("test orders", *burst(2, order(0, test=True), order_id="o"), *_in_test(2)[2:]),
        ),
    ),
    Rule(
        "test-mode.log",
        when=logged("code.test_key", lines=1, within=minutes(60)),
        then=supports(TEST_MODE, MEDIUM, family="app-log"),
        why="A log of production names a key of a sandbox.",
        examples=(
            fires("one line", said(LOG, 0, "code.test_key"), for_=SHOP),
            silent("another matter", said(LOG, 0, "code.cors")),
        ),
    ),
    Rule(
        "test-mode.tickets",
        when=tickets("mentions.test_mode", people=1, within=hours(24)),
        then=supports(TEST_MODE, WEAK, family="tickets"),
        why="Somebody wrote of test mode or of money that does not arrive.",
        examples=(
            fires("one", ticket(0, "mentions.test_mode"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "test-mode.own-people",
        when=mostly(_TEST_ORDERS, Payment.internal == True, at_least=percent(100), floor=1, within=hours(24)),  # noqa: E712
        then=refutes(TEST_MODE, 150, family="own-people"),
        why="All payments without real money were made by the shop's own people.",
        examples=(
            fires("one", payment(0, internal=True, **_TEST), for_=SHOP),
            silent("a shopper too", payment(0, internal=False, **_TEST), payment(9, internal=True, **_TEST)),
        ),
    ),
    Rule(
        "test-mode.marked",
        when=newest(on(Order, Order.topic == "order.created", per=Order.merchant), TEST_ORDER),
        then=refutes(TEST_MODE, 60, family="marked"),
        why="The latest order is marked as a test.",
        examples=(
            fires("marked", order(0, test=True), for_=SHOP),
            fires("placed where tests are made", order(0, env="test"), for_=SHOP),
            silent("not marked", order(0, test=False)),
        ),
    ),
)
