"""
Snapshots: what the engine holds, as canonical JSON, and back.

Everything is named by its meaning and not by its place in the compiled rules, so that a snapshot can be taken up by
any engine with a rule set of the same version: on another supported Python, after a restart, with the rules written
in another order. A snapshot of what was taken up is the same bytes again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from heapq import heapify
from typing import Any

from ..errors import InputError
from ..models import Signal, canonical_json
from .native import NativeEngine
from .sources import Source
from .state import EngineState, Firing, Key, Series
from .streams import Entry, Stream

__all__ = ["FORMAT", "restore", "snapshot"]

FORMAT = "migro-engine/1"


def snapshot(engine: NativeEngine, state: EngineState) -> bytes:
    """
    Return the state as canonical JSON.

    Raises:
        ValueError: If it has not been settled since the last input.
    """
    if state.dirty or state.touched or state.announced:
        raise ValueError("expected a settled state, got one with inputs whose conclusions are not drawn yet")
    names = engine.network.names
    data = {
        "format": FORMAT,
        "engine": engine.name,
        "ruleset": engine.ruleset.version,
        "now": state.now,
        "streams": _sorted(
            [names.sources[n], list(k), s.pruned, [_entry(engine.network.sources[n], e) for e in s.entries]]
            for (n, k), s in state.streams.items()
        ),
        "times": _sorted([names.nodes[n], list(k), times] for (n, k), times in state.times.items()),
        "last": _sorted([names.nodes[n], list(k), at] for (n, k), at in state.last.items()),
        "firings": _sorted([f.rule, list(f.key), f.at, f.lowered] for f in state.firings.values()),
        "facts": _sorted(
            [kind, list(columns), list(k), [s.json_line() for _, _, s in held]]
            for (kind, columns, k), held in state.facts.items()
        ),
        "candidates": _sorted(
            [names.sources[n], list(k), [s.json_line() for _, _, s in held]]
            for (n, k), held in state.candidates.items()
        ),
        "seen": _sorted(
            [names.histories[n], list(k), _value(v), [list(item) for item in held]]
            for (n, k, v), held in state.seen.items()
        ),
        "series": _sorted(
            [
                names.series[n],
                list(k),
                s.next,
                _hours(s.values),
                s.ended,
                [[ended, _hours(values)] for ended, values in s.past],
            ]
            for (n, k), s in state.series.items()
        ),
        "withdrawn": sorted(state.withdrawn.items()),
        "errors": sorted(state.errors.items()),
        "quarantined": sorted(state.quarantined.items()),
        "scheduled": _sorted([r, list(k), at] for (r, k), at in state.scheduled.items()),
        "waiting": _sorted(
            [names.nodes[n] if n >= 0 else names.series[-1 - n], list(k), at] for (n, k), at in state.waiting.items()
        ),
    }
    return canonical_json(data).encode()


def restore(engine: NativeEngine, data: bytes) -> EngineState:
    """
    Return the state behind a snapshot.

    Raises:
        InputError: If it is none, or was made by another format or another version of the rules.
    """
    try:
        held = json.loads(data)
    except ValueError as e:
        raise InputError(f"expected a snapshot as JSON, got something else: {e}") from e
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        got = held.get("format") if isinstance(held, dict) else type(held).__name__
        raise InputError(f"expected a snapshot of format {FORMAT!r}, got {got!r}")
    if held["ruleset"] != engine.ruleset.version or held["engine"] != engine.name:
        raise InputError(
            f"expected a snapshot of rules {engine.ruleset.version[:12]} by {engine.name},"
            f" got one of rules {str(held['ruleset'])[:12]} by {held['engine']}"
        )
    names = engine.network.names
    sources, nodes, series = _places(names.sources), _places(names.nodes), _places(names.series)
    histories = _places(names.histories)
    state = EngineState(now=held["now"])
    for name, key, pruned, entries in held["streams"]:
        source = engine.network.sources[sources[name]]
        stream = state.streams[source.number, tuple(key)] = Stream()
        stream.pruned = pruned
        for entry in entries:
            stream.add(_entry_back(source, entry))
    state.times = {(nodes[name], tuple(key)): times for name, key, times in held["times"]}
    state.last = {(nodes[name], tuple(key)): at for name, key, at in held["last"]}
    state.firings = {(r, tuple(k)): Firing(r, tuple(k), at, low) for r, k, at, low in held["firings"]}

    def kept(lines: list[str]) -> list[tuple[int, str, Signal]]:
        signals = [engine.ruleset.typed(Signal.from_json(line)) for line in lines]
        return [(s.effective_at, s.id, s) for s in signals]

    state.facts = {(kind, tuple(columns), tuple(k)): kept(lines) for kind, columns, k, lines in held["facts"]}
    state.candidates = {(sources[name], tuple(k)): kept(lines) for name, k, lines in held["candidates"]}
    state.seen = {
        (histories[name], tuple(k), _value_back(v)): [(at, id) for at, id in items]
        for name, k, v, items in held["seen"]
    }
    state.series = {
        (series[name], tuple(k)): Series(
            following, _hours_back(values), ended, [(at, _hours_back(hours)) for at, hours in past]
        )
        for name, k, following, values, ended, past in held["series"]
    }
    state.withdrawn = dict(held["withdrawn"])
    state.errors = dict(held["errors"])
    state.quarantined = dict(held["quarantined"])
    state.scheduled = {(r, tuple(k)): at for r, k, at in held["scheduled"]}
    state.waiting = {
        (nodes[name] if name in nodes else -1 - series[name], tuple(k)): at for name, k, at in held["waiting"]
    }
    state.due = [(at, rule, key) for (rule, key), at in state.scheduled.items()]
    state.alarms = [(at, place, key) for (place, key), at in state.waiting.items()]
    heapify(state.due)
    heapify(state.alarms)
    return state


def _places(names: Mapping[int, str]) -> dict[str, int]:
    return {name: number for number, name in names.items()}


def _sorted(rows: Any) -> list[Any]:
    return sorted(rows, key=canonical_json)


def _entry(source: Source, e: Entry) -> list[Any]:
    if source.selection is None:
        return [e.at, e.id, list(e.values[0])]
    values = {name: _value(e.values[place]) for name, place in source.terms.items()}
    hits = {name: hit for (name, _), hit in zip(source.tests, e.hits, strict=True)}
    return [e.at, e.id, e.kind, e.source_kind, e.auth, e.env, e.weight, values, hits]


def _entry_back(source: Source, row: list[Any]) -> Entry:
    if source.selection is None:
        key: Key = tuple(row[2])
        return Entry(row[0], row[1], "", "", "not_applicable", values=(key,))
    at, id, kind, source_kind, auth, env, weight, values, hits = row
    return Entry(
        at=at,
        id=id,
        kind=kind,
        source_kind=source_kind,
        auth=auth,
        env=env,
        weight=weight,
        values=tuple(_value_back(values[name]) for name in source.terms),
        hits=tuple(hits[name] for name, _ in source.tests),
    )


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
