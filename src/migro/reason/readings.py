"""Readings: what the impact of an issue is estimated from, read off the engine's state."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..engine import EngineState, Key, MeasuredShare, NativeEngine, measured_amounts, measured_value
from ..expressions import Fact
from ..rules import Exposure, IssueKind, PerDay
from .figures import Readings
from .severity import Stakes

__all__ = ["is_peak", "readings", "stakes"]


def readings(
    engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key, share: MeasuredShare | None
) -> Readings:
    """Return what is known now about an issue of a kind."""
    model = kind.impact
    if model is None:
        return Readings(share=share)

    def told(operand: Fact[Any] | None) -> Any:
        return None if operand is None else engine.fact(state, operand, kind.per, key)

    def measured(measure: Any) -> Fraction | None:
        return None if measure is None else measured_value(engine, state, measure, key)

    visits = model.sessions
    usual = measured(model.usual)
    windows = model.orders.measures if model.orders is not None else {}
    return Readings(
        share=share,
        usual=usual if usual is not None and 0 <= usual <= 1 else None,
        order_value=_positive(told(model.order_value)),
        currency=told(model.currency) or None,
        told=_share(told(model.told)),
        visits=_number(told(visits.per_minute)) if visits else None,
        visits_told=_share(told(visits.told)) if visits else None,
        failed=measured_amounts(engine, state, model.failed, kind.per, key) if model.failed is not None else (),
        orders=tuple((window, measured(count), measured(usually)) for window, (count, usually) in windows.items()),
        exposures=tuple(
            (part.name, measured_amounts(engine, state, part.amounts, kind.per, key))
            for part in model.exposures
            if isinstance(part, Exposure)
        ),
        daily=tuple(
            (part.name, _number(told(part.told)) if part.told is not None else measured(part.sessions))
            for part in model.exposures
            if isinstance(part, PerDay)
        ),
        people=tuple((people.role, measured(people.of)) for people in model.people),
    )


def stakes(engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key, **reading: Any) -> Stakes | None:
    """Return what is at stake by what the host told; None for a kind without an impact."""
    model = kind.impact
    if model is None:
        return None
    floors = tuple((s, _positive(engine.fact(state, told, kind.per, key))) for s, told in model.floors)
    daily = None if model.daily_revenue is None else engine.fact(state, model.daily_revenue, kind.per, key)
    currency = None if model.currency is None else engine.fact(state, model.currency, kind.per, key)
    return Stakes(floors=floors, daily=_positive(daily), currency=currency or None, **reading)


def is_peak(engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key) -> bool:
    """Return whether more is at stake now than usual."""
    peak = kind.impact.peak if kind.impact is not None else None
    return peak is not None and engine.holds(state, peak, key, 0)


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _number(value: Any) -> Fraction | None:
    return Fraction(value) if isinstance(value, int | Decimal | Fraction) and value >= 0 else None


def _share(value: Any) -> Fraction | None:
    """Return a share as the host told it; what cannot be one is no knowledge."""
    found = _number(value)
    return found if found is not None and 0 < found <= 1 else None
