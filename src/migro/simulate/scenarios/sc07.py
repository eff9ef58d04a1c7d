"""
SC07: a database fails over, every route breaks for eight minutes, and five monitors send 420 alerts about it.

The scenario wants one case, one notification with at most three in all, and the alerts as its evidence. The reply to
the merchant waits for a person (R2); a dashboard and a report go out by themselves (R0). Before the share of failing
requests is known, the first grave alerts that no rule reads reach a person as one `unknown` for all monitors.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...models import Severity
from .. import bodies, complaints, envelopes, load, monitors
from ..monitors import Fault
from ..people import Person
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["OXBARROW", "SCENARIO", "play"]

OXBARROW = Shop(
    id="oxbarrow.example",
    name="oxbarrow",
    currency="EUR",
    aov_minor=9_200,
    sessions_per_min="50",
    numbers=93_000,
    senders=("sentry", "grafana", "pagerduty", "stripe", "zendesk"),
    unsigned=("datadog",),
)
"""A storefront of its own on Magento, watched by five monitors."""

_FROM, _TO = -15, 50
_BROKEN = range(1, 10)

_GROUPS = (
    # What each group of Alertmanager is called, how grave it is, and which part it names.
    ("MySQLPrimaryUnreachable", "critical", "mysql"),
    ("MySQLReplicationBroken", "warning", "mysql"),
    ("PhpFpmQueueFull", "warning", "magento"),
    ("Magento5xxRatioHigh", "critical", "magento"),
    ("CheckoutErrorRateHigh", "critical", "checkout"),
    ("CartErrorRateHigh", "critical", "cart"),
    ("GraphQLErrorRateHigh", "critical", "graphql"),
    ("IngressUpstreamErrors", "critical", "ingress"),
    ("ReadinessProbeFailing", "warning", "magento"),
    ("RedisClientTimeouts", "warning", "redis"),
    ("QueueConsumerDown", "warning", "queue"),
    ("BlackboxProbeFailed", "critical", "storefront"),
)
_RULES = (
    "GraphQL answers errors",
    "Checkout 5xx",
    "Orders per minute low",
    "Database connections refused",
    "Search errors",
    "Cron jobs late",
)
_MONITORS = (
    "Error rate of checkout",
    "Error rate of cart",
    "Error rate of catalogue",
    "Apdex of storefront",
    "Database connections",
    "PHP workers busy",
    "Synthetic purchase fails",
    "Log volume of errors",
    "Message queue length",
)
_TRACES = (
    ("PDOException", "SQLSTATE[HY000] [2002] Connection refused", "Magento/Framework/DB/Adapter/Pdo/Mysql.php"),
    ("Zend_Db_Statement_Exception", "SQLSTATE[HY000]: General error: 1290 read-only", "Zend/Db/Statement/Pdo.php"),
    ("RuntimeException", "Could not get lock of the primary", "Magento/Framework/Lock/Backend/Database.php"),
)
_CULPRITS = (
    "POST /checkout/payment-information",
    "GET /checkout",
    "POST /graphql",
    "GET /catalog/product/view",
    "consumer.inventory.reservations",
    "cron.indexer_update_all_views",
    "GET /search",
)
_PAGES = (
    "GET /",
    "GET /collections/kitchen",
    "GET /products/oak-stool",
    "GET /search?q=lamp",
    "POST /cart",
    "POST /cart",
    "GET /checkout/shipping",
    "POST /graphql",
)


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC07.

    T0 the primary fails over; T+0 to T+6 420 alerts of five monitors (Alertmanager 180 in 12 groups, one of which
    leaves 35 out, repeated every minute; Grafana 60, Datadog 90, Sentry 70, PagerDuty 20); T+1 to T+9 60 % of all
    requests fail; T+10 to T+35 the alerts are resolved, out of order; the end is at T+50.
    """
    onset = START + timedelta(minutes=-_FROM)
    timeline = Timeline("SC07", seed=seed, shop=OXBARROW, onset=onset, end=onset + timedelta(minutes=_TO))
    load.profile(timeline, _FROM)
    _traffic(timeline)
    _payments(timeline)
    watch = timeline.people.person()
    timeline.planted.person(watch, ("name", "email", "phone"))
    _alertmanager(timeline, watch)
    _grafana(timeline, watch)
    _datadog(timeline, watch)
    _sentry(timeline)
    _pagerduty(timeline, watch)
    _noise(timeline, watch)
    return timeline.finish(_truth)


