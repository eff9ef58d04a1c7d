"""Taking in: what a signal is to a selection, and judging again when something is learned late."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

import attrs

from ..errors import survivable
from ..expressions import Fact, FirstSeen, Truth
from ..models import Signal
from .joins import ViaNode
from .matching import Context, Matcher
from .network import Network
from .sources import Source, fact_key_names, newest
from .spreading import begin_hours, keys_of, prune, touch, touch_entered, touch_source
from .state import EngineState, Key
from .streams import Entry, Stream, as_entry
from .values import number

__all__ = [
    "Asking",
    "admit",
    "entry_of",
    "fact_changed",
    "history_changed",
    "judge",
    "key_of",
    "learn_fact",
    "note_late",
    "read",
    "remember",
    "see",
]


@attrs.frozen(eq=False)
class Asking(Context):
    """What the predicates of one source may ask."""

    state: EngineState
    source: Source

    def fact(self, operand: Fact[Any], signal: Signal) -> Any:
        owner = operand.column.owner
        names = fact_key_names(self.source.key_names, owner)
        key = tuple(getattr(signal, n) for n in names)
        held = self.state.facts.get((owner.__signal_kind__, names, key), [])
        end = bisect_left(held, signal.effective_at + 1, key=lambda item: item[0])
        return newest(held, operand, end)

    def is_new(self, part: FirstSeen[Any], signal: Signal, value: Any) -> bool:
        key = key_of(self.source, signal)
        history = next(n for n, p, _ in self.source.histories if p is part)
        seen = self.state.seen.get((history, key or (), value), [])
        place = bisect_left(seen, (signal.effective_at, signal.id))
        return place == 0 or seen[place - 1][0] < signal.effective_at - part.horizon


_AS_IT_IS = frozenset({int, str, bool, type(None)})
_HITS = {Truth.MATCH: True, Truth.NO_MATCH: False, Truth.UNKNOWN: None, Truth.ERROR: None}


def key_of(source: Source, signal: Signal) -> Key | None:
    """Return a signal's key for a source, or None where a part is missing."""
    columns = vars(signal)
    values: tuple[Any, ...] = tuple(map(columns.get, source.key_names))
    return None if None in values else values


def entry_of(signal: Signal) -> Entry:
    """Return what a source keeps of a signal of which it reads nothing."""
    kind, source_kind, auth, env = signal.kind, signal.source_kind, signal.auth, signal.env
    return as_entry((signal.effective_at, signal.id, kind, source_kind, auth, env, 1, (), ()))


def judge(state: EngineState, source: Source, signal: Signal, bare: Entry, errors: set[str]) -> Entry | None:
    """
    Return what a source keeps of a signal, or None for one that it does not select.

    Rules are added to `errors` when what they name raises: a predicate of the selection for all that share it, a term
    or a further predicate, which then have no value, only for those that name it.

    Args:
        bare: What `entry_of` the signal is; sources that read nothing share it.
    """
    asking: Any = Asking(state, source) if source.context else None
    assert source.matcher is not None
    truth = source.matcher(signal, asking)
    if truth is Truth.ERROR:
        errors |= source.users
    return read(source, signal, bare, asking, None, errors) if truth is Truth.MATCH else None


def read(
    source: Source,
    signal: Signal,
    bare: Entry,
    asking: Any,
    hits: tuple[bool | None, ...] | None,
    errors: set[str],
) -> Entry | None:
    """
    Return what a source keeps of a signal that it selects, or None for one that counts for nothing.

    Args:
        hits: Whether it fits the further predicates, where that is known already.
    """
    if not source.keeps_more:
        return bare
    held = vars(signal)
    weight = 1
    if source.weight_column:
        weight = held.get(source.weight_column, 0)
    elif source.weight is not None:
        try:
            weight = source.weight(signal, asking)
        except survivable():  # whatever a rule does, it may not touch another rule
            errors |= source.users
            return None
    if weight is None or weight < 1:
        return None
    values: list[Any] = []
    if source.reads:
        values = list(map(held.get, source.columns))
        # Nothing but columns, and nothing in them that measures want otherwise: so it is mostly.
        if len(values) != len(source.reads) or not _AS_IT_IS.issuperset(map(type, values)):
            values = _values(source, signal, asking, errors)
    if hits is None:
        hits = tuple([_hit(test(signal, asking), rules, errors) for test, rules in _tests(source)])
    if not values and weight == bare.weight and hits == bare.hits:
        return bare
    return as_entry((*bare[:6], weight, tuple(values), hits))


