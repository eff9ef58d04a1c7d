"""Storefront and platform do not fit, second part: what browsers and search engines meet."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    PerDay,
    Rule,
    SeverityScale,
    fires,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .checkout import SERVER_ERRORS
from .planning_signals import ShopMoney
from .references import cited
from .responses import dashboard, draft_reply, notify, operators, report
from .signals import ErrorIssue, HttpRequest
from .specimens import SHOP, burst, deploy, error, page, request, ticket
from .stakes import at_stake
from .witnesses import LIVE_ERROR, coded_error, deploy_within, tickets

__all__ = ["ANALYTICS", "CORS", "CSP", "HYDRATION", "IMAGES", "REDIRECTS", "RULES"]

CORS = IssueKind[MerchantId](
    "cors_blocked",
    category="frontend_mismatch",
    title="Browsers refuse the storefront's calls",
    what="The new domain is not among the origins that the commerce API lets in.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        *operators("origin, host that was called, preflight answers"),
        draft_reply(
            "Browsers may not call your commerce API from the new storefront. Please add its exact origin, with scheme"
            " and without a slash at the end, to the allowed ones; the report names it."
        ),
    ),
    human_only=("change the allowed origins",),
    false_positives="Browsers report a server error without the right headers as a refused origin.",
    related=("storefront_token_expired", "csp_blocking_scripts", "domain_split_brain", "deploy_regression"),
    harm="Whatever the browser itself fetches does not work; gravest when that is adding to the cart.",
    sources=cited("MED-5560", "MED-5937", "SALSF-516", "BC-AUTHDOC", "WOO-3815"),
)

CSP = IssueKind[MerchantId](
    "csp_blocking_scripts",
    category="frontend_mismatch",
    title="The security policy blocks scripts that the shop needs",
    what="A new content security policy keeps payment, tag or chat scripts from loading.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("directives and blocked hosts"),
        draft_reply(
            "The security policy of your storefront blocks a script. The report names the directive and the host to"
            " add; whether to add it is your decision."
        ),
    ),
    human_only=("change the policy",),
    false_positives="Most such reports come from browser extensions.",
    related=("third_party_script_failure", "analytics_pixel_loss", "express_wallet_missing", "hydration_mismatch"),
    harm="Payment cannot begin if its script is blocked, which is gravest; with a tag only the figures suffer.",
    sources=cited("HYD-CSP", "KLAV-70", "HYD-CHG"),
    causes=(
        "analytics_pixel_loss",
        "express_wallet_missing",
        "third_party_script_failure",
    ),
    lag=hours(4),
)

HYDRATION = IssueKind[MerchantId](
    "hydration_mismatch",
    category="frontend_mismatch",
    title="Pages of server and browser differ",
    what="What the server rendered is not what the browser expects; parts are drawn again and buttons may die.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("template, release, number of users"),
        dashboard(),
        draft_reply(
            "Since {first_seen} some pages of your storefront are built differently on the server and in the browser,"
            " and parts of them may not react. The templates and the release are in the report for your developers."
        ),
    ),
    human_only=("fix the page", "roll back", "remove a tag"),
    false_positives="Translation by the browser and extensions change pages too, and many of these errors hurt nobody.",
    related=("deploy_regression", "third_party_script_failure", "web_performance_regression", "csp_blocking_scripts"),
    harm="Often nobody notices; graver where clicks on buttons lead to nothing and fewer people buy.",
    sources=cited("REACT-32763", "HYD-CHG", "LIBRE-707"),
)

IMAGES = IssueKind[MerchantId](
    "image_host_blocked",
    category="frontend_mismatch",
    title="Pictures are broken on the new storefront",
    what="The host of the pictures is not allowed, the optimiser's quota is used up, or the old store of files is off.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("hosts and statuses of failing pictures"),
        draft_reply(
            "Pictures fail to load on your storefront since {first_seen}. The report names their host; it has to be"
            " allowed in the storefront's configuration."
        ),
    ),
    human_only=("change the configuration", "raise the quota"),
    false_positives="Protection against hot links blocks probes that send no referrer, and nobody else.",
    related=("deploy_regression", "cdn_origin_unreachable", "web_performance_regression"),
    harm="Products without pictures sell worse; graver when that is most of them.",
    sources=cited("NEXT-IMG", "J"),
)

REDIRECTS = IssueKind[MerchantId](
    "seo_redirect_404_spike",
    category="frontend_mismatch",
    title="Addresses of the old shop are not found",
    what="The list of redirects is incomplete, so links from search, mails and ads end in page not found.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=at_stake(
        PerDay(
            "visits to old addresses",
            # By the hour, so that no more has to be kept.
            sessions=24
            * on(
                HttpRequest,
                HttpRequest.method == "GET",
                HttpRequest.legacy == True,  # noqa: E712
                HttpRequest.status.one_of(404, 410),
                HttpRequest.bot == False,  # noqa: E712
                per=HttpRequest.merchant,
                weight=HttpRequest.requests,
            ).count(within=hours(1)),
        )
    ),
    responses=(
        notify("operators"),
        report("addresses most asked for, each with a proposed target"),
        dashboard(),
        draft_reply(
            "Many addresses of your old shop are not found any more. The attached list proposes a target for each;"
            " please approve it or correct it."
        ),
    ),
    human_only=("add redirects",),
    false_positives="Scans for weak spots ask for paths that never existed; sending everything home hides the fault.",
    related=(
        "indexing_directives_wrong",
        "catalogue_not_published_to_channel",
        "email_links_old_domain",
        "dns_tls_cutover_failure",
    ),
    harm=(
        "Visitors from search engines and paid links end nowhere, and rankings fall with every day; graver for"
        " the most visited addresses."
    ),
    sources=cited("HYD-REDIR", "HYD-CHG", "PB-SBD", "PB-CLI", "NUXTSEO"),
)

ANALYTICS = IssueKind[MerchantId](
    "analytics_pixel_loss",
    category="frontend_mismatch",
    title="Analytics or pixels lose events",
    what="A missing shop id, an uninitialised consent API or a cookie that stays behind loses or doubles events.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=at_stake(PerDay("advertising", told=fact(ShopMoney.ads_minor_per_day), share=percent(20))),
    responses=(
        notify("operators"),
        report("messages of the storefront, number of users"),
        draft_reply(
            "Since {first_seen} your tracking sees fewer, more or other purchases than your shop has orders; the report"
            " compares the two. Please do not steer budgets by these figures until it is repaired."
        ),
    ),
    human_only=("change tags", "change consent or cookie settings"),
    false_positives="Ad blockers lose some events everywhere; a new consent banner changes counts on purpose.",
    related=(
        "csp_blocking_scripts",
        "third_party_script_failure",
        "session_not_carried_to_checkout",
        "platform_incident_systemic",
    ),
    harm=("No order is lost, but advertising is steered by wrong figures; about a fifth of what it costs is at risk."),
    sources=cited("HYD-3615", "HYD-3467", "HYD-925", "HYD-1896", "WEAV-388", "HYD-ANA", "HYD-CHG"),
    about=("tracking",),
)

_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_PAGES = on(
    HttpRequest,
    HttpRequest.method == "GET",
    HttpRequest.route_class.one_of("home", "other", "pdp", "plp", "search"),
    _SHOPPER,
    ~HttpRequest.features.has("request.scan"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_PICTURES = on(
    HttpRequest,
    HttpRequest.route.matches(r"^/(_next|:x|cdn)/image(/|$)"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_PREFLIGHTS = on(
    HttpRequest, HttpRequest.method == "OPTIONS", _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests
)
_NEW_HYDRATION = on(
    ErrorIssue, ErrorIssue.code == "hydration", LIVE_ERROR, ErrorIssue.users >= 20, per=ErrorIssue.merchant
)
_PICTURE: dict[str, Any] = {"route_class": "asset", "route": "/:x/image"}
_PREFLIGHT: dict[str, Any] = {"method": "OPTIONS", "route_class": "api"}

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "cors.error",
        when=coded_error("cors", events=40, users=20),
        then=supports(CORS, STRONG, family="error-tracker"),
        why="The browsers of at least twenty shoppers refused a call.",
        examples=(
            fires("twenty users", error(0, code="cors", users=20), for_=SHOP),
            silent("nineteen users", error(0, code="cors", users=19, events=39)),
        ),
    ),
    Rule(
        "cors.preflights",
        when=_PREFLIGHTS.share(HttpRequest.status >= 400, at_least=percent(50), floor=10, within=minutes(15)),
        then=supports(CORS, MEDIUM, family="http"),
        why="Most preflight requests of browsers were refused within a quarter of an hour.",
        examples=(
            fires("10 of 10", *burst(10, request(0, 403, **_PREFLIGHT)), for_=SHOP),
            silent("9 of 9", *burst(9, request(0, 403, **_PREFLIGHT))),
            silent("5 of 10", *burst(5, request(0, 204, **_PREFLIGHT)), *burst(5, request(9, 403, **_PREFLIGHT))),
        ),
    ),
    Rule(
        "cors.server-errors",
        when=known(SERVER_ERRORS, at_least_points=STRONG),
        then=refutes(CORS, 60, family="server-errors"),
        why="Server errors are under way, and browsers report those as refused origins.",
        examples=(
            fires("checkout fails", *burst(17, request()), *burst(3, request(30, 500)), for_=SHOP),
            silent("checkout is well", *burst(20, request())),
        ),
    ),
    Rule(
        "csp.error",
        when=coded_error("csp", events=20, users=10),
        then=supports(CSP, STRONG, family="error-tracker"),
        why="The policy blocked something for at least ten shoppers.",
        examples=(
            fires("ten users", error(0, code="csp", users=10), for_=SHOP),
            silent("nine users", error(0, code="csp", users=9, events=19)),
        ),
    ),
    Rule(
        "csp.after-release",
        when=coded_error("csp", events=20, users=10) & deploy_within(hours(24)),
        then=supports(CSP, MEDIUM, family="change"),
        why="The policy blocks something within a day of a release.",
        examples=(
            fires("after a release", deploy(0), error(60, code="csp", users=10), for_=SHOP),
            silent("no release", error(60, code="csp", users=10)),
            silent("nine users", deploy(0), error(60, code="csp", users=9)),
        ),
    ),
    Rule(
        "hydration.error",
        when=_NEW_HYDRATION,
        then=supports(HYDRATION, MEDIUM, family="error-tracker"),
        why="Hydration errors reached at least twenty users.",
        examples=(
            fires("twenty users", error(0, code="hydration", users=20), for_=SHOP),
            silent("nineteen users", error(0, code="hydration", users=19)),
            silent("ignored in the tracker", error(0, code="hydration", users=20, action="ignored")),
        ),
    ),
    Rule(
        "hydration.after-release",
        when=_NEW_HYDRATION & deploy_within(minutes(60)),
        then=supports(HYDRATION, MEDIUM, family="change"),
        why="Hydration errors reached twenty users within an hour of a release.",
        examples=(
            fires("after a release", deploy(0), error(60, code="hydration", users=20), for_=SHOP),
            silent("no release", error(60, code="hydration", users=20)),
            silent("nineteen users", deploy(0), error(60, code="hydration", users=19)),
        ),
    ),
    Rule(
        "image.host",
        when=coded_error("image.host", events=1, users=1),
        then=supports(IMAGES, STRONG, family="error-tracker"),
        why="The storefront says that a host of pictures is not configured.",
        examples=(
            fires("once", error(0, code="image.host", events=1), for_=SHOP),
            silent("another code", error(0, code="hydration", events=1)),
        ),
    ),
    Rule(
        "image.error-share",
        when=_PICTURES.share(
            HttpRequest.status.one_of(400, 402, 403, 404), at_least=percent(10), floor=100, within=minutes(15)
        ),
        then=supports(IMAGES, STRONG, family="http"),
        why="At least 10 % of a hundred pictures were refused or not found within a quarter of an hour.",
        examples=(
            fires("10 of 100", *burst(90, page(**_PICTURE)), *burst(10, page(90, 402, **_PICTURE)), for_=SHOP),
            silent("9 of 100", *burst(91, page(**_PICTURE)), *burst(9, page(91, 402, **_PICTURE))),
            silent("99 pictures", *burst(89, page(**_PICTURE)), *burst(10, page(89, 402, **_PICTURE))),
        ),
    ),
    Rule(
        # Without a baseline from before the cutover a moderate share counts one class less.
        "redirect.404-share",
        when=_PAGES.share(HttpRequest.status == 404, at_least=percent(5), floor=500, within=minutes(60)),
        then=supports(REDIRECTS, MEDIUM, family="http"),
        why="At least 5 % of five hundred page views ended in page not found within an hour.",
        examples=(
            fires("25 of 500", *burst(475, page()), *burst(25, page(500, 404)), for_=SHOP),
            silent("24 of 500", *burst(476, page()), *burst(24, page(500, 404))),
            silent("499 views", *burst(474, page()), *burst(25, page(500, 404))),
            silent("scanners", *burst(475, page()), *burst(25, page(500, 404, bot=True))),
            silent(
                "scanners that pass for browsers",
                *burst(475, page()),
                *burst(25, page(500, 404, features=frozenset({"request.scan"}))),
            ),
        ),
    ),
    Rule(
        "redirect.404-many",
        when=_PAGES.share(HttpRequest.status == 404, at_least=percent(15), floor=500, within=minutes(60)),
        then=supports(REDIRECTS, STRONG, family="http"),
        why="At least 15 % of five hundred page views ended in page not found within an hour.",
        examples=(
            fires("75 of 500", *burst(425, page()), *burst(75, page(500, 404)), for_=SHOP),
            silent("74 of 500", *burst(426, page()), *burst(74, page(500, 404))),
        ),
    ),
    Rule(
        "redirect.lookup",
        when=coded_error("redirect.lookup", events=5, users=5),
        then=supports(REDIRECTS, MEDIUM, family="error-tracker"),
        why="The storefront could not look up redirects at least five times.",
        examples=(
            fires("five", error(0, code="redirect.lookup", events=5), for_=SHOP),
            silent("four", error(0, code="redirect.lookup", events=4)),
        ),
    ),
    Rule(
        "redirect.tickets",
        when=tickets("intent.seo_drop", people=1, within=hours(24)),
        then=supports(REDIRECTS, WEAK, family="tickets"),
        why="Somebody wrote that visits from search fell.",
        examples=(
            fires("one", ticket(0, "intent.seo_drop"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "analytics.config",
        when=coded_error("analytics.config", events=1, users=1),
        then=supports(ANALYTICS, STRONG, family="error-tracker"),
        why="The storefront says that its analytics are not set up.",
        examples=(
            fires("once", error(0, code="analytics.config", events=1), for_=SHOP),
            silent("another code", error(0, code="hydration", events=1)),
        ),
    ),
    Rule(
        "analytics.tickets",
        when=tickets("intent.tracking_pixel", people=1, within=hours(24)),
        then=supports(ANALYTICS, WEAK, family="tickets"),
        why="Somebody wrote that tracking is wrong.",
        examples=(
            fires("one", ticket(0, "intent.tracking_pixel"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
)
