"""Checking: every check of a rule set, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import Finding, RuleSetError
from ..expressions import Presence
from ..models import Signal
from ..rules import Compared, Known, Rule, RuleSet, everything, leaves
from . import figures
from .conditions import asked_of, contradiction, idle, sample
from .contents import contents
from .pairs import colliding
from .problems import Problem
from .reach import most_points, never_holds, unreachable
from .shares import untold

__all__ = ["check", "check_rules", "problems_of_loading"]

_CODES_OF_LOADING = {"cycle": "MR106", "window": "MR109", "impact-window": "MR109", "example": "MR111"}


def check(ruleset: RuleSet) -> tuple[Problem, ...]:
    """
    Return what is wrong with the rules of a set, in the order of the rules and of the codes.

    What is found is proven by laws that hold for all streams of signals; what no law covers is not found.
    """
    found = list(_firing(ruleset))
    dead = {problem.rule for problem in found}
    found += [*_conditions(ruleset), *colliding(ruleset, dead), *_points(ruleset)]
    for rule in ruleset.rules:
        found += [*contents(rule), *untold(rule)]
    places = {rule.id: place for place, rule in enumerate(ruleset.rules)}
    return tuple(sorted(found, key=lambda p: (places.get(p.rule, -1), p.code, p.other, p.message)))


def check_rules(name: str, rules: Iterable[Rule[Any]], signals: Iterable[type[Signal]] = ()) -> tuple[Problem, ...]:
    """Return what is wrong with rules, also where they do not make a set that loads."""
    try:
        ruleset = RuleSet(name, *rules, signals=signals)
    except RuleSetError as e:
        return problems_of_loading(e)
    return check(ruleset)


def problems_of_loading(error: RuleSetError) -> tuple[Problem, ...]:
    """Return the mistakes for which a rule set was refused, under their codes."""
    return tuple(map(_of_loading, error.findings))


def _of_loading(finding: Finding) -> Problem:
    return Problem(
        code=_CODES_OF_LOADING.get(finding.code, "MR100"),
        rule=finding.rule,
        where=finding.where,
        message=finding.message,
        witness=finding.code,
    )


def _firing(ruleset: RuleSet) -> Iterator[Problem]:
    dead: dict[str, str] = {}
    for rule in ruleset.rules:
        reason = never_holds(rule.when, rule.lasts_us)
        if reason:
            dead[rule.id] = reason
            yield Problem.of(
                rule,
                "MR101",
                "expected a premise that can hold, got one that never does",
                witness=" ".join(reason.split()),
            )
    for stratum in ruleset.strata:
        for rule in stratum:
            awaited, instead = ("", "") if rule.id in dead else unreachable(ruleset, rule, dead)
            if awaited:
                dead[rule.id] = awaited
                yield Problem.of(
                    rule,
                    "MR105",
                    f"expected an issue that can be known, got {awaited}",
                    witness=instead,
                )


def _conditions(ruleset: RuleSet) -> Iterator[Problem]:
    for rule in ruleset.rules:
        for signal, predicates, given in asked_of(rule):
            if contradiction(signal, predicates, given):
                continue  # of what is impossible everything follows
            for pred, because in idle(signal, predicates, given):
                if isinstance(pred, Presence):
                    continue  # said to be careful, or to be clear
                follows = " and ".join(map(str, because)) or "nothing at all"
                shown = sample(signal, [pred, *predicates]) or "any"
                yield Problem.of(
                    rule,
                    "MR102",
                    f"expected a condition that can fail here, got {pred}",
                    witness=f"it follows from {follows}; a signal of {signal.__name__}: {shown}",
                )
        for part in everything(rule.when):
            if isinstance(part, Compared) and figures.always(part):
                yield Problem.of(
                    rule,
                    "MR102",
                    f"expected a comparison that can fail, got {' '.join(str(part).split())}",
                    witness=f"{_range(part.left)} on the left, {_range(part.right)} on the right",
                )


def _range(measure: Any) -> str:
    low, high = figures.range_of(measure)
    return f"{'any' if low is None else low} to {'any' if high is None else high}"


def _points(ruleset: RuleSet) -> Iterator[Problem]:
    asked = {leaf.kind.name for rule in ruleset.rules for leaf in leaves(rule.when) if isinstance(leaf, Known)}
    for kind in ruleset.kinds.values():
        most = most_points(ruleset, kind.name, {})
        for rule in ruleset.about(kind.name):
            if most is None:
                yield Problem.of(
                    rule,
                    "MR108",
                    f"expected a rule that supports {kind.name}, got none: there is nothing to say no to",
                    witness=f"{len(ruleset.about(kind.name))} rules about it, all against it",
                )
                continue
            best = kind.prior + most
            if best < 0 and kind.name not in asked:
                yield Problem.of(
                    rule,
                    "MR108",
                    f"expected rules that can bring {kind.name} to a score of 0, got {best} at best",
                    witness=f"prior {kind.prior}, and {most} points of all its families together",
                )
