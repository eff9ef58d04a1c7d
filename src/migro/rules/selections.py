"""Selections: signals of one class that fit, grouped by key, and what can be asked of them."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Generic, Literal, TypeVar, overload

import attrs

from ..errors import RuleDefinitionError
from ..expressions import (
    Document,
    Fact,
    KeyCol,
    Pred,
    Term,
    columns_of,
    decimal_text,
    encode,
    facts_of,
    histories_of,
    span,
)
from ..models import Signal
from .aggregates import Age, Count, Different, Latest, Quantile, Smoothed, Standout, Top, Total
from .measures import Measure
from .premises import Part, names, positive, same_key, whole
from .timed import Timed

__all__ = ["Counted", "Distinct", "Fits", "Selection", "Share", "on"]

K = TypeVar("K")
S = TypeVar("S", bound=Signal)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
N = TypeVar("N", int, Decimal)
Q = TypeVar("Q", int, Decimal, timedelta)

Bound = Literal["wilson", "plain"]


@attrs.frozen(eq=False, repr=False)
class Selection(Timed[K], Generic[S, K]):
    """
    Signals of one class that fit all predicates, grouped by key. Satisfied at the times of its signals.

    Attributes:
        weight: How many each signal counts for; a signal whose weight is missing or below 1 is not selected.
    """

    signal: type[S]
    predicates: tuple[Pred[S], ...]
    per: tuple[KeyCol[S, Any], ...]
    weight: Term[S, int] | None = None

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(k.name for k in self.per)

    @property
    def conditions(self) -> tuple[Pred[Any], ...]:
        return self.predicates

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        return () if self.weight is None else (self.weight,)

    # --- premises -----------------------------------------------------------------------------------------------

    def at_least(self, n: int, *, within: timedelta) -> Timed[K]:
        """At least `n` signals in the window, each id once, weights added."""
        return Counted(self, whole(n, "at_least"), positive(within, "within"))

    def distinct(self, column: Term[S, Any], *, at_least: int, within: timedelta) -> Timed[K]:
        """At least that many different values of `column` in the window; a signal without one is not counted."""
        owned(self.signal, column, "distinct")
        return Distinct(self, column, whole(at_least, "at_least"), positive(within, "within"))

    def share(
        self,
        *predicates: Pred[S],
        at_least: Fraction,
        floor: int,
        within: timedelta,
        bound: Bound = "wilson",
    ) -> Timed[K]:
        """
        At least that share of the selected signals also fit `predicates`, over a window with at least `floor` of them.

        Anchored at signals that fit; weights are added on both sides. A signal for which `predicates` are UNKNOWN
        enters neither side. With ``bound="wilson"`` and fewer than 100 signals, the lower end of the 95 % score
        interval has to reach the share (E. B. Wilson, JASA 22, 1927), computed in integers; from 100 on, and with
        ``"plain"``, the share itself.
        """
        if not isinstance(at_least, Fraction) or not 0 < at_least <= 1:
            raise RuleDefinitionError(
                f".share() needs at_least as percent(...) above 0 and at most 1, got {at_least!r}"
            )
        if bound not in ("wilson", "plain"):
            raise RuleDefinitionError(f".share() needs bound 'wilson' or 'plain', got {bound!r}")
        fitting = self._further(predicates, "share")
        return Share(self, fitting, at_least, whole(floor, "floor"), positive(within, "within"), bound)

    def fits(self, *predicates: Pred[S]) -> Timed[K]:
        """
        Satisfied at the times at which selected signals also fit `predicates` and none of the same time does not.

        Every selected signal for which `predicates` are MATCH or NO_MATCH is a point: so
        ``on(Probe, per=...).fits(Probe.ok == False).runs(3, of=3, within=minutes(10))`` is three failures in a row.
        """
        return Fits(self, self._further(predicates, "fits"))

    # --- measures -----------------------------------------------------------------------------------------------

    def count(self, *, within: timedelta) -> Measure[K]:
        """Sum of the weights in the window: how many signals, each id once."""
        return Count(self, positive(within, "within"))

    def total(self, column: Term[S, N], *, within: timedelta) -> Measure[K]:
        """Sum of a numeric column in the window, times the weight; signals without a value add nothing."""
        self._number(column, "total")
        return Total(self, column, positive(within, "within"))

    def different(self, column: Term[S, Any], *, within: timedelta) -> Measure[K]:
        """Number of different values of a column in the window."""
        owned(self.signal, column, "different")
        return Different(self, column, positive(within, "within"))

    def quantile(self, q: Fraction, column: Term[S, Q], *, within: timedelta) -> Measure[K]:
        """
        Smallest value of a column in the window that at least the share `q` of the values does not exceed.

        Weights are added; UNKNOWN without a value. A span of time is measured in microseconds.
        """
        if not isinstance(q, Fraction) or not 0 < q <= 1:
            raise RuleDefinitionError(f".quantile() takes percent(...) above 0 and at most 1 first, got {q!r}")
        owned(self.signal, column, "quantile")
        if column.column_type.value not in (int, Decimal, timedelta):
            raise RuleDefinitionError(f".quantile() takes a numeric column or a span of time, got {column}")
        return Quantile(self, q, column, positive(within, "within"))

    def latest(self, column: Term[S, N], *, max_age: timedelta) -> Measure[K]:
        """Value of the newest signal that has one, at most `max_age` old; of equal times the greatest id."""
        self._number(column, "latest")
        return Latest(self, column, positive(max_age, "max_age"))

    def top(self, by: Term[S, Any], *, within: timedelta) -> Measure[K]:
        """Sum of the weights of the largest group of equal values of `by` in the window; 0 without a value."""
        owned(self.signal, by, "top")
        return Top(self, by, positive(within, "within"))

    def standout(
        self, by: Term[S, Any], *, against: Selection[S, K], at_most: Fraction, within: timedelta
    ) -> Measure[K]:
        """
        Sum of the weights of the largest group of equal values of `by` that is not as common elsewhere.

        Only groups that make up at most the share `at_most` of the signals of `against` count, a group that does not
        occur there included; 0 without one, UNKNOWN while `against` has no signal in the window. Seven in ten
        failures in a browser that brings at most four in ten visits stand out.
        """
        owned(self.signal, by, "standout")
        if not isinstance(against, Selection) or against.signal is not self.signal:
            raise RuleDefinitionError(
                f".standout() takes a selection of {self.signal.__name__} in against=, got {against!r}"
            )
        same_key(self, against, ".standout()")
        if not isinstance(at_most, Fraction) or not 0 < at_most <= 1:
            raise RuleDefinitionError(f".standout() takes at_most=percent(...) above 0 and at most 1, got {at_most!r}")
        return Standout(self, by, against, at_most, positive(within, "within"))

    def age(self, *, horizon: timedelta) -> Measure[K]:
        """Microseconds since the newest signal; UNKNOWN without one in the last `horizon`."""
        return Age(self, positive(horizon, "horizon"))

    def smoothed(self, column: Term[S, N], *, by: Fraction, samples: int, within: timedelta) -> Measure[K]:
        """
        Exponentially weighted mean of the last `samples` values: ``e = by * value + (1 - by) * e``, exactly.

        Starts with the oldest of them; UNKNOWN with fewer in the window. Order is by time, then id.
        """
        self._number(column, "smoothed")
        if not isinstance(by, Fraction) or not 0 < by <= 1:
            raise RuleDefinitionError(f".smoothed() takes by= as permille(...) above 0 and at most 1, got {by!r}")
        return Smoothed(self, column, by, whole(samples, "samples"), positive(within, "within"))

    def _further(self, predicates: tuple[Pred[S], ...], where: str) -> tuple[Pred[S], ...]:
        if not predicates:
            raise RuleDefinitionError(f".{where}() needs at least one predicate of {self.signal.__name__}")
        for p in predicates:
            check_predicate(self.signal, p, where)
        return predicates

    def _number(self, column: Term[S, Any], where: str) -> None:
        owned(self.signal, column, where)
        if column.column_type.value not in (int, Decimal):
            raise RuleDefinitionError(f".{where}() takes a numeric column, got {column}")

    def __str__(self) -> str:
        conditions = " & ".join(map(str, self.predicates)) or "any"
        weighted = f", weighted by {self.weight}" if self.weight is not None else ""
        return f"{self.signal.__name__}: {conditions} per {names(self.key_names)}{weighted}"

    def document(self) -> Document:
        weight = {} if self.weight is None else {"weight": self.weight.document()}
        return {
            "signal": self.signal.__signal_kind__,
            "where": _sorted(self.predicates),
            "per": list(self.key_names),
            **weight,
        }


@attrs.frozen(eq=False, repr=False)
class _OfSelection(Timed[K]):
    of: Selection[Any, K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)


@attrs.frozen(eq=False, repr=False)
class Counted(_OfSelection[K]):
    """At least `n` signals in a sliding window."""

    n: int
    length: int

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"at least {self.n} x [{self.of}] within {span(self.length)}"

    def document(self) -> Document:
        return {"count": self.of.document(), "at_least": self.n, "within": {"microseconds": self.length}}


@attrs.frozen(eq=False, repr=False)
class Distinct(_OfSelection[K]):
    """At least `n` different values of a column in a sliding window."""

    column: Term[Any, Any]
    n: int
    length: int

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        return (self.column,)

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"at least {self.n} different {label(self.column)} in [{self.of}] within {span(self.length)}"

    def document(self) -> Document:
        document = self.column.document()
        return {
            "distinct": self.of.document(),
            "column": document.get("column", document),
            "at_least": self.n,
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False)
class Share(_OfSelection[K]):
    """At least a share of a selection's signals fit further predicates."""

    predicates: tuple[Pred[Any], ...]
    at_least: Fraction
    floor: int
    length: int
    bound: Bound

    @property
    def conditions(self) -> tuple[Pred[Any], ...]:
        return self.predicates

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        conditions = " & ".join(map(str, self.predicates))
        percentage = f"{decimal_text(100 * self.at_least)} %"
        return f"at least {percentage} of [{self.of}] are {conditions}, n >= {self.floor}, within {span(self.length)}"

    def document(self) -> Document:
        return {
            "share": self.of.document(),
            "where": _sorted(self.predicates),
            "at_least": encode(self.at_least),
            "floor": self.floor,
            "bound": self.bound,
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False)
class Fits(_OfSelection[K]):
    """Signals of a selection that also fit further predicates; the others are points at which it is not satisfied."""

    predicates: tuple[Pred[Any], ...]

    @property
    def conditions(self) -> tuple[Pred[Any], ...]:
        return self.predicates

    def __str__(self) -> str:
        return f"{self.of}, being {' & '.join(map(str, self.predicates))}"

    def document(self) -> Document:
        return {"fits": self.of.document(), "where": _sorted(self.predicates)}


