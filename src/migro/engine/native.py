"""
The native engine: incremental forward chaining in strata.

A signal touches the streams whose selections it matches; only premises over touched streams are evaluated again, and
only from the signal's time on; only rules whose premises changed are evaluated, and only issues whose rules changed
are passed on. Time touches what is due. Everything is held in an `EngineState` that the caller owns; the engine
itself is compiled rules and never changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

from ..errors import InputError
from ..expressions import Fact
from ..models import Signal
from ..rules import Premise, Rule, RuleSet, Selection, Timed, leaves
from .evaluating import Answer, Evaluator, compile_premise, newest_fact, supporting
from .forgetting import forget
from .matching import SelectionIndex
from .network import Network
from .sorting import Sorter, is_sortable
from .sources import Source
from .spreading import refresh, take_hour, touch, touch_source
from .state import Change, EngineState, Evidence, Firing, Key
from .streams import Entry
from .taking import (
    admit,
    entry_of,
    fact_changed,
    history_changed,
    judge,
    key_of,
    learn_fact,
    note_late,
    read,
    remember,
    see,
)
from .wanting import is_about, lowered_by

__all__ = ["ERRORS_IN_A_ROW", "NativeEngine", "lowered_points"]

ERRORS_IN_A_ROW = 3
"""After so many signals in a row on which its predicates raised, a rule is left out."""

_CLASSES = {"supports": (50, 5), "refutes": (60, 20), "vetoes": ()}
"""Points of medium and weak evidence: what is above the first counts as the first, what is above the second as it."""


def _part(key: Key, places: tuple[int, ...]) -> Key:
    return tuple(key[place] for place in places)


def lowered_points(rule: Rule[Any]) -> int:
    """Return a rule's points one class lower: strong as medium, medium as weak, weak as they are."""
    points = abs(rule.then.points)
    lower = next((c for c in _CLASSES[rule.then.effect] if c < points), points)
    return lower if rule.then.points > 0 else -lower


