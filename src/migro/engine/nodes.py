"""
Nodes: compiled timed premises, each with the times at which it is satisfied for every key.

Whether a node is satisfied at `t` follows from what happened up to `t`. So whatever changes at a time `u` can change
a node's times from `u` on and none before: `refresh` takes the times from `u` on anew and leaves the others alone.
A signal that is newer than all others costs one evaluation, a late one as many as there are points after it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

from ..rules import Baseline, Compared, Counted, Differs, Distinct, Drop, Premise, Selection, Share, Silence, everything
from .significance import bounded, improbable, share_reached, shares_differ
from .state import EngineState, Key
from .streams import Cursor, Groups, Stream, Sums
from .values import RatioValue, Value

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Node"]

_EMPTY = Stream()
_OPERATORS: dict[str, Any] = {"lt": lt, "le": le, "gt": gt, "ge": ge, "eq": eq, "ne": ne}
_SWAPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


class Node:
    """
    A compiled timed premise.

    Attributes:
        longest: The longest span that the premise names, in microseconds.
        falls_back: Whether a baseline in it has a fallback: which method answers can change while the times do not.
        sources: Streams whose signals' times are its points.
        reads: Streams whose changes can change it.
        children: Nodes whose changes can change it, for the same key unless it is a `ViaNode`.
        uses: Series that its baselines read.
        parents: Nodes to refresh when this one has changed.
        fills: Sources of `holding` that its times are entered into.
        rules: Rules to evaluate when it has changed.
        keep: How long its times are kept, in microseconds.
        remembered: Whether the newest forgotten time is still needed.
    """

    follows_points = False
    """Whether it has to be refreshed when a child was looked at again, even if the child's times are the same."""

    def __init__(self, network: Network, number: int, premise: Premise[Any]) -> None:
        self.network = network
        self.number = number
        self.premise = premise
        self.longest = premise.longest
        self.falls_back = any(isinstance(p, Baseline) and len(p.methods) > 1 for p in everything(premise))
        self.sources: tuple[int, ...] = ()
        self.reads: tuple[int, ...] = ()
        self.children: tuple[int, ...] = ()
        self.uses: tuple[int, ...] = ()
        self.parents: list[int] = []
        self.fills: list[int] = []
        self.rules: set[str] = set()
        self.keep = 0
        self.remembered = False

    def times(self, state: EngineState, key: Key) -> list[int]:
        """Return when it is satisfied, oldest first."""
        return state.times.get((self.number, key), [])

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        """Return the times from `since` on at which it is looked at, ascending."""
        found: set[int] = set()
        for source in self.sources:
            stream = state.streams.get((source, key))
            if stream is not None:
                found.update(stream.ats[bisect_left(stream.ats, since) :])
        return sorted(found)

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        """Return the times from `since` on at which it might have been satisfied: what runs are counted over."""
        return self.points(state, key, since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        """Return whether it is satisfied at a point."""
        raise NotImplementedError(type(self).__name__)

    def satisfied_from(self, state: EngineState, key: Key, since: int) -> list[int]:
        """Return the points from `since` on at which it is satisfied."""
        return [t for t in self.points(state, key, since) if self.satisfied(state, key, t)]

    def refresh(self, state: EngineState, key: Key, since: int) -> int | None:
        """Take the times from `since` on anew; returns the earliest that has changed, or None."""
        since = max(since, state.now - self.keep)
        held = state.times.get((self.number, key), [])
        place = bisect_left(held, since)
        after = self.satisfied_from(state, key, since)
        before = held[place:]
        if after == before:
            return None
        if not held:
            held = state.times[self.number, key] = []
        held[place:] = after
        self.forget(state, key)
        return min(set(before) ^ set(after))

    def due(self, state: EngineState, key: Key) -> int | None:
        """Return when time alone may next change it, after now, or None."""
        return None

    def since(self, due: int) -> int:
        """Return from when on to refresh it once `due` has come."""
        return due

    def forget(self, state: EngineState, key: Key) -> None:
        """Drop times that nobody can ask for."""
        held = state.times.get((self.number, key))
        if held is None:
            return
        cut = bisect_left(held, state.now - self.keep)
        if cut and self.remembered:
            state.last[self.number, key] = held[cut - 1]
        del held[:cut]
        if not held:
            del state.times[self.number, key]

    def forgotten(self, state: EngineState, key: Key) -> int | None:
        """Return the newest time that was forgotten, where somebody needs it, or None."""
        return state.last.get((self.number, key))

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        """Return whether it rests on a fallback baseline at `t`."""
        return False

    def cursor(self, state: EngineState, source: int, key: Key, t: int, length: int, make: Any) -> Any:
        """Return the tally of a stream over ``[t - length, t]``."""
        found = state.cursors.get((-1 - self.number, key))
        if found is None:
            found = state.cursors[-1 - self.number, key] = Cursor(length, make)
        return found.at(state.streams.get((source, key), _EMPTY), t)


class SelectionNode(Node):
    """A selection: its times are those of its stream."""

    premise: Selection[Any, Any]

    def times(self, state: EngineState, key: Key) -> list[int]:
        stream = state.streams.get((self.sources[0], key))
        return stream.ats if stream is not None else []

    def refresh(self, state: EngineState, key: Key, since: int) -> int | None:
        return since

    def forget(self, state: EngineState, key: Key) -> None:
        """Nothing of its own."""

    def forgotten(self, state: EngineState, key: Key) -> int | None:
        stream = state.streams.get((self.sources[0], key))
        return stream.pruned if stream is not None else None


class CountedNode(Node):
    premise: Counted[Any]

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        tally: Sums = self.cursor(state, self.sources[0], key, t, self.premise.length, Sums)
        return tally.size >= self.premise.n


class DistinctNode(Node):
    premise: Distinct[Any]
    place = 0

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return sorted({e.at for e in stream.entries[place:] if e.values[self.place] is not None})

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        tally = self.cursor(state, self.sources[0], key, t, self.premise.length, lambda: Groups(self.place))
        return len(tally.by_value) >= self.premise.n


class ShareNode(Node):
    premise: Share[Any]
    hit = 0

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return sorted({e.at for e in stream.entries[place:] if e.hits[self.hit]})

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return sorted({e.at for e in stream.entries[place:] if e.hits[self.hit] is not None})

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        p = self.premise
        tally: Sums = self.cursor(state, self.sources[0], key, t, p.length, lambda: Sums(None, self.hit))
        return tally.known >= p.floor and share_reached(tally.hits, tally.known, p.at_least, wilson=p.bound == "wilson")


class FitsNode(Node):
    hit = 0

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return sorted({e.at for e in stream.entries[place:] if e.hits[self.hit] is not None})

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        answers = {e.hits[self.hit] for e in stream.between(t, t)}
        return True in answers and False not in answers


class ComparedNode(Node):
    premise: Compared[Any]
    left: Value
    right: Value
    reach = 0

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        left, right = self.left.at(state, key, t), self.right.at(state, key, t)
        if left is None or right is None:
            return False
        operator = self.premise.operator
        for side, limit, compare in ((self.left, right, operator), (self.right, left, _SWAPPED.get(operator, ""))):
            if operator in _SWAPPED and isinstance(side, RatioValue) and side.wilson and 0 < limit < 1:
                sides = side.sides(state, key, t)
                if sides is not None and sides[1] < 100:
                    return bounded(compare, *sides, limit, wilson=True)
        return self._plain(left, right)

    def _plain(self, left: int | Fraction, right: int | Fraction) -> bool:
        return bool(_OPERATORS[self.premise.operator](left, right))

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.left.lowered(state, key, t) or self.right.lowered(state, key, t)


class DiffersNode(ComparedNode):
    premise: Differs[Any]  # type: ignore[assignment]  # a comparison of another kind

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        if isinstance(self.left, RatioValue) and isinstance(self.right, RatioValue):
            one, other = self.left.sides(state, key, t), self.right.sides(state, key, t)
            return one is not None and other is not None and shares_differ(*one, *other, self.premise.z)
        left, right = self.left.at(state, key, t), self.right.at(state, key, t)
        if left is None or right is None or left == right:
            return False
        return (left - right) ** 2 >= self.premise.z**2 * (left + right)


class RisingNode(Node):
    left: Value
    length = 0
    samples = 2

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        last = [p for p in self.points(state, key, t - self.length) if p <= t][-self.samples :]
        values = [self.left.at(state, key, p) for p in last]
        known = [v for v in values if v is not None]
        return len(known) == self.samples and all(a < b for a, b in pairwise(known))

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.left.lowered(state, key, t)


class AfterNode(Node):
    length = 0

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.children[0], key, since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        earlier = self.network.nodes[self.children[1]].times(state, key)
        place = bisect_left(earlier, t)
        return place > 0 and earlier[place - 1] >= t - self.length

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t)


