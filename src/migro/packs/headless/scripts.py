"""Scripts in the page: parts that do not match, and third parties that do not load."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    holding,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .browser import CSP, HYDRATION
from .browser_signals import BrowserErrors, Clicks, ResourceLoads
from .check_signals import WidgetCheck
from .operations_signals import Change
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .shop_witnesses import fallen, mostly, sessions, still
from .signals import Deploy
from .specimens import SHOP, burst, deploy, ticket
from .specimens_operations import CHANGE, said
from .specimens_shop import CLICKS, CSP_REPORTS, ERRORS, RESOURCES, SESSIONS, SETUP, WIDGET, weekly
from .witnesses import tickets, usual_of

__all__ = ["RULES", "THIRD_PARTY"]

THIRD_PARTY = IssueKind[MerchantId](
    "third_party_script_failure",
    category="frontend_mismatch",
    title="A third party's widget or script does not load",
    what="Reviews, search, chat, consent or payment scripts are down or slow, or knew the hosted theme only.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("hosts of the scripts, share of loads that fail, link to the vendor's status page"),
        dashboard(),
        draft_reply(
            "A service that your storefront includes has not loaded for many visitors since {first_seen}. The report"
            " names it; its vendor's status page is linked."
        ),
    ),
    human_only=("remove or replace the script",),
    false_positives="Ad blockers make 5 to 15 % of such loads fail everywhere.",
    related=(
        "csp_blocking_scripts",
        "hydration_mismatch",
        "web_performance_regression",
        "platform_incident_systemic",
    ),
    harm="Those who use the feature miss it; gravest when it is the payment script.",
    sources=cited("HYD-CHG", "PB-SBD", "J"),
    causes=(
        "analytics_pixel_loss",
        "web_performance_regression",
    ),
    lag=hours(4),
)

_H = minutes(30)
_HYDRATION: Pred[BrowserErrors] = BrowserErrors.code == "hydration"
_MISMATCHED = on(BrowserErrors, _HYDRATION, per=BrowserErrors.merchant, weight=BrowserErrors.sessions)
_SHARE = _MISMATCHED.count(within=_H).per(sessions().count(within=_H), floor=200)
_CLICKED = on(Clicks, Clicks.control == "add_to_cart", per=Clicks.merchant)
_ANSWERED = _CLICKED.total(Clicks.requests, within=_H).per(_CLICKED.total(Clicks.clicks, within=_H), floor=20)
_PUBLISHED = on(Change, Change.what.one_of("tag_publish", "theme_publish"), per=Change.merchant)
_LOADED = on(ResourceLoads, per=(ResourceLoads.merchant, ResourceLoads.party))
_PAYMENT_LOADED = on(ResourceLoads, ResourceLoads.payment == True, per=(ResourceLoads.merchant, ResourceLoads.party))  # noqa: E712
_Q = minutes(15)
_FAILING = _LOADED.total(ResourceLoads.failed, within=_Q).per(
    _LOADED.total(ResourceLoads.loads, within=_Q), floor=100
) >= percent(20)
_PAYMENT_FAILING = _PAYMENT_LOADED.total(ResourceLoads.failed, within=_Q).per(
    _PAYMENT_LOADED.total(ResourceLoads.loads, within=_Q), floor=100
) >= percent(20)
_SLOW = _LOADED.quantile(percent(75), ResourceLoads.long_task_ms, within=_Q) >= 200
_GONE = (
    on(WidgetCheck, WidgetCheck.showed_before == True, per=(WidgetCheck.merchant, WidgetCheck.widget))  # noqa: E712
    .fits(WidgetCheck.shows == False)  # noqa: E712
    .runs(3, of=3, within=hours(3))
)

_MANY = said(SESSIONS, -60, sessions=500)
_TEN = said(ERRORS, 0, code="hydration", sessions=10)
_NINE = said(ERRORS, 0, code="hydration", sessions=9)
_CLICK_WEEKS = weekly(said(CLICKS, 0))
_FELL = said(CLICKS, 5, requests=80)
_STAYED = said(CLICKS, 5, requests=81)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "hydration.dead-buttons",
        when=(_SHARE >= percent(2)) & fallen(_ANSWERED, percent(80)),  # noqa: SIM300
        then=supports(HYDRATION, STRONG, family="browser", severity=Severity.SEV2),
        why="Pages mismatch in at least 2 % of sessions, and clicks on add to cart lead to a fifth fewer requests.",
        examples=(
            fires("80 for 100", *_CLICK_WEEKS, _MANY, _FELL, _TEN, for_=SHOP),
            silent("81 for 100", *_CLICK_WEEKS, _MANY, _STAYED, _TEN),
            silent("9 of 500", *_CLICK_WEEKS, _MANY, _FELL, _NINE),
        ),
    ),
    Rule(
        "hydration.share",
        when=_SHARE >= percent(2),  # noqa: SIM300
        then=supports(HYDRATION, MEDIUM, family="browser"),
        why="Pages of server and browser differ in at least 2 % of sessions within half an hour.",
        examples=(
            fires("10 of 500", _MANY, _TEN, for_=SHOP),
            silent("9 of 500", _MANY, _NINE),
            silent("199 sessions", said(SESSIONS, -60, sessions=199), _TEN),
        ),
    ),
    Rule(
        "hydration.after-publish",
        when=(_SHARE >= percent(2)).after(_PUBLISHED, within=minutes(60)),  # noqa: SIM300
        then=supports(HYDRATION, MEDIUM, family="change"),
        why="Pages mismatch within an hour after tags or a theme were published.",
        examples=(
            fires("after", said(CHANGE, -90, what="tag_publish"), _MANY, _TEN, for_=SHOP),
            silent("before", _MANY, _TEN, said(CHANGE, 90, what="tag_publish")),
            silent("more than an hour ago", said(CHANGE, -3_601, what="tag_publish"), _MANY, _TEN),
        ),
    ),
    Rule(
        "hydration.after-deploy",
        when=(_SHARE >= percent(2)).after(on(Deploy, per=Deploy.merchant), within=minutes(60)),  # noqa: SIM300
        then=supports(HYDRATION, MEDIUM, family="change"),
        why="Pages mismatch within an hour after a release.",
        examples=(
            fires("after", deploy(-90), _MANY, _TEN, for_=SHOP),
            silent("before", _MANY, _TEN, deploy(90)),
        ),
    ),
    Rule(
        "hydration.altered-pages",
        when=mostly(_MISMATCHED, BrowserErrors.altered == True, at_least=percent(80), floor=10, within=minutes(5)),  # noqa: E712
        then=refutes(HYDRATION, 60, family="altered"),
        why="Most of it happens on pages that a translation or an extension has changed.",
        examples=(
            fires(
                "8 of 10",
                said(ERRORS, 0, code="hydration", sessions=2, altered=False),
                said(ERRORS, 1, code="hydration", sessions=8, altered=True),
                for_=SHOP,
            ),
            silent(
                "7 of 10",
                said(ERRORS, 0, code="hydration", sessions=3, altered=False),
                said(ERRORS, 1, code="hydration", sessions=7, altered=True),
            ),
        ),
    ),
    Rule(
        "hydration.recovered",
        when=mostly(_MISMATCHED, BrowserErrors.recovered == True, at_least=percent(95), floor=10, within=minutes(5))  # noqa: E712
        & still(_ANSWERED >= percent(95) * usual_of(_ANSWERED)),  # noqa: SIM300
        then=refutes(HYDRATION, 150, family="recovered"),
        why="The pages were drawn again and went on, and clicks lead to requests as usual.",
        examples=(
            fires(
                "as usual",
                *_CLICK_WEEKS,
                said(CLICKS, 0, requests=95),
                said(ERRORS, 1, code="hydration", sessions=10, recovered=True),
                for_=SHOP,
            ),
            silent(
                "fewer requests",
                *_CLICK_WEEKS,
                said(CLICKS, 0, requests=94),
                said(ERRORS, 1, code="hydration", sessions=10, recovered=True),
            ),
        ),
    ),
    Rule(
        "third-party.loads",
        when=holding(_FAILING, per=ResourceLoads.merchant, within=_Q) >= 1,
        then=supports(THIRD_PARTY, STRONG, family="browser"),
        why="At least 20 % of the loads from a third party failed within a quarter of an hour.",
        examples=(
            fires("20 of 100", said(RESOURCES, 0, failed=20), for_=SHOP),
            silent("19 of 100", said(RESOURCES, 0, failed=19)),
            silent("99 loads", said(RESOURCES, 0, loads=99, failed=99)),
        ),
    ),
    Rule(
        "third-party.payment",
        when=holding(_PAYMENT_FAILING, per=ResourceLoads.merchant, within=_Q) >= 1,
        then=supports(THIRD_PARTY, STRONG, family="browser", severity=Severity.SEV1),
        why="At least 20 % of the loads of a payment script failed within a quarter of an hour.",
        examples=(
            fires("20 of 100", said(RESOURCES, 0, failed=20, payment=True), for_=SHOP),
            silent("another script", said(RESOURCES, 0, failed=20, payment=False)),
        ),
    ),
    Rule(
        "third-party.widget",
        when=holding(_GONE, per=WidgetCheck.merchant, within=hours(3)) >= 1,
        then=supports(THIRD_PARTY, MEDIUM, family="probe"),
        why="A widget that the old shop showed was missing three times in a row.",
        examples=(
            fires("three times", *burst(3, said(WIDGET, 0, shows=False), every=600), for_=SHOP),
            silent("twice", *burst(2, said(WIDGET, 0, shows=False), every=600)),
            silent("never there", *burst(3, said(WIDGET, 0, shows=False, showed_before=False), every=600)),
        ),
    ),
    Rule(
        "third-party.long-tasks",
        when=holding(_SLOW, per=ResourceLoads.merchant, within=_Q) >= 1,
        then=supports(THIRD_PARTY, MEDIUM, family="tasks"),
        why="A quarter of the visitors wait 200 ms or longer for a third party's script.",
        examples=(
            fires("200 ms", said(RESOURCES, 0, long_task_ms=200), for_=SHOP),
            silent("199 ms", said(RESOURCES, 0, long_task_ms=199)),
        ),
    ),
    Rule(
        "third-party.tickets",
        when=tickets("mentions.widget_missing", people=1, within=hours(24)),
        then=supports(THIRD_PARTY, WEAK, family="tickets"),
        why="Somebody wrote that reviews, chat or points are missing.",
        examples=(
            fires("one", ticket(0, "mentions.widget_missing"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "third-party.blocked",
        when=known(CSP, at_least_points=STRONG),
        then=refutes(THIRD_PARTY, 150, family="policy"),
        why="The shop's own policy blocks it.",
        examples=(
            fires(
                "blocked",
                said(SETUP, -60, required_hosts=frozenset({"pay.example"})),
                said(CSP_REPORTS, 0, sessions=50),
                for_=SHOP,
            ),
            silent(
                "not blocked",
                said(SETUP, -60, required_hosts=frozenset({"pay.example"})),
                said(CSP_REPORTS, 0, sessions=49),
            ),
        ),
    ),
)
