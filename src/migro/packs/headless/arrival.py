"""Arrival at checkout: carts that come empty, or old."""

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
    holding,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .cart import CART_LOST
from .references import cited
from .responses import draft_reply, notify, report
from .shop_witnesses import calls, mostly, opens, short_of
from .signals import Cart, Probe
from .specimens import SHOP, burst, probe, ticket
from .specimens_operations import LOG, said
from .specimens_shop import CART, OPENS, STOREFRONT_CALLS, weekly
from .stakes import impact_on
from .storefront_signals import CheckoutOpens, StorefrontCalls
from .witnesses import logged, tickets

__all__ = ["CART_NOT_RESET", "RULES"]

CART_NOT_RESET = IssueKind[MerchantId](
    "cart_not_reset_after_order",
    category="checkout",
    title="The cart of an order that is done comes back",
    what="The storefront keeps the cart after a purchase, so the next checkout shows old goods or a thank-you page.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("checkout", percent(45)),
    responses=(
        notify("operators"),
        report("how many checkouts end on the page of an old order, ages of the carts"),
        draft_reply(
            "Shoppers who buy again get the cart of their last order. The storefront has to drop the cart once its"
            " order exists; the details for your developer are attached."
        ),
    ),
    human_only=("change how the storefront drops carts",),
    false_positives="Who opens the confirmation mail again reaches the same page without asking for checkout.",
    related=("cart_lost_at_checkout", "duplicate_order_or_charge"),
    harm="Only those who come back to buy again are hit; the loss is their share of the checkouts.",
    sources=cited("HYD-2524", "HYD-CHG"),
)


_EMPTY: Pred[CheckoutOpens] = CheckoutOpens.empty == True  # noqa: E712
_OLD: Pred[CheckoutOpens] = CheckoutOpens.to_order_status == True  # noqa: E712
_EMPTY_COUNT = opens(_EMPTY).count(within=minutes(30))
_ALL_COUNT = opens().count(within=minutes(30))
_EMPTY_SHARE = _EMPTY_COUNT.per(_ALL_COUNT, floor=20)
_READS = calls(StorefrontCalls.operation == "cart", StorefrontCalls.had_cookie == True)  # noqa: E712
_CARTLESS: Pred[StorefrontCalls] = StorefrontCalls.null_cart.present() & (StorefrontCalls.null_cart == True)  # noqa: E712
_KEPT = on(Probe, Probe.journey == "keep_cart", Probe.ok == True, per=Probe.merchant)  # noqa: E712
_NOT_KEPT = on(Probe, Probe.journey == "keep_cart", Probe.ok == False, per=Probe.merchant)  # noqa: E712
_DONE = on(Cart, Cart.topic == "cart.converted", per=(Cart.merchant, Cart.cart_ref))
_GROWS = on(Cart, Cart.topic == "cart.lines_added", per=(Cart.merchant, Cart.cart_ref))

_READ: dict[str, Any] = {"operation": "cart", "had_cookie": True}
_OLD_CARTS = (said(OPENS, 0, opens=97), said(OPENS, 1, opens=3, to_order_status=True))


