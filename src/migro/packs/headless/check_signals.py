"""
The vocabulary of checks: what read-only probes and polls of the storefront and of its accounts find.

A check writes one signal for each thing that it looked at in a run. What no observer writes yet, the host may send
itself.
"""

from __future__ import annotations

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey
from ...models.signal import Signal

__all__ = [
    "CHECKS",
    "CacheHits",
    "CookieCheck",
    "DnsAnswer",
    "DnsPlan",
    "HostCheck",
    "ImageCheck",
    "IndexCoverage",
    "IndexingCheck",
    "LegacyCrawl",
    "PageCheck",
    "PaymentPoll",
    "PreflightCheck",
    "RedirectCheck",
    "Revalidation",
    "SitemapCheck",
    "TaxSample",
    "WalletFile",
    "WidgetCheck",
]


class RedirectCheck(Signal, kind="probe.redirects"):
    """
    One walk along a journey's redirects; `status` is where it ended.

    Attributes:
        loop: Whether a host came twice.
        hops: How many redirects there were.
        click_ids_kept: Whether a paid click's id was still there at the end.
    """

    journey: Attr[str]
    loop: Attr[bool]
    hops: Attr[int]
    click_ids_kept: Maybe[bool] = UNSET


class CookieCheck(Signal, kind="probe.cookies"):
    """A cookie that production set: what for (session, cart), and its `same_site`: Strict, Lax or None."""

    purpose: Attr[str]
    same_site: Attr[str]


class WalletFile(Signal, kind="probe.wallet_file"):
    """
    The file by which a wallet knows a host was fetched; `status` is the answer.

    Attributes:
        host: Host that it was asked of.
        redirected: Whether the answer came from another address.
        expected: Whether the wallet is meant to work there.
        switched_off: Whether the merchant has switched the wallet off.
    """

    host: Key[str]
    redirected: Attr[bool]
    expected: Attr[bool]
    switched_off: Attr[bool]


class PreflightCheck(Signal, kind="probe.preflight"):
    """A preflight of the production origin was sent to the commerce API; `allowed` when the answer lets it in."""

    allowed: Attr[bool]


class IndexingCheck(Signal, kind="probe.indexing"):
    """
    What a production page tells search engines.

    Attributes:
        page_class: home, plp, pdp, cart, search, account and so on.
        meant_for_search: Whether such pages are meant to be found.
        hidden: Whether header, meta tag or robots.txt forbid it.
        canonical_host: Host that the page names as its own.
    """

    page_class: Key[str]
    meant_for_search: Attr[bool]
    hidden: Attr[bool]
    canonical_host: Maybe[str] = UNSET


class SitemapCheck(Signal, kind="probe.sitemap"):
    """One run over the sitemap: how many addresses, how many on another host, how many that did not answer 200."""

    addresses: Attr[int]
    elsewhere: Attr[int]
    failing: Attr[int]


class IndexCoverage(Signal, kind="poll.index_coverage"):
    """How many pages a search engine has in its index."""

    pages: Attr[int]


class LegacyCrawl(Signal, kind="probe.legacy"):
    """
    One crawl of the old shop's most asked for addresses.

    Attributes:
        addresses: How many.
        lost: How many are not found, or end on a page that says so with another status.
        top_lost: How many of the twenty most asked for are lost.
    """

    addresses: Attr[int]
    lost: Attr[int]
    top_lost: Maybe[int] = UNSET


class PageCheck(Signal, kind="probe.page_value"):
    """
    Price, stock or text of a page, held against the API.

    Attributes:
        product_id: What the page is about.
        same: Whether page and API say the same.
        behind_s: For how long they have differed, in seconds.
        ttl_s: How long the page may be kept, in seconds.
        top_page: Whether it is one of the pages most asked for.
    """

    product_id: Key[str]
    same: Attr[bool]
    behind_s: Attr[int]
    ttl_s: Attr[int]
    top_page: Maybe[bool] = UNSET


