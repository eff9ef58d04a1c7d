"""
Turning: streams on both sides of everything at which a rule begins or ceases to fire.

From a stream in which the rule fires what it does not need is left out; then one thing after another is changed until
the rule answers differently, and the change is halved until it is the least: one signal, one microsecond, one unit.
A rule with another bound answers differently on one of the two sides: this is boundary value analysis. The engine is
asked about the rule alone, so that what is found serves all mutants.
"""

from __future__ import annotations

import contextlib
import itertools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ..comparison.drafts import Printer
from ..comparison.plans import Plan, maker
from ..comparison.scenes import Style
from ..engine import Key, NativeEngine
from ..rules import Baseline, During, Given, Known, Premise, Rule, RuleSet, Unless, Without, everything
from ..rules.baselines import HOUR, WEEK
from .axes import Axis, counts, figures, shifts
from .edges import firing_in
from .reading import Reading
from .shapes import (
    Shape,
    companions,
    condensed,
    divided,
    histories,
    levelled,
    merged,
    newest,
    others,
    recent,
    repeated,
    scaled,
    shape_of,
    with_groups,
)
from .streams import Stream, length, numbered, time_of

__all__ = ["Turning"]

_SEEDS = 3
"""From how many streams in which the rule fires its turns are looked for."""

_PARING = 10
"""How much more than for one turn is spent at most to leave out of a seed what is not needed."""

_WAITING = 600_000_000
"""How long is waited for what is judged late, in microseconds."""

Outcome = tuple[bool, tuple[tuple[Key, int], ...]]
"""Whether the rule fires when the last signal comes, and how often it begins to for each key."""


class _Spent(Exception):
    """Nothing was found for too long."""


