"""
SC08: planned maintenance looks like an outage and is none; in the variant it lasts longer than was announced.

Where it differs from the story: tickets get no reply of their own. An issue that rests proposes nothing, and a reply to
a shopper is a person's to release (R2) outside a window too.
"""

from __future__ import annotations

from datetime import timedelta

from ...models import Severity
from .. import bodies, complaints, envelopes, letters, load
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

_SHOP = Shop(
    id="1000731",
    name="tansy",
    currency="EUR",
    aov_minor=5_800,
    sessions_per_min="24",
    numbers=74_000,
    senders=("bigcommerce", "stripe", "zendesk"),
)
"""A Catalyst storefront on BigCommerce."""

_LEAD, _BACK, _ENDS, _LATE = -20, 52, 60, 95
_REPEATS = "webhook_duplicate_delivery"
_SPIKE = "checkout_server_error_spike"
_PATHS = ("/", "/kitchen/", "/new-arrivals/", "/oak-stool/", "/wool-throw/", "/stone-mug/", "/search?term=mug")
_STEPS = (("POST /cart", 8), ("GET /checkout", 2))
"""What a shopper does in a row, and how often in a minute."""


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC08.

    T0 to T+52 every route answers 503, no order comes, checks fail, 25 alerts fire, three people ask; the calendar has
    a window from T0 to T+60. After the reopening webhooks are 300 s late and come twice. Variant ``b``: it stays away
    until T+95.
    """
    onset = START + timedelta(minutes=-_LEAD)
    back = _LATE if variant == "b" else _BACK
    timeline = Timeline(f"SC08{variant}", seed=seed, shop=_SHOP, onset=onset, end=onset + timedelta(minutes=back + 25))
    last = back + 24
    load.profile(timeline, _LEAD)
    _calendar(timeline)
    load.browsing(timeline, _LEAD, -1, per_min=5)
    load.browsing(timeline, back, last, per_min=5)
    _steps(timeline, _LEAD, -1, status=200)
    _steps(timeline, back, last, status=200)
    _away(timeline, 0, back - 1)
    load.probes(timeline, (-15, -10, -5), ok=True)
    load.probes(timeline, tuple(range(2, back, 5)), ok=False)
    load.probes(timeline, tuple(range(back + 1, last, 5)), ok=True)
    for number, minute in enumerate((*range(-19, -1, 2), *range(back + 2, last, 2))):
        load.payment(timeline, timeline.at(minute, 21), number=_SHOP.numbers + number)
    _alerts(timeline, back)
    _tickets(timeline)
    _late_webhooks(timeline, back)
    return timeline.finish(lambda t: _truth(t, variant))


def _calendar(timeline: Timeline) -> None:
    """Let the host read its calendar and the platform's status of the storefront over and over, also ahead."""
    planned = {"starts_at": envelopes.iso(timeline.at(0)), "ends_at": envelopes.iso(timeline.at(_ENDS))}
    for minute in (*range(_LEAD, 0, 4), *range(0, _ENDS, 2), *(_ENDS + n for n in (0, 2, 4))):
        timeline.host(
            timeline.at(minute),
            "calendar.maintenance",
            ids={"window": "replatform-3"},
            attrs={"active": minute < _ENDS, **planned},
        )
    for minute in timeline.minutes(_LEAD, _ENDS + 10):
        if minute % 10 == 0:
            word = "MAINTENANCE" if 0 <= minute < _BACK else "LAUNCHED"
            timeline.host(timeline.at(minute, 40), "poll.storefront_status", source_kind="api_poll", state=word)


def _steps(timeline: Timeline, first: int, last: int, *, status: int) -> None:
    rng = timeline.rng(f"steps {first}")
    for minute in timeline.minutes(first, last):
        for request, times in _STEPS:
            for _ in range(times):
                at = timeline.at(minute, rng.randrange(60))
                answer = load.background(timeline, f"{request} {at}") if status == 200 else status
                size = 612 if answer >= 500 else rng.randrange(900, 2_400)
                timeline.log(at, timeline.visitors.visitor(), request, answer, size)


def _away(timeline: Timeline, first: int, last: int) -> None:
    """Answer everything with 503, as the front does while the storefront is closed."""
    _steps(timeline, first, last, status=503)
    rng = timeline.rng(f"away {first}")
    for minute in timeline.minutes(first, last):
        for _ in range(5):
            timeline.log(
                timeline.at(minute, rng.randrange(60)),
                timeline.visitors.visitor(),
                f"GET {rng.choice(_PATHS)}",
                503,
                612,
            )