class Revalidation(Signal, kind="cache.revalidation"):
    """The storefront was asked to renew pages of a product; `ok` when it did."""

    product_id: MaybeKey[str] = UNSET
    ok: Attr[bool]


class CacheHits(Signal, kind="cache.hits"):
    """
    Answers of the cache in one minute with one result.

    Attributes:
        result: hit, stale, miss or bypass.
        age_s, ttl_s: Age of what was served and how long it may be kept, in seconds.
    """

    answers: Attr[int]
    result: Attr[str]
    age_s: Maybe[int] = UNSET
    ttl_s: Maybe[int] = UNSET


class ImageCheck(Signal, kind="probe.images"):
    """Pictures of sampled product pages: how many, how many that failed, of how many products these are."""

    images: Attr[int]
    failing: Attr[int]
    failing_products: Attr[int]


class WidgetCheck(Signal, kind="probe.widget"):
    """Whether a widget (reviews, chat) shows on the storefront, and whether it did in the old shop."""

    widget: Key[str]
    shows: Attr[bool]
    showed_before: Attr[bool]


class HostCheck(Signal, kind="probe.host"):
    """
    A host as seen from one region.

    Attributes:
        main: Whether it is the shop's main host.
        tls_error: expired, hostname_mismatch or untrusted_chain, where the certificate is refused.
        days_left: Days until the certificate expires.
        default_page: Whether the platform's page for hosts that belong to nobody came.
    """

    host: Key[str]
    region: Key[str]
    main: Attr[bool]
    tls_error: Maybe[str] = UNSET
    days_left: Maybe[int] = UNSET
    default_page: Attr[bool]


class DnsAnswer(Signal, kind="probe.dns"):
    """
    What one resolver answers for a host.

    Attributes:
        records: Type and value of each record, such as ``A 192.0.2.7``.
        ttl_s: How long resolvers may keep it, in seconds.
        since_change_s: How long ago the plan changed, in seconds.
    """

    host: Key[str]
    resolver: Key[str]
    records: Attr[frozenset[str]]
    ttl_s: Attr[int]
    since_change_s: Attr[int]


class DnsPlan(Signal, kind="plan.dns"):
    """The records that a host is meant to have: a fact, not an event."""

    host: Key[str]
    records: Attr[frozenset[str]]


class PaymentPoll(Signal, kind="poll.payments"):
    """
    One run that looked for the orders of successful payments older than a quarter of an hour.

    Attributes:
        unmatched: Payments without an order under any of their references.
        found_elsewhere: Of these, how many have an order under a different reference.
        test: Of these, how many moved no real money.
        authorised_checkouts: Checkouts that are paid in full, older than a quarter of an hour and not completed.
        import_queue_s: Age of the oldest order that waits to be imported, in seconds.
        payer: The payment provider whose payments it looked for, where it looked for those of one alone: what is wrong
            at another is then no cause of what it found.
    """

    unmatched: Attr[int]
    found_elsewhere: Attr[int]
    test: Attr[int]
    authorised_checkouts: Maybe[int] = UNSET
    import_queue_s: Maybe[int] = UNSET
    payer: Maybe[str] = UNSET


class TaxSample(Signal, kind="poll.tax"):
    """The tax of one order as the storefront showed it and as the order has it, in minor units."""

    shown_minor: Attr[int]
    charged_minor: Attr[int]


CHECKS: tuple[type[Signal], ...] = (
    CacheHits,
    CookieCheck,
    DnsAnswer,
    DnsPlan,
    HostCheck,
    ImageCheck,
    IndexCoverage,
    IndexingCheck,
    LegacyCrawl,
    PageCheck,
    PaymentPoll,
    PreflightCheck,
    RedirectCheck,
    Revalidation,
    SitemapCheck,
    TaxSample,
    WalletFile,
    WidgetCheck,
)
"""Signal classes of checks."""
