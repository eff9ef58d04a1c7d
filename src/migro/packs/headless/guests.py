"""Guests: shoppers who are signed in on the storefront and arrive at checkout as nobody."""

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
    given,
    on,
    silent,
    supports,
    vetoes,
)
from .references import cited
from .responses import draft_reply, notify, report
from .shop_witnesses import opens
from .signals import HttpRequest
from .specimens import SHOP, burst, request, ticket
from .specimens_operations import said
from .specimens_shop import OPENS, SETUP
from .stakes import impact_on
from .storefront_signals import CheckoutOpens, ShopSetup
from .witnesses import tickets

__all__ = ["GUEST_AT_CHECKOUT", "RULES"]


GUEST_AT_CHECKOUT = IssueKind[MerchantId](
    "session_not_carried_to_checkout",
    category="auth",
    title="Signed-in shoppers become guests at checkout",
    what="The login of the storefront does not reach the hosted checkout, so addresses and own prices are gone there.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("checkout", percent(45)),
    responses=(
        notify("operators"),
        report("names of the redirect's parameters, statuses of the login bridge"),
        draft_reply(
            "Shoppers who sign in on your storefront arrive at checkout as guests since {first_seen}. The bridge"
            " between the two logins does not complete; the list of what has to be set up is attached."
        ),
    ),
    human_only=("change the login bridge", "change checkout settings"),
    false_positives="A checkout that is meant for guests looks the same.",
    related=("cart_lost_at_checkout", "customer_token_expiry_loop", "cors_blocked"),
    harm=(
        "Account holders lose addresses and points; grave where prices differ by group, since then the wrong"
        " price is charged."
    ),
    sources=cited("CAT-1059", "VC-594", "BC-SESS", "BC-AUTHDOC"),
    causes=("cart_lost_at_checkout",),
    about=("cart",),
)

# Of a checkout that says nothing about it nobody knows who came there.
_SIGNED_IN = opens(CheckoutOpens.signed_in_before == True, CheckoutOpens.signed_in_after.present())  # noqa: E712
_BECAME_GUEST: Pred[CheckoutOpens] = CheckoutOpens.signed_in_after == False  # noqa: E712
_BRIDGE = on(
    HttpRequest,
    HttpRequest.route.matches("^/login/token/"),
    HttpRequest.status.one_of(400, 401, 404),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)

_TOKEN: dict[str, Any] = {"method": "GET", "route_class": "account", "route": "/login/token/:slug"}
_GUESTS: dict[str, Any] = {"signed_in_before": True, "signed_in_after": False}
_KNOWN: dict[str, Any] = {"signed_in_before": True, "signed_in_after": True}


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "guest.share",
        when=_SIGNED_IN.share(_BECAME_GUEST, at_least=percent(20), floor=10, within=minutes(60)),
        then=supports(GUEST_AT_CHECKOUT, STRONG, family="checkout"),
        why="At least 20 % of signed-in shoppers were guests at checkout within an hour.",
        revision=2,
        examples=(
            fires("20 of 100", said(OPENS, 0, opens=80, **_KNOWN), said(OPENS, 1, opens=20, **_GUESTS), for_=SHOP),
            silent("19 of 100", said(OPENS, 0, opens=81, **_KNOWN), said(OPENS, 1, opens=19, **_GUESTS)),
            silent("nine shoppers", said(OPENS, 0, opens=9, **_GUESTS)),
        ),
    ),
    Rule(
        "guest.with-own-prices",
        when=given(ShopSetup, ShopSetup.b2b == True, per=ShopSetup.merchant)  # noqa: E712
        & _SIGNED_IN.share(_BECAME_GUEST, at_least=percent(20), floor=10, within=minutes(60)),
        then=supports(GUEST_AT_CHECKOUT, STRONG, family="checkout", severity=Severity.SEV2),
        why="Signed-in shoppers with prices of their own were guests at checkout.",
        revision=2,
        examples=(
            fires(
                "20 of 100",
                said(SETUP, 0, b2b=True),
                said(OPENS, 1, opens=80, **_KNOWN),
                said(OPENS, 2, opens=20, **_GUESTS),
                for_=SHOP,
            ),
            silent(
                "one price for all",
                said(SETUP, 0, b2b=False),
                said(OPENS, 1, opens=80, **_KNOWN),
                said(OPENS, 2, opens=20, **_GUESTS),
            ),
        ),
    ),
    Rule(
        "guest.bridge",
        when=_BRIDGE.at_least(5, within=minutes(30)),
        then=supports(GUEST_AT_CHECKOUT, MEDIUM, family="http"),
        why="The login bridge refused five shoppers within half an hour.",
        examples=(
            fires("five", *burst(5, request(0, 401, **_TOKEN)), for_=SHOP),
            silent("four", *burst(4, request(0, 401, **_TOKEN))),
            silent("passed", *burst(5, request(0, 302, **_TOKEN))),
        ),
    ),
    Rule(
        "guest.tickets",
        when=tickets("mentions.checkout", "mentions.logged_out", people=1, within=hours(24)),
        then=supports(GUEST_AT_CHECKOUT, WEAK, family="tickets"),
        why="Somebody wrote of being signed out at checkout.",
        examples=(
            fires("both words", ticket(0, "mentions.checkout", "mentions.logged_out"), for_=SHOP),
            silent("one word", ticket(0, "mentions.checkout")),
        ),
    ),
    Rule(
        "guest.by-design",
        when=given(ShopSetup, ShopSetup.guest_only == True, per=ShopSetup.merchant),  # noqa: E712
        then=vetoes(GUEST_AT_CHECKOUT, family="setup"),
        why="The shop's checkout is meant for guests.",
        examples=(
            fires("meant so", said(SETUP, 0, guest_only=True), said(OPENS, 1, **_GUESTS), for_=SHOP),
            silent("not meant so", said(SETUP, 0, guest_only=False), said(OPENS, 1, **_GUESTS)),
        ),
    ),
)
