"""Judging: whether the examples of a rule set would notice that a rule has become another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from ..comparison.implication import PointOrder, implies
from ..comparison.points import totals
from ..comparison.trials import with_what_it_reads
from ..engine import ExampleResult, NativeEngine, run_example
from ..errors import MigroError
from ..rules import Example, Holding, Known, Rule, RuleSet, Via, leaves
from ..rules.premises import Part
from .edges import RuleEdges
from .mutants import Mutant, mutants, replaced

__all__ = ["Bench", "Outcome", "Verdict", "coherent", "judge"]

Outcome = Literal["killed", "pinned", "refused", "equal", "locked", "survived"]
"""
What became of a mutant: an example failed, a pinned edge did, it does not load, it is proven to fire exactly as the
rule does, only the lock notices, or nothing does. The lock counts for conclusions alone, since no example sees points.
"""


@attrs.frozen(kw_only=True)
class Verdict:
    """
    What became of one mutant.

    Attributes:
        rule: Id of the rule.
        where: File and line where it was written.
        operator: What was done to it, in the words of `OPERATORS`.
        change: What was there, and what is there now.
        outcome: What became of it.
        by: The example that failed, or the rule whose example did and its name; or which edge.
    """

    rule: str
    where: str
    operator: str
    change: str
    outcome: Outcome
    by: str = ""


class Bench:
    """
    A rule with everything that its examples need, and with the rules whose examples may notice it.

    Args:
        locked: Whether a lock file holds the rule's meaning.
        edges: What is pinned of the rule.
        alone: Whether only its own examples are asked.
    """

    def __init__(
        self,
        ruleset: RuleSet,
        rule: Rule[Any],
        *,
        locked: bool = False,
        edges: RuleEdges | None = None,
        alone: bool = False,
    ) -> None:
        self.rule = rule
        self.locked = locked
        self._edges = edges
        others = () if alone else ruleset.rules
        readers = [r for r in others if r.id != rule.id and _reads(r, rule.then.kind.name)]
        self._around = with_what_it_reads(ruleset, rule).rules
        self._readers = [(r, with_what_it_reads(ruleset, r).rules) for r in readers]

    def verdict(self, mutant: Mutant) -> Verdict:
        """Return what becomes of a mutant of the rule."""
        outcome, by = self._outcome(mutant)
        return Verdict(
            rule=self.rule.id,
            where=self.rule.where,
            operator=mutant.operator,
            change=mutant.change,
            outcome=outcome,
            by=by,
        )

    def _outcome(self, mutant: Mutant) -> tuple[Outcome, str]:
        if mutant.rule is None:
            firing = next((e.name for e in self.rule.examples if e.fires_for), None)
            if firing is not None:
                return "killed", firing
            return ("pinned", "the rule is gone") if self._edges is not None else ("survived", "")
        if not coherent(mutant.rule.when):
            return "refused", "premises about different keys are joined"
        try:
            if not mutant.concludes:
                failed = self._failing(mutant.rule, self._around, self.rule)
                if failed is not None:
                    return "killed", failed
            for reader, around in self._readers:
                failed = self._failing(mutant.rule, around, reader)
                if failed is not None:
                    return "killed", f"{reader.id}: {failed}"
            pinned = self._edge_missed(mutant.rule)
        except MigroError as e:
            return "refused", str(e).splitlines()[-1].strip()
        if pinned is not None:
            return "pinned", pinned
        if mutant.concludes:
            return ("locked", "") if self.locked else ("survived", "")
        one, other = (self._levelled(rule) for rule in (self.rule, mutant.rule))
        return ("equal", "") if _equal(one, other) else ("survived", "")

    def _levelled(self, rule: Rule[Any]) -> Rule[Any]:
        """Return a rule that asks of each issue for the least points that it can have and that are enough."""
        when = rule.when
        for leaf in leaves(rule.when):
            if isinstance(leaf, Known):
                enough = [t for t in totals(self._around, leaf.kind.name) if t >= leaf.at_least_points]
                if enough:
                    when = replaced(when, leaf, attrs.evolve(leaf, at_least_points=min(enough)))
        return attrs.evolve(rule, when=when)

    def _edge_missed(self, changed: Rule[Any]) -> str | None:
        """Return where the changed rule is not what is pinned; None if it is everywhere."""
        if self._edges is None:
            return None
        if not self._edges.says(changed):
            return "what it concludes"
        engine = NativeEngine(self._with(changed, self._around))
        for number, edge in enumerate(self._edges.edges, start=1):
            if edge.noticed(engine, changed.id):
                return f"edge {number}"
        return None

    def _with(self, changed: Rule[Any], around: tuple[Rule[Any], ...]) -> RuleSet:
        return RuleSet("mutant", *(changed if r.id == changed.id else r for r in around))

    def _failing(self, changed: Rule[Any], around: tuple[Rule[Any], ...], judged: Rule[Any]) -> str | None:
        now = changed if judged.id == changed.id else judged
        engine = NativeEngine(self._with(changed, around))
        for example in _likeliest_first(judged, changed is now):
            if run_example(engine, now, example) != ExampleResult(fired_for=tuple(sorted(example.fires_for))):
                return example.name
        return None


def judge(
    ruleset: RuleSet, rule: Rule[Any], *, locked: bool = False, edges: RuleEdges | None = None
) -> Iterator[Verdict]:
    """
    Yield what becomes of each mutant of a rule.

    Args:
        ruleset: The set of the rule.
        rule: One of its rules.
        locked: Whether a lock file holds the rule's meaning, so that a changed conclusion is noticed by it.
        edges: What is pinned of the rule, if anything is.
    """
    bench = Bench(ruleset, rule, locked=locked, edges=edges)
    for mutant in mutants(rule):
        yield bench.verdict(mutant)


def _likeliest_first(rule: Rule[Any], own: bool) -> list[Example]:
    # The shortest first: most mutants are noticed by any example, and some examples hold a thousand signals.
    return sorted(rule.examples, key=lambda e: len(e.signals)) if own else list(rule.examples)


def _reads(rule: Rule[Any], kind: str) -> bool:
    return any(isinstance(leaf, Known) and leaf.kind.name == kind for leaf in leaves(rule.when))


def coherent(part: Part) -> bool:
    """Return whether every part of a premise is about the key that its place asks for, as constructors check it."""
    match part:
        case Holding(of=of):
            fits = set(part.key_names) < set(of.key_names)
        case Via():
            fits = True
        case _:
            fits = all(i.key_names in ((), part.key_names) for i in part.inputs)
    return fits and all(map(coherent, part.inputs))


def _equal(rule: Rule[Any], other: Rule[Any]) -> bool:
    # Both read the same points of the same rules, whatever kinds they ask for.
    asked = frozenset(leaf.kind.name for r in (rule, other) for leaf in leaves(r.when) if isinstance(leaf, Known))
    points = PointOrder(asked, asked, asked)
    return implies(rule.when, rule.lasts_us, other.when, other.lasts_us, points) and implies(
        other.when, other.lasts_us, rule.when, rule.lasts_us, points
    )
