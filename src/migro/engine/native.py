"""
The native engine: incremental forward chaining in strata.

A signal touches the windows whose selections it matches; only premises over touched windows are evaluated again,
and only issues whose rules changed are passed on. Time touches what is due. Everything is held in an `EngineState`
that the caller owns; the engine itself is compiled rules and never changes.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import Any

from ..errors import InputError
from ..expressions import Fact, Truth, facts_of
from ..models import Signal
from ..rules import Both, Distinct, Known, Premise, Recent, Rule, RuleSet, Selection, Share, Unless, leaves
from .matching import SelectionIndex, compile_predicates
from .state import Change, EngineState, Evidence, Firing, Key, Leaf
from .windows import Anchor, Entry, Window, anchor_of, newest_anchor

__all__ = ["NativeEngine"]


class NativeEngine:
    """Compiled rules; see the module."""

    name = "native/1"

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._rules: dict[str, Rule[Any]] = {r.id: r for r in ruleset.rules}
        self._selections: list[Selection[Any, Any]] = []
        numbers: dict[str, int] = {}
        self.leaves: list[Leaf] = []
        leaf_numbers: dict[str, int] = {}
        users: dict[int, list[Rule[Any]]] = {}
        self._leaf_of: dict[int, int] = {}
        self._readers: dict[str, list[str]] = {}
        found: list[tuple[Premise[Any], int]] = []
        for rule in ruleset.rules:
            for premise in leaves(rule.when):
                if isinstance(premise, Known):
                    self._readers.setdefault(premise.kind.name, []).append(rule.id)
                    continue
                selection: Selection[Any, Any] = premise if isinstance(premise, Selection) else premise.of  # type: ignore[attr-defined]  # the other leaves measure one
                name = _identity(selection)
                if name not in numbers:
                    numbers[name] = len(self._selections)
                    self._selections.append(selection)
                leaf_name = _identity(premise)
                if leaf_name not in leaf_numbers:
                    leaf_numbers[leaf_name] = len(found)
                    found.append((premise, numbers[name]))
                self._leaf_of[id(premise)] = leaf_numbers[leaf_name]
                users.setdefault(leaf_numbers[leaf_name], []).append(rule)
        for number, (premise, selection_number) in enumerate(found):
            lasts = max(max(r.lasts_us, r.when.longest) for r in users[number])
            self.leaves.append(
                Leaf(
                    number=number,
                    premise=premise,
                    selection=selection_number,
                    numerator=compile_predicates(premise.predicates) if isinstance(premise, Share) else None,
                    rules=tuple(sorted({r.id for r in users[number]})),
                    lasts=lasts,
                    retention=lasts + premise.longest,
                )
            )
        self._matchers = [compile_predicates(s.predicates) for s in self._selections]
        self._index = SelectionIndex(self._selections)
        self._measured: list[list[Leaf]] = [[] for _ in self._selections]
        for leaf in self.leaves:
            self._measured[leaf.selection].append(leaf)
        self._fact_names: dict[str, set[tuple[str, ...]]] = {}
        self._reads_facts: list[frozenset[str]] = [self._facts_read(n) for n in range(len(self._selections))]
        # What impact is estimated with is read by no rule, and has to be learned all the same.
        for kind in ruleset.kinds.values():
            for operand in (kind.impact.order_value, kind.impact.currency) if kind.impact else ():
                if operand is not None:
                    columns = operand.column.owner.__columns__
                    names = tuple(n for n in kind.per if n in columns and columns[n].key)
                    self._fact_names.setdefault(operand.column.owner.__signal_kind__, set()).add(names)
        self._order = {
            r.id: (level, -r.salience, r.id) for level, stratum in enumerate(ruleset.strata) for r in stratum
        }

    def _facts_read(self, number: int) -> frozenset[str]:
        selection = self._selections[number]
        predicates = list(selection.predicates)
        for leaf in self._measured[number]:
            if isinstance(leaf.premise, Share):
                predicates += leaf.premise.predicates
        kinds = set()
        for operand in (f for p in predicates for f in facts_of(p)):
            owner = operand.column.owner
            self._fact_names.setdefault(owner.__signal_kind__, set()).add(_fact_key_names(selection, owner))
            kinds.add(owner.__signal_kind__)
        return frozenset(kinds)

    # --- inputs -------------------------------------------------------------------------------------------------

    def insert(self, state: EngineState, signal: Signal, now: int) -> Evidence:
        """Take a signal in; `settle` then draws the conclusions. `now` is in microseconds and never runs backwards."""
        state.now = max(state.now, now)
        try:
            signal = self.ruleset.typed(signal)
        except InputError as e:
            return Evidence(matched=False, unreadable=str(e))
        errors: set[str] = set()
        unkeyed: list[str] = []
        measured: list[tuple[int, Key]] = []
        matched = keyed = late = kept = False
        for number in self._index.candidates(signal):
            selection = self._selections[number]
            key = _key(selection, signal)
            if key is not None and self._reads_facts[number]:
                self._remember(state, number, key, signal)
            truth = self._match(state, number, signal)
            if truth is Truth.ERROR:
                errors.update(r for leaf in self._measured[number] for r in leaf.rules)
            if truth is not Truth.MATCH:
                continue
            matched = True
            if key is None:
                unkeyed.append(selection.signal.__name__)
                continue
            keyed = True
            for leaf in self._measured[number]:
                if signal.effective_at < state.now - leaf.retention:
                    late = True
                elif self._admit(state, leaf, key, signal, errors):
                    kept = True
                    measured.append((leaf.number, key))
                    self._refresh(state, leaf, key)
        if signal.kind in self._fact_names:
            matched = True
            self._learn_fact(state, signal, errors)
        return Evidence(
            matched=matched,
            unkeyed=() if keyed else tuple(sorted(set(unkeyed))),
            late=late and not kept,
            errors=tuple(sorted(errors)),
            measured=tuple(measured),
        )

    def supported(self, state: EngineState, signal: Signal, evidence: Evidence) -> tuple[tuple[str, Key], ...]:
        """Return the issues, by kind and key, whose firing rules rest on this signal just now."""
        found = set()
        for number, key in evidence.measured:
            anchor = state.anchors.get((number, key))
            if anchor is None or not anchor.since <= signal.effective_at <= anchor.at:
                continue
            window = state.windows[number, key]
            if not any(e.id == signal.id and e.hit for e in window.between(signal.effective_at, signal.effective_at)):
                continue
            for rule in self.leaves[number].rules:
                if (rule, key) in state.firings:
                    found.add((self._rules[rule].then.kind.name, key))
        return tuple(sorted(found))

    def next_due(self, state: EngineState) -> int | None:
        """Return when time alone next changes something, in microseconds, or None."""
        while state.due:
            at, rule, key = state.due[0]
            if state.scheduled.get((rule, key)) == at:
                return at
            heappop(state.due)  # an entry that a later evaluation has replaced
        return None

    def pass_time(self, state: EngineState, now: int) -> None:
        """Mark what is due at or before `now`; `settle` then draws the conclusions."""
        state.now = max(state.now, now)
        while (at := self.next_due(state)) is not None and at <= now:
            _, rule, key = heappop(state.due)
            del state.scheduled[rule, key]
            state.dirty.add((rule, key))

    def forget(self, state: EngineState, now: int) -> None:
        """
        Drop what no window can need at `now` (microseconds): keys that fell silent, anchors that have run out.

        Changes no firing. Call it now and then, between steps; the state otherwise keeps every key it has ever seen.
        """
        state.now = max(state.now, now)
        for (number, key), window in list(state.windows.items()):
            leaf = self.leaves[number]
            window.forget_before(state.now - leaf.retention)
            anchor = state.anchors.get((number, key))
            if anchor is not None and anchor.at < state.now - leaf.lasts:
                del state.anchors[number, key]
            if not window:
                del state.windows[number, key]
        for (number, key), kept in list(state.candidates.items()):
            oldest = state.now - max(leaf.retention for leaf in self._measured[number])
            del kept[: bisect_left(kept, oldest, key=lambda held: held[0])]
            if not kept:
                del state.candidates[number, key]

    # --- conclusions --------------------------------------------------------------------------------------------

    def settle(self, state: EngineState) -> tuple[Change, ...]:
        """
        Evaluate every touched rule, stratum by stratum, and return what changed.

        The agenda is ordered by (stratum, salience, rule id, key). A rule is evaluated once per key and step
        (refraction); a rule of a higher stratum is added when points of an issue it reads have changed.
        """
        changes: list[Change] = []
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
            holds, at, again = self._evaluate(state, rule.when, key, rule.lasts_us)
            self._schedule(state, rule_id, key, again)
            if at is None:
                at = before.at if before else state.now  # held up by known issues alone: since when it first held
            after = Firing(rule_id, key, at) if holds else None
            if after == before:
                continue
            points = self.points(state, rule.then.kind.name, key) if rule.then.kind.name in self._readers else None
            if after is None:
                del state.firings[rule_id, key]
                changes.append(Change("retracted", rule_id, key))
            else:
                state.firings[rule_id, key] = after
                changes.append(Change("moved" if before else "fired", rule_id, key))
            if points != (
                self.points(state, rule.then.kind.name, key) if rule.then.kind.name in self._readers else None
            ):
                queue((reader, key) for reader in self._readers[rule.then.kind.name])
        return tuple(changes)

    def points(self, state: EngineState, kind: str, key: Key) -> int | None:
        """
        Return the raw evidence points of an issue: strongest per family, no prior, no caps.

        None while no rule supports it.
        """
        high: dict[str, int] = {}
        low: dict[str, int] = {}
        for rule in self.ruleset.about(kind):
            if (rule.id, key) in state.firings:
                family, points = rule.then.family, rule.then.points
                high[family] = max(high.get(family, 0), points)
                low[family] = min(low.get(family, 0), points)
        if not any(high.values()):
            return None
        return sum(high.values()) + sum(low.values())

    def anchor(self, state: EngineState, premise: Premise[Any], key: Key) -> tuple[Anchor | None, list[Entry]]:
        """Return where a measuring premise is satisfied last, and every entry of its window, oldest first."""
        number = self._leaf_of[id(premise)]
        anchor = state.anchors.get((number, key))
        window = state.windows.get((number, key))
        if anchor is None or window is None:
            return None, window.entries if window else []
        return anchor, window.between(anchor.since, anchor.at)

    def holds(self, state: EngineState, premise: Premise[Any], key: Key, lasts: int) -> bool:
        """Return whether a premise of one of the rules holds for a key just now."""
        return self._evaluate(state, premise, key, lasts)[0]

    def fact(self, state: EngineState, operand: Fact[Any], key_names: tuple[str, ...], key: Key) -> Any:
        """Return the newest known value of a fact for a key, or its default, or None."""
        names = tuple(n for n in key_names if n in operand.column.owner.__columns__)
        values = tuple(v for n, v in zip(key_names, key, strict=True) if n in names)
        held = state.facts.get((operand.column.owner.__signal_kind__, names, values), [])
        return _newest(held, operand, len(held))

    # --- inside -------------------------------------------------------------------------------------------------

    def _match(self, state: EngineState, number: int, signal: Signal) -> Truth:
        return self._matchers[number](signal, lambda f, s: self._fact_at(state, number, f, s))

    def _admit(self, state: EngineState, leaf: Leaf, key: Key, signal: Signal, errors: set[str]) -> bool:
        """Put a matching signal into a leaf's window; returns whether the window changed."""
        value, hit = None, True
        if isinstance(leaf.premise, Distinct):
            value = getattr(signal, leaf.premise.column.name)
            if value is None:
                return False
        if leaf.numerator is not None:
            truth = leaf.numerator(signal, lambda f, s: self._fact_at(state, leaf.selection, f, s))
            if truth is Truth.ERROR:
                errors.update(leaf.rules)
            if truth in (Truth.ERROR, Truth.UNKNOWN):
                return False
            hit = truth is Truth.MATCH
        window = state.windows.setdefault((leaf.number, key), Window())
        entry = Entry(
            at=signal.effective_at,
            id=signal.id,
            kind=signal.kind,
            source_kind=signal.source_kind,
            auth=signal.auth,
            env=signal.env,
            value=value,
            hit=hit,
        )
        return window.add(entry)

    def _refresh(self, state: EngineState, leaf: Leaf, key: Key, *, whole: bool = False) -> None:
        """Find a leaf's anchor again; `whole` when more has changed than the entry that came last."""
        window = state.windows[leaf.number, key]
        window.forget_before(state.now - leaf.retention)
        oldest = state.now - leaf.lasts
        before = state.anchors.get((leaf.number, key))
        grown = window.grew_at_the_end and not whole
        if grown and (before is None or before.at >= oldest):
            after = newest_anchor(leaf.premise, window) or before
            if after is not None and after.at < oldest:
                after = None
        else:
            after = anchor_of(leaf.premise, window, oldest)
        if after is before and grown:
            return
        if after is None:
            state.anchors.pop((leaf.number, key), None)
        else:
            state.anchors[leaf.number, key] = after
        state.dirty.update((rule, key) for rule in leaf.rules)

    def _learn_fact(self, state: EngineState, signal: Signal, errors: set[str]) -> None:
        columns = type(signal).__columns__
        told: dict[tuple[str, ...], Key] = {}
        for names in sorted(self._fact_names[signal.kind]):
            key = tuple(getattr(signal, n) for n in names if n in columns)
            if None in key:
                continue
            told[names] = key
            held = state.facts.setdefault((signal.kind, names, key), [])
            if not any(item[1] == signal.id for item in held):
                insort(held, (signal.effective_at, signal.id, signal), key=_order)
        for (number, key), kept in state.candidates.items():
            if signal.kind in self._reads_facts[number] and self._concerns(number, key, told, type(signal)):
                self._judge_again(state, number, key, kept, errors)

    def _concerns(self, number: int, key: Key, told: Mapping[tuple[str, ...], Key], owner: type[Signal]) -> bool:
        """Return whether a fact was told about this key of a selection."""
        selection = self._selections[number]
        names = _fact_key_names(selection, owner)
        values = dict(zip(selection.key_names, key, strict=True))
        return told.get(names) == tuple(values[n] for n in names)

    def _judge_again(
        self, state: EngineState, number: int, key: Key, kept: list[tuple[int, str, Signal]], errors: set[str]
    ) -> None:
        """Fill the windows of a selection and key anew: a fact learned late changes what earlier signals were."""
        for leaf in self._measured[number]:
            state.windows[leaf.number, key] = Window()
            for at, _, candidate in kept:
                if at >= state.now - leaf.retention and self._match(state, number, candidate) is Truth.MATCH:
                    self._admit(state, leaf, key, candidate, errors)
            self._refresh(state, leaf, key, whole=True)

    def _remember(self, state: EngineState, number: int, key: Key, signal: Signal) -> None:
        """Keep a signal of a selection that reads facts, as long as one of its windows may need it."""
        kept = state.candidates.setdefault((number, key), [])
        item = (signal.effective_at, signal.id, signal)
        place = bisect_left(kept, item[:2], key=_order)
        if place == len(kept) or kept[place][:2] != item[:2]:
            kept.insert(place, item)
        oldest = state.now - max(leaf.retention for leaf in self._measured[number])
        del kept[: bisect_left(kept, oldest, key=lambda held: held[0])]

    def _fact_at(self, state: EngineState, number: int, operand: Fact[Any], signal: Signal) -> Any:
        owner = operand.column.owner
        names = _fact_key_names(self._selections[number], owner)
        key = tuple(getattr(signal, n) for n in names)
        held = state.facts.get((owner.__signal_kind__, names, key), [])
        return _newest(held, operand, bisect_right(held, signal.effective_at, key=lambda item: item[0]))

    def _schedule(self, state: EngineState, rule: str, key: Key, at: int | None) -> None:
        if at is None:
            state.scheduled.pop((rule, key), None)
        elif state.scheduled.get((rule, key)) != at:
            state.scheduled[rule, key] = at
            heappush(state.due, (at, rule, key))

    def _evaluate(
        self, state: EngineState, premise: Premise[Any], key: Key, lasts: int
    ) -> tuple[bool, int | None, int | None]:
        """Return (holds, anchor, when time alone changes it), the last two in microseconds."""
        match premise:
            case Known(kind=kind, at_least_points=n, negated=negated):
                points = self.points(state, kind.name, key)
                holds = (points is not None and points >= n) is not negated
                return holds, None, None
            case Both(parts=parts):
                results = [self._evaluate(state, p, key, lasts) for p in parts]
                anchors = [at for _, at, _ in results if at is not None]
                return all(h for h, _, _ in results), max(anchors, default=None), _earliest(r[2] for r in results)
            case Recent(of=of, span=length):
                holds, at, again = self._evaluate(state, of, key, lasts)
                if not holds or at is None:
                    return holds, at, again
                end = at + length + 1
                return state.now < end, at, _earliest((again, end if state.now < end else None))
            case Unless(of=of, recovery=recovery):
                holds, at, again = self._evaluate(state, of, key, lasts)
                if not holds:
                    return False, None, again
                taken_back, since, later = self._evaluate(state, recovery, key, lasts)
                taken_back = taken_back and (at is None or since is None or since >= at)
                return not taken_back, at, _earliest((again, later))
            case _:
                anchor = state.anchors.get((self._leaf_of[id(premise)], key))
                if anchor is None or anchor.at < state.now - lasts:
                    return False, None, None
                return True, anchor.at, anchor.at + lasts + 1


def _order(item: tuple[int, str, Signal]) -> tuple[int, str]:
    return item[:2]


def _identity(premise: Premise[Any]) -> str:
    return json.dumps(premise.document(), sort_keys=True)


def _key(selection: Selection[Any, Any], signal: Signal) -> Key | None:
    values: list[str] = []
    for column in selection.per:
        value = getattr(signal, column.name, None)
        if value is None:
            return None
        values.append(value)
    return tuple(values)


def _fact_key_names(selection: Selection[Any, Any], owner: type[Signal]) -> tuple[str, ...]:
    return tuple(n for n in selection.key_names if n in owner.__columns__ and owner.__columns__[n].key)


def _newest(held: list[tuple[int, str, Signal]], operand: Fact[Any], end: int) -> Any:
    for _, _, signal in reversed(held[:end]):
        value = getattr(signal, operand.column.name, None)
        if value is not None:
            return value
    return operand.default


def _earliest(times: Iterable[int | None]) -> int | None:
    return min((t for t in times if t is not None), default=None)
