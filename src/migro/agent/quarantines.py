"""Rules that are left out because a predicate of theirs kept raising: people are told, and people let them back."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.release import release as judge_again
from ..reason import rule_quarantined
from .conclusions import Conclusions
from .effects import Effects
from .state import State

__all__ = ["notice", "release"]


def notice(conclusions: Conclusions, state: State, effects: Effects) -> None:
    """Open an issue about every rule that the engine has begun to leave out."""
    if not state.engine.quarantined:
        return
    for rule in sorted(state.engine.quarantined.keys() - state.quarantined.keys()):
        signal = rule_quarantined(rule, state.partition, state.engine.quarantined[rule])
        state.quarantined[rule] = signal.id
        effects.quarantined.append(rule)
        conclusions.infer(state, signal, effects)


def release(conclusions: Conclusions, state: State, rules: Iterable[str], why: str, effects: Effects) -> None:
    """Let rules be judged again, and end the issues about them."""
    engine = conclusions.engine
    released = [rule for rule in sorted(rules) if rule in state.engine.quarantined]
    for rule in released:
        judge_again(engine, state.engine, rule, state.now)
        told = state.quarantined.pop(rule, "")
        if told:
            engine.withdraw(state.engine, told, state.now)
    if released:
        effects.released, effects.release = tuple(released), why
        conclusions.settle(state, effects)