@attrs.define
class Turning:
    """
    Finds where a rule turns.

    Attributes:
        patience: How many signals are run until something has to be found; an hour that passes counts like one, where
            somebody looks at it.
        began: Whether there was a stream to begin with: one in which the rule fires.
        spent: Whether the patience with one of them came to its end.
    """

    ruleset: RuleSet
    rule: Rule[Any]
    engine: NativeEngine
    reading: Reading
    patience: int
    began: bool = attrs.field(init=False, default=False)
    spent: bool = attrs.field(init=False, default=False)
    _left: int = attrs.field(init=False)
    _tick: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        side = (self.ruleset, self.rule)
        self._tick = Plan.of(side, side).tick
        self._left = self.patience

    def streams(self, seeds: Sequence[Stream]) -> Iterator[Stream]:
        """
        Yield streams in which the rule is about to turn, those from the cheapest seed first.

        Whoever takes them says what that cost, `spend`, and whether it was of use, `encouraged`.
        """
        pared = sorted(map(self._pared, self._begun(seeds)), key=lambda s: self._work(merged(s)))
        self.began = bool(pared)
        for shape in _different(pared):
            self._left = self.patience
            try:
                yield from map(merged, _in_turns([self._around(shape), self._further(shape)]))
            except _Spent:
                self.spent = True
            self.patience = self.patience // 2

    def _begun(self, seeds: Sequence[Stream]) -> list[Shape]:
        """Return the first seeds in which the rule fires, and before them one with a shorter history."""
        self._left = _PARING * self.patience
        shapes: list[Shape] = []
        try:
            # One after the other: where it is spent in between, those that were found are there.
            shapes += (s for stream in seeds if self._fires(s := shape_of(stream, self.reading)))
            # Hours that pass are most of the work where somebody asks what is usual: weeks of them are the exception.
            for shape in shapes if self._tick else ():
                near = recent(shape, self.reading)
                if near is not None and self._fires(near):
                    shapes.insert(0, near)
                    break
        except _Spent:
            self.spent = True
        return shapes[:_SEEDS]

    def spend(self, stream: Stream, engines: int) -> None:
        """Take the work for a stream that some engines are asked about from what is left."""
        self._left -= engines * self._work(stream)

    def _work(self, stream: Stream) -> int:
        return len(stream) + (length(stream) // self._tick if self._tick else 0)

    def encouraged(self) -> None:
        """Begin anew with what is left, since something was found."""
        self._left = self.patience

    # --- where it turns ---------------------------------------------------------------------------------------------

    def _around(self, shape: Shape) -> Iterator[Shape]:
        yield shape
        rounds: list[Iterator[Shape]] = []
        for places in histories(shape, self.reading):
            joint = (counts(shape, places, self.reading), figures(shape, places, self.reading))
            rounds.append(s for axis in itertools.chain(*joint) for s in self._turns(axis))
        for place in newest(shape):
            axes = (counts(shape, [place], self.reading), figures(shape, [place], self.reading))
            late = shifts(shape, place, self.reading)
            # Another value is one stream, and how many there may be is a search: the one does not wait for the other.
            rounds += (
                others(shape, place, self.reading),
                (s for axis in itertools.chain(*axes, late) for s in self._turns(axis)),
            )
        yield from _in_turns(rounds)

    def _further(self, shape: Shape) -> Iterator[Shape]:
        before = self._outcome(shape)
        yield from _in_turns(
            [
                self._taken_back(shape, before),
                self._enlarged(shape),
                self._weekly(shape, before),
                self._accompanied(shape, before),
            ]
        )

    def _enlarged(self, shape: Shape) -> Iterator[Shape]:
        for other in scaled(shape, self.reading):
            yield from self._sized(other, [*histories(other, self.reading), *([p] for p in newest(other))])

    def _taken_back(self, shape: Shape, before: Outcome) -> Iterator[Shape]:
        for other in self._with_strays(shape):
            if self._outcome(other) != before:
                yield other
                yield from self._at(other, range(len(shape), len(other)))

    def _accompanied(self, shape: Shape, before: Outcome) -> Iterator[Shape]:
        for place in newest(shape):
            other = divided(shape, place, self.reading)
            if other is not None:
                yield from self._shifted(other, place)
        for place in newest(shape):
            for other in companions(shape, place, self.reading):
                last = len(other) - 1
                if self._outcome(other) != before:
                    yield other
                    yield from self._at(other, [last])
                    continue
                for axis in (*counts(other, [last], self.reading), *figures(other, [last], self.reading)):
                    for turned in self._turns(axis):
                        yield turned
                        if len(turned) > last and self._outcome(turned) != before:
                            yield from self._shifted(turned, last)

    def _sized(self, shape: Shape, several: Sequence[Sequence[int]]) -> Iterator[Shape]:
        """Yield where a stream turns when some of its many signals go or come, or weigh more or less."""
        for places in several:
            for axis in (*counts(shape, places, self.reading), *figures(shape, places, self.reading)):
                yield from self._turns(axis)

    def _at(self, shape: Shape, places: Sequence[int]) -> Iterator[Shape]:
        for place in places:
            for axis in (*counts(shape, [place], self.reading), *figures(shape, [place], self.reading)):
                yield from self._turns(axis)
            yield from others(shape, place, self.reading)
            yield from self._shifted(shape, place)

    def _shifted(self, shape: Shape, place: int) -> Iterator[Shape]:
        for axis in shifts(shape, place, self.reading):
            yield from self._turns(axis)

    def _weekly(self, shape: Shape, before: Outcome) -> Iterator[Shape]:
        """Yield the stream after what has happened at the same hour of some weeks: all of it, its end, or the rest."""
        methods = [m for n in everything(self.rule.when) if isinstance(n, Baseline) for m in n.methods]
        for weeks in sorted({m.hours * HOUR // WEEK for m in methods} - {0}):
            for since in sorted({time_of(g[0]) for g in shape}, reverse=True):
                for part in (
                    tuple(g for g in shape if time_of(g[0]) >= since),
                    tuple(g for g in shape if time_of(g[-1]) < since),
                ):
                    earlier = repeated(part, WEEK, weeks) if part else None
                    if earlier is None or length(merged(part)) > WEEK:
                        continue
                    whole = (*earlier[: -len(part)], *shape)
                    yield whole
                    if self._outcome(whole) != before:
                        yield from self._sized(whole, list(histories(whole, self.reading)))

    def _with_strays(self, shape: Shape) -> Iterator[Shape]:
        """Yield the stream with signals for each premise that the rule is made of, when it begins to fire and later."""
        scenes, printer = maker(self.ruleset, self.rule, self.rule), Printer()
        stream = numbered(merged(shape))
        firing = firing_in(self.engine, self.rule.id, stream, self._until(stream))
        if not firing:
            return
        key = dict(zip(self.rule.when.key_names, firing[0].key, strict=True))
        begin = time_of(stream[0]) + firing[0].start
        for node, ways in self._strays():
            for at, model in ways:
                made = printer.signals(scenes.make(node, begin + at, key, Style(model=model)))
                if made and len(made) < len(stream) + 100:
                    yield (*shape, *shape_of(made, self.reading))

    def _strays(self) -> Iterator[tuple[Premise[Any], tuple[tuple[int, int], ...]]]:
        """Yield premises, those first that speak against the rule, and how much later which signals for them come."""
        against: list[Premise[Any]] = []
        rest: list[Premise[Any]] = []
        for node in everything(self.rule.when):
            match node:
                case During(negated=True) | Known(negated=True) | Given(negated=True):
                    against.append(attrs.evolve(node, negated=False))
                case Unless(recovery=recovery):
                    against.append(recovery)
                case Without(expected=expected):
                    against.append(expected)
                case Premise():
                    rest.append(node)
                case _:
                    pass
        for node in against:
            yield node, ((0, 0), (1, 0), (-1, 0), (0, 1), (1, 1), (0, 2))
        for node in rest:
            yield node, ((1, 0), (-1, 1))

    def _turns(self, axis: Axis) -> Iterator[Shape]:
        before: tuple[int, Outcome | None] | None = None
        for mark in axis.marks:
            found = self._along(axis, mark)
            if before is not None and found != before[1]:
                for side in self._narrowed(axis, before[0], mark, before[1]):
                    shape = axis.at(side) if side != axis.here else None
                    if shape is not None:
                        yield shape
            before = (mark, found)

    def _narrowed(self, axis: Axis, low: int, high: int, outcome: Outcome | None) -> tuple[int, int]:
        """Return two numbers in a row between which the rule ceases to answer as it does at the lower end."""
        while high - low > 1:
            guesses = axis.guesses[bisect_right(axis.guesses, low) : bisect_left(axis.guesses, high)]
            middle = guesses[len(guesses) // 2] if guesses else (low + high) // 2
            if self._along(axis, middle) == outcome:
                low = middle
            else:
                high = middle
        return low, high

    def _along(self, axis: Axis, number: int) -> Outcome | None:
        shape = axis.at(number)
        return None if shape is None else self._outcome(shape)

    # --- what a stream does -----------------------------------------------------------------------------------------

    def _outcome(self, shape: Shape) -> Outcome:
        stream = numbered(merged(shape))
        if self._left < 0:
            raise _Spent
        self.spend(stream, 1)
        firing = firing_in(self.engine, self.rule.id, stream, self._until(stream))
        last = length(stream)
        now = any(f.start <= last and (f.end is None or f.end > last) for f in firing)
        return now, tuple(sorted(Counter(f.key for f in firing).items()))

    def _until(self, stream: Stream) -> int:
        return length(stream) + self.rule.when.longest + self.rule.lasts_us + _WAITING

    def _fires(self, shape: Shape) -> bool:
        return bool(shape) and bool(self._outcome(shape)[1])

    def _pared(self, shape: Shape) -> Shape:
        """Return the stream without what the rule does not need to fire."""
        self._left = _PARING * self.patience
        for shorter in self._shorter(shape):
            shape = shorter
        return shape

    def _shorter(self, shape: Shape) -> Iterator[Shape]:
        """Yield the stream with less and less in it for as long as the rule fires and there is patience for it."""
        with contextlib.suppress(_Spent):
            plain = (levelled(shape, self.reading, figures=True), levelled(shape, self.reading, figures=False))
            yield (shape := next(filter(self._fires, plain), shape))
            heavy = condensed(shape, self.reading)
            yield (shape := heavy if self._fires(heavy) else shape)
            for _ in range(2):
                place = 0
                while place < len(shape):
                    fewer = shape if self._past(shape, place) else self._fewest(shape, place)
                    place += len(fewer) == len(shape)
                    yield (shape := fewer)

    def _past(self, shape: Shape, place: int) -> bool:
        """Return whether a group is what a rule compares with that asks what is usual: without it nothing ever was."""
        if not any(isinstance(n, Baseline) for n in everything(self.rule.when)):
            return False
        return time_of(shape[place][0]) < max(time_of(g[-1]) for g in shape) - HOUR

    def _fewest(self, shape: Shape, place: int) -> Shape:
        best, low, high = shape, 0, len(shape[place])
        while low < high:
            n = (low + high) // 2
            fewer = with_groups(shape, {place: shape[place][len(shape[place]) - n :] if n else ()})
            if fewer is not None and self._fires(fewer):
                best, high = fewer, n
            else:
                low = n + 1
        return best


def _different(shapes: Sequence[Shape]) -> Iterator[Shape]:
    for place, shape in enumerate(shapes):
        if shape not in shapes[:place]:
            yield shape


def _in_turns(many: Sequence[Iterator[Shape]]) -> Iterator[Shape]:
    for row in itertools.zip_longest(*many):
        yield from (shape for shape in row if shape is not None)
