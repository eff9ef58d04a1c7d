"""Webhooks: deliveries whose signatures do not fit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...expressions import Pred, days, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    fires,
    on,
    refutes,
    silent,
    supports,
    vetoes,
)
from .operations_signals import Delivery
from .payment_webhook import FROM_PAYER, PAYERS, REFUSED
from .references import cited
from .responses import draft_reply, operators
from .signals import HttpRequest, Inventory, Order, SignatureFailure
from .specimens import SHOP, burst, deploy, error, order, request, signature_failure, stock
from .specimens_operations import CHANGE, DELIVERY, NOW, said, usual
from .witnesses import anywhere, changed, coded_error, deploy_within

__all__ = ["PLATFORM_SIGNATURE", "RULES"]

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
    harm=(
        "Genuine events are thrown away and the platform may end the subscription; graver for orders, stock and"
        " payments."
    ),
    sources=cited("SHOP-VERIFY", "ADYEN-BP", "WOO-WH", "STRIPE-1254", "BC-WHH"),
    causes=("webhook_subscription_removed",),
    lag=hours(24),
)

_REFUSED = on(SignatureFailure, ~SignatureFailure.sender.one_of(*PAYERS), per=SignatureFailure.merchant).at_least(
    5, within=minutes(10)
)
_ORDERS_PASS = on(Order, Order.source_kind == "platform_webhook", per=Order.merchant)
_STOCK_PASSES = on(Inventory, Inventory.source_kind == "platform_webhook", per=Inventory.merchant)


def _refused_of(*where: Pred[Delivery], within: timedelta, floor: int) -> Measure[Any]:
    """Return the share of an endpoint's deliveries that are refused."""
    by_endpoint = (Delivery.merchant, Delivery.endpoint)
    refused = on(Delivery, REFUSED, *where, per=by_endpoint).count(within=within)
    return refused.per(on(Delivery, *where, per=by_endpoint).count(within=within), floor=floor)


def _turned_away(within: timedelta, floor: int) -> Measure[MerchantId]:
    """Return the share of requests to webhook routes of platforms that are refused for who asks."""
    there: tuple[Pred[HttpRequest], ...] = (
        HttpRequest.route_class == "webhook",
        ~HttpRequest.route.matches("(?i)" + "|".join(PAYERS)),
        HttpRequest.bot == False,  # noqa: E712
    )
    refused = on(
        HttpRequest,
        *there,
        HttpRequest.status.one_of(401, 403),
        per=HttpRequest.merchant,
        weight=HttpRequest.requests,
    )
    every = on(HttpRequest, *there, per=HttpRequest.merchant, weight=HttpRequest.requests)
    return refused.count(within=within).per(every.count(within=within), floor=floor)


