"""
The vocabulary of operations: deliveries, calls to other systems, jobs, queues and logs.

Aggregates carry how many they stand for in `calls` or `lines`; rules add these up. What no observer writes yet, the
host may send itself.
"""

from __future__ import annotations

from datetime import datetime

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey
from ...models.signal import Signal

__all__ = [
    "OPERATIONS",
    "ApiCalls",
    "AppCalls",
    "Breaker",
    "Change",
    "CheckoutCalls",
    "Delivery",
    "JobRun",
    "LinkCheck",
    "LogLine",
    "PlatformNotice",
    "QueueState",
    "SubscriptionState",
]


class Delivery(Signal, kind="webhook.delivery"):
    """
    One delivery of a webhook, as the receiver and verify saw it; `status` is what the receiver answered.

    Attributes:
        sender: Who says to have sent it, such as ``shopify``.
        hook_topic: Canonical topic, such as ``order.created``.
        endpoint: Where it was received, without query.
        subscription: The sender's id of the subscription.
        triggered_at: When the sender says that it happened.
        arrived_at: When it was received.
        clock_source: The machine whose clock `triggered_at` is read from.
        signature: verified, failed, stale (only the time is refused) or unsigned.
        complete: Whether the sender's mandatory headers were there.
        network: The network that it came from, truncated.
        live: Whether it is about real money; missing where the sender does not say.
        latency_ms: How long the receiver took.
        limit_ms: The sender's time-out.
        attempt: How often the sender had tried before, where it says.
        duplicate: Whether verify has seen the same event before.
        event: The event's key for duplicates, equal over subscriptions.
        inverted: Whether its version is older than one that verify has seen of the resource.
        flipped: Whether the value went back to what it was before the last change, within ten minutes.
        subject: What it is about, such as ``order/1001``.
        health_check: Whether it only asks whether the receiver lives.
    """

    sender: Key[str]
    hook_topic: Key[str]
    endpoint: MaybeKey[str] = UNSET
    subscription: Maybe[str] = UNSET
    triggered_at: Maybe[datetime] = UNSET
    arrived_at: Attr[datetime]
    clock_source: MaybeKey[str] = UNSET
    signature: Attr[str]
    complete: Maybe[bool] = UNSET
    network: MaybeKey[str] = UNSET
    live: Maybe[bool] = UNSET
    latency_ms: Maybe[int] = UNSET
    limit_ms: Maybe[int] = UNSET
    attempt: Maybe[int] = UNSET
    duplicate: Attr[bool]
    event: MaybeKey[str] = UNSET
    inverted: Attr[bool]
    flipped: Attr[bool]
    subject: MaybeKey[str] = UNSET
    health_check: Attr[bool]


class SubscriptionState(Signal, kind="poll.subscription"):
    """
    What the platform lists about one topic that the host needs, read with the token that made the subscription.

    Attributes:
        hook_topic: Canonical topic.
        listed: Whether a subscription for it exists.
        active: Whether it is switched on and healthy.
        health: The platform's word, such as ``disabled`` or ``ConfigurationErrorDeliveryStopped``.
        destination: Host that it delivers to.
        queued: Whether the topic is meant to arrive by a queue and not by HTTP.
        polled_at: When the list was read.
    """

    hook_topic: Key[str]
    listed: Attr[bool]
    active: Attr[bool]
    health: Maybe[str] = UNSET
    destination: Maybe[str] = UNSET
    queued: Attr[bool]
    polled_at: Attr[datetime]


class PlatformNotice(Signal, kind="platform.notice"):
    """
    A platform's or provider's own message; what it says is in `features`, such as ``notice.hook_disabled``.

    Rules know notice.domain_broken, notice.hook_disabled, notice.hook_failing, notice.not_indexed,
    notice.privacy_failing and notice.version_ended.
    """

    about: Maybe[str] = UNSET


class Change(Signal, kind="change.made"):
    """
    Somebody changed something on purpose, by an audit log.

    Attributes:
        what: hook_removed, hook_secret, location_closed, promotion, query, system_clock and so on.
    """

    what: Attr[str]


