"""Joins: nodes that are made of other nodes, or looked at by the clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from ..rules import Drop, Silence
from .nodes import ComparedNode, Node
from .significance import improbable
from .state import EngineState, Key
from .values import Value

__all__ = [
    "AfterNode",
    "DropNode",
    "Grid",
    "HeldNode",
    "HoldsNode",
    "RunsNode",
    "SilenceNode",
    "TogetherNode",
    "ViaNode",
    "WithoutNode",
]


class _OfAll(Node):
    """A node that is satisfied only where each of its children was."""

    def is_idle(self, state: EngineState, key: Key) -> bool:
        if not self.rests or (self.number, key) in state.times:
            return False
        nodes = self.network.nodes
        return any(not nodes[child].times(state, key) for child in self.children)


class AfterNode(_OfAll):
    length = 0

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        return self.network.times_from(state, self.children[0], key, since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        earlier = self.network.nodes[self.children[1]].times(state, key)
        place = bisect_left(earlier, t)
        return place > 0 and earlier[place - 1] >= t - self.length

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t)


class TogetherNode(_OfAll):
    length = 0

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
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

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
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


class _Series(Node):
    """A node that looks at its child's points one after the other: at those that are satisfied, among all of them."""

    follows_points = True

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        return self.network.times_from(state, self.children[0], key, since)

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.nodes[self.children[0]].universe(state, key, since)

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.network.nodes[self.children[0]].lowered(state, key, t)


class HeldNode(_Series):
    length = 0

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


class RunsNode(_Series):
    length = 0
    k = 1
    n = 1

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        child = self.network.nodes[self.children[0]]
        times = child.times(state, key)
        last = child.last_of_universe(state, key, t - self.length, t, self.n)
        if len(last) < self.n:
            return False
        hits = sum(1 for p in last if (place := bisect_left(times, p)) < len(times) and times[place] == p)
        return hits >= self.k


class Grid(Node):
    """A node that is looked at at the multiples of a span."""

    every = 1

    @property
    def by_clock(self) -> bool:
        """Whether a signal does no more to it than keep it alive, until the next multiple."""
        children = (self.network.nodes[number] for number in self.children)
        return not (self.parents or self.fills) and all(isinstance(child, ComparedNode) for child in children)

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        return self.network.times_from(state, self.number, key, since)

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        first = -(-since // self.every) * self.every
        return range(first, state.now + 1, self.every)

    def due(self, state: EngineState, key: Key) -> int | None:
        following = (state.now // self.every + 1) * self.every
        return following if self.network.alive(state, self.number, key, following) else None


class HoldsNode(Grid):
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


class DropNode(Grid):
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
    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        return self.network.times_from(state, self.children[0], key[:-1], since)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        names = self.key_names[:-1]
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
