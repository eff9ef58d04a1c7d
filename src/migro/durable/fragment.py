"""
The fragment: which rules durable-rules can be given without a change of meaning, and why the others not.

It is exact for one thing: conjunctions of facts that are texts and hold, joined by one key. So each rule is taken
apart at its `&`. What remains is *conditions*: windows, counts, absence, calendars, recoveries. migro evaluates those
and hands over, as a fact, that one holds for a key. What durable-rules does is join them and fire.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from ..rules import Both, Known, Premise, Rule, RuleSet, everything
from .limits import MAX_CONDITIONS

__all__ = ["Portability", "Standing", "conditions", "portability"]

Standing = Literal["native", "lowered", "refused"]
"""
How a rule stands with the second engine.

- ``lowered``: its join, or its reading of another issue, is durable-rules' own work.
- ``native``: one condition that migro evaluates whole; durable-rules only fires and counts it.
- ``refused``: it cannot be given over without a change of meaning, and runs on the native engine alone.
"""


@attrs.frozen(kw_only=True)
class Portability:
    """
    How one rule stands with the second engine.

    Attributes:
        rule: Its id.
        standing: See `Standing`.
        conditions: How many conditions it is made of.
        reason: Why it stands so, for people.
    """

    rule: str
    standing: Standing
    conditions: int
    reason: str

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return attrs.asdict(self)


def conditions(premise: Premise[Any]) -> tuple[Premise[Any], ...]:
    """Return what a premise joins: its largest parts that are no conjunction, each meaning once, in writing order."""
    found: dict[str, Premise[Any]] = {}
    for part in _joined(premise):
        found.setdefault(repr(part.document()), part)
    return tuple(found.values())


def _joined(premise: Premise[Any]) -> Iterator[Premise[Any]]:
    if isinstance(premise, Both):
        for part in premise.parts:
            yield from _joined(part)
    else:
        yield premise


def portability(ruleset: RuleSet) -> tuple[Portability, ...]:
    """Return how each rule stands with the second engine, in the order of the rules."""
    found: dict[str, Portability] = {}
    refused: dict[str, str] = {}
    # In order of the strata, so that what a rule reads is known before the rule.
    for stratum in ruleset.strata:
        for rule in stratum:
            found[rule.id] = _standing(rule, refused)
        for rule in stratum:
            if found[rule.id].standing == "refused":
                refused.setdefault(rule.then.kind.name, rule.id)
    return tuple(found[rule.id] for rule in ruleset.rules)


def _standing(rule: Rule[Any], refused: dict[str, str]) -> Portability:
    parts = conditions(rule.when)
    reads = [part for part in parts if isinstance(part, Known)]

    def stands(standing: Standing, reason: str) -> Portability:
        return Portability(rule=rule.id, standing=standing, conditions=len(parts), reason=reason)

    if len(parts) > MAX_CONDITIONS:
        return stands("refused", f"joins {len(parts)} conditions; durable-rules joins at most {MAX_CONDITIONS}")
    for part in parts:
        hidden = [inner.kind.name for inner in everything(part) if isinstance(inner, Known) and inner is not part]
        if hidden:
            return stands(
                "refused",
                f"reads the issue {hidden[0]} inside a condition, where migro alone would say what is known of it",
            )
    for part in reads:
        if part.kind.name in refused:
            return stands(
                "refused",
                f"reads the issue {part.kind.name}, about which {refused[part.kind.name]} concludes, which is refused",
            )
    if reads:
        return stands("lowered", f"reads the issue {reads[0].kind.name} as the second engine finds it")
    if len(parts) > 1:
        return stands("lowered", f"joins {len(parts)} conditions")
    return stands("native", f"one condition ({_called(*parts)}), which migro evaluates whole")


def _called(part: Premise[Any]) -> str:
    return type(part).__name__.lower()