_OFTEN = _refused_of(~FROM_PAYER, within=minutes(10), floor=5) >= percent(90)
_RARELY = _refused_of(~FROM_PAYER, within=hours(24), floor=20) < percent(5)
_PLATFORM_BAD = on(Delivery, REFUSED, ~FROM_PAYER, per=Delivery.merchant)
_part = _PLATFORM_BAD.count(within=minutes(10)).per(
    on(Delivery, ~FROM_PAYER, per=Delivery.merchant).count(within=minutes(10)), floor=5
)
_FROM_NETWORK = (Delivery.merchant, Delivery.network)
_KNOWN_NETWORK = (
    on(Delivery, REFUSED, Delivery.complete == True, ~FROM_PAYER, per=_FROM_NETWORK)  # noqa: E712
    .at_least(5, within=minutes(10))
    .after(on(Delivery, Delivery.signature == "verified", per=_FROM_NETWORK), within=days(7))
)
_BAD = signature_failure()
_D = said(DELIVERY)
_REFUSED_D = said(DELIVERY, NOW, signature="failed", status=401)
_HOOKED: dict[str, Any] = {"route_class": "webhook", "route": "/webhooks/orders"}
_PAYERS_ROUTE: dict[str, Any] = {"route_class": "webhook", "route": "/api/webhooks/stripe"}
_ASKED = request(0, **_HOOKED)
_AWAY = request(NOW + 1, 401, **_HOOKED)
_BAD_PAYER = signature_failure(sender="stripe")
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
        "webhook-signature.refused-share",
        when=anywhere(_OFTEN.after(_RARELY, within=hours(24)), within=minutes(10)),
        then=supports(PLATFORM_SIGNATURE, STRONG, family="deliveries"),
        why="An endpoint refuses nine of ten deliveries, and refused fewer than 5 % of a day before that.",
        examples=(
            fires("9 of 10", *usual(4, _D), said(DELIVERY, NOW), *burst(9, said(_REFUSED_D, NOW + 1)), for_=SHOP),
            silent("8 of 9", *usual(4, _D), said(DELIVERY, NOW), *burst(8, said(_REFUSED_D, NOW + 1))),
            silent("never was better", *burst(30, _REFUSED_D)),
            silent("four", *usual(4, _D), *burst(4, said(_REFUSED_D, NOW + 1))),
        ),
    ),
    Rule(
        "webhook-signature.rejected-requests",
        # What the access log says of it, where nobody tells of single deliveries.
        when=(_turned_away(minutes(10), 5) >= percent(90)).after(
            _turned_away(hours(24), 20) < percent(5), within=hours(24)
        ),
        # Anybody may post to an open address: the log and the receiver tell of the same forged requests.
        then=supports(PLATFORM_SIGNATURE, STRONG, family="deliveries"),
        why="Webhook routes turn nine of ten deliveries away, and turned fewer than 5 % of a day away before that.",
        revision=2,
        lasts=minutes(60),
        examples=(
            fires("9 of 10", *usual(4, _ASKED), request(NOW, **_HOOKED), *burst(9, _AWAY), for_=SHOP),
            silent("8 of 9", *usual(4, _ASKED), request(NOW, **_HOOKED), *burst(8, _AWAY)),
            silent("never was better", *burst(30, _AWAY)),
            silent("four", *usual(4, _ASKED), *burst(4, _AWAY)),
            silent("a payment provider's", *usual(4, _ASKED), *burst(9, request(NOW + 1, 401, **_PAYERS_ROUTE))),
            silent("the receiver fails", *usual(4, _ASKED), *burst(9, request(NOW + 1, 503, **_HOOKED))),
        ),
    ),
    Rule(
        "webhook-signature.orders-refused",
        when=anywhere(
            _refused_of(~FROM_PAYER, Delivery.hook_topic.matches("^(order|payment)"), within=minutes(10), floor=5)
            >= percent(90),
            within=minutes(10),
        ),
        then=supports(PLATFORM_SIGNATURE, MEDIUM, family="deliveries", severity=Severity.SEV2),
        why="An endpoint refuses nine of ten deliveries about orders or payments.",
        examples=(
            fires("9 of 10", said(DELIVERY, NOW), *burst(9, said(_REFUSED_D, NOW + 1)), for_=SHOP),
            silent("8 of 9", said(DELIVERY, NOW), *burst(8, said(_REFUSED_D, NOW + 1))),
            silent("about products", *burst(5, said(_REFUSED_D, NOW, hook_topic="product.changed"))),
        ),
    ),
    Rule(
        "webhook-signature.after-secret",
        when=_REFUSED.after(changed("hook_secret"), within=minutes(60)),
        then=supports(PLATFORM_SIGNATURE, MEDIUM, family="change"),
        why="The signature checks began to fail within an hour of a change of the secret.",
        examples=(
            fires("after it", said(CHANGE), *burst(5, signature_failure(3_596)), for_=SHOP),
            silent("more than an hour after", said(CHANGE), *burst(5, signature_failure(3_600))),
            silent("four", said(CHANGE), *burst(4, _BAD)),
            silent("something else changed", said(CHANGE, what="promotion"), *burst(5, _BAD)),
        ),
    ),
    Rule(
        "webhook-signature.known-network",
        when=anywhere(_KNOWN_NETWORK, within=minutes(10)),
        then=supports(PLATFORM_SIGNATURE, MEDIUM, family="senders"),
        why="Refused deliveries have all headers and come from a network whose deliveries used to pass.",
        examples=(
            fires("five", said(_D, network="a"), *burst(5, said(_REFUSED_D, 60, network="a")), for_=SHOP),
            silent("four", said(_D, network="a"), *burst(4, said(_REFUSED_D, 60, network="a"))),
            silent("another network", said(_D, network="a"), *burst(5, said(_REFUSED_D, 60, network="b"))),
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
        "webhook-signature.no-headers",
        # Who probes an open address does not know which headers belong there.
        when=_PLATFORM_BAD.share(
            Delivery.complete.present(),
            Delivery.complete == False,  # noqa: E712
            at_least=percent(50),
            floor=5,
            within=minutes(10),
            bound="plain",
        ),
        then=refutes(PLATFORM_SIGNATURE, 150, family="probing"),
        why="Half of the refused deliveries lack headers that the platform always sends: somebody probes.",
        revision=2,
        examples=(
            fires("3 of 6", *burst(3, _REFUSED_D), *burst(3, said(_REFUSED_D, NOW + 9, complete=False)), for_=SHOP),
            silent("2 of 5", *burst(3, _REFUSED_D), *burst(2, said(_REFUSED_D, NOW + 9, complete=False))),
        ),
    ),
    Rule(
        "webhook-signature.scattered",
        when=_PLATFORM_BAD.distinct(Delivery.network, at_least=5, within=minutes(10)),
        then=refutes(PLATFORM_SIGNATURE, 150, family="probing"),
        why="Refused deliveries come from five networks within ten minutes: somebody probes.",
        examples=(
            fires("five", *burst(5, _REFUSED_D, network="n"), for_=SHOP),
            silent("four", *burst(4, _REFUSED_D, network="n")),
        ),
    ),
    Rule(
        "webhook-signature.rotation",
        when=((_part >= percent(20)) & (_part <= percent(80))).unless(_part > percent(80))
        & changed("hook_secret").within(hours(1)),
        then=vetoes(PLATFORM_SIGNATURE, family="rotation"),
        why="Some pass and some do not, within an hour of a new secret: the platform still signs with both.",
        lasts=hours(1),
        examples=(
            fires("4 of 5", said(CHANGE), said(DELIVERY, 1), *burst(4, said(_REFUSED_D, 60)), for_=SHOP),
            silent("all of 5", said(CHANGE), *burst(5, said(_REFUSED_D, 60))),
            silent("an hour later", said(CHANGE), said(DELIVERY, 3_600), *burst(4, said(_REFUSED_D, 3_601))),
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
)
