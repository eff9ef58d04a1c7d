"""
Coverage of rules: whether every condition and every premise of a rule has been seen true and false in its examples.

Counted on expressions, not on lines: how an author breaks his lines changes nothing. A condition is looked at for
each signal of its class; a premise when an example is judged, for every key that the example's signals have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import attrs

from ..engine import EngineState, Key, NativeEngine
from ..engine.evaluating import newest_fact
from ..engine.matching import Matcher, compile_predicates, compile_term
from ..expressions import Conjunction, Disjunction, Fact, FirstSeen, Negation, Pred, Truth
from ..models import Signal
from ..rules import Example, Given, Premise, Rule, Selection, everything
from ..rules.premises import Part

__all__ = ["Seen"]

_TRUE, _FALSE = 1, 2


class Seen:
    """What examples have shown: for each rule that had one, its expressions and which outcomes they have had."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, int]] = {}

    # --- taking notes -------------------------------------------------------------------------------------------

    def note(self, engine: NativeEngine, rule: Rule[Any], example: Example, state: EngineState) -> None:
        """Add what an example of a rule shows, after it was played to its end."""
        signals = [engine.ruleset.typed(s) for s in example.signals]
        outcomes = self._rules.setdefault(rule.id, {})
        for part in everything(rule.when):
            # Of a selection the conditions are looked at instead.
            if isinstance(part, Premise) and not isinstance(part, Selection):
                outcomes[str(part)] = outcomes.get(str(part), 0) | _held(engine, state, rule, part, signals, example)
            for pred, found in _judged(engine, state, part, signals, example):
                # A signal for which nothing is known is neither.
                shown = _TRUE * (Truth.MATCH in found) | _FALSE * (Truth.NO_MATCH in found)
                outcomes[str(pred)] = outcomes.get(str(pred), 0) | shown

    def data(self) -> dict[str, dict[str, int]]:
        """Return everything as plain values, to be added elsewhere."""
        return self._rules

    def add(self, data: Mapping[str, Mapping[str, int]]) -> None:
        """Add what another process has seen."""
        for rule, outcomes in data.items():
            mine = self._rules.setdefault(rule, {})
            for text, shown in outcomes.items():
                mine[text] = mine.get(text, 0) | shown

    # --- figures ------------------------------------------------------------------------------------------------

    @property
    def rules(self) -> int:
        """How many rules had an example."""
        return len(self._rules)

    @property
    def outcomes(self) -> int:
        """How many outcomes there are to see: two for each expression."""
        return 2 * sum(map(len, self._rules.values()))

    @property
    def covered(self) -> int:
        """How many of them were seen."""
        return sum(shown.bit_count() for outcomes in self._rules.values() for shown in outcomes.values())

    @property
    def percent(self) -> int:
        """The share that was seen, in percent, rounded down."""
        return self.covered * 100 // max(1, self.outcomes)

    def gaps(self) -> list[str]:
        """Return a line for each expression that was not seen both ways."""
        words = {0: "never true nor false", _TRUE: "never false", _FALSE: "never true"}
        return [
            f"{rule}: {words[shown]}: {' '.join(text.split())}"
            for rule, outcomes in sorted(self._rules.items())
            for text, shown in outcomes.items()
            if shown in words
        ]


def _held(
    engine: NativeEngine,
    state: EngineState,
    rule: Rule[Any],
    premise: Premise[Any],
    signals: Sequence[Signal],
    example: Example,
) -> int:
    found = {engine.holds(state, premise, key, rule.lasts_us) for key in _keys(premise.key_names, signals, example)}
    return _TRUE * (True in found) | _FALSE * (False in found)


def _keys(names: tuple[str, ...], signals: Iterable[Signal], example: Example) -> set[Key]:
    keys = {key for key in example.fires_for if len(key) == len(names)}
    for signal in signals:
        key = tuple(getattr(signal, name, None) for name in names)
        if None not in key:
            keys.add(key)  # type: ignore[arg-type]  # a key's columns are strings, and none is missing
    return keys


def _judged(
    engine: NativeEngine, state: EngineState, part: Part, signals: Sequence[Signal], example: Example
) -> Iterator[tuple[Pred[Any], set[Truth]]]:
    """Yield the conditions that a part asks signals, and the answers that they gave."""
    if isinstance(part, Given):
        told = [
            SimpleNamespace(**{f.column.name: newest_fact(state, f, part.key_names, key) for f in part.facts})
            for key in _keys(part.key_names, signals, example)
        ]
        asked: list[Any] = [*told]
        predicates, key_names = part.predicates, part.key_names
    else:
        selection = (
            part if isinstance(part, Selection) else next((i for i in part.inputs if isinstance(i, Selection)), None)
        )
        if selection is None or not part.conditions:
            return
        asked = [s for s in signals if selection.signal.__signal_kind__ in ("", s.kind)]
        predicates, key_names = part.conditions, selection.key_names
    context = _Context(engine, state, key_names, asked)
    for predicate in predicates:
        for pred in _parts(predicate):
            matcher = _compiled(pred)
            yield pred, {matcher(signal, context) for signal in asked}


def _parts(pred: Pred[Any]) -> Iterator[Pred[Any]]:
    match pred:
        case Negation(part=part):
            yield from _parts(part)  # its answers are those of the part
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            yield pred
            for part in parts:
                yield from _parts(part)
        case _:
            yield pred


@lru_cache(maxsize=4096)
def _compiled(pred: Pred[Any]) -> Matcher:
    return compile_predicates((pred,))


@attrs.frozen(eq=False)
class _Context:
    """What conditions may ask beside the signal: the facts of the example, and what came before in it."""

    engine: NativeEngine
    state: EngineState
    key_names: tuple[str, ...]
    signals: Sequence[Signal]

    def fact(self, operand: Fact[Any], signal: Signal) -> Any:
        """Return the value of a fact in force for a signal, or None."""
        key = tuple(getattr(signal, name) for name in self.key_names)
        return self.engine.network.fact_at(self.state, operand, self.key_names, key, signal.effective_at)

    def is_new(self, part: FirstSeen[Any], signal: Signal, value: Any) -> bool:
        """Return whether no signal of the example had the value shortly before."""
        read = compile_term(part.term)
        at = (signal.effective_at, signal.id)
        return not any(
            (s.effective_at, s.id) < at
            and s.effective_at >= signal.effective_at - part.horizon
            and all(getattr(s, n) == getattr(signal, n) for n in self.key_names)
            and read(s, self) == value
            for s in self.signals
        )
