"""
SC06: the tax app of a Saleor store answers too slowly, on and off, so that the breaker opens fifteen times.

The scenario wants one case that stays open by hysteresis until half an hour is clean, and four messages at most. The
reply to the merchant waits for a person (R2).
"""

from __future__ import annotations

from datetime import timedelta

from ...models import Severity
from .. import letters, load, stores
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

TARNBECK = Shop(
    id="tarnbeck.saleor.example",
    name="tarnbeck",
    currency="EUR",
    aov_minor=6_900,
    sessions_per_min="35",
    numbers=82_000,
    senders=("saleor", "zendesk"),
)
"""A storefront of its own on Saleor, at its peak hour."""

_FROM, _BAD, _TO = -30, 120, 165
_CALLS = 60
"""Calls of the tax app in a minute: three checkouts, each of which asks again with every change."""


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC06.

    30 checkouts in ten minutes. T0 to T+120 the share of failing calls of the tax app goes between 45 % for four
    minutes and 2 % for three, and its breaker opens fifteen times; T+20 one ticket, T+70 two; T+34 another app is gone
    for 20 seconds while it is released; staging's breakers only watch; the end is at T+165, 45 minutes after the last
    bad one.
    """
    onset = START + timedelta(minutes=-_FROM)
    timeline = Timeline("SC06", seed=seed, shop=TARNBECK, onset=onset, end=onset + timedelta(minutes=_TO))
    load.profile(timeline, _FROM)
    load.browsing(timeline, _FROM, _TO - 1, per_min=3)
    load.cart_posts(timeline, _FROM, _TO - 1, per_min=2)
    _orders(timeline)
    _calls(timeline)
    _breaker(timeline)
    _staging(timeline)
    _tickets(timeline)
    return timeline.finish(_truth)


def failing(minute: int) -> bool:
    """Return whether the tax app is in one of its bad stretches."""
    return 0 <= minute < _BAD and minute % 7 < 4


def _orders(timeline: Timeline) -> None:
    """Let somebody buy every four minutes; in the bad stretches fewer get through."""
    rng, number = timeline.rng("orders"), TARNBECK.numbers
    for minute in range(_FROM, _TO - 2, 2):
        if failing(minute) and rng.randrange(100) < 45:
            continue
        at, number = timeline.at(minute, rng.randrange(50)), number + 1
        person, total = timeline.people.person(), TARNBECK.aov_minor * rng.randrange(60, 150) // 100
        timeline.planted.person(person, ("name", "email", "phone", "address"))
        body = stores.saleor_order(TARNBECK, person, number=number, order=f"T3JkZXI6{number}", total=total, at=at)
        timeline.add(
            stores.saleor(
                TARNBECK.signed("saleor"),
                body,
                event="order_created",
                domain=TARNBECK.id,
                received_at=timeline.received(at),
            )
        )


def _app(timeline: Timeline, minute: int, app: str, calls: int, *, failed: bool, latency_ms: int) -> None:
    if calls:
        timeline.host(
            timeline.at(minute, 58),
            "app.calls",
            source_kind="app_log",
            provider="saleor",
            ids={"app": app},
            metrics={"calls": calls, "latency_ms": latency_ms},
            attrs={"failed": failed},
        )


def _calls(timeline: Timeline) -> None:
    """Let the platform count its calls of the apps by the minute, by result and class of latency."""
    rng = timeline.rng("calls")
    for minute in range(_FROM, _TO):
        calls = _CALLS + rng.randrange(-6, 7)
        share = 450 if failing(minute) else 20 if 0 <= minute < _BAD else 6
        lost = (calls * share + rng.randrange(1000)) // 1000
        # What fails waited for the platform's limit; the rest of a bad minute is slow as well.
        _app(timeline, minute, "tax", lost, failed=True, latency_ms=20_000)
        slow = (calls - lost) // 3 if failing(minute) else 0
        _app(timeline, minute, "tax", slow, failed=False, latency_ms=5_000)
        _app(timeline, minute, "tax", calls - lost - slow, failed=False, latency_ms=400)
        others = 12 + rng.randrange(-2, 3)
        gone = others // 3 if minute == 34 else 0
        _app(timeline, minute, "loyalty", gone, failed=True, latency_ms=400)
        _app(timeline, minute, "loyalty", others - gone, failed=False, latency_ms=200)
    timeline.host(timeline.at(34), "change.deploy", source_kind="change_event", ids={"release": "loyalty-12"})


def breaker_openings() -> tuple[int, ...]:
    """Return the minutes at which the breaker opens: when a hundred calls failed, in fifteen of the bad stretches."""
    return tuple(7 * stretch + 3 for stretch in range(17) if stretch not in (6, 12))


def _breaker(timeline: Timeline) -> None:
    for minute in breaker_openings():
        # Two minutes later it lets a few calls through, and closes when they come back.
        for wait, state in ((0, "open"), (120, "half_open"), (200, "closed")):
            _breaks(timeline, minute, 40 + wait, state)


def _breaks(timeline: Timeline, minute: int, second: int, state: str, *, staging: bool = False) -> None:
    timeline.host(
        timeline.at(minute, second),
        "app.breaker",
        source_kind="app_log",
        provider="saleor",
        ids={"app": "tax"},
        state=state,
        attrs={"dry_run": staging},
        env="staging" if staging else "production",
    )


def _staging(timeline: Timeline) -> None:
    for minute in (-21, 3, 16, 41, 77, 131):
        _breaks(timeline, minute, 10, "open", staging=True)


def _tickets(timeline: Timeline) -> None:
    asked = (
        (20, "Checkout hangs", "when I enter my address the checkout loads forever and then shows an error"),
        (70, "Cannot complete my order", "I cannot check out, it says that taxes cannot be calculated"),
        (71, "error at checkout", "the checkout does not work, it says something went wrong after the address"),
    )
    for place, (minute, subject, text) in enumerate(asked):
        at, person = timeline.at(minute, 9 * place), timeline.people.person()
        timeline.planted.person(person, ("name", "email", "phone"))
        letters.by_zendesk(
            timeline,
            person,
            number=TARNBECK.numbers + 501 + place,
            subject=subject,
            text=f"Hello,\n{text}.\n\n{person.name}\n{person.phone}\n{person.email}",
            at=at,
        )


def _truth(timeline: Timeline) -> GroundTruth:
    shop, app = TARNBECK.id, "sync_app_timeout_or_circuit_open"
    return GroundTruth(
        scenario="SC06",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        max_messages=4,
        issues=(
            ExpectedIssue(
                kind=app,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                within=720,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in ("checkout_server_error_spike", "deploy_regression", "platform_incident_systemic")
        ),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=app),
            ExpectedAction(kind="report", merchant=shop, issue=app),
            ExpectedAction(kind="draft_reply", merchant=shop, issue=app),
        ),
    )


SCENARIO = Scenario(
    id="SC06",
    title="A tax app that fails on and off, and its breaker with it",
    play=play,
    amended="The reply to the merchant waits for a person (R2).",
)
