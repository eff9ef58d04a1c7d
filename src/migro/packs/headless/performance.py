"""Load and reachability."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, SeverityScale, fires, on, refutes, silent, supports, vetoes
from .references import cited
from .responses import draft_reply, notify, operators, report
from .signals import HttpRequest, Probe
from .specimens import SHOP, alert, burst, maintenance, page, probe, probes, ticket
from .stakes import impact_on
from .witnesses import alerting, failing_probes, green_probes, in_maintenance, tickets

__all__ = ["BOT_LOAD", "ORIGIN_UNREACHABLE", "RULES"]

ORIGIN_UNREACHABLE = IssueKind[MerchantId](
    "cdn_origin_unreachable",
    category="performance",
    title="The content network cannot reach the storefront",
    what="The origin is down, blocked, or its certificate is not accepted by the network in front of it.",
    severity=SeverityScale(
        default=Severity.SEV2,
        by_share=((Severity.SEV1, percent(50)), (Severity.SEV2, percent(15)), (Severity.SEV3, percent(3))),
    ),
    impact=impact_on("session", percent(2)),
    responses=(
        *operators("statuses of the network, regions, state of the origin"),
        draft_reply(
            "The network in front of your storefront cannot reach it since {first_seen}. The codes it gives are in the"
            " report; origin, firewall and DNS are yours to check, and we watch for the recovery."
        ),
    ),
    human_only=("change the origin", "change DNS", "change the firewall"),
    false_positives="Old pages from the cache hide the fault for a while; a firewall may block nothing but probes.",
    related=("dns_tls_cutover_failure", "platform_incident_systemic", "checkout_server_error_spike"),
    harm=(
        "The share of visitors whose pages are not cached sees nothing at all; gravest from half of the requests on."
    ),
    sources=cited("CF-522", "CF-1014", "J"),
    causes=(
        "checkout_server_error_spike",
        "image_host_blocked",
    ),
)

BOT_LOAD = IssueKind[MerchantId](
    "bot_scraping_load",
    category="performance",
    title="Bots make up much of the traffic",
    what="Crawlers, scrapers and whoever tries stolen passwords raise load, use up quotas and distort the figures.",
    severity=SeverityScale(default=Severity.SEV4),
    responses=(
        notify("operators"),
        # From here on accounts or the shop itself are at stake.
        notify("security", from_severity=Severity.SEV3),
        report("share of automated requests, routes, statuses"),
        draft_reply(
            "A large part of your current traffic is automated. It is left out of your figures; whether to block it is"
            " your decision."
        ),
    ),
    human_only=("block", "change firewall or rate limits"),
    false_positives="Monitors, load tests and price comparisons are automated too.",
    related=("card_testing_attack", "api_throttling", "ssr_blocked_by_bot_protection", "web_performance_regression"),
    harm="Costs, and figures that mislead; shoppers are hit once capacity is, or when their accounts are tried.",
    sources=cited("SHOP-LIMITS", "VC-431", "ADB-RL"),
    causes=(
        "api_throttling",
        "checkout_throttled",
        "web_performance_regression",
    ),
)

_UNREACHABLE: Pred[HttpRequest] = HttpRequest.status.between(520, 526) | (HttpRequest.status == 530)
_ANSWERS = on(HttpRequest, HttpRequest.bot == False, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
_FROM_EDGE: Pred[Probe] = Probe.status.between(520, 530)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "origin.52x-share",
        when=_ANSWERS.share(_UNREACHABLE, at_least=percent(5), floor=20, within=minutes(5)),
        then=supports(ORIGIN_UNREACHABLE, STRONG, family="http"),
        why="At least 5 % of shoppers' requests did not get through to the origin within five minutes.",
        examples=(
            fires("3 of 20", *burst(17, page()), *burst(3, page(30, 522)), for_=SHOP),
            silent("2 of 20", *burst(18, page()), *burst(2, page(30, 522))),
            silent("one request too few", *burst(16, page()), *burst(3, page(30, 522))),
            silent("the origin itself fails", *burst(20, page(0, 500))),
        ),
    ),
    Rule(
        "origin.probe-fails",
        when=failing_probes("home", where=_FROM_EDGE),
        then=supports(ORIGIN_UNREACHABLE, STRONG, family="probe"),
        why="The check of the home page failed at the network three times from two regions.",
        examples=(
            fires("three regions", *probes(0, False, journey="home", status=522), for_=SHOP),
            silent("twice", *probes(0, False, ("eu", "us"), journey="home", status=522)),
            silent("one region", *burst(3, probe(0, journey="home", status=522))),
            silent("works again", *probes(0, False, journey="home", status=522), *probes(60, True, journey="home")),
        ),
    ),
    Rule(
        "origin.alert",
        when=alerting("(?i)origin.*(down|unreach|fail|health)|52[0-6]|(site|storefront|home).*(down|unreach)"),
        then=supports(ORIGIN_UNREACHABLE, MEDIUM, family="alerts"),
        why="A monitor's alert about the origin is firing.",
        examples=(
            fires("by its name", alert(0, alertname="OriginHealthCheckFailed"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
    Rule(
        "origin.tickets",
        when=tickets("intent.site_down", people=2, within=minutes(30)),
        then=supports(ORIGIN_UNREACHABLE, WEAK, family="tickets"),
        why="Two people wrote that the site is down.",
        examples=(
            fires("two", *burst(2, ticket(0, "intent.site_down"), requester="p"), for_=SHOP),
            silent("one", ticket(0, "intent.site_down")),
        ),
    ),
    Rule(
        "origin.probe-green",
        when=green_probes("home").unless(
            on(
                HttpRequest,
                HttpRequest.bot == False,  # noqa: E712
                _UNREACHABLE,
                per=HttpRequest.merchant,
                weight=HttpRequest.requests,
            )
        ),
        then=refutes(ORIGIN_UNREACHABLE, 150, family="probe-green"),
        why="The home page works from two regions and no request has been lost since.",
        examples=(
            fires("works", page(0, 522), *probes(60, True, journey="home"), for_=SHOP),
            silent("lost since", *probes(0, True, journey="home"), page(60, 522)),
        ),
    ),
    Rule(
        "origin.maintenance",
        when=in_maintenance(),
        then=vetoes(ORIGIN_UNREACHABLE, family="calendar"),
        why="A declared maintenance window explains an origin that is away.",
        revision=2,
        examples=(
            fires("begun", maintenance(), for_=SHOP),
            silent("over", maintenance(), maintenance(600, active=False)),
            silent("it rests until then", maintenance(hours=1)),
        ),
    ),
    Rule(
        # Without a baseline a share alone counts one class less.
        "bots.share",
        when=on(HttpRequest, per=HttpRequest.merchant, weight=HttpRequest.requests).share(
            HttpRequest.bot == True,  # noqa: E712
            at_least=percent(40),
            floor=100,
            within=minutes(15),
        ),
        then=supports(BOT_LOAD, MEDIUM, family="http"),
        why="At least 40 % of a hundred requests within a quarter of an hour came from bots.",
        examples=(
            fires("40 of 100", *burst(60, page()), *burst(40, page(60, bot=True)), for_=SHOP),
            silent("39 of 100", *burst(61, page()), *burst(39, page(61, bot=True))),
            silent("99 requests", *burst(99, page(0, bot=True))),
        ),
    ),
    Rule(
        "bots.alert",
        when=alerting("(?i)bot|scrap|crawl"),
        then=supports(BOT_LOAD, MEDIUM, family="alerts"),
        why="A monitor's alert about bots is firing.",
        examples=(
            fires("by its name", alert(0, alertname="ScraperTrafficHigh"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
    Rule(
        "bots.blocked",
        when=on(HttpRequest, HttpRequest.bot == True, per=HttpRequest.merchant, weight=HttpRequest.requests).share(  # noqa: E712
            HttpRequest.status.one_of(403, 429), at_least=percent(80), floor=100, within=minutes(15)
        ),
        then=refutes(BOT_LOAD, 60, family="http-blocked"),
        why="Nearly all of the bots are already turned away.",
        examples=(
            fires("80 of 100", *burst(20, page(0, bot=True)), *burst(80, page(20, 403, bot=True)), for_=SHOP),
            silent("79 of 100", *burst(21, page(0, bot=True)), *burst(79, page(21, 403, bot=True))),
        ),
    ),
)
