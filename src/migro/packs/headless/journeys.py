"""
Journeys: the host's own walks through the new shop, a witness of what otherwise shoppers alone would show.

Each is about something that a page has to show: the page came, and what belongs on it did not. Pages that do not come
at all, and walls that stop the check itself, are faults of another kind and are judged elsewhere.
"""

from __future__ import annotations

from typing import Any

import attrs

from ...expressions import Pred, days, hours, minutes
from ...models.signal import MerchantId
from ...rules import STRONG, IssueKind, Rule, fires, on, refutes, silent, supports
from .arrival import CART_NOT_RESET
from .browser import HYDRATION
from .codes import CODES_REFUSED
from .customers import LOCKED_OUT, LOGIN_LOOP
from .delivery import NO_SHIPPING
from .guests import GUEST_AT_CHECKOUT
from .prices import MARKET, PRICE_MISMATCH
from .search import SEARCH_LAG
from .signals import Probe
from .specimens import SHOP, error, probe, probes
from .specimens_operations import CHANGE, said
from .stock_levels import LOCATION
from .witnesses import changed, coded_error, failing_probes, green_probes

__all__ = ["RULES"]

_ANSWERED: Pred[Probe] = Probe.status == 200
_BUTTON: dict[str, Any] = {"journey": "add_to_cart", "engine": "webkit", "status": 200}


def _thrice(**columns: Any) -> tuple[Probe, ...]:
    """Return three failures from two regions."""
    return (*probes(0, False, ("eu", "us"), **columns), probe(60, region="eu", **columns))


def _walk(
    rule: str, kind: IssueKind[MerchantId], journey: str, why: str, answers: Pred[Probe] = _ANSWERED, status: int = 200
) -> Rule[MerchantId]:
    """Return the rule about a journey that ends three times, seen from two regions, without what it looks for."""
    tried: dict[str, Any] = {"journey": journey, "status": status}
    return Rule(
        rule,
        when=failing_probes(journey, where=answers),
        then=supports(kind, STRONG, family="probe"),
        why=why,
        examples=(
            fires("three times, two regions", *_thrice(**tried), for_=SHOP),
            silent("twice", *probes(0, False, ("eu", "us"), **tried)),
            silent("one region", *(probe(t, **tried) for t in (0, 60, 120))),
            silent("works again", *_thrice(**tried), *probes(90, True, ("eu", "us"), journey=journey)),
            silent("a wall stopped the check", *_thrice(**{**tried, "status": 403})),
            silent("the page did not come", *_thrice(**{**tried, "status": 503})),
        ),
    )


def _arrives(rule: str, kind: IssueKind[MerchantId], journey: str, why: str) -> Rule[MerchantId]:
    """
    Return the rule that a journey which ends well in two regions speaks against what it looks for.

    Not strongly: a check has one browser and one customer, and says nothing about shoppers with another.
    """
    return Rule(
        rule,
        when=green_probes(journey),
        then=refutes(kind, 60, family="probe-green"),
        why=why,
        revision=2,
        examples=(
            fires("two regions", *probes(0, True, ("eu", "us"), journey=journey), for_=SHOP),
            silent("one region", probe(0, True, journey=journey)),
            silent("another journey", *probes(0, True, ("eu", "us"))),
        ),
    )


def _imported_login() -> Rule[MerchantId]:
    refused = Probe.status.one_of(200, 401)
    red = on(Probe, Probe.journey == "imported_login", Probe.ok == False, refused, per=Probe.merchant)  # noqa: E712
    rule = _walk(
        "lockout.probe-cannot-sign-in",
        LOCKED_OUT,
        "imported_login",
        "A customer made for checks, imported like the others, could not sign in three times from two regions.",
        refused,
        401,
    )
    # Long after the move it is an account of its own that is broken, and says nothing about the others.
    moved, long_ago = (said(CHANGE, -t, what="cutover") for t in (3_600, 15 * 86_400))
    examples = tuple(attrs.evolve(e, signals=(moved, *e.signals)) for e in rule.examples)
    shown = rule.examples[0].signals
    return attrs.evolve(
        rule,
        when=(
            red.at_least(3, within=minutes(10)).after(changed("cutover"), within=days(14))
            & red.distinct(Probe.region, at_least=2, within=minutes(10))
        ).unless(green_probes("imported_login")),
        lasts=hours(1),
        examples=(*examples, silent("long after the move", long_ago, *shown), silent("no move", *shown)),
    )


RULES: tuple[Rule[Any], ...] = (
    _walk(
        "codes.probe-refused",
        CODES_REFUSED,
        "apply_code",
        "A check that enters a code known to be valid saw it refused three times from two regions.",
        Probe.status.one_of(200, 422),
    ),
    _walk(
        "shipping.probe-finds-none",
        NO_SHIPPING,
        "delivery_options",
        "A check that goes to delivery was offered no method three times from two regions.",
    ),
    _walk(
        "search-lag.probe-finds-nothing",
        SEARCH_LAG,
        "search",
        "A check that searches for a product that is on sale did not find it three times from two regions.",
    ),
    _walk(
        "guest.probe-is-guest",
        GUEST_AT_CHECKOUT,
        "signed_in_checkout",
        "A check that signs in arrived at checkout as a guest three times from two regions.",
    ),
    _walk(
        "market.probe-sees-another",
        MARKET,
        "market",
        "A check saw a cart in another currency than its page three times from two regions.",
    ),
    _walk(
        "login-loop.probe-signed-out",
        LOGIN_LOOP,
        "stay_signed_in",
        "A check that waits past the token's end was signed out three times from two regions.",
        Probe.status.one_of(200, 401),
        401,
    ),
    _arrives(
        "login-loop.probe-stays",
        LOGIN_LOOP,
        "stay_signed_in",
        "Checks from two regions were still signed in past the token's end: the storefront renews it.",
    ),
    _walk(
        "cart-reset.probe-sees-it-again",
        CART_NOT_RESET,
        "completed_cart",
        "A check with the cookie of a completed cart was shown that cart three times from two regions.",
    ),
    _arrives(
        "cart-reset.probe-gets-a-new-one",
        CART_NOT_RESET,
        "completed_cart",
        "Checks from two regions got a new cart for the cookie of a completed one: the storefront lets go of it.",
    ),
    _walk(
        "price.probe-is-charged-another",
        PRICE_MISMATCH,
        "price_in_cart",
        "A check saw another price in the cart than on the page, taxes told alike, three times from two regions.",
    ),
    _walk(
        "stock-place.probe-finds-sold-out",
        LOCATION,
        "in_stock",
        "A check could not buy an article that the shop's own platform has in stock, three times from two regions.",
        Probe.status.one_of(200, 422),
    ),
    _imported_login(),
    Rule(
        "hydration.probe-clicks-in-vain",
        # A dead button alone may have many causes; the error says which.
        when=failing_probes("add_to_cart", where=_ANSWERED & Probe.engine.present())
        & coded_error("hydration", events=10, users=10),
        then=supports(HYDRATION, STRONG, family="probe"),
        why="In a real browser add to cart does nothing on a page that came, while the tracker tells of hydration.",
        examples=(
            fires("both", error(0, code="hydration", events=10), *_thrice(**_BUTTON), for_=SHOP),
            silent("no such error", *_thrice(**_BUTTON)),
            silent("nine", error(0, code="hydration", events=9), *_thrice(**_BUTTON)),
            silent("no browser", error(0, code="hydration", events=10), *_thrice(journey="add_to_cart", status=200)),
            silent("the page fails", error(0, code="hydration", events=10), *_thrice(**{**_BUTTON, "status": 503})),
        ),
    ),
)
