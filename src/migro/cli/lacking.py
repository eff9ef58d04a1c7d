"""What an issue that was not found lacked: the journal folded again up to its limit, and its rules asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from ..agent import PLATFORM, Fold
from ..agent.state import State
from ..engine import Key, near_miss
from ..ports import Memory
from ..rules import Rule
from ..simulate import ExpectedIssue

__all__ = ["lacked"]

_LISTED: Final = 6
"""How many rules are told of each failure mode."""

_KEYS: Final = 200
"""At how many keys, such as carts, a rule is looked at."""


def lacked(fold: Fold, memory: Memory, expected: ExpectedIssue) -> tuple[str, ...]:
    """
    Return what the rules of an issue's failure mode needed and what they found, nearest first.

    They are asked when the issue had to be open, or at the end where it has no limit.
    """
    partition = PLATFORM if expected.merchant is None else f"merchant:{expected.merchant}"
    limit = None if expected.within is None else expected.onset + timedelta(seconds=expected.within)
    state = _state_at(fold, memory, partition, limit)
    if state is None:
        return (f"nothing came in for {partition}",)
    return tuple(line for kind in (expected.kind, *expected.instead) for line in _about(fold, state, kind))


def _state_at(fold: Fold, memory: Memory, partition: str, limit: datetime | None) -> State | None:
    state: State | None = None
    for entry in memory.load(partition):
        if not entry.done or (limit is not None and entry.input.at > limit):
            break
        state = state or fold.start(partition)
        state = fold.skip(state, entry.seq) if entry.failed else fold.advance(state, entry.seq, entry.input).state
    return state


def _about(fold: Fold, state: State, kind: str) -> Iterator[str]:
    rules = [r for r in fold.ruleset.about(kind) if r.then.effect == "supports"]
    if not rules:
        yield f"no rule concludes about {kind}"
        return
    found = [line for rule in rules for line in _nearest(fold, state, rule)]
    if not found:
        wanted = ", ".join(f"{r.id} ({r.then.points:+d})" for r in sorted(rules, key=_by_points)[:_LISTED])
        yield f"nothing that {kind} asks for came in; it rests on {wanted}"
        return
    for _, line in sorted(found)[:_LISTED]:
        yield line


def _by_points(rule: Rule[Any]) -> tuple[int, str]:
    return -rule.then.points, rule.id


def _nearest(fold: Fold, state: State, rule: Rule[Any]) -> Iterator[tuple[tuple[int, str], str]]:
    """Yield what a rule says at one key, and its place among the others."""
    held = sorted(key for id, key in state.engine.firings if id == rule.id)
    if held:
        yield _by_points(rule), f"{rule.id} ({rule.then.points:+d}) held"
        return
    for key in _keys(state, rule):
        miss = near_miss(fold.engine, state.engine, rule, key)
        if miss is not None:
            line = f"{rule.id} ({miss.would_add:+d}) needs {miss.needed}, finds {miss.found}"
            yield _by_points(rule), line
            return


def _keys(state: State, rule: Rule[Any]) -> list[Key]:
    width = len(rule.then.kind.per)
    return sorted({key for _, key in state.engine.streams if len(key) == width}, key=repr)[:_KEYS]
