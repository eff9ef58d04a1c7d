"""Connections to the platform: servers that it takes for bots."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Measure, Rule, SeverityScale, fires, on, refutes, silent, supports
from .operations_signals import ApiCalls
from .references import cited
from .responses import draft_reply, notify, report
from .shop_witnesses import calls
from .signals import HttpRequest
from .specimens import SHOP, burst, error, request
from .specimens_operations import CALLS, LOG, said
from .specimens_shop import STOREFRONT_CALLS
from .storefront_signals import StorefrontCalls
from .witnesses import coded_error, logged

__all__ = ["BOT_BLOCKED", "RULES"]

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
    harm="Pages that are rendered on the server fail for everybody in the share that is turned away.",
    sources=cited("SHOPJS-1030", "VSFSHOP-373", "HYD-3947", "SHOP-LIMITS", "SHOP-CODES"),
)

_STOREFRONT: Pred[ApiCalls] = ApiCalls.api == "storefront"
# 430 is the platform's word for a security refusal, whatever the caller makes of it.
_CHALLENGED: Pred[ApiCalls] = (
    (ApiCalls.result == "challenged")
    | (ApiCalls.status.present() & (ApiCalls.status == 430))
    | (ApiCalls.code.present() & (ApiCalls.code == "bot_block"))
)
_OWN: Pred[StorefrontCalls] = StorefrontCalls.api == "storefront"
_TURNED_AWAY: Pred[StorefrontCalls] = (StorefrontCalls.status.present() & (StorefrontCalls.status == 430)) | (
    StorefrontCalls.code.present() & (StorefrontCalls.code == "bot_block")
)


def _challenged(server_side: bool) -> Measure[MerchantId]:
    """Return the share of the storefront's calls, from its servers or from browsers, that met a challenge."""
    side: Pred[ApiCalls] = ApiCalls.server_side == server_side
    met = on(ApiCalls, _STOREFRONT, side, _CHALLENGED, per=ApiCalls.merchant, weight=ApiCalls.calls)
    calls = on(ApiCalls, _STOREFRONT, side, per=ApiCalls.merchant, weight=ApiCalls.calls)
    return met.count(within=minutes(10)).per(calls.count(within=minutes(10)), floor=20, bound="wilson")


_WALL = said(CALLS, 60, result="challenged", status=430, calls=20)
_UNTOLD = said(_WALL, 0, calls=10, rate_headers=False)
_BROWSERS = said(CALLS, 0, server_side=False, calls=100)
_REFUSED = said(STOREFRONT_CALLS, 60, status=430, failed=True, calls=20)
_CALL: dict[str, Any] = {"route_class": "api", "route": "/api/graphql"}

