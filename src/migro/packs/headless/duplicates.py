"""Duplicates: carts that became more than one order, payment or capture, and what makes of two charges none."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    Amounts,
    Exposure,
    IssueKind,
    Measure,
    Rule,
    Selection,
    SeverityScale,
    Timed,
    fires,
    greatest,
    holding,
    least,
    on,
    refutes,
    silent,
    supports,
)
from .references import cited
from .responses import draft_reply, notify, page, report
from .shop_witnesses import still
from .signals import Order, Payment
from .specimens import SHOP, burst, order, payment, ticket
from .specimens_operations import said
from .specimens_shop import TWIN
from .stakes import at_stake
from .storefront_signals import OrderTwin
from .witnesses import REAL_MONEY, REAL_ORDER, tickets

__all__ = ["DUPLICATE", "RULES"]

_TAKEN_BACK: Pred[Payment] = Payment.state.one_of("voided", "canceled", "reversed")
_HELD: Pred[Payment] = Payment.state.one_of("requires_capture", "authorized")
# A hold takes no money, even where its sender tells it as paid.
_PAID: Pred[Payment] = (Payment.topic == "order.paid") & REAL_MONEY & (Payment.state.missing() | ~_HELD)

DUPLICATE = IssueKind[MerchantId](
    "duplicate_order_or_charge",
    category="checkout",
    title="Carts became more than one order or charge",
    what="Carts were completed twice: a webhook raced the browser, or a client tried again without a key.",
    severity=SeverityScale(default=Severity.SEV2),
    impact=at_stake(
        Exposure(
            "charged again",
            amounts=Amounts(
                of=on(Payment, _PAID, per=Payment.merchant),
                amount=Payment.amount_minor,
                currency=Payment.currency,
                each=Payment.payment_id,
                within=hours(24),
                after_first=True,
                # Parts of one sum seldom are the same, and a charge that was taken back costs nobody anything.
                alike=(Payment.cart_ref, Payment.amount_minor),
                without=on(Payment, _TAKEN_BACK, per=Payment.merchant),
                matching=Payment.payment_id,
            ),
        ),
    ),
    responses=(
        page(),
        notify("finance"),
        report("order and payment ids, amounts and currency of each cart"),
        draft_reply(
            "Carts in your shop produced more than one order or charge. Please hold the later one of each back until"
            " somebody of your team has looked at the report. We have changed nothing."
        ),
    ),
    human_only=("refund", "cancel", "void", "correct stock"),
    false_positives=(
        "An authorisation and its capture look like two charges on a bank statement; split tender and part captures"
        " are several payments of one order."
    ),
    related=("payment_captured_no_order", "webhook_duplicate_delivery", "cart_version_conflict"),
    harm=(
        "Each payer is charged twice, so the second amount has to be paid back and its stock put right; several"
        " in an hour are gravest."
    ),
    sources=cited("MED-13301", "MED-4798", "STRIPE-ORDER", "BC-ORD"),
    about=(
        "order",
        "payment",
    ),
)

_PER_CART = (Payment.merchant, Payment.cart_ref)
_PER_PAYMENT = (Payment.merchant, Payment.cart_ref, Payment.payment_id)
_PLACED = on(Order, Order.topic == "order.created", REAL_ORDER, per=(Order.merchant, Order.cart_ref))
_CHARGED = on(Payment, _PAID, per=_PER_CART)
_CALLED = on(Payment, Payment.topic == "payment.capture_called", REAL_MONEY, per=_PER_CART)

_ORDERS = _PLACED.different(Order.order_id, within=hours(24))
_CHARGES = _CHARGED.different(Payment.payment_id, within=hours(24))
_AT_ONCE = _CHARGED.different(Payment.payment_id, within=minutes(60))
# More calls than payments: one payment was called for twice.
_AGAIN = _CALLED.count(within=hours(24)) - _CALLED.different(Payment.payment_id, within=hours(24))
# An attempt that was given up took no money, so what is taken back has to have gone through.
_RETURNED = holding(
    on(Payment, _TAKEN_BACK | _HELD, per=_PER_PAYMENT).after(on(Payment, _PAID, per=_PER_PAYMENT), within=hours(24)),
    per=_PER_CART,
    within=hours(24),
)


def _parts(of: Selection[Payment, Any]) -> Measure[Any]:
    """Return at least 1 where amounts are parts of what a cart's only order is worth; without amounts they are none."""
    amount = of.total(Payment.amount_minor, within=hours(24))
    return least(amount, _PLACED.total(Order.total_minor, within=hours(24)) - amount + 1, 2 - _ORDERS)


