"""The book of cards: where each one stands, as the journal has it, so that a restart asks nobody twice."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import attrs

from ..agent import Agent, Card
from ..agent.approvals import card_id
from ..models import Action, CardShown, content_id

__all__ = ["CARDS", "Book", "Place", "words_of"]

CARDS: Final = "cards"
"""The partition that says which cards stand where; no rule reads it."""


@attrs.frozen(kw_only=True)
class Place:
    """
    A card as it stands.

    Attributes:
        card: Its id, as the action was bound.
        key, since: Of which action that waits, and since when.
        role: Who is asked.
        state: `asked` while nobody knows whether it stands, `shown`, or `settled`.
        shows: Equal for equal words on it; empty while it is not known to stand.
        where: Where it stands, in the words of who posted it; empty while that is not known.
    """

    card: str
    key: str
    since: datetime
    role: str
    state: Literal["asked", "shown", "settled"]
    shows: str = ""
    where: str = ""


def words_of(action: Action) -> str:
    """Return what is equal for equal words on a card: binding, how many are asked, who approved, who was refused."""
    return content_id("shows", card_id(action), action.outcome, action.note, list(action.refused))


class Book:
    """
    What the journal says about cards; several processes may write to it.

    Args:
        agent: Whose memory it is.
    """

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._seq = 0
        self._places: dict[tuple[str, datetime], Place] = {}

    def read(self) -> None:
        """Take in what was written since, here or by another process."""
        for entry in self._agent.memory.load(CARDS, self._seq):
            self._seq = entry.seq
            if isinstance(entry.input, CardShown):
                told = entry.input
                self._take(Place(**{n: getattr(told, n) for n in attrs.fields_dict(Place)}))

    def place(self, key: str, since: datetime) -> Place | None:
        """Return where the card of an action that waits since then stands; None where none does."""
        return self._places.get((key, since))

    @property
    def open(self) -> tuple[Place, ...]:
        """Every card that may have something to press, in the order in which they were asked."""
        return tuple(self._places.values())

    def asked(self, card: Card, role: str, at: datetime) -> Place:
        """Write that a card is about to be posted."""
        key, since = card.action.idempotency_key, card.action.at
        return self._write(Place(card=card.id, key=key, since=since, role=role, state="asked"), at)

    def shown(self, place: Place, card: Card, where: str, at: datetime) -> Place:
        """Write where a card stands, and what it shows."""
        told = attrs.evolve(place, card=card.id, state="shown", shows=words_of(card.action), where=where)
        return self._write(told, at)

    def settled(self, place: Place, at: datetime) -> Place:
        """Write that a card has nothing to answer any more."""
        return self._write(attrs.evolve(place, state="settled"), at)

    def _write(self, place: Place, at: datetime) -> Place:
        self._agent.tell(CARDS, CardShown(at=at, **attrs.asdict(place)))
        self._take(place)
        return place

    def _take(self, place: Place) -> None:
        if place.state == "settled":
            self._places.pop((place.key, place.since), None)
        else:
            self._places[place.key, place.since] = place
