"""Traces: what each premise needed and what it found, read off the engine's state."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from typing import Any

import attrs

from ..expressions import span
from ..models import NearMiss, PremiseTrace, Signal, SignalRef, digest, from_microseconds
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
    Recent,
    Rising,
    Rule,
    Runs,
    Selection,
    Share,
    Silence,
    Timed,
    Together,
    Unless,
    Via,
    Without,
    leaves,
)
from ..rules.abbreviation import abbreviated
from .joins import DropNode
from .native import NativeEngine
from .nodes import ComparedNode, Node, RisingNode
from .state import Anchor, EngineState, Evidence, Key, MeasuredShare
from .streams import Entry

__all__ = ["SIGNALS_SHOWN", "contributing", "measured_shares", "near_miss", "supported", "trace"]

_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

SIGNALS_SHOWN = 20
"""How many signals a trace lists; the digest pins the others."""


def trace(engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key) -> PremiseTrace:
    """Return the trace of a rule's premise for a key."""
    return _trace(engine, state, rule.when, key, rule.lasts_us)


def contributing(
    engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key, *, only: tuple[int, str] | None = None
) -> dict[str, Entry]:
    """
    Return the entries that a firing rule rests on, by id: hits of shares, all signals of other windows.

    Args:
        only: Time and id of the one entry to look for; with it the cost does not grow with the windows.
    """
    found = _Found(only)
    for leaf in engine.supporting[rule.id]:
        _collect(engine, state, leaf, key, found)
    return found.entries


@attrs.define
class _Found:
    """What is collected: all entries, or the one that is looked for."""

    only: tuple[int, str] | None = None
    entries: dict[str, Entry] = attrs.Factory(dict)

    def add(self, entries: Iterable[Entry]) -> None:
        self.entries |= {e.id: e for e in entries}

    def window(self, state: EngineState, source: int, key: Key, since: int, until: int) -> list[Entry]:
        stream = state.streams.get((source, key))
        if stream is None:
            return []
        if self.only is None:
            return stream.between(since, until)
        return stream.one(*self.only) if since <= self.only[0] <= until else []


def supported(
    engine: NativeEngine,
    state: EngineState,
    signal: Signal,
    evidence: Evidence,
    among: Container[tuple[str, Key]] | None = None,
) -> tuple[tuple[str, Key], ...]:
    """
    Return the issues, by kind and key, whose firing rules rest on this signal just now.

    Args:
        among: The issues to ask about; all of them where it is not given.
    """
    if not state.firings or not evidence.measured:
        return ()
    sources = engine.network.sources
    users = [sources[place].users for place, _ in evidence.measured]
    values = {value for _, measured in evidence.measured for value in measured}
    only = (signal.effective_at, signal.id)
    found = set()
    for rule_id, key in state.firings:
        if values.isdisjoint(key) or not any(rule_id in rules for rules in users):
            continue
        rule = engine.ruleset.rule(rule_id)
        slot = (rule.then.kind.name, key)
        if among is not None and slot not in among:
            continue
        if slot not in found and signal.id in contributing(engine, state, rule, key, only=only):
            found.add(slot)
    return tuple(sorted(found))


def _collect(engine: NativeEngine, state: EngineState, premise: Any, key: Key, found: _Found) -> None:
    """Add the entries behind a leaf's anchor."""
    if isinstance(premise, During):
        place, interval = engine.network.calendars[id(premise)]
        stream = state.streams.get((place, key))
        for entry in stream.entries if stream is not None else ():
            declared = interval.of(entry)
            if declared is not None and declared[0] <= state.now <= declared[1]:
                found.add([entry])
        return
    node = engine.network.node_of(premise)
    times = node.times(state, key)
    if times:
        _rests(engine, state, node, key, times[-1], found)


def _entries(engine: NativeEngine, state: EngineState, node: Node, key: Key, t: int) -> list[Entry]:
    """Return the entries that a node's answer at `t` rests on, oldest first."""
    found = _Found()
    _rests(engine, state, node, key, t, found)
    return sorted(found.entries.values(), key=lambda e: e.order)


