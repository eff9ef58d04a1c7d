"""Evaluating: whether a rule's premise holds for a key just now, compiled once for each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from ..expressions import Fact, Truth
from ..rules import Both, During, Given, Known, Premise, Recent, Timed, Unless
from .network import Network
from .sources import fact_key_names, newest
from .state import EngineState, Key

__all__ = ["Answer", "Evaluator", "PointsOf", "compile_premise", "newest_fact", "supporting"]

Answer = tuple[bool, int | None, int | None, bool]
"""Whether it holds, its anchor, when time alone changes that, and whether it is lowered; times in microseconds."""

Evaluator = Callable[[EngineState, Key], Answer]

PointsOf = Callable[[EngineState, str, Key], int | None]
"""Returns the raw points of an issue of a kind, or None while no rule supports it."""


def compile_premise(network: Network, premise: Premise[Any], lasts: int, points_of: PointsOf) -> Evaluator:
    """Return what evaluates a premise of one of the rules, of which a firing lasts so many microseconds."""

    def inner(part: Premise[Any]) -> Evaluator:
        return compile_premise(network, part, lasts, points_of)

    match premise:
        case Known(kind=kind, at_least_points=n, negated=negated):
            return _known(kind.name, n, negated, points_of)
        case During():
            return _during(network, premise)
        case Given():
            return _given(network, premise)
        case Both(parts=parts):
            return _both(tuple(map(inner, parts)))
        case Recent(of=of, length=length):
            return _recent(inner(of), length)
        case Unless(of=of, recovery=recovery):
            return _unless(inner(of), inner(recovery))
        case Timed():
            return _timed(network, premise, lasts)
        case _:
            raise TypeError(f"no such premise: {premise!r}")


def supporting(premise: Premise[Any]) -> list[Premise[Any]]:
    """Return the parts of a premise whose signals it rests on while it holds."""
    match premise:
        case Both(parts=parts):
            return [leaf for p in parts for leaf in supporting(p)]
        case Unless(of=of) | Recent(of=of):
            return supporting(of)
        case Known() | Given():
            return []
        case _:
            return [premise]


def newest_fact(state: EngineState, operand: Fact[Any], key_names: tuple[str, ...], key: Key) -> Any:
    """Return the newest known value of a fact for a key, or its default, or None."""
    names = fact_key_names(key_names, operand.column.owner)
    values = tuple(v for n, v in zip(key_names, key, strict=True) if n in names)
    held = state.facts.get((operand.column.owner.__signal_kind__, names, values), [])
    return newest(held, operand, len(held))


def _timed(network: Network, premise: Timed[Any], lasts: int) -> Evaluator:
    node = network.node_of(premise)
    times_of, lowered = node.times, node.lowered if node.falls_back else None

    def evaluate(state: EngineState, key: Key) -> Answer:
        times = times_of(state, key)
        if not times or (at := times[-1]) < state.now - lasts:
            return False, None, None, False
        return True, at, at + lasts + 1, lowered is not None and lowered(state, key, at)

    return evaluate


def _known(kind: str, at_least: int, negated: bool, points_of: PointsOf) -> Evaluator:
    def evaluate(state: EngineState, key: Key) -> Answer:
        points = points_of(state, kind, key)
        return (points is not None and points >= at_least) is not negated, None, None, False

    return evaluate


def _both(parts: tuple[Evaluator, ...]) -> Evaluator:
    def evaluate(state: EngineState, key: Key) -> Answer:
        holds, lowered, anchor, again = True, False, None, None
        for part in parts:
            here, at, due, low = part(state, key)
            holds = holds and here
            lowered = lowered or low
            if at is not None and (anchor is None or at > anchor):
                anchor = at
            if due is not None and (again is None or due < again):
                again = due
        return holds, anchor, again, lowered

    return evaluate


def _recent(of: Evaluator, length: int) -> Evaluator:
    def evaluate(state: EngineState, key: Key) -> Answer:
        holds, at, again, low = of(state, key)
        if not holds or at is None:
            return holds, at, again, low
        end = at + length + 1
        return state.now < end, at, _earliest((again, end if state.now < end else None)), low

    return evaluate


def _unless(of: Evaluator, recovery: Evaluator) -> Evaluator:
    def evaluate(state: EngineState, key: Key) -> Answer:
        holds, at, again, low = of(state, key)
        if not holds:
            return False, None, again, False
        taken_back, since, later, _ = recovery(state, key)
        taken_back = taken_back and (at is None or since is None or since >= at)
        return not taken_back, at, _earliest((again, later)), low

    return evaluate


def _during(network: Network, premise: During[Any]) -> Evaluator:
    place, interval = network.calendars[id(premise)]

    def evaluate(state: EngineState, key: Key) -> Answer:
        stream = state.streams.get((place, key))
        spans = [span for e in (stream.entries if stream is not None else ()) if (span := interval.of(e)) is not None]
        edges = [t for first, last in spans for t in (first, last + 1) if t > state.now]
        inside = any(first <= state.now <= last for first, last in spans)
        return inside is not premise.negated, None, min(edges, default=None), False

    return evaluate


def _given(network: Network, premise: Given[Any]) -> Evaluator:
    condition = network.conditions[id(premise)]

    def evaluate(state: EngineState, key: Key) -> Answer:
        told = {f.column.name: newest_fact(state, f, premise.key_names, key) for f in premise.facts}
        asking: Any = None  # nothing but the columns of the fact is read
        signal: Any = SimpleNamespace(**told)
        return (condition(signal, asking) is Truth.MATCH) is not premise.negated, None, None, False

    return evaluate


def _earliest(times: Iterable[int | None]) -> int | None:
    return min([t for t in times if t is not None], default=None)
