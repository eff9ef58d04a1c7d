"""What a measure's value at a time is; None is UNKNOWN."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import attrs

from migro.expressions import microseconds
from migro.rules import (
    Absolute,
    Age,
    Aggregate,
    Baseline,
    Before,
    Compared,
    Constant,
    Count,
    Different,
    Extreme,
    Holding,
    Latest,
    Measure,
    Previous,
    Quantile,
    Ratio,
    Selection,
    Smoothed,
    Standout,
    Sum,
    Timed,
    Times,
    Told,
    Top,
    Total,
)
from migro.rules.baselines import HOUR

from .keys import Keys, part
from .signals import Key, Row, Signals, exact, fact_names, ordered
from .statistics import median, significant

__all__ = ["Numbers", "Place"]

Number = Fraction | None


@attrs.frozen
class Place:
    """Where a measure is evaluated: for a key, and at a time."""

    names: tuple[str, ...]
    key: Key
    t: int

    def at(self, t: int) -> Place:
        return attrs.evolve(self, t=t)


class Numbers(Keys):
    """Measures over signals."""

    @abstractmethod
    def sat(self, node: Timed[Any], key: Key) -> frozenset[int]: ...

    @abstractmethod
    def hour_values(self, baseline: Baseline[Any], place: Place, method: Any) -> list[Fraction] | None: ...

    # --- at a time ----------------------------------------------------------------------------------------------

    def value(self, measure: Measure[Any], place: Place) -> Number:
        """Return the value at a time."""
        match measure:
            case Standout():
                return self.standout(measure, place)
            case Aggregate(of=of):
                since = place.t - measure.span
                return aggregate(
                    self, measure, [r for r in self.rows(of, place.key) if since <= r.at <= place.t], place.t
                )
            case Holding(of=of):
                since = place.t - measure.length
                finer = [k for k in self.keys(of) if part(k, of.key_names, measure.key_names) == place.key]
                return Fraction(len([k for k in finer if any(since <= t <= place.t for t in self.sat(of, k))]))
            case Baseline():
                return self.usual(measure, place)[0]
        return self.combined(measure, place, lambda part: self.value(part, place))

    def standout(self, measure: Standout[Any], place: Place) -> Number:
        def valued(of: Selection[Any, Any]) -> list[tuple[Row, Any]]:
            rows = [r for r in self.rows(of, place.key) if place.t - measure.length <= r.at <= place.t]
            return [(r, exact(self.read(of, measure.column, r.signal))) for r in rows]

        mine, theirs = valued(measure.of), valued(measure.against)
        if not theirs:
            return None
        total = sum(r.weight for r, _ in theirs)
        rare = [
            v
            for _, v in mine
            if v is not None and sum(r.weight for r, w in theirs if w == v) <= measure.at_most * total
        ]
        return Fraction(max((sum(r.weight for r, w in mine if w == v) for v in rare), default=0))

    def in_hour(self, measure: Measure[Any], place: Place, *, scaled: bool = True) -> Number:
        """Return the value for the hour that begins at `place.t`."""
        h, end = place.t, place.t + HOUR - 1
        match measure:
            case Latest() | Smoothed() | Age() | Told() | Constant():
                return self.value(measure, place.at(end))
            case Aggregate(of=of):
                found = aggregate(self, measure, [r for r in self.rows(of, place.key) if h <= r.at <= end], end)
                if found is None or not scaled or not isinstance(measure, Count | Total | Top):
                    return found
                return found * Fraction(measure.span, HOUR)
            case Baseline() | Holding():
                raise AssertionError(f"refused in a rule set: {measure}")
        inner = scaled and not isinstance(measure, Ratio)
        return self.combined(measure, place, lambda part: self.in_hour(part, place, scaled=inner))

    def combined(self, measure: Measure[Any], place: Place, value: Callable[[Measure[Any]], Number]) -> Number:
        """Return the value of a measure that is made of others, whose values are given."""
        match measure:
            case Constant(value=number):
                return number
            case Told(fact=fact):
                mine = dict(zip(place.names, place.key, strict=True))
                about: dict[str, str | None] = {n: mine[n] for n in fact_names(fact, place.names)}
                told = self.told(fact, about, place.t)
                return None if told is None else Fraction(told)
            case Ratio():
                sides = self.sides(measure, value)
                return None if sides is None else sides[0] / sides[1]
            case Times(of=of, by=by):
                a = value(of)
                return None if a is None else a * by
            case Absolute(of=of):
                a = value(of)
                return None if a is None else abs(a)
            case Sum(left=left, right=right, negative=negative):
                a, b = value(left), value(right)
                return None if a is None or b is None else a - b if negative else a + b
            case Extreme(which=which, parts=parts):
                values = [value(p) for p in parts]
                known = [v for v in values if v is not None]
                if len(known) < len(values):
                    return None
                return max(known) if which == "greatest" else min(known)
        raise AssertionError(f"no measure: {measure!r}")

    def sides(self, ratio: Ratio[Any], value: Callable[[Measure[Any]], Number]) -> tuple[Fraction, Fraction] | None:
        over, under = value(ratio.over), value(ratio.under)
        if over is None or under is None or under < ratio.floor or under < 1:
            return None
        return over, under

    # --- what is usual ------------------------------------------------------------------------------------------

    def usual(self, baseline: Baseline[Any], place: Place) -> tuple[Number, int]:
        """Return the value, and the number of the method that gave it."""
        for number, method in enumerate(baseline.methods):
            match method:
                case Previous() | Before():
                    then = self.earlier(baseline, method, place)
                    found = None if then is None else self.value(baseline.of, place.at(then))
                case _:
                    hours = self.hour_values(baseline, place, method)
                    found = None if hours is None else median(hours)
            if found is not None:
                return found, number
        return None, len(baseline.methods)

    def earlier(self, baseline: Baseline[Any], method: Previous | Before, place: Place) -> int | None:
        if isinstance(method, Previous):
            return place.t - baseline.of.longest - 1
        changes = [u for u in self.sat(method.change, place.key) if place.t - method.length <= u <= place.t]
        return max(changes) - 1 if changes else None

    def fallen_back(self, measure: Measure[Any], place: Place) -> bool:
        """Whether a baseline that the value rests on was answered by any method but its first."""
        if isinstance(measure, Baseline):
            found, number = self.usual(measure, place)
            if found is None:
                return False
            method = measure.methods[number]
            if number > 0 or not isinstance(method, Previous | Before):
                return number > 0
            then = self.earlier(measure, method, place)
            return then is not None and self.fallen_back(measure.of, place.at(then))
        return any(self.fallen_back(m, place) for m in measure.inputs if isinstance(m, Measure))

    # --- comparisons --------------------------------------------------------------------------------------------

    def compares(self, node: Compared[Any], place: Place) -> bool:
        def value(measure: Measure[Any]) -> Number:
            return self.value(measure, place)

        left, right = value(node.left), value(node.right)
        if left is None or right is None:
            return False
        swapped = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}[node.operator]
        for mine, limit, operator in ((node.left, right, node.operator), (node.right, left, swapped)):
            if isinstance(mine, Ratio) and mine.bound == "wilson" and 0 < limit < 1:
                sides = self.sides(mine, value)
                assert sides is not None
                if sides[1] < 100:
                    return ordered(operator, left if mine is node.left else right, limit) and (
                        operator in ("eq", "ne") or significant(*sides, limit)
                    )
        return ordered(node.operator, left, right)

    def differs(self, left: Measure[Any], right: Measure[Any], z: int, place: Place) -> bool:
        def value(measure: Measure[Any]) -> Number:
            return self.value(measure, place)

        if isinstance(left, Ratio) and isinstance(right, Ratio):
            mine, theirs = self.sides(left, value), self.sides(right, value)
            if mine is None or theirs is None:
                return False
            (a, n), (b, m) = mine, theirs
            pooled = (a + b) * (n + m - a - b) * n * m
            return a * m != b * n and (a * m - b * n) ** 2 * (n + m) >= z**2 * pooled
        x, y = value(left), value(right)
        return x is not None and y is not None and x != y and (x - y) ** 2 >= z**2 * (x + y)


def aggregate(world: Signals, measure: Aggregate[Any], rows: list[Row], end: int) -> Number:
    """Return what an aggregate says of the rows of its window, which ends at `end`."""
    match measure:
        case Count():
            return Fraction(sum(r.weight for r in rows))
        case Age():
            return min((Fraction(end - r.at) for r in rows), default=None)
    valued = sorted(_valued(world, measure, rows), key=lambda item: (item[0].at, item[0].signal.id))
    match measure:
        case Total():
            return sum((v * r.weight for r, v in valued), Fraction(0))
        case Different():
            return Fraction(len({v for _, v in valued}))
        case Top():
            return Fraction(max((sum(r.weight for r, w in valued if w == v) for _, v in valued), default=0))
        case Latest():
            return valued[-1][1] if valued else None
        case Smoothed(by=by, samples=samples):
            if len(valued) < samples:
                return None
            e: Fraction = valued[-samples][1]
            for _, v in valued[-samples + 1 :] if samples > 1 else []:
                e = by * v + (1 - by) * e
            return e
        case Quantile(q=q):
            total = sum(r.weight for r, _ in valued)
            fit = [v for _, v in valued if sum(r.weight for r, w in valued if w <= v) >= q * total]
            return min(fit, default=None)
    raise AssertionError(f"no aggregate: {measure!r}")


def _valued(world: Signals, measure: Any, rows: list[Row]) -> Iterator[tuple[Row, Any]]:
    for row in rows:
        value = exact(world.read(measure.of, measure.column, row.signal))
        if value is not None:
            yield row, Fraction(microseconds(value)) if isinstance(value, timedelta) else value
