"""Checkout, the way there: hand-offs to the platform's checkout that end nowhere."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    holding,
    on,
    refutes,
    silent,
    supports,
    together,
    vetoes,
)
from .references import cited
from .responses import draft_reply, operators
from .shop_witnesses import still
from .signals import HttpRequest, Probe
from .specimens import SHOP, burst, maintenance, page, probes, request, ticket
from .specimens_operations import said
from .stakes import impact_on
from .witnesses import failing_probes, in_maintenance, tickets

__all__ = ["HANDOFF_404", "LOST_HANDOFFS", "RULES"]

HANDOFF_404 = IssueKind[MerchantId](
    "checkout_handoff_404",
    category="checkout",
    title="The way to checkout ends in page not found",
    what=(
        "The checkout address that the commerce platform hands out points at the headless storefront itself, or at a"
        " host that sends shoppers back to it."
    ),
    severity=SeverityScale(default=Severity.SEV2, by_share=((Severity.SEV1, percent(50)),), below=Severity.SEV2),
    impact=impact_on("checkout", percent(45), orders=True),
    responses=(
        *operators("redirect chain, checkout host as configured and as seen, share of hand-offs"),
        draft_reply(
            "Since {first_seen} your checkout button leads to a page that does not exist. On a headless storefront the"
            " checkout needs a host name of its own, set as primary domain in your commerce platform. The redirects we"
            " saw are attached. Please change nothing before we have confirmed the cause together."
        ),
    ),
    human_only=("change the primary domain", "change DNS", "add redirects"),
    false_positives=(
        "Cart links in old mails stay dead after a correct launch, so the share of hand-offs counts and not their"
        " number; under load Shopify may redirect to a queue page, which is checkout_throttled."
    ),
    related=("domain_split_brain", "dns_tls_cutover_failure", "email_links_old_domain"),
    harm=(
        "Whoever follows the lost link cannot buy; gravest when all handoffs end there, since then no order is left."
    ),
    sources=cited("VC-1027", "FLUID-150", "HYD-1390", "BC-CO"),
)

_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_HANDOFFS = on(
    HttpRequest,
    HttpRequest.handoff == True,  # noqa: E712
    _SHOPPER,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_LOST = on(
    HttpRequest,
    HttpRequest.handoff == True,  # noqa: E712
    _SHOPPER,
    HttpRequest.status == 404,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)

LOST_HANDOFFS = _LOST.at_least(5, within=minutes(15))
"""By which it shows when hand-offs began to be lost."""

_VISITOR = (HttpRequest.merchant, HttpRequest.visitor)
_LOST_BY_VISITOR = on(
    HttpRequest,
    HttpRequest.handoff == True,  # noqa: E712
    _SHOPPER,
    HttpRequest.status == 404,
    per=_VISITOR,
    weight=HttpRequest.requests,
)
_SCANS = on(HttpRequest, HttpRequest.features.has("request.scan"), per=_VISITOR, weight=HttpRequest.requests)
# Who scans and loses a hand-off within a quarter of an hour, in either order, lost it within half an hour.
_SCANNERS = holding(
    together(_LOST_BY_VISITOR, _SCANS, within=minutes(15)), per=HttpRequest.merchant, within=minutes(15)
)
_LOSERS = holding(_LOST_BY_VISITOR, per=HttpRequest.merchant, within=minutes(30))
_VISITORS = holding(
    on(
        HttpRequest,
        HttpRequest.handoff == True,  # noqa: E712
        _SHOPPER,
        per=_VISITOR,
        weight=HttpRequest.requests,
    ),
    per=HttpRequest.merchant,
    within=minutes(30),
)

# Of whom nobody knows anything, nobody knows that he scanned: each is taken for a shopper.
_UNKNOWN = on(
    HttpRequest,
    HttpRequest.handoff == True,  # noqa: E712
    _SHOPPER,
    HttpRequest.status == 404,
    HttpRequest.visitor.missing(),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
).count(within=minutes(30))

_OUT = {"method": "GET", "route_class": "checkout", "route": "/cart/c/:slug", "handoff": True}

_LOSS = request(60, 404, **_OUT)
_LOSS_OF_ONE = said(_LOSS, 60, visitor="v1")
_WELL = request(10, 302, **_OUT)
_SCAN = page(0, 404, route_class="other", route="/:slug", visitor="v1", features=frozenset({"request.scan"}))

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "handoff.404-share",
        when=LOST_HANDOFFS
        & _HANDOFFS.share(HttpRequest.status == 404, at_least=percent(20), floor=5, within=minutes(15)),
        then=supports(HANDOFF_404, STRONG, family="http"),
        why="Five hand-offs, and at least 20 % of them, ended in page not found within a quarter of an hour.",
        examples=(
            fires("all of 5", *burst(5, request(0, 404, **_OUT), every=100), for_=SHOP),
            fires("6 of 12", *burst(6, request(0, 302, **_OUT)), *burst(6, request(300, 404, **_OUT)), for_=SHOP),
            silent("4 are too few", *burst(4, request(0, 404, **_OUT), every=100)),
            silent("old mails among many", *burst(30, request(0, 302, **_OUT)), *burst(5, request(60, 404, **_OUT))),
            silent("crawlers", *burst(5, request(0, 404, bot=True, **_OUT), every=100)),
            silent("other pages", *burst(9, request(0, 404, method="GET", route_class="other"), every=10)),
        ),
    ),
    Rule(
        "handoff.probe-404",
        when=failing_probes("begin_checkout", where=Probe.status == 404),
        then=supports(HANDOFF_404, STRONG, family="probe"),
        why="The check of begin checkout ended in page not found three times from two regions.",
        examples=(
            fires("three regions", *probes(0, False, status=404), for_=SHOP),
            silent("twice", *probes(0, False, ("eu", "us"), status=404)),
            silent("server errors are another mode", *probes(0, False)),
            silent("works again", *probes(0, False, status=404), *probes(60, True)),
        ),
    ),
    Rule(
        "handoff.ticket",
        when=tickets("mentions.checkout", "mentions.404", people=1, within=minutes(30)),
        then=supports(HANDOFF_404, WEAK, family="tickets"),
        why="Somebody wrote that the checkout page is not found.",
        examples=(
            fires("both words", ticket(0, "mentions.checkout", "mentions.404"), for_=SHOP),
            silent("one word", ticket(0, "mentions.checkout", "intent.how_to")),
            silent("an agent's note", ticket(0, "mentions.checkout", "mentions.404", author="agent")),
        ),
    ),
    Rule(
        # A short window, so that a recovery shows at once; a high share, so that half an outage is none.
        "handoff.redirects",
        when=_HANDOFFS.share(
            HttpRequest.status.between(300, 399), at_least=percent(90), floor=3, within=minutes(5), bound="plain"
        ).unless(_LOST),
        then=refutes(HANDOFF_404, 150, family="http-ok"),
        why="Hand-offs of the last five minutes were redirected, and none was lost since.",
        examples=(
            fires("3 of 3", *burst(3, request(0, 302, **_OUT)), for_=SHOP),
            silent("2 of 2", *burst(2, request(0, 302, **_OUT))),
            silent("8 of 9", request(0, 404, **_OUT), *burst(8, request(9, 302, **_OUT))),
            silent("one lost since", *burst(3, request(0, 302, **_OUT)), request(60, 404, **_OUT)),
        ),
    ),
    Rule(
        # Who looks for weak spots asks for /cart.php and /checkout as well, and calls itself a browser.
        "handoff.scanners",
        when=still(5 * (_LOSERS - _SCANNERS + _UNKNOWN) < _VISITORS + _UNKNOWN) & still(_SCANNERS >= 1),
        then=refutes(HANDOFF_404, 150, family="scanners"),
        why="Fewer than a fifth of half an hour's visitors lost a hand-off, but for those who scan for weak spots.",
        examples=(
            fires("one visitor", _SCAN, *burst(5, _LOSS_OF_ONE), for_=SHOP),
            fires("it scans afterwards", *burst(5, _LOSS_OF_ONE), said(_SCAN, 70), for_=SHOP),
            fires(
                "an old mail beside it",
                _SCAN,
                *burst(4, _WELL, visitor="h"),
                said(_LOSS, 30, visitor="v2"),
                *burst(5, _LOSS_OF_ONE),
                for_=SHOP,
            ),
            silent(
                "a fifth of the shoppers too",
                _SCAN,
                *burst(3, _WELL, visitor="h"),
                *(said(_LOSS, t, visitor="v2") for t in (30, 100)),
                *burst(5, _LOSS_OF_ONE),
            ),
            silent("no scan", *burst(5, _LOSS_OF_ONE)),
            silent("nobody knows by whom", _SCAN, *burst(5, _LOSS)),
            silent("nor of one of them", _SCAN, _LOSS, *burst(5, said(_LOSS, 60, visitor="v1"))),
        ),
    ),
    Rule(
        "handoff.maintenance",
        when=in_maintenance(),
        then=vetoes(HANDOFF_404, family="calendar"),
        why="A declared maintenance window explains lost hand-offs.",
        revision=2,
        examples=(
            fires("begun", maintenance(), for_=SHOP),
            silent("over", maintenance(), maintenance(600, active=False)),
            silent("it rests until then", maintenance(hours=1)),
        ),
    ),
)
