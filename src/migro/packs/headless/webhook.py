"""Webhooks: deliveries that are refused, fail or stop."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, on, refutes, silent, supports
from .responses import dashboard, draft_reply, notify, operators, report
from .signals import Hook, HttpRequest, Inventory, Order, Payment, SignatureFailure
from .specimens import SHOP, alert, burst, deploy, error, hook, order, payment, request, signature_failure, stock
from .witnesses import alerting, coded_error, deploy_within

__all__ = ["HANDLER_FAILS", "PAYMENT_SIGNATURE", "PLATFORM_SIGNATURE", "RULES", "SUBSCRIPTION_REMOVED"]

PLATFORM_SIGNATURE = IssueKind[MerchantId](
    "webhook_signature_mismatch",
    category="webhook",
    title="Deliveries of the platform fail their signature check",
    what="A secret was rotated or copied wrongly, or something on the way changes the body before it is checked.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        *operators("sender, endpoint, number of refused deliveries, last one that passed"),
        draft_reply(
            "Since {first_seen} deliveries of your platform do not pass their signature check and are kept unread."
            " Please tell us whether the secret was changed, or a proxy now rewrites request bodies."
        ),
    ),
    human_only=("set the secret", "fix how bodies are read", "replay deliveries"),
    false_positives=(
        "After a rotation a platform may sign with the old or the new secret for a while: accept both until it ends."
    ),
    related=("payment_webhook_signature_mismatch", "webhook_subscription_removed", "clock_skew", "deploy_regression"),
)

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
)

SUBSCRIPTION_REMOVED = IssueKind[MerchantId](
    "webhook_subscription_removed",
    category="webhook",
    title="The platform stops sending webhooks",
    what="After deliveries kept failing, the platform removes or switches off the subscription.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("topics concerned, last delivery of each"),
        dashboard(),
        draft_reply(
            "Your platform says that it could not deliver webhooks and may stop sending them. Please approve the"
            " reactivation once the endpoint answers again."
        ),
    ),
    human_only=("create or reactivate a subscription", "replay deliveries"),
    false_positives="A topic with few events is silent by nature: list the subscriptions before believing it.",
    related=("webhook_silence", "webhook_handler_slow", "inventory_drift", "order_import_gap"),
)

HANDLER_FAILS = IssueKind[MerchantId](
    "webhook_handler_slow",
    category="webhook",
    title="The receiver of webhooks answers with errors",
    what="The handler does its work before it answers, runs into the platform's timeout and is tried again and again.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(notify("operators"), report("routes of the receiver, share of answers outside 2xx"), dashboard()),
    human_only=("answer first and work later", "scale the receiver"),
    false_positives="Bulk edits and imports come as bursts.",
    related=("webhook_subscription_removed", "webhook_duplicate_delivery", "bulk_import_errors"),
)

_PAYERS = ("adyen", "braintree", "klarna", "mollie", "paypal", "stripe")
_BY_PAYER: Pred[SignatureFailure] = SignatureFailure.sender.one_of(*_PAYERS)
_REFUSED = on(SignatureFailure, ~_BY_PAYER, per=SignatureFailure.merchant).at_least(5, within=minutes(10))
_PAYER_REFUSED = on(SignatureFailure, _BY_PAYER, per=SignatureFailure.merchant).at_least(3, within=minutes(10))
_ORDERS_PASS = on(Order, Order.source_kind == "platform_webhook", per=Order.merchant)
_STOCK_PASSES = on(Inventory, Inventory.source_kind == "platform_webhook", per=Inventory.merchant)
_PAYMENTS_PASS = on(Payment, Payment.provider.one_of(*_PAYERS), per=Payment.merchant)
_RECEIVED = on(HttpRequest, HttpRequest.route_class == "webhook", per=HttpRequest.merchant)
_PAYER_ROUTE = on(
    HttpRequest,
    HttpRequest.route_class == "webhook",
    HttpRequest.route.matches("(?i)" + "|".join(_PAYERS)),
    per=HttpRequest.merchant,
)

_BAD = signature_failure()
_BAD_PAYER = signature_failure(sender="stripe")
_HOOKED: dict[str, Any] = {"route_class": "webhook", "route": "/api/webhooks/stripe"}
_TRACKED: dict[str, Any] = {"code": "sig.mismatch", "route_class": "webhook"}

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "webhook-signature.refused",
        when=_REFUSED,
        then=supports(PLATFORM_SIGNATURE, STRONG, family="deliveries"),
        why="Five deliveries of a platform failed their signature check within ten minutes.",
        examples=(
            fires("five", *burst(5, _BAD), for_=SHOP),
            silent("four", *burst(4, _BAD)),
            silent("slower", *burst(5, _BAD, every=151)),
            silent("a payment provider's", *burst(5, _BAD_PAYER)),
        ),
    ),
    Rule(
        "webhook-signature.after-release",
        when=_REFUSED & deploy_within(minutes(60)),
        then=supports(PLATFORM_SIGNATURE, MEDIUM, family="change"),
        why="The signature checks began to fail within an hour of a release.",
        examples=(
            fires("after a release", deploy(0), *burst(5, _BAD), for_=SHOP),
            silent("no release", *burst(5, _BAD)),
            silent("four", deploy(0), *burst(4, _BAD)),
        ),
    ),
    Rule(
        "webhook-signature.error",
        when=coded_error("sig.mismatch", "sig.stale", events=5, users=5),
        then=supports(PLATFORM_SIGNATURE, MEDIUM, family="error-tracker"),
        why="The receiver reports signatures that do not fit.",
        examples=(
            fires("five", error(0, events=5, **_TRACKED), for_=SHOP),
            silent("four", error(0, events=4, **_TRACKED)),
        ),
    ),
    Rule(
        "webhook-signature.orders-pass",
        when=_ORDERS_PASS.at_least(3, within=minutes(10)),
        then=refutes(PLATFORM_SIGNATURE, 150, family="deliveries-ok"),
        why="Orders of the platform pass the check: who fails does not know the secret.",
        examples=(
            fires("three", *burst(3, order()), for_=SHOP),
            silent("two", *burst(2, order())),
            silent("failures", *burst(3, _BAD)),
        ),
    ),
    Rule(
        "webhook-signature.stock-passes",
        when=_STOCK_PASSES.at_least(3, within=minutes(10)),
        then=refutes(PLATFORM_SIGNATURE, 150, family="deliveries-ok"),
        why="Stock figures of the platform pass the check: who fails does not know the secret.",
        examples=(
            fires("three", *burst(3, stock()), for_=SHOP),
            silent("two", *burst(2, stock())),
        ),
    ),
    Rule(
        "payment-signature.refused",
        when=_PAYER_REFUSED,
        then=supports(PAYMENT_SIGNATURE, STRONG, family="deliveries"),
        why="Three deliveries of a payment provider failed their signature check within ten minutes.",
        examples=(
            fires("three", *burst(3, _BAD_PAYER), for_=SHOP),
            silent("two", *burst(2, _BAD_PAYER)),
            silent("a platform's", *burst(3, _BAD)),
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
        "payment-signature.payments-pass",
        when=_PAYMENTS_PASS.at_least(3, within=minutes(10)),
        then=refutes(PAYMENT_SIGNATURE, 150, family="deliveries-ok"),
        why="Deliveries of the payment provider pass: who fails does not know the secret.",
        examples=(
            fires("three", *burst(3, payment()), for_=SHOP),
            silent("two", *burst(2, payment())),
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
        when=on(
            HttpRequest,
            HttpRequest.route_class == "webhook",
            HttpRequest.status >= 400,
            per=HttpRequest.merchant,
        )
        .at_least(8, within=hours(1))
        .unless(
            on(
                HttpRequest,
                HttpRequest.route_class == "webhook",
                HttpRequest.status.between(200, 299),
                per=HttpRequest.merchant,
            )
        ),
        then=supports(SUBSCRIPTION_REMOVED, MEDIUM, family="http"),
        why="The receiver failed eight times within an hour and has not accepted a delivery since.",
        examples=(
            fires("eight", *burst(8, request(0, 503, **_HOOKED)), for_=SHOP),
            silent("seven", *burst(7, request(0, 503, **_HOOKED))),
            silent("accepted since", *burst(8, request(0, 503, **_HOOKED)), request(60, 200, **_HOOKED)),
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
)
