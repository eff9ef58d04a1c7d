"""Which tickets of the last day said the same, or nearly the same, as a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from ..models import Signal
from ..models.scales import Hint

__all__ = ["Said", "Texts", "same_text"]

BANDS = ("near_1", "near_2", "near_3", "near_4")
"""Where a signal says which bands its text has: of two texts that are nearly the same, most are equal."""

_NEARLY = 2
"""From how many equal bands on texts are nearly the same: two of four say that about four fifths are common."""

_HINTS: Mapping[Hint | None, int] = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}


@attrs.frozen
class Said:
    """
    A ticket, by what is remembered of it.

    Attributes:
        provider: The help desk.
        requester: Pseudonym of who wrote it, where it says.
        seq: Its number in the journal.
        at: When it came, in microseconds of the fold's time.
        id: Of the signal.
        hint: How bad its sender calls it.
        bands: Pseudonyms of its bands, in order; none for a short text.
    """

    provider: str
    requester: str | None
    seq: int
    at: int
    id: str
    hint: Hint | None = None
    bands: tuple[str, ...] = ()


class Texts(dict[str, Said]):
    """
    Tickets by the pseudonym of their text, oldest first; put them in one by one.

    They know which of them share a band, so that a ticket is compared with few others.
    """

    def __init__(self, known: Mapping[str, Said] | Iterable[tuple[str, Said]] = ()) -> None:
        super().__init__()
        self._sharing: dict[tuple[int, str], dict[str, None]] = {}
        for text, said in dict(known).items():
            self[text] = said

    def __setitem__(self, text: str, said: Said) -> None:
        self.pop(text, None)
        super().__setitem__(text, said)
        for band in enumerate(said.bands):
            self._sharing.setdefault(band, {})[text] = None

    def __delitem__(self, text: str) -> None:
        self.pop(text)

    def pop(self, text: str, default: Said | None = None) -> Said | None:  # type: ignore[override]
        """Take a ticket out and return it, or the default where it is none of these."""
        said = super().pop(text, None)
        if said is None:
            return default
        for band in enumerate(said.bands):
            del self._sharing[band][text]
            if not self._sharing[band]:
                del self._sharing[band]
        return said

    def resembling(self, bands: tuple[str, ...]) -> list[Said]:
        """Return the tickets that share at least two bands, in the order of their numbers."""
        shared = Counter(text for band in enumerate(bands) for text in self._sharing.get(band, ()))
        return sorted((self[text] for text, count in shared.items() if count >= _NEARLY), key=lambda said: said.seq)


def same_text(texts: Texts, signal: Signal, seq: int, now: int) -> tuple[int | None, int | None]:
    """
    Return the number of an earlier ticket with the same text, or of one with nearly the same; remember others.

    Another person's ticket is another complaint.
    One that is called worse than the one it nearly repeats is news, whatever it says.
    """
    text = signal.attrs.get("text_ref")
    if signal.kind != "ticket" or not isinstance(text, str):
        return None, None
    if signal.auth == "failed" or signal.env in ("test", "staging"):
        return None, None  # what does not count cannot take the place of what does
    bands = tuple(str(b) for name in BANDS if (b := signal.attrs.get(name)) is not None)
    said = Said(signal.provider, signal.ids.get("requester"), seq, now, signal.id, signal.severity_hint, bands)
    known = texts.get(text)
    if known is not None and _from_the_same(known, said):
        return known.seq, None
    for other in texts.resembling(bands):
        # What is only nearly the same can be another person's complaint: here nobody may be unknown.
        told = other.provider != said.provider or None not in (other.requester, said.requester)
        if told and _from_the_same(other, said) and _HINTS.get(said.hint, 0) <= _HINTS.get(other.hint, 0):
            return None, other.seq
    texts[text] = said
    return None, None


def _from_the_same(known: Said, said: Said) -> bool:
    # Two help desks name one person differently; inside one desk, another person is another complaint.
    return known.provider != said.provider or said.requester is None or known.requester in (None, said.requester)
