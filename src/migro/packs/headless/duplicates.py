"""Duplicates, second part: captures, twins, and what makes of two charges none."""

from __future__ import annotations

from typing import Any

from ...expressions import hours
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    Rule,
    fires,
    on,
    refutes,
    silent,
    supports,
)
from .cart import DUPLICATE
from .shop_witnesses import still
from .signals import Order, Payment, Ticket
from .specimens import SHOP, burst, order, payment, ticket
from .specimens_operations import said
from .specimens_shop import TWIN
from .storefront_signals import OrderTwin
from .witnesses import REAL_MONEY

__all__ = ["RULES"]


_PAID_CART = on(Payment, Payment.topic == "order.paid", REAL_MONEY, per=(Payment.merchant, Payment.cart_ref))
_CALLS = on(Payment, Payment.topic == "payment.capture_called", REAL_MONEY, per=(Payment.merchant, Payment.cart_ref))
_PAID_VALUE = _PAID_CART.total(Payment.amount_minor, within=hours(24))
_PLACED = on(Order, Order.topic == "order.created", per=(Order.merchant, Order.cart_ref))
_ORDER_VALUE = _PLACED.total(Order.total_minor, within=hours(24))
_ORDERS = _PLACED.different(Order.order_id, within=hours(24))

_C: dict[str, Any] = {"cart_ref": "c1"}
_KEY = (SHOP, "c1")

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "duplicate.captures",
        # More calls than payments: one payment was called for twice.
        when=_CALLS.count(within=hours(24)) - _CALLS.different(Payment.payment_id, within=hours(24)) >= 1,
        then=supports(DUPLICATE, STRONG, family="captures"),
        why="One payment was captured twice.",
        examples=(
            fires("twice", *burst(2, payment(0, "payment.capture_called", **_C)), for_=_KEY),
            silent("two payments", *burst(2, payment(0, "payment.capture_called", **_C), payment_id="p")),
        ),
    ),
    Rule(
        "duplicate.twin",
        when=on(OrderTwin, per=(OrderTwin.merchant, OrderTwin.cart_ref)),
        then=supports(DUPLICATE, MEDIUM, family="twins"),
        why="The same customer ordered the same for the same amount ten minutes before.",
        examples=(
            fires("a twin", said(TWIN, 0), for_=_KEY),
            silent("an order", order(0, **_C)),
        ),
    ),
    Rule(
        "duplicate.tickets",
        when=on(Ticket, Ticket.features.has("intent.charged_twice"), per=(Ticket.merchant, Ticket.cart_ref)),
        then=supports(DUPLICATE, WEAK, family="tickets"),
        why="Somebody wrote of being charged twice for this cart.",
        examples=(
            fires("one", ticket(0, "intent.charged_twice", **_C), for_=_KEY),
            silent("another matter", ticket(0, "intent.how_to", **_C)),
        ),
    ),
    Rule(
        "duplicate.split",
        # Without amounts both are nothing, which says nothing; and two orders that were paid once each are no parts.
        when=still(_PAID_VALUE <= _ORDER_VALUE) & still(_ORDERS <= 1) & (_PAID_VALUE >= 1),
        then=refutes(DUPLICATE, 150, family="order-value"),
        why="All payments of the cart together are no more than its only order.",
        revision=2,
        examples=(
            fires(
                "split in two",
                order(0, total_minor=9_000, **_C),
                payment(1, amount_minor=4_000, **_C),
                payment(2, amount_minor=5_000, payment_id="pi_2", **_C),
                for_=_KEY,
            ),
            silent(
                "an order each",
                *burst(2, order(0, total_minor=9_000, **_C), order_id="o"),
                *burst(2, payment(1, amount_minor=9_000, **_C), payment_id="p"),
            ),
            silent("no amounts", order(0, **_C), payment(1, **_C)),
            silent(
                "paid twice",
                order(9, total_minor=9_000, **_C),
                payment(1, amount_minor=9_000, **_C),
                payment(2, amount_minor=9_000, payment_id="pi_2", **_C),
            ),
        ),
    ),
    Rule(
        "duplicate.hold",
        when=on(
            Payment,
            Payment.state.one_of("voided", "canceled", "reversed", "requires_capture", "authorized"),
            per=(Payment.merchant, Payment.cart_ref),
        ),
        then=refutes(DUPLICATE, 150, family="payment-state"),
        why="One of the charges was taken back, or is a hold that takes no money.",
        examples=(
            fires("voided", payment(0, "payment.updated", state="voided", **_C), for_=_KEY),
            silent("went through", payment(0, "payment.updated", state="succeeded", **_C)),
        ),
    ),
)
