"""Losses: what an issue has cost so far, from what it cost each minute and how long."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import ceil, floor

from ..models import Impact, LossSoFar

__all__ = ["accrued", "losses"]


def accrued(before: Impact, now: Impact, at: datetime, *, goes_on: bool) -> Impact:
    """
    Return an impact with what was lost since the issue began.

    Args:
        before: As it was last measured; its rates were in force until `at`.
        now: As it is measured at `at`.
        goes_on: Whether the issue was open in between; while it is resolved nothing is lost.
    """
    lost = losses(before, at) if goes_on else before.losses
    return now.model_copy(update={"measured_at": at, "losses": lost})


def losses(before: Impact, at: datetime) -> tuple[LossSoFar, ...]:
    """Return what was lost until `at`, by currency: the rates of an impact are in force since it was measured."""
    if before.measured_at is None:
        return ()
    span = at - before.measured_at
    minutes = Fraction(span.days * 86_400_000_000 + span.seconds * 1_000_000 + span.microseconds, 60_000_000)
    rates = {r.currency: r for r in before.rates}
    known = {loss.currency: loss for loss in before.losses}
    found = []
    for currency in sorted(rates.keys() | known.keys()):
        rate, loss = rates.get(currency), known.get(currency)
        low, high = (loss.low, loss.high) if loss else (0, 0)
        per_low, per_high = (rate.low, rate.high) if rate else (0, 0)
        found.append(
            LossSoFar(
                currency=currency,
                low=low + floor(per_low * minutes),
                high=high + ceil(per_high * minutes),
                low_before=low,
                high_before=high,
                low_rate=per_low,
                high_rate=per_high,
                minutes=str(minutes),
            )
        )
    return tuple(found)