def _traffic(timeline: Timeline) -> None:
    """Let 40 requests a minute come; six in ten fail on whatever route, exact over each minute."""
    rng = timeline.rng("traffic")
    for minute in timeline.minutes(_FROM, _TO - 1):
        for place in range(40):
            at, request = timeline.at(minute, rng.randrange(60)), rng.choice(_PAGES)
            broken = minute in _BROKEN and place % 5 < 3
            failed = 500 if "graphql" in request else 503
            status = failed if broken else load.background(timeline, f"{at}{place}")
            timeline.log(
                at, timeline.visitors.visitor(), request, status, 180 if broken else rng.randrange(900, 50_000)
            )


def _payments(timeline: Timeline) -> None:
    number = OXBARROW.numbers
    for minute in range(_FROM, _TO - 2, 2):
        if minute in _BROKEN:
            continue
        at, person, number = timeline.at(minute, 21), timeline.people.person(), number + 1
        timeline.planted.person(person, ("name", "email", "phone", "address"))
        total = OXBARROW.aov_minor * timeline.rng(f"payment {number}").randrange(60, 150) // 100
        body = bodies.payment_intent(
            OXBARROW, person, event=f"evt_demo{timeline.token(16)}", number=number, total=total, at=load.unix(at)
        )
        timeline.add(envelopes.stripe(OXBARROW.signed("stripe"), body, received_at=timeline.received(at)))


def _ended(timeline: Timeline, stream: str) -> datetime:
    """Return when a monitor says that an alert is over: some time between T+10 and T+35, in no order."""
    rng = timeline.rng(f"over {stream}")
    return timeline.at(10, rng.randrange(25 * 60))


def _summary(what: str, watch: Person) -> str:
    return f"{what}. On call: {watch.name}, {watch.phone}"


def _alertmanager(timeline: Timeline, watch: Person) -> None:
    rng, endpoint = timeline.rng("alertmanager"), OXBARROW.alerts()
    for place, (name, severity, service) in enumerate(_GROUPS):
        begun = timeline.at(0, 20 + 25 * place)
        faults = tuple(
            Fault(
                name=name,
                severity=severity,
                labels={"service": service, "env": "production", "instance": f"{service}-{n}:9100"},
                summary=_summary(f"{name} on {service}-{n}", watch),
                since=begun + timedelta(seconds=rng.randrange(40)),
            )
            for n in range(15)
        )
        truncated = 35 if place == 3 else 0
        body = monitors.alertmanager_group(OXBARROW, name, *faults, truncated=truncated)
        for repeat in range(3):
            arrives = begun + timedelta(seconds=45 + 60 * repeat)
            timeline.add(envelopes.alertmanager(endpoint, body, received_at=arrives))
        for part in range(0, 15, 5):
            over = _ended(timeline, f"{name} {part}")
            ended = tuple(
                Fault(name=f.name, severity=f.severity, labels=f.labels, summary=f.summary, since=f.since, until=over)
                for f in faults[part : part + 5]
            )
            body = monitors.alertmanager_group(OXBARROW, name, *ended)
            timeline.add(envelopes.alertmanager(endpoint, body, received_at=over + timedelta(seconds=30)))


def _grafana(timeline: Timeline, watch: Person) -> None:
    for place, name in enumerate(_RULES):
        begun, over = timeline.at(1, 15 + 40 * place), _ended(timeline, name)
        for ends in (None, over):
            faults = tuple(
                Fault(
                    name=name,
                    severity="critical" if place < 2 else "warning",
                    labels={"env": "production", "grafana_folder": "Shop", "region": f"eu-{n}"},
                    summary=_summary(name, watch),
                    since=begun,
                    until=ends,
                )
                for n in range(10)
            )
            body = monitors.grafana_group(OXBARROW, name, *faults)
            arrives = (ends or begun) + timedelta(seconds=20)
            timeline.add(monitors.grafana(OXBARROW.signed("grafana"), body, received_at=arrives))


def _datadog(timeline: Timeline, watch: Person) -> None:
    rng, endpoint = timeline.rng("datadog"), OXBARROW.static("datadog")
    event = 9_000_000_000_000_000_000
    for place, name in enumerate(_MONITORS):
        for n in range(10):
            begun = timeline.at(0, 50 + rng.randrange(300))
            for ends in (None, _ended(timeline, f"{name} {n}")):
                event += 1
                fault = Fault(
                    name=name,
                    severity="critical" if place < 3 else "warning",
                    labels={"env": "production", "host": f"web-{n}", "service": "shop"},
                    summary=_summary(name, watch),
                    since=begun,
                    until=ends,
                )
                timeline.add(
                    monitors.datadog(
                        endpoint,
                        fault,
                        event=event,
                        monitor=7_700_000 + place,
                        user=(watch.email, watch.name),
                        received_at=(ends or begun) + timedelta(seconds=rng.randrange(2, 9)),
                    )
                )


