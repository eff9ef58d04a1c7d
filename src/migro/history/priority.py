"""Priority: open issues in one order, by what is at risk and by how many people are affected, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import attrs

from ..models import Issue
from ..models.rendering import money, range_text

__all__ = ["Priority", "priorities"]


@attrs.frozen(kw_only=True)
class Priority:
    """
    Where an issue stands, and why.

    Attributes:
        place: From 1.
        share: What is at risk of what the merchant usually takes, or of the step that fails; None when unknown.
        share_of: Of what: ``usual revenue`` or ``the step``; empty when unknown.
        customers_low, customers_high: How many people are affected, all roles together; None when unknown.
        because: Why it stands where it stands.
    """

    place: int
    issue: Issue
    share: Fraction | None
    share_of: str
    customers_low: int | None
    customers_high: int | None
    because: str


def priorities(issues: Iterable[Issue]) -> tuple[Priority, ...]:
    """
    Return issues in a total order, the one to look at first at the head.

    Money of different currencies is not compared, so the share of its own usual revenue that a merchant may lose comes
    first. After it, money within a currency, then people. Issues of which no share is known follow, those with a known
    amount first; then those of which nothing is known but people. Equal ones stand by first_seen and id.
    """
    known = sorted((_known(issue) for issue in issues), key=_order)
    return tuple(attrs.evolve(p, place=n) for n, p in enumerate(known, 1))


def _known(issue: Issue) -> Priority:
    share, of = _share(issue)
    counted = issue.impact.customers
    low = sum(c.low for c in counted) if counted else None
    high = sum(c.high for c in counted) if counted else None
    return Priority(
        place=0,
        issue=issue,
        share=share,
        share_of=of,
        customers_low=low,
        customers_high=high,
        because="; ".join(_why(issue, share, of, low, high)),
    )


def _share(issue: Issue) -> tuple[Fraction | None, str]:
    impact = issue.impact
    if impact.revenue_high is not None and impact.usual_revenue is not None and Fraction(impact.usual_revenue) > 0:
        return min(Fraction(1), impact.revenue_high / Fraction(impact.usual_revenue)), "usual revenue"
    return (None, "") if impact.share_lost is None else (Fraction(impact.share_lost), "the step")


def _order(known: Priority) -> tuple[object, ...]:
    issue = known.issue
    # Amounts are never compared across currencies: at equal shares the currencies stand side by side, by their codes.
    rates = [(r.currency, -r.high, -r.low) for r in issue.impact.rates]
    stakes = [(e.currency, -Fraction(e.amount), Fraction(0)) for e in issue.impact.exposures]
    least = 0 if known.share is not None else 1 if rates or stakes else 2
    return (
        *(least, -(known.share or 0), [*rates, *stakes] or [("~", 0, 0)]),
        *(-(known.customers_high or 0), -(known.customers_low or 0), issue.first_seen, issue.id),
    )


def _why(issue: Issue, share: Fraction | None, of: str, low: int | None, high: int | None) -> list[str]:
    impact = issue.impact
    permille = None if share is None else int(share * 1000)
    told = ["no share known"] if permille is None else [f"{permille // 10}.{permille % 10} % of {of} at risk"]
    told += [f"{range_text(r)} per minute" for r in impact.rates]
    for e in impact.exposures:
        per = "" if e.per == "once" else f" per {e.per}"
        told.append(f"{e.method} {money(int(Fraction(e.amount)), e.currency)}{per}")
    if not impact.rates and not impact.exposures:
        told.append("value unknown")
    if low is None:
        told.append("people affected unknown")
    else:
        told.append(f"{low} people affected" if low == high else f"{low} to {high} people affected")
    return told
