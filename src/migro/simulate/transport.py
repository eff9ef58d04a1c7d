"""What transport does to a finished simulation: events get lost, come again, or overtake each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import attrs

from ..errors import ConfigurationError
from .envelopes import RawEnvelope, sent_again
from .payloads import held
from .timeline import Simulation

__all__ = ["ONE_BY_ONE", "Spell", "lose", "reorder", "repeat"]

Spell = tuple[datetime, datetime]
"""From when, and until before when."""

ONE_BY_ONE: frozenset[str] = frozenset(
    {"shopify_webhook", "bigcommerce_webhook", "stripe_event", "sentry_webhook", "zendesk_event"}
)
"""Wire formats that are pushed one event at a time, by senders who try again when no answer comes."""


def lose(
    simulation: Simulation,
    *,
    permille: int,
    seed: int,
    kinds: Collection[str] | None = None,
    during: Spell | None = None,
) -> Simulation:
    """
    Return the simulation without some of its events, each lost by itself and with the same chance.

    An event is an event: a webhook, a ticket, a statement of the host, one line of a batch of log lines, one alert of
    a notification. A batch arrives as long as one of its events does. A batch that is signed as a whole arrives whole
    or not at all.

    What is true stays true; the truth counts what is left, and holds the personal data that is left. Detection may
    take longer than the truth allows where the events that show a failure are among the lost.

    Args:
        permille: How many events in 1,000 are lost, 0 to 1,000.
        seed: Source of this chance alone: another seed loses others of the same events.
        kinds: Wire formats that are concerned; None for all.
        during: Between which times of receipt; None for always.

    Raises:
        ConfigurationError: If `permille` is no share.
    """
    rng = _rng("lose", simulation, permille, seed)
    fates = (_left(e, rng, permille) if _concerned(e, kinds, during) else e for e in simulation.envelopes)
    left = tuple(e for e in fates if e is not None)
    before, after = _repeats(simulation.envelopes), _repeats(left)
    truth = simulation.truth
    return _counted(
        simulation,
        left,
        lost=truth.events - sum(e.events for e in left),
        duplicates=after if before == truth.duplicates else min(after, truth.duplicates),
    )


def repeat(
    simulation: Simulation,
    *,
    permille: int,
    seed: int,
    copies: tuple[int, int] = (1, 1),
    late: timedelta = timedelta(minutes=1),
    kinds: Collection[str] = ONE_BY_ONE,
    during: Spell | None = None,
) -> Simulation:
    """
    Return the simulation with some deliveries sent again: the same ids and the same bytes, signed at their own time.

    Args:
        permille: How many deliveries in 1,000 come again.
        seed: Source of this chance alone.
        copies: Fewest and most further copies of one delivery.
        late: A copy comes up to this much later, most of them soon, none after the end of the time line.
        kinds: Wire formats that are concerned.
        during: Between which times of receipt of the first copy; None for always.

    Raises:
        ConfigurationError: If `permille` is no share.
    """
    rng = _rng("repeat", simulation, permille, seed)
    secrets = {e.name: e.secret for e in simulation.endpoints}
    again: list[RawEnvelope] = []
    for envelope in simulation.envelopes:
        if not _concerned(envelope, kinds, during) or not _chosen(rng, permille):
            continue
        for _ in range(rng.randint(*copies)):
            # Senders try again soon, and then less and less often.
            wait = rng.randint(1, rng.randint(1, rng.randint(1, max(1, late // timedelta(seconds=1)))))
            at = envelope.received_at + timedelta(seconds=wait)
            if at < simulation.truth.end:
                again.append(sent_again(envelope, secrets.get(str(envelope.endpoint), ""), received_at=at))
    together = sorted((*simulation.envelopes, *again), key=lambda e: e.received_at)
    return _counted(simulation, tuple(together), lost=0, duplicates=simulation.truth.duplicates + len(again))


def reorder(
    simulation: Simulation,
    *,
    permille: int,
    seed: int,
    within: timedelta = timedelta(minutes=3),
    kinds: Collection[str] = ONE_BY_ONE,
    during: Spell | None = None,
) -> Simulation:
    """
    Return the simulation with some deliveries so late that others overtake them.

    Args:
        permille: How many deliveries in 1,000 are held up.
        seed: Source of this chance alone.
        within: How long at most; a sender signs when it sends, so the signature is fresh all the same.
        kinds: Wire formats that are concerned.
        during: Between which times of receipt, were it not for this; None for always.

    Raises:
        ConfigurationError: If `permille` is no share.
    """
    rng = _rng("reorder", simulation, permille, seed)
    secrets = {e.name: e.secret for e in simulation.endpoints}
    moved: list[RawEnvelope] = []
    for envelope in simulation.envelopes:
        late = envelope
        if _concerned(envelope, kinds, during) and _chosen(rng, permille):
            at = envelope.received_at + timedelta(seconds=rng.randint(1, max(1, within // timedelta(seconds=1))))
            if at < simulation.truth.end:
                late = sent_again(envelope, secrets.get(str(envelope.endpoint), ""), received_at=at)
        moved.append(late)
    together = tuple(sorted(moved, key=lambda e: e.received_at))
    return _counted(simulation, together, lost=0, duplicates=simulation.truth.duplicates)


def _rng(what: str, simulation: Simulation, permille: int, seed: int) -> Random:
    if not 0 <= permille <= 1000:
        raise ConfigurationError(f"expected a share of 0 to 1000 in 1,000 events, got {permille}")
    return Random(f"migro.simulate/transport/1|{what}|{simulation.truth.scenario}|{simulation.truth.seed}|{seed}")


def _concerned(envelope: RawEnvelope, kinds: Collection[str] | None, during: Spell | None) -> bool:
    if kinds is not None and envelope.kind not in kinds:
        return False
    return during is None or during[0] <= envelope.received_at < during[1]


def _chosen(rng: Random, permille: int) -> bool:
    return rng.randrange(1000) < permille


def _left(envelope: RawEnvelope, rng: Random, permille: int) -> RawEnvelope | None:
    """Return what arrives of an envelope, or None."""
    fates = [_chosen(rng, permille) for _ in range(envelope.events)]
    if not any(fates):
        return envelope
    parts = _parts(envelope)
    if parts is None:
        return None if fates[0] else envelope
    name, events = parts
    left = [event for event, lost in zip(events, fates, strict=True) if not lost]
    if not left:
        return None
    if isinstance(envelope.body, str):
        return attrs.evolve(envelope, body="".join(f"{line}\n" for line in left), events=len(left))
    return attrs.evolve(envelope, body={**envelope.body, name: left}, events=len(left))


def _parts(envelope: RawEnvelope) -> tuple[str, Sequence[Any]] | None:
    """Return the events of a batch that nobody signed as a whole, and the name of their list; None for no batch."""
    if envelope.events < 2 or envelope.kind in ONE_BY_ONE:
        return None
    if isinstance(envelope.body, str):
        lines = envelope.body.splitlines()
        return ("", lines) if len(lines) == envelope.events else None
    return next(
        (
            (name, value)
            for name, value in envelope.body.items()
            if isinstance(value, list) and len(value) == envelope.events
        ),
        None,
    )


def _counted(simulation: Simulation, envelopes: tuple[RawEnvelope, ...], *, lost: int, duplicates: int) -> Simulation:
    truth = simulation.truth
    return attrs.evolve(
        simulation,
        envelopes=envelopes,
        truth=attrs.evolve(
            truth,
            envelopes=len(envelopes),
            events=sum(e.events for e in envelopes),
            duplicates=duplicates,
            lost=truth.lost + lost,
            planted=held(truth.planted, envelopes) if lost else truth.planted,
        ),
    )


def _repeats(envelopes: Sequence[RawEnvelope]) -> int:
    """Return how many deliveries came before, with the same body and the same ids."""
    seen: set[tuple[Any, ...]] = set()
    repeats = 0
    for envelope in envelopes:
        if envelope.kind not in ONE_BY_ONE:
            continue
        ids = (envelope.headers.get(n) for n in ("X-Shopify-Webhook-Id", "webhook-id", "Request-ID"))
        key = (envelope.kind, envelope.endpoint, *ids, envelope.body)
        repeats += key in seen
        seen.add(key)
    return repeats