def _rests(engine: NativeEngine, state: EngineState, node: Node, key: Key, t: int, found: _Found) -> None:
    """Add the entries that a node's answer at `t` rests on, by id."""
    nodes, premise = engine.network.nodes, node.premise
    match premise:
        case Share(length=length):
            hit = node.hit  # type: ignore[attr-defined]  # a share's node has one
            found.add(e for e in found.window(state, node.sources[0], key, t - length, t) if e.hits[hit])
        case Fits():
            hit = node.hit  # type: ignore[attr-defined]  # so has this one
            found.add(e for e in found.window(state, node.sources[0], key, t, t) if e.hits[hit])
        case Distinct(length=length):
            place = node.place  # type: ignore[attr-defined]  # a count of values has one
            within = found.window(state, node.sources[0], key, t - length, t)
            found.add(e for e in within if e.values[place] is not None)
        case Selection():
            found.add(found.window(state, node.sources[0], key, t, t))
        case After(length=length):
            _rests(engine, state, nodes[node.children[0]], key, t, found)
            earlier = [u for u in nodes[node.children[1]].times(state, key) if t - length <= u < t]
            if earlier:
                _rests(engine, state, nodes[node.children[1]], key, earlier[-1], found)
        case Without(length=length):
            _rests(engine, state, nodes[node.children[0]], key, t - length, found)
        case Together():
            for child in [nodes[c] for c in node.children]:
                times = child.times(state, key)
                place = bisect_right(times, t)
                if place:
                    _rests(engine, state, child, key, times[place - 1], found)
        case Held(length=length) | Runs(length=length):
            child = nodes[node.children[0]]
            known = child.times(state, key)
            moments = known[bisect_left(known, t - length) : bisect_right(known, t)]
            if isinstance(child.premise, Fits):
                # A run is of hundreds of them, and each rests on the signals of that very moment.
                hit, those = child.hit, set(moments)  # type: ignore[attr-defined]  # it has one
                entries = found.window(state, child.sources[0], key, t - length, t)
                found.add(e for e in entries if e.hits[hit] and e.at in those)
                return
            for u in moments:
                _rests(engine, state, child, key, u, found)
        case Holds():
            child = nodes[node.children[0]]
            at = t if isinstance(child, ComparedNode) else max(u for u in child.times(state, key) if u <= t)
            _rests(engine, state, child, key, at, found)
        case Via():
            _rests(engine, state, nodes[node.children[0]], key[:-1], t, found)
        case Silence():
            for child in [nodes[c] for c in node.children[:2]]:
                before = [u for u in child.times(state, key) if u <= t]
                if before:
                    _rests(engine, state, child, key, before[-1], found)
        case _:
            length = node.longest
            for number in node.sources:
                source = engine.network.sources[number]
                if source.inner < 0:
                    found.add(found.window(state, number, key, t - length, t))
                    continue
                # What is kept of a finer key has another time than the signals behind it.
                stream = state.streams.get((number, key))
                entries = stream.between(t - length, t) if stream is not None else []
                newest = {e.values[0]: e.at for e in entries}
                for finer, at in newest.items():
                    _rests(engine, state, nodes[source.inner], finer, at, found)


def _window(state: EngineState, node: Node, key: Key, since: int, until: int) -> list[Entry]:
    stream = state.streams.get((node.sources[0], key))
    return stream.between(since, until) if stream is not None else []


def _said(premise: Premise[Any]) -> str:
    return abbreviated(str(premise))


