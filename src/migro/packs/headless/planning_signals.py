"""
The vocabulary of plans: what the host knows ahead of time, who has to be heard from, and what concerns many merchants.

Most of these are facts: the newest one of a key is in force until the next.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey
from ...models.signal import Signal

__all__ = [
    "PLANNING",
    "ExpectedSource",
    "Fleet",
    "Heartbeat",
    "Interval",
    "ShopMoney",
    "ShopMove",
    "StatusPage",
]


class ShopMove(Signal, kind="shop.move"):
    """
    What the host has planned for a shop's move: a fact, not an event.

    Attributes:
        platform: The commerce platform that the shop moved to.
        agency: Who runs the new shop for the merchant.
        release_train: Which shops get the same releases at the same time.
        app_version: Version of the integration that it runs.
        region: Where its servers are.
        exported_at: When the last full export was taken.
        freeze_from: When the old shop stopped taking orders.
        cutover_at: When the new shop went live.
        settled_at: When the old addresses had expired everywhere: the cutover and twice their time to live.
        daily_revenue_minor: What it takes on a usual day, in minor units.
        receiver_hosts: Hosts that webhooks may be delivered to.
        storefront_hosts: Hosts that links may lead to.
    """

    platform: MaybeKey[str] = UNSET
    agency: MaybeKey[str] = UNSET
    release_train: MaybeKey[str] = UNSET
    app_version: MaybeKey[str] = UNSET
    region: MaybeKey[str] = UNSET
    exported_at: Maybe[datetime] = UNSET
    freeze_from: Maybe[datetime] = UNSET
    cutover_at: Maybe[datetime] = UNSET
    settled_at: Maybe[datetime] = UNSET
    daily_revenue_minor: Maybe[int] = UNSET
    receiver_hosts: Maybe[frozenset[str]] = UNSET
    storefront_hosts: Maybe[frozenset[str]] = UNSET


class ShopMoney(Signal, kind="shop.money"):
    """
    What the host knows about a shop's money beside its order value: a fact, not an event.

    Attributes:
        orders_per_cart, orders_per_checkout, orders_per_delivery, orders_per_payment, orders_per_session: Orders for
            each start of a step, from its own records, above 0 and up to 1.
        sev1_minor_per_min, sev2_minor_per_min, sev3_minor_per_min: Revenue at risk per minute from which an issue is
            that severe whatever the share, in minor units of the shop's currency.
        ads_minor_per_day: What it spends on advertising each day, in minor units of the shop's currency.
    """

    orders_per_cart: Maybe[Decimal] = UNSET
    orders_per_checkout: Maybe[Decimal] = UNSET
    orders_per_delivery: Maybe[Decimal] = UNSET
    orders_per_payment: Maybe[Decimal] = UNSET
    orders_per_session: Maybe[Decimal] = UNSET
    sev1_minor_per_min: Maybe[int] = UNSET
    sev2_minor_per_min: Maybe[int] = UNSET
    sev3_minor_per_min: Maybe[int] = UNSET
    ads_minor_per_day: Maybe[int] = UNSET


class Interval(Signal, kind="calendar.interval"):
    """
    An interval that the host declares ahead of time.

    Attributes:
        what: maintenance (a window that was announced: everything rests from its begin to its end), api_sunset (begin
            and end are the moment at which a version that the shop uses ends), shipping (after the carrier's last
            collection of the day), closed, night and so on. During activation (mails ask customers to set a password),
            campaign, cutover, go_live and import, rules that compare a volume with the usual one compare with a raised
            one; shares and times are judged as always. During campaign, go_live and peak more is at stake, so that what
            costs revenue is one severity higher.
        expected_percent: How much such an event is to bring, of the usual: 300 for three times as much, which is what
            counts without it. Up to 300 is judged against three times the usual, more against ten times.
    """

    what: Attr[str]
    starts_at: Attr[datetime]
    ends_at: Attr[datetime]
    expected_percent: Maybe[int] = UNSET


class ExpectedSource(Signal, kind="source.expected"):
    """
    A source that has to be heard from: a fact, until one with `active` false.

    Attributes:
        source: Its name, such as ``access_log``.
        interval_s: Longest regular pause, in seconds; a very long one for a source that is taken out.
    """

    source: Key[str]
    interval_s: Attr[int]
    active: Attr[bool]


class Heartbeat(Signal, kind="source.heartbeat"):
    """A source was heard from; `events` is how many signals it gave since the last time, 0 included."""

    source: Key[str]
    events: Attr[int]


class StatusPage(Signal, kind="status.incident"):
    """
    A provider's status page, as read for one platform; `state` is its word, such as ``investigating``.

    Attributes:
        platform: The platform that the incident concerns.
        component: What of it: api, carrier, cdn, checkout, inventory, login, orders, payments, search, storefront,
            webhooks. An incident of a part ends with that part: ``resolved``, ``completed``, or ``operational``.
        impact: none, minor, major or critical.
        component_used: Whether the component is one that shops here depend on.
    """

    platform: Key[str]
    component: Maybe[str] = UNSET
    impact: Attr[str]
    component_used: Attr[bool]


class Fleet(Signal, kind="fleet.profile"):
    """How many of the host's merchants are on a platform: a fact."""

    platform: Key[str]
    merchants: Attr[int]


PLANNING: tuple[type[Signal], ...] = (
    ExpectedSource,
    Fleet,
    Heartbeat,
    Interval,
    ShopMoney,
    ShopMove,
    StatusPage,
)
"""Signal classes of plans and of the platform's own partition."""
