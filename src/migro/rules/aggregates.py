"""Aggregates: measures of a selection's signals, and of how many finer keys a premise holds for."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, KeyCol, Term, encode, span
from .measures import Measure
from .premises import Part, positive
from .timed import Timed, need_timed

if TYPE_CHECKING:
    from .selections import Selection

__all__ = [
    "Age",
    "Aggregate",
    "Count",
    "Different",
    "Holding",
    "Latest",
    "Quantile",
    "Smoothed",
    "Standout",
    "Top",
    "Total",
    "holding",
]

K = TypeVar("K")
A = TypeVar("A")
B = TypeVar("B")


@attrs.frozen(eq=False, repr=False, hash=False)
class Aggregate(Measure[K]):
    """A measure of one selection's signals over a window."""

    of: Selection[Any, K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        """What it reads from each signal."""
        return ()

    @property
    def span(self) -> int:
        return int(self.length)  # type: ignore[attr-defined]  # every aggregate has one


@attrs.frozen(eq=False, repr=False, hash=False)
class Count(Aggregate[K]):
    """Sum of weights."""

    length: int

    def __str__(self) -> str:
        return f"number of [{self.of}] in {span(self.length)}"

    def document(self) -> Document:
        return {"count_of": self.of.document(), "within": {"microseconds": self.length}}


@attrs.frozen(eq=False, repr=False, hash=False)
class _OfColumn(Aggregate[K]):
    column: Term[Any, Any]

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        return (self.column,)


@attrs.frozen(eq=False, repr=False, hash=False)
class Total(_OfColumn[K]):
    """Sum of a column, times the weight."""

    length: int

    def __str__(self) -> str:
        return f"total {self.column} of [{self.of}] in {span(self.length)}"

    def document(self) -> Document:
        return {
            "total_of": self.of.document(),
            "term": self.column.document(),
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Different(_OfColumn[K]):
    """Number of different values of a column."""

    length: int

    def __str__(self) -> str:
        return f"different {self.column} of [{self.of}] in {span(self.length)}"

    def document(self) -> Document:
        return {
            "different_of": self.of.document(),
            "term": self.column.document(),
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Quantile(Aggregate[K]):
    """A quantile of a column, by nearest rank."""

    q: Fraction
    column: Term[Any, Any]
    length: int

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        return (self.column,)

    def __str__(self) -> str:
        return f"{self.q} quantile of {self.column} of [{self.of}] in {span(self.length)}"

    def document(self) -> Document:
        return {
            "quantile_of": self.of.document(),
            "q": encode(self.q),
            "term": self.column.document(),
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Latest(_OfColumn[K]):
    """Newest value of a column."""

    length: int

    def __str__(self) -> str:
        return f"latest {self.column} of [{self.of}], at most {span(self.length)} old"

    def document(self) -> Document:
        return {
            "latest_of": self.of.document(),
            "term": self.column.document(),
            "max_age": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Top(_OfColumn[K]):
    """Size of the largest group of equal values."""

    length: int

    def __str__(self) -> str:
        return f"largest group by {self.column} of [{self.of}] in {span(self.length)}"

    def document(self) -> Document:
        return {
            "top_of": self.of.document(),
            "term": self.column.document(),
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Age(Aggregate[K]):
    """Microseconds since the newest signal."""

    length: int

    def __str__(self) -> str:
        return f"age of the newest [{self.of}], at most {span(self.length)}"

    def document(self) -> Document:
        return {"age_of": self.of.document(), "horizon": {"microseconds": self.length}}


@attrs.frozen(eq=False, repr=False, hash=False)
class Smoothed(_OfColumn[K]):
    """Exponentially weighted mean of the last values of a column."""

    by: Fraction
    samples: int
    length: int

    def __str__(self) -> str:
        return f"{self.column} of [{self.of}] smoothed by {self.by} over {self.samples} in {span(self.length)}"

    def document(self) -> Document:
        return {
            "smoothed_of": self.of.document(),
            "term": self.column.document(),
            "by": encode(self.by),
            "samples": self.samples,
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Standout(_OfColumn[K]):
    """Size of the largest group of equal values that is not as common elsewhere."""

    by_hours = False

    against: Selection[Any, K]
    at_most: Fraction
    length: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of, self.against)

    def __str__(self) -> str:
        return (
            f"largest group by {self.column} of [{self.of}] that is at most {self.at_most} of [{self.against}]"
            f" in {span(self.length)}"
        )

    def document(self) -> Document:
        return {
            "standout_of": self.of.document(),
            "term": self.column.document(),
            "against": self.against.document(),
            "at_most": encode(self.at_most),
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Holding(Measure[K]):
    """Number of finer keys for which a premise was satisfied."""

    by_hours = False

    of: Timed[Any]
    by: tuple[KeyCol[Any, Any], ...]
    length: int

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(k.name for k in self.by)

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"number of {' and '.join(self.of.key_names)} with [{self.of}] in {span(self.length)}"

    def document(self) -> Document:
        return {
            "keys_holding": self.of.document(),
            "per": list(self.key_names),
            "within": {"microseconds": self.length},
        }


# What has finer keys has a tuple of them.
_Finer = Timed[tuple[Any, Any]] | Timed[tuple[Any, Any, Any]]


@overload
def holding(premise: _Finer, *, per: KeyCol[Any, K], within: timedelta) -> Measure[K]: ...
@overload
def holding(
    premise: _Finer, *, per: tuple[KeyCol[Any, A], KeyCol[Any, B]], within: timedelta
) -> Measure[tuple[A, B]]: ...
def holding(premise: Timed[Any], *, per: Any, within: timedelta) -> Measure[Any]:
    """
    Return for how many keys of `premise` that share the key `per` it was satisfied in ``[t - within, t]``.

    The premise is about finer keys: ``per=(Probe.merchant, Probe.region)`` there and ``per=Probe.merchant`` here
    counts regions of a merchant. Its points are the times at which the premise is satisfied for any of them.
    """
    need_timed(premise, "holding")
    columns = per if isinstance(per, tuple) else (per,)
    for column in columns:
        if not isinstance(column, KeyCol) or column.name not in premise.key_names:
            raise RuleDefinitionError(
                f"holding() takes a key column of {' and '.join(premise.key_names)} in per=, got {column!r}"
            )
    if len(columns) >= len(premise.key_names):
        raise RuleDefinitionError(
            f"holding() counts keys that are finer than per=; the premise is per {' and '.join(premise.key_names)}"
        )
    return Holding(premise, columns, positive(within, "within"))
