"""Figures: what an issue costs by every method that its inputs allow, as exact numbers and without any text of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cached_property
from math import floor, isqrt

import attrs

from ..engine import MeasuredAmount, MeasuredShare
from ..engine.significance import improbable
from ..rules import ImpactModel, PerDay
from .sums import Factor, Sum, assumed, fact, measured, told_or

__all__ = [
    "DROUGHT",
    "KNOWN_VALUES",
    "LEAST_USUAL",
    "Figures",
    "OrderFlow",
    "Readings",
    "flow_of",
    "largest_share",
    "wilson_lower",
]

KNOWN_VALUES = 5
"""From how many known values on the value of failed carts says something."""

LEAST_USUAL = 5
"""How many orders have to be usual in a window, or so few prove nothing."""

DROUGHT = Fraction(1, 100)
"""So few orders are a drought where they are less probable than this."""

_PLAIN_FROM = 100
_MINUTE = 60_000_000


@attrs.frozen(kw_only=True)
class Readings:
    """
    What is known about one issue at one moment; None and nothing for what is not.

    Attributes:
        share: Largest failing share that a supporting rule has measured.
        usual: The failing share that is usual.
        order_value, currency: Average order value in minor units.
        told, visits_told: Orders per start of the step, and per session, as the host knows them.
        visits: Sessions per minute.
        failed: Value of what failed, by currency.
        orders: New orders and the usual number, by window in microseconds, shortest first.
        exposures: What is at stake once, by name and currency.
        daily: What is at stake each day, by name: minor units, or sessions.
        people: How many people are affected, by role.
    """

    share: MeasuredShare | None = None
    usual: Fraction | None = None
    order_value: int | None = None
    currency: str | None = None
    told: Fraction | None = None
    visits: Fraction | None = None
    visits_told: Fraction | None = None
    failed: tuple[MeasuredAmount, ...] = ()
    orders: tuple[tuple[int, Fraction | None, Fraction | None], ...] = ()
    exposures: tuple[tuple[str, tuple[MeasuredAmount, ...]], ...] = ()
    daily: tuple[tuple[str, Fraction | None], ...] = ()
    people: tuple[tuple[str, Fraction | None], ...] = ()

    @property
    def priced(self) -> bool:
        """Whether the order value is known, with its currency."""
        return self.order_value is not None and bool(self.currency)


@attrs.frozen
class OrderFlow:
    """Orders in the shortest window that says something: its length in microseconds, how many came and usually come."""

    window: int
    found: Fraction
    usual: Fraction

    @property
    def drought(self) -> bool:
        """Whether so few are improbable."""
        return improbable(floor(self.found), self.usual, DROUGHT)


def flow_of(orders: Iterable[tuple[int, Fraction | None, Fraction | None]]) -> OrderFlow | None:
    """Return the shortest window in which at least five orders are usual, or None where no window says anything."""
    known = ((w, found, usual) for w, found, usual in orders if found is not None and usual is not None)
    return next((OrderFlow(w, found, usual) for w, found, usual in known if usual >= LEAST_USUAL), None)


def largest_share(shares: Iterable[MeasuredShare]) -> MeasuredShare | None:
    """Return the largest of the failing shares that supporting rules have measured, or None."""
    return max(shares, key=lambda s: (Fraction(s.hits, s.size), s.size), default=None)


def wilson_lower(hits: int, size: int) -> Fraction:
    """
    Return the lower end of the 95 % score interval, rounded down to a thousandth, in integers.

    Source: E. B. Wilson, JASA 22 (1927), with z = 1.96.
    """
    if not size or not hits:
        return Fraction(0)
    z2 = Fraction(38416, 10_000)
    n, x = Fraction(size), Fraction(hits)
    centre = x + z2 / 2
    inside = z2 * (x * (n - x) / n + z2 / 4)
    # ceil of the square root in units of 10^-6 keeps the lower end low.
    root = Fraction(isqrt(int(inside * 10**12)) + 1, 10**6)
    lower = (centre - root) / (n + z2)
    return max(Fraction(0), Fraction(int(lower * 1000), 1000))


@attrs.frozen(slots=False)
class Figures:
    """
    What an issue costs, each figure worked out when it is asked for.

    Severity asks for one or two of them at every signal, a record for all of them at every decision.

    Attributes:
        model: Which methods the kind uses; None for kinds of which a share is all that is said.
    """

    model: ImpactModel | None
    known: Readings

    @cached_property
    def flow(self) -> OrderFlow | None:
        """Orders in the shortest window that says something."""
        return flow_of(self.known.orders)

    @property
    def share_lost(self) -> Fraction | None:
        """The share that is lost: of the step, else of the usual orders where so few are improbable."""
        share, flow = self.known.share, self.flow
        if share is not None:
            return max(Fraction(0), Fraction(share.hits, share.size) - (self.known.usual or 0))
        if flow is not None and flow.drought:
            return 1 - flow.found / flow.usual
        return None

    @cached_property
    def cap(self) -> Sum | None:
        """What the shop usually takes each minute."""
        if self.model is None or self.flow is None or not self.known.priced:
            return None
        factors = (
            measured("usual orders", self.flow.usual),
            _order_value(self.known),
            measured("windows per minute", Fraction(_MINUTE, self.flow.window)),
        )
        return Sum("R_cap", "minute", self.known.currency or "", factors)

    def sums(self) -> Iterator[Sum]:
        """Yield what is lost each minute by every method, those that go before others first."""
        if self.model is None:
            return
        yield from _observed(self.model, self.known)
        yield from _step(self.model, self.known, self.cap)
        yield from _by_visits(self.model, self.known, self.cap)
        yield from _gap(self.known, self.flow, self.cap)

    @property
    def rated(self) -> bool:
        """Whether it is known in any currency what is lost each minute."""
        return next(self.sums(), None) is not None

    @property
    def currency(self) -> str | None:
        """The currency of the order value, else the first in which anything is known."""
        return self.known.currency or next((s.currency for s in self.sums()), None)

    @property
    def revenue(self) -> int | None:
        """The one figure: observed, else by step or model, of small samples at the lower end, else the gap."""
        share = self.known.share
        low = " low" if share is not None and share.size < _PLAIN_FROM else ""
        names, currency = ("R_obs", f"R_step{low}", f"R_model{low}", "R_gap"), self.currency
        found = next((s for s in self.sums() if s.method in names and s.currency == currency), None)
        return None if found is None else floor(found.amount)

    def exposures(self) -> Iterator[Sum]:
        """Yield what is at stake beside it, once or each day."""
        if self.model is not None:
            yield from _exposed(self.model, self.known)


# --- the methods -----------------------------------------------------------------------------------------------------


def _failing(known: Readings) -> Iterator[tuple[str, Fraction]]:
    """Yield how much more fails than usual: as it is measured, and at least by the size of the sample."""
    if known.share is None:
        return
    hits, size = known.share.hits, known.share.size
    usual = known.usual or Fraction(0)
    yield "", max(Fraction(0), Fraction(hits, size) - usual)
    yield " low", max(Fraction(0), wilson_lower(hits, size) - usual)


def _starts(share: MeasuredShare) -> Fraction:
    return Fraction(share.size * _MINUTE, share.window or 1)


def _order_value(known: Readings) -> Factor:
    return fact("order value", Fraction(known.order_value or 0))


def _step(model: ImpactModel, known: Readings, cap: Sum | None) -> Iterator[Sum]:
    if model.conversion is None or known.share is None or not known.priced:
        return
    for low, failing in _failing(known):
        factors = (
            measured(f"{model.step} starts per minute", _starts(known.share)),
            told_or(f"orders per {model.step} start", known.told, model.conversion),
            _order_value(known),
            measured(f"failing share above the usual{low}", failing),
        )
        yield Sum(f"R_step{low}", "minute", known.currency or "", factors, cap)


def _by_visits(model: ImpactModel, known: Readings, cap: Sum | None) -> Iterator[Sum]:
    if model.sessions is None or known.visits is None or known.share is None or not known.priced:
        return
    for low, failing in _failing(known):
        factors = (
            fact("sessions per minute", known.visits),
            told_or("orders per session", known.visits_told, model.sessions.conversion),
            _order_value(known),
            assumed("share of sessions that come there", model.sessions.affected),
            measured(f"failing share above the usual{low}", failing),
        )
        yield Sum(f"R_model{low}", "minute", known.currency or "", factors, cap)


def _observed(model: ImpactModel, known: Readings) -> Iterator[Sum]:
    if model.failed is None:
        return
    for sum_ in known.failed:
        if sum_.things < KNOWN_VALUES:
            continue
        orders = (
            assumed("share of what is paid that is lost", Fraction(1))
            if model.paid
            else told_or(f"orders per {model.step} start", known.told, model.conversion or Fraction(0))
        )
        factors = (
            measured(f"value of {sum_.things} that failed", sum_.minor),
            orders,
            measured("windows per minute", Fraction(_MINUTE, model.failed.within)),
        )
        yield Sum("R_obs", "minute", sum_.currency, factors)


def _gap(known: Readings, flow: OrderFlow | None, cap: Sum | None) -> Iterator[Sum]:
    if flow is None or not flow.drought or not known.priced:
        return
    factors = (
        measured("orders that are missing", max(Fraction(0), flow.usual - flow.found)),
        _order_value(known),
        measured("windows per minute", Fraction(_MINUTE, flow.window)),
    )
    yield Sum("R_gap", "minute", known.currency or "", factors, cap)


def _exposed(model: ImpactModel, known: Readings) -> Iterator[Sum]:
    for name, sums in known.exposures:
        for sum_ in sums:
            factors = (measured(f"sum over {sum_.things}", sum_.minor),)
            yield Sum(name, "once", sum_.currency, factors)
    daily = dict(known.daily)
    for part in (p for p in model.exposures if isinstance(p, PerDay)):
        size = daily.get(part.name)
        if size is None or not known.currency:
            continue
        share = assumed("share of it that is lost", part.share)
        if part.told is not None:
            yield Sum(part.name, "day", known.currency, (fact("minor units a day", size), share))
        elif known.priced:
            visits = model.sessions
            product = (
                measured("sessions a day", size),
                told_or("orders per session", known.visits_told, visits.conversion if visits else Fraction(1, 50)),
                _order_value(known),
                share,
            )
            yield Sum(part.name, "day", known.currency, product)
