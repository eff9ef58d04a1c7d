"""What is proven about random edits of random rules holds in random streams; more of them with MIGRO_RANDOM_CHANGES."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from random import Random

from migro.comparison.implication import implies
from migro.comparison.points import Points
from migro.engine import EngineState, NativeEngine
from migro.errors import MigroError
from migro.rules import RuleSet
from tests.effort import cases
from tests.engine.playing import advance, apply
from tests.engine.profiles import PROFILES, Profile
from tests.engine.streams import ruleset, stream
from tests.engine.vocabulary import CLASSES
from tests.oracle import Step

from .mutations import edited_rules, lasting

CASES = cases(int(os.environ.get("MIGRO_RANDOM_CHANGES", "100")))
STREAMS = 5

Moments = list[set[tuple[str, tuple[str, ...]]]]


def edited(r: Random) -> tuple[Profile, RuleSet, RuleSet] | None:
    """Return a random rule set, and the same with one of its rules edited once or twice."""
    p = PROFILES[r.choice(("tiny", "tiny", "slow", "hours"))]
    try:
        rules = [lasting(rule) for rule in ruleset(r, p).rules]
        place = r.randrange(len(rules))
        after = rules[place]
        for _ in range(r.choice((1, 1, 1, 2))):
            after = r.choice(list(edited_rules(after, CLASSES)))[1]
        old = RuleSet("old", *rules, signals=CLASSES)
        return p, old, RuleSet("new", *rules[:place], after, *rules[place + 1 :], signals=CLASSES)
    except (MigroError, IndexError):
        return None


def proofs(old: RuleSet, new: RuleSet) -> dict[str, tuple[bool, bool]]:
    """Return, for every rule, whether the old one implies the new one, and whether the new one implies the old one."""
    points = Points(old, new)
    found = {}
    for a, b in zip(old.rules, new.rules, strict=True):
        order = points.order(a, b)
        forth = implies(a.when, a.lasts_us, b.when, b.lasts_us, order)
        found[a.id] = (forth, implies(b.when, b.lasts_us, a.when, a.lasts_us, order.reversed()))
    return found


def played(rules: RuleSet, steps: Sequence[Step], jumps: Sequence[int]) -> Moments:
    engine, state, found = NativeEngine(rules), EngineState(), []
    for step in steps:
        advance(engine, state, step.now)
        apply(engine, state, step)
        engine.settle(state)
        found.append(set(state.firings))
    now = steps[-1].now
    for jump in jumps:
        now += jump
        advance(engine, state, now)
        found.append(set(state.firings))
    return found


def test_no_stream_contradicts_what_is_proven_about_a_change() -> None:
    tally: Counter[str] = Counter()
    for seed in range(CASES):
        r = Random(seed)
        case = edited(r)
        if case is None:
            continue
        p, old, new = case
        proven = proofs(old, new)
        tally["pairs"] += 1
        tally["proven one way"] += any(a is not b for a, b in proven.values())
        for number in range(STREAMS):
            steps = stream(r, old if number % 2 else new, r.choice(p.lengths), p)
            jumps = [r.choice(p.jumps) for _ in range(3)]
            for before, after in zip(played(old, steps, jumps), played(new, steps, jumps), strict=True):
                for id, (forth, back) in proven.items():
                    one, other = ({f for f in firings if f[0] == id} for firings in (before, after))
                    tally["differ"] += one != other
                    assert not forth or one <= other, (seed, old.rule(id), new.rule(id))
                    assert not back or other <= one, (seed, old.rule(id), new.rule(id))

    # A law that nothing puts to the test proves nothing.
    assert tally["proven one way"] > tally["pairs"] // 4
    assert tally["differ"] > tally["pairs"] // 4
