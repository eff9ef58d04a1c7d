"""Checkout: cart and checkout answer with server errors."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, minutes, percent
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
    vetoes,
)
from .references import cited
from .responses import draft_reply, operators
from .shop_witnesses import short_of
from .signals import Alert, ErrorIssue, HttpRequest, Probe
from .specimens import SHOP, alert, burst, error, maintenance, probe, probes, request, ticket
from .specimens_shop import weekly
from .stakes import impact_on
from .witnesses import LIVE_ERROR, alerting, failing_probes, green_probes, in_maintenance, tickets

__all__ = ["RULES", "SERVER_ERRORS", "SYMPTOMS"]

_SEVERITY = SeverityScale(
    default=Severity.SEV2,
    by_share=((Severity.SEV1, percent(50)), (Severity.SEV2, percent(15)), (Severity.SEV3, percent(3))),
)
_CONVERSION = percent(45)

SERVER_ERRORS = IssueKind[MerchantId](
    "checkout_server_error_spike",
    category="checkout",
    title="Checkout or cart answers with server errors",
    what="A release, a missing secret or a failing service behind it makes cart and checkout fail for many shoppers.",
    severity=_SEVERITY,
    impact=impact_on("checkout", _CONVERSION, orders=True),
    responses=(
        *operators("failing routes, first error, last release, probe runs"),
        draft_reply(
            "Your cart or checkout has been answering with server errors since {first_seen}. Our engineers are on it."
            " Please leave checkout, tax and shipping settings as they are until we write again.",
            from_severity=Severity.SEV2,
        ),
    ),
    human_only=("roll back a release", "switch a feature off", "send shoppers to the hosted checkout", "change carts"),
    false_positives=(
        "GraphQL answers 200 with errors inside, so statuses count too little; bots on /cart are left out by their"
        " user agent only; one BigCommerce status, 401, stands for every GraphQL error."
    ),
    related=(
        "deploy_regression",
        "env_var_missing_after_deploy",
        "checkout_throttled",
        "platform_incident_systemic",
        "cdn_origin_unreachable",
        "tax_calculation_failure",
    ),
    harm=(
        "Every shopper at checkout is hit and the orders of that step are lost in full; how bad it is follows"
        " the share of requests that fail."
    ),
    sources=cited("ADB-GQL", "BC-CODES", "PB-ROI", "J"),
)

# Reading a cart changes nothing and is what crawlers do; opening checkout counts whatever the method.
_STEPS: Pred[HttpRequest] = (HttpRequest.route_class == "checkout") | (
    (HttpRequest.route_class == "cart") & HttpRequest.method.one_of("POST", "PUT", "PATCH", "DELETE")
)
_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_FAILED: Pred[HttpRequest] = HttpRequest.status.between(500, 599)
_JOURNEYS = ("add_to_cart", "begin_checkout")
_SERVER_SIDE: Pred[Probe] = Probe.status.missing() | (Probe.status >= 500)

_ERROR_SHARE = on(HttpRequest, _STEPS, _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests).share(
    _FAILED, at_least=percent(5), floor=20, within=minutes(5)
)
_STEP_COUNT = on(HttpRequest, _STEPS, _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests).count(
    within=minutes(5)
)
# A shop too small for twenty such requests in five minutes is looked at over a longer while.
_THIN_SHARE = on(HttpRequest, _STEPS, _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests).share(
    _FAILED, at_least=percent(5), floor=20, within=minutes(15)
)
_USUAL_SHARE = (
    on(HttpRequest, _STEPS, _SHOPPER, _FAILED, per=HttpRequest.merchant, weight=HttpRequest.requests)
    .count(within=minutes(5))
    .per(_STEP_COUNT, floor=20)
)
_FAILED_STEP = on(HttpRequest, _STEPS, _SHOPPER, _FAILED, per=HttpRequest.merchant, weight=HttpRequest.requests)
_AT_CHECKOUT: Pred[ErrorIssue] = ErrorIssue.route_class.one_of("cart", "checkout")
_GRAVE: Pred[ErrorIssue] = ErrorIssue.level.one_of("error", "fatal")
_NEW = on(ErrorIssue, ErrorIssue.topic == "error.created", _AT_CHECKOUT, _GRAVE, per=ErrorIssue.merchant)
_GROWING = on(
    ErrorIssue,
    _AT_CHECKOUT,
    _GRAVE,
    LIVE_ERROR,
    (ErrorIssue.users >= 10) | (ErrorIssue.events >= 20),
    per=ErrorIssue.merchant,
)
_SOLVED = on(ErrorIssue, _AT_CHECKOUT, ErrorIssue.action == "resolved", per=ErrorIssue.merchant)
_LABELLED: Pred[Alert] = (
    Alert.alertname.matches("(?i)check-?_?out|cart")
    | Alert.journey.one_of(*_JOURNEYS, "checkout")
    | Alert.route_class.one_of("cart", "checkout")
    | Alert.service.one_of("cart", "checkout")
    | Alert.component.one_of("cart", "checkout")
)
_BROKEN_NAME = "(?i)5xx|error|fail|down|unavail|unreach|outage"

SYMPTOMS: tuple[Timed[MerchantId], ...] = (
    _ERROR_SHARE,
    on(Probe, Probe.journey.one_of(*_JOURNEYS), Probe.ok == False, _SERVER_SIDE, per=Probe.merchant).at_least(  # noqa: E712
        3, within=minutes(10)
    ),
    _GROWING,
    on(
        Alert,
        Alert.topic == "alert.firing",
        Alert.alertname.matches(_BROKEN_NAME),
        _LABELLED,
        per=Alert.merchant,
    ),
)
"""By which each witness tells when cart and checkout began to fail."""

_OUT = {"method": "GET", "route_class": "checkout", "route": "/cart/c/:slug", "handoff": True}
_CART_ERROR: dict[str, Any] = {"route_class": "cart"}
_GROWN: dict[str, Any] = {"action": "unresolved", "topic": "error.unresolved", **_CART_ERROR}


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "checkout.5xx-share",
        # Where the usual share is known, three times as much has to fail; where it is not, the share itself counts.
        when=_ERROR_SHARE.unless(short_of(_USUAL_SHARE, 3)),
        then=supports(SERVER_ERRORS, STRONG, family="http"),
        why="At least 5 % of shoppers' cart and checkout requests failed within five minutes.",
        examples=(
            fires("3 of 20 fail", *burst(17, request()), *burst(3, request(30, 500)), for_=SHOP),
            fires("a page of checkout counts", *burst(20, request(0, 503, **_OUT)), for_=SHOP),
            silent("one request too few", *burst(16, request()), *burst(3, request(30, 500))),
            silent("2 of 20 can be chance", *burst(18, request()), *burst(2, request(30, 500))),
            silent("a crawler fails", *burst(20, request(0, 500, bot=True))),
            silent("looking at a cart is no step", *burst(20, request(0, 500, method="GET"))),
            silent(
                "as always",
                *weekly(*burst(18, request()), *burst(2, request(30, 500))),
                *burst(17, request()),
                *burst(3, request(30, 500)),
            ),
            silent("4 of 100 are below the share", *burst(96, request()), *burst(4, request(96, 500))),
        ),
    ),
    Rule(
        "checkout.5xx-share-thin",
        when=_THIN_SHARE.unless(_STEP_COUNT >= 20).unless(short_of(_USUAL_SHARE, 3)),
        # It is the same witness as of five minutes.
        then=supports(SERVER_ERRORS, STRONG, family="http"),
        why="At least 5 % of shoppers' cart and checkout requests failed in a quarter of an hour that had few of them.",
        examples=(
            fires("3 of 20 fail", *burst(17, request(), every=30), *burst(3, request(600, 500), every=60), for_=SHOP),
            silent("2 of 20 can be chance", *burst(18, request(), every=30), *burst(2, request(600, 500), every=60)),
            silent("one too few", *burst(16, request(), every=30), *burst(3, request(600, 500), every=60)),
            silent(
                "enough of them in five minutes",
                *burst(60, request(), every=10),
                *burst(3, request(600, 500), every=60),
                *burst(20, request(721)),
            ),
        ),
    ),
    Rule(
        "checkout.probe-fails",
        when=failing_probes(*_JOURNEYS, where=_SERVER_SIDE),
        then=supports(SERVER_ERRORS, STRONG, family="probe"),
        why="The checks of add to cart or begin checkout failed three times from two regions.",
        examples=(
            fires("three failures, two regions", *probes(0, False, ("eu", "us")), probe(60, region="eu"), for_=SHOP),
            fires(
                "one region recovers",
                *probes(0, False),
                probe(60, True, region="eu"),
                for_=SHOP,
            ),
            silent("two failures", *probes(0, False, ("eu", "us"))),
            silent("one region", probe(0), probe(60), probe(120)),
            silent("spread over more than ten minutes", *probes(0, False, ("eu", "us")), probe(601)),
            silent("works again", *probes(0, False), *probes(60, True, ("eu", "us"))),
            silent("page not found is no server error", *probes(0, False, status=404)),
        ),
    ),
    Rule(
        "checkout.new-error",
        when=(_NEW.within(minutes(60)) & _GROWING.within(minutes(20))).unless(_SOLVED),
        then=supports(SERVER_ERRORS, MEDIUM, family="error-tracker"),
        why="A new error on cart or checkout routes reached ten users or twenty events.",
        examples=(
            fires("ten users", error(0, **_CART_ERROR), error(300, users=10, events=12, **_GROWN), for_=SHOP),
            fires("twenty events at once", error(0, users=3, events=20, **_CART_ERROR), for_=SHOP),
            silent("nine users", error(0, **_CART_ERROR), error(300, users=9, events=19, **_GROWN)),
            silent("not new", error(300, users=40, events=90, **_GROWN)),
            silent("another route", error(0, users=40, route_class="pdp")),
            silent("a warning", error(0, users=40, level="warning", **_CART_ERROR)),
            silent(
                "resolved",
                error(0, users=40, **_CART_ERROR),
                error(60, users=40, action="resolved", topic="error.resolved", **_CART_ERROR),
            ),
        ),
    ),
    Rule(
        "checkout.new-error-somewhere",
        when=on(
            ErrorIssue,
            ErrorIssue.topic == "error.created",
            ErrorIssue.route_class.missing(),
            ErrorIssue.code.missing(),
            _GRAVE,
            ErrorIssue.users >= 10,
            per=ErrorIssue.merchant,
        ),
        then=supports(SERVER_ERRORS, WEAK, family="error-tracker"),
        why="A new error that names no route reached ten users.",
        examples=(
            fires("ten users", error(0, users=10), for_=SHOP),
            silent("nine users", error(0, users=9)),
            silent("a known cause", error(0, users=10, code="hydration")),
        ),
    ),
    Rule(
        "checkout.alert",
        when=alerting(_BROKEN_NAME, _LABELLED),
        then=supports(SERVER_ERRORS, MEDIUM, family="alerts"),
        why="A monitor's alert about errors of cart or checkout is firing.",
        examples=(
            fires("by its name", alert(0, alertname="CheckoutErrorRateHigh"), for_=SHOP),
            fires("by its labels", alert(0, alertname="HighErrorRate", service="checkout"), for_=SHOP),
            silent("about something else", alert(0, alertname="ImageResizeErrors", service="images")),
            silent("about something slow", alert(0, alertname="CheckoutLatencyHigh")),
            silent(
                "resolved",
                alert(0, alertname="CheckoutErrorRateHigh"),
                alert(60, alertname="CheckoutErrorRateHigh", topic="alert.resolved"),
            ),
        ),
    ),
    Rule(
        "checkout.tickets",
        when=tickets("intent.cannot_checkout", people=2, within=minutes(30)),
        then=supports(SERVER_ERRORS, WEAK, family="tickets"),
        why="Two people wrote that they cannot check out.",
        examples=(
            fires(
                "two people",
                ticket(0, "intent.cannot_checkout"),
                ticket(60, "intent.cannot_checkout", requester="p2"),
                for_=SHOP,
            ),
            silent("one person twice", ticket(0, "intent.cannot_checkout"), ticket(60, "intent.cannot_checkout")),
            silent(
                "more than half an hour apart",
                ticket(0, "intent.cannot_checkout"),
                ticket(1801, "intent.cannot_checkout", requester="p2"),
            ),
        ),
    ),
    Rule(
        "checkout.probe-green",
        when=green_probes(*_JOURNEYS)
        .unless(_FAILED_STEP)
        .unless(on(Probe, Probe.journey.one_of(*_JOURNEYS), Probe.ok == False, per=Probe.merchant)),  # noqa: E712
        then=refutes(SERVER_ERRORS, 150, family="probe-green"),
        why="The checks work from two regions and no shopper's request has failed since.",
        examples=(
            fires("after the last failure", request(0, 500), *probes(60, True, ("eu", "us")), for_=SHOP),
            silent("a failure after it", *probes(0, True), request(60, 500)),
            silent("one region", probe(0, True)),
        ),
    ),
    Rule(
        "checkout.maintenance",
        when=in_maintenance(),
        then=vetoes(SERVER_ERRORS, family="calendar"),
        why="A declared maintenance window explains failing requests.",
        revision=2,
        examples=(
            fires("begun", maintenance(), for_=SHOP),
            silent("over", maintenance(), maintenance(600, active=False)),
            silent("it rests until then", maintenance(hours=1)),
        ),
    ),
)
