"""Connections to the platform: quotas."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Premise,
    Rule,
    SeverityScale,
    fires,
    on,
    refutes,
    silent,
    supports,
)
from .expected import raised
from .operations_signals import ApiCalls, Delivery, JobRun, QueueState
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .shop_witnesses import calls, throttled_call
from .signals import ErrorIssue, HttpRequest
from .specimens import SHOP, alert, burst, error, request
from .specimens_operations import CALLS, DELIVERY, JOB, NOW, QUEUE, said, usual
from .specimens_shop import STOREFRONT_CALLS
from .storefront_signals import StorefrontCalls
from .witnesses import alerting, coded_error, usual_of

__all__ = ["RULES", "THROTTLED"]

THROTTLED = IssueKind[MerchantId](
    "api_throttling",
    category="integration",
    title="Calls to the platform run into rate limits",
    what="Sync jobs, uncached pages or fetching after every thin webhook use up the quota.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("calls by client, share refused, how far sync lags behind"),
        dashboard(),
        draft_reply(
            "Calls to your platform run into its rate limit since {first_seen}, so data arrives late. The report shows"
            " who calls most; moving that job and caching longer usually helps."
        ),
    ),
    human_only=("change caching", "move jobs", "ask for a larger quota"),
    false_positives=(
        "All apps of a BigCommerce store share one quota, so the culprit may be another app; 429 without quota headers"
        " is the platform's own load."
    ),
    related=(
        "checkout_throttled",
        "ssr_blocked_by_bot_protection",
        "bot_scraping_load",
        "stale_page_cache",
        "bulk_import_errors",
    ),
    harm="Jobs only grow late; graver when pages depend on the calls, and gravest when checkout does.",
    sources=cited(
        "BC-RATE", "BC-ERR", "BC-CACHE", "SHOP-LIMITS", "SHOP-REST", "SHOP-THROTTLED", "SFCC-LOAD", "SS-V1", "BC-WH"
    ),
    causes=(
        "bulk_import_errors",
        "checkout_throttled",
        "ssr_blocked_by_bot_protection",
        "stale_page_cache",
    ),
    lag=hours(1),
)

_API = on(
    HttpRequest,
    HttpRequest.route_class == "api",
    HttpRequest.bot == False,  # noqa: E712
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
# Cart and checkout have a mode of their own.
_ELSEWHERE: Pred[ErrorIssue] = ErrorIssue.route_class.missing() | ~ErrorIssue.route_class.one_of("cart", "checkout")
_CALLS = on(ApiCalls, per=ApiCalls.merchant, weight=ApiCalls.calls)
_THROTTLED: Pred[ApiCalls] = ApiCalls.result == "throttled"
_JOB_THROTTLED = on(ApiCalls, _THROTTLED, per=ApiCalls.merchant)
_MINUTES = on(ApiCalls, per=ApiCalls.merchant)
_refetched = on(
    ApiCalls,
    ApiCalls.refetch == True,  # noqa: E712
    per=ApiCalls.merchant,
    weight=ApiCalls.calls,
).count(within=minutes(5))
_events = on(Delivery, per=Delivery.merchant).count(within=minutes(5))
_AT_CART: Pred[StorefrontCalls] = StorefrontCalls.operation.matches("(?i)cart|checkout")
_PAGES = said(STOREFRONT_CALLS, 0, operation="product")
_HELD_BACK = said(_PAGES, 60, calls=5, failed=True, status=429)
_REFUSED = said(CALLS, 60, result="throttled", status=429, calls=5)
_THIN = said(CALLS, NOW + 60, refetch=True, calls=70, quota=100)
_CALL: dict[str, Any] = {"route_class": "api", "route": "/api/graphql"}


def _fetching(times: int) -> Premise[MerchantId]:
    quota = _MINUTES.latest(ApiCalls.quota, max_age=minutes(5))
    return (_refetched >= percent(70) * quota) & (_events >= 5 * times * usual_of(_events))


def _fetched(n: int) -> tuple[Signal, ...]:
    return (*usual(12, DELIVERY), *burst(n, said(DELIVERY, NOW + 50), every=0), _THIN)


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "api-throttled.429-share",
        when=_API.share(HttpRequest.status == 429, at_least=percent(5), floor=50, within=minutes(5)),
        then=supports(THROTTLED, STRONG, family="http"),
        why="At least 5 % of the storefront's API requests were answered with 429 within five minutes.",
        examples=(
            fires("6 of 50", *burst(44, request(**_CALL)), *burst(6, request(60, 429, **_CALL)), for_=SHOP),
            silent("5 of 50 can be chance", *burst(45, request(**_CALL)), *burst(5, request(60, 429, **_CALL))),
            silent("one request too few", *burst(43, request(**_CALL)), *burst(6, request(60, 429, **_CALL))),
            silent("a crawler", *burst(50, request(0, 429, bot=True, **_CALL))),
        ),
    ),
    Rule(
        "api-throttled.error",
        when=coded_error("throttle", events=20, users=10, where=_ELSEWHERE),
        then=supports(THROTTLED, STRONG, family="error-tracker"),
        why="Calls outside cart and checkout were throttled at least twenty times.",
        examples=(
            fires("twenty", error(0, code="throttle", events=20), for_=SHOP),
            silent("nineteen", error(0, code="throttle", events=19, users=9)),
            silent("at checkout", error(0, code="throttle", events=20, route_class="checkout")),
        ),
    ),
    Rule(
        "api-throttled.alert",
        when=alerting("(?i)throttl|429|rate.?limit|quota"),
        then=supports(THROTTLED, MEDIUM, family="alerts"),
        why="A monitor's alert about rate limits is firing.",
        examples=(
            fires("by its name", alert(0, alertname="AdminApiThrottled"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
    Rule(
        "api-throttled.calls",
        when=_CALLS.share(_THROTTLED, at_least=percent(5), floor=50, within=minutes(5)),
        then=supports(THROTTLED, STRONG, family="calls"),
        why="At least 5 % of the calls to the platform were throttled within five minutes.",
        examples=(
            fires("5 of 100", said(CALLS, 0, calls=95), _REFUSED, for_=SHOP),
            silent("5 of 101", said(CALLS, 0, calls=96), _REFUSED),
            silent("5 of 50 can be chance", said(CALLS, 0, calls=45), _REFUSED),
        ),
    ),
    Rule(
        "api-throttled.operations",
        when=calls(StorefrontCalls.api == "storefront", ~_AT_CART).share(
            throttled_call(), at_least=percent(5), floor=50, within=minutes(5)
        ),
        # Operations and calls are two counts of one traffic.
        then=supports(THROTTLED, STRONG, family="calls"),
        why="At least 5 % of the storefront's operations outside cart and checkout were throttled within five minutes.",
        examples=(
            fires("5 of 100", said(_PAGES, 0, calls=95), _HELD_BACK, for_=SHOP),
            fires(
                "by their code", said(_PAGES, 0, calls=95), said(_HELD_BACK, 60, status=200, code="throttle"), for_=SHOP
            ),
            silent("5 of 101", said(_PAGES, 0, calls=96), _HELD_BACK),
            silent("5 of 50 can be chance", said(_PAGES, 0, calls=45), _HELD_BACK),
            silent("another failure", said(_PAGES, 0, calls=95), said(_HELD_BACK, 60, status=500)),
            silent(
                "at checkout",
                said(_PAGES, 0, calls=95, operation="cartCreate"),
                said(_HELD_BACK, 60, operation="cartCreate"),
            ),
        ),
    ),
    Rule(
        "api-throttled.checkout",
        when=on(ApiCalls, ApiCalls.api == "checkout", per=ApiCalls.merchant, weight=ApiCalls.calls).share(
            _THROTTLED, at_least=percent(5), floor=50, within=minutes(5)
        ),
        then=supports(THROTTLED, STRONG, family="calls", severity=Severity.SEV2),
        why="At least 5 % of the calls to the checkout were throttled within five minutes.",
        examples=(
            fires("5 of 100", said(CALLS, 0, api="checkout", calls=95), said(_REFUSED, 60, api="checkout"), for_=SHOP),
            silent("another API", said(CALLS, 0, calls=95), _REFUSED),
            silent("4 of 100", said(CALLS, 0, api="checkout", calls=96), said(_REFUSED, 60, api="checkout", calls=4)),
        ),
    ),
    Rule(
        "api-throttled.starved",
        when=_MINUTES.total(ApiCalls.starved, within=minutes(5)).per(
            _MINUTES.total(ApiCalls.calls, within=minutes(5)), floor=20, bound="wilson"
        )
        >= percent(30),
        then=supports(THROTTLED, STRONG, family="quota"),
        why="Of the calls of five minutes 30 % found less quota than they needed.",
        examples=(
            fires("30 of 100", said(CALLS, 0, calls=100, starved=30), for_=SHOP),
            silent("29 of 100", said(CALLS, 0, calls=100, starved=29)),
        ),
    ),
    Rule(
        "api-throttled.nearly-full",
        when=_MINUTES.fits(ApiCalls.used_permille >= 900).held(minutes(5)),
        then=supports(THROTTLED, MEDIUM, family="quota"),
        why="Nine tenths of the quota have been in use for five minutes.",
        examples=(
            fires("five minutes", *burst(6, said(CALLS, 0, used_permille=900), every=60), for_=SHOP),
            silent("four minutes", *burst(5, said(CALLS, 0, used_permille=900), every=60)),
            silent("less", *burst(6, said(CALLS, 0, used_permille=899), every=60)),
        ),
    ),
    Rule(
        "api-throttled.platform-load",
        when=on(ApiCalls, ApiCalls.load.one_of("THROTTLE", "WARN"), per=ApiCalls.merchant),
        then=supports(THROTTLED, MEDIUM, family="load"),
        why="The platform says that it is under load.",
        examples=(
            fires("a warning", said(CALLS, 0, load="WARN"), for_=SHOP),
            silent("well", said(CALLS, 0, load="OK")),
        ),
    ),
    Rule(
        "api-throttled.sync-lags",
        when=on(QueueState, QueueState.queue.matches("sync"), per=QueueState.merchant)
        .latest(QueueState.oldest_s, max_age=minutes(30))
        .rising(samples=3)
        .after(on(ApiCalls, _THROTTLED, per=ApiCalls.merchant), within=minutes(10)),
        then=supports(THROTTLED, MEDIUM, family="lag"),
        why="Sync falls further behind while calls are throttled.",
        examples=(
            fires("further", *(said(QUEUE, t, queue="sync", oldest_s=t) for t in (30, 90, 150)), _REFUSED, for_=SHOP),
            silent("no further", *(said(QUEUE, t, queue="sync", oldest_s=9) for t in (30, 90, 150)), _REFUSED),
            silent("not throttled", *(said(QUEUE, t, queue="sync", oldest_s=t) for t in (30, 90, 150))),
        ),
    ),
    Rule(
        "api-throttled.partial-pages",
        when=on(ApiCalls, ApiCalls.partial == True, per=ApiCalls.merchant),  # noqa: E712
        then=supports(THROTTLED, WEAK, family="pages"),
        why="Pages are shown without a part of their data.",
        examples=(
            fires("a part is missing", said(CALLS, 0, partial=True), for_=SHOP),
            silent("whole", CALLS),
        ),
    ),
    *raised(
        Rule(
            "api-throttled.fetched-again",
            when=_fetching(1),
            then=supports(THROTTLED, MEDIUM, family="refetch"),
            why="Fetching after thin webhooks takes 70 % of the quota, at five times the usual number of events.",
            examples=(
                fires("70 of 100", *usual(12, DELIVERY), *burst(5, said(DELIVERY, NOW + 50)), _THIN, for_=SHOP),
                silent(
                    "69", *usual(12, DELIVERY), *burst(5, said(DELIVERY, NOW + 50)), said(_THIN, NOW + 60, calls=69)
                ),
                silent("four times", *usual(12, DELIVERY), *burst(4, said(DELIVERY, NOW + 50)), _THIN),
            ),
        ),
        _fetching,
        _fetched,
        edge=5,
    ),
    Rule(
        "api-throttled.one-job",
        when=(_JOB_THROTTLED & on(JobRun, JobRun.backs_off == True, per=JobRun.merchant).within(minutes(10))).unless(  # noqa: E712
            _JOB_THROTTLED.distinct(ApiCalls.client, at_least=2, within=minutes(10))
        ),
        then=refutes(THROTTLED, 60, family="one-job"),
        why="Only one job is throttled, and it slows down.",
        examples=(
            fires("one", _REFUSED, said(JOB, 60, backs_off=True), for_=SHOP),
            silent("two", said(_REFUSED, 50, client="search"), _REFUSED, said(JOB, 60, backs_off=True)),
            silent("does not", _REFUSED, said(JOB, 60, backs_off=False)),
        ),
    ),
)
