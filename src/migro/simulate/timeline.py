"""The time line that a scenario is written on: it collects deliveries and ends as a simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import attrs

from . import envelopes
from .envelopes import Endpoint, RawEnvelope, iso
from .payloads import held
from .people import People, Planted
from .shops import Shop
from .truth import GroundTruth

__all__ = ["START", "Simulation", "Timeline"]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Every scenario begins on this Monday morning."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ORDERED = frozenset({"shopify_webhook", "bigcommerce_webhook", "stripe_event"})
_PUSHED = _ORDERED | {"sentry_webhook", "zendesk_event"}


@attrs.frozen(kw_only=True)
class Simulation:
    """
    What was delivered, and what is true about it.

    Attributes:
        envelopes: Deliveries in the order of receipt.
        truth: The ground truth.
        endpoints: Where the deliveries arrive.
        shops: The invented merchants, as far as they were made from shops.
    """

    envelopes: tuple[RawEnvelope, ...]
    truth: GroundTruth
    endpoints: tuple[Endpoint, ...]
    shops: tuple[Shop, ...] = ()

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the observer's settings by endpoint name; secrets appear by the name of their variable."""
        return {e.name: e.settings() for e in sorted(self.endpoints, key=lambda e: e.name)}

    @property
    def secrets(self) -> Mapping[str, str]:
        """The invented signing secrets by the name of their variable."""
        return {e.secret_env: e.secret for e in self.endpoints if e.secret_env}


