"""
The native engine: incremental forward chaining in strata.

A signal touches the streams whose selections it matches; only premises over touched streams are evaluated again, and
only from the signal's time on; only rules whose premises changed are evaluated, and only issues whose rules changed
are passed on. Time touches what is due. Everything is held in an `EngineState` that the caller owns; the engine
itself is compiled rules and never changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from types import SimpleNamespace
from typing import Any

from ..errors import InputError
from ..expressions import Fact, Truth
from ..models import Signal
from ..rules import Both, During, Given, Known, Premise, Recent, Rule, RuleSet, Timed, Unless
from .forgetting import forget
from .matching import SelectionIndex
from .network import Network
from .sources import Source, fact_key_names, newest
from .spreading import refresh, take_hour, touch, touch_source
from .state import Change, EngineState, Evidence, Firing, Key
from .taking import admit, fact_changed, history_changed, judge, key_of, learn_fact, note_late, remember, see

__all__ = ["ERRORS_IN_A_ROW", "NativeEngine", "lowered_points"]

ERRORS_IN_A_ROW = 3
"""After so many signals in a row on which its predicates raised, a rule is left out."""

_CLASSES = {"supports": (50, 5), "refutes": (60, 20), "vetoes": ()}
"""Points of medium and weak evidence: what is above the first counts as the first, what is above the second as it."""


def lowered_points(rule: Rule[Any]) -> int:
    """Return a rule's points one class lower: strong as medium, medium as weak, weak as they are."""
    points = abs(rule.then.points)
    lower = next((c for c in _CLASSES[rule.then.effect] if c < points), points)
    return lower if rule.then.points > 0 else -lower


