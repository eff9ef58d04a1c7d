"""The changes that one node of a rule's tree offers; what is below it offers its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from ..expressions import (
    Arithmetic,
    Comparison,
    Conjunction,
    Disjunction,
    KeyCol,
    Membership,
    Negation,
    Node,
    Pred,
    Presence,
    SetMembership,
    SetRelation,
    span,
)
from ..rules import (
    After,
    Age,
    Baseline,
    Both,
    Compared,
    Constant,
    Counted,
    Differs,
    Distinct,
    Drop,
    During,
    Extreme,
    Fits,
    Given,
    Held,
    Holding,
    Holds,
    Known,
    Quantile,
    Ratio,
    Recent,
    Rising,
    Runs,
    Selection,
    Share,
    Silence,
    Smoothed,
    Standout,
    Sum,
    Times,
    Together,
    Unless,
    Without,
    everything,
)
from ..rules.baselines import Trailing

__all__ = ["Change", "changes"]

Change = tuple[str, str, Any]
"""An operator, the change in words (empty: what the two nodes say of themselves), and the other node."""

_FLIPPED: dict[str, Any] = {"ge": "gt", "gt": "ge", "le": "lt", "lt": "le", "eq": "ne", "ne": "eq"}
_UPWARDS = ("ge", "gt")
_WEAKER, _STRONGER = "bound weakened", "bound strengthened"
_POINT = Fraction(1, 100)


def changes(node: Node, *, fine: bool = False) -> Iterator[Change]:
    """
    Yield what could be different about a node itself.

    Args:
        fine: Windows become shorter or longer by as little as they can, instead of by half or as much again.
    """
    yield from _dropped(node)
    yield from _bounds(node)
    yield from _windows(node, fine)
    yield from _turned(node)


# --- parts ------------------------------------------------------------------------------------------------------


def _dropped(node: Any) -> Iterator[Change]:
    match node:
        case Both(parts=parts) | Conjunction(parts=parts) | Disjunction(parts=parts):
            for place, part in enumerate(parts):
                left = _but(parts, place)
                yield "part dropped", f"without {_text(part)}", left[0] if len(left) == 1 else type(node)(left)
        case Unless(of=of, recovery=gone):
            yield "part dropped", f"without the recovery {_text(gone)}", of
        case Recent(of=of) | Held(of=of) | Runs(of=of) | Holds(of=of):
            yield "part dropped", f"{_text(node)} -> {_text(of)}", of
        case After(of=of, earlier=gone):
            yield "part dropped", f"without the earlier {_text(gone)}", of
        case Without(of=of, expected=gone):
            yield "part dropped", f"without the expected {_text(gone)}", of
        case Together(parts=parts) if len(parts) > 2:
            for place, part in enumerate(parts):
                yield "part dropped", f"without {_text(part)}", attrs.evolve(node, parts=_but(parts, place))
        case Silence(ended=ended) if ended is not None:
            yield "part dropped", f"without the end {_text(ended)}", attrs.evolve(node, ended=None)
        case Baseline(methods=methods) if len(methods) > 1:
            for place, method in enumerate(methods):
                yield "part dropped", f"without {method}", attrs.evolve(node, methods=_but(methods, place))
        case Selection(predicates=predicates) | Share(predicates=predicates) | Fits(predicates=predicates):
            # A share or a streak of nothing in particular is no share.
            if isinstance(node, Selection) or len(predicates) > 1:
                yield from _without_predicates(node, predicates)
            if isinstance(node, Selection) and node.weight is not None:
                yield "part dropped", f"without the weight {node.weight}", attrs.evolve(node, weight=None)
        case Given(predicates=predicates) if len(predicates) > 1:
            yield from _without_predicates(node, predicates)
        case Membership(values=values) if len(values) > 1:
            for place, value in enumerate(values):
                yield "value dropped", f"without {value!r}: {node}", attrs.evolve(node, values=_but(values, place))


def _without_predicates(node: Any, predicates: tuple[Pred[Any], ...]) -> Iterator[Change]:
    for place, pred in enumerate(predicates):
        yield "part dropped", f"without {_text(pred)}", attrs.evolve(node, predicates=_but(predicates, place))


# --- bounds -----------------------------------------------------------------------------------------------------


def _bounds(node: Any) -> Iterator[Change]:
    match node:
        case Counted(n=n) | Distinct(n=n):
            yield from _lowered(node, "n", n, 1)
        case Share(at_least=share, floor=floor):
            yield from _lowered(node, "at_least", share, _step(share))
            yield from _lowered(node, "floor", floor, 1)
        case Ratio(floor=floor) | Drop(floor=floor):
            yield from _lowered(node, "floor", floor, 1)
        case Runs(k=k, n=n) | Holds(k=k, n=n):
            for operator, changed in ((_WEAKER, k - 1), (_STRONGER, k + 1)):
                if changed >= 1:
                    yield operator, "", attrs.evolve(node, k=changed, n=max(n, changed) if k < n else n + changed - k)
        case Rising(samples=samples):
            yield from _lowered(node, "samples", samples, 1, least=2)
        case Smoothed(samples=samples):
            yield from _lowered(node, "samples", samples, 1)
        case Differs(z=z):
            yield from _lowered(node, "z", z, 1)
        case Standout(at_most=share):
            yield from _raised(node, "at_most", share, _step(share))
        case Quantile(q=q):
            yield from _lowered(node, "q", q, 5 * _POINT, most=Fraction(1))
        case Known(at_least_points=points):
            yield from _lowered(node, "at_least_points", points, 1, least=-1000)
        case Compared(left=left, right=Constant(value=value)):
            yield from _limit(node, "right", _constant_step(left, value), upwards=node.operator in _UPWARDS)
        case Compared(right=right, left=Constant(value=value)):
            yield from _limit(node, "left", _constant_step(right, value), upwards=node.operator not in _UPWARDS)
        case Times(by=by):
            # Which of the two is the weaker one depends on where it stands.
            step = _step(by)
            yield _WEAKER, "", attrs.evolve(node, by=by - step)
            yield _STRONGER, "", attrs.evolve(node, by=by + step)
        case Comparison(operator=operator, operand=operand) if operator in ("ge", "gt", "le", "lt"):
            step = _literal_step(operand)
            if step is not None:
                up = operator in _UPWARDS
                yield _WEAKER if up else _STRONGER, "", attrs.evolve(node, operand=operand - step)
                yield _STRONGER if up else _WEAKER, "", attrs.evolve(node, operand=operand + step)
        case Extreme(parts=parts):
            for place, part in enumerate(parts):
                if isinstance(part, Constant):
                    for sign in (-1, 1):
                        other = Constant(part.value + sign * _constant_step(None, part.value))
                        several = (*parts[:place], other, *parts[place + 1 :])
                        yield _WEAKER if sign < 0 else _STRONGER, "", attrs.evolve(node, parts=several)


def _lowered(node: Any, name: str, value: Any, step: Any, *, least: Any = None, most: Any = None) -> Iterator[Change]:
    if value - step >= (step if least is None else least):
        yield _WEAKER, _named(node, name, value, value - step), attrs.evolve(node, **{name: value - step})
    if most is None or value + step <= most:
        yield _STRONGER, _named(node, name, value, value + step), attrs.evolve(node, **{name: value + step})


def _raised(node: Any, name: str, value: Any, step: Any) -> Iterator[Change]:
    for operator, changed in ((_WEAKER, value + step), (_STRONGER, value - step)):
        if 0 < changed <= 1:
            yield operator, _named(node, name, value, changed), attrs.evolve(node, **{name: changed})


def _limit(node: Any, side: str, step: Fraction, *, upwards: bool) -> Iterator[Change]:
    value = getattr(node, side).value
    for sign in (-1, 1):
        weaker = (sign < 0) is upwards
        yield _WEAKER if weaker else _STRONGER, "", attrs.evolve(node, **{side: Constant(value + sign * step)})


def _step(share: Fraction) -> Fraction:
    """Return one percentage point; a tenth of that, or of itself, for what is written finer."""
    for unit in (_POINT, _POINT / 10):
        if share > unit and (share / unit).denominator == 1:
            return unit
    return share / 10


def _constant_step(beside: Any, value: Fraction) -> Fraction:
    if isinstance(beside, Age) or (value.denominator == 1 and abs(value) >= 1_000_000):
        return Fraction(1_000_000)
    if value.denominator == 1 and not isinstance(beside, Ratio):
        return Fraction(1)
    return _step(abs(value)) if value else _POINT


def _literal_step(operand: object) -> Any:
    match operand:
        case bool():
            return None
        case int():
            return 1
        case Decimal():
            exponent = operand.normalize().as_tuple().exponent
            return Decimal(1).scaleb(min(0, exponent)) if isinstance(exponent, int) else None
        case timedelta():
            return timedelta(seconds=1)
        case _:
            return None


# --- windows ----------------------------------------------------------------------------------------------------

_SPANS = ("length", "every", "horizon", "lead", "slack", "before")


def _windows(node: Any, fine: bool) -> Iterator[Change]:
    if isinstance(node, Trailing):
        return  # whole hours from 4 to 168: half of them or twice as many is often no baseline at all
    for name in _SPANS:
        value = getattr(node, name, 0) if attrs.has(type(node)) else 0
        if type(value) is int and value > 1:
            step = _least(value) if fine else 0
            shorter, longer = (value - step, value + step) if step else (value // 2, value * 2)
            for operator, changed in (("window halved", shorter), ("window doubled", longer)):
                words = f"{name} {span(value)} -> {span(changed)}: {_text(node)}"
                yield operator, words, attrs.evolve(node, **{name: changed})


def _least(length: int) -> int:
    # Windows beyond an hour are whole minutes.
    return 1 if length < 3_600_000_000 else 60_000_000


# --- what is the other way round --------------------------------------------------------------------------------


def _turned(node: Any) -> Iterator[Change]:
    match node:
        case Comparison(operator=operator) | Compared(operator=operator):
            yield "boundary flipped", "", attrs.evolve(node, operator=_FLIPPED[operator])
        case Known() | During() | Given():
            yield "negation flipped", "", attrs.evolve(node, negated=not node.negated)
        case Presence(expected=expected):
            yield "negation flipped", "", attrs.evolve(node, expected=not expected)
        case SetMembership():
            yield "negation flipped", "", Negation(node)
        case Negation(part=part):
            yield "negation flipped", "", part
        case SetRelation(relation="covers"):
            yield "relation changed", "", attrs.evolve(node, relation="overlaps")
        case SetRelation(relation="overlaps"):
            yield "relation changed", "", attrs.evolve(node, relation="covers")
        case Extreme(which=which):
            yield "relation changed", "", attrs.evolve(node, which="least" if which == "greatest" else "greatest")
        case Sum(negative=negative):
            yield "relation changed", "", attrs.evolve(node, negative=not negative)
        case Arithmetic(operation=operation):
            yield "relation changed", "", attrs.evolve(node, operation="plus" if operation == "minus" else "minus")
        case Share(bound=bound) | Ratio(bound=bound):
            yield "relation changed", "", attrs.evolve(node, bound="plain" if bound == "wilson" else "wilson")
        case Selection(per=per):
            yield from _other_keys(node, per)
        case Holding(by=by, of=of):
            # Not counted per this key but per another of the finer ones.
            others = [n for n in of.key_names if n not in {k.name for k in by}]
            found = next((part for part in everything(of) if isinstance(part, Selection)), None)
            for key in found.per if found is not None and len(by) == 1 else ():
                if key.name in others:
                    yield "key changed", f"per {by[0].name} -> per {key.name}", attrs.evolve(node, by=(key,))


def _other_keys(node: Selection[Any, Any], per: tuple[KeyCol[Any, Any], ...]) -> Iterator[Change]:
    taken = {k.name for k in per}
    names = [n for n, t in node.signal.__columns__.items() if t.key and n not in taken]
    for place, key in enumerate(per):
        for name in names:
            other = (*per[:place], KeyCol(node.signal, name), *per[place + 1 :])
            yield "key changed", f"per {key.name} -> per {name}: {_text(node)}", attrs.evolve(node, per=other)


def _named(node: Any, name: str, before: Any, after: Any) -> str:
    return f"{name.replace('_', ' ')} {before} -> {after}: {_text(node)}"


def _but(items: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return (*items[:place], *items[place + 1 :])


def _text(node: object) -> str:
    return " ".join(str(node).split())
