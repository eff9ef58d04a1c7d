"""What browsers refuse: origins and security policies, as browsers themselves tell it."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, Rule, Selection, fires, given, known, on, refutes, silent, supports
from .browser import ANALYTICS, CORS, CSP
from .browser_signals import BrowserCalls, BrowserErrors, CspReports, PixelEvents
from .check_signals import PreflightCheck
from .shop_witnesses import fallen, mostly, orders_as_usual
from .signals import Deploy, HttpRequest
from .specimens import SHOP, burst, deploy, order
from .specimens import page as view
from .specimens_operations import said
from .specimens_shop import CALLED, CSP_REPORTS, ERRORS, PIXELS, PREFLIGHT, SETUP, weekly
from .storefront_signals import ShopSetup

__all__ = ["RULES"]

_CORS: Pred[BrowserErrors] = BrowserErrors.code == "cors"
_OWN: Pred[BrowserErrors] = BrowserErrors.own_origin == True  # noqa: E712
# Most reports come from extensions: only hosts that the shop needs count.
_OF_NEEDED: Pred[CspReports] = CspReports.host.among(fact(ShopSetup.required_hosts))
_REPORTS = on(
    CspReports,
    CspReports.report_only == False,  # noqa: E712
    CspReports.foreign == False,  # noqa: E712
    _OF_NEEDED,
    per=CspReports.merchant,
    weight=CspReports.sessions,
)
# The domain itself has to be the provider's: shops and trackers name hosts of their own "checkout" and "stripe".
_OF_A_PAYER: Pred[CspReports] = CspReports.host.matches(
    r"(?i)(^|\.)((adyen(payments)?|braintree(-api|gateway|payments)?|klarna(cdn|services)?|mollie|paypal(objects)?"
    r"|stripe(cdn)?)(\.(com?|net|org))?\.[a-z]{2,}|checkout\.com)$"
)
_MEASURES: Pred[CspReports] = CspReports.host.matches(r"(?i)(^|\.)(analytics|errors|events?|logs?|metrics|stats)\.")
_MANY_REPORTS = _REPORTS.at_least(50, within=minutes(30))
_ALL_REPORTS = on(CspReports, per=CspReports.merchant, weight=CspReports.sessions)
_TAGS = on(PixelEvents, per=PixelEvents.merchant, weight=PixelEvents.events).count(within=minutes(60))
_SERVED = on(
    HttpRequest,
    HttpRequest.route_class.one_of("home", "plp", "pdp"),
    HttpRequest.bot == False,  # noqa: E712
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)

_NEEDED = said(SETUP, -60, required_hosts=frozenset({"pay.example"}))
_BLOCKED = (_NEEDED, said(CSP_REPORTS, 0, sessions=50))
_ONE_TRACKED = said(PIXELS, 0, event="purchase", events=1)
_TAG_WEEKS: tuple[Any, ...] = (*weekly(said(PIXELS, 0, events=100)), *weekly(*burst(10, order(0))))


def _errors(code: str, *where: Pred[BrowserErrors]) -> Selection[BrowserErrors, MerchantId]:
    return on(
        BrowserErrors, BrowserErrors.code == code, *where, per=BrowserErrors.merchant, weight=BrowserErrors.sessions
    )


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "cors.sessions",
        when=_errors("cors", _OWN).at_least(20, within=minutes(15)),
        then=supports(CORS, STRONG, family="browser"),
        why="Browsers refused calls in twenty sessions on production within a quarter of an hour.",
        examples=(
            fires("twenty", said(ERRORS, 0, sessions=20), for_=SHOP),
            silent("nineteen", said(ERRORS, 0, sessions=19)),
            silent("a preview", said(ERRORS, 0, sessions=20, own_origin=False)),
        ),
    ),
    Rule(
        "cors.add-to-cart",
        when=_errors("cors", _OWN, BrowserErrors.blocks_cart == True).at_least(20, within=minutes(15)),  # noqa: E712
        then=supports(CORS, STRONG, family="browser", severity=Severity.SEV1),
        why="Browsers refused to add to the cart in twenty sessions within a quarter of an hour.",
        examples=(
            fires("twenty", said(ERRORS, 0, sessions=20, blocks_cart=True), for_=SHOP),
            silent("nineteen", said(ERRORS, 0, sessions=19, blocks_cart=True)),
        ),
    ),
    Rule(
        "cors.probe",
        when=on(PreflightCheck, per=PreflightCheck.merchant)
        .fits(PreflightCheck.allowed == False)  # noqa: E712
        .runs(2, of=2, within=hours(1)),
        then=supports(CORS, MEDIUM, family="probe"),
        why="The commerce API turned the production origin away twice in a row.",
        examples=(
            fires("twice", said(PREFLIGHT, 0, allowed=False), said(PREFLIGHT, 300, allowed=False), for_=SHOP),
            silent("once", said(PREFLIGHT, 0), said(PREFLIGHT, 300, allowed=False)),
        ),
    ),
    Rule(
        "cors.browser-side-only",
        when=on(BrowserCalls, per=BrowserCalls.merchant, weight=BrowserCalls.calls).share(
            BrowserCalls.failed == True,  # noqa: E712
            at_least=percent(20),
            floor=20,
            within=minutes(15),
        )
        & mostly(_SERVED, HttpRequest.status < 400, at_least=percent(95), floor=20, within=minutes(15)),
        then=supports(CORS, MEDIUM, family="browser-calls"),
        why="Calls from browsers fail while the pages that the server makes are well.",
        examples=(
            fires(
                "20 of 100",
                *burst(20, view(0)),
                said(CALLED, 20, calls=80),
                said(CALLED, 21, calls=20, failed=True),
                for_=SHOP,
            ),
            silent(
                "19 of 100", *burst(20, view(0)), said(CALLED, 20, calls=81), said(CALLED, 21, calls=19, failed=True)
            ),
            silent(
                "pages fail too",
                *burst(20, view(0, 503)),
                said(CALLED, 20, calls=80),
                said(CALLED, 21, calls=20, failed=True),
            ),
        ),
    ),
    Rule(
        "cors.other-origins",
        when=mostly(
            on(BrowserErrors, _CORS, per=BrowserErrors.merchant, weight=BrowserErrors.sessions),
            BrowserErrors.own_origin == False,  # noqa: E712
            at_least=percent(80),
            floor=20,
            within=minutes(5),
        ),
        then=refutes(CORS, 150, family="origins"),
        why="Most of it happens on previews or on sites that are not the shop's.",
        examples=(
            fires("80 of 100", said(ERRORS, 0, sessions=20), said(ERRORS, 1, sessions=80, own_origin=False), for_=SHOP),
            silent("79 of 100", said(ERRORS, 0, sessions=21), said(ERRORS, 1, sessions=79, own_origin=False)),
        ),
    ),
    Rule(
        "csp.reports",
        when=_MANY_REPORTS,
        then=supports(CSP, STRONG, family="reports"),
        why="Browsers of fifty sessions blocked a host that the shop needs within half an hour.",
        examples=(
            fires("fifty", _NEEDED, said(CSP_REPORTS, 0, sessions=50), for_=SHOP),
            silent("forty-nine", _NEEDED, said(CSP_REPORTS, 0, sessions=49)),
            silent("a host that nobody needs", _NEEDED, said(CSP_REPORTS, 0, sessions=50, host="x.example")),
        ),
    ),
    Rule(
        "csp.payment",
        when=_errors("csp", BrowserErrors.blocks_payment == True).at_least(10, within=minutes(15)),  # noqa: E712
        then=supports(CSP, STRONG, family="browser", severity=Severity.SEV1),
        why="The policy blocked payment in ten sessions within a quarter of an hour.",
        examples=(
            fires("ten", said(ERRORS, 0, code="csp", sessions=10, blocks_payment=True), for_=SHOP),
            silent("nine", said(ERRORS, 0, code="csp", sessions=9, blocks_payment=True)),
            silent("something else", said(ERRORS, 0, code="csp", sessions=10, blocks_payment=False)),
        ),
    ),
    Rule(
        "csp.tags-fell",
        when=fallen(_TAGS, percent(50)) & orders_as_usual(minutes(60)),
        then=supports(CSP, MEDIUM, family="tags"),
        why="Tags receive at most half of the usual events while orders are as usual.",
        examples=(
            fires("50 for 100", *_TAG_WEEKS, said(PIXELS, 0, events=50), *burst(10, order(0)), for_=SHOP),
            silent("51 for 100", *_TAG_WEEKS, said(PIXELS, 0, events=51), *burst(10, order(0))),
            silent("orders fell too", *_TAG_WEEKS, said(PIXELS, 0, events=50), *burst(7, order(0))),
        ),
    ),
    Rule(
        # The same as with tags, where purchases tell it and nothing is known of what is usual.
        "csp.purchases-lost",
        when=_MANY_REPORTS & known(ANALYTICS, at_least_points=STRONG),
        then=supports(CSP, MEDIUM, family="tags"),
        why="Browsers of fifty sessions blocked a host that the shop needs, and purchases are not tracked any more.",
        examples=(
            fires("30 orders, one tracked", *_BLOCKED, _ONE_TRACKED, *burst(30, order(1), order_id="o"), for_=SHOP),
            silent("29 orders", *_BLOCKED, _ONE_TRACKED, *burst(29, order(1), order_id="o")),
            silent("nothing is blocked", _NEEDED, _ONE_TRACKED, *burst(30, order(1), order_id="o")),
        ),
    ),
    Rule(
        "csp.payment-hosts",
        when=on(
            CspReports,
            _OF_A_PAYER,
            ~_MEASURES,
            CspReports.report_only == False,  # noqa: E712
            CspReports.foreign == False,  # noqa: E712
            per=CspReports.merchant,
            weight=CspReports.sessions,
        ).at_least(10, within=minutes(15)),
        then=supports(CSP, STRONG, family="reports", severity=Severity.SEV1),
        why="Browsers of ten sessions blocked a payment provider's script within a quarter of an hour.",
        revision=2,
        examples=(
            fires("ten", said(CSP_REPORTS, 0, sessions=10, host="js.stripe.com"), for_=SHOP),
            silent("nine", said(CSP_REPORTS, 0, sessions=9, host="js.stripe.com")),
            silent("no payment", said(CSP_REPORTS, 0, sessions=10, host="tags.example")),
            silent("only reported", said(CSP_REPORTS, 0, sessions=10, host="js.stripe.com", report_only=True)),
            fires("a provider of that name", said(CSP_REPORTS, 0, sessions=10, host="js.checkout.com"), for_=SHOP),
            fires("in Britain", said(CSP_REPORTS, 0, sessions=10, host="www.paypal.co.uk"), for_=SHOP),
            silent("the shop's own checkout", said(CSP_REPORTS, 0, sessions=10, host="checkout.mugs.example")),
            silent("a measure of checkouts", said(CSP_REPORTS, 0, sessions=10, host="checkout.metrics.example")),
            silent("another's host of that name", said(CSP_REPORTS, 0, sessions=10, host="stripe.tags.example")),
            silent("what a provider measures", said(CSP_REPORTS, 0, sessions=10, host="b.stats.paypal.com")),
        ),
    ),
    Rule(
        "csp.report-only",
        when=mostly(_ALL_REPORTS, CspReports.report_only == True, at_least=percent(95), floor=20, within=minutes(5)),  # noqa: E712
        then=refutes(CSP, 150, family="report-only"),
        why="The policy only reports and blocks nothing.",
        examples=(
            fires("19 of 20", said(CSP_REPORTS, 0), said(CSP_REPORTS, 1, sessions=19, report_only=True), for_=SHOP),
            silent("18 of 20", said(CSP_REPORTS, 0, sessions=2), said(CSP_REPORTS, 1, sessions=18, report_only=True)),
        ),
    ),
    Rule(
        "csp.extensions",
        # Where it is known which hosts the shop needs, what else is blocked says nothing about them.
        when=mostly(_ALL_REPORTS, CspReports.foreign == True, at_least=percent(80), floor=20, within=minutes(5))  # noqa: E712
        & ~given(ShopSetup, ShopSetup.required_hosts.present(), per=ShopSetup.merchant),
        then=refutes(CSP, 150, family="extensions"),
        why="Most of what was blocked belongs to extensions or malware.",
        examples=(
            silent(
                "the shop has named its hosts",
                _NEEDED,
                said(CSP_REPORTS, 0, sessions=4),
                said(CSP_REPORTS, 1, sessions=16, foreign=True),
            ),
            fires(
                "16 of 20", said(CSP_REPORTS, 0, sessions=4), said(CSP_REPORTS, 1, sessions=16, foreign=True), for_=SHOP
            ),
            silent("15 of 20", said(CSP_REPORTS, 0, sessions=5), said(CSP_REPORTS, 1, sessions=15, foreign=True)),
        ),
    ),
    Rule(
        "csp.extensions-ask",
        when=mostly(
            on(CspReports, _OF_NEEDED, per=CspReports.merchant, weight=CspReports.sessions),
            CspReports.foreign == True,  # noqa: E712
            at_least=percent(80),
            floor=20,
            within=minutes(5),
        ),
        then=refutes(CSP, 150, family="extensions"),
        why="It was extensions that asked for most of what was blocked of the hosts that the shop needs.",
        examples=(
            fires(
                "16 of 20",
                _NEEDED,
                said(CSP_REPORTS, 0, sessions=4),
                said(CSP_REPORTS, 1, sessions=16, foreign=True),
                for_=SHOP,
            ),
            silent(
                "15 of 20",
                _NEEDED,
                said(CSP_REPORTS, 0, sessions=5),
                said(CSP_REPORTS, 1, sessions=15, foreign=True),
            ),
            silent(
                "other hosts",
                _NEEDED,
                said(CSP_REPORTS, 0, sessions=4),
                said(CSP_REPORTS, 1, sessions=96, foreign=True, host="x.example"),
            ),
        ),
    ),
    Rule(
        # Anybody can send such reports, so what else happened weighs as much as they do.
        "csp.reports-after-release",
        when=_MANY_REPORTS.after(on(Deploy, per=Deploy.merchant), within=hours(24)),
        then=supports(CSP, MEDIUM, family="change"),
        why="Browsers of fifty sessions blocked a host that the shop needs, within a day of a release.",
        examples=(
            fires("after it", _NEEDED, deploy(-60), said(CSP_REPORTS, 0, sessions=50), for_=SHOP),
            silent("before it", _NEEDED, said(CSP_REPORTS, 0, sessions=50), deploy(60)),
            silent("no release", _NEEDED, said(CSP_REPORTS, 0, sessions=50)),
            silent("forty-nine", _NEEDED, deploy(-60), said(CSP_REPORTS, 0, sessions=49)),
        ),
    ),
)
