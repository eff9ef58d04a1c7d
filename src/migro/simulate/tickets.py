"""A help desk's inbox: letters of many people to many shops, with what each of them is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path
from random import Random
from typing import Any

import attrs

from ..errors import ConfigurationError
from ..models import canonical_json
from . import envelopes, letters
from .correspondence import Letter, Subject, letter, noise_or_fault
from .merging import merged
from .people import Person
from .timeline import START, Simulation, Timeline
from .traffic import BY_LETTER, invented
from .truth import GroundTruth

__all__ = ["Inbox", "LabelledTicket", "tickets", "write_tickets"]

_SHOPS = 24
_PER_SHOP = 12
"""Letters that one shop has, about; more letters come to more shops, as far as there are any."""


@attrs.frozen(kw_only=True)
class LabelledTicket:
    """
    One ticket, and what is true about it.

    Attributes:
        id: The help desk's number.
        merchant: Whose shopper, or who, wrote it.
        letter: What stands in it, and what it is about.
        at: When it was written.
    """

    id: str
    merchant: str
    letter: Letter
    at: datetime

    def record(self) -> dict[str, Any]:
        """Return the ticket as a record that ``migro classify`` and ``migro evaluate tickets`` read, label included."""
        about = self.letter.about
        return {
            "id": self.id,
            "merchant": self.merchant,
            "created_at": envelopes.iso(self.at),
            "title": self.letter.subject,
            "body": self.letter.text,
            "category": about.category,
            "severity": about.severity,
            "customer_facing": about.customer_facing,
            "intent": about.intent,
            "noise": about.noise,
        }


@attrs.frozen(kw_only=True)
class Inbox:
    """
    Tickets as deliveries, and the same tickets with their labels.

    Attributes:
        simulation: Their deliveries: signed webhooks of a help desk for one half, its export for the other. Its truth
            expects no issue: words prove nothing.
        tickets: In the order of writing.
    """

    simulation: Simulation
    tickets: tuple[LabelledTicket, ...]


def tickets(count: int, *, seed: int, days: int = 7) -> Inbox:
    """
    Return an inbox with that many tickets, three of five about nothing that is broken.

    Args:
        count: How many, at least one.
        seed: Source of all chance.
        days: Over how many days they are spread evenly, from Monday morning on.

    Raises:
        ConfigurationError: If `count` or `days` is below one.
    """
    if count < 1 or days < 1:
        raise ConfigurationError(f"expected at least one ticket and one day, got {count} and {days}")
    rng = Random(f"migro.simulate/tickets/1|{seed}")
    end = START + timedelta(days=days)
    shops = [invented(rng, number) for number in range(min(_SHOPS, max(1, count // _PER_SHOP)))]
    desks = [Timeline("tickets", seed=seed, shop=s, onset=START + timedelta(minutes=1), end=end) for s in shops]
    written: list[LabelledTicket] = []
    for moment in sorted(rng.randrange(60, days * 86_400 - 300) for _ in range(count)):
        desk, at = rng.choice(desks), START + timedelta(seconds=moment)
        written.append(_ticket(desk, at, noise_or_fault(rng), rng))
    played = merged([desk.finish(_nothing) for desk in desks], scenario="tickets", seed=seed)
    return Inbox(simulation=played, tickets=tuple(written))


def _ticket(desk: Timeline, at: datetime, about: Subject, rng: Random) -> LabelledTicket:
    shop, person, number = desk.shop, desk.people.person(), desk.number()
    text = letter(rng, person, about, number=desk.number())
    desk.planted.person(person, ("name", "email", *text.planted))
    if rng.randrange(2):
        _webhook(desk, person, text, at, number)
    else:
        desk.planted.person(person, ("phone",))
        letters.by_help_desk(desk, person, number=number, subject=text.subject, text=text.text, at=at)
    return LabelledTicket(id=f"{shop.name}-{number}", merchant=shop.id, letter=text, at=at)


def _webhook(desk: Timeline, person: Person, text: Letter, at: datetime, number: int) -> None:
    letters.by_zendesk(desk, person, number=number, subject=text.subject, text=text.text, at=at)


def _nothing(desk: Timeline) -> GroundTruth:
    return GroundTruth(
        scenario="tickets",
        seed=desk.seed,
        merchants=(desk.shop.id,),
        start=desk.start,
        onset=desk.onset,
        end=desk.end,
        allowed=(*BY_LETTER, "documentation_gap"),
    )


def write_tickets(inbox: Inbox, directory: str | PathLike[str]) -> tuple[Path, Path]:
    """
    Write ``tickets.jsonl``, without what is true, and ``labels.jsonl``, with it, into a directory that is there.

    Returns:
        The two paths, in this order.
    """
    plain, labelled = Path(directory) / "tickets.jsonl", Path(directory) / "labels.jsonl"
    records = [ticket.record() for ticket in inbox.tickets]
    _write(plain, [{n: r[n] for n in ("id", "merchant", "created_at", "title", "body")} for r in records])
    _write(labelled, records)
    return plain, labelled


def _write(path: Path, records: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(canonical_json(r) + "\n" for r in records), encoding="utf-8", newline="\n")
