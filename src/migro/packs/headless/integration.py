"""Connections to platform and partners: quotas."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, on, silent, supports
from .responses import dashboard, draft_reply, notify, report
from .signals import ErrorIssue, HttpRequest
from .specimens import SHOP, alert, burst, error, request
from .witnesses import alerting, coded_error

__all__ = ["BOT_BLOCKED", "RULES", "THROTTLED"]

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
    related=("checkout_throttled", "ssr_blocked_by_bot_protection", "bot_scraping_load", "stale_page_cache"),
)

BOT_BLOCKED = IssueKind[MerchantId](
    "ssr_blocked_by_bot_protection",
    category="integration",
    title="The platform takes the storefront's server for a bot",
    what="All traffic leaves from a few servers without the buyer's address, so the platform answers with challenges.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        notify("operators"),
        report("whether the buyer's address is passed on, statuses by route"),
        draft_reply(
            "Your platform treats your storefront's server as a bot since {first_seen}. Calls from the server have to"
            " pass on the buyer's address and use the private token; a note for your developer is attached."
        ),
    ),
    human_only=("pass on the buyer's address", "use the private token", "contact the platform"),
    false_positives="The probes themselves may be challenged while shoppers are not.",
    related=("api_throttling", "bot_scraping_load", "platform_incident_systemic"),
)

_API = on(
    HttpRequest,
    HttpRequest.route_class == "api",
    HttpRequest.bot == False,  # noqa: E712
    per=HttpRequest.merchant,
)
# Cart and checkout have a mode of their own.
_ELSEWHERE: Pred[ErrorIssue] = ErrorIssue.route_class.missing() | ~ErrorIssue.route_class.one_of("cart", "checkout")
_CALL: dict[str, Any] = {"route_class": "api", "route": "/api/graphql"}

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
        "bot-block.error",
        when=coded_error("bot_block", events=3, users=3),
        then=supports(BOT_BLOCKED, MEDIUM, family="error-tracker"),
        why="The platform asked the storefront's server to prove that it is no bot, at least three times.",
        examples=(
            fires("three", error(0, code="bot_block", events=3), for_=SHOP),
            silent("two", error(0, code="bot_block", events=2, users=2)),
        ),
    ),
    Rule(
        "bot-block.pages",
        when=on(
            HttpRequest,
            HttpRequest.route_class.one_of("api", "home", "pdp", "plp", "search"),
            HttpRequest.bot == False,  # noqa: E712
            per=HttpRequest.merchant,
        ).share(HttpRequest.status == 430, at_least=percent(5), floor=20, within=minutes(10)),
        then=supports(BOT_BLOCKED, STRONG, family="http"),
        why="At least 5 % of shoppers' pages were answered with 430, a security refusal, within ten minutes.",
        examples=(
            fires("3 of 20", *burst(17, request(**_CALL)), *burst(3, request(60, 430, **_CALL)), for_=SHOP),
            silent("2 of 20", *burst(18, request(**_CALL)), *burst(2, request(60, 430, **_CALL))),
            silent("one too few", *burst(16, request(**_CALL)), *burst(3, request(60, 430, **_CALL))),
        ),
    ),
)
