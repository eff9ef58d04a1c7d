"""
Premises: what has to be true of a key's signals, as data.

Meaning, for every premise (the oracle in the tests states the same by quantifiers):

- Time is `Signal.effective_at` in whole microseconds. `as_of` is the time of evaluation; no signal is after it.
- A selection matches a signal when all its predicates are MATCH and all its key columns have a value.
- A premise holds for a key at its *anchor*: the latest time at which it is satisfied. Windows are closed and look
  back from the anchor: ``[anchor - within, anchor]``.
- `lasts` of the rule bounds how old an anchor may be: ``anchor >= as_of - lasts``.
"""

from __future__ import annotations

import json
from datetime import timedelta
from fractions import Fraction
from typing import Any, Generic, Literal, TypeVar, overload

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Col, Document, KeyCol, Node, Pred, columns_of, encode, facts_of, microseconds, span
from ..models import Signal
from .kinds import IssueKind

__all__ = [
    "Both",
    "Counted",
    "Distinct",
    "Known",
    "Premise",
    "Recent",
    "Selection",
    "Share",
    "Unless",
    "known",
    "leaves",
    "on",
]

K = TypeVar("K")
K2 = TypeVar("K2")
S = TypeVar("S", bound=Signal)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

Bound = Literal["wilson", "plain"]


class Premise(Node, Generic[K]):
    """Something that can hold for keys of type `K`."""

    __slots__ = ()

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the key columns, in order; a join needs equal ones."""
        raise NotImplementedError(type(self).__name__)

    def __and__(self, other: Premise[K]) -> Premise[K]:
        """Both hold for the same key; the anchor is the later of the two."""
        if not isinstance(other, Premise):
            raise RuleDefinitionError(f"`&` joins two premises, got {other!r}")
        if self.key_names != other.key_names:
            raise RuleDefinitionError(
                f"`&` joins premises about the same key: one is per {_names(self)}, the other per {_names(other)}"
            )
        parts = tuple(p for side in (self, other) for p in (side.parts if isinstance(side, Both) else (side,)))
        return Both(parts)

    def unless(self, other: Premise[K]) -> Premise[K]:
        """
        Hold only while `other` has not been satisfied at or after this premise's anchor.

        An equal time counts as satisfied: a recovery in the same microsecond is a recovery.
        """
        if not isinstance(other, Premise):
            raise RuleDefinitionError(f".unless() takes a premise such as on(...), got {other!r}")
        if self.key_names != other.key_names:
            raise RuleDefinitionError(
                f".unless() needs premises about the same key: one is per {_names(self)}, the other per {_names(other)}"
            )
        return Unless(self, other)

    def within(self, span: timedelta) -> Premise[K]:
        """Hold only while the anchor is at most `span` before the time of evaluation, end included."""
        return Recent(self, _positive(span, "within"))

    @property
    def longest(self) -> int:
        """The longest span this premise names, in microseconds."""
        raise NotImplementedError(type(self).__name__)


@attrs.frozen(eq=False, repr=False)
class Selection(Premise[K], Generic[S, K]):
    """Signals of one class that fit all predicates, grouped by key. Holds at its newest match."""

    signal: type[S]
    predicates: tuple[Pred[S], ...]
    per: tuple[KeyCol[S, Any], ...]

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(k.name for k in self.per)

    @property
    def longest(self) -> int:
        return 0

    def at_least(self, n: int, *, within: timedelta) -> Premise[K]:
        """At least `n` signals in the window, duplicates counted once."""
        return Counted(self, _whole(n, "at_least"), _positive(within, "within"))

    def distinct(self, column: Col[S, Any], *, at_least: int, within: timedelta) -> Premise[K]:
        """At least that many different values of `column` in the window; a signal without one is not counted."""
        _owned(self.signal, column, "distinct")
        return Distinct(self, column, _whole(at_least, "at_least"), _positive(within, "within"))

    def share(
        self,
        *predicates: Pred[S],
        at_least: Fraction,
        floor: int,
        within: timedelta,
        bound: Bound = "wilson",
    ) -> Premise[K]:
        """
        At least that share of the selected signals also fit `predicates`, over a window with at least `floor` of them.

        Anchored at signals that fit. A signal for which `predicates` are UNKNOWN enters neither side. With
        ``bound="wilson"`` and fewer than 100 signals, the lower end of the 95 % score interval has to reach the
        share (E. B. Wilson, JASA 22, 1927), computed in integers; from 100 on, and with ``"plain"``, the share itself.
        """
        if not isinstance(at_least, Fraction) or not 0 < at_least <= 1:
            raise RuleDefinitionError(
                f".share() needs at_least as percent(...) above 0 and at most 1, got {at_least!r}"
            )
        if not predicates:
            raise RuleDefinitionError(".share() needs the predicates of its numerator")
        for p in predicates:
            _check_predicate(self.signal, p, "share")
        if bound not in ("wilson", "plain"):
            raise RuleDefinitionError(f".share() needs bound 'wilson' or 'plain', got {bound!r}")
        return Share(self, predicates, at_least, _whole(floor, "floor"), _positive(within, "within"), bound)

    def __str__(self) -> str:
        conditions = " & ".join(map(str, self.predicates)) or "any"
        return f"{self.signal.__name__}: {conditions} per {_names(self)}"

    def document(self) -> Document:
        return {
            "signal": self.signal.__signal_kind__,
            "where": sorted((p.document() for p in self.predicates), key=lambda d: json.dumps(d, sort_keys=True)),
            "per": list(self.key_names),
        }


@attrs.frozen(eq=False, repr=False)
class Counted(Premise[K]):
    """At least `n` signals in a sliding window."""

    of: Selection[Any, K]
    n: int
    span: int

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.of.key_names

    @property
    def longest(self) -> int:
        return self.span

    def __str__(self) -> str:
        return f"at least {self.n} x [{self.of}] within {span(self.span)}"

    def document(self) -> Document:
        return {"count": self.of.document(), "at_least": self.n, "within": {"microseconds": self.span}}


@attrs.frozen(eq=False, repr=False)
class Distinct(Premise[K]):
    """At least `n` different values of a column in a sliding window."""

    of: Selection[Any, K]
    column: Col[Any, Any]
    n: int
    span: int

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.of.key_names

    @property
    def longest(self) -> int:
        return self.span

    def __str__(self) -> str:
        return f"at least {self.n} different {self.column.name} in [{self.of}] within {span(self.span)}"

    def document(self) -> Document:
        return {
            "distinct": self.of.document(),
            "column": self.column.document()["column"],
            "at_least": self.n,
            "within": {"microseconds": self.span},
        }


@attrs.frozen(eq=False, repr=False)
class Share(Premise[K]):
    """At least a share of a selection's signals fit further predicates."""

    of: Selection[Any, K]
    predicates: tuple[Pred[Any], ...]
    at_least: Fraction
    floor: int
    span: int
    bound: Bound

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.of.key_names

    @property
    def longest(self) -> int:
        return self.span

    def __str__(self) -> str:
        conditions = " & ".join(map(str, self.predicates))
        percentage = f"{100 * self.at_least.numerator / self.at_least.denominator:g} %"
        return f"at least {percentage} of [{self.of}] are {conditions}, n >= {self.floor}, within {span(self.span)}"

    def document(self) -> Document:
        return {
            "share": self.of.document(),
            "where": sorted((p.document() for p in self.predicates), key=lambda d: json.dumps(d, sort_keys=True)),
            "at_least": encode(self.at_least),
            "floor": self.floor,
            "bound": self.bound,
            "within": {"microseconds": self.span},
        }


