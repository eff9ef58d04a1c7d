"""What is usual by hours: the one thing that depends on when signals arrived."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import Any

import attrs

from migro.rules import Baseline, HourOfWeek, Selection, Trailing, everything
from migro.rules.baselines import FROZEN_AFTER, HOUR

from .history import Step
from .numbers import Numbers, Place
from .signals import Key, Row

__all__ = ["Hours", "Session"]


@attrs.frozen
class Session:
    """
    Hours that belong together, each taken at its end plus an hour.

    Attributes:
        first: Start of the first hour.
        end: When it ended; None while it goes on.
    """

    first: int
    end: int | None


class Hours(Numbers):
    """Baselines over hours."""

    def __init__(self, ruleset: Any, history: list[Step], as_of: int) -> None:
        super().__init__(ruleset, history, as_of)
        self._sessions: dict[tuple[int, Key], list[Session]] = {}
        self._hours: dict[tuple[int, Key, int], Fraction | None] = {}
        self._pasts: dict[int, Hours] = {len(history): self}

    @abstractmethod
    def after(self, steps: int) -> Hours:
        """Return the world after that many steps of the history."""

    def hour_values(self, baseline: Baseline[Any], place: Place, method: Any) -> list[Fraction] | None:
        """Return the values of the hours that a method asks for, or None where there are too few."""
        hour = place.t // HOUR * HOUR
        match method:
            case HourOfWeek(weeks=weeks):
                wanted, needed = [hour - 168 * i * HOUR for i in range(1, weeks + 1)], min(3, weeks)
            case Trailing(hours=hours):
                wanted, needed = [hour - i * HOUR for i in range(1, hours + 1)], 3
            case _:
                raise AssertionError(f"no method: {method!r}")
        known = [v for h in wanted if (v := self.hour_value(baseline, place, h)) is not None]
        return known if len(known) >= needed else None

    def hour_value(self, baseline: Baseline[Any], place: Place, h: int) -> Fraction | None:
        """Return what was taken for an hour, if it was by then."""
        taken = h + HOUR + FROZEN_AFTER
        if taken > min(place.t, self.as_of) or not any(
            s.first <= h and (s.end is None or place.t < s.end) for s in self.sessions(baseline, place.key)
        ):
            return None
        slot = (id(baseline), place.key, h)
        if slot not in self._hours:
            self._hours[slot] = self.before(taken).in_hour(baseline.of, place.at(h))
        return self._hours[slot]

    def sessions(self, baseline: Baseline[Any], key: Key) -> list[Session]:
        """Return all sessions of a baseline for a key up to `as_of`, in order."""
        slot = (id(baseline), key)
        if slot not in self._sessions:
            self._sessions[slot] = self._find_sessions(baseline, key)
        return self._sessions[slot]

    def _find_sessions(self, baseline: Baseline[Any], key: Key) -> list[Session]:
        found: list[Session] = []
        for number, step in enumerate(self.history):
            if found and (found[-1].end is None or step.now < found[-1].end):
                continue
            before, now = (self.after(number + n).under(baseline, key) for n in (0, 1))
            if not {r.signal.id for r in now} - {r.signal.id for r in before}:
                continue
            first = step.now // HOUR * HOUR + HOUR
            found.append(Session(first, self.end_of(baseline, key, first)))
        return found

    def end_of(self, baseline: Baseline[Any], key: Key, first: int) -> int | None:
        """Return when the hours that begin with `first` come to their end, if that has happened."""
        back = max(m.hours for m in baseline.methods) * HOUR
        h = first
        while (taken := h + HOUR + FROZEN_AFTER) <= self.as_of:
            newest = max((r.at for r in self.before(taken).under(baseline, key)), default=None)
            if newest is None or newest < h + HOUR - back:
                return taken
            h += HOUR
        return None

    def under(self, baseline: Baseline[Any], key: Key) -> list[Row]:
        """Return the signals that a baseline's measure measures for a key."""
        return [r for node in everything(baseline.of) if isinstance(node, Selection) for r in self.rows(node, key)]

    def before(self, now: int) -> Hours:
        """Return the world as it was told before `now`."""
        return self.after(len([s for s in self.history if s.now < now]))