class JobRun(Signal, kind="job.run"):
    """
    A job began, went on or ended.

    Attributes:
        job: stock_sync, reindex, erp_batch, import and so on.
        running: False with its last signal.
        dry_run: Whether it writes nothing that counts.
        backs_off: Whether it slows down when it is refused.
        started_at: When this run began.
        next_at: When the next one is due.
    """

    job: Key[str]
    running: Attr[bool]
    dry_run: Maybe[bool] = UNSET
    backs_off: Maybe[bool] = UNSET
    started_at: Maybe[datetime] = UNSET
    next_at: Maybe[datetime] = UNSET


class QueueState(Signal, kind="queue.state"):
    """
    How a queue or worker stands.

    Attributes:
        queue: Its name, such as ``order_export``.
        depth: Entries that wait.
        oldest_s: Age of the oldest, in seconds.
    """

    queue: Key[str]
    depth: Attr[int]
    oldest_s: Attr[int]


class LogLine(Signal, kind="log.line"):
    """
    Lines of a log with the same features, in one minute; `features` says what they mean, never what they are.

    Attributes:
        worker: Which program wrote them, such as ``order_export``.
        lines: How many.
        route_class: Class of the route, where one is known.
        payer: The payment provider that the line is about.
        live: Whether real money is concerned, where known.
    """

    worker: Maybe[str] = UNSET
    lines: Attr[int]
    route_class: Maybe[str] = UNSET
    payer: Maybe[str] = UNSET
    live: Maybe[bool] = UNSET


class ApiCalls(Signal, kind="api.calls"):
    """
    Calls of one client to one API with one result, in one minute; `status` is what the API answered.

    Attributes:
        api: storefront, admin, carrier and so on.
        client: Who called, such as ``stock_sync``.
        calls: How many.
        result: ok, throttled, challenged, unknown_field or failed.
        code: Canonical code of the error, such as ``auth.scope``.
        rate_headers: Whether the answers told a quota.
        starved: How many found less quota than they needed.
        used_permille: Fullest quota among them, in thousandths.
        quota: Calls that the quota allows in five minutes.
        load: The platform's word for its own load, such as ``WARN``.
        server_side: Whether they left from the storefront's servers.
        refetch: Whether a thin webhook caused them.
        partial: Whether a page was shown without what they should have given.
        asked_version, served_version: API version as asked for and as answered.
        deprecated: How many answers named a deprecated field.
        missing_required: Whether a required field was missing from the answers.
    """

    api: Key[str]
    client: MaybeKey[str] = UNSET
    calls: Attr[int]
    result: Attr[str]
    code: Maybe[str] = UNSET
    rate_headers: Maybe[bool] = UNSET
    starved: Maybe[int] = UNSET
    used_permille: Maybe[int] = UNSET
    quota: Maybe[int] = UNSET
    load: Maybe[str] = UNSET
    server_side: Attr[bool]
    refetch: Attr[bool]
    partial: Attr[bool]
    asked_version: Maybe[str] = UNSET
    served_version: Maybe[str] = UNSET
    deprecated: Maybe[int] = UNSET
    missing_required: Maybe[bool] = UNSET


class AppCalls(Signal, kind="app.calls"):
    """
    Calls of the platform to a synchronous app while a shopper waits, in one minute and one class of latency.

    Attributes:
        app: Tax, shipping or payment app.
        calls: How many.
        failed: Whether they failed.
        latency_ms: Upper end of the class of latency.
    """

    app: Key[str]
    calls: Attr[int]
    failed: Attr[bool]
    latency_ms: Maybe[int] = UNSET


class Breaker(Signal, kind="app.breaker"):
    """
    The platform's circuit breaker for a synchronous app changed; `state` is closed, half_open or open.

    Attributes:
        dry_run: Whether it only watches.
    """

    app: Key[str]
    dry_run: Attr[bool]


class CheckoutCalls(Signal, kind="checkout.calls"):
    """Calls of the storefront that change a checkout, in one minute and one class of latency up to `latency_ms`."""

    calls: Attr[int]
    latency_ms: Attr[int]


class LinkCheck(Signal, kind="probe.link"):
    """
    A link in a template of mails or of the hosted checkout was followed; `status` is where it ended.

    Attributes:
        target_host: Host that it leads to.
    """

    template: Key[str]
    target_host: Attr[str]


OPERATIONS: tuple[type[Signal], ...] = (
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
"""Signal classes of operations."""