def _values(source: Source, signal: Signal, asking: Any, errors: set[str]) -> list[Any]:
    values = []
    for reader, rules in zip(source.reads, source.read_for, strict=True):
        try:
            values.append(number(reader(signal, asking)))
        except survivable():  # whatever a rule does, it may not touch another rule
            values.append(None)
            errors |= rules
    return values


def _tests(source: Source) -> Iterator[tuple[Matcher, set[str]]]:
    return ((test, rules) for (_, test), rules in zip(source.tests, source.tested_for, strict=True))


def _hit(answer: Truth, rules: set[str], errors: set[str]) -> bool | None:
    if answer is Truth.ERROR:
        errors |= rules
    return _HITS[answer]


def admit(state: EngineState, source: Source, key: Key, entry: Entry) -> bool:
    """Put an entry into its stream; returns whether the stream changed."""
    if source.intervals and all(i.of(entry) is None for i in source.intervals):
        return False
    stream = state.streams.get((source.number, key))
    if stream is None:
        stream = state.streams[source.number, key] = Stream()
    if not stream.add(entry):
        return False
    if source.intervals or stream.ats[0] < state.now - source.retention:
        prune(state, source, stream)
    if source.series and not stream.begun:
        begin_hours(state, source, key)
        stream.begun = True
    if stream.ats:
        touch_entered(state, source, key, entry, stream)
    else:
        touch_source(state, source, key, entry.at)
    return True


def note_late(state: EngineState, source: Source, key: Key, at: int) -> None:
    """Note a signal that comes too late for every window: the key is known all the same."""
    if source.remembered == 0 and not source.series:
        return
    stream = state.streams.get((source.number, key))
    if stream is None:
        stream = state.streams[source.number, key] = Stream()
    stream.pruned = at if stream.pruned is None else max(stream.pruned, at)
    begin_hours(state, source, key)
    touch_source(state, source, key, at)


def remember(state: EngineState, source: Source, key: Key, signal: Signal) -> None:
    """Keep a signal of a selection that asks for more than the signal, as long as it may be needed."""
    name = (source.number, key)
    kept = state.candidates.setdefault(name, [])
    ids = state.remembered.get(name)
    if ids is None or len(ids) != len(kept):
        # Read from a snapshot, or something was taken out meanwhile.
        ids = state.remembered[name] = {id for _, id, _ in kept}
    if signal.id not in ids:
        ids.add(signal.id)
        insort(kept, (signal.effective_at, signal.id, signal), key=_order)
    old = bisect_left(kept, state.now - source.retention, key=lambda held: held[0])
    ids.difference_update(id for _, id, _ in kept[:old])
    del kept[:old]


def learn_fact(network: Network, state: EngineState, signal: Signal, errors: set[str]) -> None:
    columns = type(signal).__columns__
    told: dict[tuple[str, ...], Key] = {}
    item = (signal.effective_at, signal.id, signal)
    for names in sorted(network.fact_names[signal.kind]):
        key = tuple(getattr(signal, n) for n in names if n in columns)
        if None in key:
            continue
        held = state.facts.setdefault((signal.kind, names, key), [])
        if not any(known[1] == signal.id for known in held):
            insort(held, item, key=_order)
            told[names] = key
    if told:
        fact_changed(network, state, signal.kind, told, type(signal), item, errors)


def fact_changed(
    network: Network,
    state: EngineState,
    kind: str,
    told: dict[tuple[str, ...], Key],
    owner: type[Signal],
    item: tuple[int, str, Signal],
    errors: set[str],
) -> None:
    """Judge again what a fact that was told or taken back may have changed."""
    for place, key in list(state.candidates):
        source = network.sources[place]
        names = fact_key_names(source.key_names, owner)
        values = dict(zip(source.key_names, key, strict=True))
        if told.get(names) == tuple(values[n] for n in names):
            judge_again(network, state, source, key, errors)
    for fact_kind, names, rule in network.givens:
        if fact_kind == kind and names in told:
            state.dirty.add((rule, told[names]))
    for fact_kind, names, place in network.fact_nodes:
        if fact_kind == kind and names in told:
            for key in _keys_told(network, state, place, names, told[names], item[2]):
                touch(state, place, key, item[0])


