"""Single edits of a rule, each with the name of what was done: what a reviewer meets in a change of rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import attrs

from migro.errors import MigroError
from migro.expressions import Comparison, Conjunction, Disjunction, Membership, Negation, Node, PatternMatch, Pred
from migro.expressions import compile_pattern as compiled
from migro.rules import Both, Recent, Rule, RuleSet, Trailing, Unless
from migro.rules.baselines import HOUR

_SPANS = frozenset({"length", "every", "lateness", "lead", "slack"})
_NUMBERS = frozenset({"n", "k", "floor", "samples", "z", "at_least_points"})
_SHARES = frozenset({"at_least", "q", "p"})
_OTHER_OPERATOR = {"ge": "gt", "gt": "ge", "le": "lt", "lt": "le", "eq": "ne", "ne": "eq"}


def edited_rules(rule: Rule[Any], signals: Any) -> Iterator[tuple[str, Rule[Any]]]:
    """Yield every valid single edit of the rule."""
    for name, when in edits(rule.when):
        yield from _valid(name, rule, signals, when=when)
    for by in (1, -1):
        yield from _valid("lasts", rule, signals, lasts=_span(rule.lasts_us + by))


def _valid(name: str, rule: Rule[Any], signals: Any, **changes: Any) -> Iterator[tuple[str, Rule[Any]]]:
    kept = {"when": rule.when, "lasts": _span(rule.lasts_us), **changes}
    try:
        edited = Rule(rule.id, then=rule.then, why=rule.why, salience=rule.salience, **kept)
        RuleSet("edited", edited, signals=signals)
    except MigroError:
        return
    yield name, edited


def _span(us: int) -> Any:
    return timedelta(microseconds=us)


def lasting(rule: Rule[Any]) -> Rule[Any]:
    """Return the rule with what its evidence lasts written down, so that an edit of a span changes only the span."""
    return Rule(rule.id, when=rule.when, then=rule.then, lasts=_span(rule.lasts_us), salience=rule.salience)


def edits(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield single edits of a premise, measure or predicate."""
    if isinstance(node, Unless):
        yield "unless removed", node.of
    if isinstance(node, Recent):
        yield "within removed", node.of
    if isinstance(node, Both):
        for i in range(len(node.parts)):
            rest = node.parts[:i] + node.parts[i + 1 :]
            yield "part removed", rest[0] if len(rest) == 1 else Both(rest)
    yield from _predicate(node)
    if not attrs.has(type(node)):
        return
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        if isinstance(node, Trailing):
            yield "trailing + 1 h", Trailing(value + HOUR)
            continue
        for name, other in _values(field.name, value):
            yield name, _with(node, field.name, other)


def _with(node: Any, name: str, value: Any) -> Any:
    values = {f.alias or f.name: getattr(node, f.name) for f in attrs.fields(type(node))}
    return type(node)(**{**values, name: value})


def _values(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name in _NUMBERS and type(value) is int:
        yield f"{name} + 1", value + 1
        if value > 1:
            yield f"{name} - 1", value - 1
    elif name in _SPANS and type(value) is int:
        yield f"{name} + 1 us", value + 1
        if value > 1:
            yield f"{name} - 1 us", value - 1
        yield f"{name} doubled", 2 * value
    elif name in _SHARES and isinstance(value, Fraction):
        yield f"{name} + 1 %", value + Fraction(1, 100)
        if value > Fraction(1, 100):
            yield f"{name} - 1 %", value - Fraction(1, 100)
    elif name == "bound":
        yield "bound", "plain" if value == "wilson" else "wilson"
    elif name == "operator" and value in _OTHER_OPERATOR:
        yield "operator", _OTHER_OPERATOR[value]
    elif isinstance(value, tuple) and value and all(isinstance(v, Pred) for v in value) and name == "predicates":
        yield from _predicates(value)
    elif (
        isinstance(value, tuple) and value and all(isinstance(v, Node) for v in value) and name in ("parts", "methods")
    ):
        for i, part in enumerate(value):
            for what, other in edits(part):
                yield what, (*value[:i], other, *value[i + 1 :])
    elif isinstance(value, Node) and name not in ("term", "column", "weight", "starts", "ends", "fact", "value"):
        yield from edits(value)


def _predicates(value: tuple[Pred[Any], ...]) -> Iterator[tuple[str, Any]]:
    for i, part in enumerate(value):
        rest = value[:i] + value[i + 1 :]
        if rest:
            yield "predicate removed", rest
        for what, other in edits(part):
            yield what, (*rest[:i], other, *rest[i:])


def _predicate(node: Any) -> Iterator[tuple[str, Any]]:
    match node:
        case Comparison(operand=int() as operand) if not isinstance(operand, bool):
            yield "threshold + 1", attrs.evolve(node, operand=operand + 1)
            yield "threshold - 1", attrs.evolve(node, operand=operand - 1)
        case Comparison(operand=bool() as operand):
            yield "threshold", attrs.evolve(node, operand=not operand)
        case Membership(values=values):
            if len(values) > 1:
                yield "value removed", attrs.evolve(node, values=values[1:])
            more = (values[0] + 1) if type(values[0]) is int else "zz_another"
            if type(more) is type(values[0]):
                yield "value added", attrs.evolve(node, values=(*values, more))
        case PatternMatch(pattern=pattern):
            yield "pattern widened", attrs.evolve(node, pattern=compiled(pattern.text + "|zz_another"))
        case Negation(part=part):
            yield "negation removed", part
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            for i in range(len(parts)):
                rest = parts[:i] + parts[i + 1 :]
                if rest:
                    yield "part of a predicate removed", rest[0] if len(rest) == 1 else type(node)(rest)
