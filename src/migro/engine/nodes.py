"""
Nodes: compiled timed premises, each with the times at which it is satisfied for every key.

Whether a node is satisfied at `t` follows from what happened up to `t`. So whatever changes at a time `u` can change
a node's times from `u` on and none before: `refresh` takes the times from `u` on anew and leaves the others alone.
A signal that is newer than all others costs one evaluation, a late one as many as there are points after it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..rules import Baseline, Compared, Counted, Differs, Distinct, Premise, Selection, Share, everything
from .comparing import Comparison, comparison, least_of
from .significance import share_reached, shares_differ
from .state import EngineState, Key
from .streams import Groups, Sizes, Stream, Sums
from .values import Need, RatioValue, Value, WindowedValue, needs_known, needs_reached

if TYPE_CHECKING:
    from .network import Network
    from .sources import Source
    from .wanting import Want

__all__ = [
    "ComparedNode",
    "CountedNode",
    "DiffersNode",
    "DistinctNode",
    "FitsNode",
    "Node",
    "RisingNode",
    "SelectionNode",
    "ShareNode",
    "note_idle",
]

_EMPTY = Stream()


class Node:
    """
    A compiled timed premise.

    Attributes:
        key_names: Names of the columns of its keys.
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
        waits: Whether time alone can change it.
        rests: Whether nobody notices that it was not looked at where it is not satisfied at any time.
        needs: What streams have to hold for it to be satisfied at any time.
        wants: For what it is kept up, where it is not always; see `wanting`.
        wakes: Nodes that may be wanted once this one is satisfied.
    """

    follows_points = False
    """Whether it has to be refreshed when a child was looked at again, even if the child's times are the same."""

    def __init__(self, network: Network, number: int, premise: Premise[Any]) -> None:
        self.network = network
        self.number = number
        self.premise = premise
        self.key_names = premise.key_names
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
        self.waits = type(self).due is not Node.due
        self.rests = False
        self.needs: tuple[Need, ...] = ()
        self.wants: tuple[Want, ...] = ()
        self.wakes: list[int] = []

    def prepare(self) -> None:
        """Take in what was compiled into it; called once, when all of that is there."""

    def times(self, state: EngineState, key: Key) -> list[int]:
        """Return when it is satisfied, oldest first."""
        return state.times.get((self.number, key), [])

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        """Return the times from `since` on at which it is looked at, ascending."""
        found: Sequence[int] = ()
        for source in self.sources:
            stream = state.streams.get((source, key))
            if stream is None or not stream.ats or stream.ats[-1] < since:
                continue
            # Mostly it is the newest signal alone that is looked at.
            times = (since,) if stream.ats[-1] == since else stream.ats[bisect_left(stream.ats, since) :]
            found = [*found, *times] if found else times
        return found if len(found) < 2 else _each_once(found)

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        """Return the times from `since` on at which it might have been satisfied: what runs are counted over."""
        return self.points(state, key, since)

    def last_of_universe(self, state: EngineState, key: Key, since: int, until: int, many: int) -> list[int]:
        """Return the last so many times of the universe from `since` to `until`, oldest first."""
        return [t for t in self.universe(state, key, since) if t <= until][-many:]

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        """Return whether it is satisfied at a point."""
        raise NotImplementedError(type(self).__name__)

    def satisfied_from(self, state: EngineState, key: Key, since: int) -> list[int]:
        """Return the points from `since` on at which it is satisfied."""
        return _those(self.points(state, key, since), self.satisfied, state, key)

    def refresh(self, state: EngineState, key: Key, since: int) -> int | None:
        """Take the times from `since` on anew; returns the earliest that has changed, or None."""
        oldest = state.now - self.keep
        if since < oldest:
            since = oldest
        after = self.satisfied_from(state, key, since)
        name = (self.number, key)
        held = state.times.get(name)
        if held is None:
            if not after:
                return None
            held = state.times[name] = []
        if not held or held[-1] < since:
            # Nothing was held from there on, as where the newest signal is looked at for the first time.
            if not after:
                return None
            held += after
            if held[0] < oldest:
                self.forget(state, key)
            return after[0]
        place = bisect_left(held, since)
        before = held[place:]
        if after == before:
            return None
        held[place:] = after
        self.forget(state, key)
        return min(set(before) ^ set(after))

    def is_idle(self, state: EngineState, key: Key) -> bool:
        """Return whether it need not be looked at: what it is made of is not all there, and it has no times."""
        return False

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

    def within(self, state: EngineState, source: int, key: Key, t: int, length: int, make: Any) -> Any:
        """Return the tally of a stream over ``[t - length, t]``."""
        stream = state.streams.get((source, key))
        # Numbers below zero are those of nodes; values have the others.
        return make() if stream is None else stream.within(-1 - self.number, length, make, t)


def _those(points: Sequence[int], found: Comparison, state: EngineState, key: Key) -> list[int]:
    """Return the points at which something is found; mostly there is one."""
    if len(points) == 1:
        return [points[0]] if found(state, key, points[0]) else []
    return [t for t in points if found(state, key, t)]