def _trace(engine: NativeEngine, state: EngineState, premise: Premise[Any], key: Key, lasts: int) -> PremiseTrace:
    holds = engine.holds(state, premise, key, lasts)
    match premise:
        case Both(parts=parts):
            inner = tuple(_trace(engine, state, p, key, lasts) for p in parts)
            return PremiseTrace(text=_said(premise), satisfied=holds, parts=inner)
        case Recent(of=of):
            inner = (_trace(engine, state, of, key, lasts),)
            return PremiseTrace(text=_said(premise), satisfied=holds, parts=inner)
        case Unless(of=of, recovery=recovery):
            back = _trace(engine, state, recovery, key, lasts)
            # Read as a sentence: what satisfies the whole is that the recovery did not happen.
            at = None if back.until is None else f"{back.until:%H:%M:%S}"
            found = "none" if at is None else f"none since, the last at {at}" if holds else f"the last at {at}"
            words = {"text": abbreviated(f"since then no [{recovery}]"), "needed": "none", "found": found}
            back = back.model_copy(update={"satisfied": holds, "since": None, "until": None, **words})
            return PremiseTrace(
                text=_said(premise), satisfied=holds, parts=(_trace(engine, state, of, key, lasts), back)
            )
        case Known(kind=kind, at_least_points=n):
            points = engine.points(state, kind.name, key)
            found = "not supported" if points is None else f"{points} points"
            return PremiseTrace(text=_said(premise), satisfied=holds, needed=f"{n} points", found=found)
        case Given():
            found = "as told" if holds is not premise.negated else "something else, or nothing"
            return PremiseTrace(text=_said(premise), satisfied=holds, needed="as told by the host", found=found)
        case During():
            inside = _Found()
            _collect(engine, state, premise, key, inside)
            entries = list(inside.entries.values())
            return PremiseTrace(
                text=_said(premise),
                satisfied=holds,
                needed="now inside a declared interval",
                found=f"inside {len(entries)}" if entries else "outside",
                total=len(entries),
                signals=tuple(_ref(e) for e in entries[-SIGNALS_SHOWN:][::-1]),
                digest=digest(sorted(e.id for e in entries)),
            )
        case _:
            return _measured(engine, state, premise, key, holds)


def measured_shares(engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key) -> Iterator[MeasuredShare]:
    """Yield the shares that the premises of a firing rule have measured and that reach what they need, in order."""
    yield from _shares(engine, state, rule.when, key, rule.lasts_us)


def _shares(
    engine: NativeEngine, state: EngineState, premise: Premise[Any], key: Key, lasts: int
) -> Iterator[MeasuredShare]:
    match premise:
        case Both(parts=parts):
            for part in parts:
                yield from _shares(engine, state, part, key, lasts)
        case Recent(of=of):
            yield from _shares(engine, state, of, key, lasts)
        case Unless(of=of, recovery=recovery):
            yield from _shares(engine, state, of, key, lasts)
            if not isinstance(recovery, Share):
                yield from _shares(engine, state, recovery, key, lasts)
            elif engine.holds(state, premise, key, lasts):
                # What it has reached counts as the trace shows it: as something that did not happen.
                yield from (attrs.evolve(s, window=None) for s in _share(engine, state, recovery, key))
        case Share() if engine.holds(state, premise, key, lasts):
            yield from _share(engine, state, premise, key)


def _share(engine: NativeEngine, state: EngineState, premise: Share[Any], key: Key) -> Iterator[MeasuredShare]:
    node = engine.network.node_of(premise)
    times = node.times(state, key)
    if times:
        anchor = _anchor(state, node, key, times[-1])
        if anchor.size:
            yield MeasuredShare(anchor.found, anchor.size, anchor.at - anchor.since)


def _measured(engine: NativeEngine, state: EngineState, premise: Any, key: Key, holds: bool) -> PremiseTrace:
    node = engine.network.node_of(premise)
    times = node.times(state, key)
    if not times:
        return PremiseTrace(text=_said(premise), satisfied=holds, needed=_needed(premise), found="never satisfied")
    anchor = _anchor(state, node, key, times[-1])
    entries = _entries(engine, state, node, key, anchor.at)
    share = isinstance(premise, Share)
    return PremiseTrace(
        text=_said(premise),
        satisfied=holds,
        needed=_needed(premise),
        found=_found(state, node, key, anchor),
        since=from_microseconds(anchor.since),
        until=from_microseconds(anchor.at),
        total=len(entries),
        signals=tuple(_ref(e) for e in entries[-SIGNALS_SHOWN:][::-1]),
        digest=digest(sorted(e.id for e in entries)),
        hits=anchor.found if share else None,
        size=anchor.size if share else None,
    )


