"""Make a case in which engine and oracle differ as small as it gets, so that a person can read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from traceback import format_exception
from typing import Any

import attrs

from migro.engine import EngineState, NativeEngine
from migro.errors import MigroError
from migro.rules import Both, Recent, Rule, RuleSet, Timed, Unless
from tests.oracle import Arrival, Step

from .playing import difference, play, said
from .profiles import Profile
from .vocabulary import CLASSES, KINDS

__all__ = ["disagreement", "shrunk"]


def disagreement(rules: RuleSet, steps: Sequence[Step], seed: int, p: Profile) -> str:
    """Return the first difference at any moment of a stream that is played with a seed, or an empty string."""
    try:
        for moment in play(NativeEngine(rules), steps, EngineState(), Random(seed), p):
            if found := difference(rules, steps, moment):
                return found
    except Exception as error:  # an engine that raises is as wrong as one that says something else
        return "\n".join((*format_exception(error)[-4:], *map(str, rules), *map(said, steps)))
    return ""


def shrunk(rules: RuleSet, steps: Sequence[Step], seed: int, p: Profile, *, tries: int = 3000) -> str:
    """Return the difference of the smallest case that can be made of one that differs."""
    best = disagreement(rules, steps, seed, p)
    assert best, "expected a case that differs"
    progress = True
    while progress and tries > 0:
        progress = False
        for smaller_rules, smaller_steps in smaller(rules, steps):
            tries -= 1
            if tries <= 0:
                break
            found = disagreement(smaller_rules, smaller_steps, seed, p)
            if found:
                rules, steps, best, progress = smaller_rules, smaller_steps, found, True
                break
    return best


def smaller(rules: RuleSet, steps: Sequence[Step]) -> Iterator[tuple[RuleSet, Sequence[Step]]]:
    """Yield cases with less in them, those with much less first."""
    size = len(steps) // 2
    while size:
        for start in range(0, len(steps), size):
            yield rules, [*steps[:start], *steps[start + size :]]
        size //= 2
    if len(rules) > 1:
        for rule in rules:
            yield made(*(r for r in rules if r is not rule)), steps
    for rule in rules:
        for when in parts(rule.when):
            if (kind := KINDS.get((0, when.key_names))) is None:
                continue
            then = attrs.evolve(rule.then, kind=kind if kind.per != rule.when.key_names else rule.then.kind)
            try:
                yield made(*(attrs.evolve(rule, when=when, then=then) if r is rule else r for r in rules)), steps
            except MigroError:
                continue
    arrived = {s.signal.id: s.signal for s in steps if isinstance(s, Arrival)}
    for signal in arrived.values():
        for name, column in type(signal).__columns__.items():
            if column.optional and name != "merchant" and getattr(signal, name) is not None:
                yield rules, [without(s, signal.id, name) for s in steps]


def without(step: Step, signal_id: str, column: str) -> Step:
    """Return the step with a column left out of every copy of a signal."""
    if not isinstance(step, Arrival) or step.signal.id != signal_id:
        return step
    return attrs.evolve(step, signal=step.signal.model_copy(update={column: None}))


def made(*rules: Rule[Any]) -> RuleSet:
    return RuleSet("random", *rules, signals=CLASSES)


def parts(when: Any) -> Iterator[Any]:
    """Yield what a premise is made of, where it can stand for the whole."""
    match when:
        case Both(parts=inner):
            yield from inner
        case Unless(of=of, recovery=recovery):
            yield from (of, recovery)
        case Recent(of=of):
            yield of
        case Timed():
            yield from (n for n in when.inputs if isinstance(n, Timed))