class Timeline:
    """
    Collects what one shop's scenario delivers.

    Every stream of chance is seeded by its own name, so that one more log line does not move the tickets.

    Attributes:
        lost: How many events were on their way and never arrived; whoever loses one counts it here.
    """

    def __init__(
        self, scenario: str, *, seed: int, shop: Shop, onset: datetime, end: datetime, start: datetime = START
    ) -> None:
        self.scenario, self.seed, self.shop = scenario, seed, shop
        self.start, self.onset, self.end = start, onset, end
        self.planted = Planted()
        self.people, self.visitors = People(self.rng("people")), People(self.rng("visitors"))
        self._delivered: list[RawEnvelope] = []
        self._logged: dict[datetime, list[tuple[datetime, str]]] = {}
        self._lags = self.rng("lag")
        self._names = self.rng("names")
        self._duplicates = 0
        self._numbered = 0
        self.lost = 0

    def rng(self, stream: str) -> Random:
        """Return a source of chance of its own, fixed by scenario, shop, seed and name."""
        return Random(f"migro.simulate/1|{self.scenario}|{self.shop.id}|{self.seed}|{stream}")

    def at(self, minute: int, second: int = 0) -> datetime:
        """Return the time that many minutes and seconds from the onset."""
        return self.onset + timedelta(minutes=minute, seconds=second)

    def minutes(self, first: int, last: int) -> range:
        """Return the minutes from `first` to `last`, both included, that the time line covers."""
        begin, end = ((t - self.onset) // timedelta(minutes=1) for t in (self.start, self.end))
        return range(max(first, begin), min(last + 1, end))

    def token(self, length: int = 32) -> str:
        """Return a fresh token of hex digits."""
        return f"{self._names.getrandbits(4 * length):0{length}x}"

    def number(self) -> int:
        """Return a fresh number for an order or a ticket, beyond those that a story gives out itself."""
        self._numbered += 1
        return self.shop.numbers + 599 + self._numbered

    def received(self, at: datetime) -> datetime:
        """Return when a delivery of `at` arrives: seconds later, for 3 in 100 up to a minute."""
        slow = self._lags.randrange(100) < 3
        return at + timedelta(seconds=self._lags.randrange(20, 60) if slow else self._lags.randrange(1, 6))

    def add(self, envelope: RawEnvelope) -> None:
        self._delivered.append(envelope)

    def repeat(self, envelope: RawEnvelope) -> None:
        """Deliver something once more: the same event, tried again by its sender."""
        self.add(envelope)
        self._duplicates += envelope.events

    @property
    def newest(self) -> RawEnvelope:
        """What was added last."""
        return self._delivered[-1]

    def log(
        self, at: datetime, visitor: tuple[str, str], request: str, status: int, size: int, *, referer: str = "-"
    ) -> None:
        """Write a line of the access log, in combined format."""
        ip, agent = visitor
        self.planted.add("ip", ip)
        stamp = f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at.year}:{at:%H:%M:%S} +0000"
        line = f'{ip} - - [{stamp}] "{request} HTTP/2.0" {status} {size} "{referer}" "{agent}"'
        if self.shop.vhost:
            line = f"{self.shop.host}:443 {line}"
        self._logged.setdefault(at.replace(second=0), []).append((at, line))

    def host(self, at: datetime, kind: str, **fields: Any) -> None:
        """Write a signal of the trusted host."""
        body = {
            "kind": kind,
            "merchant": self.shop.id,
            "occurred_at": iso(at),
            "env": "production",
            "provider": "host",
            **fields,
        }
        self.add(envelopes.host_signal(self.shop.plain(), body, received_at=at + timedelta(seconds=1)))

    def finish(self, truth: Callable[[Timeline], GroundTruth]) -> Simulation:
        """Batch the log, repeat and reorder a few deliveries, and return the simulation."""
        self._ship_log()
        self._delay_some()
        self._repeat_some()
        delivered = tuple(sorted(self._delivered, key=lambda e: e.received_at))
        return Simulation(
            envelopes=delivered,
            truth=attrs.evolve(
                truth(self),
                envelopes=len(delivered),
                events=sum(e.events for e in delivered),
                duplicates=self._duplicates,
                lost=self.lost,
                planted=held(self.planted.values(), delivered),
            ),
            endpoints=self.shop.endpoints(),
            shops=(self.shop,),
        )

    def _ship_log(self) -> None:
        rng = self.rng("shipper")
        for minute, lines in sorted(self._logged.items()):
            ordered = [line for _, line in sorted(lines)]
            # A server writes a line when the answer is out, so neighbours change places now and then.
            for i in range(len(ordered) - 1):
                if rng.randrange(100) == 0:
                    ordered[i], ordered[i + 1] = ordered[i + 1], ordered[i]
            arrival = minute + timedelta(seconds=60 + rng.randrange(2, 6))
            self.add(envelopes.access_log(self.shop.plain(), tuple(ordered), received_at=arrival))

    def _pushed(self, kinds: frozenset[str]) -> list[int]:
        last = self.end - timedelta(minutes=3)
        return [i for i, e in enumerate(self._delivered) if e.kind in kinds and e.received_at < last]

    def _repeat_some(self) -> None:
        # 0.5 % of deliveries come twice, and always at least one, with the same ids, bytes and signature.
        rng, candidates = self.rng("repeat"), self._pushed(_PUSHED)
        for i in rng.sample(candidates, k=min(len(candidates), max(1, len(candidates) // 200))):
            first = self._delivered[i]
            later = first.received_at + timedelta(seconds=rng.randrange(30, 80))
            self.add(attrs.evolve(first, received_at=later))
            self._duplicates += 1

    def _delay_some(self) -> None:
        # 1 % arrive after what happened next, and always at least one; still within the signature's 300 seconds.
        rng, sent = self.rng("delay"), sorted(self._pushed(_ORDERED), key=lambda i: self._delivered[i].received_at)
        pairs = [(i, j) for i, j in pairwise(sent) if self._gap(i, j) <= timedelta(seconds=200)]
        for i, j in rng.sample(pairs, k=min(len(pairs), max(1, len(sent) // 100))):
            arrival = self._delivered[j].received_at + timedelta(seconds=rng.randrange(2, 6))
            self._delivered[i] = attrs.evolve(self._delivered[i], received_at=arrival)

    def _gap(self, first: int, second: int) -> timedelta:
        return self._delivered[second].received_at - self._delivered[first].received_at
