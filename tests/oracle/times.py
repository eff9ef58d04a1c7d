"""The times at which a timed premise is satisfied, and the points at which it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from migro.expressions import Truth, fact
from migro.models import to_microseconds
from migro.rules import (
    After,
    Aggregate,
    Baseline,
    Compared,
    Counted,
    Differs,
    Distinct,
    Drop,
    During,
    Fits,
    Given,
    Held,
    Holding,
    Holds,
    Measure,
    Rising,
    Runs,
    Selection,
    Share,
    Silence,
    Timed,
    Together,
    Told,
    Via,
    Without,
    everything,
)
from migro.rules.baselines import HOUR

from .hours import Hours
from .keys import part
from .numbers import Place
from .signals import Key, Row, fact_names
from .statistics import improbable, reached

__all__ = ["Times"]


class Times(Hours):
    """Timed premises over measures and signals."""

    def __init__(self, ruleset: Any, history: list[Any], as_of: int) -> None:
        super().__init__(ruleset, history, as_of)
        self._sat: dict[tuple[int, Key], frozenset[int]] = {}

    def sat(self, node: Timed[Any], key: Key) -> frozenset[int]:
        """Return every time up to `as_of` at which a premise is satisfied for a key."""
        if (id(node), key) not in self._sat:
            self._sat[id(node), key] = frozenset(t for t in self._satisfied(node, key) if t <= self.as_of)
        return self._sat[id(node), key]

    def _satisfied(self, node: Timed[Any], key: Key) -> Iterator[int]:
        place = Place(node.key_names, key, 0)
        match node:
            case Selection() | Counted() | Distinct() | Share() | Fits():
                rows = self.rows(node if isinstance(node, Selection) else node.of, key)
                yield from (t for t in {r.at for r in rows} if self.fits(node, rows, t))
            case Compared():
                yield from (t for t in self.points(node, key) if self.compares(node, place.at(t)))
            case Differs(left=left, right=right, z=z):
                yield from (t for t in self.points(node, key) if self.differs(left, right, z, place.at(t)))
            case Rising(left=left, samples=samples):
                points = self.points(node, key)
                for t in points:
                    last = sorted(p for p in points if t - left.longest <= p <= t)[-samples:]
                    values = [self.value(left, place.at(p)) for p in last]
                    known = [v for v in values if v is not None]
                    if len(known) == samples and all(a < b for a, b in pairwise(known)):
                        yield t
            case Drop(left=left, expected=expected, p=p, every=every, floor=floor):
                for g in self.multiples(node, key, every):
                    count, mean = self.value(left, place.at(g)), self.value(expected, place.at(g))
                    if count is not None and mean is not None and mean >= floor and improbable(count, mean, p):
                        yield g
            case After(of=of, earlier=earlier, length=length):
                before = self.sat(earlier, key)
                yield from (t for t in self.sat(of, key) if any(t - length <= u < t for u in before))
            case Together(parts=parts, length=length):
                each = [self.sat(p, key) for p in parts]
                for t in frozenset[int]().union(*each):
                    if all(any(t - length <= u <= t for u in times) for times in each):
                        yield t
            case Without(of=of, expected=expected, length=length, before=before_it, lateness=lateness):
                followed = self.sat(expected, key)
                for t in self.sat(of, key):
                    judged = t + length + lateness <= self.as_of
                    if judged and not any(t - before_it <= u <= t + length for u in followed):
                        yield t + length
            case Held(of=of, length=length):
                points, good = self.points(of, key), self.sat(of, key)
                for t in good:
                    starts = [p for p in good if t - 2 * length <= p <= t - length]
                    if any(all(q in good for q in points if p <= q <= t) for p in starts):
                        yield t
            case Runs(of=of, k=k, n=n, length=length):
                points, good = self.points(of, key), self.sat(of, key)
                for t in good:
                    last = sorted(p for p in points if t - length <= p <= t)[-n:]
                    if len(last) == n and len([p for p in last if p in good]) >= k:
                        yield t
            case Holds(k=k, n=n, every=every):
                true = set(self.true_at_multiples(node, key))
                yield from (g for g in true if len([i for i in range(n) if g - i * every in true]) >= k)
            case Via(of=of, value=fact):
                about: dict[str, str | None] = {
                    n: v for n, v in zip(of.key_names, key, strict=False) if n in fact_names(fact, of.key_names)
                }
                for t in self.sat(of, key[:-1]):
                    told = self.told_times(fact, about, t)
                    if told and max(told, key=lambda item: item[:2])[2] == key[-1]:
                        yield t
            case Silence():
                yield from self.silent(node, key)
            case _:
                raise AssertionError(f"no timed premise: {node!r}")

    def fits(self, node: Timed[Any], rows: list[Row], t: int) -> bool:
        """Whether a premise over one selection's signals is satisfied at the time of one of them."""
        match node:
            case Counted(n=n, length=length):
                return sum(r.weight for r in rows if t - length <= r.at <= t) >= n
            case Distinct(of=of, column=column, n=n, length=length):
                valued = [(r.at, v) for r in rows if (v := self.read(of, column, r.signal)) is not None]
                return any(at == t for at, _ in valued) and len({v for at, v in valued if t - length <= at <= t}) >= n
            case Share(length=length, floor=floor, at_least=least, bound=bound):
                sides = [(r, self.side(node, r)) for r in rows if t - length <= r.at <= t]
                hits = sum(r.weight for r, truth in sides if truth is Truth.MATCH)
                size = sum(r.weight for r, truth in sides if truth in (Truth.MATCH, Truth.NO_MATCH))
                there = any(r.at == t and truth is Truth.MATCH for r, truth in sides)
                return there and size >= floor and reached(hits, size, least, bound)
            case Fits():
                truths = [self.side(node, r) for r in rows if r.at == t]
                return Truth.MATCH in truths and Truth.NO_MATCH not in truths
        return True

    def side(self, node: Share[Any] | Fits[Any], row: Row) -> Truth:
        return self.truth_of_all(node.of, node.predicates, row.signal)

    # --- points -------------------------------------------------------------------------------------------------

    def points(self, node: Timed[Any], key: Key) -> set[int]:
        """Return the times at which a premise is looked at, whether satisfied or not."""
        match node:
            case Selection():
                found = {r.at for r in self.rows(node, key)}
            case Counted(of=of):
                found = {r.at for r in self.rows(of, key)}
            case Distinct(of=of, column=column):
                found = {r.at for r in self.rows(of, key) if self.read(of, column, r.signal) is not None}
            case Share(of=of) | Fits(of=of):
                known = (Truth.MATCH, Truth.NO_MATCH)
                found = {r.at for r in self.rows(of, key) if self.side(node, r) in known}
            case Compared() | Differs() | Rising():
                found = {t for m in node.inputs for t in self.measured(m, key)}
            case Held(of=of) | Runs(of=of):
                found = self.points(of, key)
            case After(of=of):
                found = set(self.sat(of, key))
            case Via(of=of):
                found = set(self.sat(of, key[:-1]))
            case _:
                found = set(self.sat(node, key))
        return {t for t in found if t <= self.as_of}

    def measured(self, measure: Any, key: Key) -> Iterator[int]:
        match measure:
            case Aggregate():
                yield from (r.at for s in measure.inputs for r in self.rows(s, key))  # type: ignore[arg-type]
            case Holding(of=of):
                for k in self.keys(of):
                    if part(k, of.key_names, measure.key_names) == key:
                        yield from self.sat(of, k)
            case Baseline():
                return
            case _:
                for m in measure.inputs:
                    yield from self.measured(m, key)

    # --- multiples ----------------------------------------------------------------------------------------------

    def true_at_multiples(self, node: Holds[Any], key: Key) -> Iterator[int]:
        match node.of:
            case Compared() | Differs() as of:
                place = Place(node.key_names, key, 0)
                for g in self.multiples(node, key, node.every):
                    if isinstance(of, Compared):
                        true = self.compares(of, place.at(g))
                    else:
                        true = self.differs(of.left, of.right, of.z, place.at(g))
                    if true:
                        yield g
            case of:
                yield from (g for t in self.sat(of, key) if (g := -(-t // node.every) * node.every) <= self.as_of)

    def multiples(self, node: Timed[Any], key: Key, every: int) -> list[int]:
        """Return the multiples at which a key is alive."""
        baselines = [b for b in everything(node) if isinstance(b, Baseline)]
        reach = node.longest + max((m.hours for b in baselines for m in b.methods), default=0) * HOUR
        spans = [(r.at, r.at + reach) for r in self.signals_under(node, key)]
        told = [
            (at, self.as_of)
            for m in everything(node)
            if isinstance(m, Told | Via)
            for f in m.facts
            if set(fact_names(f, node.key_names)) == set(node.key_names)
            for at, _, _ in self.told_times(f, dict(zip(node.key_names, key, strict=True)), self.as_of)
        ]
        found: set[int] = set()
        for since, until in (*spans, *told):
            found.update(range(-(-since // every) * every, min(until, self.as_of) + 1, every))
        return sorted(found)

    def signals_under(self, node: Timed[Any], key: Key) -> Iterator[Row]:
        """Yield the signals of every selection that a premise is made of, as far as they are about a key."""
        mine = dict(zip(node.key_names, key, strict=True))
        for s in everything(node):
            if isinstance(s, Selection):
                for r in self.selected(s):
                    if all(mine.get(n, v) == v for n, v in zip(s.key_names, r.key, strict=True)):
                        yield r

    # --- silence ------------------------------------------------------------------------------------------------

    def silent(self, node: Silence[Any], key: Key) -> Iterator[int]:
        starts = {r.at for r in self.rows(node.expected, key)}
        ends = set() if node.ended is None else {r.at for r in self.rows(node.ended, key)}
        heard = self.sat(node.of, key)

        def expected(x: int) -> bool:
            return max((t for t in starts if t <= x), default=-1) > max((t for t in ends if t <= x), default=-1)

        for r in starts:
            if not expected(r) or expected(r - 1):
                continue
            over = min((e for e in ends if e > r), default=self.as_of + 1)
            for s in {r, *(u for u in heard if r <= u < over)}:
                until = min([over, *(u for u in heard if u > s)])
                tau = s + node.length
                while tau < until and tau + node.lateness <= self.as_of:
                    yield tau
                    tau += node.length

    # --- beside the times ---------------------------------------------------------------------------------------

    def fits_what_is_told(self, node: Given[Any], key: Key) -> bool:
        """Whether the newest values that are told for the key make all predicates a match."""
        about: dict[str, str | None] = dict(zip(node.key_names, key, strict=True))
        told = SimpleNamespace(
            **{n: self.told(fact(node.owner.__column__(n)), about, self.as_of) for n in node.owner.__columns__}
        )
        of: Selection[Any, Any] = Selection(node.owner, (), node.per)
        return self.truth_of_all(of, node.predicates, told) is Truth.MATCH  # type: ignore[arg-type]

    def declared(self, node: During[Any], key: Key) -> bool:
        """Whether now is inside an interval that a signal declares for the key."""
        for row in self.rows(node.of, key):
            starts, ends = (getattr(row.signal, c.name) for c in (node.starts, node.ends))
            if starts is None or ends is None:
                continue
            if to_microseconds(starts) - node.lead <= self.as_of <= to_microseconds(ends) + node.slack:
                return True
        return False

    def lowered(self, node: Any, key: Key, t: int) -> bool:
        """Whether what was satisfied at a time rests on a fallback of a baseline."""
        match node:
            case Compared() | Differs() | Drop() | Rising():
                place = Place(node.key_names, key, t)
                return any(self.fallen_back(m, place) for m in node.inputs if isinstance(m, Measure))
            case After(of=of) | Held(of=of) | Runs(of=of) | Holds(of=of):
                return self.lowered(of, key, t)
            case Via(of=of):
                return self.lowered(of, key[:-1], t)
            case Together(parts=parts, length=length):
                within = [(p, [u for u in self.sat(p, key) if t - length <= u <= t]) for p in parts]
                return any(self.lowered(p, key, max(times)) for p, times in within if times)
            case Without(of=of, length=length):
                return self.lowered(of, key, t - length)
        return False
