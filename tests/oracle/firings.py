"""What a rule holds for, and how many points an issue has."""

from __future__ import annotations

from typing import Any

from migro.rules import Both, Conclusion, During, Given, Known, Premise, Recent, Rule, Unless, leaves

from .signals import Key
from .times import Times

__all__ = ["Firings", "World", "counted"]

Holding = tuple[bool, int | None, bool]
"""Whether a premise holds, its anchor, and whether it rests on a fallback."""

Firings = dict[tuple[str, Key], tuple[int | None, bool]]
"""Anchor (None where no timed premise holds the rule up) and whether it is lowered, by rule and key."""


class World(Times):
    """Everything there is to know at one moment."""

    def __init__(self, ruleset: Any, history: list[Any], as_of: int) -> None:
        super().__init__(ruleset, history, as_of)
        self._firing: dict[tuple[str, Key], Holding] = {}

    def after(self, steps: int) -> World:
        if steps not in self._pasts:
            self._pasts[steps] = World(self.ruleset, self.history[:steps], self.as_of)
        return self._pasts[steps]  # type: ignore[return-value]  # only worlds are put there

    def firings(self) -> Firings:
        found: Firings = {}
        for rule in self.ruleset.rules:
            for key in self.rule_keys(rule):
                holds, anchor, lowered = self.fires(rule, key)
                if holds:
                    found[rule.id, key] = anchor, lowered
        return found

    def rule_keys(self, rule: Rule[Any]) -> set[Key]:
        """Every key that the rule could possibly hold for."""
        keys: set[Key] = set()
        for leaf in leaves(rule.when):
            if isinstance(leaf, Known):
                about = [r for r in self.ruleset.rules if r.then.kind.name == leaf.kind.name]
                keys.update(k for r in about for k in self.rule_keys(r))
            else:
                keys.update(self.keys(leaf))
        return keys

    def fires(self, rule: Rule[Any], key: Key) -> Holding:
        if (rule.id, key) not in self._firing:
            self._firing[rule.id, key] = self.holds(rule.when, key, rule.lasts_us)
        return self._firing[rule.id, key]

    def holds(self, premise: Premise[Any], key: Key, lasts: int) -> Holding:
        match premise:
            case Known(kind=kind, at_least_points=n, negated=negated):
                points = self.points_of(kind.name, key)
                return (points is not None and points >= n) != negated, None, False
            case Given(negated=negated):
                return self.fits_what_is_told(premise, key) != negated, None, False
            case During(negated=negated):
                return self.declared(premise, key) != negated, None, False
            case Both(parts=parts):
                results = [self.holds(p, key, lasts) for p in parts]
                anchor = max((a for _, a, _ in results if a is not None), default=None)
                return all(h for h, _, _ in results), anchor, any(low for _, _, low in results)
            case Recent(of=of, length=length):
                holds, anchor, lowered = self.holds(of, key, lasts)
                return holds and (anchor is None or self.as_of - length <= anchor), anchor, lowered
            case Unless(of=of, recovery=recovery):
                holds, anchor, lowered = self.holds(of, key, lasts)
                back, since, _ = self.holds(recovery, key, lasts)
                taken_back = back and (anchor is None or since is None or since >= anchor)
                return holds and not taken_back, anchor, lowered
        anchor = max(self.sat(premise, key), default=None)  # type: ignore[arg-type]  # all other leaves are timed
        if anchor is None:
            return False, None, False
        return self.as_of - lasts <= anchor, anchor, self.lowered(premise, key, anchor)

    def points_of(self, kind: str, key: Key) -> int | None:
        """Raw points: no prior, no caps; None while nothing supports the issue."""
        about = [(r.then, self.fires(r, key)) for r in self.ruleset.rules if r.then.kind.name == kind]
        firing = [(then, lowered) for then, (holds, _, lowered) in about if holds]
        if not any(then.effect == "supports" for then, _ in firing):
            return None
        total = 0
        for family in {then.family for then, _ in firing}:
            points = [counted(then, lowered) for then, lowered in firing if then.family == family]
            total += max([p for p in points if p > 0], default=0) + min([p for p in points if p < 0], default=0)
        return total


CLASSES = {"supports": (50, 5), "refutes": (150, 60, 20), "vetoes": ()}


def counted(then: Conclusion[Any], lowered: bool) -> int:
    """Return the points of a conclusion, one class lower where it rests on a fallback."""
    size = abs(then.points)
    if lowered:
        size = max((c for c in CLASSES[then.effect] if c < size), default=size)
    return size if then.points >= 0 else -size
