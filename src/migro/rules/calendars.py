"""Calendars and settings: what holds now because signals declared it, not because something happened."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, TypeVar, overload

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Col, Document, Fact, KeyCol, Pred, Term, columns_of, fact, facts_of, histories_of, span
from ..models import Signal
from .premises import Part, Premise, names, not_negative
from .selections import Selection, on

__all__ = ["During", "Given", "during", "given"]

K = TypeVar("K")
A = TypeVar("A")
B = TypeVar("B")
F = TypeVar("F", bound=Signal)


@attrs.frozen(eq=False, repr=False)
class During(Premise[K]):
    """Now is inside an interval that a signal has declared."""

    of: Selection[Any, K]
    starts: Col[Any, datetime]
    ends: Col[Any, datetime]
    lead: int
    slack: int
    negated: bool = False

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        return (self.starts, self.ends)

    @property
    def span(self) -> int:
        # What looks ahead keeps nothing back, and what was declared is kept until it is over anyway.
        return self.slack

    def __invert__(self) -> During[K]:
        return attrs.evolve(self, negated=not self.negated)

    def __str__(self) -> str:
        around = f" (from {span(self.lead)} before, to {span(self.slack)} after)" if self.lead or self.slack else ""
        return f"{'not ' if self.negated else ''}during [{self.of}] {self.starts} to {self.ends}{around}"

    def document(self) -> Document:
        return {
            "not_during" if self.negated else "during": self.of.document(),
            "starts": self.starts.document()["column"],
            "ends": self.ends.document()["column"],
            "lead": {"microseconds": self.lead},
            "slack": {"microseconds": self.slack},
        }


def during(
    calendar: Selection[F, K],
    *,
    starts: Col[F, datetime],
    ends: Col[F, datetime],
    lead: timedelta = timedelta(0),
    slack: timedelta = timedelta(0),
) -> During[K]:
    """
    Hold while ``starts - lead <= as_of <= ends + slack`` for a signal of `calendar`; has no anchor of its own.

    A signal without a start or an end declares nothing. Negate it with `~`: outside every declared interval.
    """
    if not isinstance(calendar, Selection):
        raise RuleDefinitionError(f"during() takes on(...) first, got {calendar!r}")
    for name, column in (("starts", starts), ("ends", ends)):
        if not isinstance(column, Col) or not issubclass(calendar.signal, column.owner):
            raise RuleDefinitionError(
                f"during() takes a column of {calendar.signal.__name__} in {name}=, got {column!r}"
            )
        if column.column_type.value is not datetime:
            raise RuleDefinitionError(f"during() takes a time in {name}=, got {column}")
    return During(calendar, starts, ends, not_negative(lead, "lead"), not_negative(slack, "slack"))


@attrs.frozen(eq=False, repr=False)
class Given(Premise[K]):
    """What the host knows about a key fits."""

    owner: type[Signal]
    predicates: tuple[Pred[Any], ...]
    per: tuple[KeyCol[Any, Any], ...]
    negated: bool = False

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(k.name for k in self.per)

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        columns = {c.name: c for p in self.predicates for c in columns_of(p) if isinstance(c, Col)}
        return tuple(fact(columns[name]) for name in sorted(columns))

    def __invert__(self) -> Given[K]:
        return attrs.evolve(self, negated=not self.negated)

    def __str__(self) -> str:
        conditions = " & ".join(map(str, self.predicates))
        return f"{'not ' if self.negated else ''}given {conditions} per {names(self.key_names)}"

    def document(self) -> Document:
        return {
            "not_given" if self.negated else "given": self.owner.__signal_kind__,
            "where": sorted((p.document() for p in self.predicates), key=lambda d: json.dumps(d, sort_keys=True)),
            "per": list(self.key_names),
        }


@overload
def given(owner: type[F], *predicates: Pred[F], per: KeyCol[F, K]) -> Given[K]: ...
@overload
def given(owner: type[F], *predicates: Pred[F], per: tuple[KeyCol[F, A], KeyCol[F, B]]) -> Given[tuple[A, B]]: ...
def given(owner: type[F], *predicates: Pred[F], per: Any) -> Given[Any]:
    """
    Hold while what the host knows about a key fits all predicates; has no anchor of its own.

    Known is, for each column of the fact class, the newest value told for the key, as in `fact`. Negate it with `~`:
    it does not fit, or nothing is known.
    """
    base = on(owner, *predicates, per=per)
    if not predicates:
        raise RuleDefinitionError(f"given() needs at least one predicate of {owner.__name__}")
    for predicate in predicates:
        if any(True for _ in histories_of(predicate)) or any(True for _ in facts_of(predicate)):
            raise RuleDefinitionError(f"given() takes predicates on {owner.__name__} alone, got {predicate}")
    return Given(owner, predicates, base.per)
