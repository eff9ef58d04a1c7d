"""Points: what is proven about the evidence points of issue kinds in two rule sets, for rules that ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine import lowered_points
from ..rules import Baseline, Known, Rule, RuleSet, everything
from .implication import PointOrder, implies
from .selecting import equal

__all__ = ["Points", "totals"]


class Points:
    """Proves, kind by kind and only where somebody asks, that points have not fallen or not risen."""

    def __init__(self, old: RuleSet, new: RuleSet) -> None:
        self._old, self._new = old, new
        self._known: dict[tuple[str, bool], bool] = {}

    def order(self, *rules: Rule[Any]) -> PointOrder:
        """Return what is proven about the kinds that the rules ask for, from the old rule set to the new one."""
        asked = {n.kind.name for r in rules for n in everything(r.when) if isinstance(n, Known)}
        return PointOrder(
            frozenset(k for k in asked if self._ordered(k, rising=True)),
            frozenset(k for k in asked if self._ordered(k, rising=False)),
            frozenset(asked),
        )

    def _ordered(self, kind: str, *, rising: bool) -> bool:
        place = (kind, rising)
        if place not in self._known:
            self._known[place] = False  # while it is being asked: what rests on itself is not proven
            less, more = (self._old, self._new) if rising else (self._new, self._old)
            self._known[place] = all(
                self._outdone(r, more, rising) for r in less.about(kind) if r.then.effect == "supports"
            ) and all(self._outdone(r, less, not rising) for r in more.about(kind) if r.then.effect == "refutes")
        return self._known[place]

    def _outdone(self, rule: Rule[Any], by: RuleSet, rising: bool) -> bool:
        """Prove that the rule of the same id brings at least as many points whenever this one brings any."""
        other = next((r for r in by.rules if r.id == rule.id), None)
        if other is None or (other.then.effect, other.then.family) != (rule.then.effect, rule.then.family):
            return False
        if other.then.kind.name != rule.then.kind.name or abs(other.then.points) < abs(rule.then.points):
            return False
        if (_can_be_lowered(rule) or _can_be_lowered(other)) and not equal(rule.when, other.when):
            return False
        forward = self.order(rule, other)
        order = forward if rising else forward.reversed()
        return implies(rule.when, rule.lasts_us, other.when, other.lasts_us, order)


def _can_be_lowered(rule: Rule[Any]) -> bool:
    return any(isinstance(n, Baseline) and len(n.methods) > 1 for n in everything(rule.when))


def totals(rules: Iterable[Rule[Any]], kind: str) -> frozenset[int]:
    """
    Return every sum of points that an issue can have by these rules, and perhaps others; no other can be.

    Of a family at most one rule counts for the issue and one against it, each perhaps one class lower.
    """
    families: dict[str, list[Rule[Any]]] = {}
    for rule in rules:
        if rule.then.kind.name == kind:
            families.setdefault(rule.then.family, []).append(rule)
    found = frozenset({0})
    for several in families.values():
        points = {p for rule in several for p in (rule.then.points, lowered_points(rule))}
        for chosen in ({0, *(p for p in points if p > 0)}, {0, *(p for p in points if p < 0)}):
            found = frozenset(total + p for total in found for p in chosen)
    return found
