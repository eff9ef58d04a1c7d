"""
Premises: what has to be true of a key's signals, as data; here what joins them.

Meaning, for every premise (the oracle in the tests states the same by quantifiers):

- Time is `Signal.effective_at` in whole microseconds. `as_of` is the time of evaluation; no signal is after it.
- A selection matches a signal when all its predicates are MATCH and all its key columns have a value.
- A timed premise (see `migro.rules.timed`) is satisfied at certain times, each of which follows from what happened
  up to that time. Its *anchor* is the latest of them. Windows are closed and look back: ``[t - within, t]``.
- `lasts` of the rule bounds how old an anchor may be: ``anchor >= as_of - lasts``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Generic, TypeVar

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, Fact, Node, Pred, Term, microseconds, span
from .kinds import IssueKind

__all__ = [
    "Both",
    "Known",
    "Part",
    "Premise",
    "Recent",
    "Unless",
    "everything",
    "known",
    "leaves",
    "names",
    "not_negative",
    "positive",
    "same_key",
    "whole",
]

K = TypeVar("K")


class Part(Node):
    """What premises and measures share: they are about a key, and made of other parts."""

    __slots__ = ()

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the key columns, in order; a join needs equal ones. Empty for a constant or a fact."""
        return next((i.key_names for i in self.inputs if i.key_names), ())

    @property
    def inputs(self) -> tuple[Part, ...]:
        """The premises and measures that this one is made of."""
        return ()

    @property
    def conditions(self) -> tuple[Pred[Any], ...]:
        """Predicates on signals of its own, those of its `inputs` left out."""
        return ()

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        """Columns and other terms that it reads from signals itself, those of its predicates left out."""
        return ()

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        """Configured facts that it reads itself, those of its predicates and terms left out."""
        return ()

    @property
    def span(self) -> int:
        """The span that it names itself, in microseconds; 0 for none."""
        return 0

    @property
    def longest(self) -> int:
        """The longest span in it and in everything it is made of, in microseconds."""
        return max((self.span, *(i.longest for i in self.inputs)))


class Premise(Part, Generic[K]):
    """Something that can hold for keys of type `K`."""

    __slots__ = ()

    def __and__(self, other: Premise[K]) -> Premise[K]:
        """Both hold for the same key; the anchor is the later of the two."""
        if not isinstance(other, Premise):
            raise RuleDefinitionError(f"`&` joins two premises, got {other!r}")
        same_key(self, other, "`&`")
        parts = tuple(p for side in (self, other) for p in (side.parts if isinstance(side, Both) else (side,)))
        return Both(parts)

    def unless(self, other: Premise[K]) -> Premise[K]:
        """
        Hold only while `other` has not been satisfied at or after this premise's anchor.

        An equal time counts as satisfied: a recovery in the same microsecond is a recovery.
        """
        if not isinstance(other, Premise):
            raise RuleDefinitionError(f".unless() takes a premise such as on(...), got {other!r}")
        same_key(self, other, ".unless()")
        return Unless(self, other)

    def within(self, span: timedelta) -> Premise[K]:
        """Hold only while the anchor is at most `span` before the time of evaluation, end included."""
        return Recent(self, positive(span, "within"))


@attrs.frozen(eq=False, repr=False)
class Recent(Premise[K]):
    """A premise whose anchor is recent."""

    of: Premise[K]
    length: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"[{self.of}] in the last {span(self.length)}"

    def document(self) -> Document:
        return {"recent": self.of.document(), "within": {"microseconds": self.length}}


@attrs.frozen(eq=False, repr=False)
class Unless(Premise[K]):
    """A premise that a later event takes back."""

    of: Premise[K]
    recovery: Premise[K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of, self.recovery)

    def __str__(self) -> str:
        return f"{self.of}, and since then no [{self.recovery}]"

    def document(self) -> Document:
        return {"unless": self.recovery.document(), "of": self.of.document()}


@attrs.frozen(eq=False, repr=False)
class Both(Premise[K]):
    """Premises that hold together for one key."""

    parts: tuple[Premise[K], ...]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return self.parts

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

    def __invert__(self) -> Known[K]:
        return attrs.evolve(self, negated=not self.negated)

    def __str__(self) -> str:
        negation = "not " if self.negated else ""
        return f"{self.kind.name} is {negation}supported by at least {self.at_least_points} points"

    def document(self) -> Document:
        return {"not_known" if self.negated else "known": self.kind.name, "at_least_points": self.at_least_points}


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
    """Return the timed, known and calendar premises that compound ones are made of, in writing order."""
    match premise:
        case Both(parts=parts):
            return tuple(leaf for p in parts for leaf in leaves(p))
        case Unless(of=of, recovery=recovery):
            return (*leaves(of), *leaves(recovery))
        case Recent(of=of):
            return leaves(of)
        case _:
            return (premise,)


def everything(part: Part) -> Iterator[Part]:
    """Yield a premise or measure and all that it is made of, itself first."""
    yield part
    for inner in part.inputs:
        yield from everything(inner)


def same_key(one: Part, other: Part, where: str) -> None:
    """Refuse two sides about different keys; constants and facts are about any."""
    mine, theirs = one.key_names, other.key_names
    if mine and theirs and mine != theirs:
        raise RuleDefinitionError(
            f"{where} joins premises about the same key: one is per {names(mine)}, the other per {names(theirs)}"
        )


def positive(t: timedelta, name: str) -> int:
    """Return a span's microseconds; refuses one that is not above 0."""
    if not isinstance(t, timedelta) or t <= timedelta(0):
        raise RuleDefinitionError(f"{name}= takes a span above 0 such as minutes(5), got {t!r}")
    return microseconds(t)


def not_negative(t: timedelta, name: str) -> int:
    """Return a span's microseconds; refuses one below 0."""
    if not isinstance(t, timedelta) or t < timedelta(0):
        raise RuleDefinitionError(f"{name}= takes a span from 0 such as minutes(5), got {t!r}")
    return microseconds(t)


def whole(n: int, name: str) -> int:
    """Return `n`; refuses anything but a whole number from 1."""
    if type(n) is not int or n < 1:
        raise RuleDefinitionError(f"{name}= takes a whole number from 1, got {n!r}")
    return n


def names(key: tuple[str, ...]) -> str:
    """Return key names as messages say them."""
    return " and ".join(key)