@overload
def on(
    signal: type[S], *predicates: Pred[S], per: KeyCol[S, K], weight: Term[S, int] | None = None
) -> Selection[S, K]: ...
@overload
def on(
    signal: type[S], *predicates: Pred[S], per: tuple[KeyCol[S, A], KeyCol[S, B]], weight: Term[S, int] | None = None
) -> Selection[S, tuple[A, B]]: ...
@overload
def on(
    signal: type[S],
    *predicates: Pred[S],
    per: tuple[KeyCol[S, A], KeyCol[S, B], KeyCol[S, C]],
    weight: Term[S, int] | None = None,
) -> Selection[S, tuple[A, B, C]]: ...
def on(signal: type[S], *predicates: Pred[S], per: Any, weight: Term[S, int] | None = None) -> Selection[S, Any]:
    """
    Select the signals of a class that fit all predicates, grouped by key.

    Args:
        signal: The signal class; `Signal` itself selects every kind.
        predicates: Conditions on that class.
        per: One key column of the class, or a tuple of them.
        weight: A whole number for how many occurrences each signal stands for, such as the size of a minute's
            aggregate; counts, shares and totals add it up. Signals without one, or below 1, are not selected.

    Raises:
        RuleDefinitionError: If a predicate belongs to another class, or `per` is no key.
    """
    if not (isinstance(signal, type) and issubclass(signal, Signal)):
        raise RuleDefinitionError(f"on() takes a signal class first, got {signal!r}")
    for p in predicates:
        check_predicate(signal, p, "on")
    keys = per if isinstance(per, tuple) else (per,)
    if not keys:
        raise RuleDefinitionError("on() needs at least one key column in per=")
    for key in keys:
        if not isinstance(key, KeyCol):
            raise RuleDefinitionError(
                f"on() groups by key columns; {key} is none: declare it as Key[...] or MaybeKey[...]"
            )
        owned(signal, key, "on")
    if len({key.name for key in keys}) < len(keys):
        raise RuleDefinitionError(f"on() groups by different key columns, got {', '.join(map(str, keys))}")
    if weight is not None:
        owned(signal, weight, "on")
        if weight.column_type.value is not int:
            raise RuleDefinitionError(f"on() takes a whole-number column in weight=, got {weight}")
    return Selection(signal, predicates, keys, weight)