def _in_browsers(chrome: int, safari: int) -> tuple[CheckoutOpens, ...]:
    return (
        said(OPENS, 0, opens=57, browser="chrome"),
        said(OPENS, 1, opens=33, browser="safari"),
        said(OPENS, 2, opens=chrome, browser="chrome", empty=True),
        said(OPENS, 3, opens=safari, browser="safari", empty=True),
    )


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "cart-lost.empty-share",
        # Usual is less than 1 %; what is below five times the usual share is how this shop always is.
        when=opens().share(_EMPTY, at_least=percent(5), floor=20, within=minutes(30)).unless(short_of(_EMPTY_SHARE, 5)),
        then=supports(CART_LOST, STRONG, family="checkout"),
        why="At least 5 % of checkouts opened empty within half an hour, and at least five times the usual share.",
        examples=(
            fires("5 of 100", said(OPENS, 0, opens=95), said(OPENS, 1, opens=5, empty=True), for_=SHOP),
            silent("4 of 100", said(OPENS, 0, opens=96), said(OPENS, 1, opens=4, empty=True)),
            silent("1 of 19", said(OPENS, 0, opens=18), said(OPENS, 1, opens=1, empty=True)),
            silent(
                "as always",
                *weekly(said(OPENS, 0, opens=97), said(OPENS, 1, opens=3, empty=True)),
                said(OPENS, 0, opens=95),
                said(OPENS, 1, opens=5, empty=True),
            ),
        ),
    ),
    Rule(
        "cart-lost.log",
        when=logged("code.cart.empty_at_checkout", lines=3, within=minutes(15)),
        then=supports(CART_LOST, STRONG, family="error-tracker"),
        why="A log said three times within a quarter of an hour that a checkout began with an empty cart.",
        examples=(
            fires("three lines", said(LOG, 0, "code.cart.empty_at_checkout", lines=3), for_=SHOP),
            silent("two lines", said(LOG, 0, "code.cart.empty_at_checkout", lines=2)),
        ),
    ),
    Rule(
        "cart-lost.null-cart",
        when=_READS.share(_CARTLESS, at_least=percent(5), floor=20, within=minutes(30)),
        then=supports(CART_LOST, MEDIUM, family="graphql"),
        why="At least 5 % of carts that a cookie named did not exist any more within half an hour.",
        revision=2,
        examples=(
            fires(
                "5 of 100",
                said(STOREFRONT_CALLS, 0, calls=95, null_cart=False, **_READ),
                said(STOREFRONT_CALLS, 1, calls=5, null_cart=True, **_READ),
                for_=SHOP,
            ),
            silent(
                "4 of 100",
                said(STOREFRONT_CALLS, 0, calls=96, null_cart=False, **_READ),
                said(STOREFRONT_CALLS, 1, calls=4, null_cart=True, **_READ),
            ),
            silent(
                "told only where there is none",
                said(STOREFRONT_CALLS, 0, calls=480, **_READ),
                said(STOREFRONT_CALLS, 1, calls=20, null_cart=True, **_READ),
            ),
        ),
    ),
    Rule(
        "cart-lost.one-browser",
        when=opens(_EMPTY)
        .standout(CheckoutOpens.browser, against=opens(), at_most=percent(40), within=minutes(30))
        .per(_EMPTY_COUNT, floor=10)
        >= percent(70),
        then=supports(CART_LOST, MEDIUM, family="browser"),
        why="At least 70 % of empty checkouts are in one browser, which at most 40 % of shoppers use.",
        examples=(
            fires("7 of 10", *_in_browsers(3, 7), for_=SHOP),
            silent("6 of 10", *_in_browsers(4, 6)),
            silent(
                "most shoppers use it",
                said(OPENS, 0, opens=90, browser="safari"),
                said(OPENS, 1, opens=10, browser="safari", empty=True),
            ),
        ),
    ),
    Rule(
        "cart-lost.owner-log",
        when=logged("code.auth.cart_owner", lines=10, within=minutes(30)),
        then=supports(CART_LOST, MEDIUM, family="owner-check"),
        why="A log said ten times within half an hour that a guest's cart was used after a login and refused.",
        examples=(
            fires("ten lines", said(LOG, 0, "code.auth.cart_owner", lines=10), for_=SHOP),
            silent("nine lines", said(LOG, 0, "code.auth.cart_owner", lines=9)),
        ),
    ),
    Rule(
        "cart-lost.old-carts",
        when=known(CART_NOT_RESET, at_least_points=STRONG),
        then=refutes(CART_LOST, 150, family="old-carts"),
        why="The carts belong to orders that are done: they are not lost but never dropped.",
        examples=(
            fires("old carts", *_OLD_CARTS, for_=SHOP),
            silent("none", said(OPENS, 0, opens=98), said(OPENS, 1, opens=2, to_order_status=True)),
        ),
    ),
    Rule(
        "cart-lost.probe-keeps",
        when=_KEPT.distinct(Probe.engine, at_least=3, within=minutes(30)).unless(_NOT_KEPT),
        then=refutes(CART_LOST, 150, family="probe-green"),
        why="A check kept its cart on the way to checkout in three browser engines.",
        examples=(
            fires("three engines", *burst(3, probe(0, True, journey="keep_cart"), engine="e"), for_=SHOP),
            silent("two engines", *burst(2, probe(0, True, journey="keep_cart"), engine="e")),
            silent(
                "lost since",
                *burst(3, probe(0, True, journey="keep_cart"), engine="e"),
                probe(60, journey="keep_cart", engine="e1"),
            ),
        ),
    ),
    Rule(
        "cart-reset.order-status",
        when=opens().share(_OLD, at_least=percent(3), floor=20, within=hours(2)),
        then=supports(CART_NOT_RESET, STRONG, family="checkout"),
        why="At least 3 % of checkouts within two hours ended on the page of an order that exists already.",
        examples=(
            fires("3 of 100", *_OLD_CARTS, for_=SHOP),
            silent("2 of 100", said(OPENS, 0, opens=98), said(OPENS, 1, opens=2, to_order_status=True)),
        ),
    ),
    Rule(
        "cart-reset.grows-on",
        when=holding(_GROWS.after(_DONE, within=hours(24)), per=Cart.merchant, within=minutes(60)) >= 5,
        then=supports(CART_NOT_RESET, MEDIUM, family="carts"),
        why="Five carts whose order is done got new goods within an hour.",
        examples=(
            fires(
                "five carts",
                *burst(5, said(CART, 0, topic="cart.converted"), cart_ref="c"),
                *burst(5, said(CART, 60, topic="cart.lines_added"), cart_ref="c"),
                for_=SHOP,
            ),
            silent(
                "four carts",
                *burst(5, said(CART, 0, topic="cart.converted"), cart_ref="c"),
                *burst(4, said(CART, 60, topic="cart.lines_added"), cart_ref="c"),
            ),
            silent(
                "goods first, then the order",
                *burst(5, said(CART, 0, topic="cart.lines_added"), cart_ref="c"),
                *burst(5, said(CART, 60, topic="cart.converted"), cart_ref="c"),
            ),
        ),
    ),
    Rule(
        "cart-reset.tickets",
        when=tickets("mentions.old_cart", people=1, within=hours(24)),
        then=supports(CART_NOT_RESET, WEAK, family="tickets"),
        why="Somebody wrote that old goods or the thank-you page came at checkout.",
        examples=(
            fires("one", ticket(0, "mentions.old_cart"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "cart-reset.own-accounts",
        when=mostly(
            opens(_OLD), CheckoutOpens.account.one_of("b2b", "test"), at_least=percent(90), floor=3, within=hours(2)
        ),
        then=refutes(CART_NOT_RESET, 60, family="accounts"),
        why="Nearly all of it happens to business or test accounts.",
        examples=(
            fires(
                "9 of 10",
                said(OPENS, 0, opens=1, to_order_status=True, account="shopper"),
                said(OPENS, 1, opens=9, to_order_status=True, account="b2b"),
                for_=SHOP,
            ),
            silent(
                "8 of 10",
                said(OPENS, 0, opens=2, to_order_status=True, account="shopper"),
                said(OPENS, 1, opens=8, to_order_status=True, account="b2b"),
            ),
        ),
    ),
)
