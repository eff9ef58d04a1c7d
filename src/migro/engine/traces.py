"""Traces: what each premise needed and what it found, read off the engine's state."""

from __future__ import annotations

from typing import Any

from ..expressions import span
from ..models import NearMiss, PremiseTrace, SignalRef, digest, from_microseconds
from ..rules import Both, Counted, Distinct, Known, Premise, Recent, Rule, Selection, Share, Unless, leaves
from .native import NativeEngine
from .state import EngineState, Key
from .windows import Anchor, Entry

__all__ = ["SIGNALS_SHOWN", "contributing", "near_miss", "trace"]

SIGNALS_SHOWN = 20
"""How many signals a trace lists; the digest pins the others."""


def trace(engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key) -> PremiseTrace:
    """Return the trace of a rule's premise for a key."""
    return _trace(engine, state, rule.when, key, rule.lasts_us)


def contributing(engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key) -> list[Entry]:
    """Return the entries that a firing rule rests on: hits of shares, all signals of other windows."""
    found: dict[str, Entry] = {}
    for leaf in _supporting(rule.when):
        _, entries = engine.anchor(state, leaf, key)
        found.update((e.id, e) for e in entries if e.hit)
    return [found[i] for i in sorted(found)]


def _supporting(premise: Premise[Any]) -> list[Premise[Any]]:
    match premise:
        case Both(parts=parts):
            return [leaf for p in parts for leaf in _supporting(p)]
        case Unless(of=of) | Recent(of=of):
            return _supporting(of)
        case Known():
            return []
        case _:
            return [premise]


def _trace(engine: NativeEngine, state: EngineState, premise: Premise[Any], key: Key, lasts: int) -> PremiseTrace:
    holds = engine.holds(state, premise, key, lasts)
    match premise:
        case Both(parts=parts):
            inner = tuple(_trace(engine, state, p, key, lasts) for p in parts)
            return PremiseTrace(text=str(premise), satisfied=holds, parts=inner)
        case Recent(of=of):
            inner = (_trace(engine, state, of, key, lasts),)
            return PremiseTrace(text=str(premise), satisfied=holds, parts=inner)
        case Unless(of=of, recovery=recovery):
            back = _trace(engine, state, recovery, key, lasts)
            # Read as a sentence: what satisfies the whole is that the recovery did not happen.
            at = None if back.until is None else f"{back.until:%H:%M:%S}"
            found = "none" if at is None else f"the last at {at}{', which is before' if holds else ''}"
            words = {"text": f"since then no [{recovery}]", "needed": "none", "found": found}
            back = back.model_copy(update={"satisfied": holds, "since": None, "until": None, **words})
            return PremiseTrace(text=str(premise), satisfied=holds, parts=(_trace(engine, state, of, key, lasts), back))
        case Known(kind=kind, at_least_points=n):
            points = engine.points(state, kind.name, key)
            found = "not supported" if points is None else f"{points} points"
            return PremiseTrace(text=str(premise), satisfied=holds, needed=f"{n} points", found=found)
        case _:
            anchor, entries = engine.anchor(state, premise, key)
            return _measured(premise, holds, anchor, entries)


def _measured(premise: Premise[Any], holds: bool, anchor: Anchor | None, entries: list[Entry]) -> PremiseTrace:
    hits = [e for e in entries if e.hit]
    share = isinstance(premise, Share)
    return PremiseTrace(
        text=str(premise),
        satisfied=holds,
        needed=_needed(premise),
        found=_found(premise, anchor) if anchor else "never satisfied",
        since=from_microseconds(anchor.since) if anchor else None,
        until=from_microseconds(anchor.at) if anchor else None,
        total=len(hits) if anchor else 0,
        signals=tuple(_ref(e) for e in hits[-SIGNALS_SHOWN:][::-1]) if anchor else (),
        digest=digest(sorted(e.id for e in entries)) if anchor else "",
        hits=anchor.found if share and anchor else None,
        size=anchor.size if share and anchor else None,
    )


def _ref(e: Entry) -> SignalRef:
    return SignalRef(id=e.id, kind=e.kind, at=from_microseconds(e.at), source_kind=e.source_kind, auth=e.auth)


def _needed(premise: Premise[Any]) -> str:
    match premise:
        case Counted(n=n, span=length):
            return f"{n} in {span(length)}"
        case Distinct(n=n, column=column, span=length):
            return f"{n} different {column.name} in {span(length)}"
        case Share(at_least=t, floor=floor, span=length):
            return f"{_percent(t.numerator, t.denominator)} of at least {floor} in {span(length)}"
        case _:
            return "one"


def _found(premise: Premise[Any], anchor: Anchor) -> str:
    match premise:
        case Counted():
            return f"{anchor.found}"
        case Distinct(column=column):
            return f"{anchor.found} different {column.name}"
        case Share():
            return f"{anchor.found} of {anchor.size} = {_percent(anchor.found, anchor.size)}"
        case _:
            return "one"


def _percent(numerator: int, denominator: int) -> str:
    permille = 1000 * numerator // denominator if denominator else 0
    return f"{permille // 10}.{permille % 10} %"


def near_miss(engine: NativeEngine, state: EngineState, rule: Rule[Any], key: Key) -> NearMiss | None:
    """Return how far a rule that does not fire is off, or None when nothing of it is there at all."""
    missing = []
    seen = False
    for leaf in leaves(rule.when):
        if isinstance(leaf, Known):
            continue
        _, entries = engine.anchor(state, leaf, key)
        seen = seen or any(e.hit for e in entries)
        if not engine.holds(state, leaf, key, rule.lasts_us):
            missing.append((leaf, _so_far(leaf, entries)))
    if not seen or not missing:
        return None
    leaf, found = missing[0]
    return NearMiss(rule=rule.id, would_add=rule.then.points, needed=_needed(leaf), found=found)


def _so_far(premise: Premise[Any], entries: list[Entry]) -> str:
    if isinstance(premise, Selection) or not entries:
        return "none"
    length = premise.longest
    recent = [e for e in entries if e.at >= entries[-1].at - length]
    hits = [e for e in recent if e.hit]
    match premise:
        case Share():
            return f"{len(hits)} of {len(recent)} = {_percent(len(hits), len(recent))}"
        case Distinct(column=column):
            return f"{len({e.value for e in recent})} different {column.name}"
        case _:
            return f"{len(recent)}"