_UNEXCUSED = minutes(5)
"""So long the order that payments are parts of, or the end of one of them, is waited for."""


def _carts(more: Timed[Any]) -> Measure[MerchantId]:
    return holding(more, per=Payment.merchant, within=minutes(60))


_BY_ORDERS = _carts(_ORDERS >= 2)
_BY_PAYMENTS = _carts(
    (_AT_ONCE >= 2).without(greatest(_parts(_CHARGED), 2 - _CHARGES + _RETURNED) >= 1, within=_UNEXCUSED)
)
_BY_CAPTURES = _carts((_AGAIN >= 1).without(greatest(_parts(_CALLED), 1 - _AGAIN + _RETURNED) >= 1, within=_UNEXCUSED))

_MORE = greatest(_ORDERS, _AT_ONCE, _AGAIN + 1) >= 2
# Parts of an order are left out: who pays in parts may pay twice all the same, after that as well.
_ALL_BACK = (greatest(_ORDERS, _CHARGES, _AGAIN + 1) - _RETURNED <= 1).after(_MORE, within=hours(12))

_C: dict[str, Any] = {"cart_ref": "c1"}
# Time goes on with something else.
_LATER = order(480, order_id="1009", cart_ref="c9")
_PAID_LATER = payment(480, payment_id="pi_9", cart_ref="c9")
_TWO_ORDERS = (order(0, **_C), order(60, order_id="1002", **_C))
_TWO_PAYMENTS = (payment(0, **_C), payment(60, payment_id="pi_2", **_C))
_TWO_CALLS = burst(2, payment(0, "payment.capture_called", **_C))
_SPLIT = (payment(0, amount_minor=4_000, **_C), payment(1, amount_minor=5_000, payment_id="pi_2", **_C))
_VOIDED = payment(90, "payment.updated", state="voided", payment_id="pi_2", **_C)