RULES: tuple[Rule[Any], ...] = (
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
            weight=HttpRequest.requests,
        ).share(HttpRequest.status == 430, at_least=percent(5), floor=20, within=minutes(10)),
        then=supports(BOT_BLOCKED, STRONG, family="http"),
        why="At least 5 % of shoppers' pages were answered with 430, a security refusal, within ten minutes.",
        examples=(
            fires("3 of 20", *burst(17, request(**_CALL)), *burst(3, request(60, 430, **_CALL)), for_=SHOP),
            silent("2 of 20", *burst(18, request(**_CALL)), *burst(2, request(60, 430, **_CALL))),
            silent("one too few", *burst(16, request(**_CALL)), *burst(3, request(60, 430, **_CALL))),
        ),
    ),
    Rule(
        "bot-block.calls",
        when=on(ApiCalls, _STOREFRONT, _CHALLENGED, per=ApiCalls.merchant, weight=ApiCalls.calls).at_least(
            20, within=minutes(10)
        )
        & on(ApiCalls, _STOREFRONT, per=ApiCalls.merchant, weight=ApiCalls.calls).share(
            _CHALLENGED, at_least=percent(5), floor=20, within=minutes(10)
        ),
        then=supports(BOT_BLOCKED, STRONG, family="calls"),
        why="Twenty calls of the storefront, and 5 % of them, met a challenge within ten minutes.",
        revision=2,
        examples=(
            fires("20 of 400", said(CALLS, 0, calls=380), _WALL, for_=SHOP),
            silent("20 of 401", said(CALLS, 0, calls=381), _WALL),
            fires("by its status", said(CALLS, 0, calls=380), said(_WALL, 60, result="failed"), for_=SHOP),
            fires(
                "by its code",
                said(CALLS, 0, calls=380),
                said(_WALL, 60, result="failed", status=403, code="bot_block"),
                for_=SHOP,
            ),
            silent("19", said(CALLS, 0, calls=100), said(_WALL, 60, calls=19)),
            silent("another refusal", said(CALLS, 0, calls=380), said(_WALL, 60, result="failed", status=403)),
        ),
    ),
    Rule(
        "bot-block.operations",
        when=calls(_OWN, _TURNED_AWAY).at_least(20, within=minutes(10))
        & calls(_OWN).share(_TURNED_AWAY, at_least=percent(5), floor=20, within=minutes(10)),
        # Operations and calls are two counts of one traffic.
        then=supports(BOT_BLOCKED, STRONG, family="calls"),
        why="Twenty of the storefront's operations, and 5 % of them, were taken for a bot's within ten minutes.",
        examples=(
            fires("20 of 400", said(STOREFRONT_CALLS, 0, calls=380), _REFUSED, for_=SHOP),
            fires(
                "by its code",
                said(STOREFRONT_CALLS, 0, calls=380),
                said(_REFUSED, 60, status=403, code="bot_block"),
                for_=SHOP,
            ),
            silent("20 of 401", said(STOREFRONT_CALLS, 0, calls=381), _REFUSED),
            silent("19", said(STOREFRONT_CALLS, 0, calls=100), said(_REFUSED, 60, calls=19)),
            silent("another refusal", said(STOREFRONT_CALLS, 0, calls=380), said(_REFUSED, 60, status=403)),
            silent("another API", said(STOREFRONT_CALLS, 0, calls=380, api="admin"), said(_REFUSED, 60, api="admin")),
        ),
    ),
    Rule(
        "bot-block.log",
        when=logged("code.bot_block", lines=3, within=minutes(30)),
        then=supports(BOT_BLOCKED, MEDIUM, family="logs"),
        why="The log says three times that the platform asks for a proof to be no bot.",
        examples=(
            fires("three", said(LOG, 0, "code.bot_block", lines=3), for_=SHOP),
            silent("two", said(LOG, 0, "code.bot_block", lines=2)),
        ),
    ),
    Rule(
        "bot-block.servers-only",
        when=(_challenged(True) >= percent(5)).unless(_challenged(False) >= percent(1)),
        then=supports(BOT_BLOCKED, MEDIUM, family="origin"),
        why="Calls from the servers are challenged and those from browsers are not.",
        revision=2,
        examples=(
            fires("servers", _BROWSERS, said(CALLS, 0, calls=80), _WALL, for_=SHOP),
            silent("browsers too", _BROWSERS, _WALL, said(_WALL, 61, server_side=False)),
        ),
    ),
    Rule(
        "bot-block.quota-told",
        when=on(ApiCalls, _STOREFRONT, _CHALLENGED, per=ApiCalls.merchant, weight=ApiCalls.calls).share(
            ApiCalls.rate_headers.present(),
            ApiCalls.rate_headers == True,  # noqa: E712
            at_least=percent(50),
            floor=10,
            within=minutes(10),
            bound="plain",
        ),
        then=refutes(BOT_BLOCKED, 150, family="quota"),
        why="The refusals tell a quota, so it is a rate limit.",
        revision=3,
        examples=(
            fires("told", said(_WALL, 60, rate_headers=True), for_=SHOP),
            fires("half", _UNTOLD, said(_WALL, 60, calls=10, rate_headers=True), for_=SHOP),
            silent("9 of 19", _UNTOLD, said(_WALL, 60, calls=9, rate_headers=True)),
        ),
    ),
)
