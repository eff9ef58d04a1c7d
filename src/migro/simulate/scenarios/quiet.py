"""
Quiet days of a tiny shop: nothing is wrong, and nobody is to be told anything.

A few orders an hour, at night none for hours, its own small share of errors, letters about parcels, releases that go
well. What counts here is silence: there is nothing to find, and every page is a false one.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .. import load
from ..envelopes import iso
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..traffic import BY_LETTER, shopping
from ..truth import GroundTruth

__all__ = ["SCENARIO", "play"]

WRENBY = Shop(
    id="wrenby-demo.myshopify.com",
    name="wrenby",
    currency="EUR",
    aov_minor=4_800,
    sessions_per_min="2.4",
    buying=20,
    failing=60,
    numbers=74_000,
)
"""A tiny shop: about two orders an hour by day."""

_DAYS = 3
_THIN = 250
"""A quarter of the page views is written: shares of errors stay as they are, and three days stay cheap to play."""


def play(seed: int, variant: str = "") -> Simulation:
    """Play three days from Monday morning on; in variant b a mail on Tuesday brings six times as many for two hours."""
    onset = START + timedelta(hours=1)
    timeline = Timeline("quiet" + variant, seed=seed, shop=WRENBY, onset=onset, end=START + timedelta(days=_DAYS))
    load.profile(timeline, -60)
    mail = 24 * 60
    busy = range(mail, mail + 120) if variant else range(0)
    last = _DAYS * 24 * 60
    if busy:
        _announce(timeline, mail)
        shopping(timeline, -60, busy[0] - 1, thin=_THIN)
        shopping(timeline, busy[0], busy[-1], thin=_THIN, times=Decimal(6))
        shopping(timeline, busy[-1] + 1, last, thin=_THIN)
    else:
        shopping(timeline, -60, last, thin=_THIN)
    load.probes(timeline, tuple(timeline.minutes(-55, last))[::60], ok=True)
    for item, minute in enumerate(tuple(timeline.minutes(-30, last))[::211]):
        load.inventory(timeline, timeline.at(minute, 20), item=item)
    for day in range(_DAYS):
        # A release a day, at the hour of tea; nothing follows from it.
        timeline.host(
            timeline.at(day * 1440 + 300), "change.deploy", source_kind="change_event", ids={"release": f"q{day}"}
        )
    return timeline.finish(_truth)


def _announce(timeline: Timeline, mail: int) -> None:
    timeline.host(
        timeline.at(mail - 180),
        "calendar.interval",
        source_kind="calendar",
        attrs={
            "what": "campaign",
            "starts_at": iso(timeline.at(mail)),
            "ends_at": iso(timeline.at(mail + 120)),
        },
        metrics={"expected_percent": 600},
    )


def _truth(timeline: Timeline) -> GroundTruth:
    return GroundTruth(
        scenario=timeline.scenario,
        seed=timeline.seed,
        merchants=(WRENBY.id,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        allowed=BY_LETTER,
    )


SCENARIO = Scenario(
    id="quiet",
    title="Three quiet days of a tiny shop",
    play=play,
    variants={"b": "an announced mail brings six times as many shoppers for two hours"},
)
