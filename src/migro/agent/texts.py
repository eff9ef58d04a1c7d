"""Which tickets of the last day said the same, or nearly the same, as a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

import attrs

from ..models import Signal
from ..models.scales import Hint

__all__ = ["Said", "Texts", "same_text"]

BANDS = ("near_1", "near_2", "near_3", "near_4")
"""Where a signal says which bands its text has: of two texts that are nearly the same, most are equal."""

_NEARLY = 2
"""From how many equal bands on texts are nearly the same: two of four say that about four fifths are common."""

_LOOKED_AT = 50
"""With how many of the newest tickets of the same text or band a new one is compared."""

_HINTS: Mapping[Hint | None, int] = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}


@attrs.frozen
class Said:
    """
    A ticket, by what is remembered of it.

    Attributes:
        text: Pseudonym of its text.
        provider: The help desk.
        requester: Pseudonym of who wrote it, where it says.
        seq: Its number in the journal.
        at: When it came, in microseconds of the fold's time.
        hint: How bad its sender calls it.
        bands: Pseudonyms of its bands, in order; none for a short text.
    """

    text: str
    provider: str
    requester: str | None
    seq: int
    at: int
    hint: Hint | None = None
    bands: tuple[str, ...] = ()

    @property
    def places(self) -> list[tuple[int, str]]:
        """Under what it is found: its text, and its bands by their numbers."""
        return [(0, self.text), *enumerate(self.bands, 1)]


class Texts(dict[str, Said]):
    """
    Tickets by the id of their signal, oldest first; put them in one by one.

    They know which of them share a text or a band, so that a ticket is compared with few others.
    """

    def __init__(self, known: Mapping[str, Said] | Iterable[tuple[str, Said]] = ()) -> None:
        super().__init__()
        self._sharing: dict[tuple[int, str], dict[str, None]] = {}
        for id, said in dict(known).items():
            self[id] = said

    def __setitem__(self, id: str, said: Said) -> None:
        self.pop(id, None)
        super().__setitem__(id, said)
        for place in said.places:
            self._sharing.setdefault(place, {})[id] = None

    def __delitem__(self, id: str) -> None:
        self.pop(id)

    def pop(self, id: str, default: Said | None = None) -> Said | None:  # type: ignore[override]
        """Take a ticket out and return it, or the default where it is none of these."""
        said = super().pop(id, None)
        if said is None:
            return default
        for place in said.places:
            del self._sharing[place][id]
            if not self._sharing[place]:
                del self._sharing[place]
        return said

    def equal(self, text: str) -> list[Said]:
        """Return the newest tickets with this text, in the order of their numbers."""
        return sorted((self[id] for id in self._newest((0, text))), key=lambda said: said.seq)

    def resembling(self, bands: tuple[str, ...]) -> list[Said]:
        """Return the newest tickets that share at least two bands, in the order of their numbers."""
        shared = Counter(id for band in enumerate(bands, 1) for id in self._newest(band))
        return sorted((self[id] for id, count in shared.items() if count >= _NEARLY), key=lambda said: said.seq)

    def _newest(self, place: tuple[int, str]) -> Iterable[str]:
        return islice(reversed(self._sharing.get(place, {})), _LOOKED_AT)


def same_text(texts: Texts, signal: Signal, seq: int, now: int) -> tuple[int | None, int | None]:
    """
    Return the number of an earlier ticket with the same text, or of one with nearly the same; remember others.

    Another person's ticket is another complaint.
    One that is called worse than what it repeats is news, whatever it says.

    Args:
        texts: What is remembered.
        signal: One that counts, as far as anything else is concerned.
        seq: Its number in the journal.
        now: The fold's time in microseconds.
    """
    if signal.kind != "ticket" or not isinstance(text := signal.attrs.get("text_ref"), str):
        return None, None
    bands = tuple(str(b) for name in BANDS if (b := signal.attrs.get(name)) is not None)
    said = Said(text, signal.provider, signal.ids.get("requester"), seq, now, signal.severity_hint, bands)
    for known in texts.equal(text):
        if _from_the_same(known, said) and not _worse(said, known):
            return known.seq, None
    for other in texts.resembling(bands):
        # What is only nearly the same can be another person's complaint: here nobody may be unknown.
        told = other.provider != said.provider or None not in (other.requester, said.requester)
        if told and _from_the_same(other, said) and not _worse(said, other):
            return None, other.seq
    texts[signal.id] = said
    return None, None


def _worse(said: Said, known: Said) -> bool:
    return _HINTS.get(said.hint, 0) > _HINTS.get(known.hint, 0)


def _from_the_same(known: Said, said: Said) -> bool:
    # Two help desks name one person differently; inside one desk, another person is another complaint.
    return known.provider != said.provider or said.requester is None or known.requester in (None, said.requester)