def _keys_told(
    network: Network, state: EngineState, place: int, names: tuple[str, ...], values: Key, signal: Signal
) -> list[Key]:
    """Return the keys of a node that a fact concerns."""
    node = network.nodes[place]
    own = node.key_names
    wanted = dict(zip(names, values, strict=True))
    held = {k for p, k in (*state.streams, *state.candidates) if network.sources[p].key_names == own}
    found = {k for k in held if all(k[own.index(n)] == v for n, v in wanted.items())}
    found |= {k for p, k in state.times if p == place and all(k[own.index(n)] == v for n, v in wanted.items())}
    if isinstance(node, ViaNode):
        value = getattr(signal, own[-1], None)
        child = network.nodes[node.children[0]]
        base = {k for p, k in state.streams if network.sources[p].key_names == own[:-1]}
        base |= {k for p, k in state.times if p == child.number}
        told = {
            (*k, v)
            for k in base
            if all(k[own.index(n)] == x for n, x in wanted.items())
            for v in {value, *_values_told(network, state, node, k)} - {None}
        }
        return sorted(found | told)
    if set(own) <= set(names):
        found.add(tuple(wanted[n] for n in own))
    return sorted(found)


def _values_told(network: Network, state: EngineState, node: ViaNode, key: Key) -> set[Any]:
    return {k[-1] for k in keys_of(network, state, node.number, key)}


def judge_again(network: Network, state: EngineState, source: Source, key: Key, errors: set[str]) -> None:
    """Fill a stream anew: something learned late changes what earlier signals were."""
    stream = state.streams.get((source.number, key))
    if stream is not None:
        prune(state, source, stream)  # what is too old is forgotten, and not taken back
    before = {e.id: (e.weight, e.values, e.hits) for e in stream.entries} if stream is not None else {}
    after: dict[str, Entry] = {}
    for at, _, candidate in state.candidates.get((source.number, key), []):
        if at < state.now - source.retention:
            continue
        entry = judge(state, source, candidate, entry_of(candidate), errors)
        if entry is not None:
            after[entry.id] = entry
    changed = [
        *(e.at for e in (stream.entries if stream is not None else ()) if e.id not in after),
        *(e.at for e in after.values() if before.get(e.id) != (e.weight, e.values, e.hits)),
    ]
    if not changed:
        return
    if stream is not None:
        for id in before:
            stream.remove(id)
    for entry in after.values():
        if stream is None:
            stream = state.streams[source.number, key] = Stream()
        stream.add(entry)
    if after.keys() - before.keys():
        begin_hours(state, source, key)
    touch_source(state, source, key, min(changed))


def history_changed(network: Network, state: EngineState, history: int, key: Key, errors: set[str]) -> None:
    for source in network.sources:
        if any(h == history for h, _, _ in source.histories):
            judge_again(network, state, source, key, errors)


def see(
    network: Network, state: EngineState, sources: dict[str, list[Source]], signal: Signal, errors: set[str]
) -> None:
    """Note when a value was seen, for what asks whether it is new."""
    for kind in (signal.kind, ""):
        for source in sources.get(kind, ()):
            key = key_of(source, signal)
            if key is None:
                continue
            asking = Asking(state, source)
            for history in {h for h, _, _ in source.histories}:
                read = next(r for h, _, r in source.histories if h == history)
                value = read(signal, asking)
                if value is None:
                    continue
                seen = state.seen.setdefault((history, key, value), [])
                item = (signal.effective_at, signal.id)
                place = bisect_left(seen, item)
                if any(i == signal.id for _, i in seen):
                    continue
                seen.insert(place, item)
                if place + 1 < len(seen):
                    judge_again(network, state, source, key, errors)


def _order(item: tuple[int, str, Signal]) -> tuple[int, str]:
    return item[:2]
