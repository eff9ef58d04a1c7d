"""Plans: which scenes to make for two rules, the plain ones first."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ..rules import Baseline, Fits, Known, Premise, Rule, RuleSet, Selection, Share, Unless, Without, everything
from ..rules.baselines import HOUR
from .drafts import Draft
from .proportions import limit_of
from .satisfaction import NO_MATCH
from .scenes import Scenes, Style

__all__ = ["Plan", "maker", "staged"]

_BASE = 1_772_442_000_000_000
"""When scenes happen: 2026-03-02 09:00 UTC, in microseconds."""

_LONGEST_GRID = 7 * 24 * 3_600_000_000


@attrs.frozen
class Plan:
    """
    What both rules name.

    Attributes:
        spans: Windows and the like, in microseconds.
        endings: After which of them something may end.
        at: When scenes come to their point.
        tick: How often something is looked at without a signal; 0 for never.
    """

    spans: tuple[int, ...]
    endings: tuple[int, ...]
    at: int
    tick: int

    @classmethod
    def of(cls, *sides: tuple[RuleSet, Rule[Any]]) -> Plan:
        nodes = [n for _, r in sides for n in everything(r.when)]
        spans = {s for n in nodes if (s := getattr(n, "span", 0))}
        waits = {w for n in nodes if (w := getattr(n, "lateness", 0))}
        lasts = {r.lasts_us for _, r in sides}
        checks = {e for n in nodes if (e := getattr(n, "every", 0))}
        hourly = any(m.hours for n in nodes if isinstance(n, Baseline) for m in n.methods)
        grid = math.lcm(*checks, 1)
        at = _BASE - _BASE % grid if grid <= _LONGEST_GRID else _BASE
        tick = min({*checks, HOUR} if hourly else checks, default=0)
        return cls(tuple(sorted(spans)), tuple(sorted({0, *spans, *waits, *lasts})), at, tick)

    def spreads(self) -> tuple[int, ...]:
        edges = [e for s in self.spans for e in (s, s + 1, s - 1) if e > 0]
        return (0, *dict.fromkeys(edges))

    def halves(self) -> tuple[int, ...]:
        return tuple(s // 2 for s in self.spans)

    def moments(self) -> list[int]:
        both = [a + b for a, b in itertools.combinations(self.endings, 2)]
        ends = sorted({*self.endings, *both})[:16]
        return [self.at + e + more for e in ends for more in (0, 1)]


def staged(
    mine: tuple[RuleSet, Rule[Any]], other: tuple[RuleSet, Rule[Any]]
) -> Iterator[tuple[list[Draft], list[int]]]:
    (ruleset, rule), (_, against) = mine, other
    plan = Plan.of(mine, other)
    scenes, theirs = maker(ruleset, rule, against), maker(other[0], against, rule)
    key = dict.fromkeys(rule.when.key_names, "k1")
    later = plan.moments()
    troubles = _troubles(other[0], against)
    offsets = (0, 1, -1, *(-s - e for s in plan.spans[:3] for e in (1, 0)))
    for number, style in enumerate(_styles(plan.spreads(), (0, 1, *plan.halves(), *plan.spans))):
        drafts = scenes.make(rule.when, plan.at, key, style)
        yield drafts, later
        offset = -1 if style.lag else offsets[number % len(offsets)]
        many = 1 if style.lag or number // len(offsets) % 2 == 0 else 25
        for trouble in troubles:
            stray = _stray(theirs, trouble, plan.at + offset, key, attrs.evolve(style, more=0, lag=0))
            yield [*drafts, *stray * many], later


def _styles(spreads: Sequence[int], lags: Sequence[int]) -> Iterator[Style]:
    axes = (range(10), range(len(spreads)), range(6), range(len(lags)), range(2))
    # Simple styles first: those that differ from the plainest in little.
    for ranks in sorted(itertools.product(*axes), key=lambda r: (2 * sum(r) - r[0], r))[:400]:
        model, spread, more, lag, merged = ranks
        yield Style(model, spreads[spread], more, lags[lag], bool(merged))


def maker(ruleset: RuleSet, rule: Rule[Any], other: Rule[Any]) -> Scenes:
    nodes = [*everything(rule.when), *everything(other.when)]
    counts = [n for node in nodes if isinstance(n := getattr(node, "n", None), int)]

    def supporting(kind: str, points: int) -> list[Premise[Any]]:
        best: dict[str, Rule[Any]] = {}
        for r in ruleset.about(kind):
            if r.then.effect == "supports" and r.then.points > (b.then.points if (b := best.get(r.then.family)) else 0):
                best[r.then.family] = r
        chosen: list[Premise[Any]] = []
        for r in sorted(best.values(), key=lambda r: -r.then.points):
            chosen.append(r.when)
            points -= r.then.points
            if points <= 0:
                break
        return chosen

    return Scenes(
        [n for n in everything(other.when) if isinstance(n, Selection)],
        [n for n in nodes if isinstance(n, Share)],
        [limit for n in nodes if (limit := limit_of(n)) is not None],
        counts,
        supporting,
    )


def _troubles(ruleset: RuleSet, other: Rule[Any]) -> list[Any]:
    """Return what the other rule may take offence at: recoveries, what it expects, signals that only it counts."""
    recoveries: list[Any] = []
    rest: list[Any] = []
    for node in everything(other.when):
        if isinstance(node, Unless):
            recoveries.append(node.recovery)
        elif isinstance(node, Without):
            recoveries.append(node.expected)
        elif isinstance(node, Known):
            # What speaks against an issue takes its points; what speaks for it gives them.
            rest += [node, *(r.when for r in ruleset.about(node.kind.name) if r.then.effect == "refutes")][:4]
        elif isinstance(node, Share | Fits | Selection):
            rest.append(node)
    return [*recoveries, *rest]


def _stray(scenes: Scenes, trouble: Any, at: int, key: dict[str, str], style: Style) -> list[Draft]:
    if isinstance(trouble, Share | Fits):
        # Not what fits: that is what makes the rule fire.
        return scenes.signal(trouble.of, at, key, style, ((trouble.predicates, NO_MATCH),))
    return scenes.make(trouble, at, key, style)