@attrs.frozen(eq=False, repr=False)
class Recent(Premise[K]):
    """A premise whose anchor is recent."""

    of: Premise[K]
    span: int

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.of.key_names

    @property
    def longest(self) -> int:
        return max(self.span, self.of.longest)

    def __str__(self) -> str:
        return f"[{self.of}] in the last {span(self.span)}"

    def document(self) -> Document:
        return {"recent": self.of.document(), "within": {"microseconds": self.span}}


@attrs.frozen(eq=False, repr=False)
class Unless(Premise[K]):
    """A premise that a later event takes back."""

    of: Premise[K]
    recovery: Premise[K]

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.of.key_names

    @property
    def longest(self) -> int:
        return max(self.of.longest, self.recovery.longest)

    def __str__(self) -> str:
        return f"{self.of}, and since then no [{self.recovery}]"

    def document(self) -> Document:
        return {"unless": self.recovery.document(), "of": self.of.document()}


@attrs.frozen(eq=False, repr=False)
class Both(Premise[K]):
    """Premises that hold together for one key."""

    parts: tuple[Premise[K], ...]

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.parts[0].key_names

    @property
    def longest(self) -> int:
        return max(p.longest for p in self.parts)

    def __str__(self) -> str:
        return "\n  and ".join(map(str, self.parts))

    def document(self) -> Document:
        return {"all": sorted((p.document() for p in self.parts), key=lambda d: json.dumps(d, sort_keys=True))}


