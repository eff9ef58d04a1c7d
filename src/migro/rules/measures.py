"""
Measures: numbers that a key has at every moment, and the premises that compare them.

A measure has a value at a time `t`, from signals up to `t`, or is UNKNOWN there. All numbers are exact: int, Decimal
and ratios of them; nothing is rounded. Arithmetic with UNKNOWN is UNKNOWN, and a comparison with it is not satisfied.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Generic, Literal, TypeVar

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, Fact, encode, microseconds, span
from ..expressions.quantities import bounded
from .baselines import Method
from .premises import Part, everything, positive, same_key, whole
from .timed import Timed

__all__ = [
    "Absolute",
    "Baseline",
    "Compared",
    "Constant",
    "Differs",
    "Drop",
    "Extreme",
    "Measure",
    "Ratio",
    "Rising",
    "Sum",
    "Times",
    "Told",
    "greatest",
    "least",
]

K = TypeVar("K")

Operator = Literal["lt", "le", "gt", "ge", "eq", "ne"]
Bound = Literal["wilson", "plain"]
Number = int | Decimal | Fraction | timedelta
Figure = Fact[int] | Fact[Decimal]

_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Measure(Part, Generic[K]):
    """
    A number that a key has at a time, or UNKNOWN.

    A count over an empty window is 0. At a time at which no signal need have come, a key of which nothing is known for
    as long as the premise looks back has no numbers at all.
    """

    __slots__ = ()

    by_hours = True
    """Whether it has a value over a whole hour, as a baseline needs it."""

    # --- arithmetic ---------------------------------------------------------------------------------------------

    def __add__(self, other: Measure[K] | Figure | Number) -> Measure[K]:
        return Sum(self, _measure(other, self, "+"), negative=False)

    def __radd__(self, other: Figure | Number) -> Measure[K]:
        return Sum(_measure(other, self, "+"), self, negative=False)

    def __sub__(self, other: Measure[K] | Figure | Number) -> Measure[K]:
        return Sum(self, _measure(other, self, "-"), negative=True)

    def __rsub__(self, other: Figure | Number) -> Measure[K]:
        return Sum(_measure(other, self, "-"), self, negative=True)

    def __mul__(self, by: int | Fraction) -> Measure[K]:
        if isinstance(by, bool) or not isinstance(by, int | Fraction):
            raise RuleDefinitionError(f"a measure is multiplied with an int, percent(...) or permille(...), got {by!r}")
        return Times(self, Fraction(by))

    def __rmul__(self, by: int | Fraction) -> Measure[K]:
        return self * by

    def __abs__(self) -> Measure[K]:
        return Absolute(self)

    def per(self, other: Measure[K] | Figure, *, floor: int = 1, bound: Bound = "plain") -> Ratio[K]:
        """
        Return this measure as a share of another; UNKNOWN where the other is below `floor`, or below 1.

        With ``bound="wilson"`` a comparison `>=` or `>` of a share of fewer than 100 is satisfied only when the
        lower end of its 95 % score interval reaches the limit, and `<=` or `<` only when the upper end does.
        """
        if bound not in ("wilson", "plain"):
            raise RuleDefinitionError(f".per() takes bound 'wilson' or 'plain', got {bound!r}")
        return Ratio(self, _measure(other, self, ".per()"), whole(floor, "floor"), bound)

    def baseline(self, *methods: Method) -> Measure[K]:
        """
        Return what this measure usually is, by the first of `methods` that has an answer.

        An answer by any but the first is a fallback: evidence that rests on one counts one class lower, strong as
        medium and medium as weak. See `hour_of_week`, `trailing`, `previous` and `before`.
        """
        if not methods or not all(isinstance(m, Method) for m in methods):
            raise RuleDefinitionError(
                f".baseline() takes hour_of_week(...), trailing(...), previous() or before(...), got {methods!r}"
            )
        if any(isinstance(part, Baseline) for part in everything(self)):
            raise RuleDefinitionError(f".baseline() takes a measure without a baseline in it, got {self}")
        if any(m.hours for m in methods):
            for part in everything(self):
                if isinstance(part, Measure) and not part.by_hours:
                    raise RuleDefinitionError(f".baseline() over hours takes a measure of selections, got {part}")
        for method in methods:
            for part in method.inputs:
                same_key(self, part, ".baseline()")
        return Baseline(self, methods)

    # --- premises -----------------------------------------------------------------------------------------------

    __hash__ = object.__hash__

    def __ge__(self, other: Measure[K] | Figure | Number) -> Timed[K]:
        return Compared("ge", self, _measure(other, self, ">="))

    def __gt__(self, other: Measure[K] | Figure | Number) -> Timed[K]:
        return Compared("gt", self, _measure(other, self, ">"))

    def __le__(self, other: Measure[K] | Figure | Number) -> Timed[K]:
        return Compared("le", self, _measure(other, self, "<="))

    def __lt__(self, other: Measure[K] | Figure | Number) -> Timed[K]:
        return Compared("lt", self, _measure(other, self, "<"))

    def __eq__(self, other: Measure[K] | Figure | Number) -> Timed[K]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Compared("eq", self, _measure(other, self, "=="))

    def __ne__(self, other: Measure[K] | Figure | Number) -> Timed[K]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Compared("ne", self, _measure(other, self, "!="))

    def rising(self, *, samples: int) -> Timed[K]:
        """
        Satisfied at a point at which the values at the last `samples` points are known and each above the one before.

        Points are the times of the signals that it measures; `samples` from 2. They have to lie within the longest
        span that the measure names.
        """
        if whole(samples, "samples") < 2:
            raise RuleDefinitionError(f".rising() takes samples= from 2, got {samples}")
        return Rising(self, samples)

    def drop(
        self,
        expected: Measure[K] | Figure,
        *,
        p: Fraction,
        every: timedelta,
        floor: int = 5,
    ) -> Timed[K]:
        """
        Satisfied at a multiple of `every` at which so small a count is improbable: ``P(X <= count) < p``.

        X is Poisson distributed with mean `expected`; UNKNOWN where less than `floor` is expected, since small
        numbers prove nothing. No signal has to arrive for it.
        """
        if not isinstance(p, Fraction) or not 0 < p < 1:
            raise RuleDefinitionError(f".drop() takes p= as permille(...) between 0 and 1, got {p!r}")
        return Drop(self, _measure(expected, self, ".drop()"), p, positive(every, "every"), whole(floor, "floor"))

    def differs(self, other: Measure[K], *, z: int = 3) -> Timed[K]:
        """
        Satisfied where two shares, or two counts over equal spans, differ by at least `z` standard errors.

        Two shares: the pooled two-proportion test. Two counts a and b: ``(a - b)^2 >= z^2 (a + b)``. In integers.
        """
        right = _measure(other, self, ".differs()")
        if isinstance(self, Ratio) is not isinstance(right, Ratio):
            raise RuleDefinitionError(".differs() compares two shares or two counts, got one of each")
        return Differs(self, right, whole(z, "z"))


def _measure(value: object, beside: Measure[Any], where: str) -> Measure[Any]:
    if isinstance(value, Measure):
        same_key(beside, value, where)
        return value
    if isinstance(value, Fact):
        if value.column.column_type.value not in (int, Decimal):
            raise RuleDefinitionError(f"{where} takes a fact that is a number, got {value}")
        return Told(value)
    if isinstance(value, timedelta):
        return Constant(Fraction(microseconds(value)))
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        raise RuleDefinitionError(
            f"{where} takes a measure, a fact, an int, a Decimal, percent(...) or a span, got {value!r}"
            f" ({type(value).__name__})"
        )
    try:
        return Constant(Fraction(bounded(value) if isinstance(value, int | Decimal) else value))
    except ValueError as e:
        raise RuleDefinitionError(f"{where} takes a number within bounds, got {value!r}: {e}") from e


@attrs.frozen(eq=False, repr=False, hash=False)
class Constant(Measure[Any]):
    """A number written in the rule; a span of time is its microseconds."""

    value: Fraction

    def __str__(self) -> str:
        return str(self.value)

    def document(self) -> Document:
        return {"number": int(self.value) if self.value.denominator == 1 else encode(self.value)}


@attrs.frozen(eq=False, repr=False, hash=False)
class Told(Measure[Any]):
    """A configured fact, in force at the time."""

    fact: Fact[Any]

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        return (self.fact,)

    def __str__(self) -> str:
        return str(self.fact)

    def document(self) -> Document:
        return self.fact.document()


@attrs.frozen(eq=False, repr=False, hash=False)
class Sum(Measure[K]):
    """Sum or difference of two measures."""

    left: Measure[K]
    right: Measure[K]
    negative: bool

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"({self.left} {'-' if self.negative else '+'} {self.right})"

    def document(self) -> Document:
        return {"minus" if self.negative else "plus": [self.left.document(), self.right.document()]}


@attrs.frozen(eq=False, repr=False, hash=False)
class Times(Measure[K]):
    """Exact product of a measure and a ratio."""

    of: Measure[K]
    by: Fraction

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"{self.by} x {self.of}"

    def document(self) -> Document:
        return {"times": [encode(self.by), self.of.document()]}


@attrs.frozen(eq=False, repr=False, hash=False)
class Absolute(Measure[K]):
    """Absolute value of a measure."""

    of: Measure[K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"|{self.of}|"

    def document(self) -> Document:
        return {"abs": self.of.document()}


@attrs.frozen(eq=False, repr=False, hash=False)
class Extreme(Measure[K]):
    """The greatest or least of several measures; UNKNOWN when one of them is."""

    which: Literal["greatest", "least"]
    parts: tuple[Measure[K], ...]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return self.parts

    def __str__(self) -> str:
        return f"{self.which}({', '.join(map(str, self.parts))})"

    def document(self) -> Document:
        return {self.which: sorted((p.document() for p in self.parts), key=str)}


def greatest(*parts: Measure[K] | Figure | Number) -> Measure[K]:
    """Return the greatest of several measures, facts and numbers: ``greatest(5, percent(5) * orders)``."""
    return Extreme("greatest", _all_measures(parts, "greatest()"))


def least(*parts: Measure[K] | Figure | Number) -> Measure[K]:
    """Return the least of several measures, facts and numbers."""
    return Extreme("least", _all_measures(parts, "least()"))


def _all_measures(parts: tuple[Any, ...], where: str) -> tuple[Measure[Any], ...]:
    beside = next((p for p in parts if isinstance(p, Measure) and p.key_names), None)
    if beside is None or len(parts) < 2:
        raise RuleDefinitionError(f"{where} takes two values or more, one of them a measure, got {parts!r}")
    return tuple(_measure(p, beside, where) for p in parts)


@attrs.frozen(eq=False, repr=False, hash=False)
class Ratio(Measure[K]):
    """One measure as a share of another."""

    over: Measure[K]
    under: Measure[K]
    floor: int
    bound: Bound

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.over, self.under)

    def __str__(self) -> str:
        bound = ", Wilson bound" if self.bound == "wilson" else ""
        return f"({self.over}) / ({self.under}), n >= {self.floor}{bound}"

    def document(self) -> Document:
        return {
            "ratio": [self.over.document(), self.under.document()],
            "floor": self.floor,
            "bound": self.bound,
        }


@attrs.frozen(eq=False, repr=False, hash=False)
class Baseline(Measure[K]):
    """What a measure usually is."""

    of: Measure[K]
    methods: tuple[Method, ...]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of, *(i for m in self.methods for i in m.inputs))

    def __str__(self) -> str:
        return f"usual {self.of} by {', else '.join(map(str, self.methods))}"

    def document(self) -> Document:
        return {"baseline": self.of.document(), "by": [m.document() for m in self.methods]}


@attrs.frozen(eq=False, repr=False, hash=False)
class _OfMeasure(Timed[K]):
    left: Measure[K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.left,)


@attrs.frozen(eq=False, repr=False)
class Compared(Timed[K]):
    """
    A comparison of two measures.

    Its points are the times of all signals that its measures measure; those that only a baseline looks at are none.
    """

    operator: Operator
    left: Measure[K]
    right: Measure[K]

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"{self.left} {_SYMBOLS[self.operator]} {self.right}"

    def document(self) -> Document:
        return {"compare": self.operator, "left": self.left.document(), "right": self.right.document()}


@attrs.frozen(eq=False, repr=False)
class Rising(_OfMeasure[K]):
    """The last values of a measure, each above the one before."""

    samples: int

    def __str__(self) -> str:
        return f"{self.left} rising over {self.samples} samples"

    def document(self) -> Document:
        return {"rising": self.left.document(), "samples": self.samples}


@attrs.frozen(eq=False, repr=False)
class Drop(_OfMeasure[K]):
    """A count that is improbably small for what was expected."""

    expected: Measure[K]
    p: Fraction
    every: int
    floor: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.left, self.expected)

    @property
    def span(self) -> int:
        return self.every

    def __str__(self) -> str:
        return (
            f"{self.left} improbably small (p < {self.p}) for {self.expected}, expected >= {self.floor},"
            f" checked every {span(self.every)}"
        )

    def document(self) -> Document:
        return {
            "drop": self.left.document(),
            "expected": self.expected.document(),
            "p": encode(self.p),
            "every": {"microseconds": self.every},
            "floor": self.floor,
        }


@attrs.frozen(eq=False, repr=False)
class Differs(_OfMeasure[K]):
    """Two shares or counts that differ significantly."""

    right: Measure[K]
    z: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"{self.left} differs from {self.right} by {self.z} standard errors"

    def document(self) -> Document:
        return {"differs": [self.left.document(), self.right.document()], "z": self.z}
