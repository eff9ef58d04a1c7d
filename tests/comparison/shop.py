"""A small vocabulary, and rule sets of one rule over it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from migro.comparison import RuleComparison, compare
from migro.expressions import UNSET, Attr, Maybe, MaybeKey
from migro.models import Signal
from migro.rules import IssueKind, Premise, Rule, RuleSet, supports

__all__ = ["KIND", "Plan", "Request", "alone", "compared", "rule"]


class Request(Signal, kind="shop.request"):
    route: Attr[str]
    bot: Attr[bool]
    cart: MaybeKey[str] = UNSET
    millis: Maybe[int] = UNSET
    size: Maybe[int] = UNSET
    tags: Maybe[frozenset[str]] = UNSET


class Plan(Signal, kind="shop.plan"):
    """What the host knows about a shop."""

    limit: Maybe[int] = UNSET
    begins: Maybe[datetime] = UNSET
    ends: Maybe[datetime] = UNSET


KIND = IssueKind[Any]("trouble", category="checkout")


def rule(when: Premise[Any], *, lasts: timedelta | None = None, id: str = "r", points: int = 50) -> Rule[Any]:
    return Rule(id, when=when, then=supports(KIND, points, family="f"), lasts=lasts)


def alone(when: Premise[Any], *, lasts: timedelta | None = None) -> RuleSet:
    return RuleSet("one", rule(when, lasts=lasts), signals=(Request, Plan))


def compared(old: Premise[Any], new: Premise[Any], *, lasts: timedelta | None = timedelta(hours=1)) -> RuleComparison:
    """Compare two premises whose evidence lasts equally long."""
    return compare(alone(old, lasts=lasts), alone(new, lasts=lasts)).rules[0]
