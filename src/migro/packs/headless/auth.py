"""Access: tokens that are refused and scopes that are missing."""

from __future__ import annotations

from typing import Any

from ...expressions import hours
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, on, refutes, silent, supports
from .references import cited
from .responses import dashboard, draft_reply, notify, recheck, report
from .signals import App
from .specimens import SHOP, alert, app, deploy, error
from .witnesses import alerting, coded_error, deploy_within

__all__ = ["MISSING_SCOPE", "RULES", "TOKEN_REVOKED"]

TOKEN_REVOKED = IssueKind[MerchantId](
    "api_token_revoked",
    category="auth",
    title="The integration's token is refused",
    what="The app was installed again, its secret rotated or the shop handed over; every administrative call fails.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("first refusal, calls that fail, last one that passed"),
        recheck("admin_api"),
        dashboard(),
        draft_reply(
            "Your platform refuses our connection since {first_seen}. Please authorise the app again; orders and stock"
            " are not kept in step until then."
        ),
    ),
    human_only=("authorise the app again", "rotate a secret"),
    false_positives=(
        "Webhooks keep coming after a token is revoked and prove nothing; 401 stands for every GraphQL error of"
        " BigCommerce."
    ),
    related=("missing_access_scope", "webhook_subscription_missing", "order_export_stalled"),
    harm="Nothing is lost at first, but all synchronisation stands, so it grows worse by the hour.",
    sources=cited("SHOP-TPL894", "SHOP-APPJS570", "BC-CODES"),
    causes=(
        "missing_access_scope",
        "order_export_stalled",
        "storefront_token_expired",
        "webhook_subscription_missing",
    ),
    lag=hours(4),
)

MISSING_SCOPE = IssueKind[MerchantId](
    "missing_access_scope",
    category="auth",
    title="A token lacks the right to one resource",
    what="A new app or storefront token was made without a scope, so one field is denied while the rest works.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("name of the denied field and of the scope it needs"),
        draft_reply(
            "A token of your storefront lacks one permission. The report names it; please add it and install the app"
            " again. Nothing else is affected."
        ),
    ),
    human_only=("grant a scope", "approve the app again"),
    false_positives="A firewall's 403 looks alike, but comes as a page.",
    related=("api_token_revoked", "env_var_missing_after_deploy", "documentation_confusion"),
    harm="As bad as the missing field: little for a menu, much for the cart; the rest goes on.",
    sources=cited("VC-1350", "BC-CODES", "SHOP-CODES"),
)

_DENIED = coded_error("auth.scope", events=3, users=3)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "token.refused",
        when=coded_error("auth.token_invalid", events=3, users=3),
        then=supports(TOKEN_REVOKED, STRONG, family="error-tracker"),
        why="The platform refused the token at least three times.",
        examples=(
            fires("three times", error(0, code="auth.token_invalid", events=3), for_=SHOP),
            silent("twice", error(0, code="auth.token_invalid", events=2, users=1)),
            silent(
                "resolved",
                error(0, code="auth.token_invalid", events=3),
                error(60, code="auth.token_invalid", events=3, action="resolved"),
            ),
        ),
    ),
    Rule(
        "token.app-removed",
        when=on(App, App.action.matches("(?i)uninstall"), per=App.merchant),
        then=supports(TOKEN_REVOKED, MEDIUM, family="platform"),
        why="The platform says that the app was removed within the last day.",
        lasts=hours(24),
        examples=(
            fires("removed", app(), for_=SHOP),
            silent("changed", app(0, action="updated")),
        ),
    ),
    Rule(
        "token.alert",
        when=alerting("(?i)unauthori[sz]ed|401|token.*(invalid|revoked|expired|refused)"),
        then=supports(TOKEN_REVOKED, MEDIUM, family="alerts"),
        why="A monitor's alert about refused calls is firing.",
        examples=(
            fires("by its name", alert(0, alertname="AdminApiUnauthorized"), for_=SHOP),
            silent("something else", alert(0, alertname="AdminApiSlow")),
        ),
    ),
    Rule(
        "token.only-a-scope",
        when=_DENIED.unless(coded_error("auth.token_invalid", events=3, users=3)),
        then=refutes(TOKEN_REVOKED, 150, family="scope"),
        why="One field is denied and the token was not refused since: it works.",
        examples=(
            fires("denied", error(0, code="auth.scope", events=3), for_=SHOP),
            silent(
                "refused since",
                error(0, code="auth.scope", events=3),
                error(60, code="auth.token_invalid", events=3),
            ),
        ),
    ),
    Rule(
        "scope.denied",
        when=_DENIED,
        then=supports(MISSING_SCOPE, STRONG, family="error-tracker"),
        why="The platform denied a field at least three times.",
        examples=(
            fires("three times", error(0, code="auth.scope", events=3), for_=SHOP),
            silent("twice", error(0, code="auth.scope", events=2, users=2)),
        ),
    ),
    Rule(
        "scope.after-release",
        when=_DENIED & deploy_within(hours(24)),
        then=supports(MISSING_SCOPE, MEDIUM, family="change"),
        why="A field is denied within a day of a release.",
        examples=(
            fires("after a release", deploy(0), error(60, code="auth.scope", events=3), for_=SHOP),
            silent("no release", error(60, code="auth.scope", events=3)),
            silent("twice", deploy(0), error(60, code="auth.scope", events=2, users=2)),
        ),
    ),
)