def _sentry(timeline: Timeline) -> None:
    rng = timeline.rng("sentry")
    for n in range(70):
        at, error = timeline.at(1, rng.randrange(300)), _TRACES[n % 3]
        shopper = timeline.people.person()
        timeline.planted.person(shopper, ("email",))
        for action, when in (("created", at), ("resolved", _ended(timeline, f"sentry {n}"))):
            body = complaints.sentry_issue(
                OXBARROW,
                action=action,
                issue=6_300_000_000 + n,
                error=(error[0], f"{error[1]} (customer {shopper.email})", error[2]),
                culprit=_CULPRITS[n % 7],
                level="error",
                count=rng.randrange(2, 60),
                users=rng.randrange(1, 30),
                first_seen=at,
                last_seen=when,
            )
            timeline.add(
                envelopes.sentry(
                    OXBARROW.signed("sentry"),
                    body,
                    resource="issue",
                    received_at=timeline.received(when),
                    request=timeline.token(),
                )
            )


def _pagerduty(timeline: Timeline, watch: Person) -> None:
    rng = timeline.rng("pagerduty")
    for n in range(20):
        name, severity, service = _GROUPS[n % 12]
        begun = timeline.at(1, rng.randrange(290))
        for ends in (None, _ended(timeline, f"pagerduty {n}")):
            fault = Fault(
                name=f"{name} ({n + 1})",
                severity=severity,
                labels={"service": service},
                summary=_summary(name, watch),
                since=begun,
                until=ends,
            )
            timeline.add(
                monitors.pagerduty(
                    OXBARROW.signed("pagerduty"),
                    fault,
                    event=f"01DEMO{timeline.token(20).upper()}",
                    number=500 + n,
                    on_call=("PDEMO01", watch.name),
                    service="Storefront",
                    received_at=timeline.received(ends or begun),
                )
            )


def _noise(timeline: Timeline, watch: Person) -> None:
    """Add disks that fill up, alerts that are over and were never told, and a grave one of staging."""
    endpoint, rng = OXBARROW.alerts(), timeline.rng("noise")
    told: list[tuple[datetime, Fault]] = []
    for n in range(15):
        at = timeline.at(_FROM + 3 + 3 * n, rng.randrange(60))
        labels = {"service": "backup", "env": "production", "instance": f"backup-{n}:9100"}
        told.append((at, Fault(name="DiskSpaceLow", severity="warning", labels=labels, summary="80 % used", since=at)))
    for n in range(5):
        at = timeline.at(12 + 4 * n, rng.randrange(60))
        labels = {"service": "mail", "env": "production", "instance": f"mail-{n}:9100"}
        since = at - timedelta(minutes=50)
        fault = Fault(name="MailQueueLong", severity="high", labels=labels, summary="long", since=since, until=at)
        told.append((at, fault))
    at = timeline.at(4, 10)
    labels = {"service": "checkout", "env": "staging", "instance": "staging-1:9100"}
    summary = _summary("Checkout is down", watch)
    told.append((at, Fault(name="CheckoutDown", severity="critical", labels=labels, summary=summary, since=at)))
    for at, fault in told:
        body = monitors.alertmanager_group(OXBARROW, fault.name, fault)
        timeline.add(envelopes.alertmanager(endpoint, body, received_at=at + timedelta(seconds=30)))


def _truth(timeline: Timeline) -> GroundTruth:
    shop, spike = OXBARROW.id, "checkout_server_error_spike"
    return GroundTruth(
        scenario="SC07",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        max_messages=3,
        issues=(
            ExpectedIssue(
                kind=spike,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV1,
                gravest=Severity.SEV1,
                within=180,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (
                "checkout_handoff_404",
                "deploy_regression",
                "dns_tls_cutover_failure",
                "platform_incident_systemic",
            )
        ),
        # In the first minute no share of failures is known, and grave alerts that no rule reads reach a person.
        allowed=("unknown",),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=spike),
            ExpectedAction(kind="report", merchant=shop, issue=spike),
            ExpectedAction(kind="draft_reply", merchant=shop, issue=spike),
        ),
    )


SCENARIO = Scenario(
    id="SC07",
    title="420 alerts of five monitors from one cause",
    play=play,
    amended="The reply to the merchant waits for a person (R2).",
)
