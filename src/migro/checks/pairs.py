"""Pairs: rules about one issue kind that say the same, take each other's place, or take each other back."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from typing import Any

from ..comparison.implication import PointOrder, implies
from ..comparison.selecting import Source, equal, selected_within
from ..comparison.trials import with_what_it_reads
from ..engine import NativeEngine, lowered_points, run_example
from ..engine.evaluating import supporting
from ..rules import Baseline, Known, Premise, Rule, RuleSet, Selection, everything, leaves
from ..rules.ruleset import selections
from .problems import Problem

__all__ = ["colliding"]


def colliding(ruleset: RuleSet, dead: Collection[str]) -> Iterator[Problem]:
    """Yield what two rules about the same issue kind make of each other; from what is dead everything follows."""
    for kind in ruleset.kinds:
        alive = [rule for rule in ruleset.about(kind) if rule.id not in dead]
        for one, other in itertools.combinations(alive, 2):
            if not (_classes(one) & _classes(other) or not _classes(one) or not _classes(other)):
                continue
            forth, back = _within(one, other), _within(other, one)
            if forth or back:
                yield from _problem(ruleset, one, other, forth, back)


def _classes(rule: Rule[Any]) -> set[str]:
    """Return the signal classes that a rule's premise names, for telling apart what can have nothing in common."""
    kinds = (getattr(p, "signal", None) or getattr(p, "owner", None) for p in everything(rule.when))
    return {k.__signal_kind__ for k in kinds if k is not None}


def _within(a: Rule[Any], b: Rule[Any]) -> bool:
    asked = frozenset(p.kind.name for r in (a, b) for p in everything(r.when) if isinstance(p, Known))
    return implies(a.when, a.lasts_us, b.when, b.lasts_us, PointOrder(asked, asked, asked))


def _problem(ruleset: RuleSet, one: Rule[Any], other: Rule[Any], forth: bool, back: bool) -> Iterator[Problem]:
    effects = {one.then.effect, other.then.effect}
    if effects == {"supports"} or effects == {"refutes"} or effects == {"vetoes"}:
        if forth and back and _same_conclusion(one, other):
            yield _told(ruleset, "MR104", other, one, f"expected one rule that fires then; {one.id} fires exactly then")
        elif one.then.family == other.then.family:
            if forth and _no_more(one, other):
                yield _told(ruleset, "MR103", one, other, _useless(one, other))
            elif back and _no_more(other, one):
                yield _told(ruleset, "MR103", other, one, _useless(other, one))
        elif effects == {"supports"}:
            narrow, wide = (one, other) if forth else (other, one)
            if not _rests_on(narrow, wide):
                return  # something else has to have happened besides, and that is evidence of its own
            yield _told(
                ruleset,
                "MR110",
                narrow,
                wide,
                f"expected evidence of its own in family {narrow.then.family}; wherever it fires {wide.id} of family"
                f" {wide.then.family} does, and both count",
            )
    elif "supports" in effects:
        support, against = (one, other) if one.then.effect == "supports" else (other, one)
        follows = forth if support is one else back
        outweighed = against.then.effect == "vetoes" or -against.then.points >= support.then.points
        if follows and (outweighed or (forth and back)):
            word = "vetoes" if against.then.effect == "vetoes" else "refutes"
            message = (
                f"expected evidence that can count; wherever it fires {against.id} {word} {support.then.kind.name}"
            )
            yield _told(ruleset, "MR107", support, against, message)
    elif "vetoes" in effects and forth and back:
        yield _told(ruleset, "MR104", other, one, f"expected one rule that fires then; {one.id} fires exactly then")


def _same_conclusion(one: Rule[Any], other: Rule[Any]) -> bool:
    return one.then.family == other.then.family and one.then.points == other.then.points


def _no_more(one: Rule[Any], other: Rule[Any]) -> bool:
    """Return whether the second brings at least the points of the first, and as grave a severity."""
    floor, there = one.then.severity, other.then.severity
    if floor is not None and (there is None or there > floor):
        return False
    # What falls back counts one class lower; where both rest on the same baseline, both do.
    lowered = any(
        _falls_back(leaf) and not any(equal(leaf, mine) for mine in leaves(one.when)) for leaf in leaves(other.when)
    )
    return abs(one.then.points) <= abs(lowered_points(other) if lowered else other.then.points)


def _falls_back(leaf: Premise[Any]) -> bool:
    return any(isinstance(part, Baseline) and len(part.methods) > 1 for part in everything(leaf))


def _rests_on(narrow: Rule[Any], wide: Rule[Any]) -> bool:
    """Return whether everything that the one premise asks for is among what the other asks for."""
    mine, theirs = _evidence(narrow), _evidence(wide)
    others = [Source(s) for s in theirs if isinstance(s, Selection)]
    known = {k.kind.name for k in theirs if isinstance(k, Known)}
    return all(
        part.kind.name in known if isinstance(part, Known) else any(selected_within(Source(part), o) for o in others)
        for part in mine
    )


def _evidence(rule: Rule[Any]) -> list[Selection[Any, Any] | Known[Any]]:
    waited = [leaf for leaf in leaves(rule.when) if isinstance(leaf, Known)]
    return [*waited, *(s for leaf in supporting(rule.when) for s in selections(leaf))]


def _useless(one: Rule[Any], other: Rule[Any]) -> str:
    return (
        f"expected a rule that can count; wherever it fires {other.id} does, of the same family {one.then.family}"
        f" and with {abs(other.then.points)} points instead of {abs(one.then.points)}"
    )


def _told(ruleset: RuleSet, code: str, rule: Rule[Any], other: Rule[Any], message: str) -> Problem:
    return Problem.of(
        rule,
        code,
        message,
        witness=_shown(ruleset, rule, other),
        other=other.id,
    )


def _shown(ruleset: RuleSet, rule: Rule[Any], other: Rule[Any]) -> str:
    """Return an example in which both fire."""
    near = {r.id: r for one in (rule, other) for r in with_what_it_reads(ruleset, one).rules}
    engine = NativeEngine(RuleSet("pair", *near.values()))
    for example in (e for e in (*rule.examples, *other.examples) if e.fires_for):
        fired = set(run_example(engine, rule, example).fired_for) & set(run_example(engine, other, example).fired_for)
        if fired:
            return f"example {example.name!r}: both fire for {'/'.join(min(fired))}"
    return f"proven: [{' '.join(str(rule.when).split())}] holds only where [{' '.join(str(other.when).split())}] does"
