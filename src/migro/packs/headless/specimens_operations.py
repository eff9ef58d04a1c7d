"""Specimens of operations: base signals of the vocabularies of operations, plans, comparisons and the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ...models import ClockWrong, DeliverySeen, IssueAbove, IssueUpdate, StepAsked
from ...models.signal import Signal
from .catalogue_signals import CatalogueItem, CatalogueRun, IndexerState, IndexItem, IndexRun, PriceItem, SessionMarket
from .operations_signals import (
    ApiCalls,
    AppCalls,
    Breaker,
    Change,
    CheckoutCalls,
    Delivery,
    JobRun,
    LinkCheck,
    LogLine,
    PlatformNotice,
    QueueState,
    SubscriptionState,
)
from .planning_signals import ExpectedSource, Fleet, Heartbeat, Interval, ShopMove, StatusPage
from .signals import ComplianceHandling, Fulfilment
from .specimens import SHOP, burst
from .sync_signals import (
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

__all__ = [
    "ABOVE",
    "APP_CALLS",
    "ASKED",
    "BREAKER",
    "CALLS",
    "CATALOGUE_RUN",
    "CHANGE",
    "CHECKOUT_CALLS",
    "CLOCK",
    "DELIVERY",
    "EXPECTED",
    "FLEET",
    "HANDLED",
    "HEARTBEAT",
    "IMPORT",
    "INDEXER_STATE",
    "INDEX_ITEM",
    "INDEX_RUN",
    "INTERVAL",
    "ISSUE",
    "ITEM",
    "JOB",
    "LINK",
    "LOG",
    "MOVE",
    "NOTICE",
    "NOW",
    "OLD_SHOP",
    "ORDER_COUNTS",
    "PRICE",
    "QUEUE",
    "RESOURCES",
    "RETURNED",
    "SEEN",
    "SESSIONS",
    "SHIPMENT",
    "START",
    "STATUS",
    "STOCK_ITEM",
    "STOCK_MOVE",
    "STOCK_RUN",
    "SUBSCRIPTION",
    "TRACE",
    "at",
    "said",
    "usual",
]

S = TypeVar("S", bound=Signal)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When every example begins."""

NOW = 6 * 3600
"""When an example with a past comes to the point, in seconds; see `usual`."""

_ALL: dict[str, Any] = {"merchant": SHOP, "occurred_at": START, "env": "production"}
_POLL: dict[str, Any] = {**_ALL, "source_kind": "api_poll"}
_FACT: dict[str, Any] = {**_ALL, "source_kind": "host"}

