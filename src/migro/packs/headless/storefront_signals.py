"""
The vocabulary of the storefront: what shoppers' browsers, their carts, checkouts and payments say.

Aggregates stand for one minute and for one combination of their words; how many they stand for is in the column that
is named for it (`sessions`, `opens`, `calls`), and rules add these up. What no observer writes yet, the host may send
itself.
"""

from __future__ import annotations

from datetime import datetime

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey
from ...models.signal import Signal

__all__ = [
    "STOREFRONT",
    "CartUpdate",
    "CheckoutOpens",
    "CodeAttempts",
    "DeliverySteps",
    "Fault",
    "OrderTwin",
    "PaymentAttempt",
    "PaymentReturns",
    "ReleaseTraffic",
    "ShopSetup",
    "StorefrontCalls",
]


class CheckoutOpens(Signal, kind="checkout.opens"):
    """
    Checkouts that opened, known bots and visits without a session of the storefront left out.

    Attributes:
        host: Host on which they opened.
        empty: Whether the cart was empty.
        browser: Family of the browser: safari, firefox, chrome, edge or other.
        to_order_status: Whether they ended on the page of an order that exists already.
        account: Type of account: shopper, b2b or test.
        signed_in_before: Whether the shopper was signed in on the storefront.
        signed_in_after: Whether checkout knew that.
    """

    opens: Attr[int]
    host: Maybe[str] = UNSET
    empty: Attr[bool]
    browser: Maybe[str] = UNSET
    to_order_status: Attr[bool]
    account: Maybe[str] = UNSET
    signed_in_before: Attr[bool]
    signed_in_after: Maybe[bool] = UNSET


class CartUpdate(Signal, kind="cart.update"):
    """One change of a cart by the storefront; `conflict` when it was refused because the cart had changed."""

    cart_ref: Key[str]
    conflict: Attr[bool]
    ok: Attr[bool]


class CodeAttempts(Signal, kind="cart.codes"):
    """
    Discount codes and gift cards that shoppers entered.

    Attributes:
        accepted: Whether the cart took them.
        valid: Whether they are valid where they come from; missing where they are unknown there.
        exhausted: Whether they are expired or used up where they come from.
    """

    attempts: Attr[int]
    accepted: Attr[bool]
    valid: Maybe[bool] = UNSET
    exhausted: Maybe[bool] = UNSET


class DeliverySteps(Signal, kind="checkout.delivery"):
    """
    Checkouts that reached delivery with goods to ship.

    Attributes:
        methods: How many methods were offered.
        country: Where to, as two letters.
    """

    steps: Attr[int]
    methods: Attr[int]
    country: Maybe[str] = UNSET


class PaymentReturns(Signal, kind="payment.returns"):
    """Shoppers who came back from a bank or wallet, and whether their session cookie came with them."""

    returns: Attr[int]
    with_session: Attr[bool]


class PaymentAttempt(Signal, kind="payment.attempt"):
    """
    One attempt to pay, as the storefront's payment API saw it.

    Attributes:
        session: Pseudonym of the session.
        network: Network that it came from, truncated.
        sku: The article, where there was one only.
    """

    ok: Attr[bool]
    amount_minor: Maybe[int] = UNSET
    session: MaybeKey[str] = UNSET
    network: MaybeKey[str] = UNSET
    sku: Maybe[str] = UNSET


class OrderTwin(Signal, kind="order.twin"):
    """Verify saw an order of the same customer, amount and lines as one of the last ten minutes."""

    cart_ref: MaybeKey[str] = UNSET
    order_id: Key[str]


class StorefrontCalls(Signal, kind="storefront.calls"):
    """
    Calls of the storefront to the commerce API with one result; `status` is what the API answered.

    Attributes:
        api: storefront or admin.
        operation: The operation, such as ``cartCreate``.
        calls: How many.
        failed: Whether they failed, by status or by errors inside a 200.
        code: Canonical code of the error, such as ``throttle``.
        field: The field or resource that was denied.
        gone: Whether what was asked for has been deleted.
        customer: Whether a signed-in customer is needed.
        had_cookie: Whether the shopper's cart cookie was there.
        null_cart: Whether no cart came back.
        token_age_s, token_ttl_s: Age and lifetime of the token, in seconds.
        host: Host that was called.
    """

    api: Attr[str]
    operation: Attr[str]
    calls: Attr[int]
    failed: Attr[bool]
    code: Maybe[str] = UNSET
    field: MaybeKey[str] = UNSET
    gone: Maybe[bool] = UNSET
    customer: Maybe[bool] = UNSET
    had_cookie: Maybe[bool] = UNSET
    null_cart: Maybe[bool] = UNSET
    token_age_s: Maybe[int] = UNSET
    token_ttl_s: Maybe[int] = UNSET
    host: Maybe[str] = UNSET


class Fault(Signal, kind="app.fault"):
    """
    A fault that the storefront's own log names, with what it is about.

    Attributes:
        code: Canonical code, such as ``env.missing``.
        subject: Name of the variable, field or template.
        fingerprint: Equal for equal faults.
        cart_ref: The cart, where one is concerned.
        stage: run or build.
    """

    code: Attr[str]
    subject: MaybeKey[str] = UNSET
    fingerprint: MaybeKey[str] = UNSET
    cart_ref: MaybeKey[str] = UNSET
    stage: Maybe[str] = UNSET


class ReleaseTraffic(Signal, kind="release.traffic"):
    """Requests to one `variant` (canary or control) of the storefront with one result."""

    variant: Attr[str]
    requests: Attr[int]
    failed: Attr[bool]


class ShopSetup(Signal, kind="shop.setup"):
    """
    How the host knows the shop to be set up: a fact, not an event.

    Attributes:
        guest_only: Whether checkout is meant for guests only.
        required_hosts: Hosts that pages have to reach: payment, tags, chat.
        api_hosts: Hosts that the storefront is meant to call.
        storefront_token_ends: When the storefront's token expires.
        b2b: Whether accounts have prices of their own.
        home_country: The home market, as two letters.
        served_countries: Where the old shop delivered to.
        taxed_countries: Where tax is due.
    """

    guest_only: Maybe[bool] = UNSET
    required_hosts: Maybe[frozenset[str]] = UNSET
    api_hosts: Maybe[frozenset[str]] = UNSET
    storefront_token_ends: Maybe[datetime] = UNSET
    b2b: Maybe[bool] = UNSET
    home_country: Maybe[str] = UNSET
    served_countries: Maybe[frozenset[str]] = UNSET
    taxed_countries: Maybe[frozenset[str]] = UNSET


STOREFRONT: tuple[type[Signal], ...] = (
    CartUpdate,
    CheckoutOpens,
    CodeAttempts,
    DeliverySteps,
    Fault,
    OrderTwin,
    PaymentAttempt,
    PaymentReturns,
    ReleaseTraffic,
    ShopSetup,
    StorefrontCalls,
)
"""Signal classes of the storefront."""
