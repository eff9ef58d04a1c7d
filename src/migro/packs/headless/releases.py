"""Releases: what began with a change, and variables that a release forgot."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, fact, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    before,
    fires,
    greatest,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .browser import HYDRATION
from .checkout import SERVER_ERRORS, SYMPTOMS
from .frontend import DEPLOY_REGRESSION
from .operations_signals import Change
from .references import cited
from .responses import draft_reply, notify, page, report
from .shop_witnesses import calls, mostly, newest
from .signals import Deploy, HttpRequest
from .specimens import SHOP, alert, burst, deploy, error, request
from .specimens import page as view
from .specimens_operations import CHANGE, said
from .specimens_shop import FAULT, PEERS, RELEASE_TRAFFIC, SETUP, STOREFRONT_CALLS
from .storefront_signals import Fault, ReleaseTraffic, ShopSetup, StorefrontCalls
from .visitor_signals import PeerReport
from .witnesses import brought_by

__all__ = ["MISSING_VARIABLE", "RULES"]

MISSING_VARIABLE = IssueKind[MerchantId](
    "env_var_missing_after_deploy",
    category="frontend_mismatch",
    title="A release misses a variable or has a wrong one",
    what="A variable exists in preview and not in production, or the other way round, or names another shop.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        page(),
        notify("operators"),
        report("name of the variable, never its value; release, what fails since"),
        draft_reply(
            "Since your last release a variable is missing in production. The report gives its name; after it is set,"
            " the storefront has to be deployed again."
        ),
    ),
    human_only=("set the variable", "deploy again"),
    false_positives="Variables that are read while building need a new build, not a restart; a build may only warn.",
    related=(
        "deploy_regression",
        "checkout_server_error_spike",
        "test_mode_in_production",
        "missing_access_scope",
    ),
    harm="As bad as the step that needs the variable, from a missing tag to a checkout that stands.",
    sources=cited("HYD-ANA", "VC-1350", "CAT-2889"),
    causes=(
        "checkout_server_error_spike",
        "missing_access_scope",
        "storefront_token_expired",
        "test_mode_in_production",
    ),
)

_DEPLOYED = on(Deploy, per=Deploy.merchant)
_NAMED: Pred[Fault] = Fault.code == "env.missing"
_NEW_NAME = on(Fault, _NAMED, Fault.subject.first_seen(horizon=days(28)), per=Fault.merchant)
_NEW_FAULT = on(Fault, Fault.fingerprint.first_seen(horizon=days(28)), Fault.stage != "build", per=Fault.merchant)
_W = minutes(10)
_IN_PRODUCTION: Pred[StorefrontCalls] = StorefrontCalls.env == "production"
_THERE = calls(~StorefrontCalls.host.among(fact(ShopSetup.api_hosts)), _IN_PRODUCTION)
_REQUESTS = on(HttpRequest, HttpRequest.bot == False, per=HttpRequest.merchant, weight=HttpRequest.requests)  # noqa: E712
_FAILED = on(
    HttpRequest,
    HttpRequest.bot == False,  # noqa: E712
    HttpRequest.status.between(500, 599),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_ERRORS = _FAILED.count(within=_W).per(_REQUESTS.count(within=_W), floor=20)
_CANARY = on(
    ReleaseTraffic, ReleaseTraffic.variant == "canary", per=ReleaseTraffic.merchant, weight=ReleaseTraffic.requests
)
_CONTROL = on(
    ReleaseTraffic, ReleaseTraffic.variant == "control", per=ReleaseTraffic.merchant, weight=ReleaseTraffic.requests
)


def _failing(variant: str) -> Measure[MerchantId]:
    return on(
        ReleaseTraffic,
        ReleaseTraffic.variant == variant,
        ReleaseTraffic.failed == True,  # noqa: E712
        per=ReleaseTraffic.merchant,
        weight=ReleaseTraffic.requests,
    ).count(within=minutes(30))


_CANARY_SHARE = _failing("canary").per(_CANARY.count(within=minutes(30)), floor=100)
_CONTROL_SHARE = _failing("control").per(_CONTROL.count(within=minutes(30)), floor=100)

_HOSTS = said(SETUP, -60, api_hosts=frozenset({"api.example"}))
_SPIKE = (*burst(17, request(60)), *burst(3, request(90, 500)))
_ALARM = alert(120, alertname="CheckoutErrorRateHigh")
_NEW_ERROR = error(120, route_class="cart", users=10)
_ALL_ROUTES = tuple(view(60 + i, 500, route_class=c) for i, c in enumerate(("home", "plp", "pdp", "cart")))


def _traffic(variant: str, failed: int, of: int = 1_000) -> tuple[ReleaseTraffic, ...]:
    return (
        said(RELEASE_TRAFFIC, 0, variant=variant, requests=of - failed),
        said(RELEASE_TRAFFIC, 1, variant=variant, requests=failed, failed=True),
    )


def _astray(n: int, **columns: Any) -> tuple[StorefrontCalls, ...]:
    """Return 200 calls, of which so many go to a host that is none of the shop's and are refused there."""
    own = said(STOREFRONT_CALLS, 50, host="api.example", calls=200 - n)
    refused: dict[str, Any] = {"failed": True, "status": 401, **columns}
    return (own, said(STOREFRONT_CALLS, 60, host="other.example", calls=n, **refused))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "env.new-name",
        when=_NEW_NAME.after(_DEPLOYED, within=minutes(30)),
        then=supports(MISSING_VARIABLE, STRONG, family="app-log"),
        why="Within half an hour after a release a variable was missed for the first time.",
        lasts=minutes(60),
        examples=(
            fires("after", deploy(0), said(FAULT, 1_800), for_=SHOP),
            silent("later", deploy(0), said(FAULT, 1_801)),
            silent("missed before", said(FAULT, -60), deploy(0), said(FAULT, 60)),
            silent("no release", said(FAULT, 60)),
        ),
    ),
    Rule(
        "env.other-host",
        when=_THERE,
        then=supports(MISSING_VARIABLE, MEDIUM, family="hosts"),
        why="The storefront calls a host that is not among the configured ones.",
        lasts=minutes(60),
        examples=(
            fires("another host", _HOSTS, said(STOREFRONT_CALLS, 0, host="other.example"), for_=SHOP),
            silent("its own", _HOSTS, said(STOREFRONT_CALLS, 0, host="api.example")),
            silent("nothing is configured", said(STOREFRONT_CALLS, 0, host="other.example")),
        ),
    ),
    Rule(
        "env.calls-go-elsewhere",
        # A host that is new on purpose answers; one that came in by mistake does not know who asks.
        when=_THERE.share(StorefrontCalls.failed == True, at_least=percent(50), floor=20, within=_W).after(  # noqa: E712
            _DEPLOYED, within=minutes(30)
        )
        & (_THERE.count(within=_W).per(calls(_IN_PRODUCTION).count(within=_W), floor=20) >= percent(50)),
        then=supports(MISSING_VARIABLE, STRONG, family="hosts"),
        why="After a release half of the calls go to a host that is none of the shop's, and half of those fail.",
        lasts=minutes(60),
        examples=(
            fires("100 of 200", _HOSTS, deploy(0), *_astray(100), for_=SHOP),
            silent("99 of 200", _HOSTS, deploy(0), *_astray(99)),
            silent("half an hour later", _HOSTS, deploy(-1_741), *_astray(100)),
            silent("they are answered", _HOSTS, deploy(0), *_astray(100, failed=False, status=200)),
            silent("nothing is configured", deploy(0), *_astray(100)),
        ),
    ),
    Rule(
        "env.all-routes",
        when=(_ERRORS >= greatest(percent(5), 3 * _ERRORS.baseline(before(_DEPLOYED, within=minutes(60)))))  # noqa: SIM300
        & (_FAILED.different(HttpRequest.route_class, within=_W) >= 4),
        then=supports(MISSING_VARIABLE, MEDIUM, family="http"),
        why="Since a release three times as many requests as before fail, in four classes of routes.",
        examples=(
            fires("four classes", *burst(20, view(-60)), deploy(0), *_ALL_ROUTES, for_=SHOP),
            silent(
                "three classes", *burst(20, view(-60)), deploy(0), *_ALL_ROUTES[:3], view(70, 500, route_class="pdp")
            ),
            silent("failed before", *burst(16, view(-60)), *burst(4, view(-40, 500)), deploy(0), *_ALL_ROUTES),
        ),
    ),
    Rule(
        "env.build-only",
        when=mostly(
            on(Fault, _NAMED, per=Fault.merchant),
            Fault.stage == "build",
            at_least=percent(95),
            floor=1,
            within=minutes(5),
        ),
        then=refutes(MISSING_VARIABLE, 60, family="build"),
        why="Only the log of a build misses the variable.",
        examples=(
            fires("building", said(FAULT, 0, stage="build"), for_=SHOP),
            silent("running", said(FAULT, 0)),
        ),
    ),
    Rule(
        "deploy.step",
        when=(_ERRORS >= greatest(percent(5), 3 * _ERRORS.baseline(before(_DEPLOYED, within=minutes(15)))))  # noqa: SIM300
        & known(SERVER_ERRORS, at_least_points=STRONG + MEDIUM),
        then=supports(DEPLOY_REGRESSION, STRONG, family="change"),
        why="Within a quarter of an hour after a release failures rose to three times, and two witnesses see it.",
        examples=(
            fires("a step", *burst(20, view(-60)), deploy(0), *_SPIKE, _ALARM, for_=SHOP),
            silent("failed before", *burst(40, view(-60, 500)), deploy(0), *_SPIKE, _ALARM),
            silent("one witness", *burst(20, view(-60)), deploy(0), *_SPIKE),
            silent("an older release", *burst(20, view(-60)), deploy(-900), *_SPIKE, _ALARM),
        ),
    ),
    Rule(
        "deploy.symptom-after-change",
        when=brought_by(
            on(Change, Change.what.one_of("tag_publish", "theme_publish", "config"), per=Change.merchant),
            *SYMPTOMS,
            within=minutes(60),
        )
        & known(SERVER_ERRORS, at_least_points=STRONG + MEDIUM),
        then=supports(DEPLOY_REGRESSION, STRONG, family="change"),
        why="Two witnesses see checkout fail within an hour after tags, a theme or settings were published.",
        examples=(
            fires("after", said(CHANGE, 0, what="config"), *_SPIKE, _NEW_ERROR, for_=SHOP),
            silent("one witness", said(CHANGE, 0, what="config"), *_SPIKE),
            silent("no change", *_SPIKE, _NEW_ERROR),
            silent("errors, then the change", *_SPIKE, _NEW_ERROR, said(CHANGE, 130, what="config")),
        ),
        revision=2,
    ),
    Rule(
        "deploy.hydration",
        when=on(Deploy, per=Deploy.merchant).within(minutes(60)) & known(HYDRATION, at_least_points=2 * MEDIUM),
        then=supports(DEPLOY_REGRESSION, MEDIUM, family="change"),
        why="Pages of server and browser differ since a release.",
        examples=(
            fires("since", deploy(0), error(60, code="hydration", users=20), for_=SHOP),
            silent("no release", error(60, code="hydration", users=20)),
        ),
    ),
    Rule(
        "deploy.new-fault",
        when=_NEW_FAULT.after(_DEPLOYED, within=minutes(60)),
        then=supports(DEPLOY_REGRESSION, STRONG, family="app-log"),
        why="A fault was logged after a release that was not seen in four weeks before.",
        examples=(
            fires("new", deploy(0), said(FAULT, 60, code="unknown"), for_=SHOP),
            silent("old", said(FAULT, -60, code="unknown"), deploy(0), said(FAULT, 60, code="unknown")),
        ),
    ),
    Rule(
        "deploy.canary",
        when=_CANARY_SHARE.differs(_CONTROL_SHARE, z=3) & (_CANARY_SHARE > _CONTROL_SHARE),
        then=supports(DEPLOY_REGRESSION, MEDIUM, family="canary"),
        why="Requests to the new release fail significantly more often than those to the old one.",
        examples=(
            # 3.1 and 2.998 standard errors.
            fires("31 against 11 of 1000", *_traffic("control", 11), *_traffic("canary", 31), for_=SHOP),
            silent("30 against 11 of 1000", *_traffic("control", 11), *_traffic("canary", 30)),
            silent("the old one fails", *_traffic("control", 40), *_traffic("canary", 11)),
        ),
    ),
    Rule(
        "deploy.peers",
        when=newest(on(PeerReport, per=PeerReport.merchant), PeerReport.without_release >= 3),
        then=refutes(DEPLOY_REGRESSION, 150, family="peers"),
        why="Three other shops show the same without this release.",
        examples=(
            fires("three", said(PEERS, 0, with_symptom=3, without_release=3), for_=SHOP),
            silent("two", said(PEERS, 0, with_symptom=3, without_release=2)),
        ),
    ),
)
