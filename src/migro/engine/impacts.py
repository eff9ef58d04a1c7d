"""What impact is estimated from: measures and amounts that issue kinds name, compiled and read beside the rules."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from ..expressions import Fact
from ..rules import Amounts, ImpactModel
from .measuring import Parts, compile_value
from .retention import keep_source, keep_value
from .state import EngineState, Key
from .streams import Entry

if TYPE_CHECKING:
    from .native import NativeEngine
    from .network import Network

__all__ = ["MeasuredAmount", "add_impact", "measured_amounts", "measured_value"]

_WEEK = 7


@attrs.frozen
class MeasuredAmount:
    """
    What amounts of one currency come to.

    Attributes:
        minor: In minor units.
        things: How many things it is the sum of.
    """

    currency: str
    minor: Fraction
    things: int


def add_impact(network: Network, model: ImpactModel, key_names: tuple[str, ...]) -> None:
    """Compile what a model reads; no rule is evaluated because of it."""
    for measure in model.measures:
        # At its own times, so that the windows of rules move forward undisturbed.
        value = compile_value(network, measure, key_names, Parts(), point=False)
        network.impact_values[id(measure)] = value
        keep_value(network, measure, 0)
    for amounts in model.amounts:
        source = network.source(amounts.of)
        for term in amounts.terms:
            network.capture(source, term)
        keep_source(network, source.number, amounts.within)
        if amounts.without is not None and amounts.matching is not None:
            other = network.source(amounts.without)
            network.capture(other, amounts.matching)
            keep_source(network, other.number, amounts.within)
    if model.peak is not None:
        network.calendar(model.peak)


def measured_value(engine: NativeEngine, state: EngineState, measure: Any, key: Key) -> Fraction | None:
    """Return what a measure of an impact model comes to now, or None where it is UNKNOWN."""
    found = engine.network.impact_values[id(measure)].at(state, key, state.now)
    return None if found is None else Fraction(found)


def measured_amounts(
    engine: NativeEngine, state: EngineState, amounts: Amounts, key_names: tuple[str, ...], key: Key
) -> tuple[MeasuredAmount, ...]:
    """
    Return what amounts come to now, by currency, in the order of the alphabet.

    A thing whose amount or currency is not known counts for nothing.
    """
    network = engine.network
    source = network.source(amounts.of)
    stream = state.streams.get((source.number, key))
    if stream is None:
        return ()
    read = {id(t): _reader(network.capture(source, t)) for t in amounts.terms}
    entries = stream.between(state.now - amounts.within, state.now - amounts.after)
    if amounts.each is None:
        things = entries[-1:]
    else:
        newest: dict[Any, Entry] = {}
        for entry in entries:  # a thing keeps the place at which it was first told of
            thing = read[id(amounts.each)](entry)
            if thing is not None:
                newest[thing] = entry
        for thing in _matched(engine, state, amounts, key):
            newest.pop(thing, None)
        things = [*newest.values()]
        if amounts.after_first:
            things = _after_first(things, [read[id(column)] for column in amounts.alike])
    told = engine.fact(state, amounts.currency, key_names, key) if isinstance(amounts.currency, Fact) else None
    sums: dict[str, MeasuredAmount] = {}
    for entry in things:
        amount = read[id(amounts.amount)](entry)
        currency = told if isinstance(amounts.currency, Fact) else read[id(amounts.currency)](entry)
        pieces = 1 if amounts.pieces is None else read[id(amounts.pieces)](entry)
        pace = _WEEK if amounts.pace is None else read[id(amounts.pace)](entry)
        if amount is None or not currency or pieces is None or pace is None:
            continue
        minor = Fraction(amount) * max(0, pieces) * min(Fraction(1), max(Fraction(0), Fraction(pace, _WEEK)))
        if minor > 0:
            before = sums.get(currency, MeasuredAmount(currency, Fraction(0), 0))
            sums[currency] = MeasuredAmount(currency, before.minor + minor, before.things + 1)
    return tuple(sums[c] for c in sorted(sums))


def _after_first(things: list[Entry], alike: list[Callable[[Entry], Any]]) -> list[Entry]:
    """Return what is one more of the same; all things are where nothing says which of them are alike."""
    seen: set[tuple[Any, ...]] = set()
    more = []
    for thing in things:
        group = tuple(value(thing) for value in alike)
        if group in seen:
            more.append(thing)
        elif None not in group:
            seen.add(group)
    return more


def _matched(engine: NativeEngine, state: EngineState, amounts: Amounts, key: Key) -> set[Any]:
    if amounts.without is None or amounts.matching is None:
        return set()
    other = engine.network.source(amounts.without)
    stream = state.streams.get((other.number, key))
    place = engine.network.capture(other, amounts.matching)
    return set() if stream is None else {e.values[place] for e in stream.between(state.now - amounts.within, state.now)}


def _reader(place: int) -> Callable[[Entry], Any]:
    return lambda entry: entry.values[place]