class TogetherNode(Node):
    length = 0

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        found: set[int] = set()
        for child in self.children:
            found.update(self.network.times_from(state, child, key, since))
        return sorted(found)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        return all(self._recently(self.network.nodes[c].times(state, key), t) for c in self.children)

    def _recently(self, times: list[int], t: int) -> bool:
        place = bisect_right(times, t)
        return place > 0 and times[place - 1] >= t - self.length

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.number, key, since)

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        for child in (self.network.nodes[c] for c in self.children):
            times = child.times(state, key)
            place = bisect_right(times, t)
            if place and child.lowered(state, key, times[place - 1]):
                return True
        return False


class WithoutNode(Node):
    length = 0
    before = 0
    lateness = 0

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.number, key, since)

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        latest = state.now - self.lateness
        of = self.network.times_from(state, self.children[0], key, since - self.length)
        return [t + self.length for t in of if t + self.length <= latest]

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        return not self._followed(state, key, t - self.length)

    def _followed(self, state: EngineState, key: Key, t: int) -> bool:
        expected = self.network.nodes[self.children[1]].times(state, key)
        place = bisect_left(expected, t - self.before)
        return place < len(expected) and expected[place] <= t + self.length

    def due(self, state: EngineState, key: Key) -> int | None:
        wait = self.length + self.lateness
        of = self.network.nodes[self.children[0]].times(state, key)
        for t in of[bisect_right(of, state.now - wait) :]:
            if not self._followed(state, key, t):
                return t + wait
        return None

    def since(self, due: int) -> int:
        return due - self.lateness

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t - self.length)