@attrs.frozen(eq=False, repr=False)
class Known(Premise[K]):
    """Another issue about the same key has (or, negated, has not) that many raw evidence points."""

    kind: IssueKind[K]
    at_least_points: int
    negated: bool = False

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.kind.per

    @property
    def longest(self) -> int:
        return 0

    def __invert__(self) -> Known[K]:
        return attrs.evolve(self, negated=not self.negated)

    def __str__(self) -> str:
        negation = "not " if self.negated else ""
        return f"{self.kind.name} is {negation}supported by at least {self.at_least_points} points"

    def document(self) -> Document:
        return {"not_known" if self.negated else "known": self.kind.name, "at_least_points": self.at_least_points}


@overload
def on(signal: type[S], *predicates: Pred[S], per: KeyCol[S, K]) -> Selection[S, K]: ...
@overload
def on(signal: type[S], *predicates: Pred[S], per: tuple[KeyCol[S, A], KeyCol[S, B]]) -> Selection[S, tuple[A, B]]: ...
@overload
def on(
    signal: type[S], *predicates: Pred[S], per: tuple[KeyCol[S, A], KeyCol[S, B], KeyCol[S, C]]
) -> Selection[S, tuple[A, B, C]]: ...
def on(signal: type[S], *predicates: Pred[S], per: Any) -> Selection[S, Any]:
    """
    Select the signals of a class that fit all predicates, grouped by key.

    Args:
        signal: The signal class; `Signal` itself selects every kind.
        predicates: Conditions on that class.
        per: One key column of the class, or a tuple of them.

    Raises:
        RuleDefinitionError: If a predicate belongs to another class, or `per` is no key.
    """
    if not (isinstance(signal, type) and issubclass(signal, Signal)):
        raise RuleDefinitionError(f"on() takes a signal class first, got {signal!r}")
    for p in predicates:
        _check_predicate(signal, p, "on")
    keys = per if isinstance(per, tuple) else (per,)
    if not keys:
        raise RuleDefinitionError("on() needs at least one key column in per=")
    for key in keys:
        if not isinstance(key, KeyCol):
            raise RuleDefinitionError(
                f"on() groups by key columns; {key} is none: declare it as Key[...] or MaybeKey[...]"
            )
        _owned(signal, key, "on")
    return Selection(signal, predicates, keys)


def known(kind: IssueKind[K], *, at_least_points: int = 0) -> Known[K]:
    """
    Hold while another issue about the same key has at least that many raw evidence points.

    Raw points are what its rules bring, without prior and caps, so that calibration never travels along a chain.
    """
    if not isinstance(kind, IssueKind):
        raise RuleDefinitionError(f"known() takes an IssueKind, got {kind!r}")
    if type(at_least_points) is not int:
        raise RuleDefinitionError(f"known() takes whole points, got {at_least_points!r}")
    return Known(kind, at_least_points)


def leaves(premise: Premise[Any]) -> tuple[Premise[Any], ...]:
    """Return the premises that compound ones are made of, in writing order."""
    match premise:
        case Both(parts=parts):
            return tuple(leaf for p in parts for leaf in leaves(p))
        case Unless(of=of, recovery=recovery):
            return (*leaves(of), *leaves(recovery))
        case Recent(of=of):
            return leaves(of)
        case _:
            return (premise,)


def _check_predicate(signal: type[Signal], predicate: Pred[Any], where: str) -> None:
    if not isinstance(predicate, Pred):
        raise RuleDefinitionError(
            f"{where}({signal.__name__}, ...) takes predicates such as {signal.__name__}.status >= 500,"
            f" got {predicate!r} ({type(predicate).__name__})"
        )
    for column in columns_of(predicate):
        _owned(signal, column, where)
    for operand in facts_of(predicate):
        if not any(t.key for t in operand.column.owner.__columns__.values()):
            raise RuleDefinitionError(f"{operand} belongs to {operand.column.owner.__name__}, which has no key column")


def _owned(signal: type[Signal], column: Col[Any, Any], where: str) -> None:
    if not isinstance(column, Col):
        raise RuleDefinitionError(f"{where}({signal.__name__}, ...) takes columns, got {column!r}")
    # A column of a parent class is the same column: Checkout.merchant may be written Signal.merchant.
    if not issubclass(signal, column.owner):
        raise RuleDefinitionError(
            f"{where}({signal.__name__}, ...) cannot use {column}, which belongs to {column.owner.__name__}"
        )


def _positive(t: timedelta, name: str) -> int:
    if not isinstance(t, timedelta) or t <= timedelta(0):
        raise RuleDefinitionError(f"{name}= takes a span above 0 such as minutes(5), got {t!r}")
    return microseconds(t)


def _whole(n: int, name: str) -> int:
    if type(n) is not int or n < 1:
        raise RuleDefinitionError(f"{name}= takes a whole number from 1, got {n!r}")
    return n


def _names(premise: Premise[Any]) -> str:
    return " and ".join(premise.key_names)
