"""Trials: rules run by the engine over made-up streams, to see which of two fires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..engine import EngineState, Key, NativeEngine
from ..models import Signal, to_microseconds
from ..rules import Known, Rule, RuleSet, leaves

__all__ = ["Bench", "Judge", "run_in_engine", "with_what_it_reads"]


class Judge(Protocol):
    """Says for which keys a rule of a rule set fires at each of several moments, the first not before any signal."""

    def __call__(
        self, ruleset: RuleSet, rule: str, signals: Sequence[Signal], moments: Sequence[int]
    ) -> list[frozenset[Key]]:
        """Return the keys, a set per moment."""
        ...


def run_in_engine(
    ruleset: RuleSet, rule: str, signals: Sequence[Signal], moments: Sequence[int]
) -> list[frozenset[Key]]:
    """Return for which keys the rule fires at each moment; the signals arrive in the order given."""
    return _run(NativeEngine(ruleset), rule, signals, moments)


def _run(engine: NativeEngine, rule: str, signals: Sequence[Signal], moments: Sequence[int]) -> list[frozenset[Key]]:
    state = EngineState()
    for signal in signals:
        engine.insert(state, signal, to_microseconds(signal.received_at))
    found = []
    for moment in moments:
        engine.pass_time(state, moment)
        engine.settle(state)
        found.append(frozenset(key for id, key in state.firings if id == rule))
    return found


def with_what_it_reads(ruleset: RuleSet, rule: Rule[Any]) -> RuleSet:
    """Return a rule set with the rule and those that bring the points that it asks for, however indirectly."""
    chosen: dict[str, Rule[Any]] = {}
    waiting = [rule]
    while waiting:
        one = waiting.pop()
        if one.id not in chosen:
            chosen[one.id] = one
            for leaf in leaves(one.when):
                if isinstance(leaf, Known):
                    waiting.extend(ruleset.about(leaf.kind.name))
    rules = sorted(chosen.values(), key=lambda r: r.id)
    return RuleSet(ruleset.name, *rules, signals=ruleset.signals.values())


class Bench:
    """One rule of one rule set, ready for many trials."""

    def __init__(self, ruleset: RuleSet, rule: Rule[Any], judge: Judge | None) -> None:
        self.ruleset = with_what_it_reads(ruleset, rule)
        self.rule = rule
        self._judge = judge
        self._engine = NativeEngine(self.ruleset) if judge is None else None

    def firing(self, signals: Sequence[Signal], moments: Sequence[int]) -> list[frozenset[Key]]:
        """Return for which keys the rule fires at each moment."""
        if self._engine is None:
            assert self._judge is not None
            return self._judge(self.ruleset, self.rule.id, signals, moments)
        return _run(self._engine, self.rule.id, signals, moments)
