"""What the platform hears under rules that were not in force: their own news, in the places of what came in truth."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..models import Input, IssueChanged, JournalEntry, SignalWithdrawn

__all__ = ["Emitted", "Heard"]

Emitted = IssueChanged | SignalWithdrawn
"""What a merchant's partition gives to the platform's."""


@attrs.define
class Heard:
    """
    What one version tells the platform, in the order of the journal where that has it, else of time.

    Attributes:
        waiting: What the journal does not have and no entry has come after yet, oldest first.
        places: What the journal has too, by the number there.
    """

    waiting: list[Emitted]
    places: dict[int, list[Emitted]] = attrs.Factory(dict)

    @classmethod
    def of(cls, emitted: Sequence[Emitted], entries: Sequence[JournalEntry]) -> Heard:
        """Place what a version emitted at the numbers where the journal has the same, or before what came later."""
        left: dict[object, list[Emitted]] = {}
        for item in emitted:
            left.setdefault(_about(item), []).append(item)
        heard = cls([])
        for entry in entries:
            same = left.get(_about(entry.input)) if isinstance(entry.input, IssueChanged | SignalWithdrawn) else None
            if same:
                heard.places.setdefault(entry.seq, []).append(same.pop(0))
        heard.waiting = sorted((item for items in left.values() for item in items), key=lambda item: item.at)
        return heard

    def at(self, entry: JournalEntry) -> list[Emitted]:
        """Return what comes with an entry: what the journal does not have and is older, then its own."""
        older = [item for item in self.waiting if item.at < entry.input.at] if self.waiting else []
        del self.waiting[: len(older)]
        return older + self.places.get(entry.seq, [])


def _about(item: Input) -> object:
    match item:
        case IssueChanged(at=at, issue=issue):
            return at, issue.merchant, issue.kind, issue.key
        case SignalWithdrawn(at=at, signal=signal):
            return at, signal
        case _:
            return None
