"""
What logs and monitors call by its name: lines with a canonical code, and alerts that say what is broken.

A log repeats what browsers, trackers and callers tell first, so it is the weaker witness; a sender that names a fault
in so many words is no riddle, though, and is never filed as one.
"""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, fires, on, silent, supports
from .auth import MISSING_SCOPE
from .browser import CORS, CSP, HYDRATION
from .codes import CODES_REFUSED
from .customers import LOGIN_LOOP
from .data_sync import UNPUBLISHED
from .delivery import WRONG_TAX
from .error_words import SAYS
from .hosts import HOST_BROKEN
from .integration import THROTTLED
from .operations_signals import LogLine
from .order_flow import EXPORT_STALLED
from .payments import DECLINES
from .signals import Alert
from .specimens import SHOP, alert, deploy
from .specimens_operations import LOG, said
from .webhook import PLATFORM_SIGNATURE
from .witnesses import alerting, deploy_within, logged

__all__ = ["RULES"]

_LINES: tuple[tuple[IssueKind[MerchantId], str, int, int, int, str], ...] = (
    (CODES_REFUSED, "code.promo.invalid", 20, 60, WEAK, "app-log"),
    (CORS, "code.cors", 20, 15, MEDIUM, "app-log"),
    (CSP, "code.csp", 10, 15, MEDIUM, "app-log"),
    (DECLINES, "code.checkout.payment", 10, 30, MEDIUM, "app-log"),
    (HOST_BROKEN, "log.tls_failed", 20, 10, WEAK, "app-log"),
    (HYDRATION, "code.hydration", 20, 30, WEAK, "app-log"),
    (LOGIN_LOOP, "code.auth.customer", 20, 60, MEDIUM, "graphql"),
    # The platform says itself which right is lacking; that it answers so means that the token holds.
    (MISSING_SCOPE, "code.auth.scope", 3, 30, STRONG, "calls"),
    (THROTTLED, "code.throttle", 20, 5, MEDIUM, "calls"),
    (UNPUBLISHED, "code.channel.unpublished", 20, 30, MEDIUM, "app-log"),
    (WRONG_TAX, "code.checkout.tax", 10, 30, MEDIUM, "app"),
)
"""
Mode, what the lines say, how many of them in how many minutes, points, family.

Who calls an API logs the refusal and counts it: that is one observation, so the lines are of the family of the calls.
"""

_OF_A_PLATFORM: Pred[LogLine] = (LogLine.route_class == "webhook") & LogLine.payer.missing()

_CERTIFICATE = r"(?i)(ssl|tls|x509|cert).*(expired|invalid|mismatch|untrusted|not.?trusted)"

_WRONG_HOST = r"(?i)(ssl|tls|x509|cert).*(expired|invalid|mismatch|fail|error|untrust)|dns.*(fail|mismatch|error|resol)"
_EXPIRES = r"(?i)(ssl|tls|x509|cert).*expir"
"""A warning of days ahead, where the name does not say that something is wrong already."""
_SOON = alert(0, alertname="SSLCertExpiresSoon")

_ALERTS: tuple[tuple[IssueKind[MerchantId], str, str], ...] = (
    (
        EXPORT_STALLED,
        r"(?i)(order|erp|oms|fulfil\w*|3pl).*(export|queue|backlog|stall|stuck)|export.*(queue|stall|stuck|backlog)",
        "OrderExportQueueOld",
    ),
    (
        HOST_BROKEN,
        _WRONG_HOST,
        "SSLCertExpired",
    ),
)
"""Mode, names of alerts about it, one of them."""


_REVISIONS = {LOGIN_LOOP.name: 2, MISSING_SCOPE.name: 3, THROTTLED.name: 2, WRONG_TAX.name: 2}


def _of_lines(kind: IssueKind[MerchantId], feature: str, n: int, within: int, points: int, family: str) -> Rule[Any]:
    return Rule(
        f"logs.{kind.name}",
        when=logged(feature, lines=n, within=minutes(within)),
        then=supports(kind, points, family=family),
        why=f"Logs said {n} times in {within} minutes that {SAYS[feature.partition('.')[2]]}.",
        revision=_REVISIONS.get(kind.name, 1),
        examples=(
            fires(f"{n} lines", said(LOG, 0, feature, lines=n), for_=SHOP),
            silent("one too few", said(LOG, 0, feature, lines=n - 1)),
            silent("something else", said(LOG, 0, "log.restarted", lines=n)),
        ),
    )


