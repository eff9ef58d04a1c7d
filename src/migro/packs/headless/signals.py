"""
The vocabulary: what normalised signals of a headless storefront look like.

`migro.observe` writes these kinds, rules read them. `topic` is the canonical event inside a kind, for example kind
``order`` with topic ``order.created``; the sender's own word is ``attrs["raw_topic"]``.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey, preset
from ...models.signal import Signal
from .browser_signals import BROWSER
from .catalogue_signals import CATALOGUE
from .check_signals import CHECKS
from .operations_signals import OPERATIONS
from .planning_signals import PLANNING
from .storefront_signals import STOREFRONT
from .sync_signals import SYNC
from .visitor_signals import VISITORS

__all__ = [
    "VOCABULARY",
    "Alert",
    "App",
    "Cart",
    "Compliance",
    "ComplianceHandling",
    "Customer",
    "Deploy",
    "Dispute",
    "ErrorIssue",
    "Fulfilment",
    "Hook",
    "HttpRequest",
    "Inventory",
    "Maintenance",
    "Order",
    "PaidInTest",
    "Payment",
    "Probe",
    "Product",
    "Refund",
    "ShopProfile",
    "SignatureFailure",
    "Ticket",
]


class HttpRequest(Signal, kind="http.request"):
    """
    One request to the storefront, from an access log; or those of one minute that were alike, added up.

    Among `features` is ``request.scan`` for paths that scanners for weak spots ask for, whatever their user agent says.

    Attributes:
        requests: How many requests this signal stands for; 1 unless it says so. Every rule adds them up.
        method: ``GET``, ``POST`` and so on.
        route_class: One of home, plp, pdp, search, cart, checkout, payment, delivery, account, api, webhook, asset,
            other.
        route: The path with ids and query values taken out, such as ``/products/:id``.
        handoff: Whether the path hands the shopper over to the platform's checkout.
        bot: Whether the user agent is a known crawler, scanner, probe or monitor.
        host: Host that was asked, where the log says.
        visitor: Pseudonym of address and user agent.
        bytes: Size of the answer, or of all the answers.
        network: Network that it came from, truncated.
        agent: Pseudonym of the user agent.
        crawler: Name of the search engine, where reverse DNS confirms it; ``monitor`` for the host's own checks.
        pop: Point of presence of the content network.
        legacy: Whether the old shop's sitemap had the address.
        duration_ms: How long the server took; sums of a minute do not say.
    """

    requests: Attr[int] = preset(default=1)
    method: Attr[str]
    route_class: Attr[str]
    route: Attr[str]
    handoff: Attr[bool]
    bot: Attr[bool]
    host: Maybe[str] = UNSET
    visitor: MaybeKey[str] = UNSET
    bytes: Maybe[int] = UNSET
    network: Maybe[str] = UNSET
    agent: Maybe[str] = UNSET
    crawler: Maybe[str] = UNSET
    pop: Maybe[str] = UNSET
    legacy: Maybe[bool] = UNSET
    duration_ms: Maybe[int] = UNSET


class Alert(Signal, kind="alert"):
    """
    A monitor's alert; topic ``alert.firing`` or ``alert.resolved``, `state` the monitor's word.

    Attributes:
        alertname: Name of the alert.
        fingerprint: The monitor's id of this label set.
        service, component, journey, region, route_class: Labels of those names, where set.
    """

    alertname: Attr[str]
    fingerprint: MaybeKey[str] = UNSET
    service: Maybe[str] = UNSET
    component: Maybe[str] = UNSET
    journey: Maybe[str] = UNSET
    region: Maybe[str] = UNSET
    route_class: Maybe[str] = UNSET


class ErrorIssue(Signal, kind="error.issue"):
    """
    A grouped application error, as error trackers report it; topic ``error.created``, ``error.resolved`` and so on.

    Attributes:
        action: The tracker's action: created, resolved, ignored, triggered, ...
        level: fatal, error, warning, info or debug.
        error_type: Type of the exception, such as ``TypeError``.
        code: Canonical error code of the text, such as ``auth.token_invalid``; see `migro.observe.codes`.
        route_class: Class of the route in culprit or tags, where one is recognised.
        project: Id of the project in the tracker.
        events, users: How many events and users so far, where the tracker says.
    """

    action: Attr[str]
    level: Maybe[str] = UNSET
    error_type: Maybe[str] = UNSET
    code: Maybe[str] = UNSET
    route_class: Maybe[str] = UNSET
    project: MaybeKey[str] = UNSET
    events: Maybe[int] = UNSET
    users: Maybe[int] = UNSET


class Ticket(Signal, kind="ticket"):
    """
    A support ticket or message; what it says is in `features` as ``intent.<name>``, never as text.

    Attributes:
        ticket_id: The help desk's id.
        requester: Pseudonym of who asks.
        author: Who wrote: end_user, agent, system or unknown.
        channel: web, email, chat, ... where known.
        language: ISO 639-1 code, where known.
        cluster: Which documented step it asks about, as one of few names.
        cart_ref: The cart that it is about, where the host can tell.
        label_category: Which desk would have to fix it, by its words; a label is no evidence by itself.
        label_severity: How bad it is by its words: low, medium, high or critical.
        label_customer_facing: Whether a shopper would see or feel it.
        label_confidence: How often such a label is right, in thousandths.
    """

    ticket_id: Key[str]
    requester: MaybeKey[str] = UNSET
    author: Attr[str]
    channel: Maybe[str] = UNSET
    language: Maybe[str] = UNSET
    cluster: MaybeKey[str] = UNSET
    cart_ref: MaybeKey[str] = UNSET
    label_category: Maybe[str] = UNSET
    label_severity: Maybe[str] = UNSET
    label_customer_facing: Maybe[bool] = UNSET
    label_confidence: Maybe[int] = UNSET


class Order(Signal, kind="order"):
    """
    An order changed; topics ``order.created``, ``order.updated``, ``order.paid``, ``order.deleted``.

    Attributes:
        order_number: The number that the shop shows to people, where it has one beside the id.
        tax_minor: Tax in minor units.
        country: Where it goes, as two letters.
        tax_exempt: Whether the customer or the goods are free of it.
        landing: Class of the page that the shopper came in by.
        reason: Why it was cancelled, in the platform's word.
        backdated: Whether it was made now and placed more than a week ago.
    """

    order_id: Key[str]
    order_number: MaybeKey[str] = UNSET
    total_minor: Maybe[int] = UNSET
    currency: Maybe[str] = UNSET
    financial_status: Maybe[str] = UNSET
    cart_ref: MaybeKey[str] = UNSET
    test: Maybe[bool] = UNSET
    tax_minor: Maybe[int] = UNSET
    country: Maybe[str] = UNSET
    tax_exempt: Maybe[bool] = UNSET
    landing: Maybe[str] = UNSET
    reason: Maybe[str] = UNSET
    backdated: Maybe[bool] = UNSET


class Payment(Signal, kind="payment"):
    """
    A payment changed; topic ``order.paid``, ``payment.failed`` or ``payment.updated``, `state` the provider's word.

    Attributes:
        raw_topic: The provider's own name of the event; one attempt may be told by several.
        decline_code: Why the payment was refused, in the provider's words.
        livemode: Whether real money moved.
        method: How it was paid, such as ``card`` or ``apple_pay``.
        order_id: The order that it paid, where the provider says.
        internal: Whether the payer is one of the shop's own people.
        reason: Why it failed or waits, where the provider says so in words.
        status_reason: Why it is in its state, such as ``PENDING_REVIEW``.
    """

    payment_id: Key[str]
    amount_minor: Maybe[int] = UNSET
    currency: Maybe[str] = UNSET
    raw_topic: Maybe[str] = UNSET
    decline_code: Maybe[str] = UNSET
    cart_ref: MaybeKey[str] = UNSET
    livemode: Maybe[bool] = UNSET
    method: Maybe[str] = UNSET
    order_id: MaybeKey[str] = UNSET
    internal: Maybe[bool] = UNSET
    reason: Maybe[str] = UNSET
    status_reason: Maybe[str] = UNSET


class Refund(Signal, kind="refund"):
    """Money went back; topic ``refund.created``, and `reason` why, in the sender's words."""

    payment_id: MaybeKey[str] = UNSET
    order_id: MaybeKey[str] = UNSET
    amount_minor: Maybe[int] = UNSET
    currency: Maybe[str] = UNSET
    reason: Maybe[str] = UNSET


