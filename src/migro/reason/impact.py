"""Impact and severity from measured shares and host facts; nothing is invented, every assumption is named."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import isqrt

from ..engine import MeasuredShare
from ..models import Assumption, Impact, Severity
from ..rules import ImpactModel, SeverityScale

__all__ = ["NOTHING_MEASURED", "estimate", "largest_share", "severity_of", "wilson_lower"]

NOTHING_MEASURED = Impact(method="no share is measured")
"""What an issue costs of which no rule measures a share."""


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


def estimate(
    model: ImpactModel | None,
    measured: MeasuredShare | None,
    order_value: int | None,
    currency: str | None,
) -> Impact:
    """
    Return what the issue costs, as a range.

    Args:
        model: How revenue follows from a share; None for kinds without one.
        measured: The failing share, over a window; None where none is known.
        order_value: Average order value in minor units of `currency`, where the host knows it.
    """
    if measured is None:
        return NOTHING_MEASURED
    hits, size = measured.hits, measured.size
    share = Fraction(hits, size)
    per_minute = Fraction(size * 60_000_000, measured.window or 1)
    assumptions = [
        Assumption(name="failing share", value=f"{hits} of {size}", source="measured"),
        Assumption(name="baseline of the share", value="0", source="assumed"),
    ]
    ratio = f"{share.numerator}/{share.denominator}"
    if model is None:
        return Impact(share_lost=ratio, method="share only", assumptions=tuple(assumptions))
    assumptions += [
        Assumption(name=f"{model.step} starts per minute", value=_exact(per_minute), source="measured"),
        Assumption(name=f"orders per {model.step} start", value=_exact(model.conversion), source="assumed"),
    ]
    if order_value is None or not currency:
        assumptions.append(Assumption(name="average order value", value="not known", source="assumed"))
        return Impact(
            share_lost=ratio, method="share only: the order value is not known", assumptions=tuple(assumptions)
        )
    assumptions.append(Assumption(name="average order value", value=f"{order_value} {currency} minor", source="fact"))
    full = per_minute * model.conversion * order_value
    return Impact(
        share_lost=ratio,
        revenue_low=int(full * wilson_lower(hits, size)),
        revenue_high=int(full * share),
        currency=currency,
        method="starts per minute x orders per start x order value x failing share, low end by Wilson",
        assumptions=tuple(assumptions),
    )


def severity_of(
    scale: SeverityScale, share: Fraction | None, floors: tuple[tuple[str, Severity], ...]
) -> tuple[Severity, str]:
    """
    Return the severity and the bound that gave it. Confidence never enters.

    Args:
        share: What is lost, as far as it is known.
        floors: Rules that fired and name a severity the issue has at least.
    """
    severity, because = scale.default, "default of the kind: no share is measured"
    if share is not None and not scale.by_share:
        because = "default of the kind: it sets no bounds by share"
    if share is not None and scale.by_share:
        severity, because = scale.below, f"{_percent(share)} lost is below every bound"
        for candidate, bound in scale.by_share:
            if share >= bound:
                severity, because = candidate, f"{_percent(share)} lost, {candidate.word} starts at {_percent(bound)}"
                break
    for rule, floor in floors:
        if floor > severity:
            severity, because = floor, f"{rule} makes it at least {floor.word}"
    return severity, because


def _percent(share: Fraction) -> str:
    permille = int(share * 1000)
    return f"{permille // 10}.{permille % 10} %"


def _exact(value: Fraction) -> str:
    # A rounded number would leave a reader of the record unable to get the same revenue.
    hundredths = value * 100
    if hundredths.denominator > 1:
        return str(value)
    return f"{hundredths.numerator // 100}.{hundredths.numerator % 100:02d}"