class HeldNode(Node):
    follows_points = True
    length = 0

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.children[0], key, since)

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.nodes[self.children[0]].universe(state, key, since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        child = self.network.nodes[self.children[0]]
        times = child.times(state, key)
        # Looked at without the points that lie further back than any run has to reach.
        points = [p for p in child.universe(state, key, t - 2 * self.length) if p <= t]
        for point in reversed(points):
            place = bisect_left(times, point)
            if place == len(times) or times[place] != point:
                return False
            if point <= t - self.length:
                return True
        return False

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t)


class RunsNode(Node):
    follows_points = True
    length = 0
    k = 1
    n = 1

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.children[0], key, since)

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.nodes[self.children[0]].universe(state, key, since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        child = self.network.nodes[self.children[0]]
        times = child.times(state, key)
        points = [p for p in child.universe(state, key, t - self.length) if p <= t]
        last = points[-self.n :]
        if len(last) < self.n:
            return False
        hits = sum(1 for p in last if (place := bisect_left(times, p)) < len(times) and times[place] == p)
        return hits >= self.k

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t)


class _Grid(Node):
    """A node that is looked at at the multiples of a span."""

    every = 1

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.number, key, since)

    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        first = -(-since // self.every) * self.every
        return range(first, state.now + 1, self.every)

    def due(self, state: EngineState, key: Key) -> int | None:
        following = (state.now // self.every + 1) * self.every
        return following if self.network.alive(state, self.number, key, following) else None


class HoldsNode(_Grid):
    follows_points = True
    k = 1
    n = 1

    def _true(self, state: EngineState, key: Key, g: int) -> bool:
        child = self.network.nodes[self.children[0]]
        if isinstance(child, ComparedNode):
            return self.network.alive(state, self.number, key, g) and child.satisfied(state, key, g)
        times = child.times(state, key)
        place = bisect_right(times, g)
        return place > 0 and times[place - 1] > g - self.every

    def satisfied_from(self, state: EngineState, key: Key, since: int) -> list[int]:
        # Each multiple is asked once, oldest first, so that windows only ever move forward.
        first = -(-since // self.every) * self.every - (self.n - 1) * self.every
        truths: list[bool] = []
        found = []
        for g in range(first, state.now + 1, self.every):
            truths.append(self._true(state, key, g))
            if truths[-1] and g >= since and sum(truths[-self.n :]) >= self.k:
                found.append(g)
        return found

    def due(self, state: EngineState, key: Key) -> int | None:
        child = self.network.nodes[self.children[0]]
        if isinstance(child, ComparedNode):
            following = (state.now // self.every + 1) * self.every
            return following if self.network.alive(state, self.number, key, following) else None
        times = child.times(state, key)
        if not times:
            return None
        covered = -(-times[-1] // self.every) * self.every
        return covered if covered > state.now else None

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t)


class DropNode(_Grid):
    premise: Drop[Any]
    left: Value
    right: Value

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        if not self.network.alive(state, self.number, key, t):
            return False
        found, expected = self.left.at(state, key, t), self.right.at(state, key, t)
        if found is None or expected is None or expected < self.premise.floor:
            return False
        return improbable(found // 1, Fraction(expected), self.premise.p)

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.left.lowered(state, key, t) or self.right.lowered(state, key, t)


class ViaNode(Node):
    def points(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.children[0], key[:-1], since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        names = self.premise.key_names[:-1]
        value = self.network.fact_at(state, self.premise.facts[0], names, key[:-1], t)
        return bool(value == key[-1])

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key[:-1], t)


class SilenceNode(Node):
    """
    A key that is expected and says nothing.

    The last time of the premise may lie further back than anything else is kept; its stream remembers it.
    """

    premise: Silence[Any]

    def periods(self, state: EngineState, key: Key) -> list[tuple[int, int | None]]:
        """Return since when the key was expected, and until when, that end excluded."""
        starts = set(self.network.nodes[self.children[1]].times(state, key))
        ends = set(self.network.nodes[self.children[2]].times(state, key)) if len(self.children) > 2 else set()
        found: list[tuple[int, int | None]] = []
        begun: int | None = None
        for t in sorted(starts | ends):
            if t in ends and begun is not None:
                found.append((begun, t))
                begun = None
            elif t not in ends and begun is None:
                begun = t
        return [*found, (begun, None)] if begun is not None else found

    def _starts(self, state: EngineState, key: Key, begun: int, until: int | None) -> list[int]:
        child = self.network.nodes[self.children[0]]
        times = [*child.times(state, key), *((last,) if (last := child.forgotten(state, key)) is not None else ())]
        inside = {t for t in times if t >= begun and (until is None or t < until)}
        return sorted({begun, *inside})

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.number, key, since)

    def satisfied_from(self, state: EngineState, key: Key, since: int) -> list[int]:
        length, latest = self.premise.length, state.now - self.premise.lateness
        found: set[int] = set()
        for begun, until in self.periods(state, key):
            starts = self._starts(state, key, begun, until)
            for start, following in zip(starts, [*starts[1:], None], strict=True):
                end = min(x for x in (latest, following and following - 1, until and until - 1) if x is not None)
                first = start + max(1, -(-(since - start) // length)) * length
                found.update(range(first, end + 1, length))
        return sorted(found)

    def due(self, state: EngineState, key: Key) -> int | None:
        length, lateness = self.premise.length, self.premise.lateness
        waiting: list[int] = []
        for begun, until in self.periods(state, key):
            starts = self._starts(state, key, begun, until)
            for start, following in zip(starts, [*starts[1:], None], strict=True):
                # The first that is not judged yet, unless something came before it.
                at = start + max(1, (state.now - lateness - start) // length + 1) * length
                if all(end is None or at < end for end in (following, until)):
                    waiting.append(at + lateness)
        return min(waiting, default=None)

    def since(self, due: int) -> int:
        return due - self.premise.lateness