DELIVERY = Delivery(
    **_ALL,
    source_kind="receiver",
    provider="shopify",
    sender="shopify",
    hook_topic="order.created",
    endpoint="/webhooks/orders",
    subscription="hook-1",
    triggered_at=START,
    arrived_at=START,
    signature="verified",
    complete=True,
    duplicate=False,
    inverted=False,
    flipped=False,
    health_check=False,
    status=200,
)
SUBSCRIPTION = SubscriptionState(
    **_POLL,
    hook_topic="order.created",
    listed=True,
    active=True,
    destination="hooks.example.org",
    queued=False,
    polled_at=START,
)
NOTICE = PlatformNotice(**_ALL, source_kind="platform_mail", provider="shopify")
CHANGE = Change(**_ALL, source_kind="change_event", what="hook_secret")
JOB = JobRun(**_ALL, source_kind="change_event", job="stock_sync", running=True)
QUEUE = QueueState(**_ALL, source_kind="monitor", queue="order_export", depth=10, oldest_s=60)
LOG = LogLine(**_ALL, source_kind="app_log", lines=1)
CALLS = ApiCalls(
    **_ALL,
    source_kind="gql",
    api="storefront",
    client="storefront",
    calls=1,
    result="ok",
    server_side=True,
    refetch=False,
    partial=False,
    status=200,
)
APP_CALLS = AppCalls(**_ALL, source_kind="app_log", app="tax", calls=1, failed=False, latency_ms=200)
BREAKER = Breaker(**_POLL, app="tax", state="open", dry_run=False)
CHECKOUT_CALLS = CheckoutCalls(**_ALL, source_kind="app_log", calls=1, latency_ms=300)
LINK = LinkCheck(**_ALL, source_kind="probe", template="order_status", target_host="shop.example.org", status=200)
MOVE = ShopMove(**_FACT)
INTERVAL = Interval(
    **{**_FACT, "source_kind": "calendar"}, what="shipping", starts_at=START, ends_at=START + timedelta(hours=1)
)
EXPECTED = ExpectedSource(**_FACT, source="access_log", interval_s=60, active=True)
HEARTBEAT = Heartbeat(**_ALL, source_kind="receiver", source="access_log", events=1)
STATUS = StatusPage(
    **_ALL, source_kind="status_page", platform="shopify", impact="major", component_used=True, state="identified"
)
HANDLED = ComplianceHandling(**_ALL, source_kind="receiver", provider="shopify", ok=True)
FLEET = Fleet(**_FACT, platform="shopify", merchants=40)
SEEN = DeliverySeen(**_ALL, source_kind="receiver", provider="shopify", sender="shopify")
CLOCK = ClockWrong(**_ALL, source_kind="migro", provider="migro", clock_source="host-1", behind_s=301)
ASKED = StepAsked(**_ALL, source_kind="ticket", cluster="webhooks", ticket="shop-1/7")
ABOVE = IssueAbove(
    **_ALL, source_kind="migro", provider="migro", issue_kind="platform_incident_systemic", issue_status="open"
)
ISSUE = IssueUpdate(
    **_ALL,
    source_kind="migro",
    provider="migro",
    issue_kind="checkout_server_error_spike",
    category="checkout",
    issue_status="open",
    band="MID",
    severity_rank=3,
    platform="shopify",
)
STOCK_ITEM = StockItem(
    **_POLL, sku="sku-1", shop=10, source=10, reserved=0, sold_7d=5, tracked=True, may_go_below=False
)
STOCK_RUN = StockRun(**_POLL, sampled=100, drifted=0, drifted_per_10000=0, explained=0)
STOCK_MOVE = StockMove(
    **_ALL, source_kind="platform_webhook", sku="sku-1", platform_side="new", pieces=1, sold_at=START
)
PRICE = PriceItem(**_POLL, sku="sku-1", shown_minor=5_990, charged_minor=5_990, tax_ratio=False)
SESSIONS = SessionMarket(**_ALL, source_kind="rum", sessions=1, currencies=1, switched=False)
ITEM = CatalogueItem(
    **_POLL, sku="sku-1", active=True, in_channel=True, exclusive=False, mapped=True, deleted=False, sales_permille=1
)
CATALOGUE_RUN = CatalogueRun(**_POLL, in_collections=100)
INDEX_ITEM = IndexItem(**_POLL, sku="sku-1", catalogue_at=START, index_at=START, same_offer=True)
INDEX_RUN = IndexRun(**_POLL, documents=100, published=100)
INDEXER_STATE = IndexerState(**_POLL, indexer="price", state="valid", since_s=60, progressed=True)
ORDER_COUNTS = OrderCounts(
    **_POLL, resource_type="orders", day="2026-03-01", in_source=1_000, in_target=1_000, excluded=0, complete=True
)
TRACE = OrderTrace(
    **_POLL,
    order_id="1001",
    placed_at=START,
    platform_side="new",
    in_target=True,
    imported=False,
    paid=True,
    exported=True,
    on_hold=False,
    mails=0,
    labels=0,
    other_channel=False,
    polled_at=START,
)
OLD_SHOP = OldShopCheck(**_ALL, source_kind="probe", checkout_open=True, checked_at=START, status=200)
IMPORT = RecordImport(**_ALL, source_kind="app_log", records=1, dry_run=False, status=201)
RESOURCES = ResourcePoll(**_POLL, resource_type="orders", changed=100, unseen=0)
RETURNED = Fulfilment(**_ALL, source_kind="shipping_webhook", order_id="1001", reason="wrong_item")
SHIPMENT = Shipment(**_POLL, order_id="1001", shipped_at=START, fulfilled=True, status_moved=True, polled_at=START)


def at(seconds: int) -> datetime:
    """Return the time that many seconds into an example."""
    return START + timedelta(seconds=seconds)


def said(base: S, seconds: int = 0, *features: str, **columns: Any) -> S:
    """Return a signal like this one, that many seconds into the example, with other features and columns."""
    moment = at(seconds)
    changed = {**columns, **({"features": frozenset(features)} if features else {})}
    words = "&".join(f"{n}={sorted(v) if isinstance(v, frozenset) else v}" for n, v in sorted(changed.items()))
    name = f"{base.id}@{seconds}?{words}"
    return base.model_copy(
        update={**changed, "occurred_at": moment, "received_at": moment, "id": name, "dedup_key": name}
    )


def usual(n: int, signal: S, **varied: str) -> tuple[S, ...]:
    """Return `n` such signals an hour for the six hours before `NOW`: enough for a baseline of the last day."""
    return burst(6 * n, signal, every=3600 // n, **varied)