class NativeEngine:
    """
    Compiled rules; see the module.

    Args:
        facts: What is asked about an issue beside its rules; their signals are kept as facts, and typed, as well.

    Attributes:
        signals: The class of each kind of signal that is read.
    """

    name = "native/2"

    def __init__(self, ruleset: RuleSet, facts: Sequence[Fact[Any]] = ()) -> None:
        self.ruleset = ruleset
        told = {f.column.owner.__signal_kind__: f.column.owner for f in facts}
        self.signals: Mapping[str, type[Signal]] = {**told, **ruleset.signals}
        self.network = Network(ruleset, facts)
        self._readers = self.network.readers
        by_kind: dict[str, list[Source]] = {"": []}
        others: list[tuple[int, Selection[Any, Any]]] = []
        selecting = [(s, s.selection) for s in self.network.sources if s.selection is not None]
        for source, selection in selecting:
            if is_sortable(source):
                by_kind.setdefault(selection.signal.__signal_kind__, []).append(source)
            else:
                others.append((source.number, selection))
        everything = by_kind.pop("")
        self._sorters = {kind: Sorter([*found, *everything]) for kind, found in by_kind.items()}
        self._sorter = Sorter(everything)
        self._index = SelectionIndex(others)
        self._asked = SelectionIndex((source.number, selection) for source, selection in selecting)
        self._compiled = {
            r.id: (r, compile_premise(self.network, r.when, r.lasts_us, self.points)) for r in ruleset.rules
        }
        self.supporting = {r.id: supporting(r.when) for r in ruleset.rules}
        self._parts: dict[tuple[int, int], tuple[Premise[Any], Evaluator]] = {}
        self._asks_history: dict[str, list[Source]] = {}
        for source in self.network.sources:
            if source.histories and source.selection is not None:
                self._asks_history.setdefault(source.selection.signal.__signal_kind__, []).append(source)
        self._lowers = {r.id: lowered_by(self.network, r) for r in ruleset.rules}
        self._lowering: dict[str, list[tuple[str, list[int]]]] = {}
        for rule in ruleset.rules:
            if self._lowers[rule.id] is not None:
                parts = [self.network.node_of(leaf).number for leaf in leaves(rule.when) if isinstance(leaf, Timed)]
                self._lowering.setdefault(rule.then.kind.name, []).append((rule.id, parts))
        self._order = {
            r.id: (level, -r.salience, r.id) for level, stratum in enumerate(ruleset.strata) for r in stratum
        }

    # --- inputs -------------------------------------------------------------------------------------------------

    def insert(self, state: EngineState, signal: Signal, now: int) -> Evidence:
        """Take a signal in; `settle` then draws the conclusions. `now` is in microseconds and never runs backwards."""
        if now > state.now:
            state.now = now
        try:
            signal = self._typed(signal)
        except InputError as e:
            return Evidence(matched=False, unreadable=str(e))
        if state.withdrawn and signal.id in state.withdrawn:
            return Evidence(matched=False)
        errors: set[str] = set()
        unkeyed: list[str] = []
        measured: list[tuple[int, Key]] = []
        matched = keyed = late = False
        if signal.kind in self._asks_history or "" in self._asks_history:
            see(self.network, state, self._asks_history, signal, errors)
        keys: dict[tuple[str, ...], Key | None] = {}
        bare = entry_of(signal)
        age = state.now - bare.at
        for source, entry in self._selected(state, signal, bare, errors):
            names = source.key_names
            if names in keys:
                key = keys[names]
            else:
                key = key_of(source, signal)
                # One object for all that is known of a key: it is found by what it is, without a look at its words.
                key = keys[names] = None if key is None else state.keys.setdefault(key, key)
            if source.users:  # what only an impact is estimated from explains nothing
                matched = True
                if key is not None:
                    keyed = True
                elif source.selection is not None:
                    unkeyed.append(source.selection.signal.__name__)
            if key is None:
                continue
            if age > source.retention:
                late = True
                note_late(state, source, key, entry.at)
            elif admit(state, source, key, entry):
                measured.append((source.number, key))
        if signal.kind in self.network.fact_names:
            matched = True
            learn_fact(self.network, state, signal, errors)
        if errors or state.errors:
            self._count_errors(state, errors, signal)
        return Evidence(
            matched,
            tuple(sorted(set(unkeyed))) if unkeyed and not keyed else (),
            late and not measured,
            tuple(sorted(errors)) if errors else (),
            "",
            tuple(measured),
        )

    def _selected(
        self, state: EngineState, signal: Signal, bare: Entry, errors: set[str]
    ) -> list[tuple[Source, Entry]]:
        """Return the sources that select a signal, and what they keep of it: the `bare` entry, if nothing more."""
        found: list[tuple[Source, Entry]] = []
        known = self._sorters.get(signal.kind, self._sorter).matching(signal)
        kept: list[Entry | None] = []
        for source, hits, like in known or ():
            entry = kept[like] if like >= 0 else read(source, signal, bare, None, hits, errors)
            kept.append(entry)
            if entry is not None:
                found.append((source, entry))
        index = self._index if known is not None else self._asked
        for place in index.candidates(signal):
            source = self.network.sources[place]
            if source.context and (key := key_of(source, signal)) is not None:
                remember(state, source, key, signal)
            entry = judge(state, source, signal, bare, errors)
            if entry is not None:
                found.append((source, entry))
        return found

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
            scheduled = state.scheduled.get((rule, key))
            if scheduled == at:
                break
            if scheduled is not None and scheduled > at:
                heapreplace(state.due, (scheduled, rule, key))  # it was put off meanwhile
            else:
                heappop(state.due)  # an entry that a later evaluation has replaced
        while state.alarms:
            at, place, key = state.alarms[0]
            if state.waiting.get((place, key)) == at:
                break
            heappop(state.alarms)
        if state.due and state.alarms:
            return min(state.due[0][0], state.alarms[0][0])
        return state.due[0][0] if state.due else state.alarms[0][0] if state.alarms else None

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
        if state.attentive:
            self._attend(state)
        if state.touched:
            refresh(self.network, state)
        if not (state.dirty or state.announced):
            return ()
        changes: list[Change] = []
        if state.announced:
            changes += [Change("quarantined", rule, ()) for rule in state.announced]
            state.announced.clear()
        queued, state.dirty = state.dirty, set()
        pending = [(self._order[rule_id], key) for rule_id, key in queued]
        heapify(pending)
        while pending:
            (_, _, rule_id), key = heappop(pending)
            rule, evaluate = self._compiled[rule_id]
            if not (state.attentive or self.asks(state, rule_id, key)):
                # Nobody has been told that it fired, or there would be something that it is about.
                state.firings.pop((rule_id, key), None)
                state.scheduled.pop((rule_id, key), None)
                continue
            before = state.firings.get((rule_id, key))
            holds, at, again, low = evaluate(state, key)
            if rule_id in state.quarantined:
                holds, again = False, None
            self._schedule(state, rule_id, key, again)
            if before is None and not holds:
                continue
            if at is None:
                at = before.at if before else state.now  # held up by known issues alone: since when it first held
            if before is not None and holds and before.at == at and before.lowered == low:
                continue
            after = Firing(rule_id, key, at, low) if holds else None
            # Points follow from which rules hold and which are lowered, not from when.
            counts = before is None or not holds or before.lowered != low
            read = counts and rule.then.kind.name in self._readers
            points = self.points(state, rule.then.kind.name, key) if read else None
            if after is None:
                del state.firings[rule_id, key]
                changes.append(Change("retracted", rule_id, key))
            else:
                state.firings[rule_id, key] = after
                changes.append(Change("moved" if before else "fired", rule_id, key))
                if before is None and self._lowers[rule_id] is None and state.issues is not None:
                    self._ask_against(state, rule.then.kind.name, key)
                    refresh(self.network, state)
                    for other in state.dirty:
                        heappush(pending, (self._order[other[0]], other[1]))
                    queued |= state.dirty
                    state.dirty.clear()
            if read and points != self.points(state, rule.then.kind.name, key):
                for reader in self._readers[rule.then.kind.name]:
                    if (reader, key) not in queued:
                        queued.add((reader, key))
                        heappush(pending, (self._order[reader], key))
        return tuple(changes)

    def asks(self, state: EngineState, rule: str, key: Key) -> bool:
        """Return whether a rule is asked about a key: one that only lowers an issue is where there is one."""
        lowers = self._lowers[rule]
        return lowers is None or is_about(state, *lowers, key)

    def take_over(self, state: EngineState, issues: Collection[tuple[str, Key]]) -> None:
        """Have other issues than before, by kind and key, be those that somebody holds."""
        state.issues = issues
        for kind, key in issues:
            self._ask_against(state, kind, key)
        self.settle(state)

    def keep_up(self, state: EngineState) -> None:
        """Have everything kept up from now on and fire what can, as if each issue were held; for a copy of a state."""
        state.issues = None
        nodes, asked = self.network.nodes, dict[int, set[Key]]()
        for number, key in list(state.streams):
            source = self.network.sources[number]
            for place, at in (*((n, key) for n in source.readers), *((n, _part(key, p)) for n, p in source.watchers)):
                asked.setdefault(place, set()).add(at)
                if nodes[place].wants:
                    touch(state, place, at, 0)
        for place, key in state.times:
            asked.setdefault(place, set()).add(key)
        for rules in self._lowering.values():
            state.dirty.update((rule, key) for rule, parts in rules for part in parts for key in asked.get(part, ()))
        self.settle(state)

    def _ask_against(self, state: EngineState, kind: str, key: Key) -> None:
        """Have everything looked at that can lower an issue, which there is from now on."""
        for rule, parts in self._lowering.get(kind, ()):
            self._ask(state, rule, parts, key)

    def _ask(self, state: EngineState, rule: str, parts: list[int], key: Key) -> None:
        state.dirty.add((rule, key))
        for part in parts:
            if self.network.nodes[part].wants and (part, key) not in state.current:
                touch(state, part, key, 0)

    def _attend(self, state: EngineState) -> None:
        """Have every rule looked at that a signal may fire, whatever it can lower."""
        for place, key in list(state.touched):
            for rule in self.network.nodes[place].rules:
                lowers = self._lowers[rule]
                if lowers is not None:
                    self._ask_against(state, lowers[0], key)

    def points(self, state: EngineState, kind: str, key: Key) -> int | None:
        """
        Return the raw evidence points of an issue: strongest per family, no prior, no caps.

        None while no rule supports it.
        """
        high: dict[str, int] = {}
        low: dict[str, int] = {}
        for rule in self.ruleset.about(kind):
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
        rule = self.ruleset.rule(firing.rule)
        return lowered_points(rule) if firing.lowered else rule.then.points

    def holds(self, state: EngineState, premise: Premise[Any], key: Key, lasts: int) -> bool:
        """Return whether a premise of one of the rules, or a part of it, holds for a key just now."""
        return self.answer(state, premise, key, lasts)[0]

    def answer(self, state: EngineState, premise: Premise[Any], key: Key, lasts: int) -> Answer:
        """Return what a premise of one of the rules, or a part of it, says of a key just now."""
        found = self._parts.get((id(premise), lasts))
        if found is None:
            # With the premise itself, or another one could come to have its id.
            compiled = compile_premise(self.network, premise, lasts, self.points)
            found = self._parts[id(premise), lasts] = (premise, compiled)
        return found[1](state, key)

    def fact(self, state: EngineState, operand: Fact[Any], key_names: tuple[str, ...], key: Key) -> Any:
        """Return the newest known value of a fact for a key, or its default, or None."""
        return newest_fact(state, operand, key_names, key)

    def _typed(self, signal: Signal) -> Signal:
        cls = self.signals.get(signal.kind)
        return signal if cls is None or type(signal) is cls or isinstance(signal, cls) else cls.of(signal)

    # --- errors -------------------------------------------------------------------------------------------------

    def _count_errors(self, state: EngineState, errors: set[str], signal: Signal) -> None:
        """Leave a rule out once it has raised a number of times in a row; any signal it can judge starts anew."""
        asked = set().union(*(self.network.sources[place].users for place in self._asked.candidates(signal)))
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
            return
        held = state.scheduled.get((rule, key))
        if held != at:
            state.scheduled[rule, key] = at
            # What is put off, as by every further signal of an open issue, moves in the heap when its entry comes up.
            if held is None or at < held:
                heappush(state.due, (at, rule, key))
