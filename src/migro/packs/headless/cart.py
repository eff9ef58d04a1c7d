"""Checkout, second part: carts that get lost, collide or are held back."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    on,
    silent,
    supports,
)
from .references import cited
from .responses import dashboard, draft_reply, notify, operators, refresh_cache, report
from .signals import ErrorIssue, HttpRequest
from .specimens import SHOP, burst, error, request, ticket
from .stakes import at_launch, impact_on
from .witnesses import coded_error, tickets

__all__ = ["CART_LOST", "RULES", "THROTTLED", "VERSION_CONFLICT"]

CART_LOST = IssueKind[MerchantId](
    "cart_lost_at_checkout",
    category="checkout",
    title="The cart is empty when the shopper reaches checkout",
    what="Cookie or token of the cart does not travel from storefront to checkout host, so checkout opens empty.",
    severity=SeverityScale(default=Severity.SEV3, by_share=((Severity.SEV2, percent(15)),), below=Severity.SEV3),
    impact=impact_on("checkout", percent(45)),
    responses=(
        *operators("names, domains, paths and flags of the cart cookies on both hosts, never their values"),
        draft_reply(
            "Some of your shoppers reach checkout with an empty cart. Usually storefront and checkout do not share the"
            " cart cookie; putting both below one domain solves that. The cookies we saw are in the report."
        ),
    ),
    human_only=("change cookies or domains", "move checkout to another host"),
    false_positives="Link previews and crawlers open checkout links without any cookie.",
    related=(
        "session_not_carried_to_checkout",
        "samesite_payment_return_loss",
        "checkout_handoff_404",
        "cart_not_reset_after_order",
    ),
    harm="Shoppers of certain browsers lose their cart; the loss is the share of checkouts that open empty.",
    sources=cited("CAT-1903", "BC-SDKJS-717", "COCART-205", "HYD-721", "MAG-CARTTXT"),
    about=("cart",),
)

VERSION_CONFLICT = IssueKind[MerchantId](
    "cart_version_conflict",
    category="checkout",
    title="Changes of carts are refused because the cart had changed",
    what="The platform locks carts by version; two tabs, double clicks or a background job send an old one.",
    severity=SeverityScale(default=Severity.SEV3, by_share=((Severity.SEV2, percent(5)), (Severity.SEV3, percent(3)))),
    impact=impact_on("cart", percent(30)),
    responses=(
        notify("operators"),
        report("routes with conflicts and how often each"),
        dashboard(),
        draft_reply(
            "Since {first_seen} some changes of carts have been refused because the cart had changed in between, and"
            " the storefront did not try again. No data is lost. The report shows which calls need a retry."
        ),
    ),
    human_only=("change how the storefront retries",),
    false_positives="A conflict that the storefront retries at once is ordinary; only those left over hurt.",
    related=("duplicate_order_or_charge", "checkout_server_error_spike"),
    harm=("Nothing is lost while a retry succeeds; what counts is the share of cart updates that never come through."),
    sources=cited("CT-409", "VSF-5264", "VSF-6050", "BC-PR439"),
)

THROTTLED = IssueKind[MerchantId](
    "checkout_throttled",
    category="checkout",
    title="The platform holds back carts or checkouts",
    what="The platform limits how many carts or checkouts may start, or sends shoppers into a queue.",
    severity=SeverityScale(default=Severity.SEV2, by_share=((Severity.SEV1, percent(50)),), below=Severity.SEV2),
    impact=impact_on("checkout", percent(45), peak=at_launch()),
    responses=(
        *operators("rate of carts, share held back, campaign calendar"),
        refresh_cache("pdp,plp"),
        draft_reply(
            "Your platform is limiting how many checkouts can start at the moment. Orders go on, more slowly. Please"
            " ask your platform contact for a higher limit; our figures are attached."
        ),
    ),
    human_only=("put up a queue", "shape traffic", "ask the platform for a higher limit"),
    false_positives="The answer may be 200 with an error inside, so a board of statuses stays green.",
    related=("traffic_surge_capacity", "bot_scraping_load", "api_throttling"),
    harm="Buyers wait in a queue and some leave; gravest when half of the attempts are turned away.",
    sources=cited("SHOP-COTHROTTLE", "VC-431"),
)

_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_WRITES: Pred[HttpRequest] = HttpRequest.method.one_of("POST", "PUT", "PATCH", "DELETE")
_AT_CHECKOUT: Pred[ErrorIssue] = ErrorIssue.route_class.one_of("cart", "checkout", "payment")
_CART_WRITES = on(
    HttpRequest,
    HttpRequest.route_class == "cart",
    _WRITES,
    _SHOPPER,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_STEPS = on(
    HttpRequest,
    (HttpRequest.route_class == "checkout") | ((HttpRequest.route_class == "cart") & _WRITES),
    _SHOPPER,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_QUEUED = on(
    HttpRequest, HttpRequest.route == "/throttle/queue", _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests
)
_QUEUE: dict[str, Any] = {"method": "GET", "route_class": "other", "route": "/throttle/queue"}

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "cart-lost.error",
        when=coded_error("cart.empty_at_checkout", events=3, users=3),
        then=supports(CART_LOST, STRONG, family="error-tracker"),
        why="Checkout was opened with an empty cart at least three times.",
        examples=(
            fires("three times", error(0, code="cart.empty_at_checkout", events=3), for_=SHOP),
            silent("twice", error(0, code="cart.empty_at_checkout", events=2, users=2)),
            silent(
                "resolved",
                error(0, code="cart.empty_at_checkout", events=9),
                error(9, code="cart.empty_at_checkout", events=9, action="resolved"),
            ),
        ),
    ),
    Rule(
        "cart-lost.owner",
        when=coded_error("auth.cart_owner", events=10, users=10),
        then=supports(CART_LOST, MEDIUM, family="owner-check"),
        why="Carts of guests were used after a login and refused.",
        examples=(
            fires("ten times", error(0, code="auth.cart_owner", events=10), for_=SHOP),
            silent("nine times", error(0, code="auth.cart_owner", events=9, users=9)),
        ),
    ),
    Rule(
        "cart-lost.tickets",
        when=tickets("intent.empty_cart", people=2, within=hours(2)),
        then=supports(CART_LOST, WEAK, family="tickets"),
        why="Two people wrote that their cart was empty.",
        examples=(
            fires("two", ticket(0, "intent.empty_cart"), ticket(9, "intent.empty_cart", requester="p2"), for_=SHOP),
            silent("one", ticket(0, "intent.empty_cart")),
        ),
    ),
    Rule(
        "cart-conflict.share",
        when=_CART_WRITES.share(HttpRequest.status == 409, at_least=percent(3), floor=50, within=minutes(15)),
        then=supports(VERSION_CONFLICT, STRONG, family="http"),
        why="At least 3 % of cart changes were refused as conflicts within a quarter of an hour.",
        examples=(
            fires("4 of 50", *burst(46, request()), *burst(4, request(46, 409)), for_=SHOP),
            silent("3 of 50 can be chance", *burst(47, request()), *burst(3, request(47, 409))),
            silent("one request too few", *burst(45, request()), *burst(4, request(45, 409))),
        ),
    ),
    Rule(
        "cart-conflict.error",
        when=coded_error("cart.conflict", events=20, users=10),
        then=supports(VERSION_CONFLICT, MEDIUM, family="error-tracker"),
        why="The storefront reports concurrent changes of carts, at least twenty.",
        examples=(
            fires("twenty", error(0, code="cart.conflict", events=20), for_=SHOP),
            silent("nineteen", error(0, code="cart.conflict", events=19, users=9)),
        ),
    ),
    Rule(
        "checkout-throttled.error",
        when=coded_error("throttle", events=20, users=10, where=_AT_CHECKOUT),
        then=supports(THROTTLED, STRONG, family="error-tracker"),
        why="Cart or checkout calls were throttled at least twenty times.",
        examples=(
            fires("twenty", error(0, code="throttle", events=20, route_class="checkout"), for_=SHOP),
            silent("nineteen", error(0, code="throttle", events=19, route_class="checkout")),
            silent("another route", error(0, code="throttle", events=50, route_class="search")),
        ),
    ),
    Rule(
        "checkout-throttled.429-share",
        when=_STEPS.share(HttpRequest.status == 429, at_least=percent(5), floor=20, within=minutes(5)),
        then=supports(THROTTLED, STRONG, family="http"),
        why="At least 5 % of cart and checkout requests were answered with 429 within five minutes.",
        examples=(
            fires("3 of 20", *burst(17, request()), *burst(3, request(30, 429)), for_=SHOP),
            silent("2 of 20", *burst(18, request()), *burst(2, request(30, 429))),
            silent("one request too few", *burst(16, request()), *burst(3, request(30, 429))),
        ),
    ),
    Rule(
        "checkout-throttled.queue",
        when=_QUEUED.at_least(5, within=minutes(5)),
        then=supports(THROTTLED, MEDIUM, family="http"),
        why="Five shoppers were sent to the platform's queue within five minutes.",
        examples=(
            fires("five", *burst(5, request(0, 404, **_QUEUE)), for_=SHOP),
            silent("four", *burst(4, request(0, 404, **_QUEUE))),
        ),
    ),
)
