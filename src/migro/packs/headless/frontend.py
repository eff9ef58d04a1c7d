"""Storefront and platform do not fit: releases."""

from __future__ import annotations

from typing import Any

from ...expressions import minutes
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, known, on, silent, supports
from .checkout import SERVER_ERRORS, SYMPTOMS
from .handoff import HANDOFF_404, LOST_HANDOFFS
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .signals import Deploy, ErrorIssue
from .specimens import SHOP, alert, burst, deploy, error, request
from .witnesses import brought_by

__all__ = ["DEPLOY_REGRESSION", "RULES"]

DEPLOY_REGRESSION = IssueKind[MerchantId](
    "deploy_regression",
    category="frontend_mismatch",
    title="A release made something worse",
    what="Errors or losses began after a release, a theme or tag publish, or a change of configuration.",
    # The symptom carries the damage and pages; its suspected cause asks for a look.
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("release, time, symptoms that followed it, first new error"),
        dashboard(),
        draft_reply(
            "A release of your storefront coincides with new trouble since {first_seen}. What followed it is in the"
            " report. Please decide whether to take the release back."
        ),
    ),
    human_only=("decide about a rollback",),
    false_positives="With many releases a day one of them always came before: a new error or a second symptom decides.",
    related=(
        "checkout_server_error_spike",
        "checkout_handoff_404",
        "hydration_mismatch",
        "web_performance_regression",
        "env_var_missing_after_deploy",
        "platform_incident_systemic",
    ),
    harm="As bad as what it broke; the symptom tells the severity.",
    sources=cited("PB-ROI", "J"),
    causes=(
        "checkout_handoff_404",
        "checkout_server_error_spike",
        "cors_blocked",
        "csp_blocking_scripts",
        "env_var_missing_after_deploy",
        "hydration_mismatch",
        "image_host_blocked",
        "indexing_directives_wrong",
        "web_performance_regression",
        "webhook_signature_mismatch",
    ),
)

_DEPLOYED = on(Deploy, per=Deploy.merchant)
_THEN_ERRORS = brought_by(_DEPLOYED, *SYMPTOMS, within=minutes(60))

_SPIKE = (*burst(17, request(60)), *burst(3, request(90, 500)))
_ALARM = alert(0, alertname="CheckoutErrorRateHigh")
_NEW_ERROR = error(120, route_class="cart", users=10)
_OUT = {"method": "GET", "route_class": "checkout", "route": "/cart/c/:slug", "handoff": True}
_LOST = burst(5, request(60, 404, **_OUT))

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "deploy.then-checkout-errors",
        when=_THEN_ERRORS & known(SERVER_ERRORS, at_least_points=STRONG),
        then=supports(DEPLOY_REGRESSION, MEDIUM, family="change"),
        why="Cart and checkout fail within an hour of a release.",
        examples=(
            fires("a release, then errors", deploy(0), *_SPIKE, for_=SHOP),
            silent("no release", *_SPIKE),
            silent("a release alone", deploy(0)),
            silent("the release is older than an hour", deploy(-3511), *_SPIKE),
            silent("errors, then a release", *_SPIKE, deploy(100)),
            silent("an alert, then a release", _ALARM, deploy(40), *_SPIKE),
            fires("a release that repairs another", deploy(0), *_SPIKE, deploy(100), for_=SHOP),
        ),
        revision=2,
    ),
    Rule(
        "deploy.then-two-symptoms",
        when=_THEN_ERRORS & known(SERVER_ERRORS, at_least_points=STRONG + MEDIUM),
        then=supports(DEPLOY_REGRESSION, STRONG, family="change"),
        why="Two independent witnesses see cart and checkout fail within an hour of a release.",
        examples=(
            fires("failing requests and a new error", deploy(0), *_SPIKE, _NEW_ERROR, for_=SHOP),
            silent("failing requests alone", deploy(0), *_SPIKE),
            silent("no release", *_SPIKE, _NEW_ERROR),
            silent("the release came after both", *_SPIKE, _NEW_ERROR, deploy(130)),
            silent("the release came between", *_SPIKE, deploy(100), _NEW_ERROR),
        ),
        revision=2,
    ),
    Rule(
        "deploy.then-lost-handoffs",
        when=brought_by(_DEPLOYED, LOST_HANDOFFS, within=minutes(60)) & known(HANDOFF_404, at_least_points=STRONG),
        then=supports(DEPLOY_REGRESSION, MEDIUM, family="change"),
        why="Hand-offs to checkout are lost within an hour of a release.",
        examples=(
            fires("a release, then lost hand-offs", deploy(0), *_LOST, for_=SHOP),
            silent("no release", *_LOST),
            silent("a release alone", deploy(0)),
            silent("lost hand-offs, then a release", *_LOST, deploy(100)),
        ),
        revision=2,
    ),
    Rule(
        "deploy.new-error",
        when=on(
            ErrorIssue,
            ErrorIssue.topic == "error.created",
            ErrorIssue.level.one_of("error", "fatal"),
            per=ErrorIssue.merchant,
        ).unless(_DEPLOYED)
        & _THEN_ERRORS
        & known(SERVER_ERRORS, at_least_points=STRONG),
        then=supports(DEPLOY_REGRESSION, STRONG, family="error-tracker"),
        why="An error was seen for the first time after a release, while checkout fails.",
        examples=(
            fires("a release, errors, a new error", deploy(0), *_SPIKE, error(120), for_=SHOP),
            silent("the error is older than the release", error(0), deploy(30), *_SPIKE),
            silent("checkout is well", deploy(0), error(120)),
            silent(
                "an old error comes back", deploy(0), *_SPIKE, error(120, action="unresolved", topic="error.unresolved")
            ),
            silent("checkout failed before", *_SPIKE, deploy(100), error(120)),
        ),
        revision=2,
    ),
)