def check_predicate(signal: type[Signal], predicate: Pred[Any], where: str) -> None:
    """Refuse what is no predicate, or one about another class, or one on a fact without a key."""
    if not isinstance(predicate, Pred):
        raise RuleDefinitionError(
            f"{where}({signal.__name__}, ...) takes predicates such as {signal.__name__}.status >= 500,"
            f" got {predicate!r} ({type(predicate).__name__})"
        )
    for column in columns_of(predicate):
        owned(signal, column, where)
    for operand in facts_of(predicate):
        check_fact(operand)
    for history in histories_of(predicate):
        if not history.term.owner.__signal_kind__ and signal.__signal_kind__:
            continue
        owned(signal, history.term, where)


def check_fact(operand: Fact[Any]) -> None:
    """Refuse a fact whose class has no key column: it is known for no key."""
    if not any(t.key for t in operand.column.owner.__columns__.values()):
        raise RuleDefinitionError(f"{operand} belongs to {operand.column.owner.__name__}, which has no key column")


def owned(signal: type[Signal], column: Term[Any, Any], where: str) -> None:
    """Refuse a column or other term of another class."""
    if not isinstance(column, Term):
        raise RuleDefinitionError(f"{where}({signal.__name__}, ...) takes columns, got {column!r}")
    # A column of a parent class is the same column: Checkout.merchant may be written Signal.merchant.
    if not issubclass(signal, column.owner):
        raise RuleDefinitionError(
            f"{where}({signal.__name__}, ...) cannot use {column}, which belongs to {column.owner.__name__}"
        )


def label(term: Term[Any, Any]) -> str:
    """Return a column's own name, or another term as it is written."""
    return str(getattr(term, "name", term))


def _sorted(predicates: tuple[Pred[Any], ...]) -> list[Document]:
    return sorted((p.document() for p in predicates), key=lambda d: json.dumps(d, sort_keys=True))