def _alerts(timeline: Timeline, back: int) -> None:
    """Fire five alerts on five machines each; they are resolved two minutes after the reopening."""
    places = tuple(f"192.0.2.{n}:9100" for n in range(31, 36))
    timeline.planted.add("ip", *(p.removesuffix(":9100") for p in places))
    storm = (
        ("CheckoutErrorRateHigh", "critical", "checkout", 1),
        ("StorefrontDown", "critical", "web", 1),
        ("OrderVolumeLow", "high", "orders", 6),
        ("SsrErrorRatioHigh", "high", "web", 2),
        ("SyntheticJourneyFailing", "critical", "probes", 4),
    )
    for name, severity, service, minute in storm:
        labels = {"severity": severity, "service": service, "env": "production"}
        since = timeline.at(minute)
        summary = f"{name} at {_SHOP.host}, paged person: Odile Mockridge"
        for ended in (None, timeline.at(back + 2)):
            body = complaints.alert_group(
                _SHOP, name=name, labels=labels, instances=places, summary=summary, since=since, ended=ended
            )
            at = timeline.received((ended or since) + timedelta(seconds=20))
            timeline.add(envelopes.alertmanager(_SHOP.alerts(), body, received_at=at))
    timeline.planted.add("name", "Odile Mockridge")


def _tickets(timeline: Timeline) -> None:
    texts = (
        "Is your site down? I only get an error page, whatever I click.",
        "Site down?? The whole shop is not available since half an hour.",
        "Your website is down, I cannot open a single page. Please call me.",
    )
    for number, (minute, text) in enumerate(zip((8, 21, 37), texts, strict=True)):
        letters.asked(
            timeline, timeline.at(minute, 12), number=_SHOP.numbers + 501 + number, subject="Site down?", text=text
        )


def _late_webhooks(timeline: Timeline, back: int) -> None:
    """Deliver what piled up: five minutes late, and all of it again in two storms of retries."""
    rng = timeline.rng("late")
    for number in range(18):
        made = timeline.at(back - 4, 11 * number)
        body = bodies.bigcommerce_event(
            _SHOP,
            scope="store/product/updated",
            kind="product",
            number=9_000 + number,
            digest=timeline.token(40),
            at=load.unix(made),
        )
        sent = made + timedelta(seconds=300 + rng.randrange(-40, 41))
        endpoint, delivery = _SHOP.signed("bigcommerce"), f"msg_{timeline.token(20)}"
        timeline.add(envelopes.bigcommerce(endpoint, body, received_at=sent, delivery=delivery))
        for storm in (5, 8):
            again = timeline.at(back + storm, rng.randrange(20))
            timeline.repeat(envelopes.bigcommerce(endpoint, body, received_at=again, delivery=delivery))


def _truth(timeline: Timeline, variant: str) -> GroundTruth:
    shop, late = _SHOP.id, variant == "b"
    decoys = (
        "card_testing_attack",
        "cdn_origin_unreachable",
        "clock_skew",
        "deploy_regression",
        "dns_tls_cutover_failure",
        "platform_incident_systemic",
        "webhook_handler_slow",
        "webhook_silence",
    )
    return GroundTruth(
        scenario=f"SC08{variant}",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=_SPIKE,
                merchant=shop,
                # What counts is the end of the window: until then nobody is told.
                onset=timeline.at(_ENDS),
                mildest=Severity.SEV1,
                gravest=Severity.SEV1,
                within=360,
            ),
        )
        if late
        else (),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (*decoys, *(() if late else (_REPEATS, _SPIKE, "unknown")))
        ),
        # Long after the announced end, deliveries that come three times are what they look like.
        allowed=(_REPEATS,) if late else (),
        actions=(ExpectedAction(kind="notify", merchant=shop, issue=_SPIKE),) if late else (),
    )


SCENARIO = Scenario(
    id="SC08",
    title="Planned maintenance that must stay silent",
    play=play,
    variants={"b": "the storefront stays away 35 minutes longer than announced"},
    amended="Tickets get no reply: an issue that rests proposes nothing, and a reply waits for a person (R2).",
)
