"""Spreading: from what a signal or time has changed to all that rests on it."""

from __future__ import annotations

from bisect import insort
from heapq import heappush
from typing import Any

from .joins import ViaNode
from .network import Network
from .sources import HOUR, Source, fact_key_names
from .state import EngineState, Key, Series
from .streams import Entry, Stream
from .wanting import is_wanted

__all__ = [
    "begin_hours",
    "keys_of",
    "plan",
    "prune",
    "refresh",
    "take_hour",
    "touch",
    "touch_entered",
    "touch_source",
    "wait",
]


def touch(state: EngineState, place: int, key: Key, since: int) -> None:
    held = state.touched.get((place, key))
    if held is None or since < held:
        state.touched[place, key] = since


def touch_entered(state: EngineState, source: Source, key: Key, entry: Entry, stream: Stream) -> None:
    """Touch what a signal concerns that has entered a stream."""
    at, touched, streams = entry.at, state.touched, state.streams
    fits, number = stream.fits, source.number
    for place, hit, needs in source.asks:
        # A share is looked at only where something fits it, and what does not fit now changes no earlier time.
        if hit >= 0 and not entry.hits[hit] and (fits is None or fits.get(hit, at - 1) < at):
            continue
        name = (place, key)
        for needed, length, least in needs:
            # Of too few there is never enough, whatever they are compared with.
            other = stream if needed == number else streams.get((needed, key))
            lacks = other is None or other.weight < least or not other.ats or other.ats[-1] < at - length
            if lacks and name not in state.times:
                break
        else:
            held = touched.get(name)
            if held is None or at < held:
                touched[name] = at
    for place, every, places in source.grids:
        name = (place, tuple([key[p] for p in places]))
        due = (state.now // every + 1) * every
        # Where it waits for its next time already, and that was not reached since the signal, there is nothing to do.
        if state.waiting.get(name) != due or at <= due - every or name in state.times:
            touch(state, *name, at)
    if source.others:
        for place, places in source.others:
            touch(state, place, tuple([key[p] for p in places]), at)
    if source.intervals:
        state.dirty.update((rule, key) for rule in source.users)


def touch_source(state: EngineState, source: Source, key: Key, since: int) -> None:
    """Touch what rests on a stream that has changed."""
    for place in source.readers:
        touch(state, place, key, since)
    for place, places in source.watchers:
        touch(state, place, tuple(key[p] for p in places), since)
    if source.intervals:
        state.dirty.update((rule, key) for rule in source.users)


def wait(state: EngineState, place: int, key: Key, at: int | None) -> None:
    if at is None:
        state.waiting.pop((place, key), None)
    elif state.waiting.get((place, key)) != at:
        state.waiting[place, key] = at
        heappush(state.alarms, (at, place, key))


def refresh(network: Network, state: EngineState) -> None:
    """Bring every touched node up to date, in order of what they are made of."""
    while state.touched:
        # Once more where something has woken what it is not made of, and that has a smaller number.
        _refresh(network, state, sorted(state.touched))


def _refresh(network: Network, state: EngineState, agenda: list[tuple[int, Key]]) -> None:
    nodes, touched, lazy = network.nodes, state.touched, state.issues is not None
    # It grows while it is gone through, and only behind where it is: what a node is made of has smaller numbers.
    for item in agenda:
        place, key = item
        since = touched.pop(item)
        node = nodes[place]
        if node.wants and lazy:
            if not is_wanted(network, state, node, key):
                state.current.discard(item)
                if state.times.pop(item, None) is not None:
                    state.dirty.update((rule, key) for rule in node.rules)
                continue
            if item not in state.current:
                state.current.add(item)
                since = 0  # something may have been left out
        changed = node.refresh(state, key, since)
        if node.waits:
            wait(state, place, key, node.due(state, key))
        # Which method of a baseline answers is of no concern to rules while there is no time at which it does.
        concerns = changed is not None or item in state.times
        if changed is None and node.falls_back:
            changed = since
        if changed is not None:
            if concerns:
                for rule in node.rules:
                    state.dirty.add((rule, key))
            for fill in node.fills:
                _fill(network, state, fill, place, key, changed, agenda)
            for other in node.wakes if lazy else ():
                if (other, key) not in state.current:
                    _wake(state, agenda, item, other)
        for parent in node.parents:
            start = since if nodes[parent].follows_points else changed
            if start is None:
                continue
            for parent_key in keys_of(network, state, parent, key):
                if not nodes[parent].is_idle(state, parent_key):
                    plan(state, agenda, parent, parent_key, start)


def _wake(state: EngineState, agenda: list[tuple[int, Key]], by: tuple[int, Key], place: int) -> None:
    """Have a node looked at that may be wanted from now on: in the next round where this one is past it."""
    if place > by[0]:
        plan(state, agenda, place, by[1], 0)
    else:
        touch(state, place, by[1], 0)


def plan(state: EngineState, agenda: list[tuple[int, Key]], place: int, key: Key, since: int) -> None:
    if (place, key) not in state.touched:
        insort(agenda, (place, key))
    touch(state, place, key, since)


def keys_of(network: Network, state: EngineState, parent: int, key: Key) -> list[Key]:
    """Return the keys of a parent that a child's key belongs to."""
    node = network.nodes[parent]
    if not isinstance(node, ViaNode):
        return [key]
    operand = node.premise.facts[0]
    names = node.key_names[:-1]
    told = fact_key_names(names, operand.column.owner)
    values = tuple(v for n, v in zip(names, key, strict=True) if n in told)
    held = state.facts.get((operand.column.owner.__signal_kind__, told, values), [])
    found: set[Any] = {getattr(s, operand.column.name, None) for _, _, s in held} - {None}
    found |= {k[-1] for place, k in state.times if place == parent and k[:-1] == key}
    return [(*key, value) for value in sorted(found)]


def _fill(
    network: Network, state: EngineState, fill: int, place: int, key: Key, since: int, agenda: list[tuple[int, Key]]
) -> None:
    """Enter the times of a node for a finer key into the stream that `holding` measures."""
    source = network.sources[fill]
    coarse = tuple(key[p] for p in source.project)
    stream = state.streams.get((fill, coarse))
    if stream is None:
        stream = state.streams[fill, coarse] = Stream()
    name = "\x1f".join(key)
    for entry in [e for e in stream.between(since, state.now) if e.values[0] == key]:
        stream.remove(entry.id)
    for t in network.times_from(state, place, key, since):
        stream.add(Entry(t, f"{t}\x1f{name}", "", "", "not_applicable", values=(key,)))
    prune(state, source, stream)
    for reader in source.readers:
        plan(state, agenda, reader, coarse, since)


def take_hour(network: Network, state: EngineState, place: int, key: Key) -> None:
    """Take the next hour of a series: what comes later does not change what was usual."""
    series, compiled = state.series[place, key], network.series[place]
    start = series.next
    series.values[start] = compiled.value.hour(state, key, start)
    series.medians.clear()
    streams = [s for p in compiled.sources if (s := state.streams.get((p, key))) is not None]
    times = [t for s in streams if (t := s.newest(state.now)) is not None]
    if max(times, default=0) < start + HOUR - compiled.hours * HOUR:
        series.ended = start + 2 * HOUR
        for stream in streams:
            stream.begun = False
    else:
        series.next = start + HOUR
        wait(state, -1 - place, key, start + 3 * HOUR)
    for reader in compiled.readers:
        touch(state, reader, key, start + 2 * HOUR)


def prune(state: EngineState, source: Source, stream: Stream) -> None:
    if stream.ats and stream.ats[0] < state.now - source.retention:
        stream.forget_before(state.now - source.retention)
    if source.intervals:
        over = [
            e.id
            for e in stream.entries
            if all((span := i.of(e)) is None or span[1] < state.now for i in source.intervals)
        ]
        for id in over:
            stream.remove(id)


def begin_hours(state: EngineState, source: Source, key: Key) -> None:
    """Begin to take hours of what measures a source, with the hour after the first signal of a key."""
    for place in source.series:
        held = state.series.get((place, key))
        if held is not None and held.ended is None:
            continue
        begun = state.now - state.now % HOUR + HOUR
        past = [] if held is None else [*held.past, (held.ended or 0, held.values)]
        state.series[place, key] = Series(begun, past=past)
        wait(state, -1 - place, key, begun + 2 * HOUR)