def _anchor(state: EngineState, node: Node, key: Key, t: int) -> Anchor:
    premise = node.premise
    match premise:
        case Counted(length=length):
            size = node.tally(state, key, t).size  # type: ignore[attr-defined]  # a count's node has one
            return Anchor(t, t - length, size, size)
        case Distinct(length=length):
            place = node.place  # type: ignore[attr-defined]  # a count of values has one
            values = [e.values[place] for e in _window(state, node, key, t - length, t)]
            return Anchor(t, t - length, len(set(values) - {None}), len(values))
        case Share(length=length):
            tally = node.tally(state, key, t)  # type: ignore[attr-defined]  # a share's node has one
            return Anchor(t, t - length, tally.hits, tally.known)
        case Selection() | Fits():
            return Anchor(t, t, 1)
        case _:
            return Anchor(t, t - node.longest)


def _ref(e: Entry) -> SignalRef:
    return SignalRef(id=e.id, kind=e.kind, at=from_microseconds(e.at), source_kind=e.source_kind, auth=e.auth)


def _needed(premise: Any) -> str:
    match premise:
        case Counted(n=n, length=length):
            return f"{n} in {span(length)}"
        case Distinct(n=n, column=column, length=length):
            return f"{n} different {getattr(column, 'name', column)} in {span(length)}"
        case Share(at_least=t, floor=floor, length=length):
            return f"{_percent(t.numerator, t.denominator)} of at least {floor} in {span(length)}"
        case Compared(operator=operator):
            return f"left {_SYMBOLS[operator]} right"
        case Drop(p=p):
            return f"a probability below {p}"
        case Differs(z=z):
            return f"{z} standard errors"
        case Rising(samples=samples):
            return f"{samples} rising values"
        case Runs(k=k, n=n) | Holds(k=k, n=n):
            return f"{k} of {n}"
        case Held(length=length):
            return f"{span(length)} without a break"
        case Without(length=length) | Silence(length=length):
            return f"none for {span(length)}"
        case Together(length=length):
            return f"all within {span(length)}"
        case After(length=length):
            return f"in this order within {span(length)}"
        case _:
            return "one"


def _found(state: EngineState, node: Node, key: Key, anchor: Anchor) -> str:
    match node.premise:
        case Counted():
            return f"{anchor.found}"
        case Distinct(column=column):
            return f"{anchor.found} different {getattr(column, 'name', column)}"
        case Share():
            return f"{anchor.found} of {anchor.size} = {_percent(anchor.found, anchor.size)}"
        case Selection() | Fits():
            return "one"
    if isinstance(node, ComparedNode | DropNode):
        left, right = node.left.text(state, key, anchor.at), node.right.text(state, key, anchor.at)
        return f"{left} against {right}"
    if isinstance(node, RisingNode):
        return f"up to {node.left.text(state, key, anchor.at)}"
    return "satisfied"


def _percent(numerator: int, denominator: int) -> str:
    permille = 1000 * numerator // denominator if denominator else 0
    return f"{permille // 10}.{permille % 10} %"


def near_miss(engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key) -> NearMiss | None:
    """Return how far a rule that does not fire is off, or None when nothing of it is there at all."""
    missing = None
    seen = False
    for leaf in leaves(rule.when):
        if not isinstance(leaf, Timed):
            continue
        found = _so_far(engine, state, leaf, key)
        seen = seen or found is not None
        # What comes after the first that is missing may not be kept up, and is not asked.
        if missing is None and not engine.holds(state, leaf, key, rule.lasts_us):
            missing = (leaf, found or "none")
    if not seen or missing is None:
        return None
    leaf, found = missing
    return NearMiss(rule=rule.id, would_add=rule.then.points, needed=_needed(leaf), found=found)


def _so_far(engine: NativeEngine, state: EngineState, premise: Any, key: Key) -> str | None:
    """Return what there is of a leaf by now, or None for nothing."""
    node = engine.network.node_of(premise)
    streams = [s for n in node.reads if (s := state.streams.get((n, key))) is not None and s]
    if not streams:
        # Of what is made of streams nothing is there without these, whatever is still known of its times.
        return "some" if not node.reads and node.times(state, key) else None
    newest = max(s.ats[-1] for s in streams)
    anchor = _anchor(state, node, key, newest)
    match premise:
        case Share():
            return f"{anchor.found} of {anchor.size} = {_percent(anchor.found, anchor.size)}" if anchor.found else None
        case Selection() | Fits():
            return "none"
        case _:
            return _found(state, node, key, anchor)
