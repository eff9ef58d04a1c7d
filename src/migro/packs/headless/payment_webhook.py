"""Webhooks of payment providers: deliveries that are refused."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    IssueKind,
    Premise,
    Rule,
    SeverityScale,
    fires,
    greatest,
    on,
    refutes,
    silent,
    supports,
)
from .expected import raised
from .operations_signals import Delivery, LogLine
from .references import cited
from .responses import draft_reply, notify, operators
from .signals import HttpRequest, Order, Payment, SignatureFailure
from .specimens import SHOP, burst, error, order, payment, request, signature_failure
from .specimens_operations import DELIVERY, LOG, NOW, said, usual
from .witnesses import coded_error, logged, usual_of

__all__ = ["FROM_PAYER", "PAYERS", "PAYMENT_SIGNATURE", "REFUSED", "RULES"]

PAYERS = ("adyen", "braintree", "klarna", "mollie", "paypal", "stripe")
"""Payment providers by the names that signals give them."""

REFUSED: Pred[Delivery] = Delivery.signature.one_of("failed", "stale")
"""The signature of the delivery did not fit."""

FROM_PAYER: Pred[Delivery] = Delivery.sender.one_of(*PAYERS)
"""The delivery says that it comes from a payment provider."""

PAYMENT_SIGNATURE = IssueKind[MerchantId](
    "payment_webhook_signature_mismatch",
    category="webhook",
    title="Deliveries of the payment provider are refused",
    what="The endpoint has the secret of another endpoint or mode, so payments succeed while orders stay unpaid.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        *operators("provider, endpoint, number of refused deliveries, payments without confirmation"),
        notify("finance"),
        draft_reply(
            "Notifications of your payment provider are refused since {first_seen}, so paid orders may wait for their"
            " confirmation. Once the endpoint's secret is right, the provider can send them again."
        ),
    ),
    human_only=("set the endpoint's secret", "send events again from the provider's dashboard", "capture payments"),
    false_positives="A developer's test secret gives the same words; look at the mode of the events.",
    related=("payment_captured_no_order", "webhook_signature_mismatch", "clock_skew", "test_mode_in_production"),
    harm=(
        "Customers have paid and hear nothing, because their orders wait for word of it; gravest once it lasts"
        " and hits all payments."
    ),
    sources=cited("STRIPE-PY", "STRIPE-1254", "STRIPE-1294", "STRIPE-ORDER", "ADYEN-PY", "ADYEN-TRB"),
    causes=("payment_captured_no_order",),
    lag=hours(4),
    about=("payment",),
)


_REFUSED = on(SignatureFailure, SignatureFailure.sender.one_of(*PAYERS), per=SignatureFailure.merchant)
_PASSES: Pred[Payment] = Payment.provider.one_of(*PAYERS) & (Payment.source_kind == "payment_webhook")
"""A delivery that passed; what a poll lists was never delivered."""
_PAYMENTS_PASS = on(Payment, _PASSES, per=Payment.merchant)
_PAYER_ROUTE = on(
    HttpRequest,
    HttpRequest.route_class == "webhook",
    HttpRequest.route.matches("(?i)" + "|".join(PAYERS)),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)

_DELIVERED = on(Delivery, FROM_PAYER, per=Delivery.merchant)
_PAYER_BAD = on(Delivery, REFUSED, FROM_PAYER, per=Delivery.merchant)
_NAMED = on(Delivery, REFUSED, FROM_PAYER, Delivery.event.present(), per=Delivery.merchant)
# What a poll lists stands there already, by its webhook.
_AWAITED: Pred[Order] = Order.financial_status.one_of("authorized", "pending") & (Order.topic != "order.polled")
_pending = on(Order, _AWAITED, per=Order.merchant).count(within=hours(1))


_BAD = signature_failure(sender="stripe")
_PAYER_D: dict[str, Any] = {
    "sender": "stripe",
    "signature": "failed",
    "status": 400,
    "endpoint": "/api/webhooks/stripe",
}
_WAITING = order(0, financial_status="pending")
_HOOKED: dict[str, Any] = {"route_class": "webhook", "route": "/api/webhooks/stripe"}
_TRACKED: dict[str, Any] = {"code": "sig.mismatch", "route_class": "webhook"}


def _queue(times: int) -> Premise[MerchantId]:
    paid = on(Payment, Payment.topic == "order.paid", per=Payment.merchant)
    return (_pending >= greatest(3, 3 * times * usual_of(_pending))) & paid.at_least(3, within=hours(1))


def _queued(n: int) -> tuple[Signal, ...]:
    late = burst(n, order(NOW + 1_800, financial_status="pending"))
    return (*usual(2, _WAITING), *burst(3, payment(NOW)), *late)


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "payment-signature.refused",
        when=_REFUSED.at_least(3, within=minutes(10)),
        then=supports(PAYMENT_SIGNATURE, STRONG, family="deliveries"),
        why="Three deliveries of a payment provider failed their signature check within ten minutes.",
        examples=(
            fires("three", *burst(3, _BAD), for_=SHOP),
            silent("two", *burst(2, _BAD)),
            silent("a platform's", *burst(3, signature_failure())),
        ),
    ),
    Rule(
        "payment-signature.rejected-requests",
        when=_PAYER_ROUTE.share(
            HttpRequest.status.between(400, 401), at_least=percent(50), floor=4, within=minutes(10)
        ),
        then=supports(PAYMENT_SIGNATURE, STRONG, family="http"),
        why="The payment provider's calls are answered with 400 or 401.",
        examples=(
            fires("4 of 4", *burst(4, request(0, 400, **_HOOKED)), for_=SHOP),
            silent("3 of 3", *burst(3, request(0, 400, **_HOOKED))),
            silent("half", *burst(4, request(0, 200, **_HOOKED)), *burst(4, request(9, 400, **_HOOKED))),
            silent("another sender", *burst(4, request(0, 400, route_class="webhook", route="/webhooks/orders"))),
        ),
    ),
    Rule(
        "payment-signature.error",
        when=coded_error("sig.mismatch", "sig.stale", events=3, users=3),
        then=supports(PAYMENT_SIGNATURE, MEDIUM, family="error-tracker"),
        why="The receiver reports signatures that do not fit.",
        examples=(
            fires("three", error(0, events=3, **_TRACKED), for_=SHOP),
            silent("two", error(0, events=2, users=2, **_TRACKED)),
        ),
    ),
    Rule(
        "payment-signature.log",
        when=logged(
            "code.sig.mismatch",
            "code.sig.stale",
            lines=3,
            within=minutes(10),
            where=(LogLine.route_class == "payment") | LogLine.payer.present(),
        ),
        then=supports(PAYMENT_SIGNATURE, STRONG, family="logs"),
        why="The log of a payment route says three times in ten minutes that a signature does not fit.",
        examples=(
            fires("three", said(LOG, 0, "code.sig.mismatch", lines=3, payer="stripe"), for_=SHOP),
            silent("two", said(LOG, 0, "code.sig.mismatch", lines=2, payer="stripe")),
            silent("another route", said(LOG, 0, "code.sig.mismatch", lines=3, route_class="webhook")),
        ),
    ),
    Rule(
        "payment-signature.refused-share",
        when=_DELIVERED.share(
            Delivery.status.between(400, 401), at_least=percent(90), floor=3, within=minutes(10), bound="plain"
        ),
        then=supports(PAYMENT_SIGNATURE, STRONG, family="deliveries"),
        why="Nine of ten deliveries of a payment provider were answered with 400 or 401 within ten minutes.",
        examples=(
            fires("3 of 3", *burst(3, said(DELIVERY, **_PAYER_D)), for_=SHOP),
            silent("2 of 2", *burst(2, said(DELIVERY, **_PAYER_D))),
            fires("9 of 10", said(DELIVERY, sender="stripe"), *burst(9, said(DELIVERY, 1, **_PAYER_D)), for_=SHOP),
            silent("8 of 9", said(DELIVERY, sender="stripe"), *burst(8, said(DELIVERY, 1, **_PAYER_D))),
            silent("402", *burst(3, said(DELIVERY, **{**_PAYER_D, "status": 402}))),
        ),
    ),
    Rule(
        "payment-signature.all-for-long",
        when=(
            _PAYER_BAD.count(within=minutes(10)).per(_DELIVERED.count(within=minutes(10)), floor=3) >= percent(100)
        ).held(minutes(30)),
        then=supports(PAYMENT_SIGNATURE, STRONG, family="deliveries", severity=Severity.SEV1),
        why="No delivery of a payment provider has passed for half an hour.",
        examples=(
            fires("half an hour", *burst(33, said(DELIVERY, **_PAYER_D), every=60), for_=SHOP),
            silent("29 minutes", *burst(32, said(DELIVERY, **_PAYER_D), every=60)),
            silent(
                "one passed on the way",
                *burst(33, said(DELIVERY, **_PAYER_D), every=60),
                said(DELIVERY, 1_000, sender="stripe"),
            ),
        ),
    ),
    Rule(
        "payment-signature.none-passes",
        # An old event that somebody sends again keeps the time at which it happened, so it is none of these.
        when=_PAYMENTS_PASS.count(within=minutes(30)).per(_REFUSED.count(within=minutes(30)), floor=6) == 0,
        then=supports(PAYMENT_SIGNATURE, STRONG, family="deliveries", severity=Severity.SEV1),
        why="In half an hour none of at least six events of a payment provider passed its signature check.",
        examples=(
            fires("none of six", payment(-1_801), *burst(6, _BAD), for_=SHOP),
            silent("five", *burst(5, _BAD)),
            silent("one passed", payment(-1_790), *burst(6, _BAD)),
        ),
    ),
    *raised(
        Rule(
            "payment-signature.orders-wait",
            when=_queue(1),
            then=supports(PAYMENT_SIGNATURE, MEDIUM, family="orders"),
            why="Three times the usual number of orders wait for a payment that the provider says went through.",
            examples=(
                fires(
                    "6 for 2",
                    *usual(2, _WAITING),
                    *burst(3, payment(NOW)),
                    *burst(6, order(NOW + 1_800, financial_status="pending")),
                    for_=SHOP,
                ),
                silent(
                    "5 for 2",
                    *usual(2, _WAITING),
                    *burst(3, payment(NOW)),
                    *burst(5, order(NOW + 1_800, financial_status="pending")),
                ),
                silent("nobody paid", *usual(2, _WAITING), *burst(6, order(NOW + 1_800, financial_status="pending"))),
            ),
        ),
        _queue,
        _queued,
        edge=6,
    ),
    Rule(
        "payment-signature.test-mode",
        when=_PAYER_BAD.share(
            Delivery.live.present(),
            Delivery.live == False,  # noqa: E712
            at_least=percent(100),
            floor=3,
            within=minutes(10),
            bound="plain",
        ),
        then=refutes(PAYMENT_SIGNATURE, 60, family="test-mode"),
        why="All refused deliveries are of the provider's test mode.",
        revision=2,
        examples=(
            fires("three", *burst(3, said(DELIVERY, live=False, **_PAYER_D)), for_=SHOP),
            silent(
                "one is live",
                said(DELIVERY, live=True, **_PAYER_D),
                *burst(3, said(DELIVERY, 1, live=False, **_PAYER_D)),
            ),
            silent(
                "one does not say", said(DELIVERY, **_PAYER_D), *burst(3, said(DELIVERY, 1, live=False, **_PAYER_D))
            ),
        ),
    ),
    Rule(
        "payment-signature.one-event",
        when=_NAMED.at_least(3, within=minutes(10)).unless(_NAMED.different(Delivery.event, within=minutes(10)) > 1),
        then=refutes(PAYMENT_SIGNATURE, 60, family="replay"),
        why="All refused deliveries repeat one event, as somebody does who tries it out.",
        examples=(
            silent("twice", *burst(2, said(DELIVERY, event="e", **_PAYER_D))),
            fires("three times one", *burst(3, said(DELIVERY, event="e", **_PAYER_D)), for_=SHOP),
            silent("nobody knows of which", *burst(3, said(DELIVERY, **_PAYER_D))),
            silent("two events", *burst(3, said(DELIVERY, event="e", **_PAYER_D), event="e")),
        ),
    ),
    Rule(
        "payment-signature.payments-pass",
        when=_PAYMENTS_PASS.at_least(3, within=minutes(10)),
        then=refutes(PAYMENT_SIGNATURE, 150, family="deliveries-ok"),
        why="Deliveries of the payment provider pass: who fails does not know the secret.",
        revision=2,
        examples=(
            fires("three", *burst(3, payment()), for_=SHOP),
            silent("two", *burst(2, payment())),
            silent("a poll listed them", *burst(3, payment(source_kind="api_poll"))),
        ),
    ),
)
