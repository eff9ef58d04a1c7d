"""
Mutants: what a rule would be with one thing about it changed.

Every operator of `OPERATORS` makes a change that an author could make by mistake and that would still load. The tree
of a premise is walked once; each node offers its own changes, see `migro.mutation.changes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import attrs

from ..expressions import Node
from ..rules import Premise, Rule
from .changes import changes

__all__ = ["OPERATORS", "Mutant", "mutants", "nodes", "replaced", "trees"]

OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "rule deleted": "the rule never fires",
        "part dropped": "a part of a join, a condition, a recovery, an earlier event or a baseline's method is gone",
        "bound weakened": "a count, share, floor or limit is one lower, or a limit above one higher",
        "bound strengthened": "the same, the other way",
        "boundary flipped": ">= for >, < for <=, == for !=, and so on",
        "window halved": "a window, a distance or an age is half as long",
        "window doubled": "a window, a distance or an age is twice as long",
        "negation flipped": "what has to hold must not: a known issue, a calendar, a value that is present",
        "value dropped": "one of several values that a column may have is gone",
        "relation changed": "a set covers instead of overlaps; greatest for least, plus for minus, wilson for plain",
        "key changed": "signals are grouped by another key of their class",
        "lasts halved": "evidence counts half as long",
        "lasts doubled": "evidence counts twice as long",
        "points changed": "ten points more, or fewer where there are no more",
        "effect changed": "a veto is weak evidence against; evidence for is evidence against, and the other way round",
        "severity dropped": "the issue need not be as bad any more",
        "family changed": "the evidence adds to what it stood beside",
    }
)
"""What can be changed about a rule, in words."""


@attrs.frozen(kw_only=True)
class Mutant:
    """
    A rule with one change.

    Attributes:
        rule: The changed rule, under its own id; None if it is gone.
        operator: A name of `OPERATORS`.
        change: What was there, and what is there now.
        concludes: Whether the change is to the conclusion alone, so that the rule fires as before.
    """

    rule: Rule[Any] | None
    operator: str
    change: str
    concludes: bool = False


def mutants(rule: Rule[Any], *, conclusions: bool = True, fine: bool = False) -> Iterator[Mutant]:
    """
    Yield the mutants of a rule, in an order that depends on nothing else; none has the meaning of another.

    Args:
        rule: Any rule.
        conclusions: Whether also what it concludes is changed, and not only when.
        fine: Whether windows and what evidence lasts are changed by as little as can be, and not by half.
    """
    yield Mutant(rule=None, operator="rule deleted", change=f"{rule.id} -> nothing")
    seen = {rule.version}
    for mutant in (*_of_premise(rule, fine), *(_of_conclusion(rule) if conclusions else ())):
        assert mutant.rule is not None
        if mutant.rule.version not in seen:
            seen.add(mutant.rule.version)
            yield mutant


def _of_premise(rule: Rule[Any], fine: bool) -> Iterator[Mutant]:
    for operator, change, when in trees(rule.when, fine=fine):
        if isinstance(when, Premise):
            # The default follows the longest span of the premise: what is changed is the premise alone.
            yield Mutant(rule=attrs.evolve(rule, when=when), operator=operator, change=change)
    shorter, longer = (rule.lasts_us - 1, rule.lasts_us + 1) if fine else (rule.lasts_us // 2, rule.lasts_us * 2)
    for operator, lasts in (("lasts halved", shorter), ("lasts doubled", longer)):
        changed = attrs.evolve(rule, lasts=_span(lasts))
        yield Mutant(rule=changed, operator=operator, change=f"lasts {_span(rule.lasts_us)} -> {_span(lasts)}")


def _of_conclusion(rule: Rule[Any]) -> Iterator[Mutant]:
    then = rule.then

    def mutant(operator: str, change: str, **fields: Any) -> Mutant:
        changed = attrs.evolve(rule, then=attrs.evolve(then, **fields))
        return Mutant(rule=changed, operator=operator, change=change, concludes=True)

    if then.effect == "vetoes":
        yield mutant("effect changed", "vetoes -> refutes with 5 points", effect="refutes", points=-5)
    else:
        step = 10 if abs(then.points) <= 140 else -10
        points = then.points + (step if then.points > 0 else -step)
        other = "refutes" if then.effect == "supports" else "supports"
        yield mutant("points changed", f"{then.points:+d} -> {points:+d} points", points=points)
        yield mutant("effect changed", f"{then.effect} -> {other}", effect=other, points=-then.points, severity=None)
    if then.severity is not None:
        yield mutant("severity dropped", f"severity {then.severity.word} -> none", severity=None)
    yield mutant("family changed", f"family {then.family} -> {then.family}.other", family=f"{then.family}.other")


def trees(root: Any, *, fine: bool = False) -> Iterator[tuple[str, str, Any]]:
    """
    Yield operator, change in words, and the whole tree with that change, for every change in a tree.

    What stands in several places because an author named it once is changed in all of them.
    """
    for node in nodes(root):
        for operator, change, other in changes(node, fine=fine):
            yield operator, change or f"{_text(node)} -> {_text(other)}", replaced(root, node, other)


def nodes(root: Any) -> Iterator[Node]:
    """Yield every node of a tree once, premises and conditions alike."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(reversed([item for _, item in _below(node)]))


def _below(node: Any) -> Iterator[tuple[str, Node]]:
    """Yield the nodes that a node holds itself, each with the name of its field."""
    for field in attrs.fields(type(node)) if attrs.has(type(node)) else ():
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield field.name, item


def replaced(root: Any, node: Any, other: Any) -> Any:
    """Return a tree in which one node, wherever it stands, is another one."""
    if root is node:
        return other
    fields: dict[str, Any] = {}
    for name in {name for name, _ in _below(root)}:
        value = getattr(root, name)
        several = value if isinstance(value, tuple) else (value,)
        changed = tuple(replaced(item, node, other) if isinstance(item, Node) else item for item in several)
        # Compared one by one: nodes have no equality of their own that could be asked for.
        if any(new is not old for new, old in zip(changed, several, strict=True)):
            fields[name] = changed if isinstance(value, tuple) else changed[0]
    return attrs.evolve(root, **fields) if fields else root


def _text(node: Any) -> str:
    return " ".join(str(node).split())


def _span(us: int) -> timedelta:
    return timedelta(microseconds=us)
