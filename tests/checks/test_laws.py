"""What the checker proves of random rules holds in random streams; more of them with MIGRO_CHECKED_RULES."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from migro.checks import Problem, check
from migro.engine import EngineState, NativeEngine
from migro.errors import MigroError
from migro.rules import RuleSet
from tests.checks.faults import Seeded, seeded
from tests.checks.rates import problems
from tests.effort import cases
from tests.engine.playing import advance, apply
from tests.engine.profiles import PROFILES
from tests.engine.streams import ruleset, stream
from tests.engine.vocabulary import CLASSES

CASES = cases(int(os.environ.get("MIGRO_CHECKED_RULES", "60")))
STREAMS = 4
PAIRED = {"MR103", "MR104", "MR107", "MR110"}
NEVER = {"MR101", "MR105"}
FAULTS = (
    "the same under another name",
    "more of it for the same points",
    "a further part for the same points",
    "at least one of it",
    "taken back by itself",
    "missing what it is itself",
    "two values at once",
)


def random_sets(number: int) -> list[RuleSet]:
    """A random rule set, and the same with a few faults that concern two rules."""
    r = Random(number)
    p = PROFILES[r.choice(("tiny", "tiny", "slow"))]
    plain = ruleset(r, p)
    made: list[Seeded] = list(seeded(plain, most=1, only=FAULTS))
    found = [plain]
    for fault in made:
        try:
            found.append(RuleSet("faulty", *fault.rules, signals=CLASSES))
        except MigroError:
            continue
    return found


def refuted(rules: RuleSet, found: tuple[Problem, ...], number: int) -> list[str]:
    """Play random streams, and return what fires although it was proven that it cannot."""
    r, wrong = Random(number), []
    p = PROFILES["tiny"]
    engine = NativeEngine(rules)
    for _ in range(STREAMS):
        state = EngineState()
        for step in stream(r, rules, r.choice(p.lengths), p):
            advance(engine, state, step.now)
            apply(engine, state, step)
            engine.settle(state)
            for problem in found:
                for rule, key in state.firings:
                    if rule == problem.rule and problem.code in NEVER:
                        wrong.append(f"{number}: {problem}")
                    if rule == problem.rule and problem.code in PAIRED and (problem.other, key) not in state.firings:
                        wrong.append(f"{number}: {problem} - without {problem.other} for {key}")
    return wrong


def test_what_is_proven_of_random_rules_holds_in_random_streams() -> None:
    proven: Counter[str] = Counter()
    for number in range(CASES):
        for rules in random_sets(number):
            found = check(rules)
            proven.update(p.code for p in found)
            assert refuted(rules, found, number) == []

    # If nothing were ever found, the law above would say nothing.
    assert {"MR101", "MR104"} <= proven.keys()


def test_that_law_notices_a_proof_that_is_wrong() -> None:
    rules = random_sets(3)[0]
    lies = tuple(
        Problem(code="MR101", rule=rule.id, where="", message="expected a premise that can hold") for rule in rules
    )

    assert any(refuted(rules, lies, number) for number in range(5))


@pytest.mark.parametrize("number", range(3))
def test_faults_in_random_rules_are_found_at_the_rule_with_a_witness(number: int) -> None:
    for fault in seeded(ruleset(Random(number)), most=1, only=FAULTS):
        assert any(p.code in fault.codes and p.rule in fault.at and p.witness for p in problems(fault))
