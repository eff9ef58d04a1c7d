"""Changes of carts: conflicts that stay, carts that are held back."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent, permille, seconds
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    Rule,
    Timed,
    fires,
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .cart import THROTTLED, VERSION_CONFLICT
from .expected import raised
from .shop_witnesses import calls, risen, sessions, still, throttled_call
from .specimens import SHOP, burst, ticket
from .specimens_operations import LOG, said
from .specimens_shop import CART_UPDATE, SESSIONS, STOREFRONT_CALLS, weekly
from .storefront_signals import CartUpdate, StorefrontCalls
from .witnesses import logged, tickets

__all__ = ["RULES"]


_CART: Pred[StorefrontCalls] = StorefrontCalls.operation.matches("(?i)cart|checkout")
# What went well need not say with which status, and was no conflict.
_CONFLICT: Pred[StorefrontCalls] = (StorefrontCalls.status.present() & (StorefrontCalls.status == 409)) | (
    StorefrontCalls.code.present() & (StorefrontCalls.code == "cart.conflict")
)
_WRITES = calls(_CART, StorefrontCalls.operation.matches("(?i)create|add|update|remove|set|complete"))
_THROTTLED = calls(_CART, throttled_call())
_CONFLICTS = on(CartUpdate, CartUpdate.conflict == True, per=CartUpdate.merchant)  # noqa: E712
_LEFT_OVER = on(CartUpdate, CartUpdate.conflict == True, per=(CartUpdate.merchant, CartUpdate.cart_ref)).without(  # noqa: E712
    on(CartUpdate, CartUpdate.ok == True, per=(CartUpdate.merchant, CartUpdate.cart_ref)),  # noqa: E712
    within=seconds(2),
)
_UNRECOVERED = holding(_LEFT_OVER, per=CartUpdate.merchant, within=minutes(15)).per(
    _CONFLICTS.different(CartUpdate.cart_ref, within=minutes(15)), floor=10
)
_UPDATED = on(CartUpdate, per=CartUpdate.merchant).different(CartUpdate.cart_ref, within=minutes(15))
_HURT = holding(_LEFT_OVER, per=CartUpdate.merchant, within=minutes(15)).per(_UPDATED, floor=20)

_UPDATE: dict[str, Any] = {"operation": "cartLinesUpdate"}
_HELD: dict[str, Any] = {"code": "throttle", "failed": True}
_COLLIDE = said(CART_UPDATE, 0, conflict=True, ok=False)
_RETRIES = burst(20, said(CART_UPDATE, 1), cart_ref="c")


def _crowd(times: int) -> Timed[MerchantId]:
    return risen(sessions().count(within=minutes(5)), 3 * times)


def _shoppers(n: int) -> tuple[Signal, ...]:
    # 1200 in an hour are 100 in five minutes.
    return (*weekly(said(SESSIONS, 0, sessions=1200)), said(SESSIONS, 0, sessions=n))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "cart-conflict.graphql",
        when=_WRITES.share(_CONFLICT, at_least=percent(3), floor=50, within=minutes(15)),
        then=supports(VERSION_CONFLICT, STRONG, family="graphql"),
        why="At least 3 % of the calls that change carts were refused as conflicts within a quarter of an hour.",
        revision=2,
        examples=(
            fires(
                "3 of 100",
                said(STOREFRONT_CALLS, 0, calls=97, **_UPDATE),
                said(STOREFRONT_CALLS, 1, calls=3, status=409, **_UPDATE),
                for_=SHOP,
            ),
            silent(
                "2 of 100",
                said(STOREFRONT_CALLS, 0, calls=98, **_UPDATE),
                said(STOREFRONT_CALLS, 1, calls=2, status=409, **_UPDATE),
            ),
            silent(
                "a status told only of conflicts",
                said(STOREFRONT_CALLS, 0, calls=2_450, **{**_UPDATE, "status": None}),
                said(STOREFRONT_CALLS, 1, calls=50, status=409, **_UPDATE),
            ),
        ),
    ),
    Rule(
        "cart-conflict.log",
        when=logged("code.cart.conflict", lines=20, within=minutes(15)),
        then=supports(VERSION_CONFLICT, MEDIUM, family="error-tracker"),
        why="A log told twenty times of conflicting changes of carts within a quarter of an hour.",
        examples=(
            fires("twenty lines", said(LOG, 0, "code.cart.conflict", lines=20), for_=SHOP),
            silent("nineteen lines", said(LOG, 0, "code.cart.conflict", lines=19)),
        ),
    ),
    Rule(
        "cart-conflict.unrecovered",
        when=_HURT >= percent(5),  # noqa: SIM300
        then=supports(VERSION_CONFLICT, STRONG, family="carts", severity=Severity.SEV2),
        why="At least 5 % of the carts that changed were left with a conflict that nothing solved in two seconds.",
        examples=(
            fires(
                "1 of 20",
                *burst(19, said(CART_UPDATE, 0), cart_ref="c"),
                said(CART_UPDATE, 30, conflict=True, ok=False, cart_ref="c99"),
                said(CART_UPDATE, 120, cart_ref="c1"),
                for_=SHOP,
            ),
            silent(
                "solved in two seconds",
                *burst(19, said(CART_UPDATE, 0), cart_ref="c"),
                said(CART_UPDATE, 30, conflict=True, ok=False, cart_ref="c99"),
                said(CART_UPDATE, 32, cart_ref="c99"),
                said(CART_UPDATE, 120, cart_ref="c1"),
            ),
        ),
    ),
    Rule(
        "cart-conflict.tickets",
        when=tickets("mentions.cart_error", people=1, within=hours(24)),
        then=supports(VERSION_CONFLICT, WEAK, family="tickets"),
        why="Somebody wrote that a quantity or code would not change in the cart.",
        examples=(
            fires("one", ticket(0, "mentions.cart_error"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "cart-conflict.retried",
        # What is not yet two seconds old may still fail: a conflict that stays takes this back.
        when=still(_UNRECOVERED <= percent(5)),  # noqa: SIM300
        then=refutes(VERSION_CONFLICT, 150, family="retries"),
        why="At least 95 % of the carts in conflict were changed again within two seconds.",
        examples=(
            fires(
                "10 of 10",
                *burst(10, _COLLIDE, cart_ref="c"),
                *_RETRIES[:10],
                said(CART_UPDATE, 120, conflict=True, ok=False, cart_ref="c0"),
                said(CART_UPDATE, 121, cart_ref="c0"),
                for_=SHOP,
            ),
            silent(
                "9 of 10",
                *burst(10, _COLLIDE, cart_ref="c"),
                *_RETRIES[:9],
                said(CART_UPDATE, 120, conflict=True, ok=False, cart_ref="c0"),
                said(CART_UPDATE, 121, cart_ref="c0"),
            ),
        ),
    ),
    Rule(
        "checkout-throttled.graphql",
        when=_THROTTLED.at_least(20, within=minutes(5)),
        then=supports(THROTTLED, STRONG, family="graphql"),
        why="Twenty calls of cart or checkout were throttled within five minutes.",
        revision=2,
        examples=(
            fires("twenty", said(STOREFRONT_CALLS, 0, calls=20, **_HELD), for_=SHOP),
            fires("by its status", said(STOREFRONT_CALLS, 0, calls=20, failed=True, status=429), for_=SHOP),
            silent("nineteen", said(STOREFRONT_CALLS, 0, calls=19, **_HELD)),
            silent("another call", said(STOREFRONT_CALLS, 0, calls=20, **{**_HELD, "operation": "products"})),
        ),
    ),
    Rule(
        "checkout-throttled.share",
        when=_THROTTLED.count(within=minutes(5)).per(calls(_CART).count(within=minutes(5)), floor=50, bound="wilson")
        >= percent(10),
        then=supports(THROTTLED, STRONG, family="graphql"),
        why="At least 10 % of fifty calls of cart or checkout were throttled within five minutes.",
        revision=2,
        examples=(
            fires(
                "10 of 50", said(STOREFRONT_CALLS, 0, calls=40), said(STOREFRONT_CALLS, 1, calls=10, **_HELD), for_=SHOP
            ),
            silent(
                "9 of 50 can be chance",
                said(STOREFRONT_CALLS, 0, calls=41),
                said(STOREFRONT_CALLS, 1, calls=9, **_HELD),
            ),
            silent("10 of 49", said(STOREFRONT_CALLS, 0, calls=39), said(STOREFRONT_CALLS, 1, calls=10, **_HELD)),
            silent(
                "another failure", said(STOREFRONT_CALLS, 0, calls=39), said(STOREFRONT_CALLS, 1, calls=11, failed=True)
            ),
        ),
    ),
    *raised(
        Rule(
            "checkout-throttled.traffic",
            when=_crowd(1),
            then=supports(THROTTLED, MEDIUM, family="traffic"),
            why="Three times as many shoppers as usual came within five minutes.",
            examples=(
                # 1200 in an hour are 100 in five minutes.
                fires(
                    "300 for 100",
                    *weekly(said(SESSIONS, 0, sessions=1200)),
                    said(SESSIONS, 0, sessions=300),
                    for_=SHOP,
                ),
                silent("299 for 100", *weekly(said(SESSIONS, 0, sessions=1200)), said(SESSIONS, 0, sessions=299)),
            ),
        ),
        _crowd,
        _shoppers,
        edge=300,
    ),
    Rule(
        "checkout-throttled.tickets",
        when=tickets("mentions.checkout", "mentions.queue", people=1, within=minutes(60)),
        then=supports(THROTTLED, WEAK, family="tickets"),
        why="Somebody wrote of waiting in a queue at checkout.",
        examples=(
            fires("both words", ticket(0, "mentions.checkout", "mentions.queue"), for_=SHOP),
            silent("one word", ticket(0, "mentions.checkout")),
        ),
    ),
    Rule(
        "checkout-throttled.few",
        when=still(
            _THROTTLED.count(within=minutes(5)).per(calls(_CART).count(within=minutes(5)), floor=200) < permille(5)
        ),
        then=refutes(THROTTLED, 150, family="graphql-ok"),
        why="Fewer than 0.5 % of the calls of cart and checkout are throttled.",
        revision=2,
        examples=(
            fires(
                "0 of 200",
                said(STOREFRONT_CALLS, 0, calls=200),
                for_=SHOP,
            ),
            silent("1 of 200", said(STOREFRONT_CALLS, 0, calls=199), said(STOREFRONT_CALLS, 1, calls=1, **_HELD)),
            silent("199 calls", said(STOREFRONT_CALLS, 0, calls=199)),
        ),
    ),
)