def _each_once(times: Sequence[int]) -> Sequence[int]:
    """Return times in order without repetitions."""
    return sorted(set(times))


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
    _weighs = True

    def prepare(self) -> None:
        self._weighs = self.network.sources[self.sources[0]].weight is not None
        self.needs = (Need(self.sources[0], self.premise.length, self.premise.n),)

    def tally(self, state: EngineState, key: Key, t: int) -> Sums:
        """Return what the window that ends at `t` holds."""
        found: Sums = self.within(state, self.sources[0], key, t, self.premise.length, Sizes)
        return found

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        if self._weighs:
            return self.tally(state, key, t).size >= self.premise.n
        stream = state.streams.get((self.sources[0], key))
        return stream is not None and stream.many(self.premise.length, t) >= self.premise.n


class DistinctNode(Node):
    premise: Distinct[Any]
    place = 0

    def prepare(self) -> None:
        self.needs = (Need(self.sources[0], self.premise.length, self.premise.n),)

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return _each_once([e.at for e in stream.entries[place:] if e.values[self.place] is not None])

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        tally = self.within(state, self.sources[0], key, t, self.premise.length, lambda: Groups(self.place))
        return len(tally.by_value) >= self.premise.n


class ShareNode(Node):
    premise: Share[Any]
    hit = 0

    def prepare(self) -> None:
        self.needs = (Need(self.sources[0], self.premise.length, self.premise.floor),)

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return _each_once([e.at for e in stream.entries[place:] if e.hits[self.hit]])

    def universe(self, state: EngineState, key: Key, since: int) -> Iterable[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return _each_once([e.at for e in stream.entries[place:] if e.hits[self.hit] is not None])

    def tally(self, state: EngineState, key: Key, t: int) -> Sums:
        """Return what the window that ends at `t` holds."""
        length = self.premise.length
        found: Sums = self.within(state, self.sources[0], key, t, length, lambda: Sums(None, self.hit))
        return found

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        p, tally = self.premise, self.tally(state, key, t)
        return tally.known >= p.floor and share_reached(tally.hits, tally.known, p.at_least, wilson=p.bound == "wilson")


class FitsNode(Node):
    hit = 0

    def points(self, state: EngineState, key: Key, since: int) -> Sequence[int]:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        place = bisect_left(stream.ats, since)
        return _each_once([e.at for e in stream.entries[place:] if e.hits[self.hit] is not None])

    def last_of_universe(self, state: EngineState, key: Key, since: int, until: int, many: int) -> list[int]:
        # From the newest on: whoever counts a run of a few is not to read all of a long window for it.
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        found: list[int] = []
        for entry in reversed(stream.entries[bisect_left(stream.ats, since) : bisect_right(stream.ats, until)]):
            if entry.hits[self.hit] is not None and (not found or found[-1] != entry.at):
                found.append(entry.at)
                if len(found) == many:
                    break
        return found[::-1]

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        stream = state.streams.get((self.sources[0], key), _EMPTY)
        answers = {e.hits[self.hit] for e in stream.between(t, t)}
        return True in answers and False not in answers


class ComparedNode(Node):
    premise: Compared[Any]
    left: Value
    right: Value
    needed: WindowedValue | None = None
    """What has to hold a signal: of nothing, as is mostly seen of what goes wrong, there is never enough."""
    _compares: Comparison

    def prepare(self) -> None:
        operator = self.premise.operator
        self._compares = comparison(self.left, self.right, operator)
        self.needs = (*needs_known(self.left), *needs_known(self.right))
        least = least_of(self.right, operator)
        if least is None or least <= 0:
            return
        counted = self.left
        if isinstance(self.left, RatioValue) and not isinstance(self.right, RatioValue):
            # A share of at least so many: its hits are at least that share of these.
            counted, least = self.left.over, least * self.left.least
        self.needs = (*needs_reached(counted, least), *self.needs)
        if isinstance(counted, WindowedValue) and counted.nothing == 0:
            self.needed = counted

    def satisfied_from(self, state: EngineState, key: Key, since: int) -> list[int]:
        if self.needed is not None and self.needed.is_empty_from(state, key, since):
            return []
        return _those(self.points(state, key, since), self._compares, state, key)

    def satisfied(self, state: EngineState, key: Key, t: int) -> bool:
        return self._compares(state, key, t)

    def lowered(self, state: EngineState, key: Key, t: int) -> bool:
        return self.left.lowered(state, key, t) or self.right.lowered(state, key, t)


class DiffersNode(ComparedNode):
    premise: Differs[Any]  # type: ignore[assignment]  # a comparison of another kind

    def prepare(self) -> None:
        self._compares = self._differs  # it has no operator and no limit
        self.needs = (*needs_known(self.left), *needs_known(self.right))

    def _differs(self, state: EngineState, key: Key, t: int) -> bool:
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


def note_idle(node: Node, sources: Sequence[Source]) -> None:
    """Note with its sources which signals a node need not look at: what goes wrong is mostly absent, or rare."""
    if isinstance(node, ShareNode):
        sources[node.sources[0]].shares.append((node.number, node.hit))
    # Which method of a baseline answers concerns what is made of the node, even while it has no times.
    if node.waits or (node.falls_back and (node.parents or node.fills)):
        return
    node.rests = True
    for source in (sources[place] for place in node.reads):
        # Where a signal has entered a stream, there is one in it.
        needs = tuple(need for need in dict.fromkeys(node.needs) if need.least > 1 or need.source != source.number)
        if needs:
            source.quiet.append((node.number, needs))
