"""Single edits of shipped rules: most are decided, and what is decided comes with what shows it."""

from __future__ import annotations

import os
from collections import Counter

from migro.comparison import Effort, RuleComparison, compare
from migro.packs.headless import RULES
from migro.rules import Known, Measure, RuleSet, everything

from .mutations import edited_rules, lasting

EVERY = int(os.environ.get("MIGRO_EVERY_PACK_CHANGE", "300"))
"""One edit of so many is tried."""


def edits_of_the_pack() -> list[tuple[str, RuleComparison]]:
    signals = list(RULES.signals.values())
    found, number = [], 0
    for rule in RULES.rules:
        if any(isinstance(n, Known | Measure) for n in everything(rule.when)):
            continue  # other rules' points and weeks of signals take too long for a test, and fewer are decided
        for name, edited in edited_rules(lasting(rule), signals):
            number += 1
            if number % EVERY == 0:
                sets = (RuleSet(n, r, signals=signals) for n, r in (("old", lasting(rule)), ("new", edited)))
                found.append((name, compare(*sets, effort=Effort(signals=8_000)).rules[0]))
    return found


def test_three_of_four_single_edits_of_shipped_rules_without_measures_are_decided() -> None:
    tried, decided = Counter[str](), Counter[str]()
    for name, found in edits_of_the_pack():
        tried[name] += 1
        decided[name] += found.relation != "undecided"
        assert (found.old_alone is not None) is (found.relation in ("stricter", "incomparable")) or (
            found.relation == "undecided"
        )
    for name in sorted(tried):
        print(f"{name:<30} {decided[name]:>4} of {tried[name]}")

    assert sum(tried.values()) >= 10
    assert sum(decided.values()) >= 0.75 * sum(tried.values())
