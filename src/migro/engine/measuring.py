"""Measuring: measures compiled to values."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import attrs

from ..expressions import Fact
from ..rules import (
    Absolute,
    Age,
    Baseline,
    Before,
    Constant,
    Count,
    Different,
    Extreme,
    Holding,
    HourOfWeek,
    Latest,
    Measure,
    Previous,
    Quantile,
    Ratio,
    Selection,
    Smoothed,
    Standout,
    Sum,
    Times,
    Told,
    Top,
    Total,
    Trailing,
)
from . import nodes as n
from . import values as v
from .sources import HOUR, SeriesOf, Source, identity
from .state import EngineState, Key

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Parts", "compile_value", "holding_source"]


@attrs.define
class Parts:
    """What a compiled measure is made of: sources with whether their signals are points, series, facts, nodes."""

    sources: dict[int, bool] = attrs.Factory(dict)
    series: list[int] = attrs.Factory(list)
    facts: list[Fact[Any]] = attrs.Factory(list)
    children: list[int] = attrs.Factory(list)

    def add(self, source: int, point: bool) -> None:
        self.sources[source] = self.sources.get(source, False) or point

    def fields(self) -> dict[str, Any]:
        return {
            "sources": tuple(s for s, point in self.sources.items() if point),
            "reads": tuple(self.sources),
            "children": tuple(dict.fromkeys(self.children)),
            "uses": tuple(dict.fromkeys(self.series)),
        }


def compile_value(
    network: Network, measure: Any, key_names: tuple[str, ...], found: Parts, *, point: bool = True
) -> v.Value:
    def part(inner: Any) -> v.Value:
        return compile_value(network, inner, key_names, found, point=point)

    def cursor(source: int, length: int, *what: Any) -> int:
        # A value that is not asked at the times of its signals would drag the window of the others to and fro.
        return network.cursor((source, length, *what) if point else None)

    def of(selection: Selection[Any, Any]) -> Source:
        source = network.source(selection)
        found.add(source.number, point)
        return source

    match measure:
        case Constant(value=value):
            return v.ConstantValue(int(value) if value.denominator == 1 else value)
        case Told(fact=operand):
            found.facts.append(operand)
            return v.FactValue(network, operand, key_names)
        case Count(of=selection, length=length):
            source = of(selection)
            count = v.SignalsValue if source.weight is None else v.CountValue
            window = cursor(source.number, length, "sums")
            return count(source.number, window, length, v.make_sums(), scales=True)
        case Total(of=selection, column=column, length=length):
            source = of(selection)
            place = network.capture(source, column)
            window = cursor(source.number, length, "sums", place)
            return v.TotalValue(source.number, window, length, v.make_sums(place), scales=True)
        case Different(of=selection, column=column, length=length):
            source = of(selection)
            place = network.capture(source, column)
            window = cursor(source.number, length, "groups", place)
            return v.DifferentValue(source.number, window, length, v.make_groups(place))
        case Top(of=selection, column=column, length=length):
            source = of(selection)
            place = network.capture(source, column)
            window = cursor(source.number, length, "groups", place)
            return v.TopValue(source.number, window, length, v.make_groups(place), scales=True)
        case Standout(of=selection, against=against, column=column, length=length, at_most=at_most):
            sides = []
            for source in (of(selection), of(against)):
                place = network.capture(source, column)
                window = cursor(source.number, length, "groups", place)
                sides.append(v.TopValue(source.number, window, length, v.make_groups(place)))
            number = network.source(against).number
            size = v.CountValue(number, cursor(number, length, "sums"), length, v.make_sums())
            return v.StandoutValue(sides[0], sides[1], size, at_most)
        case Quantile(of=selection, column=column, length=length, q=q):
            source = of(selection)
            place = network.capture(source, column)
            window = cursor(source.number, length, "ranks", place)
            return v.QuantileValue(source.number, window, length, v.make_ranks(place), q=q)
        case Latest(of=selection, column=column, length=length):
            source = of(selection)
            return v.LatestValue(source.number, length, network.capture(source, column))
        case Smoothed(of=selection, column=column, length=length, by=by, samples=samples):
            source = of(selection)
            return v.SmoothedValue(source.number, length, network.capture(source, column), by, samples)
        case Age(of=selection, length=length):
            return v.AgeValue(of(selection).number, length)
        case Holding():
            number = holding_source(network, measure)
            found.add(number, point)
            window = cursor(number, measure.length, "groups", 0)
            return v.DifferentValue(number, window, measure.length, v.make_groups(0))
        case Sum(left=left, right=right, negative=negative):
            parts = tuple(part(m) for m in (left, right))
            if negative:
                return v.Combined(parts, lambda a, b: a - b, "difference")
            return v.Combined(parts, lambda a, b: a + b, "sum")
        case Times(of=inner, by=by):
            return v.Multiple((part(inner),), lambda a: a * by, f"{by} x ", by=by)
        case Absolute(of=inner):
            return v.Combined((part(inner),), lambda a: abs(a), "absolute ")
        case Extreme(which=which, parts=measures):
            parts = tuple(part(m) for m in measures)
            return v.Combined(parts, max if which == "greatest" else min, which)
        case Ratio(over=over, under=under, floor=floor, bound=bound):
            above = part(over)
            below = part(under)
            return v.RatioValue(above, below, floor, bound == "wilson")
        case Baseline():
            return _baseline(network, measure, key_names, found)
        case _:
            raise TypeError(f"no measure: {measure!r}")


def holding_source(network: Network, measure: Holding[Any]) -> int:
    inner = network.node(measure.of)
    name = "holding" + json.dumps([identity(measure.of), measure.key_names])
    if name not in network.source_numbers:
        source = Source(len(network.sources), None, measure.key_names)
        source.inner = inner.number
        source.project = tuple(inner.premise.key_names.index(k) for k in measure.key_names)
        network.source_numbers[name] = source.number
        network.sources.append(source)
        inner.fills.append(source.number)
    return network.source_numbers[name]


def _baseline(network: Network, measure: Baseline[Any], key_names: tuple[str, ...], found: Parts) -> v.Value:
    answers: list[tuple[str, v.Answer]] = []
    needs: list[v.Need] = []
    hours = max(m.hours for m in measure.methods)
    for method in measure.methods:
        match method:
            case HourOfWeek(weeks=weeks):
                steps = tuple(168 * HOUR * i for i in range(1, weeks + 1))
                number = _series(network, measure.of, key_names, hours, found)
                answers.append((str(method), v.of_hours(number, steps, min(3, weeks))))
            case Trailing(hours=count):
                steps = tuple(HOUR * i for i in range(1, count + 1))
                number = _series(network, measure.of, key_names, hours, found)
                answers.append((str(method), v.of_hours(number, steps, 3)))
            case Previous():
                # A compiled copy of its own, so that its windows move forward undisturbed.
                value = compile_value(network, measure.of, key_names, found, point=False)
                answers.append((str(method), _shifted(value, measure.of.longest + 1)))
            case Before(change=change, length=length):
                node = network.node(change)
                found.children.append(node.number)
                value = compile_value(network, measure.of, key_names, found, point=False)
                answers.append((str(method), _before(value, node, length)))
                if isinstance(node, n.SelectionNode):
                    needs.append(v.Need(node.sources[0], length, 1))
    # Where there are several methods, another one may have an answer.
    return v.BaselineValue(tuple(answers), tuple(needs) if len(answers) == 1 else ())


def _before(value: v.Value, change: n.Node, length: int) -> v.Answer:
    def answer(state: EngineState, key: Key, t: int) -> v.Number | None:
        times = change.times(state, key)
        place = bisect_right(times, t)
        if not place or times[place - 1] < t - length:
            return None
        return value.at(state, key, times[place - 1] - 1)

    return answer


def _series(network: Network, measure: Measure[Any], key_names: tuple[str, ...], hours: int, found: Parts) -> int:
    name = json.dumps([identity(measure), key_names, hours])
    if name not in network.series_numbers:
        parts = Parts()
        value = compile_value(network, measure, key_names, parts, point=False)
        number = network.series_numbers[name] = len(network.series)
        network.series.append(SeriesOf(number, value, tuple(sorted(parts.sources)), hours))
        found.facts += parts.facts
        for source in (network.sources[place] for place in parts.sources):
            source.series.append(number)
            if source.remembered is not None:
                # Whether nothing has come for as long as the baseline looks back.
                source.remembered = max(source.remembered, (hours + 3) * HOUR)
    number = network.series_numbers[name]
    found.series.append(number)
    found.sources |= dict.fromkeys(network.series[number].sources, False) | found.sources
    return number


def _shifted(value: v.Value, by: int) -> v.Answer:
    return lambda state, key, t: value.at(state, key, t - by)
