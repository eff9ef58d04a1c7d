"""
Deriving: edges for a rule, one for each small change that its examples would not notice.

For every mutant a stream is looked for in which rule and mutant fire at different times: first on both sides of where
the rule turns (see `migro.mutation.turning`), then among streams that are made up for the two. What the rule does there
is pinned, as far as the engine says it; whether the rule *should* do that is for a person to read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from ..comparison.search import Effort, printed, search
from ..comparison.trials import with_what_it_reads
from ..engine import ExampleResult, NativeEngine, run_example
from ..errors import MigroError
from ..models import Signal
from ..rules import Example, Rule, RuleSet, everything
from .edges import Edge, RuleEdges, firing_in
from .judging import Bench, coherent
from .mutants import Mutant, mutants
from .reading import Reading
from .streams import length, numbered, time_of
from .turning import Turning
from .variants import variants

__all__ = ["EFFORT", "Derived", "Effort", "derive"]

EFFORT = Effort(signals=800, streams=100, shrinking=300)
"""How long to search for one mutant, unless told otherwise."""

_VARYING = 4
"""How many signals of varied examples are run for one of a search: they need no other rule set to be made."""

_TURNING = 150
"""How many signals are run in vain to find where a rule turns, for one of a search: nothing has to be made for them."""

_SHORT = 400
"""How many signals an example has at most that is asked before a stream is searched."""


_LIKE_A_SIGNAL = 6 * 3_600_000_000
"""How much time that passes is as much work as a signal: whoever asks for what is usual is asked every hour."""


@attrs.frozen(kw_only=True)
class Derived:
    """
    What a search for edges came to.

    Attributes:
        pinned: What there is to pin of the rule now.
        missed: Mutants that neither an example nor an edge notices, and that are not proven to fire as the rule does.
        why: Why no stream was found for these, in words; empty where none is missed.
    """

    pinned: RuleEdges
    missed: tuple[Mutant, ...] = ()
    why: str = ""


def derive(ruleset: RuleSet, rule: Rule[Any], *, effort: Effort = EFFORT, known: RuleEdges | None = None) -> Derived:
    """
    Return edges at which the mutants of a rule that no example notices are, as far as streams for them are found.

    A rule needs none where its examples notice every mutant that does not fire exactly as the rule does.

    Args:
        effort: How long to search for each mutant.
        known: What was pinned so far; edges at which the rule still is what they say are kept as long as they serve.
    """
    return _Derivation(ruleset, rule, effort).derived(() if known is None else known.edges)


@attrs.frozen(eq=False)
class _Changed:
    """A mutant, ready to run."""

    mutant: Mutant
    engine: NativeEngine


class _Derivation:
    def __init__(self, ruleset: RuleSet, rule: Rule[Any], effort: Effort) -> None:
        self.rule, self.effort = rule, effort
        self.around = with_what_it_reads(ruleset, rule)
        self.engine = NativeEngine(self.around)
        # An example of hundreds of signals takes longer to be asked than a stream of five to be found.
        short = tuple(e for e in rule.examples if len(e.signals) <= _SHORT and self._holds(e))
        self.bench = Bench(ruleset, attrs.evolve(rule, examples=short), alone=True)
        self.turning: Turning | None = None
        self.waits = 0

    def _holds(self, example: Example) -> bool:
        """Return whether the rule does what an example says; one that fails anyhow notices no change."""
        result = run_example(self.engine, self.rule, example)
        return result == ExampleResult(fired_for=tuple(sorted(example.fires_for)))

    def derived(self, known: Sequence[Edge]) -> Derived:
        edges = [e for e in known if not e.noticed(self.engine, self.rule.id)]
        noticed: list[_Changed] = []
        left: list[_Changed] = []
        for changed in self._changed():
            if self._any_notices(edges, changed):
                noticed.append(changed)
            elif self.bench.verdict(changed.mutant).outcome == "survived":
                left.append(changed)
        self.waits = self._wait() if left else 0
        left = self._settled(self._turning(edges, left), edges, noticed, left)
        missed: list[_Changed] = []
        for changed in left:
            if not self._any_notices(edges, changed):
                found = self._hunted(changed, self._effort(len(missed)))
                if found is None:
                    missed.append(changed)
                    continue
                edges.append(found)
            noticed.append(changed)
        self._settled(self._varied(missed) if missed else (), edges, noticed, missed)
        return Derived(
            pinned=RuleEdges(concludes=self.rule.then.document(), edges=tuple(self._needed(edges, noticed))),
            missed=tuple(c.mutant for c in missed),
            why=self._why() if missed else "",
        )

    def _why(self) -> str:
        """Return why mutants were missed, as far as that is known."""
        assert self.turning is not None  # whatever is missed was looked for there
        if self.turning.spent:
            return "the search was spent before it came to them"
        if not self.turning.began:
            return "in no example of it the rule fires, so there is no stream to begin with"
        return "no stream that was tried tells them from the rule"

    def _settled(
        self, found: Iterable[Edge], edges: list[Edge], noticed: list[_Changed], left: list[_Changed]
    ) -> list[_Changed]:
        """Keep what notices some of the mutants that are left; return those that nothing noticed."""
        for edge in found:
            here = [c for c in left if edge.noticed(c.engine, self.rule.id)]
            if here and _writable(edge.signals):
                edges.append(edge)
                noticed += here
                left[:] = [c for c in left if c not in here]
            if not left:
                break
        return left

    def _turning(self, edges: Sequence[Edge], left: list[_Changed]) -> Iterator[Edge]:
        """Yield what is on both sides of where the rule turns, until nothing is left or the effort is spent."""
        if not left:
            return
        rules = [self.rule, *(c.mutant.rule for c in left if c.mutant.rule is not None)]
        self.turning = turning = Turning(
            self.around,
            self.rule,
            self.engine,
            Reading.of(rules, self.rule.lasts_us),
            _TURNING * self.effort.signals,
        )
        seeds = [e.signals for e in self.rule.examples if e.fires_for and e.signals]
        seeds += [e.signals for e in edges if e.firing]
        for stream in turning.streams(sorted(seeds, key=len)):
            signals = numbered(stream)
            turning.spend(signals, 1 + len(left))
            before = len(left)
            yield self._watched(signals)
            if len(left) < before:
                turning.encouraged()

    def _effort(self, failures: int) -> Effort:
        # Where several changes of a rule were searched for in vain, the next one is seldom found either.
        part = 1 + failures // 3
        return attrs.evolve(self.effort, signals=self.effort.signals // part, streams=self.effort.streams // part)

    def _any_notices(self, edges: list[Edge], changed: _Changed) -> bool:
        return any(e.noticed(changed.engine, self.rule.id) for e in edges)

    def _changed(self) -> Iterator[_Changed]:
        for mutant in mutants(self.rule, conclusions=False, fine=True):
            engine = self._engine(mutant)
            if engine is not None:
                yield _Changed(mutant, engine)

    def _engine(self, mutant: Mutant) -> NativeEngine | None:
        if mutant.rule is None or not coherent(mutant.rule.when):
            return None
        try:
            return NativeEngine(self._with(mutant.rule))
        except MigroError:
            return None

    def _with(self, changed: Rule[Any]) -> RuleSet:
        rules = [changed if r.id == changed.id else r for r in self.around.rules]
        return RuleSet("mutant", *rules, signals=self.around.signals.values())

    def _hunted(self, changed: _Changed, effort: Effort) -> Edge | None:
        mutant = changed.mutant.rule
        assert mutant is not None
        other = (self._with(mutant), mutant)
        old, new, _ = search((self.around, self.rule), other, effort=effort, either=True)
        for found in (old, new):
            if found is not None:
                signals = printed(found)
                start = time_of(signals[0])
                for until in self._ends(signals, found.moment - start):
                    firing = firing_in(self.engine, self.rule.id, signals, until)
                    edge = Edge(signals=signals, until=until, firing=firing)
                    if edge.noticed(changed.engine, self.rule.id):
                        return edge
        return None

    def _varied(self, left: list[_Changed]) -> Iterator[Edge]:
        """Yield the rule's examples and what can be made of them, until the effort is spent."""
        rules = [self.rule, *(c.mutant.rule for c in left if c.mutant.rule is not None)]
        spans = sorted({s for r in rules for n in everything(r.when) if (s := getattr(n, "span", 0))})
        spent = 0
        for stream in itertools.islice(variants(self.rule, spans), self.effort.streams):
            signals = numbered(stream)
            until = next(self._ends(signals, length(signals) + self.waits))
            spent += (len(signals) + until // _LIKE_A_SIGNAL) * (1 + len(left))
            if spent > _VARYING * self.effort.signals:
                return
            yield self._watched(signals, until)

    def _watched(self, signals: tuple[Signal, ...], until: int | None = None) -> Edge:
        """Return a stream with when the rule fires in it, watched for as long as it may take to begin."""
        if until is None:
            until = next(self._ends(signals, length(signals) + self.waits))
        return Edge(signals=signals, until=until, firing=firing_in(self.engine, self.rule.id, signals, until))

    def _wait(self) -> int:
        """Return how long after its last signal a stream has to be watched: not at all, unless absence tells."""
        longest = self.rule.when.longest + self.rule.lasts_us
        for example in self.rule.examples:
            if example.fires_for and example.signals:
                signals = numbered(example.signals)
                end = length(signals)
                if any(f.start > end for f in firing_in(self.engine, self.rule.id, signals, end + longest)):
                    return longest
        return 0

    def _ends(self, signals: tuple[Signal, ...], moment: int) -> Iterator[int]:
        """Yield how long to watch: until the rule has ceased, so that it is pinned when; else to that moment."""
        last = length(signals)
        moment = max(moment, last)
        longest = max(moment, last + self.rule.lasts_us + 1)
        ends = [f.end for f in firing_in(self.engine, self.rule.id, signals, longest)]
        if ends and None not in ends:
            yield max(moment, *(e for e in ends if e is not None))
        yield moment
        yield longest

    def _needed(self, edges: list[Edge], changed: list[_Changed]) -> Iterator[Edge]:
        """Yield the edges that notice what no other does, the shortest streams first."""
        notices = {
            place: {n for n, c in enumerate(changed) if edge.noticed(c.engine, self.rule.id)}
            for place, edge in enumerate(edges)
        }
        kept = list(notices)
        for place in sorted(notices, key=lambda p: (-len(edges[p].signals), -p)):
            others = set().union(*(notices[p] for p in kept if p != place))
            if notices[place] <= others:
                kept.remove(place)
        for place in sorted(kept, key=lambda p: (len(edges[p].signals), p)):
            operators = sorted({changed[n].mutant.operator for n in notices[place]})
            yield attrs.evolve(edges[place], notices=tuple(operators))


def _writable(signals: tuple[Signal, ...]) -> bool:
    """Return whether the classes of signals take the values that were put into copies without a check."""
    try:
        return all(type(s).from_data(s.model_dump(mode="json")) == s for s in signals)
    except (MigroError, ValueError):  # pydantic raises the latter for what is no value of a field when it is dumped
        return False
