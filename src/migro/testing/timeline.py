"""Timelines: rules, a clock that moves when it is told to, and what has to hold at each moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from ..engine import EngineState, Key, NativeEngine, pass_until
from ..errors import InputError
from ..expressions import microseconds
from ..models import Signal, content_id, to_microseconds
from ..rules import IssueKind, Rule, RuleSet
from .samples import START

__all__ = ["Timeline"]

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN = re.compile(r"(\d+)([dhms])")
_WHEN = re.compile(r"\+?(?:\d+[dhms])+\Z")


class Timeline:
    """
    Plays signals to rules at moments that a test names, and says what fires then.

    Args:
        rules: A rule set, a rule, or several of them.
        start: When it begins.
    """

    def __init__(self, rules: RuleSet | Rule[Any] | Iterable[RuleSet | Rule[Any]], *, start: datetime = START) -> None:
        several = (rules,) if isinstance(rules, RuleSet | Rule) else tuple(rules)
        self.ruleset = several[0] if len(several) == 1 and isinstance(several[0], RuleSet) else RuleSet("t", *several)
        self.start = start
        self.now = start
        self._engine = NativeEngine(self.ruleset)
        self._state = EngineState()

    def at(self, when: str | timedelta, *signals: Signal, late: timedelta = timedelta(0)) -> Self:
        """
        Move the clock, let pass what passes meanwhile, and then take in signals that happen at that moment.

        Args:
            when: ``"+5m"`` and a `timedelta` count from the last moment, ``"1h30m"`` from the start; d, h, m and s.
            signals: With times of their own, which are replaced, and with them ids that follow from the content.
            late: How long before that moment the signals happened.

        Raises:
            InputError: If the moment is no such text, or lies before the last one.
            InputError: If a signal does not fit the class that the rules have for its kind.
        """
        moment = self._moment(when)
        if moment < self.now:
            raise InputError(f"expected a moment from {self._said()} on, got {when!r}", where="Timeline.at()")
        self.now = moment
        now = to_microseconds(moment)
        pass_until(self._engine, self._state, now)
        for signal in signals:
            evidence = self._engine.insert(self._state, _moved(signal, moment - late, moment), now)
            if evidence.unreadable:
                raise InputError(evidence.unreadable, where=f"Timeline.at({when!r})")
            if evidence.errors:
                raise InputError(
                    f"expected conditions that can be evaluated, one raised in {', '.join(evidence.errors)}",
                    where=f"Timeline.at({when!r})",
                )
        self._engine.settle(self._state)
        pass_until(self._engine, self._state, now)
        return self

    @property
    def firing(self) -> frozenset[tuple[str, Key]]:
        """Ids of the rules that fire now, each with the key that it fires for."""
        return frozenset(self._state.firings)

    def expect(
        self, what: str | Rule[Any] | IssueKind[Any], for_: str | tuple[str, ...], *, at_least_points: int = 0
    ) -> Self:
        """
        Check that a rule fires now for a key, or that an issue kind has its evidence.

        Args:
            what: The id of a rule, a rule, or an issue kind.
            for_: A string, or a tuple for a composite key.
            at_least_points: For an issue kind: its raw points, without prior and caps.

        Raises:
            AssertionError: If not; the message says what fires instead.
            InputError: If there is no such rule.
        """
        key = (for_,) if isinstance(for_, str) else for_
        if isinstance(what, IssueKind):
            points = self._engine.points(self._state, what.name, key)
            if points is None or points < at_least_points:
                got = "no support" if points is None else f"{points} points"
                self._fail(f"{what.name} for {'/'.join(key)} with at least {at_least_points} points, got {got}")
        elif (self._id(what), key) not in self._state.firings:
            self._fail(f"{self._id(what)} for {'/'.join(key)}")
        return self

    def expect_nothing(self, *what: str | Rule[Any]) -> Self:
        """
        Check that none of these rules fires now for any key; without any, that no rule does.

        Raises:
            AssertionError: If one fires.
            InputError: If there is no such rule.
        """
        ids = {self._id(w) for w in what} or {r.id for r in self.ruleset.rules}
        if any(rule in ids for rule, _ in self._state.firings):
            self._fail(f"nothing of {', '.join(sorted(ids))}" if what else "nothing")
        return self

    def _fail(self, expected: str) -> None:
        fired = sorted(f"{rule} for {'/'.join(key)}" for rule, key in self._state.firings)
        raise AssertionError(f"{self._said()}: expected {expected}; firing: {', '.join(fired) or 'nothing'}")

    def _id(self, what: str | Rule[Any]) -> str:
        id = what.id if isinstance(what, Rule) else what
        if all(rule.id != id for rule in self.ruleset.rules):
            raise InputError(f"expected the id of a rule of {self.ruleset.name!r}, got {id!r}", where="Timeline")
        return id

    def _moment(self, when: str | timedelta) -> datetime:
        if isinstance(when, timedelta):
            return self.now + when
        if not isinstance(when, str) or not _WHEN.match(when):
            raise InputError(f"expected a moment such as '+5m' or '1h30m', got {when!r}", where="Timeline.at()")
        length = timedelta(seconds=sum(int(n) * _UNITS[unit] for n, unit in _SPAN.findall(when)))
        return (self.now if when.startswith("+") else self.start) + length

    def _said(self) -> str:
        passed = microseconds(self.now - self.start) // 1_000_000
        parts = []
        for unit, seconds in _UNITS.items():
            count, passed = divmod(passed, seconds)
            if count:
                parts.append(f"{count}{unit}")
        return f"{self.now:%H:%M:%S} ({''.join(parts) or '0s'} after the start)"


def _moved(signal: Signal, occurred: datetime, received: datetime) -> Signal:
    """Return the signal at another time; what it was named after its content is named anew."""
    data = {name: getattr(signal, name) for name in type(signal).model_fields}
    if signal.id == content_id("sig", signal.provider, signal.merchant, signal.kind, signal.dedup_key):
        data.pop("id")
    content = signal.model_dump(exclude={"id", "dedup_key", "received_at", "normalizer", "auth", "shifted"})
    if signal.dedup_key == content_id("content", content):
        data.pop("dedup_key")
    return type(signal).from_data({**data, "occurred_at": occurred, "received_at": received})
