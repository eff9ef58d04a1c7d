"""Judging: what rules make of a few signals at one moment, by engine and arithmetic alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from ..engine import EngineState, Key, NativeEngine
from ..models import Band, Signal, to_microseconds
from ..reason.assessment import assess
from ..rules import Known, RuleSet, leaves

__all__ = ["Bench", "Finding", "moved"]

S = TypeVar("S", bound=Signal)


@attrs.frozen(kw_only=True)
class Finding:
    """
    What one issue comes to.

    Attributes:
        points: The score, after every cap.
        band: Its band.
        counted: Rules that hold, with what each brings to the score; a veto brings nothing.
        vetoes: Rules that veto it.
    """

    points: int
    band: Band
    counted: dict[str, int]
    vetoes: frozenset[str]


class Bench:
    """
    A rule set that is compiled once and asked often; no policy, no memory.

    Attributes:
        ruleset: The rules.
        engine: Compiled from them.
    """

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self.engine = NativeEngine(ruleset)

    def narrowed(self, kind: str) -> Bench:
        """Return a bench with the rules about one mode and about the modes that those ask for; it says the same."""
        wanted, names = {kind}, [kind]
        for name in names:
            for rule in self.ruleset.about(name):
                asked = {p.kind.name for p in leaves(rule.when) if isinstance(p, Known)} - wanted
                wanted |= asked
                names += sorted(asked)
        rules = (r for r in self.ruleset.rules if r.then.kind.name in wanted)
        return Bench(RuleSet(f"{self.ruleset.name}/{kind}", *rules, signals=self.ruleset.signals.values()))

    def _state(self, signals: Iterable[Signal], at: datetime) -> EngineState:
        # What holds in the end does not hang on when conclusions were drawn, so they are drawn for timers and then.
        state = EngineState()
        for signal in sorted(signals, key=lambda s: s.received_at):
            now = to_microseconds(signal.received_at)
            self._pass_until(state, now)
            self.engine.insert(state, signal, now)
        self.engine.settle(state)
        self._pass_until(state, to_microseconds(at))
        self.engine.settle(state)
        return state

    def _pass_until(self, state: EngineState, now: int) -> None:
        # Timers in between run one by one, as they would.
        while (due := self.engine.next_due(state)) is not None and due <= now:
            self.engine.pass_time(state, due)
            self.engine.settle(state)
        self.engine.pass_time(state, now)

    def fires(self, rule: str, key: Key, signals: Iterable[Signal], at: datetime) -> bool:
        """Return whether a rule holds for a key at a time."""
        return (rule, key) in self._state(signals, at).firings

    def judge(self, kind: str, key: Key, signals: Iterable[Signal], at: datetime) -> Finding:
        """Return what an issue comes to at a time, `at` being no earlier than the last signal."""
        state = self._state(signals, at)
        found = assess(self.engine, state, self.ruleset.kinds[kind], key)
        return Finding(
            points=found.score.total,
            band=found.band,
            counted=dict(found.score.counted),
            vetoes=frozenset(found.vetoes),
        )


def moved(signals: Iterable[S], by: timedelta) -> tuple[S, ...]:
    """Return the same signals at other times, as events of their own."""
    if not by:
        return tuple(signals)
    return tuple(
        s.model_copy(
            update={
                "occurred_at": s.occurred_at + by,
                "received_at": s.received_at + by,
                "id": f"{s.id}+{by.total_seconds():g}",
                "dedup_key": f"{s.dedup_key}+{by.total_seconds():g}",
            }
        )
        for s in signals
    )
