"""SC11: the commerce platform fails, and forty of a hundred and twenty shops with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ...models import Severity
from .. import complaints, envelopes, letters, load
from ..fleet import fleet, moved, plain_truth, together
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

SHOPS = fleet(120, prefix="basalt")
AFFECTED = range(40)
OF_ONE_AGENCY = range(9)
"""As if an agency's release were behind it."""

DEPLOYED, EXPIRED, CRAWLED = 40, 41, 42
"""Three shops whose trouble is their own."""

RESTING = (43, 44)
"""Two shops in a declared maintenance."""

_ONSET = START + timedelta(minutes=10)
_END = _ONSET + timedelta(minutes=80)
_ERROR = ("TypeError", "Cannot read properties of undefined (reading 'lines')", "app/routes/cart.tsx")


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC11.

    T0 to T+55, staggered by 0 to 6 minutes, 30 to 60 % of the API's answers and 10 to 40 % of cart posts fail at 40
    shops, and webhooks come ten minutes late; the status page follows at T+18 and T+30, and ends it at T+70; from T+5
    on 31 tickets of 22 shops. Three others have troubles of their own, two are in maintenance.
    """
    return together([_shop(seed, n) for n in range(len(SHOPS))], lambda played: _truth(seed, played))


def _shop(seed: int, number: int) -> Simulation:
    timeline = Timeline("SC11", seed=seed, shop=SHOPS[number], onset=_ONSET, end=_END)
    moved(timeline, -10, number=number, agency="agency-nine" if number in OF_ONE_AGENCY else "")
    if number == 0:
        timeline.host(timeline.at(-10), "fleet.profile", ids={"platform": "shopify"}, metrics={"merchants": 120})
        _status_page(timeline)
    if number in AFFECTED:
        _affected(timeline, number)
    elif number == DEPLOYED:
        _deployed(timeline)
    elif number == EXPIRED:
        _expired(timeline)
    elif number == CRAWLED:
        _crawled(timeline)
    elif number in RESTING:
        _resting(timeline)
    else:
        load.cart_posts(timeline, -2 + number % 5, 4 + number % 5, per_min=2)
    load.order(timeline, timeline.at(-6 + number % 4, number % 60), number=timeline.shop.numbers)
    return timeline.finish(plain_truth)


def _affected(timeline: Timeline, number: int) -> None:
    rng = timeline.rng("trouble")
    first = rng.randrange(0, 7) if number else 0
    failing, refused = rng.randrange(180, 400), rng.randrange(30, 61)
    load.cart_posts(timeline, -4, first - 1, per_min=6)
    load.cart_posts(timeline, first, 55, per_min=6, failing=failing)
    load.cart_posts(timeline, 56, 62, per_min=6)
    for minute in range(first, 56, 5):
        for status, share in ((503, refused), (200, 100 - refused)):
            _calls(timeline, minute, status=status, calls=share)
    load.probes(timeline, (first + 2, first + 4, 20, 40), ok=False)
    load.probes(timeline, (60, 66), ok=True)
    for order, minute in enumerate((first + 3, 25, 45), start=1):
        load.order(timeline, timeline.at(minute, 7), number=timeline.shop.numbers + order)
    for ticket in range(_tickets(number)):
        _ticket(timeline, rng.randrange(5, 41), ticket)


def _tickets(number: int) -> int:
    """Return how many people of a shop write: 31 of 22 shops."""
    return 0 if number >= 22 else 2 if number < 9 else 1


def _calls(timeline: Timeline, minute: int, *, status: int, calls: int) -> None:
    timeline.host(
        timeline.at(minute, 40),
        "storefront.calls",
        source_kind="app_log",
        status=status,
        metrics={"calls": calls},
        attrs={"api": "storefront", "operation": "cartLinesAdd", "failed": status >= 400},
    )


def _ticket(timeline: Timeline, minute: int, ticket: int) -> None:
    person = timeline.people.person()
    timeline.planted.person(person, ("name", "email", "phone"))
    at = timeline.at(minute, 13 * ticket)
    letters.by_help_desk(
        timeline,
        person,
        number=timeline.shop.numbers + 500 + ticket,
        subject="checkout does not work",
        text="I cannot add to cart, the page only says something went wrong.",
        at=at,
    )


def _status_page(timeline: Timeline) -> None:
    for minute, state, impact in (
        (18, "investigating", "minor"),
        (30, "identified", "major"),
        (70, "resolved", "none"),
    ):
        timeline.host(
            timeline.at(minute),
            "status.incident",
            source_kind="status_page",
            state=state,
            ids={"platform": "shopify"},
            attrs={"impact": impact, "component_used": True},
        )


def _deployed(timeline: Timeline) -> None:
    timeline.host(timeline.at(-1), "change.deploy", source_kind="change_event", ids={"release": "b17"})
    load.cart_posts(timeline, -6, -1, per_min=8)
    load.cart_posts(timeline, 0, 30, per_min=8, failing=350)
    load.cart_posts(timeline, 31, 40, per_min=8)
    for minute, action, count, users in ((1, "created", 4, 2), (5, "unresolved", 39, 14)):
        body = complaints.sentry_issue(
            timeline.shop,
            action=action,
            issue=timeline.shop.numbers,
            error=_ERROR,
            culprit="POST /cart",
            level="error",
            count=count,
            users=users,
            first_seen=timeline.at(0, 48),
            last_seen=timeline.at(minute, 2),
        )
        signed = timeline.shop.signed("sentry")
        received = timeline.received(timeline.at(minute, 5))
        timeline.add(envelopes.sentry(signed, body, resource="issue", received_at=received, request=timeline.token()))


def _expired(timeline: Timeline) -> None:
    for minute in range(-4, 45, 2):
        refused = minute >= 2
        timeline.host(
            timeline.at(minute, 20),
            "storefront.calls",
            source_kind="app_log",
            status=401 if refused else 200,
            metrics={"calls": 30},
            attrs={"api": "storefront", "operation": "cartCreate", "failed": refused},
        )


def _crawled(timeline: Timeline) -> None:
    rng = timeline.rng("crawler")
    for minute in range(3, 30):
        timeline.host(
            timeline.at(minute, rng.randrange(60)),
            "edge.views",
            source_kind="access_log",
            metrics={"views": 60},
            attrs={"with_assets": False},
        )
    load.browsing(timeline, -4, 20, per_min=3)


def _resting(timeline: Timeline) -> None:
    ends = (timeline.at(75)).isoformat().replace("+00:00", "Z")
    timeline.host(
        timeline.at(-3), "calendar.maintenance", source_kind="calendar", attrs={"active": True, "ends_at": ends}
    )
    load.cart_posts(timeline, 0, 40, per_min=6, failing=800)


def _truth(seed: int, played: Sequence[Simulation]) -> GroundTruth:
    spike, systemic = "checkout_server_error_spike", "platform_incident_systemic"
    hit = [SHOPS[n].id for n in AFFECTED]
    own: tuple[Shop, ...] = (SHOPS[DEPLOYED], *(SHOPS[n] for n in RESTING))
    return GroundTruth(
        scenario="SC11",
        seed=seed,
        merchants=tuple(shop.id for shop in SHOPS),
        start=START,
        onset=_ONSET,
        end=_END,
        issues=(
            ExpectedIssue(
                kind=systemic,
                merchant="platform",
                onset=_ONSET,
                mildest=Severity.SEV2,
                gravest=Severity.SEV1,
                within=480,
            ),
            *(
                ExpectedIssue(
                    kind=spike,
                    merchant=shop,
                    onset=_ONSET,
                    mildest=Severity.SEV3,
                    gravest=Severity.SEV1,
                    parent=systemic,
                )
                for shop in hit
            ),
            ExpectedIssue(
                kind=spike,
                merchant=own[0].id,
                onset=_ONSET,
                mildest=Severity.SEV3,
                gravest=Severity.SEV1,
                parent="deploy_regression",
            ),
            ExpectedIssue(
                kind="deploy_regression",
                merchant=own[0].id,
                onset=_ONSET,
                mildest=Severity.SEV3,
                gravest=Severity.SEV1,
            ),
            ExpectedIssue(
                kind="storefront_token_expired",
                merchant=SHOPS[EXPIRED].id,
                onset=_ONSET + timedelta(minutes=2),
                mildest=Severity.SEV3,
                gravest=Severity.SEV1,
            ),
        ),
        forbidden=(ForbiddenIssue(kind="app_build_incident"),),
        allowed=("api_throttling", "bot_scraping_load", "checkout_throttled", "unknown", "webhook_silence"),
        actions=(ExpectedAction(kind="notify", merchant="platform", issue=systemic),),
    )


SCENARIO = Scenario(id="SC11", title="The platform fails for forty of a hundred and twenty shops", play=play)
