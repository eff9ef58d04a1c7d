"""The vocabulary of the catalogue: prices, visibility, markets and search, as read-only polls compare them."""

from __future__ import annotations

from datetime import datetime

from ...expressions import UNSET, Attr, Key, Maybe
from ...models.signal import Signal

__all__ = [
    "CATALOGUE",
    "CatalogueItem",
    "CatalogueRun",
    "IndexItem",
    "IndexRun",
    "IndexerState",
    "PriceItem",
    "SessionMarket",
]


class PriceItem(Signal, kind="poll.price"):
    """
    One article's price on its page and in the cart, read in the same country, group and minute, in minor units.

    Attributes:
        shown_minor: On the page.
        charged_minor: In the cart.
        tax_ratio: Whether the difference is exactly the tax.
    """

    sku: Key[str]
    shown_minor: Attr[int]
    charged_minor: Attr[int]
    tax_ratio: Attr[bool]


class SessionMarket(Signal, kind="session.market"):
    """
    Sessions of one minute with the same currencies, countries and sums on their way to checkout.

    Attributes:
        sessions: How many.
        currencies: Currencies seen on product page, in cart and at checkout.
        page_country: Country that the pages were for.
        cart_country: Country that the cart was for.
        subtotal_moved_permille: How far the subtotal went from cart to checkout, in thousandths, without sign.
        charged_other: Whether the currency charged is another than the one shown.
        switched: Whether the shopper chose another market on purpose, or travels.
    """

    sessions: Attr[int]
    currencies: Attr[int]
    page_country: Maybe[str] = UNSET
    cart_country: Maybe[str] = UNSET
    subtotal_moved_permille: Maybe[int] = UNSET
    charged_other: Maybe[bool] = UNSET
    switched: Attr[bool]


class CatalogueItem(Signal, kind="poll.catalogue_item"):
    """
    One article, as the platform's administration and the channel's own API know it.

    Attributes:
        active: Whether the administration counts it as published and active.
        in_channel: Whether the channel's API gives it.
        exclusive: Whether it is meant for another channel.
        mapped: Whether old and new ids are mapped one to one.
        deleted: Whether it was deleted.
        sales_permille: Its share of the sales of 28 days, in thousandths.
    """

    sku: Key[str]
    active: Attr[bool]
    in_channel: Attr[bool]
    exclusive: Attr[bool]
    mapped: Attr[bool]
    deleted: Attr[bool]
    sales_permille: Maybe[int] = UNSET


class CatalogueRun(Signal, kind="poll.catalogue"):
    """One run of the comparison of catalogues: products that the channel's collections hold."""

    in_collections: Attr[int]


class IndexItem(Signal, kind="poll.index_item"):
    """
    One product that was updated of late, in the catalogue and in the search index.

    Attributes:
        catalogue_at, index_at: When each was last updated.
        same_offer: Whether price and availability are equal.
    """

    sku: Key[str]
    catalogue_at: Attr[datetime]
    index_at: Attr[datetime]
    same_offer: Attr[bool]


class IndexRun(Signal, kind="poll.index"):
    """
    One run of the comparison of index and catalogue.

    Attributes:
        documents: Documents in the index.
        published: Products that are published.
        replica_delay_s: How far the replica that was asked is behind its primary.
    """

    documents: Attr[int]
    published: Attr[int]
    replica_delay_s: Maybe[int] = UNSET


class IndexerState(Signal, kind="poll.indexer"):
    """
    One indexer or cron of the platform; `state` is its word: valid, invalid or working.

    Attributes:
        indexer: price, stock, catalogsearch, cron and so on.
        since_s: For how long it has been in this state, in seconds; for cron, since its last success.
        progressed: Whether it came further since the poll before.
    """

    indexer: Key[str]
    since_s: Attr[int]
    progressed: Attr[bool]


CATALOGUE: tuple[type[Signal], ...] = (
    CatalogueItem,
    CatalogueRun,
    IndexItem,
    IndexRun,
    IndexerState,
    PriceItem,
    SessionMarket,
)
"""Signal classes of the catalogue."""
