"""The migration morning: three shops on one time line, with what strays into every inbox."""

from __future__ import annotations

from datetime import timedelta

import attrs

from .. import bodies, envelopes
from ..envelopes import RawEnvelope
from ..merging import merged
from ..people import People, Planted
from ..scenario import Scenario
from ..shops import FERNWOOD, LARKSPUR, QUILLON
from ..timeline import START, Simulation, Timeline
from ..truth import AllowedIssue
from . import sc01, sc02, sc24

__all__ = ["SCENARIO", "play"]


def play(seed: int, variant: str = "") -> Simulation:
    """Play SC01, SC02 and SC24 side by side, each as it is alone, with what strays into every inbox."""
    planted = Planted()
    strays = _strays(seed, planted)
    together = merged(tuple(scenario.play(seed) for scenario in (sc01, sc02, sc24)), scenario="morning", seed=seed)
    delivered = tuple(sorted((*together.envelopes, *strays), key=lambda e: e.received_at))
    for kind, values in together.truth.planted.items():
        planted.add(kind, *values)
    return attrs.evolve(
        together,
        envelopes=delivered,
        truth=attrs.evolve(
            together.truth,
            allowed=tuple(sorted({AllowedIssue(kind="unknown"), *together.truth.allowed})),
            envelopes=len(delivered),
            events=together.truth.events + len(strays),
            planted=planted.values(),
        ),
    )


def _strays(seed: int, planted: Planted) -> tuple[RawEnvelope, ...]:
    """Return a forged webhook, a body that was cut off, a sender nobody knows and a line that is no log line."""
    source = Timeline("morning", seed=seed, shop=LARKSPUR, onset=START, end=START + timedelta(hours=1))
    rng = source.rng("strays")
    person = People(source.rng("people")).person()
    planted.person(person, ("name", "email", "phone", "address", "ip"))
    at = [START + timedelta(minutes=m, seconds=rng.randrange(60)) for m in (13, 18, 24, 29)]
    order = bodies.shopify_order(LARKSPUR, person, number=99_999, token=source.token(), total=1, at=at[0])
    forged = envelopes.shopify(
        attrs.evolve(LARKSPUR.signed("shopify"), secret="guessed"),
        order,
        topic="orders/create",
        occurred_at=at[0],
        received_at=at[0],
        delivery=source.token(),
        event=source.token(),
    )
    paid = bodies.payment_intent(
        QUILLON, person, event=f"evt_demo{source.token(16)}", number=88_888, total=4_200, at=1_772_442_000
    )
    whole = envelopes.stripe(QUILLON.signed("stripe"), paid, received_at=at[1])
    stranger = RawEnvelope(
        received_at=at[2],
        kind="uptime_pager",
        endpoint=FERNWOOD.id,
        headers={"Content-Type": "application/json"},
        body={"check": "home page", "result": "up", "contact": person.email},
    )
    noise = envelopes.access_log(FERNWOOD.plain(), ("\\x16\\x03\\x01 - not a request",), received_at=at[3])
    return forged, attrs.evolve(whole, body=str(whole.body)[:300]), stranger, noise


SCENARIO = Scenario(id="morning", title="Three shops on one morning: SC01, SC02 and SC24 side by side", play=play)