def _in_carts(n: int, *signals: Any) -> tuple[Any, ...]:
    """Return the same in several carts."""
    return tuple(
        s.model_copy(update={"cart_ref": f"c{i}", "id": f"{s.id}-{i}", "dedup_key": f"{s.id}-{i}"})
        for s in signals
        for i in range(1, n + 1)
    )


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "duplicate.orders",
        when=_BY_ORDERS >= 1,
        then=supports(DUPLICATE, STRONG, family="orders"),
        why="Two orders came from one cart within a day.",
        revision=2,
        lasts=hours(12),
        examples=(
            fires("two", *_TWO_ORDERS, for_=SHOP),
            silent("one, told twice", order(0, **_C), order(60, total_minor=1, **_C)),
            silent("two carts", order(0, **_C), order(60, order_id="1002", cart_ref="c2")),
            silent("a test", order(0, **_C), order(60, order_id="1002", test=True, **_C)),
        ),
    ),
    Rule(
        "duplicate.payments",
        when=_BY_PAYMENTS >= 1,
        then=supports(DUPLICATE, STRONG, family="payments"),
        why="Two payments of one cart went through within an hour, and they are no parts of its only order.",
        revision=2,
        lasts=hours(12),
        examples=(
            fires("two", *_TWO_PAYMENTS, _PAID_LATER, for_=SHOP),
            fires(
                "one cart of two is split",
                order(0, total_minor=9_000, **_C),
                *_SPLIT,
                *(p.model_copy(update={"cart_ref": "c2"}) for p in _TWO_PAYMENTS),
                _PAID_LATER,
                for_=SHOP,
            ),
            fires(
                "an attempt given up",
                payment(0, "payment.updated", state="canceled", payment_id="pi_0", **_C),
                *_TWO_PAYMENTS,
                _PAID_LATER,
                for_=SHOP,
            ),
            silent("one, told twice", payment(0, **_C), payment(60, state="succeeded", **_C), _PAID_LATER),
            silent("one failed", payment(0, "payment.failed", **_C), payment(60, payment_id="pi_2", **_C), _PAID_LATER),
            silent(
                "an hour apart", payment(0, **_C), payment(3601, payment_id="pi_2", **_C), payment(4_200, cart_ref="c9")
            ),
            silent("split in two", *_SPLIT, order(9, total_minor=9_000, **_C), _PAID_LATER),
            silent("one was voided", *_TWO_PAYMENTS, _VOIDED, _PAID_LATER),
            silent(
                "one is a hold", payment(0, **_C), payment(60, payment_id="pi_2", state="authorized", **_C), _PAID_LATER
            ),
        ),
    ),
    Rule(
        "duplicate.captures",
        when=_BY_CAPTURES >= 1,
        then=supports(DUPLICATE, STRONG, family="captures"),
        why="One payment was captured twice, and not in parts of its order.",
        revision=2,
        lasts=hours(12),
        examples=(
            fires("twice", *_TWO_CALLS, _PAID_LATER, for_=SHOP),
            silent("two payments", *burst(2, payment(0, "payment.capture_called", **_C), payment_id="p"), _PAID_LATER),
            silent(
                "in parts",
                order(0, total_minor=9_000, **_C),
                *burst(2, payment(1, "payment.capture_called", amount_minor=4_500, **_C)),
                _PAID_LATER,
            ),
        ),
    ),
    Rule(
        "duplicate.many",
        when=greatest(_BY_ORDERS, _BY_PAYMENTS, _BY_CAPTURES) >= 3,
        then=supports(DUPLICATE, MEDIUM, family="carts", severity=Severity.SEV1),
        why="Three carts within an hour came to more than one order, or payment, or capture.",
        lasts=hours(12),
        examples=(
            fires("three", *_in_carts(3, *_TWO_ORDERS), for_=SHOP),
            fires("three payments", *_in_carts(3, *_TWO_PAYMENTS), _PAID_LATER, for_=SHOP),
            silent("two", *_in_carts(2, *_TWO_ORDERS)),
            silent("one in three ways", *_in_carts(1, *_TWO_ORDERS, *_TWO_PAYMENTS, *_TWO_CALLS), _LATER),
        ),
    ),
    Rule(
        "duplicate.twin",
        when=on(OrderTwin, per=OrderTwin.merchant),
        then=supports(DUPLICATE, MEDIUM, family="twins"),
        why="The same customer ordered the same for the same amount ten minutes before.",
        revision=2,
        examples=(
            fires("a twin", said(TWIN, 0), for_=SHOP),
            silent("an order", order(0, **_C)),
        ),
    ),
    Rule(
        "duplicate.tickets",
        when=tickets("intent.charged_twice", people=1, within=hours(24)),
        then=supports(DUPLICATE, WEAK, family="tickets"),
        why="Somebody wrote of being charged twice.",
        revision=2,
        examples=(
            fires("one", ticket(0, "intent.charged_twice"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "duplicate.cleared",
        # Carts are looked for longer than what clears them, so that one cleared before hides none that comes later.
        when=still(
            holding(_ALL_BACK, per=Payment.merchant, within=hours(12))
            >= greatest(1, holding(_MORE, per=Payment.merchant, within=hours(24)))
        ),
        then=refutes(DUPLICATE, 150, family="cleared"),
        why="Of every cart that came to more, what was too much has been taken back since.",
        examples=(
            fires("voided later", *_TWO_PAYMENTS, said(_VOIDED, 600), for_=SHOP),
            silent("one of three", *_TWO_PAYMENTS, payment(70, payment_id="pi_3", **_C), said(_VOIDED, 600)),
            silent(
                "one of two",
                *_TWO_PAYMENTS,
                *(p.model_copy(update={"cart_ref": "c2"}) for p in _TWO_PAYMENTS),
                said(_VOIDED, 600),
            ),
            silent(
                "not charged twice", order(0, total_minor=9_000, **_C), payment(1, amount_minor=9_000, **_C), _LATER
            ),
        ),
    ),
)
