"""
The network: rules compiled to streams, values and nodes that share whatever they have in common.

Nodes are numbered so that what a node is made of has smaller numbers: one pass in order of the numbers brings
everything up to date.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import attrs

from ..expressions import Col, Fact, Pred, Term, facts_of, histories_of, terms_in
from ..rules import (
    After,
    Aggregate,
    Baseline,
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
    Measure,
    Rising,
    Rule,
    RuleSet,
    Runs,
    Selection,
    Share,
    Silence,
    Standout,
    Timed,
    Together,
    Via,
    Without,
    everything,
    fact_uses,
    leaves,
)
from . import joins as j
from . import nodes as n
from .impacts import add_impact
from .matching import Matcher, compile_predicates, compile_term
from .measuring import Parts, compile_value
from .reach import Reach
from .retention import FOR_EVER, need_times
from .sources import HOUR, Interval, SeriesOf, Source, fact_key_names, identity, newest
from .state import EngineState, Key
from .values import Value
from .wanting import note_wants

__all__ = ["Names", "Network"]


@attrs.frozen
class Names:
    """Names by number: of sources, nodes, series, and of histories of what was seen."""

    sources: dict[int, str]
    nodes: dict[int, str]
    series: dict[int, str]
    histories: dict[int, str]


class Network:
    """Compiled rules; see the module."""

    def __init__(self, ruleset: RuleSet, facts: Iterable[Fact[Any]] = ()) -> None:
        self.ruleset = ruleset
        self.sources: list[Source] = []
        self.nodes: list[n.Node] = []
        self.series: list[SeriesOf] = []
        self.readers: dict[str, list[str]] = {}
        self.calendars: dict[int, tuple[int, Interval]] = {}
        self.givens: list[tuple[str, tuple[str, ...], str]] = []
        self.conditions: dict[int, Matcher] = {}
        self.fact_names: dict[str, set[tuple[str, ...]]] = {}
        self.fact_nodes: list[tuple[str, tuple[str, ...], int]] = []
        self.fact_columns: dict[str, set[str]] = {}
        self.source_numbers: dict[str, int] = {}
        self._node_numbers: dict[str, int] = {}
        self.series_numbers: dict[str, int] = {}
        self._numbers_of: dict[int, int] = {}
        self._cursors = 0
        self._windows: dict[tuple[Any, ...], int] = {}
        self._on_grid = False
        self._histories = 0
        self._reach: dict[int, Reach] = {}
        for rule in ruleset.rules:
            for leaf in leaves(rule.when):
                self._add(rule, leaf)
        self.impact_values: dict[int, Value] = {}
        for kind in ruleset.kinds.values():
            if kind.impact is not None:
                add_impact(self, kind.impact, kind.per)
        self._learn_facts(facts)
        for node in self.nodes:
            # Whoever counts runs of it has to know of every point.
            if not any(self.nodes[p].follows_points for p in node.parents):
                n.note_idle(node, self.sources)
        note_wants(self)
        every = {node.number: node.every for node in self.nodes if isinstance(node, j.Grid) and node.by_clock}
        for source in self.sources:
            if source.selection is not None:
                self._finish(source)
            source.finish(every)

    @cached_property
    def names(self) -> Names:
        """What everything is called by its meaning, whatever its number here."""
        histories = {
            number: f"{name} {identity(part.term)}"
            for name, place in self.source_numbers.items()
            for number, part, _ in self.sources[place].histories
        }
        return Names(
            sources={number: name for name, number in self.source_numbers.items()},
            nodes={number: name for name, number in self._node_numbers.items()},
            series={number: "series" + name for name, number in self.series_numbers.items()},
            histories=histories,
        )

    @cached_property
    def longest_kept(self) -> int:
        """How long what is late can still be taken in, in microseconds."""
        kept = [*(s.retention for s in self.sources), *(node.keep for node in self.nodes)]
        return max([25 * HOUR, *(span for span in kept if span < 1 << 60)])

    @cached_property
    def history_spans(self) -> dict[int, tuple[int, int]]:
        """How far back each history is asked, and how long its signals are kept, in microseconds."""
        spans: dict[int, tuple[int, int]] = {}
        for source in self.sources:
            for history, part, _ in source.histories:
                horizon, kept = spans.get(history, (0, 0))
                spans[history] = (max(horizon, part.horizon), max(kept, source.retention))
        return spans

    # --- what the engine asks -----------------------------------------------------------------------------------

    def node_of(self, premise: Timed[Any]) -> n.Node:
        """Return the node of a timed premise of one of the rules."""
        return self.nodes[self._numbers_of[id(premise)]]

    def times_from(self, state: EngineState, number: int, key: Key, since: int) -> list[int]:
        """Return the times of a node from `since` on, each once."""
        times = self.nodes[number].times(state, key)
        return sorted(set(times[bisect_left(times, since) :]))

    def fact_at(self, state: EngineState, operand: Fact[Any], key_names: tuple[str, ...], key: Key, t: int) -> Any:
        """Return the value of a fact in force at `t`, or its default, or None."""
        owner = operand.column.owner
        names = fact_key_names(key_names, owner)
        values = tuple(value for name, value in zip(key_names, key, strict=True) if name in names)
        held = state.facts.get((owner.__signal_kind__, names, values), [])
        return newest(held, operand, bisect_right(held, t, key=lambda item: item[0]))

    def alive(self, state: EngineState, number: int, key: Key, t: int) -> bool:
        """Return whether anything is known of a key at `t`: a signal within reach, or a fact that was told."""
        reach = self._reach[number]
        if reach.heard(state, number, key, t):
            return True
        names = self.nodes[number].key_names
        return any(self.fact_at(state, told, names, key, t) is not None for told in reach.facts)

    # --- compiling ----------------------------------------------------------------------------------------------

    def _add(self, rule: Rule[Any], leaf: Any) -> None:
        if isinstance(leaf, Known):
            self.readers.setdefault(leaf.kind.name, []).append(rule.id)
            return
        if isinstance(leaf, Given):
            entry = (leaf.owner.__signal_kind__, leaf.key_names, rule.id)
            if entry not in self.givens:
                self.givens.append(entry)
            self.conditions[id(leaf)] = compile_predicates(leaf.predicates)
            return
        if isinstance(leaf, During):
            self.calendar(leaf).users.add(rule.id)
            return
        node = self.node(leaf)
        node.rules.add(rule.id)
        self._attribute_terms(rule.id, leaf)
        self._attribute(node.number, rule.id)
        need_times(self, node.number, max(rule.lasts_us, rule.when.longest))

    def calendar(self, leaf: During[Any]) -> Source:
        """Return the source of a calendar, which keeps what is declared for ever."""
        source = self.source(leaf.of, purpose="calendar")
        interval = Interval(self.capture(source, leaf.starts), self.capture(source, leaf.ends), leaf.lead, leaf.slack)
        source.intervals.append(interval)
        source.retention = FOR_EVER
        self.calendars[id(leaf)] = (source.number, interval)
        return source

    def _attribute(self, number: int, rule: str) -> None:
        """Note which rules a raising predicate belongs to."""
        node = self.nodes[number]
        for source in {*node.reads, *node.sources}:
            self.sources[source].users.add(rule)
            if self.sources[source].inner >= 0:
                self._attribute(self.sources[source].inner, rule)
        for child in node.children:
            self._attribute(child, rule)

    def _attribute_terms(self, rule: str, leaf: Any) -> None:
        """Note which terms and further predicates a rule names: what raises there concerns no other rule."""
        for part in everything(leaf):
            match part:
                case Share(of=of, predicates=predicates) | Fits(of=of, predicates=predicates):
                    source = self.source(of)
                    source.tested_for[self._test(source, predicates)].add(rule)
                case Distinct(of=of, column=column):
                    source = self.source(of)
                    source.read_for[self.capture(source, column)].add(rule)
                case Aggregate(of=of, terms=terms):
                    against = (part.against,) if isinstance(part, Standout) else ()
                    for source in (self.source(selection) for selection in (of, *against)):
                        for term in terms:
                            source.read_for[self.capture(source, term)].add(rule)

    def source(self, selection: Selection[Any, Any], *, purpose: str = "") -> Source:
        name = purpose + identity(selection)
        if name not in self.source_numbers:
            source = Source(len(self.sources), selection, selection.key_names)
            source.matcher = compile_predicates(selection.predicates)
            source.predicates = list(selection.predicates)
            source.weight = compile_term(selection.weight) if selection.weight is not None else None
            self.source_numbers[name] = source.number
            self.sources.append(source)
        return self.sources[self.source_numbers[name]]

    def capture(self, source: Source, term: Term[Any, Any]) -> int:
        name = identity(term)
        if name not in source.terms:
            source.terms[name] = len(source.reads)
            source.captured.append(term)
            if isinstance(term, Col):
                source.columns.append(term.name)
            source.reads.append(compile_term(term))
            source.read_for.append(set())
        return source.terms[name]

    def _test(self, source: Source, predicates: tuple[Pred[Any], ...]) -> int:
        name = json.dumps(sorted(identity(p) for p in predicates))
        for place, (known, _) in enumerate(source.tests):
            if known == name:
                return place
        source.tests.append((name, compile_predicates(predicates)))
        source.tested_for.append(set())
        source.predicates += predicates
        return len(source.tests) - 1

    def node(self, premise: Any) -> n.Node:
        name = identity(premise)
        if name not in self._node_numbers:
            node = self._compile(premise)
            self._node_numbers[name] = node.number
            for source in node.reads:
                self.sources[source].readers.append(node.number)
            for child in node.children:
                self.nodes[child].parents.append(node.number)
            for number in node.uses:
                self.series[number].readers.append(node.number)
            self._reach[node.number] = self._reach_of(premise)
            if isinstance(premise, _GRIDDED):
                for source in (self.sources[place] for place in self._reach[node.number].sources):
                    if set(premise.key_names) <= set(source.key_names):
                        places = tuple(source.key_names.index(k) for k in premise.key_names)
                        source.watchers.append((node.number, places))
        self._numbers_of[id(premise)] = self._node_numbers[name]
        for part in everything(premise):
            # A premise that is written twice is one node; both ways of naming it have to lead there.
            if part is not premise and isinstance(part, Timed) and identity(part) in self._node_numbers:
                self._numbers_of[id(part)] = self._node_numbers[identity(part)]
        return self.nodes[self._node_numbers[name]]

    def _made(self, cls: type[Any], premise: Any, **fields: Any) -> Any:
        node = cls(self, len(self.nodes), premise)
        for name, value in fields.items():
            setattr(node, name, value)
        node.prepare()
        self.nodes.append(node)
        return node

    def _compile(self, premise: Any) -> Any:
        before, self._on_grid = self._on_grid, self._on_grid or isinstance(premise, _GRIDDED)
        node = self._compiled(premise)
        self._on_grid = before
        return node

    def _compiled(self, premise: Any) -> Any:
        match premise:
            case Selection():
                number = self.source(premise).number
                return self._made(n.SelectionNode, premise, sources=(number,), reads=(number,))
            case Counted(of=of):
                number = self.source(of).number
                return self._made(n.CountedNode, premise, sources=(number,), reads=(number,))
            case Distinct(of=of, column=column):
                source = self.source(of)
                fields = {"place": self.capture(source, column), "sources": (source.number,)}
                return self._made(n.DistinctNode, premise, reads=(source.number,), **fields)
            case Share(of=of, predicates=predicates) | Fits(of=of, predicates=predicates):
                source = self.source(of)
                cls = n.ShareNode if isinstance(premise, Share) else n.FitsNode
                hit = self._test(source, predicates)
                return self._made(cls, premise, hit=hit, sources=(source.number,), reads=(source.number,))
            case Compared(left=left, right=right) | Differs(left=left, right=right):
                return self._compare(
                    n.ComparedNode if isinstance(premise, Compared) else n.DiffersNode, premise, left, right
                )
            case Drop(left=left, expected=expected, every=every):
                node = self._compare(j.DropNode, premise, left, expected)
                node.every = every
                return node
            case Rising(left=left, samples=samples):
                found = Parts()
                value = compile_value(self, left, premise.key_names, found)
                return self._made(
                    n.RisingNode, premise, left=value, samples=samples, length=left.longest, **found.fields()
                )
            case After(of=of, earlier=other, length=length):
                children = (self.node(of).number, self.node(other).number)
                return self._made(j.AfterNode, premise, children=children, length=length)
            case Without(of=of, expected=other):
                children = (self.node(of).number, self.node(other).number)
                spans = {"length": premise.length, "before": premise.before, "lateness": premise.lateness}
                return self._made(j.WithoutNode, premise, children=children, **spans)
            case Together(parts=parts, length=length):
                numbers = tuple(self.node(p).number for p in parts)
                return self._made(j.TogetherNode, premise, children=numbers, length=length)
            case Held(of=of, length=length):
                return self._made(j.HeldNode, premise, children=(self.node(of).number,), length=length)
            case Runs(of=of, k=k, n=count, length=length):
                return self._made(j.RunsNode, premise, children=(self.node(of).number,), k=k, n=count, length=length)
            case Holds(of=of, k=k, n=count, every=every):
                return self._made(j.HoldsNode, premise, children=(self.node(of).number,), k=k, n=count, every=every)
            case Via(of=of):
                return self._made(j.ViaNode, premise, children=(self.node(of).number,))
            case Silence(of=of, expected=expected, ended=ended):
                rosters = [self._roster(s) for s in (expected, ended) if s is not None]
                child = self.node(of)
                return self._made(j.SilenceNode, premise, children=(child.number, *rosters))
            case _:
                raise TypeError(f"no timed premise: {premise!r}")

    def _roster(self, selection: Selection[Any, Any]) -> int:
        """Return a node of its own for a roster, whose signals are kept for ever."""
        source = self.source(selection, purpose="roster")
        source.remembered = None
        name = "roster" + identity(selection)
        if name not in self._node_numbers:
            node = self._made(n.SelectionNode, selection, sources=(source.number,), reads=(source.number,))
            source.readers.append(node.number)
            self._node_numbers[name] = node.number
            self._reach[node.number] = Reach((), (), 0, ())
        return self._node_numbers[name]

    def _compare(self, cls: type[Any], premise: Any, left: Measure[Any], right: Measure[Any]) -> Any:
        found = Parts()
        fields = {
            "left": compile_value(self, left, premise.key_names, found),
            "right": compile_value(self, right, premise.key_names, found),
        }
        return self._made(cls, premise, **fields, **found.fields())

    def cursor(self, window: tuple[Any, ...] | None) -> int:
        """Return the number of a cursor: one for all values that look at a window together, or one for itself."""
        if window is None or self._on_grid:
            self._cursors += 1
            return self._cursors
        if window not in self._windows:
            self._windows[window] = self.cursor(None)
        return self._windows[window]

    def _reach_of(self, premise: Any) -> Reach:
        hours = max((m.hours for b in everything(premise) if isinstance(b, Baseline) for m in b.methods), default=0)
        reach = premise.longest + hours * HOUR
        numbers: list[int] = []
        for part in everything(premise):
            names = (identity(part), "roster" + identity(part)) if isinstance(part, Selection) else ()
            for source in (self.sources[self.source_numbers[k]] for k in names if k in self.source_numbers):
                numbers.append(source.number)
                if isinstance(premise, _GRIDDED) and source.remembered is not None:
                    source.remembered = max(source.remembered, reach)
        # A fact of a part of the key alone would keep every finer key alive for ever.
        facts = [f for part in everything(premise) for f in part.facts]
        names = premise.key_names
        whole = [f for f in facts if fact_key_names(names, f.column.owner) == names]
        streams, finer = [], []
        for number in dict.fromkeys(numbers):
            mine = self.sources[number].key_names
            places = tuple(names.index(k) for k in mine if k in names)
            if len(places) == len(mine):
                streams.append((number, places))
            else:
                # A finer selection, below `holding`.
                finer.append((number, places, tuple(p for p, k in enumerate(mine) if k in names)))
        return Reach(tuple(streams), tuple(finer), reach, tuple(attrs.evolve(f, default=None) for f in whole))

    # --- what changes what is selected --------------------------------------------------------------------------

    def _learn_facts(self, asked: Iterable[Fact[Any]]) -> None:
        for rule in self.ruleset.rules:
            for operand, key_names in fact_uses(rule.when):
                self._fact(operand, key_names)
        # What impact is estimated with is read by no rule, and has to be learned all the same.
        for kind in self.ruleset.kinds.values():
            for told in kind.impact.facts if kind.impact else ():
                self._fact(told, kind.per)
            for measure in kind.impact.measures if kind.impact else ():
                for told in (f for part in everything(measure) for f in part.facts):
                    self._fact(told, kind.per)
            # And what guards of the host ask, about whatever kind of issue.
            for told in asked:
                self._fact(told, kind.per)
        for node in self.nodes:
            told_here: list[Fact[Any]] = list(node.premise.facts)
            if isinstance(node, n.ComparedNode | j.DropNode | n.RisingNode | j.HoldsNode):
                told_here += [f for f, _ in fact_uses(node.premise)]
            key_names = node.key_names[:-1] if isinstance(node, j.ViaNode) else node.key_names
            for operand in told_here:
                names = fact_key_names(key_names, operand.column.owner)
                entry = (operand.column.owner.__signal_kind__, names, node.number)
                if entry not in self.fact_nodes:
                    self.fact_nodes.append(entry)

    def _fact(self, operand: Fact[Any], key_names: tuple[str, ...]) -> None:
        kind = operand.column.owner.__signal_kind__
        self.fact_names.setdefault(kind, set()).add(fact_key_names(key_names, operand.column.owner))
        self.fact_columns.setdefault(kind, set()).add(operand.column.name)

    def _finish(self, source: Source) -> None:
        selection = source.selection
        assert selection is not None
        parts = [p for p in source.predicates for p in histories_of(p)]
        seen: dict[str, int] = {}
        for part in parts:
            name = identity(part.term)
            if name not in seen:
                seen[name] = self._histories
                self._histories += 1
            source.histories.append((seen[name], part, compile_term(part.term)))
        terms = [*source.captured, selection.weight]
        source.context = (
            bool(source.histories)
            or any(True for p in source.predicates for _ in facts_of(p))
            or any(isinstance(part, Fact) for term in terms for part in terms_in(term))
        )


_GRIDDED = (Holds, Drop)
"""What is looked at at times at which no signal need have come."""
