"""
The vocabulary of comparisons: what read-only polls find when they hold one system's data against another's.

A poll writes one signal for each thing that it compared, or one for the whole run; which one is said in each class.
"""

from __future__ import annotations

from datetime import datetime

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey
from ...models.signal import Signal

__all__ = [
    "SYNC",
    "OldShopCheck",
    "OrderCounts",
    "OrderTrace",
    "RecordImport",
    "ResourcePoll",
    "Shipment",
    "StockItem",
    "StockMove",
    "StockRun",
]


class StockItem(Signal, kind="poll.stock_item"):
    """
    Stock of one article, as shop and source said it at the same time.

    Attributes:
        shop: Pieces that the shop offers.
        source: Pieces that the source of truth has.
        reserved: Pieces that open orders explain.
        sold_7d: Pieces sold in the last seven days.
        tracked: Whether stock is counted at all.
        may_go_below: Whether it may be sold ahead or made to order.
        channel_sellable: Pieces in places that the channel may sell from.
        published: Whether it is visible in the channel.
        top_seller: Whether it is one of the tenth that sells best.
        price_minor: What a piece costs, in minor units of the shop's currency.
    """

    sku: Key[str]
    shop: Attr[int]
    source: Attr[int]
    reserved: Maybe[int] = UNSET
    sold_7d: Maybe[int] = UNSET
    tracked: Attr[bool]
    may_go_below: Attr[bool]
    channel_sellable: Maybe[int] = UNSET
    published: Maybe[bool] = UNSET
    top_seller: Maybe[bool] = UNSET
    price_minor: Maybe[int] = UNSET


class StockRun(Signal, kind="poll.stock"):
    """
    One run of the comparison of stock.

    Attributes:
        sampled: Articles compared.
        drifted: Articles that differ by more than two pieces and by more than 5 % of the source.
        drifted_per_10000: Drifted of ten thousand.
        explained: Drifted articles that open orders explain in full.
        exposure_minor: What could be sold beyond the source at today's pace, in minor units.
    """

    sampled: Attr[int]
    drifted: Attr[int]
    drifted_per_10000: Attr[int]
    explained: Maybe[int] = UNSET
    exposure_minor: Maybe[int] = UNSET


class StockMove(Signal, kind="stock.sold"):
    """
    Pieces of an article were sold.

    Attributes:
        platform_side: new or old.
        pieces: How many.
        last_known: Pieces there were, as last known before.
        sold_at: When.
        campaign: Whether it is an article of a running campaign.
    """

    sku: Key[str]
    platform_side: Attr[str]
    pieces: Attr[int]
    last_known: Maybe[int] = UNSET
    sold_at: Attr[datetime]
    campaign: Maybe[bool] = UNSET


class OrderCounts(Signal, kind="poll.orders"):
    """
    Things of one type and one day, in the system that they came from and in the new one.

    Attributes:
        resource_type: orders, products, prices or customers.
        day: The day, in the shop's own time zone.
        in_source, in_target: How many each system has.
        changed: How many changed in the source between export and cutover.
        stale: How many of those are not the same in the target.
        excluded: How many are left out by rule, such as test orders.
        complete: Whether the import has ended.
    """

    resource_type: Key[str]
    day: Key[str]
    in_source: Attr[int]
    in_target: Attr[int]
    changed: Maybe[int] = UNSET
    stale: Maybe[int] = UNSET
    excluded: Maybe[int] = UNSET
    complete: Attr[bool]


class OrderTrace(Signal, kind="poll.order"):
    """
    One order, and how far it got.

    Attributes:
        order_id: Its id where it was placed.
        placed_at: When.
        platform_side: Where it was placed: new or old.
        in_target: Whether the new system has it.
        imported: Whether it came with the migration.
        paid: Whether it is paid.
        exported: Whether the next system has confirmed it.
        on_hold: Whether it waits on purpose, as for a fraud check.
        mails: Mails that were sent because of it, since the import.
        labels: Shipping labels that were made because of it, since the import.
        other_channel: Whether the old platform is meant to take such orders, as at a till.
        by_staff: Whether staff placed it themselves, to try the shop or by hand.
        polled_at: When all this was so.
    """

    order_id: Key[str]
    placed_at: Attr[datetime]
    platform_side: Attr[str]
    in_target: Attr[bool]
    imported: Attr[bool]
    paid: Attr[bool]
    exported: Attr[bool]
    on_hold: Attr[bool]
    mails: Attr[int]
    labels: Attr[int]
    other_channel: Attr[bool]
    by_staff: Maybe[bool] = UNSET
    polled_at: Attr[datetime]


class OldShopCheck(Signal, kind="probe.old_shop"):
    """
    The old host was asked; `status` is its answer, redirects not followed.

    Attributes:
        checkout_open: Whether an order could be placed there.
        checked_at: When.
    """

    checkout_open: Attr[bool]
    checked_at: Attr[datetime]


class RecordImport(Signal, kind="import.records"):
    """
    Records of an import with one result, in one minute; `status` is what the target answered.

    Attributes:
        records: How many.
        error_key: Field or rule that the target named.
        in_a_row: How many records in a row had this error when the minute ended.
        failed_items: Items that failed one by one in answers with status 207.
        dry_run: Whether it is a rehearsal.
    """

    records: Attr[int]
    failed_items: Maybe[int] = UNSET
    error_key: Maybe[str] = UNSET
    in_a_row: Maybe[int] = UNSET
    dry_run: Attr[bool]


class ResourcePoll(Signal, kind="poll.resource"):
    """
    One run of the poll for changes that webhooks should have told.

    Attributes:
        resource_type: orders, inventory, products and so on.
        changed: Resources that changed since the run before.
        unseen: Those of them of which no webhook came within twice the usual lag.
    """

    resource_type: Key[str]
    changed: Attr[int]
    unseen: Attr[int]


class Shipment(Signal, kind="poll.shipment"):
    """
    One shipment of the carrier's system, and what the shop knows of it.

    Attributes:
        shipped_at: When it left.
        fulfilled: Whether the shop has a fulfilment for it.
        status_moved: Whether the order's status changed since it left.
        polled_at: When all this was so.
    """

    order_id: MaybeKey[str] = UNSET
    shipped_at: Attr[datetime]
    fulfilled: Attr[bool]
    status_moved: Attr[bool]
    polled_at: Attr[datetime]


SYNC: tuple[type[Signal], ...] = (
    OldShopCheck,
    OrderCounts,
    OrderTrace,
    RecordImport,
    ResourcePoll,
    Shipment,
    StockItem,
    StockMove,
    StockRun,
)
"""Signal classes of comparisons."""
