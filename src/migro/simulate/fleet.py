"""A fleet: many small shops on one time line, and what they deliver put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import attrs

from .people import Planted
from .shops import Shop
from .timeline import Simulation, Timeline
from .truth import GroundTruth

__all__ = ["fleet", "moved", "plain_truth", "together"]

_AGENCIES = ("alder", "birch", "cedar", "damson", "elder", "fir", "gorse", "hazel", "ivy", "juniper", "larch", "maple")
_REGIONS = ("eu", "us", "ap")


def fleet(size: int, *, prefix: str) -> tuple[Shop, ...]:
    """Return that many invented shops on Shopify, of different size."""
    return tuple(
        Shop(
            id=f"{prefix}-{n:03d}-demo.myshopify.com",
            name=f"{prefix}{n:03d}",
            currency=("EUR", "GBP", "USD")[n % 3],
            aov_minor=4_000 + 70 * (n % 90),
            sessions_per_min=str(2 + n % 9),
            numbers=100_000 + 1_000 * n,
            senders=("shopify", "sentry"),
        )
        for n in range(size)
    )


def moved(timeline: Timeline, minute: int, *, number: int, agency: str = "", app_version: str = "") -> None:
    """Let the host say where a shop was moved to, and with whom it shares what."""
    rng = timeline.rng("moved")
    timeline.host(
        timeline.at(minute),
        "shop.move",
        ids={
            "platform": "shopify",
            "agency": agency or _AGENCIES[number % len(_AGENCIES)],
            "app_version": app_version or f"2.{rng.randrange(9)}.{rng.randrange(9)}",
            "region": _REGIONS[number % len(_REGIONS)],
            "release_train": f"train-{number % 17}",
        },
    )


def together(played: Sequence[Simulation], truth: Callable[[Sequence[Simulation]], GroundTruth]) -> Simulation:
    """Return what all shops deliver, in the order of receipt, with one truth about it."""
    delivered = sorted((e for s in played for e in s.envelopes), key=lambda e: e.received_at)
    planted = Planted()
    for simulation in played:
        for kind, values in simulation.truth.planted.items():
            planted.add(kind, *values)
    return Simulation(
        envelopes=tuple(delivered),
        truth=attrs.evolve(
            truth(played),
            envelopes=len(delivered),
            events=sum(s.truth.events for s in played),
            duplicates=sum(s.truth.duplicates for s in played),
            planted=planted.values(),
        ),
        endpoints=tuple(e for s in played for e in s.endpoints),
    )


def plain_truth(timeline: Timeline) -> GroundTruth:
    """Return the truth of one shop of a fleet; what has to be found is said of all together."""
    return GroundTruth(
        scenario=timeline.scenario,
        seed=timeline.seed,
        merchants=(timeline.shop.id,),
        start=timeline.onset - timedelta(minutes=10),
        onset=timeline.onset,
        end=timeline.end,
    )
