"""Specimens of the storefront: base signals of its vocabulary and of checks, and the weeks that went before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from ...models.signal import Signal
from .browser_signals import (
    BrowserCalls,
    BrowserErrors,
    Clicks,
    CspReports,
    LoginRedirect,
    PageTimings,
    PixelEvents,
    ResourceLoads,
    Sessions,
)
from .check_signals import (
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
from .planning_signals import Interval
from .signals import Cart, Dispute, Product
from .specimens import SHOP
from .specimens_operations import START
from .storefront_signals import (
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
from .visitor_signals import (
    ActivationMails,
    CustomerImport,
    EdgeViews,
    LoginAttempt,
    PeerReport,
    ResetRequests,
    TrafficCluster,
)

__all__ = [
    "ATTEMPT",
    "CACHE",
    "CALLED",
    "CAMPAIGN",
    "CART",
    "CART_UPDATE",
    "CLICKS",
    "CLUSTER",
    "CODES",
    "COOKIE",
    "COVERAGE",
    "CSP_REPORTS",
    "CUSTOMERS",
    "DISPUTE",
    "DNS",
    "DNS_PLAN",
    "ERRORS",
    "FAULT",
    "HOST",
    "IMAGES",
    "INDEXING",
    "LEGACY",
    "LOGIN",
    "LOGIN_REDIRECT",
    "MAILS",
    "OPENS",
    "PAGE_VALUE",
    "PAYMENT_POLL",
    "PEERS",
    "PIXELS",
    "PREFLIGHT",
    "PRODUCT",
    "REDIRECTS",
    "RELEASE_TRAFFIC",
    "RESETS",
    "RESOURCES",
    "RETURNS",
    "REVALIDATION",
    "SESSIONS",
    "SETUP",
    "SITEMAP",
    "STEPS",
    "STOREFRONT_CALLS",
    "TAX",
    "TIMINGS",
    "TWIN",
    "VIEWS",
    "WALLET_FILE",
    "WIDGET",
    "weekly",
]

S = TypeVar("S", bound=Signal)

_ALL: dict[str, Any] = {"merchant": SHOP, "occurred_at": START, "env": "production"}
_RUM: dict[str, Any] = {**_ALL, "source_kind": "rum"}
_PROBE: dict[str, Any] = {**_ALL, "source_kind": "probe"}
_POLL: dict[str, Any] = {**_ALL, "source_kind": "api_poll"}
_LOG: dict[str, Any] = {**_ALL, "source_kind": "app_log"}
_GQL: dict[str, Any] = {**_ALL, "source_kind": "gql"}
_EDGE: dict[str, Any] = {**_ALL, "source_kind": "access_log"}

SESSIONS = Sessions(**_RUM, sessions=1, channel="direct")
ERRORS = BrowserErrors(**_RUM, code="cors", sessions=1, own_origin=True)
CALLED = BrowserCalls(**_RUM, feature="cart", calls=1, failed=False)
CSP_REPORTS = CspReports(**_RUM, host="pay.example", sessions=1, report_only=False, foreign=False)
CLICKS = Clicks(**_RUM, control="add_to_cart", clicks=100, requests=100)
TIMINGS = PageTimings(**_RUM, views=1)
RESOURCES = ResourceLoads(**_RUM, party="chat.example", loads=100, failed=0)
PIXELS = PixelEvents(**_RUM, event="page_view", events=1)
LOGIN_REDIRECT = LoginRedirect(**_RUM, session="s1")
OPENS = CheckoutOpens(**_RUM, opens=1, empty=False, to_order_status=False, signed_in_before=False)
CART_UPDATE = CartUpdate(**_LOG, cart_ref="c1", conflict=False, ok=True)
CODES = CodeAttempts(**_GQL, attempts=1, accepted=True, valid=True)
STEPS = DeliverySteps(**_GQL, steps=1, methods=2, country="DE")
RETURNS = PaymentReturns(**_EDGE, returns=1, with_session=True)
ATTEMPT = PaymentAttempt(**_LOG, ok=False, amount_minor=100, session="s1", network="192.0.2.0/24", sku="sku-1")
TWIN = OrderTwin(**_ALL, source_kind="migro", cart_ref="c1", order_id="1002")
STOREFRONT_CALLS = StorefrontCalls(**_GQL, api="storefront", operation="cartCreate", calls=1, failed=False, status=200)
FAULT = Fault(**_LOG, code="env.missing", subject="API_URL", fingerprint="f1", stage="run")
RELEASE_TRAFFIC = ReleaseTraffic(**_EDGE, variant="control", requests=1, failed=False)
CAMPAIGN = Interval(
    **_ALL,
    source_kind="calendar",
    what="campaign",
    starts_at=START - timedelta(hours=1),
    ends_at=START + timedelta(hours=1),
)
SETUP = ShopSetup(**_ALL, source_kind="host")

REDIRECTS = RedirectCheck(**_PROBE, journey="begin_checkout", loop=False, hops=1, status=200)
COOKIE = CookieCheck(**_PROBE, purpose="session", same_site="Lax")
WALLET_FILE = WalletFile(**_PROBE, host="shop.example", redirected=False, expected=True, switched_off=False, status=200)
PREFLIGHT = PreflightCheck(**_PROBE, allowed=True)
INDEXING = IndexingCheck(**_PROBE, page_class="pdp", meant_for_search=True, hidden=False, canonical_host="shop.example")
SITEMAP = SitemapCheck(**_PROBE, addresses=100, elsewhere=0, failing=0)
COVERAGE = IndexCoverage(**_POLL, pages=1_000)
LEGACY = LegacyCrawl(**_PROBE, addresses=500, lost=0)
PAGE_VALUE = PageCheck(**_PROBE, product_id="p1", same=True, behind_s=0, ttl_s=3600)
REVALIDATION = Revalidation(**_LOG, product_id="p1", ok=True)
CACHE = CacheHits(**_EDGE, answers=1, result="hit", age_s=60, ttl_s=3600)
IMAGES = ImageCheck(**_PROBE, images=50, failing=0, failing_products=0)
WIDGET = WidgetCheck(**_PROBE, widget="reviews", shows=True, showed_before=True)
HOST = HostCheck(**_PROBE, host="shop.example", region="eu", main=True, days_left=60, default_page=False)
DNS = DnsAnswer(
    **_PROBE,
    host="shop.example",
    resolver="r1",
    records=frozenset({"A 192.0.2.7"}),
    ttl_s=300,
    since_change_s=3600,
)
DNS_PLAN = DnsPlan(**_ALL, source_kind="host", host="shop.example", records=frozenset({"A 192.0.2.7"}))
PAYMENT_POLL = PaymentPoll(**_POLL, unmatched=0, found_elsewhere=0, test=0)
TAX = TaxSample(**_POLL, shown_minor=1_900, charged_minor=1_900)
LOGIN = LoginAttempt(**_LOG, ok=False, reason="invalid_credentials", account="a1", network="192.0.2.0/24")
RESETS = ResetRequests(**_LOG, requests=1)
CUSTOMERS = CustomerImport(**_LOG, imported=100, locked_out=0)
MAILS = ActivationMails(**_LOG, sent=100, delivered=100)
VIEWS = EdgeViews(**_EDGE, views=1, with_assets=True)
CLUSTER = TrafficCluster(**_EDGE, cluster="as64500", requests=1, of_all=1, conversions=0)
PEERS = PeerReport(**_ALL, source_kind="migro", release="r42", with_symptom=0, without_release=0)

CART = Cart(**_ALL, source_kind="platform_webhook", topic="cart.changed", cart_ref="c1")
DISPUTE = Dispute(**_ALL, source_kind="payment_webhook", provider="stripe", topic="dispute.created")
PRODUCT = Product(**_ALL, source_kind="platform_webhook", provider="shopify", topic="product.changed", product_id="p1")

_HOUR = 3600
_WEEK = 168 * _HOUR


def weekly(*signals: S, weeks: int = 3) -> tuple[S, ...]:
    """
    Return these signals in the same hour of the weeks before, and once an hour earlier still, when the books open.

    Three weeks are enough for `hour_of_week`, so that what is compared with them counts in full.
    """
    offsets = (-weeks * _WEEK - _HOUR, *(-w * _WEEK for w in range(weeks, 0, -1)))
    moved = []
    for offset in offsets:
        for signal in signals:
            moment = signal.occurred_at + timedelta(seconds=offset)
            name = f"{signal.id}{offset}"
            moved.append(
                signal.model_copy(update={"occurred_at": moment, "received_at": moment, "id": name, "dedup_key": name})
            )
    return tuple(moved)
