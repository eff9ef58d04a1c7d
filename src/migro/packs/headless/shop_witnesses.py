"""Witnesses of the storefront: what is usual, what orders do, what logs say, and when the shop moved."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any, TypeVar

import attrs

from ...errors import RuleDefinitionError
from ...expressions import Col, Pred, days, minutes, percent
from ...models.signal import MerchantId, Signal
from ...rules import Compared, During, Measure, Premise, Selection, Timed, before, during, on, previous
from .browser_signals import PageTimings, Sessions
from .operations_signals import Change
from .planning_signals import Interval, ShopMove
from .signals import Order
from .storefront_signals import CheckoutOpens, StorefrontCalls
from .witnesses import REAL_ORDER, usual_of

__all__ = [
    "NEW_ORDERS",
    "after_cutover",
    "before_cutover",
    "calls",
    "campaign",
    "fallen",
    "mostly",
    "newest",
    "opens",
    "orders_as_usual",
    "risen",
    "sessions",
    "short_of",
    "still",
    "third_quartile",
    "throttled_call",
    "timings",
    "two_polls",
]

K = TypeVar("K")
S = TypeVar("S", bound=Signal)

_QUARTER = minutes(15)
_OPPOSITE: dict[str, Any] = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}

NEW_ORDERS = on(
    Order,
    Order.topic == "order.created",
    REAL_ORDER,
    per=Order.merchant,
)
"""New orders, tests left out."""


def risen(measure: Measure[K], times: int | Fraction) -> Timed[K]:
    """Hold when a measure is at least that many times what is usual."""
    return measure >= times * usual_of(measure)


def short_of(measure: Measure[K], times: int | Fraction) -> Timed[K]:
    """Hold when a measure is less than that many times what is usual: the opposite of `risen`, where it is known."""
    return measure < times * usual_of(measure)


def fallen(measure: Measure[K], to: Fraction) -> Timed[K]:
    """Hold when a measure is at most that part of what is usual."""
    return measure <= to * usual_of(measure)


def before_cutover(measure: Measure[MerchantId]) -> Measure[MerchantId]:
    """
    Return what a measure was before the shop moved, or else in the time just before its own window.

    For windows of a day or more, which hours cannot be compared with.
    """
    moved = on(Change, Change.what == "cutover", per=Change.merchant)
    return measure.baseline(before(moved, within=days(13)), previous())


def after_cutover(span: timedelta) -> During[MerchantId]:
    """Hold for that long after the new shop went live, by the host's plan."""
    return during(on(ShopMove, per=ShopMove.merchant), starts=ShopMove.cutover_at, ends=ShopMove.cutover_at, slack=span)


def campaign() -> Premise[MerchantId]:
    """Hold during a planned campaign."""
    return during(
        on(Interval, Interval.what == "campaign", per=Interval.merchant),
        starts=Interval.starts_at,
        ends=Interval.ends_at,
    )


def orders_as_usual_of(within: timedelta) -> Timed[MerchantId]:
    """Hold when at least 80 % of the usual number of orders came."""
    count = NEW_ORDERS.count(within=within)
    return count >= percent(80) * usual_of(count)


def mostly(of: Selection[S, K], *predicates: Pred[S], at_least: Fraction, floor: int, within: timedelta) -> Premise[K]:
    """
    Hold while at least that share of the selected signals fit, as the latest of them leaves it.

    A share that was reached once lasts as evidence; what speaks against an issue has to be true now.
    """
    fitting = attrs.evolve(of, predicates=(*of.predicates, *predicates))
    share = fitting.count(within=within).per(of.count(within=within), floor=floor)
    return (share >= at_least).unless(share < at_least)


def still(comparison: Timed[K]) -> Premise[K]:
    """
    Hold while a comparison of measures is true at the latest point at which it is looked at.

    Raises:
        RuleDefinitionError: If it is something else than such a comparison.
    """
    if not isinstance(comparison, Compared):
        raise RuleDefinitionError(f"still() takes a comparison of measures, got {comparison!r}")
    return comparison.unless(attrs.evolve(comparison, operator=_OPPOSITE[comparison.operator]))


def newest(of: Selection[S, K], predicate: Pred[S]) -> Premise[K]:
    """Hold while the newest of the selected signals that can tell fits."""
    return of.fits(predicate).unless(of.fits(~predicate))


def orders_as_usual(within: timedelta) -> Timed[MerchantId]:
    """Hold when at least 80 % of the usual number of orders came."""
    count = NEW_ORDERS.count(within=within)
    return count >= percent(80) * usual_of(count)


def opens(*where: Pred[CheckoutOpens]) -> Selection[CheckoutOpens, MerchantId]:
    """Return the checkouts that opened like this."""
    return on(CheckoutOpens, *where, per=CheckoutOpens.merchant, weight=CheckoutOpens.opens)


def calls(*where: Pred[StorefrontCalls]) -> Selection[StorefrontCalls, MerchantId]:
    """Return the storefront's calls like this."""
    return on(StorefrontCalls, *where, per=StorefrontCalls.merchant, weight=StorefrontCalls.calls)


def throttled_call() -> Pred[StorefrontCalls]:
    """Fit calls that a limit turned away, as the code or the status says; what went well need not say either."""
    return (StorefrontCalls.status.present() & (StorefrontCalls.status == 429)) | (
        StorefrontCalls.code.present() & (StorefrontCalls.code == "throttle")
    )


def two_polls(
    of: Selection[S, K], *odd: Pred[S], at_least: Fraction, floor: int, every: timedelta = _QUARTER
) -> Timed[K]:
    """
    Hold when in two spans in a row at least that share of the sampled things is odd.

    It is measured when a span is over, so that it does not matter in which order a poll reads its sample.
    """
    fitting = attrs.evolve(of, predicates=(*of.predicates, *odd))
    share = fitting.count(within=every).per(of.count(within=every), floor=floor, bound="wilson")
    return (share >= at_least).holds(2, of=2, every=every)


def timings(*where: Pred[PageTimings]) -> Selection[PageTimings, MerchantId]:
    """Return the views of pages that were timed like this."""
    return on(PageTimings, *where, per=PageTimings.merchant, weight=PageTimings.views)


def third_quartile(column: Col[PageTimings, int], within: timedelta) -> Measure[MerchantId]:
    """Return the time that three quarters of the views do not exceed."""
    return timings(column.present()).quantile(percent(75), column, within=within)


def sessions(*where: Pred[Sessions]) -> Selection[Sessions, MerchantId]:
    """Return the shoppers' sessions like this."""
    return on(Sessions, *where, per=Sessions.merchant, weight=Sessions.sessions)
