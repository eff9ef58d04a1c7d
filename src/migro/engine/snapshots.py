"""
Snapshots: what the engine holds, as canonical JSON, and back.

Everything is named by its meaning and not by its place in the compiled rules, so that a snapshot can be taken up by
any engine with a rule set of the same version: on another supported Python, after a restart, with the rules written
in another order. A snapshot of what was taken up is the same bytes again.

A name is a digest of the meaning: short, and no word of a rule stands in a snapshot. What many entries share is
written once: where they came from, and signals that several selections keep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from hashlib import sha256
from heapq import heapify
from typing import Any

import attrs

from ..errors import InputError, UnsupportedFormat
from ..models import Signal
from .native import NativeEngine
from .network import Network
from .slices import LONG, Parts, Slices, plain_json
from .sources import Source
from .state import EngineState, Firing, Key, Series
from .streams import Entry, Stream

__all__ = ["FORMAT", "from_plain", "kept_up", "plain", "plain_json", "read_plain", "restore", "snapshot"]

FORMAT = "migro-engine/2"


def snapshot(engine: NativeEngine, state: EngineState) -> bytes:
    """
    Return the state as canonical JSON.

    Raises:
        ValueError: If it has not been settled since the last input.
    """
    return plain_json(plain(engine, state, sliced=True))


def restore(engine: NativeEngine, data: bytes) -> EngineState:
    """
    Return the state behind a snapshot.

    Raises:
        UnsupportedFormat: If it was made by another format.
        InputError: If it is none, or was made by another engine or another version of the rules.
    """
    return from_plain(engine, read_plain(data, FORMAT))


def kept_up(engine: NativeEngine, state: EngineState) -> EngineState:
    """
    Return a copy of a state in which everything is kept up, what does not matter yet as well.

    Raises:
        ValueError: If it has not been settled since the last input.
    """
    copy = restore(engine, snapshot(engine, state))
    engine.keep_up(copy)
    return copy


def read_plain(data: bytes, format: str) -> dict[str, Any]:
    """
    Return the parsed JSON of a snapshot in a format.

    Raises:
        UnsupportedFormat: If it is in another one.
        InputError: If it is none.
    """
    try:
        held = json.loads(data)
    except ValueError as e:
        raise InputError(f"expected a snapshot as JSON, got something else: {e}") from e
    if not isinstance(held, dict) or held.get("format") != format:
        got = held.get("format") if isinstance(held, dict) else type(held).__name__
        raise UnsupportedFormat(f"expected a snapshot of format {format!r}, got {got!r}")
    return held


def plain(engine: NativeEngine, state: EngineState, *, sliced: bool = False) -> dict[str, Any]:
    """
    Return the state as values that JSON has: the order of lists is part of the form, that of names is not.

    Args:
        engine: What holds it.
        state: What is held.
        sliced: Whether the rows of long streams are left for `plain_json` to make: all at once they take five times
            the room of their JSON.

    Raises:
        ValueError: If it has not been settled since the last input.
    """
    if state.dirty or state.touched or state.announced:
        raise ValueError("expected a settled state, got one with inputs whose conclusions are not drawn yet")
    marks = _marks(engine.network)
    origins: list[_Origin] = sorted(
        {(e.kind, e.source_kind, e.auth, e.env) for s in state.streams.values() for e in s.entries}
    )
    places = {origin: place for place, origin in enumerate(origins)}
    signals, number = _pool(item[2] for held in (*state.facts.values(), *state.candidates.values()) for item in held)
    return {
        "format": FORMAT,
        "engine": engine.name,
        "ruleset": engine.ruleset.version,
        "now": state.now,
        "origins": origins,
        "signals": signals,
        "streams": _streams(engine, state, places, sliced=sliced),
        "times": _grouped((marks.nodes[n], [k, times]) for (n, k), times in state.times.items()),
        "last": _grouped((marks.nodes[n], [k, at]) for (n, k), at in state.last.items()),
        "firings": sorted([f.rule, f.key, f.at, f.lowered] for f in state.firings.values()),
        "facts": sorted(
            [kind, columns, k, [number[id(s)] for _, _, s in held]] for (kind, columns, k), held in state.facts.items()
        ),
        "candidates": _grouped(
            (marks.sources[n], [k, [number[id(s)] for _, _, s in held]]) for (n, k), held in state.candidates.items()
        ),
        "seen": _seen(marks.histories, state.seen),
        "series": _grouped(
            (
                marks.series[n],
                [k, s.next, _hours(s.values), s.ended, [[ended, _hours(values)] for ended, values in s.past]],
            )
            for (n, k), s in state.series.items()
        ),
        "withdrawn": sorted(state.withdrawn.items()),
        "errors": sorted(state.errors.items()),
        "quarantined": sorted(state.quarantined.items()),
        "scheduled": sorted([r, k, at] for (r, k), at in state.scheduled.items()),
        "waiting": _grouped(
            (marks.nodes[n] if n >= 0 else marks.series[-1 - n], [k, at]) for (n, k), at in state.waiting.items()
        ),
    }


def from_plain(engine: NativeEngine, held: Mapping[str, Any]) -> EngineState:
    """
    Return the state behind what `plain` returned; the order of lists does not matter here.

    Raises:
        InputError: If it was made by another engine or another version of the rules, or does not fit them.
    """
    if held["ruleset"] != engine.ruleset.version or held["engine"] != engine.name:
        raise InputError(
            f"expected a snapshot of rules {engine.ruleset.version[:12]} by {engine.name},"
            f" got one of rules {str(held['ruleset'])[:12]} by {held['engine']}"
        )
    marks = _marks(engine.network)
    sources, nodes, series = _places(marks.sources), _places(marks.nodes), _places(marks.series)
    histories = _places(marks.histories)
    classes = engine.signals
    signals = [classes.get(data["kind"], Signal).from_data(data) for data in held["signals"]]
    kept = [(s.effective_at, s.id, s) for s in signals]
    state = EngineState(now=held["now"])
    try:
        for name, rows in held["streams"].items():
            source = engine.network.sources[sources[name]]
            for key, pruned, entries in rows:
                state.streams[source.number, tuple(key)] = _stream(source, pruned, entries, held["origins"])
        state.times = {(nodes[name], tuple(key)): times for name, (key, times) in _rows(held["times"])}
        state.last = {(nodes[name], tuple(key)): at for name, (key, at) in _rows(held["last"])}
        state.candidates = {
            (sources[name], tuple(key)): [kept[n] for n in numbers]
            for name, (key, numbers) in _rows(held["candidates"])
        }
        state.seen = {
            (histories[name], tuple(key), _value_back(v)): [(at, id) for at, id in items]
            for name, (key, v, items) in _rows(held["seen"])
        }
        state.series = {
            (series[name], tuple(key)): Series(
                following, _hours_back(values), ended, [(at, _hours_back(hours)) for at, hours in past]
            )
            for name, (key, following, values, ended, past) in _rows(held["series"])
        }
        state.waiting = {
            (nodes[name] if name in nodes else -1 - series[name], tuple(key)): at
            for name, (key, at) in _rows(held["waiting"])
        }
    except KeyError as e:
        raise InputError(f"expected a snapshot of what these rules look at, got one that knows {e}") from e
    state.facts = {
        (kind, tuple(columns), tuple(key)): [kept[n] for n in numbers] for kind, columns, key, numbers in held["facts"]
    }
    state.firings = {(r, tuple(k)): Firing(r, tuple(k), at, low) for r, k, at, low in held["firings"]}
    state.withdrawn = dict(held["withdrawn"])
    state.errors = dict(held["errors"])
    state.quarantined = dict(held["quarantined"])
    state.scheduled = {(r, tuple(k)): at for r, k, at in held["scheduled"]}
    state.due = [(at, rule, key) for (rule, key), at in state.scheduled.items()]
    state.alarms = [(at, place, key) for (place, key), at in state.waiting.items()]
    heapify(state.due)
    heapify(state.alarms)
    return state


# --- names -----------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Marks:
    """Short names by number; see `Names`."""

    sources: dict[int, str]
    nodes: dict[int, str]
    series: dict[int, str]
    histories: dict[int, str]


@lru_cache(maxsize=16)
def _marks(network: Network) -> _Marks:
    names = network.names
    return _Marks(
        # With what is kept of each signal, so that entries need not name it one by one.
        sources={
            n: _mark(
                "source", name, *sorted(network.sources[n].terms), "", *sorted(t for t, _ in network.sources[n].tests)
            )
            for n, name in names.sources.items()
        },
        nodes={n: _mark("node", name) for n, name in names.nodes.items()},
        series={n: _mark("series", name) for n, name in names.series.items()},
        histories={n: _mark("history", name) for n, name in names.histories.items()},
    )


def _mark(*words: str) -> str:
    return sha256("\n".join(words).encode()).hexdigest()[:20]


def _places(names: Mapping[int, str]) -> dict[str, int]:
    return {name: number for number, name in names.items()}


def _grouped(rows: Iterable[tuple[str, list[Any]]]) -> dict[str, list[list[Any]]]:
    """Return rows by name; they begin with their key, which no two of a name share, and are sorted by it."""
    groups: dict[str, list[list[Any]]] = {}
    for name, row in rows:
        groups.setdefault(name, []).append(row)
    for group in groups.values():
        group.sort(key=_first)
    return groups


def _first(row: list[Any]) -> Any:
    return row[0]


def _rows(groups: Mapping[str, list[Any]]) -> Iterable[tuple[str, list[Any]]]:
    return ((name, row) for name, rows in groups.items() for row in rows)


# --- signals ---------------------------------------------------------------------------------------------------------


def _pool(signals: Iterable[Signal]) -> tuple[list[Any], dict[int, int]]:
    """Return signals as plain data, equal ones once, and the place of each by its identity."""
    by_id: dict[str, list[Signal]] = {}
    for signal in {id(s): s for s in signals}.values():
        by_id.setdefault(signal.id, []).append(signal)
    data: list[Any] = []
    places: dict[int, int] = {}
    for name in sorted(by_id):
        found: dict[str, Any] = {}
        texts: list[str] = []
        for signal in by_id[name]:
            dumped = signal.model_dump(mode="json")
            # Most ids stand for one object; only of others it has to be seen whether they say the same.
            texts.append(json.dumps(dumped, sort_keys=True) if len(by_id[name]) > 1 else "")
            found[texts[-1]] = dumped
        order = sorted(found)
        places |= {id(s): len(data) + order.index(text) for s, text in zip(by_id[name], texts, strict=True)}
        data += [found[text] for text in order]
    return data, places


_Origin = tuple[str, str, str, str]


_AS_IT_IS = frozenset({int, str, bool, type(None)})
"""Types whose values JSON has; asked first, since a snapshot is mostly such values."""


def _streams(
    engine: NativeEngine, state: EngineState, places: Mapping[_Origin, int], *, sliced: bool
) -> dict[str, list[list[Any]]]:
    marks = _marks(engine.network).sources
    rows: list[tuple[str, list[Any]]] = []
    long: set[str] = set()
    for (n, key), stream in state.streams.items():
        source, entries = engine.network.sources[n], stream.entries
        row: list[Any]
        if sliced and len(entries) > LONG:
            long.add(marks[n])
            row = Parts([key, stream.pruned, Slices(entries, partial(_entries, source, origins=places))])
        else:
            row = [key, stream.pruned, _entries(source, entries, places)]
        rows.append((marks[n], row))
    return {name: Parts(group) if name in long else group for name, group in _grouped(rows).items()}


def _entries(source: Source, entries: list[Entry], origins: Mapping[_Origin, int]) -> list[list[Any]]:
    if source.selection is None:
        return [[e.at, e.id, origins[e.kind, e.source_kind, e.auth, e.env], list(e.values[0])] for e in entries]
    values, hits = _orders(source)
    return [
        [
            e.at,
            e.id,
            origins[e.kind, e.source_kind, e.auth, e.env],
            e.weight,
            # Most sources read no value of a signal, or ask nothing more about it.
            [v if type(v := e.values[n]) in _AS_IT_IS else _value(v) for n in values] if values else [],
            [e.hits[n] for n in hits] if hits else [],
        ]
        for e in entries
    ]


def _stream(source: Source, pruned: int | None, rows: list[list[Any]], origins: list[Any]) -> Stream:
    stream = Stream()
    stream.pruned = pruned
    if source.selection is None:
        for at, id, origin, key in rows:
            kind, source_kind, auth, env = origins[origin]
            stream.add(Entry(at, id, kind, source_kind, auth, env, values=(tuple(key),)))
        return stream
    values, hits = (_inverse(order) for order in _orders(source))
    for at, id, origin, weight, found, hit in rows:
        kind, source_kind, auth, env = origins[origin]
        read, fits = tuple([_value_back(found[n]) for n in values]), tuple([hit[n] for n in hits])
        stream.add(Entry(at, id, kind, source_kind, auth, env, weight, read, fits))
    return stream


def _orders(source: Source) -> tuple[list[int], list[int]]:
    """Return the places of what is kept of each signal, by name."""
    tests = sorted((name, place) for place, (name, _) in enumerate(source.tests))
    return [place for _, place in sorted(source.terms.items())], [place for _, place in tests]


def _inverse(order: list[int]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)


# --- values ----------------------------------------------------------------------------------------------------------


def _seen(
    names: Mapping[int, str], seen: Mapping[tuple[int, Key, Any], list[tuple[int, str]]]
) -> dict[str, list[list[Any]]]:
    groups: dict[str, list[list[Any]]] = {}
    for (n, key, value), held in seen.items():
        groups.setdefault(names[n], []).append([key, _value(value), held])
    for group in groups.values():
        # Values of different types have no order among themselves; their text has.
        group.sort(key=lambda row: (row[0], json.dumps(row[1], sort_keys=True)))
    return groups


def _hours(values: Mapping[int, Any]) -> list[Any]:
    return [[hour, _value(values[hour])] for hour in sorted(values)]


def _hours_back(rows: list[Any]) -> dict[int, Any]:
    return {hour: _value_back(value) for hour, value in rows}


def _value(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case Fraction():
            return {"ratio": f"{value.numerator}/{value.denominator}"}
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"time": value.astimezone(UTC).isoformat()}
        case frozenset():
            return {"set": sorted(value)}
        case _:
            raise TypeError(f"no value of a column: {value!r}")


_BACK: dict[str, Callable[[Any], Any]] = {
    "ratio": Fraction,
    "decimal": Decimal,
    "time": datetime.fromisoformat,
    "set": frozenset,
}


def _value_back(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    return _BACK[kind](held)
