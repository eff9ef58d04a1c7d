"""Severity: how bad an issue is, by what is lost, what is at stake and what rules say. Confidence never enters."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import attrs

from ..models import Severity
from ..models.rendering import money
from ..rules import SeverityScale
from .figures import Figures

__all__ = ["FLOORS", "SUSTAINED", "Stakes", "severity_of"]

SUSTAINED = 5 * 60_000_000
"""A share that makes SEV1 has to be measured over that long, in microseconds."""

FLOORS = ((Severity.SEV1, 50_000), (Severity.SEV2, 10_000), (Severity.SEV3, 1_000))
"""Revenue at risk per minute in minor units from which a severity holds, where the host has told no floors."""

_ASSUMED_IN = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "USD"})
"""Currencies of like size, in which the floors are assumed; nothing is converted, so elsewhere they have to be told."""

_EXPOSED = Fraction(1, 100)
"""An exposure of so much of what the shop takes in a day is SEV2."""

_DAY = 1440
_WORST_FIRST = tuple(sorted(Severity, reverse=True))


@attrs.frozen(kw_only=True)
class Stakes:
    """
    What is at stake.

    Attributes:
        read_figures: Returns what it costs; asked only where it can still make a difference.
        floors: Least revenue at risk per minute by severity, as the host told them; None for one that it did not.
        daily: What the shop takes on a usual day, as the host told it, in minor units.
        currency: What both are in.
    """

    read_figures: Callable[[], Figures]
    floors: tuple[tuple[Severity, int | None], ...] = ()
    daily: int | None = None
    currency: str | None = None


def severity_of(
    scale: SeverityScale,
    share: Fraction | None,
    floors: tuple[tuple[str, Severity], ...],
    *,
    window: int | None = None,
    stakes: Stakes | None = None,
    peak: bool = False,
) -> tuple[Severity, str]:
    """
    Return the severity and the bound that gave it: the highest that applies. Confidence never enters.

    Args:
        share: What is lost, as far as it is known.
        floors: Rules that fired and name a severity the issue has at least.
        window: Over what time the share is measured, in microseconds, where that is known.
        stakes: What money is at stake, where the kind has an impact.
        peak: Whether more is at stake now than usual.
    """
    severity, because = _by_share(scale, share, window)
    for rule, floor in floors:
        if floor > severity:
            severity, because = floor, f"{rule} makes it at least {floor.word}"
    if stakes is not None and severity < Severity.SEV1:
        figures = stakes.read_figures()
        if share is None and scale.customer_facing and severity < Severity.SEV3 and not figures.rated:
            severity, because = Severity.SEV3, "shoppers meet it, and what it costs is not known"
        for by in (_by_revenue, _by_exposure):
            candidate, why = by(figures, stakes, severity)
            if candidate > severity:
                severity, because = candidate, why
    if peak and severity < Severity.SEV1:
        severity, because = Severity(severity + 1), f"one higher, since more is at stake than usual; {because}"
    return severity, because


def _by_share(scale: SeverityScale, share: Fraction | None, window: int | None) -> tuple[Severity, str]:
    if share is None:
        return scale.default, "default of the kind: no share is measured"
    if not scale.by_share:
        return scale.default, "default of the kind: it sets no bounds by share"
    for severity, bound in scale.by_share:
        brief = severity is Severity.SEV1 and window is not None and window < SUSTAINED
        if share >= bound and not brief:
            return severity, f"{_percent(share)} lost, {severity.word} starts at {_percent(bound)}"
    return scale.below, f"{_percent(share)} lost is below every bound"


def _by_revenue(figures: Figures, stakes: Stakes, so_far: Severity) -> tuple[Severity, str]:
    revenue, currency = figures.revenue, figures.currency
    if revenue is None or currency is None:
        return so_far, ""
    told = dict(stakes.floors) if currency == stakes.currency else {}
    assumed = dict(FLOORS) if currency in _ASSUMED_IN else {}
    for severity in (s for s in _WORST_FIRST if s > so_far):
        floor = told.get(severity)
        source = "assumed" if floor is None else "told"
        floor = assumed.get(severity) if floor is None else floor
        if floor is not None and revenue >= floor:
            at_risk, bound = money(revenue, currency), money(floor, currency)
            return severity, f"{at_risk} at risk per minute, {severity.word} starts at {bound} ({source})"
    return so_far, ""


def _by_exposure(figures: Figures, stakes: Stakes, so_far: Severity) -> tuple[Severity, str]:
    if so_far >= Severity.SEV2:
        return so_far, ""
    daily: Fraction | None = None if stakes.daily is None else Fraction(stakes.daily)
    currency = stakes.currency
    if daily is None and figures.cap is not None:
        daily = figures.cap.amount * _DAY
    if daily is None or currency is None:
        return so_far, ""
    for exposure in figures.exposures():
        if exposure.currency == currency and exposure.amount >= daily * _EXPOSED > 0:
            at_stake = money(int(exposure.amount), currency)
            return Severity.SEV2, f"{exposure.method} of {at_stake} is 1 % or more of a day's revenue"
    return so_far, ""


def _percent(share: Fraction) -> str:
    permille = int(share * 1000)
    return f"{permille // 10}.{permille % 10} %"
