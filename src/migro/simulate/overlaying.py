"""Two simulations at once: two troubles of one merchant, or two merchants who know nothing of each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .envelopes import RawEnvelope
from .merging import merged
from .recasting import namesake, recast
from .shops import Shop
from .timeline import Simulation

__all__ = ["beside", "overlay"]


def overlay(first: Simulation, second: Simulation) -> Simulation:
    """
    Return both on one time line as troubles of one merchant.

    The leading shop of the second is played by the leading shop of the first: its id, name and hosts, and what the
    host knows about it; the second's own profile only adds what the first does not say. Numbers of orders and tickets
    stay apart, also where both were written for the same shop. Further shops of the second stay beside.

    The load of both adds up, and each ends when it ends: a merchant who trades in both worlds. Where one scenario
    explains the other away, such as a maintenance window over an outage, what is true about both is not the sum, and
    the truth of the whole has to be written by hand.
    """
    host, guest = first.shops[0], second.shops[0]
    numbers = guest.numbers if guest.numbers != host.numbers else host.numbers + 40_000
    casting = {**_apart(first, second), guest: attrs.evolve(host, numbers=numbers)}
    known = _profile(first, host.id)
    moved = recast(second, casting)
    told = attrs.evolve(moved, envelopes=tuple(_informed(e, host.id, known) for e in moved.envelopes))
    both = merged((first, told), scenario=_name(first, second, "+"), seed=first.truth.seed)
    return attrs.evolve(both, shops=tuple(s for s in both.shops if s.id != host.id or s is host))


def beside(first: Simulation, second: Simulation) -> Simulation:
    """Return both on one time line, each with merchants of its own: a shop of both has a namesake in the second."""
    moved = recast(second, _apart(first, second))
    return merged((first, moved), scenario=_name(first, second, ","), seed=first.truth.seed)


def _name(first: Simulation, second: Simulation, sign: str) -> str:
    return f"{first.truth.scenario}{sign}{second.truth.scenario}"


def _apart(first: Simulation, second: Simulation) -> dict[Shop, Shop]:
    taken = {s.id for s in first.shops}
    casting: dict[Shop, Shop] = {}
    for shop in second.shops:
        other = shop
        while other.id in taken:
            other = namesake(other)
        taken.add(other.id)
        if other != shop:
            casting[shop] = other
    return casting


def _profile(simulation: Simulation, merchant: str) -> dict[str, dict[str, Any]]:
    """Return what the host says about a merchant, by part of the signal."""
    known: dict[str, dict[str, Any]] = {"metrics": {}, "attrs": {}}
    for body in (e.body for e in simulation.envelopes if e.kind == "host_signal"):
        if isinstance(body, Mapping) and (body["kind"], body["merchant"]) == ("shop.profile", merchant):
            for part, values in known.items():
                values.update(body.get(part, {}))
    return known


def _informed(envelope: RawEnvelope, merchant: str, known: Mapping[str, Mapping[str, Any]]) -> RawEnvelope:
    body = envelope.body
    if envelope.kind != "host_signal" or isinstance(body, str) or body["kind"] != "shop.profile":
        return envelope
    if body["merchant"] != merchant:
        return envelope
    parts = {part: {**body.get(part, {}), **values} for part, values in known.items()}
    return attrs.evolve(envelope, body={**body, **parts})
