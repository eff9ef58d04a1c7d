"""SC19: a version of the platform's API ends at noon, and the shops that run one build of an app notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ...models import Severity
from .. import load
from ..fleet import fleet, moved, plain_truth, together
from ..scenario import Scenario
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

SHOPS = fleet(14, prefix="flint")
PINNED = range(6)
"""The shops that run the build which asks for the version that ends."""

BUILD, ASKED, SERVED = "5.0.2", "2025-04", "2025-07"
_ONSET = START + timedelta(minutes=12)
_END = _ONSET + timedelta(minutes=90)


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC19.

    At T0 the version ends: every answer to six shops comes in the next one and lacks a field; at T+40 what reads it
    raises. Eight others on the same platform run other builds and are well.
    """
    return together([_shop(seed, n) for n in range(len(SHOPS))], lambda played: _truth(seed, played))


def _shop(seed: int, number: int) -> Simulation:
    timeline = Timeline("SC19", seed=seed, shop=SHOPS[number], onset=_ONSET, end=_END)
    pinned = number in PINNED
    moved(timeline, -12, number=number, app_version=BUILD if pinned else f"6.{number}.0")
    if number == 0:
        timeline.host(timeline.at(-12), "fleet.profile", ids={"platform": "shopify"}, metrics={"merchants": 14})
    if pinned:
        at = timeline.at(0).isoformat().replace("+00:00", "Z")
        timeline.host(
            timeline.at(-12, 30),
            "calendar.interval",
            source_kind="calendar",
            attrs={"what": "api_sunset", "starts_at": at, "ends_at": at},
        )
    for minute in range(-10, 60, 5):
        _calls(timeline, minute, fallen=pinned and minute >= 0)
    if pinned:
        for minute in range(40, 60, 6):
            _unknown_field(timeline, minute)
    load.cart_posts(timeline, -10, 30, per_min=2)
    load.order(timeline, timeline.at(4 + number, 11), number=timeline.shop.numbers)
    return timeline.finish(plain_truth)


def _calls(timeline: Timeline, minute: int, *, fallen: bool) -> None:
    rng = timeline.rng(f"calls {minute}")
    timeline.host(
        timeline.at(minute, rng.randrange(50)),
        "api.calls",
        source_kind="app_log",
        status=200,
        ids={"api": "admin", "client": "stock_sync"},
        metrics={"calls": rng.randrange(24, 40)},
        attrs={
            "asked_version": ASKED,
            "served_version": SERVED if fallen else ASKED,
            "missing_required": fallen,
            "partial": False,
            "refetch": False,
            "result": "ok",
            "server_side": True,
        },
    )


def _unknown_field(timeline: Timeline, minute: int) -> None:
    timeline.host(
        timeline.at(minute, 33),
        "api.calls",
        source_kind="app_log",
        status=200,
        ids={"api": "admin", "client": "stock_sync"},
        metrics={"calls": 3},
        attrs={
            "asked_version": ASKED,
            "served_version": SERVED,
            "missing_required": True,
            "partial": False,
            "refetch": False,
            "result": "unknown_field",
            "server_side": True,
        },
    )


def _truth(seed: int, played: Sequence[Simulation]) -> GroundTruth:
    fallen, build = "api_version_fall_forward", "app_build_incident"
    return GroundTruth(
        scenario="SC19",
        seed=seed,
        merchants=tuple(shop.id for shop in SHOPS),
        start=START,
        onset=_ONSET,
        end=_END,
        issues=(
            ExpectedIssue(
                kind=build,
                merchant="platform",
                onset=_ONSET,
                mildest=Severity.SEV3,
                gravest=Severity.SEV1,
                within=1_800,
            ),
            *(
                ExpectedIssue(
                    kind=fallen,
                    merchant=SHOPS[n].id,
                    onset=_ONSET,
                    mildest=Severity.SEV4,
                    gravest=Severity.SEV2,
                    parent=build,
                    within=1_800,
                )
                for n in PINNED
            ),
        ),
        forbidden=(
            ForbiddenIssue(kind="platform_incident_systemic"),
            *(ForbiddenIssue(kind=fallen, merchant=shop.id) for shop in SHOPS[len(PINNED) :]),
        ),
        actions=(ExpectedAction(kind="notify", merchant="platform", issue=build),),
    )


SCENARIO = Scenario(id="SC19", title="A version of the API ends for the shops of one build", play=play)
