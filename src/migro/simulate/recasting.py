"""A simulation that is played by other shops than it was written for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..errors import ConfigurationError
from .envelopes import Endpoint, RawEnvelope, sent_again
from .shops import Shop
from .timeline import Simulation
from .truth import GroundTruth

__all__ = ["namesake", "recast"]

_Change = Callable[[str], str]


def namesake(shop: Shop) -> Shop:
    """Return another shop of the same size and platform, with an id, a name and numbers of its own."""
    name = f"{shop.name}b"
    if shop.name in shop.id:
        id = shop.id.replace(shop.name, name)
    else:
        id = f"{shop.id}2" if shop.id.isdigit() else f"{shop.id}-2"
    return attrs.evolve(shop, id=id, name=name, numbers=shop.numbers + 40_000)


def recast(simulation: Simulation, casting: Mapping[Shop, Shop]) -> Simulation:
    """
    Return the simulation with some of its shops played by others.

    Ids, names and hosts are those of the new shop wherever they stand, numbers of orders and tickets move into its
    range, and what was signed is signed anew with its secrets. What happens, when, and to which people stays.

    Args:
        casting: The shop that plays by the shop that was written. It keeps the platform: senders are not translated.

    Raises:
        ConfigurationError: If a shop to be replaced is not in the simulation.
    """
    if strangers := [s.id for s in casting if s not in simulation.shops]:
        raise ConfigurationError(f"expected a shop of the simulation, got {', '.join(strangers)}")
    change = _changing(casting)
    endpoints = {e.name: e for e in simulation.endpoints}
    merchants = {old.id: new.id for old, new in casting.items()}
    moved = {name: _endpoint(e, merchants, change) for name, e in endpoints.items()}
    concerned = frozenset(name for name, e in endpoints.items() if e.merchant in merchants)
    return Simulation(
        envelopes=tuple(
            _envelope(e, endpoints[str(e.endpoint)], moved[str(e.endpoint)], change) if e.endpoint in concerned else e
            for e in simulation.envelopes
        ),
        truth=_truth(simulation.truth, merchants),
        endpoints=tuple(dict.fromkeys(moved.values())),
        shops=tuple(dict.fromkeys(casting.get(s, s) for s in simulation.shops)),
    )


def _changing(casting: Mapping[Shop, Shop]) -> _Change:
    """Return what rewrites a text: every id, name and number is looked up at once, so that shops can change places."""
    words: dict[str, str] = {}
    patterns: list[str] = []
    for old, new in casting.items():
        words |= {old.id: new.id, old.name: new.name, old.name.upper(): new.name.upper()}
        patterns += [rf"(?<![\w.]){re.escape(old.id)}(?![\w])", old.name, old.name.upper()]
        if old.numbers != new.numbers and old.numbers % 1000 == 0:
            thousands = str(old.numbers // 1000)
            words[thousands] = str(new.numbers // 1000)
            # Order 41007 is also 5900000041007 and 000041007; other figures are not told from it, and need not be.
            patterns.append(rf"(?:(?<!\d)|(?<=0000)){thousands}(?=\d{{3}}(?!\d))")
    either = re.compile("|".join(patterns))
    return lambda text: either.sub(lambda found: words[found[0]], text)


def _endpoint(endpoint: Endpoint, merchants: Mapping[str, str], change: _Change) -> Endpoint:
    if endpoint.merchant not in merchants:
        return endpoint
    return attrs.evolve(
        endpoint,
        name=change(endpoint.name),
        merchant=merchants[endpoint.merchant],
        secret_env=change(endpoint.secret_env) if endpoint.secret_env else None,
        secret=change(endpoint.secret),
    )


def _envelope(envelope: RawEnvelope, old: Endpoint, new: Endpoint, change: _Change) -> RawEnvelope:
    if isinstance(envelope.body, str):
        again = sent_again(envelope, old.secret, new_secret=new.secret, text=change(envelope.body))
    else:
        again = attrs.evolve(envelope, body=_within(dict(envelope.body), change))
    headers = {name: change(value) if value == old.merchant else value for name, value in again.headers.items()}
    return attrs.evolve(again, endpoint=new.name, headers=headers)


def _within(value: Any, change: _Change) -> Any:
    return json.loads(change(json.dumps(value, ensure_ascii=False)))


def _truth(truth: GroundTruth, merchants: Mapping[str, str]) -> GroundTruth:
    def of(merchant: str | None) -> str | None:
        return None if merchant is None else merchants.get(merchant, merchant)

    return attrs.evolve(
        truth,
        merchants=tuple(dict.fromkeys(merchants.get(m, m) for m in truth.merchants)),
        issues=tuple(attrs.evolve(i, merchant=of(i.merchant)) for i in truth.issues),
        forbidden=tuple(attrs.evolve(f, merchant=of(f.merchant)) for f in truth.forbidden),
        allowed=tuple(attrs.evolve(a, merchant=of(a.merchant)) for a in truth.allowed),
        actions=tuple(attrs.evolve(a, merchant=of(a.merchant)) for a in truth.actions),
    )
