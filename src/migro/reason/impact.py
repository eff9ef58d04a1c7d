"""Impact: what an issue costs, by every method that its inputs allow. Nothing is invented, every input is named."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from ..models import Affected, Assumption, Estimate, Impact, MoneyRange
from ..rules import ImpactModel
from .figures import Figures, OrderFlow, Readings
from .sums import Factor, Sum, assumed, measured

__all__ = ["ATTEMPTS", "NOTHING_MEASURED", "estimate", "ratio", "written"]

NOTHING_MEASURED = Impact(method="no share is measured")
"""What an issue costs of which nothing is measured."""

ATTEMPTS = 2
"""How often a shopper tries, as an assumption: so many failures are one person at least."""

_MINUTE = 60_000_000


def estimate(model: ImpactModel | None, known: Readings) -> Impact:
    """
    Return what the issue costs, as a range over every method that `known` allows.

    Args:
        model: Which methods the kind uses; None for kinds of which a share is all that is said.
    """
    return written(Figures(model, known))


def written(figures: Figures) -> Impact:
    """Return figures as the record of them, with everything that they are made of."""
    model, known, lost = figures.model, figures.known, figures.share_lost
    inputs = tuple(_inputs(model, known, figures.flow))
    if model is None:
        if lost is None:
            return NOTHING_MEASURED
        return Impact(share_lost=ratio(lost), method="share only", assumptions=inputs)
    found, cap, main = tuple(figures.sums()), figures.cap, figures.currency
    ranges = {c: _range(c, found) for c in dict.fromkeys(s.currency for s in found)}
    mine = ranges.pop(main, None) if main else None
    exposures = tuple(_estimate(s) for s in figures.exposures())
    customers = tuple(_customers(known))
    if lost is None and not found and not exposures and not customers:
        return NOTHING_MEASURED
    rates = [*([mine] if mine else []), *ranges.values()]
    minutes = model.lasts // _MINUTE
    estimates = tuple(_estimate(s) for s in found)
    usual = _estimate(cap) if cap else None
    return Impact(
        share_lost=None if lost is None else ratio(lost),
        revenue_low=mine.low if mine else None,
        revenue_high=mine.high if mine else None,
        currency=main if mine else None,
        method=_method(known, estimates, usual),
        assumptions=inputs,
        revenue=figures.revenue,
        usual_revenue=usual.amount if usual else None,
        estimates=(*estimates, *([usual] if usual else ())),
        also=tuple(ranges.values()),
        exposures=exposures,
        customers=customers,
        projected=tuple(MoneyRange(currency=r.currency, low=r.low * minutes, high=r.high * minutes) for r in rates),
        lasts=minutes if rates else 0,
    )


def ratio(share: Fraction) -> str:
    """Return a share as records write it: ``1/1`` too."""
    return f"{share.numerator}/{share.denominator}"


def _range(currency: str, found: tuple[Sum, ...]) -> MoneyRange:
    amounts = [s.amount for s in found if s.currency == currency]
    return MoneyRange(currency=currency, low=floor(min(amounts)), high=ceil(max(amounts)))


def _customers(known: Readings) -> Iterator[Affected]:
    counted = [(role, floor(n)) for role, n in known.people if n is not None and n >= 1]
    for role, n in counted:
        yield Affected(role=role, low=n, high=n, method="different people with a failure, measured")
    if counted or known.share is None or not known.share.hits:
        return
    hits = known.share.hits
    how = f"{hits} failures, one to {ATTEMPTS} of each shopper, assumed"
    yield Affected(role="anyone", low=-(-hits // ATTEMPTS), high=hits, method=how)


def _inputs(model: ImpactModel | None, known: Readings, flow: OrderFlow | None) -> Iterator[Assumption]:
    """Yield what no factor of an estimate says: what factors are made of, and what is not known."""
    if known.share is not None:
        yield Assumption(name="failing share", value=f"{known.share.hits} of {known.share.size}", source="measured")
        yield _told_share(known.usual)
    if flow is not None:
        minutes = flow.window // _MINUTE
        yield _assumption(measured(f"orders in {minutes} min", flow.found))
        yield _assumption(measured(f"usual orders in {minutes} min", flow.usual))
    if model is not None and not known.priced:
        yield Assumption(name="average order value", value="not known", source="assumed")


def _told_share(usual: Fraction | None) -> Assumption:
    found = assumed("baseline of the share", Fraction(0)) if usual is None else measured("usual share", usual)
    return _assumption(found)


def _method(known: Readings, found: tuple[Estimate, ...], cap: Estimate | None) -> str:
    if not found:
        return "share only: the order value is not known" if not known.priced else "share only"
    names = dict.fromkeys(e.method.removesuffix(" low") for e in found)
    return ", ".join(names) + (", never above R_cap" if cap else "")


def _estimate(found: Sum) -> Estimate:
    """Return a sum as records write it; where its cap stands in its place, with what that is made of."""
    counted = found.cap if found.cap is not None and found.capped else found
    return Estimate(
        method=f"{found.method} within R_cap" if found.capped else found.method,
        per=found.per,
        currency=found.currency,
        amount=str(counted.product),
        factors=tuple(_assumption(f) for f in counted.factors),
    )


def _assumption(factor: Factor) -> Assumption:
    return Assumption(name=factor.name, value=_exact(factor.value), source=factor.source)


def _exact(value: Fraction) -> str:
    # A rounded number would leave a reader of the record unable to get the same revenue.
    hundredths = value * 100
    if hundredths.denominator > 1 or value.denominator == 1:
        return str(value)
    return f"{hundredths.numerator // 100}.{hundredths.numerator % 100:02d}"
