"""
Impact models: how revenue at risk, exposure and the number of people affected follow from what is measured.

Which method an issue kind uses is data on the kind, so a pack of somebody else's says it in the same words. A method
counts where everything that it needs is there; nothing stands in for what is not known, but the shares that are named
as assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Col, Document, Fact, Term, encode, microseconds
from ..models import Severity

if TYPE_CHECKING:
    from .baselines import Method
    from .calendars import During
    from .measures import Measure
    from .selections import Selection

__all__ = ["WINDOWS", "Amounts", "Exposure", "ImpactModel", "Orders", "People", "PerDay", "Sessions"]

MINUTE = 60_000_000
"""In microseconds."""

WINDOWS = tuple(n * MINUTE for n in (15, 30, 60, 120, 240))
"""Windows in which orders are counted, in microseconds, shortest first."""


def _span(value: timedelta | int) -> int:
    length = microseconds(value) if isinstance(value, timedelta) else value
    if type(length) is not int or length < 0:
        raise RuleDefinitionError(f"an impact model takes spans such as minutes(30), got {value!r}")
    return length


def _share(value: Fraction) -> Fraction:
    if not isinstance(value, Fraction) or not 0 < value <= 1:
        raise RuleDefinitionError(f"an impact model takes shares above 0 and up to 1 as percent(...), got {value!r}")
    return value


def _document(**parts: Any) -> Document:
    """Return what is set: what a model does not say may not change the hash of a rule set that it says more in."""
    return {
        name: part if isinstance(part, bool | list | dict) else part.document()
        for name, part in parts.items()
        # Not by its truth: columns and measures have none.
        if not (part is None or part is False or (isinstance(part, list) and not part))
    }


@attrs.frozen(kw_only=True, eq=False)
class Amounts:
    """
    Amounts of money that signals carry, by currency, each thing counted once.

    ``sum over things of amount x max(0, pieces) x min(1, pace / 7)``

    Attributes:
        of: The signals, per key of the issue kind.
        amount: In minor units of `currency`.
        currency: ISO 4217 code: a column beside the amount, or a fact of the host. Without one nothing is counted.
        each: What makes two signals tell of the same thing; the newest of them counts. None where every signal tells
            of everything, so that the newest alone counts.
        within: How far back they may lie, in microseconds; give a span.
        after: How old they have to be, in microseconds; give a span.
        after_first: Whether the first thing is as it should be, as with charges for one cart.
        alike: What things have in common of which the first is as it should be, where a key has more than one such:
            charges of one cart for the same amount. A thing that lacks one of these is like no other.
        without: What a thing is not counted for: signals whose `matching` is the value of `each`.
        pieces: How many of them; once where it is not said.
        pace: How many are sold in seven days.
    """

    of: Selection[Any, Any]
    amount: Term[Any, int]
    currency: Col[Any, str] | Fact[str]
    each: Col[Any, Any] | None = None
    within: int = attrs.field(converter=_span)
    after: int = attrs.field(converter=_span, default=0)
    after_first: bool = False
    alike: tuple[Col[Any, Any], ...] = ()
    without: Selection[Any, Any] | None = None
    matching: Col[Any, Any] | None = None
    pieces: Term[Any, int] | None = None
    pace: Term[Any, int] | None = None

    def __attrs_post_init__(self) -> None:
        if (self.without is None) is not (self.matching is None) or (self.without is not None and self.each is None):
            raise RuleDefinitionError("Amounts: expected without=, matching= and each= together")
        if self.after_first and self.each is None:
            raise RuleDefinitionError("Amounts: expected each= beside after_first=")
        if self.alike and not self.after_first:
            raise RuleDefinitionError("Amounts: expected after_first= beside alike=")

    @property
    def terms(self) -> tuple[Term[Any, Any], ...]:
        """What is read from each signal, in the order in which it is kept."""
        currency = None if isinstance(self.currency, Fact) else self.currency
        parts = (self.amount, currency, self.each, *self.alike, self.pieces, self.pace)
        return tuple(t for t in parts if t is not None)

    def document(self) -> Document:
        return _document(
            amount=self.amount,
            of=self.of,
            currency=self.currency,
            each=self.each,
            within={"microseconds": self.within},
            after={"microseconds": self.after} if self.after else None,
            after_first=self.after_first,
            alike=[column.document() for column in self.alike],
            without=self.without,
            matching=self.matching,
            pieces=self.pieces,
            pace=self.pace,
        )


@attrs.frozen(eq=False)
class Exposure:
    """Money that is at stake once, such as what was charged without an order."""

    name: str
    amounts: Amounts = attrs.field(kw_only=True)

    def document(self) -> Document:
        return {"exposure": self.name, "amounts": self.amounts.document()}


@attrs.frozen(eq=False)
class PerDay:
    """
    Money that is at stake each day.

    ``share x per_day``, or ``share x sessions a day x orders per session x order value``

    Attributes:
        told: Minor units a day, as a fact of the host, such as what it spends on ads.
        sessions: Sessions a day that reach what is broken.
        share: How much of it is lost; an assumption.
    """

    name: str
    told: Fact[int] | None = attrs.field(kw_only=True, default=None)
    sessions: Measure[Any] | None = attrs.field(kw_only=True, default=None)
    share: Fraction = attrs.field(kw_only=True, default=Fraction(1), converter=_share)

    def __attrs_post_init__(self) -> None:
        if (self.told is None) is (self.sessions is None):
            raise RuleDefinitionError(f"PerDay({self.name!r}): expected one of told= and sessions=")

    def document(self) -> Document:
        return {"per_day": self.name, **_document(told=self.told, sessions=self.sessions), "share": encode(self.share)}


@attrs.frozen(kw_only=True, eq=False)
class Sessions:
    """
    Visits, for faults of a page or of the whole site.

    Attributes:
        per_minute: As a fact of the host, bots left out.
        conversion: Orders per session; an assumption.
        told: The same as a fact of the host, which goes before the assumption.
        affected: Share of the sessions that come to what is broken; an assumption.
    """

    per_minute: Fact[Decimal]
    conversion: Fraction = attrs.field(default=Fraction(1, 50), converter=_share)
    told: Fact[Decimal] | None = None
    affected: Fraction = attrs.field(default=Fraction(1), converter=_share)

    def document(self) -> Document:
        shares = {"conversion": encode(self.conversion), "affected": encode(self.affected)}
        return {**_document(per_minute=self.per_minute, told=self.told), **shares}


@attrs.frozen(kw_only=True, eq=False)
class Orders:
    """
    New orders and how many are usual, counted in growing windows of 15 to 240 minutes.

    The shortest window in which at least five are usual says how many a minute are normal, and whether so few are
    improbable.

    Attributes:
        of: Selects the orders, per key of the issue kind.
        usual: How the usual number is known, as for `Measure.baseline`.
    """

    of: Selection[Any, Any]
    usual: tuple[Method, ...]
    measures: Mapping[int, tuple[Measure[Any], Measure[Any]]] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        counts = {n: self.of.count(within=timedelta(microseconds=n)) for n in WINDOWS}
        made = {n: (count, count.baseline(*self.usual)) for n, count in counts.items()}
        object.__setattr__(self, "measures", MappingProxyType(made))

    def document(self) -> Document:
        return {"of": self.of.document(), "usual": [m.document() for m in self.usual]}


@attrs.frozen(eq=False)
class People:
    """How many people of a role are affected, as far as it is measured: ``People("logged-in", of=...)``."""

    role: str
    of: Measure[Any] = attrs.field(kw_only=True)

    def document(self) -> Document:
        return {"role": self.role, "of": self.of.document()}


@attrs.frozen(kw_only=True, eq=False)
class ImpactModel:
    """
    How revenue at risk follows from what is measured; each part adds a method where its inputs are known.

    - R_step, from the failing share of supporting rules:
      ``starts per minute x orders per start x order value x (failing share - usual share)``;
      starts per minute are measured: the size of the share's window over its length.
    - R_model, with `sessions`: ``sessions per minute x orders per session x order value x affected x failing share``.
    - R_obs, with `failed`: ``value of distinct failed carts x orders per start / window``, from five known values on.
    - R_gap, with `orders`: ``(usual orders - orders) x order value / window``, where so few are improbable, p < 0.01.
    - R_cap, with `orders`: ``usual orders x order value / window``; no other estimate counts for more.

    Attributes:
        step: Name of the step, such as ``checkout``.
        conversion: Probability of an order given the step; used as an assumption. None where a failing share says
            nothing about revenue: then there is no R_step.
        told: The same as a fact of the host, which goes before the assumption.
        order_value: Average order value in minor units, as a fact of the host; unknown without one.
        currency: ISO 4217 code of the order value, as a fact of the host.
        usual: The failing share that is usual; 0 is assumed without it.
        sessions, failed, orders: See above.
        paid: Whether what failed is paid already, so that all of it is lost: factor 1 in R_obs.
        exposures: What is at stake beside the revenue of each minute.
        people: Who is affected, by role; without it failed attempts are all that is known.
        lasts: How long it may still last, for the projected loss, in microseconds; an assumption. Give a span.
        floors: Least revenue at risk per minute for which a severity holds whatever the share, in minor units, worst
            first; as facts of the host.
        daily_revenue: What the shop takes on a usual day in minor units, as a fact of the host. An exposure of a
            hundredth of it is SEV2.
        peak: When more is at stake than usual, such as a campaign: one severity higher, up to SEV1.
    """

    step: str = ""
    conversion: Fraction | None = None
    told: Fact[Decimal] | None = None
    order_value: Fact[int] | None = None
    currency: Fact[str] | None = None
    usual: Measure[Any] | None = None
    sessions: Sessions | None = None
    failed: Amounts | None = None
    paid: bool = False
    orders: Orders | None = None
    exposures: tuple[Exposure | PerDay, ...] = ()
    people: tuple[People, ...] = ()
    lasts: int = attrs.field(converter=_span, default=120 * MINUTE)
    floors: tuple[tuple[Severity, Fact[int]], ...] = ()
    daily_revenue: Fact[int] | None = None
    peak: During[Any] | None = None

    def __attrs_post_init__(self) -> None:
        if self.conversion is None and (self.sessions is not None or (self.failed is not None and not self.paid)):
            raise RuleDefinitionError("ImpactModel: expected conversion= beside sessions= or failed=, got none")

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        """What the host may tell, in the key of the issue kind."""
        visits = (self.sessions.per_minute, self.sessions.told) if self.sessions else ()
        told = [p.told for p in self.exposures if isinstance(p, PerDay)]
        currencies = [a.currency for a in self.amounts if isinstance(a.currency, Fact)]
        floors = [floor for _, floor in self.floors]
        named = (self.told, self.order_value, self.currency, *visits, *told, *currencies, *floors, self.daily_revenue)
        return tuple(f for f in named if f is not None)

    @property
    def calendars(self) -> tuple[During[Any], ...]:
        """What is looked up in a calendar."""
        return () if self.peak is None else (self.peak,)

    @property
    def selections(self) -> Iterator[Selection[Any, Any]]:
        """Yield what amounts are added up from, in the key of the issue kind."""
        for amounts in self.amounts:
            yield amounts.of
            if amounts.without is not None:
                yield amounts.without

    @property
    def amounts(self) -> tuple[Amounts, ...]:
        """Everything that is added up from signals."""
        found = [p.amounts for p in self.exposures if isinstance(p, Exposure)]
        return (*found, self.failed) if self.failed is not None else tuple(found)

    @property
    def measures(self) -> Iterator[Measure[Any]]:
        """Yield everything that is measured beside what rules measure."""
        if self.usual is not None:
            yield self.usual
        for pair in self.orders.measures.values() if self.orders else ():
            yield from pair
        for part in self.exposures:
            if isinstance(part, PerDay) and part.sessions is not None:
                yield part.sessions
        for people in self.people:
            yield people.of

    def document(self) -> Document:
        return {
            "step": self.step,
            "conversion": None if self.conversion is None else encode(self.conversion),
            **_document(
                told=self.told,
                order_value=self.order_value,
                currency=self.currency,
                usual=self.usual,
                sessions=self.sessions,
                failed=self.failed,
                paid=self.paid,
                orders=self.orders,
                exposures=[e.document() for e in self.exposures],
                people=[p.document() for p in self.people],
                lasts=None if self.lasts == 120 * MINUTE else {"microseconds": self.lasts},
                floors=[[severity.word, floor.document()] for severity, floor in self.floors],
                daily_revenue=self.daily_revenue,
                peak=self.peak,
            ),
        }