class NativeEngine:
    """Compiled rules; see the module."""

    name = "native/2"

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self.network = Network(ruleset)
        self._rules: dict[str, Rule[Any]] = {r.id: r for r in ruleset.rules}
        self._readers = self.network.readers
        self._index = SelectionIndex((s.number, s.selection) for s in self.network.sources if s.selection is not None)
        self._asks_history: dict[str, list[Source]] = {}
        for source in self.network.sources:
            if source.histories and source.selection is not None:
                self._asks_history.setdefault(source.selection.signal.__signal_kind__, []).append(source)
        self._order = {
            r.id: (level, -r.salience, r.id) for level, stratum in enumerate(ruleset.strata) for r in stratum
        }
        self._about = {kind: ruleset.about(kind) for kind in ruleset.kinds}

    # --- inputs -------------------------------------------------------------------------------------------------

    def insert(self, state: EngineState, signal: Signal, now: int) -> Evidence:
        """Take a signal in; `settle` then draws the conclusions. `now` is in microseconds and never runs backwards."""
        state.now = max(state.now, now)
        try:
            signal = self.ruleset.typed(signal)
        except InputError as e:
            return Evidence(matched=False, unreadable=str(e))
        if signal.id in state.withdrawn:
            return Evidence(matched=False)
        errors: set[str] = set()
        asked: set[str] = set()
        unkeyed: list[str] = []
        measured: list[tuple[int, Key]] = []
        matched = keyed = late = kept = False
        see(self.network, state, self._asks_history, signal, errors)
        for place in self._index.candidates(signal):
            source = self.network.sources[place]
            asked |= source.users
            key = key_of(source, signal)
            if key is not None and source.context:
                remember(state, source, key, signal)
            entry = judge(state, source, signal, errors)
            if entry is None:
                continue
            matched = True
            if key is None:
                unkeyed.append(source.selection.signal.__name__ if source.selection is not None else "")
                continue
            keyed = True
            if signal.effective_at < state.now - source.retention:
                late = True
                note_late(state, source, key, signal.effective_at)
            elif admit(state, source, key, entry):
                kept = True
                measured.append((source.number, key))
        if signal.kind in self.network.fact_names:
            matched = True
            learn_fact(self.network, state, signal, errors)
        self._count_errors(state, errors, asked)
        return Evidence(
            matched=matched,
            unkeyed=() if keyed else tuple(sorted(set(unkeyed))),
            late=late and not kept,
            errors=tuple(sorted(errors)),
            measured=tuple(measured),
        )

    def withdraw(self, state: EngineState, id: str, now: int) -> bool:
        """
        Take a signal back and everything that rested on it; `settle` then retracts the conclusions.

        Returns whether anything held it. The same id is not taken in again. Hours that a baseline has taken stay.
        """
        state.now = max(state.now, now)
        found = False
        for (place, key), stream in state.streams.items():
            if self.network.sources[place].selection is None:
                continue
            entry = stream.remove(id)
            if entry is not None:
                found = True
                touch_source(state, self.network.sources[place], key, entry.at)
        for name, kept in state.candidates.items():
            found = found or any(i == id for _, i, _ in kept)
            state.candidates[name] = [item for item in kept if item[1] != id]
        for history, key, value in list(state.seen):
            held = state.seen[history, key, value]
            left = [item for item in held if item[1] != id]
            if len(left) == len(held):
                continue
            found = True
            if left:
                state.seen[history, key, value] = left
            else:
                del state.seen[history, key, value]
            history_changed(self.network, state, history, key, set())
        for (kind, names, key), told in list(state.facts.items()):
            for item in [t for t in told if t[1] == id]:
                found = True
                told.remove(item)
                fact_changed(self.network, state, kind, {names: key}, type(item[2]), item, set())
        if found:
            state.withdrawn[id] = state.now
        return found

    def next_due(self, state: EngineState) -> int | None:
        """Return when time alone next changes something, in microseconds, or None."""
        while state.due:
            at, rule, key = state.due[0]
            if state.scheduled.get((rule, key)) == at:
                break
            heappop(state.due)  # an entry that a later evaluation has replaced
        while state.alarms:
            at, place, key = state.alarms[0]
            if state.waiting.get((place, key)) == at:
                break
            heappop(state.alarms)
        times = [heap[0][0] for heap in (state.due, state.alarms) if heap]
        return min(times, default=None)

    def pass_time(self, state: EngineState, now: int) -> None:
        """Mark what is due at or before `now`; `settle` then draws the conclusions."""
        state.now = max(state.now, now)
        while (at := self.next_due(state)) is not None and at <= now:
            if state.due and state.due[0][0] == at and state.scheduled.get(state.due[0][1:]) == at:
                _, rule, key = heappop(state.due)
                del state.scheduled[rule, key]
                state.dirty.add((rule, key))
                continue
            _, place, key = heappop(state.alarms)
            del state.waiting[place, key]
            if place < 0:
                take_hour(self.network, state, -1 - place, key)
            else:
                touch(state, place, key, self.network.nodes[place].since(at))

    def forget(self, state: EngineState, now: int) -> None:
        """
        Drop what nobody can need at `now` (microseconds): keys that fell silent, anchors that have run out.

        Changes no firing. Call it now and then, between steps; the state otherwise keeps every key it has ever seen.
        """
        forget(self.network, state, now)

    # --- conclusions --------------------------------------------------------------------------------------------

    def settle(self, state: EngineState) -> tuple[Change, ...]:
        """
        Evaluate every touched rule, stratum by stratum, and return what changed.

        The agenda is ordered by (stratum, salience, rule id, key). A rule is evaluated once per key and step
        (refraction); a rule of a higher stratum is added when points of an issue it reads have changed. Strata have
        no cycle, so it ends.
        """
        refresh(self.network, state)
        changes = [Change("quarantined", rule, ()) for rule in state.announced]
        state.announced.clear()
        pending: list[tuple[tuple[int, int, str], Key]] = []
        queued: set[tuple[str, Key]] = set()

        def queue(items: Iterable[tuple[str, Key]]) -> None:
            for rule_id, key in items:
                if (rule_id, key) not in queued:
                    queued.add((rule_id, key))
                    heappush(pending, (self._order[rule_id], key))

        queue(state.dirty)
        state.dirty.clear()
        while pending:
            (_, _, rule_id), key = heappop(pending)
            rule = self._rules[rule_id]
            before = state.firings.get((rule_id, key))
            holds, at, again, low = self._evaluate(state, rule.when, key, rule.lasts_us)
            if rule_id in state.quarantined:
                holds, again = False, None
            self._schedule(state, rule_id, key, again)
            if at is None:
                at = before.at if before else state.now  # held up by known issues alone: since when it first held
            after = Firing(rule_id, key, at, low) if holds else None
            if after == before:
                continue
            read = rule.then.kind.name in self._readers
            points = self.points(state, rule.then.kind.name, key) if read else None
            if after is None:
                del state.firings[rule_id, key]
                changes.append(Change("retracted", rule_id, key))
            else:
                state.firings[rule_id, key] = after
                changes.append(Change("moved" if before else "fired", rule_id, key))
            if read and points != self.points(state, rule.then.kind.name, key):
                queue((reader, key) for reader in self._readers[rule.then.kind.name])
        return tuple(changes)

    def points(self, state: EngineState, kind: str, key: Key) -> int | None:
        """
        Return the raw evidence points of an issue: strongest per family, no prior, no caps.

        None while no rule supports it.
        """
        high: dict[str, int] = {}
        low: dict[str, int] = {}
        for rule in self._about.get(kind, ()):
            firing = state.firings.get((rule.id, key))
            if firing is not None:
                family, points = rule.then.family, self.points_of(firing)
                high[family] = max(high.get(family, 0), points)
                low[family] = min(low.get(family, 0), points)
        if not any(high.values()):
            return None
        return sum(high.values()) + sum(low.values())

    def points_of(self, firing: Firing) -> int:
        """Return the points that a firing rule brings: its own, or one class lower on a fallback baseline."""
        rule = self._rules[firing.rule]
        return lowered_points(rule) if firing.lowered else rule.then.points

    def holds(self, state: EngineState, premise: Premise[Any], key: Key, lasts: int) -> bool:
        """Return whether a premise of one of the rules holds for a key just now."""
        return self._evaluate(state, premise, key, lasts)[0]

    def fact(self, state: EngineState, operand: Fact[Any], key_names: tuple[str, ...], key: Key) -> Any:
        """Return the newest known value of a fact for a key, or its default, or None."""
        names = fact_key_names(key_names, operand.column.owner)
        values = tuple(v for n, v in zip(key_names, key, strict=True) if n in names)
        held = state.facts.get((operand.column.owner.__signal_kind__, names, values), [])
        return newest(held, operand, len(held))

    # --- errors -------------------------------------------------------------------------------------------------

    def _count_errors(self, state: EngineState, errors: set[str], asked: set[str]) -> None:
        """Leave a rule out once it has raised a number of times in a row; any signal it can judge starts anew."""
        for rule in asked - errors:
            state.errors.pop(rule, None)
        for rule in sorted(errors):
            state.errors[rule] = state.errors.get(rule, 0) + 1
            if state.errors[rule] >= ERRORS_IN_A_ROW and rule not in state.quarantined:
                state.quarantined[rule] = state.now
                state.announced.append(rule)
                state.dirty.update((r, key) for r, key in state.firings if r == rule)

    # --- rules --------------------------------------------------------------------------------------------------

    def _schedule(self, state: EngineState, rule: str, key: Key, at: int | None) -> None:
        if at is None:
            state.scheduled.pop((rule, key), None)
        elif state.scheduled.get((rule, key)) != at:
            state.scheduled[rule, key] = at
            heappush(state.due, (at, rule, key))

    def _evaluate(
        self, state: EngineState, premise: Premise[Any], key: Key, lasts: int
    ) -> tuple[bool, int | None, int | None, bool]:
        """Return (holds, anchor, when time alone changes it, lowered); the times in microseconds."""
        match premise:
            case Known(kind=kind, at_least_points=n, negated=negated):
                points = self.points(state, kind.name, key)
                return (points is not None and points >= n) is not negated, None, None, False
            case During(negated=negated):
                inside, again = self._during(state, premise, key)
                return inside is not negated, None, again, False
            case Given(negated=negated):
                return self._given(state, premise, key) is not negated, None, None, False
            case Both(parts=parts):
                results = [self._evaluate(state, p, key, lasts) for p in parts]
                anchors = [at for _, at, _, _ in results if at is not None]
                again = _earliest(r[2] for r in results)
                return all(r[0] for r in results), max(anchors, default=None), again, any(r[3] for r in results)
            case Recent(of=of, length=length):
                holds, at, again, low = self._evaluate(state, of, key, lasts)
                if not holds or at is None:
                    return holds, at, again, low
                end = at + length + 1
                return state.now < end, at, _earliest((again, end if state.now < end else None)), low
            case Unless(of=of, recovery=recovery):
                holds, at, again, low = self._evaluate(state, of, key, lasts)
                taken_back, since, later, _ = self._evaluate(state, recovery, key, lasts)
                if not holds:
                    return False, None, again, False
                taken_back = taken_back and (at is None or since is None or since >= at)
                return not taken_back, at, _earliest((again, later)), low
            case Timed():
                node = self.network.node_of(premise)
                times = node.times(state, key)
                if not times or times[-1] < state.now - lasts:
                    return False, None, None, False
                return True, times[-1], times[-1] + lasts + 1, node.lowered(state, key, times[-1])
            case _:
                raise TypeError(f"no such premise: {premise!r}")

    def _during(self, state: EngineState, premise: During[Any], key: Key) -> tuple[bool, int | None]:
        """Return whether now is inside a declared interval, and when that next changes."""
        place, interval = self.network.calendars[id(premise)]
        stream = state.streams.get((place, key))
        spans = [span for e in (stream.entries if stream is not None else ()) if (span := interval.of(e)) is not None]
        edges = [t for first, last in spans for t in (first, last + 1) if t > state.now]
        return any(first <= state.now <= last for first, last in spans), min(edges, default=None)

    def _given(self, state: EngineState, premise: Given[Any], key: Key) -> bool:
        told = {f.column.name: self.fact(state, f, premise.key_names, key) for f in premise.facts}
        asking: Any = None  # nothing but the columns of the fact is read
        signal: Any = SimpleNamespace(**told)
        return self.network.conditions[id(premise)](signal, asking) is Truth.MATCH


def _earliest(times: Iterable[int | None]) -> int | None:
    return min((t for t in times if t is not None), default=None)
