"""
Scenes: streams that are made so that a premise holds at a moment, in many styles.

Nothing here has to be right: what a scene does is found out by running it. It only has to come often near the edge
at which two rules part.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import attrs

from ..expressions import Col
from ..models.canonical import from_microseconds
from ..rules import (
    After,
    Both,
    Compared,
    Counted,
    Differs,
    Distinct,
    Drop,
    During,
    Fits,
    Given,
    Held,
    Holds,
    Known,
    Premise,
    Ratio,
    Recent,
    Rising,
    Runs,
    Selection,
    Share,
    Silence,
    Together,
    Unless,
    Via,
    Without,
    everything,
)
from .amounts import amount, proportion
from .casting import overlaid, told, varied, weighing
from .domains import TooLarge
from .drafts import Draft
from .proportions import Limit, edges, limit_of
from .satisfaction import MATCH, NO_MATCH, NOT_MATCH, Model, Wanted, models
from .selecting import wanted

__all__ = ["Scenes", "Style"]

Key = Mapping[str, Any]
_FEW = 3


@attrs.frozen
class Style:
    """
    How to make a scene, where there are several ways.

    Attributes:
        model: Which of the signals that would do.
        spread: How long before the moment the oldest signal of a window comes, in microseconds.
        more: Which of the numbers that would do, counted from the smallest.
        lag: How long the parts of what holds together come one after the other, in microseconds.
        merged: Whether one signal serves several parts, where they look at the same class.
    """

    model: int = 0
    spread: int = 0
    more: int = 0
    lag: int = 0
    merged: bool = False


class Scenes:
    """
    Makes scenes for one premise, mindful of another one.

    Args:
        others: Selections of the other premise: signals that only one of two selects tell them apart.
        shares: Share premises of both.
        limits: Limits that they set to shares, for numbers that only one of them is content with.
        counts: Numbers that either names.
        supporting: Premises of the rules that support an issue kind.
    """

    def __init__(
        self,
        others: Iterable[Selection[Any, Any]],
        shares: Iterable[Share[Any]],
        limits: Iterable[Limit],
        counts: Iterable[int],
        supporting: Callable[[str, int], list[Premise[Any]]],
    ) -> None:
        self.others = tuple(others)
        self.shares = tuple(shares)
        self.limits = tuple(limits)
        self.counts = tuple(sorted({n for c in counts for n in (c - 1, c, c + 1) if n >= 1}))
        self.supporting = supporting
        self._models: dict[tuple[int, int], list[Model]] = {}
        self._edges: dict[Limit, list[tuple[int, int]]] = {}
        self._given: dict[int, Selection[Any, Any]] = {}
        self._kept: list[Any] = []

    def make(self, premise: Any, at: int, key: Key, style: Style) -> list[Draft]:
        """Return signals with which the premise may hold at `at` for the key."""
        match premise:
            case Selection():
                return self.signal(premise, at, key, style)
            case Counted(n=n, length=length):
                of = premise.of
                numbers = [n, *(c for c in self.counts if c > n)]
                return self.several(of, numbers[min(style.more, len(numbers) - 1)], at, length, key, style)
            case Distinct(column=column, n=n, length=length):
                of = premise.of
                numbers = [n, *(c for c in self.counts if c > n)]
                count = numbers[min(style.more, len(numbers) - 1)]
                return varied(self.each(of, count, at, length, key, style), column)
            case Share():
                return self._share(premise, at, key, style)
            case Fits(of=of, predicates=predicates):
                return self.signal(of, at, key, style, ((predicates, MATCH),))
            case Both(parts=parts) | Together(parts=parts):
                last = len(parts) - 1
                made = [self.make(p, at - style.lag * (last - i), key, style) for i, p in enumerate(parts)]
                return overlaid(made) if style.merged else [d for drafts in made for d in drafts]
            case Unless(of=of) | Recent(of=of):
                return self.make(of, at, key, style)
            case Known(kind=kind, at_least_points=points):
                return [d for p in self.supporting(kind.name, points) for d in self.make(p, at, key, style)]
            case During():
                return self._calendar(premise, at, key, style)
            case Given(owner=owner, predicates=predicates, per=per):
                if id(premise) not in self._given:
                    self._kept.append(premise)
                    self._given[id(premise)] = Selection(owner, predicates, per)
                return self.signal(self._given[id(premise)], at - 1, key, style)
            case _:
                return self._timed(premise, at, key, style)

    def _timed(self, premise: Any, at: int, key: Key, style: Style) -> list[Draft]:
        match premise:
            case After(of=of, earlier=earlier, length=length):
                gap = max(1, min(style.spread or length, length))
                return [*self.make(earlier, at - gap, key, style), *self.make(of, at, key, style)]
            case Without(of=of, length=length):
                return self.make(of, at - length, key, style)
            case Held(of=of, length=length):
                return [*self.make(of, at - length, key, style), *self.make(of, at, key, style)]
            case Runs(of=of, n=n):
                step = max(1, min(style.spread, premise.length) // max(1, n - 1))
                return [d for i in range(n) for d in self.make(of, at - i * step, key, style)]
            case Holds(of=of, k=k, every=every):
                return [d for i in range(k) for d in self.make(of, at - i * every, key, style)]
            case Via(of=of, value=value):
                known = told(value, key.get(value.column.name, "v"), at - 1, key)
                return [*known, *self.make(of, at, key, style)]
            case Silence(expected=expected, length=length):
                return self.signal(expected, at - length, key, style)
            case Compared():
                return self._comparison(premise, at, key, style)
            case Rising(left=left, samples=samples):
                step = max(1, left.longest // (2 * samples))
                return [
                    d
                    for i in range(samples)
                    for d in amount(self, left, Fraction(i + 1), at - (samples - 1 - i) * step, key, style)
                ]
            case Differs(left=left, right=right, z=z):
                many = Fraction(z * z + 1 + style.more)
                return [*amount(self, left, many, at, key, style), *amount(self, right, Fraction(0), at, key, style)]
            case Drop(left=left, expected=expected, floor=floor):
                usual = Fraction(max(floor, 8) + style.more)
                return [
                    *amount(self, expected, usual, at, key, style),
                    *amount(self, left, Fraction(style.model), at, key, style),
                ]
            case _:
                return []

    def signal(
        self, of: Selection[Any, Any], at: int, key: Key, style: Style, further: tuple[Wanted, ...] = ()
    ) -> list[Draft]:
        """Return a signal that the selection selects, with the facts it needs; nothing where none is known."""
        found = self.models(of, further)
        if not found:
            return []
        model = found[style.model % len(found)]
        own = {k.name: key.get(k.name, "k") for k in of.per}
        draft = Draft(of.signal, at, {**model.columns, **own})
        earlier = [attrs.evolve(draft, at=at - 1)] if model.seen else []
        facts = [d for f, value in model.facts for d in told(f, value, at - 1_000_000, key)]
        return [*facts, *earlier, draft]

    def models(self, of: Selection[Any, Any], further: tuple[Wanted, ...] = ()) -> list[Model]:
        """Return signals that the selection selects: first those that other selections tell apart from it."""
        place = (id(of), hash(tuple((tuple(map(id, p)), m) for p, m in further)))
        if place not in self._models:
            self._kept.append((of, further))  # an id stands for a node only as long as the node lives
            self._models[place] = self._find(of, further)
        return self._models[place]

    def _find(self, of: Selection[Any, Any], further: tuple[Wanted, ...]) -> list[Model]:
        own = (*wanted(of), *further)
        plain = _first(of.signal, own, _FEW)
        shared: list[list[Model]] = []
        apart: list[list[Model]] = []
        for other in self.others:
            if other.signal.__signal_kind__ in ("", of.signal.__signal_kind__):
                theirs = wanted(other)[0][0]
                apart.append(_first(of.signal, (*own, (theirs, NOT_MATCH)), _FEW))
                shared.append(_first(of.signal, (*own, (theirs, MATCH)), 1))
        for share in self.shares:
            if share.of.signal is of.signal:
                apart.append(_first(of.signal, (*own, (share.predicates, NOT_MATCH)), 1))
                shared.append(_first(of.signal, (*own, (share.predicates, MATCH)), 1))
        # One of each first: which of them tells the two rules apart is not known.
        rounds = itertools.zip_longest(*(row for pair in zip(shared, apart, strict=True) for row in pair), plain)
        mixed = [m for some in rounds for m in some if m is not None]
        return list({repr(sorted(m.columns.items(), key=str)): m for m in mixed}.values())[:16]

    def each(
        self, of: Selection[Any, Any], count: int, at: int, length: int, key: Key, style: Style, *further: Wanted
    ) -> list[Draft]:
        """Return that many signals, the last of them as old as the style says."""
        oldest = at - min(style.spread, length)
        times = [oldest if i and i == count - 1 else at for i in range(count)]
        return [d for t in times for d in self.signal(of, t, key, style, further)]

    def several(
        self, of: Selection[Any, Any], count: int, at: int, length: int, key: Key, style: Style, *further: Wanted
    ) -> list[Draft]:
        """Return signals that count for that many together: a weighted one may stand for all of them but the oldest."""
        if not isinstance(of.weight, Col) or count < 3:
            return self.each(of, count, at, length, key, style, *further)
        newest = self.signal(of, at, key, style, further)
        oldest = self.each(of, 2, at, length, key, style, *further)[-1:]
        weight = of.weight.name
        return [*weighing(newest, weight, count - 1), *weighing(oldest, weight, 1)]

    def _share(self, share: Share[Any], at: int, key: Key, style: Style) -> list[Draft]:
        hits, size = self._at_the_edge(limit_of(share), style)
        now = attrs.evolve(style, spread=0)
        drafts = self.several(share.of, hits, at, share.length, key, now, (share.predicates, MATCH))
        drafts += self.several(share.of, size - hits, at, share.length, key, now, (share.predicates, NO_MATCH))
        if len(drafts) > 1 and style.spread:
            drafts[-1] = attrs.evolve(drafts[-1], at=at - min(style.spread, share.length))
        return drafts

    def _at_the_edge(self, limit: Limit | None, style: Style) -> tuple[int, int]:
        if limit is None:
            return 0, 0
        if limit not in self._edges:
            self._edges[limit] = list(dict.fromkeys(edges(limit, self.limits)))
        numbers = self._edges[limit]
        return numbers[min(style.more, len(numbers) - 1)] if numbers else (0, 0)

    def _calendar(self, premise: During[Any], at: int, key: Key, style: Style) -> list[Draft]:
        if premise.negated:
            return []
        starts, ends = (at, at + 60_000_000) if style.more % 2 else (at - 60_000_000, at)
        shift = {premise.starts.name: starts + premise.lead, premise.ends.name: ends - premise.slack}
        if not style.more % 2:
            shift[premise.starts.name] = min(shift[premise.starts.name], shift[premise.ends.name])
        columns = {n: from_microseconds(t) for n, t in shift.items()}
        return [d.with_columns(**columns) for d in self.signal(premise.of, at - style.spread, key, style)]

    def _comparison(self, premise: Compared[Any], at: int, key: Key, style: Style) -> list[Draft]:
        left, right, operator = premise.left, premise.right, premise.operator
        hits, size = self._at_the_edge(limit_of(premise), style)
        if size:
            return proportion(self, left, hits, size, at, key, style)
        # Shares are told apart by hundredths, other numbers by ones.
        few = _is_share(left) or _is_share(right)
        usual, step = (Fraction(1, 4), Fraction(1, 20)) if few else (Fraction(10), Fraction(1))
        known = _value(left) if _value(right) is None else _value(right)
        goal = usual if known is None else known
        beyond = step * (style.more // 3)
        lefts = {"gt": goal + step + beyond, "ge": goal + beyond, "lt": goal - step - beyond, "le": goal - beyond}
        wanted_left = max(Fraction(0), lefts.get(operator, goal if operator == "eq" else goal + step))
        made = amount(self, right, goal, at, key, style) if _value(right) is None else []
        return [*made, *amount(self, left, wanted_left, at, key, style)]


def _is_share(measure: Any) -> bool:
    return any(isinstance(m, Ratio) for m in everything(measure))


def _value(measure: Any) -> Fraction | None:
    value = getattr(measure, "value", None)
    return value if isinstance(value, Fraction) else None


def _first(signal: type[Any], conditions: tuple[Wanted, ...], few: int) -> list[Model]:
    found: list[Model] = []
    try:
        for model in itertools.islice(models(signal, *conditions), 200):
            if model.complete:
                found.append(model)
                if len(found) == few:
                    break
    except TooLarge:
        pass
    return found
