"""
Timed premises: those that are satisfied at definite times, and what can be said about such times.

Whether a timed premise is satisfied at a time `t` follows from signals with an effective time up to `t` and from
nothing later. A signal that comes late, or is withdrawn, changes the answer for its own time and later ones.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, TypeVar

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, Fact, KeyCol, fact, minutes, span
from .premises import Part, Premise, not_negative, positive, same_key, whole

__all__ = [
    "LATENESS",
    "After",
    "Held",
    "Holds",
    "Runs",
    "Timed",
    "Together",
    "Via",
    "Without",
    "need_timed",
    "together",
]

K = TypeVar("K")
K2 = TypeVar("K2")
F = TypeVar("F")

LATENESS = minutes(1)
"""How long absence waits for what is on its way, unless the rule says otherwise."""


class Timed(Premise[K]):
    """A premise that is satisfied at definite times; its anchor is the latest."""

    __slots__ = ()

    def after(self, earlier: Timed[K], *, within: timedelta) -> Timed[K]:
        """
        Satisfied at the times `t` of this premise before which `earlier` was satisfied, in ``[t - within, t)``.

        An equal time is no order: what happens in the same microsecond comes neither before nor after.
        """
        need_timed(earlier, "after")
        same_key(self, earlier, ".after()")
        return After(self, earlier, positive(within, "within"))

    def without(
        self,
        expected: Timed[K],
        *,
        within: timedelta,
        before: timedelta = timedelta(0),
        lateness: timedelta = LATENESS,
    ) -> Timed[K]:
        """
        Satisfied at ``t + within`` for the times `t` of this premise that `expected` did not accompany.

        It does when it is satisfied in ``[t - before, t + within]``, both ends included. Judged once
        ``as_of >= t + within + lateness``; what comes later still than that takes the conclusion back.
        """
        need_timed(expected, "without")
        same_key(self, expected, ".without()")
        return Without(
            self,
            expected,
            positive(within, "within"),
            not_negative(before, "before"),
            not_negative(lateness, "lateness"),
        )

    def held(self, span: timedelta) -> Timed[K]:
        """
        Satisfied at the times `t` of this premise at the end of an unbroken run at least `span` long.

        Between two of its points a premise keeps its answer. So: it was satisfied at a point in
        ``[t - 2 span, t - span]``, and at every point from there to `t`.
        """
        return Held(self, positive(span, "held"))

    def holds(self, k: int, *, of: int, every: timedelta) -> Timed[K]:
        """
        Satisfied at a multiple of `every` at which this premise holds, as it does at `k` of the last `of` multiples.

        Multiples of `every` are counted from 1970-01-01 UTC. A comparison of measures is measured at the multiple
        itself; any other premise holds there when it was satisfied since the multiple before, that one excluded.
        Once it is evaluated at a multiple, no signal has to arrive: this is how a comparison notices that nothing
        came.
        """
        _k_of_n(k, of, "holds")
        return Holds(self, k, of, positive(every, "every"))

    def runs(self, k: int, *, of: int, within: timedelta) -> Timed[K]:
        """
        Satisfied at a time `t` of this premise when it is satisfied at `k` of its last `of` points, `t` included.

        Points are the times at which the premise is looked at, whether satisfied or not: for a selection its
        matching signals' times, for a comparison of measures the times of all signals that it measures. At least
        `of` of them have to lie in ``[t - within, t]``.
        """
        _k_of_n(k, of, "runs")
        return Runs(self, k, of, positive(within, "within"))

    def via(self, column: KeyCol[F, K2]) -> Timed[tuple[K, K2]]:
        """
        Satisfied for (key, value) at the times of this premise at which the fact `column` of the key had the value.

        The column belongs to a fact signal that shares the key columns of this premise.
        """
        if not isinstance(column, KeyCol):
            raise RuleDefinitionError(f".via() takes a key column of a fact, got {column!r}")
        if column.name in self.key_names:
            raise RuleDefinitionError(f".via({column}): expected a column that is not yet part of the key")
        return Via(self, fact(column))


@attrs.frozen(eq=False, repr=False)
class _OfTimed(Timed[K]):
    of: Timed[K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)


@attrs.frozen(eq=False, repr=False)
class After(_OfTimed[K]):
    """A premise that follows another one."""

    earlier: Timed[K]
    length: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of, self.earlier)

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"[{self.of}] at most {span(self.length)} after [{self.earlier}]"

    def document(self) -> Document:
        return {
            "after": self.earlier.document(),
            "of": self.of.document(),
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False)
class Without(_OfTimed[K]):
    """A premise that an expected one did not follow in time."""

    expected: Timed[K]
    length: int
    before: int
    lateness: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of, self.expected)

    @property
    def span(self) -> int:
        return self.length + self.before

    def __str__(self) -> str:
        before = f" or {span(self.before)} before" if self.before else ""
        return f"[{self.of}] and no [{self.expected}] within {span(self.length)}{before}"

    def document(self) -> Document:
        return {
            "without": self.expected.document(),
            "of": self.of.document(),
            "within": {"microseconds": self.length},
            "before": {"microseconds": self.before},
            "lateness": {"microseconds": self.lateness},
        }


@attrs.frozen(eq=False, repr=False)
class Together(Timed[K]):
    """Premises that are all satisfied within a span."""

    parts: tuple[Timed[K], ...]
    length: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return self.parts

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"{' together with '.join(f'[{p}]' for p in self.parts)} within {span(self.length)}"

    def document(self) -> Document:
        parts = sorted((p.document() for p in self.parts), key=lambda d: json.dumps(d, sort_keys=True))
        return {"together": parts, "within": {"microseconds": self.length}}


def together(*parts: Timed[K], within: timedelta) -> Timed[K]:
    """
    Satisfied at the times `t` of any part at which every part has been satisfied in ``[t - within, t]``.

    Unlike ``a & b``, which joins what holds at the time of evaluation, it has times of its own: it can be counted
    by `holding`, follow something, or be held.
    """
    if len(parts) < 2:
        raise RuleDefinitionError(f"together() takes two premises or more, got {parts!r}")
    for part in parts:
        need_timed(part, "together")
        same_key(parts[0], part, "together()")
    return Together(parts, positive(within, "within"))


@attrs.frozen(eq=False, repr=False)
class Held(_OfTimed[K]):
    """A premise that has been satisfied without a break for a while."""

    length: int

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"[{self.of}] for {span(self.length)} without a break"

    def document(self) -> Document:
        return {"held": self.of.document(), "for": {"microseconds": self.length}}


@attrs.frozen(eq=False, repr=False)
class Holds(_OfTimed[K]):
    """A premise that holds at k of the last n multiples of a span."""

    k: int
    n: int
    every: int

    @property
    def span(self) -> int:
        return self.n * self.every

    def __str__(self) -> str:
        return f"[{self.of}] at {self.k} of {self.n} checks every {span(self.every)}"

    def document(self) -> Document:
        return {"holds": self.of.document(), "at_least": self.k, "of": self.n, "every": {"microseconds": self.every}}


@attrs.frozen(eq=False, repr=False)
class Runs(_OfTimed[K]):
    """A premise that is satisfied at k of its last n points."""

    k: int
    n: int
    length: int

    @property
    def span(self) -> int:
        return self.length

    def __str__(self) -> str:
        return f"[{self.of}] at {self.k} of the last {self.n} times within {span(self.length)}"

    def document(self) -> Document:
        return {
            "runs": self.of.document(),
            "at_least": self.k,
            "of": self.n,
            "within": {"microseconds": self.length},
        }


@attrs.frozen(eq=False, repr=False)
class Via(_OfTimed[Any]):
    """A premise about a key and what a fact says of it."""

    value: Fact[Any]

    @property
    def key_names(self) -> tuple[str, ...]:
        return (*self.of.key_names, self.value.column.name)

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        return (self.value,)

    def __str__(self) -> str:
        return f"[{self.of}] with its {self.value.column}"

    def document(self) -> Document:
        return {"via": self.value.column.document()["column"], "of": self.of.document()}


def need_timed(premise: object, where: str) -> None:
    """Refuse a premise that has no times of its own."""
    if not isinstance(premise, Timed):
        raise RuleDefinitionError(
            f"{where}() needs a premise that is satisfied at definite times, such as on(...) or a count;"
            f" got {premise!r}"
        )


def _k_of_n(k: int, n: int, where: str) -> None:
    if whole(k, where) > whole(n, "of"):
        raise RuleDefinitionError(f".{where}() takes at most of= {n}, got {k}")
