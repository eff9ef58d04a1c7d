"""What is at stake: impact models of the pack, with order value, conversion and floors as the host knows them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from ...expressions import Fact, Pred, fact, hours, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import During, Exposure, ImpactModel, Orders, PerDay, Sessions, during, hour_of_week, on, trailing
from .planning_signals import Interval, ShopMoney, ShopMove
from .shop_witnesses import NEW_ORDERS
from .signals import ShopProfile

__all__ = ["PEAKS", "at_launch", "at_stake", "impact_on"]

PEAKS = ("campaign", "go_live", "peak")
"""What the intervals are called in which more is at stake than usual."""

_ORDERS_PER: dict[str, Fact[Decimal]] = {
    "cart": fact(ShopMoney.orders_per_cart),
    "checkout": fact(ShopMoney.orders_per_checkout),
    "delivery": fact(ShopMoney.orders_per_delivery),
    "payment": fact(ShopMoney.orders_per_payment),
    "session": fact(ShopMoney.orders_per_session),
}
_VISITS = Sessions(
    per_minute=fact(ShopProfile.sessions_per_min), conversion=percent(2), told=fact(ShopMoney.orders_per_session)
)
# The same windows and the same usual numbers as the rules about droughts, which keep them anyway.
_ORDERS = Orders(of=NEW_ORDERS, usual=(hour_of_week(weeks=4), trailing(hours(24))))
_FLOORS = (
    (Severity.SEV1, fact(ShopMoney.sev1_minor_per_min)),
    (Severity.SEV2, fact(ShopMoney.sev2_minor_per_min)),
    (Severity.SEV3, fact(ShopMoney.sev3_minor_per_min)),
)


def _peak(*names: str) -> During[MerchantId]:
    named: Pred[Interval] = Interval.what.one_of(*names)
    return during(on(Interval, named, per=Interval.merchant), starts=Interval.starts_at, ends=Interval.ends_at)


def at_launch() -> During[MerchantId]:
    """
    Return when more is at stake for what only a crowd brings about.

    Its bands are those of a campaign already: that there is one makes it no worse. A new shop's first day does.
    """
    return _peak("go_live")


def impact_on(step: str, conversion: Fraction, *, orders: bool = False, **more: Any) -> ImpactModel:
    """
    Return the impact model of a step.

    Args:
        conversion: Orders per start of the step, where the host does not say.
        orders: Whether a drought of orders is one of its signs.
    """
    given: dict[str, Any] = {"told": _ORDERS_PER.get(step), "peak": _peak(*PEAKS), **more}
    if orders:
        given["orders"] = _ORDERS
    if step == "session":
        given["sessions"] = _VISITS
    return _model(step=step, conversion=conversion, **given)


def at_stake(*exposures: Exposure | PerDay, **more: Any) -> ImpactModel:
    """Return the impact model of what costs no revenue by the minute, and puts money at stake all the same."""
    return _model(exposures=exposures, **more)


def _model(**given: Any) -> ImpactModel:
    return ImpactModel(
        order_value=fact(ShopProfile.aov_minor),
        currency=fact(ShopProfile.currency),
        floors=_FLOORS,
        daily_revenue=fact(ShopMove.daily_revenue_minor),
        **given,
    )
