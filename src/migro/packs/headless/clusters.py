"""Traffic by where it comes from: clusters of bots, and points of presence that lose the origin."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import MEDIUM, STRONG, Premise, Rule, fires, holding, known, on, refutes, silent, supports, together
from .checkout import SERVER_ERRORS
from .expected import raised
from .performance import BOT_LOAD, ORIGIN_UNREACHABLE
from .shop_witnesses import mostly, short_of, still
from .signals import HttpRequest
from .specimens import SHOP, burst, probe, probes, request
from .specimens import page as view
from .specimens_operations import said
from .specimens_shop import CLUSTER, LOGIN, VIEWS, weekly
from .visitor_signals import EdgeViews, LoginAttempt, TrafficCluster
from .witnesses import failing_probes, usual_of

__all__ = ["RULES"]

_Q = minutes(15)
_CLUSTER = on(TrafficCluster, per=(TrafficCluster.merchant, TrafficCluster.cluster))
_IDLE = on(TrafficCluster, TrafficCluster.conversions == 0, per=(TrafficCluster.merchant, TrafficCluster.cluster))
_SENT = _CLUSTER.total(TrafficCluster.requests, within=_Q)
_LARGE = _SENT.per(_CLUSTER.total(TrafficCluster.of_all, within=_Q), floor=100) >= percent(40)
_FAILED_LOGINS = on(LoginAttempt, LoginAttempt.ok == False, per=LoginAttempt.merchant)  # noqa: E712
_ATTEMPTS = on(LoginAttempt, per=LoginAttempt.merchant)
_PLACED = on(LoginAttempt, LoginAttempt.ok == False, LoginAttempt.network.present(), per=LoginAttempt.merchant)  # noqa: E712
# Customers come from about as many networks as they are; five accounts for each network leave room for offices.
_CROWDED = _PLACED.different(LoginAttempt.account, within=_Q) - 5 * _PLACED.different(LoginAttempt.network, within=_Q)
_BOTS = on(HttpRequest, HttpRequest.bot == True, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
_BOT_COUNT = _BOTS.count(within=_Q)
_UNREACHABLE: Pred[HttpRequest] = HttpRequest.status.between(520, 526) | (HttpRequest.status == 530)
_LOST = on(HttpRequest, HttpRequest.bot == False, _UNREACHABLE, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
_SERVED = on(HttpRequest, HttpRequest.bot == False, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712

# 80 requests an hour are 20 in a quarter of one.
_WEEKS = weekly(said(CLUSTER, 0, requests=80, of_all=1_000))


def _now(requests: int, **columns: Any) -> tuple[TrafficCluster, ...]:
    return (said(CLUSTER, 0, requests=requests, of_all=250, **columns),)


def _swelling(times: int) -> Premise[MerchantId]:
    grown = _SENT >= 5 * times * usual_of(_SENT)  # noqa: SIM300
    return holding(together(_LARGE, grown, _IDLE, within=_Q), per=TrafficCluster.merchant, within=_Q) >= 1


def _swollen(n: int) -> tuple[Signal, ...]:
    return (*_WEEKS, said(CLUSTER, 0, requests=n, of_all=2 * n))


def _tried(accounts: int, networks: int = 3) -> tuple[LoginAttempt, ...]:
    return tuple(said(LOGIN, 60 + i, account=f"a{i}", network=f"n{i % networks}") for i in range(accounts))


def _crawling(times: int) -> Premise[MerchantId]:
    grown = _BOT_COUNT >= 5 * times * usual_of(_BOT_COUNT)  # noqa: SIM300
    return together(grown, _BOT_COUNT >= 100, within=_Q) & known(SERVER_ERRORS, at_least_points=STRONG)


def _crawled(n: int) -> tuple[Signal, ...]:
    before = weekly(view(0, bot=True, requests=80))
    return (*before, view(0, bot=True, requests=n), *burst(17, request(100)), *burst(3, request(130, 500)))


RULES: tuple[Rule[Any], ...] = (
    *raised(
        Rule(
            "bots.cluster",
            when=_swelling(1),
            then=supports(BOT_LOAD, STRONG, family="clusters"),
            why="One network or agent sends 40 % of all requests, five times its usual number, and orders nothing.",
            examples=(
                fires("100 of 250", *_WEEKS, *_now(100), for_=SHOP),
                silent("99 of 250", *_WEEKS, *_now(99)),
                silent("it orders", *_WEEKS, *_now(100, conversions=1)),
                silent("as always", *weekly(said(CLUSTER, 0, requests=84, of_all=1_000)), *_now(100)),
            ),
        ),
        _swelling,
        _swollen,
        edge=100,
    ),
    Rule(
        "bots.no-assets",
        when=on(EdgeViews, per=EdgeViews.merchant, weight=EdgeViews.views).share(
            EdgeViews.with_assets == False,  # noqa: E712
            at_least=percent(60),
            floor=100,
            within=_Q,
        ),
        then=supports(BOT_LOAD, MEDIUM, family="assets"),
        why="At least 60 % of page views within a quarter of an hour loaded no files of the page.",
        examples=(
            fires("60 of 100", said(VIEWS, 0, views=40), said(VIEWS, 1, views=60, with_assets=False), for_=SHOP),
            silent("59 of 100", said(VIEWS, 0, views=41), said(VIEWS, 1, views=59, with_assets=False)),
        ),
    ),
    Rule(
        "bots.logins",
        when=_FAILED_LOGINS.distinct(LoginAttempt.account, at_least=20, within=_Q)
        & (
            _FAILED_LOGINS.top(LoginAttempt.network, within=_Q).per(_FAILED_LOGINS.count(within=_Q), floor=20)
            >= percent(50)
        ),
        then=supports(BOT_LOAD, MEDIUM, family="logins"),
        why="Logins to twenty accounts or more failed from few networks within a quarter of an hour.",
        examples=(
            fires("one network", *burst(20, said(LOGIN, 0), account="a"), for_=SHOP),
            silent("19 accounts", *burst(19, said(LOGIN, 0), account="a"), said(LOGIN, 30, account="a1")),
            silent("many networks", *burst(20, said(LOGIN, 0), account="a", network="n")),
        ),
    ),
    Rule(
        "bots.stuffing",
        when=together(
            _CROWDED >= 100,
            _ATTEMPTS.share(LoginAttempt.ok == False, at_least=percent(80), floor=100, within=_Q),  # noqa: E712
            within=minutes(5),
        ),
        then=supports(BOT_LOAD, STRONG, family="logins", severity=Severity.SEV3),
        why="Logins to a hundred accounts more than five for each network failed, and next to none went through.",
        examples=(
            fires("115 accounts from 3 networks", *_tried(115), for_=SHOP),
            silent("114 accounts", *_tried(114)),
            silent("customers after a move", *_tried(115, networks=115)),
            silent("all logins come by one proxy", *burst(30, said(LOGIN, 0, ok=True), account="c"), *_tried(115)),
        ),
    ),
    *raised(
        Rule(
            "bots.capacity",
            when=_crawling(1),
            then=supports(BOT_LOAD, MEDIUM, family="http", severity=Severity.SEV3),
            why="Five times the usual requests of bots came while checkout fails.",
            examples=(
                fires(
                    "checkout fails",
                    *weekly(*burst(80, view(0, bot=True))),
                    *burst(100, view(0, bot=True)),
                    *burst(17, request(100)),
                    *burst(3, request(130, 500)),
                    for_=SHOP,
                ),
                silent(
                    "checkout is well",
                    *weekly(*burst(80, view(0, bot=True))),
                    *burst(100, view(0, bot=True)),
                    *burst(20, request(100)),
                ),
            ),
        ),
        _crawling,
        _crawled,
        edge=100,
    ),
    Rule(
        "bots.search-engine",
        when=mostly(
            _BOTS, HttpRequest.crawler.one_of("googlebot", "bingbot"), at_least=percent(80), floor=20, within=_Q
        )
        & still(short_of(_BOT_COUNT, 2)),
        then=refutes(BOT_LOAD, 150, family="search-engine"),
        why="Most bots are confirmed search engines, and hardly more of them than usual.",
        examples=(
            fires(
                "20 for 11",
                *weekly(*burst(44, view(0, bot=True, crawler="googlebot"))),
                *burst(20, view(0, bot=True, crawler="googlebot")),
                for_=SHOP,
            ),
            silent(
                "20 for 10",
                *weekly(*burst(40, view(0, bot=True, crawler="googlebot"))),
                *burst(20, view(0, bot=True, crawler="googlebot"), every=0),
            ),
        ),
    ),
    Rule(
        "bots.monitors",
        when=mostly(_BOTS, HttpRequest.crawler == "monitor", at_least=percent(80), floor=20, within=_Q),
        then=refutes(BOT_LOAD, 150, family="monitors"),
        why="Most of it is the host's own checks.",
        examples=(
            fires(
                "16 of 20",
                *burst(4, view(0, bot=True, crawler="other")),
                *burst(16, view(9, bot=True, crawler="monitor")),
                for_=SHOP,
            ),
            silent(
                "15 of 20",
                *burst(5, view(0, bot=True, crawler="other")),
                *burst(15, view(9, bot=True, crawler="monitor")),
            ),
        ),
    ),
    Rule(
        "origin.two-regions",
        when=_SERVED.share(_UNREACHABLE, at_least=percent(5), floor=20, within=minutes(5))
        & _LOST.distinct(HttpRequest.pop, at_least=2, within=minutes(5)),
        then=supports(ORIGIN_UNREACHABLE, STRONG, family="http"),
        why="At least 5 % of requests at two points of presence did not get through to the origin.",
        examples=(
            fires("two points", *burst(17, view()), *burst(3, view(30, 522), pop="fra"), for_=SHOP),
            silent("one point", *burst(17, view()), *burst(3, view(30, 522, pop="fra"))),
        ),
    ),
    Rule(
        "origin.direct-check",
        when=failing_probes("origin"),
        then=supports(ORIGIN_UNREACHABLE, MEDIUM, family="origin-check"),
        why="The check that goes past the network to the origin fails.",
        examples=(
            fires("three regions", *probes(0, False, journey="origin"), for_=SHOP),
            silent("two failures", *probes(0, False, ("eu", "us"), journey="origin")),
            silent("another check", probe(0, journey="home")),
        ),
    ),
    Rule(
        "origin.one-point",
        when=still(
            _LOST.top(HttpRequest.pop, within=minutes(5)).per(_LOST.count(within=minutes(5)), floor=5) >= percent(95)
        ),
        then=refutes(ORIGIN_UNREACHABLE, 60, family="one-point"),
        why="Nearly all lost requests came by one point of presence.",
        examples=(
            fires("all of 5", *burst(5, view(0, 522, pop="fra")), for_=SHOP),
            silent("9 of 10", *burst(5, view(0, 522, pop="fra"), pop="p"), *burst(9, view(9, 522, pop="fra"))),
        ),
    ),
)
