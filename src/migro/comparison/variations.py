"""Variations: what fires, with one thing or another changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ..rules import Premise, Rule, RuleSet, Selection, Unless, everything
from .drafts import Draft
from .hunting import Hunt
from .plans import Plan, maker
from .scenes import Scenes, Style

__all__ = ["sequels", "variations"]


def sequels(
    hunt: Hunt, old: tuple[RuleSet, Rule[Any]], new: tuple[RuleSet, Rule[Any]]
) -> Iterator[tuple[list[Draft], list[int]]]:
    """Yield what fires, then what takes it back, then once more some signal of what fires."""
    later = Plan.of(old, new).moments()
    makers = [maker(*new, old[1]), maker(*old, new[1])]
    recoveries = [
        (scenes, node.recovery)
        for scenes, (_, rule) in zip(makers, (new, old), strict=True)
        for node in everything(rule.when)
        if isinstance(node, Unless)
    ]
    for drafts, end, _ in hunt.scattered(both=True):
        key = dict.fromkeys(old[1].when.key_names, "k1")
        last = {(d.signal, repr(d.columns)): attrs.evolve(d, at=end + 2) for d in drafts}
        for scenes, recovery in recoveries[:4]:
            back = scenes.make(recovery, end + 1, key, Style())
            yield [*drafts, *back], later
            for again in list(last.values())[:4]:
                yield [*drafts, *back, again], later


class _Choice:
    """Picks, always the same: a linear congruential generator (D. Knuth, The Art of Computer Programming, 3.3.4)."""

    def __init__(self) -> None:
        self.state = 1

    def of(self, items: Sequence[Any]) -> Any:
        self.state = (self.state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return items[(self.state >> 33) % len(items)]


def variations(
    hunt: Hunt, old: tuple[RuleSet, Rule[Any]], new: tuple[RuleSet, Rule[Any]]
) -> Iterator[tuple[list[Draft], list[int]]]:
    choice, plan = _Choice(), Plan.of(old, new)
    later = plan.moments()
    scenes = maker(old[0], old[1], new[1])
    nodes = [n for _, r in (old, new) for n in everything(r.when)]
    selections = [n for n in nodes if isinstance(n, Selection)]
    pieces = [n for n in nodes if isinstance(n, Premise)]
    if not hunt.pool or not selections:
        return
    for _ in range(4 * hunt.effort.streams):
        drafts = list(choice.of(hunt.pool[-400:])[0])
        for _ in range(choice.of((1, 1, 2, 3))):
            drafts = _varied(drafts, choice, plan, scenes, selections, pieces)
        yield drafts, later


def _varied(
    drafts: list[Draft],
    choice: _Choice,
    plan: Plan,
    scenes: Scenes,
    selections: Sequence[Selection[Any, Any]],
    pieces: Sequence[Premise[Any]],
) -> list[Draft]:
    if not drafts:
        return drafts
    place = choice.of(range(len(drafts)))
    one = drafts[place]
    rest = [d for i, d in enumerate(drafts) if i != place]
    match choice.of(("drop", "double", "move", "change", "stray", "piece")):
        case "drop":
            return rest
        case "double":
            return [*drafts, one]
        case "move":
            return [*rest, attrs.evolve(one, at=min(one.at - _distance(choice, plan) * choice.of((1, 1, -1)), plan.at))]
        case "change":
            fitting = [s for s in selections if s.signal is one.signal]
            found = scenes.models(choice.of(fitting)) if fitting else []
            return [*rest, one.with_columns(**choice.of(found).columns)] if found else drafts
        case "stray":
            return [*drafts, *_piece(choice.of(selections), choice, plan, scenes)]
        case _:
            return [*drafts, *_piece(choice.of(pieces), choice, plan, scenes)]


def _piece(premise: Premise[Any], choice: _Choice, plan: Plan, scenes: Scenes) -> list[Draft]:
    key = dict.fromkeys(premise.key_names, "k1")
    style = Style(choice.of(range(8)), choice.of(plan.spreads()), choice.of(range(3)))
    return scenes.make(premise, plan.at - choice.of((0, _distance(choice, plan))), key, style)


def _distance(choice: _Choice, plan: Plan) -> int:
    edges = [1, *(s + e for s in plan.spans for e in (-1, 0, 1))]
    parts = [s * choice.of(range(1, 8)) // 8 for s in plan.spans]
    return int(choice.of([*edges, *parts]))
