"""Impact: what an issue costs, by every method that its inputs allow. Nothing is invented, every input is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Literal

import attrs

from ..engine import MeasuredAmount, MeasuredShare
from ..engine.significance import improbable
from ..models import Affected, Assumption, Estimate, Impact, MoneyRange
from ..rules import ImpactModel, PerDay

__all__ = [
    "ATTEMPTS",
    "DROUGHT",
    "KNOWN_VALUES",
    "LEAST_USUAL",
    "NOTHING_MEASURED",
    "OrderFlow",
    "Readings",
    "estimate",
    "flow_of",
    "largest_share",
    "ratio",
    "wilson_lower",
]

NOTHING_MEASURED = Impact(method="no share is measured")
"""What an issue costs of which nothing is measured."""

ATTEMPTS = 2
"""How often a shopper tries, as an assumption: so many failures are one person at least."""

KNOWN_VALUES = 5
"""From how many known values on the value of failed carts says something."""

LEAST_USUAL = 5
"""How many orders have to be usual in a window, or so few prove nothing."""

DROUGHT = Fraction(1, 100)
"""So few orders are a drought where they are less probable than this."""

_PLAIN_FROM = 100
_MINUTE = 60_000_000
_DAY = 1440

Source = Literal["measured", "fact", "assumed"]


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


def estimate(model: ImpactModel | None, known: Readings) -> Impact:
    """
    Return what the issue costs, as a range over every method that `known` allows.

    Args:
        model: Which methods the kind uses; None for kinds of which a share is all that is said.
    """
    flow = flow_of(known.orders)
    lost = _lost(known, flow)
    inputs = tuple(_inputs(model, known, flow))
    if model is None:
        if lost is None:
            return NOTHING_MEASURED
        return Impact(share_lost=ratio(lost), method="share only", assumptions=inputs)
    cap = _product("R_cap", "minute", known.currency or "", _cap(known, flow)) if known.priced and flow else None
    found = [
        *_observed(model, known),
        *(_capped(e, cap) for e in (*_step(model, known), *_model(model, known), *_gap(known, flow))),
    ]
    main = known.currency or next((e.currency for e in found), None)
    ranges = {c: _range(c, found) for c in dict.fromkeys(e.currency for e in found)}
    mine = ranges.pop(main, None) if main else None
    exposures = tuple(_exposed(model, known))
    customers = tuple(_customers(model, known))
    if lost is None and not found and not exposures and not customers:
        return NOTHING_MEASURED
    rates = [*([mine] if mine else []), *ranges.values()]
    minutes = model.lasts // _MINUTE
    point = _point(main, found, small=known.share is not None and known.share.size < _PLAIN_FROM)
    return Impact(
        share_lost=None if lost is None else ratio(lost),
        revenue_low=mine.low if mine else None,
        revenue_high=mine.high if mine else None,
        currency=main if mine else None,
        method=_method(known, found, cap),
        assumptions=inputs,
        revenue=None if point is None else floor(point),
        usual_revenue=cap.amount if cap else None,
        estimates=(*found, *([cap] if cap else ())),
        also=tuple(ranges.values()),
        exposures=exposures,
        customers=customers,
        projected=tuple(MoneyRange(currency=r.currency, low=r.low * minutes, high=r.high * minutes) for r in rates),
        lasts=minutes if rates else 0,
    )


# --- the methods -----------------------------------------------------------------------------------------------------


def _lost(known: Readings, flow: OrderFlow | None) -> Fraction | None:
    """Return the share that is lost: of the step, else of the usual orders where so few are improbable."""
    if known.share is not None:
        return max(Fraction(0), Fraction(known.share.hits, known.share.size) - (known.usual or 0))
    if flow is not None and flow.drought:
        return 1 - flow.found / flow.usual
    return None


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


def _order_value(known: Readings) -> Assumption:
    return _fact("order value", Fraction(known.order_value or 0))


def _step(model: ImpactModel, known: Readings) -> Iterator[Estimate]:
    if model.conversion is None or known.share is None or not known.priced:
        return
    for low, failing in _failing(known):
        factors = (
            _measured(f"{model.step} starts per minute", _starts(known.share)),
            _told(f"orders per {model.step} start", known.told, model.conversion),
            _order_value(known),
            _measured(f"failing share above the usual{low}", failing),
        )
        yield _product(f"R_step{low}", "minute", known.currency or "", factors)


def _model(model: ImpactModel, known: Readings) -> Iterator[Estimate]:
    if model.sessions is None or known.visits is None or known.share is None or not known.priced:
        return
    for low, failing in _failing(known):
        factors = (
            _fact("sessions per minute", known.visits),
            _told("orders per session", known.visits_told, model.sessions.conversion),
            _order_value(known),
            _assumed("share of sessions that come there", model.sessions.affected),
            _measured(f"failing share above the usual{low}", failing),
        )
        yield _product(f"R_model{low}", "minute", known.currency or "", factors)


def _observed(model: ImpactModel, known: Readings) -> Iterator[Estimate]:
    if model.failed is None:
        return
    for sum_ in known.failed:
        if sum_.things < KNOWN_VALUES:
            continue
        orders = (
            _assumed("share of what is paid that is lost", Fraction(1))
            if model.paid
            else _told(f"orders per {model.step} start", known.told, model.conversion or Fraction(0))
        )
        factors = (
            _measured(f"value of {sum_.things} that failed", sum_.minor),
            orders,
            _measured("windows per minute", Fraction(_MINUTE, model.failed.within)),
        )
        yield _product("R_obs", "minute", sum_.currency, factors)


def _gap(known: Readings, flow: OrderFlow | None) -> Iterator[Estimate]:
    if flow is None or not flow.drought or not known.priced:
        return
    factors = (
        _measured("orders that are missing", max(Fraction(0), flow.usual - flow.found)),
        _order_value(known),
        _measured("windows per minute", Fraction(_MINUTE, flow.window)),
    )
    yield _product("R_gap", "minute", known.currency or "", factors)


def _cap(known: Readings, flow: OrderFlow) -> tuple[Assumption, ...]:
    return (
        _measured("usual orders", flow.usual),
        _order_value(known),
        _measured("windows per minute", Fraction(_MINUTE, flow.window)),
    )


def _capped(found: Estimate, cap: Estimate | None) -> Estimate:
    """Return an estimate, or the cap in its place: never more is lost than the shop usually takes."""
    if cap is None or Fraction(found.amount) <= Fraction(cap.amount):
        return found
    return cap.model_copy(update={"method": f"{found.method} within R_cap"})


def _point(currency: str | None, found: list[Estimate], *, small: bool) -> Fraction | None:
    """Return the one figure: observed, else by step or model, of small samples at the lower end, else the gap."""
    low = " low" if small else ""
    mine = [e for e in found if e.currency == currency]
    by_name = {e.method.removesuffix(" within R_cap"): Fraction(e.amount) for e in mine}
    return next((by_name[n] for n in ("R_obs", f"R_step{low}", f"R_model{low}", "R_gap") if n in by_name), None)


def _range(currency: str, found: list[Estimate]) -> MoneyRange:
    amounts = [Fraction(e.amount) for e in found if e.currency == currency]
    return MoneyRange(currency=currency, low=floor(min(amounts)), high=ceil(max(amounts)))


def _exposed(model: ImpactModel, known: Readings) -> Iterator[Estimate]:
    for name, sums in known.exposures:
        for sum_ in sums:
            factors = (_measured(f"sum over {sum_.things}", sum_.minor),)
            yield _product(name, "once", sum_.currency, factors)
    daily = dict(known.daily)
    for part in (p for p in model.exposures if isinstance(p, PerDay)):
        size = daily.get(part.name)
        if size is None or not known.currency:
            continue
        share = _assumed("share of it that is lost", part.share)
        if part.told is not None:
            yield _product(part.name, "day", known.currency, (_fact("minor units a day", size), share))
        elif known.priced:
            visits = model.sessions
            product = (
                _measured("sessions a day", size),
                _told("orders per session", known.visits_told, visits.conversion if visits else Fraction(1, 50)),
                _order_value(known),
                share,
            )
            yield _product(part.name, "day", known.currency, product)


def _customers(model: ImpactModel, known: Readings) -> Iterator[Affected]:
    counted = [(role, floor(n)) for role, n in known.people if n is not None and n >= 1]
    for role, n in counted:
        yield Affected(role=role, low=n, high=n, method="different people with a failure, measured")
    if counted or known.share is None or not known.share.hits:
        return
    hits = known.share.hits
    how = f"{hits} failures, one to {ATTEMPTS} of each shopper, assumed"
    yield Affected(role="anyone", low=-(-hits // ATTEMPTS), high=hits, method=how)


# --- bookkeeping -----------------------------------------------------------------------------------------------------


def _product(
    method: str, per: Literal["minute", "day", "once"], currency: str, factors: tuple[Assumption, ...]
) -> Estimate:
    amount = Fraction(1)
    for factor in factors:
        amount *= Fraction(factor.value)
    return Estimate(method=method, per=per, currency=currency, amount=str(amount), factors=factors)


def _input(name: str, value: Fraction, source: Source) -> Assumption:
    return Assumption(name=name, value=_exact(value), source=source)


def _measured(name: str, value: Fraction) -> Assumption:
    return _input(name, value, "measured")


def _fact(name: str, value: Fraction) -> Assumption:
    return _input(name, value, "fact")


def _assumed(name: str, value: Fraction) -> Assumption:
    return _input(name, value, "assumed")


def _told(name: str, told: Fraction | None, otherwise: Fraction) -> Assumption:
    return _assumed(name, otherwise) if told is None else _fact(name, told)


def _inputs(model: ImpactModel | None, known: Readings, flow: OrderFlow | None) -> Iterator[Assumption]:
    """Yield what no factor of an estimate says: what factors are made of, and what is not known."""
    if known.share is not None:
        yield Assumption(name="failing share", value=f"{known.share.hits} of {known.share.size}", source="measured")
        yield _told_share(known.usual)
    if flow is not None:
        minutes = flow.window // _MINUTE
        yield _measured(f"orders in {minutes} min", flow.found)
        yield _measured(f"usual orders in {minutes} min", flow.usual)
    if model is not None and not known.priced:
        yield Assumption(name="average order value", value="not known", source="assumed")


def _told_share(usual: Fraction | None) -> Assumption:
    return _assumed("baseline of the share", Fraction(0)) if usual is None else _measured("usual share", usual)


def _method(known: Readings, found: list[Estimate], cap: Estimate | None) -> str:
    if not found:
        return "share only: the order value is not known" if not known.priced else "share only"
    names = dict.fromkeys(e.method.removesuffix(" low") for e in found)
    return ", ".join(names) + (", never above R_cap" if cap else "")


def ratio(share: Fraction) -> str:
    """Return a share as records write it: ``1/1`` too."""
    return f"{share.numerator}/{share.denominator}"


def _exact(value: Fraction) -> str:
    # A rounded number would leave a reader of the record unable to get the same revenue.
    hundredths = value * 100
    if hundredths.denominator > 1 or value.denominator == 1:
        return str(value)
    return f"{hundredths.numerator // 100}.{hundredths.numerator % 100:02d}"