def _of_alerts(kind: IssueKind[MerchantId], name: str, example: str) -> Rule[Any]:
    told = alert(0, alertname=example)
    return Rule(
        f"alerts.{kind.name}",
        when=alerting(name),
        then=supports(kind, MEDIUM, family="alerts"),
        why="A monitor's alert about it is firing.",
        revision=2 if kind is HOST_BROKEN else 1,
        examples=(
            fires("by its name", told, for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
            silent("it is over", told, alert(60, alertname=example, topic="alert.resolved")),
            *([silent("it is days ahead", _SOON)] if kind is HOST_BROKEN else []),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    *(_of_lines(*row) for row in _LINES),
    Rule(
        "logs.webhook_signature_mismatch",
        when=logged("code.sig.mismatch", lines=5, within=minutes(10), where=_OF_A_PLATFORM),
        then=supports(PLATFORM_SIGNATURE, MEDIUM, family="app-log"),
        why="The receiver logged five times in ten minutes that a signature does not fit.",
        examples=(
            fires("five", said(LOG, 0, "code.sig.mismatch", lines=5, route_class="webhook"), for_=SHOP),
            silent("four", said(LOG, 0, "code.sig.mismatch", lines=4, route_class="webhook")),
            silent("a provider's", said(LOG, 0, "code.sig.mismatch", lines=5, route_class="webhook", payer="stripe")),
            silent("elsewhere", said(LOG, 0, "code.sig.mismatch", lines=5, route_class="account")),
        ),
    ),
    Rule(
        "scope.logged-after-release",
        when=logged("code.auth.scope", lines=3, within=minutes(30)) & deploy_within(hours(24)),
        then=supports(MISSING_SCOPE, MEDIUM, family="change"),
        why="Within a day of a release the log says three times that a right is lacking.",
        examples=(
            fires("after a release", deploy(0), said(LOG, 60, "code.auth.scope", lines=3), for_=SHOP),
            silent("no release", said(LOG, 60, "code.auth.scope", lines=3)),
            silent("twice", deploy(0), said(LOG, 60, "code.auth.scope", lines=2)),
        ),
    ),
    *(_of_alerts(*row) for row in _ALERTS),
    Rule(
        "alerts.certificate-expires",
        # How many days are left the name does not say, so it is the weaker warning of the two.
        when=alerting(_EXPIRES, ~Alert.alertname.matches(_WRONG_HOST)),
        then=supports(HOST_BROKEN, WEAK, family="expiry"),
        why="A monitor warns that a certificate expires.",
        lasts=hours(24),
        examples=(
            fires("soon", _SOON, for_=SHOP),
            silent("expired", alert(0, alertname="SSLCertExpired")),
            silent("something else", alert(0, alertname="DiskFull")),
            silent("renewed", _SOON, alert(60, alertname="SSLCertExpiresSoon", topic="alert.resolved")),
        ),
    ),
    Rule(
        "alerts.certificate-by-region",
        when=on(Alert, Alert.topic == "alert.firing", Alert.alertname.matches(_CERTIFICATE), per=Alert.merchant)
        .distinct(Alert.region, at_least=2, within=minutes(30))
        .unless(on(Alert, Alert.topic == "alert.resolved", Alert.alertname.matches(_CERTIFICATE), per=Alert.merchant)),
        then=supports(HOST_BROKEN, STRONG, family="alerts"),
        why="Monitors in two regions refuse a certificate.",
        examples=(
            fires("two", *(alert(0, alertname="SSLCertExpired", region=r) for r in ("eu", "us")), for_=SHOP),
            silent("one", *(alert(n, alertname="SSLCertExpired", region="eu") for n in (0, 60))),
            silent("soon", *(alert(0, alertname="SSLCertExpiresSoon", region=r) for r in ("eu", "us"))),
        ),
    ),
)
