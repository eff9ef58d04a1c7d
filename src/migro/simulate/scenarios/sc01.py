"""SC01: cart and checkout answer with server errors after a deploy, until it is rolled back."""

from __future__ import annotations

from datetime import timedelta

from ...models import Severity
from .. import complaints, envelopes, letters, load
from ..people import Person
from ..scenario import Scenario
from ..shops import LARKSPUR
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

_ERROR = ("TypeError", "Cannot read properties of undefined (reading 'nodes')", "app/routes/cart.tsx")
_HYDRATION = (
    "Error",
    "Hydration failed because the initial UI does not match what was rendered on the server.",
    "app/routes/products.$handle.tsx",
)
_ISSUE, _WARNING = 6_100_000_041, 6_100_000_007


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC01.

    T0 deploy r42; T+1 to T+26 35 % of 12 ``POST /cart`` a minute fail; T+3 a new error, 14 users by T+8; probes of
    three regions fail from T+6; T+11 two tickets; T+27 rollback, clean from T+29; the end is at T+42.
    """
    onset = START + timedelta(minutes=8)
    timeline = Timeline("SC01", seed=seed, shop=LARKSPUR, onset=onset, end=onset + timedelta(minutes=42))
    load.profile(timeline, -8)
    load.browsing(timeline, -8, 41, per_min=4)
    load.cart_posts(timeline, -8, 0, per_min=12)
    load.cart_posts(timeline, 1, 26, per_min=12, failing=350)
    load.cart_posts(timeline, 27, 27, per_min=12, failing=180)
    load.cart_posts(timeline, 28, 28, per_min=12, failing=60)
    load.cart_posts(timeline, 29, 41, per_min=12)
    load.probes(timeline, (-5, 0), ok=True)
    load.probes(timeline, (6, 7, 8, 11, 16, 21, 26), ok=False)
    load.probes(timeline, (31, 36, 41), ok=True)
    _release(timeline, 0, "r42")
    _release(timeline, 27, "r41")
    _bots(timeline)
    _errors(timeline)
    _tickets(timeline)
    for number, minute in enumerate((-7, -4, -2, 4, 10, 19, 30, 34, 37, 40)):
        note = "Please leave it with the neighbour at no. 7." if number == 3 else None
        load.order(timeline, timeline.at(minute, 17), number=LARKSPUR.numbers + number, note=note)
    for item, minute in enumerate((-6, 3, 14, 32)):
        load.inventory(timeline, timeline.at(minute, 44), item=item)
    return timeline.finish(_truth)


def _release(timeline: Timeline, minute: int, release: str) -> None:
    timeline.host(timeline.at(minute), "change.deploy", source_kind="change_event", ids={"release": release})


def _bots(timeline: Timeline) -> None:
    crawler, monitor = ("192.0.2.77", load.SEARCH_BOT), ("198.51.100.77", load.LIGHTHOUSE)
    for minute in timeline.minutes(-8, 41):
        if minute % 4 == 0:
            timeline.log(timeline.at(minute, 23), crawler, "GET /cart", 200, 8_112)
        if minute % 3 == 0:
            timeline.log(timeline.at(minute, 9), monitor, "GET /collections/last-season", 404, 1_530)


def _sentry(timeline: Timeline, minute: int, second: int, body: dict[str, object], resource: str) -> None:
    timeline.add(
        envelopes.sentry(
            LARKSPUR.signed("sentry"),
            body,
            resource=resource,
            received_at=timeline.received(timeline.at(minute, second)),
            request=timeline.token(),
        )
    )


def _errors(timeline: Timeline) -> None:
    # An old warning keeps growing slowly; it has nothing to do with the release.
    for minute, action, count in ((-6, "created", 9), (12, "unresolved", 13), (33, "unresolved", 17)):
        body = complaints.sentry_issue(
            LARKSPUR,
            action=action,
            issue=_WARNING,
            error=_HYDRATION,
            culprit="routes/products.$handle",
            level="warning",
            count=count,
            users=count - 5,
            first_seen=timeline.at(-1_450),
            last_seen=timeline.at(minute, 2),
        )
        _sentry(timeline, minute, 5, body, "issue")
    stages = ((3, 0, "created", 4, 2), (5, 10, "unresolved", 17, 7), (8, 0, "unresolved", 39, 14))
    for minute, second, action, count, users in (*stages, (33, 30, "resolved", 112, 41)):
        body = complaints.sentry_issue(
            LARKSPUR,
            action=action,
            issue=_ISSUE,
            error=_ERROR,
            culprit="POST /cart",
            level="error",
            count=count,
            users=users,
            first_seen=timeline.at(2, 48),
            last_seen=timeline.at(min(minute, 28), second),
        )
        _sentry(timeline, minute, second, body, "issue")
    shopper = timeline.people.person()
    timeline.planted.person(shopper, ("name", "email", "ip"))
    body = complaints.sentry_alert(
        LARKSPUR,
        shopper,
        issue=_ISSUE,
        event=timeline.token(),
        error=_ERROR,
        culprit="POST /cart",
        path="/cart",
        release="r42",
        at=timeline.at(4, 20),
    )
    _sentry(timeline, 4, 22, body, "event_alert")


def _tickets(timeline: Timeline) -> None:
    first, second = timeline.people.person(), timeline.people.person()
    timeline.planted.person(first, ("name", "email", "phone", "address"))
    timeline.planted.person(second, ("name", "email", "phone"))
    at = timeline.at(11)
    letters.by_zendesk(
        timeline, first, number=LARKSPUR.numbers + 501, subject="Cannot add to cart", text=_complaint(first), at=at
    )
    later = timeline.at(11, 35)
    letters.by_help_desk(
        timeline,
        second,
        number=LARKSPUR.numbers + 502,
        subject="add to cart gives an error",
        text="I cannot add to cart, the page only says something went wrong. I tried two browsers.",
        at=later,
    )


def _complaint(person: Person) -> str:
    return (
        "Hello,\nI cannot add to cart since this morning, the button just shows an error. I have tried it on my phone "
        f"as well.\n\n-- \n{person.name}\n{person.street}, {person.postcode} {person.town}\n"
        f"Tel. {person.phone}\n{person.email}\n"
    )


def _truth(timeline: Timeline) -> GroundTruth:
    shop, onset = LARKSPUR.id, timeline.onset
    spike, release = "checkout_server_error_spike", "deploy_regression"
    return GroundTruth(
        scenario="SC01",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=spike,
                merchant=shop,
                onset=timeline.at(1),
                mildest=Severity.SEV2,
                gravest=Severity.SEV1,
                parent=release,
                within=360,
            ),
            ExpectedIssue(
                kind=release, merchant=shop, onset=onset, mildest=Severity.SEV3, gravest=Severity.SEV1, within=None
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in ("checkout_handoff_404", "dns_tls_cutover_failure", "platform_incident_systemic")
        ),
        allowed=("env_var_missing_after_deploy", "hydration_mismatch"),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=spike),
            ExpectedAction(kind="report", merchant=shop, issue=spike),
        ),
    )


SCENARIO = Scenario(id="SC01", title="Checkout answers 5xx after a deploy", play=play)
