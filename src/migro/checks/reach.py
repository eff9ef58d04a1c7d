"""Reach: premises that can never hold, and issues that can never have the points that somebody waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..comparison.implication import PointOrder, implies
from ..comparison.inclusion import included
from ..rules import (
    After,
    Both,
    Compared,
    Counted,
    Distinct,
    During,
    Fits,
    Given,
    Held,
    Holds,
    IssueKind,
    Known,
    Premise,
    Recent,
    Rule,
    RuleSet,
    Runs,
    Selection,
    Share,
    Silence,
    Timed,
    Together,
    Unless,
    Via,
    Without,
    everything,
    known,
)
from . import figures
from .conditions import assumed, contradiction, flat

__all__ = ["most_points", "never_holds", "unreachable"]

_NOBODY = known(IssueKind[Any]("nobody", category="unknown"), at_least_points=10**9)


def never_holds(premise: Premise[Any], lasts: int) -> str:
    """Return why a premise can never hold, as what excludes each other; empty if that is not proven."""
    match premise:
        case Both():
            parts = _joined(premise)
            return _first(never_holds(p, lasts) for p in parts) or _against(parts, lasts)
        case Recent(of=of):
            return never_holds(of, lasts)
        case Unless(of=of, recovery=recovery):
            return never_holds(of, lasts) or _taken_back(premise, recovery, lasts)
        case Timed():
            return _never(premise)
        case _:
            return ""


def _joined(premise: Premise[Any]) -> list[Premise[Any]]:
    if not isinstance(premise, Both):
        return [premise]
    return [part for p in premise.parts for part in _joined(p)]


def _never(node: Timed[Any]) -> str:
    match node:
        case Selection():
            return _excluded(node, ())
        case Counted(of=of):
            return _excluded(of, ())
        case Distinct(of=of, column=column, n=n):
            most = figures.values_of(of, column)
            few = f"{n} different values of {column}, which has {most} at most" if most is not None and most < n else ""
            return _excluded(of, ()) or few
        case Share(of=of, predicates=predicates) | Fits(of=of, predicates=predicates):
            return _excluded(of, predicates)
        case Together(parts=parts):
            return _first(map(_never, parts))
        case After(of=of, earlier=earlier):
            return _never(of) or _never(earlier)
        case Without(of=of, expected=expected):
            itself = f"[{of}] is always accompanied by itself" if included(of, expected) else ""
            return _never(of) or itself
        case Held(of=of) | Runs(of=of) | Holds(of=of) | Via(of=of):
            return _never(of)
        case Silence(expected=expected):
            return _never(expected)
        case Compared():
            return _unmeasured(node) or (str(node) if figures.never(node) else "")
        case _:
            return ""


def _unmeasured(node: Compared[Any]) -> str:
    """Without any signal to measure there is no time at which anything is compared."""
    selections = {id(p): p for p in everything(node) if isinstance(p, Selection)}
    reasons = [_excluded(s, ()) for s in selections.values()]
    return reasons[0] if reasons and all(reasons) else ""


def _excluded(selection: Selection[Any, Any], further: Sequence[Any]) -> str:
    found = contradiction(selection.signal, (*flat(selection.predicates), *flat(further)), assumed(selection))
    return " and ".join(map(str, found))


def _against(parts: Sequence[Premise[Any]], lasts: int) -> str:
    """Say which two parts of a join exclude each other."""
    for one in parts:
        for other in parts:
            if isinstance(other, Known | During | Given) and one is not other:
                opposite = attrs.evolve(other, negated=not other.negated)
                if isinstance(one, type(other)) and implies(one, lasts, opposite, lasts, _same_points(one, other)):
                    return f"{one} and {other}"
    return ""


def _taken_back(premise: Unless[Any], recovery: Premise[Any], lasts: int) -> str:
    # What never holds implies everything, even that of which nobody knows anything.
    proven = implies(premise, lasts, _NOBODY, lasts, _same_points(premise))
    return f"[{recovery}] is satisfied whenever the rest is" if proven else ""


def _same_points(*premises: Premise[Any]) -> PointOrder:
    asked = frozenset(p.kind.name for premise in premises for p in everything(premise) if isinstance(p, Known))
    return PointOrder(asked, asked, asked)


def _first(reasons: Iterator[str]) -> str:
    return next((r for r in reasons if r), "")


# --- issues ---------------------------------------------------------------------------------------------------------


def most_points(ruleset: RuleSet, kind: str, dead: Mapping[str, str]) -> int | None:
    """Return the most raw points that an issue of a kind can have; None if no rule can support it."""
    best: dict[str, int] = {}
    for rule in ruleset.about(kind):
        if rule.then.effect == "supports" and rule.id not in dead:
            best[rule.then.family] = max(best.get(rule.then.family, 0), rule.then.points)
    return sum(best.values()) if best else None


def needed_issues(premise: Premise[Any]) -> Iterator[Known[Any]]:
    """Yield the known issues that a premise cannot hold without."""
    match premise:
        case Known(negated=False):
            yield premise
        case Both(parts=parts):
            for part in parts:
                yield from needed_issues(part)
        case Recent(of=of) | Unless(of=of):
            yield from needed_issues(of)


def unreachable(ruleset: RuleSet, rule: Rule[Any], dead: Mapping[str, str]) -> tuple[str, str]:
    """Return what a rule waits for in vain, and what there is instead; both empty if there is no such thing."""
    for issue in needed_issues(rule.when):
        most = most_points(ruleset, issue.kind.name, dead)
        if most is None or most < issue.at_least_points:
            asleep = [r.id for r in ruleset.about(issue.kind.name) if r.id in dead]
            there = "no rule supports it" if most is None else f"all its rules together bring {most} points"
            if most is None and asleep:
                there = f"of its rules {', '.join(asleep)} never fires"
            return f"{issue.kind.name} with at least {issue.at_least_points} points", there
    return "", ""