class Dispute(Signal, kind="dispute"):
    """
    A payment is disputed; topics ``dispute.created``, ``dispute.updated``.

    Attributes:
        reason: Why, in the provider's words.
        reason_code: The card scheme's code for it.
        scheme: The card scheme, in the provider's code.
    """

    payment_id: MaybeKey[str] = UNSET
    amount_minor: Maybe[int] = UNSET
    currency: Maybe[str] = UNSET
    reason: Maybe[str] = UNSET
    reason_code: Maybe[str] = UNSET
    scheme: Maybe[str] = UNSET


class Cart(Signal, kind="cart"):
    """A cart or checkout changed; topic ``cart.changed``, ``cart.abandoned`` or ``cart.converted``."""

    cart_ref: MaybeKey[str] = UNSET
    order_id: MaybeKey[str] = UNSET


class Product(Signal, kind="product"):
    """A product, variant, category or metafield changed; topic ``product.changed``."""

    product_id: MaybeKey[str] = UNSET


class Inventory(Signal, kind="inventory"):
    """A stock figure changed; topic ``inventory.changed``. `available` missing means unknown, never zero."""

    sku: MaybeKey[str] = UNSET
    location_id: MaybeKey[str] = UNSET
    available: Maybe[int] = UNSET


class Fulfilment(Signal, kind="fulfilment"):
    """
    A shipment or fulfilment changed; topic ``fulfilment.changed``.

    Attributes:
        reason: Why it waits, failed or was rejected.
        carrier: Who brings it, in the sender's code.
    """

    order_id: MaybeKey[str] = UNSET
    reason: Maybe[str] = UNSET
    carrier: Maybe[str] = UNSET


class Customer(Signal, kind="customer"):
    """A customer record changed; topic ``customer.changed``. Ids only, as pseudonyms."""

    customer_ref: MaybeKey[str] = UNSET


class App(Signal, kind="app"):
    """An app was installed, removed or changed; topic ``app.lifecycle``."""

    action: Attr[str]


class Hook(Signal, kind="hook"):
    """The platform could not deliver webhooks; topic ``hook.failure``, and `reason` why, in the platform's words."""

    endpoint: Maybe[str] = UNSET
    reason: Maybe[str] = UNSET


class Compliance(Signal, kind="compliance"):
    """A privacy request; topic ``compliance``. Never reaches rules: it goes to the privacy handler."""

    request: Attr[str]


class ComplianceHandling(Signal, kind="compliance.handling"):
    """
    The receiver had a privacy request seen to, or could not; it says nothing about the request or the person.

    Attributes:
        ok: Whether the handler saw to it.
        reason: The type of its error, or ``nobody`` where there is no handler.
    """

    ok: Attr[bool]
    reason: Maybe[str] = UNSET


class Probe(Signal, kind="probe"):
    """
    The host's own read-only check of a journey; topic ``probe.result``, `status` what the page answered.

    Attributes:
        journey: What was tried: home, origin, add_to_cart, begin_checkout; or, where `ok` says that the page came and
            showed what belongs there, apply_code (a code known to be valid is taken), delivery_options (there is a
            method), market (page and cart agree on the currency), search (a product on sale is found),
            signed_in_checkout (who signs in is known at checkout), stay_signed_in (past the end of the token),
            completed_cart (an order's cart is let go), price_in_cart (page and cart agree on the price), in_stock
            (what the platform has can be bought), imported_login (a check's imported customer signs in).
        region: Where it ran.
        ok: Whether it went well.
        engine: The browser's, where one ran.
    """

    journey: Attr[str]
    region: Attr[str]
    ok: Attr[bool]
    engine: Maybe[str] = UNSET


class Deploy(Signal, kind="change.deploy"):
    """A release went live; topic ``change.deploy``."""

    release: Key[str]


class Maintenance(Signal, kind="calendar.maintenance"):
    """
    A declared maintenance window begins (`active` true) or ends; without `ends_at` it lasts four hours at most.

    One with a `starts_at` to come is announced: it begins and ends by itself, and needs no further word.

    Attributes:
        window: Its name, where several may be open at a time: each ends by its own word.
    """

    window: MaybeKey[str] = UNSET
    active: Attr[bool]
    starts_at: Maybe[datetime] = UNSET
    ends_at: Maybe[datetime] = UNSET


class ShopProfile(Signal, kind="shop.profile"):
    """
    What the host knows about a shop: a fact, not an event.

    Attributes:
        currency: ISO 4217 code of the amounts below.
        aov_minor: Average order value in minor units of the currency.
        sessions_per_min: Sessions per minute, bots excluded.
        checkout_host: Where checkout is meant to be.
        storefront_host: Where the headless storefront is.
    """

    currency: Maybe[str] = UNSET
    aov_minor: Maybe[int] = UNSET
    sessions_per_min: Maybe[Decimal] = UNSET
    checkout_host: Maybe[str] = UNSET
    storefront_host: Maybe[str] = UNSET


class SignatureFailure(Signal, kind="delivery.signature_failed"):
    """Verify saw a delivery whose signature did not fit: evidence about the receiver's secret, nothing else."""

    sender: Attr[str]
    endpoint: Maybe[str] = UNSET


class PaidInTest(Signal, kind="payment.test_paid"):
    """
    Verify saw a payment of a test account that names the order or cart that it pays.

    Attributes:
        order_number: What the shop calls the order, which may be its id or its number.
    """

    order_id: MaybeKey[str] = UNSET
    order_number: MaybeKey[str] = UNSET
    cart_ref: MaybeKey[str] = UNSET


VOCABULARY: tuple[type[Signal], ...] = (
    Alert,
    App,
    Cart,
    Compliance,
    ComplianceHandling,
    Customer,
    Deploy,
    Dispute,
    ErrorIssue,
    Fulfilment,
    Hook,
    HttpRequest,
    Inventory,
    Maintenance,
    Order,
    PaidInTest,
    Payment,
    Probe,
    Product,
    Refund,
    ShopProfile,
    SignatureFailure,
    Ticket,
    *BROWSER,
    *CATALOGUE,
    *CHECKS,
    *OPERATIONS,
    *PLANNING,
    *STOREFRONT,
    *SYNC,
    *VISITORS,
)
"""Every signal class of the pack."""
